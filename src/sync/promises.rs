//! Promises that no single account's connection is needed for: mails, imports, tokens that want care.

use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::SyncDeps;
use super::deliver::Target;
use crate::account::postbox::Postbox;
use crate::account::salesforce_tokens;
use crate::clock;
use crate::store::StoreError;

const LOOK: Duration = Duration::from_millis(700);
/// Nobody waits for a mail by the second.
const LOOK_FOR_MOMENTS: Duration = Duration::from_secs(5);
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
const COUNT: Duration = Duration::from_secs(15);

/// Sends promised mails until cancelled. Without a mail server they wait.
pub(super) async fn keep_mail(deps: SyncDeps, cancel: CancellationToken) {
    let postbox = match Postbox::open(&deps.connections) {
        Ok(Some(postbox)) => postbox,
        Ok(None) => {
            tracing::warn!("no mail server is configured ([mail] url); invitations wait until there is one");
            return;
        }
        Err(error) => {
            tracing::error!(%error, "mails cannot be sent");
            return;
        }
    };
    loop {
        let wait = match postbox.empty(&deps.connections).await {
            Ok(0) => LOOK,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(cause = %error.cause(), "the outbox cannot be read");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Tells of interesting moments until cancelled; the mails themselves are promises like others.
pub(super) async fn keep_alerts(deps: SyncDeps, cancel: CancellationToken) {
    loop {
        let wait = match crate::account::moment_alerts::tell(&deps.connections).await {
            Ok(0) => LOOK_FOR_MOMENTS,
            Ok(_) => Duration::ZERO,
            Err(error) => {
                tracing::warn!(cause = %error.cause(), "interesting moments cannot be told of");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Looks after the tokens of Salesforce connections until cancelled.
pub(super) async fn keep_tokens(deps: SyncDeps, cancel: CancellationToken) {
    loop {
        let cared = async {
            let now = deps.now().await?;
            // Right after the clock was set on, a refresh that is under way looks like one that was lost.
            if deps.steps.forward_within(salesforce_tokens::LOST_MS) {
                return Ok(());
            }
            salesforce_tokens::care(&deps.connections, now).await
        };
        if let Err(error) = cared.await {
            tracing::warn!(cause = %error.cause(), "the connections to Salesforce cannot be looked after");
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(AFTER_TROUBLE) => {}
        }
    }
}

/// Mends, until cancelled, what was written while the clock was ahead.
pub(super) async fn keep_times(deps: SyncDeps, cancel: CancellationToken) {
    loop {
        let mended: Result<u64, StoreError> = async {
            let settle_ms = i64::from(deps.connections.settings().delivery.settle_seconds) * 1_000;
            deps.store.mend_times(deps.now().await?, settle_ms).await
        }
        .await;
        match mended {
            Ok(0) => {}
            Ok(mended) => tracing::warn!(mended, "the clock was set back; what was to happen later than it should happens in time"),
            Err(error) => tracing::warn!(cause = %error.cause(), "times that have not come cannot be looked for"),
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(COUNT) => {}
        }
    }
}

/// Invites the rows of files until cancelled.
pub(super) async fn keep_imports(deps: SyncDeps, cancel: CancellationToken) {
    loop {
        let wait = match crate::account::import_runner::advance(&deps.connections).await {
            Ok(true) => Duration::ZERO,
            Ok(false) => LOOK,
            Err(error) => {
                tracing::warn!(cause = %error.cause(), "the rows of files cannot be invited");
                AFTER_TROUBLE
            }
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Tells how long the queues are until cancelled, for whoever watches.
pub(super) async fn keep_figures(deps: SyncDeps, cancel: CancellationToken) {
    loop {
        match deps.store.delivery_queues().await {
            Ok(queues) => {
                let now = clock::now_ms();
                for target in Target::ALL {
                    let queue = queues.iter().find(|queue| queue.target == target.name());
                    let open = queue.map_or(0, |queue| queue.open);
                    let late = queue.map_or(0, |queue| (now - queue.first_at).max(0) / 1_000);
                    metrics::gauge!("deliveries_open", "target" => target.name()).set(figure(open));
                    metrics::gauge!("deliveries_late_seconds", "target" => target.name()).set(figure(late));
                }
            }
            Err(error) => tracing::warn!(%error, "the queues cannot be counted"),
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(COUNT) => {}
        }
    }
}

fn figure(count: i64) -> f64 {
    f64::from(i32::try_from(count).unwrap_or(i32::MAX))
}
