//! What a rep does at the page of the global tab: puts people aside, watches them.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::broker::Verb;
use super::face::Face;
use super::panel::{is_desk, is_id};
use super::panel_acting::{refused, rep};
use super::{reading, refusal};
use crate::problem::Problem;

/// Bytes of the form.
const LARGEST: usize = 1024;

/// `POST /panel/desk/{action}` with `person=`: `hide`, `unhide`, `watch`, `unwatch`.
pub async fn perform(request: HttpRequest, action: Path<String>, payload: Payload, face: Data<Face>) -> HttpResponse {
    let rep = match rep(&request, &face).await {
        Ok(rep) if is_desk(&rep.claims) => rep,
        Ok(_) => return refusal::document(&request, &Problem::not_found()),
        Err(problem) => return refused(&request, &face, &problem),
    };
    let done = async {
        let body = reading::form(&request, payload, LARGEST).await?;
        let person = url::form_urlencoded::parse(&body).find(|(name, _)| name == "person").map(|(_, id)| id.into_owned());
        let person = person.filter(|id| is_id(id)).ok_or_else(Problem::not_found)?;
        let (verb, path, body) = match action.as_str() {
            "hide" => (Verb::Put, format!("/v1/best-bets/{person}/hidden"), Some(json!({}))),
            "unhide" => (Verb::Delete, format!("/v1/best-bets/{person}/hidden"), None),
            "watch" => (Verb::Put, format!("/v1/watch-list/{person}"), None),
            "unwatch" => (Verb::Delete, format!("/v1/watch-list/{person}"), None),
            _ => return Err(Problem::not_found()),
        };
        let answer = rep.call(verb, &path, body.as_ref(), None).await?;
        let back = match action.as_str() {
            "hide" => Some("unhide"),
            "unwatch" => Some("watch"),
            _ => None,
        };
        let days = answer.get("days").cloned().unwrap_or_default();
        Ok(rep.show("desk-done", &json!({ "said": format!("done-{action}"), "days": days, "person": person, "back": back })))
    };
    match done.await {
        Ok(answer) => answer,
        Err(problem) => refusal::fragment(&request, &face.house.pages, rep.language, &problem),
    }
}
