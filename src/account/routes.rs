//! Every address of the account's API: who may ask is the type that its handler takes.

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::{HttpResponse, Route, web};

use super::description::OFFERED;
use super::{
    AccountState, account_settings, acting, acting_settings, actions_config, addressees, api_tokens, audit, calls, circulars, database,
    deliveries, desk, emails, entrances, field_sync, imports, insights, invitations, jobs, mail_channels, mail_view, marketo_admins,
    marketo_budget, marketo_campaigns, marketo_connection, me, members, memory_epochs, moment_alerts, org_certificates, org_status, orgs,
    package_state, people, personal_data, records, request, sales_campaigns, salesforce_connection, salesforce_sign_in, secret_key, set_up,
    sign_in_links, tasks, teams, templates, timeline, tracking, unsubscribes, watch_list,
};
use crate::problem::Problem;

/// An address and what answers there.
pub struct Row {
    pub method: &'static str,
    pub path: &'static str,
    /// Whether the face offers it to others, below `/api`.
    pub offered: bool,
    route: fn() -> Route,
}

/// A row of the table.
macro_rules! row {
    ($method:ident, $path:literal, $handler:path) => {
        Row { method: stringify!($method), path: $path, offered: false, route: || web::$method().to($handler) }
    };
    ($method:ident, $path:literal, $handler:path, offered) => {
        Row { method: stringify!($method), path: $path, offered: true, route: || web::$method().to($handler) }
    };
}

