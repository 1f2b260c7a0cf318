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
    let now = clock::now_s();
    let in_time = claims.exp > now.saturating_sub(LEEWAY)
        && claims.exp <= now.saturating_add(LONGEST_LIFE + LEEWAY)
        && claims.nbf.is_none_or(|nbf| nbf <= now.saturating_add(LEEWAY))
        && claims.iat.is_none_or(|iat| iat <= now.saturating_add(LEEWAY) && claims.exp.saturating_sub(iat) <= LONGEST_LIFE + LEEWAY);
    let named = claims.iss.get(..15) == org.org_id.get(..15)
        && claims.aud.names(audiences)
        && user(&claims).is_some()
        && (1..=128).contains(&claims.jti.len());
    (in_time && named).then_some(claims)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::look;

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
