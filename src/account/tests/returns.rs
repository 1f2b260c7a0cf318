//! What comes back of mails: answers, programs' answers, what could not be delivered, unsubscribes (#[cfg(test)]).

use serde_json::{Value, json};

use super::acting::Office;
use super::house::{client, face};
use crate::account::tracking_links::Purpose;
use crate::sync::deliver::Target;
use crate::sync::mailboxes;

impl Office {
    pub(super) fn channel(&self, user: &str, password: &str) -> Value {
        let hosts = &self.house.state.settings.mail.extra_hosts;
        let port = |index: usize| hosts[index].rsplit(':').next().unwrap().parse::<u16>().unwrap();
        json!({"smtp_host": "127.0.0.1", "smtp_port": port(0), "smtp_security": "plain", "imap_host": "127.0.0.1", "imap_port": port(1),
               "imap_security": "plain", "imap_user": user, "imap_password": password})
    }

    // The number of the newest mail to somebody.
    async fn newest(&self, to: &str) -> u64 {
        let mails: Value = client().get(format!("{}/mail/messages.json", self.house.base)).send().await.unwrap().json().await.unwrap();
        let mail = mails.as_array().unwrap().iter().find(|mail| mail["to"][0].as_str().unwrap().contains(to)).unwrap();
        mail["number"].as_u64().unwrap()
    }

    async fn comes_back(&self, number: u64, what: &str) {
        let answer = client().post(format!("{}/mail/{number}/{what}", self.house.base)).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 303, "{what}");
    }

    async fn look(&self) {
        let tenant = self.house.state.store.tenant(&self.account);
        let before = tenant.mail_channel("").await.unwrap().unwrap().looked_at;
        for _ in 0..100 {
            mailboxes::look(&self.deps).await.unwrap();
            let channel = tenant.mail_channel("").await.unwrap().unwrap();
            if channel.looked_at != before {
                assert_eq!(channel.problem, None);
                return;
            }
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        }
        panic!("nobody looked");
    }

    async fn deliver_all(&self) {
        for _ in 0..3 {
            for target in Target::ALL {
                self.deliver(target).await;
            }
        }
    }
}

