//! A rep acts from the panel: the menu of what may be done, its forms, and what became of them. Every word of who may is the
//! account's; here forms become its JSON.

use actix_web::http::header;
use actix_web::web::{Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::broker::{Letter, Verb};
use super::face::Face;
use super::page::{Language, PanelTab};
use super::token::Claims;
use super::{edge, panel, panel_campaigns, reading, refusal};
use crate::clock;
use crate::problem::Problem;

/// Bytes of a form.
const LARGEST: usize = 128 * 1024;

/// What a rep can do, and the fields of its form.
struct Deed {
    name: &'static str,
    fields: &'static [&'static str],
    /// The tab that shows it afterwards.
    tab: &'static str,
}

const DEEDS: [Deed; 5] = [
    Deed { name: "call", fields: &["outcome", "reason", "status", "minutes", "phone", "notes"], tab: "calls" },
    Deed { name: "task", fields: &["name", "type", "due", "priority", "assignee", "notes"], tab: "tasks" },
    Deed { name: "email", fields: &["template", "subject", "text", "cc", "send_on"], tab: "email" },
    Deed { name: "sales", fields: &["campaign", "start_on", "subject", "text", "launch"], tab: "" },
    Deed { name: "campaign", fields: &["campaign"], tab: "" },
];

/// Actions that the package lets an org's admin switch off.
const GOVERNED: [&str; 4] = ["email", "call", "task", "campaign"];

/// Those of our actions that an org's admin did not allow; nothing where the package does not say.
#[must_use]
pub fn switched_off(allowed: Option<&[String]>) -> Option<String> {
    let allowed = allowed?;
    let off: Vec<&str> = GOVERNED.into_iter().filter(|name| allowed.iter().all(|word| word != name)).collect();
    (!off.is_empty()).then(|| off.join(","))
}

/// Whether the org's admin switched an action off. The package knows one word for campaigns of both kinds, and one for mails.
pub(super) fn is_off(claims: &Claims, action: &str) -> bool {
    let word = match action {
        "sales" | "launch" => "campaign",
        "circular" => "email",
        other => other,
    };
    claims.off.as_deref().is_some_and(|off| off.split(',').any(|name| name == word))
}

/// A rep at work.
pub(super) struct Rep<'a> {
    pub(super) face: &'a Face,
    pub(super) claims: Claims,
    pub(super) language: Language,
    request_id: String,
}

impl Rep<'_> {
    pub(super) async fn call(&self, verb: Verb, path: &str, body: Option<&Value>, once: Option<&str>) -> Result<Value, Problem> {
        let visitor = panel::visitor(&self.claims);
        let letter = Letter { verb, path, visitor: &visitor, request_id: &self.request_id, body, once, from: None };
        let answer = self.face.house.broker.send(letter).await?;
        if answer.body.is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())
    }

    // Whether the org's admin switched an action off.
    pub(super) fn is_off(&self, action: &str) -> bool {
        is_off(&self.claims, action)
    }

    /// The rep's own time zone.
    pub(super) fn zone(&self) -> &str {
        self.claims.tz.as_deref().unwrap_or("UTC")
    }

    pub(super) fn record(&self) -> &str {
        self.claims.rec.as_deref().unwrap_or_default()
    }

    /// The person, and what may be done with them.
    async fn person(&self) -> Result<Value, Problem> {
        let found = self.call(Verb::Get, &format!("/v1/people?sfdc_id={}", self.record()), None, None).await?;
        let id = found.pointer("/people/0/id").and_then(Value::as_str).ok_or_else(Problem::not_found)?;
        self.call(Verb::Get, &format!("/v1/people/{id}/acting"), None, None).await
    }

    pub(super) fn show(&self, template: &str, context: &Value) -> HttpResponse {
        let fragment = self.face.house.pages.acting_fragment(self.language, template, context);
        HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(fragment)
    }
}

pub(super) async fn rep<'a>(request: &HttpRequest, face: &'a Face) -> Result<Rep<'a>, Problem> {
    let claims = panel::session_of(request, face).await?;
    let language = Language::from_salesforce(claims.lng.as_deref().unwrap_or_default());
    Ok(Rep { face, claims, language, request_id: edge::request_id(request) })
}

pub(super) fn refused(request: &HttpRequest, face: &Face, problem: &Problem) -> HttpResponse {
    refusal::fragment(request, &face.house.pages, Language::default(), problem)
}

