//! The world as it stands at one moment of its overlay: people and how they are doing.

use std::sync::Arc;

use super::overlay::Overlay;
use super::people::{FIRST_ID, Person, Population};
use super::stories::{Habit, What};
use crate::sandbox::clock::DAY;
use crate::sandbox::dice::{Stream, roll};

/// A reader's hold on the world; cheap to take and to send to another thread.
#[derive(Debug, Clone)]
pub struct View {
    pub population: Arc<Population>,
    pub overlay: Arc<Overlay>,
}

/// How a person is doing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Standing {
    pub score: i64,
    /// What the score gained in the seven days before it last changed, or before today began if that is later: Marketo
    /// counts anew when a score changes and every night, and at no other time (`facts/product-package.md`, stars and flames).
    pub lately: i64,
    pub unsubscribed: bool,
    /// When Marketo last wrote to the person, in seconds since the epoch.
    pub updated: i64,
}

impl Standing {
    /// The stars: how good, 0 to 3.
    pub fn stars(&self) -> i64 {
        match self.score {
            ..20 => 0,
            20..45 => 1,
            45..80 => 2,
            _ => 3,
        }
    }

    /// The flames: how urgent, 0 to 3.
    pub fn flames(&self) -> i64 {
        match self.lately {
            ..3 => 0,
            3..8 => 1,
            8..20 => 2,
            _ => 3,
        }
    }

    /// Stars and flames in one number, the greater the sooner.
    pub fn priority(&self) -> i64 {
        self.flames() * 10 + self.stars() * 5 + self.lately.clamp(0, 4)
    }
}

impl View {
    /// One more than the index of the newest person.
    pub fn end(&self) -> u32 {
        self.population.count.saturating_add(self.overlay.created)
    }

    /// The person with this index, unless deleted.
    pub fn person(&self, index: u32) -> Option<Person> {
        if self.overlay.deleted.contains_key(&index) {
            return None;
        }
        self.overlay.people.get(&index).cloned().or_else(|| self.population.person(index))
    }

    /// The person with this number of Marketo's.
    pub fn by_id(&self, id: u32) -> Option<Person> {
        self.person(id.checked_sub(FIRST_ID)?)
    }

    /// Everybody with this address.
    pub fn by_email(&self, email: &str) -> Vec<Person> {
        let mut found: Vec<u32> = self.population.by_email(email);
        found.extend(self.overlay.people.keys());
        found.sort_unstable();
        found.dedup();
        let same = |person: &Person| person.email.as_deref().is_some_and(|known| known.eq_ignore_ascii_case(email));
        found.into_iter().filter_map(|index| self.person(index)).filter(same).collect()
    }

    /// The people of an account.
    pub fn of_account(&self, account: u32) -> Vec<Person> {
        let mut found = self.population.employees(account);
        found.extend(self.overlay.people.keys());
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|index| self.person(index)).filter(|person| person.account == Some(account)).collect()
    }

    /// How a person is doing at this moment.
    pub fn standing(&self, person: &Person, now: i64) -> Standing {
        let population = &self.population;
        let index = person.index;
        let mut standing = Standing {
            score: i64::try_from(roll(population.seed, Stream::Engagement, u64::from(index), 3) % 24).unwrap_or(0),
            lately: 0,
            unsubscribed: index < population.count && population.opted_out(index),
            updated: person.created,
        };
        let mut gains = Vec::new();
        let mut count = |at: i64, what: What| {
            if at > now {
                return;
            }
            match what {
                What::Score { change, .. } => {
                    standing.score = (standing.score + change).max(0);
                    standing.updated = standing.updated.max(at);
                    gains.push((at, change));
                }
                What::Changed { .. } | What::Bounced { .. } => standing.updated = standing.updated.max(at),
                What::Unsubscribed { .. } => standing.unsubscribed = true,
                _ => {}
            }
        };
        if index < population.count && population.has_history(index) {
            let habit = Habit::of(population, index);
            let mut events = Vec::new();
            for day in population.first_day()..=now.div_euclid(DAY) {
                habit.tell(population, day, &mut events);
            }
            for event in events {
                count(event.at, event.what);
            }
        }
        for entry in self.overlay.of_person(index) {
            count(entry.event.at, entry.event.what);
        }
        let counted = gains.iter().map(|(at, _)| *at).fold(now.div_euclid(DAY) * DAY, i64::max);
        standing.lately = gains.iter().filter(|(at, _)| *at > counted - 7 * DAY).map(|(_, change)| change).sum();
        standing.score = person.score.unwrap_or(standing.score).max(0);
        standing.unsubscribed = person.unsubscribed.unwrap_or(standing.unsubscribed);
        standing.updated = standing.updated.max(person.changed.unwrap_or(0));
        standing
    }

    /// The score right before a moment.
    pub fn score_before(&self, index: u32, moment: i64) -> i64 {
        self.person(index).map_or(0, |person| self.standing(&Person { score: None, ..person }, moment - 1).score)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn how_a_person_is_doing_changes_with_a_score_or_at_night_only() {
        let began = 1_790_000_000;
        let population = Population { seed: 5, count: 2_000, began, stride: 1, history_days: 92 };
        let view = View { population: Arc::new(population), overlay: Arc::default() };
        let midnight = began.div_euclid(DAY) * DAY;
        let mut faded = 0;
        for index in 0..2_000 {
            let Some(person) = view.person(index) else { continue };
            let at = |moment: i64| view.standing(&person, moment);
            for hour in 0..23 {
                let (before, after) = (at(midnight + hour * 3_600), at(midnight + (hour + 1) * 3_600));
                if before.score == after.score && before.updated == after.updated {
                    assert_eq!(before.priority(), after.priority(), "person {index}, hour {hour}");
                }
            }
            let (evening, morning) = (at(midnight + DAY - 1), at(midnight + DAY));
            faded += i32::from(evening.updated == morning.updated && evening.priority() > morning.priority());
        }
        assert!(faded > 0, "nights let urgency fade");
    }
}
