//! The field sync as Actions Config shows it: what it copies, whether it runs, and how far it is.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, web};
use serde_json::{Value, json};

use super::answer::Answer;
use super::arrivals::people::{LeftOut, admit};
use super::listing::{Listing, Wish};
use super::marketo_admins::client;
use super::signed_in::Configurator;
use super::{AccountState, database};
use crate::clock;
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::marketo::budget::Purpose;
use crate::remote::marketo::bulk::Extract;
use crate::remote::marketo::leads::Lead;
use crate::remote::marketo::{Asker, Marketo};
use crate::store::Tenant;
use crate::store::people::NewPerson;

/// The job that loads people.
const JOB: &str = "field_sync";
/// People looked at for a preview.
const SAMPLE: usize = 300;
const SAMPLES: usize = 3;

type Sample = fn(&NewPerson) -> Option<String>;

/// The fields of the product: Marketo's field, its type, our field, and where a person has its value.
const FIELDS: [(&str, &str, &str, Sample); 13] = [
    ("firstName", "string", "first_name", |person| person.first_name.clone()),
    ("lastName", "string", "last_name", |person| person.last_name.clone()),
    ("sfdcContactId", "string", "salesforce_contact_id", |person| person.sfdc_contact_id.clone()),
    ("sfdcLeadId", "string", "salesforce_lead_id", |person| person.sfdc_lead_id.clone()),
    ("sfdcAccountId", "string", "salesforce_account_id", |person| person.sfdc_account_id.clone()),
    ("sfdcOpptyId", "string", "salesforce_opportunity_id", |person| person.sfdc_opportunity_id.clone()),
    ("id", "integer", "marketo_id", |person| Some(person.lead_id.to_string())),
    ("company", "string", "company", |person| person.company.clone()),
    ("title", "string", "title", |person| person.title.clone()),
    ("email", "email", "email", |person| person.email.clone()),
    ("phone", "phone", "phone", |person| person.phone.clone()),
    ("linkedInProfileUrl", "url", "linkedin_url", |person| person.linkedin_url.clone()),
    ("leadSource", "string", "source", |person| person.source.clone()),
];

/// What the panels need besides.
const FURTHER: [(&str, &str, &str, Sample); 5] = [
    ("sfdcLeadOwnerId", "string", "owner_id", |person| Some(person.owner_id.clone())),
    ("leadScore", "score", "score", |person| person.score.map(|score| score.to_string())),
    ("relativeScore", "integer", "stars", |person| person.relative_score.map(|stars| stars.to_string())),
    ("relativeUrgency", "integer", "flames", |person| person.relative_urgency.map(|flames| flames.to_string())),
    ("priority", "integer", "priority", |person| person.priority.map(|priority| priority.to_string())),
];

fn fields(known: &[(&str, &str, &str, Sample)], people: &[NewPerson]) -> Vec<Value> {
    known
        .iter()
        .map(|(marketo, kind, ours, value)| {
            let mut samples: Vec<String> = Vec::new();
            for text in people.iter().filter_map(value) {
                if samples.len() < SAMPLES && !samples.contains(&text) {
                    samples.push(text);
                }
            }
            json!({"marketo_field": marketo, "type": kind, "account_field": ours, "samples": samples})
        })
        .collect()
}

/// `GET /v1/field-sync/preview`
pub async fn preview(configurator: Configurator, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let tenant = &configurator.tenant;
    let marketo = match state.connections.marketo(tenant.account_id()).await {
        Ok(marketo) => marketo,
        Err(_) => client(&state.connections, tenant.account_id()).await?,
    };
    let asker = Asker { purpose: Purpose::Interactive, request_id: configurator.actor.request_id.as_str() };
    let leads = sample(&marketo, asker).await.map_err(|error| error.problem("Marketo"))?;
    let looked_at = leads.len();
    let mut skipped: BTreeMap<&'static str, u64> = BTreeMap::new();
    let mut people = Vec::new();
    let mut left_out = LeftOut::new();
    for lead in leads {
        match admit(lead, &mut left_out) {
            Ok(person) => people.push(person),
            Err(skip) => *skipped.entry(skip.word()).or_default() += 1,
        }
    }
    // Marketo tells no number of people; once a run is over, ours is the answer.
    let done = view(tenant).await?.get("state").and_then(Value::as_str) == Some("done");
    let qualify = if done { Some(database::answer(tenant.count_people()).await?) } else { None };
    Ok(Answer::fleeting(json!({
        "fields": fields(&FIELDS, &people), "further_fields": fields(&FURTHER, &people), "qualify": qualify, "skipped": skipped,
        "left_out": left_out, "sample": {"read": looked_at, "qualify": people.len()},
    })))
}

