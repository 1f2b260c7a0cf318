//! The JWT door (RFC 7523): an org's own code shows an assertion signed with the org's key and gets an
//! access token.
//!
//! Source of what Apex sends: salesforce-platform facts §3.2. One code and one sentence answer every wrong
//! assertion, so that it tells nobody what was wrong.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::broker::{Broker, Org};
use super::memory::Memory;
use super::session::fingerprint;
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;

/// Largest assertion that is looked at, in bytes.
const LONGEST: usize = 16 * 1024;
/// Longest life of an assertion, in seconds.
const LONGEST_LIFE: i64 = 300;
/// Seconds by which clocks may differ.
const LEEWAY: i64 = 30;
/// Keys of an org that are tried.
const MOST_KEYS: usize = 5;

/// Who came through the door.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    pub account_id: String,
    /// 18 characters.
    pub org_id: String,
    /// The Salesforce user on whose behalf the org's code asks.
    pub user_id: String,
}

#[derive(Deserialize)]
struct Head {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    crit: Option<Box<RawValue>>,
    #[serde(default)]
    b64: Option<Box<RawValue>>,
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

/// The claims, each of exactly one type: the library alone would take an array for `iss` (reliability facts §0.5).
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: i64,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default)]
    iat: Option<i64>,
    jti: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Many(Vec<String>),
}

impl Audience {
    fn names(&self, ours: &[String]) -> bool {
        match self {
            Self::One(one) => ours.contains(one),
            Self::Many(many) => many.iter().any(|one| ours.contains(one)),
        }
    }
}

/// Checks an assertion and uses it up.
///
/// # Errors
/// `token.invalid` (401) for every assertion that is not good, now, for us, and for the first time;
/// `tenant.suspended`; or what kept the account or the memory from answering.
pub async fn redeem(assertion: &str, audiences: &[String], broker: &Broker, memory: &Memory, request_id: &str) -> Result<Package, Problem> {
    let issuer = look(assertion).ok_or_else(invalid)?;
    let org = match broker.org(&issuer, request_id).await {
        Ok(org) => org,
        Err(problem) if problem.status == 404 || problem.status == 400 => return Err(invalid()),
        Err(problem) => return Err(problem),
    };
    let claims = verify(assertion, &org, audiences).ok_or_else(invalid)?;
    if org.status != "active" {
        return Err(suspended());
    }
    let (used, seconds) = mark(&claims, &org);
    match memory.once(&used, seconds).await {
        Ok(true) => {
            let user_id = user(&claims).ok_or_else(invalid)?.as_str().to_owned();
            Ok(Package { account_id: org.account_id.clone(), org_id: org.org_id.clone(), user_id })
        }
        Ok(false) => Err(invalid()),
        Err(_) => Err(Problem::unavailable(
            "memory.unavailable",
            "The gateway cannot tell used tokens from new ones just now. Try again in a moment.",
            2,
        )),
    }
}

/// Uses up an assertion that was good for something else, so that it opens this door no more.
pub async fn use_up(assertion: &str, org: &Org, memory: &Memory) {
    if let Some(claims) = assertion.split('.').nth(1).and_then(part::<Claims>) {
        let (used, seconds) = mark(&claims, org);
        // Without the memory the door stays shut anyway.
        let _ = memory.once(&used, seconds).await;
    }
}

fn user(claims: &Claims) -> Option<SalesforceId> {
    SalesforceId::parse(&claims.sub).ok().filter(|user| user.is_a("005"))
}

// The name under which a used assertion is remembered, and for how long.
fn mark(claims: &Claims, org: &Org) -> (String, u64) {
    let name = format!("msi:{{{}}}:jti:{}", org.account_id, fingerprint(format!("{}\n{}", claims.iss, claims.jti).as_bytes()));
    let seconds = u64::try_from(claims.exp.saturating_sub(clock::now_s()).saturating_add(LEEWAY)).unwrap_or(0).max(1);
    (name, seconds)
}

