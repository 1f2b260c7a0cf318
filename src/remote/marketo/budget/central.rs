//! Marketo's day: it begins at midnight US Central time.
//!
//! Adobe writes "CST", which may or may not follow daylight saving time. We take Central time with it, and where
//! Marketo still refuses after our midnight, ask again every quarter of an hour rather than lose a day.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};

// Written out, so that a machine without a time zone database knows it too.
fn zone() -> TimeZone {
    TimeZone::posix("CST6CDT,M3.2.0,M11.1.0").unwrap_or(TimeZone::UTC)
}

fn date(now_ms: i64) -> Date {
    Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(zone()).date()
}

/// The day's name, such as `2026-11-21`.
#[must_use]
pub fn day(now_ms: i64) -> String {
    date(now_ms).to_string()
}

/// When this day began.
#[must_use]
pub fn began(now_ms: i64) -> i64 {
    date(now_ms).to_zoned(zone()).map_or(now_ms, |zoned| zoned.timestamp().as_millisecond())
}

/// Whole hours since this day began: 0 to 23, or 24 on the day on which the clocks are put back.
#[must_use]
pub fn hour(now_ms: i64) -> u8 {
    u8::try_from((now_ms - began(now_ms)) / 3_600_000).unwrap_or(0)
}

/// When the next day begins.
#[must_use]
pub fn next_midnight(now_ms: i64) -> i64 {
    let next = date(now_ms).checked_add(1.day()).and_then(|date| date.to_zoned(zone()));
    next.map_or(now_ms + 86_400_000, |zoned| zoned.timestamp().as_millisecond())
}

/// Until when to hold still after Marketo said that the day's calls are used up.
#[must_use]
pub fn quota_pause_until(now_ms: i64) -> i64 {
    let just_after_midnight = now_ms - began(now_ms) < 90 * 60_000;
    if just_after_midnight { now_ms + 15 * 60_000 } else { next_midnight(now_ms) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_millisecond()
    }

    #[test]
    fn the_day_begins_at_midnight_in_chicago_in_winter_and_in_summer() {
        assert_eq!(day(at("2026-01-05T05:59:59Z")), "2026-01-04");
        assert_eq!(next_midnight(at("2026-01-05T05:59:59Z")), at("2026-01-05T06:00:00Z"));
        assert_eq!(next_midnight(at("2026-07-05T12:00:00Z")), at("2026-07-06T05:00:00Z"));
        assert_eq!(began(at("2026-07-05T12:00:00Z")), at("2026-07-05T05:00:00Z"));
        assert_eq!((hour(at("2026-07-05T05:59:59Z")), hour(at("2026-07-06T04:59:59Z"))), (0, 23));
        assert_eq!(hour(at("2026-11-02T05:30:00Z")), 24);
    }

    #[test]
    fn a_refusal_right_after_midnight_does_not_cost_a_day() {
        assert_eq!(quota_pause_until(at("2026-07-05T05:10:00Z")), at("2026-07-05T05:25:00Z"));
        assert_eq!(quota_pause_until(at("2026-07-05T15:10:00Z")), at("2026-07-06T05:00:00Z"));
    }
}
