//! Bodies of calls: JSON objects of known fields, bounded in size and in time.

use std::time::Duration;

use actix_web::http::header;
use actix_web::{HttpMessage, HttpRequest, web};
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// Bytes of an ordinary body.
pub const ORDINARY: usize = 16 * 1024;
/// Bytes of a body with a list of addresses.
pub const LONG: usize = 256 * 1024;
/// For reading a body.
const PATIENCE: Duration = Duration::from_secs(5);

/// The body as a JSON object; `wanted` says what it must be.
///
/// # Errors
/// 400, 408, 413 or 415, by what is wrong with it.
pub async fn read<T: DeserializeOwned>(request: &HttpRequest, body: web::Payload, most: usize, wanted: &'static str) -> Result<T, Problem> {
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(415, "request.media_type", "Not understood", "The body must be application/json."));
    }
    let bytes = tokio::time::timeout(PATIENCE, body.to_bytes_limited(most))
        .await
        .map_err(|_| Problem::new(408, "request.slow", "Too slow", "The body did not arrive in time."))?
        .map_err(|_| Problem::new(413, "request.too_large", "Too large", "The body is larger than such a call ever is."))?
        .map_err(|_| Problem::bad_request("request.broken", "The body broke off."))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // Its text may repeat what was sent; only its class goes on.
        if error.is_data() && error.to_string().starts_with("unknown field") {
            Problem::bad_request("request.unknown_field", "The body has a field that is not known here.")
        } else {
            Problem::bad_request("request.invalid", wanted)
        }
    })
}

/// The same, of a call that may come without a body, or with `null`.
///
/// # Errors
/// As [`read`].
pub async fn perhaps<T: DeserializeOwned>(
    request: &HttpRequest,
    body: web::Payload,
    most: usize,
    wanted: &'static str,
) -> Result<Option<T>, Problem> {
    let header = |name| request.headers().get(name);
    let length = header(header::CONTENT_LENGTH).is_none_or(|length| length == "0");
    if length && header(header::TRANSFER_ENCODING).is_none() && header(header::CONTENT_TYPE).is_none() {
        return Ok(None);
    }
    read::<Option<T>>(request, body, most, wanted).await
}
