//! Mails of reps: composed, sent, opened, clicked, stopped (#[cfg(test)]).

use std::time::Duration;

use actix_web::test::TestRequest;
use serde_json::{Value, json};

use super::acting::Office;
use super::house::{client, face};
use crate::account::tracking_links::{LinkKey, Purpose};
use crate::store::people::NewPerson;
use crate::sync::deliver::{Ended, Target};

impl Office {
    async fn mails(&self) -> Vec<Value> {
        let mails: Value = client().get(format!("{}/mail/messages.json", self.house.base)).send().await.unwrap().json().await.unwrap();
        let sales = |mail: &&Value| mail["headers"].as_array().unwrap().iter().any(|header| header["name"] == "List-Unsubscribe");
        mails.as_array().unwrap().iter().filter(sales).cloned().collect()
    }

    /// Subjects of the mails that arrived.
    pub(super) async fn subjects(&self) -> Vec<String> {
        self.mails().await.iter().map(|mail| mail["subject"].as_str().unwrap().to_owned()).collect()
    }

    pub(super) async fn decide(&self, change: Value) {
        let mut settings = self.house.get(&self.admin, "/v1/acting-settings").await.ok();
        settings.as_object_mut().unwrap().extend(change.as_object().unwrap().clone());
        self.house.ask(&self.admin, "PUT", "/v1/acting-settings", Some(settings)).await.ok();
    }

    async fn send(&self, index: usize, more: Value) -> super::house::Said {
        let mut mail = json!({"sfdc_id": self.record(index), "subject": "Hello {{first_name}}", "text": "See https\n\nBye {{my_name}}"});
        mail.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.house.post(&self.admin, "/v1/emails", mail).await
    }

    pub(super) fn links(&self) -> LinkKey {
        LinkKey::new(&self.house.state.settings.account.key)
    }

    async fn happened(&self, token: &str) -> Value {
        let seen = json!({"token": token, "at": crate::clock::now_ms()});
        self.house.post(&face(), "/v1/mail-events", seen).await.ok()
    }

    // A mail that went out some time ago, as far as counting goes.
    async fn age(&self) {
        tokio::time::sleep(std::time::Duration::from_millis(1_600)).await;
    }
}

