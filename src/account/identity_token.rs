//! ID tokens: who signed in at Salesforce, in words that Salesforce signed. The issuer is one of two that the flow
//! itself settled (where it sent the person, or the org's own address); its keys come from that very host.

use std::sync::Arc;
use std::time::Duration;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use moka::sync::Cache;
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde::de::IgnoredAny;
use tokio::sync::Mutex;

use super::connections::Connections;
use super::salesforce_flow::at;
use crate::clock;
use crate::problem::Problem;
use crate::remote::hosts::Endpoint;
use crate::remote::salesforce::keys::{IssuerKey, issuer_keys};
use crate::remote::salesforce::oauth::Granted;
use crate::salesforce_id::SalesforceId;
use crate::store::oauth_flows::OauthFlow;

/// Keys are asked for again after so long: a key that was withdrawn is refused from then on.
const FRESH_MS: i64 = 600_000;
/// An issuer that answered is asked at most so often, whatever keys tokens name.
const PAUSE_MS: i64 = 30_000;
/// An issuer that did not answer is asked again after so long: until then nobody can be signed in.
const SHORT_PAUSE_MS: i64 = 5_000;
/// How often an issuer is asked in one go; the question changes nothing there.
const ATTEMPTS: usize = 2;
/// So long known keys serve while the issuer does not answer.
const LAST_GOOD_MS: i64 = 86_400_000;
/// Seconds by which our clock and Salesforce's may differ.
const LEEWAY: i64 = 30;
/// No ID token lives longer than this many seconds.
const LONGEST_LIFE: i64 = 86_400;
/// Bytes of a token.
const LONGEST: usize = 16_384;

/// The keys of the issuers that were met.
pub struct IssuerKeys(Cache<String, Arc<Mutex<Known>>>);

#[derive(Default)]
struct Known {
    keys: Vec<IssuerKey>,
    fetched_at: Option<i64>,
    tried_at: Option<i64>,
}

impl Default for IssuerKeys {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(1_000).time_to_idle(Duration::from_hours(48)).build())
    }
}

impl IssuerKeys {
    /// The issuer's key of this name; `None` when it has none. However many ask, one call goes out.
    async fn key(&self, connections: &Connections, issuer: &Endpoint, kid: &str, request_id: &str) -> Result<Option<IssuerKey>, Problem> {
        let known = self.0.get_with_by_ref(issuer.base(), || Arc::new(Mutex::new(Known::default())));
        let mut known = known.lock().await;
        let now = clock::now_ms();
        let found = |known: &Known| known.keys.iter().find(|key| key.kid == kid).cloned();
        let within = |at: Option<i64>, span: i64| at.is_some_and(|at| (0..span).contains(&(now - at)));
        if within(known.fetched_at, FRESH_MS)
            && let Some(key) = found(&known)
        {
            return Ok(Some(key));
        }
        let pause = if known.fetched_at == known.tried_at { PAUSE_MS } else { SHORT_PAUSE_MS };
        if !within(known.tried_at, pause) {
            known.tried_at = Some(now);
            for _ in 0..ATTEMPTS {
                match issuer_keys(connections.caller(), issuer, request_id).await {
                    Ok(keys) => {
                        (known.keys, known.fetched_at) = (keys, Some(now));
                        break;
                    }
                    Err(error) => tracing::warn!(request_id, outcome = error.outcome(), "the keys of an issuer cannot be had"),
                }
            }
        }
        match found(&known).filter(|_| within(known.fetched_at, LAST_GOOD_MS)) {
            Some(key) => Ok(Some(key)),
            // The latest question was answered, and the answer does not have it.
            None if known.fetched_at.is_some() && known.fetched_at == known.tried_at => Ok(None),
            None => Err(Problem::unavailable(
                "upstream.keys_unavailable",
                "Salesforce's keys cannot be fetched just now, so nobody can be signed in with it. Please try again shortly.",
                5,
            )),
        }
    }
}

#[derive(Deserialize)]
pub(super) struct Head {
    alg: String,
    kid: String,
    typ: Option<String>,
    crit: Option<IgnoredAny>,
    b64: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Issuer {
    iss: String,
}

// Types of our own: no claim may be a list or a number where a text belongs.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    sub: String,
    aud: String,
    exp: i64,
    iat: i64,
    nonce: String,
    azp: Option<String>,
    at_hash: Option<String>,
}

