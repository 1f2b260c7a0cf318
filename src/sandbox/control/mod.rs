//! `/_control`: faults, limits, clock, people, and the journal of calls. For tests and for the curious.

pub mod faults;
pub mod journal;
mod people;
mod routes;

use std::time::{Duration, UNIX_EPOCH};

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{DATE, HeaderValue, HttpDate};
use actix_web::middleware::Next;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{Error, HttpMessage, HttpResponse};

use super::World;
use super::clock::machine_ms;
use super::marketo::{ForcedCode, ForcedDelay, LateCommit, MarketoCode};
use super::salesforce::package;
use faults::{Effect, Severed};
use journal::Call;

/// Mounts the control paths.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("/world", web::get().to(routes::world))
        .route("/journal", web::get().to(routes::journal))
        .route("/journal", web::delete().to(routes::forget_journal))
        .route("/clock", web::get().to(routes::clock))
        .route("/clock", web::post().to(routes::shift_clock))
        .route("/faults", web::get().to(routes::faults))
        .route("/faults", web::post().to(routes::add_fault))
        .route("/faults", web::delete().to(routes::clear_faults))
        .route("/lags", web::put().to(routes::set_lags))
        .route("/salesforce/opt-outs", web::put().to(routes::set_opt_outs))
        .route("/refusals", web::put().to(routes::set_refusals))
        .route("/written", web::get().to(routes::written))
        .route("/limits", web::get().to(routes::limits))
        .route("/limits", web::post().to(routes::set_limits))
        .route("/limits", web::delete().to(routes::reset_limits))
        .route("/tokens/expire", web::post().to(routes::expire_tokens))
        .route("/salesforce/keys", web::post().to(routes::register_key))
        .route("/salesforce/package", web::get().to(package::show))
        .route("/salesforce/package", web::post().to(package::change))
        .route("/salesforce/tasks/{id}", web::post().to(routes::handle_task))
        .route("/salesforce/id-tokens", web::post().to(routes::bend_id_tokens))
        .route("/salesforce/identity-keys/rotate", web::post().to(routes::rotate_identity_keys))
        .route("/people", web::post().to(people::create))
        .route("/people/touch", web::post().to(people::touch))
        .route("/people/arrive", web::post().to(people::arrive))
        .route("/people/{id}", web::get().to(people::read))
        .route("/people/{id}", web::patch().to(people::change))
        .route("/people/{id}", web::delete().to(people::delete))
        .route("/people/{id}/merge", web::post().to(people::merge))
        .route("/people/{id}/activities", web::post().to(people::act));
}

/// Applies faults to a call and writes it into the journal.
pub(super) async fn watch(world: Data<World>, request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let path = request.path().strip_prefix(world.base_path().as_str()).unwrap_or(request.path()).to_owned();
    let method = request.method().to_string();
    let request_id = request.headers().get("x-request-id").and_then(|value| value.to_str().ok()).map(|id| id.chars().take(80).collect());
    let begun = machine_ms();
    let Effect { latency_ms, http, marketo, drop_after, commit_after_ms } = world.faults.effect(&path);
    let latency = Duration::from_millis(latency_ms);
    if path.starts_with("/marketo/") && !path.starts_with("/marketo/identity/") {
        // A slow call is one of those in flight: Marketo waits once it has let the call in.
        request.extensions_mut().insert(ForcedDelay(latency));
    } else {
        tokio::time::sleep(latency).await;
    }
    if let Some(wait) = commit_after_ms {
        request.extensions_mut().insert(LateCommit(Duration::from_millis(wait)));
    }
    if let Some(code) = marketo {
        request.extensions_mut().insert(ForcedCode(code));
    }
    let mut response = match http.and_then(|status| actix_web::http::StatusCode::from_u16(status).ok()) {
        Some(status) => request.into_response(HttpResponse::build(status).content_type("text/plain").body("Forced by the sandbox")),
        None => next.call(request).await?,
    };
    if world.clock.shifted_ms() != 0 {
        let now = UNIX_EPOCH + Duration::from_millis(u64::try_from(world.clock.now_ms()).unwrap_or(0));
        if let Ok(now) = HeaderValue::try_from(HttpDate::from(now).to_string()) {
            response.headers_mut().insert(DATE, now);
        }
    }
    let code = response.response().extensions().get::<MarketoCode>().map(|code| code.0.clone());
    world.journal.write(Call {
        at: begun,
        took_ms: machine_ms() - begun,
        method,
        path,
        status: response.status().as_u16(),
        marketo_code: code,
        request_id,
    });
    Ok(match drop_after {
        Some(bytes) => response.map_body(|_, body| BoxBody::new(Severed::new(body, bytes))),
        None => response,
    })
}
