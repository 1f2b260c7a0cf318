//! An event in Marketo's words: type, primary attribute, attributes.

use std::fmt::Write;

use serde_json::{Value, json};

use super::catalogue;
use super::feed::Entry;
use super::stories::{Because, Moment, What};
use super::users::USERS;
use super::view::View;
use crate::sandbox::clock::iso_day;

/// An activity as Marketo records it.
#[derive(Debug, Clone)]
pub struct Activity {
    pub guid: String,
    /// Absent on some records, as on instances that Marketo has migrated.
    pub id: Option<u64>,
    pub lead: u32,
    pub at: i64,
    pub type_id: u32,
    pub campaign: Option<u32>,
    pub primary_id: Option<u32>,
    pub primary: Option<String>,
    pub attributes: Vec<(&'static str, Value)>,
}

/// Tells an entry of the feed as Marketo would; nothing if the person was deleted.
pub fn activity(view: &View, entry: &Entry) -> Option<Activity> {
    let event = entry.event;
    let heir = view.overlay.heir(event.person)?;
    let lead = super::people::FIRST_ID.saturating_add(heir);
    let mut told = Activity {
        guid: entry.number.to_string(),
        id: (!entry.number.is_multiple_of(37)).then_some(entry.number),
        lead,
        at: event.at,
        type_id: event.what.type_id(),
        campaign: None,
        primary_id: None,
        primary: None,
        attributes: Vec::new(),
    };
    words(view, entry, &mut told);
    told.attributes.retain(|(_, value)| !value.is_null() && value.as_str() != Some(""));
    Some(told)
}

fn words(view: &View, entry: &Entry, told: &mut Activity) {
    match entry.event.what {
        What::Merged { loser } => {
            told.attributes =
                vec![("Merge IDs", json!([super::people::FIRST_ID.saturating_add(loser)])), ("Merged in Sales", json!(false))];
        }
        What::Visit { page, referrer, agent, mailing } => visit(told, entry.number, page, referrer, agent, mailing),
        What::Form { form, agent } => fill(view, told, entry, form, agent),
        What::Click { link, page, agent } => {
            primary(told, link, link_address(link));
            told.attributes = vec![
                ("Client IP Address", json!(address(entry.event.person))),
                ("Query Parameters", json!("")),
                ("Referrer URL", json!(page_address(page))),
                ("User Agent", json!(user_agent(agent).0)),
                ("Webpage ID", json!(page)),
            ];
        }
        What::Sent { mailing, run } | What::Delivered { mailing, run } => {
            mail(told, mailing, run);
        }
        What::Bounced { mailing, run, why, .. } => {
            mail(told, mailing, run);
            let (category, subcategory, details) = at(catalogue::BOUNCES, why);
            let email = view.person(entry.event.person).and_then(|person| person.email);
            told.attributes.extend([
                ("Category", json!(category)),
                ("Details", json!(details)),
                ("Email", json!(email)),
                ("Subcategory", json!(subcategory)),
            ]);
        }
        What::Opened { mailing, run, agent, bot } => {
            mail(told, mailing, run);
            device(told, agent, bot);
        }
        What::ClickedMail { mailing, run, agent } => {
            mail(told, mailing, run);
            device(told, agent, false);
            let link = mailing_link(mailing);
            told.attributes.extend([
                ("Is Predictive", json!(false)),
                ("Link", json!(link)),
                ("Link ID", json!((3_000 + mailing).to_string())),
            ]);
        }
        What::Unsubscribed { mailing, run } => {
            mail(told, mailing, run);
            told.attributes.retain(|(name, _)| !matches!(*name, "Choice Number" | "Step ID"));
            told.attributes.extend([
                ("Client IP Address", json!(address(entry.event.person))),
                ("Webform ID", json!(1_001)),
                ("Webpage ID", json!(2_099)),
            ]);
        }
        What::NewLead => new_lead(view, told, entry),
        What::Changed { field, reason } => change(view, told, entry, field, reason),
        What::Score { change, because } => {
            let old = view.score_before(entry.event.person, entry.event.at);
            primary(told, 69, "Person Score".to_owned());
            told.campaign = Some(1_301);
            let sign = if change < 0 { "" } else { "+" };
            told.attributes = vec![
                ("Change Value", json!(format!("{sign}{change}"))),
                ("New Value", json!((old + change).max(0).to_string())),
                ("Old Value", json!(old.to_string())),
                ("Reason", json!(reason(because))),
            ];
        }
        What::Moment(moment) => interesting(told, entry.event.at, moment),
        What::SalesSent { template, serial } | What::SalesOpened { template, serial } => sales(view, told, entry, template, serial),
        What::SalesClicked { template, serial } => {
            sales(view, told, entry, template, serial);
            told.attributes.insert(0, ("Link", json!(format!("{}/pricing", catalogue::SITE))));
        }
        What::SalesReplied { template, serial } => {
            sales(view, told, entry, template, serial);
            let by = told.attributes.iter().find(|(name, _)| *name == "Sent By").map(|(_, value)| value.clone());
            told.attributes.retain(|(name, _)| matches!(*name, "Source" | "Marketo Sales Person ID"));
            told.attributes.insert(0, ("Received By", json!(by)));
        }
        What::SalesBounced { template, serial } => {
            sales(view, told, entry, template, serial);
            told.attributes.retain(|(name, _)| matches!(*name, "Sent By" | "Marketo Sales Person ID" | "Template ID"));
            let email = view.person(entry.event.person).and_then(|person| person.email);
            told.attributes.extend([("Details", json!("550 5.1.1 No such user here")), ("Email", json!(email))]);
        }
    }
}

fn primary(told: &mut Activity, id: u32, value: String) {
    told.primary_id = Some(id);
    told.primary = Some(value);
}

fn visit(told: &mut Activity, number: u64, page: u32, referrer: u8, agent: u8, mailing: Option<u32>) {
    let (path, title) = catalogue::PAGES.iter().find(|(id, _, _)| *id == page).map_or(("/", "Home"), |(_, path, title)| (path, title));
    primary(told, page, title.to_owned());
    let (path, own_query) = path.split_once('?').unwrap_or((path, ""));
    let (referring, engine, search) = at(catalogue::REFERRERS, referrer);
    let query = match mailing {
        Some(mailing) => format!("mkt_tok=NDE3LURFTS0w{mailing}A{number}"),
        None if engine == "Google" && number.is_multiple_of(3) => "utm_source=google&utm_medium=cpc&utm_campaign=forecasting".to_owned(),
        None => own_query.to_owned(),
    };
    told.attributes = vec![
        ("Client IP Address", json!(address(told.lead))),
        ("Query Parameters", json!(query)),
        ("Referrer URL", json!(referring)),
        ("Search Engine", json!(engine)),
        ("Search Query", json!(search)),
        ("User Agent", json!(user_agent(agent).0)),
        ("Webpage URL", json!(path)),
    ];
}

fn fill(view: &View, told: &mut Activity, entry: &Entry, form: u32, agent: u8) {
    let (name, page) = catalogue::FORMS.iter().find(|(id, _, _, _)| *id == form).map_or(("", 2001), |(_, name, page, _)| (*name, *page));
    primary(told, form, name.to_owned());
    let person = view.person(entry.event.person).unwrap_or_default();
    let mut fields = String::new();
    let answers = [
        ("Email", person.email.unwrap_or_default()),
        ("FirstName", person.first.unwrap_or_default()),
        ("LastName", person.last.unwrap_or_default()),
    ];
    for (name, value) in &answers {
        // A String takes whatever is written to it.
        let _ = write!(fields, "s:{}:\"{name}\";s:{}:\"{value}\";", name.len(), value.len());
    }
    told.attributes = vec![
        ("Client IP Address", json!(address(told.lead))),
        ("Form Fields", json!(format!("a:{}:{{{fields}}}", answers.len()))),
        ("Query Parameters", json!("")),
        ("Referrer URL", json!(page_address(page))),
        ("User Agent", json!(user_agent(agent).0)),
        ("Webpage ID", json!(page)),
    ];
}

fn mail(told: &mut Activity, mailing: u32, run: u32) {
    let (name, campaign) =
        catalogue::MAILINGS.iter().find(|(id, _, _, _)| *id == mailing).map_or(("", 1_200), |(_, name, campaign, _)| (*name, *campaign));
    primary(told, mailing, name.to_owned());
    told.campaign = Some(campaign);
    told.attributes = vec![
        ("Campaign Run ID", json!(run)),
        ("Choice Number", json!(0)),
        ("Has Predictive", json!(false)),
        ("Step ID", json!(campaign + 4_000)),
        ("Test Variant", json!(0)),
    ];
}

fn device(told: &mut Activity, agent: u8, bot: bool) {
    let (words, platform, device, mobile) = user_agent(agent);
    if bot {
        told.attributes.push(("Bot Activity Pattern", json!("Link scanner")));
    }
    told.attributes.extend([
        ("Device", json!(device)),
        ("Is Bot Activity", json!(bot)),
        ("Is Mobile Device", json!(mobile)),
        ("Platform", json!(platform)),
        ("User Agent", json!(words)),
    ]);
}

fn new_lead(view: &View, told: &mut Activity, entry: &Entry) {
    let person = view.person(entry.event.person).unwrap_or_default();
    primary(told, told.lead, person.name());
    let synced = person.record().is_some();
    told.attributes = vec![
        ("Created Date", json!(iso_day(entry.event.at))),
        ("Lead Source", json!(person.source)),
        ("SFDC Type", json!(if synced { Some(if person.account.is_some() { "Contact" } else { "Lead" }) } else { None })),
        ("Source Type", json!(if synced { "Salesforce.com" } else { "Web form fillout" })),
    ];
}

fn change(view: &View, told: &mut Activity, entry: &Entry, field: u8, why: u8) {
    let (id, name, old, new) = changed_field(view, entry, field);
    primary(told, id, name.to_owned());
    let reason = at(catalogue::REASONS, why);
    told.attributes = vec![
        ("New Value", json!(new)),
        ("Old Value", json!(old)),
        ("Reason", json!(reason)),
        ("Source", json!(if reason.starts_with("SFDC") { "SFDC Sync" } else { "Marketo Flow Action" })),
    ];
}

/// Which field a change concerns: number, REST name, old and new value.
pub fn changed_field(view: &View, entry: &Entry, field: u8) -> (u32, &'static str, String, String) {
    let person = view.person(entry.event.person).unwrap_or_default();
    let other = |list: &'static [&'static str]| {
        let place = usize::try_from(entry.number % u64::try_from(list.len()).unwrap_or(1)).unwrap_or(0);
        list.get(place).copied().unwrap_or_default().to_owned()
    };
    match field {
        0 => (48, "leadStatus", other(catalogue::LEAD_STATUSES), person.status.unwrap_or_default()),
        1 => (6, "title", other(catalogue::TITLES), person.title.unwrap_or_default()),
        2 => (12, "leadSource", other(catalogue::LEAD_SOURCES), person.source.unwrap_or_default()),
        _ => (9, "phone", String::new(), person.phone.unwrap_or_default()),
    }
}

