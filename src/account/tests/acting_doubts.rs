//! What is not known to have arrived, and who may send when (#[cfg(test)]).

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::acting::Office;
use super::house::client;
use crate::sync::deliver::{Ended, Target, keep, run_once};

const SETTLE_MS: i64 = 60_000;

impl Office {
    async fn request(&self, index: usize) {
        let known = self.house.get(&self.admin, "/v1/marketo-campaigns").await.ok();
        let members = format!("/v1/marketo-campaigns/{}/members", known["items"][0]["id"]);
        self.house.post(&self.admin, &members, json!({"sfdc_ids": [self.record(index)]})).await.ok();
    }

    // As a process that dies while it sends the first that is due. When that was.
    async fn begin(&self, target: Target) -> i64 {
        let store = &self.deps.store;
        let tenant = store.tenant(&self.account);
        let lease = store.claim_job(&self.account, target.job(), "died", 60_000).await.unwrap().unwrap();
        let now = store.now_ms().await.unwrap();
        let due = tenant.due_deliveries(target.name(), now, 9).await.unwrap();
        tenant.begin_deliveries(&lease, &[&due[0].delivery_id], now).await.unwrap();
        store.release_job(&lease, "waiting", None, 0).await.unwrap();
        now
    }
}

#[actix_web::test]
async fn a_second_request_of_a_person_waits_so_that_it_is_never_taken_for_the_first() {
    for office in Office::all().await {
        let known = office.house.get(&office.admin, "/v1/marketo-campaigns").await.ok();
        let members = format!("/v1/marketo-campaigns/{}/members", known["items"][0]["id"]);
        let request =
            async |index: usize| office.house.post(&office.admin, &members, json!({"sfdc_ids": [office.record(index)]})).await.ok();
        request(0).await;
        office.deliver(Target::Marketo).await;
        request(0).await;
        office.log_call(0, "busy").await;
        request(1).await;
        office.deliver(Target::Marketo).await;
        let leads = async || office.written().await.0.iter().map(|one| one["lead"].as_i64().unwrap()).collect::<Vec<_>>();
        let [first, other] = [0, 1].map(|index| office.people[index].lead_id);
        assert_eq!(leads().await, [first, other], "the second request waits, what the person did after it too, and nobody else");
        let now = office.deps.store.now_ms().await.unwrap();
        let tenant = office.deps.store.tenant(&office.account);
        let due = async |after: i64| tenant.due_deliveries("marketo", now + after, 9).await.unwrap();
        assert!(due(0).await.is_empty());
        let later = due(10_000).await;
        assert_eq!(later.iter().map(|due| due.activity.kind.as_str()).collect::<Vec<_>>(), ["campaign"]);
        assert_eq!(due(-20_000).await.len(), 1, "a clock that was put back keeps nobody waiting");
    }
}

#[actix_web::test]
async fn only_a_request_waits_for_a_request() {
    for office in Office::all().await {
        office.request(0).await;
        office.deliver(Target::Marketo).await;
        office.log_call(0, "busy").await;
        office.deliver(Target::Marketo).await;
        assert_eq!(office.written().await.0.len(), 2, "{}", office.house.engine);
        // What was refused never began.
        office.request(1).await;
        office.fault("/marketo/rest/v1/campaigns/", json!({"marketo": "1003", "times": 1})).await;
        office.deliver(Target::Marketo).await;
        office.request(1).await;
        office.deliver(Target::Marketo).await;
        assert_eq!(office.written().await.0.len(), 3, "{}", office.house.engine);
    }
}

#[actix_web::test]
async fn what_arrived_is_found_although_our_clock_runs_ahead() {
    for office in Office::all().await {
        office.control(Method::POST, "/clock", json!({"shift_seconds": -3_600})).await;
        office.log_call(0, "busy").await;
        office.request(1).await;
        for prefix in ["/marketo/rest/v1/activities/external.json", "/marketo/rest/v1/campaigns/"] {
            office.fault(prefix, json!({"drop_after_bytes": 0, "times": 1})).await;
        }
        for _ in 0..4 {
            office.deliver(Target::Marketo).await;
        }
        assert_eq!(office.written().await.0.len(), 2, "{}", office.house.engine);
        assert!(office.ledger("").await.iter().filter(|row| row["target"] == "marketo").all(|row| row["state"] == "done"));
    }
}

