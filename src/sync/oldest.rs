//! Since when an instance has people. Marketo has no call for it, but ids are given in order of creation and 300 of
//! them can be asked for at once: steps that grow from a known id downwards find the oldest within a few calls,
//! however many ids there are, as long as they do not lie very far apart.

use super::job::{SyncError, Turn};
use crate::remote::marketo::leads::FILTER_VALUES;

/// The oldest person found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Oldest {
    pub id: i64,
    /// Milliseconds since the epoch.
    pub created_at: i64,
}

const MOST_ROUNDS: usize = 6;

/// The oldest person below `from` (excluded) that the steps find.
pub(super) async fn below(turn: &Turn<'_>, from: i64) -> Result<Option<Oldest>, SyncError> {
    let mut oldest: Option<Oldest> = None;
    let mut asked = growing(from);
    for _ in 0..MOST_ROUNDS {
        let Some(found) = lowest(turn, &asked).await? else { return Ok(oldest) };
        oldest = Some(found);
        // Between the lowest hit and the next step below it there may be older ones still.
        let floor = asked.iter().copied().filter(|id| *id < found.id).max().unwrap_or(0);
        asked = evenly(floor, found.id);
        if asked.is_empty() {
            return Ok(oldest);
        }
    }
    Ok(oldest)
}

async fn lowest(turn: &Turn<'_>, ids: &[i64]) -> Result<Option<Oldest>, SyncError> {
    let mut oldest: Option<Oldest> = None;
    for chunk in ids.chunks(FILTER_VALUES) {
        let values: Vec<String> = chunk.iter().map(ToString::to_string).collect();
        for lead in turn.marketo.leads(turn.asker(), "id", &values).await? {
            if let Some(created_at) = lead.created_at.get()
                && oldest.is_none_or(|oldest| lead.id < oldest.id)
            {
                oldest = Some(Oldest { id: lead.id, created_at });
            }
        }
    }
    Ok(oldest)
}

// from-1, from-2, … then ever further, down to 1.
fn growing(from: i64) -> Vec<i64> {
    let mut step = 1_i64;
    let mut ids = Vec::new();
    while step < from {
        ids.push(from - step);
        step = (step + 1).max(step.saturating_mul(107) / 100);
    }
    if from > 1 && ids.last() != Some(&1) {
        ids.push(1);
    }
    ids
}

// Up to 300 ids between the two, both excluded.
fn evenly(low: i64, high: i64) -> Vec<i64> {
    let between = high - low - 1;
    let wanted = between.min(300);
    (0..wanted).map(|place| low + 1 + place * between / wanted).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_reach_the_first_id_in_few_calls() {
        let ids = growing(1_000_000_000);
        assert_eq!((ids.first(), ids.last()), (Some(&999_999_999), Some(&1)));
        assert!(ids.len() <= 2 * FILTER_VALUES, "{}", ids.len());
        assert!(ids.is_sorted_by(|left, right| left > right));
        assert_eq!(growing(1), Vec::<i64>::new());
        assert_eq!(growing(3), [2, 1]);
    }

    #[test]
    fn the_gap_is_searched_evenly_or_wholly() {
        assert_eq!(evenly(5, 9), [6, 7, 8]);
        assert_eq!(evenly(5, 6), Vec::<i64>::new());
        let ids = evenly(0, 1_000_000);
        assert_eq!((ids.len(), ids[0]), (300, 1));
        assert!(ids.iter().all(|id| *id > 0 && *id < 1_000_000));
    }
}
