//! The guide's steps, as an admin takes them (#[cfg(test)]).

use serde_json::json;

use super::house::{face, houses, houses_alone, marketo_admin, member};
use crate::clock;

#[actix_web::test]
async fn who_is_no_admin_of_the_instance_does_not_enter() {
    for house in houses().await {
        let mut wrong = house.entrance("ops@brightwater.example");
        wrong["client_secret"] = json!("nope");
        house.post(&face(), "/v1/marketo-admins", wrong).await.refused(401, "marketo.credentials");
        for email in ["editor@brightwater.example", "gateway-api@brightwater.example", "stranger@brightwater.example"] {
            house.post(&face(), "/v1/marketo-admins", house.entrance(email)).await.refused(403, "marketo.not_admin");
        }
        let mut odd = house.entrance("ops@brightwater.example");
        odd["munchkin_id"] = json!("https://evil.example");
        house.post(&face(), "/v1/marketo-admins", odd).await.refused(400, "request.invalid");
        let mut more = house.entrance("ops@brightwater.example");
        more["role"] = json!("admin");
        house.post(&face(), "/v1/marketo-admins", more).await.refused(400, "request.unknown_field");
        let first = house.enter().await;
        assert_eq!(house.enter().await, first, "one account for one instance ({})", house.engine);
    }
}

#[actix_web::test]
async fn the_first_invitation_opens_the_account_and_works_once() {
    for house in houses_alone().await {
        let account = house.enter().await;
        let ops = marketo_admin(&account);
        let config = house.get(&ops, "/v1/actions-config").await.ok();
        assert_eq!((&config["first_user"]["state"], &config["integration"]["available"]), (&json!("none"), &json!(false)));
        house.post(&ops, "/v1/actions-config/integration/reveal", json!({})).await.refused(409, "integration.not_available");
        let admins = house.get(&ops, "/v1/marketo/admins?search=piet").await.ok();
        assert_eq!((admins["total"].clone(), admins["items"][0]["email"].clone()), (json!(1), json!("marketing@brightwater.example")));
        let stranger = json!({"email": "x@example.com", "language": "en"});
        house.post(&ops, "/v1/actions-config/first-invitation", stranger).await.refused(422, "marketo.not_admin");

        let sent = house
            .post(&ops, "/v1/actions-config/first-invitation", json!({"email": "marketing@brightwater.example", "language": "nl"}))
            .await
            .ok();
        let again = json!({"email": "marketing@brightwater.example"});
        house.post(&ops, "/v1/actions-config/first-invitation", again).await.refused(409, "invitation.first_exists");
        let token = house.links_to("marketing@brightwater.example").await.remove(0);
        let seen = house.get(&face(), &format!("/v1/invitations/by-token/{token}")).await.ok();
        assert_eq!((seen["state"].clone(), seen["language"].clone()), (json!("invited"), json!("nl")));

        let resend = format!("/v1/invitations/{}/resend", sent["id"].as_str().unwrap());
        house.ask(&ops, "POST", &resend, None).await.refused(429, "invitation.too_soon");
        clock::shift(61_000);
        house.ask(&ops, "POST", &resend, None).await.ok();
        house.get(&face(), &format!("/v1/invitations/by-token/{token}")).await.refused(404, "not_found");
        let postbox = super::super::postbox::Postbox::open(&house.state.connections).unwrap().unwrap();
        clock::shift(-61_000);
        // What a worker does about a clock that was set back.
        let now = house.state.store.now_ms().await.unwrap();
        house.state.store.mend_times(now, 0).await.unwrap();
        postbox.empty(&house.state.connections).await.unwrap();
        let token = house.mailed("marketing@brightwater.example").await.remove(0);
        let accept = format!("/v1/invitations/by-token/{token}/accept");
        let accepted = house.post(&face(), &accept, json!({"first_name": "Piet"})).await.ok();
        house.post(&face(), &accept, json!({})).await.refused(410, "link.used");
        let me = house.get(&member(&account, accepted["member_id"].as_str().unwrap()), "/v1/me").await.ok();
        assert_eq!((&me["role"], &me["original_user"], &me["teams"][0]["id"]), (&json!("admin"), &json!(true), &json!("everyone")));

        let config = house.get(&ops, "/v1/actions-config").await.ok();
        assert_eq!(config["first_user"]["state"], "accepted");
        let last4 = config["integration"]["secret_last4"].as_str().unwrap().to_owned();
        assert!(house.world.marketo_client_secret().ends_with(&last4) && last4.len() == 4);
        assert!(!config.to_string().contains(house.world.marketo_client_secret()));
        let shown = house.post(&ops, "/v1/actions-config/integration/reveal", json!({})).await.ok();
        assert_eq!(shown["client_secret"], house.world.marketo_client_secret());
        let admin = member(&account, accepted["member_id"].as_str().unwrap());
        let log = house.get(&admin, "/v1/audit?search=revealed").await.ok();
        assert_eq!((&log["items"][0]["who"], &log["items"][0]["from"]), (&json!("ops@brightwater.example"), &json!("203.0.113.0/24")));
        house
            .post(&ops, "/v1/actions-config/integration/rotate", json!({"client_secret": "wrong"}))
            .await
            .refused(422, "marketo.credentials");
        let secret = json!({"client_secret": house.world.marketo_client_secret()});
        let rotated = house.post(&ops, "/v1/actions-config/integration/rotate", secret).await.ok();
        assert!(rotated["integration"]["overlap_until"].as_i64().unwrap() > clock::now_ms());
    }
}

