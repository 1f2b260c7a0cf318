//! Times as people say them, in the user's time zone and language.
//!
//! A fragment is kept as bytes and grows old, so `panel.js` says the relative part again every minute. It
//! uses the arithmetic of [`Clock::age`]: days are counted by the calendar at the zone's offset of now.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use super::catalogue::Catalogue;

const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// Now, where the reader is.
pub(super) struct Clock {
    now_ms: i64,
    zone: TimeZone,
    /// Minutes east of UTC at this moment.
    pub(super) offset: i64,
}

/// A time, ready for a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct When {
    pub(super) ms: i64,
    /// RFC 3339 in UTC.
    pub(super) iso: String,
    /// "2 h ago".
    pub(super) ago: String,
    /// "Tue 3 Nov 2026, 14:02 CET".
    pub(super) exact: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Age {
    Now,
    Minutes(i64),
    Hours(i64),
    Yesterday,
    Days(i64),
    Date,
}

// === impl Clock ===

impl Clock {
    /// `zone` is an IANA name as Salesforce gives it (`Europe/Berlin`); an unknown one reads as UTC.
    pub(super) fn new(now_ms: i64, zone: &str) -> Self {
        let zone = TimeZone::get(zone).unwrap_or(TimeZone::UTC);
        let now = Timestamp::from_millisecond(now_ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let offset = i64::from(zone.to_offset(now).seconds() / 60);
        Self { now_ms, zone, offset }
    }

    /// Whether a time zone is one that we know.
    pub(super) fn knows(zone: &str) -> bool {
        TimeZone::get(zone).is_ok()
    }

    fn age(&self, at_ms: i64) -> Age {
        let past = self.now_ms.saturating_sub(at_ms);
        let day = |ms: i64| ms.saturating_add(self.offset * MINUTE).div_euclid(DAY);
        match past {
            past if past < -5 * MINUTE => Age::Date,
            past if past < MINUTE => Age::Now,
            past if past < HOUR => Age::Minutes(past / MINUTE),
            past if past < DAY => Age::Hours(past / HOUR),
            _ => match day(self.now_ms) - day(at_ms) {
                ..=1 => Age::Yesterday,
                days @ 2..=6 => Age::Days(days),
                _ => Age::Date,
            },
        }
    }

    /// The reader's day, `2026-01-31`.
    pub(super) fn today(&self) -> String {
        Timestamp::from_millisecond(self.now_ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(self.zone.clone()).date().to_string()
    }

    /// A time in words; `None` for one outside the calendar.
    pub(super) fn when(&self, at_ms: i64, words: &Catalogue) -> Option<When> {
        let stamp = Timestamp::from_millisecond(at_ms).ok()?;
        let local = stamp.to_zoned(self.zone.clone());
        let counted = |key: &str, n: i64| words.say(key, &[("n", &n.to_string())]);
        let ago = match self.age(at_ms) {
            Age::Now => words.say("time-now", &[]),
            Age::Minutes(n) => counted("time-minutes", n),
            Age::Hours(n) => counted("time-hours", n),
            Age::Yesterday => words.say("time-yesterday", &[]),
            Age::Days(n) => counted("time-days", n),
            Age::Date => self.date(at_ms, words)?,
        };
        let exact = words.say(
            "date-exact",
            &[
                ("weekday", &words.say(&format!("weekday-{}", local.weekday().to_monday_one_offset()), &[])),
                ("day", &local.day().to_string()),
                ("month", &month(&local, words)),
                ("year", &local.year().to_string()),
                ("clock", &local.strftime("%H:%M").to_string()),
                ("zone", &local.strftime("%Z").to_string()),
            ],
        );
        Some(When { ms: at_ms, iso: stamp.to_string(), ago, exact })
    }

    /// The day of a time, with the year unless it is this one.
    pub(super) fn date(&self, at_ms: i64, words: &Catalogue) -> Option<String> {
        let local = Timestamp::from_millisecond(at_ms).ok()?.to_zoned(self.zone.clone());
        let now = Timestamp::from_millisecond(self.now_ms).ok()?.to_zoned(self.zone.clone());
        let (day, month, year) = (local.day().to_string(), month(&local, words), local.year().to_string());
        Some(if local.year() == now.year() {
            words.say("date-short", &[("day", &day), ("month", &month)])
        } else {
            words.say("date-long", &[("day", &day), ("month", &month), ("year", &year)])
        })
    }
}

fn month(local: &jiff::Zoned, words: &Catalogue) -> String {
    words.say(&format!("month-{}", local.month()), &[])
}

#[cfg(test)]
mod tests {
    use super::super::Language;
    use super::*;

    /// 21 November 2026, 01:30 UTC.
    const NOW: i64 = 1_795_224_600_000;

    fn ago(zone: &str, before: i64, language: Language) -> String {
        Clock::new(NOW, zone).when(NOW - before, &Catalogue::of(language).unwrap()).unwrap().ago
    }

    #[test]
    fn times_are_said_as_people_say_them() {
        for (before, words) in [
            (0, "just now"),
            (-MINUTE, "just now"),
            (59_999, "just now"),
            (MINUTE, "1 min ago"),
            (59 * MINUTE, "59 min ago"),
            (2 * HOUR, "2 h ago"),
            (23 * HOUR, "23 h ago"),
            (24 * HOUR, "yesterday"),
            (26 * HOUR, "2 days ago"),
            (6 * DAY, "6 days ago"),
            (7 * DAY, "14 Nov"),
            (360 * DAY, "26 Nov 2025"),
            (-DAY, "22 Nov"),
        ] {
            assert_eq!(ago("UTC", before, Language::English), words, "{before}");
        }
    }

    #[test]
    fn days_are_those_of_the_readers_calendar() {
        // 26 hours ago it was the day before yesterday in UTC, but yesterday in Los Angeles.
        assert_eq!(ago("America/Los_Angeles", 26 * HOUR, Language::English), "yesterday");
        assert_eq!(ago("no/such-zone", 26 * HOUR, Language::English), "2 days ago");
    }

    #[test]
    fn the_exact_time_names_its_zone() {
        let words = Catalogue::of(Language::English).unwrap();
        let when = Clock::new(NOW, "Europe/Berlin").when(NOW, &words).unwrap();
        assert_eq!(when.exact, "Sat 21 Nov 2026, 02:30 CET");
        assert_eq!(when.iso, "2026-11-21T01:30:00Z");
        assert!(Clock::new(NOW, "UTC").when(i64::MAX, &words).is_none());
    }

    #[test]
    fn every_language_says_hours() {
        for (language, words) in [
            (Language::German, "vor 2 Std."),
            (Language::French, "il y a 2 h"),
            (Language::Swedish, "för 2 tim sedan"),
            (Language::Dutch, "2 uur geleden"),
            (Language::Chinese, "2 小时前"),
        ] {
            assert_eq!(ago("UTC", 2 * HOUR, language).replace('\u{a0}', " "), words);
        }
    }
}
