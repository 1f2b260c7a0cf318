//! What Marketo allows: calls in a sliding window, calls at once, calls a day, exported bytes a day.
//! All are counted, none is pretended.

use std::collections::{BTreeMap, VecDeque};

use serde::{Deserialize, Serialize};

use super::answer::Refusal;
use crate::sandbox::clock::DAY;

/// The limits in force.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Allowance {
    pub calls_per_window: usize,
    pub window_seconds: i64,
    pub in_flight: u32,
    pub calls_per_day: u64,
    pub export_bytes_per_day: u64,
    pub exports_running: usize,
    pub exports_queued: usize,
    /// So many of the next bulk jobs fail.
    pub exports_fail: u32,
    /// Whether a lead export may filter by `updatedAt`; otherwise 1035.
    pub updated_at_filter: bool,
    /// Whether a lead export may ask for the members of a list; otherwise 1035.
    pub list_filter: bool,
    /// How long a bulk job is processed, in milliseconds.
    pub job_ms: i64,
}

impl Default for Allowance {
    fn default() -> Self {
        Self {
            calls_per_window: 100,
            window_seconds: 20,
            in_flight: 10,
            calls_per_day: 50_000,
            export_bytes_per_day: 500_000_000,
            exports_running: 2,
            exports_queued: 10,
            exports_fail: 0,
            updated_at_filter: false,
            list_filter: false,
            job_ms: 1_000,
        }
    }
}

/// The limits and what has been used of them.
#[derive(Debug, Default)]
pub struct Limits {
    pub allowance: Allowance,
    window: VecDeque<i64>,
    in_flight: u32,
    peak_in_flight: u32,
    peak_in_window: usize,
    days: BTreeMap<i64, u64>,
    exported: BTreeMap<i64, u64>,
    errors: BTreeMap<String, u64>,
}

/// What has been used, for `_control` and the usage call.
#[derive(Debug, Clone, Serialize)]
pub struct Used {
    pub today: u64,
    pub in_window: usize,
    pub in_flight: u32,
    pub peak_in_window: usize,
    pub peak_in_flight: u32,
    pub exported_today: u64,
    pub errors: BTreeMap<String, u64>,
}

/// The day in US Central time (without daylight saving, UTC-6) in which a moment lies, in days since the epoch.
pub fn central_day(now: i64) -> i64 {
    (now - 6 * 3600).div_euclid(DAY)
}

/// Codes that Marketo documents as not counted.
const UNCOUNTED: &[&str] = &["601", "602", "604", "605", "608", "611"];

impl Limits {
    /// Nothing used yet.
    pub fn new(allowance: Allowance) -> Self {
        Self { allowance, ..Self::default() }
    }

    /// Lets a call in and counts it, or says which limit it meets. `machine_ms` drives the window, `now` the day.
    pub fn enter(&mut self, machine_ms: i64, now: i64) -> Result<(), Refusal> {
        let day = central_day(now);
        if self.days.get(&day).copied().unwrap_or(0) >= self.allowance.calls_per_day {
            return Err(self.refused("607", format!("Daily quota of '{}' requests exceeded", self.allowance.calls_per_day)));
        }
        self.forget_before(machine_ms - self.allowance.window_seconds * 1000);
        if self.window.len() >= self.allowance.calls_per_window {
            let message =
                format!("Max rate limit '{}' exceeded with in '{}' secs", self.allowance.calls_per_window, self.allowance.window_seconds);
            return Err(self.refused("606", message));
        }
        if self.in_flight >= self.allowance.in_flight {
            return Err(self.refused("615", "Concurrent access limit reached".to_owned()));
        }
        self.window.push_back(machine_ms);
        self.peak_in_window = self.peak_in_window.max(self.window.len());
        *self.days.entry(day).or_default() += 1;
        self.in_flight += 1;
        self.peak_in_flight = self.peak_in_flight.max(self.in_flight);
        Ok(())
    }

    /// A call that was let in has been answered, with this code if it was refused.
    pub fn leave(&mut self, now: i64, code: Option<&str>) {
        self.in_flight = self.in_flight.saturating_sub(1);
        let Some(code) = code else { return };
        *self.errors.entry(code.to_owned()).or_default() += 1;
        if UNCOUNTED.contains(&code) {
            self.window.pop_back();
            if let Some(count) = self.days.get_mut(&central_day(now)) {
                *count = count.saturating_sub(1);
            }
        }
    }

    /// Counts exported bytes.
    pub fn exported(&mut self, now: i64, bytes: u64) {
        *self.exported.entry(central_day(now)).or_default() += bytes;
    }

    /// Whether today's export quota is used up.
    pub fn export_exhausted(&self, now: i64) -> bool {
        self.exported.get(&central_day(now)).copied().unwrap_or(0) >= self.allowance.export_bytes_per_day
    }

    /// What has been used.
    pub fn used(&mut self, machine_ms: i64, now: i64) -> Used {
        self.forget_before(machine_ms - self.allowance.window_seconds * 1000);
        let day = central_day(now);
        Used {
            today: self.days.get(&day).copied().unwrap_or(0),
            in_window: self.window.len(),
            in_flight: self.in_flight,
            peak_in_window: self.peak_in_window,
            peak_in_flight: self.peak_in_flight,
            exported_today: self.exported.get(&day).copied().unwrap_or(0),
            errors: self.errors.clone(),
        }
    }

    /// Forgets everything used; the limits stay.
    pub fn reset(&mut self) {
        *self = Self { allowance: self.allowance.clone(), in_flight: self.in_flight, ..Self::default() };
    }

    fn refused(&mut self, code: &str, message: String) -> Refusal {
        *self.errors.entry(code.to_owned()).or_default() += 1;
        Refusal::new(code, message)
    }

    fn forget_before(&mut self, moment: i64) {
        while self.window.front().is_some_and(|&first| first <= moment) {
            self.window.pop_front();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_window_slides() {
        let mut limits = Limits::default();
        for call in 0..100 {
            limits.enter(call, 0).unwrap();
            limits.leave(0, None);
        }
        assert_eq!(limits.enter(19_999, 0).unwrap_err().code, "606");
        limits.enter(20_000, 0).unwrap();
        assert_eq!(limits.enter(20_000, 0).unwrap_err().code, "606", "only the first call has left the window");
        assert_eq!(limits.used(20_000, 0).peak_in_window, 100);
    }

    #[test]
    fn ten_at_once_and_no_more() {
        let mut limits = Limits::default();
        for _ in 0..10 {
            limits.enter(0, 0).unwrap();
        }
        assert_eq!(limits.enter(0, 0).unwrap_err().code, "615");
        limits.leave(0, None);
        limits.enter(0, 0).unwrap();
    }

    #[test]
    fn the_daily_quota_ends_at_midnight_in_the_middle_of_america() {
        let mut limits = Limits::default();
        limits.allowance.calls_per_day = 2;
        let evening = 20_000 * DAY + 5 * 3600;
        for _ in 0..2 {
            limits.enter(0, evening).unwrap();
            limits.leave(evening, None);
        }
        assert_eq!(limits.enter(0, evening).unwrap_err().code, "607");
        limits.enter(0, evening + 3600).unwrap();
    }

    #[test]
    fn a_refused_token_costs_nothing() {
        let mut limits = Limits::default();
        limits.enter(0, 0).unwrap();
        limits.leave(0, Some("602"));
        let used = limits.used(0, 0);
        assert_eq!((used.today, used.in_window, used.in_flight), (0, 0, 0));
    }
}
