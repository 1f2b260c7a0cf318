//! A database that goes away or refuses while people act.

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::acting::Office;
use super::house::Said;

async fn call(office: &Office, key: &'static str) -> Said {
    let body = json!({"sfdc_id": office.record(0), "outcome": "Hello"});
    let request = TestRequest::post().uri("/v1/calls").set_json(&body).insert_header(("Idempotency-Key", key));
    office.house.send(&office.admin, request).await
}

async fn calls(office: &Office) -> Vec<Value> {
    office.ledger("?target=marketo").await
}

#[actix_web::test]
async fn out_11_a_database_that_refuses_or_ends_connections_loses_nothing_and_is_got_over() {
    for office in Office::all().await {
        let test = &office.house.test;
        if !test.read_only(true).await {
            continue;
        }
        let refused = call(&office, "key-of-the-first").await;
        assert_eq!((refused.status, &refused.body["code"]), (503, &json!("database.unavailable")), "{}", refused.body);
        assert!(refused.body["retry_after"].as_u64().is_some_and(|seconds| seconds > 0), "{}", refused.body);
        assert!(calls(&office).await.is_empty(), "what is there can be read, and nothing was written");
        test.read_only(false).await;
        let first = call(&office, "key-of-the-first").await.ok();
        assert_eq!(call(&office, "key-of-the-first").await.ok(), first);
        assert_eq!(calls(&office).await.len(), 1);

        for round in 1..=5 {
            test.cut_off().await;
            let key = ["key-of-round-0", "key-of-round-1", "key-of-round-2", "key-of-round-3", "key-of-round-4", "key-of-round-5"][round];
            // One try for each connection of the pool that has to be found out.
            let mut tries = 0;
            loop {
                let said = call(&office, key).await;
                if said.status < 300 {
                    break;
                }
                assert_eq!((said.status, &said.body["code"]), (503, &json!("database.unavailable")), "{}", said.body);
                tries += 1;
                assert!(tries <= 8, "it does not come back");
            }
            call(&office, key).await.ok();
            assert_eq!(calls(&office).await.len(), round + 1, "once each");
        }
    }
}
