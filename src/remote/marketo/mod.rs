//! Marketo Engage: one client for each instance and pair of credentials.
//!
//! Every call passes [`Marketo::run`]: it waits for room in the instance's one [`budget`], carries the token, and
//! knows which refusals a new token or a little patience cures. All calls here are reads, or harmless to repeat.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;

use self::budget::{Budget, Purpose};
use super::call::{Call, CallError, Caller, With};
use super::hosts::Endpoint;
use crate::clock;

pub mod activities;
pub mod budget;
pub mod bulk;
pub mod campaigns;
pub mod csv_activities;
pub mod csv_people;
pub mod csv_rows;
pub mod custom_activities;
pub mod custom_types;
pub mod email_content;
pub mod envelope;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzed;
pub mod leads;
pub mod token;
pub mod unsubscribed;
pub mod usage;
pub mod users;
pub mod writes;

/// How to reach an instance.
#[derive(Debug, Clone)]
pub struct Credentials {
    pub endpoint: Endpoint,
    pub client_id: String,
    pub client_secret: SecretString,
}

/// On whose behalf a call is made.
#[derive(Debug, Clone, Copy)]
pub struct Asker<'a> {
    pub purpose: Purpose,
    /// Travels as `X-Request-Id`.
    pub request_id: &'a str,
}

/// A client of one instance.
#[derive(Debug)]
pub struct Marketo {
    caller: Caller,
    credentials: Credentials,
    tokens: token::Tokens,
    budget: Arc<Budget>,
    types: Kept<activities::ActivityTypes>,
    fields: Kept<Vec<String>>,
    custom: Kept<custom_types::CustomTypes>,
    since: tokio::sync::Mutex<HashMap<i64, String>>,
}

impl Marketo {
    /// A client; nothing is called yet. `budget` must be the instance's one.
    #[must_use]
    pub fn new(caller: Caller, credentials: Credentials, budget: Arc<Budget>) -> Self {
        Self {
            caller,
            credentials,
            tokens: token::Tokens::default(),
            budget,
            types: Kept::default(),
            fields: Kept::default(),
            custom: Kept::default(),
            since: tokio::sync::Mutex::default(),
        }
    }

    /// The munchkin id (or `host:port` of an extra host).
    #[must_use]
    pub fn instance(&self) -> &str {
        self.credentials.endpoint.instance()
    }

    /// The instance's budget.
    #[must_use]
    pub fn budget(&self) -> &Arc<Budget> {
        &self.budget
    }

    /// The API user behind the credentials, once a token was granted.
    pub(crate) async fn api_user(&self) -> Option<String> {
        self.tokens.user().await
    }

    /// Gets a token, to see whether the credentials are good. Costs none of the budget.
    ///
    /// # Errors
    /// [`CallError::Unauthorized`] when they are not.
    pub async fn sign_in(&self, request_id: &str) -> Result<(), CallError> {
        self.tokens.get(&self.caller, &self.credentials, request_id).await.map(drop)
    }

    /// Carries a call out within the budget. A refused token is replaced once; what passes by itself is tried again.
    ///
    /// # Errors
    /// See [`CallError`].
    pub(crate) async fn run<T>(&self, call: &Call<T>, asker: Asker<'_>) -> Result<T, CallError> {
        let mut patience = Patience::of(asker.purpose);
        loop {
            let token = self.tokens.get(&self.caller, &self.credentials, asker.request_id).await?;
            let permit = self.budget.admit(asker.purpose, call.timeout).await?;
            let with = With { endpoint: &self.credentials.endpoint, token: Some(&token), request_id: asker.request_id };
            let result = self.caller.send(call, with).await;
            permit.leave(counts(&result)).await;
            let Err(error) = result else { return result };
            self.note(&error, &token).await;
            let Some(wait) = patience.after(&error) else { return Err(settled(error)) };
            tokio::time::sleep(wait).await;
        }
    }

