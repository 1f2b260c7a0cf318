//! A job's life: claimed by lease, renewed while it works, given back with a word on how it stands.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::SyncDeps;
use crate::account::arrivals::history::ArrivalError;
use crate::clock;
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::marketo::budget::{Purpose, central};
use crate::remote::marketo::bulk::BulkError;
use crate::remote::marketo::csv_rows::CsvError;
use crate::remote::marketo::{Asker, Marketo, jitter};
use crate::store::sync_state::{Checkpoint, Lease};
use crate::store::{StoreError, Tenant};

/// The reconcilers of an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Job {
    /// The first load of people.
    FieldSync,
    /// The first load of activities.
    History,
    /// New, changed and deleted people, from the first load on.
    PeopleChanges,
    /// New activities, from the first load on.
    TimelineTail,
    /// Stars, flames and priority, once a day.
    Standings,
}

impl Job {
    pub const ALL: [Self; 5] = [Self::FieldSync, Self::History, Self::PeopleChanges, Self::TimelineTail, Self::Standings];

    /// Whether it only works after somebody started the sync, and stops while it is paused.
    const fn waits_for_word(self) -> bool {
        matches!(self, Self::FieldSync | Self::PeopleChanges | Self::Standings)
    }

    /// Its name in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::FieldSync => "field_sync",
            Self::History => "history",
            Self::PeopleChanges => "people_changes",
            Self::TimelineTail => "timeline_tail",
            Self::Standings => "standings",
        }
    }
}

/// What a turn of a job came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Look again after this time.
    Again(Duration),
    /// There is nothing left to do, ever.
    Done,
    /// Somebody else is at it, or it is not time yet.
    NotOurs,
    /// The first load of people has to come first.
    NotReady,
}

/// Why a turn failed.
#[derive(Debug, thiserror::Error)]
pub enum SyncError {
    #[error("{0}")]
    Connection(Problem),
    #[error("Marketo: {0}")]
    Call(#[from] CallError),
    #[error("Marketo: {0}")]
    Bulk(BulkError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("Marketo: {0}")]
    Csv(#[from] CsvError),
    /// Somebody paused the sync while the job was at work.
    #[error("paused")]
    Paused,
    /// Something that ought not to be; the job tries again.
    #[error("{0}")]
    Odd(&'static str),
}

impl From<BulkError> for SyncError {
    fn from(error: BulkError) -> Self {
        match error {
            BulkError::Call(error) => Self::Call(error),
            other => Self::Bulk(other),
        }
    }
}

impl From<ArrivalError> for SyncError {
    fn from(error: ArrivalError) -> Self {
        match error {
            ArrivalError::Call(error) => Self::Call(error),
            ArrivalError::Store(error) => Self::Store(error),
        }
    }
}

/// One turn of a job: what it may use while it holds the lease.
#[derive(Debug)]
pub(super) struct Turn<'a> {
    pub deps: &'a SyncDeps,
    pub job: Job,
    pub tenant: Tenant,
    pub marketo: std::sync::Arc<Marketo>,
    pub lease: Lease,
    request_id: String,
}

impl Turn<'_> {
    pub(super) fn asker(&self) -> Asker<'_> {
        Asker { purpose: Purpose::Background(self.job.name()), request_id: &self.request_id }
    }

    pub(super) fn account_id(&self) -> &str {
        self.tenant.account_id()
    }

    /// The job's own state, as its last checkpoint has it.
    pub(super) fn state<T: serde::de::DeserializeOwned + Default>(&self) -> T {
        let Some(stored) = &self.lease.checkpoint else { return T::default() };
        serde_json::from_str(stored).unwrap_or_else(|_| {
            tracing::error!(account_id = self.account_id(), job = self.job.name(), "a checkpoint cannot be read; the job begins anew");
            T::default()
        })
    }

    /// A checkpoint to be stored with a batch.
    pub(super) fn checkpoint<T: serde::Serialize>(&self, state: &T) -> Result<Checkpoint, SyncError> {
        let state = serde_json::to_string(state).map_err(|_| SyncError::Odd("a checkpoint cannot be written"))?;
        Ok(Checkpoint { job: self.job.name(), fence: self.lease.fence, state })
    }