/// An org that was switched off.
#[must_use]
pub fn suspended() -> Problem {
    Problem::forbidden(
        "tenant.suspended",
        "Sales Insight is switched off for this Salesforce organization. Ask your Marketo administrator.",
    )
}

fn invalid() -> Problem {
    Problem::unauthorized("token.invalid", "The assertion was not accepted.")
}

// The unverified issuer, only to know whose keys to try; and the header, which must ask for nothing unusual.
pub(super) fn look(assertion: &str) -> Option<String> {
    if assertion.len() > LONGEST || assertion.matches('.').count() != 2 {
        return None;
    }
    let mut parts = assertion.split('.');
    let head: Head = part(parts.next()?)?;
    if head.alg != "RS256" || head.crit.is_some() || head.b64.is_some() || head.typ.is_some_and(|typ| !typ.eq_ignore_ascii_case("JWT")) {
        return None;
    }
    let issuer: Issuer = part(parts.next()?)?;
    let id = issuer.iss;
    (matches!(id.len(), 15 | 18) && id.starts_with("00D") && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(id)
}

fn part<T: serde::de::DeserializeOwned>(text: &str) -> Option<T> {
    // A struct could be read from a JSON array too, field by field.
    let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(text).ok().filter(|bytes| bytes.first() == Some(&b'{'))?;
    serde_json::from_slice(&bytes).ok()
}

pub(super) fn verify(assertion: &str, org: &Org, audiences: &[String]) -> Option<Claims> {
    let mut validation = Validation::new(Algorithm::RS256);
    // Times and audience are checked below: in our own types, and by the house's clock.
    validation.validate_exp = false;
    validation.validate_nbf = false;
    validation.validate_aud = false;
    validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
    let now_ms = clock::now_ms();
    let good = org.certificates.iter().filter(|certificate| certificate.not_before <= now_ms && now_ms <= certificate.not_after);
    let claims = good.take(MOST_KEYS).find_map(|certificate| {
        let key = DecodingKey::from_rsa_pem(certificate.public_key_pem.as_bytes()).ok()?;
        jsonwebtoken::decode::<Claims>(assertion, &key, &validation).ok()
    })?;
    let claims = claims.claims;
    let named = claims.iss.get(..15) == org.org_id.get(..15)
        && claims.aud.names(audiences)
        && user(&claims).is_some()
        && (1..=128).contains(&claims.jti.len());
    (in_time(&claims, clock::now_s()) && named).then_some(claims)
}

// Seconds since the epoch.
fn in_time(claims: &Claims, now: i64) -> bool {
    claims.exp > now.saturating_sub(LEEWAY)
        && claims.exp <= now.saturating_add(LONGEST_LIFE + LEEWAY)
        && claims.nbf.is_none_or(|nbf| nbf <= now.saturating_add(LEEWAY))
        && claims.iat.is_none_or(|iat| iat <= now.saturating_add(LEEWAY) && claims.exp.saturating_sub(iat) <= LONGEST_LIFE + LEEWAY)
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::encoding::AsDer;
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::rsa::KeySize;
    use aws_lc_rs::signature::{KeyPair, RSA_PKCS1_SHA256, RsaKeyPair};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::gateway::broker::Certificate;

    const ORG: &str = "00Dx0000000BV7zEAG";
    const OURS: [&str; 2] = ["https://msi.example.com", "https://msi.example.com/oauth/token"];

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

    fn org(certificates: Vec<Certificate>) -> Org {
        let text = str::to_owned;
        Org {
            account_id: text("a1"),
            org_id: text(ORG),
            name: text("Acme"),
            status: text("active"),
            instance_url: text("https://acme.my.salesforce.com"),
            frame_ancestors: Vec::new(),
            certificates,
        }
    }

    fn certificate(pem: String) -> Certificate {
        Certificate { id: "c1".to_owned(), public_key_pem: pem, not_before: 0, not_after: i64::MAX }
    }

    fn claims() -> Value {
        let now = clock::now_s();
        json!({"iss": ORG, "sub": "005000000000001AAA", "aud": OURS[0], "exp": now + 60, "iat": now, "nbf": now, "jti": "one"})
    }

    fn verified(assertion: &str, org: &Org) -> bool {
        verify(assertion, org, &OURS.map(str::to_owned)).is_some()
    }

    #[test]
    fn claims_are_for_us_and_of_this_org() {
        let (key, head) = (Signer::new(), json!({"alg": "RS256"}));
        let org = org(vec![certificate(key.pem())]);
        assert!(verified(&key.sign(&head, &claims()), &org));
        for (name, value, believed) in [
            ("aud", json!(OURS[1]), true),
            ("aud", json!(["https://x.example", OURS[0]]), true),
            ("aud", json!(["https://x.example"]), false),
            ("aud", json!("https://x.example"), false),
            ("aud", json!([]), false),
            ("iss", json!(&ORG[..15]), true),
            ("iss", json!("00Dx0000000BV7yEAG"), false),
            ("sub", json!("00Q000000000001EAA"), false),
            ("exp", json!(1), false),
            ("nbf", json!(null), true),
            ("iat", json!(null), true),
            ("jti", json!(""), false),
            ("jti", json!("x".repeat(128)), true),
            ("jti", json!("x".repeat(129)), false),
        ] {
            let mut bent = claims();
            bent[name] = value;
            assert_eq!(verified(&key.sign(&head, &bent), &org), believed, "{bent}");
        }
    }

    #[test]
    fn claims_hold_for_minutes_around_now() {
        let now = 1_800_000_000;
        let in_time = |name: &str, value: Value| {
            let mut bent =
                json!({"iss": ORG, "sub": "005000000000001AAA", "aud": OURS[0], "exp": now + 60, "iat": now, "nbf": now, "jti": "one"});
            bent[name] = value;
            in_time(&serde_json::from_value(bent).unwrap(), now)
        };
        for (name, value, believed) in [
            ("exp", json!(now - LEEWAY + 1), true),
            ("exp", json!(now - LEEWAY), false),
            ("exp", json!(now - LEEWAY - 1), false),
            ("exp", json!(now + LONGEST_LIFE + LEEWAY), true),
            ("exp", json!(now + LONGEST_LIFE + LEEWAY + 1), false),
            ("nbf", json!(now + LEEWAY), true),
            ("nbf", json!(now + LEEWAY + 1), false),
            ("nbf", json!(null), true),
            ("iat", json!(now + LEEWAY), true),
            ("iat", json!(now + LEEWAY + 1), false),
            ("iat", json!(now + 60 - LONGEST_LIFE - LEEWAY), true),
            ("iat", json!(now + 60 - LONGEST_LIFE - LEEWAY - 1), false),
            ("iat", json!(null), true),
        ] {
            assert_eq!(in_time(name, value.clone()), believed, "{name} {value}");
        }
        // Whoever says not when it began may say when it ends, within limits.
        for (ahead, believed) in [(LONGEST_LIFE + LEEWAY, true), (LONGEST_LIFE + LEEWAY + 1, false)] {
            let long = json!({"iss": ORG, "sub": "005000000000001AAA", "aud": OURS[0], "exp": now + ahead, "jti": "one"});
            assert_eq!(super::in_time(&serde_json::from_value(long).unwrap(), now), believed);
        }
    }

    #[test]
    fn a_key_counts_while_its_certificate_does_and_five_are_tried() {
        let (key, other, head) = (Signer::new(), Signer::new(), json!({"alg": "RS256"}));
        let token = key.sign(&head, &claims());
        let now = clock::now_ms();
        let from_to = |not_before, not_after| Certificate { not_before, not_after, ..certificate(key.pem()) };
        for (certificates, believed) in [
            (vec![], false),
            (vec![certificate(other.pem())], false),
            (vec![certificate("no key".to_owned()), certificate(key.pem())], true),
            (vec![from_to(now - 60_000, now + 60_000)], true),
            (vec![from_to(now + 60_000, now + 90_000)], false),
            (vec![from_to(now - 90_000, now - 60_000)], false),
            ([vec![certificate(other.pem()); 4], vec![certificate(key.pem())]].concat(), true),
            ([vec![certificate(other.pem()); 5], vec![certificate(key.pem())]].concat(), false),
        ] {
            assert_eq!(verified(&token, &org(certificates.clone())), believed, "{certificates:?}");
        }
        for alg in ["RS384", "PS256", "HS256"] {
            assert!(!verified(&key.sign(&json!({"alg": alg}), &claims()), &org(vec![certificate(key.pem())])), "{alg}");
        }
    }

    #[test]
    fn three_parts_of_bounded_length_are_looked_at() {
        let (head, claims) = (encode(r#"{"alg":"RS256"}"#), encode(&format!(r#"{{"iss":"{ORG}"}}"#)));
        let of_length = |length: usize| {
            let short = format!("{head}.{claims}.");
            format!("{short}{}", "x".repeat(length - short.len()))
        };
        assert!(look(&of_length(16_384)).is_some() && look(&of_length(16_385)).is_none());
        for odd in [format!("{head}.{claims}"), format!("{head}.{claims}.x.y"), format!("{head}.{claims}.x."), format!(".{head}.{claims}")]
        {
            assert_eq!(look(&odd), None, "{odd}");
        }
        // Fifteen or eighteen letters and digits that begin as an org's do; and objects only.
        for (issuer, good) in [
            ("00Dx0000000BV7z", true),
            ("00Dx0000000BV7zEA", false),
            ("00Qx0000000BV7zEAG", false),
            ("00Dx0000000BV7-", false),
            ("00Dx0000000BV7zEAG1", false),
        ] {
            assert_eq!(look(&format!("{head}.{}.x", encode(&format!(r#"{{"iss":"{issuer}"}}"#)))).is_some(), good, "{issuer}");
        }
        assert_eq!(look(&format!("{head}.{}.x", encode(&format!(r#"["{ORG}"]"#)))), None);
        assert_eq!(look(&format!("{}.{claims}.x", encode(r#"["RS256"]"#))), None);
    }

    fn encode(text: &str) -> String {
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(text)
    }

    #[test]
    fn only_a_plain_rs256_header_and_an_org_id_are_looked_at() {
        let claims = encode(r#"{"iss":"00Dx0000000BV7zEAG"}"#);
        assert_eq!(
            look(&format!("{}.{claims}.x", encode(r#"{"alg":"RS256","typ":"JWT","kid":"any"}"#))).as_deref(),
            Some("00Dx0000000BV7zEAG")
        );
        for head in [
            r#"{"alg":"none"}"#,
            r#"{"alg":"HS256"}"#,
            r#"{"alg":"RS384"}"#,
            r#"{"alg":"PS256"}"#,
            r#"{"alg":"RS256","crit":[]}"#,
            r#"{"alg":"RS256","b64":false}"#,
            r#"{"alg":"RS256","typ":"at+jwt"}"#,
            "{}",
            "[]",
        ] {
            assert_eq!(look(&format!("{}.{claims}.x", encode(head))), None, "{head}");
        }
        let good = encode(r#"{"alg":"RS256"}"#);
        for claims in [
            r#"{"iss":["00Dx0000000BV7zEAG"]}"#,
            r#"{"iss":"https://acme.my.salesforce.com.evil"}"#,
            r#"{"iss":null}"#,
            "{}",
            r#"{"iss":"00D"}"#,
        ] {
            assert_eq!(look(&format!("{good}.{}.x", encode(claims))), None, "{claims}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,120}") {
            let _ = look(&text);
        }
    }
}
