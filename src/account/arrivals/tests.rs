use std::collections::HashSet;

use futures_util::future::join_all;
use secrecy::{ExposeSecret, SecretString};

use super::*;
use crate::account::connections::Seal;
use crate::remote::marketo::fake::{Fake, Reply, activity, lead};
use crate::salesforce_id::SalesforceId;
use crate::store::testing::{TestStore, sqlite};

const ACCOUNT: &str = "acme";
const DAY_MS: i64 = 86_400_000;

/// Seals by turning the bytes around: enough to see that what is stored is not what was given.
struct Backwards;

impl Seal for Backwards {
    fn seal(&self, _: &str, _: &str, secret: &SecretString) -> Result<(String, Vec<u8>), Problem> {
        Ok(("k1".to_owned(), secret.expose_secret().bytes().rev().collect()))
    }

    fn open(&self, _: &str, _: &str, _: &str, sealed: &[u8]) -> Result<SecretString, Problem> {
        Ok(SecretString::from(String::from_utf8(sealed.iter().rev().copied().collect()).unwrap()))
    }
}

/// An account connected to a fake Marketo.
pub(crate) struct Connected {
    pub(crate) fake: Fake,
    pub(crate) store: TestStore,
    pub(crate) connections: Arc<Connections>,
}

pub(crate) async fn connected() -> Connected {
    let (fake, store) = (Fake::start().await, sqlite().await);
    let mut settings = fake.settings();
    // The counts matter here, not the pace.
    settings.marketo.calls_per_window = 10_000;
    store.store.create_account(ACCOUNT, "Acme", 1).await.unwrap();
    let connections = Connections::new(store.store.clone(), fake.caller(), &settings, Arc::new(Backwards)).unwrap();
    connections.connect_marketo(ACCOUNT, &fake.endpoint(), "id", SecretString::from("s3cret")).await.unwrap();
    fake.world().asked.clear();
    Connected { fake, store, connections }
}

fn record(id: i64) -> String {
    SalesforceId::parse(&format!("00Q{id:012}")).unwrap().as_str().to_owned()
}

// Ten times as fast as real life.
fn quick() -> Pace {
    Pace { collect: Duration::from_millis(25), collect_busy: Duration::from_millis(200), ..Pace::default() }
}

fn arrivals(connected: &Connected) -> Arc<Arrivals> {
    Arrivals::new(connected.store.store.clone(), Arc::clone(&connected.connections), 90, quick())
}

async fn settled(connected: &Connected, arrivals: &Arrivals) -> usize {
    for _ in 0..400 {
        tokio::time::sleep(Duration::from_millis(25)).await;
        let desk = Arc::clone(lock(&arrivals.desks).get(ACCOUNT).unwrap());
        let open = lock(&desk);
        if !open.collecting && !open.filling {
            break;
        }
    }
    connected.fake.calls()
}

#[tokio::test]
async fn sixty_four_first_views_of_one_person_make_one_lead_call() {
    let connected = connected().await;
    let now = clock::now_ms();
    connected.fake.world().leads.insert(7, lead(7, now - DAY_MS));
    connected.fake.world().activities = vec![activity("a", 7, 46, now - 5_000), activity("b", 8, 46, now), activity("c", 7, 22, now)];
    let arrivals = arrivals(&connected);
    let wanted = record(7);
    let seen = join_all((0..64).map(|_| arrivals.look(ACCOUNT, &wanted, "r"))).await;
    assert_eq!(seen, vec![Arrival::Arrived; 64]);
    settled(&connected, &arrivals).await;
    let counts = ["leads.json", "activities.json", "pagingtoken", "types.json"].map(|part| connected.fake.count(part));
    assert_eq!(counts, [1, 1, 1, 1]);
    let tenant = connected.store.store.tenant(ACCOUNT);
    let person = tenant.person_by_sfdc_id(&record(7)).await.unwrap().unwrap();
    assert!(person.history_since.unwrap() <= now - DAY_MS);
    let timeline = tenant.timeline(7, None, None, 10).await.unwrap();
    assert_eq!(timeline.iter().map(|activity| activity.guid.as_str()).collect::<HashSet<_>>(), HashSet::from(["a", "c"]));
}

