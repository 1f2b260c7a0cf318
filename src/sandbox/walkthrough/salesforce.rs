use actix_web::http::StatusCode;
use actix_web::test::TestRequest;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::{bearer, call, serve, world};
use crate::sandbox::salesforce::keys::{OrgKey, public_key_of, verified_claims};

const ROOT: &str = "/sandbox/salesforce";

fn form(pairs: &[(&str, &str)]) -> TestRequest {
    let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
    TestRequest::post().uri(&format!("{ROOT}/services/oauth2/token")).set_payload(body)
}

#[actix_web::test]
async fn a_record_page_posts_a_signed_request_whose_token_lives() {
    let world = world();
    let app = serve(&world).await;
    let list = call(&app, TestRequest::get().uri(&format!("{ROOT}/"))).await.text();
    let link = list
        .split("href=\"")
        .find(|part| part.starts_with("/sandbox/salesforce/lightning/r/Lead/"))
        .and_then(|part| part.split('"').next())
        .unwrap();
    let page = call(&app, TestRequest::get().uri(&format!("{link}?user=katharina.vogel"))).await.text();
    let signed = page.split("name=\"signed_request\" value=\"").nth(1).and_then(|part| part.split('"').next()).unwrap();
    let signed = signed.replace("&#x3D;", "=").replace("&#x2F;", "/").replace("&#x2B;", "+");
    let (_, envelope) = signed.split_once('.').unwrap();
    let envelope: Value = serde_json::from_slice(&STANDARD.decode(envelope).unwrap()).unwrap();
    assert_eq!(envelope["context"]["user"]["language"], "de");
    assert_eq!(envelope["context"]["organization"]["organizationId"], world.org_id());
    assert_eq!(envelope["context"]["environment"]["parameters"]["recordId"], link.split('/').nth(6).unwrap());
    assert!(page.contains(&format!("name=\"canvas-frame-{}\"", envelope["client"]["instanceId"].as_str().unwrap())));
    let token = envelope["client"]["oauthToken"].as_str().unwrap();
    let who = call(&app, bearer(TestRequest::get().uri(&format!("{ROOT}/services/oauth2/userinfo")), token)).await;
    assert_eq!((who.status, &who.json()["user_id"]), (StatusCode::OK, &envelope["userId"]));
    let revoke =
        TestRequest::post().uri(&format!("{ROOT}/services/oauth2/revoke")).set_payload(format!("token={}", token.replace('!', "%21")));
    assert_eq!(call(&app, revoke).await.status, StatusCode::OK);
    let gone = call(&app, bearer(TestRequest::get().uri(&format!("{ROOT}/services/oauth2/userinfo")), token)).await;
    assert_eq!(gone.status, StatusCode::FORBIDDEN);
}

#[actix_web::test]
async fn a_connection_is_made_with_a_code_and_ends_when_a_refresh_token_comes_twice() {
    let world = world();
    let app = serve(&world).await;
    let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, b"a-verifier"));
    let uri = format!(
        "{ROOT}/services/oauth2/authorize?response_type=code&client_id={}&redirect_uri=http%3A%2F%2F127.0.0.1%3A9%2Fback&state=s1&code_challenge={challenge}&code_challenge_method=S256",
        world.consumer_key()
    );
    let back = call(&app, TestRequest::get().uri(&uri)).await.location.unwrap();
    assert!(back.starts_with("http://127.0.0.1:9/back?code=") && back.ends_with("&state=s1"), "{back}");
    let code = back.split("code=").nth(1).and_then(|rest| rest.split('&').next()).unwrap().to_owned();
    let secret = &world.options().consumer_secret;
    let redeem = |verifier: &str| {
        form(&[
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("client_id", world.consumer_key()),
            ("client_secret", secret.as_str()),
            ("redirect_uri", "http://127.0.0.1:9/back"),
            ("code_verifier", verifier),
        ])
    };
    let tokens = call(&app, redeem("a-verifier")).await.json();
    assert_eq!(call(&app, redeem("a-verifier")).await.json()["error"], "invalid_grant", "a code is for one use");
    let first = tokens["refresh_token"].as_str().unwrap().to_owned();
    let refresh = |token: &str| {
        form(&[
            ("grant_type", "refresh_token"),
            ("refresh_token", token),
            ("client_id", world.consumer_key()),
            ("client_secret", secret.as_str()),
        ])
    };
    let second = call(&app, refresh(&first)).await.json();
    let access = second["access_token"].as_str().unwrap().to_owned();
    assert_eq!(call(&app, refresh(&first)).await.json()["error"], "invalid_grant");
    assert_eq!(
        call(&app, refresh(second["refresh_token"].as_str().unwrap())).await.json()["error"],
        "invalid_grant",
        "the connection is dead"
    );
    assert_eq!(
        call(&app, bearer(TestRequest::get().uri(&format!("{ROOT}/services/oauth2/userinfo")), &access)).await.status,
        StatusCode::FORBIDDEN
    );
    let asked = call(&app, TestRequest::get().uri(&format!("{uri}&prompt=consent"))).await;
    assert!(asked.status == StatusCode::OK && asked.text().contains("Allow access?"));
    let denied = call(&app, TestRequest::post().uri(&uri).set_payload("decision=deny")).await.location.unwrap();
    assert!(denied.contains("error=access_denied"));
}

