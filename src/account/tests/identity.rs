//! ID tokens: believed only as the issuer signed them, for us, now, for this very flow; and assertions of our own.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::house::{House, Said, client, clock_back, face, houses, houses_alone, houses_with, member};
use super::salesforce::{authorized, connected};
use crate::clock;

async fn control(house: &House, path: &str, body: Value) {
    let answer = client().post(format!("{}/_control/{path}", house.base)).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
}

async fn calls(house: &House, end: &str) -> usize {
    let journal: Value = client().get(format!("{}/_control/journal", house.base)).send().await.unwrap().json().await.unwrap();
    journal["calls"].as_array().unwrap().iter().filter(|call| call["path"].as_str().unwrap().ends_with(end)).count()
}

pub(super) async fn sign_in(house: &House, user: &str) -> Said {
    let wish = json!({"environment": "sandbox", "redirect_uri": "http://127.0.0.1:1/sign-in/salesforce/callback"});
    let begun = house.post(&face(), "/v1/salesforce/sign-ins", wish).await.ok();
    let (code, state) = authorized(begun["authorize_url"].as_str().unwrap(), user).await;
    let path = format!("/v1/salesforce/sign-ins/{}/finish", begun["flow_id"].as_str().unwrap());
    house.post(&face(), &path, json!({"code": code, "state": state})).await
}

#[actix_web::test]
async fn oau_11_an_id_token_is_believed_only_as_its_issuer_signed_it_for_this_flow() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        connected(&house, &member(&account, &first)).await;
        assert_eq!(sign_in(&house, "sam.taylor").await.ok()["member_id"], json!(first));
        let now = clock::now_s();
        let org = house.world.org_id();
        for bend in [
            json!({"raw": ""}),
            json!({"raw": "a.b.c"}),
            json!({"raw": "x".repeat(20_000)}),
            json!({"other_key": true}),
            json!({"header": {"alg": "none"}}),
            json!({"header": {"alg": "HS256"}}),
            json!({"header": {"alg": "RS512"}}),
            json!({"header": {"alg": null}}),
            json!({"header": {"kid": null}}),
            json!({"header": {"kid": "../../dev/null"}}),
            json!({"header": {"crit": ["exp"]}}),
            json!({"header": {"typ": "at+jwt"}}),
            json!({"claims": {"iss": "https://evil.my.salesforce.com"}}),
            json!({"claims": {"iss": null}}),
            json!({"claims": {"iss": [house.world.instance_url()]}}),
            json!({"claims": {"iss": format!("{}/", house.world.instance_url())}}),
            json!({"claims": {"aud": "somebody else"}}),
            json!({"claims": {"aud": [house.world.consumer_key(), "somebody else"]}}),
            json!({"claims": {"azp": "somebody else"}}),
            json!({"claims": {"exp": now - 31}}),
            json!({"claims": {"exp": "soon"}}),
            json!({"claims": {"exp": now + 200_000}}),
            json!({"claims": {"exp": null}}),
            json!({"claims": {"iat": now + 300}}),
            json!({"claims": {"iat": now - 900, "exp": now + 60}}),
            json!({"claims": {"nonce": "of another flow"}}),
            json!({"claims": {"nonce": null}}),
            json!({"claims": {"at_hash": "AAAA"}}),
            json!({"claims": {"sub": "uid:005000000000001EAA"}}),
            json!({"claims": {"sub": format!("https://login.salesforce.com/id/{org}/005000000000001EAA")}}),
            json!({"claims": {"sub": "https://login.salesforce.com/id/00D000000000001EAA/005000000000001EAA"}}),
        ] {
            control(&house, "salesforce/id-tokens", bend.clone()).await;
            let said = sign_in(&house, "sam.taylor").await;
            assert_eq!((said.status, said.code()), (502, "oauth.untrusted_identity"), "{bend}: {}", said.body);
        }
        control(&house, "salesforce/id-tokens", json!({"claims": {"at_hash": null}})).await;
        sign_in(&house, "sam.taylor").await.ok();
        assert_eq!(calls(&house, "/id/keys").await, 1, "the keys were asked for once");
        // Connecting believes no more than signing in; what was granted is revoked.
        control(&house, "salesforce/id-tokens", json!({"other_key": true})).await;
        let admin = member(&account, &first);
        house.ask(&admin, "DELETE", "/v1/connections/salesforce", None).await;
        let before = calls(&house, "/oauth2/revoke").await;
        let wish = json!({"environment": "sandbox", "redirect_uri": "http://127.0.0.1:1/x", "session": "s".repeat(32)});
        let url = house.post(&admin, "/v1/connections/salesforce/flows", wish).await.ok()["authorize_url"].as_str().unwrap().to_owned();
        let (code, state) = authorized(&url, "sam.taylor").await;
        let finish = json!({"state": state, "code": code, "session": "s".repeat(32)});
        house.post(&admin, "/v1/connections/salesforce/finish", finish).await.refused(502, "oauth.untrusted_identity");
        assert_eq!(calls(&house, "/oauth2/revoke").await, before + 1);
        assert_eq!(house.get(&admin, "/v1/connections/salesforce").await.ok()["state"], "none");
    }
}

