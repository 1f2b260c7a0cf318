//! Where a score stands among all scores of an account. Everybody is counted at most once a minute, since counting
//! for each panel would cost more than the panel.

use std::sync::Arc;
use std::time::Duration;

use moka::sync::Cache;
use tokio::sync::Mutex;

use super::database;
use crate::problem::Problem;
use crate::store::Tenant;

/// The scores counted lately, by account.
pub(super) struct Standing {
    counted: Cache<String, Arc<Scores>>,
    // Of many who miss at once, one counts and the others of the same account wait for it.
    turns: Cache<String, Arc<Mutex<()>>>,
}

impl Default for Standing {
    fn default() -> Self {
        let counted = Cache::builder().max_capacity(10_000).time_to_live(Duration::from_mins(1)).build();
        Self { counted, turns: Cache::new(10_000) }
    }
}

impl Standing {
    /// The share of people below `score`, in whole percent; `None` when nobody has a score.
    pub(super) async fn percentile(&self, tenant: &Tenant, score: i64) -> Result<Option<i64>, Problem> {
        if let Some(scores) = self.counted.get(tenant.account_id()) {
            return Ok(scores.percentile(score));
        }
        let scores = database::answer(async {
            let turn = self.turns.get_with(tenant.account_id().to_owned(), Arc::default);
            let _turn = turn.lock().await;
            if let Some(scores) = self.counted.get(tenant.account_id()) {
                return Ok(scores);
            }
            let scores = Arc::new(Scores::of(tenant.score_counts().await?));
            self.counted.insert(tenant.account_id().to_owned(), Arc::clone(&scores));
            Ok(scores)
        })
        .await?;
        Ok(scores.percentile(score))
    }
}

/// Each score with the number of people up to and including it, ascending.
struct Scores(Vec<(i64, i64)>);

impl Scores {
    fn of(mut counts: Vec<(i64, i64)>) -> Self {
        let mut sum = 0_i64;
        for (_, people) in &mut counts {
            sum = sum.saturating_add(*people);
            *people = sum;
        }
        Self(counts)
    }

    fn percentile(&self, score: i64) -> Option<i64> {
        let (_, all) = self.0.last()?;
        let lower = self.0.partition_point(|(known, _)| *known < score);
        let below = lower.checked_sub(1).and_then(|index| self.0.get(index)).map_or(0, |(_, people)| *people);
        below.saturating_mul(100).checked_div(*all)
    }
}

#[cfg(test)]
mod tests {
    use super::Scores;

    #[test]
    fn the_percentile_is_the_share_of_people_below() {
        let scores = Scores::of(vec![(10, 1), (20, 1), (30, 2)]);
        for (score, percent) in [(-5, 0), (10, 0), (11, 25), (20, 25), (30, 50), (31, 100)] {
            assert_eq!(scores.percentile(score), Some(percent), "{score}");
        }
        assert_eq!(Scores::of(Vec::new()).percentile(5), None);
    }
}
