use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use secrecy::SecretString;
use serde_json::json;
use tokio::sync::mpsc;

use super::budget::{Budget, Limits, Purpose};
use super::bulk::{BulkError, Extract, JobState, Which, Window};
use super::csv_rows::Piece;
use super::fake::{Fake, Reply, lead};
use super::leads::Wanted;
use super::{Asker, Credentials, Marketo};
use crate::clock;
use crate::remote::call::CallError;

const PERSON: Asker<'static> = Asker { purpose: Purpose::Interactive, request_id: "rid-1" };
const JOB: Asker<'static> = Asker { purpose: Purpose::Background("test"), request_id: "rid-2" };

fn client(fake: &Fake) -> Marketo {
    let caller = fake.caller();
    let endpoint = caller.hosts().marketo(&fake.endpoint()).unwrap();
    let budget = Budget::new(endpoint.instance(), Limits::from(&fake.settings().marketo), None);
    let credentials = Credentials { endpoint, client_id: "id".to_owned(), client_secret: SecretString::from("s3cret") };
    Marketo::new(caller, credentials, budget)
}

#[tokio::test]
async fn many_calls_at_once_share_one_token_and_keep_within_the_limit() {
    let fake = Fake::start().await;
    let marketo = client(&fake);
    let found = join_all((0..20).map(|id| {
        let marketo = &marketo;
        async move { marketo.leads(PERSON, "id", &[id.to_string()]).await }
    }))
    .await;
    assert!(found.iter().all(Result::is_ok));
    assert_eq!((fake.count("/identity/"), fake.count("describe2"), fake.count("leads.json")), (1, 1, 20));
    let view = marketo.budget().view().await;
    assert_eq!((view.used_today, view.in_window, view.in_flight), (21, 21, 0));
    let requests = fake.world().requests.clone();
    let call = requests.iter().find(|request| request.path.ends_with("leads.json")).unwrap();
    assert_eq!(call.headers["x-request-id"], "rid-1");
    assert_eq!(call.headers["authorization"], "Bearer token-1");
    assert!(!call.query.contains_key("access_token"));
}

#[tokio::test]
async fn an_expired_token_is_replaced_once_and_not_counted() {
    let fake = Fake::start().await;
    let marketo = client(&fake);
    fake.world().faults.push_back(("describe2", Reply::error("602")));
    marketo.describe(PERSON).await.unwrap();
    assert_eq!((fake.count("/identity/"), fake.count("describe2")), (2, 2));
    assert_eq!(marketo.budget().view().await.used_today, 1);

    fake.world().faults.extend([("describe2", Reply::error("601")), ("describe2", Reply::error("601"))]);
    assert_eq!(marketo.describe(PERSON).await, Err(CallError::Unauthorized));
    assert_eq!(fake.count("describe2"), 4);
}

#[tokio::test]
async fn wrong_credentials_are_told_from_everything_else() {
    let fake = Fake::start().await;
    let refused = Reply { status: 401, headers: Vec::new(), body: br#"{"error":"invalid_client"}"#.to_vec(), cut: None };
    fake.world().faults.push_back(("/identity/", refused));
    assert_eq!(client(&fake).sign_in("r").await, Err(CallError::Unauthorized));
}

#[tokio::test]
async fn a_token_that_is_about_to_expire_is_waited_out() {
    let fake = Fake::start().await;
    fake.world().expires_in = 1;
    let marketo = client(&fake);
    let began = clock::instant();
    marketo.describe(PERSON).await.unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1));
    assert_eq!(fake.world().requests.last().unwrap().headers["authorization"], "Bearer token-2");
}

#[tokio::test]
async fn too_fast_in_a_200_makes_everybody_wait() {
    let fake = Fake::start().await;
    let marketo = client(&fake);
    fake.world().faults.push_back(("describe2", Reply::error("606")));
    // Nobody at a screen waits for twenty seconds.
    assert!(matches!(marketo.describe(PERSON).await, Err(CallError::RateLimited { .. })));
    assert_eq!(fake.count("describe2"), 1);
    let view = marketo.budget().view().await;
    assert!(view.paused_until.unwrap() >= clock::now_ms() + 15_000, "{view:?}");
    assert_eq!(view.pause_reason.as_deref(), Some("606 too many calls"));
}

