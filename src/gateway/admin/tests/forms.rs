use serde_json::{Value, json};

use super::fake::{Got, Visitor, World, http};
use crate::gateway::admin::pages::all;
use crate::problem::Problem;

const TEAMS: &str = "/admin/settings/teams";

/// Sends a form with headers of one's own; the account must not hear of it.
async fn sent(world: &World, visitor: &mut Visitor<'_>, token: &str, headers: &[(&str, &str)]) -> Got {
    let request =
        headers.iter().fold(http().post(format!("{}{TEAMS}", world.base)), |request, (name, value)| request.header(*name, *value));
    visitor.exchange(request.form(&[("csrf", token), ("name", "x")])).await
}

#[actix_web::test]
async fn only_a_form_of_ours_in_this_browser_writes() {
    let world = World::start().await;
    let mut member = world.member().await;
    let token = member.get(TEAMS).await.token();
    let foreign = world.member().await.get(TEAMS).await.token();
    let ours = world.base.clone();
    let evil = format!("{ours}.evil.example");
    for (token, headers) in [
        (&token, &[][..]),
        (&token, &[("origin", "null")]),
        (&token, &[("origin", "https://evil.example")]),
        (&token, &[("origin", evil.as_str())]),
        (&token, &[("referer", ours.as_str())]),
        (&token, &[("origin", ours.as_str()), ("sec-fetch-site", "cross-site")]),
        (&token, &[("origin", ours.as_str()), ("sec-fetch-site", "same-site")]),
        (&foreign, &[("origin", ours.as_str())]),
        (&String::new(), &[("origin", ours.as_str())]),
        (&token[1..].to_owned(), &[("origin", ours.as_str())]),
    ] {
        let got = sent(&world, &mut member, token, headers).await;
        assert_eq!((got.status, got.code().as_str()), (403, "csrf.rejected"), "{headers:?}");
    }
    assert!(world.asked("POST /v1/teams").is_empty());
    let got = sent(&world, &mut member, &token, &[("origin", &ours), ("sec-fetch-site", "same-origin")]).await;
    assert_eq!((got.status, got.location.as_deref()), (303, Some(TEAMS)));
    let asked = world.asked("POST /v1/teams");
    assert_eq!(asked[0].body, json!({"name": "x"}));
    assert_eq!(asked[0].visitor, json!({"kind": "member", "account": "a1", "member": "m1"}));
    world.stop().await;
}

#[actix_web::test]
async fn a_token_that_was_shown_before_signing_in_is_worth_nothing_after() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let before = visitor.get("/invitations/abc").await;
    visitor.send("/invitations/abc", &before, &[]).await;
    let got = sent(&world, &mut visitor, &before.token(), &[("origin", &world.base)]).await;
    assert_eq!(got.code(), "csrf.rejected");
    world.stop().await;
}

#[actix_web::test]
async fn nothing_is_written_by_reading() {
    let world = World::start().await;
    let mut member = world.member().await;
    let writes = || world.book.asked.lock().unwrap().iter().filter(|asked| !asked.call.starts_with("GET ")).count();
    let before = writes();
    let mut forms = 0;
    for act in all().flat_map(|page| page.acts) {
        let path = act.path.replace("{token}", "abc").replace("{id}", "0199f2d0c0de7000a000000000000009").replace("{person}", "p1");
        let got = member.get(&path).await;
        assert!([200, 405].contains(&got.status), "{path}: {}", got.status);
        let overridden = http().get(format!("{}{path}?_method=POST", world.base)).header("x-http-method-override", "POST");
        assert!([200, 405].contains(&member.exchange(overridden).await.status), "{path}");
        forms += 1;
    }
    for path in ["/admin/settings/salesforce/connect", "/sign-in/salesforce", "/sign-out"] {
        assert_eq!(member.get(path).await.status, 405, "{path}");
    }
    assert!(forms > 25);
    assert_eq!(writes(), before);
    world.stop().await;
}

#[actix_web::test]
async fn a_body_of_another_type_is_refused() {
    let world = World::start().await;
    let mut member = world.member().await;
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x", "application/json; x"] {
        let request = http().post(format!("{}{TEAMS}", world.base)).header("origin", &world.base).header("content-type", kind).body("{}");
        assert_eq!(member.exchange(request).await.status, 415, "{kind}");
    }
    let request = http().post(format!("{}{TEAMS}", world.base)).header("origin", &world.base);
    let got = member.exchange(request.header("content-type", "application/x-www-form-urlencoded").body("x".repeat(70_000))).await;
    assert_eq!(got.status, 413);
    world.stop().await;
}

#[actix_web::test]
async fn a_refusal_is_said_on_the_page_with_what_was_entered_but_no_secret() {
    let world = World::start().await;
    let mut member = world.member().await;
    let problem = Problem::new(422, "marketo.credentials", "Not accepted", "Marketo said no.").with_field("client_secret", "Wrong secret.");
    world.answers("POST /v1/connections/marketo", 422, serde_json::to_value(problem).unwrap());
    let page = member.get("/admin/settings/marketo/set-up").await;
    let fields = [("munchkin_id", " 777-XYZ-888 "), ("client_id", "c1"), ("client_secret", "  top-secret-1 ")];
    let got = member.send("/admin/settings/marketo/set-up", &page, &fields).await;
    assert_eq!((got.status, got.location.as_deref()), (303, Some("/admin/settings/marketo/set-up")));
    let body = &world.asked("POST /v1/connections/marketo")[0].body;
    assert_eq!(*body, json!({"munchkin_id": "777-XYZ-888", "client_id": "c1", "client_secret": "top-secret-1"}));
    let shown = member.get("/admin/settings/marketo/set-up").await;
    assert!(shown.text.contains("Marketo did not accept these credentials.") && shown.text.contains("777-XYZ-888"), "{}", shown.text);
    assert!(shown.text.contains("id=\"f-client_secret\"") && shown.text.contains("aria-invalid"));
    assert!(!shown.text.contains("top-secret"));
    let again = member.get("/admin/settings/marketo/set-up").await;
    assert!(!again.text.contains("Marketo did not accept"), "it is said once");
    world.stop().await;
}

