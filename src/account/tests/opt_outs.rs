//! Who wants no more mail, compared with Salesforce (#[cfg(test)]).

use reqwest::Method;
use serde_json::{Value, json};

use super::acting::Office;
use crate::sync::deliver::Target;
use crate::sync::opt_outs::{Compared, compare};

impl Office {
    async fn ticked(&self, index: usize, fields: Value) {
        let id = self.record(index).get(..15).unwrap().to_owned();
        self.control(Method::PUT, "/salesforce/opt-outs", json!({ id: fields })).await;
    }

    async fn night(&self) -> Compared {
        compare(&self.deps, &self.house.state.store.tenant(&self.account), None).await.unwrap()
    }

    async fn gone(&self) -> Vec<Value> {
        self.house.get(&self.admin, "/v1/unsubscribes").await.ok()["items"].as_array().unwrap().clone()
    }
}

#[actix_web::test]
async fn whoever_opts_out_in_salesforce_gets_no_more_mail_and_the_other_way_round() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let house = &office.house;
        let free: Vec<usize> = {
            office.night().await;
            let gone = office.gone().await;
            let is_gone = |index: &usize| gone.iter().any(|one| one["email"] == office.people[*index].email.as_deref().unwrap());
            (0..office.people.len()).filter(|index| !is_gone(index)).take(3).collect()
        };
        assert_eq!(office.night().await, Compared::default(), "nothing new is nothing to do");
        let email = |index: usize| office.people[free[index]].email.clone().unwrap();
        // Ticked there: no more mail from here, and Salesforce is not told what it said itself.
        office.ticked(free[0], json!({"HasOptedOutOfEmail": true})).await;
        assert_eq!(office.night().await, Compared { taken_over: 1, told: 0 }, "{}", house.engine);
        let entry = office.gone().await.into_iter().find(|one| one["email"] == email(0)).unwrap();
        assert_eq!((&entry["source"], &entry["what"]), (&json!("Salesforce Sync"), &json!("all")), "{entry}");
        let mail = json!({"sfdc_id": office.record(free[0]), "subject": "S", "text": "Hello"});
        house.post(&office.admin, "/v1/emails", mail).await.refused(422, "mail.unsubscribed");
        assert!(office.ledger("?state=open").await.is_empty());
        // Told there at once; unticked by somebody, it is told again. What is on its way is not told twice.
        house.post(&office.admin, "/v1/unsubscribes", json!({"sfdc_id": office.record(free[1])})).await.ok();
        assert_eq!(office.night().await, Compared::default());
        office.deliver(Target::Salesforce).await;
        assert_eq!(office.night().await, Compared::default());
        office.ticked(free[1], json!({"HasOptedOutOfEmail": false})).await;
        assert_eq!(office.night().await, Compared { taken_over: 0, told: 1 }, "{}", house.engine);
        office.deliver(Target::Salesforce).await;
        assert_eq!(office.night().await, Compared::default());
        let written = office.control(Method::GET, "/written", json!({})).await;
        let key = office.record(free[1]).get(..15).unwrap();
        assert_eq!(written["opt_outs"][key]["HasOptedOutOfEmail"], true, "{written}");
        // The package's own field counts where the account says so, and then has to be told, too.
        office.ticked(free[2], json!({"Marketo_Sales_Opt_Out__c": true})).await;
        assert_eq!(office.night().await, Compared::default());
        let mut settings = house.get(&office.admin, "/v1/acting-settings").await.ok();
        assert_eq!(settings["opt_out_nightly"], true);
        settings["opt_out_field"] = json!("both");
        house.ask(&office.admin, "PUT", "/v1/acting-settings", Some(settings)).await.ok();
        let night = office.night().await;
        assert!(night.taken_over == 1 && night.told >= 3, "{night:?}");
        let entry = office.gone().await.into_iter().find(|one| one["email"] == email(2)).unwrap();
        assert_eq!(entry["what"], "sales");
        office.deliver(Target::Salesforce).await;
        assert_eq!(office.night().await, Compared::default());
        // Nobody is signed on again by a tick that is taken away.
        office.ticked(free[0], json!({"HasOptedOutOfEmail": false, "Marketo_Sales_Opt_Out__c": false})).await;
        office.night().await;
        assert!(office.gone().await.iter().any(|one| one["email"] == email(0)));
    }
}

#[actix_web::test]
async fn a_night_without_salesforce_changes_nothing_and_is_tried_again() {
    for office in Office::all().await {
        let tenant = office.house.state.store.tenant(&office.account);
        assert!(compare(&office.deps, &tenant, None).await.unwrap_err().to_string().contains("Salesforce"));
        let office = office.with_salesforce().await;
        office.night().await;
        office.ticked(0, json!({"HasOptedOutOfEmail": true})).await;
        let before = office.gone().await;
        office.fault("/salesforce/services/data", json!({"http": 503, "times": 20})).await;
        assert!(compare(&office.deps, &tenant, None).await.is_err(), "{}", office.house.engine);
        assert_eq!(office.gone().await, before);
    }
}
