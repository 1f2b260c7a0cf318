//! Personal tokens: what they open, for whom, and until when.

use serde_json::{Value, json};

use super::house::{House, clock_back, face, houses, houses_alone, member};
use crate::account::link::hash;
use crate::clock;

fn by(token: &str) -> Value {
    json!({"kind": "token", "token": hash(token), "via": "api"})
}

async fn made(house: &House, who: &Value, name: &str, days: i64) -> (String, String) {
    let made = house.post(who, "/v1/me/api-tokens", json!({"name": name, "days": days})).await.ok();
    (made["id"].as_str().unwrap().to_owned(), made["token"].as_str().unwrap().to_owned())
}

#[actix_web::test]
async fn a_token_may_do_what_its_member_may_do_and_no_more() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let (_, token) = made(&house, &admin, "Nightly import", 30).await;
        assert!(token.starts_with("msi_") && token.len() == 47, "{token}");
        let program = by(&token);
        assert_eq!(house.get(&program, "/v1/me").await.ok()["member_id"], json!(first));
        house.post(&program, "/v1/teams", json!({"name": "DACH"})).await.ok();
        let audit = house.get(&admin, "/v1/audit?search=DACH").await.ok();
        assert_eq!(audit["items"][0]["who"], "ops@brightwater.example", "{audit}");
        assert_eq!(house.get(&admin, "/v1/audit?search=Nightly").await.ok()["items"][0]["what"], "api_token.created");

        // What is not offered is not there: no token makes another, reveals a secret, or stands in for a person at a sign-in.
        for (method, path) in [
            ("GET", "/v1/me/api-tokens"),
            ("POST", "/v1/me/api-tokens"),
            ("POST", "/v1/actions-config/integration/reveal"),
            ("POST", "/v1/connections/salesforce/flows"),
            ("POST", "/v1/connections/salesforce/finish"),
            ("POST", "/v1/sign-in-links"),
            ("POST", "/v1/marketo-admins"),
            ("GET", "/v1/budget"),
        ] {
            house.ask(&program, method, path, Some(json!({}))).await.refused(404, "not_found");
        }
        // The same holds for other visitors that come in below /api, whatever their kind may do elsewhere.
        let through_api = |mut visitor: Value| {
            visitor["via"] = json!("api");
            visitor
        };
        house.get(&through_api(face()), "/v1/budget").await.refused(404, "not_found");
        house.get(&through_api(admin.clone()), "/v1/me/api-tokens").await.refused(404, "not_found");
        house.get(&json!({"kind": "face", "via": "elsewhere"}), "/v1/budget").await.refused(401, "visitor.rejected");
        // People are for panels and the org's own code.
        house.get(&program, "/v1/people?sfdc_id=00Q000000000001EAA").await.refused(403, "auth.forbidden");

        let user = house.joined(&admin, "user@example.com", "user").await;
        let (_, token) = made(&house, &member(&account, &user), "Try-out", 1).await;
        let program = by(&token);
        assert_eq!(house.get(&program, "/v1/me").await.ok()["role"], "user");
        for path in ["/v1/members", "/v1/audit", "/v1/invitations/imports", "/v1/actions-config", "/v1/connections/salesforce"] {
            house.get(&program, path).await.refused(403, "auth.forbidden");
        }
        // A role that changes counts at once.
        house.ask(&admin, "PATCH", &format!("/v1/members/{user}"), Some(json!({"role": "admin"}))).await.ok();
        house.get(&program, "/v1/members").await.ok();
    }
}

#[actix_web::test]
async fn a_token_ends_when_it_is_revoked_expires_or_its_member_leaves() {
    for house in houses_alone().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        for odd in [
            json!({"name": "x", "days": 0}),
            json!({"name": "x", "days": 366}),
            json!({"name": " ", "days": 1}),
            json!({"name": "x", "days": "90"}),
            json!({"name": "x"}),
        ] {
            house.post(&admin, "/v1/me/api-tokens", odd).await.refused(400, "request.invalid");
        }
        house
            .post(&admin, "/v1/me/api-tokens", json!({"name": "x", "days": 1, "role": "admin"}))
            .await
            .refused(400, "request.unknown_field");
        let (id, token) = made(&house, &admin, "one", 1).await;
        let listed = house.get(&admin, "/v1/me/api-tokens").await.ok();
        assert_eq!((listed["total"].clone(), listed["items"][0]["last_used_at"].clone()), (json!(1), Value::Null));
        assert!(!listed.to_string().contains(&token[4..]), "it is shown once");
        house.get(&by(&token), "/v1/me").await.ok();
        assert!(house.get(&admin, "/v1/me/api-tokens").await.ok()["items"][0]["last_used_at"].is_i64());

        let user = house.joined(&admin, "user@example.com", "admin").await;
        let other = member(&account, &user);
        let revoke = format!("/v1/me/api-tokens/{id}");
        house.ask(&other, "DELETE", &revoke, None).await.refused(404, "not_found");
        assert_eq!(house.ask(&admin, "DELETE", &revoke, None).await.status, 204);
        house.ask(&admin, "DELETE", &revoke, None).await.refused(404, "not_found");
        house.get(&by(&token), "/v1/me").await.refused(401, "token.invalid");
        house.get(&by("msi_never-made"), "/v1/me").await.refused(401, "token.invalid");

        let (_, short) = made(&house, &admin, "short", 1).await;
        clock::shift(86_400_000);
        house.get(&by(&short), "/v1/me").await.refused(401, "token.invalid");
        let (_, theirs) = made(&house, &other, "theirs", 30).await;
        house.get(&by(&theirs), "/v1/members").await.ok();
        house.ask(&admin, "DELETE", &format!("/v1/members/{user}"), None).await;
        house.get(&by(&theirs), "/v1/members").await.refused(401, "token.invalid");

        for number in 0..10 {
            made(&house, &admin, &format!("token {number}"), 30).await;
        }
        house.post(&admin, "/v1/me/api-tokens", json!({"name": "more", "days": 30})).await.refused(409, "api_token.too_many");
        clock_back();
    }
}
