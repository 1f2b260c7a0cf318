//! A rep starts a sales campaign for the panel's person: the choice, what happens when, the first e-mail, the start. What was
//! chosen so far is a launch in the making, which the account keeps.

use serde_json::{Value, json};

use super::broker::Verb;
use super::panel_acting::{Rep, items, value, word};
use crate::problem::Problem;

type Fields = [(String, String)];

/// What the form shows: the campaigns, and for the chosen one its steps with their times, who is left out, the first e-mail.
///
/// # Errors
/// What the account says.
pub(super) async fn filled(rep: &Rep<'_>, entered: &Fields) -> Result<Value, Problem> {
    let campaigns = items(rep.call(Verb::Get, "/v1/campaigns?kind=sales", None, None).await?);
    let launch = if value(entered, "campaign").is_empty() { Value::Null } else { prepared(rep, entered).await? };
    Ok(json!({ "campaigns": campaigns, "launch": launch }))
}

// The launch as it is to be: made with the first choice, changed from then on.
async fn prepared(rep: &Rep<'_>, entered: &Fields) -> Result<Value, Problem> {
    let zone = rep.zone();
    let (known, campaign, start_on) = (id(entered, "launch"), value(entered, "campaign"), value(entered, "start_on"));
    let body = json!({ "campaign_id": campaign, "start_on": start_on, "time_zone": zone });
    match known {
        Some(known) => rep.call(Verb::Patch, &format!("/v1/sales-launches/{known}"), Some(&body), None).await,
        None => rep.call(Verb::Post, "/v1/sales-launches", Some(&body), None).await,
    }
}

fn id<'a>(entered: &'a Fields, name: &str) -> Option<&'a str> {
    Some(value(entered, name)).filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

/// Starts it, with the first e-mail as it was written for the person.
///
/// # Errors
/// What the account says; `campaign.left_out` when the person is left out.
pub(super) async fn start(rep: &Rep<'_>, entered: &Fields) -> Result<Value, Problem> {
    let launch = prepared(rep, entered).await?;
    let path = format!("/v1/sales-launches/{}", word(&launch, "/id"));
    let (subject, text) = (value(entered, "subject"), value(entered, "text"));
    let written = subject != word(&launch, "/people/0/mail/subject") || text != word(&launch, "/people/0/mail/text");
    // Another campaign's e-mail does not belong here.
    let same = value(entered, "written_for") == value(entered, "campaign");
    if let Some(person) = launch.pointer("/people/0/id").and_then(Value::as_str).filter(|_| written && same && !text.is_empty()) {
        let body = json!({ "subject": subject, "text": text });
        rep.call(Verb::Put, &format!("{path}/people/{person}"), Some(&body), None).await?;
    }
    let outcome = rep.call(Verb::Post, &format!("{path}/start"), Some(&json!({})), None).await?;
    if outcome.get("accepted").and_then(Value::as_i64) == Some(0) {
        return Err(Problem::new(422, "campaign.left_out", "Left out", "The campaign was not started for this person."));
    }
    Ok(outcome)
}
