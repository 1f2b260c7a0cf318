//! The page of the global tab: lists of the rep's own people, their mails, and what is happening.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::Catalogue;
use super::person::Meter;
use super::record::record_page;
use super::times::{Clock, When};
use super::{PageError, text};

/// A list of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeskList {
    BestBets,
    WatchList,
    MyEmails,
}

impl DeskList {
    /// Every list, in the order of the page.
    pub const ALL: [Self; 3] = [Self::BestBets, Self::WatchList, Self::MyEmails];

    /// Its name in addresses and messages.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::BestBets => "best-bets",
            Self::WatchList => "watch-list",
            Self::MyEmails => "my-emails",
        }
    }

    /// The list of that name.
    #[must_use]
    pub fn from_key(key: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|list| list.key() == key)
    }
}

#[derive(Debug, Deserialize)]
struct People {
    items: Vec<Somebody>,
    #[serde(default)]
    more: bool,
    #[serde(default)]
    member: bool,
}

#[derive(Debug, Deserialize)]
struct Somebody {
    id: String,
    sfdc_id: String,
    name: Option<String>,
    title: Option<String>,
    company: Option<String>,
    stars: Option<u8>,
    flames: Option<u8>,
    moment: Option<Moment>,
    #[serde(default)]
    watched: bool,
}

#[derive(Debug, Deserialize)]
struct Moment {
    at: i64,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
}

/// A list of people, ready for its template.
#[derive(Debug, Serialize)]
struct PeopleView {
    tab: &'static str,
    offset: i64,
    count: usize,
    more: bool,
    member: bool,
    best: bool,
    filters: Vec<Filter>,
    rows: Vec<PersonRow>,
}

#[derive(Debug, Serialize)]
struct Filter {
    word: &'static str,
    view: &'static str,
    chosen: bool,
}

#[derive(Debug, Serialize)]
struct PersonRow {
    id: String,
    name: Option<String>,
    /// The name, or something else by which a box can be told from others.
    spoken: String,
    href: Option<String>,
    title: Option<String>,
    company: Option<String>,
    stars: Meter,
    flames: Meter,
    moment: Option<String>,
    when: Option<When>,
    watched: bool,
}