// Those who changed lately, or else the first there are.
async fn sample(marketo: &Marketo, asker: Asker<'_>) -> Result<Vec<Lead>, CallError> {
    let fields = ["firstName", "lastName", "company", "leadScore"].map(str::to_owned);
    let token = marketo.paging_token(asker, clock::now_ms() - 7 * 86_400_000).await?;
    let page = marketo.lead_changes(asker, &token, &fields).await?;
    let mut ids: Vec<i64> = page.items.iter().map(|change| change.lead_id).filter(|id| *id > 0).collect();
    ids.sort_unstable();
    ids.dedup();
    if ids.len() < 20 {
        ids.extend(1..=250);
    }
    ids.truncate(SAMPLE);
    let values: Vec<String> = ids.iter().map(ToString::to_string).collect();
    marketo.leads(asker, "id", &values).await
}

/// How the sync stands.
///
/// # Errors
/// When the database refuses.
pub(super) async fn view(tenant: &Tenant) -> Result<Value, Problem> {
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let job = database::answer(tenant.jobs()).await?.into_iter().find(|job| job.job == JOB);
    let run = database::answer(tenant.sync_runs(None, 1)).await?.into_iter().next();
    let figures: Value =
        job.as_ref().and_then(|job| job.progress.as_deref()).and_then(|text| serde_json::from_str(text).ok()).unwrap_or(Value::Null);
    let state = match (account.sync_state.as_str(), job.as_ref().map(|job| job.state.as_str())) {
        ("idle", _) => "idle",
        (_, Some("done")) => "done",
        ("paused", _) => "paused",
        (_, Some("failed" | "paused")) => "failed",
        (_, _) => "running",
    };
    let number = |name: &str| figures.get(name).cloned().unwrap_or(json!(0));
    let left = figures
        .get("expected")
        .and_then(Value::as_f64)
        .zip(figures.get("read").and_then(Value::as_f64))
        .zip(figures.get("per_second").and_then(Value::as_f64));
    let seconds_left = left
        .filter(|(_, rate)| *rate > 0.0 && state == "running")
        .map(|((expected, read), rate)| ((expected - read).max(0.0) / rate).ceil());
    Ok(json!({
        "state": state, "following": state == "done" && account.sync_state == "running",
        "phase": figures.get("phase"), "read": number("read"), "written": number("written"),
        "skipped": figures.get("skipped").cloned().unwrap_or(json!({})), "left_out": figures.get("left_out").cloned().unwrap_or(json!({})),
        "reading_per_second": figures.get("reading_per_second"), "per_second": number("per_second"),
        "expected": figures.get("expected"), "seconds_left": seconds_left,
        "started_at": run.as_ref().map(|run| run.started_at), "started_by": run.as_ref().map(|run| run.started_by.clone()),
        "problem": job.and_then(|job| job.problem),
    }))
}

/// `GET /v1/field-sync`
pub async fn show(configurator: Configurator) -> Result<Answer<Value>, Problem> {
    Ok(Answer::fleeting(view(&configurator.tenant).await?))
}

