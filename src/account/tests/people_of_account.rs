//! Members, roles, teams, links, and who may do what (#[cfg(test)]).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::house::{face, houses, houses_with, marketo_admin, member};
use crate::account::routes::{INTERFACE, ROUTES, Row};

#[actix_web::test]
async fn each_address_gets_its_own_outcome() {
    for house in houses_with(|settings| settings.account.seats = 4).await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let emails = json!([
            "OPS@brightwater.example",
            "a@example.com",
            "A@Example.com",
            "a@evil.com@corp.com",
            "b@example.com",
            "c@example.com",
            "d@example.com"
        ]);
        let said = house.post(&admin, "/v1/invitations", json!({"emails": emails, "role": "user", "language": "fr"})).await.ok();
        let outcomes: Vec<&str> = said["results"].as_array().unwrap().iter().map(|row| row["outcome"].as_str().unwrap()).collect();
        assert_eq!(
            outcomes,
            ["already_member", "invited", "already_invited", "malformed", "invited", "invited", "over_seat_limit"],
            "{}",
            house.engine
        );
        house
            .post(&admin, "/v1/invitations", json!({"emails": ["x@example.com"], "teams": ["nope"]}))
            .await
            .refused(400, "request.invalid");
        let members = house.get(&admin, "/v1/members?state=invited").await.ok();
        assert_eq!(members["total"], 3);
        let page = house.get(&admin, "/v1/members?limit=2").await.ok();
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest = house.get(&admin, &format!("/v1/members?limit=2&cursor={cursor}")).await.ok();
        assert_eq!((rest["items"].as_array().unwrap().len(), &rest["next_cursor"]), (2, &Value::Null));
        house.get(&admin, &format!("/v1/audit?cursor={cursor}")).await.refused(400, "page.cursor");
    }
}

#[actix_web::test]
async fn the_same_key_gets_the_same_answer_and_one_mail() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let ask = |email: &str| {
            actix_web::test::TestRequest::post()
                .uri("/v1/invitations")
                .insert_header(("Idempotency-Key", "double-click-1"))
                .set_json(json!({"emails": [email]}))
        };
        let one = house.send(&admin, ask("a@example.com")).await.ok();
        let two = house.send(&admin, ask("a@example.com")).await.ok();
        assert_eq!(one, two);
        house.send(&admin, ask("b@example.com")).await.refused(409, "idempotency.reused");
        assert_eq!(house.links_to("a@example.com").await.len(), 1);
    }
}

#[actix_web::test]
async fn an_address_belongs_to_one_account() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let other = house.state.store.tenant("other");
        house.state.store.create_account("other", "Other", 1).await.unwrap();
        let theirs = other.account().await.unwrap().unwrap();
        let email = crate::account::email::Email::parse("x@example.com").unwrap();
        let guest = crate::account::inviting::Guest { email, first_name: None, last_name: None, role: "user".to_owned(), teams: vec![] };
        let invitee = crate::account::inviting::made_out(&house.state.connections, "other", guest).unwrap();
        let deed = crate::store::audit::Deed {
            id: "1".to_owned(),
            at: 1,
            who: "t".to_owned(),
            what: "members.invited",
            target: String::new(),
            source: None,
            request_id: None,
        };
        let manner = crate::account::inviting::Manner { inviter: "t", language: "en", first: false };
        crate::account::inviting::invite(&house.state.connections, &other, &theirs, &[invitee], manner, &deed, None, None).await.unwrap();
        let said = house.post(&member(&account, &first), "/v1/invitations", json!({"emails": ["X@example.com"]})).await.ok();
        assert_eq!(said["results"][0]["outcome"], "elsewhere", "{}", house.engine);
        // Nobody of the one account sees, changes or removes anybody of the other.
        let id = other.members(crate::store::members::Filter::default(), "", 10).await.unwrap()[0].id.clone();
        house
            .ask(&member(&account, &first), "PATCH", &format!("/v1/members/{id}"), Some(json!({"role": "admin"})))
            .await
            .refused(404, "not_found");
        house.ask(&member(&account, &first), "DELETE", &format!("/v1/members/{id}"), None).await.refused(404, "not_found");
        house.get(&member("other", &first), "/v1/me").await.refused(401, "session.revoked");
    }
}

