//! `/api/v1`: the account's API, brokered for whoever holds a token: a panel, an org's own code, a member's program.
//! Cookies count for nothing here, so that no page can make a browser call it.

use std::time::Duration;

use actix_web::http::header::{self, HeaderMap};
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::digest;
use futures_util::future::{Either, select};
use futures_util::{StreamExt, stream};
use tokio::sync::mpsc;

use super::admin;
use super::broker::{Cargo, Passage, Visitor};
use super::edge;
use super::face::Face;
use super::pace;
use super::panel;
use super::reading;
use super::refusal;
use super::session;
use super::token::{self, Use};
use crate::problem::Problem;

/// Longest query that is passed on, in bytes.
const LONGEST_QUERY: usize = 1_024;
/// Longest path, in bytes.
const LONGEST_PATH: usize = 300;
/// What every personal token begins with, and how long it is.
const PERSONAL: (&str, usize) = ("msi_", 47);
/// Largest body that is no file, in bytes.
const LARGEST: usize = 256 * 1024;
/// Largest file, in bytes: a little more than the account takes, so that it is the account that says no.
const LARGEST_FILE: usize = 33 * 1024 * 1024;
/// The one address that takes a file.
const FILES: &str = "invitations/imports";
/// For the next piece of a file.
const STALLED: Duration = Duration::from_secs(15);
/// Pieces of a file under way.
const WAITING: usize = 8;
/// What goes along to the account.
const ALONG: [&str; 3] = ["content-type", "idempotency-key", "x-file-name"];

/// `GET /api/v1/people?sfdc_id=`.
pub async fn people(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    read(&request, &face, "/v1/people".to_owned()).await
}

/// `GET /api/v1/org/status?package_version=`.
pub async fn org_status(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    read(&request, &face, "/v1/org/status".to_owned()).await
}

/// `GET /api/v1/jobs`.
pub async fn jobs(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    read(&request, &face, "/v1/jobs".to_owned()).await
}

/// `GET /api/v1/people/{id}`.
pub async fn person(request: HttpRequest, id: Path<String>, face: Data<Face>) -> HttpResponse {
    match plain(&id) {
        Some(id) => read(&request, &face, format!("/v1/people/{id}")).await,
        None => refusal::document(&request, &Problem::not_found()),
    }
}

/// `GET /api/v1/people/{id}/timeline`.
pub async fn timeline(request: HttpRequest, id: Path<String>, face: Data<Face>) -> HttpResponse {
    match plain(&id) {
        Some(id) => read(&request, &face, format!("/v1/people/{id}/timeline")).await,
        None => refusal::document(&request, &Problem::not_found()),
    }
}

// Path values arrive decoded; only our own ids go on into an address.
fn plain(id: &str) -> Option<&str> {
    ((1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')).then_some(id)
}

async fn read(request: &HttpRequest, face: &Face, path: String) -> HttpResponse {
    let answer = async {
        let visitor = authority(request, face).await?;
        let path = with_query(request, path)?;
        let answer = face.house.broker.get(&path, &visitor, &edge::request_id(request)).await?;
        Ok::<_, Problem>(HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "application/json")).body(answer.body))
    };
    match answer.await {
        Ok(answer) => answer,
        Err(problem) => refuse(request, face, problem).await,
    }
}

fn with_query(request: &HttpRequest, mut path: String) -> Result<String, Problem> {
    let query = request.query_string();
    if query.len() > LONGEST_QUERY || !query.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::bad_request("request.query", "The address has a query that this gateway does not read."));
    }
    if !query.is_empty() {
        path.push('?');
        path.push_str(query);
    }
    Ok(path)
}

/// On whose behalf the call is.
///
/// # Errors
/// 400 or 401 for the token.
async fn authority(request: &HttpRequest, face: &Face) -> Result<Visitor, Problem> {
    let bearer = reading::bearer(request)?;
    let visitor = if bearer.starts_with(PERSONAL.0) {
        let visitor = personal(bearer)?;
        // Whose it is, only the account knows.
        edge::share(request, face, visitor.token.as_deref().unwrap_or_default())?;
        pace::PROGRAMS.admit_one(face, visitor.token.as_deref().unwrap_or_default()).await?;
        visitor
    } else {
        let claims = face.house.tokens.check(bearer)?;
        edge::share(request, face, &claims.acc)?;
        if claims.aud == Use::Panel && face.memory.get(&session::key(&claims.acc, &claims.jti)).await.is_none() {
            return Err(panel::ended());
        }
        panel::visitor(&claims)
    };
    Ok(Visitor { via: Some("api"), ..visitor })
}

// The token itself stays here.
fn personal(bearer: &str) -> Result<Visitor, Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    if bearer.len() != PERSONAL.1 || !bearer.bytes().all(plain) {
        return Err(token::invalid());
    }
    let digest = digest::digest(&digest::SHA256, bearer.as_bytes());
    let hash = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Visitor { kind: "token".to_owned(), token: Some(hash), ..Visitor::default() })
}

