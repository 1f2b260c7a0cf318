//! Dates as other systems write them.

use jiff::Timestamp;
use jiff::civil::DateTime;

/// Milliseconds since the epoch of a date as Marketo and Salesforce write it: `…Z`, `…+0000`, `…-08:00`, the asset
/// API's `…Z+0000`, or without an offset (taken as UTC).
#[must_use]
pub fn parse(text: &str) -> Option<i64> {
    let text = text.trim();
    let text = text.strip_suffix("Z+0000").unwrap_or(text);
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Some(instant.as_millisecond());
    }
    let civil: DateTime = text.parse().ok()?;
    civil.in_tz("UTC").ok().map(|zoned| zoned.timestamp().as_millisecond())
}

/// `2026-10-01T00:00:00Z`: no fraction, as bulk filters want it.
#[must_use]
pub fn format(ms: i64) -> String {
    Timestamp::from_second(ms.div_euclid(1000)).map_or_else(|_| "1970-01-01T00:00:00Z".to_owned(), |instant| instant.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_the_same_instant() {
        for text in [
            "2026-01-05T10:11:12Z",
            "2026-01-05T10:11:12Z+0000",
            "2026-01-05T10:11:12+0000",
            "2026-01-05T02:11:12-08:00",
            "2026-01-05 10:11:12",
        ] {
            assert_eq!(parse(text), Some(1_767_607_872_000), "{text}");
        }
        assert_eq!(parse("null"), None);
        assert_eq!(format(1_767_607_872_999), "2026-01-05T10:11:12Z");
    }
}
