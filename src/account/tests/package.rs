//! The Salesforce package as the account knows it: the secret key, certificates, versions, steps 6 and 7 (#[cfg(test)]).

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{CertificateParams, KeyPair, RsaKeySize};
use serde_json::{Value, json};

use super::house::{House, client, face, houses, member};
use crate::account::provisioning::{Provision, ProvisionOrg, provision};
use crate::clock;

const SESSION: &str = "0123456789abcdef0123456789abcdef";
const BACK: &str = "http://127.0.0.1:1/admin/settings/salesforce/callback";
const USER: &str = "005x0000001SyyEAAS";
const OTHER_ORG: &str = "00Dx0000000BV7zEAG";
pub(super) const KEY_PATH: &str = "/v1/connections/salesforce/secret-key";
const CERTIFICATES: &str = "/v1/connections/salesforce/certificates";

/// An org's key pair and certificate.
struct Signer {
    pem: String,
    key: EncodingKey,
}

impl Signer {
    fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let mut params = CertificateParams::new(vec!["org".to_owned()]).unwrap();
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2100, 1, 1);
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, key: EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap() }
    }

    fn assertion(&self, org: &str, changes: &Value) -> String {
        let now = clock::now_s();
        let mut claims = json!({"iss": org, "sub": USER, "aud": "http://127.0.0.1:1/oauth/token", "iat": now, "nbf": now - 5, "exp": now + 90, "jti": clock::new_id()});
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &self.key).unwrap()
    }
}

async fn connected(house: &House, admin: &Value) -> String {
    let wish = json!({"environment": "sandbox", "redirect_uri": BACK, "session": SESSION});
    let url = house.post(admin, "/v1/connections/salesforce/flows", wish).await.ok()["authorize_url"].as_str().unwrap().to_owned();
    let answer = client().get(format!("{url}&login_hint=sam.taylor")).send().await.unwrap();
    let target = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
    let value = |name: &str| target.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned()).unwrap_or_default();
    let finish = json!({"state": value("state"), "code": value("code"), "session": SESSION});
    house.post(admin, "/v1/connections/salesforce/finish", finish).await.ok()["org_id"].as_str().unwrap().to_owned()
}

async fn made(house: &House, admin: &Value) -> String {
    house.post(admin, KEY_PATH, json!({})).await.ok()["secret_key"].as_str().unwrap().to_owned()
}

async fn register(house: &House, org: &str, key: &str, signer: &Signer, assertion: String) -> super::house::Said {
    let body = json!({"secret_key": key, "name": "MSI_Gateway", "certificate_pem": signer.pem, "assertion": assertion});
    house.post(&face(), &format!("/v1/orgs/{org}/certificates"), body).await
}

async fn package(house: &House, changes: Value) {
    let answer = client().post(format!("{}/_control/salesforce/package", house.base)).json(&changes).send().await.unwrap();
    assert_eq!(answer.status(), 200);
}

async fn steps(house: &House, admin: &Value) -> Vec<(String, String)> {
    let set_up = house.get(admin, "/v1/set-up").await.ok();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    set_up["steps"].as_array().unwrap().iter().map(|step| (text(&step["state"]), text(&step["detail"]["code"]))).collect()
}

#[actix_web::test]
async fn a_secret_key_is_shown_once_and_kept_as_a_hash() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        assert_eq!(house.get(&admin, KEY_PATH).await.ok()["state"], "none");
        let key = made(&house, &admin).await;
        assert!(key.starts_with("msk_") && key.len() == 47 && !key.contains('&'), "{key}");
        let shown = house.get(&admin, KEY_PATH).await.ok();
        assert_eq!((&shown["state"], &shown["last4"], &shown["secret_key"]), (&json!("made"), &json!(key[43..]), &Value::Null));
        let stored = house.state.store.tenant(&account).secret_key().await.unwrap().unwrap();
        assert_eq!(stored.key_hash, crate::account::link::hash(&key));
        let again = made(&house, &admin).await;
        assert_ne!(key, again);
        let log = house.get(&admin, "/v1/audit").await.ok();
        let deeds: Vec<&str> = log["items"].as_array().unwrap().iter().map(|deed| deed["what"].as_str().unwrap()).collect();
        assert_eq!(&deeds[..2], ["secret_key.rotated", "secret_key.made"]);
        assert!(!log.to_string().contains(&key[..40]) && !log.to_string().contains(&again[..40]), "SEC-04");
    }
}

