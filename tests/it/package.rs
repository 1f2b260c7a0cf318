//! What the Salesforce package says to the gateway, and what the gateway makes of it. The package's own sources are read,
//! so that neither side can change without the other. The ids name the attacks that each test stands for.

use std::collections::BTreeSet;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use rcgen::{CertificateParams, KeyPair, RsaKeySize};
use serde_json::{Value, json};

use crate::world::{encode, now_s, refusal, sign_text, world};

const USER: &str = "005x0000001SyyEAAS";

fn apex(class: &str) -> String {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sfdx-package/msi/main/default/classes");
    std::fs::read_to_string(folder.join(format!("{class}.cls"))).unwrap()
}

/// The texts between single quotes, comments aside.
fn literals(source: &str) -> BTreeSet<&str> {
    let code = source.lines().filter(|line| !["/*", "*", "//"].iter().any(|mark| line.trim_start().starts_with(mark)));
    code.flat_map(|line| line.split('\'').skip(1).step_by(2)).collect()
}

async fn description() -> Value {
    world().http.get(world().url("/openapi.json")).send().await.unwrap().json().await.unwrap()
}

/// The key as the org's admin stored it.
async fn secret_key() -> String {
    let package: Value = world().http.get(world().url("/sandbox/_control/salesforce/package")).send().await.unwrap().json().await.unwrap();
    package["secret_key"].as_str().unwrap().to_owned()
}

async fn register(key: Option<&str>, body: &Value) -> reqwest::Response {
    let mut request = world().http.post(world().url("/api/v1/org/certificates")).json(body);
    if let Some(key) = key {
        request = request.header("X-Msi-Secret-Key", key);
    }
    request.send().await.unwrap()
}

struct Certificate {
    pem: String,
    key: EncodingKey,
}

impl Certificate {
    fn new() -> Self {
        let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
        let pem = CertificateParams::new(vec!["MSI_Second".to_owned()]).unwrap().self_signed(&key).unwrap().pem();
        Self { pem, key: EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap() }
    }

    /// As `Auth.JWT` and `Auth.JWS` make it, by MsiAssertion's settings.
    fn assertion(&self) -> String {
        let mut header = Header::new(Algorithm::RS256);
        header.kid = Some("MSI_Second".to_owned());
        let now = now_s();
        let jti = format!("{:?}", std::time::SystemTime::now());
        let claims = json!({"iss": world().org_id(), "sub": USER, "aud": world().url("/oauth/token"), "iat": now, "nbf": now, "exp": now + 90, "jti": jti});
        jsonwebtoken::encode(&header, &claims, &self.key).unwrap()
    }

    fn registration(&self) -> Value {
        json!({"org_id": world().org_id(), "name": "MSI_Second", "certificate_pem": self.pem, "assertion": self.assertion()})
    }
}

#[tokio::test]
async fn both_sides_name_the_same_addresses_and_fields() {
    let (source, described) = (apex("MsiGateway"), description().await);
    let said = literals(&source);
    for path in ["/api/v1/people", "/api/v1/org/status", "/api/v1/org/certificates"] {
        assert!(said.iter().any(|literal| literal.contains(path)), "the package calls {path}");
        assert!(described["paths"][path].is_object(), "the gateway answers {path}");
    }
    let body = &described["paths"]["/api/v1/org/certificates"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    for field in body["required"].as_array().unwrap() {
        assert!(said.contains(field.as_str().unwrap()), "the package sends {field}");
    }
    let answer =
        &described["paths"]["/api/v1/org/status"]["get"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"];
    let diagnostics = apex("MsiDiagnostics");
    for field in literals(&diagnostics).iter().filter(|literal| diagnostics.contains(&format!("status.get('{literal}')"))) {
        assert!(answer[*field].is_object(), "the gateway tells {field}");
    }
    let credential = Path::new(env!("CARGO_MANIFEST_DIR")).join("sfdx-package/org-setup/main/default");
    let header = std::fs::read_dir(credential.join("externalCredentials"))
        .unwrap()
        .chain(std::fs::read_dir(credential.join("namedCredentials")).unwrap());
    let texts: String = header.map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    assert!(texts.to_lowercase().contains("x-msi-secret-key"), "the platform adds the key under the header that the gateway reads");
    let assertion = apex("MsiAssertion");
    assert!(assertion.contains("Integer LIFE = 90") && assertion.contains("'/oauth/token'") && assertion.contains("'jti'"));
}

#[tokio::test]
async fn the_client_app_leads_back_to_addresses_of_the_face() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("sfdx-package/client-app/main/default/extlClntAppGlobalOauthSets");
    let files: String = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap()).collect();
    for path in ["/admin/settings/salesforce/callback", "/sign-in/salesforce/callback"] {
        assert!(files.contains(path), "{path} is a callback of the client app");
        let answer = world().http.get(world().url(path)).header("Accept", "application/json").send().await.unwrap();
        assert!([400, 401].contains(&answer.status().as_u16()), "{path}: {}", answer.status());
    }
}