/// Whom Salesforce names, as `(org, user)`.
///
/// # Errors
/// 502 `oauth.untrusted_identity` for every reason not to believe it; 503 when the issuer's keys cannot be had.
pub(super) async fn verified(
    connections: &Connections,
    flow: &OauthFlow,
    granted: &Granted,
    request_id: &str,
) -> Result<(SalesforceId, SalesforceId), Problem> {
    let untrusted = |why: &'static str| {
        tracing::warn!(request_id, why, "an ID token was not accepted");
        Problem::new(
            502,
            "oauth.untrusted_identity",
            "Salesforce did not say who signed in",
            "What Salesforce's answer says of who signed in cannot be trusted. Please begin again; if it stays so, the operator of this \
             server finds the reason in the log.",
        )
    };
    let token = granted.id_token.as_deref().ok_or_else(|| untrusted("there is none"))?;
    let (head, issuer) = read(token).ok_or_else(|| untrusted("not a token"))?;
    let plain = head.crit.is_none() && head.b64.is_none() && head.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("JWT"));
    if head.alg != "RS256" || !plain {
        return Err(untrusted("header"));
    }
    let settled = [flow.login_url.trim_end_matches('/'), granted.instance_url.as_str()];
    if !settled.contains(&issuer.as_str()) {
        return Err(untrusted("issuer"));
    }
    let endpoint = at(connections, &issuer)?;
    let key = connections.issuer_keys().key(connections, &endpoint, &head.kid, request_id).await?.ok_or_else(|| untrusted("key"))?;
    let claims = signed(token, &key).ok_or_else(|| untrusted("signature or claims"))?;
    let client_id = &connections.settings().salesforce.client_id;
    let now = clock::now_s();
    let timely = claims.exp > now.saturating_sub(LEEWAY)
        && claims.iat <= now.saturating_add(LEEWAY)
        && claims.iat >= (flow.created_at / 1000).saturating_sub(LEEWAY)
        && (1..=LONGEST_LIFE).contains(&claims.exp.saturating_sub(claims.iat));
    let digest = digest::digest(&digest::SHA256, granted.access_token.expose_secret().as_bytes());
    let half = digest.as_ref().get(..16).map(|half| URL_SAFE_NO_PAD.encode(half));
    let checks = [
        ("issuer", claims.iss == issuer),
        ("audience", claims.aud == *client_id && claims.azp.is_none_or(|azp| azp == *client_id)),
        ("time", timely),
        ("nonce", claims.nonce == flow.nonce),
        ("access token", claims.at_hash.is_none() || claims.at_hash == half),
    ];
    if let Some((why, _)) = checks.into_iter().find(|(_, good)| !good) {
        return Err(untrusted(why));
    }
    // `https://host/id/{org}/{user}`, or `uid:{user}` for other kinds of token, which is none of ours.
    let mut parts = claims.sub.rsplit('/');
    let mut id = |prefix: &str| parts.next().and_then(|part| SalesforceId::parse(part).ok()).filter(|id| id.is_a(prefix));
    let (user, org) = (id("005"), id("00D"));
    let same = |said: &str, id: &SalesforceId| SalesforceId::parse(said).is_ok_and(|said| said == *id);
    match (org, user) {
        (Some(org), Some(user)) if same(&granted.org_id, &org) && same(&granted.user_id, &user) => Ok((org, user)),
        _ => Err(untrusted("subject")),
    }
}

// Header and issuer, of which nothing is believed yet.
pub(super) fn read(token: &str) -> Option<(Head, String)> {
    if token.len() > LONGEST {
        return None;
    }
    let mut parts = token.split('.');
    let (head, claims, _, None) = (parts.next()?, parts.next()?, parts.next()?, parts.next()) else { return None };
    let head: Head = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()?;
    let issuer: Issuer = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    Some((head, issuer.iss))
}

fn signed(token: &str, key: &IssuerKey) -> Option<Claims> {
    let key = DecodingKey::from_rsa_components(&key.modulus, &key.exponent).ok()?;
    let mut validation = Validation::new(Algorithm::RS256);
    // All claims are checked by our own types and clock.
    validation.required_spec_claims.clear();
    validation.validate_exp = false;
    validation.validate_aud = false;
    jsonwebtoken::decode::<Claims>(token, &key, &validation).ok().map(|token| token.claims)
}
