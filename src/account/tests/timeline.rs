//! What a person did.

use serde_json::{Value, json};

use super::world::{World, activity, package};
use crate::store::testing::person;
use crate::store::timeline::{Activity, Tab};

async fn with(activities: &[Activity]) -> (World, String) {
    let world = World::new().await;
    world.a.upsert_people(&[person(1), person(2)], 1, None).await.unwrap();
    world.a.insert_activities(activities, None).await.unwrap();
    let id = world.a.person_by_sfdc_id("00Q000000000001EAA").await.unwrap().unwrap().id;
    (world, id)
}

#[actix_web::test]
async fn each_tab_has_its_own_columns() {
    let (world, id) = with(&[
        activity("1", Tab::Moments, "moment", 100, "Web", &json!({ "description": "Came back", "source": "Trigger" })),
        activity(
            "2",
            Tab::Web,
            "visit",
            200,
            "/pricing",
            &json!({ "url": "https://x.example/pricing", "referrer": "javascript:alert(1)", "query": "crm" }),
        ),
        activity("3", Tab::Web, "form", 210, "Contact us", &json!({})),
        activity("4", Tab::Score, "score", 300, "Behaviour Score", &json!({ "old": 10, "new": "25", "reason": "Filled a form" })),
        activity("5", Tab::Email, "sent", 400, "Newsletter", &json!({ "run": 7 })),
        activity("6", Tab::Email, "opened", 410, "Newsletter", &json!({ "run": 7 })),
        activity("7", Tab::Email, "opened", 411, "Newsletter", &json!({ "run": 7, "bot": true })),
        activity("8", Tab::Sales, "sales_sent", 500, "Template", &json!({ "subject": "Our call" })),
    ])
    .await;
    let tab = async |name: &str| world.get(&format!("/v1/people/{id}/timeline?tab={name}"), &package("a")).await.json()["items"].clone();
    assert_eq!(tab("moments").await, json!([{ "id": "1", "at": 100, "type": "Web", "description": "Came back", "source": "Trigger" }]));
    assert_eq!(
        tab("web").await,
        json!([
            { "at": 210, "kind": "form", "page": "Contact us", "url": null, "referrer": null, "search": null },
            { "at": 200, "kind": "visit", "page": "/pricing", "url": "https://x.example/pricing", "referrer": null, "search": "crm" }
        ])
    );
    assert_eq!(
        tab("score").await,
        json!([{ "at": 300, "name": "Behaviour Score", "old": 10, "new": 25, "change": 15, "reason": "Filled a form" }])
    );
    assert_eq!(
        tab("email").await,
        json!([
            { "id": "8", "at": 500, "subject": "Our call", "sent_by": "sales", "status": "sent", "opened": 0, "clicked": 0, "opened_at": null, "clicked_at": null, "replied": 0, "replied_at": null },
            { "id": "5", "at": 400, "subject": "Newsletter", "sent_by": "marketo", "status": "delivered", "opened": 1, "clicked": 0, "opened_at": 410, "clicked_at": null, "replied": 0, "replied_at": null }
        ])
    );
    let all = world.get(&format!("/v1/people/{id}/timeline"), &package("a")).await.json();
    let order: Vec<_> = all["items"].as_array().unwrap().iter().map(|item| (item["tab"].clone(), item["at"].clone())).collect();
    assert_eq!(
        order,
        [("email", 500), ("email", 400), ("score", 300), ("web", 210), ("web", 200), ("moments", 100)]
            .map(|(tab, at)| (json!(tab), json!(at)))
    );
    assert_eq!((&all["tab"], &all["next_cursor"]), (&Value::Null, &Value::Null));
}

#[actix_web::test]
async fn pages_follow_each_other_without_gap_or_repetition() {
    let mut activities = Vec::new();
    for n in 0..60_i64 {
        let (tab, kind) =
            [(Tab::Web, "visit"), (Tab::Moments, "moment"), (Tab::Email, "sent"), (Tab::Score, "score")][usize::try_from(n % 4).unwrap()];
        activities.push(activity(&format!("g{n:02}"), tab, kind, 100 + n / 7, &n.to_string(), &json!({ "run": n })));
    }
    let (world, id) = with(&activities).await;
    for (query, expected) in [("", 60_usize), ("tab=web&", 15), ("tab=email&", 15)] {
        let mut times = Vec::new();
        let mut cursor = String::new();
        let mut pages = 0;
        loop {
            let page = world.get(&format!("/v1/people/{id}/timeline?{query}limit=4{cursor}"), &package("a")).await.json();
            times.extend(page["items"].as_array().unwrap().iter().map(|item| item["at"].as_i64().unwrap()));
            pages += 1;
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        assert_eq!((times.len(), pages), (expected, expected.div_ceil(4)), "{query}");
        assert!(times.is_sorted_by(|one, two| one >= two), "{query}: {times:?}");
    }
}

#[actix_web::test]
async fn a_cursor_works_for_the_person_and_tab_it_was_given_for() {
    let visits: Vec<_> = (0..3).map(|n| activity(&format!("g{n}"), Tab::Web, "visit", n, "/", &json!({}))).collect();
    let (world, id) = with(&visits).await;
    let second = world.a.person_by_sfdc_id("00Q000000000002EAA").await.unwrap().unwrap().id;
    let page = world.get(&format!("/v1/people/{id}/timeline?tab=web&limit=1"), &package("a")).await.json();
    let cursor = page["next_cursor"].as_str().unwrap();
    assert_eq!(world.get(&format!("/v1/people/{id}/timeline?tab=web&cursor={cursor}"), &package("a")).await.status, 200);
    for path in [
        format!("{id}/timeline?tab=score&cursor={cursor}"),
        format!("{id}/timeline?cursor={cursor}"),
        format!("{second}/timeline?tab=web&cursor={cursor}"),
        format!("{id}/timeline?tab=web&cursor={cursor}A"),
        format!("{id}/timeline?tab=web&cursor="),
        format!("{id}/timeline?tab=web&cursor=eyJhdCI6MX0"),
    ] {
        let reply = world.get(&format!("/v1/people/{path}"), &package("a")).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "page.cursor"), "{path}");
    }
    for (query, code) in [
        ("limit=0", "request.invalid"),
        ("limit=201", "request.invalid"),
        ("tab=sales", "request.invalid"),
        ("page=2", "request.unknown_field"),
    ] {
        let reply = world.get(&format!("/v1/people/{id}/timeline?{query}"), &package("a")).await;
        assert_eq!((reply.status, reply.code().as_str()), (400, code), "{query}");
    }
}

