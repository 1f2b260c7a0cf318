//! Whether the clock by which things wait was set while they waited.
//!
//! What may have arrived without our knowing is looked up after the settle time. When the clock is set on, or the machine slept,
//! that time is over by the clock although it did not pass.

use std::sync::{Mutex, PoisonError};

/// Less than this is no step.
const TOLERANCE_MS: i64 = 1_000;

/// What was seen of a clock.
#[derive(Debug, Default)]
pub(super) struct Steps(Mutex<Seen>);

#[derive(Debug, Default)]
struct Seen {
    /// What the clock said, and how long this process ran when it was asked.
    last: Option<(i64, i64)>,
    /// How many steps forward there were, and how long this process ran at the last one.
    forward: u64,
    at: i64,
}

impl Steps {
    /// Takes down what the clock said, asked when this process had run for `asked` milliseconds and heard when it had for `heard`:
    /// however slow an answer is, no more can have passed between two than from asking for the first to hearing the second.
    pub(super) fn note(&self, now_ms: i64, asked: i64, heard: i64) {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let step = seen.last.map_or(0, |(now, before)| (now_ms - now) - (heard - before));
        if step > TOLERANCE_MS {
            tracing::warn!(step_ms = step, "the clock was set on");
            seen.forward += 1;
            seen.at = heard;
        }
        // Of two that look at once, the later look counts.
        if seen.last.is_none_or(|(_, before)| before <= asked) {
            seen.last = Some((now_ms, asked));
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
        for (now, asked, heard, forward) in [
            (1_000_000, 0, 10, 0),
            (1_000_300, 300, 310, 0),
            // Slow answers, of old and of late, and the ones after them.
            (1_000_400, 400, 4_000, 0),
            (1_004_100, 4_100, 4_110, 0),
            (1_008_000, 4_200, 8_010, 0),
            (1_008_100 + 3_600_000, 8_100, 8_110, 1),
            (1_008_400 + 3_600_000, 8_400, 8_410, 1),
            // Back again is none.
            (1_008_700, 8_700, 8_710, 1),
            // Somebody who looked before, and tells later.
            (1_008_500, 8_500, 8_720, 1),
            (1_009_000, 9_000, 9_010, 1),
        ] {
            steps.note(now, asked, heard);
            assert_eq!(steps.forward(), forward, "{now} {asked}");
        }
        assert!(steps.forward_within(1_000) && !steps.forward_within(800));
    }
}
