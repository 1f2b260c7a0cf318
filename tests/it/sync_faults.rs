//! The copy is right whatever dies or fails in between: workers killed at any moment, and everything that Marketo does.

use std::time::Duration;

use serde_json::json;

use crate::sync_world::{Yard, engines};

const LIST: (&str, &str) = ("MSI__MARKETO__PEOPLE_LIST", "smart:Everybody");

/// A number from the system's generator, from `low` to `high`.
fn between(low: u64, high: u64) -> u64 {
    let mut bytes = [0_u8; 8];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    low + u64::from_be_bytes(bytes) % (high - low)
}

/// People whose values are a trial for every parser on the way.
async fn odd_people(yard: &Yard) {
    for (first, last, company, title) in [
        ("Null", "Null", "NULL", "Null"),
        ("A\u{0}da", "O'Neill", "say \"hi\", \"twice\"", "two\nlines"),
        ("\u{2028}", "a,b;c\td", "\\N", "\r\n"),
        ("王小明", "\u{202e}olleh", "Ünïcødé & Söhne", "=1+1"),
        ("", "\"", "'; drop table people; --", "{\"a\":1}"),
    ] {
        yard.control(
            "people",
            json!({"firstName": first, "lastName": last, "company": company, "title": title, "email": "odd@example.com"}),
        )
        .await;
    }
}

/// One of everything that can happen to a person while the load is under way.
async fn let_things_happen(yard: &Yard, round: u32) {
    let id = 1_001 + round * 11;
    yard.change(id, json!({"title": format!("Changed in round {round}"), "leadScore": round})).await;
    yard.delete(id + 1).await;
    yard.control(&format!("people/{}/merge", id + 2), json!({"losers": [id + 3, id + 4]})).await;
    yard.change(id + 5, json!({"sfdcType": ""})).await;
    yard.control("people", json!({"lastName": format!("Newcomer-{round}"), "company": "New"})).await;
}

