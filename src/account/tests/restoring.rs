//! A copy of the database is put back: what happened since is neither lost from sight nor done again (#[cfg(test)]).

use serde_json::json;

use super::acting::Office;
use super::sales_campaigns::mail;
use crate::clock;
use crate::store::restoring::Doubted;
use crate::sync::deliver::Target;

#[actix_web::test]
async fn after_a_copy_was_put_back_nothing_is_sent_that_was_sent_since() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let (house, store) = (&office.house, &office.house.state.store);
        house.test.without_twins().await;
        for index in 0..2 {
            house.post(&office.admin, "/v1/calls", json!({"sfdc_id": office.record(index), "outcome": "Busy"})).await.ok();
        }
        let wish = json!({"sfdc_id": office.record(2), "subject": "Once", "text": "Only once"});
        house.post(&office.admin, "/v1/emails", wish).await.ok();
        let deliver = async || {
            for _ in 0..3 {
                for target in Target::ALL {
                    office.deliver(target).await;
                }
            }
        };
        deliver().await;
        let before = office.written().await;
        assert_eq!((before.0.len(), before.1.len(), office.sorted_subjects().await.len()), (3, 3, 1));
        let campaign = office.campaign("Under way", &[mail(1, "First")]).await;
        office.launch(&campaign, json!({"sfdc_ids": [office.record(3)]})).await.ok();

        store.forget_outcomes().await;
        let doubted = store.doubt_since_copy(clock::now_ms()).await.unwrap();
        assert_eq!(doubted, Doubted { deliveries: 8, people: 1 }, "{}", house.engine);
        assert_eq!(store.held_after_copy().await.unwrap(), 1);
        deliver().await;
        office.go_on().await;
        let after = office.written().await;
        // The word that somebody was added to the campaign had not gone out before.
        assert_eq!((after.0.len(), after.1.len()), (4, 3), "{}", house.engine);
        assert_eq!(office.sorted_subjects().await, ["Once"]);
        let unclear = office.ledger("?state=failed").await;
        assert_eq!((unclear.len(), &unclear[0]["target"]), (1, &json!("mail")), "{unclear:?}");
        let held = &office.people_of(&campaign).await[0];
        assert_eq!((&held["state"], &held["reason"]), (&json!("blocked"), &json!("restored")));

        house.post(&office.admin, "/v1/calls", json!({"sfdc_id": office.record(0), "outcome": "New"})).await.ok();
        deliver().await;
        let numbers: Vec<String> = office.written().await.0.iter().filter_map(|one| one["primary"].as_str().map(str::to_owned)).collect();
        assert!(numbers.contains(&"SIA-00100005".to_owned()), "numbers that were given since the copy are not given again: {numbers:?}");
        assert_eq!(store.go_on_after_copy(clock::now_ms()).await.unwrap(), 1);
        office.go_on().await;
        assert_eq!(office.sorted_subjects().await, ["First", "Once"]);
    }
}