#[actix_web::test]
async fn jwt_15_to_17_keys_rotate_are_asked_for_rarely_and_outlive_a_short_absence_of_the_issuer() {
    for house in houses_alone().await {
        let (account, first) = house.with_first_user().await;
        connected(&house, &member(&account, &first)).await;
        let asked = || calls(&house, "/id/keys");
        assert_eq!(asked().await, 1);
        // JWT-15: a new key is asked for once, JWT-16: though not within half a minute of the last question.
        control(&house, "salesforce/identity-keys/rotate", json!({"keep": true})).await;
        for _ in 0..3 {
            sign_in(&house, "sam.taylor").await.refused(502, "oauth.untrusted_identity");
        }
        assert_eq!(asked().await, 1);
        // Only our clock moves: the emulated Salesforce has its own, so its tokens are bent to fit.
        let pass = async |seconds: i64| {
            clock::shift(seconds * 1000);
            let now = clock::now_s();
            control(&house, "salesforce/id-tokens", json!({"claims": {"iat": now, "exp": now + 120}})).await;
        };
        pass(31).await;
        sign_in(&house, "sam.taylor").await.ok();
        sign_in(&house, "sam.taylor").await.ok();
        assert_eq!(asked().await, 2);
        // JWT-17: what comes instead of keys leaves the known ones in force.
        control(&house, "faults", json!({"prefix": "/salesforce/id/keys", "http": 500, "times": 2})).await;
        pass(601).await;
        sign_in(&house, "sam.taylor").await.ok();
        assert_eq!(asked().await, 4);
        // A withdrawn key is refused once the list is older than ten minutes.
        control(&house, "salesforce/identity-keys/rotate", json!({"keep": false})).await;
        control(&house, "faults", json!({"prefix": "/salesforce/id/keys", "http": 503, "times": 2})).await;
        pass(31).await;
        sign_in(&house, "sam.taylor").await.refused(503, "upstream.keys_unavailable");
        sign_in(&house, "sam.taylor").await.refused(503, "upstream.keys_unavailable");
        assert_eq!(asked().await, 6, "who did not answer is left alone for a moment");
        // One answer that got lost keeps nobody out.
        control(&house, "faults", json!({"prefix": "/salesforce/id/keys", "http": 503, "times": 1})).await;
        pass(6).await;
        sign_in(&house, "sam.taylor").await.ok();
        assert_eq!(asked().await, 8);
        clock_back();
    }
}

#[actix_web::test]
async fn with_a_key_no_refresh_token_is_spent_and_without_approval_the_refresh_token_serves() {
    let key = rcgen::KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, rcgen::RsaKeySize::_2048).unwrap();
    let certificate = rcgen::CertificateParams::default().self_signed(&key).unwrap().pem();
    let pem = key.serialize_pem();
    for house in houses_with(|settings| settings.salesforce.jwt_key = SecretString::from(pem.clone())).await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        connected(&house, &admin).await;
        let tenant = house.state.store.tenant(&account);
        let refresh = async || tenant.salesforce().await.unwrap().unwrap().refresh_sealed;
        let opened = async |sealed: &[u8]| {
            let row = tenant.salesforce().await.unwrap().unwrap();
            let token = house.state.connections.sealer().open(&account, "salesforce.refresh", &row.sealing_key_id, sealed).unwrap();
            secrecy::ExposeSecret::expose_secret(&token).to_owned()
        };
        let before = opened(&refresh().await).await;
        let renewed = async || {
            control(&house, "tokens/expire", json!({"salesforce": true})).await;
            let said = house.ask(&admin, "POST", "/v1/connections/salesforce/check", None).await.ok();
            assert_eq!(said["state"], "connected", "{said}");
        };
        // The org does not have the certificate yet.
        renewed().await;
        let after = opened(&refresh().await).await;
        assert_ne!(before, after, "the refresh token served");
        control(&house, "salesforce/keys", json!({"pem": certificate})).await;
        renewed().await;
        renewed().await;
        assert_eq!(opened(&refresh().await).await, after, "no refresh token was spent");
        // A process that dies meanwhile loses nothing.
        let row = tenant.salesforce().await.unwrap().unwrap();
        assert!(tenant.begin_refresh(row.generation, "dead process", 1).await.unwrap());
        crate::account::salesforce_tokens::care(&house.state.connections, clock::now_ms()).await.unwrap();
        renewed().await;
    }
}
