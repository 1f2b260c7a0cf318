//! Files: a CSV of people to invite on its way to the account, reports and the audit log on their way back.
//! Neither is ever held whole in memory.

use std::time::Duration;

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use futures_util::stream;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::super::broker::{Letter, Verb};
use super::super::face::Face;
use super::super::origin;
use super::super::refusal;
use super::act::{Sent, admit};
use super::caller::Caller;
use super::flash::Flash;
use super::form;
use super::parts::{PATIENCE, Part, Parts, broken};
use super::row::{Field as FormField, TOKEN, Who, text};
use super::show;
use crate::problem::Problem;

const WHOSE: &[FormField] = &[text("email")];
const UPLOAD: &str = "/admin/settings/users/import";
/// Largest file, in bytes: about 200,000 rows.
const LARGEST: usize = 20 * 1024 * 1024;
/// What the form may have besides the file, in bytes.
const AROUND: usize = 16 * 1024;
/// Largest of the small fields before the file.
const LARGEST_FIELD: usize = 200;
/// Longest name of a file, in characters.
const LONGEST_NAME: usize = 100;
/// Longest that a file may take to arrive.
const DEADLINE: Duration = Duration::from_secs(150);
/// Chunks that may wait for the account.
const WAITING: usize = 8;

/// Everything but what may stand in a header's value as it is.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'.').remove(b'-').remove(b'_');

