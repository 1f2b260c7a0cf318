//! Stars, flames and priority, read anew once a day.
//!
//! Somebody's own score changes them at once, and the feed tells; but where the tiers lie is reckoned anew at night, and
//! whoever is moved by that did nothing that the feed would tell of. So everybody whom we know is asked for once in each of
//! Marketo's days, in the few fields that matter: by id, by the configured list, or by the windows in which they were
//! created, whichever needs fewest calls.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures_util::{StreamExt, TryStreamExt};
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;

use super::extract::{self, AT_ONCE, CALLS_PER_WINDOW, Sink, Watch, What};
use super::job::{Outcome, SyncError, Turn};
use crate::clock;
use crate::remote::marketo::budget::central;
use crate::remote::marketo::bulk::{BulkError, LONGEST_WINDOW_MS, List, Which, Window};
use crate::remote::marketo::csv_people::PeopleColumns;
use crate::remote::marketo::csv_rows::Batch;
use crate::remote::marketo::leads::{FILTER_VALUES, Lead};
use crate::store::standings::{KnownPeople, Standing};

/// How far the day's round is.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default)]
struct Round {
    /// Marketo's day whose round is over.
    over: String,
    /// The round under way.
    way: Option<Way>,
    /// Windows that are stored.
    done: BTreeSet<i64>,
    /// Extracts under way, by window.
    exports: BTreeMap<i64, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Way {
    /// Those with an id above `after`.
    Ids {
        after: i64,
    },
    List,
    /// Windows back from `from` to `floor` (milliseconds since the epoch).
    Windows {
        from: i64,
        floor: i64,
    },
}

const LIST: i64 = -1;
// Created, queued, looked at twice, downloaded.
const CALLS_OF_A_LIST: i64 = 5;

pub(super) async fn turn(turn: &Turn<'_>) -> Result<Outcome, SyncError> {
    let mut round: Round = turn.state();
    let now = clock::now_ms();
    let today = central::day(now);
    if round.over.is_empty() {
        // Everybody was loaded a moment ago.
        round.over.clone_from(&today);
        turn.save(&round).await?;
    }
    if round.way.is_none() {
        let due = due(now, turn.deps.marketo.standings_hour);
        if round.over == today || now < due {
            let next = if now < due { due } else { central::next_midnight(now) };
            return Ok(Outcome::Again(Duration::from_millis(u64::try_from(next - now).unwrap_or(0).max(1_000))));
        }
        round.way = Some(way(&turn.tenant.known_people().await?, now, list(turn).is_some()));
        turn.save(&round).await?;
    }
    go(turn, &mut round, now).await?;
    round = Round { over: central::day(clock::now_ms()), ..Round::default() };
    turn.save(&round).await?;
    Ok(Outcome::Again(Duration::from_secs(1)))
}

fn due(now_ms: i64, hour: u32) -> i64 {
    central::began(now_ms) + i64::from(hour.min(23)) * 3_600_000
}

fn list(turn: &Turn<'_>) -> Option<List> {
    turn.deps.marketo.people_list.as_deref().and_then(List::parse)
}

fn way(known: &KnownPeople, now_ms: i64, listed: bool) -> Way {
    let by_id = known.count / i64::try_from(FILTER_VALUES).unwrap_or(300) + 1;
    let windows = (now_ms - known.oldest).max(0) / LONGEST_WINDOW_MS + 1;
    if listed && CALLS_OF_A_LIST < by_id {
        Way::List
    } else if by_id <= windows * CALLS_PER_WINDOW {
        Way::Ids { after: 0 }
    } else {
        Way::Windows { from: now_ms, floor: known.oldest }
    }
}

async fn go(turn: &Turn<'_>, round: &mut Round, now: i64) -> Result<(), SyncError> {
    let watch = Watch::new(turn);
    loop {
        match round.way.clone() {
            None => return Ok(()),
            Some(Way::Ids { after }) => return by_id(turn, round, after).await,
            Some(Way::Windows { from, floor }) => {
                let numbers: Vec<i64> = (0..=(from - floor).max(0) / LONGEST_WINDOW_MS).collect();
                let shared = Mutex::new(std::mem::take(round));
                let fetched = futures_util::stream::iter(numbers)
                    .map(|number| window(turn, &watch, &shared, number, from))
                    .buffer_unordered(AT_ONCE)
                    .try_collect::<()>()
                    .await;
                *round = shared.into_inner();
                return fetched;
            }
            Some(Way::List) => {
                let Some(list) = list(turn) else {
                    round.way = Some(way(&turn.tenant.known_people().await?, now, false));
                    continue;
                };
                let known = round.exports.get(&LIST).cloned();
                let shared = Mutex::new(std::mem::take(round));
                let sink = Standings { turn, round: &shared, window: LIST };
                let fetched = extract::fetch(turn, &watch, &What::Standings(Which::Listed(list)), known, &sink).await;
                *round = shared.into_inner();
                match fetched {
                    Err(SyncError::Bulk(BulkError::NoSuchFilter)) => {
                        round.way = Some(way(&turn.tenant.known_people().await?, now, false));
                        turn.save(&*round).await?;
                    }
                    other => return other,
                }
            }
        }
    }
}

// === by extract ===

struct Standings<'a> {
    turn: &'a Turn<'a>,
    round: &'a Mutex<Round>,
    window: i64,
}

