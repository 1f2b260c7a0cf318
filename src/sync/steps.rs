//! Whether the clock by which things wait was set while they waited.
//!
//! What may have arrived without our knowing is looked up after the settle time. When the clock is set on, or the machine slept,
//! that time is over by the clock although it did not pass.

use std::sync::{Mutex, PoisonError};

/// By how much two looks may differ without a step: what a slow database takes to answer.
const TOLERANCE_MS: i64 = 2_000;

/// What was seen of a clock.
#[derive(Debug, Default)]
pub(super) struct Steps(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// What the clock said, and how long this process ran by then.
    last: Option<(i64, i64)>,
    /// How many steps forward there were, and how long this process ran at the last one.
    forward: u64,
    at: i64,
}

impl Steps {
    /// Takes down what the clock says when this process has run for `steady_ms`.
    pub(super) fn note(&self, now_ms: i64, steady_ms: i64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let step = seen.last.map_or(0, |(now, steady)| (now_ms - now) - (steady_ms - steady));
        if step > TOLERANCE_MS {
            tracing::warn!(step_ms = step, "the clock was set on");
            seen.forward += 1;
            seen.at = steady_ms;
        }
        // Of two that look at once, the later look counts.
        if seen.last.is_none_or(|(_, steady)| steady <= steady_ms) {
            seen.last = Some((now_ms, steady_ms));
        }
    }

    /// How many steps forward there were.
    pub(super) fn forward(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).forward
    }

    /// Whether the last step forward was less than so many milliseconds before the last look.
    pub(super) fn forward_within(&self, ms: i64) -> bool {
        let seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        seen.forward > 0 && seen.last.is_some_and(|(_, steady)| steady - seen.at < ms)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_clock_that_runs_ahead_of_what_passed_was_set_on() {
        let steps = Steps::default();
        for (now, steady, forward) in [
            (1_000_000, 0, 0),
            (1_000_300, 300, 0),
            // A slow answer, and the one after it.
            (1_000_400, 2_000, 0),
            (1_002_300, 2_300, 0),
            (1_002_300 + 3_600_000, 2_600, 1),
            (1_002_600 + 3_600_000, 2_900, 1),
            // Back again is none.
            (1_003_200, 3_200, 1),
            // Somebody who looked before, and tells later.
            (1_002_900, 2_900, 1),
            (1_003_500, 3_500, 1),
        ] {
            steps.note(now, steady);
            assert_eq!(steps.forward(), forward, "{now} {steady}");
        }
        assert!(steps.forward_within(1_000) && !steps.forward_within(900));
    }
}