#[actix_web::test]
async fn answers_and_bounces_reach_the_panel_marketo_and_salesforce_once() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let house = &office.house;
        let put = async |channel: Value| house.ask(&office.admin, "PUT", "/v1/mail-channels/team", Some(channel)).await;
        put(office.channel("ops@brightwater.example", "wrong")).await.refused(422, "mail.mailbox");
        let mut elsewhere = office.channel("ops@brightwater.example", "s3same");
        elsewhere["imap_host"] = json!("169.254.169.254");
        put(elsewhere).await.refused(422, "mail.mailbox");
        let mut open = office.channel("ops@brightwater.example", "s3same");
        open["smtp_port"] = json!(25);
        put(open).await.refused(422, "mail.server");
        let shown = put(office.channel("ops@brightwater.example", "s3same")).await.ok();
        assert!(shown["imap_password_set"] == true && !shown.to_string().contains("s3same"), "SEC-04 {shown}");
        // The password stays for the same mailbox, and is not sent to another one.
        let mut again = office.channel("ops@brightwater.example", "");
        put(again.clone()).await.ok();
        again["imap_user"] = json!("somebody@else.example");
        put(again).await.refused(400, "request.invalid");
        assert_eq!(house.post(&office.admin, "/v1/mail-channels/team/test", json!({})).await.ok()["sent_to"], "ops@brightwater.example");
        office.look().await;
        for index in 0..2 {
            let mail = json!({"sfdc_id": office.record(index), "subject": format!("Mail {index}"), "text": "Hello"});
            house.post(&office.admin, "/v1/emails", mail).await.ok();
        }
        office.deliver_all().await;
        let (first, second) = (office.people[0].email.clone().unwrap(), office.people[1].email.clone().unwrap());
        let (answered, lost) = (office.newest(&first).await, office.newest(&second).await);
        office.comes_back(answered, "out-of-office").await;
        office.look().await;
        let kinds = async || {
            let (marketo, _) = office.written().await;
            marketo.iter().map(|one| one["type_name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        office.deliver_all().await;
        assert_eq!(kinds().await.len(), 2, "a program's answer is none");
        office.comes_back(answered, "reply").await;
        office.comes_back(lost, "bounce").await;
        office.look().await;
        office.look().await;
        office.deliver_all().await;
        let mut told = kinds().await;
        told.sort();
        let sent = "Send Sales Email (Sales App)";
        assert_eq!(told, ["Replied to Sales Email (Sales App)", "Sales Email Bounce (Sales App)", sent, sent]);
        let (marketo, tasks) = office.written().await;
        let bounce = marketo.iter().find(|one| one["type_name"] == "Sales Email Bounce (Sales App)").unwrap();
        assert_eq!(
            (&bounce["attributes"]["Email"], &bounce["attributes"]["Details"]),
            (&json!(second), &json!("550 5.1.1 No such user here"))
        );
        let task = |subject: &str| tasks.iter().find(|task| task["Subject"] == subject).unwrap_or_else(|| panic!("{subject}: {tasks:?}"));
        assert_eq!(task("Email: Mail 0")["MSE_Replied__c"], true);
        assert_eq!(task("Email: Mail 1")["MSE_Email_Status__c"], "bounced");
        assert_eq!(task("Reply: Mail 0")["Type"], "Reply");
        let person = house.state.store.tenant(&office.account).person_by_sfdc_id(office.record(0)).await.unwrap().unwrap().id;
        let reader = json!({"kind": "package", "account": office.account, "org": house.world.org_id(), "user": "005000000000009AAA"});
        let tab = house.get(&reader, &format!("/v1/people/{person}/timeline?tab=email")).await.ok();
        assert_eq!(tab["items"][0]["status"], "replied", "{tab}");
        // A forged id matches nothing.
        assert!(office.links().read("AAAA").is_none());
        assert!(office.links().write(Purpose::Return, "x", "").is_none());
    }
}

#[actix_web::test]
async fn whoever_unsubscribes_is_opted_out_in_salesforce_and_activities_are_called_as_admins_wish() {
    for office in Office::all().await {
        let office = office.with_salesforce().await;
        let house = &office.house;
        let wish = |pattern: &str| json!({"subject_pattern": pattern, "opt_out_field": "both"});
        office.decide(wish("Mkto_sales {{activity_type}} {{activity_subject}}{{sales_campaign_name}}")).await;
        let mut odd = house.get(&office.admin, "/v1/acting-settings").await.ok();
        odd["subject_pattern"] = json!("{{first_name}}");
        house.ask(&office.admin, "PUT", "/v1/acting-settings", Some(odd)).await.refused(400, "request.invalid");
        let mail = json!({"sfdc_id": office.record(0), "subject": "é".repeat(300), "text": "Hello"});
        let sent = house.post(&office.admin, "/v1/emails", mail).await.ok();
        office.deliver_all().await;
        let (_, tasks) = office.written().await;
        let subject = tasks[0]["Subject"].as_str().unwrap();
        assert!(subject.starts_with("Mkto_sales Email éé") && subject.chars().count() == 255, "{subject}");
        let token = office.links().write(Purpose::Unsubscribe, sent["results"][0]["email_id"].as_str().unwrap(), "").unwrap();
        for _ in 0..3 {
            house.post(&face(), &format!("/v1/unsubscribes/by-token/{token}"), json!({"what": "all", "why": "enough"})).await.ok();
        }
        house.post(&office.admin, "/v1/unsubscribes", json!({"email": "Nobody@x.example", "why": "asked"})).await.ok();
        house.post(&office.admin, "/v1/unsubscribes", json!({"email": "not an address"})).await.refused(400, "request.invalid");
        office.deliver_all().await;
        let written = office.control(reqwest::Method::GET, "/written", json!({})).await;
        let outs = written["opt_outs"].as_object().unwrap();
        assert_eq!(outs.len(), 1, "UNS-08 {written}");
        let both = json!({"HasOptedOutOfEmail": true, "Marketo_Sales_Opt_Out__c": true});
        assert_eq!(outs.iter().next().map(|(id, fields)| (office.record(0).starts_with(id.as_str()), fields)), Some((true, &both)));
        assert!(office.ledger("?state=open").await.is_empty() && office.ledger("?state=failed").await.is_empty());
        let found = house.get(&office.admin, "/v1/unsubscribes?search=nobody").await.ok();
        assert_eq!(found["items"].as_array().unwrap().len(), 1);
    }
}
