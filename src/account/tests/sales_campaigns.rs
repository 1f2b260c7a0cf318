//! Sales campaigns from the first step to success, and everything that stops somebody on the way (#[cfg(test)]).

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::acting::Office;
use super::house::{Said, face, member};
use crate::account::tracking_links::{LinkKey, Purpose};
use crate::clock;
use crate::store::Tenant;
use crate::store::people::NewPerson;
use crate::store::sales_activities::NewActivity;
use crate::store::sales_emails::MailEvent;
use crate::store::testing::person as made_up;
use crate::sync::deliver::Target;
use crate::sync::sales_campaigns::{rules, run_once};

impl Office {
    pub(super) fn tenant(&self) -> Tenant {
        self.house.state.store.tenant(&self.account)
    }

    pub(super) async fn campaign(&self, name: &str, steps: &[Value]) -> String {
        let wish = json!({"name": name, "category": "Prospecting", "skip_weekends": false});
        let made = self.house.post(&self.admin, "/v1/sales-campaigns", wish).await.ok();
        let id = made["id"].as_str().unwrap().to_owned();
        for step in steps {
            self.house.post(&self.admin, &format!("/v1/sales-campaigns/{id}/steps"), step.clone()).await.ok();
        }
        id
    }

    pub(super) async fn launch(&self, campaign: &str, more: Value) -> Said {
        self.house.post(&self.admin, &format!("/v1/sales-campaigns/{campaign}/launches"), more).await
    }

    // Everybody goes on whose time has come, and their mails go out.
    pub(super) async fn go_on(&self) {
        let state = rules(&self.deps).unwrap();
        run_once(&self.deps, &state, &self.account).await.unwrap();
        for _ in 0..3 {
            self.deliver(Target::Mail).await;
        }
        run_once(&self.deps, &state, &self.account).await.unwrap();
    }

    pub(super) async fn days_pass(&self) {
        self.tenant().hasten_runs().await;
        self.go_on().await;
    }

    pub(super) async fn people_of(&self, campaign: &str) -> Vec<Value> {
        let people = self.house.get(&self.admin, &format!("/v1/sales-campaigns/{campaign}/people")).await.ok();
        people["items"].as_array().unwrap().clone()
    }

    pub(super) async fn sorted_subjects(&self) -> Vec<String> {
        let mut subjects = self.subjects().await;
        subjects.sort();
        subjects
    }

    // What the mailbox will say of a mail.
    pub(super) async fn mailbox_says(&self, mail: &str, kind: &'static str) {
        let tenant = self.tenant();
        let about = tenant.sales_activity(mail).await.unwrap().unwrap();
        let activity = NewActivity {
            id: clock::new_id(),
            kind,
            about: Some(mail.to_owned()),
            person_id: about.person_id,
            lead_id: about.lead_id,
            sfdc_type: about.sfdc_type,
            sfdc_id: about.sfdc_id,
            member_id: about.member_id,
            happened_at: clock::now_ms(),
            subject: about.subject,
            detail: about.detail,
            deliveries: Vec::new(),
        };
        let event = MailEvent { activity, column: "replied", window_ms: 0 };
        assert!(tenant.record_mail_event(mail, &event, clock::now_ms()).await.unwrap());
    }

    pub(super) async fn mail_ids(&self) -> Vec<String> {
        let rows = self.ledger("?target=mail").await;
        rows.iter().map(|row| row["activity_id"].as_str().unwrap().to_owned()).collect()
    }
}

pub(super) fn mail(day: u32, subject: &str) -> Value {
    json!({"day": day, "type": "email", "subject": subject, "text": "Dear {{first_name}}"})
}

pub(super) fn call(day: u32) -> Value {
    json!({"day": day, "type": "call", "name": "Ring them up", "notes": "Ask for the quote", "priority": "High"})
}

