//! Who is where in a campaign, and stopping: one person, or everybody.

use std::time::Duration;

use actix_web::{HttpRequest, web};
use serde_json::{Value, json};

use super::plan::Plan;
use super::{Known, may_change};
use crate::account::activities::{Once, TaskDetail};
use crate::account::answer::Answer;
use crate::account::listing::Wish;
use crate::account::me::path_id;
use crate::account::query::invalid;
use crate::account::seller::{Seller, Whom};
use crate::account::{AccountState, database};
use crate::clock;
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::sales_ends::{Ending, Whose};
use crate::store::sales_runs::{Run, ShownRun};
use crate::store::sales_tasks::StuckMail;

/// A mail that is being handed over when somebody stops is waited for so long.
const LONGEST_HAND_OVER: Duration = Duration::from_secs(6);
const LOOK: Duration = Duration::from_millis(40);
const STATES: [&str; 7] = ["under_way", "running", "waiting", "blocked", "finished", "succeeded", "ended"];
/// Campaigns of one person that are told of.
const MOST: i64 = 20;

fn view(shown: &ShownRun, plan: Option<&Plan>, campaign: Option<&str>, stuck: &[StuckMail]) -> Value {
    let run = &shown.run;
    // A mail that was refused for now holds its person up, and is tried again: that is said before it is given up.
    let held_up = run.waits_for.as_ref().filter(|_| run.state == "running" && run.due_at.is_none());
    let held_up = held_up.and_then(|mail| stuck.iter().find(|stuck| stuck.activity_id == *mail));
    let steps = plan.map_or(0, |plan| plan.steps.len());
    let next = plan.and_then(|plan| plan.steps.get(usize::try_from(run.step).ok()?));
    // A task that is waited for is behind the place where the person goes on.
    let after_task = run.state == "waiting" || run.reason.as_deref() == Some("task_gone");
    let here = if after_task { plan.and_then(|plan| plan.steps.get(usize::try_from(run.step).ok()?.checked_sub(1)?)) } else { next };
    let number = if after_task { run.step } else { run.step + 1 };
    let reason = run.reason.as_deref().filter(|reason| !["replanned", "task_done"].contains(reason));
    let reason = held_up.map(|_| "mail_waits").or(reason);
    let problem = held_up.map_or(run.problem.as_deref(), |stuck| Some(stuck.problem.as_str()));
    json!({
        "id": run.id, "campaign_id": run.campaign_id, "campaign": campaign, "person_id": run.person_id, "sfdc_id": run.sfdc_id,
        "person": shown.person.as_deref().filter(|name| !name.trim().is_empty()), "member": shown.member, "state": run.state, "reason": reason,
        "problem": problem, "step": here.map(|step| step.name.as_str()), "step_kind": here.map(|step| step.kind.name()),
        "number": number.min(i64::try_from(steps).unwrap_or(0)), "of": steps, "due_at": run.due_at, "started_at": run.started_at,
        "ended_at": run.ended_at, "task_id": run.waits_for.as_deref().filter(|_| run.state == "waiting"),
    })
}

