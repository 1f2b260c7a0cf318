//! What operators and their tools ask: is it alive, is it ready, what are its figures, what does its API look like.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::face::Face;
use super::refusal;
use crate::problem::Problem;

/// `GET /livez`, `GET /healthz`: the process runs.
pub async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(r#"{"status":"ok"}"#)
}

/// `GET /readyz`: the account answers, and nobody asked us to stop; a lost Redis degrades but does not stop us.
pub async fn ready(face: Data<Face>) -> HttpResponse {
    if face.house.capacity.is_leaving() {
        let json = (header::CONTENT_TYPE, "application/json");
        return HttpResponse::ServiceUnavailable().insert_header(json).body(r#"{"status":"leaving"}"#);
    }
    let account = face.house.broker.ready().await;
    let memory = match face.memory.reachable().await {
        None => "process",
        Some(true) => "redis",
        Some(false) => "degraded",
    };
    let body = json!({ "status": if account { "ready" } else { "not ready" }, "account": account, "memory": memory });
    let mut answer = if account { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    answer.insert_header((header::CONTENT_TYPE, "application/json")).body(body.to_string())
}

/// `GET /metrics` in the Prometheus text format; only for a machine near by that comes without a proxy.
pub async fn figures(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    let near = request.peer_addr().is_some_and(|peer| match peer.ip() {
        std::net::IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        std::net::IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    });
    let forwarded = ["x-forwarded-for", "forwarded", "via"].iter().any(|name| request.headers().contains_key(*name));
    if !near || forwarded {
        return refusal::document(&request, &Problem::not_found());
    }
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4")).body(face.house.figures.render())
}
