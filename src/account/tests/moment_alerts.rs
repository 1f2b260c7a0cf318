//! Telling people of interesting moments by mail.

use serde_json::{Value, json};

use super::house::{House, client, face, houses, member};
use crate::account::moment_alerts::tell;
use crate::account::postbox::Postbox;
use crate::clock;
use crate::store::people::NewPerson;
use crate::store::testing::person;
use crate::store::timeline::{Activity, Tab};

const OWNER: &str = "005000000000007AAA";

fn moment(guid: &str, lead_id: i64, at: i64, kind: &str, description: &str) -> Activity {
    Activity {
        guid: guid.to_owned(),
        lead_id,
        tab: Tab::Moments.code(),
        kind: "moment".to_owned(),
        happened_at: at,
        subject: Some(kind.to_owned()),
        asset_id: None,
        detail: json!({ "description": description }).to_string(),
    }
}

async fn mails(house: &House, recipient: &str) -> Vec<Value> {
    Postbox::open(&house.state.connections).unwrap().unwrap().empty(&house.state.connections).await.unwrap();
    let mails: Value = client().get(format!("{}/mail/messages.json", house.base)).send().await.unwrap().json().await.unwrap();
    let to = |mail: &&Value| mail["to"][0].as_str().unwrap().trim_matches(['<', '>']) == recipient;
    let alert = |mail: &&Value| mail["subject"].as_str().unwrap().contains("First");
    mails.as_array().unwrap().iter().filter(to).filter(alert).cloned().collect()
}

#[actix_web::test]
async fn uns_of_each_moment_a_recipient_is_told_once_until_they_leave() {
    for house in houses().await {
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        let second = house.joined(&admin, "second@example.com", "user").await;
        let tenant = house.state.store.tenant(&account);
        let company = |lead_id| NewPerson { sfdc_account_id: Some("001000000000001AAA".to_owned()), ..person(lead_id) };
        tenant.upsert_people(vec![company(1), company(2), NewPerson { owner_id: OWNER.to_owned(), ..person(3) }], 1, None).await.unwrap();
        let now = clock::now_ms();
        tenant.insert_activities(&[moment("old", 1, now - 60_000, "Web", "Came by")], None).await.unwrap();
        let id = tenant.person_by_sfdc_id("00Q000000000001EAA").await.unwrap().unwrap().id;
        let subscribe = async |body: Value| house.post(&admin, "/v1/moment-subscriptions", body).await;

        // The person and the person's account fit both: one mail a moment all the same.
        let wanted = json!({"person_id": id, "basis": "person", "recipients": [first, second]});
        assert_eq!(subscribe(wanted.clone()).await.ok()["added"], 2, "{}", house.engine);
        assert_eq!(subscribe(wanted).await.ok()["added"], 0);
        assert_eq!(subscribe(json!({"person_id": id, "basis": "account"})).await.ok()["label"], "Acme");
        assert_eq!(tell(&house.state.connections).await.unwrap(), 0, "what was before is no news");
        tenant
            .insert_activities(
                &[moment("new", 1, now + 60_000, "Milestone", "Asked for a\ndemo"), moment("other", 2, now + 60_000, "Web", "x")],
                None,
            )
            .await
            .unwrap();
        assert_eq!(tell(&house.state.connections).await.unwrap(), 3, "{}", house.engine);
        assert_eq!(tell(&house.state.connections).await.unwrap(), 0);
        let mine = mails(&house, "ops@brightwater.example").await;
        assert_eq!(mine.len(), 2, "{mine:?}");
        let theirs = mails(&house, "second@example.com").await;
        assert_eq!(theirs.len(), 1, "{theirs:?}");
        let text = theirs[0]["text"].as_str().unwrap();
        assert!(
            text.contains("Milestone: Asked for a") && text.contains("/lightning/r/Lead/00Q000000000001EAA/view")
                || !text.contains("lightning"),
            "{text}"
        );

        // The way out is one click, ends only the own subscription, and is no other token.
        let token = text.lines().find(|line| line.contains("/unsubscribe/")).unwrap().rsplit('/').next().unwrap().trim().to_owned();
        let path = format!("/v1/moment-subscriptions/by-token/{token}");
        assert_eq!(house.get(&face(), &path).await.ok()["alert"].as_str().unwrap().split(' ').next(), Some("First1"));
        house.get(&admin, &path).await.refused(403, "auth.forbidden");
        house.post(&face(), &format!("/v1/unsubscribes/by-token/{token}"), json!({})).await.refused(404, "link.unknown");
        assert_eq!(house.post(&face(), &path, json!({})).await.ok()["ended"], true);
        assert_eq!(house.post(&face(), &path, json!({})).await.ok()["alert"], Value::Null);
        tenant.insert_activities(&[moment("later", 1, now + 120_000, "Web", "y")], None).await.unwrap();
        assert_eq!(tell(&house.state.connections).await.unwrap(), 1, "{}", house.engine);
        assert_eq!(mails(&house, "second@example.com").await.len(), 1);

        // By type and description only of people whom the recipient owns.
        for (basis, label) in [("type", "Web"), ("description", "Came by")] {
            assert_eq!(subscribe(json!({"person_id": id, "basis": basis, "moment_id": "old"})).await.ok()["label"], label);
        }
        tenant.insert_activities(&[moment("strange", 3, now + 180_000, "Web", "Came by")], None).await.unwrap();
        assert_eq!(tell(&house.state.connections).await.unwrap(), 0, "{}", house.engine);
        tenant.tie_member(&first, "00D000000000001EAA", OWNER).await.unwrap();
        assert_eq!(
            tell(&house.state.connections).await.unwrap(),
            1,
            "one's own fit by type and by description: one mail, {}",
            house.engine
        );

        let listed = house.get(&admin, "/v1/moment-subscriptions").await.ok();
        assert_eq!(listed["items"].as_array().unwrap().len(), 4, "{listed}");
        let one = listed["items"][0]["id"].as_str().unwrap();
        house.ask(&member(&account, &second), "DELETE", &format!("/v1/moment-subscriptions/{one}"), None).await.refused(404, "not_found");
        house.ask(&admin, "DELETE", &format!("/v1/moment-subscriptions/{one}"), None).await;
        assert_eq!(house.get(&admin, "/v1/moment-subscriptions").await.ok()["items"].as_array().unwrap().len(), 3);
        for wrong in [
            json!({"person_id": id, "basis": "company"}),
            json!({"person_id": id, "basis": "type"}),
            json!({"person_id": id, "basis": "type", "moment_id": "none"}),
            json!({"person_id": id, "basis": "person", "recipients": ["nobody"]}),
        ] {
            subscribe(wrong).await.refused(400, "request.invalid");
        }
    }
}
