//! Looks into mailboxes for answers and for what could not be delivered: each mailbox by one process at a time, in turn, a
//! bounded number of messages a look. What was read is written down message by message, so that nothing is read twice for long.

use std::pin::pin;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::SyncDeps;
use crate::account::mail_channels;
use crate::account::returns;
use crate::account::tracking_links::LinkKey;
use crate::remote::mail::imap::Inbox;
use crate::remote::mail::incoming;
use crate::store::StoreError;
use crate::store::mail_channels::{Looked, MailChannel};
use crate::store::sync_state::Lease;

const LOOK: Duration = Duration::from_secs(1);
const AFTER_TROUBLE: Duration = Duration::from_secs(10);
/// Mailboxes that are looked into one after another before the next look for who waits.
const AT_ONCE: i64 = 8;
/// Messages that one look takes.
const MOST: usize = 100;
/// For one mailbox, with everything that is in it.
const PATIENCE: Duration = Duration::from_mins(5);

/// Looks into the mailboxes of everybody until cancelled.
pub(super) async fn keep(deps: SyncDeps, cancel: CancellationToken) {
    loop {
        let wait = tokio::select! {
            () = cancel.cancelled() => return,
            looked = look(&deps) => match looked {
                Ok(_) => LOOK,
                Err(error) => {
                    tracing::warn!(cause = %error.cause(), "the mailboxes cannot be listed");
                    AFTER_TROUBLE
                }
            },
        };
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(wait) => {}
        }
    }
}

/// Looks into those mailboxes whose turn it is; gives how many.
///
/// # Errors
/// When the database refuses.
pub async fn look(deps: &SyncDeps) -> Result<usize, StoreError> {
    let lease_ms = i64::from(deps.connections.settings().delivery.lease_seconds.max(1)) * 1000;
    let poll_ms = i64::from(deps.connections.settings().mail.poll_seconds.max(1)) * 1000;
    let now = deps.store.now_ms().await?;
    let mut count = 0;
    for channel in deps.store.mailboxes_to_read(now - poll_ms, AT_ONCE).await? {
        let job = format!("mailbox/{}", channel.member_id);
        let Some(lease) = deps.store.claim_due_job(&channel.account_id, &job, &deps.owner, lease_ms).await? else { continue };
        let reading = tokio::time::timeout(PATIENCE, Box::pin(read(deps, &channel)));
        // Somebody else reads on when the lease is lost: what is written down by then is not read again.
        let Some(outcome) = under_lease(deps, &lease, lease_ms, reading).await else { continue };
        let (problem, validity, next) = match outcome {
            Ok(Ok((validity, next))) => (None, Some(validity), Some(next)),
            Ok(Err(problem)) => (Some(problem), None, None),
            Err(_) => (Some("the server takes too long".to_owned()), None, None),
        };
        metrics::counter!("mailboxes_read_total", "outcome" => if problem.is_none() { "read" } else { "trouble" }).increment(1);
        let tenant = deps.store.tenant(&channel.account_id);
        let looked = Looked { validity, next, problem: problem.as_deref(), at: deps.store.now_ms().await? };
        tenant.looked_into_mailbox(&channel, looked).await?;
        match deps.store.release_job(&lease, "waiting", problem.as_deref(), 0).await {
            Ok(()) | Err(StoreError::LeaseLost) => {}
            Err(error) => return Err(error),
        }
        count += 1;
    }
    Ok(count)
}

// The lease is as short as any, so that a mailbox is not left alone for long when whoever reads it dies; a long read prolongs it.
async fn under_lease<T>(deps: &SyncDeps, lease: &Lease, lease_ms: i64, work: impl Future<Output = T>) -> Option<T> {
    let third = Duration::from_millis(u64::try_from(lease_ms / 3).unwrap_or(1_000));
    let mut work = pin!(work);
    loop {
        tokio::select! {
            outcome = &mut work => return Some(outcome),
            () = tokio::time::sleep(third) => deps.store.renew_job(lease, &deps.owner, lease_ms).await.ok()?,
        }
    }
}

async fn read(deps: &SyncDeps, channel: &MailChannel) -> Result<(i64, i64), String> {
    let settings = deps.connections.settings();
    let access = mail_channels::mailbox(&deps.connections, channel).map_err(|problem| problem.detail.into_owned())?;
    let access = access.ok_or_else(|| "there is no password for the mailbox".to_owned())?;
    let mut inbox = Inbox::open(&access, &settings.mail.extra_hosts).await.map_err(|error| error.to_string())?;
    let (validity, end) = (inbox.validity, inbox.next);
    // A mailbox that is new to us, or was made anew, is read from its end on: what lies in it is older than we are.
    let first = channel.imap_next.filter(|_| channel.imap_validity == Some(validity)).unwrap_or(end);
    let tenant = deps.store.tenant(&channel.account_id);
    let links = LinkKey::new(&settings.account.key);
    let mut next = first;
    for uid in inbox.from(first, MOST).await.map_err(|error| error.to_string())? {
        let raw = inbox.message(uid).await.map_err(|error| error.to_string())?;
        if let Some(letter) = raw.as_deref().and_then(incoming::read) {
            returns::take_in(&tenant, &links, &letter).await.map_err(|problem| problem.detail.into_owned())?;
        }
        next = uid.saturating_add(1);
        let looked = Looked { validity: Some(validity), next: Some(next), problem: None, at: channel.looked_at.unwrap_or(0) };
        tenant.looked_into_mailbox(channel, looked).await.map_err(|error| error.cause().into_owned())?;
    }
    inbox.close().await;
    Ok((validity, next))
}
