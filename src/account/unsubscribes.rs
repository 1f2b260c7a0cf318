//! Who wants no more mail: by the link in a mail, or by hand.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::listing::Wish;
use super::query::invalid;
use super::seller::{Seller, Whom};
use super::signed_in::Admin;
use super::tracking_links::Purpose;
use super::visitor::Face;
use super::{AccountState, activities, body, database, sales_campaigns};
use crate::clock;
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::sales_activities::{NewActivity, NewDelivery};
use crate::store::unsubscribes::Unsubscribe;

const WHATS: [&str; 2] = ["sales", "all"];

/// No link of ours.
pub(super) fn unknown() -> Problem {
    Problem::new(
        404,
        "link.unknown",
        "Unknown link",
        "This link is not one of ours, or it is not whole. Copy the whole link from the mail.",
    )
}

/// Notes that the owner of an address wants no more mail, and has Salesforce told of everybody who has it. `false` when that was known.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn note(tenant: &Tenant, entry: &Unsubscribe, member_id: &str) -> Result<bool, Problem> {
    let people = database::answer(tenant.people_by_email(&entry.email_key)).await?;
    let activities: Vec<NewActivity> = people
        .into_iter()
        .map(|person| NewActivity {
            id: clock::new_id(),
            kind: "unsubscribed",
            about: None,
            person_id: person.id,
            lead_id: person.lead_id,
            sfdc_type: person.sfdc_type,
            sfdc_id: person.sfdc_id,
            member_id: member_id.to_owned(),
            happened_at: entry.since,
            subject: None,
            detail: "{}".to_owned(),
            deliveries: vec![NewDelivery { id: clock::new_id(), target: "salesforce", verb: "update", state: "waiting", next_at: 0 }],
        })
        .collect();
    database::answer(tenant.unsubscribe(entry, &clock::new_id(), &activities)).await
}

async fn whose(state: &AccountState, request: &HttpRequest) -> Result<(String, String), Problem> {
    let (account, key, _) = owner(state, request).await?;
    Ok((account, key))
}

async fn owner(state: &AccountState, request: &HttpRequest) -> Result<(String, String, String), Problem> {
    let token = request.match_info().get("token").unwrap_or_default();
    let (purpose, mail_id, _) = state.links.read(token).ok_or_else(unknown)?;
    if purpose != Purpose::Unsubscribe {
        return Err(unknown());
    }
    let (account, key) = database::answer(state.store.recipient_of(&mail_id)).await?.ok_or_else(unknown)?;
    Ok((account, key, mail_id))
}

