//! What goes back: JSON, how long the face may keep it, and the tags by which a write makes it forget.

use actix_web::body::BoxBody;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, Responder};
use serde::Serialize;

/// A body with what a cache may do with it.
pub struct Answer<T> {
    body: T,
    status: StatusCode,
    seconds: u32,
    tags: Vec<String>,
}

impl<T: Serialize> Answer<T> {
    /// May be kept for `seconds`.
    pub fn kept(body: T, seconds: u32) -> Self {
        Self { body, status: StatusCode::OK, seconds, tags: Vec::new() }
    }

    /// May not be kept.
    pub fn fleeting(body: T) -> Self {
        Self::kept(body, 0)
    }

    /// 202: the work has begun and goes on.
    #[must_use]
    pub fn accepted(mut self) -> Self {
        self.status = StatusCode::ACCEPTED;
        self
    }

    /// 201: something new is there.
    #[must_use]
    pub fn created(mut self) -> Self {
        self.status = StatusCode::CREATED;
        self
    }

    /// Adds a tag such as `person:…`.
    #[must_use]
    pub fn tag(mut self, kind: &str, id: &str) -> Self {
        self.tags.push(format!("{kind}:{id}"));
        self
    }
}

impl<T: Serialize> Responder for Answer<T> {
    type Body = BoxBody;

    fn respond_to(self, _: &HttpRequest) -> HttpResponse {
        let keep = if self.seconds == 0 { "no-store".to_owned() } else { format!("private, max-age={}", self.seconds) };
        HttpResponse::build(self.status)
            .insert_header(("Cache-Control", keep))
            .insert_header(("X-Cache-Tags", self.tags.join(" ")))
            .json(self.body)
    }
}

/// 204: it was done, and there is nothing to show.
#[must_use]
pub fn nothing() -> HttpResponse {
    HttpResponse::NoContent().insert_header(("Cache-Control", "no-store")).finish()
}
