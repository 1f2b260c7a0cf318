//! A mail opened from a row of the panel. Its HTML stands in a frame of its own, whose policy lets nothing run; the frame's
//! address is a ticket that works once.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::face::Face;
use super::page::Language;
use super::panel::{self, is_id};
use super::{edge, refusal, session};
use crate::clock;
use crate::problem::Problem;

/// Seconds that a browser has to fetch the frame.
const TICKET_SECONDS: u64 = 60;
/// Longest id of a mail, in bytes.
const LONGEST_ID: usize = 100;

/// What waits behind a ticket.
#[derive(Serialize, Deserialize)]
struct Body {
    /// Who may frame it, as it goes into the policy.
    ancestors: String,
    html: String,
}

/// `GET /panel/mail/{id}?person=`: subject, times, and the frame with the mail.
pub async fn show(request: HttpRequest, id: Path<String>, face: Data<Face>) -> HttpResponse {
    match opened(&request, &id, &face).await {
        Ok(fragment) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(fragment),
        Err(problem) => refusal::fragment(&request, &face.house.pages, Language::default(), &problem),
    }
}

async fn opened(request: &HttpRequest, id: &str, face: &Face) -> Result<Bytes, Problem> {
    let claims = panel::session_of(request, face).await?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(plain) {
        return Err(Problem::not_found());
    }
    let named = url::form_urlencoded::parse(request.query_string().as_bytes()).find(|(name, _)| name == "person");
    let named = named.map(|(_, value)| value.into_owned()).filter(|value| !value.is_empty());
    if named.as_deref().is_some_and(|person| !is_id(person)) {
        return Err(Problem::not_found());
    }
    let (visitor, request_id) = (panel::visitor(&claims), edge::request_id(request));
    let broker = &face.house.broker;
    let ask = async |path: String| -> Result<Value, Problem> {
        let answer = broker.get(&path, &visitor, &request_id).await?;
        serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())
    };
    // A panel of one person is about that person; in the whole account's list of a contact a colleague may be named.
    let path = if panel::is_of_one(&claims) {
        let found = ask(format!("/v1/people?sfdc_id={}", claims.rec.as_deref().unwrap_or_default())).await?;
        let own = found.pointer("/people/0/id").and_then(Value::as_str).ok_or_else(Problem::not_found)?;
        match named.filter(|person| person != own) {
            Some(colleague) => format!("/v1/people/{own}/mailings/{id}?of={colleague}"),
            None => format!("/v1/people/{own}/mailings/{id}"),
        }
    } else {
        format!("/v1/people/{}/mailings/{id}", named.ok_or_else(Problem::not_found)?)
    };
    let mut mail = ask(path).await?;
    let html = mail.get_mut("html").map(Value::take);
    let mut frame = None;
    if let Some(Value::String(html)) = html {
        let org = broker.org(&claims.org, &request_id).await?;
        let ancestors = org.frame_ancestors.iter().map(String::as_str).chain(super::canvas::hosts::origin(&org.instance_url));
        let ticket = session::new_id()?;
        let body = Body { ancestors: ancestors.collect::<Vec<_>>().join(" "), html };
        let body = serde_json::to_vec(&body).map_err(|_| Problem::internal())?;
        face.memory.put(&key(&ticket), body.into(), TICKET_SECONDS).await;
        frame = Some(format!("/panel/mail-body/{ticket}"));
    }
    let lang = Language::from_salesforce(claims.lng.as_deref().unwrap_or_default());
    Ok(face.house.pages.mail_fragment(lang, claims.tz.as_deref().unwrap_or("UTC"), clock::now_ms(), &mail, frame))
}

/// `GET /panel/mail-body/{ticket}`: the mail's HTML, once.
pub async fn body(request: HttpRequest, ticket: Path<String>, face: Data<Face>) -> HttpResponse {
    let key = key(&ticket);
    let kept = face.memory.get(&key).await.and_then(|kept| serde_json::from_slice::<Body>(&kept).ok());
    face.memory.forget(&key).await;
    let Some(Body { ancestors, html }) = kept else { return refusal::document(&request, &Problem::not_found()) };
    HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, edge::mail_policy(ancestors.split(' '))))
        .body(format!("<!doctype html><meta charset=\"utf-8\"><base target=\"_blank\"><style>body{{font:14px/1.5 sans-serif;margin:12px}}</style><body>{html}"))
}

fn key(ticket: &str) -> String {
    format!("msi:mail-body:{}", session::fingerprint(ticket.as_bytes()))
}
