use std::sync::Arc;

use super::*;
use crate::account::arrivals::tests::{Connected, connected};
use crate::remote::marketo::fake::{Reply, activity, lead};

const ACCOUNT: &str = "acme";
const DAY_MS: i64 = 86_400_000;

fn deps(connected: &Connected) -> SyncDeps {
    SyncDeps::new(connected.store.store.clone(), Arc::clone(&connected.connections), connected.fake.settings().marketo)
}

fn populate(connected: &Connected, ids: std::ops::RangeInclusive<i64>, age_days: impl Fn(i64) -> i64) {
    let now = clock::now_ms();
    let mut world = connected.fake.world();
    for id in ids {
        world.leads.insert(id, lead(id, now - age_days(id) * DAY_MS - 60_000));
    }
}

async fn until_done(deps: &SyncDeps, job: Job) {
    for _ in 0..5 {
        if run_once(deps, ACCOUNT, job).await.unwrap() == Outcome::Done {
            return;
        }
    }
    panic!("{job:?} is not done");
}

/// Makes a job that waits for its time due now.
async fn due(deps: &SyncDeps, job: Job) {
    let lease = deps.store.claim_job(ACCOUNT, job.name(), "test", 1_000).await.unwrap().unwrap();
    deps.store.release_job(&lease, "waiting", None, 0).await.unwrap();
}

#[tokio::test]
async fn a_small_instance_is_loaded_by_one_extract_and_by_ids() {
    let connected = connected().await;
    populate(&connected, 1_001..=2_000, |id| (2_000 - id) / 2);
    {
        let mut world = connected.fake.world();
        world.leads.get_mut(&1_500).unwrap()["sfdcLeadOwnerId"] = serde_json::Value::Null;
        world.leads.get_mut(&1_999).unwrap()["sfdcLeadId"] = serde_json::Value::Null;
    }
    let deps = deps(&connected);
    assert_eq!(run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap(), Outcome::NotReady);
    until_done(&deps, Job::FieldSync).await;
    let tenant = deps.store.tenant(ACCOUNT);
    assert_eq!(tenant.count_people().await.unwrap(), 998);
    assert_eq!((connected.fake.count("create.json"), connected.fake.count("file.json")), (1, 1));
    assert!(connected.fake.calls() <= 25, "{}", connected.fake.calls());
    // Done is done: another turn asks nothing.
    let before = connected.fake.calls();
    assert_eq!(run_once(&deps, ACCOUNT, Job::FieldSync).await.unwrap(), Outcome::NotOurs);
    assert_eq!(connected.fake.calls(), before);
}

#[tokio::test]
async fn a_sparse_instance_is_loaded_window_by_window_back_to_its_oldest_person() {
    let connected = connected().await;
    let now = clock::now_ms();
    {
        let mut world = connected.fake.world();
        for number in 0..200_i64 {
            let id = 5_000_000 - number * 20_000;
            world.leads.insert(id, lead(id, now - number * DAY_MS - 60_000));
        }
    }
    let deps = deps(&connected);
    until_done(&deps, Job::FieldSync).await;
    assert_eq!(deps.store.tenant(ACCOUNT).count_people().await.unwrap(), 200);
    assert!(connected.fake.count("create.json") >= 7);
}

#[tokio::test]
async fn a_load_that_was_cut_off_goes_on_with_the_extract_that_exists() {
    let connected = connected().await;
    populate(&connected, 1..=50, |_| 1);
    connected.fake.world().faults.extend((0..1).map(|_| ("status.json", Reply::error("1001"))));
    let deps = deps(&connected);
    run_once(&deps, ACCOUNT, Job::FieldSync).await.unwrap_err();
    assert_eq!(deps.store.tenant(ACCOUNT).jobs().await.unwrap().iter().find(|job| job.job == "field_sync").unwrap().state, "failed");
    until_done(&deps, Job::FieldSync).await;
    assert_eq!(connected.fake.count("create.json"), 1);
    assert_eq!(deps.store.tenant(ACCOUNT).count_people().await.unwrap(), 50);
}

