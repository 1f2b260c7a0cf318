//! Times that have not come. A clock that ran ahead and was set right leaves rows behind that say when something was done or is to
//! happen; by them nothing would happen until that time comes.

use super::{Store, StoreError, commit};

/// By how much the clocks of several machines may differ.
pub(super) const AHEAD_MS: i64 = 60_000;

/// Longer than any delivery that was tried waits for its next try, beside the settle time.
const LONGEST_WAIT_MS: i64 = 20 * 60_000;

/// What was tried waits for the settle time. When it was tried is only known within the hour: it is looked for from there on.
const TRIED: &str = "update deliveries set next_at = $1 + $3, \
                     last_attempt_at = case when last_attempt_at > $2 then $1 - 3600000 else last_attempt_at end \
                     where target in ('mail', 'marketo', 'salesforce') and next_at > $1 and attempts > 0 \
                     and (last_attempt_at > $2 or next_at > $1 + $3 + $4) and state in ('waiting', 'sending', 'unsettled')";

/// What is to happen so long after it was written happens so long after now. `$1` is now, `$2` the first moment that can't be; what
/// was written is set to now as well, so that it is mended once.
const WAITING: [&str; 4] = [
    "update deliveries set next_at = $1 + case when next_at > created_at then next_at - created_at else 0 end, created_at = $1 \
     where target in ('mail', 'marketo', 'salesforce') and next_at > $1 and attempts = 0 and created_at > $2 \
     and state in ('waiting', 'sending', 'unsettled')",
    // Whoever has it in hand keeps it for as long as it was given to them.
    "update mail_outbox set next_at = $1 + case when next_at > last_attempt_at then next_at - last_attempt_at else 0 end, \
     lease_until = case when lease_until > last_attempt_at then $1 + lease_until - last_attempt_at else lease_until end, \
     last_attempt_at = $1 where state = 'waiting' and last_attempt_at > $2",
    "update mail_outbox set next_at = $1 + case when next_at > created_at then next_at - created_at else 0 end, created_at = $1 \
     where state = 'waiting' and attempts = 0 and created_at > $2",
    "update sign_in_links set expires_at = $1 + expires_at - created_at, created_at = $1 where used_at is null and created_at > $2",
];

/// What was done later than now was done now.
const DONE: [&str; 6] = [
    "update salesforce_connections set refresh_started_at = $1 where refresh_started_at > $2",
    "update salesforce_connections set refresh_after = $1 where refresh_after > $2",
    "update salesforce_connections set refreshed_at = $1 where refreshed_at > $2",
    "update memory_epochs set began_at = $1 where began_at > $2",
    "update mail_channels set looked_at = $1 where looked_at > $2",
    "update sales_runs set looked_at = $1 where account_id in (select id from accounts) and looked_at > $2 \
     and waits_for is not null and (state = 'waiting' or reason = 'task_gone')",
];