#[actix_web::test]
async fn somebody_goes_through_all_steps_and_everybody_is_told() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let house = &office.house;
        let follow_up = json!({"day": 5, "type": "email", "subject": "Re: One", "text": "Still there?", "send": "at", "at": "09:30"});
        let id = office.campaign("Quarter", &[mail(1, "One"), call(3), follow_up]).await;
        let edits = json!([{"person_id": office.person_id(0).await, "subject": "One for you", "text": "Only you"}]);
        let said = office.launch(&id, json!({"sfdc_ids": [office.record(0), office.record(1)], "edits": edits})).await.ok();
        assert_eq!((&said["accepted"], &said["skipped"]), (&json!(2), &json!(0)), "{said}");
        office.go_on().await;
        assert_eq!(office.sorted_subjects().await, ["One", "One for you"]);
        office.days_pass().await;
        let people = office.people_of(&id).await;
        assert_eq!((&people[0]["state"], &people[0]["number"], &people[0]["of"]), (&json!("waiting"), &json!(2), &json!(3)), "{people:?}");
        assert_eq!((&people[0]["step"], &people[0]["step_kind"]), (&json!("Ring them up"), &json!("call")));
        office.days_pass().await;
        assert_eq!(office.sorted_subjects().await.len(), 2, "the next step waits for the task");
        let task = people[0]["task_id"].as_str().unwrap();
        for target in Target::ALL {
            office.deliver(target).await;
        }
        assert_eq!(house.post(&office.admin, &format!("/v1/tasks/{task}/complete"), json!({})).await.ok()["changed"], true);
        assert_eq!(house.post(&office.admin, &format!("/v1/tasks/{task}/complete"), json!({})).await.ok()["changed"], false);
        office.go_on().await;
        let waiting = office.people_of(&id).await;
        let next = waiting.iter().find(|one| one["state"] == "running").unwrap();
        assert!(next["due_at"].as_i64().unwrap() > clock::now_ms() + 86_400_000, "two days after the call: {next}");
        office.days_pass().await;
        assert_eq!(office.sorted_subjects().await, ["One", "One for you", "Re: One"]);
        let shown = house.get(&office.admin, &format!("/v1/sales-campaigns/{id}")).await.ok();
        assert_eq!((&shown["people"]["finished"], &shown["people"]["waiting"]), (&json!(1), &json!(1)), "{shown}");
        let figures = &shown["figures"]["steps"];
        assert_eq!((&figures[0]["sent"], &figures[1]["done"], &figures[2]["sent"]), (&json!(2), &json!(2), &json!(1)), "{figures}");
        // Whoever is through and answers then is a success; whoever is not stops.
        for mail in office.mail_ids().await {
            office.mailbox_says(&mail, "replied").await;
        }
        let shown = house.get(&office.admin, &format!("/v1/sales-campaigns/{id}")).await.ok();
        assert_eq!((&shown["people"]["succeeded"], &shown["people"]["under_way"]), (&json!(2), &json!(0)), "{shown}");
        for target in Target::ALL {
            office.deliver(target).await;
            office.deliver(target).await;
        }
        let (marketo, salesforce) = office.written().await;
        let count = |name: &str| marketo.iter().filter(|one| one["type_name"] == name).count();
        assert_eq!(
            (
                count("Add to Sales Campaign (Sales App)"),
                count("Remove from Sales Campaign (Sales App)"),
                count("Send Sales Email (Sales App)")
            ),
            (2, 1, 3)
        );
        let sent = marketo.iter().find(|one| one["type_name"] == "Send Sales Email (Sales App)").unwrap();
        assert_eq!(sent["attributes"]["Sales Campaign Name"], "Quarter");
        let added = marketo.iter().find(|one| one["type_name"] == "Add to Sales Campaign (Sales App)").unwrap();
        assert_eq!(
            (&added["attributes"]["Sales Campaign ID"], &added["attributes"]["Sent By"]),
            (&json!(id), &json!("ops@brightwater.example"))
        );
        let done = salesforce.iter().filter(|task| task["Subject"] == "Ring them up" && task["Status"] == "Completed").count();
        assert_eq!((done, salesforce.len()), (1, 5));
        for task in &salesforce {
            assert_eq!(task["MSE_Campaign__c"], "Quarter");
            assert!(task["MSE_Campaign_Details_Link__c"].as_str().unwrap().ends_with(&format!("/admin/campaigns/{id}")));
        }
        assert!(salesforce.iter().any(|task| task["MSE_Current_Campaign_Step__c"] == "Ring them up"));
        assert!(office.ledger("?state=failed").await.is_empty() && office.ledger("?state=open").await.is_empty());
        let path = format!("/v1/people/{}/sales-campaigns", office.person_id(0).await);
        let places = house.get(&office.admin, &path).await.ok();
        assert_eq!((&places["items"][0]["campaign"], &places["items"][0]["state"]), (&json!("Quarter"), &json!("succeeded")), "{places}");
    }
}

