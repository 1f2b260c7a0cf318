//! The cookie of the settings pages, and the session behind it.
//!
//! The cookie carries 256 random bits and nothing else; the session is kept in [`Memory`] under their hash.
//! Somebody who is not signed in has a cookie without a session: it ties forms to the browser that was
//! shown them. Signing in always makes a new id, so an id that was planted is worth nothing.

use std::net::IpAddr;

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::broker::Visitor;
use super::memory::Memory;
use super::session::{fingerprint, new_id};
use crate::clock;
use crate::problem::Problem;

/// Milliseconds without a request after which a session ends.
pub const IDLE_MS: i64 = 8 * 60 * 60 * 1000;
/// Milliseconds after which every session ends.
pub const ABSOLUTE_MS: i64 = 24 * 60 * 60 * 1000;
/// Milliseconds between two notes of when a session was last used.
const NOTE_MS: i64 = 60 * 1000;
/// Seconds that an ended session is remembered as such.
const EPITAPH_SECONDS: i64 = 60 * 60;
/// Characters of an id: 32 bytes in base64 without padding.
const ID_LENGTH: usize = 43;

/// Who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum SignedIn {
    /// A member of an account; its role is the account's to know.
    Member { account: String, member: String },
    /// Somebody who proved to be an admin of the account's Marketo instance.
    MarketoAdmin { account: String, email: String },
}

impl SignedIn {
    /// On whose behalf the broker calls.
    #[must_use]
    pub fn visitor(&self) -> Visitor {
        match self.clone() {
            Self::Member { account, member } => {
                Visitor { kind: "member".to_owned(), account: Some(account), member: Some(member), ..Visitor::default() }
            }
            Self::MarketoAdmin { account, email } => {
                Visitor { kind: "marketo_admin".to_owned(), account: Some(account), email: Some(email), ..Visitor::default() }
            }
        }
    }
}

/// A session as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WebSession {
    pub who: SignedIn,
    /// Epoch milliseconds.
    pub created: i64,
    pub seen: i64,
}

/// The id of a browser, from its cookie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BrowserId(String);

/// What the cookie says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Presented {
    /// No cookie of ours.
    Nothing,
    /// A cookie that can't be ours.
    Unreadable,
    Id(BrowserId),
}

impl BrowserId {
    /// A new id.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn new() -> Result<Self, Problem> {
        new_id().map(Self)
    }

    /// The id's hash: what may be stored and handed to the account.
    #[must_use]
    pub fn hash(&self) -> String {
        fingerprint(self.0.as_bytes())
    }

    /// The id itself, for the form token that is derived from it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    fn key(&self) -> String {
        format!("msi:web:{}", self.hash())
    }
}

/// Whether pages are reached by plain HTTP on this very machine, as in the demo.
#[must_use]
pub fn is_loopback(public_url: &str) -> bool {
    url::Url::parse(public_url).is_ok_and(|url| {
        url.scheme() == "http"
            && match url.host() {
                Some(url::Host::Domain(name)) => name == "localhost",
                Some(url::Host::Ipv4(address)) => IpAddr::V4(address).is_loopback(),
                Some(url::Host::Ipv6(address)) => IpAddr::V6(address).is_loopback(),
                None => false,
            }
    })
}

/// The name of the cookie; only plain HTTP on this machine goes without the prefix that browsers guard.
#[must_use]
pub fn name(public_url: &str) -> &'static str {
    if is_loopback(public_url) { "msi" } else { "__Host-msi" }
}

