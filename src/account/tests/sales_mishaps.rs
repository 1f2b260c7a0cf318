//! What goes wrong while people are on their way through a sales campaign (#[cfg(test)]).

use serde_json::{Value, json};

use super::acting::Office;
use super::sales_campaigns::{call, mail};
use crate::store::people::NewPerson;
use crate::sync::deliver::Target;

impl Office {
    async fn changed(&self, index: usize, change: impl FnOnce(NewPerson) -> NewPerson) {
        self.tenant().upsert_people(vec![change(self.people[index].clone())], 2, None).await.unwrap();
    }

    async fn only(&self, campaign: &str) -> Value {
        let mut people = self.people_of(campaign).await;
        assert_eq!(people.len(), 1, "{people:?}");
        people.remove(0)
    }
}

#[actix_web::test]
async fn a_lead_that_is_converted_goes_on_as_the_contact() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let lead = (0..office.people.len()).find(|index| office.people[*index].sfdc_type == "Lead").unwrap();
        let contact = (0..office.people.len()).find(|index| office.people[*index].sfdc_type == "Contact").unwrap();
        let id = office.campaign("Converted", &[mail(1, "Hello"), call(2)]).await;
        office.launch(&id, json!({"sfdc_ids": [office.record(lead)]})).await.ok();
        office.go_on().await;
        // Salesforce's contact takes the lead's place; Marketo goes on with the same person.
        let record = office.record(contact).to_owned();
        office.tenant().remove_people(&[office.people[contact].lead_id]).await.unwrap();
        office.changed(lead, |person| NewPerson { sfdc_type: "Contact", sfdc_id: record.clone(), ..person }).await;
        office.days_pass().await;
        let one = office.only(&id).await;
        assert_eq!((&one["state"], &one["sfdc_id"]), (&json!("waiting"), &json!(record)), "{one}");
        for _ in 0..2 {
            office.deliver(Target::Salesforce).await;
        }
        let (_, salesforce) = office.written().await;
        let call = salesforce.iter().find(|task| task["Subject"].as_str().unwrap().contains("Ring them up")).unwrap();
        assert_eq!(call["WhoId"], record, "the task is the contact's");
    }
}

#[actix_web::test]
async fn a_mail_that_is_held_up_says_so_and_nobody_gets_the_next_one_before_it() {
    for office in Office::all().await {
        office.changed(0, |person| NewPerson { email: Some("defer.me@x.example".to_owned()), ..person }).await;
        let id = office.campaign("Held up", &[mail(1, "First"), mail(1, "Second")]).await;
        office.launch(&id, json!({"sfdc_ids": [office.record(0)]})).await.ok();
        office.go_on().await;
        office.days_pass().await;
        let one = office.only(&id).await;
        assert_eq!((&one["state"], &one["reason"]), (&json!("running"), &json!("mail_waits")), "{one}");
        assert_eq!(one["problem"], "The mail server does not take it just now.");
        assert_eq!(office.ledger("?target=mail").await.len(), 1, "the second one waits for the first");
        let path = format!("/v1/people/{}/sales-campaigns", office.person_id(0).await);
        assert_eq!(office.house.get(&office.admin, &path).await.ok()["items"][0]["reason"], "mail_waits");
        // Stopped meanwhile, it is not tried again.
        let run = one["id"].as_str().unwrap();
        office.house.post(&office.admin, &format!("/v1/sales-runs/{run}/stop"), json!({})).await.ok();
        let one = office.only(&id).await;
        assert_eq!((&one["state"], &one["reason"]), (&json!("ended"), &json!("removed")));
        assert!(office.ledger("?target=mail&state=open").await.is_empty());
    }
}

#[actix_web::test]
async fn a_sender_who_is_gone_ends_it_and_says_so() {
    for office in Office::all().await {
        let house = &office.house;
        let sam = house.joined(&office.admin, "sam@acme.example", "user").await;
        let other = super::house::member(&office.account, &sam);
        let id = office.campaign("Gone", &[mail(1, "First"), mail(3, "Second")]).await;
        house.ask(&office.admin, "PATCH", &format!("/v1/sales-campaigns/{id}"), Some(json!({"shared": ["everyone"]}))).await.ok();
        house.post(&other, &format!("/v1/sales-campaigns/{id}/launches"), json!({"sfdc_ids": [office.record(0)]})).await.ok();
        office.go_on().await;
        house.ask(&office.admin, "DELETE", &format!("/v1/members/{sam}"), None).await.ok();
        office.days_pass().await;
        let one = office.only(&id).await;
        assert_eq!((&one["state"], &one["reason"]), (&json!("ended"), &json!("sender_gone")), "{one}");
        assert_eq!(office.sorted_subjects().await, ["First"]);
    }
}

#[actix_web::test]
async fn an_edited_template_changes_the_words_of_the_campaigns_that_are_chosen() {
    for office in Office::all().await {
        let house = &office.house;
        let words = |subject: &str| json!({"name": "T", "subject": subject, "html": "<p>Hi {{first_name}}</p>"});
        let template = house.post(&office.admin, "/v1/templates", words("As it was")).await.ok()["id"].as_str().unwrap().to_owned();
        let step = |day: u32| json!({"day": day, "type": "email", "template_id": template});
        let changed = office.campaign("Changed", &[mail(1, "Own words"), step(2)]).await;
        let kept = office.campaign("Kept", &[step(1)]).await;
        office.launch(&changed, json!({"sfdc_ids": [office.record(0)]})).await.ok();
        office.go_on().await;
        house.ask(&office.admin, "PUT", &format!("/v1/templates/{template}"), Some(words("As it is"))).await.ok();
        let path = format!("/v1/templates/{template}/campaigns");
        let uses = house.get(&office.admin, &path).await.ok();
        assert_eq!(uses["outdated"], 2, "{uses}");
        let shown = house.get(&office.admin, &format!("/v1/sales-campaigns/{changed}")).await.ok();
        assert_eq!((&shown["steps"][0]["template_outdated"], &shown["steps"][1]["template_outdated"]), (&Value::Null, &json!(true)));
        house.post(&office.admin, &path, json!({"campaign_ids": []})).await.refused(400, "request.invalid");
        house.post(&office.admin, &path, json!({"campaign_ids": ["0".repeat(32)]})).await.refused(404, "not_found");
        let sam = super::house::member(&office.account, &house.joined(&office.admin, "sam@acme.example", "user").await);
        house.post(&sam, &path, json!({"campaign_ids": [changed]})).await.refused(404, "not_found");
        let said = house.post(&office.admin, &path, json!({"campaign_ids": [changed]})).await.ok();
        assert_eq!((&said["updated"], &said["outdated"]), (&json!(1), &json!(1)), "{said}");
        assert_eq!(house.post(&office.admin, &path, json!({"campaign_ids": [changed]})).await.ok()["updated"], 0);
        // Whoever is under way gets the new words, in the campaign that was chosen only, and no step twice.
        office.launch(&kept, json!({"sfdc_ids": [office.record(1)]})).await.ok();
        office.go_on().await;
        office.days_pass().await;
        assert_eq!(office.sorted_subjects().await, ["As it is", "As it was", "Own words"]);
    }
}