impl Office {
    pub(super) async fn person_id(&self, index: usize) -> String {
        self.tenant().person_by_sfdc_id(self.record(index)).await.unwrap().unwrap().id
    }
}

#[actix_web::test]
async fn eml_10_whatever_is_queued_a_stop_comes_before_it() {
    for office in Office::all().await {
        let house = &office.house;
        let id = office.campaign("Stops", &[mail(1, "First"), mail(1, "Second"), mail(2, "Third")]).await;
        let all: Vec<&str> = (0..5).map(|index| office.record(index)).collect();
        office.launch(&id, json!({"sfdc_ids": all})).await.ok();
        let state = rules(&office.deps).unwrap();
        run_once(&office.deps, &state, &office.account).await.unwrap();
        // The first mails are queued, none is out: one person leaves, one is removed, the rest are stopped.
        let mails = office.ledger("?target=mail").await;
        assert_eq!(mails.len(), 5);
        let of = |index: usize| {
            let row =
                mails.iter().find(|row| row["person"].as_str().unwrap().starts_with(office.people[index].first_name.as_deref().unwrap()));
            row.unwrap()["activity_id"].as_str().unwrap()
        };
        let links = LinkKey::new(&house.state.settings.account.key);
        let way_out = links.write(Purpose::Unsubscribe, of(0), "").unwrap();
        house.post(&face(), &format!("/v1/unsubscribes/by-token/{way_out}"), json!({})).await.ok();
        let people = office.people_of(&id).await;
        let run = |index: usize| {
            let one = people.iter().find(|one| one["sfdc_id"] == office.record(index)).unwrap();
            one["id"].as_str().unwrap()
        };
        let stopped = house.post(&office.admin, &format!("/v1/sales-runs/{}/stop", run(1)), json!({})).await.ok();
        assert_eq!(stopped, json!({"stopped": 1, "in_flight": 0}));
        assert_eq!(house.post(&office.admin, &format!("/v1/sales-runs/{}/stop", run(1)), json!({})).await.ok()["stopped"], 0);
        office.deliver(Target::Mail).await;
        let out = office.sorted_subjects().await.len();
        assert_eq!(out, 3, "neither the one who left nor the one who was removed");
        office.mailbox_says(of(2), "replied").await;
        office.mailbox_says(of(3), "bounced").await;
        office.go_on().await;
        office.days_pass().await;
        let subjects = office.sorted_subjects().await;
        assert_eq!(subjects, ["First", "First", "First", "Second", "Third"], "only one goes on");
        let reasons: Vec<(String, String)> = office
            .people_of(&id)
            .await
            .iter()
            .map(|one| (one["state"].as_str().unwrap().to_owned(), one["reason"].as_str().unwrap_or_default().to_owned()))
            .collect();
        for (state, reason) in
            [("ended", "unsubscribed"), ("ended", "removed"), ("succeeded", "reply"), ("ended", "bounce"), ("finished", "")]
        {
            assert!(reasons.contains(&(state.to_owned(), reason.to_owned())), "{state} {reason}: {reasons:?}");
        }
        office.launch(&id, json!({"sfdc_ids": [all[0]]})).await.ok();
        assert_eq!(office.sorted_subjects().await.len(), 5);
        // A retry by hand of what was called off sends nothing either.
        let said = office.launch(&id, json!({"sfdc_ids": [all[1], all[4]]})).await.ok();
        assert_eq!(said["accepted"], 2);
        run_once(&office.deps, &state, &office.account).await.unwrap();
        let stopped = house.post(&office.admin, &format!("/v1/sales-campaigns/{id}/stop"), json!({})).await.ok();
        assert_eq!((&stopped["stopped"], &stopped["in_flight"]), (&json!(2), &json!(0)));
        office.go_on().await;
        office.days_pass().await;
        assert_eq!(office.sorted_subjects().await.len(), 5);
    }
}