#[actix_web::test]
async fn an_invitation_expires_and_can_be_taken_back() {
    for house in houses_alone().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        house.post(&admin, "/v1/invitations", json!({"emails": ["a@example.com", "b@example.com"]})).await.ok();
        let (a, b) = (house.links_to("a@example.com").await.remove(0), house.links_to("b@example.com").await.remove(0));
        let open = house.get(&admin, "/v1/invitations").await.ok();
        let id = open["items"].as_array().unwrap().iter().find(|row| row["email"] == "b@example.com").unwrap()["id"]
            .as_str()
            .unwrap()
            .to_owned();
        house.ask(&admin, "POST", &format!("/v1/invitations/{id}/revoke"), None).await.ok();
        house.ask(&admin, "POST", &format!("/v1/invitations/{id}/revoke"), None).await.refused(409, "invitation.not_open");
        house.post(&face(), &format!("/v1/invitations/by-token/{b}/accept"), json!({})).await.refused(410, "link.revoked");
        clock::shift(8 * 86_400_000);
        let late = house.post(&face(), &format!("/v1/invitations/by-token/{a}/accept"), json!({})).await;
        clock::shift(-8 * 86_400_000);
        late.refused(410, "link.expired");
    }
}

#[actix_web::test]
async fn marketo_is_connected_by_one_click_and_only_its_owner_lets_go() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        assert_eq!(house.get(&admin, "/v1/connections/marketo").await.ok()["state"], "none");
        assert_eq!(house.get(&admin, "/v1/connections/marketo/budget").await.ok(), json!({"connected": false}));
        house.ask(&admin, "POST", "/v1/field-sync/start", None).await.refused(409, "marketo.not_connected");
        let view = house.post(&admin, "/v1/connections/marketo", json!({})).await.ok();
        assert_eq!((&view["state"], &view["owner"]["member_id"]), (&json!("connected"), &json!(first)));
        let pasted =
            json!({"munchkin_id": house.world.munchkin_id(), "client_id": house.world.marketo_client_id(), "client_secret": " wrong "});
        house.post(&admin, "/v1/connections/marketo", pasted).await.refused(422, "marketo.credentials");

        let second = house.joined(&admin, "second@example.com", "admin").await;
        let other = member(&account, &second);
        house.ask(&other, "DELETE", "/v1/connections/marketo", None).await.refused(403, "connection.owner");
        house.post(&other, "/v1/connections/marketo/hand-over", json!({"member_id": second})).await.refused(403, "connection.owner");
        house.post(&admin, "/v1/connections/marketo/hand-over", json!({"member_id": second})).await.ok();
        house.ask(&admin, "DELETE", "/v1/connections/marketo", None).await.refused(403, "connection.owner");
        let granted = house.ask(&admin, "PUT", "/v1/connections/marketo/access", Some(json!({"member_ids": [second]}))).await.ok();
        assert_eq!(granted["items"].as_array().unwrap().iter().filter(|row| row["access"] == true).count(), 1);

        let preview = house.get(&admin, "/v1/field-sync/preview").await.ok();
        let names: Vec<&str> = preview["fields"].as_array().unwrap().iter().map(|field| field["account_field"].as_str().unwrap()).collect();
        assert_eq!(names.len(), 13);
        for name in ["salesforce_opportunity_id", "linkedin_url", "source", "marketo_id"] {
            assert!(names.contains(&name), "{name}");
        }
        assert_eq!(preview["further_fields"].as_array().unwrap().len(), 5);
        assert!(preview["sample"]["qualify"].as_u64().unwrap() > 0, "{preview}");
        assert_eq!(house.get(&admin, "/v1/field-sync").await.ok()["state"], "idle");
        house.ask(&admin, "POST", "/v1/field-sync/pause", None).await.refused(409, "sync.not_possible");
        assert_eq!(house.ask(&admin, "POST", "/v1/field-sync/start", None).await.ok()["state"], "running");
        house.ask(&admin, "POST", "/v1/field-sync/start", None).await.refused(409, "sync.not_idle");
        assert_eq!(house.ask(&admin, "POST", "/v1/field-sync/pause", None).await.ok()["state"], "paused");
        assert_eq!(house.ask(&admin, "POST", "/v1/field-sync/resume", None).await.ok()["state"], "running");
        assert_eq!(house.get(&admin, "/v1/field-sync/runs").await.ok()["items"][0]["started_by"], "ops@brightwater.example");
        assert_eq!(house.ask(&admin, "POST", "/v1/field-sync/cancel", None).await.ok()["state"], "idle");
        house.ask(&admin, "POST", "/v1/field-sync/cancel", None).await.refused(409, "sync.not_possible");
        assert_eq!(house.get(&admin, "/v1/field-sync/runs").await.ok()["items"][0]["state"], "cancelled");
        assert_eq!(house.ask(&admin, "POST", "/v1/field-sync/start", None).await.ok()["state"], "running");
        let budget = house.get(&admin, "/v1/connections/marketo/budget").await.ok();
        assert_eq!((&budget["connected"], &budget["daily_limit"]), (&json!(true), &json!(40_000)));
        assert!(budget["hours"]["people"].as_array().unwrap().iter().map(|calls| calls.as_u64().unwrap()).sum::<u64>() > 0, "{budget}");
        house.ask(&other, "DELETE", "/v1/connections/marketo", None).await.ok();
        assert_eq!(house.get(&admin, "/v1/connections/marketo").await.ok()["state"], "none");
        assert_eq!(house.get(&admin, "/v1/connections/marketo/budget").await.ok(), json!({"connected": false}));
    }
}