/// `GET /panel/act`: what may be done, and why not.
pub async fn menu(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    let rep = match rep(&request, &face).await {
        Ok(rep) => rep,
        Err(problem) => return refused(&request, &face, &problem),
    };
    // With all people of an account or an opportunity reps do the same at once, on a page of its own.
    if rep.claims.obj.as_deref().is_some_and(panel::is_group) {
        let entry = |name: &str, word: &str| json!({ "name": name, "word": word, "why": rep.is_off(name).then_some("why-switched-off") });
        let entries = [entry("circular", "act-circular"), entry("launch", "act-launch")];
        return rep.show("acting-menu", &json!({ "entries": entries }));
    }
    let (everything, email, watched) = match rep.person().await {
        Ok(may) => {
            let email = may.pointer("/email_problem/code").and_then(Value::as_str).map(reason);
            (None, email, may.get("watched") == Some(&json!(true)))
        }
        Err(problem) if problem.status == 403 || problem.status == 404 => (Some(reason(&problem.code)), None, false),
        Err(problem) => return refusal::fragment(&request, &face.house.pages, rep.language, &problem),
    };
    let entry = |name: &str, word: &str, why: Option<&'static str>| {
        let off = rep.is_off(name).then_some("why-switched-off");
        json!({ "name": name, "word": word, "why": off.or(everything).or(why) })
    };
    let watch = if watched { ("unwatch", "act-unwatch") } else { ("watch", "act-watch") };
    let entries = [
        entry("email", "act-email", email),
        entry("call", "act-call", None),
        entry("task", "act-task", None),
        entry("sales", "act-sales", None),
        entry("campaign", "act-campaign", None),
        entry(watch.0, watch.1, None),
    ];
    rep.show("acting-menu", &json!({ "entries": entries }))
}

// The message that tells a rep why something can't be done.
pub(super) fn reason(code: &str) -> &'static str {
    match code {
        "acting.not_a_member" => "why-not-member",
        "person.no_email" => "why-no-email",
        "mail.unsubscribed" => "why-unsubscribed",
        "mail.blocked_domain" => "why-blocked",
        "mail.no_channel" => "why-no-channel",
        "campaign.no_steps" => "why-no-steps",
        "campaign.launch_limit" | "campaign.running_limit" => "why-enough",
        "campaign.left_out" => "why-left-out",
        "mail.unfilled" => "why-unfilled",
        "acting.switched_off" => "why-switched-off",
        "person.not_in_marketo" | "not_found" => "why-not-in-marketo",
        _ => "why-other",
    }
}

/// `GET /panel/act/{action}`: the form of an action.
pub async fn form(request: HttpRequest, action: Path<String>, face: Data<Face>) -> HttpResponse {
    let rep = match rep(&request, &face).await {
        Ok(rep) => rep,
        Err(problem) => return refused(&request, &face, &problem),
    };
    let Some(deed) = DEEDS.iter().find(|deed| deed.name == *action) else { return refusal::document(&request, &Problem::not_found()) };
    if rep.is_off(deed.name) {
        return refusal::fragment(&request, &face.house.pages, rep.language, &off());
    }
    match filled(&rep, deed, &[], None, None).await {
        Ok(context) => rep.show("acting-form", &context),
        Err(problem) => refusal::fragment(&request, &face.house.pages, rep.language, &problem),
    }
}

pub(super) fn items(mut answer: Value) -> Value {
    answer.get_mut("items").map(Value::take).unwrap_or_default()
}

pub(super) fn part(value: &Value, pointer: &str) -> Value {
    value.pointer(pointer).cloned().unwrap_or_default()
}

pub(super) fn word<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

