//! Styles, scripts and the API's description: the same for everybody.

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::broker::{Broker, Visitor};
use super::edge;
use super::face::Face;
use super::page;
use super::refusal;
use crate::problem::Problem;

/// `GET /assets/{name}`; names carry a hash of the content, so they can be kept for ever.
pub async fn serve(request: HttpRequest, name: Path<String>) -> HttpResponse {
    let Some(asset) = page::asset(&name) else { return refusal::document(&request, &Problem::not_found()) };
    let keep = if asset.immutable { "public, max-age=31536000, immutable" } else { "no-cache" };
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, asset.mime)).insert_header((header::CACHE_CONTROL, keep)).body(asset.bytes)
}

/// `GET /openapi.json`: the account's description of its API with the face's own door beside it.
pub async fn openapi(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    let described = face.house.description.get_or_try_init(|| describe(&face.house.broker, edge::request_id(&request))).await;
    match described {
        Ok(text) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .insert_header((header::CACHE_CONTROL, "max-age=300"))
            .body(text.clone()),
        Err(problem) => refusal::document(&request, &problem),
    }
}

async fn describe(broker: &Broker, request_id: String) -> Result<String, Problem> {
    let answer = broker.get("/openapi.json", &Visitor::face(), &request_id).await?;
    let mut whole: Value = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
    let own: Value = serde_json::from_str(include_str!("openapi.json")).map_err(|_| Problem::internal())?;
    if let (Some(paths), Value::Object(own)) = (whole.get_mut("paths").and_then(Value::as_object_mut), own) {
        paths.extend(own);
    }
    Ok(whole.to_string())
}
