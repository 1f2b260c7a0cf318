//! The access token: one for the process, fetched once however many wait for it.
//!
//! Marketo hands out the same token until it expires, so asking early gains nothing: a token in its last seconds is
//! waited out. What Marketo refused is dropped by comparison, so that a hundred refused calls cause one new token.

use std::time::{Duration, Instant};

use reqwest::Method;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use tokio::sync::Mutex;

use super::Credentials;
use crate::clock;
use crate::remote::call::{Answer, Body, Call, CallError, Caller, With};

// Below this the token is about to die while we use it.
const LAST_SECONDS: u64 = 15;

#[derive(Debug)]
struct Token {
    value: SecretString,
    good_until: Instant,
}

/// The token of one pair of client credentials.
#[derive(Debug, Default)]
pub struct Tokens {
    current: Mutex<Option<Token>>,
    user: Mutex<Option<String>>,
}

#[derive(Deserialize)]
pub(super) struct Granted {
    access_token: SecretString,
    expires_in: i64,
    /// The API user's address.
    scope: Option<String>,
}

impl Tokens {
    /// The token, from memory while it is good, otherwise from identity (which costs none of the budget).
    ///
    /// # Errors
    /// [`CallError::Unauthorized`] when the credentials are wrong; else whatever keeps identity from answering.
    pub async fn get(&self, caller: &Caller, credentials: &Credentials, request_id: &str) -> Result<SecretString, CallError> {
        let mut current = self.current.lock().await;
        if let Some(token) = current.as_ref().filter(|token| clock::instant() < token.good_until) {
            return Ok(token.value.clone());
        }
        *current = None;
        for _ in 0..3 {
            let granted = ask(caller, credentials, request_id).await?;
            let seconds = u64::try_from(granted.expires_in).unwrap_or(0);
            if seconds >= LAST_SECONDS {
                *self.user.lock().await = granted.scope;
                let good_until = clock::instant() + Duration::from_secs(seconds.saturating_sub(1));
                let value = granted.access_token.clone();
                *current = Some(Token { value: granted.access_token, good_until });
                return Ok(value);
            }
            tokio::time::sleep(Duration::from_millis(seconds * 1000 + 300)).await;
        }
        Err(CallError::BadAnswer("identity only hands out tokens that are about to expire"))
    }

    /// Whose tokens they are, as identity said with the last one.
    pub async fn user(&self) -> Option<String> {
        self.user.lock().await.clone()
    }

    /// Forgets a token that was refused, unless another has taken its place already.
    pub async fn drop_refused(&self, refused: &SecretString) {
        let mut current = self.current.lock().await;
        if current.as_ref().is_some_and(|token| token.value.expose_secret() == refused.expose_secret()) {
            *current = None;
        }
    }
}

async fn ask(caller: &Caller, credentials: &Credentials, request_id: &str) -> Result<Granted, CallError> {
    let call = Call {
        system: "marketo",
        name: "identity",
        method: Method::GET,
        path: "/identity/oauth/token".to_owned(),
        query: vec![
            ("grant_type", "client_credentials".to_owned()),
            ("client_id", credentials.client_id.clone()),
            ("client_secret", credentials.client_secret.expose_secret().to_owned()),
        ],
        body: Body::None,
        timeout: Duration::from_secs(15),
        read: read_granted,
    };
    caller.send(&call, With { endpoint: &credentials.endpoint, token: None, request_id }).await
}

pub(super) fn read_granted(answer: &Answer) -> Result<Granted, CallError> {
    match answer.status {
        200..=299 => serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("identity's answer is no token")),
        400 | 401 => Err(CallError::Unauthorized),
        403 => Err(CallError::Forbidden),
        code @ (429 | 500..) => Err(CallError::Busy { code: code.to_string() }),
        code => Err(CallError::Refused { code: format!("http.{code}"), detail: String::new() }),
    }
}
