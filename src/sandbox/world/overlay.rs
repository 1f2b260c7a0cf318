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

    /// What this person did beyond what the seed says.
    pub fn of_person(&self, person: u32) -> impl Iterator<Item = &Entry> {
        self.by_person.get(&person).into_iter().flatten().filter_map(|&place| self.entries.get(place))
    }
}