/// `GET /v1/sales-campaigns/{id}/people?state=&cursor=`
pub async fn people(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let known = Known::read(&seller, &path_id(&request, "id")?).await?;
    let wish = Wish::read(&request, &state, &format!("sales-runs/{}", known.campaign.id), &["state"])?;
    if !wish.get("state").is_empty() && !STATES.contains(&wish.get("state")) {
        return Err(invalid("state", "It must be under_way, running, waiting, blocked, finished, succeeded or ended."));
    }
    let rows =
        database::answer(seller.tenant.runs_of_campaign(&known.campaign.id, wish.get("state"), wish.before(), wish.limit + 1)).await?;
    let counts = database::answer(seller.tenant.count_sales_runs(&known.campaign.id)).await?;
    let total: i64 = counts.iter().map(|(_, _, count)| count).sum();
    let mut plans: Vec<(String, Option<Plan>)> = Vec::new();
    for row in &rows {
        if plans.iter().all(|(id, _)| *id != row.run.plan_id) {
            plans.push((row.run.plan_id.clone(), plan(&seller.tenant, &row.run.plan_id).await?));
        }
    }
    let waits_for: Vec<&String> = rows.iter().filter_map(|row| row.run.waits_for.as_ref()).collect();
    let stuck = database::answer(seller.tenant.stuck_mails(&waits_for)).await?;
    let plan_of = |run: &Run| plans.iter().find(|(id, _)| *id == run.plan_id).and_then(|(_, plan)| plan.as_ref());
    let name = known.campaign.name.as_str();
    let place = |row: &ShownRun| (row.run.started_at, row.run.id.clone());
    let page = wish.page(&state, rows, total, place, |row| {
        let mut told = view(&row, plan_of(&row.run), Some(name), &stuck);
        if let Some(told) = told.as_object_mut() {
            told.insert("stoppable".to_owned(), json!(row.run.ended_at.is_none() && may_stop(&seller, &known, &row.run)));
        }
        told
    });
    Ok(Answer::fleeting(json!(page)))
}

async fn plan(tenant: &Tenant, id: &str) -> Result<Option<Plan>, Problem> {
    Ok(database::answer(tenant.sales_plan(id)).await?.as_deref().and_then(Plan::read))
}

/// `GET /v1/people/{id}/sales-campaigns`: what somebody is in, and was.
pub async fn of_person(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let person = seller.person(&Whom { person_id: Some(id), sfdc_id: None }).await?;
    let rows = database::answer(seller.tenant.runs_of_lead(person.lead_id, MOST)).await?;
    let waits_for: Vec<&String> = rows.iter().filter_map(|row| row.run.waits_for.as_ref()).collect();
    let stuck = database::answer(seller.tenant.stuck_mails(&waits_for)).await?;
    let mut items = Vec::new();
    for row in &rows {
        let campaign = database::answer(seller.tenant.sales_campaign(&row.run.campaign_id)).await?;
        let plan = plan(&seller.tenant, &row.run.plan_id).await?;
        items.push(view(row, plan.as_ref(), campaign.as_ref().map(|campaign| campaign.name.as_str()), &stuck));
    }
    Ok(Answer::fleeting(json!({ "items": items })))
}

fn may_stop(seller: &Seller, known: &Known, run: &Run) -> bool {
    run.member_id == seller.member.id || may_change(seller, &known.campaign)
}

async fn run_of(seller: &Seller, request: &HttpRequest) -> Result<Run, Problem> {
    let run = database::answer(seller.tenant.sales_run(&path_id(request, "id")?)).await?.ok_or_else(Problem::not_found)?;
    let known = Known::read(seller, &run.campaign_id).await;
    let theirs = run.member_id == seller.member.id;
    // In a panel only the record's own person is in reach.
    if seller.bound_to().is_some() {
        seller.person(&Whom { person_id: Some(run.person_id.clone()), sfdc_id: None }).await?;
    }
    match known {
        Ok(known) if may_stop(seller, &known, &run) => Ok(run),
        Err(problem) if problem.status >= 500 => Err(problem),
        _ if theirs => Ok(run),
        Ok(_) => Err(Problem::forbidden("campaign.not_yours", "Only whoever started it, the campaign's owner and admins can do this.")),
        Err(_) => Err(Problem::not_found()),
    }
}

