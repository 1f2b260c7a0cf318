//! Certificates that may sign for an org.
#![cfg(feature = "sandbox")]

use rcgen::{CertificateParams, KeyPair, RsaKeySize};

use super::world::{ORG_A, ORG_B, World, face};
use crate::account::certificates::register;

fn certificate(key: &KeyPair, year: i32) -> String {
    let mut params = CertificateParams::new(vec!["org".to_owned()]).unwrap();
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(year, 1, 1);
    params.self_signed(key).unwrap().pem()
}

#[actix_web::test]
async fn a_certificate_is_registered_once_and_the_face_gets_its_key() {
    let world = World::new().await;
    let key = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let pem = certificate(&key, 2100);
    let first = register(&world.a, ORG_A, "MsiGateway", &pem).await.unwrap();
    let again = register(&world.a, &ORG_A[..15], "Other name", &format!("{pem}\n\n")).await.unwrap();
    assert_eq!(first, again);
    assert_eq!((first.fingerprint.len(), first.not_before), (64, 1_577_836_800_000));

    let shown = world.get(&format!("/v1/orgs/{ORG_A}"), &face()).await.json();
    let shown_key = shown["certificates"][0]["public_key_pem"].as_str().unwrap();
    assert_eq!(shown_key, key.public_key_pem().replace('\r', ""));
    let decoding = jsonwebtoken::DecodingKey::from_rsa_pem(shown_key.as_bytes()).unwrap();
    let signing = jsonwebtoken::EncodingKey::from_rsa_pem(key.serialize_pem().as_bytes()).unwrap();
    let header = jsonwebtoken::Header::new(jsonwebtoken::Algorithm::RS256);
    let claims = serde_json::json!({ "exp": crate::clock::now_s() + 60 });
    let token = jsonwebtoken::encode(&header, &claims, &signing).unwrap();
    let validation = jsonwebtoken::Validation::new(jsonwebtoken::Algorithm::RS256);
    assert!(jsonwebtoken::decode::<serde_json::Value>(token, &decoding, &validation).is_ok());

    assert_eq!(register(&world.b, ORG_A, "Mine", &pem).await.unwrap_err().status, 404);
    assert_eq!(register(&world.a, "00D000000000009EAA", "Nobody's", &pem).await.unwrap_err().status, 404);
    assert_eq!(world.get(&format!("/v1/orgs/{ORG_B}"), &face()).await.json()["certificates"], serde_json::json!([]));
}

#[actix_web::test]
async fn what_should_not_sign_is_refused_with_the_reason() {
    let world = World::new().await;
    let rsa = KeyPair::generate_rsa_for(&rcgen::PKCS_RSA_SHA256, RsaKeySize::_2048).unwrap();
    let elliptic = KeyPair::generate().unwrap();
    let good = certificate(&rsa, 2100);
    for (pem, why) in [
        (String::new(), "PEM"),
        ("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n".to_owned(), "read"),
        (rsa.serialize_pem(), "PEM"),
        (rsa.public_key_pem(), "PEM"),
        (format!("{good}{good}"), "chain"),
        ("x".repeat(20_000), "long"),
        (certificate(&rsa, 2021), "expired"),
        (certificate(&elliptic, 2100), "RSA"),
    ] {
        let problem = register(&world.a, ORG_A, "key", &pem).await.unwrap_err();
        assert_eq!(problem.code, "certificate.invalid");
        assert!(problem.errors[0].detail.contains(why), "{}", problem.errors[0].detail);
    }
    for name in ["", "  ", "two\nlines"] {
        assert_eq!(register(&world.a, ORG_A, name, &good).await.unwrap_err().errors[0].field, "name");
    }
}
