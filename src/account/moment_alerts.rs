//! Interesting moments by mail: who wants to hear of whom, and telling them, of each moment once.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::connections::Connections;
use super::me::path_id;
use super::people::spoken;
use super::query::invalid;
use super::seller::{Seller, Whom};
use super::timeline::Detail;
use super::tracking_links::Purpose;
use super::visitor::Face;
use super::{AccountState, activities, body, database};
use crate::clock;
use crate::problem::Problem;
use crate::store::StoreError;
use crate::store::mail::NewMail;
use crate::store::members::Filter;
use crate::store::moment_alerts::{Subscription, Untold};
use crate::store::people::Person;
use crate::store::timeline::Tab;

/// Most recipients of one subscription, and most subscriptions that are listed.
const MOST_RECIPIENTS: usize = 50;
const MOST_LISTED: i64 = 200;
/// Members among whom recipients are looked for.
const MOST_MEMBERS: i64 = 5_000;
/// A moment that arrives later than this is no news.
const NEWS_MS: i64 = 2 * 86_400_000;
const AT_ONCE: i64 = 100;
/// Newest moments of a person among which the one that is meant is looked for.
const MOST_MOMENTS: u32 = 1_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    person_id: Option<String>,
    sfdc_id: Option<String>,
    basis: String,
    /// The moment whose type or description is meant.
    moment_id: Option<String>,
    /// Members; without any the one who asks.
    #[serde(default)]
    recipients: Vec<String>,
}

/// `POST /v1/moment-subscriptions`
pub(super) async fn create(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with basis, person_id or sfdc_id, moment_id and recipients.";
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let person = seller.person(&Whom { person_id: wanted.person_id.clone(), sfdc_id: wanted.sfdc_id.clone() }).await?;
    let (value, label) = meant(&seller, &person, &wanted).await?;
    let mut recipients = wanted.recipients.clone();
    if recipients.is_empty() {
        recipients.push(seller.member.id.clone());
    }
    if recipients.len() > MOST_RECIPIENTS {
        return Err(invalid("recipients", "There may be 50 recipients at most."));
    }
    let active = Filter { state: "active", ..Filter::default() };
    let members = database::answer(seller.tenant.members(active, "", MOST_MEMBERS)).await?;
    if recipients.iter().any(|id| members.iter().all(|member| member.id != *id)) {
        return Err(invalid("recipients", "Each of them must be the id of an active member."));
    }
    let now = clock::now_ms();
    let subscription = |recipient_id: String| Subscription {
        id: clock::new_id(),
        account_id: seller.tenant.account_id().to_owned(),
        member_id: seller.member.id.clone(),
        recipient_id,
        basis: wanted.basis.clone(),
        value: value.clone(),
        label: label.clone(),
        created_at: now,
    };
    let subscriptions: Vec<Subscription> = recipients.into_iter().map(subscription).collect();
    let added = database::answer(seller.tenant.subscribe_to_moments(&subscriptions)).await?;
    Ok(Answer::fleeting(json!({ "basis": wanted.basis, "label": label, "added": added })).created())
}

// What a subscription is about: as it is compared, and as it is read.
async fn meant(seller: &Seller, person: &Person, wanted: &Wanted) -> Result<(String, String), Problem> {
    let name = || spoken([person.first_name.as_deref(), person.last_name.as_deref()], person.email.as_deref(), &person.sfdc_id);
    match wanted.basis.as_str() {
        "person" => Ok((person.id.clone(), name())),
        "account" => {
            let account = person.sfdc_account_id.clone().ok_or_else(|| invalid("basis", "This person belongs to no account."))?;
            let label = person.company.clone().unwrap_or_else(|| account.clone());
            Ok((account, label))
        }
        "type" | "description" => {
            let id = wanted.moment_id.as_deref().ok_or_else(|| invalid("moment_id", "Say which moment is meant."))?;
            let moments = database::answer(seller.tenant.timeline(person.lead_id, Some(Tab::Moments), None, MOST_MOMENTS)).await?;
            let moment = moments.into_iter().find(|moment| moment.guid == id);
            let moment = moment.ok_or_else(|| invalid("moment_id", "This person has no such moment."))?;
            let value = if wanted.basis == "type" { moment.subject.clone() } else { Detail::of(&moment).text("description") };
            let value = value.ok_or_else(|| invalid("basis", "This moment has none."))?;
            let label = activities::lines(Some(&value)).unwrap_or_default().chars().take(200).collect();
            Ok((value, label))
        }
        _ => Err(invalid("basis", "It must be person, account, type or description.")),
    }
}