#[tokio::test]
async fn versions_fit_each_other() {
    let metadata =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("sfdx-package/msi/main/default/customMetadata/MSI_Package.Current.md-meta.xml");
    let text = std::fs::read_to_string(metadata).unwrap();
    let value = |field: &str| {
        let (_, rest) = text.split_once(&format!("<field>{field}</field>")).unwrap();
        rest.split_once("xsd:string\">").unwrap().1.split('<').next().unwrap().to_owned()
    };
    let numbers = |version: &str| version.split('.').map(|part| part.parse().unwrap()).collect::<Vec<u32>>();
    let token = world().access_token().await;
    let path = world().url(&format!("/api/v1/org/status?package_version={}", value("Version__c")));
    let status: Value = world().http.get(path).bearer_auth(token).send().await.unwrap().json().await.unwrap();
    assert_eq!((&status["status"], &status["package"]), (&json!("active"), &json!("current")), "{status}");
    assert!(numbers(&value("Version__c")) >= numbers(status["minimum_package_version"].as_str().unwrap()));
    assert!(numbers(status["gateway_version"].as_str().unwrap()) >= numbers(&value("Minimum_Gateway__c")));
}

#[tokio::test]
async fn an_org_registers_a_second_certificate_and_signs_with_it_at_once() {
    let (certificate, key) = (Certificate::new(), secret_key().await);
    assert_eq!(refusal(world().redeem(&certificate.assertion()).await).await, (401, "token.invalid".to_owned()), "not known yet");
    let registration = certificate.registration();
    for wrong in [None, Some(""), Some("msk_wrong"), Some(&key[..key.len() - 1])] {
        let (status, code) = refusal(register(wrong, &registration).await).await;
        assert_eq!((status, code.starts_with("secret_key.")), (401, true), "{wrong:?} {code}");
    }
    let answer = register(Some(&key), &registration).await;
    let status = answer.status();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!((status.as_u16(), &answer["name"]), (201, &json!("MSI_Second")), "{answer}");
    // The assertion that proved the key opens no door any more; a fresh one does, and the first certificate still counts.
    let used = registration["assertion"].as_str().unwrap();
    assert_eq!(refusal(world().redeem(used).await).await, (401, "token.invalid".to_owned()));
    assert_eq!(refusal(register(Some(&key), &registration).await).await, (401, "certificate.not_proven".to_owned()));
    assert_eq!(world().redeem(&certificate.assertion()).await.status(), 200);
    assert_eq!(world().redeem(&world().assertion(json!({})).await).await.status(), 200);
}

#[tokio::test]
async fn a_registration_of_another_shape_is_refused() {
    let (certificate, key) = (Certificate::new(), secret_key().await);
    let good = certificate.registration();
    for (name, value) in
        [("org_id", json!("00D")), ("org_id", json!(["x"])), ("name", Value::Null), ("extra", json!(1)), ("assertion", json!(5))]
    {
        let mut odd = good.clone();
        odd[name] = value;
        assert_eq!(refusal(register(Some(&key), &odd).await).await.0, 400, "{name}");
    }
    let mut other = good.clone();
    other["org_id"] = json!("00Dx0000000BV7zEAG");
    assert_eq!(
        refusal(register(Some(&key), &other).await).await,
        (401, "secret_key.rejected".to_owned()),
        "the key is bound to its account"
    );
    let mut foreign = good.clone();
    foreign["certificate_pem"] = json!(Certificate::new().pem);
    assert_eq!(refusal(register(Some(&key), &foreign).await).await, (401, "certificate.not_proven".to_owned()));
    let mut large = good.clone();
    large["certificate_pem"] = json!("x".repeat(60_000));
    assert_eq!(refusal(register(Some(&key), &large).await).await, (413, "request.too_large".to_owned()));
    let twice = world().http.post(world().url("/api/v1/org/certificates")).json(&good);
    let twice = twice.header("X-Msi-Secret-Key", &key).header("X-Msi-Secret-Key", "other").send().await.unwrap();
    assert_eq!(refusal(twice).await, (400, "request.ambiguous".to_owned()));
    let form = world().http.post(world().url("/api/v1/org/certificates")).header("X-Msi-Secret-Key", &key).form(&[("a", "b")]);
    assert_eq!(refusal(form.send().await.unwrap()).await, (415, "request.media_type".to_owned()));
    let in_the_query = world().http.post(world().url(&format!("/api/v1/org/certificates?key={}", encode(&key)))).json(&good);
    assert_eq!(refusal(in_the_query.send().await.unwrap()).await.0, 401, "a key in an address counts for nothing");
}