/// `POST /v1/field-sync/start`
pub async fn start(configurator: Configurator) -> Result<Answer<Value>, Problem> {
    let tenant = &configurator.tenant;
    if database::answer(tenant.connection(super::connections::MARKETO)).await?.is_none() {
        return Err(Problem::new(
            409,
            "marketo.not_connected",
            "Marketo is not connected",
            "Connect Marketo first: Settings › Marketo › Connect.",
        ));
    }
    let deed = configurator.actor.deed("sync.started", "");
    if !database::answer(tenant.start_sync(&clock::new_id(), &deed)).await? {
        return Err(Problem::new(409, "sync.not_idle", "Started already", "The sync was started already; it runs or is paused."));
    }
    Ok(Answer::fleeting(view(tenant).await?).accepted())
}

/// `POST /v1/field-sync/pause`
pub async fn pause(configurator: Configurator) -> Result<Answer<Value>, Problem> {
    switch(configurator, ("running", "paused"), "sync.paused").await
}

/// `POST /v1/field-sync/resume`
pub async fn resume(configurator: Configurator) -> Result<Answer<Value>, Problem> {
    switch(configurator, ("paused", "running"), "sync.resumed").await
}

/// `POST /v1/field-sync/cancel`: ends the run under way; another one begins from the start. Who was loaded stays.
pub async fn cancel(configurator: Configurator, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let tenant = &configurator.tenant;
    let left = database::answer(tenant.checkpoint(JOB)).await?;
    let deed = configurator.actor.deed("sync.cancelled", "");
    if !database::answer(tenant.cancel_sync(&deed)).await? {
        return Err(Problem::new(409, "sync.not_possible", "Not possible now", "No run of the sync is under way that could be cancelled."));
    }
    database::answer(state.store.complete_indexes()).await?;
    // Marketo need not finish what nobody will fetch. Where it can't be told, it finishes it.
    if let Ok(marketo) = state.connections.marketo(tenant.account_id()).await {
        let asker = Asker { purpose: Purpose::Interactive, request_id: configurator.actor.request_id.as_str() };
        for id in extracts(left.as_deref()) {
            if let Err(error) = marketo.cancel_extract(asker, Extract::Leads, &id).await {
                tracing::info!(account_id = tenant.account_id(), %error, "an extract was not cancelled");
            }
        }
    }
    Ok(Answer::fleeting(view(tenant).await?))
}

// The extracts that a load has under way, as its checkpoint says.
fn extracts(checkpoint: Option<&str>) -> Vec<String> {
    let left: Value = checkpoint.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let exports = left.get("exports").and_then(Value::as_object);
    exports.into_iter().flatten().filter_map(|(_, id)| Some(id.as_str()?.to_owned())).take(10).collect()
}

async fn switch(configurator: Configurator, (from, to): (&str, &str), what: &'static str) -> Result<Answer<Value>, Problem> {
    let tenant = &configurator.tenant;
    let deed = configurator.actor.deed(what, "");
    if !database::answer(tenant.switch_sync(from, to, &deed)).await? {
        let detail = if to == "paused" { "The sync does not run, so it cannot be paused." } else { "The sync is not paused." };
        return Err(Problem::new(409, "sync.not_possible", "Not possible now", detail));
    }
    Ok(Answer::fleeting(view(tenant).await?))
}

/// `GET /v1/field-sync/runs`
pub async fn runs(
    configurator: Configurator,
    request: HttpRequest,
    state: web::Data<AccountState>,
) -> Result<Answer<Listing<Value>>, Problem> {
    let wish = Wish::read(&request, &state, &format!("runs/{}", configurator.tenant.account_id()), &[])?;
    let rows = database::answer(configurator.tenant.sync_runs(wish.before(), wish.limit + 1)).await?;
    let total = i64::try_from(rows.len()).unwrap_or(0);
    let page = wish.page(
        &state,
        rows,
        total,
        |run| (run.started_at, run.id.clone()),
        |run| {
            let figures: Value = run.detail.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or(json!({}));
            json!({"id": run.id, "state": run.state, "started_at": run.started_at, "started_by": run.started_by, "ended_at": run.ended_at,
               "read": figures.get("read"), "written": figures.get("written"), "skipped": figures.get("skipped")})
        },
    );
    Ok(Answer::fleeting(page))
}