/// `GET /v1/moment-subscriptions`: those that the member made or is told by.
pub(super) async fn list(seller: Seller) -> Result<Answer<Value>, Problem> {
    let rows = database::answer(seller.tenant.moment_subscriptions(&seller.member.id, MOST_LISTED)).await?;
    let members = database::answer(seller.tenant.members(Filter::default(), "", MOST_MEMBERS)).await?;
    let items: Vec<Value> = rows
        .into_iter()
        .map(|row| {
            let recipient = members.iter().find(|member| member.id == row.recipient_id).map(|member| member.email.clone());
            let mine = row.recipient_id == seller.member.id;
            json!({ "id": row.id, "basis": row.basis, "label": row.label, "recipient": recipient, "me": mine, "since": row.created_at })
        })
        .collect();
    Ok(Answer::fleeting(json!({ "items": items })))
}

/// `DELETE /v1/moment-subscriptions/{id}`
pub(super) async fn remove(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path_id(&request, "id")?;
    let gone = database::answer(seller.tenant.end_moment_subscription(&id, Some(&seller.member.id))).await?;
    if gone { Ok(nothing()) } else { Err(Problem::not_found()) }
}

async fn behind(state: &AccountState, request: &HttpRequest) -> Result<(String, Option<Subscription>), Problem> {
    let token = request.match_info().get("token").unwrap_or_default();
    let Some((Purpose::Alerts, id, _)) = state.links.read(token) else { return Err(Problem::not_found()) };
    let found = database::answer(state.store.moment_subscription(&id)).await?;
    Ok((id, found))
}

/// `GET /v1/moment-subscriptions/by-token/{token}`: what the link in a mail would end.
pub(super) async fn show_by_link(_: Face, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let (_, found) = behind(&state, &request).await?;
    Ok(Answer::fleeting(json!({ "alert": found.map(|row| row.label), "ended": false })))
}

/// `POST /v1/moment-subscriptions/by-token/{token}`: ends it. Somebody who left before is told that they did.
pub(super) async fn end_by_link(_: Face, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let (id, found) = behind(&state, &request).await?;
    if let Some(row) = &found {
        database::answer(state.store.tenant(&row.account_id).end_moment_subscription(&id, None)).await?;
    }
    Ok(Answer::fleeting(json!({ "alert": found.map(|row| row.label), "ended": true })))
}

/// What a mail says of a moment; stored beside it until it is sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    pub person: String,
    pub company: Option<String>,
    pub kind: Option<String>,
    pub description: Option<String>,
    pub at: i64,
    pub zone: String,
    /// Why the recipient is told.
    pub basis: String,
    pub label: String,
    /// The record's page in Salesforce.
    pub link: Option<String>,
}

/// Promises a mail for every moment that somebody wants to hear of and was not told; how many.
///
/// # Errors
/// When the database refuses.
pub async fn tell(connections: &Connections) -> Result<usize, StoreError> {
    let store = connections.store();
    let mut told = 0;
    for account_id in store.accounts_with_moment_subscriptions().await? {
        let tenant = store.tenant(&account_id);
        let now = clock::now_ms();
        let untold = tenant.untold_moments(now - NEWS_MS, AT_ONCE).await?;
        if untold.is_empty() {
            // Whoever was told of what can't be untold any more need not be remembered.
            tenant.prune_moment_alerts(now - 2 * NEWS_MS).await?;
            continue;
        }
        let org = match tenant.first_org().await? {
            Some(org) => store.org(&org).await?.map(|org| org.instance_url),
            None => None,
        };
        for moment in untold {
            let detail = serde_json::to_string(&alert(&moment, org.as_deref())).unwrap_or_default();
            let mail = NewMail {
                id: &clock::new_id(),
                kind: "moment",
                about: &moment.subscription_id,
                recipient: &moment.email,
                language: &moment.language,
                detail: &detail,
                token_sealed: &[],
                sealing_key_id: "",
                now,
            };
            told += usize::from(tenant.tell_of_moment(&moment.recipient_id, &moment.guid, &mail).await?);
        }
    }
    Ok(told)
}

fn alert(moment: &Untold, org: Option<&str>) -> Alert {
    let detail: Value = serde_json::from_str(&moment.detail).unwrap_or_default();
    let object = if moment.sfdc_id.starts_with("00Q") { "Lead" } else { "Contact" };
    Alert {
        person: spoken([moment.first_name.as_deref(), moment.last_name.as_deref()], moment.person_email.as_deref(), &moment.sfdc_id),
        company: moment.company.clone(),
        kind: moment.subject.clone(),
        description: detail.get("description").and_then(Value::as_str).map(str::to_owned),
        at: moment.happened_at,
        zone: moment.time_zone.clone(),
        basis: moment.basis.clone(),
        label: moment.label.clone(),
        link: org.map(|org| format!("{}/lightning/r/{object}/{}/view", org.trim_end_matches('/'), moment.sfdc_id)),
    }
}