fn interesting(told: &mut Activity, at: i64, moment: Moment) {
    let (kind, text, campaign) = match moment {
        Moment::Filled(form) => {
            let name = catalogue::FORMS.iter().find(|(id, _, _, _)| *id == form).map_or("", |(_, name, _, _)| *name);
            ("Web", format!("Filled out the form \"{}\"", name.rsplit('.').next().unwrap_or(name)), 1_302)
        }
        Moment::Pricing(_) => ("Web", "Looked at the pricing page".to_owned(), 1_303),
        Moment::Clicked(mailing) => {
            let name = catalogue::MAILINGS.iter().find(|(id, _, _, _)| *id == mailing).map_or("", |(_, name, _, _)| *name);
            ("Email", format!("Clicked in the e-mail \"{}\"", name.split_once('.').map_or(name, |(_, rest)| rest)), 1_304)
        }
        Moment::Milestone(which) => {
            let (kind, text, campaign) = self::at(catalogue::MILESTONES, which);
            (kind, text.to_owned(), campaign)
        }
    };
    told.campaign = Some(campaign);
    told.primary = Some(kind.to_owned());
    told.attributes = vec![("Date", json!(iso_day(at))), ("Description", json!(text)), ("Source", json!(format!("Campaign {campaign}")))];
}

