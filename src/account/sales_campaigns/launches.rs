//! A launch in the making: who, which campaign, when, and what single people are written first. Kept in the database from the
//! first choice on, so that nothing is lost on the way to the start.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::launching::{self, EditFor, LeftOut, Parted, Wanted, begin, checked, name_of, start_of};
use super::mails::{self, Edit};
use super::{Known, rules, schedule, sees, teams_of};
use crate::account::activities::Once;
use crate::account::answer::Answer;
use crate::account::composing::{self, Composition};
use crate::account::me::path_id;
use crate::account::query::invalid;
use crate::account::seller::{Seller, Whom};
use crate::account::{AccountState, body, database};
use crate::clock;
use crate::problem::Problem;
use crate::store::people::Person;
use crate::store::sales_launches::Launch;

/// A draft that nobody came back to.
const FORGOTTEN_MS: i64 = 30 * 86_400_000;

fn list<T: serde::de::DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str(text).unwrap_or_default()
}

async fn draft(seller: &Seller, request: &HttpRequest) -> Result<Launch, Problem> {
    let id = path_id(request, "id")?;
    database::answer(seller.tenant.launch(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)
}

async fn keep(seller: &Seller, launch: &Launch) -> Result<(), Problem> {
    if database::answer(seller.tenant.put_launch(launch)).await? {
        return Ok(());
    }
    Err(started())
}

fn started() -> Problem {
    Problem::new(409, "launch.started", "Already started", "This launch was started already. Look at the campaign's people.")
}

fn edits(launch: &Launch) -> Vec<EditFor> {
    let stored: Vec<(String, Edit)> = list(&launch.edits);
    stored.into_iter().map(|(person_id, edit)| EditFor { person_id, subject: edit.subject, text: edit.text }).collect()
}

fn written(edits: &[EditFor]) -> String {
    let stored: Vec<(&str, Edit)> =
        edits.iter().map(|edit| (edit.person_id.as_str(), Edit { subject: edit.subject.clone(), text: edit.text.clone() })).collect();
    json!(stored).to_string()
}

const WANTED: &str =
    "The body must be an object with campaign_id, sfdc_ids, person_ids, account_id or opportunity_id, start_on and time_zone.";

/// `POST /v1/sales-launches`; the same decision twice begins one.
pub async fn create(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let asked: Value = body::read(&request, payload, body::LONG, WANTED).await?;
    let once = Once::of(&request, "sales-launches-begun", &seller, &asked.to_string())?;
    if let Some(launch) = begun(&seller, once.before(&seller).await?.as_ref()).await? {
        return Ok(Answer::fleeting(whole(&state, &seller, &launch).await?).created());
    }
    let wanted: Wanted = serde_json::from_value(asked).map_err(|_| Problem::bad_request("request.invalid", WANTED))?;
    let now = clock::now_ms();
    let campaign_id = wanted.campaign_id.clone().filter(|id| !id.is_empty());
    if let Some(id) = &campaign_id {
        Known::read(&seller, id).await?;
    }
    let (start_at, zone) = begin(&seller, wanted.start_on.as_deref(), wanted.time_zone.as_deref())?;
    let (found, left_out) = launching::people(&state, &seller, &wanted).await?;
    let people: Vec<&str> = found.iter().map(|person| person.id.as_str()).collect();
    let launch = Launch {
        id: clock::new_id(),
        member_id: seller.member.id.clone(),
        campaign_id,
        state: "draft".to_owned(),
        zone,
        start_at,
        people: json!(people).to_string(),
        left_out: json!(left_out).to_string(),
        edits: written(&checked(&wanted.edits)?),
        outcome: None,
        created_at: now,
        started_at: None,
    };
    database::answer(seller.tenant.forget_launches(&seller.member.id, now - FORGOTTEN_MS)).await?;
    keep(&seller, &launch).await?;
    // Of two at the same moment the first counts; a draft that nobody comes back to is forgotten.
    let first = once.record(&seller, &[], json!({ "id": launch.id })).await?;
    let launch = begun(&seller, Some(&first)).await?.unwrap_or(launch);
    Ok(Answer::fleeting(whole(&state, &seller, &launch).await?).created())
}

async fn begun(seller: &Seller, before: Option<&Value>) -> Result<Option<Launch>, Problem> {
    match before.and_then(|before| before.get("id")).and_then(Value::as_str) {
        Some(id) => database::answer(seller.tenant.launch(&seller.member.id, id)).await,
        None => Ok(None),
    }
}

/// `GET /v1/sales-launches/{id}`: who gets what when, who is left out and why.
pub async fn show(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let launch = draft(&seller, &request).await?;
    Ok(Answer::fleeting(whole(&state, &seller, &launch).await?))
}

async fn whole(state: &AccountState, seller: &Seller, launch: &Launch) -> Result<Value, Problem> {
    let teams = teams_of(seller).await?;
    let all = database::answer(seller.tenant.sales_campaigns()).await?;
    let choices: Vec<Value> = all
        .iter()
        .filter(|campaign| sees(seller, &teams, campaign))
        .map(|campaign| {
            let chosen = launch.campaign_id.as_ref() == Some(&campaign.id);
            json!({ "id": campaign.id, "name": campaign.name, "category": campaign.category, "chosen": chosen })
        })
        .collect();
    let known = match &launch.campaign_id {
        Some(id) => Known::read(seller, id).await.ok(),
        None => None,
    };
    let mut left_out: Vec<LeftOut> = list(&launch.left_out);
    let still_to_start = known.as_ref().filter(|_| launch.state == "draft");
    let Parted { people, left_out: hindered, later } = launching::parted(seller, still_to_start, of(seller, launch).await?).await?;
    left_out.extend(hindered);
    let start = start_of(launch.start_at, &launch.zone, clock::now_ms());
    let steps: Vec<Value> = known.as_ref().map_or_else(Vec::new, |known| {
        let times = schedule::preview(&known.plan, rules(&known.campaign), &start);
        let told = known.plan.steps.iter().zip(times).zip(1..);
        told.map(|((step, at), number)| {
            json!({ "number": number, "day": step.day, "name": step.name, "kind": step.kind.name(), "by_itself": step.is_mail(), "at": at.as_millisecond() })
        })
        .collect()
    });
    let first_mail = known.as_ref().is_some_and(|known| known.plan.steps.first().is_some_and(super::plan::Step::is_mail));
    let (mut shown, mut trouble) = (Vec::new(), None);
    let edits = edits(launch);
    let common = match &known {
        Some(known) if first_mail => match asked(state, seller, known, &people).await {
            Ok(composition) => Some(composition),
            Err(problem) if problem.status >= 500 => return Err(problem),
            Err(problem) => {
                trouble = Some(problem);
                None
            }
        },
        _ => None,
    };
    for person in &people {
        let edit = edits.iter().find(|edit| edit.person_id == person.id);
        let mail = common.as_ref().map(|composition| {
            let composed = composition.for_person(person, None);
            let (subject, text) = edit.map_or_else(
                || (composed.subject.clone(), composing::shown(&composed.html)),
                |edit| (edit.subject.clone(), edit.text.clone()),
            );
            let unfilled = if edit.is_some() { Vec::new() } else { composed.unfilled };
            json!({ "subject": subject, "text": text, "edited": edit.is_some(), "unfilled": unfilled })
        });
        shown.push(json!({ "id": person.id, "sfdc_id": person.sfdc_id, "name": name_of(person), "email": person.email, "mail": mail }));
    }
    let may = match &known {
        Some(known) if launch.state == "draft" => launching::may_start(state, seller, known).await.err(),
        _ => None,
    };
    if let Some(problem) = may.as_ref().filter(|problem| problem.status >= 500) {
        return Err(problem.clone());
    }
    let outcome: Option<Value> = launch.outcome.as_deref().and_then(|outcome| serde_json::from_str(outcome).ok());
    Ok(json!({
        "id": launch.id, "state": launch.state, "campaign_id": launch.campaign_id, "campaigns": choices,
        "campaign": known.as_ref().map(|known| json!({ "id": known.campaign.id, "name": known.campaign.name, "skip_weekends": known.campaign.skip_weekends })),
        "zone": launch.zone, "start_at": launch.start_at, "start_on": launch.start_at.map(|_| start.at.to_zoned(start.zone.clone()).strftime("%Y-%m-%dT%H:%M").to_string()),
        "chooses": known.as_ref().is_some_and(|known| known.plan.steps.first().is_some_and(super::plan::Step::is_mail)),
        "steps": steps, "people": shown, "left_out": left_out, "count": people.len(), "later": later, "outcome": outcome,
        "problem": trouble.or(may).map(|problem| json!({ "code": problem.code, "detail": problem.detail })),
    }))
}

async fn of(seller: &Seller, launch: &Launch) -> Result<Vec<Person>, Problem> {
    let mut people = Vec::new();
    for id in list::<String>(&launch.people) {
        // Whoever was deleted meanwhile is not there any more.
        match seller.person(&Whom { person_id: Some(id), sfdc_id: None }).await {
            Ok(person) => people.push(person),
            Err(problem) if problem.status >= 500 => return Err(problem),
            Err(_) => {}
        }
    }
    Ok(people)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    campaign_id: Option<String>,
    /// Empty: at once.
    start_on: Option<String>,
    time_zone: Option<String>,
}

/// `PATCH /v1/sales-launches/{id}`: which campaign, and when.
pub async fn change(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted: Change =
        body::read(&request, payload, body::ORDINARY, "The body must be an object with campaign_id, start_on and time_zone.").await?;
    let mut launch = draft(&seller, &request).await?;
    if let Some(id) = wanted.campaign_id.filter(|id| !id.is_empty()) {
        Known::read(&seller, &id).await.map_err(|problem| {
            if problem.status == 404 {
                invalid("campaign_id", "There is no such sales campaign, or it is not shared with you.")
            } else {
                problem
            }
        })?;
        if launch.campaign_id.as_ref() != Some(&id) {
            // What was written for the first e-mail of another campaign does not fit.
            "[]".clone_into(&mut launch.edits);
        }
        launch.campaign_id = Some(id);
    }
    if wanted.start_on.is_some() || wanted.time_zone.is_some() {
        let zone = wanted.time_zone.as_deref().unwrap_or(&launch.zone).to_owned();
        (launch.start_at, launch.zone) = begin(&seller, wanted.start_on.as_deref(), Some(&zone))?;
    }
    keep(&seller, &launch).await?;
    Ok(Answer::fleeting(whole(&state, &seller, &launch).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    subject: String,
    text: String,
}

/// `PUT /v1/sales-launches/{id}/people/{person}`: what this one is written first.
pub async fn edit(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted: Words = body::read(&request, payload, body::LONG, "The body must be an object with subject and text.").await?;
    let mut launch = draft(&seller, &request).await?;
    let person_id = path_id(&request, "person")?;
    if !list::<String>(&launch.people).contains(&person_id) {
        return Err(Problem::not_found());
    }
    let mut all = edits(&launch);
    all.retain(|edit| edit.person_id != person_id);
    all.extend(checked(&[EditFor { person_id, subject: wanted.subject, text: wanted.text }])?);
    launch.edits = written(&all);
    keep(&seller, &launch).await?;
    Ok(Answer::fleeting(whole(&state, &seller, &launch).await?))
}

/// `DELETE /v1/sales-launches/{id}/people/{person}`: not this one.
pub async fn leave_out(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let mut launch = draft(&seller, &request).await?;
    let person_id = path_id(&request, "person")?;
    let mut people: Vec<String> = list(&launch.people);
    people.retain(|id| *id != person_id);
    launch.people = json!(people).to_string();
    let mut all = edits(&launch);
    all.retain(|edit| edit.person_id != person_id);
    launch.edits = written(&all);
    keep(&seller, &launch).await?;
    Ok(Answer::fleeting(whole(&state, &seller, &launch).await?))
}

/// `POST /v1/sales-launches/{id}/start`: asked again, it says again what came of it.
pub async fn start(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let launch = draft(&seller, &request).await?;
    if let Some(outcome) = launch.outcome.as_deref().filter(|_| launch.state == "started") {
        return serde_json::from_str(outcome).map(|outcome: Value| Answer::fleeting(outcome).accepted()).map_err(|_| Problem::internal());
    }
    let id = launch.campaign_id.clone().ok_or_else(|| invalid("campaign_id", "Choose a sales campaign first."))?;
    let known = Known::read(&seller, &id).await?;
    let people = of(&seller, &launch).await?;
    let (left_out, edits) = (list(&launch.left_out), edits(&launch));
    let chosen = launching::Chosen { launch, people, left_out, edits: &edits };
    let answer = launching::start(&state, &seller, &known, chosen, None).await?;
    Ok(Answer::fleeting(answer).accepted())
}

// The first step's mail, with what it wants to know of these people.
async fn asked(state: &AccountState, seller: &Seller, known: &Known, people: &[Person]) -> Result<Composition, Problem> {
    let mut composition = mails::composition(state, seller, &known.plan, 0, None).await?;
    composition.ask_salesforce(state, seller, &people.iter().collect::<Vec<_>>(), &[]).await?;
    Ok(composition)
}
