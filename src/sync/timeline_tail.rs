//! New activities, followed by paging token from the moment at which the first load began.
//!
//! A call takes ten types, so there are groups of types, each with a token of its own. A token is stored in the same
//! transaction as the page that it came with: a page is stored once or asked for again, and a GUID is stored once.

use std::collections::BTreeSet;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::job::{Job, Outcome, SyncError, Turn};
use super::pace::{self, QUIET_AT_MOST_MS, Share};
use super::progress::Phase;
use crate::account::arrivals::activities::Catalogue;
use crate::account::arrivals::history::UNCLAIMED_MS;
use crate::clock;
use crate::remote::call::CallError;
use crate::remote::marketo::activities::RawActivity;
use crate::store::timeline::Activity;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Place {
    /// Everything before this moment has been seen, or is the first load's.
    since: i64,
    groups: Vec<Group>,
    /// Since when activities of people whom we do not know are kept for them; 0 before that began.
    keeps_since: i64,
    pruned_at: i64,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Group {
    types: Vec<i64>,
    token: String,
    /// When it was looked at last.
    #[serde(default)]
    looked_at: i64,
}

const OVERLAP_MS: i64 = 300_000;
const PRUNE_EVERY_MS: i64 = 3_600_000;

pub(super) async fn turn(turn: &Turn<'_>) -> Result<Outcome, SyncError> {
    let mut place: Place = turn.state();
    if place.since == 0 {
        return Ok(Outcome::Again(Duration::from_secs(2)));
    }
    let started = clock::instant();
    turn.marketo.read_usage(turn.asker()).await;
    let began = clock::now_ms();
    let catalogue = Catalogue::of(&*turn.marketo.activity_types(turn.asker()).await?);
    let groups = catalogue.groups(true);
    if !place.groups.iter().map(|group| &group.types).eq(groups.iter().map(|group| &group.types)) {
        // The first time, or the instance's types changed: from the last moment that was seen by all.
        let token = turn.marketo.paging_token(turn.asker(), place.since.min(began - OVERLAP_MS)).await?;
        // Types that come anew were not seen before.
        place.keeps_since = place.since;
        place.groups = groups.iter().map(|group| Group { types: group.types.clone(), token: token.clone(), looked_at: 0 }).collect();
        turn.save(&place).await?;
    }
    for (number, lively) in groups.iter().map(|group| group.lively).enumerate() {
        let looked_at = place.groups.get(number).map_or(0, |group| group.looked_at);
        if lively || !(0..QUIET_AT_MOST_MS).contains(&(began - looked_at)) || share(turn).await.to_spare() {
            follow(turn, &catalogue, &mut place, number).await?;
            if let Some(group) = place.groups.get_mut(number) {
                group.looked_at = began;
            }
        }
    }
    // Tokens that have to be made anew begin where even the types that can wait were seen.
    place.since = place.groups.iter().map(|group| group.looked_at).min().unwrap_or(began) - OVERLAP_MS;
    if !(0..PRUNE_EVERY_MS).contains(&(began - place.pruned_at)) {
        turn.tenant.prune_unclaimed(began - UNCLAIMED_MS).await?;
        place.pruned_at = began;
    }
    turn.deps.progress.seen_up_to(turn.account_id(), began);
    turn.save(&place).await?;
    if turn.deps.progress.of(turn.account_id()).phase == Phase::Waiting {
        turn.deps.progress.enter(turn.account_id(), Phase::Following, None);
    }
    metrics::gauge!("sync_tail_seen_at_seconds", "account" => turn.account_id().to_owned())
        .set(f64::from(u32::try_from(began / 1000).unwrap_or(u32::MAX)));
    let every = Duration::from_secs(u64::from(turn.deps.marketo.poll_seconds.max(1)));
    Ok(Outcome::Again(pace::until_next(every, started.elapsed())))
}

async fn share(turn: &Turn<'_>) -> Share {
    let (used, elapsed_ms) = turn.marketo.budget().spent_on(&[Job::TimelineTail.name(), Job::PeopleChanges.name()]).await;
    Share { elapsed_ms, used, allowed: turn.deps.marketo.follow_calls }
}

async fn follow(turn: &Turn<'_>, catalogue: &Catalogue, place: &mut Place, number: usize) -> Result<(), SyncError> {
    loop {
        let Some(group) = place.groups.get(number).cloned() else { return Ok(()) };
        let page = match turn.marketo.activities(turn.asker(), &group.token, &group.types, &[]).await {
            Err(error @ CallError::Refused { .. }) => {
                tracing::warn!(account_id = turn.account_id(), %error, "the feed was refused; its tokens are made anew");
                place.groups.clear();
                turn.save(place).await?;
                return Err(error.into());
            }
            other => other?,
        };
        if let (Some(next), Some(group)) = (page.next, place.groups.get_mut(number)) {
            group.token = next;
        }
        take(turn, catalogue, place, &page.items).await?;
        if !page.more {
            return Ok(());
        }
    }
}

async fn take(turn: &Turn<'_>, catalogue: &Catalogue, place: &Place, items: &[RawActivity]) -> Result<(), SyncError> {
    merges(turn, catalogue, items).await?;
    let leads: Vec<i64> = items.iter().map(|raw| raw.lead_id).collect::<BTreeSet<_>>().into_iter().collect();
    let known = if leads.is_empty() { std::collections::HashSet::new() } else { turn.tenant.known_leads(&leads).await? };
    let kept = items.iter().filter_map(|raw| catalogue.keep(raw));
    let (kept, unclaimed): (Vec<_>, Vec<_>) = kept.partition(|activity| known.contains(&activity.lead_id));
    keep_unclaimed(turn, &unclaimed).await?;
    if kept.is_empty() {
        // Nothing to store with it; a token that is lost only means that an empty page is read again.
        return if items.is_empty() { Ok(()) } else { turn.save(place).await };
    }
    let written = turn.tenant.insert_activities(&kept, Some(&turn.checkpoint(place)?)).await?;
    metrics::counter!("sync_activities_total").increment(written);
    turn.deps.progress.add(turn.account_id(), u64::try_from(items.len()).unwrap_or(0), written, &std::collections::BTreeMap::new());
    Ok(())
}

// For whoever is known later. Somebody may have become known just now, while we looked.
async fn keep_unclaimed(turn: &Turn<'_>, activities: &[Activity]) -> Result<(), SyncError> {
    if activities.is_empty() {
        return Ok(());
    }
    turn.tenant.keep_unclaimed(activities).await?;
    let leads: Vec<i64> = activities.iter().map(|activity| activity.lead_id).collect::<BTreeSet<_>>().into_iter().collect();
    let known: Vec<i64> = turn.tenant.known_leads(&leads).await?.into_iter().collect();
    if !known.is_empty() {
        turn.tenant.claim_activities(&known).await?;
    }
    Ok(())
}

// Whoever was merged into somebody is gone, and what they did is the winner's, who may look different now. A merge that
// is followed twice changes nothing the second time.
async fn merges(turn: &Turn<'_>, catalogue: &Catalogue, items: &[RawActivity]) -> Result<(), SyncError> {
    let merges: Vec<(i64, Vec<i64>)> =
        items.iter().map(|raw| (raw.lead_id, catalogue.merged(raw))).filter(|(_, losers)| !losers.is_empty()).collect();
    let winners: Vec<i64> = merges.iter().map(|(winner, _)| *winner).collect::<BTreeSet<_>>().into_iter().collect();
    for chunk in winners.chunks(crate::remote::marketo::leads::FILTER_VALUES) {
        super::people_changes::refresh(turn, chunk).await?;
    }
    for (winner, losers) in merges {
        turn.tenant.merge_people(winner, &losers).await?;
    }
    let known: Vec<i64> = turn.tenant.known_leads(&winners).await?.into_iter().collect();
    if !known.is_empty() {
        turn.tenant.claim_activities(&known).await?;
    }
    Ok(())
}
