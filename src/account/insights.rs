//! The Insights Dashboard: thirteen weeks of engagement, and what happened in one of them.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan, Zoned};
use serde::Serialize;

use super::AccountState;
use super::activities::TaskDetail;
use super::answer::Answer;
use super::database;
use super::people::Seen;
use super::query::{Query, invalid};
use super::records::{Group, MOST, Named, Whose};
use super::timeline::Detail;
use crate::clock;
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::insights::{Count, SLOT_MS};
use crate::store::timeline::{Activity, Tab};

/// Weeks of the grid: the 90 days that the product shows, and the rest of the week they begin in.
pub const WEEKS: usize = 13;
/// Seconds that the face may show it again; shorter while the history is being fetched.
const KEEP: u32 = 15;
const KEEP_WHILE_LOADING: u32 = 2;
/// Deeds of a week that are read before equal ones become one line.
const MOST_DEEDS: u32 = 1_000;
/// Lines of a week.
const MOST_LINES: usize = 100;
/// Newest tasks among which those that are coming are looked for, and how many of these are told.
const MOST_TASKS: u32 = 500;
const MOST_UPCOMING: usize = 20;

/// A row of the grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Moments,
    Email,
    Web,
    Sales,
}

impl Kind {
    const ALL: [Self; 4] = [Self::Moments, Self::Email, Self::Web, Self::Sales];

    const fn name(self) -> &'static str {
        match self {
            Self::Moments => "moments",
            Self::Email => "email",
            Self::Web => "web",
            Self::Sales => "sales",
        }
    }

    fn of(tab: i64) -> Option<Self> {
        let known = [(Tab::Moments, Self::Moments), (Tab::Email, Self::Email), (Tab::Web, Self::Web), (Tab::Sales, Self::Sales)];
        known.into_iter().find(|(stored, _)| stored.code() == tab).map(|(_, kind)| kind)
    }
}

/// `?zone=&week=&kind=`; of one person also `around=account`, of a record `person=`.
pub struct Wish {
    zone: TimeZone,
    /// Weeks before the present one; without it the last week in which something happened.
    week: Option<usize>,
    kind: Option<Kind>,
    /// The contact's whole account.
    around: bool,
    person: Option<String>,
}

impl FromRequest for Wish {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(Query::read(request, &["zone", "week", "kind", "around", "person"]).and_then(|query| Self::read(&query)))
    }
}

impl Wish {
    fn read(query: &Query) -> Result<Self, Problem> {
        let zone = match query.get("zone") {
            None => TimeZone::UTC,
            Some(name) => TimeZone::get(name).map_err(|_| invalid("zone", "It must be the name of a time zone, such as Europe/Berlin."))?,
        };
        let week = match query.get("week") {
            None => None,
            Some(text) => Some(
                text.parse()
                    .ok()
                    .filter(|week| *week < WEEKS)
                    .ok_or_else(|| invalid("week", "It must be a whole number of weeks ago, from 0 to 12."))?,
            ),
        };
        let kind = match query.get("kind") {
            None => None,
            Some(name) => Some(
                Kind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == name)
                    .ok_or_else(|| invalid("kind", "It must be moments, email, web or sales."))?,
            ),
        };
        let around = match query.get("around") {
            None => false,
            Some("account") => true,
            Some(_) => return Err(invalid("around", "It can be account.")),
        };
        Ok(Self { zone, week, kind, around, person: query.get("person").map(str::to_owned) })
    }
}

/// The dashboard of one person.
#[derive(Serialize)]
pub struct Insights {
    /// Oldest first.
    weeks: Vec<Week>,
    /// Which of them is told, counted back from the present one.
    week: usize,
    kind: Option<Kind>,
    items: Vec<Line>,
    /// Whether the week had more than is told.
    more: bool,
    history: History,
    upcoming: Vec<Task>,
    /// Of a contact: whether the account's activity can be shown as well (`off`), is shown (`on`), or there is too much of it
    /// (`too_many`).
    #[serde(skip_serializing_if = "Option::is_none")]
    around: Option<&'static str>,
    /// Of a record: it has so many people that nothing is shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    too_many: Option<usize>,
}