#[actix_web::test]
async fn a_template_becomes_a_mail_that_is_opened_and_clicked_and_everybody_knows() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let house = &office.house;
        let html = "<p>Dear {{first_name}} at {{company}}</p><p><a href=\"https://example.com/case?a=1\">Read</a></p>";
        let template = json!({"name": "Case study", "category": "Follow-up", "subject": "For {{company | default: \"you\"}}", "html": html, "shared": true});
        let template = house.post(&office.admin, "/v1/templates", template).await.ok();
        let id = template["id"].as_str().unwrap().to_owned();
        let wish = json!({"sfdc_id": office.record(0), "template_id": id});
        let preview = house.post(&office.admin, "/v1/emails/preview", wish.clone()).await.ok();
        assert!(preview["html"].as_str().unwrap().contains("https://example.com/case?a=1"), "{preview}");
        assert!(office.mails().await.is_empty());
        let sent = house.post(&office.admin, "/v1/emails", wish).await.ok();
        let mail_id = sent["results"][0]["email_id"].as_str().unwrap().to_owned();
        office.deliver(Target::Marketo).await;
        assert!(office.written().await.0.is_empty(), "nobody is told before the mail is out");
        for target in Target::ALL {
            office.deliver(target).await;
        }
        let mails = office.mails().await;
        assert_eq!((mails.len(), mails[0]["subject"].as_str().unwrap()), (1, "For Acme"));
        let header =
            |name: &str| mails[0]["headers"].as_array().unwrap().iter().find(|header| header["name"] == name).map(|h| h["value"].clone());
        assert!(header("List-Unsubscribe").unwrap().as_str().unwrap().starts_with("<http://127.0.0.1:1/unsubscribe/"));
        assert_eq!(header("List-Unsubscribe-Post").unwrap(), "List-Unsubscribe=One-Click");
        assert!(header("From").unwrap().as_str().unwrap().contains("ops@brightwater.example"));
        let body = mails[0]["html"].as_str().unwrap();
        assert!(
            body.contains("First1") && body.contains("/t/") && body.contains(".gif") && !body.contains("https://example.com"),
            "{body}"
        );
        office.age().await;
        let links = office.links();
        let click = links.write(Purpose::Click, &mail_id, "https://example.com/case?a=1").unwrap();
        assert_eq!(office.happened(&click).await["counted"], true);
        assert_eq!(office.happened(&click).await["counted"], false, "CLK-08");
        assert_eq!(office.happened(&links.write(Purpose::Open, &mail_id, "").unwrap()).await["counted"], true);
        for target in Target::ALL {
            office.deliver(target).await;
            office.deliver(target).await;
        }
        let (marketo, salesforce) = office.written().await;
        let names: Vec<&str> = marketo.iter().map(|one| one["type_name"].as_str().unwrap()).collect();
        assert_eq!(names, ["Send Sales Email (Sales App)", "Click Sales Email (Sales App)", "Open Sales Email (Sales App)"]);
        assert_eq!(marketo[0]["attributes"]["Email Subject"], "For Acme (SIA-00000001)");
        assert_eq!(marketo[1]["attributes"]["Link"], "https://example.com/case?a=1");
        assert_eq!(salesforce.len(), 1);
        let task = &salesforce[0];
        assert_eq!((&task["MSE_Viewed__c"], &task["MSE_Clicked__c"], &task["Type"]), (&json!(true), &json!(true), &json!("Email")));
        assert_eq!(task["MSE_Template__c"], "Case study");
        let person = house.get(&package(&office), &format!("/v1/people?sfdc_id={}", office.record(0))).await.ok();
        let person = person["people"][0]["id"].as_str().unwrap().to_owned();
        let tab = house.get(&package(&office), &format!("/v1/people/{person}/timeline?tab=email")).await.ok();
        assert_eq!((&tab["items"][0]["subject"], &tab["items"][0]["clicked"]), (&json!("For Acme"), &json!(1)), "{tab}");
        assert!(office.ledger("?state=failed").await.is_empty() && office.ledger("?state=open").await.is_empty());
    }
}

fn package(office: &Office) -> Value {
    json!({"kind": "package", "account": office.account, "org": office.house.world.org_id(), "user": "005000000000009AAA"})
}

#[actix_web::test]
async fn eml_10_whoever_unsubscribed_is_never_written_to_again() {
    for office in Office::all().await {
        let house = &office.house;
        let sent = office.send(0, json!({})).await.ok();
        let queued = office.send(1, json!({})).await.ok();
        let first = sent["results"][0]["email_id"].as_str().unwrap();
        let second = queued["results"][0]["email_id"].as_str().unwrap();
        let path = |mail: &str| format!("/v1/unsubscribes/by-token/{}", office.links().write(Purpose::Unsubscribe, mail, "").unwrap());
        assert_eq!(house.get(&face(), &path(second)).await.ok()["unsubscribed_since"], Value::Null, "UNS-02");
        for _ in 0..3 {
            house.post(&face(), &path(second), json!({"what": "all", "why": "no\r\nthanks"})).await.ok();
        }
        house.get(&face(), &format!("{}x", path(first))).await.refused(404, "link.unknown");
        let click = office.links().write(Purpose::Click, first, "").unwrap();
        house.get(&face(), &format!("/v1/unsubscribes/by-token/{click}")).await.refused(404, "link.unknown");
        for _ in 0..3 {
            office.deliver(Target::Mail).await;
        }
        let mails = office.mails().await;
        assert_eq!(mails.len(), 1, "what waited was stopped");
        office.send(1, json!({})).await.refused(422, "mail.unsubscribed");
        let copied = office.send(2, json!({"cc": [office.people[1].email.clone().unwrap().to_uppercase()]})).await;
        copied.refused(422, "mail.unsubscribed");
        let list = house.get(&office.admin, "/v1/unsubscribes").await.ok();
        assert_eq!((list["items"].as_array().unwrap().len(), &list["items"][0]["source"]), (1, &json!("Clicked Link")), "UNS-05");
        let email = office.people[1].email.clone().unwrap();
        house.post(&office.admin, "/v1/resubscribes", json!({"email": email, "consent": "ok"})).await.refused(400, "request.invalid");
        house.post(&office.admin, "/v1/resubscribes", json!({"email": email, "consent": "Asked for it by phone today"})).await.ok();
        office.send(1, json!({})).await.ok();
        let history = house.get(&office.admin, &format!("/v1/unsubscribes?history={email}")).await.ok();
        assert_eq!(history["items"].as_array().unwrap().len(), 2);
        let skipped = office.ledger("?state=skipped&target=mail").await;
        assert!(skipped.iter().any(|row| row["problem"] == "The recipient has unsubscribed."), "{skipped:?}");
        let skipped = office.ledger("?state=skipped").await;
        assert_eq!(skipped.len(), 3, "the mail, and what others would have been told: {skipped:?}");
    }
}