/// The table.
pub const ROUTES: &[Row] = &[
    row!(get, "/v1/orgs/{org_id}", orgs::show),
    row!(post, "/v1/orgs/{org_id}/live-checks", orgs::live_check),
    row!(post, "/v1/orgs/{org_id}/memory-epochs", memory_epochs::note),
    row!(post, "/v1/orgs/{org_id}/certificates", org_certificates::register),
    row!(get, "/v1/org/status", org_status::show, offered),
    row!(get, "/v1/people", people::find, offered),
    row!(get, "/v1/people/{id}", people::show, offered),
    row!(get, "/v1/people/{id}/timeline", timeline::show, offered),
    row!(get, "/v1/people/{id}/insights", insights::show, offered),
    row!(get, "/v1/people/{id}/mailings/{mail}", mail_view::show, offered),
    row!(get, "/v1/records/{record}", records::show, offered),
    row!(get, "/v1/records/{record}/timeline", timeline::show_group, offered),
    row!(get, "/v1/records/{record}/insights", insights::show_group, offered),
    row!(get, "/v1/budget", jobs::budget),
    row!(get, "/v1/jobs", jobs::list, offered),
    row!(get, "/openapi.json", description),
    row!(get, "/healthz", alive),
    row!(get, "/readyz", ready),
    row!(get, "/v1/me", me::show, offered),
    row!(patch, "/v1/me", me::change, offered),
    row!(get, "/v1/me/api-tokens", api_tokens::list),
    row!(post, "/v1/me/api-tokens", api_tokens::create),
    row!(delete, "/v1/me/api-tokens/{id}", api_tokens::revoke),
    row!(get, "/v1/account", account_settings::show, offered),
    row!(patch, "/v1/account", account_settings::change, offered),
    row!(get, "/v1/login-settings", account_settings::login, offered),
    row!(put, "/v1/login-settings", account_settings::set_login, offered),
    row!(get, "/v1/members", members::list, offered),
    row!(patch, "/v1/members/{id}", members::change, offered),
    row!(delete, "/v1/members/{id}", members::remove, offered),
    row!(post, "/v1/original-user/hand-over", members::hand_over, offered),
    row!(get, "/v1/teams", teams::list, offered),
    row!(post, "/v1/teams", teams::create, offered),
    row!(patch, "/v1/teams/{id}", teams::rename, offered),
    row!(delete, "/v1/teams/{id}", teams::remove, offered),
    row!(get, "/v1/audit", audit::list, offered),
    row!(get, "/v1/audit.csv", audit::export, offered),
    row!(get, "/v1/invitations", invitations::list, offered),
    row!(post, "/v1/invitations", invitations::create, offered),
    row!(post, "/v1/invitations/{id}/resend", invitations::resend, offered),
    row!(post, "/v1/invitations/{id}/revoke", invitations::revoke, offered),
    row!(get, "/v1/invitations/imports", imports::list, offered),
    row!(post, "/v1/invitations/imports", imports::create, offered),
    row!(get, "/v1/invitations/imports/{id}", imports::show, offered),
    row!(put, "/v1/invitations/imports/{id}/mapping", imports::set_mapping, offered),
    row!(post, "/v1/invitations/imports/{id}/check", imports::check, offered),
    row!(post, "/v1/invitations/imports/{id}/invite", imports::invite, offered),
    row!(get, "/v1/invitations/imports/{id}/rows", imports::rows, offered),
    row!(get, "/v1/invitations/imports/{id}/report.csv", imports::report, offered),
    row!(get, "/v1/set-up", set_up::show, offered),
    row!(get, "/v1/invitations/by-token/{token}", invitations::show_by_link),
    row!(post, "/v1/invitations/by-token/{token}/accept", invitations::accept),
    row!(post, "/v1/entrances", entrances::create),
    row!(post, "/v1/entrances/redeem", entrances::redeem),
    row!(post, "/v1/sign-in-links", sign_in_links::create),
    row!(post, "/v1/sign-in-links/redeem", sign_in_links::redeem),
    row!(post, "/v1/marketo-admins", marketo_admins::enter),
    row!(get, "/v1/marketo/admins", marketo_admins::list, offered),
    row!(get, "/v1/actions-config", actions_config::show, offered),
    row!(post, "/v1/actions-config/first-invitation", actions_config::invite_first, offered),
    row!(post, "/v1/actions-config/integration/reveal", actions_config::reveal),
    row!(post, "/v1/actions-config/integration/rotate", actions_config::rotate, offered),
    row!(get, "/v1/connections/marketo", marketo_connection::show, offered),
    row!(post, "/v1/connections/marketo", marketo_connection::connect, offered),
    row!(delete, "/v1/connections/marketo", marketo_connection::disconnect, offered),
    row!(post, "/v1/connections/marketo/hand-over", marketo_connection::hand_over, offered),
    row!(get, "/v1/connections/marketo/budget", marketo_budget::show, offered),
    row!(get, "/v1/connections/marketo/access", marketo_connection::access, offered),
    row!(put, "/v1/connections/marketo/access", marketo_connection::grant, offered),
    row!(get, "/v1/connections/salesforce", salesforce_connection::show, offered),
    row!(delete, "/v1/connections/salesforce", salesforce_connection::disconnect, offered),
    row!(post, "/v1/connections/salesforce/flows", salesforce_connection::begin),
    row!(post, "/v1/connections/salesforce/finish", salesforce_connection::finish),
    row!(post, "/v1/connections/salesforce/check", salesforce_connection::check, offered),
    row!(get, "/v1/connections/salesforce/package", package_state::show, offered),
    row!(get, "/v1/connections/salesforce/secret-key", secret_key::show),
    row!(post, "/v1/connections/salesforce/secret-key", secret_key::make),
    row!(get, "/v1/connections/salesforce/certificates", org_certificates::list, offered),
    row!(post, "/v1/connections/salesforce/certificates/{id}/revoke", org_certificates::revoke, offered),
    row!(post, "/v1/salesforce/sign-ins", salesforce_sign_in::begin),
    row!(post, "/v1/salesforce/sign-ins/{flow_id}/finish", salesforce_sign_in::finish),
    row!(get, "/v1/field-sync", field_sync::show, offered),
    row!(get, "/v1/field-sync/preview", field_sync::preview, offered),
    row!(post, "/v1/field-sync/start", field_sync::start, offered),
    row!(post, "/v1/field-sync/pause", field_sync::pause, offered),
    row!(post, "/v1/field-sync/resume", field_sync::resume, offered),
    row!(post, "/v1/field-sync/cancel", field_sync::cancel, offered),
    row!(get, "/v1/field-sync/runs", field_sync::runs, offered),
    row!(post, "/v1/calls", calls::create, offered),
    row!(post, "/v1/tasks", tasks::create, offered),
    row!(get, "/v1/campaigns", marketo_campaigns::choices, offered),
    row!(post, "/v1/campaigns/{id}/members", sales_campaigns::launching::add_members, offered),
    row!(get, "/v1/sales-campaigns", sales_campaigns::editing::list, offered),
    row!(post, "/v1/sales-campaigns", sales_campaigns::editing::create, offered),
    row!(get, "/v1/sales-campaigns/{id}", sales_campaigns::editing::show, offered),
    row!(patch, "/v1/sales-campaigns/{id}", sales_campaigns::editing::change, offered),
    row!(delete, "/v1/sales-campaigns/{id}", sales_campaigns::editing::remove, offered),
    row!(post, "/v1/sales-campaigns/{id}/steps", sales_campaigns::editing::add_step, offered),
    row!(put, "/v1/sales-campaigns/{id}/steps/{step}", sales_campaigns::editing::change_step, offered),
    row!(post, "/v1/sales-campaigns/{id}/steps/{step}/move", sales_campaigns::editing::move_step, offered),
    row!(post, "/v1/sales-campaigns/{id}/steps/{step}/remove", sales_campaigns::editing::remove_step, offered),
    row!(post, "/v1/sales-campaigns/{id}/launches", sales_campaigns::launching::create, offered),
    row!(get, "/v1/sales-campaigns/{id}/people", sales_campaigns::watching::people, offered),
    row!(post, "/v1/sales-campaigns/{id}/stop", sales_campaigns::watching::stop_all, offered),
    row!(post, "/v1/sales-launches", sales_campaigns::launches::create, offered),
    row!(get, "/v1/sales-launches/{id}", sales_campaigns::launches::show, offered),
    row!(patch, "/v1/sales-launches/{id}", sales_campaigns::launches::change, offered),
    row!(put, "/v1/sales-launches/{id}/people/{person}", sales_campaigns::launches::edit, offered),
    row!(delete, "/v1/sales-launches/{id}/people/{person}", sales_campaigns::launches::leave_out, offered),
    row!(post, "/v1/sales-launches/{id}/start", sales_campaigns::launches::start, offered),
    row!(post, "/v1/sales-runs/{id}/stop", sales_campaigns::watching::stop, offered),
    row!(post, "/v1/sales-runs/{id}/resume", sales_campaigns::watching::resume, offered),
    row!(post, "/v1/tasks/{id}/complete", sales_campaigns::watching::complete_task, offered),
    row!(get, "/v1/people/{id}/sales-campaigns", sales_campaigns::watching::of_person, offered),
    row!(get, "/v1/marketo-campaigns", marketo_campaigns::list, offered),
    row!(post, "/v1/marketo-campaigns/{id}/members", marketo_campaigns::add, offered),
    row!(get, "/v1/people/{id}/acting", acting::show, offered),
    row!(get, "/v1/templates", templates::list, offered),
    row!(post, "/v1/templates", templates::create, offered),
    row!(get, "/v1/template-choices", templates::choices, offered),
    row!(get, "/v1/templates/{id}", templates::show, offered),
    row!(get, "/v1/templates/{id}/preview", templates::preview, offered),
    row!(post, "/v1/templates/{id}/copy", templates::copy, offered),
    row!(put, "/v1/templates/{id}", templates::change, offered),
    row!(delete, "/v1/templates/{id}", templates::remove, offered),
    row!(get, "/v1/templates/{id}/campaigns", sales_campaigns::wording::uses, offered),
    row!(post, "/v1/templates/{id}/campaigns", sales_campaigns::wording::update, offered),
    row!(put, "/v1/templates/{id}/favourite", templates::favour, offered),
    row!(delete, "/v1/templates/{id}/favourite", templates::unfavour, offered),
    row!(post, "/v1/emails", emails::create, offered),
    row!(post, "/v1/emails/preview", emails::preview, offered),
    row!(get, "/v1/emails/drafts/{person}", emails::show_draft, offered),
    row!(put, "/v1/emails/drafts/{person}", emails::save_draft, offered),
    row!(get, "/v1/best-bets", desk::best_bets, offered),
    row!(put, "/v1/best-bets/{person}/hidden", desk::hide, offered),
    row!(delete, "/v1/best-bets/{person}/hidden", desk::take_back, offered),
    row!(get, "/v1/lead-feed", desk::feed, offered),
    row!(get, "/v1/my-emails", desk::my_emails, offered),
    row!(get, "/v1/watch-list", desk::watch_list, offered),
    row!(get, "/v1/circulars", circulars::list, offered),
    row!(post, "/v1/circulars", circulars::create, offered),
    row!(get, "/v1/circulars/{id}", circulars::show, offered),
    row!(put, "/v1/circulars/{id}", circulars::save, offered),
    row!(delete, "/v1/circulars/{id}", circulars::discard, offered),
    row!(put, "/v1/circulars/{id}/template", circulars::choose_template, offered),
    row!(get, "/v1/circulars/{id}/people", addressees::list, offered),
    row!(put, "/v1/circulars/{id}/people", addressees::choose, offered),
    row!(get, "/v1/circulars/{id}/people/{person}", addressees::show, offered),
    row!(put, "/v1/circulars/{id}/people/{person}", addressees::change, offered),
    row!(delete, "/v1/circulars/{id}/people/{person}", addressees::reset, offered),
    row!(post, "/v1/circulars/{id}/send", circulars::send, offered),
    row!(post, "/v1/marketo-campaign-members", marketo_campaigns::add_group, offered),
    row!(post, "/v1/watch-list", watch_list::set_many, offered),
    row!(put, "/v1/watch-list/{person}", watch_list::add, offered),
    row!(delete, "/v1/watch-list/{person}", watch_list::remove, offered),
    row!(get, "/v1/moment-subscriptions", moment_alerts::list, offered),
    row!(post, "/v1/moment-subscriptions", moment_alerts::create, offered),
    row!(delete, "/v1/moment-subscriptions/{id}", moment_alerts::remove, offered),
    row!(get, "/v1/moment-subscriptions/by-token/{token}", moment_alerts::show_by_link),
    row!(post, "/v1/moment-subscriptions/by-token/{token}", moment_alerts::end_by_link),
    row!(get, "/v1/acting-settings", acting_settings::show, offered),
    row!(put, "/v1/acting-settings", acting_settings::change, offered),
    row!(get, "/v1/mail-channels/{whose}", mail_channels::show, offered),
    row!(put, "/v1/mail-channels/{whose}", mail_channels::put, offered),
    row!(delete, "/v1/mail-channels/{whose}", mail_channels::remove, offered),
    row!(post, "/v1/mail-channels/{whose}/test", mail_channels::test, offered),
    row!(post, "/v1/mail-events", tracking::create),
    row!(post, "/v1/personal-data/exports", personal_data::export, offered),
    row!(post, "/v1/personal-data/erasures", personal_data::erase, offered),
    row!(get, "/v1/unsubscribes", unsubscribes::list, offered),
    row!(post, "/v1/unsubscribes", unsubscribes::create, offered),
    row!(post, "/v1/resubscribes", unsubscribes::take_back, offered),
    row!(post, "/v1/untracked", unsubscribes::untrack, offered),
    row!(get, "/v1/unsubscribes/by-token/{token}", unsubscribes::show_by_link),
    row!(post, "/v1/unsubscribes/by-token/{token}", unsubscribes::take_by_link),
    row!(get, "/v1/deliveries", deliveries::list, offered),
    row!(get, "/v1/deliveries.csv", deliveries::export, offered),
    row!(post, "/v1/deliveries/retry", deliveries::retry_all, offered),
    row!(post, "/v1/deliveries/{id}/retry", deliveries::retry, offered),
];

