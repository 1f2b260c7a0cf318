//! A person's timeline, tab by tab or all in one, newest first.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Serialize;
use serde_json::{Map, Value};

use super::activities::{CallDetail, TaskDetail};
use super::answer::Answer;
use super::mailings::{self, Mailing};
use super::people::Seen;
use super::query::{Query, invalid};
use super::records::{Group, Named, Whose};
use super::{AccountState, database};
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::sales_activities::SalesActivity;
use crate::store::timeline::{Activity, Before, Tab};

/// Seconds that the face may show a page again; shorter while the history is being fetched.
const KEEP: u32 = 15;
const KEEP_WHILE_LOADING: u32 = 2;
/// Items of a page unless the caller says otherwise.
const PAGE: u32 = 50;
const LARGEST_PAGE: u32 = 200;
/// Newest events from which mails are gathered: more than one person has in the time that Marketo keeps, and of a large
/// account as many as can be read while somebody waits.
const MAIL_EVENTS: u32 = 20_000;
/// The job that keeps timelines current. Its progress may say in `fresh_as_of` up to when
/// they are; otherwise they are as fresh as its last turn that went well.
const TAIL: &str = "timeline_tail";

/// The tabs that callers know.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Shown {
    Moments,
    Web,
    Email,
    Score,
    Calls,
    Tasks,
}

impl Shown {
    const ALL: [Self; 6] = [Self::Moments, Self::Web, Self::Email, Self::Score, Self::Calls, Self::Tasks];

    const fn name(self) -> &'static str {
        match self {
            Self::Moments => "moments",
            Self::Web => "web",
            Self::Email => "email",
            Self::Score => "score",
            Self::Calls => "calls",
            Self::Tasks => "tasks",
        }
    }

    // Mails are not paged by their events, and so have no tab of the store here; calls and tasks are not Marketo's.
    const fn stored(self) -> Option<Tab> {
        match self {
            Self::Moments => Some(Tab::Moments),
            Self::Web => Some(Tab::Web),
            Self::Email | Self::Calls | Self::Tasks => None,
            Self::Score => Some(Tab::Score),
        }
    }
}

/// `?tab=&limit=&cursor=`
pub struct Page {
    tab: Option<Shown>,
    limit: u32,
    cursor: Option<String>,
}

/// `?tab=&limit=&cursor=&person=`
pub struct GroupPage {
    page: Page,
    person: Option<String>,
}

impl FromRequest for GroupPage {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(
            Query::read(request, &["tab", "limit", "cursor", "person"])
                .and_then(|query| Ok(Self { page: Page::read(&query)?, person: query.get("person").map(str::to_owned) })),
        )
    }
}

impl FromRequest for Page {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Query::read(request, &["tab", "limit", "cursor"]).and_then(|query| Self::read(&query)))
    }
}

impl Page {
    fn read(query: &Query) -> Result<Self, Problem> {
        let tab = match query.get("tab") {
            None => None,
            Some(name) => Some(
                Shown::ALL
                    .into_iter()
                    .find(|tab| tab.name() == name)
                    .ok_or_else(|| invalid("tab", "It must be moments, web, email, score, calls or tasks."))?,
            ),
        };
        let limit = match query.get("limit") {
            None => PAGE,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=LARGEST_PAGE).contains(limit))
                .ok_or_else(|| invalid("limit", "It must be a whole number from 1 to 200."))?,
        };
        Ok(Self { tab, limit, cursor: query.get("cursor").map(str::to_owned) })
    }
}

/// A page of the timeline.
#[derive(Serialize)]
pub struct Items {
    tab: Option<&'static str>,
    items: Vec<Entry>,
    next_cursor: Option<String>,
    history: History,
}

#[derive(Serialize)]
struct History {
    complete: bool,
    since: Option<i64>,
    fresh_as_of: Option<i64>,
}

