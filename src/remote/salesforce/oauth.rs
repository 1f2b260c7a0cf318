//! OAuth with Salesforce: the web-server flow with PKCE, refresh with rotation, revocation.

use std::time::Duration;

use jsonwebtoken::{Algorithm, EncodingKey, Header};
use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::Value;

use crate::clock;
use crate::remote::call::{Answer, Body, Call, CallError, Caller, With};
use crate::remote::hosts::Endpoint;

/// The gateway as Salesforce knows it.
#[derive(Debug, Clone)]
pub struct Client {
    pub id: String,
    pub secret: SecretString,
}

/// What Salesforce grants.
#[derive(Debug, Clone)]
pub struct Granted {
    pub access_token: SecretString,
    /// With rotation a new one each time; the earlier one is worthless from then on.
    pub refresh_token: Option<SecretString>,
    pub instance_url: String,
    /// Org of the identity URL.
    pub org_id: String,
    /// User of the identity URL.
    pub user_id: String,
    /// Space-separated.
    pub scope: String,
    pub id_token: Option<String>,
}

/// Why the token endpoint granted nothing, by what it means for the connection.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OauthError {
    /// A well-formed `invalid_grant`: what was presented is dead for good.
    #[error("the grant is not valid")]
    Dead,
    /// A refusal by another well-formed code, such as `invalid_client`.
    #[error("refused ({0})")]
    Refused(String),
    /// Another request with the same token is being processed.
    #[error("already being processed")]
    InProgress,
    /// An answer that grants something unusable.
    #[error("unusable answer")]
    BadAnswer,
    /// It may work later; nothing is known about the grant.
    #[error(transparent)]
    Call(#[from] CallError),
}

#[derive(Deserialize)]
struct Answered {
    access_token: SecretString,
    refresh_token: Option<SecretString>,
    instance_url: String,
    id: String,
    #[serde(default)]
    scope: String,
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct Refused {
    error: String,
    #[serde(default)]
    error_description: String,
}

const LONGEST_TOKEN: usize = 8_192;

/// The address to send a browser to.
#[must_use]
pub fn authorize_url(
    login: &Endpoint,
    client: &Client,
    redirect_uri: &str,
    state: &str,
    challenge: &str,
    nonce: &str,
    scope: &str,
) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    query
        .append_pair("response_type", "code")
        .append_pair("client_id", &client.id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("scope", scope)
        .append_pair("state", state)
        .append_pair("nonce", nonce)
        .append_pair("code_challenge", challenge)
        .append_pair("code_challenge_method", "S256");
    format!("{}/services/oauth2/authorize?{}", login.base(), query.finish())
}

/// Redeems a code.
///
/// # Errors
/// See [`OauthError`].
pub async fn redeem(
    caller: &Caller,
    login: &Endpoint,
    client: &Client,
    code: &str,
    verifier: &SecretString,
    redirect_uri: &str,
    request_id: &str,
) -> Result<Granted, OauthError> {
    let form = vec![
        ("grant_type", "authorization_code".to_owned()),
        ("code", code.to_owned()),
        ("redirect_uri", redirect_uri.to_owned()),
        ("code_verifier", verifier.expose_secret().to_owned()),
        ("client_id", client.id.clone()),
        ("client_secret", client.secret.expose_secret().to_owned()),
    ];
    token(caller, login, "code", form, request_id).await
}

/// Exchanges a refresh token for a new pair.
///
/// # Errors
/// See [`OauthError`]; only [`OauthError::Dead`] says that the token is worthless.
pub async fn refresh(
    caller: &Caller,
    login: &Endpoint,
    client: &Client,
    refresh_token: &SecretString,
    request_id: &str,
) -> Result<Granted, OauthError> {
    let form = vec![
        ("grant_type", "refresh_token".to_owned()),
        ("refresh_token", refresh_token.expose_secret().to_owned()),
        ("client_id", client.id.clone()),
        ("client_secret", client.secret.expose_secret().to_owned()),
    ];
    token(caller, login, "refresh", form, request_id).await
}

/// The JWT bearer flow: an assertion signed with the app's own key instead of a refresh token.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    pub client_id: &'a str,
    pub username: &'a str,
    pub is_sandbox: bool,
    /// RSA, PEM.
    pub key: &'a SecretString,
}

/// Seconds that an assertion lives; Salesforce takes no more than three minutes.
const ASSERTION_SECONDS: i64 = 150;