/// `GET /v1/unsubscribes/by-token/{token}`: whether the link's owner still gets mail. Changes nothing.
pub async fn show_by_link(_: Face, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let (account_id, key) = whose(&state, &request).await?;
    let tenant = state.store.tenant(&account_id);
    let account = database::answer(tenant.account()).await?.ok_or_else(unknown)?;
    let since = database::answer(tenant.unsubscribed(&key)).await?.map(|known| known.since);
    Ok(Answer::fleeting(json!({ "account": account.name, "language": account.language, "unsubscribed_since": since })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByLink {
    #[serde(default)]
    what: Option<String>,
    #[serde(default)]
    why: Option<String>,
}

/// `POST /v1/unsubscribes/by-token/{token}`: stands before it is answered, however often it is sent.
pub async fn take_by_link(
    _: Face,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted: ByLink = body::read(&request, payload, body::ORDINARY, "The body must be an object with what and why.").await?;
    let what = wanted.what.as_deref().filter(|what| WHATS.contains(what)).unwrap_or("all");
    let why: String = activities::lines(wanted.why.as_deref()).unwrap_or_default().chars().take(500).collect();
    let (account_id, key, mail_id) = owner(&state, &request).await?;
    let tenant = state.store.tenant(&account_id);
    let mail = database::answer(tenant.sales_email(&mail_id)).await?.ok_or_else(unknown)?;
    let entry = Unsubscribe { email_key: key, what: what.to_owned(), why, source: "Clicked Link".to_owned(), since: clock::now_ms() };
    let new = note(&tenant, &entry, &mail.member_id).await?;
    sales_campaigns::watching::quiet_to(&tenant, &entry.email_key).await?;
    metrics::counter!("unsubscribes_total", "new" => if new { "yes" } else { "no" }).increment(1);
    Ok(Answer::fleeting(json!({ "unsubscribed": true })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ByHand {
    person_id: Option<String>,
    sfdc_id: Option<String>,
    /// An address, whoever has it.
    email: Option<String>,
    why: Option<String>,
}

/// `POST /v1/unsubscribes`: a person told the rep so.
pub async fn create(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let wanted: ByHand =
        body::read(&request, payload, body::ORDINARY, "The body must be an object with whom it is about, and why.").await?;
    let email = match wanted.email {
        Some(email) if seller.member.role == "admin" => email
            .trim()
            .parse::<lettre::Address>()
            .map_err(|_| invalid("email", "It must be an address, such as ann@example.com."))?
            .to_string(),
        Some(_) => return Err(Problem::forbidden("auth.forbidden", "Only an admin can take off an address that is nobody's.")),
        None => {
            let person = seller.person(&Whom { person_id: wanted.person_id, sfdc_id: wanted.sfdc_id }).await?;
            person.email.ok_or_else(|| Problem::new(409, "person.no_email", "No address", "This person has no e-mail address."))?
        }
    };
    let why = activities::lines(wanted.why.as_deref()).unwrap_or_default().chars().take(500).collect();
    let (what, source) = ("all".to_owned(), "Manual".to_owned());
    let entry = Unsubscribe { email_key: email.trim().to_lowercase(), what, why, source, since: clock::now_ms() };
    note(&seller.tenant, &entry, &seller.member.id).await?;
    sales_campaigns::watching::quiet_to(&seller.tenant, &entry.email_key).await?;
    Ok(nothing())
}

/// `GET /v1/unsubscribes`
pub async fn list(admin: Admin, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let wish = Wish::read(&request, &state, &format!("unsubscribes/{}", admin.tenant.account_id()), &["history", "search"])?;
    if !wish.get("history").is_empty() {
        let history = database::answer(admin.tenant.unsubscribe_history(&wish.get("history").to_lowercase())).await?;
        let items: Vec<Value> =
            history.into_iter().map(|change| json!({ "at": change.at, "details": change.details, "source": change.source })).collect();
        return Ok(Answer::fleeting(json!({ "items": items, "next_cursor": null, "total": items.len() })));
    }
    let rows = database::answer(admin.tenant.unsubscribes(wish.get("search"), wish.before(), wish.limit + 1)).await?;
    let total = i64::try_from(rows.len()).unwrap_or(0);
    let show =
        |row: Unsubscribe| json!({ "email": row.email_key, "what": row.what, "why": row.why, "source": row.source, "since": row.since });
    let page = wish.page(&state, rows, total, |row| (row.since, row.email_key.clone()), show);
    Ok(Answer::fleeting(json!(page)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Back {
    email: String,
    /// How the person agreed.
    consent: String,
}

/// `POST /v1/resubscribes`: only an admin, and only with the person's new consent.
pub async fn take_back(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let wanted: Back = body::read(&request, payload, body::ORDINARY, "The body must be an object with email and consent.").await?;
    let consent = activities::lines(Some(&wanted.consent)).filter(|text| text.chars().count() >= 10);
    let consent = consent.ok_or_else(|| invalid("consent", "Say when and how the person agreed, in at least ten characters."))?;
    let key = wanted.email.trim().to_lowercase();
    let details = format!("Resubscribe: {}", consent.chars().take(300).collect::<String>());
    let deed = admin.actor.deed("unsubscribe.taken_back", key.clone());
    let gone = database::answer(admin.tenant.resubscribe(&key, &details, &clock::new_id(), &deed)).await?;
    if gone { Ok(nothing()) } else { Err(Problem::not_found()) }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Untracked {
    email: String,
    untracked: bool,
}

/// `POST /v1/untracked`: whether one person's openings and clicks are counted.
pub async fn untrack(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let wanted: Untracked = body::read(&request, payload, body::ORDINARY, "The body must be an object with email and untracked.").await?;
    let key = wanted.email.trim().to_lowercase();
    if key.is_empty() || key.len() > 254 {
        return Err(invalid("email", "It must be an address."));
    }
    let what = if wanted.untracked { "tracking.switched_off" } else { "tracking.switched_on" };
    let deed = admin.actor.deed(what, key.clone());
    database::answer(admin.tenant.set_untracked(&key, wanted.untracked, &deed)).await?;
    Ok(nothing())
}