#[derive(Serialize)]
struct Entry {
    #[serde(skip_serializing_if = "Option::is_none")]
    tab: Option<&'static str>,
    /// Of several people's: whose it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Named>,
    #[serde(flatten)]
    item: Item,
    #[serde(skip)]
    place: Before,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Item {
    Moment(Moment),
    Web(Visit),
    Email(Mailing),
    Score(Change),
    Call(Called),
    Task(ToDo),
}

/// An interesting moment.
#[derive(Serialize)]
pub struct Moment {
    pub id: String,
    pub at: i64,
    #[serde(rename = "type")]
    pub kind: Option<String>,
    pub description: Option<String>,
    pub source: Option<String>,
}

#[derive(Serialize)]
struct Visit {
    at: i64,
    kind: String,
    page: Option<String>,
    url: Option<String>,
    referrer: Option<String>,
    search: Option<String>,
}

#[derive(Serialize)]
struct Change {
    at: i64,
    name: Option<String>,
    old: Option<i64>,
    new: Option<i64>,
    change: Option<i64>,
    reason: Option<String>,
}

#[derive(Serialize)]
struct Called {
    at: i64,
    outcome: Option<String>,
    reason: Option<String>,
    notes: Option<String>,
    duration_seconds: Option<i64>,
    status: String,
    made_by: String,
}

#[derive(Serialize)]
struct ToDo {
    at: i64,
    name: Option<String>,
    kind: String,
    due: Option<String>,
    priority: String,
    notes: Option<String>,
    assignee: String,
}

impl Called {
    fn of(activity: &SalesActivity) -> Option<Item> {
        let call: CallDetail = serde_json::from_str(&activity.detail).ok()?;
        Some(Item::Call(Self {
            at: activity.happened_at,
            outcome: call.outcome,
            reason: call.reason,
            notes: call.notes,
            duration_seconds: call.duration_seconds,
            status: call.status,
            made_by: call.made_by,
        }))
    }
}

impl ToDo {
    fn of(activity: &SalesActivity) -> Option<Item> {
        let task: TaskDetail = serde_json::from_str(&activity.detail).ok()?;
        Some(Item::Task(Self {
            at: activity.happened_at,
            name: activity.subject.clone(),
            kind: task.kind,
            due: task.due,
            priority: task.priority,
            notes: task.notes,
            assignee: task.assignee,
        }))
    }
}

/// The attributes of an activity; what is missing or of another type than expected is simply not there.
pub struct Detail(Map<String, Value>);

impl Detail {
    /// Reads the stored JSON object.
    pub fn of(activity: &Activity) -> Self {
        Self(serde_json::from_str(&activity.detail).unwrap_or_default())
    }

    /// A text, or a number as text.
    pub fn text(&self, name: &str) -> Option<String> {
        match self.0.get(name)? {
            Value::String(text) if !text.is_empty() => Some(text.clone()),
            Value::Number(number) => Some(number.to_string()),
            _ => None,
        }
    }

    /// Whether a flag is set.
    pub fn flag(&self, name: &str) -> bool {
        self.0.get(name) == Some(&Value::Bool(true))
    }

    fn number(&self, name: &str) -> Option<i64> {
        match self.0.get(name)? {
            Value::Number(number) => number.as_i64(),
            Value::String(text) => text.trim().parse().ok(),
            _ => None,
        }
    }

