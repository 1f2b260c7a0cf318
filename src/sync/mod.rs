//! Reconcilers: functions without input that make our copy true and keep our promises.
//!
//! Each [`job::Job`] compares what should be with what is, does the next piece of work under a lease, and says when to
//! look again. Woken by time or by a nudge; killed at any moment it goes on where its last checkpoint says.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::account::connections::Connections;
use crate::clock;
use crate::settings;
use crate::store::{Store, StoreError};

pub mod candidates;
pub mod deliver;
pub mod extract;
pub mod field_sync;
pub mod history;
pub mod job;
pub mod mailboxes;
pub mod oldest;
pub mod opt_outs;
mod pace;
pub mod people_changes;
pub mod progress;
mod promises;
pub mod sales_campaigns;
pub mod sales_tasks;
mod small;
pub mod standings;
mod steps;
pub mod timeline_tail;

pub use self::job::{Job, Outcome, run_once};
pub use self::progress::{Figures, Phase, Progress};
use self::steps::Steps;

/// What the reconcilers work with.
#[derive(Debug, Clone)]
pub struct SyncDeps {
    pub store: Store,
    pub connections: Arc<Connections>,
    pub marketo: settings::Marketo,
    /// Names this process in leases.
    pub owner: String,
    pub progress: Arc<Progress>,
    /// Fields of tasks that each account's org lets us write.
    pub(crate) task_fields: moka::future::Cache<String, Arc<HashSet<String>>>,
    /// Whether the clock was set.
    steps: Arc<Steps>,
    nudge: Arc<Notify>,
}

impl SyncDeps {
    /// Dependencies of one process's reconcilers.
    #[must_use]
    pub fn new(store: Store, connections: Arc<Connections>, marketo: settings::Marketo) -> Self {
        Self {
            store,
            connections,
            marketo,
            owner: clock::new_id(),
            progress: Arc::new(Progress::default()),
            task_fields: moka::future::Cache::builder().max_capacity(10_000).time_to_live(Duration::from_mins(15)).build(),
            steps: Arc::default(),
            nudge: Arc::new(Notify::new()),
        }
    }

    // The database's time; whether its clock was set is noted on the way.
    pub(crate) async fn now(&self) -> Result<i64, StoreError> {
        let asked = clock::steady_ms();
        let now = self.store.now_ms().await?;
        self.steps.note(now, asked, clock::steady_ms());
        Ok(now)
    }

    /// Has everybody look now rather than later; after a connection was made, or in a test.
    pub fn nudge(&self) {
        self.nudge.notify_waiters();
    }
}

const LOOK_FOR_ACCOUNTS: Duration = Duration::from_secs(3);

/// Keeps every connected account in step until cancelled; then gives the leases back.
pub async fn run(deps: SyncDeps, cancel: CancellationToken) {
    let mut at_work: HashSet<String> = HashSet::new();
    let mut tasks = JoinSet::new();
    tasks.spawn(promises::keep_mail(deps.clone(), cancel.clone()));
    tasks.spawn(promises::keep_alerts(deps.clone(), cancel.clone()));
    tasks.spawn(promises::keep_imports(deps.clone(), cancel.clone()));
    tasks.spawn(mailboxes::keep(deps.clone(), cancel.clone()));
    tasks.spawn(opt_outs::keep(deps.clone(), cancel.clone()));
    tasks.spawn(promises::keep_tokens(deps.clone(), cancel.clone()));
    tasks.spawn(promises::keep_times(deps.clone(), cancel.clone()));
    tasks.spawn(promises::keep_figures(deps.clone(), cancel.clone()));
    tasks.spawn(sales_campaigns::keep(deps.clone(), cancel.clone()));
    tasks.spawn(sales_tasks::keep(deps.clone(), cancel.clone()));
    for target in deliver::Target::ALL {
        tasks.spawn(deliver::keep(deps.clone(), target, cancel.clone()));
    }
    while !cancel.is_cancelled() {
        match deps.store.active_accounts().await {
            Ok(accounts) => {
                for account_id in accounts {
                    if at_work.contains(&account_id) || deps.connections.marketo(&account_id).await.is_err() {
                        continue;
                    }
                    at_work.insert(account_id.clone());
                    for job in Job::ALL {
                        tasks.spawn(job::keep(deps.clone(), account_id.clone(), job, cancel.clone()));
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "the accounts cannot be listed"),
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            () = deps.nudge.notified() => {}
            () = tokio::time::sleep(LOOK_FOR_ACCOUNTS) => {}
        }
    }
    // Each task ends by itself once cancelled; whoever does not is cut off, its lease runs out.
    let _ = tokio::time::timeout(Duration::from_secs(10), async { while tasks.join_next().await.is_some() {} }).await;
}

#[cfg(test)]
mod tests;
