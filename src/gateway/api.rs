//! `/api/v1`: the account's API, brokered for whoever holds a token of ours: a panel or an org's own code.

use actix_web::http::header;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::edge;
use super::face::Face;
use super::panel;
use super::reading;
use super::refusal;
use super::session;
use super::token::{Claims, Use};
use crate::problem::Problem;

/// Longest query that is passed on, in bytes.
const LONGEST_QUERY: usize = 1_024;

/// `GET /api/v1/people?sfdc_id=`.
pub async fn people(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    pass_on(&request, &face, "/v1/people".to_owned()).await
}

/// `GET /api/v1/jobs`.
pub async fn jobs(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    pass_on(&request, &face, "/v1/jobs".to_owned()).await
}

/// `GET /api/v1/people/{id}`.
pub async fn person(request: HttpRequest, id: Path<String>, face: Data<Face>) -> HttpResponse {
    match plain(&id) {
        Some(id) => pass_on(&request, &face, format!("/v1/people/{id}")).await,
        None => refusal::document(&request, &Problem::not_found()),
    }
}

/// `GET /api/v1/people/{id}/timeline`.
pub async fn timeline(request: HttpRequest, id: Path<String>, face: Data<Face>) -> HttpResponse {
    match plain(&id) {
        Some(id) => pass_on(&request, &face, format!("/v1/people/{id}/timeline")).await,
        None => refusal::document(&request, &Problem::not_found()),
    }
}

// Path values arrive decoded; only our own ids go on into an address.
fn plain(id: &str) -> Option<&str> {
    ((1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')).then_some(id)
}

async fn pass_on(request: &HttpRequest, face: &Face, path: String) -> HttpResponse {
    match answer(request, face, path).await {
        Ok(answer) => answer,
        Err(problem) => refusal::document(request, &problem),
    }
}

async fn answer(request: &HttpRequest, face: &Face, mut path: String) -> Result<HttpResponse, Problem> {
    let claims = authority(request, face).await?;
    let query = request.query_string();
    if query.len() > LONGEST_QUERY || !query.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::bad_request("request.query", "The address has a query that this gateway does not read."));
    }
    if !query.is_empty() {
        path.push('?');
        path.push_str(query);
    }
    let answer = face.house.broker.get(&path, &panel::visitor(&claims), &edge::request_id(request)).await?;
    Ok(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(answer.body))
}

/// Whose token it is; a panel's must still have its session.
///
/// # Errors
/// 401 when it is none of ours, or its session has ended.
pub async fn authority(request: &HttpRequest, face: &Face) -> Result<Claims, Problem> {
    let claims = face.house.tokens.check(reading::bearer(request)?)?;
    if claims.aud == Use::Panel && face.memory.get(&session::key(&claims.acc, &claims.jti)).await.is_none() {
        return Err(panel::ended());
    }
    Ok(claims)
}