    /// A web address, and nothing else: pages make links of these.
    pub fn address(&self, name: &str) -> Option<String> {
        self.text(name).filter(|text| text.starts_with("https://") || text.starts_with("http://"))
    }
}

impl From<Activity> for Moment {
    fn from(activity: Activity) -> Self {
        let detail = Detail::of(&activity);
        Self {
            id: activity.guid,
            at: activity.happened_at,
            kind: activity.subject.or_else(|| detail.text("type")),
            description: detail.text("description"),
            source: detail.text("source"),
        }
    }
}

impl From<Activity> for Visit {
    fn from(activity: Activity) -> Self {
        let detail = Detail::of(&activity);
        Self {
            at: activity.happened_at,
            kind: activity.kind,
            page: activity.subject.or_else(|| detail.text("page")),
            url: detail.address("url"),
            referrer: detail.address("referrer"),
            search: detail.text("query").or_else(|| detail.text("search")),
        }
    }
}

impl From<Activity> for Change {
    fn from(activity: Activity) -> Self {
        let detail = Detail::of(&activity);
        let (old, new) = (detail.number("old"), detail.number("new"));
        let change = detail.number("change").or_else(|| new?.checked_sub(old?));
        Self { at: activity.happened_at, name: activity.subject, old, new, change, reason: detail.text("reason") }
    }
}

/// `GET /v1/people/{id}/timeline`
pub async fn show(Seen { reader, person }: Seen, page: Page, state: web::Data<AccountState>) -> Result<Answer<Items>, Problem> {
    let whose = Whose::one(&person);
    let body = told(&state, &reader.tenant, &person.id, &whose, &page).await?;
    let keep = if body.history.complete { KEEP } else { KEEP_WHILE_LOADING };
    Ok(Answer::kept(body, keep).tag("account", reader.tenant.account_id()).tag("person", &person.id))
}

/// `GET /v1/records/{record}/timeline`
pub async fn show_group(group: Group, asked: GroupPage, state: web::Data<AccountState>) -> Result<Answer<Items>, Problem> {
    let whose = group.whose(asked.person.as_deref())?;
    let scope = format!("{}/{}", group.record.as_str(), asked.person.as_deref().unwrap_or_default());
    let body = told(&state, &group.reader.tenant, &scope, &whose, &asked.page).await?;
    let keep = if body.history.complete { KEEP } else { KEEP_WHILE_LOADING };
    Ok(Answer::kept(body, keep).tag("account", group.reader.tenant.account_id()).tag("record", group.record.as_str()))
}

async fn told(state: &AccountState, tenant: &Tenant, of: &str, whose: &Whose, page: &Page) -> Result<Items, Problem> {
    let scope = format!("{}/{of}/{}", tenant.account_id(), page.tab.map_or("", Shown::name));
    let before = page.cursor.as_deref().map(|cursor| state.cursors.read(&scope, cursor)).transpose()?;
    let (items, more) = items(tenant, whose, page, before.as_ref()).await?;
    let next_cursor = items.last().filter(|_| more).map(|last| state.cursors.write(&scope, &last.place));
    let history = History { complete: whose.complete, since: whose.since, fresh_as_of: database::answer(fresh_as_of(tenant)).await? };
    Ok(Items { tab: page.tab.map(Shown::name), items, next_cursor, history })
}

// The page's items, and whether there are more behind them.
async fn items(tenant: &Tenant, whose: &Whose, page: &Page, before: Option<&Before>) -> Result<(Vec<Entry>, bool), Problem> {
    let wanted = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let leads = &whose.leads;
    let mut entries = Vec::new();
    for shown in Shown::ALL.into_iter().filter(|shown| page.tab.is_none_or(|tab| tab == *shown)) {
        let tab = if page.tab.is_none() { Some(shown.name()) } else { None };
        if let Some(stored) = shown.stored() {
            let activities = database::answer(tenant.timeline_of(leads, Some((stored, stored)), before, page.limit + 1)).await?;
            entries.extend(activities.into_iter().map(|activity| Entry {
                tab,
                person: whose.name(activity.lead_id),
                place: Before { happened_at: activity.happened_at, guid: activity.guid.clone() },
                item: match shown {
                    Shown::Moments => Item::Moment(activity.into()),
                    Shown::Score => Item::Score(activity.into()),
                    Shown::Web | Shown::Email | Shown::Calls | Shown::Tasks => Item::Web(activity.into()),
                },
            }));
        } else if shown != Shown::Email {
            let (kind, read): (&str, fn(&SalesActivity) -> Option<Item>) =
                if shown == Shown::Calls { ("call", Called::of) } else { ("task", ToDo::of) };
            let place = before.map(|before| (before.happened_at, before.guid.as_str()));
            let activities = database::answer(tenant.sales_activities_of(leads, kind, place, page.limit + 1)).await?;
            entries.extend(activities.iter().filter_map(|activity| {
                Some(Entry {
                    tab,
                    person: whose.name(activity.lead_id),
                    place: Before { happened_at: activity.happened_at, guid: activity.id.clone() },
                    item: read(activity)?,
                })
            }));
        } else {
            let mailings = mailings_of(tenant, leads).await?.into_iter().map(|mailing| (mailing.place(), mailing));
            let older = mailings.filter(|(place, _)| before.is_none_or(|before| newest_first(before, place).is_lt()));
            entries.extend(older.take(wanted + 1).map(|(place, mailing)| Entry {
                tab,
                person: whose.name(mailing.lead_id),
                place,
                item: Item::Email(mailing),
            }));
        }
    }
    entries.sort_by(|left, right| newest_first(&left.place, &right.place));
    let more = entries.len() > wanted;
    entries.truncate(wanted);
    Ok((entries, more))
}

/// The mails of some people, the newest first.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn mailings_of(tenant: &Tenant, leads: &[i64]) -> Result<Vec<Mailing>, Problem> {
    let events = database::answer(tenant.timeline_of(leads, Some((Tab::Email, Tab::Sales)), None, MAIL_EVENTS)).await?;
    let cut = events.len() >= usize::try_from(MAIL_EVENTS).unwrap_or(usize::MAX);
    let mut mailings = mailings::gather(events);
    if cut {
        // Of the oldest mails only a part of what happened was read, so that they are left out rather than told wrong.
        mailings.retain(Mailing::is_whole);
    }
    Ok(mailings)
}

fn newest_first(left: &Before, right: &Before) -> std::cmp::Ordering {
    (right.happened_at, &right.guid).cmp(&(left.happened_at, &left.guid))
}

async fn fresh_as_of(tenant: &Tenant) -> Result<Option<i64>, crate::store::StoreError> {
    let jobs = tenant.jobs().await?;
    let Some(tail) = jobs.into_iter().find(|job| job.job == TAIL) else { return Ok(None) };
    let progress: Option<Map<String, Value>> = tail.progress.and_then(|text| serde_json::from_str(&text).ok());
    let said = progress.and_then(|progress| progress.get("fresh_as_of")?.as_i64());
    Ok(said.or_else(|| tail.problem.is_none().then_some(tail.updated_at)))
}
