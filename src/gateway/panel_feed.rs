//! The lead feed: what happens to the rep's own people, told as it happens, by server-sent events.
//!
//! Nobody is called because somebody watches: the account's own database is asked every few seconds. A stream ends with its
//! session, with its process, and after some minutes; the page opens the next one by itself. A process holds so many at most.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use serde_json::Value;

use super::face::Face;
use super::page::Language;
use super::panel::{self, is_desk};
use super::token::Claims;
use super::{edge, refusal, session};
use crate::clock;
use crate::problem::Problem;

/// Between two looks, and between two signs of life.
const LOOK: Duration = Duration::from_secs(5);
const LOOKS_PER_SIGN: u32 = 3;
/// After so many looks a stream ends.
const MOST_LOOKS: u32 = 120;
/// Streams of one process.
const MOST_STREAMS: usize = 2_000;
/// Entries that a stream remembers having told.
const MOST_KNOWN: usize = 500;

static OPEN: AtomicUsize = AtomicUsize::new(0);

/// One of the streams that a process may hold; gives its place back when it is dropped.
struct Place;

impl Place {
    fn take() -> Option<Self> {
        if OPEN.fetch_add(1, Ordering::Relaxed) < MOST_STREAMS {
            metrics::gauge!("lead_feeds").increment(1);
            return Some(Self);
        }
        OPEN.fetch_sub(1, Ordering::Relaxed);
        None
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        OPEN.fetch_sub(1, Ordering::Relaxed);
        metrics::gauge!("lead_feeds").decrement(1);
    }
}

/// A stream under way.
struct Feed {
    face: Data<Face>,
    claims: Claims,
    request_id: String,
    known: HashSet<String>,
    looks: u32,
    _place: Place,
}

/// `GET /panel/feed`
pub async fn show(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    let claims = match panel::session_of(&request, &face).await {
        Ok(claims) if is_desk(&claims) => claims,
        Ok(_) => return refusal::document(&request, &Problem::not_found()),
        Err(problem) => return refusal::document(&request, &problem),
    };
    let Some(place) = Place::take() else {
        let problem =
            Problem::unavailable("feed.full", "Too many people follow the lead feed here just now. Please try again shortly.", 30);
        return refusal::document(&request, &problem);
    };
    let request_id = edge::request_id(&request);
    let feed = Feed { face, claims, request_id, known: HashSet::new(), looks: 0, _place: place };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream::unfold(Some(feed), next))
}

type Piece = Result<Bytes, actix_web::Error>;

async fn next(feed: Option<Feed>) -> Option<(Piece, Option<Feed>)> {
    let mut feed = feed?;
    loop {
        if feed.looks > 0 {
            tokio::time::sleep(LOOK).await;
        }
        let first = feed.looks == 0;
        feed.looks += 1;
        if feed.looks > MOST_LOOKS || feed.face.house.capacity.is_leaving() || !feed.is_alive().await {
            return Some((Ok(Bytes::from_static(b"event: end\ndata:\n\n")), None));
        }
        match feed.look(first).await {
            Ok(text) if !text.is_empty() => return Some((Ok(Bytes::from(text)), Some(feed))),
            Ok(_) if feed.looks % LOOKS_PER_SIGN == 0 => return Some((Ok(Bytes::from_static(b": alive\n\n")), Some(feed))),
            Ok(_) => {}
            // What is not to be had now is asked for again; the stream says that it lives.
            Err(problem) => {
                tracing::info!(request_id = feed.request_id, code = %problem.code, "the lead feed can't be read");
                return Some((Ok(Bytes::from_static(b": waiting\n\n")), Some(feed)));
            }
        }
    }
}

impl Feed {
    async fn is_alive(&self) -> bool {
        let key = session::key(&self.claims.acc, &self.claims.jti);
        self.claims.exp > clock::now_s() && self.face.memory.get(&key).await.is_some()
    }

    // The new entries as events, the oldest first, so that the page puts each one on top.
    async fn look(&mut self, first: bool) -> Result<String, Problem> {
        let broker = &self.face.house.broker;
        let answer = broker.get("/v1/lead-feed", &panel::visitor(&self.claims), &self.request_id).await?;
        let feed: Value = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
        let org = broker.org(&self.claims.org, &self.request_id).await?;
        let lang = Language::from_salesforce(self.claims.lng.as_deref().unwrap_or_default());
        let zone = self.claims.tz.as_deref().unwrap_or("UTC");
        let entries = self.face.house.pages.feed_entries(lang, zone, clock::now_ms(), &feed, &org.instance_url, &self.known);
        let mut text = String::new();
        for (id, entry) in entries.into_iter().rev() {
            text.push_str(if first { "event: entry\n" } else { "event: news\n" });
            for line in String::from_utf8_lossy(&entry).lines() {
                text.push_str("data: ");
                text.push_str(line);
                text.push('\n');
            }
            text.push('\n');
            if self.known.len() >= MOST_KNOWN {
                self.known.clear();
            }
            self.known.insert(id);
        }
        if first {
            text.push_str("event: ready\ndata:\n\n");
        }
        Ok(text)
    }
}
