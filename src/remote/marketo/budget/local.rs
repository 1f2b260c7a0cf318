//! The budget's ledger in this process's memory. Its rules are those of the script in `shared.rs`, line by line.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use super::{Limits, Purpose, Verdict};

/// Now, by two clocks: the monotonic one for windows, the wall's for days.
#[derive(Debug, Clone, Copy)]
pub(super) struct Now {
    pub steady_ms: i64,
    pub wall_ms: i64,
}

/// What a ledger knows, for people.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Figures {
    pub used_today: u32,
    pub in_window: u32,
    pub in_flight: u32,
    /// Milliseconds from now; 0 when not paused.
    pub paused_for_ms: i64,
    /// By the wall clock; 0 when the quota is not used up.
    pub quota_until_ms: i64,
    pub reason: String,
    /// Calls that left, by hour of the day and purpose.
    pub hours: BTreeMap<(u8, String), u32>,
}

#[derive(Debug, Default)]
pub(super) struct Local {
    inner: Mutex<Inner>,
}

#[derive(Debug)]
struct Inner {
    entered: VecDeque<(i64, String)>,
    flights: HashMap<String, i64>,
    day: String,
    used: u32,
    hours: BTreeMap<(u8, &'static str), u32>,
    paused_until: i64,
    quota_until: i64,
    reason: String,
    people_waiting_until: i64,
    people_seen_at: i64,
}

impl Default for Inner {
    fn default() -> Self {
        Self {
            entered: VecDeque::new(),
            flights: HashMap::new(),
            day: String::new(),
            used: 0,
            hours: BTreeMap::new(),
            paused_until: 0,
            quota_until: 0,
            reason: String::new(),
            people_waiting_until: 0,
            people_seen_at: i64::MIN / 2,
        }
    }
}

impl Inner {
    fn tidy(&mut self, limits: &Limits, now: Now, day: &str) {
        if self.day != day {
            day.clone_into(&mut self.day);
            self.used = 0;
            self.hours.clear();
        }
        while self.entered.front().is_some_and(|(at, _)| *at <= now.steady_ms - limits.window_ms) {
            self.entered.pop_front();
        }
        self.flights.retain(|_, until| *until > now.steady_ms);
    }
}

impl Local {
    fn with<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner))
    }

    pub(super) fn enter(&self, limits: &Limits, purpose: Purpose, ticket: &str, lease_ms: i64, now: Now, day: &str) -> Verdict {
        self.with(|ledger| {
            ledger.tidy(limits, now, day);
            let allowed = limits.of(purpose);
            if ledger.quota_until > now.wall_ms || ledger.used >= allowed.daily {
                return Verdict::UsedUp { until_ms: ledger.quota_until };
            }
            let background = purpose != Purpose::Interactive;
            let wait = ledger.wait(limits, &allowed, background, now.steady_ms);
            if wait > 0 {
                if !background {
                    ledger.people_waiting_until = now.steady_ms + super::YIELD_MS;
                    ledger.people_seen_at = now.steady_ms;
                }
                return Verdict::Wait { ms: wait };
            }
            if !background {
                ledger.people_waiting_until = 0;
                ledger.people_seen_at = now.steady_ms;
            }
            ledger.used += 1;
            ledger.entered.push_back((now.steady_ms, ticket.to_owned()));
            ledger.flights.insert(ticket.to_owned(), now.steady_ms + lease_ms);
            Verdict::Entered
        })
    }

    /// Notes a call that the shared ledger admitted, so that this one is warm when the shared one is lost.
    pub(super) fn mirror(&self, limits: &Limits, ticket: &str, lease_ms: i64, now: Now, day: &str) {
        self.with(|ledger| {
            ledger.tidy(limits, now, day);
            ledger.used += 1;
            ledger.entered.push_back((now.steady_ms, ticket.to_owned()));
            ledger.flights.insert(ticket.to_owned(), now.steady_ms + lease_ms);
        });
    }

    pub(super) fn leave(&self, ticket: &str, counted: bool) {
        self.with(|ledger| {
            ledger.flights.remove(ticket);
            if !counted && let Some(place) = ledger.entered.iter().position(|(_, entered)| entered == ticket) {
                ledger.entered.remove(place);
                ledger.used = ledger.used.saturating_sub(1);
            }
        });
    }

    /// A counted call of this purpose left in this hour of the day.
    pub(super) fn note(&self, hour: u8, purpose: &'static str) {
        self.with(|ledger| *ledger.hours.entry((hour, purpose)).or_default() += 1);
    }

    /// Marketo has counted so many; what is known to have been called since then stays.
    pub(super) fn at_least(&self, limits: &Limits, used: u32, now: Now, day: &str) {
        self.with(|ledger| {
            ledger.tidy(limits, now, day);
            ledger.used = ledger.used.max(used);
        });
    }

    pub(super) fn pause(&self, for_ms: i64, reason: &str, now: Now) {
        self.with(|ledger| {
            let until = now.steady_ms + for_ms;
            if until > ledger.paused_until {
                ledger.paused_until = until;
                reason.clone_into(&mut ledger.reason);
            }
        });
    }

    pub(super) fn quota(&self, until_ms: i64, reason: &str) {
        self.with(|ledger| {
            ledger.quota_until = until_ms;
            reason.clone_into(&mut ledger.reason);
        });
    }

    pub(super) fn figures(&self, limits: &Limits, now: Now, day: &str) -> Figures {
        self.with(|ledger| {
            ledger.tidy(limits, now, day);
            Figures {
                used_today: ledger.used,
                in_window: u32::try_from(ledger.entered.len()).unwrap_or(u32::MAX),
                in_flight: u32::try_from(ledger.flights.len()).unwrap_or(u32::MAX),
                paused_for_ms: (ledger.paused_until - now.steady_ms).max(0),
                quota_until_ms: if ledger.quota_until > now.wall_ms { ledger.quota_until } else { 0 },
                reason: ledger.reason.clone(),
                hours: ledger.hours.iter().map(|((hour, purpose), calls)| ((*hour, (*purpose).to_owned()), *calls)).collect(),
            }
        })
    }
}

impl Inner {
    // How long to wait before asking again; 0 when there is room now.
    fn wait(&self, limits: &Limits, allowed: &super::Allowed, background: bool, now: i64) -> i64 {
        if self.paused_until > now {
            return self.paused_until - now;
        }
        if background {
            if self.people_waiting_until > now {
                return super::ASK_AGAIN_MS;
            }
            let pace_ms = limits.window_ms / 10;
            let recent = self.entered.iter().filter(|(at, _)| *at > now - pace_ms).count();
            if now - self.people_seen_at < super::PEOPLE_MS && recent >= size(allowed.pace) {
                return super::ASK_AGAIN_MS;
            }
        }
        let window = size(allowed.window);
        if self.entered.len() >= window {
            let oldest = self.entered.get(self.entered.len() - window).map_or(now, |(at, _)| *at);
            return (oldest + limits.window_ms - now).max(1);
        }
        if self.flights.len() >= size(allowed.concurrent) {
            return super::ASK_AGAIN_MS;
        }
        0
    }
}

fn size(count: u32) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}
