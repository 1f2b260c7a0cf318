//! The head of an account's or opportunity's panel: whose activity it shows, what happened last, and one of them to choose.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::Catalogue;
use super::person::{ASK_AGAIN, did};
use super::times::{Clock, When};
use super::{PageError, text};

/// A person as the account names them in a row.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    id: String,
    sfdc_id: String,
    name: Option<String>,
}

/// The same, ready for a template.
#[derive(Debug, Clone, Serialize)]
pub(super) struct Who {
    id: String,
    name: Option<String>,
}

impl Named {
    /// Ready for a template; nobody where the id is not one of ours.
    pub(super) fn who(&self) -> Option<Who> {
        let plain = self.id.len() == 32 && self.id.bytes().all(|byte| byte.is_ascii_hexdigit());
        plain.then(|| Who { id: self.id.clone(), name: text::plain(self.name.as_deref()) })
    }
}

#[derive(Debug, Deserialize)]
struct Head {
    object: String,
    company: Option<String>,
    people: Vec<Somebody>,
    more: bool,
    history: String,
    last_activity: Option<Last>,
}

#[derive(Debug, Deserialize)]
struct Somebody {
    #[serde(flatten)]
    named: Named,
    title: Option<String>,
    role: Option<String>,
}

#[derive(Debug, Deserialize)]
struct Last {
    at: i64,
    kind: String,
    subject: Option<String>,
    person: Option<Named>,
}

/// Ready for the template.
#[derive(Debug, Serialize)]
pub(super) struct View {
    offset: i64,
    company: Option<String>,
    count: usize,
    more: bool,
    of_opportunity: bool,
    people: Vec<Choice>,
    last: Option<LastView>,
    retry_after: Option<u32>,
}

/// One of the people to choose from.
#[derive(Debug, Serialize)]
struct Choice {
    id: String,
    name: Option<String>,
    /// Role or title.
    part: Option<String>,
    /// Where the record opens.
    href: Option<String>,
}

#[derive(Debug, Serialize)]
struct LastView {
    who: Option<String>,
    did: String,
    subject: Option<String>,
    when: When,
}

/// The head for the account's answer; `base` is the address of the org.
///
/// # Errors
/// When a field has another type than the contract says.
pub(super) fn view(head: &Value, base: &str, words: &Catalogue, clock: &Clock) -> Result<View, PageError> {
    let head = Head::deserialize(head)?;
    let last = head.last_activity.as_ref().and_then(|last| {
        Some(LastView {
            who: last.person.as_ref().and_then(|person| text::plain(person.name.as_deref())),
            did: did(&last.kind),
            subject: text::plain(last.subject.as_deref()),
            when: clock.when(last.at, words)?,
        })
    });
    let option = |somebody: &Somebody| {
        let who = somebody.named.who()?;
        Some(Choice {
            id: who.id,
            name: who.name,
            part: text::plain(somebody.role.as_deref()).or_else(|| text::plain(somebody.title.as_deref())),
            href: record_page(base, &somebody.named.sfdc_id),
        })
    };
    Ok(View {
        offset: clock.offset,
        company: text::plain(head.company.as_deref()),
        count: head.people.len(),
        more: head.more,
        of_opportunity: head.object == "Opportunity",
        people: head.people.iter().filter_map(option).collect(),
        last,
        retry_after: (head.history == "loading").then_some(ASK_AGAIN),
    })
}

/// Where a lead's or contact's record opens in the org.
pub(super) fn record_page(base: &str, sfdc_id: &str) -> Option<String> {
    let object = match sfdc_id.get(..3)? {
        "00Q" => "Lead",
        "003" => "Contact",
        _ => return None,
    };
    let plain = matches!(sfdc_id.len(), 15 | 18) && sfdc_id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let address = format!("{}/lightning/r/{object}/{sfdc_id}/view", base.trim_end_matches('/'));
    text::link(Some(&address)).filter(|_| plain).map(String::from)
}

#[cfg(test)]
mod tests {
    use super::record_page;

    #[test]
    fn only_records_of_people_have_a_page() {
        let page = record_page("https://acme.my.salesforce.com/", "003Aa00000ABcdeMAD").unwrap();
        assert_eq!(page, "https://acme.my.salesforce.com/lightning/r/Contact/003Aa00000ABcdeMAD/view");
        for id in ["", "001Aa00000ABcdeMAD", "003", "003Aa00000ABcde../"] {
            assert_eq!(record_page("https://acme.my.salesforce.com", id), None, "{id}");
        }
        assert_eq!(record_page("javascript:alert(1)//", "003Aa00000ABcdeMAD"), None);
    }
}
