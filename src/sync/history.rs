//! The first load of activities: bulk extracts of the last days, of the types that panels show, of people we know.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::extract::{self, AT_ONCE, Sink, Watch, What};
use super::job::{Outcome, SyncError, Turn};
use super::progress::Phase;
use crate::account::arrivals::activities::Catalogue;
use crate::clock;
use crate::remote::marketo::activities::RawActivity;
use crate::remote::marketo::bulk::{LONGEST_WINDOW_MS, Window};
use crate::remote::marketo::csv_activities::ActivityColumns;
use crate::remote::marketo::csv_rows::Batch;

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Load {
    /// When the load of people began: the tail has everything from there on.
    since: i64,
    /// Up to when activities are extracted; 0 before it began.
    until: i64,
    done: BTreeSet<i64>,
    exports: BTreeMap<i64, String>,
}

const DAY_MS: i64 = 86_400_000;

struct Activities<'a> {
    turn: &'a Turn<'a>,
    catalogue: &'a Catalogue,
    load: &'a Mutex<Load>,
    window: i64,
}

impl Sink for Activities<'_> {
    type Rows = ActivityColumns;

    async fn created(&self, export_id: &str) -> Result<(), SyncError> {
        let mut load = self.load.lock().await;
        super::extract::remember(&mut load.exports, self.window, export_id);
        self.turn.save(&*load).await
    }

    async fn take(&self, batch: Batch<RawActivity>) -> Result<(), SyncError> {
        let read = u64::try_from(batch.rows.len()).unwrap_or(0) + batch.bad;
        let leads: Vec<i64> = batch.rows.iter().map(|raw| raw.lead_id).collect::<BTreeSet<_>>().into_iter().collect();
        let known = self.turn.tenant.known_leads(&leads).await?;
        let kept: Vec<_> =
            batch.rows.iter().filter(|raw| known.contains(&raw.lead_id)).filter_map(|raw| self.catalogue.keep(raw)).collect();
        let load = self.load.lock().await;
        let written = self.turn.tenant.insert_activities(&kept, Some(&self.turn.checkpoint(&*load)?)).await?;
        drop(load);
        metrics::counter!("sync_activities_total").increment(written);
        let skipped = BTreeMap::from([("unknown_person", read - u64::try_from(kept.len()).unwrap_or(0))]);
        self.turn.deps.progress.add(self.turn.account_id(), read, written, &skipped);
        Ok(())
    }
}

pub(super) async fn turn(turn: &Turn<'_>) -> Result<Outcome, SyncError> {
    let mut load: Load = turn.state();
    if load.since == 0 {
        return Ok(Outcome::Again(Duration::from_secs(2)));
    }
    turn.deps.progress.enter(turn.account_id(), Phase::LoadingHistory, None);
    if load.until == 0 {
        load.until = clock::now_ms();
        turn.save(&load).await?;
    }
    let catalogue = Catalogue::of(&*turn.marketo.activity_types(turn.asker()).await?);
    let (until, from) = (load.until, load.until - i64::from(turn.deps.marketo.history_days) * DAY_MS);
    let types = catalogue.ids();
    let windows = (until - from).max(0).div_euclid(LONGEST_WINDOW_MS) + i64::from((until - from) % LONGEST_WINDOW_MS != 0);
    let load = Mutex::new(load);
    let watch = Watch::new(turn);
    if !types.is_empty() {
        // Newest first: that is what people look at while the rest is under way.
        futures_util::stream::iter(0..windows)
            .map(|number| window(turn, &catalogue, (&watch, &types), &load, (until, from), number))
            .buffer_unordered(AT_ONCE)
            .try_collect::<()>()
            .await?;
    }
    turn.tenant.set_history_since_for_all(from).await?;
    turn.deps.progress.log(turn.account_id());
    turn.deps.progress.enter(turn.account_id(), Phase::Following, None);
    Ok(Outcome::Done)
}

async fn window(
    turn: &Turn<'_>,
    catalogue: &Catalogue,
    (watch, types): (&Watch, &[i64]),
    load: &Mutex<Load>,
    (until, from): (i64, i64),
    number: i64,
) -> Result<(), SyncError> {
    let known = {
        let load = load.lock().await;
        if load.done.contains(&number) {
            return Ok(());
        }
        load.exports.get(&number).cloned()
    };
    let to_ms = until - number * LONGEST_WINDOW_MS;
    let span = Window { from_ms: (to_ms - LONGEST_WINDOW_MS).max(from), to_ms };
    let sink = Activities { turn, catalogue, load, window: number };
    extract::fetch(turn, watch, &What::Activities(types.to_vec(), span), known, &sink).await?;
    let mut load = load.lock().await;
    load.done.insert(number);
    load.exports.remove(&number);
    turn.save(&*load).await
}
