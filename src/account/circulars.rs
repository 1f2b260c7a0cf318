//! Mails to many in the making: whom they are for and who is left out and why, what is said to all, what differs for one.
//! They are kept as they are written, so that nothing is lost by closing a page; they go out once.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::activities::Once;
use super::addressees::{self, own};
use super::answer::{Answer, nothing};
use super::composing::{Composition, Draft, Text};
use super::emails::{self, MOST, Recipient};
use super::me::path_id;
use super::query::invalid;
use super::seller::{Many, Seller};
use super::{AccountState, body, database, fields, mail_html, record_people};
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::circulars::Circular;
use crate::store::people::Person;
use crate::store::sales_activities::Recorded;

/// The latest that are listed.
const LISTED: i64 = 50;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Begun {
    #[serde(default)]
    sfdc_ids: Vec<String>,
    #[serde(default)]
    person_ids: Vec<String>,
    account_id: Option<String>,
    opportunity_id: Option<String>,
    template_id: Option<String>,
    time_zone: Option<String>,
}

/// `POST /v1/circulars`: begins a mail to a selection of people, or to all of an account or an opportunity. Of a record with more
/// people than can be written to at once, the first who can be are taken in; the others wait beside.
pub async fn create(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    const WANTED: &str = "The body must be an object with sfdc_ids, person_ids, account_id or opportunity_id.";
    let given: Value = body::read(&request, payload, body::LONG, WANTED).await?;
    let once = Once::of(&request, "circulars", &seller, &given.to_string())?;
    if let Some(before) = once.before(&seller).await? {
        return again(&seller, &before).await;
    }
    let begun: Begun = serde_json::from_value(given).map_err(|_| Problem::bad_request("request.invalid", WANTED))?;
    let (people, unknown, more) = people_of(&state, &seller, &begun).await?;
    if people.is_empty() {
        return Err(Problem::new(404, "person.not_in_marketo", "Nobody to write to", "Marketo knows none of these people."));
    }
    let now = clock::now_ms();
    let zone = match begun.time_zone.as_deref().filter(|zone| !zone.is_empty()) {
        Some(zone) => fields::time_zone("time_zone", zone)?,
        None => seller.member.time_zone.clone(),
    };
    let mut circular = Circular {
        id: clock::new_id(),
        member_id: seller.member.id.clone(),
        template_id: None,
        subject: String::new(),
        html: String::new(),
        send_on: String::new(),
        time_zone: zone,
        more,
        unknown: json!(unknown).to_string(),
        state: "draft".to_owned(),
        outcome: None,
        created_at: now,
        saved_at: now,
    };
    if let Some(id) = begun.template_id.as_deref().filter(|id| !id.is_empty()) {
        take_template(&seller, &mut circular, id).await?;
    }
    let chosen = addressees::chosen(&seller, circular.template_id.as_deref(), &people).await?;
    let answer = json!({ "id": circular.id }).to_string();
    match database::answer(seller.tenant.begin_circular(&circular, &chosen, once.asking(&answer))).await? {
        Recorded::Done => Ok(Answer::fleeting(whole(&seller, &circular).await?).created()),
        Recorded::Before(asked, earlier) => again(&seller, &once.same(&asked, &earlier)?).await,
    }
}

// The same question a second time: what it began, as it stands now.
async fn again(seller: &Seller, before: &Value) -> Result<Answer<Value>, Problem> {
    let id = before.get("id").and_then(Value::as_str).unwrap_or_default();
    let circular = database::answer(seller.tenant.circular(&seller.member.id, id)).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::fleeting(whole(seller, &circular).await?).created())
}

type Meant = (Vec<Person>, Vec<String>, bool);

async fn people_of(state: &AccountState, seller: &Seller, begun: &Begun) -> Result<Meant, Problem> {
    let record = |field: &'static str, text: &str, prefix: &str| {
        let id = SalesforceId::parse(text).ok().filter(|id| id.is_a(prefix));
        id.ok_or_else(|| invalid(field, "It must be the Salesforce id of such a record."))
    };
    let chosen = begun.sfdc_ids.len() + begun.person_ids.len();
    match (chosen, begun.account_id.as_deref(), begun.opportunity_id.as_deref()) {
        (1.., None, None) => {}
        (0, Some(id), None) => {
            let id = record("account_id", id, "001")?;
            let behind = record_people::of_account(&seller.tenant, &id, record_people::ALL).await?;
            return seen(seller, &id, behind.people, behind.more).await;
        }
        (0, None, Some(id)) => {
            let id = record("opportunity_id", id, "006")?;
            let request_id = seller.actor.request_id.as_str();
            let behind = record_people::of_opportunity(&state.connections, &seller.tenant, &id, request_id, record_people::ALL).await?;
            return seen(seller, &id, behind.people, behind.more).await;
        }
        _ => return Err(invalid("sfdc_ids", "Give sfdc_ids or person_ids, or account_id, or opportunity_id.")),
    }
    let (people, unknown) = seller.people(&Many { person_ids: begun.person_ids.clone(), sfdc_ids: begun.sfdc_ids.clone() }).await?;
    Ok((people, unknown, false))
}

