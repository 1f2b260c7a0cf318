//! Which of Marketo's activities the panels show, and in what words we keep them.
//!
//! Type ids differ between instances, so they are looked up by name; the usual ids stand in where an instance has
//! the id under another name.

use std::collections::HashMap;

use serde_json::{Map, Value};

use crate::remote::marketo::activities::{ActivityTypes, RawActivity, TYPES_PER_CALL};
use crate::store::timeline::{Activity, Tab};

struct Shown {
    name: &'static str,
    usual_id: Option<i64>,
    tab: Tab,
    kind: &'static str,
}

const fn shown(name: &'static str, usual_id: i64, tab: Tab, kind: &'static str) -> Shown {
    Shown { name, usual_id: Some(usual_id), tab, kind }
}

// What tells of somebody's interest now; the rest can wait some minutes.
const LIVELY: [&str; 10] =
    ["moment", "visit", "form", "click", "opened", "clicked", "score", "sales_opened", "sales_clicked", "sales_replied"];

// A reply has one name on older instances and another on newer ones, whose id is not published.
static SHOWN: [Shown; 18] = [
    shown("Interesting Moment", 46, Tab::Moments, "moment"),
    shown("Visit Webpage", 1, Tab::Web, "visit"),
    shown("Fill Out Form", 2, Tab::Web, "form"),
    shown("Click Link", 3, Tab::Web, "click"),
    shown("Send Email", 6, Tab::Email, "sent"),
    shown("Email Delivered", 7, Tab::Email, "delivered"),
    shown("Open Email", 10, Tab::Email, "opened"),
    shown("Click Email", 11, Tab::Email, "clicked"),
    shown("Email Bounced", 8, Tab::Email, "bounced"),
    shown("Email Bounced Soft", 27, Tab::Email, "soft_bounced"),
    shown("Unsubscribe Email", 9, Tab::Email, "unsubscribed"),
    shown("Change Score", 22, Tab::Score, "score"),
    shown("Send Sales Email", 39, Tab::Sales, "sales_sent"),
    shown("Open Sales Email", 40, Tab::Sales, "sales_opened"),
    shown("Click Sales Email", 41, Tab::Sales, "sales_clicked"),
    shown("Receive Sales Email", 45, Tab::Sales, "sales_replied"),
    Shown { name: "Replied to Sales Email", usual_id: None, tab: Tab::Sales, kind: "sales_replied" },
    shown("Sales Email Bounced", 48, Tab::Sales, "sales_bounced"),
];

const MERGE: (&str, i64) = ("Merge Leads", 32);

/// Types that one call asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    pub types: Vec<i64>,
    /// What people do is looked at each time; the rest can wait.
    pub lively: bool,
}

/// An instance's activity types, as far as they matter here.
#[derive(Debug, Clone, Default)]
pub struct Catalogue {
    by_id: HashMap<i64, usize>,
    merge: Option<i64>,
}

impl Catalogue {
    /// Looks the shown types up in an instance's list.
    #[must_use]
    pub fn of(types: &ActivityTypes) -> Self {
        let resolve = |name: &str, usual: Option<i64>| types.id(name).or_else(|| usual.filter(|id| types.has(*id)));
        let by_id = SHOWN.iter().enumerate().filter_map(|(place, shown)| Some((resolve(shown.name, shown.usual_id)?, place))).collect();
        Self { by_id, merge: resolve(MERGE.0, Some(MERGE.1)) }
    }

    /// Ids of the shown types, ascending.
    #[must_use]
    pub fn ids(&self) -> Vec<i64> {
        let mut ids: Vec<i64> = self.by_id.keys().copied().collect();
        ids.sort_unstable();
        ids
    }

    /// The shown types, and further ones that the tail must see, in groups that one call can ask for: first those that
    /// cannot wait, unless one call takes all.
    #[must_use]
    pub fn groups(&self, with_merges: bool) -> Vec<Group> {
        let mut ids = self.ids();
        ids.extend(self.merge.filter(|id| with_merges && !self.by_id.contains_key(id)));
        if ids.len() <= TYPES_PER_CALL {
            return ids.chunks(TYPES_PER_CALL).map(|types| Group { types: types.to_vec(), lively: true }).collect();
        }
        let kind = |id: &i64| self.by_id.get(id).and_then(|place| SHOWN.get(*place)).map(|shown| shown.kind);
        let (lively, quiet): (Vec<i64>, Vec<i64>) = ids.into_iter().partition(|id| kind(id).is_some_and(|kind| LIVELY.contains(&kind)));
        let group = |lively: bool| move |types: &[i64]| Group { types: types.to_vec(), lively };
        lively.chunks(TYPES_PER_CALL).map(group(true)).chain(quiet.chunks(TYPES_PER_CALL).map(group(false))).collect()
    }

