//! Every address of the face: who may come, and who answers.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Resource, guard};

use super::edge::RouteName;
use super::face::Face;
use super::page::Language;
use super::refusal;
use super::{api, assets, door, operations, panel, visit};
use crate::problem::Problem;

/// Lays the face's addresses into an application that holds a `Data<Face>`.
pub fn configure(config: &mut ServiceConfig) {
    config
        // Salesforce, with a signed request
        .service(at("/canvas", "canvas").route(web::post().to(visit::arrive)).route(web::get().to(visit::approval)))
        // a panel, with its session's token
        .service(at("/panel/person", "panel.person").route(web::get().to(panel::person)))
        .service(at("/panel/tab/{tab}", "panel.tab").route(web::get().to(panel::tab)))
        // an org's own code, with an assertion signed by the org's key
        .service(at("/oauth/token", "oauth.token").route(web::post().to(door::grant)))
        // whoever holds a token of ours
        .service(at("/api/v1/people", "api.people").route(web::get().to(api::people)))
        .service(at("/api/v1/people/{id}", "api.person").route(web::get().to(api::person)))
        .service(at("/api/v1/people/{id}/timeline", "api.timeline").route(web::get().to(api::timeline)))
        .service(at("/api/v1/jobs", "api.jobs").route(web::get().to(api::jobs)))
        // anybody
        .service(at("/assets/{name}", "assets").route(web::get().to(assets::serve)))
        .service(at("/openapi.json", "openapi").route(web::get().to(assets::openapi)))
        // operators
        .service(at("/healthz", "healthz").route(web::get().to(operations::alive)))
        .service(at("/readyz", "readyz").route(web::get().to(operations::ready)))
        .service(at("/metrics", "metrics").route(web::get().to(operations::figures)))
        .default_service(web::route().to(unknown));
}

fn at(path: &str, name: &'static str) -> Named {
    Named { resource: web::resource(path).default_service(web::route().to(wrong_method)), name }
}

/// A resource whose requests carry the route's name for the figures.
struct Named {
    resource: Resource,
    name: &'static str,
}

impl Named {
    fn route(self, route: actix_web::Route) -> Self {
        Self { resource: self.resource.route(route), name: self.name }
    }
}

impl HttpServiceFactory for Named {
    fn register(self, config: &mut actix_web::dev::AppService) {
        let name = self.name;
        let tag = move |context: &guard::GuardContext<'_>| {
            context.req_data_mut().insert(RouteName(name));
            true
        };
        self.resource.guard(guard::fn_guard(tag)).register(config);
    }
}

async fn wrong_method(request: HttpRequest) -> HttpResponse {
    refusal::document(&request, &Problem::new(405, "request.method", "Method not allowed", "This address does not know that method."))
}

async fn unknown(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    if [Method::TRACE, Method::CONNECT].contains(request.method()) {
        return wrong_method(request).await;
    }
    let _ = request.extensions_mut().insert(RouteName("unknown"));
    refusal::page(&request, &face.house.pages, Language::default(), &Problem::not_found(), "")
}