#[actix_web::test]
async fn whoever_is_left_out_is_named_with_the_reason_and_nothing_starts_twice() {
    for office in Office::all().await {
        let house = &office.house;
        let nobody = NewPerson { email: None, ..office.people[1].clone() };
        let blocked = NewPerson { email: Some("x@blocked.example".to_owned()), ..office.people[2].clone() };
        office.tenant().upsert_people(vec![nobody, blocked], 2, None).await.unwrap();
        house.post(&office.admin, "/v1/unsubscribes", json!({"sfdc_id": office.record(3)})).await.ok();
        let mut settings = house.get(&office.admin, "/v1/acting-settings").await.ok();
        settings["blocked_domains"] = json!(["blocked.example"]);
        house.ask(&office.admin, "PUT", "/v1/acting-settings", Some(settings)).await.ok();
        let id = office.campaign("Reasons", &[]).await;
        office.launch(&id, json!({"sfdc_ids": [office.record(0)]})).await.refused(409, "campaign.no_steps");
        house.post(&office.admin, &format!("/v1/sales-campaigns/{id}/steps"), mail(1, "One")).await.ok();
        let all: Vec<&str> = (0..4).map(|index| office.record(index)).chain([office.record(0), "00Q000000000009EAA"]).collect();
        let ask = || {
            let uri = format!("/v1/campaigns/{id}/members");
            TestRequest::post().uri(&uri).set_json(json!({"sfdc_ids": all})).insert_header(("Idempotency-Key", "list-12345678"))
        };
        let said = house.send(&office.admin, ask()).await.ok();
        assert_eq!((&said["accepted"], &said["skipped"]), (&json!(1), &json!(5)), "{said}");
        let codes: Vec<&str> = said["results"].as_array().unwrap().iter().filter_map(|one| one["code"].as_str()).collect();
        for code in ["no_email", "blocked_domain", "unsubscribed", "duplicate", "not_in_marketo"] {
            assert!(codes.contains(&code), "{code}: {codes:?}");
        }
        assert_eq!(house.send(&office.admin, ask()).await.ok(), said, "the same key, the same answer");
        let again = office.launch(&id, json!({"sfdc_ids": [office.record(0)]})).await.ok();
        assert_eq!((&again["accepted"], &again["results"][0]["code"]), (&json!(0), &json!("already_in")));
        assert_eq!(office.people_of(&id).await.len(), 1);
        let choices = house.get(&office.admin, "/v1/campaigns?kind=sales").await.ok();
        assert_eq!(choices["items"], json!([{"id": id, "name": "Reasons"}]));
        for (body, field) in [
            (json!({"sfdc_ids": [office.record(0)], "start_on": "soon"}), "start_on"),
            (json!({"sfdc_ids": [office.record(0)], "start_on": "2026-01-01T09:00"}), "start_on"),
            (json!({"sfdc_ids": [office.record(0)], "time_zone": "Mars/Base"}), "time_zone"),
            (json!({"account_id": "00Q000000000009EAA"}), "account_id"),
        ] {
            let said = office.launch(&id, body.clone()).await;
            said.refused(400, "request.invalid");
            assert_eq!(said.body["errors"][0]["field"], field, "{body}");
        }
        office.launch(&id, json!({"colour": "red"})).await.refused(400, "request.invalid");
    }
}

