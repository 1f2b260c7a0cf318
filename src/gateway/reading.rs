//! Reading what a client sends: bounded in size and time, whatever the framework would allow.
//!
//! The framework never gives up on a body that stalls (reliability facts §0.4), so the deadline is ours.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::StreamExt;

use super::edge;
use crate::problem::Problem;

/// Longest that a body may take to arrive.
const DEADLINE: Duration = Duration::from_secs(10);

/// The whole body of a form post.
///
/// # Errors
/// `request.media_type` (415) when it is no form, `request.too_large` (413), `request.timeout` (408), or
/// `request.broken` (400) when the client stopped in the middle.
pub async fn form(request: &HttpRequest, payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    of_type("application/x-www-form-urlencoded", "Send the fields as application/x-www-form-urlencoded.", request, payload, limit).await
}

/// The whole body of a JSON post.
///
/// # Errors
/// As those of [`form`].
pub async fn json(request: &HttpRequest, payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    of_type("application/json", "Send the body as application/json.", request, payload, limit).await
}

async fn of_type(wanted: &str, otherwise: &'static str, request: &HttpRequest, payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let media_type = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media_type.split(';').next().unwrap_or_default().trim();
    if !essence.eq_ignore_ascii_case(wanted) {
        return Err(Problem::new(415, "request.media_type", "Unsupported media type", otherwise));
    }
    whole(request, payload, limit).await
}

/// The whole body, whatever its type.
///
/// # Errors
/// `request.too_large` (413), `request.timeout` (408), or `request.broken` (400) when the client stopped in the middle.
pub async fn whole(request: &HttpRequest, payload: Payload, limit: usize) -> Result<Bytes, Problem> {
    let announced =
        request.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(too_large());
    }
    let read = body(payload, announced.unwrap_or(1_024).min(limit), limit);
    let aside = edge::step_aside(request)?;
    let read = tokio::time::timeout(DEADLINE, read).await.unwrap_or_else(|_| {
        Err(Problem::new(408, "request.timeout", "Request timeout", "The body of the request did not arrive in time."))
    })?;
    edge::come_back(request, aside)?;
    Ok(read)
}

async fn body(mut payload: Payload, expected: usize, limit: usize) -> Result<Bytes, Problem> {
    let mut whole = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::bad_request("request.broken", "The body of the request ended before its end."))?;
        if whole.is_empty() && chunk.len() >= expected {
            whole = match chunk.try_into_mut() {
                Ok(chunk) => chunk,
                Err(chunk) => BytesMut::from(&chunk[..]),
            };
        } else {
            if whole.is_empty() {
                whole.reserve(expected);
            }
            whole.extend_from_slice(&chunk);
        }
        if whole.len() > limit {
            return Err(too_large());
        }
    }
    Ok(whole.freeze())
}

fn too_large() -> Problem {
    Problem::new(413, "request.too_large", "Request too large", "The request is larger than this address accepts.")
}

/// The token of the one `Authorization: Bearer` header; the scheme's case does not matter, exactly one space follows it.
///
/// # Errors
/// `request.ambiguous` (400) for more than one header, `token.missing` (401) for none or another scheme.
pub fn bearer(request: &HttpRequest) -> Result<&str, Problem> {
    let mut all = request.headers().get_all(header::AUTHORIZATION);
    let first = all.next();
    if all.next().is_some() {
        return Err(Problem::bad_request("request.ambiguous", "The request carries more than one Authorization header."));
    }
    let missing = || Problem::unauthorized("token.missing", "Send the token as Authorization: Bearer.");
    let (scheme, token) = first.and_then(|value| value.to_str().ok()).and_then(|value| value.split_once(' ')).ok_or_else(missing)?;
    if scheme.eq_ignore_ascii_case("Bearer") { Ok(token) } else { Err(missing()) }
}