impl Store {
    /// Mends rows from a time that has not come, by the database's clock; how many there were. What may have been written elsewhere
    /// is looked up after `settle_ms`. Leases of jobs mend themselves when
    /// they are asked for. What was planned for a day by a wrong clock stays planned for that day.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mend_times(&self, now_ms: i64, settle_ms: i64) -> Result<u64, StoreError> {
        Ok(commit!(self, transaction => {
            let mut mended = sqlx::query(TRIED)
                .bind(now_ms)
                .bind(now_ms + AHEAD_MS)
                .bind(settle_ms)
                .bind(LONGEST_WAIT_MS)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            for text in WAITING.into_iter().chain(DONE) {
                mended += sqlx::query(text).bind(now_ms).bind(now_ms + AHEAD_MS).execute(&mut *transaction).await?.rows_affected();
            }
            mended
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use crate::store::on;
    use crate::store::testing::every_engine;

    const NOW: i64 = 10_000_000;
    const LATER: i64 = NOW + 3_600_000;

    #[tokio::test]
    async fn what_waits_for_a_time_that_has_not_come_waits_no_longer_than_it_should() {
        for test in every_engine().await {
            test.without_twins().await;
            // What is mended is mended for all accounts.
            test.without_twins().await;
            let store = &test.store;
            store.create_account("a", "A", 1).await.unwrap();
            let about = "insert into sales_activities (id, account_id, number, kind, person_id, lead_id, sfdc_type, sfdc_id, member_id, \
                         happened_at, detail, created_at) values ('s', 'a', 1, 'call', 'p', 1, 'Lead', '00Q', 'm', 1, '{}', 1)";
            on!(store, pool => sqlx::query(about).execute(pool).await.map(drop)).unwrap();
            // Promised at once, promised for a minute later, tried and unclear, in time, over.
            for (id, state, attempts, created, last, next) in [
                ("at-once", "waiting", 0, LATER, None, LATER),
                ("a-minute", "waiting", 0, LATER, None, LATER + 60_000),
                ("unclear", "unsettled", 1, NOW - 5, Some(LATER), LATER + 120_000),
                ("was-set-on-meanwhile", "unsettled", 1, NOW - 5, Some(NOW - 5), LATER),
                ("retry", "waiting", 3, NOW - 5, Some(NOW - 5), NOW + 900_000),
                ("planned", "waiting", 0, NOW - 5, None, LATER),
                ("over", "done", 1, LATER, Some(LATER), 0),
            ] {
                let text = "insert into deliveries (id, account_id, activity_id, number, target, verb, lane, state, attempts, next_at, \
                            created_at, last_attempt_at) values ($1, 'a', 's', 1, 'marketo', 'create', 1, $2, $3, $4, $5, $6)";
                on!(store, pool => sqlx::query(text)
                    .bind(id)
                    .bind(state)
                    .bind(attempts)
                    .bind(next)
                    .bind(created)
                    .bind(last)
                    .execute(pool)
                    .await
                    .map(drop))
                .unwrap();
            }
            assert_eq!(store.mend_times(NOW, 6_000).await.unwrap(), 4, "{}", test.engine);
            let text = "select id, next_at from deliveries";
            let rows: HashMap<String, i64> = on!(store, pool => sqlx::query_as(text).fetch_all(pool).await).unwrap().into_iter().collect();
            let next = |id: &str| rows.get(id).copied();
            assert_eq!((next("at-once"), next("a-minute")), (Some(NOW), Some(NOW + 60_000)), "{}", test.engine);
            assert_eq!((next("unclear"), next("was-set-on-meanwhile")), (Some(NOW + 6_000), Some(NOW + 6_000)), "{}", test.engine);
            assert_eq!((next("retry"), next("planned")), (Some(NOW + 900_000), Some(LATER)), "{}", test.engine);
            assert_eq!(store.mend_times(NOW + 1_000, 6_000).await.unwrap(), 0, "once is enough");
        }
    }

    #[tokio::test]
    async fn a_lease_from_a_time_that_has_not_come_keeps_nobody_out() {
        for test in every_engine().await {
            test.without_twins().await;
            let store = &test.store;
            store.create_account("a", "A", 1).await.unwrap();
            let lease = store.claim_due_job("a", "deliver_mail", "ahead", 60_000).await.unwrap().unwrap();
            let ahead = "update sync_jobs set lease_until = lease_until + 3600000, updated_at = updated_at + 3600000, \
                         next_run_at = updated_at + 3600000";
            on!(store, pool => sqlx::query(ahead).execute(pool).await.map(drop)).unwrap();
            let again = store.claim_due_job("a", "deliver_mail", "now", 60_000).await.unwrap().unwrap();
            assert!(again.fence > lease.fence, "{}", test.engine);
            assert_eq!(store.claim_due_job("a", "deliver_mail", "another", 60_000).await.unwrap(), None, "one of now does");
        }
    }
}
