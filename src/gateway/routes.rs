//! Every address of the face: who may come, and who answers.

use actix_web::dev::HttpServiceFactory;
use actix_web::http::Method;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{HttpMessage, HttpRequest, HttpResponse, Resource, guard};

use super::edge::RouteName;
use super::face::Face;
use super::page::Language;
use super::refusal;
use super::{
    admin, api, assets, door, operations, panel, panel_acting, panel_alerts, panel_desk, panel_feed, panel_mail, panel_ways, registration,
    sign_in, tracking, visit,
};
use crate::problem::Problem;

/// Lays the face's addresses into an application that holds a `Data<Face>`.
pub fn configure(config: &mut ServiceConfig) {
    config
        // Salesforce, with a signed request
        .service(at("/canvas", "canvas").route(web::post().to(visit::arrive)).route(web::get().to(visit::approval)))
        // a panel, with its session's token
        .service(at("/panel/person", "panel.person").route(web::get().to(panel::person)))
        .service(at("/panel/tab/{tab}", "panel.tab").route(web::get().to(panel::tab)))
        .service(at("/panel/feed", "panel.feed").route(web::get().to(panel_feed::show)))
        .service(at("/panel/desk/{action}", "panel.desk").route(web::post().to(panel_desk::perform)))
        .service(at("/panel/mail/{id}", "panel.mail").route(web::get().to(panel_mail::show)))
        .service(at("/panel/mail-body/{ticket}", "panel.mail-body").route(web::get().to(panel_mail::body)))
        .service(at("/panel/settings", "panel.settings").route(web::post().to(panel_ways::settings)))
        .service(at("/panel/circular", "panel.circular").route(web::post().to(panel_ways::circular)))
        .service(at("/panel/launch", "panel.launch").route(web::post().to(panel_ways::launch)))
        .service(at("/panel/act", "panel.menu").route(web::get().to(panel_acting::menu)))
        .service(
            at("/panel/act/subscribe", "panel.subscribe")
                .route(web::get().to(panel_alerts::form))
                .route(web::post().to(panel_alerts::perform)),
        )
        .service(
            at("/panel/act/{action}", "panel.act").route(web::get().to(panel_acting::form)).route(web::post().to(panel_acting::perform)),
        )
        // an org's own code, with an assertion signed by the org's key
        .service(at("/oauth/token", "oauth.token").route(web::post().to(door::grant)))
        // an org that has no key here yet, with the account's secret key
        .service(at("/api/v1/org/certificates", "org.certificates").route(web::post().to(registration::register)))
        // whoever holds a token of ours
        .service(at("/api/v1/org/status", "api.org").route(web::get().to(api::org_status)))
        .service(at("/api/v1/people", "api.people").route(web::get().to(api::people)))
        .service(at("/api/v1/people/{id}", "api.person").route(web::get().to(api::person)))
        .service(at("/api/v1/people/{id}/timeline", "api.timeline").route(web::get().to(api::timeline)))
        .service(at("/api/v1/jobs", "api.jobs").route(web::get().to(api::jobs)))
        .service(any("/api/v1/{path:.+}", "api"))
        // recipients of mails
        .service(at("/t/{token}", "mail.link").route(web::get().to(tracking::follow)).route(web::head().to(tracking::follow)))
        .service(
            at("/unsubscribe/{token}", "mail.unsubscribe")
                .route(web::get().to(tracking::unsubscribe::page))
                .route(web::post().to(tracking::unsubscribe::take)),
        )
        // anybody
        .service(at("/assets/{name}", "assets").route(web::get().to(assets::serve)))
        .service(at("/openapi.json", "openapi").route(web::get().to(assets::openapi)))
        // members and admins; most of their pages are rows of a table of their own
        .service(at("/admin", "home").route(web::get().to(admin::connect::home)))
        .service(at("/admin/settings", "home").route(web::get().to(settings)))
        .service(at("/admin/settings/salesforce/connect", "salesforce.connect").route(web::post().to(admin::connect::start)))
        .service(at("/admin/settings/salesforce/callback", "salesforce.callback").route(web::get().to(admin::connect::finish)))
        .service(at("/admin/settings/audit.csv", "audit.csv").route(web::get().to(admin::files::audit)))
        .service(at("/admin/settings/integrations/diagnostics.csv", "diagnostics.csv").route(web::get().to(admin::files::ledger)))
        .service(at("/admin/settings/unsubscribes/personal-data", "personal.data").route(web::post().to(admin::files::personal_data)))
        .service(at("/admin/settings/users/import/{id}/report.csv", "import.csv").route(web::get().to(admin::files::report)))
        .service(at("/admin/templates/{id}/preview/letter", "template.letter").route(web::get().to(admin::letters::of_template)))
        .service(at("/admin/circulars/{id}/people/{person}/letter", "circular.letter").route(web::get().to(admin::letters::of_circular)))
        .service(at("/sign-in/salesforce", "sign-in.salesforce").route(web::post().to(sign_in::start)))
        .service(at("/sign-in/salesforce/callback", "sign-in.callback").route(web::get().to(sign_in::finish)))
        .service(at("/sign-out", "sign-out").route(web::post().to(sign_in::out)))
        .configure(pages)
        // operators
        .service(at("/livez", "healthz").route(web::get().to(operations::alive)))
        .service(at("/healthz", "healthz").route(web::get().to(operations::alive)))
        .service(at("/readyz", "readyz").route(web::get().to(operations::ready)))
        .service(at("/metrics", "metrics").route(web::get().to(operations::figures)))
        .default_service(web::route().to(unknown));
}

// Every page of the table with the forms at its address; then the forms at addresses of their own.
fn pages(config: &mut ServiceConfig) {
    let acts = || admin::pages::all().flat_map(|page| page.acts.iter().map(move |act| (page, act)));
    for page in admin::pages::all() {
        let mut here = at(page.path, page.name).route(web::get().to(move |request, face| admin::show::show(page, request, face)));
        if page.name == "import" {
            here = here.route(web::post().to(admin::files::upload));
        }
        for (from, act) in acts().filter(|(_, act)| act.path == page.path) {
            here = here.route(form(from, act));
        }
        config.service(here);
    }
    for (from, act) in acts().filter(|(_, act)| admin::pages::all().all(|page| page.path != act.path)) {
        config.service(at(act.path, from.name).route(form(from, act)));
    }
}

fn form(page: &'static admin::row::Page, act: &'static admin::row::Act) -> actix_web::Route {
    web::post().to(move |request, payload, face| admin::act::perform(page, act, request, payload, face))
}

async fn settings(face: Data<Face>) -> HttpResponse {
    admin::show::go(&face, "/admin/settings/my-profile")
}

/// An address of the face, under the name that it has in figures.
pub(super) fn at(path: &str, name: &'static str) -> Named {
    Named { resource: web::resource(path).default_service(web::route().to(wrong_method)), name }
}

// The rest of the API: whatever the account offers there, by whatever method.
fn any(path: &str, name: &'static str) -> Named {
    let methods = [web::get(), web::post(), web::put(), web::patch(), web::delete()];
    methods.into_iter().fold(at(path, name), |resource, method| resource.route(method.to(api::pass)))
}

/// A resource whose requests carry the route's name for the figures.
pub(super) struct Named {
    resource: Resource,
    name: &'static str,
}

impl Named {
    pub(super) fn route(self, route: actix_web::Route) -> Self {
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