#[actix_web::test]
async fn a_request_that_somebody_else_made_a_minute_ago_is_not_taken_for_ours() {
    for office in Office::all().await {
        let house = &office.house;
        let known = house.get(&office.admin, "/v1/marketo-campaigns").await.ok();
        let marketo = format!("{}/marketo", house.base);
        let granted = client()
            .get(format!("{marketo}/identity/oauth/token"))
            .query(&[("grant_type", "client_credentials"), ("client_id", house.world.marketo_client_id())])
            .query(&[("client_secret", house.world.marketo_client_secret())]);
        let granted: Value = granted.send().await.unwrap().json().await.unwrap();
        office.control(Method::POST, "/clock", json!({"shift_seconds": -60})).await;
        let answer: Value = client()
            .post(format!("{marketo}/rest/v1/campaigns/{}/trigger.json", known["items"][0]["id"]))
            .bearer_auth(granted["access_token"].as_str().unwrap())
            .json(&json!({"input": {"leads": [{"id": office.people[0].lead_id}]}}))
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(answer["success"], true, "{answer}");
        office.control(Method::POST, "/clock", json!({"shift_seconds": 60})).await;
        office.request(0).await;
        office.begin(Target::Marketo).await;
        office.deliver(Target::Marketo).await;
        assert_eq!(office.written().await.0.len(), 2, "{}", house.engine);
    }
}

#[actix_web::test]
async fn what_a_process_that_died_was_sending_is_looked_up_after_the_settle_time_and_not_before() {
    for office in Office::all_with(|settings| settings.delivery.settle_seconds = 60).await {
        office.log_call(0, "busy").await;
        let before = office.begin(Target::Marketo).await;
        office.deliver(Target::Marketo).await;
        let row = &office.ledger("?target=marketo").await[0];
        assert_eq!((&row["state"], &row["attempts"]), (&json!("unsettled"), &json!(1)), "{row}");
        let next = row["next_at"].as_i64().unwrap() - SETTLE_MS;
        assert!((before..=office.deps.store.now_ms().await.unwrap()).contains(&next), "{row}");
        assert!(office.written().await.0.is_empty());
    }
}

