//! `/api/v1` for those who act: calls, tasks, mails, templates, campaigns. The account decides who may; here bodies are bounded and
//! passed on with their `Idempotency-Key`.

use actix_web::http::{Method, header};
use actix_web::web::{Data, Payload, ServiceConfig, route};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::api::authority;
use super::broker::{Letter, Verb};
use super::face::Face;
use super::routes::at;
use super::{edge, panel, reading, refusal};
use crate::problem::Problem;

const LONGEST_QUERY: usize = 1_024;

/// What is passed on: address below `/api`, name in figures, methods.
const PASSED_ON: [(&str, &str, &[Verb]); 11] = [
    ("/v1/calls", "api.calls", &[Verb::Post]),
    ("/v1/tasks", "api.tasks", &[Verb::Post]),
    ("/v1/emails", "api.emails", &[Verb::Post]),
    ("/v1/emails/preview", "api.emails.preview", &[Verb::Post]),
    ("/v1/templates", "api.templates", &[Verb::Get, Verb::Post]),
    ("/v1/templates/{id}", "api.template", &[Verb::Get, Verb::Put, Verb::Delete]),
    ("/v1/templates/{id}/favourite", "api.favourite", &[Verb::Put, Verb::Delete]),
    ("/v1/campaigns", "api.campaigns", &[Verb::Get]),
    ("/v1/marketo-campaigns", "api.marketo-campaigns", &[Verb::Get]),
    ("/v1/marketo-campaigns/{id}/members", "api.campaign-members", &[Verb::Post]),
    ("/v1/watch-list/{person}", "api.watch-list", &[Verb::Put, Verb::Delete]),
];

/// Lays these addresses into the face.
pub fn configure(config: &mut ServiceConfig) {
    for (path, name, verbs) in PASSED_ON {
        let mut here = at(&format!("/api{path}"), name);
        for verb in verbs {
            here = here.route(route().method(method(*verb)).to(pass_on));
        }
        config.service(here);
    }
}

fn method(verb: Verb) -> Method {
    match verb {
        Verb::Get => Method::GET,
        Verb::Post => Method::POST,
        Verb::Put => Method::PUT,
        Verb::Patch => Method::PATCH,
        Verb::Delete => Method::DELETE,
    }
}

async fn pass_on(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match answer(&request, payload, &face).await {
        Ok(answer) => answer,
        Err(problem) => refusal::document(&request, &problem),
    }
}

async fn answer(request: &HttpRequest, payload: Payload, face: &Face) -> Result<HttpResponse, Problem> {
    let claims = authority(request, face).await?;
    let path = address(request)?;
    let verb = match request.method().as_str() {
        "POST" => Verb::Post,
        "PUT" => Verb::Put,
        "DELETE" => Verb::Delete,
        _ => Verb::Get,
    };
    let body: Option<Value> =
        if matches!(verb, Verb::Post) || verb == Verb::Put && !path.contains("/favourite") && !path.contains("/watch-list/") {
            Some(reading::json(request, payload).await?)
        } else {
            None
        };
    let once = request.headers().get("Idempotency-Key").and_then(|value| value.to_str().ok());
    let visitor = panel::visitor(&claims);
    let request_id = edge::request_id(request);
    let letter = Letter { verb, path: &path, visitor: &visitor, request_id: &request_id, body: body.as_ref(), once, from: None };
    let answer = face.house.broker.send(letter).await?;
    Ok(if answer.body.is_empty() {
        HttpResponse::NoContent().finish()
    } else {
        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(answer.body)
    })
}

// The address below /api, whose parts may be ids of ours only.
fn address(request: &HttpRequest) -> Result<String, Problem> {
    let plain =
        |part: &str| (1..=64).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'));
    let path = request.path().strip_prefix("/api").unwrap_or_default();
    if !path.split('/').skip(1).all(plain) {
        return Err(Problem::not_found());
    }
    let query = request.query_string();
    if query.len() > LONGEST_QUERY || !query.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::bad_request("request.query", "The address has a query that this gateway does not read."));
    }
    Ok(if query.is_empty() { path.to_owned() } else { format!("{path}?{query}") })
}
