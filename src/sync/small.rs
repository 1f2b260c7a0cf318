//! Whether an instance is so small that reading everybody by id is over before a bulk extract would be ready.
//!
//! Ids are given in order of creation, so that whoever was created last has the highest one, and the feed of the last
//! day tells who that was. Where it tells nobody, or would take long to read, the instance does not count as small.

use super::job::{SyncError, Turn};
use crate::clock;

/// Up to this id: some forty calls, which the budget lets go within half a minute.
const HIGHEST: i64 = 12_000;
const DAY_MS: i64 = 86_400_000;
const MOST_PAGES: usize = 8;
const NEW_LEAD: (&str, i64) = ("New Lead", 12);

/// The highest id of a small instance.
pub(super) async fn highest(turn: &Turn<'_>) -> Result<Option<i64>, SyncError> {
    let types = turn.marketo.activity_types(turn.asker()).await?;
    let Some(new_lead) = types.id(NEW_LEAD.0).or_else(|| Some(NEW_LEAD.1).filter(|id| types.has(*id))) else { return Ok(None) };
    let mut token = turn.marketo.paging_token(turn.asker(), clock::now_ms() - DAY_MS).await?;
    let mut highest = None;
    for _ in 0..MOST_PAGES {
        let page = turn.marketo.activities(turn.asker(), &token, &[new_lead], &[]).await?;
        highest = highest.max(page.items.iter().map(|raw| raw.lead_id).max());
        if highest > Some(HIGHEST) {
            return Ok(None);
        }
        match page.next {
            Some(next) if page.more => token = next,
            _ => return Ok(highest),
        }
    }
    Ok(None)
}