    /// The ids of those who were merged into somebody, if this activity says so.
    #[must_use]
    pub fn merged(&self, raw: &RawActivity) -> Vec<i64> {
        if Some(raw.type_id) != self.merge {
            return Vec::new();
        }
        let ids = |value: &Value| match value {
            Value::Array(ids) => ids.iter().filter_map(number).collect(),
            Value::String(text) => text.trim_matches(['[', ']']).split(',').filter_map(|id| id.trim().parse().ok()).collect(),
            other => number(other).into_iter().collect(),
        };
        raw.attributes.get("Merge IDs").map(ids).unwrap_or_default()
    }

    /// The activity as we keep it; `None` when no panel shows it.
    #[must_use]
    pub fn keep(&self, raw: &RawActivity) -> Option<Activity> {
        let shown = SHOWN.get(*self.by_id.get(&raw.type_id)?)?;
        if raw.guid.is_empty() || raw.lead_id <= 0 || raw.at <= 0 {
            return None;
        }
        let (subject, detail) = told(shown, raw);
        Some(Activity {
            guid: raw.guid.clone(),
            lead_id: raw.lead_id,
            tab: shown.tab.code(),
            kind: shown.kind.to_owned(),
            happened_at: raw.at,
            subject,
            asset_id: raw.primary_attribute_value_id.map(|id| id.to_string()).or_else(|| raw.attribute("Template ID")),
            detail: Value::Object(detail).to_string(),
        })
    }
}

fn number(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| value.as_str()?.trim().parse().ok())
}

type Detail = Map<String, Value>;

fn told(shown: &Shown, raw: &RawActivity) -> (Option<String>, Detail) {
    let primary = raw.primary_attribute_value.clone();
    let mut detail = Detail::new();
    let mut text = |key: &str, names: &[&str]| {
        if let Some(value) = names.iter().find_map(|name| raw.attribute(name)) {
            detail.insert(key.to_owned(), Value::String(bounded(value)));
        }
    };
    match shown.tab {
        Tab::Moments => {
            text("description", &["Description"]);
            text("source", &["Source"]);
            detail.extend(primary.clone().map(|kind| ("type".to_owned(), Value::String(kind))));
            (primary, detail)
        }
        Tab::Web => {
            text("url", &["Webpage URL", "Link URL"]);
            text("referrer", &["Referrer URL"]);
            text("search", &["Search Query"]);
            text("query", &["Query Parameters"]);
            detail.extend(primary.clone().map(|page| ("page".to_owned(), Value::String(page))));
            (primary, detail)
        }
        Tab::Email => {
            text("run", &["Campaign Run ID"]);
            text("link", &["Link"]);
            text("category", &["Category"]);
            text("details", &["Details"]);
            // Scanners open and click too; what Marketo takes for one is not somebody's interest.
            if raw.attribute("Is Bot Activity").is_some_and(|bot| bot.eq_ignore_ascii_case("true") || bot == "1") {
                detail.insert("bot".to_owned(), Value::Bool(true));
            }
            (primary, detail)
        }
        Tab::Score => {
            text("reason", &["Reason"]);
            for (key, name) in [("old", "Old Value"), ("new", "New Value"), ("change", "Change Value")] {
                let value = raw.attributes.get(name).and_then(signed);
                detail.insert(key.to_owned(), value.map_or(Value::Null, Value::from));
            }
            (primary, detail)
        }
        Tab::Sales => {
            text("sent_by", &["Sent By"]);
            text("template", &["Sales Template Name"]);
            text("link", &["Link"]);
            text("received_by", &["Received By"]);
            text("details", &["Details"]);
            let subject = raw.attribute("Email Subject").map(|subject| without_suffix(&subject).to_owned()).or(primary);
            detail.extend(subject.clone().map(|subject| ("subject".to_owned(), Value::String(subject))));
            (subject, detail)
        }
    }
}

// `+5`, `5`, 5, 5.0
fn signed(value: &Value) -> Option<i64> {
    let text = match value {
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.trim().trim_start_matches('+').to_owned(),
        _ => return None,
    };
    text.split_once('.').map_or(text.as_str(), |(whole, _)| whole).parse().ok()
}

// Sales e-mails are logged with a unique ending, `(SIA-12345678)`.
fn without_suffix(subject: &str) -> &str {
    let Some((before, ending)) = subject.rsplit_once(" (") else { return subject };
    let unique = ending.strip_suffix(')').and_then(|id| id.strip_prefix("SIA-").or_else(|| id.strip_prefix("MSC-")));
    if unique.is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit())) { before } else { subject }
}

