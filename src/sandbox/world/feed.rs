//! Everything that everybody did, in the order of time, told day by day and forgotten again.

use std::collections::HashMap;
use std::sync::Arc;

use super::people::Population;
use super::stories::{Event, Habit, What, tell_live};
use crate::sandbox::clock::DAY;
use crate::sandbox::dice::{Stream, roll};
use crate::sandbox::kept::Kept;

/// An event with its number; numbers grow with time and are the world's `marketoGUID`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub number: u64,
    pub event: Event,
}

/// Where a reader stands: after this second and this number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct Position {
    pub at: i64,
    pub number: u64,
}

impl Entry {
    /// The position right after this entry.
    pub fn position(&self) -> Position {
        Position { at: self.event.at, number: self.number }
    }
}

/// Numbers of one day start here; those from 150,000 up are for what is added by hand.
pub const NUMBERS_A_DAY: u64 = 200_000;
const DAYS_KEPT: usize = 40;
/// A live story may begin every so many seconds.
const LIVE_SECONDS: i64 = 40;

/// The days that were told lately.
#[derive(Debug, Default)]
pub struct Days(Kept<HashMap<i64, Arc<Vec<Entry>>>>);

impl Days {
    /// What happened on a day (days since the epoch), in order.
    pub fn day(&self, population: &Population, day: i64) -> Arc<Vec<Entry>> {
        if let Some(known) = self.0.with(|days| days.get(&day).cloned()) {
            return known;
        }
        let told = Arc::new(tell_day(population, day));
        self.0.with(|days| {
            if days.len() >= DAYS_KEPT {
                days.clear();
            }
            days.insert(day, Arc::clone(&told));
        });
        told
    }
}

fn tell_day(population: &Population, day: i64) -> Vec<Entry> {
    let (start, end) = (day * DAY, (day + 1) * DAY);
    let mut events = Vec::new();
    let stride = population.stride.max(1);
    let (newest, newer) = (population.created_before(start), population.created_before(end));
    for person in (newest..newer).filter(|&person| population.has_history(person)) {
        events.push(Event { at: population.created(person), person, what: What::NewLead });
    }
    if day >= population.first_day() {
        let step = usize::try_from(stride).unwrap_or(usize::MAX);
        for person in (0..newer).step_by(step) {
            Habit::of(population, person).tell(population, day, &mut events);
        }
    }
    if end > population.began && population.count > 0 {
        let first = start.max(population.began).div_euclid(LIVE_SECONDS) + 1;
        for slot in first..end.div_euclid(LIVE_SECONDS) {
            let slot_key = u64::try_from(slot).unwrap_or(0);
            if roll(population.seed, Stream::Live, slot_key, 1) % 100 < 70 {
                tell_live(population, slot_key, slot * LIVE_SECONDS, &mut events);
            }
        }
        events.retain(|event| event.at < end);
    }
    events.sort_by_key(|event| (event.at, event.person));
    let first_number = u64::try_from(day).unwrap_or(0) * NUMBERS_A_DAY;
    (first_number + 1..).zip(events).map(|(number, event)| Entry { number, event }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn population() -> Population {
        Population { seed: 5, count: 5_000, began: 1_790_000_000, stride: 1, history_days: 92 }
    }

    #[test]
    fn a_day_is_the_same_whoever_asks_and_its_numbers_grow() {
        let population = population();
        let day = population.began.div_euclid(DAY) - 3;
        let (one, other) = (Days::default().day(&population, day), Days::default().day(&population, day));
        assert_eq!(one, other);
        assert!(one.windows(2).all(|pair| pair[0].position() < pair[1].position()));
        assert!(one.iter().all(|entry| entry.event.at.div_euclid(DAY) == day));
    }

    #[test]
    fn ninety_days_hold_about_twenty_five_events_a_person() {
        let population = population();
        let days = Days::default();
        let today = population.began.div_euclid(DAY);
        let total: usize = (today - 90..today).map(|day| days.day(&population, day).len()).sum();
        assert!((100_000..150_000).contains(&total), "{total}");
    }
}