#[tokio::test]
async fn the_history_keeps_what_people_we_know_did() {
    let connected = connected().await;
    let now = clock::now_ms();
    populate(&connected, 1..=20, |_| 3);
    connected.fake.world().activities = vec![
        activity("old", 5, 46, now - 80 * DAY_MS),
        activity("stranger", 99, 46, now - 2 * DAY_MS),
        activity("new", 5, 1, now - DAY_MS),
        activity("other", 5, 12, now - DAY_MS),
    ];
    let deps = deps(&connected);
    until_done(&deps, Job::FieldSync).await;
    until_done(&deps, Job::History).await;
    let tenant = deps.store.tenant(ACCOUNT);
    let guids: Vec<String> = tenant.timeline(5, None, None, 10).await.unwrap().into_iter().map(|activity| activity.guid).collect();
    assert_eq!(guids, ["new", "old"]);
    assert!(tenant.timeline(99, None, None, 10).await.unwrap().is_empty());
    let since = tenant.person_by_sfdc_id("00Q000000000005EAA").await.unwrap().unwrap().history_since.unwrap();
    assert!(since <= now - 89 * DAY_MS);
    assert_eq!(deps.progress.of(ACCOUNT).phase, Phase::Following);
}

#[tokio::test]
async fn the_tail_follows_short_pages_and_stores_nothing_twice() {
    let connected = connected().await;
    populate(&connected, 1..=20, |_| 3);
    let deps = deps(&connected);
    until_done(&deps, Job::FieldSync).await;
    let now = clock::now_ms();
    connected.fake.world().activities = (0..10).map(|number| activity(&format!("g{number}"), 1 + number % 3, 46, now + number)).collect();
    assert!(matches!(run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap(), Outcome::Again(_)));
    let tenant = deps.store.tenant(ACCOUNT);
    assert_eq!(tenant.timeline(1, None, None, 20).await.unwrap().len(), 4);
    connected.fake.world().activities.push(activity("late", 2, 1, now + 20));
    assert_eq!(run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap(), Outcome::NotOurs);
    due(&deps, Job::TimelineTail).await;
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    assert_eq!(tenant.timeline(2, None, None, 20).await.unwrap()[0].guid, "late");
    // A token that is not taken any more costs a turn, not an activity.
    connected.fake.world().activities.push(activity("later", 2, 1, now + 30));
    connected.fake.world().faults.push_back(("/activities.json", Reply::error("1003")));
    due(&deps, Job::TimelineTail).await;
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap_err();
    due(&deps, Job::TimelineTail).await;
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    assert_eq!(tenant.timeline(2, None, None, 20).await.unwrap().len(), 3 + 2);
}

