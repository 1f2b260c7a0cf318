//! To the account and back: who is asking goes out as a short-lived signed token, what went wrong comes back
//! as a problem. Equal questions that are asked at once are asked once.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use moka::future::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use self::visitor::Visitor;
use super::token::KeyTooShort;
use crate::clock;
use crate::problem::Problem;
use crate::telemetry::traces;

mod visitor;

/// Longest that the account may take; its own waits for other systems are shorter.
const DEADLINE: Duration = Duration::from_secs(8);
/// Longest that the account may take when a person waits for another system to be asked (connecting, previews).
const PATIENCE: Duration = Duration::from_secs(25);
/// Longest that a file may take on its way.
const UPLOAD: Duration = Duration::from_mins(3);
/// Largest answer of the account that is read, in bytes.
const LARGEST: usize = 4 * 1024 * 1024;
/// Seconds that the token of one call lives.
const TOKEN_SECONDS: i64 = 30;
/// Seconds for which what the account said of an org is believed.
const ORG_SECONDS: u64 = 30;

#[derive(Serialize)]
struct Claims<'a> {
    iss: &'static str,
    aud: &'static str,
    iat: i64,
    exp: i64,
    rid: &'a str,
    /// Where the person is, for the audit log.
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'a str>,
    vis: &'a Visitor,
}

/// A Salesforce org as the account knows it.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Org {
    pub account_id: String,
    pub org_id: String,
    pub name: String,
    pub status: String,
    pub instance_url: String,
    pub frame_ancestors: Vec<String>,
    pub certificates: Vec<Certificate>,
}

/// A key that may sign for an org.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Certificate {
    pub id: String,
    pub public_key_pem: String,
    /// Epoch milliseconds.
    pub not_before: i64,
    pub not_after: i64,
}

/// A successful answer of the account.
#[derive(Debug, Clone)]
pub struct Answer {
    pub body: Bytes,
    /// Seconds for which it may be served again.
    pub max_age: u64,
}

/// The way to the account.
pub struct Broker {
    http: reqwest::Client,
    base: String,
    key: EncodingKey,
    header: Header,
    orgs: Cache<String, Arc<Org>>,
    in_flight: Cache<String, Answer>,
}

