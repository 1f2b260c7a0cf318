//! What a rep does at the page of the global tab: puts people aside, watches them, gives them tasks, asks for a Marketo campaign; one
//! person or several.

use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::broker::Verb;
use super::face::Face;
use super::panel::{is_desk, is_id};
use super::panel_acting::{Rep, choice, items, off, reason, refused, rep, sentence, value};
use super::{reading, refusal};
use crate::clock;
use crate::problem::Problem;

/// Bytes of the form.
const LARGEST: usize = 32 * 1024;
/// People whom something is done to at once.
const MOST: usize = 200;

type Fields = [(String, String)];

/// `POST /panel/desk/{action}` with `person=`, once or several times: `hide`, `unhide`, `watch`, `unwatch`; `task` and `campaign`, which
/// show their form first (`step=form`).
pub async fn perform(request: HttpRequest, action: Path<String>, payload: Payload, face: Data<Face>) -> HttpResponse {
    let rep = match rep(&request, &face).await {
        Ok(rep) if is_desk(&rep.claims) => rep,
        Ok(_) => return refusal::document(&request, &Problem::not_found()),
        Err(problem) => return refused(&request, &face, &problem),
    };
    let done = async {
        let body = reading::form(&request, payload, LARGEST).await?;
        let fields: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
        let people: Vec<&str> = fields.iter().filter(|(name, _)| name == "person").map(|(_, id)| id.as_str()).collect();
        if people.is_empty() || people.len() > MOST || !people.iter().all(|id| is_id(id)) {
            return Err(Problem::not_found());
        }
        match (action.as_str(), people.as_slice()) {
            ("task" | "campaign", people) => given(&rep, &action, people, &fields).await,
            ("watch", people) if people.len() > 1 => {
                let answer = rep.call(Verb::Post, "/v1/watch-list", Some(&json!({ "person_ids": people })), None).await?;
                Ok(said(&rep, "done-watch-many", &answer))
            }
            (action, [person]) => one(&rep, action, person).await,
            _ => Err(Problem::not_found()),
        }
    };
    match done.await {
        Ok(answer) => answer,
        Err(problem) => refusal::fragment(&request, &face.house.pages, rep.language, &problem),
    }
}

async fn one(rep: &Rep<'_>, action: &str, person: &str) -> Result<HttpResponse, Problem> {
    let (verb, path, body) = match action {
        "hide" => (Verb::Put, format!("/v1/best-bets/{person}/hidden"), Some(json!({}))),
        "unhide" => (Verb::Delete, format!("/v1/best-bets/{person}/hidden"), None),
        "watch" => (Verb::Put, format!("/v1/watch-list/{person}"), None),
        "unwatch" => (Verb::Delete, format!("/v1/watch-list/{person}"), None),
        _ => return Err(Problem::not_found()),
    };
    let answer = rep.call(verb, &path, body.as_ref(), None).await?;
    let back = match action {
        "hide" => Some("unhide"),
        "unwatch" => Some("watch"),
        _ => None,
    };
    let days = answer.get("days").cloned().unwrap_or_default();
    Ok(rep.show("desk-done", &json!({ "said": format!("done-{action}"), "count": days, "skipped": null, "person": person, "back": back })))
}

fn said(rep: &Rep<'_>, message: &str, answer: &Value) -> HttpResponse {
    let count = |name: &str| answer.get(name).and_then(Value::as_i64).filter(|count| *count > 0);
    // One task names no number.
    let (done, skipped) = (count("accepted").unwrap_or(1), count("skipped"));
    rep.show("desk-done", &json!({ "said": message, "count": done, "skipped": skipped, "person": "", "back": null }))
}

// A task for each, or a Marketo campaign for all: the form, or what comes of it.
async fn given(rep: &Rep<'_>, action: &str, people: &[&str], fields: &Fields) -> Result<HttpResponse, Problem> {
    if rep.is_off(action) {
        return Err(off());
    }
    if value(fields, "step") == "form" {
        return Ok(rep.show("desk-form", &form(rep, action, people, fields, None).await?));
    }
    let once = Some(value(fields, "once")).filter(|once| is_id(once));
    let optional = |name: &str| Some(value(fields, name)).filter(|text| !text.is_empty());
    let (path, body) = if action == "task" {
        let (name, kind, due, priority) = (value(fields, "name"), optional("type"), optional("due"), optional("priority"));
        ("/v1/tasks", json!({ "person_ids": people, "name": name, "type": kind, "due": due, "priority": priority }))
    } else {
        let id: i64 = value(fields, "campaign").parse().unwrap_or(0);
        ("/v1/marketo-campaign-members", json!({ "person_ids": people, "campaign_id": id }))
    };
    match rep.call(Verb::Post, path, Some(&body), once).await {
        Ok(answer) => Ok(said(rep, &format!("done-{action}-many"), &answer)),
        Err(problem) if problem.status < 500 && problem.status != 401 => {
            Ok(rep.show("desk-form", &form(rep, action, people, fields, Some(&problem)).await?))
        }
        Err(problem) => Err(problem),
    }
}

async fn form(rep: &Rep<'_>, action: &str, people: &[&str], fields: &Fields, problem: Option<&Problem>) -> Result<Value, Problem> {
    let campaigns = if action == "campaign" { items(rep.call(Verb::Get, "/v1/marketo-campaigns", None, None).await?) } else { Value::Null };
    let values: Map<String, Value> =
        ["name", "type", "due", "priority", "campaign"].iter().map(|name| ((*name).to_owned(), json!(value(fields, name)))).collect();
    let types = ["custom", "email", "call", "in_mail"].map(|key| choice(key, "task-", &values, "type"));
    let priorities = ["Normal", "High", "Low"].map(|key| choice(key, "task-", &values, "priority"));
    let problem = problem.map(|problem| json!({ "why": reason(&problem.code), "detail": sentence(problem) }));
    Ok(json!({
        "action": action, "title": format!("act-{action}"), "people": people, "count": people.len(), "values": values, "campaigns": campaigns,
        "types": types, "priorities": priorities, "problem": problem, "once": clock::new_id(),
    }))
}
