//! The first load of people.
//!
//! Where the instance has a list of those who matter (`marketo.people_list`) and lets an extract ask for it, one extract
//! is all. A small instance is read by id at once. Otherwise it begins with a bulk extract of the last 31 days, which also tells the highest id. From there it takes whichever
//! way costs fewer calls: reading by id, 300 at a time, which is quick and exact where ids lie close together, or
//! further extracts, window by window, back to the oldest person that can be found, or for five years where ids lie too
//! far apart to tell. Whoever is older still comes in when they change, or when somebody looks at them. Whatever is
//! created or changed after the load began is the business of `people_changes`, which starts from that moment.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::candidates::{Candidate, CandidateColumns};
use super::extract::{self, AT_ONCE, CALLS_PER_WINDOW, Sink, Watch, What};
use super::job::{Job, Outcome, SyncError, Turn};
use super::progress::Phase;
use super::{oldest, small};
use crate::account::arrivals::people::{LeftOut, count};
use crate::clock;
use crate::remote::marketo::bulk::{BulkError, LONGEST_WINDOW_MS, List, Which, Window};
use crate::remote::marketo::csv_rows::Batch;
use crate::remote::marketo::leads::FILTER_VALUES;

/// How far the load is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Load {
    /// When it began; windows are counted backwards from here. 0 before it began.
    started_at: i64,
    route: Option<Route>,
    /// Windows that are stored.
    done: BTreeSet<i64>,
    /// Extracts under way, by window.
    exports: BTreeMap<i64, String>,
    lowest_id: Option<i64>,
    highest_id: i64,
    /// Rows that the extracts had.
    rows: i64,
    /// Marketo does not extract by the configured list.
    list_refused: bool,
    /// Reading by id is quicker than any extract.
    small: bool,
}

