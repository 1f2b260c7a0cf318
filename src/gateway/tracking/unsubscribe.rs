//! The way out: a page that changes nothing until somebody says so, and the one-click POST of RFC 8058 that mail programs send.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::StreamExt;
use serde_json::{Value, json};

use super::links::Kind;
use super::{counted, unknown};
use crate::clock;
use crate::gateway::admin::caller::language;
use crate::gateway::admin::show::dressed;
use crate::gateway::broker::{Letter, Verb, Visitor};
use crate::gateway::edge;
use crate::gateway::face::Face;
use crate::gateway::page::Language;
use crate::gateway::refusal;
use crate::problem::Problem;

const LONGEST_BODY: usize = 8 * 1024;

/// `GET /unsubscribe/{token}`: asks. Scanners that open links change nothing.
pub async fn page(request: HttpRequest, token: Path<String>, face: Data<Face>) -> HttpResponse {
    let asked = ask(&face, Verb::Get, &token, None, &edge::request_id(&request)).await;
    match asked {
        Ok(state) => shown(&request, &face, &state, false),
        Err(problem) => refused(&request, &face, &counted(&request, &face, problem).await),
    }
}

/// `POST /unsubscribe/{token}`: from the page, or by a mail program with `List-Unsubscribe=One-Click`.
pub async fn take(request: HttpRequest, token: Path<String>, payload: Payload, face: Data<Face>) -> HttpResponse {
    let taken = async {
        let body = body(payload).await?;
        let (one_click, fields) = understood(&request, &body)?;
        ask(&face, Verb::Post, &token, Some(fields), &edge::request_id(&request)).await.map(|state| (one_click, state))
    };
    match taken.await {
        Ok((true, _)) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; charset=utf-8")).body("Unsubscribed."),
        Ok((false, state)) => shown(&request, &face, &state, true),
        Err(problem) => refused(&request, &face, &counted(&request, &face, problem).await),
    }
}

async fn ask(face: &Face, verb: Verb, token: &str, body: Option<Value>, request_id: &str) -> Result<Value, Problem> {
    // Mail programs break long lines; what they add is no part of a token.
    let token: String = token.chars().filter(|letter| !letter.is_whitespace() && *letter != '=').collect();
    let of = match face.house.tracking.links.read(&token) {
        Some((Kind::Unsubscribe, ..)) => "unsubscribes",
        Some((Kind::Alerts, ..)) => "moment-subscriptions",
        _ => return Err(unknown()),
    };
    let (visitor, path) = (Visitor::face(), format!("/v1/{of}/by-token/{token}"));
    let letter = Letter { verb, path: &path, visitor: &visitor, request_id, body: body.as_ref(), once: None, from: None };
    let answer = face.house.broker.send(letter).await?;
    serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())
}

async fn body(mut payload: Payload) -> Result<Bytes, Problem> {
    let read = async {
        let mut whole = Vec::new();
        while let Some(chunk) = payload.next().await {
            whole.extend_from_slice(&chunk.map_err(|_| odd())?);
            if whole.len() > LONGEST_BODY {
                return Err(Problem::new(
                    413,
                    "request.too_large",
                    "Request too large",
                    "The request is larger than this address accepts.",
                ));
            }
        }
        Ok(Bytes::from(whole))
    };
    let late = || Problem::new(408, "request.timeout", "Request timeout", "The body of the request did not arrive in time.");
    tokio::time::timeout(std::time::Duration::from_secs(10), read).await.unwrap_or_else(|_| Err(late()))
}

fn odd() -> Problem {
    Problem::bad_request("unsubscribe.body", "Send the form of the page, or List-Unsubscribe=One-Click.")
}

// Whether a mail program sent it, and what the account is told.
fn understood(request: &HttpRequest, body: &[u8]) -> Result<(bool, Value), Problem> {
    let kind = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
    if kind.starts_with("multipart/form-data") {
        let text = String::from_utf8_lossy(body);
        let part = text.split("name=\"List-Unsubscribe\"").nth(1).is_some_and(|rest| rest.trim_start().starts_with("One-Click"));
        return if part { Ok((true, json!({ "what": "all" }))) } else { Err(odd()) };
    }
    if !kind.starts_with("application/x-www-form-urlencoded") {
        return Err(odd());
    }
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let value = |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    if value("List-Unsubscribe") == Some("One-Click") {
        return Ok((true, json!({ "what": "all" })));
    }
    match value("what") {
        Some(what @ ("sales" | "all")) => {
            let why: String = value("why").unwrap_or_default().chars().take(500).collect();
            Ok((false, json!({ "what": what, "why": why })))
        }
        _ => Err(odd()),
    }
}

fn reading(request: &HttpRequest, state: Option<&Value>) -> Language {
    let named = request.headers().contains_key(header::ACCEPT_LANGUAGE);
    let account = state.and_then(|state| state.get("language")).and_then(Value::as_str);
    if named { language(request).0 } else { account.map_or_else(Language::default, Language::from_salesforce) }
}

fn shown(request: &HttpRequest, face: &Face, state: &Value, done: bool) -> HttpResponse {
    let context = json!({
        "title": "title-unsubscribe", "done": done, "since": state.get("unsubscribed_since").cloned().unwrap_or_default(),
        "alerts": state.get("ended").is_some(), "alert": state.get("alert").cloned().unwrap_or_default(),
        "account": state.get("account").cloned().unwrap_or_default(), "here": request.path(), "flash": null, "languages": [],
        "me": null, "now": clock::now_ms(), "zone": "UTC",
    });
    let page = face.house.pages.desk_page(reading(request, Some(state)), "unsubscribe", context);
    dressed(face, HttpResponse::Ok()).insert_header((header::CACHE_CONTROL, "no-store")).body(page)
}

fn refused(request: &HttpRequest, face: &Face, problem: &Problem) -> HttpResponse {
    if !refusal::wants_html(request) {
        return refusal::document(request, problem);
    }
    refusal::note(request, problem);
    let reader = reading(request, None);
    let problem = problem.clone().with_request_id(&edge::request_id(request));
    let context = json!({
        "title": "title-refused", "problem": face.house.pages.problem_view(reader, &problem), "sign_in": null, "flash": null,
        "languages": [], "me": null, "now": clock::now_ms(), "zone": "UTC",
    });
    let status = actix_web::http::StatusCode::from_u16(problem.status).unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR);
    dressed(face, HttpResponse::build(status)).body(face.house.pages.desk_page(reader, "refused", context))
}
