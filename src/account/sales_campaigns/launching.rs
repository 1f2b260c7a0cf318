//! People are started: whom a campaign can be started for, who is left out and why, and the start itself.

use actix_web::{HttpRequest, web};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Deserialize;
use serde_json::{Value, json};

use super::mails::Edit;
use super::schedule::{self, Start};
use super::{Known, address, rules};
use crate::account::activities::{self, Once, SalesCampaignDetail, now_to};
use crate::account::answer::Answer;
use crate::account::me::path_id;
use crate::account::query::invalid;
use crate::account::record_people::Behind;
use crate::account::seller::{Seller, Whom};
use crate::account::{AccountState, body, composing, database, emails, fields, record_people};
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::people::Person;
use crate::store::sales_activities::Recorded;
use crate::store::sales_launches::Launch;
use crate::store::sales_runs::Run;

/// Most people of one launch.
pub(super) const MOST: usize = 200;
const DAY_MS: i64 = 86_400_000;

/// Who is meant: people by their ids, or those of an account or an opportunity. A panel means its own record.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Wanted {
    pub campaign_id: Option<String>,
    pub sfdc_ids: Vec<String>,
    pub person_ids: Vec<String>,
    pub account_id: Option<String>,
    pub opportunity_id: Option<String>,
    /// A local time in `time_zone`; without it people start at once.
    pub start_on: Option<String>,
    pub time_zone: Option<String>,
    /// What is written to single people in the first e-mail.
    pub edits: Vec<EditFor>,
}

/// What one person gets instead of the first e-mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EditFor {
    pub person_id: String,
    pub subject: String,
    pub text: String,
}

/// Somebody left out.
#[derive(Debug, Clone, serde::Serialize, Deserialize)]
pub struct LeftOut {
    /// As whoever asked names them.
    pub id: String,
    pub name: String,
    pub code: String,
}

pub(super) fn name_of(person: &Person) -> String {
    let name = [person.first_name.as_deref(), person.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if name.trim().is_empty() { person.email.clone().unwrap_or_else(|| person.sfdc_id.clone()) } else { name }
}

/// The people who are meant, each once, and those whom nobody knows.
///
/// # Errors
/// 400 when too many or nobody is named; 409 for a record with more than 800 people.
pub(super) async fn people(state: &AccountState, seller: &Seller, wanted: &Wanted) -> Result<(Vec<Person>, Vec<LeftOut>), Problem> {
    let named = wanted.sfdc_ids.len() + wanted.person_ids.len();
    if named > MOST {
        return Err(invalid("sfdc_ids", "There must be between 1 and 200 people."));
    }
    let record = |field: &'static str, text: &Option<String>, prefix: &str| match text.as_deref().filter(|text| !text.is_empty()) {
        None => Ok(None),
        Some(text) => SalesforceId::parse(text)
            .ok()
            .filter(|id| id.is_a(prefix))
            .map(Some)
            .ok_or_else(|| invalid(field, "It must be the Salesforce id of such a record, with 15 or 18 characters.")),
    };
    let behind = match (record("account_id", &wanted.account_id, "001")?, record("opportunity_id", &wanted.opportunity_id, "006")?) {
        (None, None) => Vec::new(),
        (Some(account), None) => few(record_people::of_account(&seller.tenant, &account, record_people::ALL).await?)?,
        (None, Some(deal)) => {
            let request_id = seller.actor.request_id.as_str();
            few(record_people::of_opportunity(&state.connections, &seller.tenant, &deal, request_id, record_people::ALL).await?)?
        }
        (Some(_), Some(_)) => return Err(invalid("account_id", "Give account_id or opportunity_id, not both.")),
    };
    let mut whom: Vec<Whom> = wanted.sfdc_ids.iter().map(|id| Whom { sfdc_id: Some(id.clone()), person_id: None }).collect();
    whom.extend(wanted.person_ids.iter().map(|id| Whom { sfdc_id: None, person_id: Some(id.clone()) }));
    whom.extend(behind.iter().map(|person| Whom { sfdc_id: None, person_id: Some(person.id.clone()) }));
    if whom.is_empty() && wanted.account_id.is_none() && wanted.opportunity_id.is_none() {
        whom.push(Whom::default());
    }
    let (mut found, mut left_out): (Vec<Person>, Vec<LeftOut>) = (Vec::new(), Vec::new());
    for whom in &whom {
        let id = whom.sfdc_id.clone().or_else(|| whom.person_id.clone()).unwrap_or_default();
        match seller.person(whom).await {
            Ok(person) if found.iter().any(|known| known.id == person.id) => {
                left_out.push(LeftOut { id, name: name_of(&person), code: "duplicate".to_owned() });
            }
            Ok(person) => found.push(person),
            Err(problem) if problem.status >= 500 || whom.person_id.is_none() && whom.sfdc_id.is_none() => return Err(problem),
            Err(_) => left_out.push(LeftOut { name: id.clone(), id, code: "not_in_marketo".to_owned() }),
        }
    }
    Ok((found, left_out))
}