#[actix_web::test]
async fn an_assertion_signed_with_the_registered_key_opens_the_api() {
    let world = world();
    let app = serve(&world).await;
    let key = OrgKey::generate("App");
    let now = world.clock.now();
    let assertion = |sub: &str| {
        key.sign(
            &json!({ "alg": "RS256" }),
            &json!({ "iss": world.consumer_key(), "sub": sub, "aud": "https://login.salesforce.com", "exp": now + 170 }),
        )
        .unwrap()
    };
    let grant = |assertion: &str| form(&[("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion)]);
    assert_eq!(call(&app, grant(&assertion("sam.taylor@brightwater.example"))).await.json()["error"], "invalid_app_access");
    let pem = TestRequest::post().uri("/sandbox/_control/salesforce/keys").set_json(json!({ "pem": key.certificate_pem }));
    assert_eq!(call(&app, pem).await.status, StatusCode::NO_CONTENT);
    assert_eq!(call(&app, grant(&assertion("nobody@brightwater.example"))).await.json()["error"], "invalid_grant");
    let token = call(&app, grant(&assertion("sam.taylor@brightwater.example"))).await.json()["access_token"].as_str().unwrap().to_owned();
    let query = |soql: &str| {
        let q = url::form_urlencoded::Serializer::new(String::new()).append_pair("q", soql).finish();
        bearer(TestRequest::get().uri(&format!("{ROOT}/services/data/v67.0/query?{q}")), &token)
    };
    let contacts = call(&app, query("SELECT Id, Name, Email, AccountId, Account.Name, Owner.Name FROM Contact LIMIT 5")).await.json();
    assert_eq!(contacts["totalSize"], 5);
    let account = contacts["records"][0]["AccountId"].as_str().unwrap();
    assert!(contacts["records"][0]["Account"]["Name"].is_string());
    let same = call(&app, query(&format!("SELECT Id FROM Contact WHERE AccountId = '{account}'"))).await.json();
    assert!(same["records"].as_array().unwrap().iter().any(|record| record["Id"] == contacts["records"][0]["Id"]));
    assert_eq!(call(&app, query("SELECT Nonsense FROM Lead")).await.json()[0]["errorCode"], "INVALID_FIELD");
    assert_eq!(call(&app, query("SELEKT Id FROM Lead")).await.json()[0]["errorCode"], "MALFORMED_QUERY");
    assert_eq!(call(&app, query("SELECT Id, Name FROM Organization")).await.json()["records"][0]["Id"], world.org_id());
    let tasks = format!("{ROOT}/services/data/v67.0/sobjects/Task");
    let made = call(
        &app,
        bearer(TestRequest::post().uri(&tasks).set_json(json!({ "Subject": "Call", "WhoId": contacts["records"][0]["Id"] })), &token),
    )
    .await;
    assert_eq!(made.status, StatusCode::CREATED);
    let one = format!("{tasks}/{}", made.json()["id"].as_str().unwrap());
    let change = bearer(TestRequest::patch().uri(&one).set_json(json!({ "Status": "Completed" })), &token);
    assert_eq!(call(&app, change).await.status, StatusCode::NO_CONTENT);
    assert_eq!(call(&app, bearer(TestRequest::get().uri(&one), &token)).await.json()["Status"], "Completed");
    assert_eq!(call(&app, bearer(TestRequest::delete().uri(&one), &token)).await.status, StatusCode::NO_CONTENT);
    assert_eq!(call(&app, bearer(TestRequest::get().uri(&one), &token)).await.json()[0]["errorCode"], "NOT_FOUND");
    assert_eq!(call(&app, bearer(TestRequest::get().uri(&one), "dead")).await.json()[0]["errorCode"], "INVALID_SESSION_ID");
}

#[actix_web::test]
async fn apex_signs_what_it_is_asked_to() {
    let world = world();
    let app = serve(&world).await;
    let uri = format!("{ROOT}/apex/assertion?user=maya.okonkwo&aud=https%3A%2F%2Fgateway.example");
    let public = public_key_of(&world.org_certificate_pem()).unwrap();
    let plain = call(&app, TestRequest::post().uri(&uri)).await.json();
    let claims = verified_claims(plain["assertion"].as_str().unwrap(), &public).unwrap();
    assert_eq!((claims["iss"].as_str(), claims["aud"].as_str()), (Some(world.org_id().as_str()), Some("https://gateway.example")));
    assert!(claims["jti"].is_string());
    let odd =
        call(&app, TestRequest::post().uri(&uri).set_json(json!({ "exp": 1, "jti": null, "header": { "kid": "other" } }))).await.json();
    let claims = verified_claims(odd["assertion"].as_str().unwrap(), &public).unwrap();
    assert!(claims["exp"] == 1 && claims.get("jti").is_none());
}