/// Waits until nothing of these runs is being handed to the mail server any more; gives what still is.
async fn quiet(tenant: &Tenant, runs: &[String]) -> Result<i64, Problem> {
    let begun = clock::instant();
    loop {
        let count = database::answer(tenant.mails_in_flight(runs)).await?;
        if count == 0 || begun.elapsed() > LONGEST_HAND_OVER {
            return Ok(count);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// Waits until no mail to an address is being handed over any more, or for some seconds: whoever was told that somebody wants no
/// more mail can count on it.
///
/// # Errors
/// When the database does not answer.
pub(crate) async fn quiet_to(tenant: &Tenant, email_key: &str) -> Result<(), Problem> {
    let begun = clock::instant();
    while database::answer(tenant.mails_in_flight_to(email_key)).await? > 0 && begun.elapsed() < LONGEST_HAND_OVER {
        tokio::time::sleep(LOOK).await;
    }
    Ok(())
}

/// `POST /v1/sales-runs/{id}/stop`: answered when nothing more goes out. `in_flight` counts mails that the mail server was being
/// handed and that did not end in time.
pub async fn stop(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let run = run_of(&seller, &request).await?;
    let reason = if run.member_id == seller.member.id { "removed" } else { "stopped" };
    let ending = Ending { state: "ended", reason };
    let stopped = database::answer(seller.tenant.stop_runs(Whose::Run(&run.id), ending, clock::now_ms())).await?;
    let in_flight = quiet(&seller.tenant, std::slice::from_ref(&run.id)).await?;
    Ok(Answer::fleeting(json!({ "stopped": stopped.len(), "in_flight": in_flight })).tag("person", &run.person_id))
}

/// `POST /v1/sales-campaigns/{id}/stop`: everybody whom the seller may stop.
pub async fn stop_all(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let known = Known::read(&seller, &path_id(&request, "id")?).await?;
    let id = &known.campaign.id;
    let whose = if may_change(&seller, &known.campaign) { Whose::Campaign(id) } else { Whose::OfMember(id, &seller.member.id) };
    let stopped = database::answer(seller.tenant.stop_runs(whose, Ending::STOPPED, clock::now_ms())).await?;
    let in_flight = quiet(&seller.tenant, &stopped).await?;
    let deed = seller.actor.deed("campaign.stopped", known.campaign.name.clone());
    database::answer(seller.tenant.note(&deed)).await?;
    Ok(Answer::fleeting(json!({ "stopped": stopped.len(), "in_flight": in_flight })))
}

/// `POST /v1/sales-runs/{id}/resume`: what it was blocked by is mended.
pub async fn resume(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let run = run_of(&seller, &request).await?;
    if !database::answer(seller.tenant.resume_run(&run.id, clock::now_ms())).await? {
        return Err(Problem::new(409, "campaign.not_blocked", "Not blocked", "Nothing keeps this person from going on."));
    }
    Ok(Answer::fleeting(json!({ "resumed": true })))
}

/// `POST /v1/tasks/{id}/complete`: whoever waits for it in a campaign goes on.
pub async fn complete_task(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let once = Once::of(&request, "tasks-complete", &seller, &id)?;
    if let Some(before) = once.before(&seller).await? {
        return Ok(Answer::fleeting(before));
    }
    let task =
        database::answer(seller.tenant.sales_activity(&id)).await?.filter(|task| task.kind == "task").ok_or_else(Problem::not_found)?;
    let mut detail: TaskDetail = serde_json::from_str(&task.detail).map_err(|_| Problem::internal())?;
    let theirs = [&detail.assignee, &detail.created_by].contains(&&seller.member.email);
    if !theirs && seller.member.role != "admin" {
        return Err(Problem::forbidden("task.not_yours", "Only whoever has the task, or made it, can say that it is done."));
    }
    if seller.bound_to().is_some() {
        seller.person(&Whom { person_id: Some(task.person_id.clone()), sfdc_id: None }).await?;
    }
    detail.done = true;
    let text = serde_json::to_string(&detail).map_err(|_| Problem::internal())?;
    let now = database::answer(seller.tenant.store().now_ms()).await?;
    let changed = database::answer(seller.tenant.complete_task(&id, &text, &clock::new_id(), now)).await?;
    Ok(Answer::fleeting(json!({ "done": true, "changed": changed })).tag("person", &task.person_id))
}