#[actix_web::test]
async fn whoever_keeps_delivering_delivers_what_comes_and_ends_when_asked() {
    for office in Office::all().await {
        let cancel = CancellationToken::new();
        let kept = tokio::spawn(keep(office.deps.clone(), Target::Marketo, cancel.clone()));
        for index in 0..2 {
            office.log_call(index, "busy").await;
            tokio::time::timeout(Duration::from_mins(1), async {
                while office.ledger("?target=marketo&state=done").await.len() <= index {
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            })
            .await
            .unwrap();
        }
        cancel.cancel();
        tokio::time::timeout(Duration::from_mins(1), kept).await.unwrap().unwrap();
        assert_eq!(office.written().await.0.len(), 2);
    }
}

#[actix_web::test]
async fn a_mail_that_may_have_gone_out_is_not_sent_again_by_itself() {
    for office in Office::all().await {
        let mail = json!({"sfdc_id": office.record(0), "subject": "Hello", "text": "Hello"});
        office.house.post(&office.admin, "/v1/emails", mail).await.ok();
        office.begin(Target::Mail).await;
        office.deliver(Target::Mail).await;
        let row = &office.ledger("?target=mail").await[0];
        assert_eq!((&row["state"], &row["code"]), (&json!("failed"), &json!("UNCLEAR")), "{row}");
        assert!(office.subjects().await.is_empty());
    }
}

#[actix_web::test]
async fn a_lookup_that_is_refused_for_the_day_waits_like_everything_else() {
    for office in Office::all().await {
        office.log_call(0, "busy").await;
        office.fault("/marketo/rest/v1/activities/external.json", json!({"drop_after_bytes": 0, "times": 1})).await;
        office.fault("/marketo/rest/v1/activities/pagingtoken.json", json!({"marketo": "607", "times": 1})).await;
        assert_eq!(office.deliver(Target::Marketo).await, Ended::Paused);
        let targets = office.house.get(&office.admin, "/v1/deliveries").await.ok()["targets"].clone();
        let marketo = targets.as_array().unwrap().iter().find(|target| target["target"] == "marketo").unwrap();
        assert!(marketo["problem"].as_str().unwrap().contains("midnight"), "{marketo}");
        assert_eq!(office.deliver(Target::Marketo).await, Ended::NotOurs);
    }
}

#[actix_web::test]
async fn what_marketo_puts_off_is_tried_again_after_a_while_and_not_at_once() {
    for office in Office::all_with(|settings| settings.delivery.retry_seconds = 600).await {
        office.log_call(0, "busy").await;
        office.fault("/marketo/rest/v1/activities/external.json", json!({"marketo": "608", "times": 1})).await;
        office.deliver(Target::Marketo).await;
        let row = &office.ledger("?target=marketo").await[0];
        assert_eq!(row["state"], "waiting", "{row}");
        let wait = row["next_at"].as_i64().unwrap() - office.deps.store.now_ms().await.unwrap();
        assert!((100_000..=2_400_000).contains(&wait), "{row}");
        // What the same person did later waits behind it; somebody else does not.
        office.log_call(0, "later").await;
        office.log_call(1, "other").await;
        office.deliver(Target::Marketo).await;
        let written = office.written().await.0;
        let subjects: Vec<_> = written.iter().map(|one| one["attributes"]["Sales Call Subject"].as_str().unwrap()).collect();
        assert_eq!(subjects, ["other"], "{}", office.house.engine);
    }
}

#[actix_web::test]
async fn a_shift_that_lasts_longer_than_its_lease_goes_on_with_a_renewed_one() {
    for office in Office::all_with(|settings| {
        settings.delivery.lease_seconds = 4;
        settings.delivery.call_seconds = 10;
    })
    .await
    {
        for _ in 0..2 {
            office.log_call(0, "busy").await;
        }
        office.fault("/marketo/rest/v1/activities/external.json", json!({"latency_ms": 2_200, "times": 2})).await;
        // On a machine that is too slow the lease is lost all the same, and the next shift goes on.
        for _ in 0..20 {
            let _ = run_once(&office.deps, &office.account, Target::Marketo).await;
            if office.ledger("?target=marketo&state=done").await.len() == 2 {
                break;
            }
        }
        assert_eq!(office.written().await.0.len(), 2);
    }
}

#[actix_web::test]
async fn types_that_cannot_be_had_today_put_everything_off() {
    for office in Office::all().await {
        office.log_call(0, "busy").await;
        office.fault("/marketo/rest/v1/activities/external/types", json!({"marketo": "607", "times": 1})).await;
        assert_eq!(office.deliver(Target::Marketo).await, Ended::Paused);
        let targets = office.house.get(&office.admin, "/v1/deliveries").await.ok()["targets"].clone();
        let marketo = targets.as_array().unwrap().iter().find(|target| target["target"] == "marketo").unwrap();
        assert!(marketo["problem"].as_str().unwrap().contains("midnight"), "{marketo}");
    }
}

#[actix_web::test]
async fn whose_turn_it_is_is_asked_by_target_and_only_of_what_is_open() {
    for office in Office::all().await {
        let store = &office.deps.store;
        let tenant = store.tenant(&office.account);
        let turn = async |target: &str| {
            let accounts = store.accounts_with_deliveries(target, store.now_ms().await.unwrap()).await.unwrap();
            accounts.contains(&office.account)
        };
        office.request(0).await;
        assert!(turn("marketo").await);
        assert!(!turn("mail").await && !turn("salesforce").await);
        office.begin(Target::Marketo).await;
        let lease = store.claim_job(&office.account, "deliver_marketo", "test", 60_000).await.unwrap().unwrap();
        // What waits for longer is not looked up sooner because a clock was set.
        let far = i64::MAX / 2;
        let next = async || office.ledger("?target=marketo").await[0]["next_at"].as_i64().unwrap();
        for (settled, wanted) in [(far, far), (1, far), (far + 1, far + 1)] {
            tenant.doubt_deliveries(&lease, "marketo", settled, true).await.unwrap();
            assert_eq!(next().await, wanted, "{}", office.house.engine);
        }
        tenant.doubt_deliveries(&lease, "marketo", far + 2, false).await.unwrap();
        assert_eq!(next().await, far + 1);
        assert!(!turn("marketo").await);
        store.release_job(&lease, "waiting", None, 0).await.unwrap();
        office.request(1).await;
        office.deliver(Target::Marketo).await;
        assert!(!turn("marketo").await, "what is done is nobody's turn");
    }
}

const TASKS: &str = "/salesforce/services/data/v62.0/composite/sobjects";

impl Office {
    // How often paths that begin so were called.
    async fn calls(&self, prefix: &str) -> u64 {
        let journal = self.control(Method::GET, "/journal", json!({})).await;
        let counts = journal["counts"].as_object().unwrap();
        counts.iter().filter(|(path, _)| path.starts_with(prefix)).map(|(_, count)| count.as_u64().unwrap()).sum()
    }
}

#[actix_web::test]
async fn whoever_is_refused_altogether_asks_nothing_more_in_that_shift() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        // The first batch of many is refused; what else was to be asked for waits.
        let known = office.house.get(&office.admin, "/v1/marketo-campaigns").await.ok();
        let campaigns = known["items"].as_array().unwrap();
        assert!(campaigns.len() > 1);
        for (index, campaign) in campaigns.iter().take(2).enumerate() {
            let members = format!("/v1/marketo-campaigns/{}/members", campaign["id"]);
            office.house.post(&office.admin, &members, json!({"sfdc_ids": [office.record(index)]})).await.ok();
        }
        office.fault("/marketo/rest/v1/campaigns/", json!({"marketo": "603", "times": 1})).await;
        assert_eq!(office.deliver(Target::Marketo).await, Ended::Paused);
        assert_eq!(office.calls("/marketo/rest/v1/campaigns/").await, 1, "{}", office.house.engine);
        // A lead and a contact who want no more mail, and a call: each would be a call of its own.
        let of = |kind: &str| office.people.iter().position(|person| person.sfdc_type == kind).unwrap();
        for kind in ["Lead", "Contact"] {
            let gone = json!({"sfdc_id": office.record(of(kind))});
            office.house.post(&office.admin, "/v1/unsubscribes", gone).await.ok();
        }
        let other = (0..office.people.len()).find(|index| ![of("Lead"), of("Contact")].contains(index)).unwrap();
        office.log_call(other, "busy").await;
        office.fault(TASKS, json!({"http": 403, "times": 1})).await;
        assert_eq!(office.deliver(Target::Salesforce).await, Ended::Paused);
        assert_eq!(office.calls(TASKS).await, 1, "{}", office.house.engine);
        assert_eq!(office.ledger("?target=salesforce&state=open").await.len(), 3);
    }
}

