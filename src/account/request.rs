//! One request: its id, which goes through to the logs and to other systems, its place among those under way, and its span.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{Extensions, ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::{HttpMessage, HttpRequest, ResponseError, web};
use tracing::Instrument;

use super::AccountState;
use crate::capacity::Share;
use crate::clock;
use crate::problem::Problem;
use crate::telemetry::traces;

/// Names a request in logs, problems and calls to other systems: 1–64 letters, digits, `.`, `_`, `-`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// Takes an id that somebody else gave, if it can go into a log and a header.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        fits.then(|| Self(text.to_owned()))
    }

    /// The id.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Makes this the request's id from here on.
    pub(super) fn note(self, extensions: &mut Extensions) {
        tracing::Span::current().record("request_id", self.as_str());
        extensions.insert(self);
    }
}

/// What whoever distributes requests asks, however much is under way.
const ALWAYS: [&str; 2] = ["/healthz", "/readyz"];

/// The request is of this account, or of this org or token as long as its account is not known.
///
/// # Errors
/// 429 `account.busy`.
pub(super) fn share(request: &HttpRequest, state: &AccountState, whose: &str) -> Result<(), Problem> {
    let known = request.extensions().get::<Share>().is_some_and(|share| share.whose() == whose);
    if !known {
        let share = state.capacity.share(whose)?;
        request.extensions_mut().insert(share);
    }
    Ok(())
}

/// Puts a span around the request, counts it, and writes its id into the problem if it ends in one.
pub(super) async fn observe(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, actix_web::Error> {
    let given = request.headers().get("X-Request-Id").and_then(|value| value.to_str().ok()).and_then(RequestId::parse);
    let id = given.unwrap_or_else(|| RequestId(clock::new_id()));
    let route = request.match_pattern().unwrap_or_default();
    let span = tracing::info_span!("account", request_id = id.as_str(), route, method = %request.method());
    traces::follow(&span, request.headers().get("traceparent").and_then(|value| value.to_str().ok()));
    let state = request.app_data::<web::Data<AccountState>>().cloned();
    if let Some(state) = state.as_ref().filter(|_| !ALWAYS.contains(&request.path())) {
        match state.capacity.enter() {
            Ok(place) => drop(request.extensions_mut().insert(place)),
            Err(problem) => {
                let answer = problem.with_request_id(id.as_str()).error_response();
                return Ok(request.into_response(answer));
            }
        }
    }
    request.extensions_mut().insert(id);
    let began = clock::instant();
    async {
        let mut response = next.call(request).await?.map_into_boxed_body();
        let problem = response.response().error().and_then(|error| error.as_error::<Problem>()).cloned();
        if let Some(problem) = problem {
            let id = response.request().extensions().get::<RequestId>().cloned();
            let problem = id.map_or_else(|| problem.clone(), |id| problem.clone().with_request_id(id.as_str()));
            tracing::debug!(code = %problem.code, "refused");
            response = response.into_response(problem.error_response());
        }
        let status = response.status().as_u16();
        metrics::counter!("account_requests_total", "route" => route.clone(), "status" => status.to_string()).increment(1);
        metrics::histogram!("account_request_seconds", "route" => route.clone()).record(began.elapsed().as_secs_f64());
        tracing::debug!(status, "answered");
        if state.is_some_and(|state| state.capacity.is_leaving()) {
            response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
        }
        Ok(response)
    }
    .instrument(span.clone())
    .await
}
