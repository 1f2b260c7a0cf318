//! How often the feeds are looked at, so that what people do is in the store within a minute and the day's calls last.
//!
//! A look costs at least a call, and a call takes ten types at most. The types that tell of somebody's interest are
//! looked at each time; the others (what was sent, what bounced, who was merged) give way to them, up to ten minutes,
//! while the calls of the day run ahead of their share.

use std::time::Duration;

const DAY_MS: i64 = 86_400_000;
/// Longest time between two looks at the types that can wait.
pub(super) const QUIET_AT_MOST_MS: i64 = 600_000;
// Calls by which the day may run ahead: after a start, or when more happens for a while. As many are left at its end.
const AHEAD: i64 = 100;

/// What following the feeds has used of the day.
#[derive(Debug, Clone, Copy)]
pub(super) struct Share {
    /// Since Marketo's day began.
    pub elapsed_ms: i64,
    pub used: u32,
    /// Calls of a whole day.
    pub allowed: u32,
}

impl Share {
    /// Whether there are calls to spare for what can wait.
    pub(super) fn to_spare(self) -> bool {
        let even = (i64::from(self.allowed) - 2 * AHEAD).max(0);
        let due = even * self.elapsed_ms.clamp(0, DAY_MS) / DAY_MS;
        i64::from(self.used) <= due + AHEAD
    }
}

/// The time until the next look, from when the last one began, which took `took`.
pub(super) fn until_next(every: Duration, took: Duration) -> Duration {
    every.saturating_sub(took).max(Duration::from_secs(1))
}

/// Changes of people are looked at a little less often than what they do: somebody new who is looked at is asked for.
pub(super) fn changes(poll: Duration) -> Duration {
    poll * 3 / 2
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings;

    struct Simulated {
        calls: u32,
        longest_wait_s: i64,
        longest_quiet_wait_s: i64,
    }

    // A day, second by second: activities come evenly, a third of them of types that can wait; a page has up to 300 of
    // the types that were asked for. A changed person is one record of the feed of changes, asked for 300 at a time.
    fn a_day(activities: i64, changed: i64) -> Simulated {
        let settings = settings::Marketo::default();
        let poll = i64::from(settings.poll_seconds);
        let changes_every = i64::try_from(changes(Duration::from_secs(settings.poll_seconds.into())).as_secs()).unwrap();
        let pages = |records: i64| u32::try_from((records + 299) / 300).unwrap().max(1);
        let (mut lively_at, mut quiet_at, mut changes_at, mut deleted_at, mut usage_at) = (0, 0, 0, 0, 0);
        let mut simulated = Simulated { calls: 0, longest_wait_s: 0, longest_quiet_wait_s: 0 };
        for second in 1..=86_400 {
            if second % 1_800 == 0 && usage_at < second {
                usage_at = second;
                simulated.calls += 1;
            }
            if second - lively_at >= poll {
                simulated.calls += pages(activities * 2 / 3 * (second - lively_at) / 86_400);
                // What happened right after the last look is seen when this one is over; a look takes up to two seconds.
                simulated.longest_wait_s = simulated.longest_wait_s.max(second - lively_at + 2);
                lively_at = second;
                let share = Share { elapsed_ms: second * 1_000, used: simulated.calls, allowed: settings.follow_calls };
                if share.to_spare() || (second - quiet_at) * 1_000 >= QUIET_AT_MOST_MS {
                    simulated.calls += pages(activities / 3 * (second - quiet_at) / 86_400);
                    simulated.longest_quiet_wait_s = simulated.longest_quiet_wait_s.max(second - quiet_at + 2);
                    quiet_at = second;
                }
            }
            if second - changes_at >= changes_every {
                let records = changed * (second - changes_at) / 86_400;
                simulated.calls += pages(records) + u32::try_from((records + 299) / 300).unwrap();
                changes_at = second;
            }
            if second - deleted_at >= 300 {
                simulated.calls += 1;
                deleted_at = second;
            }
        }
        simulated
    }

    #[test]
    fn half_a_million_activities_a_day_are_followed_within_a_minute_and_within_the_calls() {
        let busy = a_day(500_000, 100_000);
        assert!(busy.calls <= 5_500, "{}", busy.calls);
        assert!(busy.longest_wait_s <= 60, "{}", busy.longest_wait_s);
        assert!(busy.longest_quiet_wait_s <= 660, "{}", busy.longest_quiet_wait_s);
    }

    #[test]
    fn on_a_quiet_day_nothing_waits() {
        let quiet = a_day(10_000, 1_000);
        assert!(quiet.calls <= 5_500, "{}", quiet.calls);
        assert!(quiet.longest_wait_s <= 60 && quiet.longest_quiet_wait_s <= 130, "{}", quiet.longest_quiet_wait_s);
    }

    #[test]
    fn a_look_that_took_long_is_followed_by_the_next_one_soon() {
        let every = Duration::from_secs(55);
        assert_eq!(until_next(every, Duration::from_secs(5)), Duration::from_secs(50));
        assert_eq!(until_next(every, Duration::from_secs(500)), Duration::from_secs(1));
    }
}
