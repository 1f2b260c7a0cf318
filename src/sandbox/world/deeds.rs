//! What is done to the world from outside: people created, changed, deleted; things that they do now.

use std::sync::Arc;

use serde::Deserialize;

use super::World;
use super::feed::{Entry, NUMBERS_A_DAY};
use super::overlay::FieldChange;
use super::people::{FIRST_ID, Kind, Person};
use super::stories::{Because, Event, Moment, What};
use super::users::User;
use crate::sandbox::clock::DAY;

/// Fields of a person to set; an empty text clears a field.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct PersonPatch {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub email: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub phone: Option<String>,
    pub lead_source: Option<String>,
    pub lead_score: Option<i64>,
    pub unsubscribed: Option<bool>,
    /// Index of the owner among the org's users.
    pub owner: Option<u32>,
    /// `Lead`, `Contact` or empty.
    pub sfdc_type: Option<String>,
}

impl World {
    fn change_overlay<R>(&self, work: impl FnOnce(&mut super::overlay::Overlay) -> R) -> R {
        self.overlay.with(|overlay| work(Arc::make_mut(overlay)))
    }

    fn entry(overlay: &super::overlay::Overlay, at: i64, person: u32, what: What) -> Entry {
        let day = u64::try_from(at.div_euclid(DAY)).unwrap_or(0);
        let added = u64::try_from(overlay.entries.len()).unwrap_or(0) % 30_000;
        Entry { number: day * NUMBERS_A_DAY + 150_000 + added, event: Event { at, person, what } }
    }

    /// Creates a person now and returns the index; a lead of the first user unless the patch says otherwise.
    pub(in crate::sandbox) fn create_person(&self, patch: &PersonPatch) -> u32 {
        let now = self.clock.now();
        self.change_overlay(|overlay| {
            let index = self.population.count.saturating_add(overlay.created);
            overlay.created += 1;
            let mut person = Person {
                index,
                kind: Kind::Lead,
                owner: Some(0),
                created: now,
                status: Some("Open - Not Contacted".to_owned()),
                source: Some("Web".to_owned()),
                ..Person::default()
            };
            apply(&mut person, patch);
            overlay.people.insert(index, person);
            let entry = Self::entry(overlay, now, index, What::NewLead);
            overlay.add(entry);
            index
        })
    }

    /// Changes a person now; `false` if there is none.
    pub(in crate::sandbox) fn change_person(&self, index: u32, patch: &PersonPatch) -> bool {
        let now = self.clock.now();
        let Some(before) = self.view().person(index) else { return false };
        self.change_overlay(|overlay| {
            let mut person = before.clone();
            apply(&mut person, patch);
            person.changed = Some(now);
            for (field, old, new) in differences(&before, &person) {
                let day = u64::try_from(now.div_euclid(DAY)).unwrap_or(0);
                let number = day * NUMBERS_A_DAY + 180_000 + u64::try_from(overlay.changes.len()).unwrap_or(0) % 20_000;
                overlay.changes.push(FieldChange { number, at: now, person: index, field: field.to_owned(), old, new });
            }
            overlay.people.insert(index, person);
        });
        true
    }

    /// Deletes a person now; `false` if there is none.
    pub(in crate::sandbox) fn delete_person(&self, index: u32) -> bool {
        let Some(person) = self.view().person(index) else { return false };
        let now = self.clock.now();
        self.change_overlay(|overlay| {
            overlay.people.remove(&index);
            overlay.deleted.insert(index, (now, person.name()));
        });
        true
    }

    /// Merges somebody into a person now; `false` unless there are both.
    pub(in crate::sandbox) fn merge_people(&self, winner: u32, loser: u32) -> bool {
        let view = self.view();
        let (Some(_), Some(lost)) = (view.person(winner), view.person(loser).filter(|_| winner != loser)) else { return false };
        let now = self.clock.now();
        drop(view);
        self.change_overlay(|overlay| {
            overlay.people.remove(&loser);
            overlay.deleted.insert(loser, (now, lost.name()));
            overlay.merged.insert(loser, winner);
            let entry = Self::entry(overlay, now, winner, What::Merged { loser });
            overlay.add(entry);
        });
        true
    }