// An attribute may be 64 KB; no panel shows more than a few lines.
fn bounded(mut text: String) -> String {
    const LONGEST: usize = 2_000;
    if text.len() > LONGEST {
        let end = (0..=LONGEST).rev().find(|end| text.is_char_boundary(*end)).unwrap_or(0);
        text.truncate(end);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn catalogue() -> Catalogue {
        Catalogue::of(&ActivityTypes::new(vec![
            (46, "Interesting Moment".to_owned()),
            (1, "Visit Webpage".to_owned()),
            (1010, "Click Email".to_owned()),
            (22, "Punktestand geändert".to_owned()),
            (32, "Merge Leads".to_owned()),
            (39, "Send Sales Email".to_owned()),
            (99, "Something Else".to_owned()),
        ]))
    }

    fn raw(value: Value) -> RawActivity {
        serde_json::from_value(value).unwrap()
    }

    fn activity(type_id: i64, primary: &str, attributes: impl Into<Value>) -> RawActivity {
        let attributes = attributes.into();
        raw(json!({"marketoGUID": "9", "leadId": 7, "activityDate": "2026-11-02T08:00:00Z", "activityTypeId": type_id,
            "primaryAttributeValueId": 5, "primaryAttributeValue": primary, "attributes": attributes}))
    }

    #[test]
    fn types_are_found_by_name_then_by_their_usual_id() {
        assert_eq!(catalogue().ids(), [1, 22, 39, 46, 1010]);
        assert_eq!(catalogue().groups(true), [Group { types: vec![1, 22, 39, 46, 1010, 32], lively: true }]);
        let all: Vec<(i64, String)> = SHOWN.iter().filter_map(|shown| Some((shown.usual_id?, shown.name.to_owned()))).collect();
        let groups = Catalogue::of(&ActivityTypes::new(all)).groups(true);
        assert_eq!(groups.iter().map(|group| (group.types.len(), group.lively)).collect::<Vec<_>>(), [(10, true), (7, false)]);
        assert_eq!(groups[0].types, [1, 2, 3, 10, 11, 22, 40, 41, 45, 46]);
        assert!(catalogue().keep(&activity(99, "x", json!([]))).is_none());
    }

    #[test]
    fn each_tab_keeps_what_it_shows() {
        let catalogue = catalogue();
        let kept = catalogue.keep(&activity(46, "Web", json!([{"name": "Description", "value": "Pricing twice"}]))).unwrap();
        assert_eq!((kept.kind.as_str(), kept.tab, kept.subject.as_deref()), ("moment", 1, Some("Web")));
        assert_eq!(serde_json::from_str::<Value>(&kept.detail).unwrap(), json!({"type": "Web", "description": "Pricing twice"}));

        let kept = catalogue
            .keep(&activity(1010, "Spring", json!([{"name": "Is Bot Activity", "value": true}, {"name": "Campaign Run ID", "value": 88}])))
            .unwrap();
        assert_eq!((kept.kind.as_str(), kept.asset_id.as_deref()), ("clicked", Some("5")));
        assert_eq!(serde_json::from_str::<Value>(&kept.detail).unwrap(), json!({"run": "88", "bot": true}));

        let change =
            json!([{"name": "Old Value", "value": 3}, {"name": "New Value", "value": "8"}, {"name": "Change Value", "value": "+5"}]);
        let kept = catalogue.keep(&activity(22, "Lead Score", change)).unwrap();
        assert_eq!(serde_json::from_str::<Value>(&kept.detail).unwrap(), json!({"old": 3, "new": 8, "change": 5}));

        let kept = catalogue.keep(&activity(39, "x", json!({"Email Subject": "Hello (you) (SIA-12345678)", "Sent By": "Ada"}))).unwrap();
        assert_eq!(kept.subject.as_deref(), Some("Hello (you)"));
    }

    #[test]
    fn a_merge_names_those_who_are_gone() {
        let catalogue = catalogue();
        assert_eq!(catalogue.merged(&activity(32, "x", json!([{"name": "Merge IDs", "value": [8, "9"]}]))), [8, 9]);
        assert_eq!(catalogue.merged(&activity(32, "x", json!([{"name": "Merge IDs", "value": "[8, 9]"}]))), [8, 9]);
        assert_eq!(catalogue.merged(&activity(1, "x", json!([{"name": "Merge IDs", "value": [8]}]))), Vec::<i64>::new());
    }

    #[test]
    fn without_a_date_or_a_person_nothing_is_kept() {
        assert!(catalogue().keep(&raw(json!({"marketoGUID": "9", "leadId": 7, "activityTypeId": 1}))).is_none());
    }
}
