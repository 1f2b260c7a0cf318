//! Every address of the account's API: who may ask is the type that its handler takes.

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, Route, web};

use super::{AccountState, database, jobs, memory_epochs, orgs, people, request, timeline};
use crate::problem::Problem;

/// An address and what answers there.
pub struct Row {
    pub method: &'static str,
    pub path: &'static str,
    /// Whether the face offers it to others, below `/api`.
    pub offered: bool,
    route: fn() -> Route,
}

/// The table.
pub const ROUTES: [Row; 11] = [
    Row { method: "get", path: "/v1/orgs/{org_id}", offered: false, route: || web::get().to(orgs::show) },
    Row { method: "post", path: "/v1/orgs/{org_id}/live-checks", offered: false, route: || web::post().to(orgs::live_check) },
    Row { method: "post", path: "/v1/orgs/{org_id}/memory-epochs", offered: false, route: || web::post().to(memory_epochs::note) },
    Row { method: "get", path: "/v1/people", offered: true, route: || web::get().to(people::find) },
    Row { method: "get", path: "/v1/people/{id}", offered: true, route: || web::get().to(people::show) },
    Row { method: "get", path: "/v1/people/{id}/timeline", offered: true, route: || web::get().to(timeline::show) },
    Row { method: "get", path: "/v1/budget", offered: false, route: || web::get().to(jobs::budget) },
    Row { method: "get", path: "/v1/jobs", offered: true, route: || web::get().to(jobs::list) },
    Row { method: "get", path: "/openapi.json", offered: false, route: || web::get().to(description) },
    Row { method: "get", path: "/healthz", offered: false, route: || web::get().to(alive) },
    Row { method: "get", path: "/readyz", offered: false, route: || web::get().to(ready) },
];

/// The description of what is offered below `/api`, OpenAPI 3.1.
pub const OPENAPI: &str = include_str!("openapi.json");

/// Mounts the table.
pub fn configure(cfg: &mut web::ServiceConfig, state: Arc<AccountState>) {
    cfg.app_data(web::Data::from(state));
    for row in ROUTES {
        let resource = web::resource(row.path).route((row.route)()).default_service(web::to(other_method));
        cfg.service(resource.wrap(from_fn(request::observe)));
    }
    cfg.default_service(web::to(nothing_here));
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}

async fn other_method() -> Result<HttpResponse, Problem> {
    Err(Problem::new(405, "request.method", "Not possible here", "This address does not answer to that method."))
}

async fn description() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Content-Type", "application/json")).insert_header(("Cache-Control", "max-age=300")).body(OPENAPI)
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).body("ok")
}

async fn ready(state: web::Data<AccountState>) -> Result<HttpResponse, Problem> {
    database::answer(state.store.ping()).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).body("ready"))
}
