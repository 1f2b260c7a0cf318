//! More requests than the account takes: who is asked to wait, and who is answered all the same.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::sync::Notify;

use super::world::{World, face, package, rep};

const ASKED: &str = "/v1/people?sfdc_id=";

async fn until_held(wanted: usize, world: &World) {
    for _ in 0..300 {
        if world.scripted.looked.lock().unwrap().len() >= wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} under way", world.state.capacity.under_way());
}

#[actix_web::test]
async fn rat_06_an_account_that_asks_for_more_than_its_share_waits_and_others_do_not() {
    let world = World::with(|settings| settings.account.max_requests_per_account = 3).await;
    let gate = Arc::new(Notify::new());
    *world.scripted.held.lock().unwrap() = Some(Arc::clone(&gate));
    let records: Vec<String> = (1..=3).map(|number| format!("00Q00000000000{number}")).collect();
    let records: Vec<String> =
        records.iter().map(|id| crate::salesforce_id::SalesforceId::parse(id).unwrap().as_str().to_owned()).collect();
    let slow = join_all(records.iter().map(|record| {
        let (path, token) = (format!("{ASKED}{record}"), rep("a", record));
        let world = &world;
        async move { world.get(&path, &token).await }
    }));
    let rest = async {
        until_held(3, &world).await;
        // One more of the same account, whoever asks.
        let refused = world.get(&format!("{ASKED}{}", records[0]), &rep("a", &records[0])).await;
        assert_eq!((refused.status, refused.code().as_str(), refused.header("retry-after")), (429, "account.busy", "2"));
        assert_eq!(world.get("/v1/people/00000000000000000000000000000000", &package("a")).await.status, 429);
        // Others notice nothing.
        assert_eq!(world.get("/v1/people/00000000000000000000000000000000", &package("b")).await.status, 404);
        *world.scripted.held.lock().unwrap() = None;
        gate.notify_waiters();
    };
    let (answers, ()) = tokio::join!(slow, rest);
    assert!(answers.iter().all(|answer| answer.status == 200), "whoever was let in is answered");
    assert_eq!(world.scripted.looked.lock().unwrap().len(), 3, "whoever was not let in caused nothing");
    assert_eq!(world.get("/v1/people/00000000000000000000000000000000", &package("a")).await.status, 404, "places are given back");
}

#[actix_web::test]
async fn a_process_that_is_full_says_so_and_still_says_that_it_is_ready() {
    let world = World::with(|settings| settings.account.max_requests = 1).await;
    let gate = Arc::new(Notify::new());
    *world.scripted.held.lock().unwrap() = Some(Arc::clone(&gate));
    let record = "00Q000000000001EAA";
    let (path, token) = (format!("{ASKED}{record}"), rep("a", record));
    let slow = world.get(&path, &token);
    let rest = async {
        until_held(1, &world).await;
        let refused = world.get("/v1/people/00000000000000000000000000000000", &package("b")).await;
        assert_eq!((refused.status, refused.code().as_str(), refused.header("retry-after")), (503, "server.busy", "2"));
        assert!(refused.json()["request_id"].is_string());
        for path in ["/readyz", "/healthz"] {
            assert_eq!(world.send(world.request(reqwest::Method::GET, path)).await.status, 200, "{path}");
        }
        gate.notify_waiters();
    };
    let (answer, ()) = tokio::join!(slow, rest);
    assert_eq!(answer.status, 200);
    assert_eq!(world.get("/v1/orgs/00D000000000001EAA", &face()).await.status, 200);
}
