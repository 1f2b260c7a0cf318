//! An org's word for itself: a JWT that only the private key behind a certificate can sign.
//!
//! The face checks assertions of keys that are registered; here is the one of a key that is about to be.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;

use crate::clock;
use crate::salesforce_id::SalesforceId;

/// Largest assertion that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;
/// Longest life of an assertion, in seconds.
const LONGEST_LIFE: i64 = 300;
/// Seconds by which clocks may differ.
const LEEWAY: i64 = 30;
/// Longest id of an assertion.
const LONGEST_ID: usize = 128;

/// What an assertion proves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    /// The Salesforce user on whose behalf the org speaks.
    pub user_id: SalesforceId,
    pub jti: String,
}

/// Claims of exactly one type each: the library alone would take lists for some of them.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
    jti: String,
}

/// Checks an assertion against the key that it came with. `public_url` is the gateway's own address. `None` for every
/// reason not to believe it.
#[must_use]
pub fn proof(assertion: &str, public_key_pem: &str, org_id: &SalesforceId, public_url: &str) -> Option<Proof> {
    if assertion.len() > LONGEST || !assertion.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let mut validation = Validation::new(Algorithm::RS256);
    // Times and audience are checked below, by the clock that tests can move.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let key = DecodingKey::from_rsa_pem(public_key_pem.as_bytes()).ok()?;
    let claims = jsonwebtoken::decode::<Claims>(assertion, &key, &validation).ok()?.claims;
    let now = clock::now_s();
    let in_time = claims.exp > now.saturating_sub(LEEWAY)
        && claims.exp <= now.saturating_add(LONGEST_LIFE + LEEWAY)
        && claims.nbf.is_none_or(|nbf| nbf <= now.saturating_add(LEEWAY))
        && claims.iat.is_none_or(|iat| iat <= now.saturating_add(LEEWAY));
    let ours = public_url.trim_end_matches('/');
    let for_us = claims.aud.strip_prefix(ours).is_some_and(|rest| matches!(rest, "" | "/" | "/oauth/token"));
    let by_the_org = SalesforceId::parse(&claims.iss).is_ok_and(|issuer| issuer == *org_id);
    let user_id = SalesforceId::parse(&claims.sub).ok().filter(|user| user.is_a("005"))?;
    let named = (1..=LONGEST_ID).contains(&claims.jti.len());
    (in_time && for_us && by_the_org && named).then_some(Proof { user_id, jti: claims.jti })
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
    use serde_json::{Value, json};

    use super::*;

    const ORG: &str = "00Dx0000000BV7zEAG";
    const USER: &str = "005000000000001AAA";
    const URL: &str = "https://msi.example.com";

    struct Signer(RsaKeyPair);

    impl Signer {
        fn new() -> Self {
            Self(RsaKeyPair::generate(KeySize::Rsa2048).unwrap())
        }

        fn pem(&self) -> String {
            let der = self.0.public_key().as_der().unwrap();
            format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", base64_simd::STANDARD.encode_to_string(der.as_ref()))
        }

        fn sign(&self, head: &Value, claims: &Value) -> String {
            let encode = |part: &Value| base64_simd::URL_SAFE_NO_PAD.encode_to_string(part.to_string());
            let message = format!("{}.{}", encode(head), encode(claims));
            let mut tag = vec![0; self.0.public_modulus_len()];
            self.0.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut tag).unwrap();
            format!("{message}.{}", base64_simd::URL_SAFE_NO_PAD.encode_to_string(&tag))
        }
    }

    fn claims() -> Value {
        let now = clock::now_s();
        json!({"iss": ORG, "sub": USER, "aud": URL, "exp": now + 60, "iat": now, "nbf": now, "jti": "one"})
    }

    fn proven(assertion: &str, pem: &str) -> Option<Proof> {
        proof(assertion, pem, &SalesforceId::parse(ORG).unwrap(), &format!("{URL}/"))
    }

    #[test]
    fn what_the_key_signed_for_us_just_now_is_a_proof() {
        let (key, head) = (Signer::new(), json!({"alg": "RS256"}));
        let good = proven(&key.sign(&head, &claims()), &key.pem());
        assert_eq!(good, Some(Proof { user_id: SalesforceId::parse(USER).unwrap(), jti: "one".to_owned() }));
        let now = clock::now_s();
        for (name, value, believed) in [
            ("aud", json!(format!("{URL}/")), true),
            ("aud", json!(format!("{URL}/oauth/token")), true),
            ("aud", json!(format!("{URL}/oauth")), false),
            ("aud", json!(format!("{URL}.evil.example")), false),
            ("aud", json!([URL]), false),
            ("aud", json!(null), false),
            ("iss", json!(&ORG[..15]), true),
            ("iss", json!("00Dx0000000BV7yEAG"), false),
            ("iss", json!("https://acme.my.salesforce.com"), false),
            ("iss", json!([ORG]), false),
            ("sub", json!("00Q000000000001EAA"), false),
            ("sub", json!("somebody"), false),
            ("exp", json!(now - LEEWAY + 3), true),
            ("exp", json!(now - LEEWAY), false),
            ("exp", json!(now - LEEWAY - 1), false),
            ("exp", json!(now + LONGEST_LIFE + LEEWAY), true),
            ("exp", json!(now + LONGEST_LIFE + LEEWAY + 3), false),
            ("exp", json!(format!("{}", now + 60)), false),
            ("nbf", json!(now + LEEWAY), true),
            ("nbf", json!(now + LEEWAY + 3), false),
            ("nbf", json!(null), true),
            ("iat", json!(now + LEEWAY), true),
            ("iat", json!(now + LEEWAY + 3), false),
            ("iat", json!(null), true),
            ("jti", json!(""), false),
            ("jti", json!("x".repeat(LONGEST_ID)), true),
            ("jti", json!("x".repeat(LONGEST_ID + 1)), false),
            ("jti", json!(null), false),
        ] {
            let mut bent = claims();
            bent[name] = value;
            assert_eq!(proven(&key.sign(&head, &bent), &key.pem()).is_some(), believed, "{bent}");
        }
    }

    #[test]
    fn what_another_key_signed_or_is_no_token_is_none() {
        let (key, other, head) = (Signer::new(), Signer::new(), json!({"alg": "RS256"}));
        let good = key.sign(&head, &claims());
        assert!(proven(&good, &key.pem()).is_some());
        assert!(proven(&good, &other.pem()).is_none());
        assert!(proven(&good, "no key").is_none());
        for alg in ["RS384", "PS256", "HS256", "none"] {
            assert!(proven(&key.sign(&json!({"alg": alg}), &claims()), &key.pem()).is_none(), "{alg}");
        }
        for odd in [format!("{good} "), format!("{good}\n"), good.replace('.', " ."), String::new()] {
            assert!(proven(&odd, &key.pem()).is_none());
        }
        // Header and signature take 364 of the 16,384 letters, and three bytes of claims four.
        let of_length = |length: usize| {
            let mut long = claims();
            long["more"] = json!("");
            long["more"] = json!("x".repeat((length - 364) / 4 * 3 - long.to_string().len()));
            key.sign(&head, &long)
        };
        let (fits, exceeds) = (of_length(16_384), of_length(16_388));
        assert_eq!((fits.len(), exceeds.len()), (16_384, 16_388));
        assert!(proven(&fits, &key.pem()).is_some() && proven(&exceeds, &key.pem()).is_none());
    }
}