#[actix_web::test]
async fn what_keeps_somebody_from_going_on_is_said_and_can_be_mended() {
    for office in Office::all().await {
        let house = &office.house;
        let template = json!({"name": "T", "subject": "From a template", "html": "<p>Hi {{first_name}}</p>"});
        let template = house.post(&office.admin, "/v1/templates", template).await.ok()["id"].as_str().unwrap().to_owned();
        let step = json!({"day": 1, "type": "email", "template_id": template});
        let prompt = json!({"day": 1, "type": "email", "subject": "Prompt", "text": "{{! your reason }}"});
        let gone = office.campaign("Gone", &[step]).await;
        let unfilled = office.campaign("Unfilled", &[prompt]).await;
        office.launch(&gone, json!({"sfdc_ids": [office.record(0), office.record(1)]})).await.ok();
        office.launch(&unfilled, json!({"sfdc_ids": [office.record(0)]})).await.ok();
        house.ask(&office.admin, "DELETE", &format!("/v1/templates/{template}"), None).await.ok();
        office.tenant().remove_people(&[office.people[1].lead_id]).await.unwrap();
        office.go_on().await;
        let people = office.people_of(&gone).await;
        let of = |people: &[Value], index: usize| people.iter().find(|one| one["sfdc_id"] == office.record(index)).unwrap().clone();
        assert_eq!((&of(&people, 0)["state"], &of(&people, 0)["reason"]), (&json!("blocked"), &json!("template_gone")), "{people:?}");
        assert_eq!((&of(&people, 1)["state"], &of(&people, 1)["reason"]), (&json!("ended"), &json!("person_gone")));
        assert_eq!(office.people_of(&unfilled).await[0]["reason"], "unfilled");
        let shown = house.get(&office.admin, &format!("/v1/sales-campaigns/{gone}")).await.ok();
        assert_eq!(shown["steps"][0]["template_missing"], true);
        let step = shown["steps"][0]["id"].as_str().unwrap();
        let path = format!("/v1/sales-campaigns/{gone}/steps/{step}");
        let mended = json!({"subject": "Own words", "text": "Hello", "send": "choose"});
        house.ask(&office.admin, "PUT", &path, Some(mended.clone())).await.refused(409, "campaign.people_under_way");
        let mut mended = mended;
        mended["applies_to"] = json!("everybody");
        house.ask(&office.admin, "PUT", &path, Some(mended)).await.ok();
        let run = of(&people, 0)["id"].as_str().unwrap().to_owned();
        house.post(&office.admin, &format!("/v1/sales-runs/{run}/resume"), json!({})).await.ok();
        house.post(&office.admin, &format!("/v1/sales-runs/{run}/resume"), json!({})).await.refused(409, "campaign.not_blocked");
        office.go_on().await;
        assert_eq!(office.sorted_subjects().await, ["Own words"]);
        // A mail that the server will not take: who bounces is removed, and says so.
        let bouncing = NewPerson { email: Some("bounce.me@x.example".to_owned()), ..office.people[2].clone() };
        office.tenant().upsert_people(vec![bouncing], 2, None).await.unwrap();
        let bounce = office.campaign("Bounce", &[mail(1, "Bounce"), mail(2, "Never")]).await;
        office.launch(&bounce, json!({"sfdc_ids": [office.record(2)]})).await.ok();
        office.go_on().await;
        assert_eq!(office.people_of(&bounce).await[0]["reason"], "bounce");
        house.ask(&office.admin, "DELETE", &format!("/v1/sales-campaigns/{unfilled}"), None).await.refused(409, "campaign.busy");
        house.post(&office.admin, &format!("/v1/sales-campaigns/{unfilled}/stop"), json!({})).await.ok();
        house.ask(&office.admin, "DELETE", &format!("/v1/sales-campaigns/{unfilled}"), None).await.ok();
        house.get(&office.admin, &format!("/v1/sales-campaigns/{unfilled}")).await.refused(404, "not_found");
    }
}

#[actix_web::test]
async fn an_edit_takes_along_whom_it_is_meant_for_and_does_no_step_twice() {
    for office in Office::all().await {
        let house = &office.house;
        let id = office.campaign("Edited", &[mail(1, "A"), mail(2, "B"), mail(4, "C")]).await;
        office.launch(&id, json!({"sfdc_ids": [office.record(0), office.record(1)]})).await.ok();
        office.go_on().await;
        let shown = house.get(&office.admin, &format!("/v1/sales-campaigns/{id}")).await.ok();
        let step = |index: usize| shown["steps"][index]["id"].as_str().unwrap();
        let path = |step: &str, what: &str| format!("/v1/sales-campaigns/{id}/steps/{step}/{what}");
        house.post(&office.admin, &path(step(1), "move"), json!({"to": "sideways"})).await.refused(400, "request.invalid");
        house.post(&office.admin, &path(step(1), "remove"), json!({})).await.refused(409, "campaign.people_under_way");
        house.post(&office.admin, &path(step(1), "remove"), json!({"applies_to": "all"})).await.refused(400, "request.invalid");
        // Only for new people: those under way still get B.
        house.post(&office.admin, &path(step(1), "remove"), json!({"applies_to": "new"})).await.ok();
        office.days_pass().await;
        assert_eq!(office.sorted_subjects().await, ["A", "A", "B", "B"]);
        // For everybody: the last step comes first now, and nobody gets A again.
        for _ in 0..4 {
            house.post(&office.admin, &path(step(2), "move"), json!({"to": "up", "applies_to": "everybody"})).await.ok();
        }
        let added = json!({"day": 9, "type": "email", "subject": "D", "text": "D", "applies_to": "everybody"});
        house.post(&office.admin, &format!("/v1/sales-campaigns/{id}/steps"), added).await.ok();
        for _ in 0..3 {
            office.days_pass().await;
        }
        assert_eq!(office.sorted_subjects().await, ["A", "A", "B", "B", "D", "D"]);
        assert!(office.people_of(&id).await.iter().all(|one| one["state"] == "finished"));
    }
}