impl Sink for Standings<'_> {
    type Rows = PeopleColumns;

    async fn created(&self, export_id: &str) -> Result<(), SyncError> {
        let mut round = self.round.lock().await;
        extract::remember(&mut round.exports, self.window, export_id);
        self.turn.save(&*round).await
    }

    async fn take(&self, batch: Batch<Lead>) -> Result<(), SyncError> {
        let round = self.round.lock().await;
        store(self.turn, batch.rows, &round).await
    }
}

async fn window(turn: &Turn<'_>, watch: &Watch, round: &Mutex<Round>, number: i64, from: i64) -> Result<(), SyncError> {
    let to_ms = from - number * LONGEST_WINDOW_MS;
    let span = Window { from_ms: to_ms - LONGEST_WINDOW_MS, to_ms };
    let known = {
        let round = round.lock().await;
        if round.done.contains(&number) {
            return Ok(());
        }
        round.exports.get(&number).cloned()
    };
    let sink = Standings { turn, round, window: number };
    extract::fetch(turn, watch, &What::Standings(Which::Created(span)), known, &sink).await?;
    let mut round = round.lock().await;
    round.done.insert(number);
    round.exports.remove(&number);
    turn.save(&*round).await
}

// === by id ===

async fn by_id(turn: &Turn<'_>, round: &mut Round, after: i64) -> Result<(), SyncError> {
    let mut after = after;
    loop {
        let ids = turn.tenant.leads_after(after, FILTER_VALUES).await?;
        let Some(last) = ids.last().copied() else { return Ok(()) };
        let values: Vec<String> = ids.iter().map(ToString::to_string).collect();
        let leads = turn.marketo.standings(turn.asker(), &values).await?;
        after = last;
        round.way = Some(Way::Ids { after });
        store(turn, leads, round).await?;
    }
}