impl Broker {
    /// To the account at `base`, with the key that both halves share.
    ///
    /// # Errors
    /// When the key is too short or the machine has no HTTP client to give.
    pub fn new(base: &str, key: &SecretString) -> anyhow::Result<Self> {
        if key.expose_secret().len() < super::token::SHORTEST_KEY {
            return Err(KeyTooShort("account.key").into());
        }
        Ok(Self {
            http: client()?,
            base: base.trim_end_matches('/').to_owned(),
            key: EncodingKey::from_secret(key.expose_secret().as_bytes()),
            header: Header::new(Algorithm::HS256),
            orgs: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_secs(ORG_SECONDS)).build(),
            // Long enough to gather those who ask at once, short enough to be no cache.
            in_flight: Cache::builder().max_capacity(2_000).time_to_live(Duration::from_millis(100)).build(),
        })
    }

    /// The org with this id, as the account knows it; asked at most once in half a minute.
    ///
    /// # Errors
    /// `tenant.unknown`, or what kept the account from answering.
    pub async fn org(&self, org_id: &str, request_id: &str) -> Result<Arc<Org>, Problem> {
        if let Some(org) = self.orgs.get(org_id).await {
            return Ok(org);
        }
        let ask = async {
            let answer = self.call(reqwest::Method::GET, &format!("/v1/orgs/{org_id}"), &Visitor::face(), request_id, None).await?;
            serde_json::from_slice::<Org>(&answer.body).map(Arc::new).map_err(|_| unreadable())
        };
        self.orgs.try_get_with_by_ref(org_id, ask).await.map_err(|problem: Arc<Problem>| (*problem).clone())
    }

    /// Asks for an org anew the next time: something about it changed.
    pub async fn forget_org(&self, org_id: &str) {
        self.orgs.invalidate(org_id).await;
        // Some name an org by 15 characters.
        if let Some(short) = org_id.get(..15) {
            self.orgs.invalidate(short).await;
        }
    }

    /// Whether the user's access token still lives at the org.
    ///
    /// # Errors
    /// What kept the org or the account from answering.
    pub async fn is_live(&self, org_id: &str, check: &LiveCheck<'_>, request_id: &str) -> Result<bool, Problem> {
        #[derive(Deserialize)]
        struct Live {
            live: bool,
        }
        let body = serde_json::to_vec(check).map_err(|_| Problem::internal())?;
        let path = format!("/v1/orgs/{org_id}/live-checks");
        let answer = self.call(reqwest::Method::POST, &path, &Visitor::face(), request_id, Some(body)).await?;
        serde_json::from_slice::<Live>(&answer.body).map(|answer| answer.live).map_err(|_| unreadable())
    }

    /// When the account's present memory of seen requests began: 0 when none was ever lost.
    ///
    /// # Errors
    /// What kept the account from answering.
    pub async fn memory_began(&self, org_id: &str, epoch: &str, request_id: &str) -> Result<i64, Problem> {
        #[derive(Deserialize)]
        struct Began {
            began_at: i64,
        }
        let body = serde_json::to_vec(&serde_json::json!({ "epoch": epoch })).map_err(|_| Problem::internal())?;
        let path = format!("/v1/orgs/{org_id}/memory-epochs");
        let answer = self.call(reqwest::Method::POST, &path, &Visitor::face(), request_id, Some(body)).await?;
        serde_json::from_slice::<Began>(&answer.body).map(|answer| answer.began_at).map_err(|_| unreadable())
    }

    /// Reads something for a visitor; equal questions at the same time share one call.
    ///
    /// # Errors
    /// The account's own problem, or why it could not be asked.
    pub async fn get(&self, path: &str, visitor: &Visitor, request_id: &str) -> Result<Answer, Problem> {
        let scope = serde_json::to_string(visitor).map_err(|_| Problem::internal())?;
        let ask = self.call(reqwest::Method::GET, path, visitor, request_id, None);
        self.in_flight.try_get_with(format!("{scope} {path}"), ask).await.map_err(|problem: Arc<Problem>| (*problem).clone())
    }

    /// Asks or tells the account something for a person who waits for it; nothing of it is shared or kept.
    ///
    /// # Errors
    /// The account's own problem, or why it could not be asked.
    pub async fn send(&self, letter: Letter<'_>) -> Result<Answer, Problem> {
        let mut request = self.request(letter.verb.into(), letter.path, letter.visitor, letter.request_id, letter.from)?;
        if let Some(once) = letter.once {
            request = request.header("Idempotency-Key", once);
        }
        if let Some(body) = letter.body {
            let body = serde_json::to_vec(body).map_err(|_| Problem::internal())?;
            request = request.header("Content-Type", "application/json").body(body);
        }
        Self::answered(request, PATIENCE, letter.request_id).await
    }

    /// Carries a file to the account as it arrives.
    ///
    /// # Errors
    /// The account's own problem, or why it could not be asked.
    pub async fn upload<S>(&self, letter: Letter<'_>, file_name: &str, chunks: S) -> Result<Answer, Problem>
    where
        S: futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    {
        let mut request = self
            .request(letter.verb.into(), letter.path, letter.visitor, letter.request_id, letter.from)?
            .header("Content-Type", "application/octet-stream")
            .header("X-File-Name", file_name)
            .body(reqwest::Body::wrap_stream(chunks));
        if let Some(once) = letter.once {
            request = request.header("Idempotency-Key", once);
        }
        Self::answered(request, UPLOAD, letter.request_id).await
    }

    /// A file of the account, as it arrives.
    ///
    /// # Errors
    /// The account's own problem, or why it could not be asked.
    pub async fn download(
        &self,
        letter: Letter<'_>,
    ) -> Result<impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + 'static + use<>, Problem> {
        let request = self.request(letter.verb.into(), letter.path, letter.visitor, letter.request_id, letter.from)?.timeout(UPLOAD);
        let answer = request.send().await.map_err(|_| unanswered())?;
        if !answer.status().is_success() {
            let body = answer.bytes().await.map_err(|_| unanswered())?;
            return Err(said(&body, letter.request_id).unwrap_or_else(|_| unanswered()));
        }
        Ok(answer.bytes_stream().map(|chunk| chunk.map_err(|_| std::io::Error::other("the account stopped in the middle"))))
    }

    /// Carries a program's call to the account and its answer back, both as they arrive.
    ///
    /// # Errors
    /// The account's own problem, or why it could not be asked.
    pub async fn pass(
        &self,
        passage: Passage<'_>,
    ) -> Result<Passed<impl futures_util::Stream<Item = Result<Bytes, std::io::Error>> + 'static + use<>>, Problem> {
        let method = reqwest::Method::from_bytes(passage.method.as_bytes()).map_err(|_| Problem::not_found())?;
        let mut request = self.request(method, passage.path, passage.visitor, passage.request_id, passage.from)?;
        for (name, value) in passage.headers {
            request = request.header(name, value);
        }
        let deadline = if matches!(passage.body, Cargo::Stream(_)) { UPLOAD } else { PATIENCE };
        let request = match passage.body {
            Cargo::Nothing => request,
            Cargo::Whole(bytes) => request.body(bytes),
            Cargo::Stream(body) => request.body(body),
        };
        // The deadline is for the head of the answer; a file may take as long as a file takes.
        let answer = tokio::time::timeout(deadline, request.timeout(UPLOAD).send()).await;
        let Ok(Ok(answer)) = answer else {
            metrics::counter!("broker_calls_total", "outcome" => "unanswered").increment(1);
            tracing::warn!(request_id = passage.request_id, "the account did not answer");
            return Err(unanswered());
        };
        let status = answer.status();
        let outcome = if status.is_success() {
            "ok"
        } else if status.is_client_error() {
            "refused"
        } else {
            "failed"
        };
        metrics::counter!("broker_calls_total", "outcome" => outcome).increment(1);
        if !status.is_success() {
            let body = answer.bytes().await.map_err(|_| unanswered())?;
            return Err(said(&body, passage.request_id).unwrap_or_else(|_| unanswered()));
        }
        let header = |name: &str| answer.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned);
        let (content_type, disposition) = (header("content-type"), header("content-disposition"));
        let body = answer.bytes_stream().map(|chunk| chunk.map_err(|_| std::io::Error::other("the account stopped in the middle")));
        Ok(Passed { status: status.as_u16(), content_type, disposition, body })
    }

    /// Whether the account is ready.
    pub async fn ready(&self) -> bool {
        let request = self.http.get(format!("{}/readyz", self.base)).timeout(Duration::from_secs(2));
        request.send().await.is_ok_and(|answer| answer.status().is_success())
    }

    async fn call(
        &self,
        method: reqwest::Method,
        path: &str,
        visitor: &Visitor,
        request_id: &str,
        body: Option<Vec<u8>>,
    ) -> Result<Answer, Problem> {
        let mut request = self.request(method, path, visitor, request_id, None)?;
        if let Some(body) = body {
            request = request.header("Content-Type", "application/json").body(body);
        }
        Self::answered(request, DEADLINE, request_id).await
    }

    fn request(
        &self,
        method: reqwest::Method,
        path: &str,
        visitor: &Visitor,
        request_id: &str,
        from: Option<&str>,
    ) -> Result<reqwest::RequestBuilder, Problem> {
        let now = clock::now_s();
        let claims =
            Claims { iss: "msi-face", aud: "msi-account", iat: now, exp: now + TOKEN_SECONDS, rid: request_id, from, vis: visitor };
        let token = jsonwebtoken::encode(&self.header, &claims, &self.key).map_err(|_| Problem::internal())?;
        let request = self.http.request(method, format!("{}{path}", self.base)).bearer_auth(token).header("X-Request-Id", request_id);
        Ok(match traces::traceparent() {
            Some(traceparent) => request.header("traceparent", traceparent),
            None => request,
        })
    }

    async fn answered(request: reqwest::RequestBuilder, deadline: Duration, request_id: &str) -> Result<Answer, Problem> {
        let answer = tokio::time::timeout(deadline, exchange(request, request_id)).await.unwrap_or(Err(Unanswered::Late));
        metrics::counter!("broker_calls_total", "outcome" => outcome(&answer)).increment(1);
        match answer {
            Ok(Ok(answer)) => Ok(answer),
            Ok(Err(problem)) => Err(problem),
            Err(why) => {
                tracing::warn!(request_id, ?why, "the account did not answer");
                Err(unanswered())
            }
        }
    }
}

