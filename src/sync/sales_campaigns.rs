//! People in sales campaigns go on: whose next step is due is found by its time, and what it causes is written together with
//! their new place, under the lease of the account's job and the number of the run's turn. A process that dies has either done
//! both or nothing; whoever was stopped meanwhile stays stopped.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use tokio_util::sync::CancellationToken;

use super::SyncDeps;
use crate::account::AccountState;
use crate::account::arrivals::Arrival;
use crate::account::sales_campaigns::running::{Turn, Turns};
use crate::account::upstreams::{Budgets, Newcomers};
use crate::problem::Problem;
use crate::store::StoreError;
use crate::store::sales_ends::Whose;
use crate::store::sales_runs::Advance;

/// The job whose lease one has to hold.
pub const JOB: &str = "sales_campaigns";
const LOOK: Duration = Duration::from_secs(1);
const AFTER_TROUBLE: Duration = Duration::from_secs(5);
/// Runs that are read and written together.
const BATCH: i64 = 100;
const BATCHES_OF_A_SHIFT: usize = 50;
/// A run whose turn could not be decided is left alone so long.
const TROUBLED_MS: i64 = 60_000;

/// A worker looks for nobody in Marketo.
struct Nobody;

impl Newcomers for Nobody {
    fn look<'a>(&'a self, _: &'a str, _: &'a str, _: &'a str) -> LocalBoxFuture<'a, Arrival> {
        async { Arrival::Absent }.boxed_local()
    }
}

impl Budgets for Nobody {
    fn budgets(&self) -> LocalBoxFuture<'_, Result<serde_json::Value, Problem>> {
        async { Ok(serde_json::Value::Null) }.boxed_local()
    }
}

/// The account's rules for a process that answers nobody.
///
/// # Errors
/// When the account's key is too short.
pub fn rules(deps: &SyncDeps) -> Result<Arc<AccountState>, Problem> {
    let connections = &deps.connections;
    let settings = Arc::new(connections.settings().clone());
    let (store, caller) = (deps.store.clone(), connections.caller().clone());
    AccountState::new(store, settings, Arc::new(Nobody), Arc::new(Nobody), Arc::clone(connections), caller).map_err(|_| Problem::internal())
}

/// Has people go on until cancelled.
pub(super) async fn keep(deps: SyncDeps, cancel: CancellationToken) {
    let state = match rules(&deps) {
        Ok(state) => state,
        Err(problem) => {
            tracing::error!(code = %problem.code, "nobody can go on in sales campaigns");
            return;
        }
    };
    loop {
        let wait = match shift(&deps, &state).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => LOOK,
            Err(error) => {
                tracing::warn!(cause = %error.cause(), "the people in sales campaigns cannot be read");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

// Whether there was something to do for every account that was due.
async fn shift(deps: &SyncDeps, state: &Arc<AccountState>) -> Result<bool, StoreError> {
    let mut moved = false;
    for account_id in deps.store.accounts_with_due_runs(deps.store.now_ms().await?).await? {
        moved |= run_once(deps, state, &account_id).await? > 0;
    }
    Ok(moved)
}

/// Has everybody of an account go on whose next step is due; gives how many did.
///
/// # Errors
/// When the database refuses; what was written stays, the rest is as it was.
pub async fn run_once(deps: &SyncDeps, state: &Arc<AccountState>, account_id: &str) -> Result<usize, StoreError> {
    let lease_ms = i64::from(deps.connections.settings().delivery.lease_seconds.max(1)) * 1_000;
    let Some(lease) = deps.store.claim_due_job(account_id, JOB, &deps.owner, lease_ms).await? else { return Ok(0) };
    let tenant = deps.store.tenant(account_id);
    let outcome = async {
        let mut moved = 0;
        for _ in 0..BATCHES_OF_A_SHIFT {
            let now = deps.store.now_ms().await?;
            let due = tenant.due_runs(now, BATCH).await?;
            if due.is_empty() {
                break;
            }
            let mut turns = Turns::at(Arc::clone(state), tenant.clone(), now);
            let mut advances: Vec<Advance> = Vec::with_capacity(due.len());
            for run in &due {
                match turns.of(run).await {
                    Ok(Turn::On(advance)) => advances.push(*advance),
                    Ok(Turn::Off(ending)) => {
                        moved += tenant.stop_runs(Whose::Run(&run.id), ending, now).await?.len();
                    }
                    Err(problem) => {
                        tracing::warn!(run_id = %run.id, code = %problem.code, "a turn could not be decided");
                        tenant.leave_run(&run.id, run.turn, now + TROUBLED_MS).await?;
                    }
                }
            }
            moved += tenant.advance_runs(Some(&lease), &advances, now).await?;
            metrics::counter!("sales_campaign_turns_total").increment(u64::try_from(due.len()).unwrap_or(0));
            deps.store.renew_job(&lease, &deps.owner, lease_ms).await?;
        }
        Ok(moved)
    }
    .await;
    match deps.store.release_job(&lease, "waiting", None, 0).await {
        Err(StoreError::LeaseLost) | Ok(()) => {}
        Err(error) => return Err(error),
    }
    match outcome {
        // Somebody else has it by now, and goes on.
        Err(StoreError::LeaseLost) => Ok(0),
        other => other,
    }
}