impl Assertion<'_> {
    /// Signs it, RS256. `None` when the key is none.
    #[must_use]
    pub fn signed(&self) -> Option<String> {
        // Salesforce wants its own name for the kind of org, wherever the token endpoint is.
        let audience = if self.is_sandbox { "https://test.salesforce.com" } else { "https://login.salesforce.com" };
        let claims =
            serde_json::json!({"iss": self.client_id, "sub": self.username, "aud": audience, "exp": clock::now_s() + ASSERTION_SECONDS});
        let key = EncodingKey::from_rsa_pem(self.key.expose_secret().as_bytes()).ok()?;
        jsonwebtoken::encode(&Header::new(Algorithm::RS256), &claims, &key).ok()
    }
}

/// An access token for a signed assertion. No refresh token comes with it.
///
/// # Errors
/// See [`OauthError`]; [`OauthError::Dead`] and [`OauthError::Refused`] say that the app's key or the user's approval is not in order.
pub async fn redeem_assertion(caller: &Caller, login: &Endpoint, signed: String, request_id: &str) -> Result<Granted, OauthError> {
    let form = vec![("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer".to_owned()), ("assertion", signed)];
    token(caller, login, "assertion", form, request_id).await
}

/// Revokes a token and, for a refresh token, everything that came from it.
///
/// # Errors
/// See [`CallError`]; a token that is not known any more counts as revoked.
pub async fn revoke(caller: &Caller, login: &Endpoint, token: &SecretString, request_id: &str) -> Result<(), CallError> {
    let call = Call {
        system: "salesforce",
        name: "revoke",
        method: Method::POST,
        path: "/services/oauth2/revoke".to_owned(),
        query: Vec::new(),
        body: Body::Form(vec![("token", token.expose_secret().to_owned())]),
        timeout: caller.salesforce_timeout(),
        read: |answer| match answer.status {
            200..=299 | 400 => Ok(()),
            status @ 500.. => Err(CallError::Busy { code: status.to_string() }),
            status => Err(CallError::Refused { code: status.to_string(), detail: String::new() }),
        },
    };
    caller.send(&call, With { endpoint: login, token: None, request_id }).await
}

