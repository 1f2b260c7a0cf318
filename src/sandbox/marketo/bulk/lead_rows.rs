//! The rows of a lead export: everybody created (or changed) in a window, one after the other.

use std::sync::Arc;

use serde_json::Value;

use super::csv::Format;
use crate::sandbox::marketo::fields::{Field, Profile};
use crate::sandbox::world::view::View;

/// Which people a job exports, with which fields, from the world as it was when the job was made.
#[derive(Debug, Clone)]
pub struct LeadRows {
    pub view: View,
    pub fields: Arc<[Field]>,
    /// The window in seconds since the epoch, its end excluded.
    pub window: (i64, i64),
    /// The window is about the last change, not about the creation.
    pub by_update: bool,
    /// Only people who have a record and an owner in Salesforce.
    pub owned_only: bool,
    /// The moment that scores are told for.
    pub as_of: i64,
}

/// So many people are looked at for one chunk of a file.
const CHUNK: u32 = 256;

impl LeadRows {
    /// Where the indexes of people begin that can be in the file.
    pub fn first(&self) -> u32 {
        if self.by_update { 0 } else { self.view.population.created_before(self.window.0) }
    }

    /// How many rows there can be.
    pub fn most(&self) -> u32 {
        let population = &self.view.population;
        if self.by_update { population.count } else { population.created_before(self.window.1) - self.first() }
    }

    /// Writes the rows of the next people from `index` on; the index to go on with, unless that was all.
    pub fn write(&self, index: u32, format: Format, out: &mut String) -> (Option<u32>, u64) {
        let last_born = if self.by_update { self.view.population.count } else { self.view.population.created_before(self.window.1) };
        // Whoever was created by hand comes after those whom the seed gave.
        let from = if index >= last_born { index.max(self.view.population.count) } else { index };
        let mut records = 0;
        let until = from.saturating_add(CHUNK).min(if from < self.view.population.count { last_born } else { self.view.end() });
        for person in (from..until).filter_map(|index| self.view.person(index)) {
            if self.owned_only && (person.owner.is_none() || person.record().is_none()) {
                continue;
            }
            let profile = Profile::of(&self.view, person, self.as_of);
            let moment = if self.by_update { profile.standing.updated } else { profile.person.created };
            if moment < self.window.0 || moment >= self.window.1 {
                continue;
            }
            let values: Vec<Value> = self.fields.iter().map(|field| (field.read)(&profile)).collect();
            format.row(out, &values);
            records += 1;
        }
        let next = if until >= last_born { until.max(self.view.population.count) } else { until };
        ((next < self.view.end()).then_some(next), records)
    }
}
