//! Jobs of the reconcilers: leases, checkpoints, progress.

use super::times::AHEAD_MS;
use super::{Store, StoreError, Tenant, commit, on};

/// A checkpoint to store with a batch; it is only written while `fence` is still the job's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub job: &'static str,
    pub fence: i64,
    /// JSON that the job itself understands.
    pub state: String,
}

/// A job that this process holds the lease of.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Lease {
    pub account_id: String,
    pub job: String,
    /// Grows with every change of owner; writes of an earlier owner are refused.
    pub fence: i64,
    /// Where the job stopped, as its last checkpoint says.
    pub checkpoint: Option<String>,
}

/// How a job stands, for people.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct JobStatus {
    pub job: String,
    /// `waiting`, `running`, `done`, `failed`, `paused`.
    pub state: String,
    /// JSON with figures.
    pub progress: Option<String>,
    /// What went wrong last, as a sentence.
    pub problem: Option<String>,
    pub next_run_at: i64,
    pub updated_at: i64,
}

/// Milliseconds since the epoch as the database counts them: leases of several processes need one clock. Where that clock was set
/// back, what was written before is from a time that has not come: see [`Store::mend_times`].
macro_rules! now {
    (sqlite) => {
        "cast(unixepoch('subsec') * 1000 as bigint)"
    };
    (postgres) => {
        "cast(extract(epoch from clock_timestamp()) * 1000 as bigint)"
    };
}

pub(super) use now;

/// One text for both engines, but for their clock.
macro_rules! by_the_clock {
    ($store:expr, $before:literal $(, $after:literal)*) => {
        $store.text(
            concat!($before, $(now!(sqlite), $after),*),
            concat!($before, $(now!(postgres), $after),*),
        )
    };
}

impl Store {
    /// Takes the lease of `job` for an account if it is free or expired, by the database's clock. A lease that lasts longer than
    /// any is given for is from a time that has not come, as is what was written then of when to look again.
    /// Creates the job when it does not exist. Looks not at `next_run_at`; [`Store::claim_due_job`] does.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim_job(&self, account_id: &str, job: &str, owner: &str, lease_ms: i64) -> Result<Option<Lease>, StoreError> {
        self.claim(account_id, job, owner, lease_ms, false).await
    }

    /// The same, but only when the job's `next_run_at` has come.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim_due_job(&self, account_id: &str, job: &str, owner: &str, lease_ms: i64) -> Result<Option<Lease>, StoreError> {
        self.claim(account_id, job, owner, lease_ms, true).await
    }

    async fn claim(&self, account_id: &str, job: &str, owner: &str, lease_ms: i64, only_due: bool) -> Result<Option<Lease>, StoreError> {
        let text = by_the_clock!(
            self,
            "insert into sync_jobs (account_id, job, state, lease_owner, lease_until, fence, next_run_at, updated_at) \
             values ($1, $2, 'running', $3, ",
            " + $4, 1, 0, ",
            ") on conflict (account_id, job) do update set state = excluded.state, lease_owner = excluded.lease_owner, \
             lease_until = excluded.lease_until, fence = sync_jobs.fence + 1, updated_at = excluded.updated_at \
             where (sync_jobs.lease_until <= ",
            " or sync_jobs.lease_until > $4 + $6 + ",
            ") and (not $5 or sync_jobs.next_run_at <= ",
            " or (sync_jobs.state <> 'done' and sync_jobs.updated_at > $6 + ",
            ")) returning account_id, job, fence, checkpoint"
        );
        Ok(commit!(self, transaction => sqlx::query_as(text)
            .bind(account_id)
            .bind(job)
            .bind(owner)
            .bind(lease_ms)
            .bind(only_due)
            .bind(AHEAD_MS)
            .fetch_optional(&mut *transaction)
            .await?))
    }

    /// Prolongs a lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds it by now.
    pub async fn renew_job(&self, lease: &Lease, owner: &str, lease_ms: i64) -> Result<(), StoreError> {
        let text = by_the_clock!(
            self,
            "update sync_jobs set lease_until = ",
            " + $5 where account_id = $1 and job = $2 and fence = $3 and lease_owner = $4"
        );
        let touched = commit!(self, transaction => sqlx::query(text)
            .bind(&lease.account_id)
            .bind(&lease.job)
            .bind(lease.fence)
            .bind(owner)
            .bind(lease_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected());
        held(touched)
    }

    /// Gives a lease back and says how the job stands and when to look again.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds it by now.
    pub async fn release_job(&self, lease: &Lease, state: &str, problem: Option<&str>, next_run_at: i64) -> Result<(), StoreError> {
        let text = by_the_clock!(
            self,
            "update sync_jobs set state = $4, problem = $5, next_run_at = $6, lease_owner = null, lease_until = 0, updated_at = ",
            " where account_id = $1 and job = $2 and fence = $3"
        );
        let touched = commit!(self, transaction => sqlx::query(text)
            .bind(&lease.account_id)
            .bind(&lease.job)
            .bind(lease.fence)
            .bind(state)
            .bind(problem)
            .bind(next_run_at)
            .execute(&mut *transaction)
            .await?
            .rows_affected());
        held(touched)
    }

    /// Stores a checkpoint on its own, and figures for people; `None` leaves what is there.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lease by now.
    pub async fn save_checkpoint(&self, lease: &Lease, checkpoint: Option<&str>, progress: Option<&str>) -> Result<(), StoreError> {
        let text = by_the_clock!(
            self,
            "update sync_jobs set checkpoint = coalesce($4, checkpoint), progress = coalesce($5, progress), updated_at = ",
            " where account_id = $1 and job = $2 and fence = $3"
        );
        let touched = commit!(self, transaction => sqlx::query(text)
            .bind(&lease.account_id)
            .bind(&lease.job)
            .bind(lease.fence)
            .bind(checkpoint)
            .bind(progress)
            .execute(&mut *transaction)
            .await?
            .rows_affected());
        held(touched)
    }

    /// Milliseconds since the epoch by the database's clock.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn now_ms(&self) -> Result<i64, StoreError> {
        let text = by_the_clock!(self, "select ", "");
        Ok(on!(self, pool => sqlx::query_scalar(text).fetch_one(pool).await)?)
    }
}

const fn held(touched: u64) -> Result<(), StoreError> {
    if touched == 1 { Ok(()) } else { Err(StoreError::LeaseLost) }
}

/// Stores a checkpoint inside a transaction that writes a batch; without the lease nothing of it stays.
macro_rules! store_checkpoint {
    ($transaction:ident, $account_id:expr, $checkpoint:expr) => {
        if let Some(checkpoint) = $checkpoint {
            let touched = sqlx::query("update sync_jobs set checkpoint = $4 where account_id = $1 and job = $2 and fence = $3")
                .bind($account_id)
                .bind(checkpoint.job)
                .bind(checkpoint.fence)
                .bind(&checkpoint.state)
                .execute(&mut *$transaction)
                .await?
                .rows_affected();
            if touched != 1 {
                return Err(StoreError::LeaseLost);
            }
        }
    };
}
pub(super) use store_checkpoint;

impl Tenant {
    /// How this account's jobs stand.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn jobs(&self) -> Result<Vec<JobStatus>, StoreError> {
        let text = "select job, state, progress, problem, next_run_at, updated_at from sync_jobs where account_id = $1 order by job";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_all(pool).await)?)
    }
}