/// What a call does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    Get,
    Post,
    Put,
    Patch,
    Delete,
}

impl From<Verb> for reqwest::Method {
    fn from(verb: Verb) -> Self {
        match verb {
            Verb::Get => Self::GET,
            Verb::Post => Self::POST,
            Verb::Put => Self::PUT,
            Verb::Patch => Self::PATCH,
            Verb::Delete => Self::DELETE,
        }
    }
}

/// One call on behalf of a person at the settings pages.
#[derive(Debug, Clone)]
pub struct Letter<'a> {
    pub verb: Verb,
    /// Path and query below the account's base.
    pub path: &'a str,
    pub visitor: &'a Visitor,
    pub request_id: &'a str,
    pub body: Option<&'a serde_json::Value>,
    /// The same for the same form sent twice.
    pub once: Option<&'a str>,
    /// Where the person is, for the audit log.
    pub from: Option<&'a str>,
}

/// A program's call on its way to the account.
pub struct Passage<'a> {
    pub method: &'a str,
    /// Path and query below the account's base.
    pub path: &'a str,
    pub visitor: &'a Visitor,
    pub request_id: &'a str,
    pub from: Option<&'a str>,
    pub headers: Vec<(&'static str, String)>,
    pub body: Cargo,
}

/// What a call carries.
pub enum Cargo {
    Nothing,
    Whole(Bytes),
    Stream(reqwest::Body),
}

