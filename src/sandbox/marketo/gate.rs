//! Who gets in: a token in the header, then the limits. Everything else is refused in the envelope.

use std::time::Duration;

use actix_web::body::BoxBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, HttpResponse};

use super::answer::{MarketoCode, Refusal, reply};
use super::identity::Worth;
use crate::sandbox::World;
use crate::sandbox::clock::machine_ms;

/// Leaves the count of calls in flight, even when the caller hangs up half-way.
struct InFlight {
    world: Data<World>,
    code: Option<String>,
}

impl Drop for InFlight {
    fn drop(&mut self) {
        let now = self.world.clock.now();
        self.world.marketo.limits.with(|limits| limits.leave(now, self.code.as_deref()));
    }
}

const LONGEST_ADDRESS: usize = 8 * 1024;
/// The largest body of a call, in bytes.
pub const LARGEST_BODY: usize = 1024 * 1024;

/// Checks token and limits before a call, counts it after.
pub async fn admit(world: Data<World>, request: ServiceRequest, next: Next<BoxBody>) -> Result<ServiceResponse<BoxBody>, Error> {
    let now = world.clock.now();
    if let Err(refusal) = world.marketo.limits.with(|limits| limits.enter(machine_ms(), now)) {
        return Ok(request.into_response(reply(Err(refusal))));
    }
    let mut in_flight = InFlight { world: world.clone(), code: None };
    if request.uri().to_string().len() > LONGEST_ADDRESS {
        return Ok(request.into_response(HttpResponse::UriTooLong().content_type("text/plain").body("URI too long")));
    }
    let length =
        request.headers().get("content-length").and_then(|value| value.to_str().ok()).and_then(|value| value.parse::<usize>().ok());
    if length.is_some_and(|length| length > LARGEST_BODY) {
        return Ok(request.into_response(HttpResponse::PayloadTooLarge().content_type("text/plain").body("Request entity too large")));
    }
    if request.path().contains("//") {
        in_flight.code = Some("610".to_owned());
        return Ok(request.into_response(reply(Err(Refusal::new("610", "Requested resource not found")))));
    }
    let delay = request.extensions().get::<ForcedDelay>().map(|delay| delay.0);
    tokio::time::sleep(delay.unwrap_or_default()).await;
    let refused = bearer(&world, &request, now).err();
    let forced = || {
        let code = request.extensions().get::<ForcedCode>().map(|forced| forced.0.clone());
        code.map(|code| Refusal::new(&code, format!("Forced by the sandbox: {code}")))
    };
    if let Some(refusal) = refused.or_else(forced) {
        in_flight.code = Some(refusal.code.clone());
        return Ok(request.into_response(reply(Err(refusal))));
    }
    let response = next.call(request).await?;
    in_flight.code = response.response().extensions().get::<MarketoCode>().map(|code| code.0.clone());
    Ok(response)
}

/// A code that `_control` wants this call to be refused with.
#[derive(Debug, Clone)]
pub struct ForcedCode(pub String);

/// How long `_control` wants this call to take.
#[derive(Debug, Clone, Copy)]
pub struct ForcedDelay(pub Duration);

fn bearer(world: &World, request: &ServiceRequest, now: i64) -> Result<(), Refusal> {
    let header = request.headers().get("authorization").and_then(|value| value.to_str().ok());
    let Some(token) = header
        .and_then(|value| value.split_once(' '))
        .filter(|(scheme, _)| scheme.eq_ignore_ascii_case("bearer"))
        .map(|(_, token)| token.trim())
    else {
        // Tokens in the query are not looked at any more.
        return Err(Refusal::new("603", "Access denied"));
    };
    match world.marketo.tokens.with(|tokens| tokens.check(token, now)) {
        Worth::Valid => Ok(()),
        Worth::Expired => Err(Refusal::new("602", "Access token expired")),
        Worth::Invalid => Err(Refusal::new("601", "Access token invalid")),
    }
}

/// Resources that can only be read, by their last segment.
const READ_ONLY: &[&str] = &[
    "activities.json",
    "campaigns.json",
    "deletedleads.json",
    "describe.json",
    "describe2.json",
    "file.json",
    "leadchanges.json",
    "pagingtoken.json",
    "status.json",
    "types.json",
    "usage.json",
];

/// A path that Marketo doesn't have, or not with this method.
pub async fn unknown(request: HttpRequest) -> HttpResponse {
    let name = request.path().rsplit('/').next().unwrap_or_default();
    if READ_ONLY.contains(&name) && request.method() != Method::GET {
        return reply(Err(Refusal::new("605", format!("Request method '{}' not supported", request.method()))));
    }
    reply(Err(Refusal::new("610", "Requested resource not found")))
}
