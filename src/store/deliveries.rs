//! What is owed to other systems. One process at a time delivers to one target for one account, by the lease of a job;
//! each word about a delivery is written under that lease's fence.

use std::collections::HashSet;

use super::audit::{Deed, note};
use super::sales_activities::{SalesActivity, columns};
use super::sync_state::Lease;
use super::{Store, StoreError, Tenant, batch, commit, on};

/// A delivery whose turn it is, with what it is about.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Due {
    pub delivery_id: String,
    pub verb: String,
    /// `waiting`, or `unsettled` when it is unknown whether an earlier attempt succeeded.
    pub state: String,
    pub attempts: i64,
    pub last_attempt_at: Option<i64>,
    /// When it was promised.
    pub promised_at: i64,
    /// The id that the other system gave to the activity, once it did.
    pub upstream_id: Option<String>,
    #[sqlx(flatten)]
    pub activity: SalesActivity,
}

/// What is to be written about a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub delivery_id: String,
    /// `waiting`, `unsettled`, `done`, `failed` or `skipped`.
    pub state: &'static str,
    pub next_at: i64,
    /// The other system's own code, or a word of ours.
    pub code: Option<String>,
    /// A sentence for people.
    pub problem: Option<String>,
    pub upstream_id: Option<String>,
}

/// A row of the ledger.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct LedgerRow {
    pub id: String,
    pub activity_id: String,
    pub number: i64,
    pub kind: String,
    pub subject: Option<String>,
    pub person_id: String,
    pub person: Option<String>,
    pub member: Option<String>,
    pub target: String,
    pub verb: String,
    pub state: String,
    pub attempts: i64,
    pub next_at: i64,
    pub last_attempt_at: Option<i64>,
    pub code: Option<String>,
    pub problem: Option<String>,
    pub upstream_id: Option<String>,
    pub created_at: i64,
    pub settled_at: Option<i64>,
}

/// Which rows of the ledger are wanted; an empty text stands for all.
#[derive(Debug, Clone, Copy, Default)]
pub struct LedgerFilter<'a> {
    pub target: &'a str,
    /// A state, or `open` for whatever is not at its end.
    pub state: &'a str,
}

/// What waits for a target, over all accounts.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Queue {
    pub target: String,
    pub open: i64,
    /// When the turn of the first of them came or comes, milliseconds since the epoch.
    pub first_at: i64,
}

/// Marketo keeps of a campaign's request whose it is and when it came, and nothing of ours. So that a request is never taken for an
/// earlier one of the same person, they are so far apart: twice what its clock may differ from ours.
pub const REQUESTS_APART_MS: i64 = 10_000;

impl Store {
    /// What waits for each target; a target for which nothing waits is missing.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn delivery_queues(&self) -> Result<Vec<Queue>, StoreError> {
        let text = "select target, count(*) as open, min(next_at) as first_at from deliveries \
                    where state in ('waiting', 'sending', 'unsettled') group by target";
        Ok(on!(self, pool => sqlx::query_as(text).fetch_all(pool).await)?)
    }

    /// Accounts with something due at a target.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn accounts_with_deliveries(&self, target: &str, now_ms: i64) -> Result<Vec<String>, StoreError> {
        let text = "select distinct account_id from deliveries where target = $1 and next_at <= $2 \
                    and state in ('waiting', 'sending', 'unsettled')";
        Ok(on!(self, pool => sqlx::query_scalar(text).bind(target).bind(now_ms).fetch_all(pool).await)?)
    }
}

/// Ends the transaction unless the lease is still ours; the job's row is held until the end.
macro_rules! under_lease {
    ($transaction:ident, $lease:expr) => {
        let held = sqlx::query("update sync_jobs set fence = fence where account_id = $1 and job = $2 and fence = $3")
            .bind(&$lease.account_id)
            .bind(&$lease.job)
            .bind($lease.fence)
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
        if held != 1 {
            return Err(StoreError::LeaseLost);
        }
    };
}
pub(super) use under_lease;

