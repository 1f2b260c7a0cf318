//! What reps do, and what comes of it in Marketo and Salesforce (#[cfg(test)]).

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::house::{House, client, face, houses_with, member};
use crate::settings::Settings;
use crate::store::people::NewPerson;
use crate::store::testing::person as made_up;
use crate::sync::SyncDeps;
use crate::sync::deliver::{Ended, Target, run_once};

const SESSION: &str = "0123456789abcdef0123456789abcdef";
const BACK: &str = "http://127.0.0.1:1/admin/settings/salesforce/callback";

/// An account with a member, Salesforce and Marketo connected, and people.
pub(super) struct Office {
    pub(super) house: House,
    pub(super) account: String,
    pub(super) admin: Value,
    pub(super) people: Vec<NewPerson>,
    pub(super) deps: SyncDeps,
}

impl Office {
    pub(super) async fn all() -> Vec<Self> {
        Self::all_with(|_| {}).await
    }

    pub(super) async fn all_with(change: impl Fn(&mut Settings)) -> Vec<Self> {
        let mut offices = Vec::new();
        for house in houses_with(|settings| {
            settings.delivery.settle_seconds = 0;
            settings.delivery.lease_seconds = 60;
            settings.delivery.call_seconds = 15;
            settings.delivery.retry_seconds = 1;
            settings.marketo.calls_per_window = 5_000;
            change(settings);
        })
        .await
        {
            offices.push(Self::open(house).await);
        }
        offices
    }

    async fn open(house: House) -> Self {
        let limits = json!({"calls_per_window": 10_000, "in_flight": 100});
        client().post(format!("{}/_control/limits", house.base)).json(&limits).send().await.unwrap();
        let (account, first) = house.with_first_user().await;
        let admin = member(&account, &first);
        house.post(&admin, "/v1/connections/marketo", json!({})).await.ok();
        let mut people = Vec::new();
        for number in 1001..1030 {
            let told: Value = client().get(format!("{}/_control/people/{number}", house.base)).send().await.unwrap().json().await.unwrap();
            let (Some(record), Some(owner)) = (told["sfdcId"].as_str(), told["sfdcLeadOwnerId"].as_str()) else { continue };
            let kind = if record.starts_with("00Q") { "Lead" } else { "Contact" };
            people.push(NewPerson {
                sfdc_type: kind,
                sfdc_id: record.to_owned(),
                owner_id: owner.to_owned(),
                email: Some(format!("p{number}@example.com")),
                ..made_up(number)
            });
        }
        assert!(people.len() > 5);
        let store = &house.state.store;
        store.tenant(&account).upsert_people(people.clone(), 1, None).await.unwrap();
        let deps = SyncDeps::new(store.clone(), house.state.connections.clone(), house.state.settings.marketo.clone());
        Self { house, account, admin, people, deps }
    }

    pub(super) async fn with_salesforce(self) -> Self {
        let wish = json!({"environment": "sandbox", "redirect_uri": BACK, "session": SESSION});
        let begun = self.house.post(&self.admin, "/v1/connections/salesforce/flows", wish).await.ok();
        let url = format!("{}&login_hint=sam.taylor", begun["authorize_url"].as_str().unwrap());
        let answer = client().get(url).send().await.unwrap();
        let target = url::Url::parse(answer.headers()["location"].to_str().unwrap()).unwrap();
        let value = |name: &str| target.query_pairs().find(|(key, _)| key == name).unwrap().1.into_owned();
        let ending = json!({"state": value("state"), "code": value("code"), "session": SESSION});
        self.house.post(&self.admin, "/v1/connections/salesforce/finish", ending).await.ok();
        self
    }

    pub(super) fn record(&self, index: usize) -> &str {
        &self.people[index].sfdc_id
    }

    pub(super) async fn deliver(&self, target: Target) -> Ended {
        run_once(&self.deps, &self.account, target).await.unwrap()
    }

    pub(super) async fn control(&self, verb: reqwest::Method, path: &str, body: Value) -> Value {
        let request = client().request(verb, format!("{}/_control{path}", self.house.base)).json(&body);
        request.send().await.unwrap().json().await.unwrap_or_default()
    }