#[actix_web::test]
async fn eml_01_02_what_no_header_can_carry_is_refused_and_nothing_is_sent() {
    for office in Office::all().await {
        for subject in ["a\r\nBcc: b@x.example", "a\u{2028}b"] {
            office.send(0, json!({"subject": subject})).await.refused(422, "mail.header");
        }
        for cc in ["a@x>,<b@y", "a@x\r\nRCPT TO:<b@y>", "no address"] {
            office.send(0, json!({"cc": [cc]})).await.refused(422, "mail.header");
        }
        office.send(0, json!({"text": "Hi {{sfdc_account_name}} {{! your reason }}"})).await.refused(422, "mail.unfilled");
        office.send(0, json!({"text": null, "html": "<a href=\"javascript:alert(1)\">x</a>"})).await.refused(422, "template.link");
        office.send(0, json!({"text": null, "html": "<script>x</script>"})).await.refused(422, "template.html");
        office.send(0, json!({"colour": "red"})).await.refused(400, "request.invalid");
        office.send(0, json!({"send_at": 1})).await.refused(400, "request.invalid");
        office.decide(json!({"blocked_domains": ["Example.com"]})).await;
        office.send(0, json!({})).await.refused(422, "mail.blocked_domain");
        office.deliver(Target::Mail).await;
        assert!(office.mails().await.is_empty());
        assert!(office.ledger("").await.is_empty());
    }
}

#[actix_web::test]
async fn eml_07_who_is_not_to_be_counted_gets_a_mail_without_a_pixel() {
    for office in Office::all().await {
        let html = json!({"text": null, "html": "<p><a href=\"https://example.com/\">x</a></p>"});
        let email = office.people[0].email.clone().unwrap();
        office.house.post(&office.admin, "/v1/untracked", json!({"email": email, "untracked": true})).await.ok();
        office.send(0, html.clone()).await.ok();
        office.decide(json!({"tracking": false})).await;
        office.send(1, html).await.ok();
        for _ in 0..2 {
            office.deliver(Target::Mail).await;
        }
        let mails = office.mails().await;
        assert_eq!(mails.len(), 2);
        for mail in mails {
            let body = mail["html"].as_str().unwrap();
            assert!(
                !body.contains("<img") && !body.contains("/t/") && body.contains("https://example.com/") && body.contains("/unsubscribe/")
            );
        }
    }
}