    /// Stores a checkpoint on its own, and the figures of the account.
    pub(super) async fn save<T: serde::Serialize>(&self, state: &T) -> Result<(), SyncError> {
        let state = self.checkpoint(state)?.state;
        let figures = serde_json::to_string(&self.deps.progress.of(self.account_id())).ok();
        self.deps.store.save_checkpoint(&self.lease, Some(&state), figures.as_deref()).await?;
        Ok(())
    }

    async fn work(&self) -> Result<Outcome, SyncError> {
        match self.job {
            Job::FieldSync => super::field_sync::turn(self).await,
            Job::History => super::history::turn(self).await,
            Job::PeopleChanges => super::people_changes::turn(self).await,
            Job::TimelineTail => super::timeline_tail::turn(self).await,
            Job::Standings => super::standings::turn(self).await,
        }
    }
}

const TELL: Duration = Duration::from_secs(1);
const NEVER_MS: i64 = 10 * 365 * 86_400_000;

fn lease_ms(deps: &SyncDeps) -> i64 {
    i64::from(deps.marketo.lease_seconds.max(1)) * 1_000
}

/// Takes one turn of a job, if it is due and nobody else has it.
///
/// # Errors
/// What kept the turn from being completed; the job is given back either way.
pub async fn run_once(deps: &SyncDeps, account_id: &str, job: Job) -> Result<Outcome, SyncError> {
    let tenant = deps.store.tenant(account_id);
    if job != Job::FieldSync && !people_loaded(&tenant).await? {
        return Ok(Outcome::NotReady);
    }
    if job.waits_for_word() && tenant.sync_state().await? != "running" {
        return Ok(Outcome::NotReady);
    }
    let marketo = deps.connections.marketo(account_id).await.map_err(SyncError::Connection)?;
    let Some(lease) = deps.store.claim_due_job(account_id, job.name(), &deps.owner, lease_ms(deps)).await? else {
        return Ok(Outcome::NotOurs);
    };
    let turn = Turn { deps, job, tenant, marketo, lease, request_id: clock::new_id() };
    let guard = GiveBack { deps: deps.clone(), lease: Some(turn.lease.clone()) };
    let result = tokio::select! {
        result = Box::pin(turn.work()) => result,
        lost = renew(&turn) => Err(lost),
        paused = until_paused(&turn) => Err(paused),
    };
    let result = if matches!(result, Err(SyncError::Paused)) { Ok(Outcome::Again(Duration::from_secs(1))) } else { result };
    if matches!((job, &result), (Job::FieldSync, Ok(Outcome::Done))) {
        let figures = serde_json::to_string(&deps.progress.of(account_id)).ok();
        turn.tenant.end_sync_run("done", figures.as_deref(), clock::now_ms()).await?;
    }
    guard.with(&result).await?;
    let outcome = result.as_ref().map(|_| ()).map_err(|error| match error {
        SyncError::Call(error) => Some(error),
        _ => None,
    });
    match outcome {
        Ok(()) => deps.connections.note_outcome(account_id, Ok(())).await?,
        Err(Some(error)) => deps.connections.note_outcome(account_id, Err(error)).await?,
        Err(None) => {}
    }
    result
}

async fn people_loaded(tenant: &Tenant) -> Result<bool, StoreError> {
    Ok(tenant.jobs().await?.iter().any(|status| status.job == Job::FieldSync.name() && status.state == "done"))
}

// Ends only when somebody pauses the sync. Meanwhile it tells how far the job is.
async fn until_paused(turn: &Turn<'_>) -> SyncError {
    let mut told = String::new();
    loop {
        tokio::time::sleep(TELL).await;
        if turn.job.waits_for_word() && turn.tenant.sync_state().await.is_ok_and(|state| state != "running") {
            return SyncError::Paused;
        }
        if turn.job == Job::FieldSync
            && let Ok(figures) = serde_json::to_string(&turn.deps.progress.of(turn.account_id()))
            && figures != told
            && turn.deps.store.save_checkpoint(&turn.lease, None, Some(&figures)).await.is_ok()
        {
            told = figures;
        }
    }
}