/// Something that somebody has to do in the next 90 days, or should have done.
#[derive(Serialize)]
struct Task {
    name: Option<String>,
    kind: String,
    /// `2026-01-31`
    due: String,
    assignee: String,
    person: Option<Named>,
}

#[derive(Serialize)]
struct History {
    complete: bool,
    since: Option<i64>,
}

/// A week, Monday to Sunday where the reader is; milliseconds since the epoch.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Week {
    from: i64,
    until: i64,
    moments: i64,
    email: i64,
    web: i64,
    sales: i64,
}

/// What somebody did in a week: equal deeds are one line, placed where the last of them was.
#[derive(Serialize)]
struct Line {
    /// Of the last of them.
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    person: Option<Named>,
    at: i64,
    kind: Kind,
    /// [`Activity::kind`].
    did: String,
    subject: Option<String>,
    /// Type of an interesting moment.
    #[serde(rename = "type")]
    moment: Option<String>,
    url: Option<String>,
    count: u32,
}

/// `GET /v1/people/{id}/insights`
pub async fn show(Seen { reader, person }: Seen, wish: Wish, _: web::Data<AccountState>) -> Result<Answer<Insights>, Problem> {
    if wish.person.is_some() {
        return Err(invalid("person", "It can be given for an account or an opportunity."));
    }
    let tenant = &reader.tenant;
    let mut whose = Whose::one(&person);
    let mut around = None;
    if let Some(account) = person.sfdc_account_id.as_deref().filter(|_| person.sfdc_type == "Contact") {
        around = Some("off");
        if wish.around {
            let limit = i64::try_from(MOST).unwrap_or(i64::MAX).saturating_add(1);
            let people = database::answer(tenant.briefs_of_account(account, limit)).await?;
            if people.len() > MOST {
                around = Some("too_many");
            } else {
                around = Some("on");
                whose = Whose::many(&people.iter().collect::<Vec<_>>());
            }
        }
    }
    let mut told = told(tenant, &whose, &wish).await?;
    told.around = around;
    let keep = if told.history.complete { KEEP } else { KEEP_WHILE_LOADING };
    Ok(Answer::kept(told, keep).tag("account", tenant.account_id()).tag("person", &person.id))
}

/// `GET /v1/records/{record}/insights`
pub async fn show_group(group: Group, wish: Wish) -> Result<Answer<Insights>, Problem> {
    if wish.around {
        return Err(invalid("around", "It can be given for a contact."));
    }
    let tenant = &group.reader.tenant;
    let mut whose = group.whose(wish.person.as_deref())?;
    // Of one of them everything can be told, however many there are.
    let too_many = group.more && wish.person.is_none();
    if too_many {
        whose.leads.clear();
    }
    let mut told = told(tenant, &whose, &wish).await?;
    told.too_many = too_many.then_some(MOST);
    let keep = if told.history.complete { KEEP } else { KEEP_WHILE_LOADING };
    Ok(Answer::kept(told, keep).tag("account", tenant.account_id()).tag("record", group.record.as_str()))
}

