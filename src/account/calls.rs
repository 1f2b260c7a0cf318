//! Calls that reps made and log by hand.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::Value;

use super::activities::{self, CallDetail, Once, lines, now_to, told};
use super::answer::Answer;
use super::body;
use super::fields;
use super::query::invalid;
use super::seller::{Seller, Whom};
use crate::problem::Problem;

/// What a call can have come to, as Marketo knows it.
pub const STATUSES: [&str; 4] = ["completed", "no answer", "cancelled", "failed"];
const LONGEST_CALL: i64 = 86_400;
const LONGEST_NOTES: usize = 4_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    person_id: Option<String>,
    sfdc_id: Option<String>,
    outcome: Option<String>,
    reason: Option<String>,
    notes: Option<String>,
    duration_seconds: Option<i64>,
    status: Option<String>,
    phone: Option<String>,
    answered_by: Option<String>,
}

/// `POST /v1/calls`
///
/// # Errors
/// What is wrong with the body, or why the visitor may not act.
pub async fn create(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with outcome, reason, notes, duration_seconds, status, phone and whom it is about.";
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let person = seller.person(&Whom { person_id: wanted.person_id.clone(), sfdc_id: wanted.sfdc_id.clone() }).await?;
    let detail = checked(&seller, &wanted)?;
    let once = Once::of(&request, "calls", &seller, &format!("{}\n{}", person.id, serde_json::json!(detail)))?;
    if let Some(before) = once.before(&seller).await? {
        return Ok(Answer::fleeting(before).created());
    }
    let subject = detail.outcome.clone().unwrap_or_else(|| "Call".to_owned());
    let call = activities::new(&seller, &person, "call", Some(subject), &detail, vec![now_to("marketo"), now_to("salesforce")])?;
    let answer = once.record(&seller, std::slice::from_ref(&call), told(&call)).await?;
    Ok(Answer::fleeting(answer).created().tag("person", &person.id))
}

fn checked(seller: &Seller, wanted: &Wanted) -> Result<CallDetail, Problem> {
    let text = |field: &str, value: Option<&str>, most: usize| {
        value.map(str::trim).filter(|text| !text.is_empty()).map(|text| fields::name(field, text, most)).transpose()
    };
    let status = wanted.status.as_deref().unwrap_or("completed");
    if !STATUSES.contains(&status) {
        return Err(invalid("status", "It must be completed, no answer, cancelled or failed."));
    }
    if wanted.duration_seconds.is_some_and(|seconds| !(0..=LONGEST_CALL).contains(&seconds)) {
        return Err(invalid("duration_seconds", "It must be a number of seconds from 0 to 86400."));
    }
    let notes = lines(wanted.notes.as_deref());
    if notes.as_ref().is_some_and(|notes| notes.chars().count() > LONGEST_NOTES) {
        return Err(invalid("notes", "They must have at most 4000 characters."));
    }
    Ok(CallDetail {
        made_by: seller.member.email.clone(),
        outcome: text("outcome", wanted.outcome.as_deref(), 50)?,
        reason: text("reason", wanted.reason.as_deref(), 50)?,
        notes,
        duration_seconds: wanted.duration_seconds,
        status: status.to_owned(),
        phone: text("phone", wanted.phone.as_deref(), 40)?,
        answered_by: text("answered_by", wanted.answered_by.as_deref(), 100)?,
        owner_id: seller.member.salesforce_user_id.clone(),
    })
}