#[tokio::test]
async fn a_used_up_quota_fails_fast_for_everybody() {
    let fake = Fake::start().await;
    let marketo = client(&fake);
    fake.world().faults.push_back(("describe2", Reply::error("607")));
    assert!(matches!(marketo.describe(JOB).await, Err(CallError::QuotaExhausted { .. })));
    assert!(matches!(marketo.describe(PERSON).await, Err(CallError::QuotaExhausted { .. })));
    assert_eq!(fake.count("describe2"), 1);
}

#[tokio::test]
async fn what_passes_by_itself_is_tried_again() {
    let fake = Fake::start().await;
    let marketo = client(&fake);
    let gone = Reply { status: 200, headers: Vec::new(), body: b"{\"succ".to_vec(), cut: Some(3) };
    fake.world().faults.extend([("describe2", Reply::error("611")), ("describe2", gone)]);
    marketo.describe(JOB).await.unwrap();
    assert_eq!(fake.count("describe2"), 3);
    // 611 is not counted by Marketo, a broken answer may have been.
    assert_eq!(marketo.budget().view().await.used_today, 2);
}

#[tokio::test]
async fn long_filters_travel_in_the_body_and_too_many_matches_are_halved() {
    let fake = Fake::start().await;
    let marketo = client(&fake);
    for id in 1..=300 {
        fake.world().leads.insert(id, lead(id, 1_700_000_000_000));
    }
    let mut values: Vec<String> = (0..150).map(|number| format!("somebody.with.a.long.name.{number}@elsewhere.example.com")).collect();
    values.extend((1..=150).map(|id| format!("p{id}@example.com")));
    fake.world().faults.push_back(("/leads.json", Reply::error("1003")));
    assert_eq!(marketo.leads(PERSON, "email", &values).await.unwrap().len(), 150);
    let methods: Vec<(String, Option<String>)> = fake
        .world()
        .requests
        .iter()
        .filter(|request| request.path.ends_with("/leads.json"))
        .map(|request| (request.method.clone(), request.query.get("_method").cloned()))
        .collect();
    let posted = ("POST".to_owned(), Some("GET".to_owned()));
    assert_eq!(methods, [posted.clone(), ("GET".to_owned(), None), posted]);
    assert!(matches!(marketo.leads(PERSON, "id", &vec!["1".to_owned(); 301]).await, Err(CallError::Refused { .. })));
}

#[tokio::test]
async fn redirects_are_not_followed_and_huge_answers_not_read() {
    let fake = Fake::start().await;
    let marketo = client(&fake);
    let elsewhere = Reply { status: 302, headers: vec![("Location", "http://169.254.169.254/".to_owned())], body: Vec::new(), cut: None };
    fake.world().faults.push_back(("describe2", elsewhere));
    assert_eq!(marketo.describe(PERSON).await, Err(CallError::Redirected));
    let huge = Reply { status: 200, headers: Vec::new(), body: vec![b' '; 11 * 1024 * 1024], cut: None };
    fake.world().faults.push_back(("describe2", huge));
    assert!(matches!(marketo.describe(PERSON).await, Err(CallError::TooLarge(_))));
}

fn window() -> Window {
    Window { from_ms: 1_700_000_000_000, to_ms: 1_700_000_100_000 }
}