impl Cargo {
    /// A body that is sent as it arrives.
    pub fn stream<S>(chunks: S) -> Self
    where
        S: futures_util::Stream<Item = Result<Bytes, std::io::Error>> + Send + 'static,
    {
        Self::Stream(reqwest::Body::wrap_stream(chunks))
    }
}

/// The account's answer on its way back.
pub struct Passed<S> {
    pub status: u16,
    pub content_type: Option<String>,
    pub disposition: Option<String>,
    pub body: S,
}

/// What the account needs to check a user's access token at the org.
#[derive(Serialize)]
pub struct LiveCheck<'a> {
    pub instance_url: &'a str,
    pub oauth_token: &'a str,
    pub user_id: &'a str,
}

#[derive(Debug)]
enum Unanswered {
    Late,
    Unreachable,
    TooLarge,
    NotOurs,
    /// The account does not know us.
    Stranger,
}

fn outcome(answer: &Result<Result<Answer, Problem>, Unanswered>) -> &'static str {
    match answer {
        Ok(Ok(_)) => "ok",
        Ok(Err(problem)) if problem.status < 500 => "refused",
        Ok(Err(_)) => "failed",
        Err(_) => "unanswered",
    }
}

async fn exchange(request: reqwest::RequestBuilder, request_id: &str) -> Result<Result<Answer, Problem>, Unanswered> {
    let answer = request.send().await.map_err(|_| Unanswered::Unreachable)?;
    let success = answer.status().is_success();
    let max_age = answer.headers().get("cache-control").and_then(|value| value.to_str().ok()).map_or(0, max_age);
    let mut body = BytesMut::new();
    let mut stream = answer.bytes_stream();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|_| Unanswered::Unreachable)?;
        if body.len() + chunk.len() > LARGEST {
            return Err(Unanswered::TooLarge);
        }
        body.extend_from_slice(&chunk);
    }
    let body = body.freeze();
    if success {
        return Ok(Ok(Answer { body, max_age }));
    }
    said(&body, request_id).map(Err)
}

// The account's own refusal. That it does not take the face's word is no affair of whoever asks: their session is as good as before.
fn said(body: &[u8], request_id: &str) -> Result<Problem, Unanswered> {
    let problem = serde_json::from_slice::<Problem>(body).map_err(|_| Unanswered::NotOurs)?;
    if problem.code == "visitor.rejected" {
        tracing::error!(request_id, "the account does not take this face's tokens: their clocks differ, or their account.key does");
        return Err(Unanswered::Stranger);
    }
    Ok(problem)
}

fn max_age(cache_control: &str) -> u64 {
    let directives = cache_control.split(',').map(str::trim);
    directives.filter_map(|directive| directive.strip_prefix("max-age=")).find_map(|seconds| seconds.parse().ok()).unwrap_or(0)
}

fn unanswered() -> Problem {
    Problem::unavailable("account.unavailable", "The Marketo Sales account does not answer. Try again in a moment.", 5)
}

fn unreadable() -> Problem {
    Problem::unavailable("account.unavailable", "The Marketo Sales account gave an answer that this gateway does not understand.", 30)
}

#[expect(clippy::disallowed_methods, reason = "the broker is the face's one home of outgoing calls")]
fn client() -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(Duration::from_secs(2))
        .pool_idle_timeout(Duration::from_secs(20))
        .build()
}

#[cfg(test)]
mod tests {
    use super::max_age;

    #[test]
    fn max_age_is_found_among_directives() {
        assert_eq!(max_age("private, max-age=15"), 15);
        assert_eq!(max_age("no-store"), 0);
        assert_eq!(max_age("max-age=-1"), 0);
    }
}