impl Tenant {
    /// Whatever an earlier holder of the lease was sending may have arrived: it is to be looked up from `settled_at` on. So is, with
    /// `anew`, what waits to be looked up already.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or when the database refuses.
    pub async fn doubt_deliveries(&self, lease: &Lease, target: &str, settled_at: i64, anew: bool) -> Result<u64, StoreError> {
        Ok(commit!(&self.store, transaction => {
            under_lease!(transaction, lease);
            // The list of states is the index's: SQLite looks through what is open only when it is named like that.
            sqlx::query(
                "update deliveries set state = 'unsettled', next_at = $3 where account_id = $1 and target = $2 \
                 and (state = 'sending' or ($4 and state = 'unsettled' and next_at < $3)) and state in ('waiting', 'sending', 'unsettled')",
            )
            .bind(&self.account_id)
            .bind(target)
            .bind(settled_at)
            .bind(anew)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
        }))
    }

    /// Deliveries whose turn it is: of each person only the first that is open, so that nobody's are overtaken. What is only
    /// meant to go later stands in nobody's way. A request of a campaign waits until the person's last one is [`REQUESTS_APART_MS`]
    /// old.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn due_deliveries(&self, target: &str, now_ms: i64, limit: i64) -> Result<Vec<Due>, StoreError> {
        let text = columns!(
            "select d.id as delivery_id, d.verb, d.state, d.attempts, d.last_attempt_at, d.created_at as promised_at, d.upstream_id, ",
            " from deliveries d join sales_activities a on a.id = d.activity_id \
             where d.account_id = $1 and d.target = $2 and d.next_at <= $3 and d.state in ('waiting', 'sending', 'unsettled') \
             and d.state <> 'sending' \
             and not exists (select 1 from deliveries e where e.account_id = d.account_id and e.target = d.target and e.lane = d.lane \
             and e.state in ('waiting', 'sending', 'unsettled') and (e.attempts > 0 or e.next_at <= $3) \
             and (e.number < d.number or (e.number = d.number and e.id < d.id))) \
             and (a.kind <> 'campaign' or not exists (select 1 from sales_activities b join deliveries f on f.activity_id = b.id \
             where b.account_id = d.account_id and f.account_id = d.account_id and b.lead_id = a.lead_id and b.kind = 'campaign' \
             and f.state = 'done' and f.settled_at > $5 and f.settled_at < $6)) \
             order by d.number, d.id limit $4"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(target)
            .bind(now_ms)
            .bind(limit)
            .bind(now_ms.saturating_sub(REQUESTS_APART_MS))
            // A clock that was put back must not make them wait for the time that it was put back by.
            .bind(now_ms.saturating_add(REQUESTS_APART_MS))
            .fetch_all(pool)
            .await)?)
    }

    /// Writes down, before anything is sent, that these are being sent; gives those that are still to be: whatever was called off
    /// meanwhile is not among them.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or when the database refuses.
    pub async fn begin_deliveries(&self, lease: &Lease, ids: &[&str], now_ms: i64) -> Result<HashSet<String>, StoreError> {
        let text = self.store.text(
            // By id, not through all that the account ever delivered.
            "update deliveries set state = 'sending', attempts = attempts + 1, last_attempt_at = $3 \
             where +account_id = $1 and state = 'waiting' and id in (select value from json_each($2)) returning id",
            "update deliveries set state = 'sending', attempts = attempts + 1, last_attempt_at = $3 \
             where account_id = $1 and state = 'waiting' and id in (select jsonb_array_elements_text(cast($2 as jsonb))) returning id",
        );
        let ids = batch::rows(ids.iter())?;
        let begun: Vec<String> = commit!(&self.store, transaction => {
            under_lease!(transaction, lease);
            sqlx::query_scalar(text).bind(&self.account_id).bind(&ids).bind(now_ms).fetch_all(&mut *transaction).await?
        });
        Ok(begun.into_iter().collect())
    }

    /// Writes down what became of deliveries. Those that are at their end keep no next time.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or when the database refuses.
    pub async fn settle_deliveries(&self, lease: &Lease, verdicts: &[Verdict], now_ms: i64) -> Result<(), StoreError> {
        commit!(&self.store, transaction => {
            under_lease!(transaction, lease);
            for verdict in verdicts {
                let open = matches!(verdict.state, "waiting" | "unsettled");
                sqlx::query(
                    "update deliveries set state = $3, next_at = $4, code = $5, problem = $6, \
                     upstream_id = coalesce($7, upstream_id), settled_at = $8 where account_id = $1 and id = $2",
                )
                .bind(&self.account_id)
                .bind(&verdict.delivery_id)
                .bind(verdict.state)
                .bind(verdict.next_at)
                .bind(&verdict.code)
                .bind(&verdict.problem)
                .bind(&verdict.upstream_id)
                .bind((!open).then_some(now_ms))
                .execute(&mut *transaction)
                .await?;
            }
        });
        Ok(())
    }

    /// The id that a target gave to an activity.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn upstream_id(&self, activity_id: &str, target: &str) -> Result<Option<String>, StoreError> {
        let text = "select upstream_id from deliveries where account_id = $1 and activity_id = $2 and target = $3 and verb = 'create'";
        let found: Option<Option<String>> = on!(&self.store, pool => sqlx::query_scalar(text)
            .bind(&self.account_id)
            .bind(activity_id)
            .bind(target)
            .fetch_optional(pool)
            .await)?;
        Ok(found.flatten())
    }

    /// How many deliveries are in which state, by target.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_deliveries(&self) -> Result<Vec<(String, String, i64)>, StoreError> {
        let text = "select target, state, count(*) from deliveries where account_id = $1 group by target, state order by target, state";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_all(pool).await)?)
    }

    /// Rows of the ledger, newest first, older than `before` (time and id).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ledger(&self, filter: LedgerFilter<'_>, before: Option<(i64, &str)>, limit: i64) -> Result<Vec<LedgerRow>, StoreError> {
        let (time, id) = before.unwrap_or((i64::MAX, ""));
        let text = "select d.id, d.activity_id, d.number, a.kind, a.subject, a.person_id, \
                    coalesce(p.first_name || ' ', '') || coalesce(p.last_name, '') as person, m.email as member, d.target, d.verb, d.state, \
                    d.attempts, d.next_at, d.last_attempt_at, d.code, d.problem, d.upstream_id, d.created_at, d.settled_at \
                    from deliveries d join sales_activities a on a.id = d.activity_id left join people p on p.id = a.person_id \
                    left join members m on m.id = a.member_id \
                    where d.account_id = $1 and ($2 = '' or d.target = $2) and ($3 = '' or d.state = $3 \
                    or ($3 = 'open' and d.state in ('held', 'waiting', 'sending', 'unsettled'))) \
                    and (d.created_at, d.id) < ($4, $5) order by d.created_at desc, d.id desc limit $6";
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(filter.target)
            .bind(filter.state)
            .bind(time)
            .bind(id)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// Has a failed delivery, or (without an id) all of them, tried again. How many there were.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn retry_deliveries(&self, id: Option<&str>, deed: &Deed) -> Result<u64, StoreError> {
        let text = "update deliveries set state = 'waiting', next_at = $3, \
                    settled_at = null where account_id = $1 and state = 'failed' and ($2 = '' or id = $2)";
        Ok(commit!(&self.store, transaction => {
            let again = sqlx::query(text)
                .bind(&self.account_id)
                .bind(id.unwrap_or_default())
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if again > 0 {
                note!(transaction, &self.account_id, deed);
            }
            again
        }))
    }
}