    /// Lets a person do something, so many seconds from now (or ago, if negative).
    pub(in crate::sandbox) fn let_happen(&self, person: u32, in_seconds: i64, what: What) -> u64 {
        let at = self.clock.now() + in_seconds;
        self.change_overlay(|overlay| {
            let entry = Self::entry(overlay, at, person, what);
            overlay.add(entry);
            entry.number
        })
    }

    /// A lead who arrives this minute: created now, with a visit behind them and more to come.
    pub(in crate::sandbox) fn arrive(&self) -> u32 {
        let serial = self.view().overlay.created;
        let index = self.create_person(&PersonPatch {
            first_name: Some("Nova".to_owned()),
            last_name: Some(format!("Ankomst-{}", serial + 1)),
            email: Some(format!("nova.ankomst.{}@post.example", serial + 1)),
            company: Some("Sudden Interest Ltd".to_owned()),
            title: Some("Head of Curiosity".to_owned()),
            phone: Some("+1 (555) 010-0199".to_owned()),
            ..PersonPatch::default()
        });
        let story = [
            (0, What::Visit { page: 2002, referrer: 3, agent: 0, mailing: None }),
            (0, What::Form { form: 1024, agent: 0 }),
            (1, What::Score { change: 30, because: Because::Filled(1024) }),
            (1, What::Moment(Moment::Filled(1024))),
            (45, What::Visit { page: 2006, referrer: 0, agent: 0, mailing: None }),
            (90, What::Visit { page: 2009, referrer: 0, agent: 0, mailing: None }),
            (150, What::Moment(Moment::Pricing(2002))),
        ];
        for (after, what) in story {
            self.let_happen(index, after, what);
        }
        index
    }

    /// The index behind one of Marketo's numbers.
    pub(in crate::sandbox) fn index_of(&self, id: u32) -> Option<u32> {
        id.checked_sub(FIRST_ID).filter(|&index| index < self.view().end())
    }
}

fn apply(person: &mut Person, patch: &PersonPatch) {
    fn set(field: &mut Option<String>, value: Option<&String>) {
        if let Some(value) = value {
            *field = (!value.is_empty()).then(|| value.clone());
        }
    }
    set(&mut person.first, patch.first_name.as_ref());
    set(&mut person.last, patch.last_name.as_ref());
    set(&mut person.email, patch.email.as_ref());
    set(&mut person.company, patch.company.as_ref());
    set(&mut person.title, patch.title.as_ref());
    set(&mut person.phone, patch.phone.as_ref());
    set(&mut person.source, patch.lead_source.as_ref());
    person.score = patch.lead_score.or(person.score);
    person.unsubscribed = patch.unsubscribed.or(person.unsubscribed);
    person.owner = patch.owner.or(person.owner);
    if let Some(kind) = &patch.sfdc_type {
        person.kind = match kind.as_str() {
            "Lead" => Kind::Lead,
            "Contact" => Kind::Contact,
            _ => Kind::Unsynced,
        };
        if person.kind == Kind::Unsynced {
            person.owner = None;
        }
    }
}

type Difference = (&'static str, Option<String>, Option<String>);

fn differences(before: &Person, after: &Person) -> Vec<Difference> {
    let number = |value: Option<i64>| value.map(|value| value.to_string());
    let flag = |value: Option<bool>| value.map(|value| value.to_string());
    let kind = |person: &Person| match person.kind {
        Kind::Lead => Some("Lead".to_owned()),
        Kind::Contact => Some("Contact".to_owned()),
        Kind::Unsynced => None,
    };
    let owner = |person: &Person| person.owner.and_then(User::at).map(User::id);
    let fields: [Difference; 11] = [
        ("sfdcType", kind(before), kind(after)),
        ("sfdcLeadOwnerId", owner(before), owner(after)),
        ("firstName", before.first.clone(), after.first.clone()),
        ("lastName", before.last.clone(), after.last.clone()),
        ("email", before.email.clone(), after.email.clone()),
        ("company", before.company.clone(), after.company.clone()),
        ("title", before.title.clone(), after.title.clone()),
        ("phone", before.phone.clone(), after.phone.clone()),
        ("leadSource", before.source.clone(), after.source.clone()),
        ("leadScore", number(before.score), number(after.score)),
        ("unsubscribed", flag(before.unsubscribed), flag(after.unsubscribed)),
    ];
    fields.into_iter().filter(|(_, old, new)| old != new).collect()
}
