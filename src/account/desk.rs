//! The page of the global tab: no record is open, so it is about the rep's own people.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::me::path_id;
use super::people::spoken;
use super::query::{Query, invalid};
use super::seller::Seller;
use super::visitor::{Visitor, not_for, signed, suspended};
use super::{AccountState, activities, body, database};
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::Tenant;
use crate::store::desk::{Bet, FeedMoment, SentMail};
use crate::store::members::Member;
use crate::store::timeline::Before;

/// People of a list; whoever has more sees the best of them.
const MOST: i64 = 200;
/// Mails of a page.
const PAGE: i64 = 50;
/// Moments of the feed, and how old they may be.
const FEED: i64 = 50;
const FEED_MS: i64 = 30 * 86_400_000;
/// Days for which somebody is put aside unless the caller says otherwise.
const HIDE_DAYS: i64 = 7;
const DAY_MS: i64 = 86_400_000;

/// A Salesforce user with nothing but their own people in view; perhaps a member.
pub struct Desk {
    pub tenant: Tenant,
    pub user: SalesforceId,
    pub member: Option<Member>,
}

impl FromRequest for Desk {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let signed = signed(request);
        Box::pin(async move {
            let (state, signed) = signed?;
            let (Visitor::Desk { account, org, user } | Visitor::Package { account, org, user }) = signed.visitor else {
                return Err(not_for("Only a rep in Salesforce has people of their own."));
            };
            match database::answer(state.store.org(org.as_str())).await? {
                Some(found) if found.account_id == account && found.status == "active" => {}
                Some(found) if found.account_id == account => return Err(suspended()),
                _ => return Err(Problem::not_found()),
            }
            let tenant = state.store.tenant(&account);
            let member = database::answer(tenant.member_by_salesforce(org.as_str(), user.as_str())).await?;
            Ok(Self { tenant, user, member: member.filter(|member| member.state == "active") })
        })
    }
}

impl Desk {
    fn member_id(&self) -> Option<&str> {
        self.member.as_ref().map(|member| member.id.as_str())
    }
}

#[derive(Serialize)]
struct Person {
    id: String,
    sfdc_id: String,
    name: String,
    title: Option<String>,
    company: Option<String>,
    stars: i64,
    flames: i64,
    moment: Option<LastMoment>,
    watched: bool,
}

#[derive(Serialize)]
struct LastMoment {
    at: i64,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
}

fn description(detail: Option<&str>) -> Option<String> {
    let detail: Value = serde_json::from_str(detail?).ok()?;
    activities::lines(detail.get("description")?.as_str())
}

impl From<Bet> for Person {
    fn from(bet: Bet) -> Self {
        let name = spoken([bet.first_name.as_deref(), bet.last_name.as_deref()], bet.email.as_deref(), &bet.sfdc_id);
        let description = description(bet.moment_detail.as_deref());
        Self {
            id: bet.id,
            sfdc_id: bet.sfdc_id,
            name,
            title: bet.title,
            company: bet.company,
            stars: bet.relative_score.unwrap_or(0).clamp(0, 3),
            flames: bet.relative_urgency.unwrap_or(0).clamp(0, 3),
            moment: bet.moment_at.map(|at| LastMoment { at, kind: bet.moment_type, description }),
            watched: bet.watched,
        }
    }
}

/// A list of people.
#[derive(Serialize)]
pub struct People {
    items: Vec<Person>,
    /// There are more than these.
    more: bool,
    /// Whether the user may watch people.
    member: bool,
}

fn people(mut bets: Vec<Bet>, desk: &Desk) -> Answer<People> {
    let most = usize::try_from(MOST).unwrap_or(usize::MAX);
    let more = bets.len() > most;
    bets.truncate(most);
    Answer::fleeting(People { items: bets.into_iter().map(Person::from).collect(), more, member: desk.member.is_some() })
}

/// `GET /v1/best-bets?kinds=`
pub async fn best_bets(desk: Desk, request: HttpRequest) -> Result<Answer<People>, Problem> {
    let query = Query::read(&request, &["kinds"])?;
    let kinds = match query.get("kinds") {
        None => (true, true),
        Some("leads") => (true, false),
        Some("contacts") => (false, true),
        Some(_) => return Err(invalid("kinds", "It can be leads or contacts; without it both are meant.")),
    };
    let bets = desk.tenant.best_bets(desk.user.as_str(), desk.member_id(), kinds, clock::now_ms(), MOST + 1);
    Ok(people(database::answer(bets).await?, &desk))
}