// Ends only when the lease is lost.
async fn renew(turn: &Turn<'_>) -> SyncError {
    let mut failures = 0;
    loop {
        tokio::time::sleep(Duration::from_secs(u64::from(turn.deps.marketo.lease_seconds.max(1))) / 3).await;
        match turn.deps.store.renew_job(&turn.lease, &turn.deps.owner, lease_ms(turn.deps)).await {
            Ok(()) => failures = 0,
            Err(error @ StoreError::LeaseLost) => return error.into(),
            // A database that stumbles once has not taken the lease away.
            Err(error) => {
                failures += 1;
                if failures > 1 {
                    return error.into();
                }
            }
        }
    }
}

// Gives the lease back also when the turn is cut off, so that another process need not wait for it to run out.
struct GiveBack {
    deps: SyncDeps,
    lease: Option<Lease>,
}

impl GiveBack {
    async fn with(mut self, result: &Result<Outcome, SyncError>) -> Result<(), SyncError> {
        let Some(lease) = self.lease.take() else { return Ok(()) };
        let now = self.deps.store.now_ms().await?;
        let after = |wait: Duration| now + i64::try_from(wait.as_millis()).unwrap_or(0);
        let problem = result.as_ref().err().map(ToString::to_string);
        let (state, next) = match result {
            Ok(Outcome::Again(wait)) => ("waiting", after(*wait)),
            Ok(Outcome::NotOurs | Outcome::NotReady) => ("waiting", now),
            Ok(Outcome::Done) => ("done", now + NEVER_MS),
            Err(error) if paused_until(error).is_some() => ("paused", now),
            Err(_) => ("failed", now),
        };
        match self.deps.store.release_job(&lease, state, problem.as_deref(), next).await {
            // Whoever has it now says how it stands.
            Err(StoreError::LeaseLost) => Ok(()),
            other => Ok(other?),
        }
    }
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        let Some(lease) = self.lease.take() else { return };
        let store = self.deps.store.clone();
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(async move {
                let _ = store.release_job(&lease, "waiting", None, 0).await;
            });
        }
    }
}

// Until when trying again is of no use.
fn paused_until(error: &SyncError) -> Option<i64> {
    let now = clock::now_ms();
    match error {
        SyncError::Call(CallError::QuotaExhausted { until_ms }) => Some(*until_ms),
        SyncError::Bulk(BulkError::VolumeUsedUp) => Some(central::next_midnight(now)),
        SyncError::Call(CallError::Unauthorized | CallError::Forbidden) => Some(now + 300_000),
        _ => None,
    }
}

/// Keeps a job going until cancelled.
pub(super) async fn keep(deps: SyncDeps, account_id: String, job: Job, cancel: CancellationToken) {
    let mut failures = 0_u32;
    loop {
        let result = tokio::select! {
            () = cancel.cancelled() => return,
            result = run_once(&deps, &account_id, job) => result,
        };
        let wait = match &result {
            Ok(outcome) => {
                failures = 0;
                match outcome {
                    Outcome::Again(wait) => *wait,
                    Outcome::Done => Duration::from_mins(1),
                    // Whoever has it may have died.
                    Outcome::NotOurs => Duration::from_secs(5).min(Duration::from_secs(u64::from(deps.marketo.lease_seconds.max(1))) / 4),
                    Outcome::NotReady => Duration::from_millis(500),
                }
            }
            Err(error) => {
                failures = failures.saturating_add(1);
                tracing::warn!(account_id, job = job.name(), failures, %error, "a job failed");
                metrics::counter!("sync_failures_total", "job" => job.name()).increment(1);
                let until = paused_until(error).map_or(0, |until| u64::try_from(until - clock::now_ms()).unwrap_or(0));
                let backoff = jitter(1_000 << failures.min(8)).min(300_000);
                Duration::from_millis(until.min(3_600_000).max(backoff))
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = deps.nudge.notified() => {}
            () = tokio::time::sleep(wait) => {}
        }
    }
}
