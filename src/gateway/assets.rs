//! Styles, scripts and the API's description: the same for everybody.

use actix_web::http::header;
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};

use super::page;
use super::refusal;
use crate::problem::Problem;

/// `GET /assets/{name}`; names carry a hash of the content, so they can be kept for ever.
pub async fn serve(request: HttpRequest, name: Path<String>) -> HttpResponse {
    let Some(asset) = page::asset(&name) else { return refusal::document(&request, &Problem::not_found()) };
    let keep = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, asset.mime)).insert_header((header::CACHE_CONTROL, keep)).body(asset.bytes)
}

/// `GET /openapi.json`.
pub async fn openapi() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(include_str!("openapi.json"))
}