    pub(super) async fn written(&self) -> (Vec<Value>, Vec<Value>) {
        let written = self.control(reqwest::Method::GET, "/written", json!({})).await;
        (written["marketo"].as_array().unwrap().clone(), written["salesforce"].as_array().unwrap().clone())
    }

    pub(super) async fn fault(&self, prefix: &str, more: Value) {
        let mut fault = more;
        fault["prefix"] = json!(prefix);
        self.control(reqwest::Method::POST, "/faults", fault).await;
    }

    pub(super) async fn ledger(&self, query: &str) -> Vec<Value> {
        self.house.get(&self.admin, &format!("/v1/deliveries{query}")).await.ok()["items"].as_array().unwrap().clone()
    }

    pub(super) async fn log_call(&self, index: usize, outcome: &str) {
        let call = json!({"sfdc_id": self.record(index), "outcome": outcome, "notes": "Line\r\nline", "duration_seconds": 61});
        self.house.post(&self.admin, "/v1/calls", call).await.ok();
    }
}

const MARKETO: &str = "/marketo/rest/v1/activities/external.json";
const SALESFORCE: &str = "/salesforce/services/data/v62.0/composite/sobjects";

#[actix_web::test]
async fn a_call_reaches_marketo_and_salesforce_by_the_documented_names() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        office.log_call(0, "Interested").await;
        for target in Target::ALL {
            assert_eq!(office.deliver(target).await, Ended::Idle, "{}", office.house.engine);
            assert_eq!(office.deliver(target).await, Ended::Idle);
        }
        let (marketo, salesforce) = office.written().await;
        assert_eq!((marketo.len(), salesforce.len()), (1, 1));
        assert_eq!(marketo[0]["type_name"], "Received Sales Call (Sales App)");
        assert_eq!(marketo[0]["primary"], "SIA-00000001");
        let told = &marketo[0]["attributes"];
        assert!(told.to_string().contains("Person"), "{told}");
        assert_eq!(told["Sales Call Made By"], "ops@brightwater.example");
        assert_eq!((&told["Sales Call Status"], &told["Sales Call Duration"]), (&json!("completed"), &json!(61)));
        assert_eq!((&told["Sales Call Subject"], &told["Source"]), (&json!("Interested"), &json!("Sales App")));
        let task = &salesforce[0];
        assert_eq!((&task["WhoId"], &task["Type"]), (&json!(office.record(0)), &json!("Call")));
        assert_eq!((&task["MSI_Activity_ID__c"], &task["mktosales_call_outcome__c"]), (&json!("SIA-00000001"), &json!("Interested")));
        assert_eq!((&task["Description"], &task["Status"]), (&json!("Line\nline"), &json!("Completed")));
        let ledger = office.ledger("").await;
        assert!(ledger.len() == 2 && ledger.iter().all(|row| row["state"] == "done"), "{ledger:?}");
    }
}

#[actix_web::test]
async fn out_05_what_may_have_arrived_is_looked_up_and_never_sent_twice() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        for prefix in [MARKETO, SALESFORCE] {
            for fault in [json!({"drop_after_bytes": 0}), json!({"drop_after_bytes": 20}), json!({"http": 503}), json!({"http": 200})] {
                let before = office.written().await;
                office.log_call(1, "Busy").await;
                let mut fault = fault;
                fault["times"] = json!(1);
                office.fault(prefix, fault.clone()).await;
                for _ in 0..4 {
                    office.deliver(Target::Marketo).await;
                    office.deliver(Target::Salesforce).await;
                }
                let after = office.written().await;
                let grown = (after.0.len() - before.0.len(), after.1.len() - before.1.len());
                assert_eq!(grown, (1, 1), "{} {fault}", office.house.engine);
            }
        }
        assert!(office.ledger("?state=failed").await.is_empty());
    }
}