#[actix_web::test]
async fn a_certificate_needs_the_present_key_and_its_own_signature() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let org = connected(&house, &admin).await;
        let signer = Signer::new();
        let good = || signer.assertion(&org, &json!({}));
        // No key yet, a wrong one, an earlier one, an org that nobody knows: one answer.
        register(&house, &org, "msk_x", &signer, good()).await.refused(401, "secret_key.rejected");
        let earlier = made(&house, &admin).await;
        let key = made(&house, &admin).await;
        for wrong in [earlier.as_str(), "", "msk_", &key[..46], &format!("{key} ")] {
            register(&house, &org, wrong, &signer, good()).await.refused(401, "secret_key.rejected");
        }
        register(&house, "00D000000000009EAA", &key, &signer, signer.assertion("00D000000000009EAA", &json!({})))
            .await
            .refused(401, "secret_key.rejected");
        // Another account's org does not take this account's key.
        let other = Provision {
            account_id: Some("b".to_owned()),
            name: "B".to_owned(),
            org: ProvisionOrg {
                org_id: OTHER_ORG.to_owned(),
                name: "B".to_owned(),
                instance_url: "https://b.my.salesforce.com".to_owned(),
                frame_ancestors: Vec::new(),
                is_sandbox: false,
            },
        };
        provision(&house.state.store, other).await.unwrap();
        register(&house, OTHER_ORG, &key, &signer, signer.assertion(OTHER_ORG, &json!({}))).await.refused(401, "secret_key.rejected");
        // The key is right; what the org says of itself must be, too.
        let now = clock::now_s();
        for changes in [
            json!({"iss": OTHER_ORG}),
            json!({"aud": "https://evil.example/oauth/token"}),
            json!({"aud": "http://127.0.0.1:1.evil.example"}),
            json!({"aud": ["http://127.0.0.1:1/oauth/token"]}),
            json!({"exp": now - 31}),
            json!({"exp": now + 3_600}),
            json!({"nbf": now + 60}),
            json!({"sub": "someone"}),
            json!({"sub": org}),
            json!({"jti": ""}),
        ] {
            register(&house, &org, &key, &signer, signer.assertion(&org, &changes)).await.refused(401, "certificate.not_proven");
        }
        let stranger = Signer::new();
        register(&house, &org, &key, &signer, stranger.assertion(&org, &json!({}))).await.refused(401, "certificate.not_proven");
        register(&house, &org, &key, &signer, "a.b.c".to_owned()).await.refused(401, "certificate.not_proven");
        assert_eq!(house.get(&admin, CERTIFICATES).await.ok()["total"], 0);

        let assertion = good();
        let first = register(&house, &org, &key, &signer, assertion.clone()).await.ok();
        register(&house, &org, &key, &signer, assertion).await.refused(401, "certificate.not_proven");
        let again = register(&house, &org, &key, &signer, good()).await.ok();
        assert_eq!(first["id"], again["id"], "the same certificate again changes nothing");
        let known = house.get(&face(), &format!("/v1/orgs/{org}")).await.ok();
        assert_eq!(known["certificates"].as_array().unwrap().len(), 1);
        let listed = house.get(&admin, CERTIFICATES).await.ok();
        assert_eq!((&listed["items"][0]["state"], &listed["items"][0]["registered_by"]), (&json!("active"), &json!(USER)));

        // Revoked: gone for the face, and it does not come back.
        let revoke = format!("{CERTIFICATES}/{}/revoke", first["id"].as_str().unwrap());
        assert_eq!(house.post(&admin, &revoke, json!({})).await.status, 204);
        assert_eq!(house.get(&face(), &format!("/v1/orgs/{org}")).await.ok()["certificates"], json!([]));
        register(&house, &org, &key, &signer, good()).await.refused(409, "certificate.revoked");
        assert_eq!(house.get(&admin, CERTIFICATES).await.ok()["items"][0]["state"], "revoked");
        house.post(&admin, &format!("{CERTIFICATES}/nobody/revoke"), json!({})).await.refused(404, "not_found");
        let other = house.joined(&admin, "user@example.com", "user").await;
        house.post(&member(&account, &other), &revoke, json!({})).await.refused(403, "auth.forbidden");
    }
}

