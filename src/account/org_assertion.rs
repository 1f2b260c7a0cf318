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
