//! How the face says no: one counter, one log line, and a page, a fragment or a problem document as the
//! client prefers.

use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, ResponseError};

use super::edge;
use super::page::{Language, Pages, State};
use crate::problem::Problem;

/// A refusal of a whole page, shown in a frame of `ancestors` (space-separated origins).
#[must_use]
pub fn page(request: &HttpRequest, pages: &Pages, language: Language, problem: &Problem, ancestors: &str) -> HttpResponse {
    if !wants_html(request) {
        return document(request, problem);
    }
    note(request, problem);
    let mut answer = HttpResponse::build(problem.status_code());
    answer
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, edge::framed_policy(ancestors.split(' '))));
    retry_after(&mut answer, problem);
    let problem = problem.clone().with_request_id(&edge::request_id(request));
    answer.body(pages.state_page(language, &state(&problem), Some(&problem)))
}

/// A refusal inside a panel.
#[must_use]
pub fn fragment(request: &HttpRequest, pages: &Pages, language: Language, problem: &Problem) -> HttpResponse {
    if !wants_html(request) {
        return document(request, problem);
    }
    note(request, problem);
    let mut answer = HttpResponse::build(problem.status_code());
    answer.insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"));
    retry_after(&mut answer, problem);
    let problem = problem.clone().with_request_id(&edge::request_id(request));
    answer.body(pages.state_fragment(language, &state(&problem), Some(&problem)))
}

/// A refusal for programs.
#[must_use]
pub fn document(request: &HttpRequest, problem: &Problem) -> HttpResponse {
    note(request, problem);
    problem.clone().with_request_id(&edge::request_id(request)).error_response()
}

// What the person in front of it can make of a problem.
fn state(problem: &Problem) -> State<'static> {
    match (&*problem.code, problem.status) {
        ("tenant.unknown", _) => State::UnknownOrg,
        ("tenant.suspended", _) => State::Suspended,
        ("canvas.replayed" | "canvas.stale", _) => State::SessionExpired,
        (code, 401) if !code.starts_with("canvas.") => State::SessionExpired,
        (_, 404) => State::NotFound,
        (_, 429 | 500..) => State::Upstream,
        _ => State::Refused,
    }
}

pub(super) fn retry_after(answer: &mut actix_web::HttpResponseBuilder, problem: &Problem) {
    if let Some(seconds) = problem.retry_after {
        answer.insert_header((header::RETRY_AFTER, seconds.to_string()));
    }
}

pub(super) fn wants_html(request: &HttpRequest) -> bool {
    request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains("text/html"))
}

pub(super) fn note(request: &HttpRequest, problem: &Problem) {
    metrics::counter!("refusals_total", "code" => problem.code.to_string()).increment(1);
    if problem.status < 500 {
        tracing::info!(request_id = edge::request_id(request), code = %problem.code, status = problem.status, "refused");
    } else {
        tracing::warn!(request_id = edge::request_id(request), code = %problem.code, status = problem.status, "could not answer");
    }
}
