//! The tabs of the panel: what happened, newest first, with the columns that reps know.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::Catalogue;
use super::chart::{self, Chart};
use super::person::ASK_AGAIN;
use super::record::{Named, Who};
use super::times::{Clock, When};
use super::{PageError, text};

/// A tab of the panel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PanelTab {
    Moments,
    Web,
    Email,
    Score,
    Calls,
    Tasks,
}

/// The account's answer to a question for one tab.
#[derive(Debug, Deserialize)]
struct Timeline<T> {
    #[serde(default = "Vec::new")]
    items: Vec<Item<T>>,
    next_cursor: Option<String>,
    history: History,
}

/// An item of one person's list, or of several people's, where it says whose it is.
#[derive(Debug, Deserialize)]
struct Item<T> {
    id: Option<String>,
    person: Option<Named>,
    #[serde(flatten)]
    told: T,
}

#[derive(Debug, Deserialize)]
struct History {
    complete: bool,
    since: Option<i64>,
    fresh_as_of: Option<i64>,
}

#[derive(Debug, Deserialize)]
struct Moment {
    at: i64,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    source: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Web {
    at: i64,
    kind: String,
    page: Option<String>,
    url: Option<String>,
    referrer: Option<String>,
    search: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Email {
    at: i64,
    subject: Option<String>,
    sent_by: Option<String>,
    status: Option<String>,
    #[serde(default)]
    opened: u32,
    #[serde(default)]
    clicked: u32,
    opened_at: Option<i64>,
    clicked_at: Option<i64>,
    #[serde(default)]
    replied: u32,
    replied_at: Option<i64>,
}

/// A change of a score.
#[derive(Debug, Deserialize)]
pub(super) struct Score {
    pub(super) at: i64,
    pub(super) name: Option<String>,
    pub(super) old: Option<i64>,
    pub(super) new: Option<i64>,
    change: Option<i64>,
    reason: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Call {
    at: i64,
    outcome: Option<String>,
    reason: Option<String>,
    notes: Option<String>,
    duration_seconds: Option<i64>,
    status: Option<String>,
    made_by: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Task {
    at: i64,
    name: Option<String>,
    kind: Option<String>,
    due: Option<String>,
    priority: Option<String>,
    notes: Option<String>,
    assignee: Option<String>,
}

/// A page of a tab, ready for its template.
#[derive(Debug, Serialize)]
pub(super) struct TabView {
    tab: &'static str,
    row_template: &'static str,
    columns: &'static [&'static str],
    /// Rows of several people: each names its own.
    people: bool,
    offset: i64,
    count: usize,
    empty: bool,
    loading: bool,
    retry_after: Option<u32>,
    rows: Vec<Row>,
    chart: Option<Chart>,
    next_cursor: Option<String>,
    since: Option<String>,
    fresh: Option<When>,
}

#[derive(Debug, Serialize)]
struct Row {
    id: Option<String>,
    who: Option<Who>,
    #[serde(flatten)]
    cells: Cells,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Cells {
    Moment {
        icon: &'static str,
        kind_key: Option<&'static str>,
        kind: Option<String>,
        description: Option<String>,
        source: Option<String>,
        when: When,
    },
    Web {
        icon: &'static str,
        kind_key: &'static str,
        page: Option<String>,
        url: Option<String>,
        search: Option<String>,
        referrer: Option<String>,
        referrer_url: Option<String>,
        when: When,
    },
    Email {
        by_marketo: bool,
        subject: Option<String>,
        when: When,
        opened: u32,
        opened_exact: Option<String>,
        clicked: u32,
        clicked_exact: Option<String>,
        replied: u32,
        replied_exact: Option<String>,
        trouble: bool,
        status_key: &'static str,
    },
    Score {
        name: Option<String>,
        old: Option<String>,
        new: Option<String>,
        change: Option<String>,
        direction: &'static str,
        reason: Option<String>,
        when: When,
    },
    Call {
        outcome: Option<String>,
        reason: Option<String>,
        notes: Option<String>,
        duration: Option<String>,
        status_key: &'static str,
        made_by: Option<String>,
        when: When,
    },
    Task {
        name: Option<String>,
        kind_key: &'static str,
        due: Option<String>,
        priority_key: &'static str,
        notes: Option<String>,
        assignee: Option<String>,
        when: When,
    },
}

// === impl PanelTab ===

impl PanelTab {
    /// Every tab, in the order of the panel.
    pub const ALL: [Self; 6] = [Self::Moments, Self::Web, Self::Email, Self::Score, Self::Calls, Self::Tasks];

    /// Its name in addresses, in the account's API and in messages.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Moments => "moments",
            Self::Web => "web",
            Self::Email => "email",
            Self::Score => "score",
            Self::Calls => "calls",
            Self::Tasks => "tasks",
        }
    }

    /// The tab of that name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tab| tab.key() == key)
    }

    const fn row_template(self) -> &'static str {
        match self {
            Self::Moments => "row-moments",
            Self::Web => "row-web",
            Self::Email => "row-email",
            Self::Score => "row-score",
            Self::Calls => "row-calls",
            Self::Tasks => "row-tasks",
        }
    }