// Everything that a form shows: choices, what was entered, what is wrong with it, and what a preview said.
async fn filled(
    rep: &Rep<'_>,
    deed: &Deed,
    entered: &[(String, String)],
    problem: Option<&Problem>,
    preview: Option<Value>,
) -> Result<Value, Problem> {
    let may = rep.person().await?;
    let mut values: Map<String, Value> = deed.fields.iter().map(|name| ((*name).to_owned(), json!(value(entered, name)))).collect();
    let (mut templates, mut campaigns) = (Value::Null, Value::Null);
    if deed.name == "email" {
        templates = items(rep.call(Verb::Get, "/v1/templates", None, None).await?);
        let chosen = value(entered, "template");
        if let Some(template) =
            templates.as_array().and_then(|all| all.iter().find(|one| one.get("id").and_then(Value::as_str) == Some(chosen)))
        {
            values.insert("subject".to_owned(), part(template, "/subject"));
        }
        if entered.is_empty()
            && let id = word(&may, "/person_id")
            && let Ok(draft) = rep.call(Verb::Get, &format!("/v1/emails/drafts/{id}"), None, None).await
        {
            for (field, kept) in [("subject", "/draft/subject"), ("text", "/draft/text")] {
                values.insert(field.to_owned(), json!(word(&draft, kept)));
            }
        }
    }
    if deed.name == "campaign" {
        campaigns = items(rep.call(Verb::Get, "/v1/marketo-campaigns", None, None).await?);
    }
    let sales = if deed.name == "sales" { panel_campaigns::filled(rep, entered).await? } else { Value::Null };
    let problem = problem.map(|problem| json!({ "why": reason(&problem.code), "detail": sentence(problem) }));
    let statuses = ["completed", "no answer", "cancelled", "failed"].map(|key| choice(key, "call-", &values, "status"));
    let types = ["custom", "email", "call", "in_mail"].map(|key| choice(key, "task-", &values, "type"));
    let priorities = ["Normal", "High", "Low"].map(|key| choice(key, "task-", &values, "priority"));
    Ok(json!({
        "action": deed.name, "title": format!("act-{}", deed.name), "values": values, "templates": templates, "campaigns": campaigns,
        "members": part(&may, "/members"), "to": part(&may, "/email"), "once": clock::new_id(), "problem": problem, "preview": preview,
        "statuses": statuses, "types": types, "priorities": priorities,
        "zone": rep.zone(), "now": clock::now_ms(), "sales": sales,
    }))
}

pub(super) fn choice(key: &str, before: &str, values: &Map<String, Value>, field: &str) -> Value {
    let word = format!("{before}{}", key.to_ascii_lowercase().replace([' ', '_'], "-"));
    json!({ "key": key, "word": word, "chosen": values.get(field).and_then(Value::as_str) == Some(key) })
}

pub(super) fn sentence(problem: &Problem) -> String {
    let fields: Vec<String> = problem.errors.iter().map(|error| format!("{}: {}", error.field, error.detail)).collect();
    if fields.is_empty() || problem.code == "mail.unfilled" { problem.detail.to_string() } else { fields.join(" ") }
}

pub(super) fn value<'a>(fields: &'a [(String, String)], name: &str) -> &'a str {
    fields.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.trim())
}

/// `POST /panel/act/{action}`: does it, or says what is wrong.
pub async fn perform(request: HttpRequest, action: Path<String>, payload: Payload, face: Data<Face>) -> HttpResponse {
    let rep = match rep(&request, &face).await {
        Ok(rep) => rep,
        Err(problem) => return refused(&request, &face, &problem),
    };
    let fields: Vec<(String, String)> = match reading::form(&request, payload, LARGEST).await {
        Ok(body) => url::form_urlencoded::parse(&body).into_owned().collect(),
        Err(problem) => return refusal::fragment(&request, &face.house.pages, rep.language, &problem),
    };
    match done(&rep, &action, &fields).await {
        Ok(answer) => answer,
        Err(problem) => refusal::fragment(&request, &face.house.pages, rep.language, &problem),
    }
}

pub(super) fn off() -> Problem {
    Problem::forbidden("acting.switched_off", "Your Salesforce admin has switched this action off.")
}