#[actix_web::test]
async fn out_05_a_write_that_comes_after_we_gave_up_waiting_is_found() {
    for office in Office::all_with(|settings| settings.delivery.call_seconds = 1).await {
        let office = office.with_salesforce().await;
        office.log_call(2, "Late").await;
        office.fault(MARKETO, json!({"commit_after_ms": 1_300, "times": 1})).await;
        let store = &office.house.state.store;
        office.deliver_once_unsettled().await;
        let row = &office.ledger("?target=marketo").await[0];
        assert_eq!((&row["state"], &row["documented_code"]), (&json!("unsettled"), &json!("FAILED_WRITE")), "{row}");
        assert!(store.ping().await.is_ok());
        tokio::time::sleep(std::time::Duration::from_millis(600)).await;
        office.deliver(Target::Marketo).await;
        assert_eq!(office.written().await.0.len(), 1);
        assert_eq!(office.ledger("?target=marketo").await[0]["state"], "done");
    }
}

impl Office {
    // Delivers until the first answer stays away; the lookup waits for a connection that is held meanwhile.
    async fn deliver_once_unsettled(&self) {
        self.fault("/marketo/rest/v1/activities/pagingtoken.json", json!({"marketo": "603", "times": 1})).await;
        assert_eq!(self.deliver(Target::Marketo).await, Ended::Paused);
        let tenant = self.house.state.store.tenant(&self.account);
        let lease = self.house.state.store.claim_job(&self.account, "deliver_marketo", "test", 1_000).await.unwrap().unwrap();
        self.house.state.store.release_job(&lease, "waiting", None, 0).await.unwrap();
        assert_eq!(tenant.account_id(), self.account);
    }
}

#[actix_web::test]
async fn out_06_07_one_poisoned_record_stops_no_other_and_can_be_retried() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let refusals = json!({"marketo": {office.people[3].lead_id.to_string(): "1006"},
                              "salesforce": {office.record(3): "FIELD_CUSTOM_VALIDATION_EXCEPTION"}});
        office.control(reqwest::Method::PUT, "/refusals", refusals).await;
        for index in 0..6 {
            office.log_call(index, "Hello").await;
        }
        for target in Target::ALL {
            office.deliver(target).await;
        }
        let (marketo, salesforce) = office.written().await;
        assert_eq!((marketo.len(), salesforce.len()), (5, 5));
        let failed = office.ledger("?state=failed").await;
        assert_eq!(failed.len(), 2);
        let by_salesforce = failed.iter().find(|row| row["target"] == "salesforce").unwrap();
        assert_eq!(by_salesforce["documented_code"], "FIELD_CUSTOM_VALIDATION_EXCEPTION");
        assert_eq!(by_salesforce["category"], "access");
        assert!(by_salesforce["remedy"].as_str().unwrap().contains("retry"));
        office.control(reqwest::Method::PUT, "/refusals", json!({})).await;
        let id = by_salesforce["id"].as_str().unwrap();
        office.house.post(&office.admin, &format!("/v1/deliveries/{id}/retry"), json!({})).await.ok();
        office.house.post(&office.admin, &format!("/v1/deliveries/{id}/retry"), json!({})).await.refused(409, "delivery.not_failed");
        assert_eq!(office.house.post(&office.admin, "/v1/deliveries/retry", json!({})).await.ok()["retried"], 1);
        for target in Target::ALL {
            office.deliver(target).await;
        }
        let (marketo, salesforce) = office.written().await;
        assert_eq!((marketo.len(), salesforce.len()), (6, 6));
        let csv = office.house.get(&office.admin, "/v1/deliveries.csv").await.ok();
        assert_eq!(csv.as_str().unwrap().lines().count(), 13);
    }
}

#[actix_web::test]
async fn out_08_nobodys_activities_overtake_each_other() {
    for office in Office::all().await {
        for number in 0..4 {
            office.log_call(0, &format!("n{number}")).await;
            office.log_call(1, &format!("n{number}")).await;
        }
        office.fault(MARKETO, json!({"http": 503, "times": 2})).await;
        for _ in 0..3 {
            office.deliver(Target::Marketo).await;
        }
        for index in 0..2 {
            let lead = office.people[index].lead_id;
            let order: Vec<String> = office
                .written()
                .await
                .0
                .iter()
                .filter(|one| one["lead"] == lead)
                .map(|one| one["attributes"]["Sales Call Subject"].as_str().unwrap().to_owned())
                .collect();
            assert_eq!(order, ["n0", "n1", "n2", "n3"]);
        }
    }
}