#[actix_web::test]
async fn the_original_user_stays_and_the_last_admin_stays_whoever_asks_at_once() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        house.ask(&admin, "DELETE", &format!("/v1/members/{first}"), None).await.refused(409, "member.last_admin");
        let second = house.joined(&admin, "second@example.com", "admin").await;
        let other = member(&account, &second);
        house.post(&admin, "/v1/connections/marketo", json!({})).await.ok();
        house.ask(&admin, "POST", "/v1/field-sync/start", None).await.ok();
        let path = format!("/v1/members/{first}");
        house.ask(&other, "DELETE", &path, None).await.refused(409, "original_user.protected");
        house.ask(&other, "PATCH", &path, Some(json!({"role": "user"}))).await.refused(409, "original_user.protected");
        let user = house.joined(&admin, "user@example.com", "user").await;
        house.post(&admin, "/v1/original-user/hand-over", json!({"member_id": user})).await.refused(409, "member.not_active_admin");
        // Removing the first and handing over to the first cannot both happen, nor two removals leave nobody.
        house.post(&admin, "/v1/original-user/hand-over", json!({"member_id": second})).await.ok();
        let third = house.joined(&admin, "third@example.com", "admin").await;
        let back = house.post(&admin, "/v1/original-user/hand-over", json!({"member_id": third}));
        let path = format!("/v1/members/{third}");
        let (gone, handed) = futures_util::join!(house.ask(&other, "DELETE", &path, None), back);
        assert_ne!(gone.status == 204, handed.status == 200, "{} {} {}", gone.body, handed.body, house.engine);
        house.get(&member(&account, &first), "/v1/me").await.ok();
    }
}

#[actix_web::test]
async fn of_two_last_admins_who_remove_each_other_one_stays() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let second = house.joined(&admin, "second@example.com", "admin").await;
        let other = member(&account, &second);
        let (one, two) = (format!("/v1/members/{second}"), format!("/v1/members/{first}"));
        let outcomes = join_all([house.ask(&admin, "DELETE", &one, None), house.ask(&other, "DELETE", &two, None)]).await;
        let removed = outcomes.iter().filter(|said| said.status == 204).count();
        assert_eq!(removed, 1, "{outcomes:?} {}", house.engine);
        // A removed member's session is over with the next call.
        let left = if outcomes[0].status == 204 { (&admin, &other) } else { (&other, &admin) };
        house.get(left.0, "/v1/members").await.ok();
        house.get(left.1, "/v1/members").await.refused(401, "session.revoked");
    }
}

#[actix_web::test]
async fn a_plain_user_gets_nothing_that_is_the_admins() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let user = house.joined(&member(&account, &first), "user@example.com", "user").await;
        let visitor = member(&account, &user);
        house.get(&visitor, "/v1/me").await.ok();
        let open = ["/healthz", "/readyz", "/v1/set-up", "/openapi.json"];
        // What every member may do with people.
        let acting = [
            "/v1/calls",
            "/v1/tasks",
            "/v1/campaigns",
            "/v1/marketo-campaign",
            "/v1/my-emails",
            "/v1/moment-subscriptions",
            "/v1/template",
            "/v1/circulars",
            "/v1/mail-channels/",
            "/v1/emails",
            "/v1/watch-list",
            "/v1/sales-",
        ];
        let acts = |row: &&Row| {
            acting.iter().any(|start| row.path.starts_with(start)) && !row.path.contains("by-token")
                || row.path.ends_with("/acting")
                || row.path == "/v1/people/{id}/sales-campaigns"
                || (row.method, row.path) == ("post", "/v1/unsubscribes")
        };
        for row in ROUTES.iter().filter(|row| !open.contains(&row.path) && !row.path.starts_with("/v1/me") && !acts(row)) {
            let path = row.path.replace("{id}", &first).replace("{org_id}", &house.world.org_id()).replace("{token}", &"a".repeat(43));
            let said = house.ask(&visitor, row.method, &path, Some(json!({}))).await;
            said.refused(403, "auth.forbidden");
        }
        for row in ROUTES.iter().filter(|row| row.path.starts_with("/v1/members") || row.path.starts_with("/v1/connections")) {
            let path = row.path.replace("{id}", &first);
            house.ask(&marketo_admin(&account), row.method, &path, Some(json!({}))).await.refused(403, "auth.forbidden");
        }
        let changed = house
            .ask(&visitor, "PATCH", "/v1/me", Some(json!({"first_name": " Zoë ", "language": "sv", "time_zone": "Europe/Stockholm"})))
            .await
            .ok();
        assert_eq!((&changed["first_name"], &changed["language"]), (&json!("Zoë"), &json!("sv")));
        house.ask(&visitor, "PATCH", "/v1/me", Some(json!({"role": "admin"}))).await.refused(400, "request.unknown_field");
        house.ask(&visitor, "PATCH", "/v1/me", Some(json!({"language": "xx"}))).await.refused(400, "request.invalid");
    }
}

