//! Connecting to Salesforce, refreshing, signing in (#[cfg(test)]).

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::house::{House, client, face, houses, member};
use crate::account::salesforce_tokens;

const SESSION: &str = "0123456789abcdef0123456789abcdef";
const BACK: &str = "http://127.0.0.1:1/admin/settings/salesforce/callback";

async fn http(url: &str) -> reqwest::Response {
    client().get(url).send().await.unwrap()
}

// The browser: goes where it is sent and brings back code and state.
pub(super) async fn authorized(url: &str, user: &str) -> (String, String) {
    let answer = http(&format!("{url}&login_hint={user}")).await;
    let target = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let value = |name: &str| target.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default();
    (value("code"), value("state"))
}

async fn begun(house: &House, admin: &Value) -> String {
    let wish = json!({"environment": "sandbox", "redirect_uri": BACK, "session": SESSION});
    house.post(admin, "/v1/connections/salesforce/flows", wish).await.ok()["authorize_url"].as_str().unwrap().to_owned()
}

pub(super) async fn connected(house: &House, admin: &Value) -> Value {
    let (code, state) = authorized(&begun(house, admin).await, "sam.taylor").await;
    house.post(admin, "/v1/connections/salesforce/finish", json!({"state": state, "code": code, "session": SESSION})).await.ok()
}

async fn refreshes(house: &House) -> u64 {
    let journal: Value = http(&format!("{}/_control/journal", house.base)).await.json().await.unwrap();
    journal["calls"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|call| call["path"].as_str().unwrap().ends_with("/oauth2/token"))
        .count()
        .try_into()
        .unwrap()
}

#[actix_web::test]
async fn a_flow_belongs_to_its_session_and_works_once() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let odd = json!({"environment": "sandbox", "redirect_uri": "https://evil.example/", "session": SESSION});
        house.post(&admin, "/v1/connections/salesforce/flows", odd).await.refused(400, "request.invalid");
        let finish = "/v1/connections/salesforce/finish";
        house.post(&admin, finish, json!({"state": "x", "code": "y", "session": SESSION})).await.refused(400, "oauth.state");
        house.post(&admin, finish, json!({"state": "x", "error": "access_denied", "session": SESSION})).await.refused(400, "oauth.denied");
        let url = begun(&house, &admin).await;
        assert!(url.contains("code_challenge_method=S256") && url.contains("code_challenge="));
        let state = url::Url::parse(&url).unwrap().query_pairs().find(|(key, _)| key == "state").unwrap().1.into_owned();
        let other = json!({"state": state, "code": "y", "session": "f".repeat(32)});
        house.post(&admin, finish, other).await.refused(403, "oauth.session_mismatch");
        // The victim of another account cannot finish it either.
        assert_eq!(refreshes(&house).await, 0, "no code was exchanged");
        let dead = json!({"state": state, "code": "y", "session": SESSION});
        house.post(&admin, finish, dead.clone()).await.refused(400, "oauth.code");
        house.post(&admin, finish, dead).await.refused(400, "oauth.state");
        assert_eq!(house.get(&admin, "/v1/connections/salesforce").await.ok()["state"], "none");
    }
}