fn few(behind: Behind) -> Result<Vec<Person>, Problem> {
    if behind.more {
        return Err(Problem::new(
            409,
            "campaign.too_many_people",
            "Too many people",
            "This record has more than 800 people. Select up to 200 of them in a list view, and add those.",
        ));
    }
    Ok(behind.people)
}

/// Of all who are meant, whom one launch is for.
#[derive(Default)]
pub(super) struct Parted {
    pub people: Vec<Person>,
    pub left_out: Vec<LeftOut>,
    /// How many come after the most that a launch may have: the next launch is for them, as these are under way by then.
    pub later: usize,
}

/// The first of them whom the campaign can be started for, as many as a launch may have; before one is chosen, the first of all.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn parted(seller: &Seller, known: Option<&Known>, all: Vec<Person>) -> Result<Parted, Problem> {
    let mut parted = Parted::default();
    for person in all {
        if parted.people.len() == MOST {
            parted.later += 1;
            continue;
        }
        let code = match known {
            Some(known) => hindrance(seller, known, &person).await?,
            None => None,
        };
        match code {
            Some(code) => parted.left_out.push(LeftOut { id: person.id.clone(), name: name_of(&person), code: code.to_owned() }),
            None => parted.people.push(person),
        }
    }
    Ok(parted)
}

/// Why a campaign can't be started for somebody.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn hindrance(seller: &Seller, known: &Known, person: &Person) -> Result<Option<&'static str>, Problem> {
    if database::answer(seller.tenant.under_way(&known.campaign.id, &person.id)).await? {
        return Ok(Some("already_in"));
    }
    if !known.plan.steps.iter().any(super::plan::Step::is_mail) {
        return Ok(None);
    }
    let Some(email) = person.email.as_deref().map(str::trim).filter(|email| !email.is_empty()) else { return Ok(Some("no_email")) };
    if email.parse::<lettre::Address>().is_err() {
        return Ok(Some("no_email"));
    }
    let settings = database::answer(seller.tenant.acting_settings()).await?;
    let problem = composing::hindrance(&seller.tenant, &settings, true, email).await?;
    Ok(problem.map(|problem| if problem.code == "mail.blocked_domain" { "blocked_domain" } else { "unsubscribed" }))
}

/// Whether a member may start one more.
///
/// # Errors
/// 409 without steps; 429 when the limits are reached.
pub(super) async fn may_start(state: &AccountState, seller: &Seller, known: &Known) -> Result<(), Problem> {
    if known.plan.steps.is_empty() {
        return Err(Problem::new(409, "campaign.no_steps", "No steps", "This sales campaign has no steps yet. Add a step first."));
    }
    let limits = &state.settings.campaigns;
    let load = database::answer(seller.tenant.launch_load(&seller.member.id, clock::now_ms() - DAY_MS)).await?;
    if load.launches >= i64::from(limits.launches_per_day) {
        return Err(Problem::new(
            429,
            "campaign.launch_limit",
            "Too many launches",
            "You have started as many campaigns in 24 hours as is allowed. Go on tomorrow.",
        ));
    }
    if load.running >= i64::from(limits.running_launches) {
        return Err(Problem::new(
            429,
            "campaign.running_limit",
            "Too many running",
            "As many of your launches are under way as is allowed. Stop one, or wait until one is through.",
        ));
    }
    Ok(())
}