#[actix_web::test]
async fn out_04_a_broken_connection_pauses_its_target_and_says_so() {
    for office in Office::all().await {
        office.log_call(0, "Hello").await;
        assert_eq!(office.deliver(Target::Salesforce).await, Ended::Paused);
        assert_eq!(office.deliver(Target::Marketo).await, Ended::Idle);
        let targets = office.house.get(&office.admin, "/v1/deliveries").await.ok()["targets"].clone();
        let salesforce = targets.as_array().unwrap().iter().find(|target| target["target"] == "salesforce").unwrap();
        assert_eq!((&salesforce["paused"], &salesforce["open"]), (&json!(true), &json!(1)));
        assert!(salesforce["problem"].as_str().unwrap().contains("Connect Salesforce"));
        assert_eq!(office.written().await.0.len(), 1);
    }
}

#[actix_web::test]
async fn out_09_whoever_lost_the_lease_writes_nothing() {
    for office in Office::all().await {
        office.log_call(0, "Hello").await;
        let store = &office.house.state.store;
        let tenant = store.tenant(&office.account);
        let stalled = store.claim_job(&office.account, "deliver_marketo", "one", 1).await.unwrap().unwrap();
        let due = tenant.due_deliveries("marketo", i64::MAX, 10).await.unwrap();
        tenant.begin_deliveries(&stalled, &[&due[0].delivery_id], 1).await.unwrap();
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        store.claim_job(&office.account, "deliver_marketo", "two", 60_000).await.unwrap().unwrap();
        for refused in [
            tenant.settle_deliveries(&stalled, &[], 1).await,
            tenant.begin_deliveries(&stalled, &[&due[0].delivery_id], 1).await.map(drop),
            tenant.doubt_deliveries(&stalled, "marketo", 1, true).await.map(drop),
        ] {
            assert!(matches!(refused, Err(crate::store::StoreError::LeaseLost)), "{refused:?}");
        }
    }
}

#[actix_web::test]
async fn out_14_the_same_key_does_nothing_twice() {
    for office in Office::all().await {
        let ask = |body: &Value| TestRequest::post().uri("/v1/calls").set_json(body).insert_header(("Idempotency-Key", "k-12345678"));
        let body = json!({"sfdc_id": office.record(0), "outcome": "Hello"});
        let first = office.house.send(&office.admin, ask(&body)).await.ok();
        assert_eq!(office.house.send(&office.admin, ask(&body)).await.ok(), first);
        let other = json!({"sfdc_id": office.record(0), "outcome": "Other"});
        office.house.send(&office.admin, ask(&other)).await.refused(409, "idempotency.reused");
        let short = TestRequest::post().uri("/v1/calls").set_json(&body).insert_header(("Idempotency-Key", "k"));
        office.house.send(&office.admin, short).await.refused(400, "request.invalid");
        assert_eq!(office.ledger("").await.len(), 2);
    }
}

