//! What every request meets first and last: a request id, a place among those under way, the security headers, figures and one
//! log line.

use std::cell::RefCell;
use std::collections::HashMap;
use std::fmt::Write as _;
use std::panic::AssertUnwindSafe;
use std::sync::LazyLock;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::error::InternalError;
use actix_web::http::ConnectionType;
use actix_web::http::header::{self, HeaderMap, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::web::Data;
use actix_web::{Error, HttpMessage, HttpRequest, ResponseError};
use futures_util::FutureExt;
use metrics::{Counter, Histogram};
use tracing::field::Empty;
use tracing::{Instrument, Span};

use super::face::Face;
use super::page::Language;
use super::refusal;
use crate::capacity::{Arriving, Place, Share};
use crate::clock;
use crate::problem::Problem;
use crate::telemetry::traces;

/// The id of a request: the caller's, if it sent a usable one, or a new one.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The name of the route for figures; set by handlers' routes so that addresses never become labels.
#[derive(Debug, Clone, Copy)]
pub struct RouteName(pub &'static str);

/// What operators' tools ask, however much is under way.
const ALWAYS: [&str; 4] = ["/livez", "/healthz", "/readyz", "/metrics"];

/// The id of the request at hand.
#[must_use]
pub fn request_id(request: &HttpRequest) -> String {
    request.extensions().get::<RequestId>().map_or_else(String::new, |id| id.0.clone())
}

const FIXED: [(&str, &str); 8] = [
    ("content-security-policy", "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"),
    ("cross-origin-resource-policy", "same-origin"),
    ("cache-control", "no-store"),
    ("strict-transport-security", "max-age=63072000; includeSubDomains"),
    ("x-permitted-cross-domain-policies", "none"),
];

// Names and values are checked once, not with every answer.
static HEADERS: LazyLock<Vec<(HeaderName, HeaderValue)>> =
    LazyLock::new(|| FIXED.map(|(name, value)| (HeaderName::from_static(name), HeaderValue::from_static(value))).to_vec());

/// Figures of one route, by class of status.
struct Figures {
    requests: [Counter; 5],
    seconds: Histogram,
}

thread_local! {
    // Looking a figure up by its labels costs more than counting.
    static FIGURES: RefCell<HashMap<&'static str, Figures>> = RefCell::new(HashMap::new());
}

impl Figures {
    fn of(route: &'static str) -> Self {
        let requests = ["1xx", "2xx", "3xx", "4xx", "5xx"];
        Self {
            requests: requests.map(|class| metrics::counter!("http_requests_total", "route" => route, "status" => class)),
            seconds: metrics::histogram!("http_request_seconds", "route" => route),
        }
    }
}

fn count(route: &'static str, status: u16, seconds: f64) {
    FIGURES.with_borrow_mut(|figures| {
        let figures = figures.entry(route).or_insert_with(|| Figures::of(route));
        if let Some(requests) = figures.requests.get(usize::from(status / 100).saturating_sub(1)) {
            requests.increment(1);
        }
        figures.seconds.record(seconds);
    });
}

/// Wraps every route of the face.
///
/// # Errors
/// Passes on what the route answered.
pub async fn edge<B: MessageBody + 'static>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let started = clock::instant();
    let id = request
        .headers()
        .get("x-request-id")
        .and_then(|value| value.to_str().ok())
        .filter(|id| (8..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        .map_or_else(clock::new_id, str::to_owned);
    request.extensions_mut().insert(RequestId(id.clone()));
    let face = request.app_data::<Data<Face>>().cloned();
    if let Some(face) = face.as_ref().filter(|_| !ALWAYS.contains(&request.path())) {
        match face.house.capacity.enter() {
            Ok(place) => drop(request.extensions_mut().insert(place)),
            Err(problem) => return Err(turned_away(&request, face, &problem, &id)),
        }
    }
    let span = if traces::are_on() { tracing::info_span!("face", request_id = id, route = Empty, status = Empty) } else { Span::none() };
    let called = AssertUnwindSafe(next.call(request)).catch_unwind();
    let Ok(answer) = called.instrument(span.clone()).await else { return Err(broken(&id)) };
    let mut answer = answer?;

    let route = answer.request().extensions().get::<RouteName>().map_or("other", |name| name.0);
    let status = answer.status();
    let seconds = started.elapsed().as_secs_f64();
    count(route, status.as_u16(), seconds);
    span.record("route", route).record("status", status.as_u16());
    if status.is_server_error() {
        tracing::error!(request_id = id, route, status = status.as_u16(), seconds, "answered with a failure");
    } else {
        tracing::debug!(request_id = id, route, status = status.as_u16(), seconds, "answered");
    }

    if face.is_some_and(|face| face.house.capacity.is_leaving()) {
        // Whoever keeps connections opens the next one to somebody who stays.
        answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    dress(answer.headers_mut(), id);
    Ok(answer)
}

/// Gives the request's place to others while its body arrives.
///
/// # Errors
/// 503 `server.busy`.
pub fn step_aside(request: &HttpRequest) -> Result<Option<Arriving>, Problem> {
    let place = request.extensions_mut().remove::<Place>();
    place.map(Place::step_aside).transpose()
}

/// The body is there: the request is under way again.
///
/// # Errors
/// 503 `server.busy`.
pub fn come_back(request: &HttpRequest, aside: Option<Arriving>) -> Result<(), Problem> {
    if let Some(place) = aside.map(Arriving::arrived).transpose()? {
        request.extensions_mut().insert(place);
    }
    Ok(())
}

/// The request is of this account, or of this org or token as long as its account is not known.
///
/// # Errors
/// 429 `account.busy`.
pub fn share(request: &HttpRequest, face: &Face, whose: &str) -> Result<(), Problem> {
    let known = request.extensions().get::<Share>().is_some_and(|share| share.whose() == whose);
    if !known {
        let share = face.house.capacity.share(whose)?;
        request.extensions_mut().insert(share);
    }
    Ok(())
}

fn turned_away(request: &ServiceRequest, face: &Face, problem: &Problem, id: &str) -> Error {
    count("turned-away", problem.status, 0.0);
    let (request, pages) = (request.request(), &face.house.pages);
    let mut answer = if request.path().starts_with("/panel/") {
        refusal::fragment(request, pages, Language::default(), problem)
    } else {
        refusal::page(request, pages, Language::default(), problem, &face.house.any_frame)
    };
    dress(answer.headers_mut(), id.to_owned());
    InternalError::from_response("too much under way", answer).into()
}

fn dress(headers: &mut HeaderMap, id: String) {
    // For browsers that know no better; where some may frame us, the policy alone says who.
    let framed = headers.get(header::CONTENT_SECURITY_POLICY).and_then(|policy| policy.to_str().ok()).is_some_and(is_framed);
    if !framed {
        headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    }
    for (name, value) in HEADERS.iter() {
        if !headers.contains_key(name) {
            headers.insert(name.clone(), value.clone());
        }
    }
    if let Ok(id) = HeaderValue::try_from(id) {
        headers.insert(HeaderName::from_static("x-request-id"), id);
    }
}

fn is_framed(policy: &str) -> bool {
    !policy.contains("frame-ancestors 'none'")
}

// A handler that gave up in the middle: its caller is told no more than the id under which the log has it.
fn broken(id: &str) -> Error {
    count("panicked", 500, 0.0);
    tracing::error!(request_id = id, "a handler panicked");
    let mut answer = Problem::internal().with_request_id(id).error_response();
    dress(answer.headers_mut(), id.to_owned());
    InternalError::from_response("a handler panicked", answer).into()
}

/// The policy of a page that stands in a frame: own scripts and styles only, framed by `ancestors` only.
///
/// Entries that are not plain origins are left out, so that no stored text can add a directive.
#[must_use]
pub fn framed_policy<'a>(ancestors: impl Iterator<Item = &'a str>) -> String {
    framed(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors",
        ancestors,
    )
}

/// The policy of a mail that is shown inside a panel: nothing runs, and what it may look like is its own affair. Its pictures come
/// from wherever its sender keeps them.
#[must_use]
pub fn mail_policy<'a>(ancestors: impl Iterator<Item = &'a str>) -> String {
    framed(
        "default-src 'none'; img-src https: data:; style-src 'unsafe-inline'; form-action 'none'; sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'",
        ancestors,
    )
}

fn framed<'a>(before: &str, ancestors: impl Iterator<Item = &'a str>) -> String {
    let mut policy = String::with_capacity(before.len() + 160);
    policy.push_str(before);
    let before = policy.len();
    for origin in ancestors.filter(|origin| is_plain_origin(origin)) {
        let _ = write!(policy, " {origin}");
    }
    if policy.len() == before && !policy.ends_with("'self'") {
        policy.push_str(" 'none'");
    }
    policy
}

fn is_plain_origin(origin: &str) -> bool {
    let rest = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://"));
    rest.is_some_and(|host| {
        !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b':' | b'*'))
    })
}