impl Load {
    // Whether ids lie close enough together for the steps of `oldest` to hit somebody.
    fn dense(&self) -> bool {
        self.rows >= 20 && self.lowest_id.is_some_and(|lowest| self.highest_id - lowest < self.rows * 20)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Route {
    /// Every id from `next` to `last`.
    Ids { next: i64, last: i64 },
    /// Every window back to `floor` (milliseconds since the epoch).
    Windows { floor: i64 },
}

// Where nobody was created lately and nothing tells an age: Marketo's own five years of windows.
const FIVE_YEARS_MS: i64 = 5 * 366 * 86_400_000;
// The extract of the list stands among those of the windows under this number.
const LIST: i64 = -1;
// Clocks differ; what is read twice is stored once.
const OVERLAP_MS: i64 = 300_000;

pub(super) async fn turn(turn: &Turn<'_>) -> Result<Outcome, SyncError> {
    let mut load: Load = turn.state();
    turn.deps.progress.enter(turn.account_id(), Phase::LoadingPeople, None);
    if load.started_at == 0 {
        load.started_at = clock::now_ms();
        if !hand_over(turn, load.started_at - OVERLAP_MS).await? {
            return Ok(Outcome::Again(Duration::from_secs(1)));
        }
        turn.deps.store.postpone_indexes().await?;
        turn.save(&load).await?;
    }
    let load = Mutex::new(load);
    let watch = Watch::new(turn);
    if !by_list(turn, &watch, &load).await? {
        by_creation(turn, &watch, &load).await?;
    }
    turn.deps.store.complete_indexes().await?;
    turn.tenant.claim_all_activities().await?;
    turn.save(&*load.lock().await).await?;
    turn.deps.progress.log(turn.account_id());
    Ok(Outcome::Done)
}

async fn by_creation(turn: &Turn<'_>, watch: &Watch, load: &Mutex<Load>) -> Result<(), SyncError> {
    if !is_small(turn, load).await? {
        window(turn, watch, load, 0).await?;
    }
    let mut route = route(turn, load).await?;
    loop {
        match route {
            Route::Ids { next, last } => {
                return by_id(turn, load, next, last).await;
            }
            Route::Windows { floor } => {
                by_window(turn, watch, load, floor).await?;
                let Some(older) = older(turn, load, floor).await? else { return Ok(()) };
                route = older;
            }
        }
    }
}

async fn is_small(turn: &Turn<'_>, load: &Mutex<Load>) -> Result<bool, SyncError> {
    {
        let load = load.lock().await;
        if load.small || load.route.is_some() || !load.done.is_empty() || load.exports.contains_key(&0) {
            return Ok(load.small);
        }
    }
    let Some(last) = small::highest(turn).await? else { return Ok(false) };
    tracing::info!(account_id = turn.account_id(), last, "the instance is small; everybody is read by id");
    let mut load = load.lock().await;
    (load.small, load.route) = (true, Some(Route::Ids { next: 1, last }));
    turn.save(&*load).await?;
    Ok(true)
}

// Whether the configured list gave everybody.
async fn by_list(turn: &Turn<'_>, watch: &Watch, load: &Mutex<Load>) -> Result<bool, SyncError> {
    let Some(list) = turn.deps.marketo.people_list.as_deref().and_then(List::parse) else { return Ok(false) };
    let known = {
        let load = load.lock().await;
        if load.list_refused {
            return Ok(false);
        }
        load.exports.get(&LIST).cloned()
    };
    let sink = People { turn, load, window: LIST };
    match extract::fetch(turn, watch, &What::People(Which::Listed(list)), known, &sink).await {
        Ok(()) => Ok(true),
        Err(SyncError::Bulk(BulkError::NoSuchFilter)) => {
            tracing::warn!(account_id = turn.account_id(), "Marketo does not extract by the configured list; all windows are read instead");
            let mut load = load.lock().await;
            load.list_refused = true;
            turn.save(&*load).await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}

// The other jobs go on from the moment at which the load began. They get that moment before anything is loaded.
async fn hand_over(turn: &Turn<'_>, since: i64) -> Result<bool, SyncError> {
    for job in [Job::History, Job::PeopleChanges, Job::TimelineTail] {
        let store = &turn.deps.store;
        let Some(lease) = store.claim_job(turn.account_id(), job.name(), &turn.deps.owner, 10_000).await? else { return Ok(false) };
        let state = serde_json::json!({"since": since}).to_string();
        store.save_checkpoint(&lease, Some(&state), None).await?;
        store.release_job(&lease, "waiting", None, 0).await?;
    }
    Ok(true)
}

async fn route(turn: &Turn<'_>, load: &Mutex<Load>) -> Result<Route, SyncError> {
    let (known, started_at, highest, dense) = {
        let load = load.lock().await;
        (load.route, load.started_at, load.highest_id, load.dense())
    };
    if let Some(route) = known {
        return Ok(route);
    }
    let route = if highest == 0 {
        Route::Windows { floor: started_at - FIVE_YEARS_MS }
    } else {
        // From the highest id, as an id may have been given long before its person was created.
        let oldest = if dense { oldest::below(turn, highest + 1).await? } else { None };
        let (first, floor) = oldest.map_or((1, started_at - FIVE_YEARS_MS), |oldest| (oldest.id, oldest.created_at - LONGEST_WINDOW_MS));
        let windows = (started_at - floor).max(0) / LONGEST_WINDOW_MS + 1;
        let all_ids = highest / len(FILTER_VALUES) + 1;
        let found_ids = (highest - first) / len(FILTER_VALUES) + 1;
        if all_ids <= windows * CALLS_PER_WINDOW {
            Route::Ids { next: 1, last: highest }
        } else if found_ids <= windows * CALLS_PER_WINDOW {
            Route::Ids { next: first, last: highest }
        } else {
            Route::Windows { floor }
        }
    };
    tracing::info!(account_id = turn.account_id(), ?route, "the first load's way");
    let mut load = load.lock().await;
    load.route = Some(route);
    turn.save(&*load).await?;
    Ok(route)
}

// === by window ===

struct People<'a> {
    turn: &'a Turn<'a>,
    load: &'a Mutex<Load>,
    window: i64,
}

impl Sink for People<'_> {
    type Rows = CandidateColumns;

    async fn created(&self, export_id: &str) -> Result<(), SyncError> {
        let mut load = self.load.lock().await;
        extract::remember(&mut load.exports, self.window, export_id);
        self.turn.save(&*load).await
    }

    async fn take(&self, batch: Batch<Candidate>) -> Result<(), SyncError> {
        let mut load = self.load.lock().await;
        load.rows += len(batch.rows.len());
        for candidate in &batch.rows {
            load.highest_id = load.highest_id.max(candidate.lead_id);
            load.lowest_id = Some(load.lowest_id.map_or(candidate.lead_id, |lowest| lowest.min(candidate.lead_id)));
        }
        store(self.turn, batch.rows, batch.bad, &load).await
    }
}

async fn store(turn: &Turn<'_>, candidates: Vec<Candidate>, bad: u64, load: &Load) -> Result<(), SyncError> {
    let read = u64::try_from(candidates.len()).unwrap_or(0) + bad;
    let mut skipped: BTreeMap<&'static str, u64> = BTreeMap::new();
    if bad > 0 {
        skipped.insert("unreadable", bad);
    }
    let mut people = Vec::with_capacity(candidates.len());
    let mut left_out = LeftOut::new();
    for candidate in candidates {
        for (reason, values) in candidate.left_out {
            *left_out.entry(reason).or_default() += values;
        }
        match candidate.outcome {
            Ok(person) => people.push(person),
            Err(skip) => *skipped.entry(skip.word()).or_default() += 1,
        }
    }
    let written = turn.tenant.upsert_people(people, clock::now_ms(), Some(&turn.checkpoint(load)?)).await?;
    metrics::counter!("sync_people_total").increment(written);
    count(&left_out);
    turn.deps.progress.add_left_out(turn.account_id(), &left_out);
    turn.deps.progress.add(turn.account_id(), read, written, &skipped);
    Ok(())
}

async fn window(turn: &Turn<'_>, watch: &Watch, load: &Mutex<Load>, number: i64) -> Result<(), SyncError> {
    let (span, known) = {
        let load = load.lock().await;
        if load.done.contains(&number) {
            return Ok(());
        }
        let to_ms = load.started_at - number * LONGEST_WINDOW_MS;
        (Window { from_ms: to_ms - LONGEST_WINDOW_MS, to_ms }, load.exports.get(&number).cloned())
    };
    extract::fetch(turn, watch, &What::People(Which::Created(span)), known, &People { turn, load, window: number }).await?;
    let mut load = load.lock().await;
    load.done.insert(number);
    load.exports.remove(&number);
    turn.save(&*load).await
}

async fn by_window(turn: &Turn<'_>, watch: &Watch, load: &Mutex<Load>, floor: i64) -> Result<(), SyncError> {
    let started_at = load.lock().await.started_at;
    let last = (started_at - floor).max(0) / LONGEST_WINDOW_MS;
    futures_util::stream::iter(1..=last).map(|number| window(turn, watch, load, number)).buffer_unordered(AT_ONCE).try_collect::<()>().await
}

// After the windows: is there anybody older than those who were found?
async fn older(turn: &Turn<'_>, load: &Mutex<Load>, floor: i64) -> Result<Option<Route>, SyncError> {
    let lowest = load.lock().await.lowest_id;
    let Some(lowest) = lowest else { return Ok(None) };
    let Some(found) = oldest::below(turn, lowest).await? else { return Ok(None) };
    if found.created_at >= floor {
        return Ok(None);
    }
    let route = Route::Windows { floor: found.created_at - LONGEST_WINDOW_MS };
    let mut load = load.lock().await;
    load.route = Some(route);
    turn.save(&*load).await?;
    Ok(Some(route))
}

// === by id ===

async fn by_id(turn: &Turn<'_>, load: &Mutex<Load>, next: i64, last: i64) -> Result<(), SyncError> {
    let step = len(FILTER_VALUES);
    turn.deps.progress.enter(turn.account_id(), Phase::LoadingPeople, u64::try_from(last - next + 1).ok());
    let starts = (0..).map(|page| next + page * step).take_while(|start| *start <= last);
    let mut pages = futures_util::stream::iter(starts)
        .map(|start| async move {
            let end = (start + step - 1).min(last);
            let values: Vec<String> = (start..=end).map(|id| id.to_string()).collect();
            Ok::<_, SyncError>((end, turn.marketo.leads(turn.asker(), "id", &values).await?))
        })
        .buffered(3);
    let mut rows = Vec::with_capacity(extract::BATCH);
    while let Some((end, leads)) = pages.try_next().await? {
        rows.extend(leads.into_iter().map(Candidate::from));
        if rows.len() + FILTER_VALUES > extract::BATCH || end == last {
            let mut load = load.lock().await;
            load.route = Some(Route::Ids { next: end + 1, last });
            store(turn, std::mem::take(&mut rows), 0, &load).await?;
        }
    }
    Ok(())
}

fn len(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