    const fn columns(self) -> &'static [&'static str] {
        match self {
            Self::Moments => &["type", "description", "source", "date"],
            Self::Web => &["type", "page", "referrer", "date"],
            Self::Email => &["subject", "date", "opened", "clicked", "status"],
            Self::Score => &["score-name", "old", "new", "change", "reason", "date"],
            Self::Calls => &["outcome", "notes", "made-by", "duration", "date"],
            Self::Tasks => &["task", "due", "priority", "assignee", "date"],
        }
    }
}

/// A page of a tab for the account's answer.
///
/// # Errors
/// When a field has another type than the contract says.
pub(super) fn view(tab: PanelTab, timeline: &Value, words: &Catalogue, clock: &Clock) -> Result<TabView, PageError> {
    Ok(match tab {
        PanelTab::Moments => Timeline::<Moment>::deserialize(timeline)?.view(tab, words, clock, Moment::row),
        PanelTab::Web => Timeline::<Web>::deserialize(timeline)?.view(tab, words, clock, Web::row),
        PanelTab::Email => Timeline::<Email>::deserialize(timeline)?.view(tab, words, clock, Email::row),
        PanelTab::Calls => Timeline::<Call>::deserialize(timeline)?.view(tab, words, clock, Call::row),
        PanelTab::Tasks => Timeline::<Task>::deserialize(timeline)?.view(tab, words, clock, Task::row),
        PanelTab::Score => {
            let timeline = Timeline::<Score>::deserialize(timeline)?;
            // Scores of several people in one line would say nothing.
            let alone = timeline.items.iter().all(|item| item.person.is_none());
            let scores: Vec<&Score> = timeline.items.iter().map(|item| &item.told).collect();
            let chart = if alone { chart::of(&scores, words, clock) } else { None };
            TabView { chart, ..timeline.view(tab, words, clock, Score::row) }
        }
    })
}

impl<T> Timeline<T> {
    fn view(self, tab: PanelTab, words: &Catalogue, clock: &Clock, row: fn(&T, &Catalogue, &Clock) -> Option<Cells>) -> TabView {
        let shown = |item: &Item<T>| {
            let who = item.person.as_ref().and_then(Named::who);
            Some(Row { id: item.id.clone(), who, cells: row(&item.told, words, clock)? })
        };
        let rows: Vec<Row> = self.items.iter().filter_map(shown).collect();
        let loading = !self.history.complete;
        TabView {
            tab: tab.key(),
            row_template: tab.row_template(),
            columns: tab.columns(),
            people: rows.iter().any(|row| row.who.is_some()),
            offset: clock.offset,
            count: rows.len(),
            empty: rows.is_empty(),
            loading,
            retry_after: loading.then_some(ASK_AGAIN),
            rows,
            chart: None,
            next_cursor: self.next_cursor,
            since: self.history.since.and_then(|since| clock.date(since, words)),
            fresh: self.history.fresh_as_of.and_then(|at| clock.when(at, words)),
        }
    }
}

// === the rows ===

impl Moment {
    fn row(&self, words: &Catalogue, clock: &Clock) -> Option<Cells> {
        let kind = text::plain(self.kind.as_deref());
        let known = |name: &str| kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(name));
        let (icon, kind_key) = if known("milestone") {
            ("milestone", Some("moment-type-milestone"))
        } else if known("web") {
            ("web", Some("moment-type-web"))
        } else if known("email") || known("e-mail") {
            ("email", Some("moment-type-email"))
        } else {
            ("moments", kind.is_none().then_some("moment-type-other"))
        };
        Some(Cells::Moment {
            icon,
            kind_key,
            kind,
            description: text::plain(self.description.as_deref()),
            source: text::plain(self.source.as_deref()),
            when: clock.when(self.at, words)?,
        })
    }
}