#[actix_web::test]
async fn there_are_twenty_teams_at_most_and_everyone_is_one_of_them() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let mut last = String::new();
        for number in 1..20 {
            last = house.post(&admin, "/v1/teams", json!({"name": format!("Team {number}")})).await.ok()["id"].as_str().unwrap().to_owned();
        }
        house.post(&admin, "/v1/teams", json!({"name": "One more"})).await.refused(409, "team.too_many");
        house.ask(&admin, "PATCH", &format!("/v1/teams/{last}"), Some(json!({"name": "TEAM 1"}))).await.refused(409, "team.name_taken");
        house.ask(&admin, "DELETE", "/v1/teams/everyone", None).await.refused(409, "team.built_in");
        let changed = house.ask(&admin, "PATCH", &format!("/v1/members/{first}"), Some(json!({"teams": ["everyone", last]}))).await.ok();
        assert_eq!(changed["teams"].as_array().unwrap().len(), 2);
        assert_eq!(house.get(&admin, &format!("/v1/members?team={last}")).await.ok()["total"], 1);
        house.ask(&admin, "DELETE", &format!("/v1/teams/{last}"), None).await.ok();
        assert_eq!(house.get(&admin, "/v1/teams").await.ok()["total"], 19);
        assert_eq!(house.get(&admin, "/v1/me").await.ok()["teams"].as_array().unwrap().len(), 1);
    }
}

#[actix_web::test]
async fn a_link_signs_in_once_and_only_where_links_are_allowed() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let ask = json!({"email": "Ops@brightwater.example", "language": "zh-Hans"});
        let before = house.mailed("ops@brightwater.example").await.len();
        assert_eq!(house.post(&face(), "/v1/sign-in-links", ask.clone()).await.status, 202);
        assert_eq!(house.post(&face(), "/v1/sign-in-links", json!({"email": "nobody@example.com"})).await.status, 202);
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
        let postbox = super::super::postbox::Postbox::open(&house.state.connections).unwrap().unwrap();
        assert_eq!(postbox.empty(&house.state.connections).await.unwrap(), 0, "Salesforce only");
        house.ask(&admin, "PUT", "/v1/login-settings", Some(json!({"method": "all"}))).await.ok();
        for _ in 0..3 {
            assert_eq!(house.post(&face(), "/v1/sign-in-links", ask.clone()).await.status, 202);
        }
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        postbox.empty(&house.state.connections).await.unwrap();
        let links = house.mailed("ops@brightwater.example").await;
        assert_eq!(links.len(), before + 1, "one mail a minute");
        let redeem = json!({"token": links[0]});
        assert_eq!(house.post(&face(), "/v1/sign-in-links/redeem", redeem.clone()).await.ok()["member_id"], first);
        house.post(&face(), "/v1/sign-in-links/redeem", redeem).await.refused(410, "link.used");
    }
}

#[test]
fn the_interface_describes_every_route_and_no_other() {
    let description: Value = serde_json::from_str(INTERFACE).unwrap();
    let described: std::collections::BTreeSet<String> = description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .collect();
    let routes: std::collections::BTreeSet<String> = ROUTES.iter().map(|row| format!("{} {}", row.method, row.path)).collect();
    assert_eq!(described, routes);
}
