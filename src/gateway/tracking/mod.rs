//! What recipients of mails reach: the pixel, counted links, the way out. A link leads on although nothing behind us answers: its
//! address stands in it, under a seal; what happened is told to the account when that can be had.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::http::{Method, header};
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use moka::sync::Cache;
use serde_json::json;
use tokio::sync::Semaphore;

use self::links::{Kind, Links};
use super::admin;
use super::broker::{Letter, Verb, Visitor};
use super::cookie;
use super::edge;
use super::face::{Face, House};
use super::pace::UNKNOWN_LINKS;
use super::refusal;
use crate::clock;
use crate::problem::Problem;
use crate::settings::Settings;

mod links;
pub mod unsubscribe;

/// A transparent picture of one pixel.
const PIXEL: &[u8] = b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff\x21\xf9\x04\x01\x00\x00\x00\x00\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b";
/// Events that wait for an account that does not answer.
const MOST_WAITING: usize = 2_000;
/// More than so many clicks in one mail within two seconds are a program's.
const MOST_CLICKS: u32 = 5;
/// Parts of names by which scanners and previews call themselves.
const PROGRAMS: [&str; 16] = [
    "bot",
    "crawl",
    "spider",
    "preview",
    "scan",
    "proofpoint",
    "mimecast",
    "barracuda",
    "safelinks",
    "curl",
    "wget",
    "python",
    "headless",
    "monitor",
    "urldefense",
    "httpclient",
];

/// What the face knows about links in mails.
pub struct Tracking {
    links: Links,
    waiting: Arc<Semaphore>,
    clicks: Cache<String, Arc<AtomicU32>>,
}

impl Tracking {
    /// With the key that face and account share.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self {
            links: Links::new(&settings.account.key),
            waiting: Arc::new(Semaphore::new(MOST_WAITING)),
            clicks: Cache::builder().max_capacity(50_000).time_to_live(Duration::from_secs(2)).build(),
        }
    }
}

/// `GET /t/{token}`: a counted link, or with `.gif` behind it the pixel.
pub async fn follow(request: HttpRequest, token: Path<String>, face: Data<Face>) -> HttpResponse {
    let house = &face.house;
    if let Some(token) = token.strip_suffix(".gif") {
        if matches!(house.tracking.links.read(token), Some((Kind::Open, _, _))) && !is_own(&request, &face).await {
            tell(house, token.to_owned(), is_program(&request), edge::request_id(&request));
        }
        // The same picture for whatever token: nobody learns from it which are ours.
        return HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "image/gif"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .insert_header(("cross-origin-resource-policy", "cross-origin"))
            .body(PIXEL);
    }
    let Some((Kind::Click, mail, url)) = house.tracking.links.read(&token) else {
        return refusal::document(&request, &counted(&request, &face, unknown()).await);
    };
    // It was an address of the web when it was sealed; what a header can't carry is written as browsers write it.
    let Ok(url) = url::Url::parse(&url) else { return refusal::document(&request, &unknown()) };
    let count = house.tracking.clicks.get_with(mail, Arc::default).fetch_add(1, Ordering::Relaxed);
    if !is_own(&request, &face).await {
        tell(house, token.clone(), is_program(&request) || count >= MOST_CLICKS, edge::request_id(&request));
    }
    HttpResponse::Found()
        .insert_header((header::LOCATION, url.as_str()))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .finish()
}

fn unknown() -> Problem {
    Problem::new(
        404,
        "link.unknown",
        "Unknown link",
        "This link is not one of ours, or it is not whole. Copy the whole link from the mail.",
    )
}

// Whoever guesses has 2^128 to go through, and is asked to wait before that.
async fn counted(request: &HttpRequest, face: &Face, problem: Problem) -> Problem {
    UNKNOWN_LINKS.refused(face, admin::address(request, face).as_deref(), problem).await
}

// Whether it is somebody of ours who looks: a member who is signed in with this browser reads what they sent themselves.
async fn is_own(request: &HttpRequest, face: &Face) -> bool {
    let Ok(cookie::Presented::Id(id)) = cookie::presented(request, &face.house.settings.gateway.public_url) else { return false };
    let own = matches!(cookie::living(&face.memory, &id).await, Ok(session) if matches!(session.who, cookie::SignedIn::Member { .. }));
    if own {
        metrics::counter!("mail_events_own_total").increment(1);
    }
    own
}

// Whether nobody was behind it: a prefetch, a scanner, a program that says so.
fn is_program(request: &HttpRequest) -> bool {
    let header = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    let agent = header("user-agent");
    *request.method() == Method::HEAD
        || ["purpose", "sec-purpose", "x-moz", "x-purpose"]
            .iter()
            .any(|name| header(name).contains("prefetch") || header(name).contains("preview"))
        || agent.is_empty()
        || agent == "mozilla/5.0"
        || PROGRAMS.iter().any(|name| agent.contains(name))
}

// Tells the account, for some minutes if need be; whoever clicked does not wait for it.
fn tell(house: &Arc<House>, token: String, bot: bool, request_id: String) {
    let Ok(permit) = Arc::clone(&house.tracking.waiting).try_acquire_owned() else {
        metrics::counter!("mail_events_dropped_total").increment(1);
        return;
    };
    let (house, at) = (Arc::clone(house), clock::now_ms());
    actix_web::rt::spawn(async move {
        let _permit = permit;
        let body = json!({ "token": token, "at": at, "bot": bot });
        let visitor = Visitor::face();
        for attempt in 0..9_u32 {
            let letter = Letter {
                verb: Verb::Post,
                path: "/v1/mail-events",
                visitor: &visitor,
                request_id: &request_id,
                body: Some(&body),
                once: None,
                from: None,
            };
            match house.broker.send(letter).await {
                Ok(_) => return,
                Err(problem) if problem.status < 500 => return,
                Err(_) => tokio::time::sleep(Duration::from_secs(1 << attempt.min(7))).await,
            }
        }
        metrics::counter!("mail_events_dropped_total").increment(1);
    });
}
