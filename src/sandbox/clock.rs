//! The clock of the sandbox's world: the wall clock, which `_control` can move. It has nothing to do with
//! the clock of the programs under test, just as Marketo's clock has not.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

/// Milliseconds since the epoch by the machine, whatever the world thinks.
#[expect(clippy::disallowed_methods, reason = "the sandbox is another system with a clock of its own")]
pub fn machine_ms() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
}

/// The world's clock.
#[derive(Debug, Default)]
pub struct WorldClock {
    shift_ms: AtomicI64,
}

impl WorldClock {
    /// Milliseconds since the epoch, as the world sees it.
    pub fn now_ms(&self) -> i64 {
        machine_ms().saturating_add(self.shift_ms.load(Ordering::Relaxed))
    }

    /// Seconds since the epoch, as the world sees it.
    pub fn now(&self) -> i64 {
        self.now_ms().div_euclid(1000)
    }

    /// Moves the clock by so many milliseconds.
    pub fn shift(&self, by_ms: i64) {
        self.shift_ms.fetch_add(by_ms, Ordering::Relaxed);
    }

    /// How far the clock has been moved, in milliseconds.
    pub fn shifted_ms(&self) -> i64 {
        self.shift_ms.load(Ordering::Relaxed)
    }
}

/// Seconds of a day.
pub const DAY: i64 = 86_400;

/// `2026-01-05T10:11:12Z`, the form in which the lead database writes a moment.
pub fn iso(seconds: i64) -> String {
    jiff::Timestamp::from_second(seconds).map(|moment| moment.to_string()).unwrap_or_default()
}

/// The day of a moment as `2026-01-05`.
pub fn iso_day(seconds: i64) -> String {
    iso(seconds).chars().take(10).collect()
}

/// Seconds since the epoch of an ISO 8601 moment with an offset or `Z`; a bare date is its midnight in UTC.
pub fn parse_iso(text: &str) -> Option<i64> {
    let text = text.trim();
    if text.len() == 10 {
        return format!("{text}T00:00:00Z").parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second);
    }
    text.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}
