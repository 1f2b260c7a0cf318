//! What a mail looks like, for the frame of a preview: HTML that somebody wrote, which may do nothing and reach nobody.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::super::broker::Verb;
use super::super::face::Face;
use super::super::refusal;
use super::caller::Caller;
use super::form::filled;
use super::row::Who;
use crate::problem::Problem;

/// A document of its own origin, without scripts, forms or frames. Pictures of the web are shown as the recipient would see them.
const POLICY: &str = "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src https: data:; base-uri 'none'; form-action 'none'; frame-ancestors 'self'";

/// `GET /admin/templates/{id}/preview/letter?to=`
pub async fn of_template(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    answered(&request, letter(&request, &face, "/v1/templates/{id}/preview", "/html").await)
}

/// `GET /admin/circulars/{id}/people/{person}/letter`
pub async fn of_circular(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    answered(&request, letter(&request, &face, "/v1/circulars/{id}/people/{person}", "/preview/html").await)
}

fn answered(request: &HttpRequest, letter: Result<String, Problem>) -> HttpResponse {
    match letter {
        Ok(html) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((header::X_FRAME_OPTIONS, "SAMEORIGIN"))
            .insert_header((header::REFERRER_POLICY, "no-referrer"))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(format!("<!doctype html><meta charset=\"utf-8\"><title>·</title>{html}")),
        Err(problem) => refusal::document(request, &problem),
    }
}

async fn letter(request: &HttpRequest, face: &Face, call: &str, place: &str) -> Result<String, Problem> {
    let caller = Caller::read(request, face, Who::Member).await?;
    let mut address = filled(call, request)?;
    let to = url::form_urlencoded::parse(request.query_string().as_bytes()).find(|(name, _)| name == "to");
    if let Some((_, to)) = to.filter(|(_, to)| !to.is_empty() && to.len() <= 300) {
        address.push_str("?to=");
        address.extend(url::form_urlencoded::byte_serialize(to.as_bytes()));
    }
    let answer = face.house.broker.send(caller.letter(Verb::Get, &address)).await?;
    let answer: Value = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
    Ok(answer.pointer(place).and_then(Value::as_str).unwrap_or_default().to_owned())
}
