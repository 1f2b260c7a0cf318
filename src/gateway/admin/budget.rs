//! The calls of a day as a picture: a column for each hour, in it a piece for each purpose.
//!
//! The sums stand in a table beside it, so that the picture itself need not be read by those who can't see it.

use std::fmt::Write;

use serde_json::{Map, Value, json};

/// Units of the drawing: a column and the gap beside it, and the height of the tallest.
const COLUMN: u64 = 30;
const GAP: u64 = 10;
const HEIGHT: u64 = 120;
/// Colours that the style sheet has.
const COLOURS: usize = 6;

/// Prepares what the account says of its budget for the template.
pub(super) fn draw(data: &mut Map<String, Value>) {
    let Some(budget) = data.get_mut("budget").and_then(Value::as_object_mut) else { return };
    let number = |budget: &Map<String, Value>, name: &str| budget.get(name).and_then(Value::as_u64).unwrap_or_default();
    let (used, limit) = (number(budget, "used_today"), number(budget, "daily_limit"));
    let mut purposes: Vec<(String, Vec<u64>)> = budget
        .get("hours")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(purpose, hours)| {
            (purpose.clone(), hours.as_array().into_iter().flatten().map(|calls| calls.as_u64().unwrap_or_default()).collect())
        })
        .collect();
    purposes.sort_by(|one, other| sum(&other.1).cmp(&sum(&one.1)).then_with(|| one.0.cmp(&other.0)));
    let hours = purposes.iter().map(|(_, hours)| hours.len()).max().unwrap_or(24).clamp(24, 25);
    let tall = (0..hours).map(|hour| at(&purposes, hour).sum::<u64>()).max().unwrap_or(0);
    let mut below = vec![0_u64; hours];
    let mut drawn = Vec::new();
    for (place, (purpose, calls)) in purposes.iter().enumerate() {
        let mut path = String::new();
        for (hour, base) in below.iter_mut().enumerate() {
            let calls = calls.get(hour).copied().unwrap_or_default();
            if calls > 0 {
                let (low, high) = (scaled(*base, tall), scaled(*base + calls, tall));
                let left = u64::try_from(hour).unwrap_or_default() * (COLUMN + GAP);
                // Writing to a String can't fail.
                let _ = write!(path, "M{left} {}h{COLUMN}v{}h-{COLUMN}z", HEIGHT - high, (high - low).max(1));
                *base += calls;
            }
        }
        drawn.push(json!({"purpose": purpose, "calls": sum(calls), "path": path, "colour": place.min(COLOURS - 1) + 1}));
    }
    let width = u64::try_from(hours).unwrap_or(24) * (COLUMN + GAP) - GAP;
    let percent = used.saturating_mul(100).checked_div(limit).unwrap_or(0).min(100);
    for (name, value) in [
        ("purposes", json!(drawn)),
        ("any", json!(tall > 0)),
        ("width", json!(width)),
        ("height", json!(HEIGHT)),
        ("most", json!(tall)),
        ("percent", json!(percent)),
    ] {
        budget.insert(name.to_owned(), value);
    }
}

fn sum(calls: &[u64]) -> u64 {
    calls.iter().sum()
}

fn at(purposes: &[(String, Vec<u64>)], hour: usize) -> impl Iterator<Item = u64> {
    purposes.iter().filter_map(move |(_, hours)| hours.get(hour).copied())
}

fn scaled(calls: u64, tallest: u64) -> u64 {
    calls.saturating_mul(HEIGHT) / tallest.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hour_has_a_column_of_its_purposes() {
        let mut hours = vec![0; 24];
        hours[1] = 30;
        let mut others = vec![0; 24];
        (others[1], others[23]) = (10, 40);
        let mut data = Map::new();
        data.insert("budget".to_owned(), json!({"used_today": 80, "daily_limit": 400, "hours": {"history": hours, "people": others}}));
        draw(&mut data);
        let budget = &data["budget"];
        assert_eq!((&budget["percent"], &budget["most"], &budget["width"]), (&json!(20), &json!(40), &json!(950)));
        assert_eq!(budget["purposes"][0]["purpose"], "people");
        assert_eq!(budget["purposes"][0]["path"], "M40 90h30v30h-30zM920 0h30v120h-30z");
        assert_eq!(budget["purposes"][1]["path"], "M40 0h30v90h-30z");
    }

    #[test]
    fn a_day_without_calls_has_no_picture() {
        let mut data = Map::new();
        data.insert("budget".to_owned(), json!({"used_today": 0, "daily_limit": 0}));
        draw(&mut data);
        assert_eq!((&data["budget"]["any"], &data["budget"]["purposes"]), (&json!(false), &json!([])));
    }
}