/// Every other address below `/api/v1`, by any method: what is offered there is the account's to know.
pub async fn pass(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match passed(&request, payload, &face).await {
        Ok(answer) => answer,
        Err(problem) => refuse(&request, &face, problem).await,
    }
}

/// A refusal; whoever shows too many wrong credentials from one place is asked to wait.
pub async fn refuse(request: &HttpRequest, face: &Face, problem: Problem) -> HttpResponse {
    let problem = pace::REFUSED.refused(face, admin::address(request, face).as_deref(), problem).await;
    refusal::document(request, &problem)
}

async fn passed(request: &HttpRequest, payload: Payload, face: &Face) -> Result<HttpResponse, Problem> {
    let visitor = authority(request, face).await?;
    let below = request.match_info().get("path").filter(|path| is_plain(path)).ok_or_else(Problem::not_found)?;
    let path = with_query(request, format!("/v1/{below}"))?;
    let (request_id, from) = (edge::request_id(request), admin::address(request, face));
    let passage = |body| Passage {
        method: request.method().as_str(),
        path: &path,
        visitor: &visitor,
        request_id: &request_id,
        from: from.as_deref(),
        headers: along(request.headers()),
        body,
    };
    let answer = if request.method() == "POST" && below == FILES {
        let (sender, receiver) = mpsc::channel(WAITING);
        let chunks = stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|chunk| (chunk, receiver)) });
        let (reading, answer) = (Box::pin(feed(payload, sender)), Box::pin(face.house.broker.pass(passage(Cargo::stream(chunks)))));
        match select(reading, answer).await {
            Either::Left((read, answer)) => {
                read?;
                answer.await?
            }
            // The account said what it had to say before the end of the file.
            Either::Right((answer, _)) => answer?,
        }
    } else {
        let is_json = essence(request.headers()).eq_ignore_ascii_case("application/json");
        // Whatever else comes along is refused by the account, which looks at its type first.
        let body = if is_json { Cargo::Whole(reading::whole(request, payload, LARGEST).await?) } else { Cargo::Nothing };
        face.house.broker.pass(passage(body)).await?
    };
    let status = actix_web::http::StatusCode::from_u16(answer.status).map_err(|_| Problem::internal())?;
    let mut response = HttpResponse::build(status);
    for (name, value) in [(header::CONTENT_TYPE, answer.content_type), (header::CONTENT_DISPOSITION, answer.disposition)] {
        if let Some(value) = value {
            response.insert_header((name, value));
        }
    }
    Ok(if answer.status == 204 { response.finish() } else { response.streaming(answer.body) })
}

// The account's own addresses are made of plain words and ids.
fn is_plain(path: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    path.len() <= LONGEST_PATH && path.split('/').all(part)
}

fn essence(headers: &HeaderMap) -> &str {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    value.split(';').next().unwrap_or_default().trim()
}

fn along(headers: &HeaderMap) -> Vec<(&'static str, String)> {
    ALONG.into_iter().filter_map(|name| Some((name, headers.get(name)?.to_str().ok()?.to_owned()))).collect()
}

// A file's pieces, one after the other; the other end may stop listening.
async fn feed(mut payload: Payload, sender: mpsc::Sender<Result<Bytes, std::io::Error>>) -> Result<(), Problem> {
    let mut read = 0;
    loop {
        let problem = match tokio::time::timeout(STALLED, payload.next()).await {
            Ok(None) => return Ok(()),
            Ok(Some(Ok(chunk))) if read + chunk.len() <= LARGEST_FILE => {
                read += chunk.len();
                if sender.send(Ok(chunk)).await.is_err() {
                    return Ok(());
                }
                continue;
            }
            Ok(Some(Ok(_))) => Problem::new(413, "request.too_large", "Request too large", "The file is larger than this address accepts."),
            Ok(Some(Err(_))) => Problem::bad_request("request.broken", "The body of the request ended before its end."),
            Err(_) => Problem::new(408, "request.timeout", "Request timeout", "The body of the request did not arrive in time."),
        };
        let _ = sender.send(Err(std::io::Error::other("the file ended before its end"))).await;
        return Err(problem);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_plain_words_goes_on_into_an_address() {
        for path in ["members", "members/0199ab/x", "audit.csv", "invitations/imports/1/report.csv", "login-settings"] {
            assert!(is_plain(path), "{path}");
        }
        for path in ["", "/", "members/", "a//b", "..", "../orgs", "a/../b", "a?b", "a#b", "a%2fb", "a b", "a\\b", "ä", &"a".repeat(301)] {
            assert!(!is_plain(path), "{path}");
        }
    }

    #[test]
    fn a_personal_token_leaves_as_its_hash() {
        let token = format!("msi_{}", "a".repeat(43));
        let visitor = personal(&token).unwrap();
        assert_eq!(visitor.token.as_ref().map(String::len), Some(64));
        assert!(!format!("{visitor:?}").contains(&token));
        for odd in ["msi_", "msi_short", &format!("{token}x"), &format!("msi_{}", "'".repeat(43))] {
            assert_eq!(personal(odd).unwrap_err().code, "token.invalid", "{odd}");
        }
    }
}