/// `GET /v1/watch-list`
pub async fn watch_list(desk: Desk) -> Result<Answer<People>, Problem> {
    let bets = match desk.member_id() {
        Some(member) => database::answer(desk.tenant.watched_people(member, MOST + 1)).await?,
        None => Vec::new(),
    };
    Ok(people(bets, &desk))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Hiding {
    days: Option<i64>,
}

/// `PUT /v1/best-bets/{person}/hidden`: puts one of the user's own people aside for some days.
pub async fn hide(desk: Desk, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted: Hiding = body::read(&request, payload, body::ORDINARY, "The body must be an object, with days if need be.").await?;
    let days = wanted.days.unwrap_or(HIDE_DAYS);
    if !(1..=365).contains(&days) {
        return Err(invalid("days", "It must be a whole number from 1 to 365."));
    }
    let id = own(&desk, &request).await?;
    let until = clock::now_ms().saturating_add(days.saturating_mul(DAY_MS));
    database::answer(desk.tenant.hide_best_bet(desk.user.as_str(), &id, until)).await?;
    Ok(Answer::fleeting(json!({ "until": until, "days": days })))
}

/// `DELETE /v1/best-bets/{person}/hidden`
pub async fn take_back(desk: Desk, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = own(&desk, &request).await?;
    database::answer(desk.tenant.hide_best_bet(desk.user.as_str(), &id, 0)).await?;
    Ok(nothing())
}

// Nobody puts somebody else's people aside.
async fn own(desk: &Desk, request: &HttpRequest) -> Result<String, Problem> {
    let id = path_id(request, "person")?;
    let person = database::answer(desk.tenant.person(&id)).await?.filter(|person| person.owner_id == desk.user.as_str());
    person.map(|person| person.id).ok_or_else(Problem::not_found)
}

#[derive(Serialize)]
pub struct Feed {
    items: Vec<FeedItem>,
}

#[derive(Serialize)]
struct FeedItem {
    id: String,
    at: i64,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    person_id: String,
    sfdc_id: String,
    name: String,
    company: Option<String>,
    /// The person is as good a bet as there is.
    best: bool,
}

impl From<FeedMoment> for FeedItem {
    fn from(moment: FeedMoment) -> Self {
        Self {
            name: spoken([moment.first_name.as_deref(), moment.last_name.as_deref()], moment.email.as_deref(), &moment.sfdc_id),
            description: description(Some(&moment.detail)),
            best: moment.relative_urgency.unwrap_or(0) >= 3
                || (moment.relative_urgency.unwrap_or(0) >= 2 && moment.relative_score.unwrap_or(0) >= 2),
            id: moment.guid,
            at: moment.happened_at,
            kind: moment.subject,
            person_id: moment.person_id,
            sfdc_id: moment.sfdc_id,
            company: moment.company,
        }
    }
}

/// `GET /v1/lead-feed`: the newest interesting moments of people whom the user owns or watches.
pub async fn feed(desk: Desk) -> Result<Answer<Feed>, Problem> {
    let since = clock::now_ms().saturating_sub(FEED_MS);
    let moments = database::answer(desk.tenant.lead_feed(desk.user.as_str(), desk.member_id(), since, FEED)).await?;
    Ok(Answer::fleeting(Feed { items: moments.into_iter().map(FeedItem::from).collect() }))
}

#[derive(Serialize)]
pub struct Mails {
    items: Vec<MailRow>,
    next_cursor: Option<String>,
}

#[derive(Serialize)]
struct MailRow {
    id: String,
    at: i64,
    subject: String,
    status: String,
    opened: i64,
    clicked: i64,
    replied: i64,
    person_id: String,
    sfdc_id: String,
    name: String,
    company: Option<String>,
}

impl From<SentMail> for MailRow {
    fn from(mail: SentMail) -> Self {
        Self {
            name: spoken([mail.first_name.as_deref(), mail.last_name.as_deref()], Some(&mail.recipient), &mail.sfdc_id),
            id: mail.id,
            at: mail.at,
            subject: mail.subject,
            status: mail.status,
            opened: mail.opened,
            clicked: mail.clicked,
            replied: mail.replied,
            person_id: mail.person_id,
            sfdc_id: mail.sfdc_id,
            company: mail.company,
        }
    }
}

/// `GET /v1/my-emails?cursor=`: the mails that the member sent, the newest first.
pub async fn my_emails(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Mails>, Problem> {
    let query = Query::read(&request, &["cursor"])?;
    let scope = format!("{}/my-emails/{}", seller.tenant.account_id(), seller.member.id);
    let before = query.get("cursor").map(|cursor| state.cursors.read(&scope, cursor)).transpose()?;
    let place = before.as_ref().map(|before| (before.happened_at, before.guid.as_str()));
    let mut mails = database::answer(seller.tenant.mails_of_member(&seller.member.id, place, PAGE + 1)).await?;
    let more = i64::try_from(mails.len()).unwrap_or(i64::MAX) > PAGE;
    mails.truncate(usize::try_from(PAGE).unwrap_or(usize::MAX));
    let last = mails.last().filter(|_| more).map(|mail| Before { happened_at: mail.at, guid: mail.id.clone() });
    let next_cursor = last.map(|place| state.cursors.write(&scope, &place));
    Ok(Answer::fleeting(Mails { items: mails.into_iter().map(MailRow::from).collect(), next_cursor }))
}