async fn token(
    caller: &Caller,
    login: &Endpoint,
    name: &'static str,
    form: Vec<(&'static str, String)>,
    request_id: &str,
) -> Result<Granted, OauthError> {
    let call = Call {
        system: "salesforce",
        name,
        method: Method::POST,
        path: "/services/oauth2/token".to_owned(),
        query: Vec::new(),
        body: Body::Form(form),
        timeout: caller.salesforce_timeout().max(Duration::from_secs(1)),
        // Every answer is read; what it means is judged with the body at hand.
        read: |answer| Ok(judged(answer)),
    };
    caller.send(&call, With { endpoint: login, token: None, request_id }).await?
}

// Only a well-formed refusal says something about the grant: proxies and overloaded servers answer with all sorts of pages.
pub(super) fn judged(answer: &Answer) -> Result<Granted, OauthError> {
    match answer.status {
        200 => granted(answer).ok_or(OauthError::BadAnswer),
        400 | 401 => match serde_json::from_slice::<Refused>(&answer.body) {
            Ok(refused) if refused.error_description.contains("already being processed") => Err(OauthError::InProgress),
            Ok(refused) if refused.error == "invalid_grant" && answer.status == 400 => Err(OauthError::Dead),
            Ok(refused) if refused.error == "unknown_error" => Err(CallError::Busy { code: "unknown_error".to_owned() }.into()),
            Ok(refused) => Err(OauthError::Refused(
                refused.error.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(40).collect(),
            )),
            Err(_) => Err(CallError::Busy { code: answer.status.to_string() }.into()),
        },
        429 => Err(CallError::RateLimited { retry_after_ms: 30_000, concurrency: false }.into()),
        code => Err(CallError::Busy { code: code.to_string() }.into()),
    }
}

fn granted(answer: &Answer) -> Option<Granted> {
    let answered: Answered = serde_json::from_slice(&answer.body).ok()?;
    // `https://host/id/{org}/{user}`: the last two parts.
    let mut parts = answered.id.rsplit('/');
    let (user, org) = (parts.next()?, parts.next()?);
    let plain = |token: &SecretString| {
        let token = token.expose_secret();
        (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
    };
    if !plain(&answered.access_token) || answered.refresh_token.as_ref().is_some_and(|token| !plain(token)) {
        return None;
    }
    Some(Granted {
        org_id: org.to_owned(),
        user_id: user.to_owned(),
        access_token: answered.access_token,
        refresh_token: answered.refresh_token,
        instance_url: answered.instance_url.trim_end_matches('/').to_owned(),
        scope: answered.scope.chars().filter(|letter| !letter.is_control()).take(400).collect(),
        id_token: answered.id_token,
    })
}

/// What the org says about itself.
#[derive(Debug, Clone)]
pub struct OrgInfo {
    pub name: String,
    pub is_sandbox: bool,
}

/// Asks for an org's name.
///
/// # Errors
/// See [`CallError`].
pub async fn org_info(caller: &Caller, instance: &Endpoint, token: &SecretString, request_id: &str) -> Result<OrgInfo, CallError> {
    let call = Call {
        system: "salesforce",
        name: "org_info",
        method: Method::GET,
        path: format!("/services/data/{API_VERSION}/query"),
        query: vec![("q", "SELECT Name, IsSandbox FROM Organization".to_owned())],
        body: Body::None,
        timeout: caller.salesforce_timeout(),
        read: |answer| {
            if answer.status != 200 {
                return Err(refusal(answer));
            }
            let body: Value = serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("the query's answer is no JSON"))?;
            let record = body.pointer("/records/0").ok_or(CallError::BadAnswer("the org tells no name"))?;
            let name = record.get("Name").and_then(Value::as_str).unwrap_or_default();
            let name = name.chars().filter(|letter| !letter.is_control()).take(200).collect();
            Ok(OrgInfo { name, is_sandbox: record.get("IsSandbox").and_then(Value::as_bool).unwrap_or(false) })
        },
    };
    caller.send(&call, With { endpoint: instance, token: Some(token), request_id }).await
}

/// The version of the REST API that we speak.
pub const API_VERSION: &str = "v62.0";

/// What a refusal of the REST API means; its code tells `API_DISABLED_FOR_ORG` from a dead session.
#[must_use]
pub fn refusal(answer: &Answer) -> CallError {
    let code = serde_json::from_slice::<Value>(&answer.body)
        .ok()
        .and_then(|body| body.pointer("/0/errorCode").and_then(Value::as_str).map(str::to_owned));
    let code: String =
        code.unwrap_or_default().chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(60).collect();
    match answer.status {
        401 => CallError::Unauthorized,
        429 => CallError::RateLimited { retry_after_ms: 10_000, concurrency: false },
        403 if code == "REQUEST_LIMIT_EXCEEDED" => CallError::RateLimited { retry_after_ms: 60_000, concurrency: false },
        403 if code.is_empty() => CallError::Forbidden,
        status @ 500.. => CallError::Busy { code: status.to_string() },
        status if code.is_empty() => CallError::Refused { code: status.to_string(), detail: String::new() },
        _ => CallError::Refused { code, detail: String::new() },
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::new(), body: Bytes::from(body.to_owned()) }
    }

    #[test]
    fn only_a_well_formed_invalid_grant_is_the_end() {
        assert_eq!(
            judged(&answer(400, r#"{"error":"invalid_grant","error_description":"expired access/refresh token"}"#)).unwrap_err(),
            OauthError::Dead
        );
        for (status, body) in [
            (429, r#"{"error":"invalid_grant"}"#),
            (503, "{\"error\":\"invalid_grant\"}"),
            (400, "<html>invalid_grant"),
            (403, ""),
            (408, "x"),
        ] {
            assert!(matches!(judged(&answer(status, body)), Err(OauthError::Call(_))), "{status} {body}");
        }
        let busy = r#"{"error":"invalid_grant","error_description":"token request is already being processed"}"#;
        assert_eq!(judged(&answer(400, busy)).unwrap_err(), OauthError::InProgress);
        assert_eq!(judged(&answer(400, r#"{"error":"invalid_client"}"#)).unwrap_err(), OauthError::Refused("invalid_client".to_owned()));
    }

    #[test]
    fn an_answer_that_grants_nothing_usable_is_none() {
        let good = r#"{"access_token":"a!b","refresh_token":"r","instance_url":"https://acme.my.salesforce.com/","id":"https://login.salesforce.com/id/00D000000000001AAA/005000000000001AAA","scope":"api"}"#;
        let granted = judged(&answer(200, good)).unwrap();
        assert_eq!((granted.org_id.as_str(), granted.user_id.as_str()), ("00D000000000001AAA", "005000000000001AAA"));
        assert_eq!(granted.instance_url, "https://acme.my.salesforce.com");
        for bad in [
            "<html>",
            "{}",
            r#"{"access_token":"","instance_url":"x","id":"a/b"}"#,
            r#"{"access_token":"a\r\nb","instance_url":"x","id":"a/b"}"#,
        ] {
            assert_eq!(judged(&answer(200, bad)).unwrap_err(), OauthError::BadAnswer, "{bad}");
        }
    }
}
