//! Who is at a settings page: which browser, signed in as whom, reading which language, from where.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::cookie::{Cookie, SameSite, time::Duration};
use actix_web::http::header;

use super::super::broker::{Letter, Verb, Visitor};
use super::super::cookie::{self, BrowserId, Presented, WebSession};
use super::super::edge;
use super::super::face::Face;
use super::super::page::Language;
use super::row::Who;
use crate::problem::Problem;

/// The cookie that keeps the language of somebody who is not signed in.
const LANGUAGE: &str = "msi-language";

/// Somebody at a page.
#[derive(Debug)]
pub struct Caller {
    pub browser: BrowserId,
    /// The browser does not have its id yet.
    pub new_browser: bool,
    pub session: Option<WebSession>,
    /// The language that the browser asks for; a member's own goes before it.
    pub language: Language,
    /// The language was just chosen from the menu.
    pub chosen: bool,
    pub visitor: Visitor,
    pub request_id: String,
    pub from: Option<String>,
}

impl Caller {
    /// Reads a request to a page of `who`.
    ///
    /// # Errors
    /// `request.ambiguous`; `session.*` where one has to be signed in; `auth.forbidden` for a Marketo admin at a member's page.
    pub async fn read(request: &HttpRequest, face: &Face, who: Who) -> Result<Self, Problem> {
        let public_url = &face.house.settings.gateway.public_url;
        let presented = cookie::presented(request, public_url)?;
        let (browser, new_browser, session) = match presented {
            Presented::Id(id) => match cookie::living(&face.memory, &id).await {
                Ok(session) => (id, false, Some(session)),
                Err(_) if who == Who::Anyone => (id, false, None),
                Err(problem) => return Err(problem),
            },
            Presented::Nothing | Presented::Unreadable if who == Who::Anyone => (BrowserId::new()?, true, None),
            Presented::Nothing => return Err(missing()),
            Presented::Unreadable => return Err(cookie::invalid()),
        };
        let visitor = match (&session, who) {
            (Some(session), Who::SignedIn | Who::Member) => session.who.visitor(),
            _ => Visitor::face(),
        };
        if let Some(account) = visitor.account.as_deref() {
            edge::share(request, face, account)?;
        }
        if who == Who::Member && visitor.kind != "member" {
            return Err(Problem::forbidden(
                "auth.members_only",
                "A Marketo admin can use Actions Config. For the settings, accept your invitation or sign in as a member.",
            ));
        }
        let (language, chosen) = language(request);
        let from = address(request, face);
        Ok(Self { browser, new_browser, session, language, chosen, visitor, request_id: edge::request_id(request), from })
    }

    /// A call of the account on behalf of this person.
    #[must_use]
    pub fn letter<'a>(&'a self, verb: Verb, path: &'a str) -> Letter<'a> {
        let from = self.from.as_deref();
        Letter { verb, path, visitor: &self.visitor, request_id: &self.request_id, body: None, once: None, from }
    }

    /// Gives the browser what it does not have yet: its id, the language that was chosen.
    ///
    /// # Errors
    /// When a cookie can't be written, which is our fault.
    pub fn equip(&self, answer: &mut HttpResponse, public_url: &str) -> Result<(), Problem> {
        if self.new_browser {
            cookie::set(answer, &self.browser, public_url)?;
        }
        if self.chosen {
            let cookie = Cookie::build(LANGUAGE, self.language.tag())
                .path("/")
                .http_only(true)
                .same_site(SameSite::Lax)
                .secure(!cookie::is_loopback(public_url))
                .max_age(Duration::days(365))
                .finish();
            answer.add_cookie(&cookie).map_err(|_| Problem::internal())?;
        }
        Ok(())
    }
}

/// Nobody is signed in at this browser.
fn missing() -> Problem {
    Problem::unauthorized("session.missing", "Sign in first.")
}

/// The language that a request asks for: chosen in the menu, kept from then, or the browser's own.
#[must_use]
pub fn language(request: &HttpRequest) -> (Language, bool) {
    let named = |tag: &str| Language::ALL.into_iter().find(|known| known.tag() == tag);
    let query = url::form_urlencoded::parse(request.query_string().as_bytes()).find(|(name, _)| name == "language");
    if let Some(language) = query.and_then(|(_, tag)| named(&tag)) {
        return (language, true);
    }
    let kept = request.cookie(LANGUAGE).and_then(|cookie| named(cookie.value()));
    let accepted = || {
        let wishes = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok()).unwrap_or_default();
        Language::from_accept(wishes)
    };
    (kept.unwrap_or_else(accepted), false)
}

/// The peer's address, or what a trusted proxy in front says it was.
#[must_use]
pub fn address(request: &HttpRequest, face: &Face) -> Option<String> {
    let peer = request.peer_addr()?.ip();
    let trusted = &face.house.settings.gateway.trusted_proxies;
    if !trusted.contains(&peer) {
        return Some(peer.to_string());
    }
    let forwarded = request.headers().get_all("x-forwarded-for").filter_map(|value| value.to_str().ok());
    let hops: Vec<&str> = forwarded.flat_map(|line| line.split(',')).map(str::trim).collect();
    let hop = hops.iter().rev().find_map(|hop| hop.parse().ok().filter(|address| !trusted.contains(address)));
    Some(hop.unwrap_or(peer).to_string())
}