#[actix_web::test]
async fn whoever_is_refused_altogether_after_one_half_does_not_ask_for_the_other() {
    const EXTERNAL: &str = "/marketo/rest/v1/activities/external.json";
    for office in Office::all().await {
        for index in 0..2 {
            office.log_call(index, "busy").await;
        }
        // The first call is refused for what it says, the second for who asks.
        office.fault(EXTERNAL, json!({"marketo": "1003", "times": 1})).await;
        office.fault(EXTERNAL, json!({"marketo": "603", "times": 2})).await;
        assert_eq!(office.deliver(Target::Marketo).await, Ended::Paused);
        assert_eq!((office.calls(EXTERNAL).await, office.written().await.0.len()), (2, 0), "{}", office.house.engine);
    }
}

#[actix_web::test]
async fn where_only_leads_want_no_more_mail_nothing_is_asked_about_contacts() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let lead = office.people.iter().position(|person| person.sfdc_type == "Lead").unwrap();
        office.house.post(&office.admin, "/v1/unsubscribes", json!({"sfdc_id": office.record(lead)})).await.ok();
        office.deliver(Target::Salesforce).await;
        assert_eq!(office.calls(TASKS).await, 1);
        assert_eq!(office.ledger("?target=salesforce&state=done").await.len(), 1);
    }
}

#[actix_web::test]
async fn tasks_that_are_refused_together_are_sent_in_halves() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        for index in 0..4 {
            office.log_call(index, "busy").await;
        }
        // All four, the first two, the first.
        office.fault(TASKS, json!({"http": 400, "times": 3})).await;
        office.deliver(Target::Salesforce).await;
        let written: Vec<String> = office.written().await.1.iter().map(|task| task["WhoId"].as_str().unwrap().to_owned()).collect();
        assert_eq!(written, (1..4).map(|index| office.record(index).to_owned()).collect::<Vec<_>>(), "{}", office.house.engine);
        let failed = office.ledger("?state=failed").await;
        assert_eq!((failed.len(), &failed[0]["code"]), (1, &json!("400")), "{failed:?}");
    }
}

