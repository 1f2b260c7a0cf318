//! What browsers and orgs send, against whatever they could send. Each function takes any bytes and panics when a
//! promise of its reader does not hold; `tests/fuzz` drives them, and every test run repeats what is kept there.

use std::sync::LazyLock;

use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
use aws_lc_rs::{hmac, rand};
use secrecy::SecretString;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::broker::{Certificate, Org};
use super::canvas::{Envelope, Secrets, body, signature};
use super::ticket;
use super::token::Tokens;
use crate::clock;

const SECRET: &str = "0123456789abcdef0123456789abcdef";
const NOW: i64 = 1_800_000_000;
const ORG: &str = "00Dx0000000BV7zEAG";
const AUDIENCE: &str = "https://msi.example.com";
/// Stands in kept inputs for a time that is in order.
const SOON: &str = "1800000000";

/// The body of a canvas POST; and the same bytes as an envelope that Salesforce did sign.
///
/// # Panics
/// When a signature holds that nobody made, or an envelope comes out with ids that are none.
pub fn signed_request(data: &[u8]) {
    static SECRETS: LazyLock<Option<Secrets>> = LazyLock::new(|| Secrets::parse(&SecretString::from(SECRET), false).ok());
    let Some(secrets) = SECRETS.as_ref() else { return };
    for text in [Some(data.to_vec()), body::signed_request(data).ok()].into_iter().flatten() {
        assert!(signature::verify(&text, secrets).is_err(), "a signature that nobody made");
        if let Some(bytes) = signature::base64(&text) {
            assert_eq!(signature::base64(base64_simd::STANDARD.encode_to_string(&bytes).as_bytes()), Some(bytes));
        }
    }
    let encoded = base64_simd::STANDARD.encode_to_string(data);
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, SECRET.as_bytes()), encoded.as_bytes());
    let signed = format!("{}.{encoded}", base64_simd::STANDARD.encode_to_string(tag.as_ref()));
    let form: String = url::form_urlencoded::Serializer::new(String::new()).append_pair("signed_request", &signed).finish();
    let Ok(text) = body::signed_request(form.as_bytes()) else { panic!("what a browser encodes has to come back") };
    if data.is_empty() {
        return;
    }
    let Ok(good) = signature::verify(&text, secrets) else { panic!("a good signature has to hold") };
    let Ok(envelope) = Envelope::read(good.envelope, NOW, 300) else { return };
    let is_id = |id: &str, prefix: &str| {
        matches!(id.len(), 15 | 18) && id.starts_with(prefix) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
    };
    assert!(is_id(&envelope.org_id, "00D") && is_id(&envelope.user_id, "005"));
    assert!(envelope.record.is_none_or(|record| is_id(&record.id, "")));
    assert!(envelope.issued_at_ms.is_none_or(|at| (NOW - 300..=NOW + 60).contains(&(at / 1_000))));
    assert!(envelope.tabs.into_iter().chain(envelope.actions).all(|words| words.len() <= 20 && words.iter().all(|word| word.len() <= 20)));
}

/// An assertion at the JWT door as it comes; and, cut at the first line break, header and claims that an org did sign.
///
/// # Panics
/// When an assertion opens the door whose words do not allow it.
pub fn jwt_grant(data: &[u8]) {
    static KEY: LazyLock<Option<(RsaKeyPair, Org)>> = LazyLock::new(|| {
        let pair = RsaKeyPair::generate(KeySize::Rsa2048).ok()?;
        let der = pair.public_key().as_der().ok()?;
        let public_key_pem =
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64_simd::STANDARD.encode_to_string(der.as_ref()));
        let certificate = Certificate { id: "c1".to_owned(), public_key_pem, not_before: 0, not_after: i64::MAX };
        let org = Org {
            account_id: "a1".to_owned(),
            org_id: ORG.to_owned(),
            name: "Acme".to_owned(),
            status: "active".to_owned(),
            instance_url: "https://acme.my.salesforce.com".to_owned(),
            frame_ancestors: Vec::new(),
            certificates: vec![certificate],
        };
        Some((pair, org))
    });
    static TOKENS: LazyLock<Option<Tokens>> = LazyLock::new(|| Tokens::new(&SecretString::from(SECRET)).ok());
    let (Some((key, org)), Some(tokens)) = (KEY.as_ref(), TOKENS.as_ref()) else { panic!("the keys cannot be made") };
    let audiences = [AUDIENCE.to_owned()];
    let text = String::from_utf8_lossy(data);
    assert!(!(ticket::look(&text).is_some() && ticket::verify(&text, org, &audiences).is_some()), "nobody signed this");
    assert!(tokens.check(&text).is_err(), "we did not issue this");
    let Some((head, claims)) = text.split_once('\n') else { return };
    let claims = claims.replace(SOON, &(clock::now_s() + 60).to_string());
    let encode = |part: &str| base64_simd::URL_SAFE_NO_PAD.encode_to_string(part);
    let message = format!("{}.{}", encode(head), encode(&claims));
    let mut tag = vec![0; key.public_modulus_len()];
    assert!(key.sign(&RSA_PKCS1_SHA256, &rand::SystemRandom::new(), message.as_bytes(), &mut tag).is_ok());
    let assertion = format!("{message}.{}", base64_simd::URL_SAFE_NO_PAD.encode_to_string(&tag));
    let Some(issuer) = ticket::look(&assertion) else { return };
    if ticket::verify(&assertion, org, &audiences).is_none() {
        return;
    }
    let (Ok(head), Ok(claims)) = (serde_json::from_str::<Value>(head), serde_json::from_str::<Value>(&claims)) else {
        // A number beyond all bounds is JSON as well (RFC 8259 §6), and may stand in a claim that nobody reads.
        let is_json = |text: &str| serde_json::from_str::<IgnoredAny>(text).is_ok();
        assert!(is_json(head) && is_json(&claims), "neither header nor claims may be anything but JSON");
        return;
    };
    let text = |of: &Value, name: &str| of.get(name).and_then(Value::as_str).map(str::to_owned);
    let number = |name: &str| claims.get(name).and_then(Value::as_i64);
    let now = clock::now_s();
    assert!(text(&head, "alg").as_deref() == Some("RS256") && head.get("crit").is_none_or(Value::is_null));
    assert!(text(&claims, "iss") == Some(issuer.clone()) && issuer.get(..15) == ORG.get(..15), "for itself only");
    assert!(number("exp").is_some_and(|exp| (now - 35..=now + 335).contains(&exp)), "now only");
    assert!(number("nbf").is_none_or(|nbf| nbf <= now + 35) && number("iat").is_none_or(|iat| iat <= now + 35));
    let listed = claims.get("aud").and_then(Value::as_array).is_some_and(|all| all.iter().any(|one| one == AUDIENCE));
    assert!(text(&claims, "aud").as_deref() == Some(AUDIENCE) || listed, "for us only");
    assert!(text(&claims, "sub").is_some_and(|sub| sub.starts_with("005")) && text(&claims, "jti").is_some());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzed::replay;

    #[test]
    fn what_was_found_once_does_no_harm_again() {
        replay("signed_request", signed_request);
        replay("jwt_grant", jwt_grant);
    }
}