#[cfg(test)]
mod tests {
    use actix_web::middleware::from_fn;
    use actix_web::{App, HttpResponse, HttpServer, web};

    use super::{edge, framed_policy, mail_policy};

    #[actix_web::test]
    async fn log_05_a_handler_that_panics_tells_nobody_why_and_the_next_request_is_answered() {
        async fn panics() -> HttpResponse {
            panic!("with-a-secret-inside")
        }
        let app = || App::new().service(web::scope("").wrap(from_fn(edge)).route("/boom", web::get().to(panics)));
        let server = HttpServer::new(app).workers(1).disable_signals().bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        actix_web::rt::spawn(server);
        #[expect(clippy::disallowed_methods, reason = "the test's own client")]
        let http = reqwest::Client::builder().no_proxy().build().unwrap();
        for _ in 0..3 {
            let answer = http.get(format!("{base}/boom")).header("x-request-id", "panic-0001").send().await.unwrap();
            assert_eq!((answer.status().as_u16(), &answer.headers()["cache-control"]), (500, &"no-store".parse().unwrap()));
            assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
            let text = answer.text().await.unwrap();
            assert!(text.contains("\"internal\"") && text.contains("panic-0001") && !text.contains("secret"), "{text}");
        }
        handle.stop(false).await;
    }

    #[test]
    fn stored_text_adds_no_directive() {
        let policy = framed_policy(["https://a.lightning.force.com", "https://x; script-src *", "https://y\r\nX: 1", "*"].into_iter());
        assert!(policy.ends_with("frame-ancestors https://a.lightning.force.com"), "{policy}");
        assert!(framed_policy(std::iter::empty()).ends_with("frame-ancestors 'none'"));
        let mail = mail_policy(["https://a.example", "x; script-src *"].into_iter());
        assert!(mail.ends_with("frame-ancestors 'self' https://a.example") && !mail.contains("script-src"), "{mail}");
    }
}