/// Whether an address, as the table has it, is offered to others than the face.
#[must_use]
pub fn is_offered(method: &str, path: &str) -> bool {
    ROUTES.iter().any(|row| row.offered && row.path == path && row.method.eq_ignore_ascii_case(method))
}

/// The description of the whole table, as the face calls it; what is offered is described from here as well.
pub const INTERFACE: &str = include_str!("interface.json");

/// Mounts the table.
pub fn configure(cfg: &mut web::ServiceConfig, state: Arc<AccountState>) {
    cfg.app_data(web::Data::from(state));
    // The first address that fits is taken, so that plain words come before ids.
    let mut paths: Vec<&str> = ROUTES.iter().map(|row| row.path).collect();
    paths.sort_by_key(|path| (path.split('/').map(|part| part.starts_with('{')).collect::<Vec<_>>(), *path));
    paths.dedup();
    for path in paths {
        let rows = ROUTES.iter().filter(|row| row.path == path);
        let resource = rows.fold(web::resource(path), |resource, row| resource.route((row.route)()));
        cfg.service(resource.default_service(web::to(other_method)).wrap(from_fn(request::observe)));
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
    HttpResponse::Ok()
        .insert_header(("Content-Type", "application/json"))
        .insert_header(("Cache-Control", "max-age=300"))
        .body(OFFERED.as_str())
}

async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).body("ok")
}

async fn ready(state: web::Data<AccountState>) -> Result<HttpResponse, Problem> {
    if state.capacity.is_leaving() {
        return Err(Problem::unavailable("server.leaving", "This process was asked to stop. Another one answers.", 1));
    }
    database::answer(state.store.ping()).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).body("ready"))
}