#[actix_web::test]
async fn a_launch_is_prepared_shown_and_started_once() {
    for office in Office::all().await {
        let house = &office.house;
        let id = office.campaign("Prepared", &[mail(1, "Hello {{first_name}}"), call(3)]).await;
        let made = house
            .post(&office.admin, "/v1/sales-launches", json!({"sfdc_ids": [office.record(0), office.record(1), office.record(2)]}))
            .await
            .ok();
        let path = format!("/v1/sales-launches/{}", made["id"].as_str().unwrap());
        let twice = || {
            let begin = TestRequest::post().uri("/v1/sales-launches").set_json(json!({"sfdc_ids": [office.record(3)]}));
            begin.insert_header(("Idempotency-Key", "begin-12345678"))
        };
        let (one, other) = (house.send(&office.admin, twice()).await.ok(), house.send(&office.admin, twice()).await.ok());
        assert_eq!(one["id"], other["id"], "the same decision twice");
        house.post(&office.admin, &format!("{path}/start"), json!({})).await.refused(400, "request.invalid");
        house.ask(&office.admin, "PATCH", &path, Some(json!({"campaign_id": "0".repeat(32)}))).await.refused(400, "request.invalid");
        let year = jiff::Timestamp::from_millisecond(clock::now_ms()).unwrap().to_zoned(jiff::tz::TimeZone::UTC).year() + 1;
        let when = json!({"campaign_id": id, "start_on": format!("{year}-01-04T09:00"), "time_zone": "Europe/Berlin"});
        let chosen = house.ask(&office.admin, "PATCH", &path, Some(when)).await.ok();
        assert_eq!((&chosen["count"], &chosen["steps"][1]["name"]), (&json!(3), &json!("Ring them up")), "{chosen}");
        assert_eq!(chosen["people"][0]["mail"]["subject"], format!("Hello {}", office.people[0].first_name.as_deref().unwrap()));
        let first = chosen["steps"][0]["at"].as_i64().unwrap();
        assert_eq!(jiff::Timestamp::from_millisecond(first).unwrap().to_string(), format!("{year}-01-04T08:00:00Z"));
        let person = |index: usize| chosen["people"][index]["id"].as_str().unwrap();
        let words = json!({"subject": "For you", "text": "Only you"});
        let edited = house.ask(&office.admin, "PUT", &format!("{path}/people/{}", person(0)), Some(words.clone())).await.ok();
        assert_eq!((&edited["people"][0]["mail"]["edited"], &edited["people"][0]["mail"]["text"]), (&json!(true), &json!("Only you")));
        let bad = json!({"subject": "a\r\nBcc: b@x.example", "text": "x"});
        house.ask(&office.admin, "PUT", &format!("{path}/people/{}", person(0)), Some(bad)).await.refused(422, "mail.header");
        house.ask(&office.admin, "PUT", &format!("{path}/people/{}", "0".repeat(32)), Some(words)).await.refused(404, "not_found");
        house.ask(&office.admin, "DELETE", &format!("{path}/people/{}", person(2)), None).await.ok();
        let started = house.post(&office.admin, &format!("{path}/start"), json!({})).await.ok();
        assert_eq!(started["accepted"], 2);
        assert_eq!(house.post(&office.admin, &format!("{path}/start"), json!({})).await.ok(), started);
        house.ask(&office.admin, "PATCH", &path, Some(json!({"time_zone": "UTC"}))).await.refused(409, "launch.started");
        office.go_on().await;
        assert!(office.sorted_subjects().await.is_empty(), "not before its time");
        assert_eq!(office.people_of(&id).await[0]["due_at"], first);
        office.days_pass().await;
        assert_eq!(office.sorted_subjects().await.len(), 2);
        assert!(office.sorted_subjects().await.contains(&"For you".to_owned()));
    }
}

