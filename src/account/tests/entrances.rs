//! From the panel into the settings, and an operator's way into Actions Config.

use secrecy::ExposeSecret;
use serde_json::{Value, json};

use super::house::{House, clock_back, face, houses, houses_alone, member};
use super::identity::sign_in;
use super::salesforce::connected;
use crate::account::{entrances, inviting};
use crate::clock;

fn at_panel(house: &House, account: &str, user: &str) -> Value {
    json!({"kind": "rep", "account": account, "org": house.world.org_id(), "user": user, "object": "Lead", "record": "00Q000000000001EAA"})
}

#[actix_web::test]
async fn whoever_signed_in_with_salesforce_gets_from_the_panel_into_the_settings_once() {
    for house in houses_alone().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        connected(&house, &admin).await;
        let user = house.world.user_id("sam.taylor");
        let made = house.post(&at_panel(&house, &account, &user), "/v1/entrances", json!({})).await.ok();
        let token = made["token"].as_str().unwrap().to_owned();
        house.post(&admin, "/v1/entrances/redeem", json!({"token": token})).await.refused(403, "auth.forbidden");
        let redeemed = house.post(&face(), "/v1/entrances/redeem", json!({"token": token})).await.ok();
        assert_eq!((&redeemed["account_id"], &redeemed["member_id"]), (&json!(account), &json!(first)));
        house.post(&face(), "/v1/entrances/redeem", json!({"token": token})).await.refused(410, "link.used");
        house.post(&face(), "/v1/entrances/redeem", json!({"token": "x".repeat(43)})).await.refused(410, "link.used");
        let audit = house.get(&admin, "/v1/audit?search=panel").await.ok();
        assert_eq!((&audit["items"][0]["what"], &audit["items"][0]["from"]), (&json!("member.signed_in"), &json!("203.0.113.0/24")));

        let late = house.post(&at_panel(&house, &account, &user), "/v1/entrances", json!({})).await.ok();
        clock::shift(60_000);
        house.post(&face(), "/v1/entrances/redeem", json!({"token": late["token"]})).await.refused(410, "link.used");
        clock_back();
    }
}

#[actix_web::test]
async fn nobody_else_gets_in_from_a_panel() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        connected(&house, &admin).await;
        // Robin is a member by e-mail, but never signed in with Salesforce: an address alone ties nobody.
        house.joined(&admin, "robin.alvarez@brightwater.example", "user").await;
        let robin = house.world.user_id("robin.alvarez");
        let panel = at_panel(&house, &account, &robin);
        house.post(&panel, "/v1/entrances", json!({})).await.refused(403, "entrance.not_member");
        let signed_in = sign_in(&house, "robin.alvarez").await.ok();
        let made = house.post(&panel, "/v1/entrances", json!({})).await.ok();
        assert_eq!(
            house.post(&face(), "/v1/entrances/redeem", json!({"token": made["token"]})).await.ok()["member_id"],
            signed_in["member_id"]
        );
        // TEN-01: the org speaks for its own account only.
        house.post(&at_panel(&house, "another", &robin), "/v1/entrances", json!({})).await.refused(404, "not_found");
        house.post(&face(), "/v1/entrances", json!({})).await.refused(403, "auth.forbidden");
        house.post(&admin, "/v1/entrances", json!({})).await.refused(403, "auth.forbidden");
        // Whoever is removed stays out, with what they got before as well.
        let before = house.post(&panel, "/v1/entrances", json!({})).await.ok();
        house.ask(&admin, "DELETE", &format!("/v1/members/{}", signed_in["member_id"].as_str().unwrap()), None).await;
        house.post(&panel, "/v1/entrances", json!({})).await.refused(403, "entrance.not_member");
        house.post(&face(), "/v1/entrances/redeem", json!({"token": before["token"]})).await.refused(410, "link.used");
    }
}

#[actix_web::test]
async fn an_operator_lets_people_in_by_hand() {
    for house in houses().await {
        let account = house.enter().await;
        let store = &house.state.store;
        let token = entrances::operator(store, &account, "ops@brightwater.example").await.unwrap();
        let redeemed = house.post(&face(), "/v1/entrances/redeem", json!({"token": token.expose_secret()})).await.ok();
        assert_eq!(redeemed, json!({"account_id": account, "member_id": null, "email": "ops@brightwater.example"}));
        assert_eq!(entrances::operator(store, "nobody", "a@example.com").await.unwrap_err().status, 404);
        assert_eq!(entrances::operator(store, &account, "not an address").await.unwrap_err().status, 400);

        let (outcome, token) = inviting::by_operator(&house.state.connections, &account, "ada@example.com", "admin").await.unwrap();
        assert_eq!(outcome, "invited");
        let accept = format!("/v1/invitations/by-token/{}/accept", token.unwrap().expose_secret());
        let ada = house.post(&face(), &accept, json!({})).await.ok()["member_id"].as_str().unwrap().to_owned();
        assert_eq!(house.get(&member(&account, &ada), "/v1/me").await.ok()["role"], "admin");
        let (outcome, token) = inviting::by_operator(&house.state.connections, &account, "ada@example.com", "admin").await.unwrap();
        assert_eq!((outcome, token.is_none()), ("already_member", true));
        let audit = house.get(&member(&account, &ada), "/v1/audit?search=operator").await.ok();
        assert_eq!(audit["total"], 2, "{audit}");
    }
}
