//! New, changed and deleted people, followed by paging token from the moment at which the first load began.
//!
//! Marketo tells only who changed; those are then asked for, 300 at a time. Whoever no longer qualifies leaves.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::job::{Outcome, SyncError, Turn};
use super::pace;
use crate::account::arrivals::history::{Newcomer, fill};
use crate::account::arrivals::people::{LeftOut, admit, count};
use crate::clock;
use crate::remote::call::CallError;
use crate::remote::marketo::leads::FILTER_VALUES;
use crate::store::people::NewPerson;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// Everything before this moment has been seen, or is the first load's.
    since: i64,
    changes: Option<String>,
    deleted: Option<String>,
    /// When deletions were asked for last.
    deletions_at: i64,
}

const DELETIONS_EVERY_MS: i64 = 300_000;
// Of newcomers who are older than this only a few are filled in at a time: their pages begin far back.
const OLD_MS: i64 = 7 * 86_400_000;
const MOST_OLD: usize = 60;
const OVERLAP_MS: i64 = 300_000;

pub(super) async fn turn(turn: &Turn<'_>) -> Result<Outcome, SyncError> {
    let mut place: Place = turn.state();
    if place.since == 0 {
        return Ok(Outcome::Again(Duration::from_secs(2)));
    }
    let (began, started) = (clock::now_ms(), clock::instant());
    follow_changes(turn, &mut place).await?;
    let deletions_every = DELETIONS_EVERY_MS.min(i64::from(turn.deps.marketo.poll_seconds.max(1)) * 6_000);
    if began - place.deletions_at >= deletions_every || began < place.deletions_at {
        follow_deletions(turn, &mut place).await?;
        place.deletions_at = began;
    }
    place.since = began - OVERLAP_MS;
    turn.save(&place).await?;
    let every = pace::changes(Duration::from_secs(u64::from(turn.deps.marketo.poll_seconds.max(1))));
    Ok(Outcome::Again(pace::until_next(every, started.elapsed())))
}

async fn follow_changes(turn: &Turn<'_>, place: &mut Place) -> Result<(), SyncError> {
    let fields: Vec<String> = turn
        .marketo
        .person_fields(turn.asker())
        .await?
        .iter()
        .filter(|field| !matches!(field.as_str(), "id" | "createdAt" | "updatedAt"))
        .cloned()
        .collect();
    let mut changed = BTreeSet::new();
    loop {
        let token = match &place.changes {
            Some(token) => token.clone(),
            None => turn.marketo.paging_token(turn.asker(), place.since).await?,
        };
        let page = match turn.marketo.lead_changes(turn.asker(), &token, &fields).await {
            Err(error @ CallError::Refused { .. }) if place.changes.is_some() => return Err(forget(turn, place, error).await?),
            other => other?,
        };
        changed.extend(page.items.iter().map(|raw| raw.lead_id).filter(|id| *id > 0));
        place.changes = page.next.or(place.changes.take());
        if changed.len() >= FILTER_VALUES || !page.more {
            let ids: Vec<i64> = std::mem::take(&mut changed).into_iter().collect();
            for chunk in ids.chunks(FILTER_VALUES) {
                refresh(turn, chunk).await?;
            }
            turn.save(place).await?;
        }
        if !page.more {
            return Ok(());
        }
    }
}

// A token that Marketo does not take any more: next time a new one for the last moment that was seen.
async fn forget(turn: &Turn<'_>, place: &mut Place, error: CallError) -> Result<SyncError, SyncError> {
    tracing::warn!(account_id = turn.account_id(), %error, "a paging token was refused; a new one is made");
    place.changes = None;
    place.deleted = None;
    turn.save(place).await?;
    Ok(error.into())
}

/// Reads people again and stores them, or removes those who are gone or no longer qualify.
pub(super) async fn refresh(turn: &Turn<'_>, ids: &[i64]) -> Result<(), SyncError> {
    let values: Vec<String> = ids.iter().map(ToString::to_string).collect();
    let leads = turn.marketo.leads(turn.asker(), "id", &values).await?;
    let known = turn.tenant.known_leads(ids).await?;
    let mut left_out = LeftOut::new();
    let mut people: Vec<NewPerson> = leads.into_iter().filter_map(|lead| admit(lead, &mut left_out).ok()).collect();
    count(&left_out);
    people.sort_unstable_by_key(|person| person.lead_id);
    people.dedup_by_key(|person| person.lead_id);
    let gone: Vec<i64> = known.iter().copied().filter(|id| people.binary_search_by_key(id, |person| person.lead_id).is_err()).collect();
    if !gone.is_empty() {
        turn.tenant.remove_people(&gone).await?;
    }
    if people.is_empty() {
        return Ok(());
    }
    let newcomers = people.iter().filter(|person| !known.contains(&person.lead_id));
    let newcomers = newcomers.map(|person| Newcomer { lead_id: person.lead_id, created_at: person.created_at }).collect();
    turn.tenant.upsert_people(people, clock::now_ms(), None).await?;
    welcome(turn, newcomers).await
}

async fn welcome(turn: &Turn<'_>, newcomers: Vec<Newcomer>) -> Result<(), SyncError> {
    let now = clock::now_ms();
    let (mut fresh, mut old): (Vec<_>, Vec<_>) = newcomers.into_iter().partition(|newcomer| now - newcomer.created_at < OLD_MS);
    let rest = old.split_off(old.len().min(MOST_OLD));
    fresh.extend(old);
    if !rest.is_empty() {
        let leads: Vec<i64> = rest.iter().map(|newcomer| newcomer.lead_id).collect();
        turn.tenant.set_history_since(&leads, now).await?;
    }
    if !fresh.is_empty() {
        fill(&turn.tenant, &turn.marketo, turn.asker(), &fresh, turn.deps.marketo.history_days).await?;
    }
    Ok(())
}

async fn follow_deletions(turn: &Turn<'_>, place: &mut Place) -> Result<(), SyncError> {
    loop {
        let token = match &place.deleted {
            Some(token) => token.clone(),
            None => turn.marketo.paging_token(turn.asker(), place.since).await?,
        };
        let page = match turn.marketo.deleted_leads(turn.asker(), &token).await {
            Err(error @ CallError::Refused { .. }) if place.deleted.is_some() => return Err(forget(turn, place, error).await?),
            other => other?,
        };
        let gone: Vec<i64> =
            page.items.iter().map(|raw| raw.primary_attribute_value_id.unwrap_or(raw.lead_id)).filter(|id| *id > 0).collect();
        if !gone.is_empty() {
            turn.tenant.remove_people(&gone).await?;
        }
        place.deleted = page.next.or(place.deleted.take());
        if !page.more {
            return Ok(());
        }
        turn.save(place).await?;
    }
}
