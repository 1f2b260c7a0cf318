//! Tasks that reps set for themselves or each other; Salesforce reminds of them.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::activities::{self, Once, TaskDetail, lines, now_to, told};
use super::answer::Answer;
use super::query::invalid;
use super::seller::{Many, Seller, Whom};
use super::{body, database, fields};
use crate::problem::Problem;

const KINDS: [&str; 4] = ["email", "call", "in_mail", "custom"];
const PRIORITIES: [&str; 3] = ["High", "Normal", "Low"];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    person_id: Option<String>,
    sfdc_id: Option<String>,
    /// Several people, each with a task of their own.
    #[serde(default)]
    person_ids: Vec<String>,
    #[serde(default)]
    sfdc_ids: Vec<String>,
    name: String,
    #[serde(rename = "type")]
    kind: Option<String>,
    due: Option<String>,
    priority: Option<String>,
    notes: Option<String>,
    /// Id of a member; whoever adds the task, unless said otherwise.
    assignee: Option<String>,
}

/// `POST /v1/tasks`
///
/// # Errors
/// What is wrong with the body, or why the visitor may not act.
pub async fn create(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with name, type, due, priority, notes, assignee and whom it is about.";
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, wanted).await?;
    if !wanted.person_ids.is_empty() || !wanted.sfdc_ids.is_empty() {
        return for_many(&seller, &request, &wanted).await;
    }
    let person = seller.person(&Whom { person_id: wanted.person_id.clone(), sfdc_id: wanted.sfdc_id.clone() }).await?;
    let (name, detail) = checked(&seller, &wanted).await?;
    let once = Once::of(&request, "tasks", &seller, &format!("{}\n{name}\n{}", person.id, json!(detail)))?;
    if let Some(before) = once.before(&seller).await? {
        return Ok(Answer::fleeting(before).created());
    }
    let task = activities::new(&seller, &person, "task", Some(name), &detail, vec![now_to("salesforce")])?;
    let answer = once.record(&seller, std::slice::from_ref(&task), told(&task)).await?;
    Ok(Answer::fleeting(answer).created().tag("person", &person.id))
}

async fn for_many(seller: &Seller, request: &HttpRequest, wanted: &Wanted) -> Result<Answer<Value>, Problem> {
    let many = Many { person_ids: wanted.person_ids.clone(), sfdc_ids: wanted.sfdc_ids.clone() };
    let (name, detail) = checked(seller, wanted).await?;
    let asked = format!("{}\n{}\n{name}\n{}", many.person_ids.join(","), many.sfdc_ids.join(","), json!(detail));
    let once = Once::of(request, "tasks", seller, &asked)?;
    if let Some(before) = once.before(seller).await? {
        return Ok(Answer::fleeting(before).created());
    }
    let (people, unknown) = seller.people(&many).await?;
    let tasks =
        people.iter().map(|person| activities::new(seller, person, "task", Some(name.clone()), &detail, vec![now_to("salesforce")]));
    let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
    let answer = json!({ "accepted": tasks.len(), "skipped": unknown.len(), "unknown": unknown });
    Ok(Answer::fleeting(once.record(seller, &tasks, answer).await?).created())
}

async fn checked(seller: &Seller, wanted: &Wanted) -> Result<(String, TaskDetail), Problem> {
    let name = fields::name("name", &wanted.name, 255)?;
    let kind = wanted.kind.as_deref().unwrap_or("custom");
    if !KINDS.contains(&kind) {
        return Err(invalid("type", "It must be email, call, in_mail or custom."));
    }
    let due = wanted.due.as_deref().filter(|due| !due.is_empty());
    if due.is_some_and(|due| due.len() != 10 || due.parse::<jiff::civil::Date>().is_err()) {
        return Err(invalid("due", "It must be a date, such as 2026-01-31."));
    }
    let priority = wanted.priority.as_deref().unwrap_or("Normal");
    if !PRIORITIES.contains(&priority) {
        return Err(invalid("priority", "It must be High, Normal or Low."));
    }
    let notes = lines(wanted.notes.as_deref());
    if notes.as_ref().is_some_and(|notes| notes.chars().count() > 4_000) {
        return Err(invalid("notes", "They must have at most 4000 characters."));
    }
    let assignee = match wanted.assignee.as_deref().filter(|id| !id.is_empty()) {
        None => seller.member.clone(),
        Some(id) => database::answer(seller.tenant.member(id))
            .await?
            .filter(|member| member.state == "active")
            .ok_or_else(|| invalid("assignee", "It must be an active member of the account."))?,
    };
    let detail = TaskDetail {
        created_by: seller.member.email.clone(),
        kind: kind.to_owned(),
        due: due.map(str::to_owned),
        priority: priority.to_owned(),
        notes,
        owner_id: assignee.salesforce_user_id,
        assignee: assignee.email,
        done: false,
        sales_campaign: None,
    };
    Ok((name, detail))
}
