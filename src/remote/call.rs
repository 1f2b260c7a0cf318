//! The one way out: a call is a value, and the executor gives it a deadline, a bound, a trace and figures.
//!
//! Nothing here logs an address, a token or a body; of an error of the HTTP client only its kind goes on.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use reqwest::Method;
use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, DATE, HeaderMap, HeaderValue, RANGE};
use secrecy::{ExposeSecret, SecretString};
use tokio_rustls::rustls::Error as TlsError;
use tracing::Instrument;

use super::hosts::{AddressRefused, Endpoint, Hosts};
use crate::clock;
use crate::problem::Problem;
use crate::settings::Settings;

/// Largest answer that is read whole, in bytes after decompression.
pub const BODY_LIMIT: usize = 10 * 1024 * 1024;

/// Why a call brought no result, by what a caller can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// The other side understood and said no; the same call will be refused again.
    #[error("refused with code {code}")]
    Refused { code: String, detail: String },
    /// The token was not accepted; a new one may help.
    #[error("the token was not accepted ({code})")]
    TokenRefused { code: String },
    /// The credentials themselves were not accepted; somebody has to correct them.
    #[error("the credentials were not accepted")]
    Unauthorized,
    /// Known, but not permitted to do this (a role lacks a permission, or an address list does not have us).
    #[error("not permitted")]
    Forbidden,
    /// Too fast; trying again after `retry_after_ms` makes sense.
    #[error("rate limited")]
    RateLimited { retry_after_ms: i64, concurrency: bool },
    /// The day's calls are used up until `until_ms`.
    #[error("the daily quota is used up")]
    QuotaExhausted { until_ms: i64 },
    /// A temporary failure on the other side.
    #[error("temporarily unavailable ({code})")]
    Busy { code: String },
    /// No connection could be made, or it broke.
    #[error("unreachable")]
    Unreachable,
    /// Whoever answered could not show that it is who was called; nothing was sent.
    #[error("not who was called")]
    Untrusted,
    /// No answer within the deadline. For a write the outcome is unknown.
    #[error("no answer in time")]
    Timeout,
    /// An answer that cannot be understood.
    #[error("unusable answer: {0}")]
    BadAnswer(&'static str),
    /// More than the bound.
    #[error("the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// A redirect, which is never followed.
    #[error("redirected")]
    Redirected,
    /// The address may not be called.
    #[error(transparent)]
    NotAllowed(#[from] AddressRefused),
}

impl CallError {
    /// Stable word for figures and logs.
    #[must_use]
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::Refused { .. } => "refused",
            Self::TokenRefused { .. } => "token_refused",
            Self::Unauthorized => "unauthorized",
            Self::Forbidden => "forbidden",
            Self::RateLimited { .. } => "rate_limited",
            Self::QuotaExhausted { .. } => "quota_exhausted",
            Self::Busy { .. } => "busy",
            Self::Unreachable => "unreachable",
            Self::Untrusted => "untrusted",
            Self::Timeout => "timeout",
            Self::BadAnswer(_) => "bad_answer",
            Self::TooLarge(_) => "too_large",
            Self::Redirected => "redirected",
            Self::NotAllowed(_) => "not_allowed",
        }
    }

    /// Whether the same read may succeed a little later.
    #[must_use]
    pub const fn passes(&self) -> bool {
        matches!(self, Self::Busy { .. } | Self::Unreachable | Self::Untrusted | Self::Timeout | Self::RateLimited { .. })
    }

    /// What a visitor is told. `system` is a name for people, such as `Marketo`.
    #[must_use]
    pub fn problem(&self, system: &str) -> Problem {
        match self {
            Self::Unauthorized | Self::TokenRefused { .. } => Problem::new(
                502,
                "upstream.unauthorized",
                "The connection needs attention",
                format!("{system} did not accept the stored credentials. An administrator has to check the connection."),
            ),
            Self::Forbidden => Problem::new(
                502,
                "upstream.forbidden",
                "The connection needs attention",
                format!(
                    "{system} does not permit this. An administrator has to check the API user's role and the list of allowed addresses."
                ),
            ),
            Self::RateLimited { retry_after_ms, .. } => Problem::unavailable(
                "upstream.busy",
                format!("{system} is asked too often just now. Please try again shortly."),
                seconds(*retry_after_ms),
            ),
            Self::QuotaExhausted { until_ms } => Problem::unavailable(
                "upstream.quota",
                format!("The daily number of calls to {system} is used up. It starts anew at midnight US Central time."),
                seconds(until_ms - clock::now_ms()),
            ),
            Self::Busy { .. } | Self::Unreachable => {
                Problem::unavailable("upstream.unavailable", format!("{system} cannot be reached just now. Please try again shortly."), 10)
            }
            Self::Untrusted => Problem::new(
                502,
                "upstream.tls",
                "The other side could not be trusted",
                format!("Whoever answered at the address of {system} has no valid certificate for it. Nothing was sent."),
            ),
            Self::Timeout => Problem::new(504, "upstream.timeout", "No answer in time", format!("{system} did not answer in time.")),
            Self::NotAllowed(AddressRefused(why)) => Problem::new(
                400,
                "url.not_allowed",
                "The address cannot be used",
                format!("This address of {system} cannot be used: {why}."),
            ),
            Self::Redirected => Problem::new(502, "upstream.redirect", "Unexpected answer", format!("{system} answered with a redirect.")),
            Self::Refused { code, .. } => {
                Problem::new(502, "upstream.refused", "Refused", format!("{system} refused the request (code {code})."))
            }
            Self::BadAnswer(_) | Self::TooLarge(_) => {
                Problem::new(502, "upstream.answer", "Unexpected answer", format!("{system} gave an answer that cannot be used."))
            }
        }
    }
}