#[actix_web::test]
async fn eml_09_a_mail_server_that_says_no_or_not_now_is_believed() {
    for office in Office::all().await {
        let people: Vec<NewPerson> = [(0, "bounce.me@x.example"), (1, "defer.me@x.example")]
            .into_iter()
            .map(|(index, email)| NewPerson { email: Some(email.to_owned()), ..office.people[index].clone() })
            .collect();
        office.house.state.store.tenant(&office.account).upsert_people(people, 2, None).await.unwrap();
        office.send(0, json!({})).await.ok();
        office.send(1, json!({})).await.ok();
        office.send(2, json!({})).await.ok();
        for _ in 0..3 {
            office.deliver(Target::Mail).await;
        }
        assert_eq!(office.mails().await.len(), 1, "one bad address stops nobody");
        let rows = office.ledger("?target=mail").await;
        let by_state = |state: &str| rows.iter().filter(|row| row["state"] == state).count();
        assert_eq!((by_state("failed"), by_state("waiting"), by_state("done")), (1, 1, 1), "{rows:?}");
        let waiting = rows.iter().find(|row| row["state"] == "waiting").unwrap();
        assert_eq!(waiting["documented_code"], "SERVER_UNAVAILABLE");
    }
}

#[actix_web::test]
async fn many_recipients_each_have_their_outcome_and_a_schedule_is_kept() {
    for office in Office::all().await {
        let house = &office.house;
        let bulk =
            json!({"sfdc_ids": [office.record(0), office.record(1), office.record(0), "00Q000000000009EAA"], "subject": "S", "text": "T"});
        let ask = || TestRequest::post().uri("/v1/emails").set_json(&bulk).insert_header(("Idempotency-Key", "bulk-123456"));
        let said = house.send(&office.admin, ask()).await.ok();
        assert_eq!((&said["accepted"], &said["skipped"]), (&json!(2), &json!(2)), "{said}");
        assert_eq!(house.send(&office.admin, ask()).await.ok(), said);
        let later = json!({"send_on": "2099-01-01T09:00", "time_zone": "Europe/Berlin"});
        office.send(3, later).await.refused(400, "request.invalid");
        office.send(3, json!({"send_at": crate::clock::now_ms() + 3_600_000})).await.ok();
        for _ in 0..4 {
            office.deliver(Target::Mail).await;
        }
        assert_eq!(office.mails().await.len(), 2);
        office.send(3, json!({"subject": "Before the planned one"})).await.ok();
        office.deliver(Target::Mail).await;
        assert!(office.subjects().await.contains(&"Before the planned one".to_owned()), "what is planned stands in nobody's way");
        let person = house.get(&package(&office), &format!("/v1/people?sfdc_id={}", office.record(4))).await;
        person.refused(404, "not_found");
        let id = office.house.state.store.tenant(&office.account).person_by_sfdc_id(office.record(4)).await.unwrap().unwrap().id;
        let draft = format!("/v1/emails/drafts/{id}");
        house.get(&office.admin, &draft).await.refused(404, "not_found");
        house.ask(&office.admin, "PUT", &draft, Some(json!({"subject": "so far"}))).await.ok();
        assert_eq!(house.get(&office.admin, &draft).await.ok()["draft"]["subject"], "so far");
        office.send(4, json!({})).await.ok();
        house.get(&office.admin, &draft).await.refused(404, "not_found");
        office.decide(json!({"throttle_mails": 1, "throttle_seconds": 600})).await;
        office.deliver(Target::Mail).await;
        assert_eq!(office.mails().await.len(), 3, "one in ten minutes");
    }
}