#[actix_web::test]
async fn whoever_may_not_act_is_told_why() {
    for office in Office::all().await {
        let house = &office.house;
        let office_org = house.world.org_id();
        let rep = json!({"kind": "rep", "account": office.account, "org": office_org, "user": "005000000000001AAA", "object": "Lead",
                         "record": office.people.iter().find(|one| one.sfdc_type == "Lead").unwrap().sfdc_id});
        house.post(&rep, "/v1/calls", json!({})).await.refused(404, "not_found");
        let office = office.with_salesforce().await;
        let house = &office.house;
        house.post(&rep, "/v1/calls", json!({})).await.refused(403, "acting.not_a_member");
        let package = json!({"kind": "package", "account": office.account, "org": office_org, "user": "005000000000009AAA"});
        house.post(&package, "/v1/calls", json!({})).await.refused(403, "acting.not_a_member");
        house.post(&face(), "/v1/calls", json!({})).await.refused(403, "auth.forbidden");
        let id = office.admin["member"].as_str().unwrap();
        let tenant = house.state.store.tenant(&office.account);
        tenant.tie_member(id, &office_org, "005000000000001AAA").await.unwrap();
        house.post(&rep, "/v1/calls", json!({"outcome": "Hi"})).await.ok();
        let foreign = json!({"sfdc_id": office.people.iter().find(|one| one.sfdc_type == "Contact").unwrap().sfdc_id});
        house.post(&rep, "/v1/calls", foreign).await.refused(404, "person.not_in_marketo");
        house.post(&office.admin, "/v1/calls", json!({})).await.refused(400, "request.invalid");
        for bad in [
            json!({"outcome": "x\ny"}),
            json!({"outcome": "x".repeat(51)}),
            json!({"status": "great"}),
            json!({"duration_seconds": -1}),
            json!({"notes": "x".repeat(4_001)}),
            json!({"colour": "red"}),
        ] {
            let said = house.post(&rep, "/v1/calls", bad.clone()).await;
            assert_eq!(said.status, 400, "{bad} {}", said.body);
        }
    }
}

#[actix_web::test]
async fn a_campaign_is_requested_once_for_each_person() {
    for office in Office::all().await {
        let house = &office.house;
        let known = house.get(&office.admin, "/v1/marketo-campaigns").await.ok();
        let id = known["items"][0]["id"].as_i64().unwrap();
        let body = json!({"sfdc_ids": [office.record(0), office.record(1), office.record(0), "00Q000000000009EAA"]});
        let said = house.post(&office.admin, &format!("/v1/marketo-campaigns/{id}/members"), body).await.ok();
        assert_eq!((&said["accepted"], &said["skipped"]), (&json!(2), &json!(2)), "{said}");
        house
            .post(&office.admin, "/v1/marketo-campaigns/77/members", json!({"sfdc_ids": [office.record(0)]}))
            .await
            .refused(404, "campaign.unknown");
        office.fault("/marketo/rest/v1/campaigns/", json!({"drop_after_bytes": 0, "times": 1})).await;
        for _ in 0..3 {
            office.deliver(Target::Marketo).await;
        }
        let (marketo, _) = office.written().await;
        assert_eq!(
            marketo.iter().map(|one| one["lead"].as_i64().unwrap()).collect::<Vec<_>>(),
            [office.people[0].lead_id, office.people[1].lead_id]
        );
        assert!(office.ledger("").await.iter().all(|row| row["state"] == "done"));
    }
}

#[actix_web::test]
async fn what_is_refused_as_a_whole_is_sent_in_halves_until_the_one_at_fault_is_alone() {
    for office in Office::all().await {
        let known = office.house.get(&office.admin, "/v1/marketo-campaigns").await.ok();
        let id = known["items"][0]["id"].as_i64().unwrap();
        let leads = |written: &[Value]| written.iter().map(|one| one["lead"].as_i64().unwrap()).collect::<Vec<_>>();
        let wanted: Vec<i64> = office.people[1..4].iter().map(|person| person.lead_id).collect();
        for (prefix, before) in [(MARKETO, 0), ("/marketo/rest/v1/campaigns/", 3)] {
            if prefix == MARKETO {
                for index in 0..4 {
                    office.log_call(index, "Busy").await;
                }
            } else {
                let people: Vec<&str> = (0..4).map(|index| office.record(index)).collect();
                office.house.post(&office.admin, &format!("/v1/marketo-campaigns/{id}/members"), json!({"sfdc_ids": people})).await.ok();
            }
            // All four, the first two, the first.
            office.fault(prefix, json!({"marketo": "1003", "times": 3})).await;
            office.deliver(Target::Marketo).await;
            let (marketo, _) = office.written().await;
            assert_eq!(leads(&marketo[before..]), wanted, "{prefix} {}", office.house.engine);
            let failed = office.ledger("?state=failed").await;
            assert_eq!((failed.len(), &failed[0]["code"]), (before / 3 + 1, &json!("1003")), "{failed:?}");
        }
    }
}