#[derive(Debug, Deserialize)]
struct Mails {
    items: Vec<Mail>,
    next_cursor: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Mail {
    at: i64,
    subject: Option<String>,
    status: String,
    #[serde(default)]
    opened: u32,
    #[serde(default)]
    clicked: u32,
    #[serde(default)]
    replied: u32,
    sfdc_id: String,
    name: Option<String>,
    company: Option<String>,
}

#[derive(Debug, Serialize)]
struct MailsView {
    tab: &'static str,
    offset: i64,
    count: usize,
    rows: Vec<MailRow>,
    next_cursor: Option<String>,
}

#[derive(Debug, Serialize)]
struct MailRow {
    name: Option<String>,
    href: Option<String>,
    company: Option<String>,
    subject: Option<String>,
    when: When,
    opened: u32,
    clicked: u32,
    replied: u32,
    trouble: bool,
}

#[derive(Debug, Deserialize)]
struct Happening {
    id: String,
    at: i64,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
    sfdc_id: String,
    name: Option<String>,
    company: Option<String>,
    #[serde(default)]
    best: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct HappeningView {
    id: String,
    offset: i64,
    icon: &'static str,
    kind: Option<String>,
    description: Option<String>,
    name: Option<String>,
    href: Option<String>,
    company: Option<String>,
    best: bool,
    when: When,
}

/// Ready for one of two templates.
#[derive(Debug, Serialize)]
#[serde(transparent)]
pub(super) struct View(Value);

impl View {
    pub(super) fn template(list: DeskList) -> &'static str {
        if list == DeskList::MyEmails { "desk-emails" } else { "desk-people" }
    }
}

/// A list for the account's answer; `base` is the address of the org.
///
/// # Errors
/// When a field has another type than the contract says.
pub(super) fn view(
    list: DeskList,
    kinds: Option<&str>,
    answer: &Value,
    base: &str,
    words: &Catalogue,
    clock: &Clock,
) -> Result<View, PageError> {
    if list == DeskList::MyEmails {
        let mails = Mails::deserialize(answer)?;
        let row = |mail: &Mail| {
            Some(MailRow {
                name: text::plain(mail.name.as_deref()),
                href: record_page(base, &mail.sfdc_id),
                company: text::plain(mail.company.as_deref()),
                subject: text::plain(mail.subject.as_deref()),
                when: clock.when(mail.at, words)?,
                opened: mail.opened,
                clicked: mail.clicked,
                replied: mail.replied,
                trouble: matches!(mail.status.as_str(), "failed" | "bounced"),
            })
        };
        let rows: Vec<MailRow> = mails.items.iter().filter_map(row).collect();
        let view = MailsView { tab: list.key(), offset: clock.offset, count: rows.len(), rows, next_cursor: mails.next_cursor };
        return Ok(View(serde_json::to_value(view)?));
    }
    let people = People::deserialize(answer)?;
    let rows: Vec<PersonRow> = people.items.iter().filter_map(|one| one.row(base, words, clock)).collect();
    let best = list == DeskList::BestBets;
    let filter = |word, view, value: Option<&str>| Filter { word, view, chosen: kinds == value };
    let filters = vec![
        filter("bets-all", "kinds=", None),
        filter("bets-leads", "kinds=leads", Some("leads")),
        filter("bets-contacts", "kinds=contacts", Some("contacts")),
    ];
    let filters = if best { filters } else { Vec::new() };
    let (count, offset) = (rows.len(), clock.offset);
    let view = PeopleView { tab: list.key(), offset, count, more: people.more, member: people.member, best, filters, rows };
    Ok(View(serde_json::to_value(view)?))
}

/// The entries of the feed, each with its id; the newest first.
///
/// # Errors
/// When a field has another type than the contract says.
pub(super) fn feed(answer: &Value, base: &str, words: &Catalogue, clock: &Clock) -> Result<Vec<(String, HappeningView)>, PageError> {
    let items = answer.get("items").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let mut shown = Vec::new();
    for item in items {
        let item = Happening::deserialize(item)?;
        let Some(when) = clock.when(item.at, words) else { continue };
        let kind = text::plain(item.kind.as_deref());
        let is = |name: &str| kind.as_deref().is_some_and(|kind| kind.eq_ignore_ascii_case(name));
        let icon = if is("milestone") {
            "milestone"
        } else if is("web") {
            "web"
        } else if is("email") {
            "email"
        } else {
            "moments"
        };
        let view = HappeningView {
            id: item.id.clone(),
            offset: clock.offset,
            icon,
            kind,
            description: text::plain(item.description.as_deref()),
            name: text::plain(item.name.as_deref()),
            href: record_page(base, &item.sfdc_id),
            company: text::plain(item.company.as_deref()),
            best: item.best,
            when,
        };
        shown.push((item.id, view));
    }
    Ok(shown)
}

impl Somebody {
    fn row(&self, base: &str, words: &Catalogue, clock: &Clock) -> Option<PersonRow> {
        let ours = self.id.len() == 32 && self.id.bytes().all(|byte| byte.is_ascii_hexdigit());
        let moment = self.moment.as_ref();
        ours.then(|| PersonRow {
            id: self.id.clone(),
            name: text::plain(self.name.as_deref()),
            spoken: text::plain(self.name.as_deref().or(Some(&self.sfdc_id))).unwrap_or_default(),
            href: record_page(base, &self.sfdc_id),
            title: text::plain(self.title.as_deref()),
            company: text::plain(self.company.as_deref()),
            stars: Meter::of(self.stars),
            flames: Meter::of(self.flames),
            moment: moment.and_then(|moment| text::plain(moment.description.as_deref()).or_else(|| text::plain(moment.kind.as_deref()))),
            when: moment.and_then(|moment| clock.when(moment.at, words)),
            watched: self.watched,
        })
    }
}