    /// Begins a download within the budget; the permit is given back when the download is over.
    pub(crate) async fn run_download(
        &self,
        call: &Call<()>,
        asker: Asker<'_>,
        from: u64,
        lease: Duration,
    ) -> Result<(super::call::Download, budget::Permit), CallError> {
        let token = self.tokens.get(&self.caller, &self.credentials, asker.request_id).await?;
        let permit = self.budget.admit(asker.purpose, lease).await?;
        let with = With { endpoint: &self.credentials.endpoint, token: Some(&token), request_id: asker.request_id };
        match self.caller.download(call, with, from).await {
            Ok(download) => {
                if download.status == 401 {
                    self.tokens.drop_refused(&token).await;
                }
                Ok((download, permit))
            }
            Err(error) => {
                permit.leave(true).await;
                Err(error)
            }
        }
    }

    // What a refusal means for everybody.
    pub(crate) async fn note(&self, error: &CallError, token: &SecretString) {
        match error {
            CallError::TokenRefused { .. } => self.tokens.drop_refused(token).await,
            CallError::RateLimited { retry_after_ms, concurrency } => {
                self.budget.pause(*retry_after_ms, if *concurrency { "615 too many calls at once" } else { "606 too many calls" }).await;
            }
            CallError::QuotaExhausted { .. } => self.budget.quota_used_up().await,
            _ => {}
        }
    }
}

// Marketo says which refusals it does not count; what never got an answer is counted to be safe.
fn counts<T>(result: &Result<T, CallError>) -> bool {
    match result {
        Err(CallError::TokenRefused { .. }) => false,
        Err(CallError::Busy { code }) => !matches!(code.as_str(), "604" | "608" | "611"),
        _ => true,
    }
}

// A token that is refused twice in a row is a matter of the credentials.
fn settled(error: CallError) -> CallError {
    if matches!(error, CallError::TokenRefused { .. }) { CallError::Unauthorized } else { error }
}

/// How often a call is tried again, and after how long.
#[derive(Debug)]
struct Patience {
    new_tokens: u32,
    tries: u32,
    tried: u32,
}

impl Patience {
    fn of(purpose: Purpose) -> Self {
        let tries = match purpose {
            Purpose::Interactive => 1,
            Purpose::Background(_) => 4,
        };
        Self { new_tokens: 1, tries, tried: 0 }
    }

    fn after(&mut self, error: &CallError) -> Option<Duration> {
        if matches!(error, CallError::TokenRefused { .. }) {
            self.new_tokens = self.new_tokens.checked_sub(1)?;
            return Some(Duration::ZERO);
        }
        if !error.passes() || self.tried >= self.tries {
            return None;
        }
        self.tried += 1;
        // The budget itself waits out 606 and 615.
        if matches!(error, CallError::RateLimited { .. }) {
            return Some(Duration::ZERO);
        }
        Some(Duration::from_millis(jitter(400 << self.tried.min(6))))
    }
}

/// Between half of `ms` and `ms`, at random, so that those who failed together do not return together.
pub(crate) fn jitter(ms: u64) -> u64 {
    let random = clock::random::<2>().map_or(0, u16::from_le_bytes);
    ms / 2 + (ms / 2 * u64::from(random)) / u64::from(u16::MAX)
}

/// Something that is asked for once a day at most.
#[derive(Debug)]
struct Kept<T> {
    value: tokio::sync::Mutex<Option<(i64, Arc<T>)>>,
}

impl<T> Default for Kept<T> {
    fn default() -> Self {
        Self { value: tokio::sync::Mutex::new(None) }
    }
}

const DAY_MS: i64 = 86_400_000;

impl<T> Kept<T> {
    async fn get<F>(&self, ask: F) -> Result<Arc<T>, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let mut value = self.value.lock().await;
        if let Some((asked_at, value)) = value.as_ref()
            && (0..DAY_MS).contains(&(clock::now_ms() - asked_at))
        {
            return Ok(Arc::clone(value));
        }
        let fresh = Arc::new(ask.await?);
        *value = Some((clock::now_ms(), Arc::clone(&fresh)));
        Ok(fresh)
    }
}

#[cfg(test)]
pub(crate) mod fake;
#[cfg(test)]
mod tests;
