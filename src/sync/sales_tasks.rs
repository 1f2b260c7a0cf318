//! Tasks that people wait for in sales campaigns may be ticked off where reps see them, in Salesforce. Nobody tells us, so
//! Salesforce is asked: only about such tasks, 200 a call, a few calls a look, whoever was not asked about for longest first.
//! A task that is gone from there blocks its person with a word on what to do, rather than to leave them waiting for ever.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::SyncDeps;
use crate::account::activities::TaskDetail;
use crate::account::salesforce_calls::{self, NoAnswer};
use crate::clock;
use crate::remote::salesforce::tasks::{self, Standing};
use crate::store::StoreError;
use crate::store::sales_tasks::{Seen, WaitedFor};

/// The job whose lease one has to hold.
pub const JOB: &str = "sales_tasks";
const LOOK: Duration = Duration::from_secs(2);
const AFTER_TROUBLE: Duration = Duration::from_secs(5);
/// Calls of one look: with the shortest sensible pause still far below what an org allows a day.
const CALLS_OF_A_LOOK: usize = 5;
/// What Salesforce took so lately may not be shown yet.
const UNSEEN_MS: i64 = 120_000;
const GONE: &str = "The task is not in Salesforce any more, or the connected user may not see it.";

/// Asks about tasks until cancelled.
pub(super) async fn keep(deps: SyncDeps, cancel: CancellationToken) {
    let seconds = deps.connections.settings().campaigns.task_look_seconds;
    if seconds == 0 {
        return;
    }
    loop {
        let wait = match shift(&deps, i64::from(seconds) * 1_000).await {
            Ok(()) => LOOK,
            Err(error) => {
                tracing::warn!(cause = %error.cause(), "the tasks that people wait for cannot be read");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

async fn shift(deps: &SyncDeps, pause_ms: i64) -> Result<(), StoreError> {
    let before = deps.store.now_ms().await? - pause_ms;
    for account_id in deps.store.accounts_with_waited_tasks(before).await? {
        run_once(deps, &account_id, pause_ms).await?;
    }
    Ok(())
}

/// Asks about an account's tasks that were not asked about for `pause_ms`, and has people go on; gives how many it moved.
///
/// # Errors
/// When the database refuses; whatever was written stays.
pub async fn run_once(deps: &SyncDeps, account_id: &str, pause_ms: i64) -> Result<u64, StoreError> {
    let lease_ms = i64::from(deps.connections.settings().delivery.lease_seconds.max(1)) * 1_000;
    let Some(lease) = deps.store.claim_due_job(account_id, JOB, &deps.owner, lease_ms).await? else { return Ok(0) };
    let tenant = deps.store.tenant(account_id);
    let request_id = clock::new_id();
    let before = deps.store.now_ms().await? - pause_ms;
    let mut trouble = None;
    let outcome = async {
        let mut moved = 0;
        for _ in 0..CALLS_OF_A_LOOK {
            let waited = tenant.waited_tasks(before, i64::try_from(tasks::MOST).unwrap_or(1)).await?;
            if waited.is_empty() {
                break;
            }
            let ids: Vec<String> = waited.iter().filter_map(|task| task.upstream_id.clone()).collect();
            let told = if ids.is_empty() {
                Ok(std::collections::HashMap::new())
            } else {
                let call = tasks::standing(deps.connections.caller(), &ids);
                salesforce_calls::send(&deps.connections, &tenant, &call, &request_id).await
            };
            let told = match told {
                Ok(told) => told,
                Err(error) => {
                    trouble = Some(sentence(&error));
                    break;
                }
            };
            let now = deps.store.now_ms().await?;
            let seen: Vec<(WaitedFor, Seen)> = waited
                .into_iter()
                .map(|task| {
                    let seen = judged(&task, |id| told.get(tasks::short(id)).copied(), now);
                    (task, seen)
                })
                .collect();
            moved += tenant.note_waited_tasks(&lease, &seen, now).await?;
            deps.store.renew_job(&lease, &deps.owner, lease_ms).await?;
        }
        Ok(moved)
    }
    .await;
    // Whether there was more to ask or Salesforce did not answer: not again before the pause is over.
    let next = deps.store.now_ms().await? + pause_ms.min(60_000);
    let state = if trouble.is_some() { "paused" } else { "waiting" };
    match deps.store.release_job(&lease, state, trouble.as_deref(), next).await {
        Err(StoreError::LeaseLost) | Ok(()) => {}
        Err(error) => return Err(error),
    }
    match outcome {
        // Somebody else has it by now, and goes on.
        Err(StoreError::LeaseLost) => Ok(0),
        other => other,
    }
}

fn judged(task: &WaitedFor, standing: impl Fn(&str) -> Option<Standing>, now_ms: i64) -> Seen {
    // What has no id there yet is the deliveries' business.
    let Some(id) = task.upstream_id.as_deref() else { return Seen::Open };
    match standing(id) {
        Some(Standing::Open) => Seen::Open,
        Some(Standing::Closed) => done(task),
        None if now_ms - task.settled_at.unwrap_or(now_ms) < UNSEEN_MS => Seen::Open,
        Some(Standing::Deleted) | None => Seen::Gone { problem: GONE.to_owned() },
    }
}

fn done(task: &WaitedFor) -> Seen {
    let detail = serde_json::from_str::<TaskDetail>(&task.detail).ok();
    let detail = detail.and_then(|detail| serde_json::to_string(&TaskDetail { done: true, ..detail }).ok());
    Seen::Done { detail: detail.unwrap_or_else(|| task.detail.clone()) }
}

fn sentence(error: &NoAnswer) -> String {
    match error {
        NoAnswer::Connection(problem) => problem.detail.to_string(),
        NoAnswer::Call(error) => error.problem("Salesforce").detail.into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn task(upstream_id: Option<&str>, settled_at: i64) -> WaitedFor {
        WaitedFor {
            run_id: String::new(),
            turn: 0,
            state: "waiting".to_owned(),
            activity_id: String::new(),
            detail: r#"{"kind":"call","done":false}"#.to_owned(),
            upstream_id: upstream_id.map(str::to_owned),
            settled_at: Some(settled_at),
        }
    }

    #[test]
    fn a_task_that_is_not_shown_is_gone_only_when_it_has_been_there_for_a_while() {
        let now = 10 * UNSEEN_MS;
        assert_eq!(judged(&task(None, 0), |_| panic!("it has no id"), now), Seen::Open);
        assert_eq!(judged(&task(Some("00T"), now - 1), |_| None, now), Seen::Open);
        assert_eq!(judged(&task(Some("00T"), 0), |_| None, now), Seen::Gone { problem: GONE.to_owned() });
        assert_eq!(judged(&task(Some("00T"), now), |_| Some(Standing::Deleted), now), Seen::Gone { problem: GONE.to_owned() });
        let Seen::Done { detail } = judged(&task(Some("00T"), now), |_| Some(Standing::Closed), now) else { panic!("not done") };
        assert!(detail.contains(r#""done":true"#) && detail.contains(r#""kind":"call""#), "{detail}");
    }
}