#[actix_web::test]
async fn what_was_decided_after_a_mail_was_written_holds_when_it_goes_out() {
    for office in Office::all().await {
        let house = &office.house;
        let why = async || office.ledger("?state=skipped").await.iter().map(|row| row["problem"].clone()).collect::<Vec<_>>();
        office.send(0, json!({})).await.ok();
        office.decide(json!({"blocked_domains": ["Example.com"]})).await;
        office.deliver(Target::Mail).await;
        assert!(why().await.contains(&json!("The domain is blocked.")), "{:?}", why().await);
        office.decide(json!({"blocked_domains": [], "throttle_mails": 2, "throttle_seconds": 600})).await;
        for person in 1..4 {
            office.send(person, json!({})).await.ok();
        }
        for _ in 0..2 {
            office.deliver(Target::Mail).await;
        }
        assert_eq!(office.mails().await.len(), 2, "two in ten minutes, and the third waits");
        office.age().await;
        office.deliver(Target::Mail).await;
        assert_eq!(office.mails().await.len(), 2, "for minutes, not for moments");
        // Whoever is no longer a member sends nothing any more.
        let other = super::circulars::colleague(&office).await;
        let mail = json!({"sfdc_ids": [office.record(4)], "subject": "S", "text": "Hello"});
        house.post(&other, "/v1/emails", mail).await.ok();
        house.ask(&office.admin, "DELETE", &format!("/v1/members/{}", other["member"].as_str().unwrap()), None).await.ok();
        office.deliver(Target::Mail).await;
        assert!(why().await.contains(&json!("The sender is no longer a member.")), "{:?}", why().await);
        assert_eq!(office.mails().await.len(), 2);
    }
}

#[actix_web::test]
async fn copies_go_to_everybody_who_gets_one_and_nobody_sees_the_blind_ones() {
    for office in Office::all().await {
        office.send(0, json!({"cc": ["copy@example.org"], "bcc": ["blind@example.org"]})).await.ok();
        office.deliver(Target::Mail).await;
        let mails = office.mails().await;
        let mut all: Vec<&str> = mails.iter().flat_map(|mail| mail["to"].as_array().unwrap()).map(|to| to.as_str().unwrap()).collect();
        all.sort_unstable();
        assert_eq!(all, ["blind@example.org", "copy@example.org", office.people[0].email.as_deref().unwrap()]);
        let headers = mails[0]["headers"].to_string();
        assert!(headers.contains("copy@example.org") && !headers.contains("blind@example.org"), "{headers}");
    }
}

#[actix_web::test]
async fn whoever_unsubscribed_in_marketo_is_not_written_to_and_while_nobody_can_be_asked_the_mail_waits() {
    for office in Office::all().await {
        let person = format!("/people/{}", office.people[0].lead_id);
        office.control(reqwest::Method::PATCH, &person, json!({"unsubscribed": true})).await;
        office.send(0, json!({})).await.ok();
        office.deliver(Target::Mail).await;
        let skipped = office.ledger("?state=skipped").await;
        assert!(skipped.iter().any(|row| row["problem"] == "The recipient has unsubscribed in Marketo."), "{skipped:?}");

        let (store, connections) = (&office.deps.store, &office.house.state.connections);
        let tenant = store.tenant(&office.account);
        let known = tenant.connection("marketo").await.unwrap().unwrap();
        let unreadable = crate::store::orgs::Connection { secret_sealed: vec![1; 40], ..known.clone() };
        office.send(1, json!({})).await.ok();
        for (connection, wanted) in [(unreadable, Ended::Paused), (known, Ended::Idle)] {
            tenant.put_connection(&connection, crate::clock::now_ms()).await.unwrap();
            connections.forget(&office.account);
            assert!(office.mails().await.is_empty());
            let ended = async {
                loop {
                    match office.deliver(Target::Mail).await {
                        Ended::NotOurs => tokio::time::sleep(Duration::from_millis(200)).await,
                        ended => break ended,
                    }
                }
            };
            assert_eq!(tokio::time::timeout(Duration::from_mins(1), ended).await.unwrap(), wanted, "and a pause ends by itself");
        }
        assert_eq!(office.mails().await.len(), 1);
        // Who is not to be asked, and nobody who could be.
        office.decide(json!({"marketo_check": false})).await;
        office.send(0, json!({})).await.ok();
        office.deliver(Target::Mail).await;
        assert_eq!(office.mails().await.len(), 2);
        office.decide(json!({"marketo_check": true})).await;
        office.send(2, json!({})).await.ok();
        office.house.ask(&office.admin, "DELETE", "/v1/connections/marketo", None).await.ok();
        office.deliver(Target::Mail).await;
        assert_eq!(office.mails().await.len(), 3, "{:?}", office.ledger("?target=mail").await);
    }
}