async fn killed_twenty_times(engine: &str, people: u32, environment: &[(&'static str, &str)]) {
    let mut yard = Yard::new(engine, people, environment).await;
    odd_people(&yard).await;
    // The oldest person there is: no window of a load that is nearly over would show the change.
    yard.change(1_001, json!({"phone": "+1 555 0100"})).await;
    for round in 0..20 {
        yard.start_worker();
        tokio::time::sleep(Duration::from_millis(between(100, 1_600))).await;
        yard.kill_workers();
        if round % 2 == 0 {
            let_things_happen(&yard, round / 2 + 1).await;
        }
    }
    yard.start_worker();
    yard.until_loaded(Duration::from_mins(1)).await;
    yard.until_true(Duration::from_secs(30)).await;
}

#[tokio::test]
async fn a_worker_killed_twenty_times_while_it_reads_a_file_leaves_the_right_people() {
    futures_util::future::join_all(engines().into_iter().map(|engine| killed_twenty_times(engine, 6_000, &[LIST]))).await;
}

#[tokio::test]
async fn a_worker_killed_twenty_times_while_it_reads_by_id_leaves_the_right_people() {
    killed_twenty_times("sqlite", 2_500, &[]).await;
}

#[tokio::test]
async fn everything_that_marketo_refuses_or_breaks_is_got_over() {
    let mut yard = Yard::new("sqlite", 1_500, &[LIST]).await;
    odd_people(&yard).await;
    let bulk = "/marketo/bulk/v1/leads/export";
    for fault in [
        json!({"prefix": "/marketo/rest/v1/leads/describe2", "marketo": "602", "times": 1}),
        json!({"prefix": bulk, "suffix": "create.json", "http": 500, "times": 1}),
        json!({"prefix": bulk, "suffix": "enqueue.json", "marketo": "615", "times": 1}),
        json!({"prefix": bulk, "suffix": "status.json", "http": 504, "times": 1}),
        json!({"prefix": bulk, "suffix": "status.json", "drop_after_bytes": 20, "times": 1}),
        json!({"prefix": bulk, "suffix": "file.json", "drop_after_bytes": 100_000, "times": 2}),
        json!({"prefix": bulk, "suffix": "file.json", "http": 404, "times": 1}),
        json!({"prefix": "/marketo/rest/v1/activities/leadchanges", "marketo": "606", "times": 1}),
        json!({"prefix": "/marketo/rest/v1/activities.json", "marketo": "611", "times": 2}),
    ] {
        yard.fault(fault).await;
    }
    yard.control("limits", json!({"exports_fail": 1})).await;
    yard.start_worker();
    yard.until_loaded(Duration::from_mins(1)).await;
    let_things_happen(&yard, 1).await;
    yard.until_true(Duration::from_mins(1)).await;
    assert_eq!(yard.get("faults").await, json!([]), "every fault happened");
    // The job that failed was made anew; the file that broke off and was missing for a while was not.
    assert_eq!((yard.calls(bulk, "create.json").await, yard.calls(bulk, "file.json").await), (3, 3));
    let errors = yard.get("limits").await["used"]["errors"].clone();
    for code in ["602", "606", "611", "615"] {
        assert!(errors[code].as_u64() >= Some(1), "{code}: {errors}");
    }
}

#[tokio::test]
async fn calls_that_are_not_answered_in_time_are_made_again() {
    let mut yard = Yard::new("sqlite", 1_200, &[LIST, ("MSI__MARKETO__TIMEOUT_SECONDS", "1")]).await;
    let bulk = "/marketo/bulk/v1/leads/export";
    for (prefix, suffix) in [
        ("/marketo/identity", "token"),
        ("/marketo/rest/v1/leads/describe2", ""),
        (bulk, "create.json"),
        (bulk, "enqueue.json"),
        (bulk, "status.json"),
        (bulk, "file.json"),
        ("/marketo/rest/v1/activities/pagingtoken", ""),
        ("/marketo/rest/v1/activities/leadchanges", ""),
        ("/marketo/rest/v1/activities.json", ""),
    ] {
        yard.fault(json!({"prefix": prefix, "suffix": suffix, "latency_ms": 2_500, "times": 1})).await;
    }
    yard.start_worker();
    yard.until_loaded(Duration::from_mins(1)).await;
    let_things_happen(&yard, 1).await;
    yard.until_true(Duration::from_mins(1)).await;
    assert_eq!(yard.get("faults").await, json!([]), "every call was kept waiting");
}

#[tokio::test]
async fn a_job_without_its_file_is_made_anew() {
    let mut yard = Yard::new("sqlite", 1_200, &[LIST]).await;
    let bulk = "/marketo/bulk/v1/leads/export";
    yard.fault(json!({"prefix": bulk, "suffix": "file.json", "http": 404, "times": 3})).await;
    yard.start_worker();
    yard.until_loaded(Duration::from_secs(40)).await;
    yard.until_true(Duration::from_secs(20)).await;
    assert_eq!((yard.calls(bulk, "create.json").await, yard.calls(bulk, "file.json").await), (2, 4));
}

#[tokio::test]
async fn a_list_that_cannot_be_extracted_costs_one_call() {
    let mut yard = Yard::new("sqlite", 900, &[("MSI__MARKETO__PEOPLE_LIST", "static:No such list")]).await;
    yard.start_worker();
    yard.until_loaded(Duration::from_secs(40)).await;
    yard.until_true(Duration::from_secs(20)).await;
    // So small an instance is then read by id, without waiting for an extract.
    assert_eq!(yard.calls("/marketo/bulk/v1/leads/export", "create.json").await, 1);
}

#[tokio::test]
async fn a_used_up_day_stops_the_load_and_a_new_day_goes_on_with_it() {
    let mut yard = Yard::new("sqlite", 1_500, &[LIST]).await;
    yard.fault(json!({"prefix": "/marketo/bulk/v1/leads/export", "suffix": "file.json", "marketo": "607", "times": 1})).await;
    yard.fault(json!({"prefix": "/marketo/bulk/v1/leads/export", "suffix": "status.json", "marketo": "607", "times": 1})).await;
    yard.start_worker();
    for _ in 0..400 {
        if yard.job("field_sync").await == "paused" {
            break;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(yard.job("field_sync").await, "paused");
    let made = yard.calls("/marketo/", "").await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(yard.calls("/marketo/", "").await, made, "nobody calls while the day's calls are used up");
    yard.http.delete(format!("{}/_control/faults", yard.sandbox)).send().await.unwrap();
    // A process that knows nothing of the pause stands for the next day.
    yard.kill_workers();
    yard.start_worker();
    yard.until_loaded(Duration::from_secs(40)).await;
    yard.until_true(Duration::from_secs(20)).await;
    assert_eq!(yard.calls("/marketo/bulk/v1/leads/export", "create.json").await, 1);
}

#[tokio::test]
async fn two_workers_at_once_do_nothing_twice() {
    for engine in engines() {
        let mut yard = Yard::new(engine, 4_000, &[LIST]).await;
        yard.start_worker();
        yard.start_worker();
        yard.start_worker();
        yard.until_loaded(Duration::from_mins(1)).await;
        yard.until_true(Duration::from_secs(30)).await;
        let bulk = "/marketo/bulk/v1/leads/export";
        let made = (yard.calls(bulk, "create.json").await, yard.calls(bulk, "enqueue.json").await, yard.calls(bulk, "file.json").await);
        assert_eq!(made, (1, 1, 1), "{engine}");
        assert_eq!(yard.calls("/marketo/bulk/v1/activities/export", "file.json").await, 1, "{engine}");
    }
}