/// The cookie that a browser sent.
///
/// # Errors
/// `request.ambiguous` when it sent two: one of them was planted.
pub fn presented(request: &HttpRequest, public_url: &str) -> Result<Presented, Problem> {
    let name = name(public_url);
    let headers = request.headers().get_all(header::COOKIE);
    let mut values = headers
        .filter_map(|value| value.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(|(found, _)| *found == name)
        .map(|(_, value)| value);
    let Some(value) = values.next() else { return Ok(Presented::Nothing) };
    if values.next().is_some() {
        return Err(Problem::bad_request("request.ambiguous", "The request carries the session cookie twice. Clear this site's cookies."));
    }
    let plain = value.len() == ID_LENGTH && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    Ok(if plain { Presented::Id(BrowserId(value.to_owned())) } else { Presented::Unreadable })
}

/// Sets the cookie.
///
/// # Errors
/// When it can't be written, which is our fault.
pub fn set(answer: &mut HttpResponse, id: &BrowserId, public_url: &str) -> Result<(), Problem> {
    let cookie = Cookie::build(name(public_url), id.0.clone())
        .path("/")
        .http_only(true)
        .same_site(SameSite::Lax)
        .secure(!is_loopback(public_url))
        .finish();
    answer.add_cookie(&cookie).map_err(|_| Problem::internal())
}

/// Opens a session under a new id and ends the one that the browser had.
///
/// # Errors
/// When the machine gives no randomness.
pub async fn open(memory: &Memory, who: SignedIn, before: Option<&BrowserId>) -> Result<BrowserId, Problem> {
    if let Some(before) = before {
        memory.forget(&before.key()).await;
    }
    let id = BrowserId::new()?;
    let now = clock::now_ms();
    store(memory, &id, &WebSession { who, created: now, seen: now }).await?;
    metrics::counter!("web_sessions_opened_total").increment(1);
    Ok(id)
}

/// The living session of a browser.
///
/// # Errors
/// `session.invalid` when there is none, `session.expired` when it was idle for too long or is too old.
pub async fn living(memory: &Memory, id: &BrowserId) -> Result<WebSession, Problem> {
    let kept = memory.get(&id.key()).await.ok_or_else(invalid)?;
    let mut session: WebSession = serde_json::from_slice(&kept).map_err(|_| invalid())?;
    let now = clock::now_ms();
    if now.saturating_sub(session.seen) >= IDLE_MS || now.saturating_sub(session.created) >= ABSOLUTE_MS {
        return Err(Problem::unauthorized("session.expired", "Your session has ended. Sign in again."));
    }
    if now.saturating_sub(session.seen) >= NOTE_MS {
        session.seen = now;
        store(memory, id, &session).await?;
    }
    Ok(session)
}

/// Ends the session of a browser.
pub async fn end(memory: &Memory, id: &BrowserId) {
    memory.forget(&id.key()).await;
}

async fn store(memory: &Memory, id: &BrowserId, session: &WebSession) -> Result<(), Problem> {
    let bytes = serde_json::to_vec(session).map_err(|_| Problem::internal())?;
    let left = session.created.saturating_add(ABSOLUTE_MS).saturating_sub(clock::now_ms()).div_euclid(1000).saturating_add(EPITAPH_SECONDS);
    memory.put(&id.key(), Bytes::from(bytes), u64::try_from(left).unwrap_or(1)).await;
    Ok(())
}

/// There is no session behind the cookie.
#[must_use]
pub fn invalid() -> Problem {
    Problem::unauthorized("session.invalid", "You are not signed in, or were signed out. Sign in again.")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    const PUBLIC: &str = "https://msi.example.com";

    #[test]
    fn only_one_well_formed_cookie_is_an_id() {
        let id = "a".repeat(ID_LENGTH);
        let sent = |line: &str| presented(&TestRequest::default().insert_header(("cookie", line)).to_http_request(), PUBLIC);
        assert_eq!(sent(&format!("x=1; __Host-msi={id}; y=2")).unwrap(), Presented::Id(BrowserId(id.clone())));
        for odd in ["__Host-msi=", "__Host-msi=abc", &format!("__Host-msi={}", "a".repeat(5_000)), &format!("__Host-msi=%{}", &id[1..])] {
            assert_eq!(sent(odd).unwrap(), Presented::Unreadable);
        }
        assert_eq!(sent(&format!("msi={id}; __Host-msi_0={id}")).unwrap(), Presented::Nothing);
        assert_eq!(sent(&format!("__Host-msi={id}; __Host-msi={id}")).unwrap_err().code, "request.ambiguous");
    }

    #[test]
    fn only_this_very_machine_goes_without_https() {
        for (address, loopback) in [
            ("http://127.0.0.1:8080", true),
            ("http://localhost:1", true),
            ("http://[::1]:1", true),
            ("https://127.0.0.1", false),
            ("http://msi.example.com", false),
            ("http://127.0.0.1.evil.example", false),
            ("", false),
        ] {
            assert_eq!(is_loopback(address), loopback, "{address}");
        }
    }
}
