//! One picture of a score over time: a stepped line, because a score stays until it changes.
//!
//! The numbers behind it are the rows of the table below it, so the drawing itself is hidden from screen
//! readers and its caption says the message.

use std::fmt::Write;

use serde::Serialize;

use super::catalogue::Catalogue;
use super::text;
use super::timeline::Score;
use super::times::Clock;

/// A drawing of 1000 × 100 units, and what it says.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Chart {
    /// The message that says which way it went.
    key: &'static str,
    name: String,
    from: i64,
    to: i64,
    date: String,
    /// SVG path of the line.
    line: String,
    /// The same, closed along the bottom.
    area: String,
}

const WIDTH: i64 = 1000;
const HEIGHT: i64 = 100;
/// Room for the line's own thickness above and below.
const MARGIN: i64 = 6;

/// The chart of the score that changed most often; `None` when fewer than two changes can be drawn.
pub(super) fn of(changes: &[&Score], words: &Catalogue, clock: &Clock) -> Option<Chart> {
    let often = |name: &Option<String>| changes.iter().filter(|change| change.name == *name).count();
    let most = changes.iter().map(|change| often(&change.name)).max()?;
    let name = &changes.iter().find(|change| often(&change.name) == most)?.name;
    let mut points: Vec<(i64, i64)> =
        changes.iter().filter(|change| change.name == *name).filter_map(|change| Some((change.at, change.new?))).collect();
    points.sort_by_key(|(at, _)| *at);
    let (first, last) = (*points.first()?, *points.last()?);
    let from = changes.iter().find(|change| change.name == *name && change.at == first.0).and_then(|change| change.old).unwrap_or(first.1);
    if points.len() < 2 || last.0 <= first.0 {
        return None;
    }

    let lowest = points.iter().map(|point| point.1).chain([from]).min()?;
    let highest = points.iter().map(|point| point.1).chain([from]).max()?;
    let x = |at: i64| scaled(at.saturating_sub(first.0), last.0.saturating_sub(first.0), WIDTH * 19 / 20) + WIDTH / 40;
    let y = |value: i64| HEIGHT - MARGIN - scaled(value.saturating_sub(lowest), highest.saturating_sub(lowest).max(1), HEIGHT - 2 * MARGIN);
    let mut line = format!("M0 {}", y(from));
    for (at, value) in &points {
        // Writing to a String can't fail.
        let _ = write!(line, "H{}V{}", x(*at), y(*value));
    }
    let _ = write!(line, "H{WIDTH}");
    Some(Chart {
        key: match last.1.cmp(&from) {
            std::cmp::Ordering::Greater => "chart-rose",
            std::cmp::Ordering::Less => "chart-fell",
            std::cmp::Ordering::Equal => "chart-same",
        },
        name: text::plain(name.as_deref()).unwrap_or_else(|| words.say("person-score", &[])),
        from,
        to: last.1,
        date: clock.date(first.0, words)?,
        area: format!("{line}V{HEIGHT}H0Z"),
        line,
    })
}

/// `part / whole` of `length`, for any numbers.
fn scaled(part: i64, whole: i64, length: i64) -> i64 {
    let scaled = i128::from(part) * i128::from(length) / i128::from(whole.max(1));
    i64::try_from(scaled).unwrap_or(length).clamp(0, length)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::Language;
    use super::*;

    fn changes(list: &[(i64, i64, i64)]) -> Vec<Score> {
        list.iter()
            .map(|(at, old, new)| {
                serde_json::from_value(serde_json::json!({"at": at, "name": "Lead Score", "old": old, "new": new})).unwrap()
            })
            .collect()
    }

    fn drawn(list: &[(i64, i64, i64)]) -> Option<Chart> {
        of(&changes(list).iter().collect::<Vec<_>>(), &Catalogue::of(Language::English).unwrap(), &Clock::new(2_000_000_000, "UTC"))
    }

    #[test]
    fn a_line_steps_from_the_oldest_change_to_the_newest() {
        let chart = drawn(&[(1_000, 20, 30), (0, 10, 20)]).unwrap();
        assert_eq!((chart.key, chart.from, chart.to), ("chart-rose", 10, 30));
        assert_eq!(chart.line, "M0 94H25V50H975V6H1000");
    }

    #[test]
    fn one_change_is_no_picture() {
        assert_eq!(drawn(&[(0, 10, 20)]), None);
        assert_eq!(drawn(&[]), None);
        assert_eq!(drawn(&[(5, 1, 2), (5, 2, 3)]), None);
    }

    proptest! {
        #[test]
        fn any_numbers_stay_inside_the_drawing(list in prop::collection::vec((any::<i64>(), any::<i64>(), any::<i64>()), 0..12)) {
            if let Some(chart) = drawn(&list) {
                for number in chart.line.split(['M', 'H', 'V', ' ']).filter(|text| !text.is_empty()) {
                    prop_assert!((0..=1000).contains(&number.parse::<i64>().unwrap()), "{}", chart.line);
                }
            }
        }
    }
}
