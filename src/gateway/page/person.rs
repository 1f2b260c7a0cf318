//! The head of the panel: is this person hot, and what happened last.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::Catalogue;
use super::times::{Clock, When};
use super::{PageError, text};

/// Seconds after which a panel whose history is still arriving asks again.
pub(super) const ASK_AGAIN: u32 = 5;

/// The account's `Person`, as far as it is shown.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Person {
    name: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
    title: Option<String>,
    score: Option<i64>,
    score_percentile: Option<i64>,
    stars: Option<u8>,
    flames: Option<u8>,
    last_moment: Option<LastMoment>,
    last_activity: Option<LastActivity>,
    history: Option<String>,
}

#[derive(Debug, Deserialize)]
struct LastMoment {
    at: i64,
    description: Option<String>,
}

#[derive(Debug, Deserialize)]
struct LastActivity {
    at: i64,
    kind: String,
    subject: Option<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct PersonView {
    offset: i64,
    name: Option<String>,
    role: Option<String>,
    stars: Meter,
    flames: Meter,
    scored: bool,
    score: i64,
    rank: Option<Rank>,
    last: Option<Last>,
    retry_after: Option<u32>,
}

/// Three lights, of which some are lit.
#[derive(Debug, Serialize)]
pub(super) struct Meter {
    count: u8,
    lit: [bool; 3],
}

/// What a score means among everybody else's.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Rank {
    key: &'static str,
    percent: i64,
}

#[derive(Debug, Serialize)]
struct Last {
    /// The message that says what was done.
    did: String,
    subject: Option<String>,
    when: When,
}

/// What people do, as the account names it; each has a message `did-…`.
const KINDS: [&str; 17] = [
    "moment",
    "visit",
    "form",
    "click",
    "sent",
    "delivered",
    "opened",
    "clicked",
    "bounced",
    "soft_bounced",
    "unsubscribed",
    "score",
    "sales_sent",
    "sales_opened",
    "sales_clicked",
    "sales_replied",
    "sales_bounced",
];

/// The message that says what somebody did.
pub(super) fn did(kind: &str) -> String {
    let known = KINDS.into_iter().find(|known| *known == kind).unwrap_or("other");
    format!("did-{known}")
}

/// The head for an account's `Person`.
///
/// # Errors
/// When a field has another type than the contract says.
pub(super) fn view(person: &Value, words: &Catalogue, clock: &Clock) -> Result<PersonView, PageError> {
    let person = Person::deserialize(person)?;
    let last = person.last(words, clock);
    Ok(PersonView {
        offset: clock.offset,
        name: person.name(),
        role: joined(", ", text::plain(person.title.as_deref()), text::plain(person.company.as_deref())),
        stars: Meter::of(person.stars),
        flames: Meter::of(person.flames),
        scored: person.score.is_some(),
        score: person.score.unwrap_or_default(),
        rank: person.score_percentile.map(Rank::of),
        last,
        retry_after: (person.history.as_deref() == Some("loading")).then_some(ASK_AGAIN),
    })
}

// === impl Person ===

impl Person {
    fn name(&self) -> Option<String> {
        let parts = || joined(" ", text::plain(self.first_name.as_deref()), text::plain(self.last_name.as_deref()));
        text::plain(self.name.as_deref()).or_else(parts)
    }

    fn last(&self, words: &Catalogue, clock: &Clock) -> Option<Last> {
        if let Some(activity) = &self.last_activity {
            let when = clock.when(activity.at, words)?;
            return Some(Last { did: did(&activity.kind), subject: text::plain(activity.subject.as_deref()), when });
        }
        let moment = self.last_moment.as_ref()?;
        let when = clock.when(moment.at, words)?;
        Some(Last { did: "did-moment".to_owned(), subject: text::plain(moment.description.as_deref()), when })
    }
}

impl Meter {
    pub(super) fn of(count: Option<u8>) -> Self {
        let count = count.unwrap_or_default().min(3);
        Self { count, lit: [count > 0, count > 1, count > 2] }
    }
}

impl Rank {
    /// `below` is the share of people with a lower score, in percent.
    fn of(below: i64) -> Self {
        let below = below.clamp(0, 100);
        if below >= 50 { Self { key: "rank-top", percent: (100 - below).max(1) } } else { Self { key: "rank-above", percent: below } }
    }
}

fn joined(between: &str, first: Option<String>, second: Option<String>) -> Option<String> {
    match (first, second) {
        (Some(first), Some(second)) => Some(format!("{first}{between}{second}")),
        (first, second) => first.or(second),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_score_is_said_with_its_meaning() {
        assert_eq!(Rank::of(90), Rank { key: "rank-top", percent: 10 });
        assert_eq!(Rank::of(100), Rank { key: "rank-top", percent: 1 });
        assert_eq!(Rank::of(30), Rank { key: "rank-above", percent: 30 });
        assert_eq!(Rank::of(-5), Rank { key: "rank-above", percent: 0 });
    }
}
