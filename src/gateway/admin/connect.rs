//! Settings › Salesforce › Connect: out to Salesforce's authorization page and back, bound to the session
//! that went out. Also `/admin`, which leads to where a person has something to do.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::json;

use super::super::broker::{Letter, Verb};
use super::super::face::Face;
use super::super::refusal;
use super::act::{self, Sent};
use super::caller::Caller;
use super::flash::Flash;
use super::form;
use super::row::{Field, Who, text};
use super::show;
use crate::problem::Problem;

const PAGE: &str = "/admin/settings/salesforce";
const CALLBACK: &str = "/admin/settings/salesforce/callback";
const FIELDS: &[Field] = &[text("environment")];
/// Longest code or state that is passed on, in bytes.
const LONGEST: usize = 2_048;

/// Where Salesforce asks for approval.
#[derive(Deserialize)]
struct Flow {
    authorize_url: String,
}

/// `GET /admin`.
pub async fn home(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    match led_home(&request, &face).await {
        Ok(to) => show::go(&face, to),
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

async fn led_home(request: &HttpRequest, face: &Face) -> Result<&'static str, Problem> {
    #[derive(Deserialize)]
    struct Me {
        role: Option<String>,
    }
    let caller = Caller::read(request, face, Who::SignedIn).await?;
    if caller.visitor.kind != "member" {
        return Ok("/admin/marketo/actions-config");
    }
    let answer = face.house.broker.send(caller.letter(Verb::Get, "/v1/me")).await?;
    let me: Me = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
    Ok(if me.role.as_deref() == Some("admin") { "/admin/set-up" } else { "/admin/settings/my-profile" })
}

/// `POST /admin/settings/salesforce/connect`: out to Salesforce.
pub async fn start(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match started(&request, payload, &face).await {
        Ok(answer) => answer,
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

async fn started(request: &HttpRequest, payload: Payload, face: &Face) -> Result<HttpResponse, Problem> {
    let Sent { caller, form } = act::admit(request, payload, face, Who::Member, form::LARGEST).await?;
    form.only(FIELDS)?;
    let environment = form.one("environment")?.unwrap_or_default();
    let redirect = callback(face, CALLBACK);
    let body = json!({ "environment": environment, "redirect_uri": redirect, "session": caller.browser.hash() });
    let letter = Letter { body: Some(&body), ..caller.letter(Verb::Post, "/v1/connections/salesforce/flows") };
    let answer = match face.house.broker.send(letter).await {
        Ok(answer) => answer,
        Err(problem) => return back(request, face, &caller, problem).await,
    };
    let flow: Flow = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
    Ok(show::go(face, authorization_page(&flow.authorize_url)?))
}

/// `GET /admin/settings/salesforce/callback`: back from Salesforce.
pub async fn finish(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    match finished(&request, &face).await {
        Ok(answer) => answer,
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

async fn finished(request: &HttpRequest, face: &Face) -> Result<HttpResponse, Problem> {
    let caller = Caller::read(request, face, Who::Member).await?;
    let returned = Returned::read(request)?;
    let body = json!({ "state": returned.state, "code": returned.code, "error": returned.error, "session": caller.browser.hash() });
    let letter = Letter { body: Some(&body), ..caller.letter(Verb::Post, "/v1/connections/salesforce/finish") };
    match face.house.broker.send(letter).await {
        Ok(answer) => {
            Flash::done("salesforce-connected", &answer.body).keep(&face.memory, &caller.browser).await;
            Ok(show::go(face, PAGE))
        }
        Err(problem) => back(request, face, &caller, problem).await,
    }
}

async fn back(request: &HttpRequest, face: &Face, caller: &Caller, problem: Problem) -> Result<HttpResponse, Problem> {
    if problem.status == 401 || !refusal::wants_html(request) {
        return Err(problem);
    }
    refusal::note(request, &problem);
    let problem = problem.with_request_id(&caller.request_id);
    Flash::failed(problem, serde_json::Map::new()).keep(&face.memory, &caller.browser).await;
    Ok(show::go(face, PAGE))
}

/// What Salesforce sends back with the browser (RFC 6749 §4.1.2).
pub struct Returned {
    pub state: String,
    pub code: Option<String>,
    /// Why there is no code, in Salesforce's own word.
    pub error: Option<String>,
}

impl Returned {
    /// Reads the query of a callback.
    ///
    /// # Errors
    /// `oauth.state` for anything that is no answer to a request of ours.
    pub fn read(request: &HttpRequest) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
        let one = |name: &str| {
            let mut all = pairs.iter().filter(|(found, _)| found == name).map(|(_, value)| value);
            all.next().filter(|value| !value.is_empty() && value.len() <= LONGEST && all.next().is_none())
        };
        let (code, error) = (one("code").cloned(), one("error").cloned());
        match one("state") {
            Some(state) if code.is_some() != error.is_some() => Ok(Self { state: state.clone(), code, error }),
            _ => Err(state_unknown()),
        }
    }
}

/// A return from Salesforce that nobody here went out for.
#[must_use]
pub fn state_unknown() -> Problem {
    Problem::bad_request("oauth.state", "This return from Salesforce belongs to no request of this browser. Start again.")
}

/// The address that Salesforce sends the browser back to.
#[must_use]
pub fn callback(face: &Face, path: &str) -> String {
    format!("{}{path}", face.house.settings.gateway.public_url.trim_end_matches('/'))
}

/// An authorization page that a browser may be sent to.
///
/// # Errors
/// When the account named something else, which is a defect.
pub fn authorization_page(address: &str) -> Result<&str, Problem> {
    let good = url::Url::parse(address).is_ok_and(|url| matches!(url.scheme(), "https" | "http") && url.username().is_empty());
    let plain = address.bytes().all(|byte| byte.is_ascii_graphic());
    if good && plain { Ok(address) } else { Err(Problem::internal()) }
}