#[tokio::test]
async fn whoever_is_merged_deleted_or_disowned_leaves() {
    let connected = connected().await;
    populate(&connected, 1..=10, |_| 3);
    let deps = deps(&connected);
    until_done(&deps, Job::FieldSync).await;
    let tenant = deps.store.tenant(ACCOUNT);
    let now = clock::now_ms();
    {
        let mut world = connected.fake.world();
        let mut merge = activity("m", 1, 32, now);
        merge["attributes"] = serde_json::json!([{"name": "Merge IDs", "value": [2, 3]}]);
        world.activities.push(merge);
        world.leads.remove(&2);
        world.leads.remove(&3);
        world.leads.get_mut(&4).unwrap()["sfdcLeadOwnerId"] = serde_json::Value::Null;
        world.leads.get_mut(&5).unwrap()["title"] = "Director".into();
        world.leads.insert(11, lead(11, now));
        world.changed = vec![4, 5, 11, 12];
        world.deleted = vec![6];
        world.leads.remove(&6);
        world.activities.push(activity("early", 11, 46, now - 1_000));
    }
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    run_once(&deps, ACCOUNT, Job::PeopleChanges).await.unwrap();
    let known = tenant.known_leads(&(1..=12).collect::<Vec<_>>()).await.unwrap();
    let mut known: Vec<i64> = known.into_iter().collect();
    known.sort_unstable();
    assert_eq!(known, [1, 5, 7, 8, 9, 10, 11]);
    let changed = tenant.person_by_sfdc_id("00Q000000000005EAA").await.unwrap().unwrap();
    assert_eq!((changed.title.as_deref(), changed.last_name.as_deref()), (Some("Director"), Some("Null")));
    // Somebody new is known with what they did before we knew them.
    assert_eq!(tenant.timeline(11, None, None, 10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn who_is_new_brings_along_what_the_tail_saw_and_costs_no_call_for_it() {
    let connected = connected().await;
    populate(&connected, 1..=10, |_| 3);
    let deps = deps(&connected);
    until_done(&deps, Job::FieldSync).await;
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    let now = clock::now_ms();
    connected.fake.world().activities.push(activity("seen", 11, 46, now));
    due(&deps, Job::TimelineTail).await;
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    let tenant = deps.store.tenant(ACCOUNT);
    assert!(tenant.timeline(11, None, None, 10).await.unwrap().is_empty());
    {
        let mut world = connected.fake.world();
        world.leads.insert(11, lead(11, now));
        world.changed = vec![11];
    }
    let before = connected.fake.count("activities.json");
    run_once(&deps, ACCOUNT, Job::PeopleChanges).await.unwrap();
    assert_eq!(connected.fake.count("activities.json"), before);
    assert_eq!(tenant.timeline(11, None, None, 10).await.unwrap()[0].guid, "seen");
    assert!(tenant.person_by_sfdc_id("00Q000000000011EAA").await.unwrap().unwrap().history_since.is_some());
}

#[tokio::test]
async fn what_a_loser_did_is_the_winners() {
    let connected = connected().await;
    populate(&connected, 1..=10, |_| 3);
    let deps = deps(&connected);
    until_done(&deps, Job::FieldSync).await;
    let now = clock::now_ms();
    connected.fake.world().activities = vec![activity("before", 2, 46, now)];
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    {
        let mut world = connected.fake.world();
        let mut merge = activity("m", 1, 32, now + 1);
        merge["attributes"] = serde_json::json!([{"name": "Merge IDs", "value": [2]}]);
        world.activities.push(merge);
        world.leads.remove(&2);
    }
    due(&deps, Job::TimelineTail).await;
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    let tenant = deps.store.tenant(ACCOUNT);
    assert_eq!(tenant.timeline(1, None, None, 10).await.unwrap()[0].guid, "before");
    assert!(!tenant.known_leads(&[2]).await.unwrap().contains(&2));
}

#[tokio::test]
async fn the_day_begins_with_what_marketo_has_counted() {
    let connected = connected().await;
    populate(&connected, 1..=3, |_| 3);
    let deps = deps(&connected);
    until_done(&deps, Job::FieldSync).await;
    let today = crate::remote::marketo::budget::central::day(clock::now_ms());
    let usage = serde_json::json!({"success": true, "result": [{"date": today, "total": 9_000, "users": [
        {"userId": "somebody@example.com", "count": 8_000}, {"userId": "API@example.com", "count": 1_000}]}]});
    connected.fake.world().faults.push_back(("/stats/usage", Reply::json(&usage)));
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    let view = deps.connections.marketo(ACCOUNT).await.unwrap().budget().view().await;
    // The fake does not say whose the token is, so that everybody's calls count.
    assert!((9_000..9_020).contains(&view.used_today), "{}", view.used_today);
    assert_eq!(view.instance.map(|usage| (usage.total, usage.own)), Some((9_000, None)));
    assert!(view.hours["field_sync"].iter().sum::<u32>() > 0 && view.hours["timeline_tail"].iter().sum::<u32>() > 0);
    assert!(view.resumes_at.is_none());
    let before = connected.fake.count("/stats/usage");
    due(&deps, Job::TimelineTail).await;
    run_once(&deps, ACCOUNT, Job::TimelineTail).await.unwrap();
    assert_eq!(connected.fake.count("/stats/usage"), before, "once in half an hour is enough");
}

/// What may be told of a person, in any order and as often as Marketo likes.
#[derive(Debug, Clone, Copy)]
enum News {
    Changed(i64),
    Deleted(i64),
    Merged { winner: i64, loser: i64 },
}

fn news() -> impl proptest::strategy::Strategy<Value = Vec<(News, bool)>> {
    use proptest::prelude::*;
    let one = prop_oneof![
        4 => (1..=24_i64).prop_map(News::Changed),
        1 => (1..=24_i64).prop_map(News::Deleted),
        1 => (1..=24_i64, 1..=24_i64).prop_map(|(winner, loser)| News::Merged { winner, loser }),
    ];
    prop::collection::vec((one, any::<bool>()), 1..24)
}

// Lets the news happen in Marketo, then tells it in the order of `shuffled`, some of it twice.
async fn told_in_any_order(happened: Vec<(News, bool)>, shuffle: u64) {
    let connected = connected().await;
    populate(&connected, 1..=20, |_| 3);
    let deps = deps(&connected);
    until_done(&deps, Job::FieldSync).await;
    let tenant = deps.store.tenant(ACCOUNT);
    let now = clock::now_ms();
    let mut gone = std::collections::BTreeSet::new();
    let mut told: Vec<News> = Vec::new();
    for (number, (what, twice)) in happened.iter().enumerate() {
        let mut world = connected.fake.world();
        match *what {
            News::Changed(id) if !gone.contains(&id) => {
                let mut changed = lead(id, now);
                changed["title"] = format!("Title {number}").into();
                if number % 5 == 4 {
                    changed["sfdcLeadOwnerId"] = serde_json::Value::Null;
                }
                world.leads.insert(id, changed);
            }
            News::Deleted(id) => {
                world.leads.remove(&id);
                gone.insert(id);
            }
            News::Merged { winner, loser } if winner != loser && !gone.contains(&winner) && !gone.contains(&loser) => {
                world.leads.remove(&loser);
                gone.insert(loser);
            }
            _ => continue,
        }
        told.push(*what);
        if *twice {
            told.push(*what);
        }
    }
    // A fixed mix of the order: each news goes to a place that follows from its number.
    let mut order: Vec<usize> = (0..told.len()).collect();
    order.sort_by_key(|place| (u64::try_from(*place).unwrap() + 1).wrapping_mul(shuffle | 1) % 1_009);
    for (step, place) in order.into_iter().enumerate() {
        {
            let mut world = connected.fake.world();
            match told[place] {
                News::Changed(id) => world.changed = vec![id],
                News::Deleted(id) => world.deleted = vec![id],
                News::Merged { winner, loser } => {
                    let mut merge = activity(&format!("m{step}"), winner, 32, now + i64::try_from(step).unwrap());
                    merge["attributes"] = serde_json::json!([{"name": "Merge IDs", "value": [loser]}]);
                    world.activities.push(merge);
                }
            }
        }
        for job in [Job::PeopleChanges, Job::TimelineTail] {
            due(&deps, job).await;
            run_once(&deps, ACCOUNT, job).await.unwrap();
        }
        // Deletions are asked for every five minutes; here each time.
        let lease = deps.store.claim_job(ACCOUNT, "people_changes", "test", 1_000).await.unwrap().unwrap();
        let mut state: serde_json::Value = serde_json::from_str(lease.checkpoint.as_deref().unwrap()).unwrap();
        state["deletions_at"] = 0.into();
        deps.store.save_checkpoint(&lease, Some(&state.to_string()), None).await.unwrap();
        deps.store.release_job(&lease, "waiting", None, 0).await.unwrap();
    }
    due(&deps, Job::PeopleChanges).await;
    run_once(&deps, ACCOUNT, Job::PeopleChanges).await.unwrap();
    let wanted: std::collections::BTreeMap<i64, Option<String>> = connected
        .fake
        .world()
        .leads
        .iter()
        .filter(|(_, lead)| !lead["sfdcLeadOwnerId"].is_null())
        .map(|(id, lead)| (*id, lead["title"].as_str().map(str::to_owned)))
        .collect();
    let mut copy = std::collections::BTreeMap::new();
    for id in 1..=24 {
        if let Some(person) = tenant.person_by_sfdc_id(&format!("00Q{id:012}EAA")).await.unwrap() {
            copy.insert(id, person.title);
        }
    }
    assert_eq!(copy, wanted);
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { cases: 12, max_shrink_iters: 20, ..Default::default() })]

    #[test]
    fn any_order_of_changes_gives_the_same_people(happened in news(), shuffle in proptest::prelude::any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
        runtime.block_on(told_in_any_order(happened, shuffle));
    }
}

#[tokio::test]
async fn everything_runs_by_itself_and_stops_when_told() {
    let connected = connected().await;
    let now = clock::now_ms();
    populate(&connected, 1..=30, |_| 3);
    connected.fake.world().activities = vec![activity("a", 1, 46, now - DAY_MS), activity("b", 1, 46, now)];
    let deps = deps(&connected);
    let cancel = CancellationToken::new();
    let running = tokio::spawn(run(deps.clone(), cancel.clone()));
    let mut progress = deps.progress.subscribe();
    let following = progress.wait_for(|accounts| accounts.get(ACCOUNT).is_some_and(|figures| figures.phase == Phase::Following));
    tokio::time::timeout(Duration::from_secs(30), following).await.unwrap().unwrap();
    let tenant = deps.store.tenant(ACCOUNT);
    for _ in 0..100 {
        if tenant.timeline(1, None, None, 10).await.unwrap().len() == 2 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(tenant.timeline(1, None, None, 10).await.unwrap().len(), 2);
    cancel.cancel();
    tokio::time::timeout(Duration::from_secs(5), running).await.unwrap().unwrap();
}
