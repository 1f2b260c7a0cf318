//! The Insights Dashboard: a grid of thirteen weeks, drawn, and the chosen week told.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::Catalogue;
use super::person::{ASK_AGAIN, did};
use super::record::{Named, Who};
use super::timeline::task_kind;
use super::times::{Clock, When};
use super::{PageError, text};

/// The tab's name in addresses and messages.
pub const KEY: &str = "insights";

/// Which week is told, counted back from the present one (`None`: the last in which something happened), and which
/// deeds of it (`None`: all); of a contact, whether everybody of the account is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice {
    pub week: Option<u8>,
    pub kind: Option<&'static str>,
    pub around: bool,
}

/// The rows of the grid.
const KINDS: [&str; 4] = ["moments", "email", "web", "sales"];
/// Weeks of the grid.
const WEEKS: u8 = 13;
/// Side of a cell's drawing, and of the smallest square that says "something".
const CELL: i64 = 24;
const SMALLEST: i64 = 8;

#[derive(Debug, Deserialize)]
struct Insights {
    weeks: Vec<Week>,
    week: usize,
    kind: Option<String>,
    items: Vec<Item>,
    more: bool,
    history: History,
    #[serde(default)]
    upcoming: Vec<Task>,
    #[serde(default)]
    campaigns: Vec<Going>,
    around: Option<String>,
    too_many: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Going {
    campaign: String,
    step: Option<String>,
    number: i64,
    of: i64,
    state: String,
    at: Option<i64>,
    person: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct Task {
    name: Option<String>,
    kind: Option<String>,
    due: String,
    assignee: Option<String>,
    person: Option<Named>,
}

#[derive(Debug, Deserialize)]
struct History {
    complete: bool,
    since: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Week {
    from: i64,
    moments: i64,
    email: i64,
    web: i64,
    sales: i64,
}

#[derive(Debug, Deserialize)]
struct Item {
    id: Option<String>,
    person: Option<Named>,
    at: i64,
    kind: String,
    did: String,
    subject: Option<String>,
    #[serde(rename = "type")]
    moment: Option<String>,
    url: Option<String>,
    count: u32,
}

/// Ready for the template.
#[derive(Debug, Serialize)]
pub(super) struct View {
    offset: i64,
    heads: Vec<Head>,
    rows: Vec<Row>,
    week_name: String,
    filters: Vec<Filter>,
    all: All,
    items: Vec<Told>,
    count: usize,
    more: bool,
    nothing: bool,
    loading: bool,
    retry_after: Option<u32>,
    since: Option<String>,
    upcoming: Vec<Due>,
    upcoming_count: usize,
    campaigns: Vec<Place>,
    campaign_count: usize,
    around: Option<Around>,
    /// Set while the whole account is shown: colleagues are named, but can't be chosen.
    around_on: Option<&'static str>,
    too_many: Option<i64>,
}

/// The switch between a contact and the whole account.
#[derive(Debug, Serialize)]
struct Around {
    on: bool,
    /// The account has too many people.
    barred: bool,
    view: String,
}

#[derive(Debug, Serialize)]
struct Due {
    kind_key: &'static str,
    name: Option<String>,
    due: String,
    overdue: bool,
    assignee: Option<String>,
    who: Option<Who>,
}

/// Somebody's place in a sales campaign.
#[derive(Debug, Serialize)]
struct Place {
    name: String,
    step: Option<String>,
    number: i64,
    of: i64,
    /// What it waits for, if not for its time.
    waits: Option<&'static str>,
    when: Option<When>,
    who: Option<Who>,
}

#[derive(Debug, Serialize)]
struct Head {
    /// The address of the week: what the button asks for.
    view: String,
    name: String,
    /// Said in the grid's head only where there is room for it.
    labelled: bool,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct Row {
    kind: &'static str,
    cells: Vec<Cell>,
}

#[derive(Debug, Serialize)]
struct Cell {
    view: String,
    count: i64,
    /// Edge of the square, and where it begins, so that it stands in the middle.
    side: i64,
    at: i64,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct Filter {
    kind: &'static str,
    count: i64,
    view: String,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct All {
    count: i64,
    view: String,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct Told {
    id: Option<String>,
    who: Option<Who>,
    moment_row: bool,
    mail_row: bool,
    icon: &'static str,
    did: String,
    moment: Option<String>,
    subject: Option<String>,
    url: Option<String>,
    times: Option<u32>,
    when: When,
}

// === impl Choice ===

impl Choice {
    /// Reads `week`, `kind` and `around` of an address; `None` for values that no page of ours leads to.
    #[must_use]
    pub fn read(week: Option<&str>, kind: Option<&str>, around: Option<&str>) -> Option<Self> {
        let week = match week {
            None => None,
            Some(week) => Some(week.parse().ok().filter(|week| *week < WEEKS)?),
        };
        let kind = match kind {
            None => None,
            Some(kind) => Some(*KINDS.iter().find(|known| **known == kind)?),
        };
        let around = match around {
            None => false,
            Some("account") => true,
            Some(_) => return None,
        };
        Some(Self { week, kind, around })
    }

    /// The choice as a query.
    #[must_use]
    pub fn query(self) -> String {
        let week = self.week.map(|week| format!("week={week}"));
        let kind = self.kind.map(|kind| format!("kind={kind}"));
        let around = self.around.then(|| "around=account".to_owned());
        week.into_iter().chain(kind).chain(around).collect::<Vec<_>>().join("&")
    }
}

// === impl View ===

/// The dashboard for the account's answer.
///
/// # Errors
/// When a field has another type than the contract says.
pub(super) fn view(answer: &Value, words: &Catalogue, clock: &Clock) -> Result<View, PageError> {
    let insights = Insights::deserialize(answer)?;
    let weeks = &insights.weeks;
    let last = weeks.len().saturating_sub(1);
    let chosen = last.saturating_sub(insights.week);
    let ago = |place: usize| u8::try_from(last.saturating_sub(place)).ok();
    let chosen_kind = KINDS.iter().copied().find(|known| insights.kind.as_deref() == Some(known));
    let on = insights.around.as_deref() == Some("on");
    let choice = |week: Option<u8>, kind: Option<&'static str>| Choice { week, kind, around: on }.query();
    let date = |week: &Week| clock.date(week.from, words).unwrap_or_default();
    let heads = weeks
        .iter()
        .enumerate()
        .map(|(place, week)| Head {
            view: choice(ago(place), chosen_kind),
            name: date(week),
            labelled: last.saturating_sub(place) % 4 == 0,
            chosen: place == chosen,
        })
        .collect();
    let rows = KINDS
        .iter()
        .map(|kind| {
            let most = weeks.iter().map(|week| week.count(kind)).max().unwrap_or(0);
            let cell = |(place, week): (usize, &Week)| {
                let count = week.count(kind);
                let side = side(count, most);
                let view = choice(ago(place), chosen_kind);
                Cell { view, count, side, at: (CELL - side) / 2, chosen: place == chosen }
            };
            Row { kind, cells: weeks.iter().enumerate().map(cell).collect() }
        })
        .collect();
    let told = weeks.get(chosen);
    let in_week = |kind: &str| told.map_or(0, |week| week.count(kind));
    let filters = KINDS
        .iter()
        .map(|known| Filter {
            kind: known,
            count: in_week(known),
            view: choice(ago(chosen), Some(known)),
            chosen: chosen_kind == Some(*known),
        })
        .collect();
    let all = All { count: KINDS.iter().map(|kind| in_week(kind)).sum(), view: choice(ago(chosen), None), chosen: chosen_kind.is_none() };
    let items: Vec<Told> = insights.items.iter().filter_map(|item| item.told(words, clock)).collect();
    let loading = !insights.history.complete;
    let around = insights.around.as_deref().map(|state| Around {
        on,
        barred: state == "too_many",
        view: Choice { week: None, kind: chosen_kind, around: !on }.query(),
    });
    let today = clock.today();
    let upcoming: Vec<Due> = insights.upcoming.iter().map(|task| task.due(&today)).collect();
    Ok(View {
        upcoming_count: upcoming.len(),
        campaign_count: insights.campaigns.len(),
        campaigns: insights.campaigns.iter().map(|going| going.place(words, clock)).collect(),
        upcoming,
        around,
        around_on: on.then_some("on"),
        too_many: insights.too_many,
        offset: clock.offset,
        heads,
        rows,
        week_name: told.map(date).unwrap_or_default(),
        filters,
        all,
        count: items.len(),
        items,
        more: insights.more,
        nothing: weeks.iter().all(|week| KINDS.iter().all(|kind| week.count(kind) == 0)),
        loading,
        retry_after: loading.then_some(ASK_AGAIN),
        since: insights.history.since.and_then(|since| clock.date(since, words)),
    })
}

impl Week {
    fn count(&self, kind: &str) -> i64 {
        match kind {
            "moments" => self.moments,
            "email" => self.email,
            "web" => self.web,
            _ => self.sales,
        }
    }
}

// Areas are compared by eye, so the square's area grows with the count; what happened once can still be seen.
fn side(count: i64, most: i64) -> i64 {
    if count <= 0 || most <= 0 {
        return 0;
    }
    let area = i128::from(count.min(most)) * i128::from(CELL * CELL) / i128::from(most);
    i64::try_from(area.isqrt()).unwrap_or(CELL).clamp(SMALLEST, CELL)
}

impl Task {
    fn due(&self, today: &str) -> Due {
        Due {
            kind_key: task_kind(self.kind.as_deref()),
            name: text::plain(self.name.as_deref()),
            overdue: *self.due < *today,
            due: text::plain(Some(&self.due)).unwrap_or_default(),
            assignee: text::plain(self.assignee.as_deref()),
            who: self.person.as_ref().and_then(Named::who),
        }
    }
}

impl Going {
    fn place(&self, words: &Catalogue, clock: &Clock) -> Place {
        Place {
            name: text::plain(Some(&self.campaign)).unwrap_or_default(),
            step: text::plain(self.step.as_deref()),
            number: self.number,
            of: self.of,
            waits: match self.state.as_str() {
                "waiting" => Some("going-waits"),
                "blocked" => Some("going-blocked"),
                _ => None,
            },
            when: self.at.and_then(|at| clock.when(at, words)),
            who: self.person.as_ref().and_then(Named::who),
        }
    }
}

impl Item {
    fn told(&self, words: &Catalogue, clock: &Clock) -> Option<Told> {
        let icon = match self.kind.as_str() {
            "moments" => "moments",
            "web" => "web",
            "sales" => "sales",
            _ => "email",
        };
        Some(Told {
            id: self.id.clone(),
            who: self.person.as_ref().and_then(Named::who),
            moment_row: icon == "moments",
            mail_row: self.id.is_some() && is_mail(&self.did),
            icon,
            did: did(&self.did),
            moment: text::plain(self.moment.as_deref()),
            subject: text::plain(self.subject.as_deref()),
            url: text::link(self.url.as_deref()).map(String::from),
            times: (self.count > 1).then_some(self.count),
            when: clock.when(self.at, words)?,
        })
    }
}

// What is done with a mail leads to it.
fn is_mail(did: &str) -> bool {
    const OF_MAILS: [&str; 11] = [
        "sent",
        "opened",
        "clicked",
        "bounced",
        "soft_bounced",
        "unsubscribed",
        "sales_sent",
        "sales_opened",
        "sales_clicked",
        "sales_replied",
        "sales_bounced",
    ];
    OF_MAILS.contains(&did)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_weeks_and_kinds_of_the_grid_can_be_chosen() {
        assert_eq!(Choice::read(None, None, None).unwrap().query(), "");
        assert_eq!(Choice::read(Some("12"), Some("web"), Some("account")).unwrap().query(), "week=12&kind=web&around=account");
        for (week, kind) in [(Some("13"), None), (Some("-1"), None), (Some("x"), None), (None, Some("score"))] {
            assert_eq!(Choice::read(week, kind, None), None, "{week:?} {kind:?}");
        }
        assert_eq!(Choice::read(None, None, Some("everybody")), None);
    }

    proptest! {
        #[test]
        fn a_square_fits_its_cell_and_something_is_always_seen(count in any::<i64>(), most in any::<i64>()) {
            let side = side(count, most);
            prop_assert!((0..=CELL).contains(&side));
            prop_assert_eq!(side > 0, count > 0 && most > 0);
        }
    }
}
