//! What newcomers did before the tail began to see them: fetched for up to thirty people in one go, since the first
//! of them was created. Never for one person alone, and never far back: with lead ids Marketo still scans everything
//! that happened in the instance since the token, block by block.

use serde::Deserialize;

use super::activities::Catalogue;
use crate::clock;
use crate::remote::call::CallError;
use crate::remote::marketo::activities::LEADS_PER_CALL;
use crate::remote::marketo::{Asker, Marketo};
use crate::store::{StoreError, Tenant};

/// Somebody whose activities are not in the store yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Newcomer {
    pub lead_id: i64,
    /// Milliseconds since the epoch.
    pub created_at: i64,
}

/// Why people could not be filled in.
#[derive(Debug, thiserror::Error)]
pub enum ArrivalError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

const DAY_MS: i64 = 86_400_000;
const WEEK_MS: i64 = 7 * DAY_MS;
/// How long what people did whom we do not know is kept for them.
pub const UNCLAIMED_MS: i64 = WEEK_MS;
/// The tail's job, whose checkpoint says since when it keeps that.
pub const TAIL: &str = "timeline_tail";
// A tail that stands still for longer than this has nothing to offer to somebody who comes now.
const LIVELY_MS: i64 = 1_500_000;

/// What the tail says of itself in its checkpoint.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
struct Tail {
    /// Everything before this moment has been seen.
    since: i64,
    /// Since when it keeps what people did whom we do not know.
    keeps_since: i64,
}

// Since when everything that anybody did is in the store, known or not; nothing, while the tail does not run.
async fn followed_since(tenant: &Tenant, now: i64) -> Result<Option<i64>, StoreError> {
    let Some(checkpoint) = tenant.checkpoint(TAIL).await? else { return Ok(None) };
    let tail: Tail = serde_json::from_str(&checkpoint).unwrap_or_default();
    let lively = tail.keeps_since > 0 && now - tail.since < LIVELY_MS;
    Ok(lively.then_some(tail.keeps_since.max(now - UNCLAIMED_MS)))
}

async fn claim(tenant: &Tenant, newcomers: &[Newcomer]) -> Result<u64, StoreError> {
    let Some(oldest) = newcomers.iter().map(|newcomer| newcomer.created_at).min() else { return Ok(0) };
    let leads: Vec<i64> = newcomers.iter().map(|newcomer| newcomer.lead_id).collect();
    let claimed = tenant.claim_activities(&leads).await?;
    tenant.set_history_since(&leads, oldest).await?;
    Ok(claimed)
}
// A page is a block of the instance's whole feed, so this bounds what one batch of newcomers may cost.
const MOST_PAGES: u32 = 40;

/// Fetches the activities of newcomers and notes from when on they are complete.
///
/// # Errors
/// When Marketo or the store does not do its part; what was stored until then stays, the rest can be asked again.
pub async fn fill(
    tenant: &Tenant,
    marketo: &Marketo,
    asker: Asker<'_>,
    newcomers: &[Newcomer],
    history_days: u32,
) -> Result<u64, ArrivalError> {
    let now = clock::now_ms();
    let followed = followed_since(tenant, now).await?;
    let (kept, newcomers): (Vec<Newcomer>, Vec<Newcomer>) =
        newcomers.iter().copied().partition(|newcomer| followed.is_some_and(|since| newcomer.created_at >= since));
    let mut written = claim(tenant, &kept).await?;
    if newcomers.is_empty() {
        return Ok(written);
    }
    let catalogue = Catalogue::of(&*marketo.activity_types(asker).await?);
    let oldest = now - i64::from(history_days) * DAY_MS;
    let mut sorted = newcomers;
    sorted.sort_unstable_by_key(|newcomer| newcomer.created_at);
    for batch in sorted.chunks(LEADS_PER_CALL) {
        let leads: Vec<i64> = batch.iter().map(|newcomer| newcomer.lead_id).collect();
        let created = batch.iter().map(|newcomer| newcomer.created_at).min().unwrap_or(now);
        // Whole hours, days or weeks, the longer ago the coarser, so that batches share a token; a little earlier, as what
        // they did before they were known has earlier dates.
        let grain = match now - created {
            ..21_600_000 => 3_600_000,
            21_600_000..WEEK_MS => DAY_MS,
            _ => WEEK_MS,
        };
        let since = (created - 600_000).max(oldest).div_euclid(grain) * grain;
        let token = marketo.paging_token_kept(asker, since).await?;
        let mut whole = true;
        for group in catalogue.groups(false) {
            let (stored, complete) = pages(tenant, marketo, asker, &catalogue, token.clone(), &group.types, &leads).await?;
            written += stored;
            whole &= complete;
        }
        // Where the feed was too long to read to its end, they are complete from now on, by the tail.
        tenant.set_history_since(&leads, if whole { since } else { now }).await?;
    }
    Ok(written)
}

async fn pages(
    tenant: &Tenant,
    marketo: &Marketo,
    asker: Asker<'_>,
    catalogue: &Catalogue,
    mut token: String,
    types: &[i64],
    leads: &[i64],
) -> Result<(u64, bool), ArrivalError> {
    let mut written = 0;
    for _ in 0..MOST_PAGES {
        let page = marketo.activities(asker, &token, types, leads).await?;
        let kept: Vec<_> = page.items.iter().filter_map(|raw| catalogue.keep(raw)).collect();
        if !kept.is_empty() {
            written += tenant.insert_activities(&kept, None).await?;
        }
        match page.next {
            Some(next) if page.more => token = next,
            _ => return Ok((written, true)),
        }
    }
    tracing::info!(account_id = tenant.account_id(), people = leads.len(), "the feed since these newcomers is too long to read");
    Ok((written, false))
}