#[actix_web::test]
async fn a_revealed_secret_is_shown_once_and_kept_nowhere() {
    let world = World::start().await;
    let mut config = super::fake::ordinary("GET /v1/actions-config").1;
    config["first_user"] =
        json!({"state": "invited", "invitation": {"id": "i1", "email": "m@acme.example", "sent_at": 1, "expires_at": 2}});
    config["integration"] = json!({"available": true, "munchkin_id": "123-ABC-456", "client_id": "c1", "secret_last4": "9xyz"});
    world.answers("GET /v1/actions-config", 200, config);
    let mut member = world.member().await;
    let page = member.get("/admin/marketo/actions-config").await;
    assert!(page.text.contains("9xyz") && !page.text.contains("s3cr3t-value"));
    let got = member.send("/admin/marketo/actions-config/reveal", &page, &[]).await;
    assert_eq!(got.status, 200);
    assert!(got.text.contains("s3cr3t-value"));
    assert_eq!(got.headers["cache-control"], "no-store");
    assert!(!member.get("/admin/marketo/actions-config").await.text.contains("s3cr3t-value"));
    world.stop().await;
}

#[actix_web::test]
async fn a_form_sent_twice_carries_the_same_key() {
    let world = World::start().await;
    let mut member = world.member().await;
    let page = member.get("/admin/settings/users/invite").await;
    let fields = [
        ("csrf", page.token()),
        ("once", "0".repeat(32)),
        ("emails", "a@b.example, c@d.example".to_owned()),
        ("role", "user".to_owned()),
        ("teams", "t1".to_owned()),
        ("language", "de".to_owned()),
    ];
    for _ in 0..2 {
        let request = http().post(format!("{}/admin/settings/users/invite", world.base)).header("origin", &world.base).form(&fields);
        assert_eq!(member.exchange(request).await.status, 303);
    }
    let asked = world.asked("POST /v1/invitations");
    let key = |index: usize| asked[index].headers.iter().find(|(name, _)| name == "idempotency-key").unwrap().1.clone();
    assert_eq!(key(0), key(1));
    assert_eq!(asked[0].body, json!({"emails": ["a@b.example", "c@d.example"], "role": "user", "teams": ["t1"], "language": "de"}));
    assert_eq!(asked[0].from, "127.0.0.1");
    let results = member.get("/admin/settings/users/invite").await;
    assert!(results.text.contains("nonsense") && results.text.contains("Not an e-mail address"));
    world.stop().await;
}

#[actix_web::test]
async fn roles_are_the_accounts_to_decide_and_the_page_says_so() {
    let world = World::start().await;
    let mut me = super::fake::ordinary("GET /v1/me").1;
    me["role"] = json!("user");
    world.answers("GET /v1/me", 200, me);
    let forbidden = serde_json::to_value(Problem::forbidden("auth.forbidden", "Only admins.")).unwrap();
    world.answers("GET /v1/members", 403, forbidden.clone());
    world.answers("POST /v1/teams", 403, forbidden);
    let mut member = world.member().await;
    let profile = member.get("/admin/settings/my-profile").await;
    assert!(!profile.text.contains("/admin/settings/users"), "the menu leads nowhere that is closed");
    assert_eq!(member.get("/admin/settings/users").await.status, 403);
    let got = member.send(TEAMS, &profile, &[("name", "x")]).await;
    assert_eq!(got.status, 403);
    world.stop().await;
}

#[actix_web::test]
async fn a_file_passes_through_after_its_token() {
    let world = World::start().await;
    let mut member = world.member().await;
    let page = member.get("/admin/settings/users/import").await;
    let body = |token: &str, file: &str| {
        format!(
            "--bound\r\nContent-Disposition: form-data; name=\"csrf\"\r\n\r\n{token}\r\n--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"../p ü.csv\"\r\nContent-Type: text/csv\r\n\r\n{file}\r\n--bound--\r\n"
        )
    };
    let request = |body: String| {
        let request = http().post(format!("{}/admin/settings/users/import", world.base)).header("origin", &world.base);
        request.header("accept", "text/html").header("content-type", "multipart/form-data; boundary=bound").body(body)
    };
    let got = member.exchange(request(body(&page.token(), "mail\r\na@b.example"))).await;
    assert_eq!(got.location.as_deref(), Some("/admin/settings/users/import/0199f2d0c0de7000a000000000000009/map"), "{}", got.text);
    let asked = world.asked("POST /v1/invitations/imports");
    assert_eq!(asked[0].body, Value::from("mail\r\na@b.example"));
    assert!(asked[0].headers.iter().any(|(name, value)| name == "x-file-name" && value == "p%20%C3%BC.csv"));
    assert_eq!(member.exchange(request(body("wrong", "x"))).await.status, 403);
    let got = member.exchange(request(body(&page.token(), ""))).await;
    assert_eq!(got.location.as_deref(), Some("/admin/settings/users/import"), "an empty file goes back");
    assert_eq!(world.asked("POST /v1/invitations/imports").len(), 1);
    let got = member.exchange(request(body(&page.token(), &"x".repeat(21 * 1024 * 1024)))).await;
    assert_eq!(got.location.as_deref(), Some("/admin/settings/users/import"), "too large: {}", got.status);
    world.stop().await;
}