#[actix_web::test]
async fn a_shift_has_its_lease_for_as_long_as_was_set() {
    for office in Office::all_with(|settings| settings.delivery.lease_seconds = 600).await {
        office.log_call(0, "busy").await;
        office.fault("/marketo/rest/v1/activities/external.json", json!({"latency_ms": 2_500, "times": 1})).await;
        let others = async {
            while office.ledger("?target=marketo").await[0]["state"] != "sending" {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            tokio::time::sleep(Duration::from_secs(2)).await;
            office.deps.store.claim_due_job(&office.account, "deliver_marketo", "other", 600_000).await.unwrap()
        };
        let (ended, claimed) = tokio::join!(office.deliver(Target::Marketo), others);
        assert_eq!((ended, claimed), (Ended::Idle, None), "{}", office.house.engine);
    }
}

#[actix_web::test]
async fn what_is_begun_is_not_begun_again_and_a_change_waits_for_what_it_changes() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let store = &office.deps.store;
        let tenant = store.tenant(&office.account);
        let task = json!({"sfdc_ids": [office.record(0)], "name": "Ring them up"});
        office.house.post(&office.admin, "/v1/tasks", task).await.ok();
        let id = tenant.sales_activities(office.people[0].lead_id, "task", None, 5).await.unwrap()[0].id.clone();
        office.house.post(&office.admin, &format!("/v1/tasks/{id}/complete"), json!({})).await.ok();
        let now = store.now_ms().await.unwrap();
        let due = tenant.due_deliveries("salesforce", now, 9).await.unwrap();
        assert_eq!(due.iter().map(|due| due.verb.as_str()).collect::<Vec<_>>(), ["create"], "{}", office.house.engine);
        let lease = store.claim_job(&office.account, "deliver_salesforce", "test", 60_000).await.unwrap().unwrap();
        let ids = [due[0].delivery_id.as_str()];
        assert_eq!(tenant.begin_deliveries(&lease, &ids, now).await.unwrap().len(), 1);
        assert!(tenant.begin_deliveries(&lease, &ids, now).await.unwrap().is_empty(), "{}", office.house.engine);
        // Whoever takes over what goes to Marketo has no doubts about what goes to Salesforce, nor about what nobody sent yet.
        let marketo = store.claim_job(&office.account, "deliver_marketo", "test", 60_000).await.unwrap().unwrap();
        tenant.doubt_deliveries(&marketo, "marketo", now + SETTLE_MS, true).await.unwrap();
        office.log_call(1, "busy").await;
        tenant.doubt_deliveries(&marketo, "marketo", now + SETTLE_MS, true).await.unwrap();
        let states = async |target: &str| {
            let rows = office.ledger(&format!("?target={target}&state=open")).await;
            let mut states: Vec<String> = rows.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect();
            states.sort_unstable();
            states
        };
        assert_eq!(states("salesforce").await, ["sending", "waiting", "waiting"]);
        assert!(states("marketo").await.iter().all(|state| state == "waiting"));
        office.house.test.without_twins().await;
        let mut queues = store.delivery_queues().await.unwrap();
        queues.sort_unstable_by(|one, other| one.target.cmp(&other.target));
        assert_eq!(queues.iter().map(|queue| (queue.target.as_str(), queue.open)).collect::<Vec<_>>(), [("marketo", 1), ("salesforce", 3)]);
        for (job, lease) in [("salesforce", &lease), ("marketo", &marketo)] {
            store.release_job(lease, "waiting", None, 0).await.unwrap();
            let target = Target::ALL.into_iter().find(|target| target.name() == job).unwrap();
            for _ in 0..3 {
                office.deliver(target).await;
            }
        }
        assert_eq!(store.delivery_queues().await.unwrap(), [], "what is done waits for nothing");
        assert!(office.written().await.1.iter().any(|task| task["Status"] == "Completed"));
    }
}

#[actix_web::test]
async fn whoever_has_less_than_half_of_its_lease_left_begins_no_call() {
    for office in Office::all_with(|settings| settings.delivery.lease_seconds = 4).await {
        let office = office.with_salesforce().await;
        for index in 0..2 {
            office.log_call(index, "busy").await;
        }
        office.fault(TASKS, json!({"latency_ms": 2_300, "http": 400, "times": 1})).await;
        // On a machine that is too slow the lease is lost all the same, and the next shift goes on.
        for _ in 0..20 {
            let _ = run_once(&office.deps, &office.account, Target::Salesforce).await;
            if office.ledger("?target=salesforce&state=done").await.len() == 2 {
                break;
            }
        }
        assert_eq!((office.written().await.1.len(), office.calls(TASKS).await), (2, 2), "both together, with a new lease");
    }
}

#[actix_web::test]
async fn what_never_came_to_be_is_not_changed() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let tenant = office.deps.store.tenant(&office.account);
        let task = json!({"sfdc_ids": [office.record(0)], "name": "Ring them up"});
        office.house.post(&office.admin, "/v1/tasks", task).await.ok();
        office.fault(TASKS, json!({"http": 400, "times": 1})).await;
        office.deliver(Target::Salesforce).await;
        let id = tenant.sales_activities(office.people[0].lead_id, "task", None, 5).await.unwrap()[0].id.clone();
        office.house.post(&office.admin, &format!("/v1/tasks/{id}/complete"), json!({})).await.ok();
        office.deliver(Target::Salesforce).await;
        let states: Vec<_> =
            office.ledger("?target=salesforce").await.iter().map(|row| row["state"].as_str().unwrap().to_owned()).collect();
        assert_eq!(states, ["skipped", "failed"], "{}", office.house.engine);
        assert_eq!((office.written().await.1.len(), office.calls(TASKS).await), (0, 1));
    }
}