async fn told(tenant: &Tenant, whose: &Whose, wish: &Wish) -> Result<Insights, Problem> {
    let mut weeks = weeks(clock::now_ms(), &wish.zone).ok_or_else(Problem::internal)?;
    let since = weeks.first().map_or(0, |week| week.from);
    count(&mut weeks, &database::answer(tenant.engagement(&whose.leads, since)).await?);
    let place = wish.week.or_else(|| weeks.iter().rev().position(|week| !week.is_quiet())).unwrap_or(0);
    let told = weeks.iter().rev().nth(place).cloned().ok_or_else(Problem::internal)?;
    let deeds = database::answer(tenant.deeds(&whose.leads, told.from, told.until, MOST_DEEDS)).await?;
    let cut = deeds.len() >= usize::try_from(MOST_DEEDS).unwrap_or(usize::MAX);
    let mut items = lines(deeds, wish.kind, whose);
    let more = cut || items.len() > MOST_LINES;
    items.truncate(MOST_LINES);
    let history = History { complete: whose.complete, since: whose.since };
    let upcoming = upcoming(tenant, whose, &wish.zone).await?;
    Ok(Insights { weeks, week: place, kind: wish.kind, items, more, history, upcoming, around: None, too_many: None })
}

// Open tasks with a day: what is overdue, and the next 90 days.
async fn upcoming(tenant: &Tenant, whose: &Whose, zone: &TimeZone) -> Result<Vec<Task>, Problem> {
    let last = Timestamp::from_millisecond(clock::now_ms())
        .ok()
        .and_then(|now| now.to_zoned(zone.clone()).date().checked_add(90.days()).ok())
        .ok_or_else(Problem::internal)?
        .to_string();
    let tasks = database::answer(tenant.sales_activities_of(&whose.leads, "task", None, MOST_TASKS)).await?;
    let mut open: Vec<Task> = tasks
        .into_iter()
        .filter_map(|task| {
            let detail: TaskDetail = serde_json::from_str(&task.detail).ok()?;
            let due = detail.due.filter(|due| !detail.done && *due <= last)?;
            Some(Task { name: task.subject, kind: detail.kind, due, assignee: detail.assignee, person: whose.name(task.lead_id) })
        })
        .collect();
    open.sort_by(|one, other| one.due.cmp(&other.due));
    open.truncate(MOST_UPCOMING);
    Ok(open)
}

impl Week {
    const fn is_quiet(&self) -> bool {
        self.moments == 0 && self.email == 0 && self.web == 0 && self.sales == 0
    }
}

// The weeks up to the one of `now`. Days change at the reader's midnight, in summer and in winter.
fn weeks(now_ms: i64, zone: &TimeZone) -> Option<Vec<Week>> {
    let today = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(zone.clone()).date();
    let monday = today.checked_sub(i64::from(today.weekday().since(Weekday::Monday)).days()).ok()?;
    let start = |week: i64| -> Option<i64> {
        let day = monday.checked_add(week.checked_mul(7)?.days()).ok()?;
        Some(day.to_zoned(zone.clone()).ok().as_ref().map(Zoned::timestamp)?.as_millisecond())
    };
    let oldest = 1 - i64::try_from(WEEKS).ok()?;
    (oldest..=0).map(|week| Some(Week { from: start(week)?, until: start(week + 1)?, moments: 0, email: 0, web: 0, sales: 0 })).collect()
}

fn count(weeks: &mut [Week], counts: &[Count]) {
    for counted in counts {
        let at = counted.slot.saturating_mul(SLOT_MS);
        let Some(week) = weeks.iter_mut().find(|week| (week.from..week.until).contains(&at)) else { continue };
        let sum = match Kind::of(counted.tab) {
            Some(Kind::Moments) => &mut week.moments,
            Some(Kind::Email) => &mut week.email,
            Some(Kind::Web) => &mut week.web,
            Some(Kind::Sales) => &mut week.sales,
            None => continue,
        };
        *sum = sum.saturating_add(counted.count);
    }
}

fn lines(deeds: Vec<Activity>, wanted: Option<Kind>, whose: &Whose) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    let mut known = std::collections::HashMap::new();
    for deed in deeds {
        let Some(kind) = Kind::of(deed.tab).filter(|kind| wanted.is_none_or(|wanted| wanted == *kind)) else { continue };
        let lead_id = deed.lead_id;
        let line = Line { person: whose.name(lead_id), ..line(kind, deed) };
        let key = (lead_id, line.kind.name(), line.did.clone(), line.subject.clone(), line.moment.clone());
        if let Some(same) = known.get(&key).and_then(|place: &usize| lines.get_mut(*place)) {
            same.count = same.count.saturating_add(1);
        } else {
            known.insert(key, lines.len());
            lines.push(line);
        }
    }
    lines
}