fn seconds(ms: i64) -> u32 {
    u32::try_from(ms.max(0) / 1000 + 1).unwrap_or(u32::MAX)
}

/// What a call carries.
#[derive(Debug, Clone)]
pub enum Body {
    None,
    Json(Vec<u8>),
    Form(Vec<(&'static str, String)>),
}

/// A call as a value: where, what, how long, and how its answer is read.
#[derive(Debug)]
pub struct Call<T> {
    /// `marketo` or `salesforce`, for figures.
    pub system: &'static str,
    /// Which call it is, for figures.
    pub name: &'static str,
    pub method: Method,
    /// Begins with a slash; goes below the endpoint's base.
    pub path: String,
    pub query: Vec<(&'static str, String)>,
    pub body: Body,
    /// From sending the request to having read the answer.
    pub timeout: Duration,
    /// Turns an answer of any status into a result.
    pub read: fn(&Answer) -> Result<T, CallError>,
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// What one call is made with.
#[derive(Debug, Clone, Copy)]
pub struct With<'a> {
    pub endpoint: &'a Endpoint,
    pub token: Option<&'a SecretString>,
    pub request_id: &'a str,
}

/// A download under way.
#[derive(Debug)]
pub struct Download {
    pub status: u16,
    pub headers: HeaderMap,
    response: reqwest::Response,
    silence: Duration,
}

/// By how much the clocks of others may differ from ours.
const TOLERATED_MS: i64 = 30_000;
/// The longest silence within a download.
const SILENCE: Duration = Duration::from_secs(30);

impl Download {
    /// The next piece; `None` at the end. No piece may take longer than half a minute.
    ///
    /// # Errors
    /// When the connection broke or stalled.
    pub async fn piece(&mut self) -> Result<Option<Bytes>, CallError> {
        tokio::time::timeout(self.silence, self.response.chunk()).await.map_err(|_| CallError::Timeout)?.map_err(|error| kind(&error))
    }
}

/// The executor. One for the process; it keeps connections open.
#[derive(Debug, Clone)]
pub struct Caller {
    client: reqwest::Client,
    /// Keeps no connection.
    afresh: reqwest::Client,
    hosts: Hosts,
    salesforce_timeout: Duration,
    marketo_timeout: Duration,
    ahead_ms: Arc<AtomicI64>,
}

impl Caller {
    /// An executor that may call Marketo's and Salesforce's hosts and the extra ones of the settings.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    #[expect(clippy::disallowed_methods, reason = "the one home of outgoing calls to other systems")]
    pub fn new(settings: &Settings) -> Result<Self, CallError> {
        let hosts = Hosts::new(&settings.marketo.extra_hosts, &settings.salesforce.extra_hosts);
        let client = |kept: usize| {
            reqwest::Client::builder()
                .user_agent(concat!("msi-gateway/", env!("CARGO_PKG_VERSION")))
                .redirect(reqwest::redirect::Policy::none())
                .referer(false)
                .no_proxy()
                .dns_resolver(hosts.resolver())
                .connect_timeout(Duration::from_secs(5))
                .pool_idle_timeout(Duration::from_mins(1))
                .pool_max_idle_per_host(kept)
                .build()
                .map_err(|_| CallError::BadAnswer("TLS cannot be set up on this machine"))
        };
        let (client, afresh) = (client(usize::MAX)?, client(0)?);
        let seconds = |seconds: u32| Duration::from_secs(u64::from(seconds.max(1)));
        Ok(Self {
            client,
            afresh,
            hosts,
            salesforce_timeout: seconds(settings.salesforce.timeout_seconds),
            marketo_timeout: seconds(settings.marketo.timeout_seconds),
            ahead_ms: Arc::default(),
        })
    }

    /// The allow-list behind it.
    #[must_use]
    pub fn hosts(&self) -> &Hosts {
        &self.hosts
    }

    /// By how much our wall clock runs ahead of those of Marketo and Salesforce, as the last answer told; 0 when it is no more than
    /// half a minute.
    #[must_use]
    pub fn ahead_ms(&self) -> i64 {
        Some(self.ahead_ms.load(Ordering::Relaxed)).filter(|ahead| *ahead > TOLERATED_MS).unwrap_or(0)
    }

    fn compare_clocks(&self, headers: &HeaderMap) {
        let date = headers.get(DATE).and_then(|value| value.to_str().ok());
        if let Some(theirs) = date.and_then(|text| jiff::fmt::rfc2822::parse(text).ok()) {
            let ahead = clock::now_ms().saturating_sub(theirs.timestamp().as_millisecond());
            if self.ahead_ms.swap(ahead, Ordering::Relaxed).abs() <= TOLERATED_MS && ahead.abs() > TOLERATED_MS {
                tracing::error!(ahead_ms = ahead, "this machine's clock is wrong: Marketo and Salesforce have another time");
            }
        }
    }

    /// How long a call to Salesforce may take.
    #[must_use]
    pub fn salesforce_timeout(&self) -> Duration {
        self.salesforce_timeout
    }

    // Each call knows how long its answer may take; an operator may want to wait less.
    fn deadline<T>(&self, call: &Call<T>) -> Duration {
        if call.system == "marketo" { call.timeout.min(self.marketo_timeout) } else { call.timeout }
    }

    /// Carries a call out: what changes something once; a question to Salesforce again when its connection broke.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn send<T>(&self, call: &Call<T>, with: With<'_>) -> Result<T, CallError> {
        let began = clock::instant();
        let span = tracing::debug_span!("upstream", system = call.system, call = call.name, request_id = with.request_id);
        let whole = async {
            let answer = bounded(self.answered(call, with).await?).await?;
            self.compare_clocks(&answer.headers);
            (call.read)(&answer)
        };
        let result = tokio::time::timeout(self.deadline(call), whole).instrument(span).await.unwrap_or(Err(CallError::Timeout));
        let outcome = result.as_ref().map_or_else(CallError::outcome, |_| "ok");
        figures(call.system, call.name, outcome, began);
        if let Err(error) = &result {
            tracing::warn!(system = call.system, call = call.name, request_id = with.request_id, instance = with.endpoint.instance(), outcome, %error, "call failed");
        }
        result
    }

    // The other side may end a connection that rested just as it is used again. What only asks is asked once more, on a connection of
    // its own, as others that rested may have ended with it. Marketo counts every call; who asks it comes again by themselves.
    async fn answered<T>(&self, call: &Call<T>, with: With<'_>) -> Result<reqwest::Response, CallError> {
        let broken = match Self::request(&self.client, call, with)?.send().await {
            Ok(response) => return Ok(response),
            Err(error) => error,
        };
        let worth_it = call.method == Method::GET && call.system == "salesforce" && !broken.is_timeout() && !broken.is_connect();
        if kind(&broken) != CallError::Unreachable || !worth_it {
            return Err(kind(&broken));
        }
        Self::request(&self.afresh, call, with)?.send().await.map_err(|error| kind(&error))
    }

    /// Begins a download at byte `from`; the call's deadline covers the beginning only.
    ///
    /// # Errors
    /// See [`CallError`]; the status is for the caller to judge.
    pub async fn download(&self, call: &Call<()>, with: With<'_>, from: u64) -> Result<Download, CallError> {
        let began = clock::instant();
        let mut request = Self::request(&self.client, call, with)?;
        if from > 0 {
            request = request.header(RANGE, format!("bytes={from}-"));
        }
        let result = match tokio::time::timeout(self.deadline(call), request.send()).await {
            Err(_) => Err(CallError::Timeout),
            Ok(Err(error)) => Err(kind(&error)),
            Ok(Ok(response)) => Ok(Download {
                status: response.status().as_u16(),
                headers: response.headers().clone(),
                response,
                silence: SILENCE.min(self.deadline(call)),
            }),
        };
        figures(call.system, call.name, result.as_ref().map_or_else(CallError::outcome, |_| "ok"), began);
        result
    }

    fn request<T>(client: &reqwest::Client, call: &Call<T>, with: With<'_>) -> Result<reqwest::RequestBuilder, CallError> {
        let mut request = client.request(call.method.clone(), format!("{}{}", with.endpoint.base(), call.path));
        request = request.header(ACCEPT, "application/json, */*;q=0.1");
        if !call.query.is_empty() {
            request = request.query(&call.query);
        }
        request = match &call.body {
            Body::None => request,
            Body::Json(bytes) => request.header(CONTENT_TYPE, "application/json").body(bytes.clone()),
            Body::Form(fields) => request.form(fields),
        };
        if let Ok(id) = HeaderValue::from_str(with.request_id) {
            request = request.header("X-Request-Id", id);
        }
        if let Some(token) = with.token {
            let mut value = HeaderValue::from_str(&format!("Bearer {}", token.expose_secret()))
                .map_err(|_| CallError::BadAnswer("the token has characters that a header cannot carry"))?;
            value.set_sensitive(true);
            request = request.header(AUTHORIZATION, value);
        }
        Ok(request)
    }
}

async fn bounded(response: reqwest::Response) -> Result<Answer, CallError> {
    let (status, headers) = (response.status(), response.headers().clone());
    if status.is_redirection() {
        return Err(CallError::Redirected);
    }
    let mut body = BytesMut::new();
    let mut pieces = response.bytes_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| kind(&error))?;
        if body.len() + piece.len() > BODY_LIMIT {
            return Err(CallError::TooLarge(BODY_LIMIT));
        }
        body.extend_from_slice(&piece);
    }
    Ok(Answer { status: status.as_u16(), headers, body: body.freeze() })
}

// Only the kind of an error leaves: its text may hold the address, and identity's address holds a secret.
fn kind(error: &reqwest::Error) -> CallError {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(refused) = inner.downcast_ref::<AddressRefused>() {
            return CallError::NotAllowed(*refused);
        }
        // Once a connection stands, what was sent may have arrived.
        if error.is_connect() && is_of_tls(inner) {
            return CallError::Untrusted;
        }
        cause = inner.source();
    }
    // A body that breaks off and one that cannot be unpacked look the same here; both may be whole the next time.
    if error.is_timeout() { CallError::Timeout } else { CallError::Unreachable }
}

// An error of input and output may carry another one, and names only that one's cause as its own.
fn is_of_tls(error: &(dyn std::error::Error + 'static)) -> bool {
    error.is::<TlsError>() || error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref).is_some_and(|inner| is_of_tls(inner))
}

fn figures(system: &'static str, call: &'static str, outcome: &'static str, began: std::time::Instant) {
    metrics::counter!("upstream_calls_total", "system" => system, "call" => call, "outcome" => outcome).increment(1);
    metrics::histogram!("upstream_seconds", "system" => system, "call" => call).record(began.elapsed().as_secs_f64());
}

#[cfg(test)]
mod tests;
