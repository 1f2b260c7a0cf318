//! Sign-in with Salesforce, and sign-out. The other ways in are rows of the table of pages.
//!
//! The flow's id is kept under the browser's id while the person is at Salesforce, so that nobody can finish
//! in one browser what was begun in another.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::admin::connect::{Returned, authorization_page, callback, state_unknown};
use super::admin::row::{Field, Kind, Who, field, text};
use super::admin::{Caller, Flash, act, form, show};
use super::broker::{Letter, Verb};
use super::cookie::{self, BrowserId};
use super::face::Face;
use super::origin::is_own_page;
use super::refusal;
use crate::problem::Problem;

const PAGE: &str = "/sign-in";
const CALLBACK: &str = "/sign-in/salesforce/callback";
const FIELDS: &[Field] = &[text("environment"), field("return_to", Kind::Optional)];
/// Seconds that somebody may spend at Salesforce.
const AWAY_SECONDS: u64 = 600;

/// A sign-in under way.
#[derive(Serialize, Deserialize)]
struct Away {
    flow_id: String,
    return_to: Option<String>,
}

#[derive(Deserialize)]
struct Flow {
    authorize_url: String,
    flow_id: String,
}

/// `POST /sign-in/salesforce`: out to Salesforce.
pub async fn start(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match started(&request, payload, &face).await {
        Ok(answer) => answer,
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

async fn started(request: &HttpRequest, payload: Payload, face: &Face) -> Result<HttpResponse, Problem> {
    let act::Sent { caller, form } = act::admit(request, payload, face, Who::Anyone, form::LARGEST).await?;
    form.only(FIELDS)?;
    let return_to = form.one("return_to")?.filter(|path| is_own_page(path)).map(str::to_owned);
    let mut body = json!({ "environment": form.one("environment")?.unwrap_or_default(), "redirect_uri": callback(face, CALLBACK) });
    if let (Some(path), Some(body)) = (&return_to, body.as_object_mut()) {
        body.insert("return_to".to_owned(), json!(path));
    }
    let letter = Letter { body: Some(&body), ..caller.letter(Verb::Post, "/v1/salesforce/sign-ins") };
    let answer = match face.house.broker.send(letter).await {
        Ok(answer) => answer,
        Err(problem) => return back(request, face, &caller, problem).await,
    };
    let flow: Flow = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
    let away = serde_json::to_vec(&Away { flow_id: flow.flow_id, return_to }).map_err(|_| Problem::internal())?;
    face.memory.put(&away_key(&caller.browser), Bytes::from(away), AWAY_SECONDS).await;
    Ok(show::go(face, authorization_page(&flow.authorize_url)?))
}

/// `GET /sign-in/salesforce/callback`: back from Salesforce.
pub async fn finish(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    match finished(&request, &face).await {
        Ok(answer) => answer,
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

async fn finished(request: &HttpRequest, face: &Face) -> Result<HttpResponse, Problem> {
    let caller = Caller::read(request, face, Who::Anyone).await?;
    let key = away_key(&caller.browser);
    let away: Away = face.memory.get(&key).await.and_then(|kept| serde_json::from_slice(&kept).ok()).ok_or_else(state_unknown)?;
    face.memory.forget(&key).await;
    let returned = match Returned::read(request) {
        Ok(returned) => returned,
        Err(problem) => return back(request, face, &caller, problem).await,
    };
    let path = format!("/v1/salesforce/sign-ins/{}/finish", plain(&away.flow_id)?);
    let body = json!({ "code": returned.code, "error": returned.error, "state": returned.state });
    match face.house.broker.send(Letter { body: Some(&body), ..caller.letter(Verb::Post, &path) }).await {
        Ok(answer) => act::enter(face, &caller, act::member(&answer)?, away.return_to.as_deref().unwrap_or(act::HOME)).await,
        Err(problem) => back(request, face, &caller, problem).await,
    }
}

async fn back(request: &HttpRequest, face: &Face, caller: &Caller, problem: Problem) -> Result<HttpResponse, Problem> {
    if !refusal::wants_html(request) {
        return Err(problem);
    }
    refusal::note(request, &problem);
    let problem = problem.with_request_id(&caller.request_id);
    Flash::failed(problem, serde_json::Map::new()).keep(&face.memory, &caller.browser).await;
    Ok(show::go(face, PAGE))
}

/// `POST /sign-out`.
pub async fn out(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match left(&request, payload, &face).await {
        Ok(answer) => answer,
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

async fn left(request: &HttpRequest, payload: Payload, face: &Face) -> Result<HttpResponse, Problem> {
    let act::Sent { caller, form } = act::admit(request, payload, face, Who::SignedIn, form::LARGEST).await?;
    form.only(&[])?;
    cookie::end(&face.memory, &caller.browser).await;
    let id = BrowserId::new()?;
    Flash::done("signed-out", b"null").keep(&face.memory, &id).await;
    let mut answer = show::go(face, PAGE);
    cookie::set(&mut answer, &id, &face.house.settings.gateway.public_url)?;
    Ok(answer)
}

fn away_key(browser: &BrowserId) -> String {
    format!("msi:away:{}", browser.hash())
}

fn plain(id: &str) -> Result<&str, Problem> {
    let good = !id.is_empty() && id.len() <= 128 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if good { Ok(id) } else { Err(Problem::internal()) }
}
