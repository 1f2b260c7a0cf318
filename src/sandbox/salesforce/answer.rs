//! How Salesforce answers: REST errors as an array, OAuth errors as an object.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use serde_json::json;

/// A REST error.
pub fn rest_error(status: StatusCode, code: &str, message: &str) -> HttpResponse {
    HttpResponse::build(status).json(json!([{ "message": message, "errorCode": code }]))
}

/// The token is missing, unknown, expired or revoked.
pub fn session_invalid() -> HttpResponse {
    rest_error(StatusCode::UNAUTHORIZED, "INVALID_SESSION_ID", "Session expired or invalid")
}

/// An OAuth error.
pub fn oauth_error(code: &str, description: &str) -> HttpResponse {
    HttpResponse::BadRequest().insert_header(("cache-control", "no-store")).json(json!({ "error": code, "error_description": description }))
}
