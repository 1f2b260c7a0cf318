//! What newcomers did before the tail began to see them: fetched for up to thirty people in one go, since the first
//! of them was created. Never for one person alone, and never far back: with lead ids Marketo still scans everything
//! that happened in the instance since the token, block by block.

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
    let catalogue = Catalogue::of(&*marketo.activity_types(asker).await?);
    let now = clock::now_ms();
    let oldest = now - i64::from(history_days) * DAY_MS;
    let mut sorted = newcomers.to_vec();
    sorted.sort_unstable_by_key(|newcomer| newcomer.created_at);
    let mut written = 0;
    for batch in sorted.chunks(LEADS_PER_CALL) {
        let leads: Vec<i64> = batch.iter().map(|newcomer| newcomer.lead_id).collect();
        let created = batch.iter().map(|newcomer| newcomer.created_at).min().unwrap_or(now);
        // Whole days, or weeks where it is longer ago, so that batches share a token; an hour earlier, as clocks differ.
        let grain = if now - created > 7 * DAY_MS { 7 * DAY_MS } else { DAY_MS };
        let since = (created - 3_600_000).max(oldest).div_euclid(grain) * grain;
        let token = marketo.paging_token_kept(asker, since).await?;
        let mut whole = true;
        for types in catalogue.groups(false) {
            let (stored, complete) = pages(tenant, marketo, asker, &catalogue, token.clone(), &types, &leads).await?;
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