async fn store(turn: &Turn<'_>, leads: Vec<Lead>, round: &Round) -> Result<(), SyncError> {
    let standings: Vec<Standing> = leads
        .into_iter()
        .map(|lead| Standing {
            lead_id: lead.id,
            relative_score: lead.relative_score.get(),
            relative_urgency: lead.relative_urgency.get(),
            priority: lead.priority.get(),
            updated_at: lead.updated_at.get().unwrap_or(0),
        })
        .collect();
    let changed = turn.tenant.update_standings(&standings, &turn.checkpoint(round)?).await?;
    metrics::counter!("sync_standings_total").increment(changed);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::account::arrivals::tests::{Connected, connected};
    use crate::remote::marketo::fake::{Reply, lead};
    use crate::remote::moment;
    use crate::store::people::Person;
    use crate::sync::SyncDeps;
    use crate::sync::job::{Job, run_once};

    const ACCOUNT: &str = "acme";
    const DAY_MS: i64 = 86_400_000;

    #[test]
    fn the_way_is_the_one_with_fewest_calls() {
        let now = 2_000 * DAY_MS;
        let known = |count, days| KnownPeople { count, oldest: now - days * DAY_MS };
        assert_eq!(way(&known(1_000, 1_500), now, true), Way::Ids { after: 0 });
        assert_eq!(way(&known(2_000, 1_500), now, true), Way::List);
        assert_eq!(way(&known(50_000, 1_500), now, false), Way::Ids { after: 0 });
        assert_eq!(way(&known(1_000_000, 1_500), now, false), Way::Windows { from: now, floor: now - 1_500 * DAY_MS });
        assert_eq!(way(&known(0, 0), now, false), Way::Ids { after: 0 });
    }

    #[test]
    fn it_is_due_some_hours_into_marketos_day() {
        let now = 1_780_000_000_000;
        assert_eq!(due(now, 4) - central::began(now), 4 * 3_600_000);
        assert_eq!(due(now, 99), due(now, 23));
    }

    async fn loaded(ids: std::ops::RangeInclusive<i64>) -> (Connected, SyncDeps) {
        let connected = connected().await;
        let mut settings = connected.fake.settings().marketo;
        settings.standings_hour = 0;
        for id in ids {
            connected.fake.world().leads.insert(id, lead(id, clock::now_ms() - DAY_MS / 2));
        }
        let deps = SyncDeps::new(connected.store.store.clone(), Arc::clone(&connected.connections), settings);
        while run_once(&deps, ACCOUNT, Job::FieldSync).await.unwrap() != Outcome::Done {}
        (connected, deps)
    }

    async fn yesterday(deps: &SyncDeps) {
        let lease = deps.store.claim_job(ACCOUNT, Job::Standings.name(), "test", 1_000).await.unwrap().unwrap();
        deps.store.save_checkpoint(&lease, Some(r#"{"over":"2020-01-01"}"#), None).await.unwrap();
        deps.store.release_job(&lease, "waiting", None, 0).await.unwrap();
    }

    fn stand(connected: &Connected, id: i64, stars: i64) {
        let mut world = connected.fake.world();
        let lead = world.leads.get_mut(&id).unwrap();
        lead["relativeScore"] = stars.into();
        lead["firstName"] = "Renamed".into();
    }

    async fn person(deps: &SyncDeps, id: i64) -> Person {
        let record = crate::salesforce_id::SalesforceId::parse(&format!("00Q{id:012}")).unwrap();
        deps.store.tenant(ACCOUNT).person_by_sfdc_id(record.as_str()).await.unwrap().unwrap()
    }

    #[tokio::test]
    async fn a_tier_that_moved_overnight_is_followed_by_id() {
        let (connected, deps) = loaded(1..=400).await;
        stand(&connected, 7, 3);
        stand(&connected, 8, 3);
        // What was read of the eighth is older than what the feed told since.
        connected.fake.world().leads.get_mut(&8).unwrap()["updatedAt"] = moment::format(clock::now_ms() - 2 * DAY_MS).into();
        let before = connected.fake.calls();
        // On the day of the load nothing is to be done.
        assert!(matches!(run_once(&deps, ACCOUNT, Job::Standings).await.unwrap(), Outcome::Again(wait) if wait > Duration::from_secs(1)));
        assert_eq!(connected.fake.calls(), before);
        yesterday(&deps).await;
        run_once(&deps, ACCOUNT, Job::Standings).await.unwrap();
        assert_eq!(connected.fake.calls() - before, 2);
        let seventh = person(&deps, 7).await;
        assert_eq!((seventh.relative_score, seventh.first_name.as_deref()), (Some(3), Some("First7")));
        assert_eq!(person(&deps, 8).await.relative_score, None);
        let asked = connected.fake.world().requests.last().unwrap().query["fields"].clone();
        assert_eq!(asked, "id,relativeScore,relativeUrgency,priority,updatedAt");
        // Once a day.
        run_once(&deps, ACCOUNT, Job::Standings).await.unwrap();
        assert_eq!(connected.fake.calls() - before, 2);
    }

    #[tokio::test]
    async fn where_extracts_need_fewer_calls_a_broken_round_goes_on_with_its_extract() {
        let (connected, deps) = loaded(1..=1_500).await;
        stand(&connected, 1_400, 2);
        yesterday(&deps).await;
        let creates = connected.fake.count("create.json");
        connected.fake.world().faults.push_back(("status.json", Reply::error("1001")));
        run_once(&deps, ACCOUNT, Job::Standings).await.unwrap_err();
        run_once(&deps, ACCOUNT, Job::Standings).await.unwrap();
        assert_eq!(connected.fake.count("create.json") - creates, 1);
        assert_eq!(person(&deps, 1_400).await.relative_score, Some(2));
    }
}