// In a panel only its own record's people are seen; elsewhere everybody is.
async fn seen(seller: &Seller, record: &SalesforceId, people: Vec<Person>, more: bool) -> Result<Meant, Problem> {
    if seller.bound_to().is_none_or(|bound| bound == record) {
        return Ok((people, Vec::new(), more));
    }
    let mut visible = Vec::new();
    for person in people.into_iter().take(MOST) {
        if seller.sees(&person).await? {
            visible.push(person);
        }
    }
    Ok((visible, Vec::new(), more))
}

pub(super) async fn of(seller: &Seller, request: &HttpRequest) -> Result<Circular, Problem> {
    let id = path_id(request, "id")?;
    database::answer(seller.tenant.circular(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)
}

async fn whole(seller: &Seller, circular: &Circular) -> Result<Value, Problem> {
    let addressees = database::answer(seller.tenant.addressees(&circular.id)).await?;
    let reasons = addressees::reasons(seller, circular.template_id.as_deref(), addressees.iter().map(|one| &one.person)).await?;
    let people: Vec<Value> = addressees.iter().zip(&reasons).map(|(one, why)| addressees::shown(one, *why)).collect();
    let reached = addressees.iter().zip(&reasons).filter(|(one, why)| !one.left_out && why.is_none()).count();
    let outcome: Value = circular.outcome.as_deref().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
    let unknown: Value = serde_json::from_str(&circular.unknown).unwrap_or_default();
    Ok(json!({
        "id": circular.id, "state": circular.state, "template_id": circular.template_id, "subject": circular.subject, "html": circular.html,
        "text": mail_html::plain(&circular.html), "send_on": circular.send_on, "time_zone": circular.time_zone, "people": people,
        "reached": reached, "left_out": people.len() - reached, "unknown": unknown, "more": circular.more, "outcome": outcome,
        "saved_at": circular.saved_at,
    }))
}

/// `GET /v1/circulars`: the member's own, the latest first.
pub async fn list(seller: Seller) -> Result<Answer<Value>, Problem> {
    let items: Vec<Value> = database::answer(seller.tenant.circulars(&seller.member.id, LISTED))
        .await?
        .into_iter()
        .map(
            |(one, people)| json!({ "id": one.id, "subject": one.subject, "state": one.state, "people": people, "saved_at": one.saved_at }),
        )
        .collect();
    Ok(Answer::fleeting(json!({ "items": items })))
}

/// `GET /v1/circulars/{id}`
pub async fn show(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let circular = of(&seller, &request).await?;
    Ok(Answer::fleeting(whole(&seller, &circular).await?))
}

/// Nothing can be changed any more.
pub(super) fn sent_already() -> Problem {
    Problem::new(409, "circular.sent", "Sent already", "This mail was sent and can't be changed any more.")
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    subject: String,
    html: Option<String>,
    text: Option<String>,
    #[serde(default)]
    send_on: String,
    time_zone: Option<String>,
}

const WRITTEN: &str = "The body must be an object with subject, html or text, send_on and time_zone.";

/// A draft may lack what a mail must have, but nothing that no mail can carry.
///
/// # Errors
/// 400 or 422 for what no mail can carry.
pub(super) fn taken(subject: &str, html: Option<&str>, text: Option<&str>) -> Result<Text, Problem> {
    let subject = if subject.trim().is_empty() { String::new() } else { mail_html::header("subject", subject, 500)? };
    let html = match (html, text) {
        (Some(html), None) => mail_html::taken_in(html)?,
        (None, Some(text)) => mail_html::taken_in(&mail_html::from_text(text))?,
        _ => return Err(invalid("html", "Give html or text.")),
    };
    Ok(Text { subject, html })
}

/// `PUT /v1/circulars/{id}`: what is said to all. What was said to single people instead is thrown away when the text changes.
pub async fn save(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let written: Written = body::read(&request, payload, body::LONG, WRITTEN).await?;
    let circular = kept(&seller, of(&seller, &request).await?, written).await?;
    Ok(Answer::fleeting(whole(&seller, &circular).await?))
}

async fn kept(seller: &Seller, known: Circular, written: Written) -> Result<Circular, Problem> {
    let Text { subject, html } = taken(&written.subject, written.html.as_deref(), written.text.as_deref())?;
    let odd = |text: &str| text.len() > 32 || text.chars().any(char::is_control);
    if odd(&written.send_on) {
        return Err(invalid("send_on", "It must be a local time, such as 2026-01-31T09:00."));
    }
    let time_zone = match written.time_zone.as_deref().filter(|zone| !zone.is_empty()) {
        Some(zone) => fields::time_zone("time_zone", zone)?,
        None => known.time_zone.clone(),
    };
    let overwrites = known.subject != subject || known.html != html;
    let circular = Circular { subject, html, send_on: written.send_on, time_zone, saved_at: clock::now_ms(), ..known };
    if !database::answer(seller.tenant.save_circular(&circular, overwrites)).await? {
        return Err(sent_already());
    }
    Ok(circular)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    template_id: String,
}

async fn take_template(seller: &Seller, circular: &mut Circular, id: &str) -> Result<(), Problem> {
    let template = database::answer(seller.tenant.template(&seller.member.id, id)).await?;
    let template = template.ok_or_else(|| invalid("template_id", "There is no such template, or it is not shared with you."))?;
    circular.subject = template.subject;
    circular.html = template.html;
    circular.template_id = Some(template.id);
    Ok(())
}

/// `PUT /v1/circulars/{id}/template`: a template takes the place of what was written.
pub async fn choose_template(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let chosen: Chosen = body::read(&request, payload, body::ORDINARY, "The body must be an object with template_id.").await?;
    let mut circular = of(&seller, &request).await?;
    take_template(&seller, &mut circular, &chosen.template_id).await?;
    circular.saved_at = clock::now_ms();
    if !database::answer(seller.tenant.save_circular(&circular, true)).await? {
        return Err(sent_already());
    }
    Ok(Answer::fleeting(whole(&seller, &circular).await?))
}

/// `DELETE /v1/circulars/{id}`
pub async fn discard(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path_id(&request, "id")?;
    if database::answer(seller.tenant.drop_circular(&seller.member.id, &id)).await? { Ok(nothing()) } else { Err(Problem::not_found()) }
}

/// What it says, with its template's rules.
///
/// # Errors
/// What keeps it from being said.
pub(super) async fn composed(state: &AccountState, seller: &Seller, circular: &Circular) -> Result<Composition, Problem> {
    let known = match circular.template_id.as_deref() {
        Some(id) => database::answer(seller.tenant.template(&seller.member.id, id)).await?,
        None => None,
    };
    let (subject, html) = (Some(circular.subject.as_str()), Some(circular.html.as_str()));
    let draft = Draft { template_id: known.as_ref().map(|known| known.id.as_str()), subject, html, text: None, cc: &[], bcc: &[] };
    Composition::read(state, seller, &draft).await
}

/// `POST /v1/circulars/{id}/send`: once; asked again, it says what became of it then. A body says what is to be kept before.
pub async fn send(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let written: Option<Written> = body::perhaps(&request, payload, body::LONG, WRITTEN).await?;
    let mut circular = of(&seller, &request).await?;
    if let Some(written) = written.filter(|_| circular.state != "sent") {
        circular = kept(&seller, circular, written).await?;
    }
    if circular.state != "sent" {
        let send_at = emails::when(None, Some(&circular.send_on), Some(&circular.time_zone))?;
        let composition = composed(&state, &seller, &circular).await?;
        if mail_html::plain(&circular.html).is_empty() {
            return Err(invalid("html", "A mail must say something."));
        }
        let people = database::answer(seller.tenant.addressees(&circular.id)).await?;
        let recipients: Vec<Recipient> = people
            .into_iter()
            .filter(|one| !one.left_out)
            .map(|one| Recipient { name: Some(one.person.sfdc_id.clone()), own: own(&one), person: Ok(one.person) })
            .collect();
        if recipients.is_empty() {
            return Err(invalid("people", "Everybody was left out. Take somebody in."));
        }
        if recipients.len() > MOST {
            return Err(addressees::too_many());
        }
        let made = emails::made_out(&state, &seller, composition, recipients, send_at, false).await?;
        if made.mails.is_empty() {
            return Err(nobody_left(&made.answer));
        }
        let outcome = made.answer.to_string();
        let (member, id, now) = (&seller.member.id, &circular.id, clock::now_ms());
        database::answer(seller.tenant.send_circular(member, id, &made.mails, &outcome, now)).await?;
    }
    let circular = of(&seller, &request).await?;
    Ok(Answer::fleeting(whole(&seller, &circular).await?).accepted())
}

// The first reason stands for all: what is missing is mostly the same for everybody.
fn nobody_left(answer: &Value) -> Problem {
    let said = |name: &str| answer.pointer(&format!("/results/0/{name}")).and_then(Value::as_str).unwrap_or_default().to_owned();
    let code = said("code");
    let mut problem = Problem::new(422, "circular.nobody", "Nobody can be written to", said("detail"));
    if !code.is_empty() {
        problem = problem.with_field("people", format!("{code}: {}", said("detail")));
    }
    problem
}