#[actix_web::test]
async fn the_history_says_whether_it_is_whole_and_how_fresh() {
    let (world, id) = with(&[]).await;
    let store = world.a.store();
    let path = format!("/v1/people/{id}/timeline?tab=web");
    let reply = world.get(&path, &package("a")).await;
    assert_eq!(reply.json()["history"], json!({ "complete": false, "since": null, "fresh_as_of": null }));
    assert_eq!(reply.header("cache-control"), "private, max-age=2");

    world.a.set_history_since(&[1], 1_000).await.unwrap();
    let lease = store.claim_job("a", "timeline_tail", "me", 60_000).await.unwrap().unwrap();
    store.save_checkpoint(&lease, None, Some("{\"fresh_as_of\":5000}")).await.unwrap();
    let reply = world.get(&path, &package("a")).await;
    assert_eq!(reply.json()["history"], json!({ "complete": true, "since": 1_000, "fresh_as_of": 5_000 }));
    assert_eq!(
        (reply.header("cache-control"), reply.header("x-cache-tags")),
        ("private, max-age=15", format!("account:a person:{id}").as_str())
    );

    let jobs = world.get("/v1/jobs", &package("a")).await.json();
    assert_eq!((&jobs["jobs"][0]["job"], &jobs["jobs"][0]["progress"]), (&json!("timeline_tail"), &json!({ "fresh_as_of": 5_000 })));
    assert_eq!(world.get("/v1/jobs", &package("b")).await.json(), json!({ "jobs": [] }));
}

#[actix_web::test]
async fn an_activity_whose_detail_is_unreadable_is_still_shown() {
    let mut broken = activity("1", Tab::Web, "visit", 1, "/x", &json!({}));
    broken.detail = "not json".to_owned();
    let (world, id) = with(&[broken]).await;
    let page = world.get(&format!("/v1/people/{id}/timeline"), &package("a")).await.json();
    assert_eq!((&page["items"][0]["page"], &page["items"][0]["url"]), (&json!("/x"), &Value::Null));
}

#[actix_web::test]
async fn the_dashboard_counts_thirteen_weeks_and_tells_one() {
    let now = crate::clock::now_ms();
    let (world, id) = with(&[
        activity("1", Tab::Web, "visit", now, "/pricing", &json!({ "url": "https://x.example/pricing" })),
        activity("2", Tab::Web, "visit", now - 1, "/pricing", &json!({ "url": "https://x.example/pricing" })),
        activity("3", Tab::Email, "opened", now, "Newsletter", &json!({})),
        activity("4", Tab::Sales, "sales_sent", now - 8 * 86_400_000, "Template", &json!({ "subject": "Our call" })),
        activity("5", Tab::Moments, "moment", now - 200 * 86_400_000, "Web", &json!({ "description": "Long ago" })),
    ])
    .await;
    let ask = async |query: &str| world.get(&format!("/v1/people/{id}/insights{query}"), &package("a")).await;
    let shown = ask("?zone=America/New_York").await.json();
    let weeks = shown["weeks"].as_array().unwrap();
    let sum = |kind: &str| weeks.iter().map(|week| week[kind].as_i64().unwrap()).sum::<i64>();
    assert_eq!((weeks.len(), sum("web"), sum("email"), sum("sales"), sum("moments")), (13, 2, 1, 1, 0));
    assert_eq!(shown["items"].as_array().unwrap().iter().filter(|item| item["count"] == 2).count(), 1, "{shown}");
    let mail = ask("?kind=email").await.json();
    assert_eq!((mail["items"].as_array().unwrap().len(), &mail["items"][0]["did"]), (1, &json!("opened")));
    for wrong in ["?week=13", "?week=x", "?kind=score", "?zone=Nowhere/Here", "?limit=3", "?week=1&week=2"] {
        assert_eq!(ask(wrong).await.status, 400, "{wrong}");
    }
    assert_eq!(world.get(&format!("/v1/people/{id}/insights"), &package("b")).await.status, 404);
}