impl Web {
    fn row(&self, words: &Catalogue, clock: &Clock) -> Option<Cells> {
        let url = text::link(self.url.as_deref());
        let referrer = text::link(self.referrer.as_deref());
        let host = referrer.as_ref().and_then(url::Url::host_str);
        let (icon, kind_key) = match self.kind.as_str() {
            "form" => ("form", "web-form"),
            "click" => ("click", "web-click"),
            _ => ("web", "web-visit"),
        };
        Some(Cells::Web {
            icon,
            kind_key,
            page: text::plain(self.page.as_deref()).or_else(|| text::plain(self.url.as_deref())),
            url: url.map(String::from),
            search: text::plain(self.search.as_deref()),
            referrer: text::plain(host).or_else(|| text::plain(self.referrer.as_deref())),
            referrer_url: referrer.map(String::from),
            when: clock.when(self.at, words)?,
        })
    }
}

impl Email {
    fn row(&self, words: &Catalogue, clock: &Clock) -> Option<Cells> {
        let exact = |at: Option<i64>| at.and_then(|at| clock.when(at, words)).map(|when| when.exact);
        let (trouble, status_key) = match self.status.as_deref() {
            Some("sent") => (false, "email-sent"),
            Some("delivered") => (false, "email-delivered"),
            Some("replied") => (false, "email-replied"),
            Some("bounced") => (true, "email-bounced"),
            Some("soft_bounced") => (true, "email-soft_bounced"),
            Some("unsubscribed") => (true, "email-unsubscribed"),
            _ => (false, "email-other"),
        };
        Some(Cells::Email {
            by_marketo: self.sent_by.as_deref() != Some("sales"),
            subject: text::plain(self.subject.as_deref()),
            when: clock.when(self.at, words)?,
            opened: self.opened,
            opened_exact: exact(self.opened_at),
            clicked: self.clicked,
            clicked_exact: exact(self.clicked_at),
            replied: self.replied,
            replied_exact: exact(self.replied_at),
            trouble,
            status_key,
        })
    }
}

impl Call {
    fn row(&self, words: &Catalogue, clock: &Clock) -> Option<Cells> {
        let status_key = match self.status.as_deref() {
            Some("no answer") => "call-no-answer",
            Some("cancelled") => "call-cancelled",
            Some("failed") => "call-failed",
            _ => "call-completed",
        };
        Some(Cells::Call {
            outcome: text::plain(self.outcome.as_deref()),
            reason: text::plain(self.reason.as_deref()),
            notes: text::plain(self.notes.as_deref()),
            duration: self.duration_seconds.map(|seconds| format!("{}:{:02}", seconds / 60, seconds % 60)),
            status_key,
            made_by: text::plain(self.made_by.as_deref()),
            when: clock.when(self.at, words)?,
        })
    }
}

impl Task {
    fn row(&self, words: &Catalogue, clock: &Clock) -> Option<Cells> {
        let kind_key = task_kind(self.kind.as_deref());
        let priority_key = match self.priority.as_deref() {
            Some("High") => "task-high",
            Some("Low") => "task-low",
            _ => "task-normal",
        };
        Some(Cells::Task {
            name: text::plain(self.name.as_deref()),
            kind_key,
            due: text::plain(self.due.as_deref()),
            priority_key,
            notes: text::plain(self.notes.as_deref()),
            assignee: text::plain(self.assignee.as_deref()),
            when: clock.when(self.at, words)?,
        })
    }
}

impl Score {
    fn row(&self, words: &Catalogue, clock: &Clock) -> Option<Cells> {
        let change = self.change.or_else(|| self.new?.checked_sub(self.old?));
        let direction = match change.map(i64::signum) {
            Some(1) => "up",
            Some(-1) => "down",
            _ => "same",
        };
        let number = |value: Option<i64>| value.map(|value| words.number(value));
        Some(Cells::Score {
            name: text::plain(self.name.as_deref()),
            old: number(self.old),
            new: number(self.new),
            change: change.map(|change| if change > 0 { format!("+{}", words.number(change)) } else { words.number(change) }),
            direction,
            reason: text::plain(self.reason.as_deref()),
            when: clock.when(self.at, words)?,
        })
    }
}

/// The message that says what sort of task it is.
pub(super) fn task_kind(kind: Option<&str>) -> &'static str {
    match kind {
        Some("email") => "task-email",
        Some("call") => "task-call",
        Some("in_mail") => "task-in-mail",
        _ => "task-custom",
    }
}
