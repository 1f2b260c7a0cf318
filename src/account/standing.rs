//! Where a score stands among all scores of an account: counted at most once a minute, since counting everybody
//! for each panel would cost more than the panel.

use std::time::Duration;

use moka::sync::Cache;

use super::database;
use crate::problem::Problem;
use crate::store::Tenant;

/// The percentiles counted lately, by account and score.
pub(super) struct Standing(Cache<(String, i64), Option<i64>>);

impl Default for Standing {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(50_000).time_to_live(Duration::from_secs(60)).build())
    }
}

impl Standing {
    /// The share of people below `score`, in percent.
    pub(super) async fn percentile(&self, tenant: &Tenant, score: i64) -> Result<Option<i64>, Problem> {
        let place = (tenant.account_id().to_owned(), score);
        if let Some(known) = self.0.get(&place) {
            return Ok(known);
        }
        let counted = database::answer(tenant.score_percentile(score)).await?;
        self.0.insert(place, counted);
        Ok(counted)
    }
}