// The fact sheet's vectors: the platform's signature over known texts. They are signed with a secret that the gateway does
// not know, so that the same text signed with the right one must differ in nothing but the MAC.
const VECTORS: [(&str, &str, &str, &str); 3] = [
    (
        "test-secret",
        r#"{"algorithm":"HMACSHA256","issuedAt":null,"userId":"005x0000001SyyEAAS"}"#,
        "WfQlaq73UPn3ICVOxjOI1y0B9Gx03GpRG1CgWihQXuE=",
        "eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2IiwiaXNzdWVkQXQiOm51bGwsInVzZXJJZCI6IjAwNXgwMDAwMDAxU3l5RUFBUyJ9",
    ),
    (
        "test-secret",
        "{\"algorithm\":\"HMACSHA256\",\"issuedAt\":null,\"userId\":\"005x0000001SyyEAAS\",\"context\":{\"user\":{\"fullName\":\"Zoë Ünïcødé ☃ ???>>>~~~\"}}}",
        "JPZp8CddkcthhSe699HtueEfy3fJ3AYDVeuHU4dnr2g=",
        "eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2IiwiaXNzdWVkQXQiOm51bGwsInVzZXJJZCI6IjAwNXgwMDAwMDAxU3l5RUFBUyIsImNvbnRleHQiOnsidXNlciI6eyJmdWxsTmFtZSI6Ilpvw6sgw5xuw69jw7hkw6kg4piDID8/Pz4+Pn5+fiJ9fX0=",
    ),
    (
        "test-secret",
        r#"{"algorithm":"HMACSHA256","n":10}"#,
        "AjH/GeyKolRpSG+KK+ejqghhGYw7ITCJbjadygR/3HQ=",
        "eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2IiwibiI6MTB9",
    ),
];

#[tokio::test]
async fn csr_the_signature_is_the_platforms_own() {
    for (secret, payload, mac, encoded) in VECTORS {
        assert_eq!(sign_text(secret, payload.as_bytes()), format!("{mac}.{encoded}"));
        // A secret that nobody here has.
        assert_eq!(refusal(world().post(&format!("{mac}.{encoded}")).await).await, (401, "canvas.rejected".to_owned()), "{payload}");
        // The right one: the MAC is accepted, and what is missing in the envelope is named instead.
        let (status, code) = refusal(world().post(&sign_text(crate::world::SECRET, payload.as_bytes())).await).await;
        assert!(status == 400 && code.starts_with("canvas.") && code != "canvas.rejected", "{status} {code} {payload}");
    }
    // V5: a good MAC under another label.
    let labelled = sign_text(crate::world::SECRET, br#"{"algorithm":"HMACSHA1","userId":"x"}"#);
    assert_eq!(refusal(world().post(&labelled).await).await.0, 401);
}

#[tokio::test]
async fn the_request_that_the_package_would_send_opens_a_panel() {
    // The parameters are those that MsiPanelParameters adds; the rest is the platform's.
    let mut envelope = world().envelope();
    envelope["context"]["environment"]["parameters"] = json!({
        "recordId": world().lead(), "object": "Lead", "tabs": ["web", "moments"], "actions": ["email"], "upcoming": [], "locale": "de_DE",
        "language": "de", "packageVersion": "1.0.0",
    });
    let source = apex("MsiPanelParameters");
    for name in envelope["context"]["environment"]["parameters"].as_object().unwrap().keys() {
        assert!(source.contains(&format!("'{name}'")), "the package sends {name}");
    }
    let token = world().session(&envelope).await;
    assert_eq!(world().fragment("/panel/person", &token).await.status(), 200);
    // Both base64 alphabets, with and without padding, carry the same request.
    let mut envelope = world().envelope();
    envelope["context"]["user"]["fullName"] = json!("Zoë Ünïcødé ☃ ???>>>~~~");
    let (mac, encoded) = {
        let signed = sign_text(crate::world::SECRET, envelope.to_string().as_bytes());
        let (mac, encoded) = signed.split_once('.').unwrap();
        (mac.to_owned(), encoded.to_owned())
    };
    let loose = mac.replace('+', "-").replace('/', "_").trim_end_matches('=').to_owned();
    assert_eq!(world().post(&format!("{loose}.{encoded}")).await.status(), 200);
}

#[tokio::test]
async fn an_assertion_has_the_header_and_claims_of_the_fact_sheet() {
    let assertion = world().assertion(json!({"nbf": now_s(), "exp": now_s() + 90})).await;
    let part = |index: usize| -> Value {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(assertion.split('.').nth(index).unwrap()).unwrap()).unwrap()
    };
    assert_eq!(part(0)["alg"], "RS256");
    assert_eq!(part(1)["iss"].as_str().unwrap().len(), 18);
    assert_eq!(world().redeem(&assertion).await.status(), 200);
    let short = world().assertion(json!({"iss": &world().org_id()[..15]})).await;
    assert_eq!(world().redeem(&short).await.status(), 200, "an org's id has 15 or 18 characters");
}
