//! Carries what reps did to other systems: each account and target by one process at a time, each person's deliveries in
//! their order.
//!
//! Before something is sent it is written down that it is being sent. What may have arrived without our knowing (no answer,
//! a process that died) is looked up after the settle time, counted from the last attempt, before it is tried again. So
//! nothing is written twice as long as the other side takes less than the settle time to write and to show it.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::fate::{Fate, Halt, Sent};
use super::SyncDeps;
use crate::clock;
use crate::store::deliveries::{Due, Verdict};
use crate::store::sync_state::Lease;
use crate::store::{StoreError, Tenant};

pub mod fate;
mod mail;
mod marketo;
mod marketo_types;
mod salesforce;
mod wording;

/// Where things are delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Target {
    Mail,
    Marketo,
    Salesforce,
}

impl Target {
    pub const ALL: [Self; 3] = [Self::Mail, Self::Marketo, Self::Salesforce];

    /// Its name in the store.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Mail => "mail",
            Self::Marketo => "marketo",
            Self::Salesforce => "salesforce",
        }
    }

    /// The job whose lease one has to hold.
    #[must_use]
    pub const fn job(self) -> &'static str {
        match self {
            Self::Mail => "deliver_mail",
            Self::Marketo => "deliver_marketo",
            Self::Salesforce => "deliver_salesforce",
        }
    }

    const fn batch(self) -> i64 {
        match self {
            // What is being sent when a process dies stays unclear: one mail, not many.
            Self::Mail => 1,
            Self::Marketo => 300,
            Self::Salesforce => 200,
        }
    }
}

/// How a shift ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// Nothing is due any more.
    Idle,
    /// Somebody else delivers, or the target is paused.
    NotOurs,
    /// The target can't be reached in the account's name; said so, and left alone for a while.
    Paused,
}

/// A time for which one process delivers to one target for one account.
pub(super) struct Shift<'a> {
    pub deps: &'a SyncDeps,
    pub tenant: Tenant,
    pub request_id: String,
    pub lease: Lease,
    lease_ms: i64,
    until: Instant,
}

const LOOK: Duration = Duration::from_millis(300);
const BESIDE: Duration = Duration::from_secs(1);
const AFTER_TROUBLE: Duration = Duration::from_secs(2);
const PAUSE_MS: i64 = 30_000;
/// Most accounts at once.
const MOST_SHIFTS: usize = 16;

/// Delivers to a target for everybody until cancelled.
pub(crate) async fn keep(deps: SyncDeps, target: Target, cancel: CancellationToken) {
    let mut at_work: HashSet<String> = HashSet::new();
    let mut shifts: JoinSet<String> = JoinSet::new();
    loop {
        let mut wait = LOOK;
        match deps.now().await {
            Ok(now) => match deps.store.accounts_with_deliveries(target.name(), now).await {
                Ok(accounts) => {
                    for account_id in accounts {
                        if at_work.len() >= MOST_SHIFTS || !at_work.insert(account_id.clone()) {
                            continue;
                        }
                        let deps = deps.clone();
                        shifts.spawn(async move {
                            match run_once(&deps, &account_id, target).await {
                                Ok(Ended::Idle) => {}
                                Ok(Ended::NotOurs | Ended::Paused) => tokio::time::sleep(BESIDE).await,
                                Err(error) => {
                                    tracing::warn!(account_id, target = target.name(), cause = %error.cause(), "a shift of deliveries ended early");
                                    tokio::time::sleep(AFTER_TROUBLE).await;
                                }
                            }
                            account_id
                        });
                    }
                }
                Err(error) => {
                    tracing::warn!(cause = %error.cause(), "the deliveries cannot be read");
                    wait = AFTER_TROUBLE;
                }
            },
            Err(error) => {
                tracing::warn!(cause = %error.cause(), "the deliveries cannot be read");
                wait = AFTER_TROUBLE;
            }
        }
        tokio::select! {
            () = cancel.cancelled() => break,
            Some(done) = shifts.join_next() => {
                match done {
                    Ok(account_id) => { at_work.remove(&account_id); }
                    Err(_) => at_work.clear(),
                }
            }
            () = tokio::time::sleep(wait) => {}
        }
    }
    // What is being sent is finished: to be cut off would leave it unclear.
    let _ = tokio::time::timeout(Duration::from_secs(9), async { while shifts.join_next().await.is_some() {} }).await;
}

/// Delivers what is due at a target for an account.
///
/// # Errors
/// When the database refuses; what was being sent is looked up later.
pub async fn run_once(deps: &SyncDeps, account_id: &str, target: Target) -> Result<Ended, StoreError> {
    let settings = &deps.connections.settings().delivery;
    let lease_ms = i64::from(settings.lease_seconds.max(1)) * 1000;
    let until = clock::instant() + Duration::from_millis(u64::try_from(lease_ms).unwrap_or(0));
    let Some(lease) = deps.store.claim_due_job(account_id, target.job(), &deps.owner, lease_ms).await? else { return Ok(Ended::NotOurs) };
    let tenant = deps.store.tenant(account_id);
    let mut shift = Shift { deps, tenant, request_id: clock::new_id(), lease, lease_ms, until };
    let settle_ms = i64::from(settings.settle_seconds) * 1000;
    let outcome = shift.work(target, settle_ms).await;
    let now = deps.store.now_ms().await?;
    let (state, problem, next_run_at, ended) = match &outcome {
        Ok(Some(halt)) => ("paused", Some(halt.problem.as_str()), now + halt.wait_ms, Ended::Paused),
        Ok(None) | Err(_) => ("waiting", None, 0, Ended::Idle),
    };
    match deps.store.release_job(&shift.lease, state, problem, next_run_at).await {
        Err(StoreError::LeaseLost) | Ok(()) => {}
        Err(error) => return Err(error),
    }
    outcome.map(|_| ended)
}

