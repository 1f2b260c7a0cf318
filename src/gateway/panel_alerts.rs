//! Subscribing to interesting moments from the panel: a form, and the rep's subscriptions below it.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::broker::Verb;
use super::face::Face;
use super::panel::{self, is_id};
use super::panel_acting::{Rep, part, reason, refused, rep, sentence, word};
use super::{reading, refusal};
use crate::problem::Problem;

/// Bytes of the form.
const LARGEST: usize = 16 * 1024;
/// Longest id of a moment, in bytes.
const LONGEST_ID: usize = 100;
const BASES: [&str; 4] = ["person", "account", "type", "description"];

type Fields = Vec<(String, String)>;

fn value<'a>(fields: &'a Fields, name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
}

/// `GET /panel/act/subscribe?moment=&person=`
pub async fn form(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    let rep = match rep(&request, &face).await {
        Ok(rep) => rep,
        Err(problem) => return refused(&request, &face, &problem),
    };
    let fields: Fields = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    match shown(&rep, &fields, None).await {
        Ok(answer) => answer,
        Err(problem) => refusal::fragment(&request, &face.house.pages, rep.language, &problem),
    }
}

/// `POST /panel/act/subscribe`: subscribes, or ends a subscription (`step=end-…`).
pub async fn perform(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    let rep = match rep(&request, &face).await {
        Ok(rep) => rep,
        Err(problem) => return refused(&request, &face, &problem),
    };
    let done = async {
        let body = reading::form(&request, payload, LARGEST).await?;
        let fields: Fields = url::form_urlencoded::parse(&body).into_owned().collect();
        let outcome = match value(&fields, "step").strip_prefix("end-") {
            Some(id) if is_id(id) => rep.call(Verb::Delete, &format!("/v1/moment-subscriptions/{id}"), None, None).await.map(|_| false),
            Some(_) => Err(Problem::not_found()),
            None => rep.call(Verb::Post, "/v1/moment-subscriptions", Some(&subscription(&fields)), None).await.map(|_| true),
        };
        match outcome {
            Ok(true) => Ok(rep.show("acting-done", &json!({ "said": "done-subscribe", "tab": "" }))),
            Ok(false) => shown(&rep, &fields, None).await,
            Err(problem) if problem.status < 500 && problem.status != 401 => shown(&rep, &fields, Some(&problem)).await,
            Err(problem) => Err(problem),
        }
    };
    match done.await {
        Ok(answer) => answer,
        Err(problem) => refusal::fragment(&request, &face.house.pages, rep.language, &problem),
    }
}

fn subscription(fields: &Fields) -> Value {
    let recipients: Vec<&str> = fields.iter().filter(|(name, _)| name == "recipient").map(|(_, id)| id.as_str()).collect();
    let moment = Some(value(fields, "moment")).filter(|id| !id.is_empty());
    json!({ "person_id": value(fields, "person"), "basis": value(fields, "basis"), "moment_id": moment, "recipients": recipients })
}

async fn shown(rep: &Rep<'_>, fields: &Fields, problem: Option<&Problem>) -> Result<HttpResponse, Problem> {
    let moment = Some(value(fields, "moment")).filter(|id| id.len() <= LONGEST_ID).unwrap_or_default();
    let mut person = value(fields, "person").to_owned();
    if !person.is_empty() && !is_id(&person) {
        return Err(Problem::not_found());
    }
    if panel::is_of_one(&rep.claims) && person.is_empty() {
        let found = rep.call(Verb::Get, &format!("/v1/people?sfdc_id={}", rep.record()), None, None).await?;
        word(&found, "/people/0/id").clone_into(&mut person);
    }
    if person.is_empty() {
        return Err(Problem::not_found());
    }
    let may = match rep.call(Verb::Get, &format!("/v1/people/{person}/acting"), None, None).await {
        Err(barred) if barred.status == 403 || barred.status == 404 => {
            let barred = json!({ "why": reason(&barred.code), "detail": "" });
            return Ok(rep.show("subscribe", &json!({ "barred": barred })));
        }
        answer => answer?,
    };
    let who = rep.call(Verb::Get, &format!("/v1/people/{person}"), None, None).await?;
    let told = told(rep, &person, moment).await?;
    let mine = rep.call(Verb::Get, "/v1/moment-subscriptions", None, None).await?;
    let text = |value: &Value, pointer: &str| Some(word(value, pointer).to_owned()).filter(|text| !text.is_empty());
    let labels = [
        text(&who, "/name"),
        text(&who, "/company").filter(|_| who.pointer("/sfdc_account_id").is_some_and(Value::is_string)),
        text(&told, "/type"),
        text(&told, "/description"),
    ];
    let chosen = Some(value(fields, "basis")).filter(|basis| BASES.contains(basis)).unwrap_or("person");
    let choices: Vec<Value> = BASES
        .iter()
        .zip(labels)
        .filter_map(|(basis, label)| {
            Some(json!({ "basis": basis, "word": format!("subscribe-{basis}"), "label": label?, "chosen": *basis == chosen }))
        })
        .collect();
    let problem = problem.map(|problem| json!({ "why": reason(&problem.code), "detail": sentence(problem) }));
    let mut subscriptions = part(&mine, "/items");
    for one in subscriptions.as_array_mut().into_iter().flatten() {
        let basis = format!("subscribe-{}", word(one, "/basis"));
        if let Some(one) = one.as_object_mut() {
            one.insert("word".to_owned(), json!(basis));
        }
    }
    Ok(rep.show(
        "subscribe",
        &json!({ "barred": null, "problem": problem, "person": person, "moment": moment, "choices": choices,
                 "members": part(&may, "/members"), "subscriptions": subscriptions }),
    ))
}

// The moment that was pressed, among the person's newest.
async fn told(rep: &Rep<'_>, person: &str, moment: &str) -> Result<Value, Problem> {
    if moment.is_empty() {
        return Ok(Value::Null);
    }
    let page = rep.call(Verb::Get, &format!("/v1/people/{person}/timeline?tab=moments&limit=200"), None, None).await?;
    let found = page.get("items").and_then(Value::as_array).into_iter().flatten().find(|item| word(item, "/id") == moment);
    Ok(found.cloned().unwrap_or_default())
}
