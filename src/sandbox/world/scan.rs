//! Reading the feed: the next so many entries after a position.

use super::World;
use super::feed::{Entry, Position};
use super::view::View;
use crate::sandbox::clock::DAY;

/// Some entries, and whether there are more right now.
#[derive(Debug)]
pub struct Stretch {
    pub entries: Vec<Entry>,
    pub more: bool,
}

impl World {
    /// The next entries after `from` that happened before `until` (seconds since the epoch), at most `limit`.
    pub(in crate::sandbox) fn read_feed(&self, view: &View, from: Position, until: i64, limit: usize) -> Stretch {
        let mut entries = Vec::new();
        let oldest = view.population.created(0).div_euclid(DAY);
        let mut day = from.at.div_euclid(DAY).max(oldest);
        while day * DAY < until {
            for entry in self.merged_day(view, day, until) {
                if entry.position() <= from {
                    continue;
                }
                if entries.len() == limit {
                    return Stretch { entries, more: true };
                }
                entries.push(entry);
            }
            day += 1;
        }
        Stretch { entries, more: false }
    }

    /// What happened on a day before `until`, with what was added by hand.
    pub(in crate::sandbox) fn merged_day(&self, view: &View, day: i64, until: i64) -> Vec<Entry> {
        let told = self.days.day(&view.population, day);
        let end = (day + 1) * DAY;
        let from = view.overlay.entries.partition_point(|entry| entry.event.at < day * DAY);
        let added = view.overlay.entries.iter().skip(from).take_while(|entry| entry.event.at < end);
        let mut all: Vec<Entry> = told.iter().chain(added).filter(|entry| entry.event.at < until).copied().collect();
        all.sort_by_key(Entry::position);
        all
    }
}