#[tokio::test]
async fn a_thousand_different_first_views_in_a_minute_make_at_most_120_calls() {
    let connected = connected().await;
    let now = clock::now_ms();
    for id in 1..=1_000 {
        let mut lead = lead(id, now - (id % 80) * DAY_MS);
        // Every third is a contact, which is another filter.
        if id % 3 == 0 {
            lead["sfdcContactId"] = SalesforceId::parse(&format!("003{id:012}")).unwrap().as_str().into();
            lead["sfdcLeadId"] = serde_json::Value::Null;
        }
        connected.fake.world().leads.insert(id, lead);
    }
    // As many groups of types as a real instance has: two.
    connected.fake.world().types.extend([
        (2, "Fill Out Form"),
        (3, "Click Link"),
        (6, "Send Email"),
        (7, "Email Delivered"),
        (9, "Unsubscribe Email"),
        (10, "Open Email"),
        (11, "Click Email"),
        (39, "Send Sales Email"),
        (40, "Open Sales Email"),
    ]);
    let arrivals = arrivals(&connected);
    let mut views = Vec::new();
    let started = clock::instant();
    for id in 1..=1_000_i64 {
        let arrivals = Arc::clone(&arrivals);
        let prefix = if id % 3 == 0 { "003" } else { "00Q" };
        let sfdc_id = SalesforceId::parse(&format!("{prefix}{id:012}")).unwrap().as_str().to_owned();
        views.push(tokio::spawn(async move { arrivals.look(ACCOUNT, &sfdc_id, "r").await }));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    for view in views {
        assert_eq!(view.await.unwrap(), Arrival::Arrived);
    }
    // A machine that is busy stretches the minute, and more batches fit into it.
    let tenths_of_a_minute = (started.elapsed().as_secs_f64() / 6.0).max(1.0);
    let calls = settled(&connected, &arrivals).await;
    let most = 120.0 * tenths_of_a_minute;
    assert!(f64::from(u32::try_from(calls).unwrap()) <= most, "{calls} calls, {} for people", connected.fake.count("leads.json"));
    let tenant = connected.store.store.tenant(ACCOUNT);
    assert_eq!(tenant.count_people().await.unwrap(), 1_000);
    assert!(tenant.person_by_sfdc_id(&record(1_000)).await.unwrap().unwrap().history_since.is_some());
}

#[tokio::test]
async fn whoever_is_not_found_or_not_owned_is_not_asked_for_again_at_once() {
    let connected = connected().await;
    let mut unowned = lead(8, 1);
    unowned["sfdcLeadOwnerId"] = serde_json::Value::Null;
    connected.fake.world().leads.insert(8, unowned);
    let pace = Pace { remember_ms: 1_500, ..quick() };
    let arrivals = Arrivals::new(connected.store.store.clone(), Arc::clone(&connected.connections), 90, pace);
    for _ in 0..2 {
        assert_eq!(arrivals.look(ACCOUNT, &record(7), "r").await, Arrival::Absent);
        assert_eq!(arrivals.look(ACCOUNT, &record(8), "r").await, Arrival::Absent);
    }
    assert_eq!(arrivals.look(ACCOUNT, "001000000000001AAA", "r").await, Arrival::Absent);
    assert_eq!(connected.fake.count("leads.json"), 2);
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    assert_eq!(arrivals.look(ACCOUNT, &record(7), "r").await, Arrival::Absent);
    assert_eq!(connected.fake.count("leads.json"), 3);
}

#[tokio::test]
async fn trouble_is_told_and_not_remembered() {
    let connected = connected().await;
    connected.fake.world().leads.insert(7, lead(7, clock::now_ms()));
    let arrivals = arrivals(&connected);
    connected.fake.world().faults.push_back(("/leads.json", Reply::error("603")));
    let seen = arrivals.look(ACCOUNT, &record(7), "r").await;
    assert!(matches!(&seen, Arrival::Unavailable(problem) if problem.code == "upstream.forbidden"), "{seen:?}");
    assert_eq!(arrivals.look(ACCOUNT, &record(7), "r").await, Arrival::Arrived);
    assert!(
        matches!(arrivals.look("nobody", &record(7), "r").await, Arrival::Unavailable(problem) if problem.code == "marketo.not_connected")
    );
}

#[tokio::test]
async fn a_connection_needs_good_credentials_and_salesforce() {
    let connected = connected().await;
    let connect = |endpoint: String| {
        let connections = Arc::clone(&connected.connections);
        async move { connections.connect_marketo(ACCOUNT, &endpoint, "id", SecretString::from("x")).await }
    };
    let refused = Reply { status: 401, headers: Vec::new(), body: b"{}".to_vec(), cut: None };
    connected.fake.world().faults.push_back(("/identity/", refused));
    assert_eq!(connect(connected.fake.endpoint()).await.unwrap_err().code, "marketo.credentials");
    let bare = Reply::json(&serde_json::json!({"success": true, "result": [{"fields": [{"name": "id"}]}]}));
    connected.fake.world().faults.push_back(("describe2", bare));
    assert_eq!(connect(connected.fake.endpoint()).await.unwrap_err().code, "marketo.no_salesforce_sync");
    assert_eq!(connect("https://example.com".to_owned()).await.unwrap_err().code, "url.not_allowed");

    let stored = connected.store.store.tenant(ACCOUNT).connection("marketo").await.unwrap().unwrap();
    assert_eq!((stored.state.as_str(), stored.secret_sealed.as_slice()), ("connected", b"terc3s".as_slice()));
    connected.store.without_twins().await;
    let budgets = connected.connections.budgets().await.unwrap();
    assert_eq!((budgets.len(), budgets[0].view.window_limit), (1, 10_000));
}
