//! Ending a run of the sync before it is over.

use super::audit::{Deed, hold_account, note};
use super::{StoreError, Tenant, commit};

impl Tenant {
    /// Ends the run under way: nobody works on it any more, and another one begins from the start. Whoever was loaded
    /// stays. `false` when no run is under way.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn cancel_sync(&self, deed: &Deed) -> Result<bool, StoreError> {
        // A new fence: whoever is at work writes nothing more.
        let free = "update sync_jobs set state = 'waiting', checkpoint = null, progress = null, problem = null, next_run_at = 0, \
                    lease_owner = null, lease_until = 0, fence = fence + 1 \
                    where account_id = $1 and job in ('field_sync', 'history', 'people_changes', 'timeline_tail', 'standings')";
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let touched = sqlx::query(
                "update accounts set sync_state = 'idle' where id = $1 and sync_state in ('running', 'paused') and not exists \
                 (select 1 from sync_jobs where account_id = $1 and job = 'field_sync' and state = 'done')",
            )
            .bind(&self.account_id)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if touched == 0 {
                return Ok(false);
            }
            sqlx::query(free).bind(&self.account_id).execute(&mut *transaction).await?;
            sqlx::query("update sync_runs set state = 'cancelled', ended_at = $2 where account_id = $1 and state = 'running'")
                .bind(&self.account_id)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
            true
        }))
    }
}
