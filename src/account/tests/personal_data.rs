//! What is kept about a person, to read and to erase.

use serde_json::{Value, json};

use super::acting::Office;
use super::house::member;
use crate::clock;
use crate::store::timeline::{Activity, Tab};
use crate::sync::deliver::Target;

const EXPORTS: &str = "/v1/personal-data/exports";
const ERASURES: &str = "/v1/personal-data/erasures";

async fn kept(office: &Office, email: &str) -> Value {
    let told = office.house.post(&office.admin, EXPORTS, json!({"email": email.to_uppercase()})).await.ok();
    assert_eq!(told["email"], email, "{told}");
    told["kept"].clone()
}

#[actix_web::test]
async fn all_that_is_kept_about_an_address_is_told_and_erased_and_does_not_come_back() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let (house, admin) = (&office.house, &office.admin);
        let tenant = house.state.store.tenant(&office.account);
        let (email, record) = (office.people[0].email.clone().unwrap(), office.record(0).to_owned());
        let other = office.people[1].email.clone().unwrap();
        let person = tenant.person_by_sfdc_id(&record).await.unwrap().unwrap();
        let visit = |guid: &str, lead_id: i64| Activity {
            guid: guid.to_owned(),
            lead_id,
            tab: Tab::Web.code(),
            kind: "visit".to_owned(),
            happened_at: clock::now_ms(),
            subject: Some("pricing".to_owned()),
            asset_id: None,
            detail: "{}".to_owned(),
        };
        tenant.insert_activities(&[visit("v1", person.lead_id), visit("v2", office.people[1].lead_id)], None).await.unwrap();
        for id in [&record, &office.record(1).to_owned()] {
            house.post(admin, "/v1/calls", json!({"sfdc_id": id, "outcome": "Interested", "notes": "Talked"})).await.ok();
            house.post(admin, "/v1/emails", json!({"sfdc_id": id, "subject": "Hello", "html": "<p>Hi</p>"})).await.ok();
        }
        house.post(admin, "/v1/moment-subscriptions", json!({"person_id": person.id, "basis": "person"})).await.ok();
        house.ask(admin, "PUT", &format!("/v1/watch-list/{}", person.id), None).await;
        house.post(admin, "/v1/unsubscribes", json!({"email": email, "why": "by phone"})).await;
        let circular = house.post(admin, "/v1/circulars", json!({"sfdc_ids": [record]})).await.ok();

        let told = kept(&office, &email).await;
        for table in [
            "people",
            "activities",
            "sales_activities",
            "sales_emails",
            "deliveries",
            "moment_subscriptions",
            "watch_list",
            "unsubscribes",
            "circular_people",
        ] {
            assert!(told[table].as_array().is_some_and(|rows| !rows.is_empty()), "{} {table}: {told}", house.engine);
        }
        assert_eq!((&told["people"][0]["email"], &told["activities"][0]["subject"]), (&json!(email), &json!("pricing")));
        assert!(!told.to_string().contains(&other));

        for (body, status, code) in [
            (json!({"email": email, "confirmed": other}), 400, "request.invalid"),
            (json!({"email": "nobody", "confirmed": "nobody"}), 400, "request.invalid"),
            (json!({"email": email}), 400, "request.invalid"),
            (json!({"email": "OPS@brightwater.example", "confirmed": "ops@brightwater.example"}), 409, "personal_data.member"),
        ] {
            house.post(admin, ERASURES, body).await.refused(status, code);
        }
        assert_ne!(kept(&office, &email).await, json!({}));
        let theirs = kept(&office, &other).await;
        let erased = house.post(admin, ERASURES, json!({"email": format!(" {} ", email.to_uppercase()), "confirmed": email})).await.ok();
        assert_eq!((&erased["erased"]["people"], &erased["erased"]["activities"]), (&json!(1), &json!(1)), "{erased}");
        assert_eq!(kept(&office, &email).await, json!({}), "{}", house.engine);
        assert_eq!(kept(&office, &other).await, theirs, "nobody else lost anything");

        // Marketo goes on telling of them; they stay away, and so does everything that would be sent.
        tenant.upsert_people(office.people.clone(), clock::now_ms(), None).await.unwrap();
        assert!(tenant.person_by_sfdc_id(&record).await.unwrap().is_none(), "{}", house.engine);
        assert!(tenant.person_by_sfdc_id(office.record(1)).await.unwrap().is_some());
        house
            .post(admin, "/v1/emails", json!({"sfdc_id": record, "subject": "Hello", "html": "<p>Hi</p>"}))
            .await
            .refused(404, "person.not_in_marketo");
        let copied = json!({"sfdc_id": office.record(1), "subject": "Hello", "html": "<p>Hi</p>", "cc": [email]});
        house.post(admin, "/v1/emails", copied).await.refused(422, "mail.unsubscribed");
        for target in Target::ALL {
            office.deliver(target).await;
        }
        let circular = house.get(admin, &format!("/v1/circulars/{}", circular["id"].as_str().unwrap())).await.ok();
        assert_eq!(circular["people"], json!([]), "{circular}");

        // The log says that it was done and names nobody.
        let log =
            house.get(admin, "/v1/audit?search=personal").await.ok().to_string() + &house.get(admin, "/v1/audit").await.ok().to_string();
        assert!(log.contains("personal_data.erased") && !log.contains(&email), "{log}");
        // Whoever asks to be written to again is known again.
        house.post(admin, "/v1/resubscribes", json!({"email": email, "consent": "Asked for it by phone"})).await.ok();
        tenant.upsert_people(office.people.clone(), clock::now_ms(), None).await.unwrap();
        assert!(tenant.person_by_sfdc_id(&record).await.unwrap().is_some());
    }
}

#[actix_web::test]
async fn only_an_admin_asks_for_personal_data() {
    for office in Office::all().await.into_iter().take(1) {
        let user = office.house.joined(&office.admin, "user@example.com", "user").await;
        for visitor in [member(&office.account, &user), json!({"kind": "face"}), super::house::marketo_admin(&office.account)] {
            for path in [EXPORTS, ERASURES] {
                office
                    .house
                    .post(&visitor, path, json!({"email": "a@example.com", "confirmed": "a@example.com"}))
                    .await
                    .refused(403, "auth.forbidden");
            }
        }
    }
}
