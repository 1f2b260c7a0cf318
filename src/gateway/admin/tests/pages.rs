use serde_json::json;

use super::fake::World;
use crate::gateway::admin::pages::all;
use crate::gateway::admin::row::Who;

/// A page's address with parts that the account knows.
fn address(pattern: &str) -> String {
    pattern.replace("{token}", "abc").replace("{id}", "0199f2d0c0de7000a000000000000009").replace("{person}", "p1")
}

#[actix_web::test]
async fn every_page_of_the_table_is_shown_in_every_language() {
    let world = World::start().await;
    for language in ["en", "de", "fr", "sv", "nl", "zh-Hans"] {
        let mut me = super::fake::ordinary("GET /v1/me").1;
        me["language"] = language.into();
        world.answers("GET /v1/me", 200, me);
        let mut member = world.member().await;
        for page in all() {
            let mut path = address(page.path);
            if page.who == Who::Anyone {
                path = format!("{path}?language={language}");
            }
            let got = member.get(&path).await;
            assert_eq!(got.status, 200, "{path}: {}", got.text);
            assert!(!got.text.contains("data-state"), "{path} in {language} was not rendered");
            if !page.template.ends_with("progress") {
                assert!(got.text.contains(&format!("<html lang=\"{language}\">")), "{path} in {language}: {}", &got.text[..200]);
            }
        }
    }
    world.stop().await;
}

/// Keeps a world open for whoever wants to look at it: `MSI_PREVIEW=127.0.0.1:8099 cargo test preview -- --ignored`.
#[actix_web::test]
#[ignore = "waits for somebody to look"]
#[expect(clippy::disallowed_methods, reason = "only for people who look")]
async fn preview() {
    let world = World::start_at(&std::env::var("MSI_PREVIEW").unwrap());
    let member = world.member().await;
    println!("{} {}", world.base, member.cookie.unwrap());
    tokio::time::sleep(std::time::Duration::from_mins(10)).await;
}

#[actix_web::test]
async fn pages_are_shown_in_the_states_between_nothing_and_done() {
    let world = World::start().await;
    let mut member = world.member().await;
    let invitation = json!({"id": "i1", "email": "m@acme.example", "sent_at": 1, "opened_at": null, "accepted_at": null, "expires_at": 2, "mail": {"state": "failed"}});
    let integration =
        json!({"available": true, "munchkin_id": "1", "client_id": "c", "secret_last4": "4321", "rotated_at": 1, "overlap_until": 2});
    let idle = json!({"state": "idle", "phase": null, "read": 0, "written": 0, "skipped": {}, "per_second": 0, "started_at": null, "started_by": null, "problem": null});
    for (state, sync) in [("invited", "running"), ("accepted", "paused"), ("expired", "failed"), ("revoked", "done"), ("none", "idle")] {
        let mut view = idle.clone();
        view["state"] = json!(sync);
        view["problem"] = if sync == "failed" { json!("Marketo said no.") } else { json!(null) };
        let first = json!({"state": state, "invitation": invitation});
        world.answers("GET /v1/actions-config", 200, json!({"first_user": first, "integration": integration, "sync": view}));
        let got = member.get("/admin/marketo/actions-config").await;
        assert!(got.text.contains(&format!("pill-{sync}")) && got.text.contains("4321"), "{state} {sync}: {}", got.text);
        assert_eq!(got.text.contains("data-poll"), sync == "running");
    }
    world.answers("GET /v1/field-sync", 200, idle);
    world.answers(
        "GET /v1/field-sync/preview",
        200,
        json!({"fields": [], "qualify": null, "skipped": {}, "sample": {"read": 300, "qualify": 212}}),
    );
    let got = member.get("/admin/marketo/actions-config/sync").await;
    assert!(got.text.contains("212 qualify") && got.text.contains("Start Sync"), "{}", got.text);
    let problem =
        json!({"code": "salesforce.api_disabled", "title": "API is off", "detail": "The profile lacks API Enabled.", "remedy": "Give it."});
    for state in ["none", "broken"] {
        let view = json!({"state": state, "environment": "sandbox", "org_id": null, "instance_url": null, "user": null, "scopes": [], "api_version": "67.0",
            "last_success_at": null, "problem": if state == "broken" { problem.clone() } else { json!(null) }});
        world.answers("GET /v1/connections/salesforce", 200, view);
        let got = member.get("/admin/settings/salesforce").await;
        assert!(got.text.contains("value=\"sandbox\""), "{}", got.text);
        assert_eq!(got.text.contains("the permission API Enabled."), state == "broken");
        let view = json!({"state": state, "munchkin_id": "1", "client_id": null, "owner": null, "yours": false, "one_click": true, "last_success_at": null, "problem": null});
        world.answers("GET /v1/connections/marketo", 200, view);
        world.answers("GET /v1/connections/marketo/budget", 200, json!({"connected": false}));
        assert!(member.get("/admin/settings/marketo").await.text.contains("/admin/settings/marketo/connect"));
    }
    // Just connected: nothing was counted, by us or by Marketo.
    let view = json!({"state": "connected", "munchkin_id": "1", "client_id": "c", "owner": {"member_id": "m1", "email": "ada@acme.example"}, "yours": true,
        "one_click": false, "last_success_at": null, "problem": null});
    world.answers("GET /v1/connections/marketo", 200, view);
    let budget = json!({"connected": true, "munchkin": "1", "used_today": 3, "daily_limit": 40_000, "background_limit": 32_000, "in_window": 3, "window_limit": 50,
        "in_flight": 0, "paused_until": null, "pause_reason": null, "resumes_at": null, "day_began": 0, "hours": {}, "instance": null});
    for hours in [json!({}), json!({"people": [3, 0]})] {
        let mut budget = budget.clone();
        budget["hours"] = hours;
        world.answers("GET /v1/connections/marketo/budget", 200, budget);
        let got = member.get("/admin/settings/marketo").await;
        assert!(got.text.contains("3 of 40,000 calls"), "{}", got.text);
    }
    for state in ["uploaded", "checking", "checked", "inviting", "done", "stopped"] {
        let mut import = super::fake::ordinary("POST /v1/invitations/imports").1;
        import["state"] = json!(state);
        import["mapping"] = json!({"email": null, "first_name": null, "last_name": null, "role": null, "teams": null});
        world.answers("GET /v1/invitations/imports/0199f2d0c0de7000a000000000000009", 200, import);
        for step in ["map", "check", "invite", "report"] {
            let path = address(&format!("/admin/settings/users/import/{{id}}/{step}"));
            let got = member.get(&path).await;
            assert!(got.status == 200 && !got.text.contains("data-state"), "{path} {state}");
        }
    }
    let hostile = "<img src=x onerror=alert(1)>\u{202e}";
    world.answers(
        "GET /v1/audit",
        200,
        json!({"items": [{"at": 1, "who": hostile, "what": hostile, "target": hostile, "from": null}], "next_cursor": "a&b", "total": 1}),
    );
    let got = member.get("/admin/settings/audit?search=%22%3E%3Cimg").await;
    assert!(!got.text.contains("<img") && !got.text.contains('\u{202e}'), "{}", got.text);
    assert!(got.text.contains("cursor&#x3D;a%26b"), "{}", got.text);
    world.stop().await;
}