#[actix_web::test]
async fn the_package_asks_how_its_org_stands_and_is_noted() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let org = connected(&house, &admin).await;
        let tied = house.state.store.tenant(&account).member(&first).await.unwrap().unwrap().salesforce_user_id.unwrap();
        let visitor = |user: &str| json!({"kind": "package", "account": account, "org": org, "user": user});
        let status = house.get(&visitor(&tied), "/v1/org/status?package_version=1.0.0").await.ok();
        assert_eq!((&status["status"], &status["package"], &status["member"]), (&json!("active"), &json!("current"), &json!(true)));
        assert_eq!((&status["minimum_package_version"], &status["gateway_version"]), (&json!("1.0.0"), &json!(env!("CARGO_PKG_VERSION"))));
        assert_eq!(status["connections"], json!({"salesforce": "connected", "marketo": "none"}));
        let old = house.get(&visitor(USER), "/v1/org/status?package_version=0.9.12").await.ok();
        assert_eq!((&old["package"], &old["member"]), (&json!("old"), &json!(false)));
        let noted = house.state.store.tenant(&account).org_package(&org).await.unwrap();
        assert_eq!((noted.reported_version.as_deref(), noted.reported_by.as_deref()), (Some("0.9.12"), Some(USER)));
        for odd in ["1.x", "'; drop", "1.0.0.0.0"] {
            let odd = percent_encoding::utf8_percent_encode(odd, percent_encoding::NON_ALPHANUMERIC).to_string();
            house.get(&visitor(USER), &format!("/v1/org/status?package_version={odd}")).await.refused(400, "request.invalid");
        }
        assert_eq!(house.get(&visitor(USER), "/v1/org/status").await.ok()["package"], Value::Null);
        house.get(&admin, "/v1/org/status").await.refused(403, "auth.forbidden");
        let foreign = json!({"kind": "package", "account": "b", "org": org, "user": USER});
        house.get(&foreign, "/v1/org/status").await.refused(404, "not_found");
    }
}

#[actix_web::test]
async fn steps_six_and_seven_follow_what_the_org_says() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let now = async |expected: [(&str, &str); 2]| {
            // What was asked is good for some seconds: here it is forgotten at once.
            let tenant = house.state.store.tenant(&account);
            if let Some(org) = tenant.first_org().await.unwrap() {
                let seen = tenant.org_package(&org).await.unwrap().seen.unwrap_or_else(|| "null".to_owned());
                tenant.note_package_seen(&org, &seen, 1).await.unwrap();
            }
            let found = steps(&house, &admin).await;
            let found: Vec<(&str, &str)> = found[5..].iter().map(|(state, code)| (state.as_str(), code.as_str())).collect();
            assert_eq!(found, expected, "{}", house.engine);
        };
        now([("todo", "package.no_org"), ("todo", "panel.never_opened")]).await;
        package(&house, json!({"installed": false})).await;
        let org = connected(&house, &admin).await;
        now([("todo", "package.none"), ("todo", "config.certificate")]).await;
        package(&house, json!({"installed": true, "version": "0.9.0"})).await;
        now([("failed", "package.old"), ("todo", "config.none")]).await;
        package(&house, json!({"version": "1.2.0"})).await;
        now([("waiting", "package.unassigned"), ("todo", "config.none")]).await;
        package(&house, json!({"reps": 3, "settings": {"Gateway_Address__c": "https://elsewhere.example", "Actions_Enabled__c": false}}))
            .await;
        now([("done", "package.assigned"), ("failed", "config.address")]).await;
        package(&house, json!({"settings": {"Gateway_Address__c": "http://127.0.0.1:1/"}})).await;
        now([("done", "package.assigned"), ("todo", "config.certificate")]).await;
        let (key, signer) = (made(&house, &admin).await, Signer::new());
        register(&house, &org, &key, &signer, signer.assertion(&org, &json!({}))).await.ok();
        now([("done", "package.assigned"), ("waiting", "config.actions_off")]).await;
        package(&house, json!({"settings": {"Actions_Enabled__c": true}})).await;
        now([("done", "package.assigned"), ("waiting", "panel.never_opened")]).await;
        house.post(&face(), &format!("/v1/orgs/{org}/memory-epochs"), json!({"epoch": "abcdefghijklmnop"})).await.ok();
        now([("done", "package.assigned"), ("done", "panel.opened")]).await;
        let shown = house.get(&admin, "/v1/connections/salesforce/package").await.ok();
        assert_eq!((&shown["version"], &shown["reps"], &shown["problem"]), (&json!("1.2.0"), &json!(3), &Value::Null));
        assert_eq!(shown["configuration"]["gateway_address"], "http://127.0.0.1:1/");

        // What can't be read is not held against the org; an org that does not answer leaves what was known.
        package(&house, json!({"settings_visible": false})).await;
        now([("done", "package.assigned"), ("done", "panel.opened")]).await;
        let fault = json!({"prefix": "/salesforce/services/data", "http": 503, "times": 4});
        client().post(format!("{}/_control/faults", house.base)).json(&fault).send().await.unwrap();
        now([("done", "package.assigned"), ("done", "panel.opened")]).await;
        client().delete(format!("{}/_control/faults", house.base)).send().await.unwrap();
        // A token that died meanwhile is renewed on the way.
        client().post(format!("{}/_control/tokens/expire", house.base)).json(&json!({"salesforce": true})).send().await.unwrap();
        package(&house, json!({"version": "1.3.0"})).await;
        now([("done", "package.assigned"), ("done", "panel.opened")]).await;
        assert_eq!(house.get(&admin, "/v1/connections/salesforce/package").await.ok()["version"], "1.3.0");
    }
}