async fn extract(fake: &Fake, faults: Vec<(&'static str, Reply)>) -> (Result<u64, BulkError>, Vec<u8>, bool) {
    let marketo = client(fake);
    for id in 1..=200 {
        fake.world().leads.insert(id, lead(id, 1_700_000_000_000));
    }
    let id = marketo.create_lead_extract(JOB, &Which::Created(window()), Wanted::Everything).await.unwrap();
    marketo.enqueue_extract(JOB, Extract::Leads, &id).await.unwrap();
    let mut state = marketo.extract_state(JOB, Extract::Leads, &id).await.unwrap();
    while state == JobState::Processing {
        state = marketo.extract_state(JOB, Extract::Leads, &id).await.unwrap();
    }
    let JobState::Completed(file) = state else { panic!("{state:?}") };
    fake.world().faults.extend(faults);
    let (sink, mut pieces) = mpsc::channel(2);
    let reading = tokio::spawn(async move {
        let (mut bytes, mut ended) = (Vec::new(), false);
        while let Some(piece) = pieces.recv().await {
            match piece {
                Piece::Data(piece) => bytes.extend_from_slice(&piece),
                Piece::End => ended = true,
            }
        }
        (bytes, ended)
    });
    let result = marketo.download_extract(JOB, Extract::Leads, &id, &file, &sink).await;
    drop(sink);
    let (bytes, ended) = reading.await.unwrap();
    (result, bytes, ended)
}

fn whole(fake: &Fake) -> Vec<u8> {
    let filter = json!({"createdAt": {"startAt": "2023-01-01T00:00:00Z", "endAt": "2024-01-01T00:00:00Z"}});
    fake.world().file(true, &filter)
}

#[tokio::test]
async fn a_broken_download_goes_on_where_it_stopped() {
    let fake = Fake::start().await;
    for id in 1..=200 {
        fake.world().leads.insert(id, lead(id, 1_700_000_000_000));
    }
    let cut = Reply { status: 200, headers: Vec::new(), body: whole(&fake), cut: Some(1_000) };
    let late = Reply { status: 404, headers: Vec::new(), body: b"not there yet".to_vec(), cut: None };
    let (result, bytes, ended) = extract(&fake, vec![("file.json", late), ("file.json", cut)]).await;
    assert_eq!((result, ended), (Ok(u64::try_from(whole(&fake).len()).unwrap()), true));
    assert!(bytes == whole(&fake), "the bytes differ");
    let ranges: Vec<_> = fake
        .world()
        .requests
        .iter()
        .filter(|request| request.path.ends_with("file.json"))
        .map(|request| request.headers.get("range").cloned())
        .collect();
    assert_eq!(ranges, [None, None, Some("bytes=1000-".to_owned())]);
}

#[tokio::test]
async fn a_wrong_checksum_never_announces_an_end() {
    let fake = Fake::start().await;
    for id in 1..=200 {
        fake.world().leads.insert(id, lead(id, 1_700_000_000_000));
    }
    let mut wrong = whole(&fake);
    wrong[500] ^= 1;
    let wrong = Reply { status: 200, headers: Vec::new(), body: wrong, cut: None };
    let (result, _, ended) = extract(&fake, vec![("file.json", wrong)]).await;
    assert_eq!(result, Err(BulkError::Broken));
    assert!(!ended);
}

#[tokio::test]
async fn the_meanings_of_1029_are_told_apart() {
    let fake = Fake::start().await;
    let marketo = client(&fake);
    let told = |message: &str| Reply::json(&json!({"success": false, "errors": [{"code": "1029", "message": message}]}));
    fake.world().faults.extend([
        ("create.json", told("Export daily quota 500MB exceeded")),
        ("create.json", told("Too many jobs in queue")),
        ("enqueue.json", told("Job already queued")),
    ]);
    assert_eq!(marketo.create_lead_extract(JOB, &Which::Created(window()), Wanted::Everything).await, Err(BulkError::VolumeUsedUp));
    assert_eq!(marketo.create_lead_extract(JOB, &Which::Created(window()), Wanted::Everything).await, Err(BulkError::QueueFull));
    let id = marketo.create_lead_extract(JOB, &Which::Created(window()), Wanted::Everything).await.unwrap();
    assert_eq!(marketo.enqueue_extract(JOB, Extract::Leads, &id).await, Ok(()));
    assert_eq!(marketo.extract_state(JOB, Extract::Leads, "unknown").await, Err(BulkError::Gone));
}

#[tokio::test]
async fn userinfo_goes_to_the_orgs_own_address_only() {
    let fake = Fake::start().await;
    let info = json!({"user_id": "005000000000001AAA", "organization_id": "00D000000000001EAA"});
    fake.world().faults.push_back(("userinfo", Reply::json(&info)));
    let caller = Arc::new(fake.caller());
    let token = SecretString::from("00D!token");
    let found = crate::remote::salesforce::userinfo(&caller, &format!("http://{}/salesforce", fake.address), &token, "r").await.unwrap();
    assert_eq!(found.user_id, "005000000000001AAA");
    let refused = crate::remote::salesforce::userinfo(&caller, "https://evil.example.com", &token, "r").await;
    assert!(matches!(refused, Err(CallError::NotAllowed(_))));
}