#[actix_web::test]
async fn salesforce_is_connected_checked_and_let_go() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let view = connected(&house, &admin).await;
        assert_eq!((&view["state"], &view["org_id"]), (&json!("connected"), &json!(house.world.org_id())), "{}", house.engine);
        assert_eq!(view["user"], "sam.taylor@brightwater.example");
        assert_eq!(house.get(&face(), &format!("/v1/orgs/{}", house.world.org_id())).await.ok()["account_id"], account);
        let before = refreshes(&house).await;
        let client = client();
        client.post(format!("{}/_control/tokens/expire", house.base)).json(&json!({"salesforce": true})).send().await.unwrap();
        let checks = join_all((0..8).map(|_| house.ask(&admin, "POST", "/v1/connections/salesforce/check", None))).await;
        assert!(checks.iter().all(|said| said.body["state"] == "connected"), "{checks:?}");
        assert_eq!(refreshes(&house).await - before, 1, "one refresh, however many ask");

        // Too slow is no refusal; what is one passes, even after the token ran out.
        let fault = async |http: u16| {
            let fault = json!({"prefix": "/salesforce/services/oauth2/userinfo", "http": http, "times": 1});
            client.post(format!("{}/_control/faults", house.base)).json(&fault).send().await.unwrap();
            house.ask(&admin, "POST", "/v1/connections/salesforce/check", None).await
        };
        fault(408).await.refused(503, "upstream.unavailable");
        let view = fault(404).await.ok();
        assert_eq!((&view["state"], &view["problem"]["code"]), (&json!("broken"), &json!("salesforce.refused")));
        client.post(format!("{}/_control/tokens/expire", house.base)).json(&json!({"salesforce": true})).send().await.unwrap();
        assert_eq!(house.ask(&admin, "POST", "/v1/connections/salesforce/check", None).await.ok()["state"], "connected");

        // A refresh that was lost with its process: the old token is not used again.
        let tenant = house.state.store.tenant(&account);
        let row = tenant.salesforce().await.unwrap().unwrap();
        assert!(tenant.begin_refresh(row.generation, "dead process", 1).await.unwrap());
        salesforce_tokens::care(&house.state.connections, crate::clock::now_ms()).await.unwrap();
        let view = house.ask(&admin, "POST", "/v1/connections/salesforce/check", None).await.ok();
        assert_eq!((&view["state"], &view["problem"]["code"]), (&json!("broken"), &json!("salesforce.reconnect")));
        assert_eq!(connected(&house, &admin).await["state"], "connected");

        // What is no well-formed refusal does not end the connection.
        let fault = json!({"prefix": "/salesforce/services/oauth2/token", "http": 503, "times": 1});
        client.post(format!("{}/_control/faults", house.base)).json(&fault).send().await.unwrap();
        let row = tenant.salesforce().await.unwrap().unwrap();
        let later = salesforce_tokens::renewed(&house.state.connections, &tenant, row.generation, "test").await.unwrap_err();
        assert_eq!(later.code, "upstream.unavailable");
        assert_eq!(tenant.salesforce().await.unwrap().unwrap().state, "connected");

        let gone = house.ask(&admin, "DELETE", "/v1/connections/salesforce", None).await;
        assert_eq!(gone.status, 204, "{}", gone.body);
        assert_eq!(house.get(&admin, "/v1/connections/salesforce").await.ok()["state"], "none");
    }
}

#[actix_web::test]
async fn only_a_member_signs_in_with_salesforce() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        connected(&house, &admin).await;
        let sign_in = async |user: &str| {
            let wish = json!({"environment": "sandbox", "redirect_uri": "http://127.0.0.1:1/sign-in/salesforce/callback", "return_to": "/admin/set-up"});
            let begun = house.post(&face(), "/v1/salesforce/sign-ins", wish).await.ok();
            let (code, state) = authorized(begun["authorize_url"].as_str().unwrap(), user).await;
            let path = format!("/v1/salesforce/sign-ins/{}/finish", begun["flow_id"].as_str().unwrap());
            house.post(&face(), &path, json!({"code": code, "state": state})).await
        };
        sign_in("robin.alvarez").await.refused(403, "sign_in.not_member");
        house.post(&admin, "/v1/invitations", json!({"emails": ["robin.alvarez@brightwater.example"]})).await.ok();
        sign_in("robin.alvarez").await.refused(403, "sign_in.not_accepted");
        let token = house.links_to("robin.alvarez@brightwater.example").await.remove(0);
        let robin = house.post(&face(), &format!("/v1/invitations/by-token/{token}/accept"), json!({})).await.ok();
        let said = sign_in("robin.alvarez").await.ok();
        assert_eq!((&said["member_id"], &said["return_to"]), (&robin["member_id"], &json!("/admin/set-up")));
        // Whoever connected is known by their Salesforce user, whatever their address.
        assert_eq!(sign_in("sam.taylor").await.ok()["member_id"], json!(first));
        let elsewhere = json!({"environment": "sandbox", "redirect_uri": "http://127.0.0.1:1/x", "return_to": "//evil.example"});
        house.post(&face(), "/v1/salesforce/sign-ins", elsewhere).await.refused(400, "request.invalid");
    }
}