impl Shift<'_> {
    async fn work(&mut self, target: Target, settle_ms: i64) -> Result<Option<Halt>, StoreError> {
        let now = self.deps.now().await?;
        // Where the clock was set on, what waits to be looked up has not waited.
        let steps = self.deps.steps.forward();
        let anew = self.deps.steps.forward_within(settle_ms);
        self.tenant.doubt_deliveries(&self.lease, target.name(), now + settle_ms, anew).await?;
        loop {
            self.renew().await?;
            let now = self.deps.now().await?;
            if self.deps.steps.forward() != steps {
                return Ok(None);
            }
            let due = self.tenant.due_deliveries(target.name(), now, target.batch()).await?;
            if due.is_empty() {
                return Ok(None);
            }
            let (unsettled, fresh): (Vec<Due>, Vec<Due>) = due.into_iter().partition(|due| due.state == "unsettled");
            if !unsettled.is_empty() {
                let sent = match target {
                    Target::Mail => mail::look_up(&unsettled),
                    Target::Marketo => marketo::look_up(self, &unsettled).await,
                    Target::Salesforce => salesforce::look_up(self, &unsettled).await,
                };
                if let Some(halt) = self.settle(target, &unsettled, sent, "unsettled", settle_ms).await? {
                    return Ok(Some(halt));
                }
                continue;
            }
            // Whoever has to wait longer than the lease lasts must not send.
            if !self.may_send() {
                continue;
            }
            let ids: Vec<&str> = fresh.iter().map(|due| due.delivery_id.as_str()).collect();
            let begun = self.tenant.begin_deliveries(&self.lease, &ids, now).await?;
            let fresh: Vec<Due> = fresh.into_iter().filter(|due| begun.contains(&due.delivery_id)).collect();
            if fresh.is_empty() {
                continue;
            }
            let sent = match target {
                Target::Mail => mail::send(self, &fresh).await,
                Target::Marketo => marketo::send(self, &fresh).await,
                Target::Salesforce => salesforce::send(self, &fresh).await,
            };
            if let Some(halt) = self.settle(target, &fresh, sent, "waiting", settle_ms).await? {
                return Ok(Some(halt));
            }
        }
    }

    async fn renew(&mut self) -> Result<(), StoreError> {
        let until = clock::instant() + Duration::from_millis(u64::try_from(self.lease_ms).unwrap_or(0));
        self.deps.store.renew_job(&self.lease, &self.deps.owner, self.lease_ms).await?;
        self.until = until;
        Ok(())
    }

    /// Whether the lease surely lasts long enough for a call to begin now. The monotonic clock goes on while a process is stopped.
    pub(super) fn may_send(&self) -> bool {
        let left = self.until.saturating_duration_since(clock::instant());
        left > Duration::from_millis(u64::try_from(self.lease_ms / 2).unwrap_or(0))
    }

    // Writes down what became of each; whatever got no fate is as it was before.
    async fn settle(
        &self,
        target: Target,
        due: &[Due],
        sent: Sent,
        before: &'static str,
        settle_ms: i64,
    ) -> Result<Option<Halt>, StoreError> {
        let now = self.deps.store.now_ms().await?;
        let retry_ms = i64::from(self.deps.connections.settings().delivery.retry_seconds.max(1)) * 1000;
        let mut fates = sent.fates;
        let verdicts: Vec<Verdict> = due
            .iter()
            .filter_map(|due| {
                let fate = fates.remove(&due.delivery_id);
                let word = fate.as_ref().map_or("left", Fate::word);
                metrics::counter!("deliveries_total", "target" => target.name(), "outcome" => word).increment(1);
                match fate {
                    Some(fate) => Some(fate.verdict(due, now, retry_ms, settle_ms)),
                    None => (before == "waiting").then(|| fate::left(due, now)),
                }
            })
            .collect();
        if target == Target::Mail {
            for (verdict, due) in verdicts.iter().zip(due) {
                self.tenant.settle_mail_delivery(&self.lease, &due.activity.id, verdict, now).await?;
            }
        } else {
            self.tenant.settle_deliveries(&self.lease, &verdicts, now).await?;
        }
        for verdict in verdicts.iter().filter(|verdict| verdict.state == "failed") {
            tracing::warn!(delivery_id = %verdict.delivery_id, target = target.name(), code = verdict.code.as_deref(), "a delivery failed");
        }
        Ok(sent.halt)
    }
}