fn line(kind: Kind, deed: Activity) -> Line {
    let detail = Detail::of(&deed);
    let (subject, moment) = match kind {
        Kind::Moments => (detail.text("description"), deed.subject.clone().or_else(|| detail.text("type"))),
        Kind::Web => (deed.subject.clone().or_else(|| detail.text("page")), None),
        Kind::Sales => (detail.text("subject").or(deed.subject.clone()), None),
        Kind::Email => (deed.subject.clone(), None),
    };
    let url = if kind == Kind::Web { detail.address("url") } else { None };
    Line { id: deed.guid, person: None, at: deed.happened_at, kind, did: deed.kind, subject, moment, url, count: 1 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const DAY: i64 = 86_400_000;

    fn zone(name: &str) -> TimeZone {
        TimeZone::get(name).unwrap()
    }

    #[test]
    fn weeks_begin_on_monday_where_the_reader_is() {
        // Saturday 21 November 2026, 14:30 UTC: in Auckland it is Sunday already, the Monday is the same.
        for (name, monday) in
            [("UTC", "2026-11-16T00:00:00Z"), ("Europe/Berlin", "2026-11-15T23:00:00Z"), ("Asia/Kolkata", "2026-11-15T18:30:00Z")]
        {
            let weeks = weeks(1_795_271_400_000, &zone(name)).unwrap();
            assert_eq!(weeks.len(), WEEKS);
            assert_eq!(weeks[12].from, monday.parse::<Timestamp>().unwrap().as_millisecond(), "{name}");
        }
    }

    #[test]
    fn the_week_in_which_clocks_change_is_an_hour_longer() {
        let weeks = weeks(1_795_271_400_000, &zone("Europe/Berlin")).unwrap();
        let lengths: Vec<i64> = weeks.iter().map(|week| week.until - week.from).collect();
        assert_eq!(lengths.iter().filter(|length| **length == 7 * DAY).count(), 12);
        assert_eq!(lengths[8], 7 * DAY + 3_600_000, "25 October");
    }

    #[test]
    fn equal_deeds_are_one_line_with_the_time_of_the_last() {
        let deed = |guid: &str, at, kind: &str, tab: Tab| Activity {
            guid: guid.to_owned(),
            lead_id: 1,
            tab: tab.code(),
            kind: kind.to_owned(),
            happened_at: at,
            subject: Some("Q4 offer".to_owned()),
            asset_id: None,
            detail: "{}".to_owned(),
        };
        let deeds = || vec![deed("3", 30, "opened", Tab::Email), deed("2", 20, "opened", Tab::Email), deed("1", 10, "visit", Tab::Web)];
        let whose = Whose::many(&[]);
        let told: Vec<_> = lines(deeds(), None, &whose).into_iter().map(|line| (line.at, line.did, line.count)).collect();
        assert_eq!(told, [(30, "opened".to_owned(), 2), (10, "visit".to_owned(), 1)]);
        assert_eq!(lines(deeds(), Some(Kind::Web), &whose).len(), 1);
    }

    proptest! {
        #[test]
        fn weeks_leave_no_gap_and_end_after_now(now in 0_i64..4_000_000_000_000, name in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "Pacific/Apia"])) {
            let weeks = weeks(now, &zone(name)).unwrap();
            prop_assert!(weeks.windows(2).all(|pair| pair[0].until == pair[1].from));
            let last = weeks.last().unwrap();
            prop_assert!(last.from <= now && now < last.until);
            prop_assert!(weeks.iter().all(|week| week.from % SLOT_MS == 0 && week.until % SLOT_MS == 0));
        }
    }
}
