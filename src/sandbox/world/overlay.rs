//! What happened to the world since it was made: people changed, created, deleted, and things they did.
//! Small, and copied on write, so that a running export keeps the world it began with.

use std::collections::{BTreeMap, HashMap};

use super::feed::Entry;
use super::people::Person;

/// Everything that the seed doesn't know.
#[derive(Debug, Clone, Default)]
pub struct Overlay {
    /// Changed and created people by index.
    pub people: BTreeMap<u32, Person>,
    /// Deleted people by index: when, and what they were called.
    pub deleted: BTreeMap<u32, (i64, String)>,
    /// Who was merged into whom, by index; they are among the deleted, but their activities are the winner's.
    pub merged: BTreeMap<u32, u32>,
    /// Things done, in the order of time and number.
    pub entries: Vec<Entry>,
    /// Field changes, for the feed of changes.
    pub changes: Vec<FieldChange>,
    /// Places in `entries` by person.
    by_person: HashMap<u32, Vec<usize>>,
    /// How many people were created.
    pub created: u32,
}

/// A field that got another value.
#[derive(Debug, Clone)]
pub struct FieldChange {
    pub number: u64,
    pub at: i64,
    pub person: u32,
    pub field: String,
    pub old: Option<String>,
    pub new: Option<String>,
}

impl Overlay {
    /// Adds something done and keeps the order.
    pub fn add(&mut self, entry: Entry) {
        let place = self.entries.partition_point(|known| (known.event.at, known.number) <= (entry.event.at, entry.number));
        self.entries.insert(place, entry);
        self.by_person.clear();
        for (place, known) in self.entries.iter().enumerate() {
            self.by_person.entry(known.event.person).or_default().push(place);
        }
    }

    /// Whose the activities of this person are now; nobody's if the person was deleted.
    pub fn heir(&self, person: u32) -> Option<u32> {
        let mut person = person;
        // Somebody who won may have lost later; nobody loses twice.
        while let Some(&winner) = self.merged.get(&person) {
            person = winner;
        }
        (!self.deleted.contains_key(&person)).then_some(person)
    }

    /// What this person did beyond what the seed says.
    pub fn of_person(&self, person: u32) -> impl Iterator<Item = &Entry> {
        self.by_person.get(&person).into_iter().flatten().filter_map(|&place| self.entries.get(place))
    }
}