async fn done(rep: &Rep<'_>, action: &str, fields: &[(String, String)]) -> Result<HttpResponse, Problem> {
    if rep.is_off(action) {
        return Err(off());
    }
    if matches!(action, "watch" | "unwatch") {
        let may = rep.person().await?;
        let verb = if action == "watch" { Verb::Put } else { Verb::Delete };
        rep.call(verb, &format!("/v1/watch-list/{}", word(&may, "/person_id")), None, None).await?;
        return Ok(rep.show("acting-done", &json!({ "said": format!("done-{action}"), "tab": "" })));
    }
    if action == "draft" {
        let may = rep.person().await?;
        let body = json!({ "subject": value(fields, "subject"), "text": value(fields, "text") });
        rep.call(Verb::Put, &format!("/v1/emails/drafts/{}", word(&may, "/person_id")), Some(&body), None).await?;
        return Ok(rep.show("acting-done", &json!({ "said": "done-draft", "tab": "" })));
    }
    let deed = DEEDS.iter().find(|deed| deed.name == action).ok_or_else(Problem::not_found)?;
    if value(fields, "step") == "choose" {
        return Ok(rep.show("acting-form", &filled(rep, deed, fields, None, None).await?));
    }
    let once = value(fields, "once");
    let once = (once.len() == 32).then_some(once);
    let preview = action == "email" && value(fields, "step") == "preview";
    let outcome = match (action, preview) {
        (_, true) => rep.call(Verb::Post, "/v1/emails/preview", Some(&mail(rep, fields)), None).await,
        ("call", _) => rep.call(Verb::Post, "/v1/calls", Some(&call(rep, fields)), once).await,
        ("task", _) => rep.call(Verb::Post, "/v1/tasks", Some(&task(rep, fields)), once).await,
        ("sales", _) => panel_campaigns::start(rep, fields).await,
        ("email", _) => rep.call(Verb::Post, "/v1/emails", Some(&mail(rep, fields)), once).await,
        _ => {
            let id: i64 = value(fields, "campaign").parse().unwrap_or(0);
            let body = json!({ "sfdc_ids": [rep.record()] });
            rep.call(Verb::Post, &format!("/v1/marketo-campaigns/{id}/members"), Some(&body), once).await
        }
    };
    match outcome {
        Ok(answer) if preview => {
            let shown = json!({ "subject": part(&answer, "/subject"), "text": part(&answer, "/text"), "unfilled": part(&answer, "/unfilled"),
                                "problem": answer.pointer("/problem/code").and_then(Value::as_str).map(reason) });
            Ok(rep.show("acting-form", &filled(rep, deed, fields, None, Some(shown)).await?))
        }
        Ok(_) => {
            forget(rep, deed.tab).await;
            Ok(rep.show("acting-done", &json!({ "said": format!("done-{action}"), "tab": deed.tab })))
        }
        Err(problem) if problem.status < 500 && problem.status != 401 => {
            Ok(rep.show("acting-form", &filled(rep, deed, fields, Some(&problem), None).await?))
        }
        Err(problem) => Err(problem),
    }
}

// The rep sees at once what they did; others when the fragment's few seconds are over.
async fn forget(rep: &Rep<'_>, tab: &str) {
    for key in panel::keys_after(&rep.claims, PanelTab::from_key(tab)) {
        rep.face.memory.forget(&key).await;
    }
}

fn some(fields: &[(String, String)], name: &str) -> Value {
    let text = value(fields, name);
    if text.is_empty() { Value::Null } else { json!(text) }
}

fn call(rep: &Rep<'_>, fields: &[(String, String)]) -> Value {
    let minutes: Option<f64> = value(fields, "minutes").replace(',', ".").parse().ok();
    let seconds = minutes.filter(|minutes| (0.0..=1_440.0).contains(minutes)).map(|minutes| format!("{:.0}", minutes * 60.0));
    let seconds: Option<i64> = seconds.and_then(|seconds| seconds.parse().ok());
    json!({
        "sfdc_id": rep.record(), "outcome": some(fields, "outcome"), "reason": some(fields, "reason"), "notes": some(fields, "notes"),
        "duration_seconds": seconds, "status": some(fields, "status"), "phone": some(fields, "phone"),
    })
}

fn task(rep: &Rep<'_>, fields: &[(String, String)]) -> Value {
    json!({
        "sfdc_id": rep.record(), "name": value(fields, "name"), "type": some(fields, "type"), "due": some(fields, "due"),
        "priority": some(fields, "priority"), "assignee": some(fields, "assignee"), "notes": some(fields, "notes"),
    })
}

fn mail(rep: &Rep<'_>, fields: &[(String, String)]) -> Value {
    let cc: Vec<&str> = value(fields, "cc").split([',', ';', ' ']).map(str::trim).filter(|address| !address.is_empty()).collect();
    let mut mail = json!({ "sfdc_id": rep.record(), "subject": some(fields, "subject"), "cc": cc });
    let (key, chosen) = if value(fields, "template").is_empty() { ("text", "text") } else { ("template_id", "template") };
    if let Some(mail) = mail.as_object_mut() {
        mail.insert(key.to_owned(), json!(value(fields, chosen)));
        if !value(fields, "send_on").is_empty() {
            mail.insert("send_on".to_owned(), json!(value(fields, "send_on")));
            mail.insert("time_zone".to_owned(), json!(rep.claims.tz.as_deref().unwrap_or("UTC")));
        }
    }
    mail
}