/// When people start: now, or at a local time.
///
/// # Errors
/// 400 for a time or a time zone that can't be used.
pub(super) fn begin(seller: &Seller, start_on: Option<&str>, time_zone: Option<&str>) -> Result<(Option<i64>, String), Problem> {
    let zone = time_zone.filter(|zone| !zone.is_empty()).unwrap_or(&seller.member.time_zone);
    let zone = if zone.is_empty() { "UTC" } else { zone };
    let zone = fields::time_zone("time_zone", zone)?;
    let at = emails::when(None, start_on, Some(&zone)).map_err(|mut problem| {
        for error in problem.errors.iter_mut().filter(|error| error.field.starts_with("send_")) {
            "start_on".clone_into(&mut error.field);
        }
        problem
    })?;
    Ok(((at > 0).then_some(at), zone))
}

pub(super) fn start_of(start_at: Option<i64>, zone: &str, now_ms: i64) -> Start {
    let at = start_at.map_or(now_ms, |at| at.max(now_ms));
    let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
    Start { at: Timestamp::from_millisecond(at).unwrap_or_default(), chosen: start_at.is_some(), zone }
}

/// Who is to be started, and how.
pub(super) struct Chosen<'a> {
    pub launch: Launch,
    pub people: Vec<Person>,
    pub left_out: Vec<LeftOut>,
    pub edits: &'a [EditFor],
}

/// Starts people, and says of each what came of it.
///
/// # Errors
/// As [`may_start`]; 409 when the launch was started before.
pub(super) async fn start(
    state: &AccountState,
    seller: &Seller,
    known: &Known,
    chosen: Chosen<'_>,
    once: Option<&Once>,
) -> Result<Value, Problem> {
    let Chosen { mut launch, people, left_out, edits } = chosen;
    may_start(state, seller, known).await?;
    let now = clock::now_ms();
    let start = start_of(launch.start_at, &launch.zone, now);
    let first = known.plan.steps.first().ok_or_else(Problem::internal)?;
    let due = schedule::due(first, rules(&known.campaign), &start, None);
    let detail = SalesCampaignDetail {
        id: known.campaign.id.clone(),
        name: known.campaign.name.clone(),
        url: address(state, &known.campaign.id),
        sent_by: seller.member.email.clone(),
        step: String::new(),
        day: String::new(),
    };
    let (mut runs, mut results) = (Vec::new(), Vec::new());
    let Parted { people, left_out: hindered, later } = parted(seller, Some(known), people).await?;
    for person in people {
        let edit = edits.iter().find(|edit| edit.person_id == person.id);
        let edit = edit.map(|edit| Edit { subject: edit.subject.clone(), text: edit.text.clone() });
        let joined = activities::new(seller, &person, "sales_added", Some(known.campaign.name.clone()), &detail, vec![now_to("marketo")])?;
        let run = Run {
            id: clock::new_id(),
            campaign_id: known.campaign.id.clone(),
            plan_id: known.campaign.plan_id.clone(),
            launch_id: launch.id.clone(),
            member_id: seller.member.id.clone(),
            person_id: person.id.clone(),
            lead_id: person.lead_id,
            sfdc_type: person.sfdc_type.clone(),
            sfdc_id: person.sfdc_id.clone(),
            email_key: person.email.as_deref().unwrap_or_default().trim().to_lowercase(),
            zone: launch.zone.clone(),
            start_at: start.at.as_millisecond(),
            start_chosen: start.chosen,
            state: "running".to_owned(),
            reason: None,
            problem: None,
            step: 0,
            reached: String::new(),
            due_at: Some(due.as_millisecond()),
            waits_for: None,
            edit: edit.map(|edit| json!(edit).to_string()),
            turn: 0,
            detail: json!(detail).to_string(),
            started_at: now,
            ended_at: None,
        };
        results.push(json!({ "id": person.id, "name": name_of(&person), "outcome": "accepted", "run_id": run.id }));
        runs.push((run, joined));
    }
    results.extend(
        hindered.iter().chain(&left_out).map(|left| json!({ "id": left.id, "name": left.name, "outcome": "skipped", "code": left.code })),
    );
    let answer = json!({
        "launch_id": launch.id, "campaign_id": known.campaign.id, "first_step_at": due.as_millisecond(), "accepted": runs.len(),
        "skipped": results.len() - runs.len(), "later": later, "results": results,
    });
    let text = answer.to_string();
    launch.outcome = Some(text.clone());
    launch.campaign_id = Some(known.campaign.id.clone());
    let asked = once.and_then(|once| once.asking(&text));
    match database::answer(seller.tenant.start_runs(&launch, &runs, asked, now)).await? {
        Recorded::Done => Ok(answer),
        Recorded::Before(asked, earlier) if !earlier.is_empty() => match once {
            Some(once) => once.same(&asked, &earlier),
            None => Ok(answer),
        },
        // Two at the same moment: the other one was first, and its outcome counts.
        Recorded::Before(..) => {
            let launch = database::answer(seller.tenant.launch(&seller.member.id, &launch.id)).await?;
            let outcome = launch.and_then(|launch| launch.outcome).ok_or_else(Problem::not_found)?;
            serde_json::from_str(&outcome).map_err(|_| Problem::internal())
        }
    }
}