#[actix_web::test]
async fn of_a_record_with_many_people_each_launch_takes_the_next_two_hundred() {
    for office in Office::all().await {
        let (house, record) = (&office.house, "001000000000009AAA");
        let people = |numbers: std::ops::Range<i64>| -> Vec<NewPerson> {
            let of = |number: i64| NewPerson {
                sfdc_account_id: Some(record.to_owned()),
                email: (number % 10 != 0).then(|| format!("q{number}@example.com")),
                ..made_up(number)
            };
            numbers.map(of).collect()
        };
        office.tenant().upsert_people(people(5_001..5_261), 2, None).await.unwrap();
        let id = office.campaign("Everybody there", &[mail(1, "Hello")]).await;
        let begin = || house.post(&office.admin, "/v1/sales-launches", json!({"account_id": record, "campaign_id": id}));
        let begun = begin().await.ok();
        // Whoever comes after the first two hundred was not looked at yet.
        let later = json!(60 - begun["left_out"].as_array().unwrap().len());
        assert_eq!((&begun["count"], &begun["later"]), (&json!(200), &later), "{}", begun["left_out"]);
        let path = format!("/v1/sales-launches/{}/start", begun["id"].as_str().unwrap());
        let started = house.post(&office.admin, &path, json!({})).await.ok();
        assert_eq!((&started["accepted"], &started["later"]), (&json!(200), &later));
        let next = begin().await.ok();
        assert_eq!((&next["count"], &next["later"]), (&json!(34), &json!(0)), "the others are under way, or have no address");
        let direct = office.launch(&id, json!({"account_id": record})).await.ok();
        assert_eq!((&direct["accepted"], &direct["skipped"], &direct["later"]), (&json!(34), &json!(226), &json!(0)));
        office.tenant().upsert_people(people(6_001..6_542), 2, None).await.unwrap();
        begin().await.refused(409, "campaign.too_many_people");
    }
}

#[actix_web::test]
async fn limits_hold_and_only_those_may_who_should() {
    let limited = |settings: &mut crate::settings::Settings| {
        settings.campaigns.launches_per_day = 4;
        settings.campaigns.sends_per_day = 2;
    };
    for office in Office::all_with(limited).await {
        let house = &office.house;
        let id = office.campaign("Mine", &[mail(1, "One")]).await;
        let other = member(&office.account, &house.joined(&office.admin, "sam@acme.example", "user").await);
        house.get(&other, &format!("/v1/sales-campaigns/{id}")).await.refused(404, "not_found");
        assert_eq!(house.get(&other, "/v1/sales-campaigns").await.ok()["total"], 0);
        house.get(&other, "/v1/sales-campaigns?owner=x").await.refused(403, "campaign.admins_only");
        house
            .ask(&office.admin, "PATCH", &format!("/v1/sales-campaigns/{id}"), Some(json!({"shared": ["nobody"]})))
            .await
            .refused(400, "request.invalid");
        house
            .ask(&office.admin, "PATCH", &format!("/v1/sales-campaigns/{id}"), Some(json!({"shared": ["everyone"], "on_reply": "end"})))
            .await
            .ok();
        assert_eq!(house.get(&other, &format!("/v1/sales-campaigns/{id}")).await.ok()["changeable"], false);
        house
            .ask(&other, "PATCH", &format!("/v1/sales-campaigns/{id}"), Some(json!({"name": "x"})))
            .await
            .refused(403, "campaign.not_yours");
        office.launch(&id, json!({"sfdc_ids": [office.record(0)]})).await.ok();
        let run = office.people_of(&id).await[0]["id"].as_str().unwrap().to_owned();
        house.post(&other, &format!("/v1/sales-runs/{run}/stop"), json!({})).await.refused(403, "campaign.not_yours");
        house.post(&other, &format!("/v1/sales-campaigns/{id}/launches"), json!({"sfdc_ids": [office.record(1)]})).await.ok();
        let theirs = office.people_of(&id).await;
        let theirs = theirs.iter().find(|one| one["sfdc_id"] == office.record(1)).unwrap()["id"].as_str().unwrap().to_owned();
        assert_eq!(house.post(&office.admin, &format!("/v1/sales-runs/{theirs}/stop"), json!({})).await.ok()["stopped"], 1, "an admin");
        for index in 2..5 {
            assert_eq!(office.launch(&id, json!({"sfdc_ids": [office.record(index)]})).await.ok()["accepted"], 1, "{index}");
        }
        office.launch(&id, json!({"sfdc_ids": [office.record(5)]})).await.refused(429, "campaign.launch_limit");
        office.go_on().await;
        office.go_on().await;
        assert_eq!(office.sorted_subjects().await.len(), 2, "the rest waits for tomorrow");
        let waits = office.people_of(&id).await.into_iter().filter(|one| one["reason"] == "daily_limit").count();
        assert!(waits > 0);
    }
}