/// `POST /admin/settings/users/import`: the token first, then the file.
pub async fn upload(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match uploaded(&request, payload, &face).await {
        Ok(answer) => answer,
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

async fn uploaded(request: &HttpRequest, payload: Payload, face: &Face) -> Result<HttpResponse, Problem> {
    #[derive(Deserialize)]
    struct Import {
        id: String,
    }
    origin::check(request, &face.house.settings.gateway.public_url)?;
    let caller = Caller::read(request, face, Who::Member).await?;
    let parts = Parts::new(request, payload, LARGEST + AROUND, PATIENCE)?;
    let sent = tokio::time::timeout(DEADLINE, receive(parts, face, &caller)).await;
    let answer = sent.unwrap_or_else(|_| Err(Problem::new(408, "request.timeout", "Request timeout", "The file did not arrive in time.")));
    match answer {
        Ok(answer) => {
            let import: Import = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
            let plain = !import.id.is_empty() && import.id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            if plain { Ok(show::go(face, &format!("{UPLOAD}/{}/map", import.id))) } else { Err(Problem::internal()) }
        }
        Err(problem) if matches!(problem.status, 401 | 403) || !refusal::wants_html(request) => Err(problem),
        Err(problem) => {
            refusal::note(request, &problem);
            let problem = problem.with_request_id(&caller.request_id);
            Flash::failed(problem, serde_json::Map::new()).keep(&face.memory, &caller.browser).await;
            Ok(show::go(face, UPLOAD))
        }
    }
}

async fn receive(mut parts: Parts, face: &Face, caller: &Caller) -> Result<super::super::broker::Answer, Problem> {
    let mut admitted = false;
    let mut once = None;
    while let Some(mut part) = parts.next().await? {
        match part.name() {
            TOKEN => {
                face.house.form_tokens.check(&caller.browser, &small(&mut part).await?)?;
                admitted = true;
            }
            super::row::ONCE => once = Some(small(&mut part).await?).filter(|once| once.bytes().all(|byte| byte.is_ascii_hexdigit())),
            "file" if admitted => return carry(part, face, caller, once.as_deref()).await,
            "file" => return Err(origin::rejected()),
            _ => return Err(Problem::bad_request("request.unknown_field", "The form has a field that this address does not know.")),
        }
    }
    Err(if admitted { no_file() } else { origin::rejected() })
}

async fn small(part: &mut Part<'_>) -> Result<String, Problem> {
    let mut text = Vec::new();
    while let Some(piece) = part.piece().await? {
        text.extend_from_slice(&piece);
        if text.len() > LARGEST_FIELD {
            return Err(broken());
        }
    }
    String::from_utf8(text).map_err(|_| broken())
}

async fn carry(mut part: Part<'_>, face: &Face, caller: &Caller, once: Option<&str>) -> Result<super::super::broker::Answer, Problem> {
    let name = file_name(part.file_name());
    let first = loop {
        match part.piece().await? {
            Some(piece) if piece.is_empty() => {}
            Some(piece) => break piece,
            None => return Err(no_file()),
        }
    };
    let (sender, receiver) = mpsc::channel::<Result<Bytes, std::io::Error>>(WAITING);
    let chunks = stream::unfold(receiver, |mut receiver| async move { receiver.recv().await.map(|chunk| (chunk, receiver)) });
    let letter = Letter { once, ..caller.letter(Verb::Post, "/v1/invitations/imports") };
    let reading = async move {
        let mut next = Ok(Some(first));
        while let Some(piece) = next.transpose() {
            let piece = match piece {
                Ok(piece) => piece,
                Err(problem) => {
                    let _ = sender.send(Err(std::io::Error::other("the file ended before its end"))).await;
                    return Err(problem);
                }
            };
            if sender.send(Ok(piece)).await.is_err() {
                // The account has answered already; its answer says why.
                return Ok(());
            }
            next = part.piece().await;
        }
        Ok(())
    };
    let (read, answer) = futures_util::join!(reading, face.house.broker.upload(letter, &name, chunks));
    read?;
    answer
}

// A header carries it, so that it is percent-encoded; only what stands after the last slash is a name.
fn file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let short: String = last.chars().filter(|letter| !letter.is_control()).take(LONGEST_NAME).collect();
    utf8_percent_encode(&short, ENCODED).to_string()
}

/// `GET /admin/settings/audit.csv`.
pub async fn audit(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    download(&request, &face, "/v1/audit.csv", "audit-log.csv").await
}

/// `GET /admin/settings/integrations/diagnostics.csv`.
pub async fn ledger(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    download(&request, &face, "/v1/deliveries.csv", "deliveries.csv").await
}

/// `GET /admin/settings/users/import/{id}/report.csv`.
pub async fn report(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    download(&request, &face, "/v1/invitations/imports/{id}/report.csv", "invitations.csv").await
}

/// `POST /admin/settings/unsubscribes/personal-data`: all that is kept about an address. A form, so that the address stands in no log.
pub async fn personal_data(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    let file = async {
        let Sent { caller, form } = admit(&request, payload, &face, Who::Member, form::LARGEST).await?;
        form.only(WHOSE)?;
        let body = json!({ "email": form.one("email")?.unwrap_or_default() });
        face.house.broker.send(Letter { body: Some(&body), ..caller.letter(Verb::Post, "/v1/personal-data/exports") }).await
    };
    match file.await {
        Ok(answer) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "application/json"))
            .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"personal-data.json\""))
            .body(answer.body),
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

async fn download(request: &HttpRequest, face: &Face, call: &str, name: &str) -> HttpResponse {
    let file = async {
        let caller = Caller::read(request, face, Who::Member).await?;
        let address = form::filled(call, request)?;
        face.house.broker.download(caller.letter(Verb::Get, &address)).await
    };
    match file.await {
        Ok(chunks) => HttpResponse::Ok()
            .insert_header((header::CONTENT_TYPE, "text/csv; charset=utf-8"))
            .insert_header((header::CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
            .streaming(chunks),
        Err(problem) => show::refuse(request, face, &problem).await,
    }
}

fn no_file() -> Problem {
    Problem::bad_request("import.no_file", "Choose a CSV file first.").with_field("file", "Choose a CSV file first.")
}

#[cfg(test)]
mod tests {
    use super::file_name;

    #[test]
    fn a_file_name_is_only_a_name() {
        assert_eq!(file_name("C:\\Users\\ada\\people.csv"), "people.csv");
        assert_eq!(file_name("../../etc/passwd"), "passwd");
        assert_eq!(file_name("ü\r\nX-Evil: 1.csv"), "%C3%BCX-Evil%3A%201.csv");
        assert_eq!(file_name(&"x".repeat(5_000)).len(), super::LONGEST_NAME);
    }
}