const WANTED: &str =
    "The body must be an object with sfdc_ids, person_ids, account_id or opportunity_id, and start_on, time_zone and edits.";

/// `POST /v1/sales-campaigns/{id}/launches`: starts a campaign for people, each with an outcome of their own.
pub async fn create(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let asked: Value = body::read(&request, payload, body::LONG, WANTED).await?;
    launch(&seller, &request, &state, asked).await
}

/// `POST /v1/campaigns/{id}/members`: the same for the package's list action.
pub async fn add_members(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    create(seller, request, payload, state).await
}

async fn launch(seller: &Seller, request: &HttpRequest, state: &AccountState, asked: Value) -> Result<Answer<Value>, Problem> {
    let id = path_id(request, "id")?;
    let once = Once::of(request, "sales-launches", seller, &format!("{id}\n{asked}"))?;
    if let Some(before) = once.before(seller).await? {
        return Ok(Answer::fleeting(before).accepted());
    }
    let wanted: Wanted = serde_json::from_value(asked).map_err(|_| Problem::bad_request("request.invalid", WANTED))?;
    let known = Known::read(seller, &id).await?;
    let (start_at, zone) = begin(seller, wanted.start_on.as_deref(), wanted.time_zone.as_deref())?;
    let (found, left_out) = people(state, seller, &wanted).await?;
    let launch = Launch {
        id: clock::new_id(),
        member_id: seller.member.id.clone(),
        campaign_id: Some(id),
        state: "draft".to_owned(),
        zone,
        start_at,
        people: "[]".to_owned(),
        left_out: "[]".to_owned(),
        edits: "[]".to_owned(),
        outcome: None,
        created_at: clock::now_ms(),
        started_at: None,
    };
    let edits = checked(&wanted.edits)?;
    let chosen = Chosen { launch, people: found, left_out, edits: &edits };
    let answer = start(state, seller, &known, chosen, Some(&once)).await?;
    Ok(Answer::fleeting(answer).accepted())
}

/// What was written for single people, as a mail can carry it.
///
/// # Errors
/// 422 for a subject that no header can carry; 400 for too much.
pub(super) fn checked(edits: &[EditFor]) -> Result<Vec<EditFor>, Problem> {
    if edits.len() > MOST {
        return Err(invalid("edits", "There must be at most 200."));
    }
    let mut clean = Vec::with_capacity(edits.len());
    for edit in edits {
        let text = activities::lines(Some(&edit.text)).ok_or_else(|| invalid("text", "Write the e-mail."))?;
        if text.len() > 64 * 1024 {
            return Err(invalid("text", "It must have at most 64 KiB."));
        }
        let subject = crate::account::mail_html::header("subject", &edit.subject, 500)?;
        clean.push(EditFor { person_id: edit.person_id.clone(), subject, text });
    }
    Ok(clean)
}