fn sales(view: &View, told: &mut Activity, entry: &Entry, template: u32, serial: u32) {
    let (name, subject) =
        catalogue::SALES_TEMPLATES.iter().find(|(id, _, _)| *id == template).map_or(("", ""), |(_, name, subject)| (*name, *subject));
    let owner = view
        .person(entry.event.person)
        .and_then(|person| person.owner)
        .unwrap_or(entry.event.person % u32::try_from(USERS.len()).unwrap_or(1));
    let by = super::users::User::at(owner).unwrap_or_default();
    let subject = format!("{subject} (SIA-{serial})");
    primary(told, serial, subject.clone());
    told.attributes = vec![
        ("Sent By", json!(by.username())),
        ("Source", json!("Sales App")),
        ("Template ID", json!(template)),
        ("Sales Template Name", json!(name)),
        ("Email Subject", json!(subject)),
        ("Marketo Sales Person ID", json!(by.id())),
    ];
}

fn reason(because: Because) -> String {
    let page = |id: u32| catalogue::PAGES.iter().find(|(page, _, _)| *page == id).map_or("a page", |(_, _, title)| *title);
    match because {
        Because::Visited(id) => format!("Visited {}", page(id)),
        Because::Filled(form) => {
            format!("Filled out {}", catalogue::FORMS.iter().find(|(id, _, _, _)| *id == form).map_or("", |(_, name, _, _)| *name))
        }
        Because::Opened(mailing) => format!("Opened {}", mailing_name(mailing)),
        Because::Clicked(mailing) => format!("Clicked in {}", mailing_name(mailing)),
        Because::Unsubscribed => "Unsubscribed".to_owned(),
        Because::Idle => "No activity for 30 days".to_owned(),
    }
}

fn mailing_name(mailing: u32) -> &'static str {
    catalogue::MAILINGS.iter().find(|(id, _, _, _)| *id == mailing).map_or("", |(_, name, _, _)| *name)
}

fn mailing_link(mailing: u32) -> &'static str {
    catalogue::MAILINGS.iter().find(|(id, _, _, _)| *id == mailing).map_or("", |(_, _, _, link)| *link)
}

fn page_address(page: u32) -> String {
    let path = catalogue::PAGES.iter().find(|(id, _, _)| *id == page).map_or("/", |(_, path, _)| *path);
    format!("{}{path}", catalogue::SITE)
}

fn link_address(link: u32) -> String {
    catalogue::LINKS.iter().find(|(id, _)| *id == link).map_or("", |(_, address)| *address).to_owned()
}

fn user_agent(agent: u8) -> (&'static str, &'static str, &'static str, bool) {
    at(catalogue::AGENTS, agent)
}

/// An address from the block that is kept for documentation.
fn address(person: u32) -> String {
    format!("203.0.113.{}", 1 + person % 254)
}

fn at<T: Copy + Default>(list: &[T], place: u8) -> T {
    list.get(usize::from(place)).copied().unwrap_or_default()
}
