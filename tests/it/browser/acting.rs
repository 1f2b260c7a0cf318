//! A rep acts from the panel: what they do is there at once, and in the emulated Marketo, Salesforce and mailbox.

use std::time::Duration;

use serde_json::{Value, json};

use super::chromium::{Browser, in_browser};
use super::panel::{busy_contact, busy_lead, filled, record_page, shown};
use crate::world::world;

pub(super) async fn seen(path: &str, found: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..300 {
        let answer: Value = world().http.get(world().url(path)).send().await.unwrap().json().await.unwrap();
        if found(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} never showed what was done");
}

pub(super) async fn opened(browser: &Browser, object: &str, record: &str, action: &str) {
    browser.open(&record_page(object, record)).await;
    browser.enter().await;
    filled(browser).await;
    browser.click("#acts").await;
    browser.until("the menu names what may be done", "document.querySelectorAll('#acts-menu [data-act]').length === 6").await;
    browser.is_accessible().await;
    browser.click(&format!("#acts-menu [data-act={action}]")).await;
    browser.until("the form is there", "document.querySelector('#acting form') !== null").await;
    browser.is_accessible().await;
}

#[tokio::test]
async fn a_call_that_a_rep_logs_is_in_the_tab_in_marketo_and_in_salesforce() {
    in_browser(async |browser| {
        let lead = busy_lead().await;
        opened(browser, "Lead", lead, "call").await;
        browser.fill("#act-outcome", "Wants a quote").await;
        browser.fill("#act-minutes", "2.5").await;
        browser.fill("#act-notes", "Two hundred seats").await;
        browser.frame_picture("act-call").await;
        browser.click("#acting button[type=submit]").await;
        shown(browser, "calls").await;
        let row = browser.text("document.querySelector('#panel-calls tbody tr').innerText").await;
        assert!(row.contains("Wants a quote") && row.contains("2:30"), "{row}");
        browser.is_accessible().await;
        browser.frame_picture("panel-calls").await;
        let told = |one: &&Value| one["attributes"]["Sales Call Subject"] == "Wants a quote";
        let logged = |one: &&Value| one["mktosales_call_outcome__c"] == "Wants a quote";
        let written = seen("/sandbox/_control/written", |written| {
            written["marketo"].as_array().unwrap().iter().any(|one| told(&one))
                && written["salesforce"].as_array().unwrap().iter().any(|one| logged(&one))
        })
        .await;
        let task = written["salesforce"].as_array().unwrap().iter().find(logged).unwrap().clone();
        assert_eq!((&task["WhoId"], &task["CallDurationInSeconds"]), (&json!(lead), &json!(150)));
    })
    .await;
}

#[tokio::test]
async fn a_mail_from_a_template_arrives_is_clicked_and_the_recipient_leaves() {
    in_browser(async |browser| {
        let token = world().access_token().await;
        let subject = "A case study for {{company}}";
        let template = json!({"name": "Case study", "category": "Follow-up", "subject": subject, "shared": true,
                              "html": "<p>Dear {{first_name}}</p><p><a href=\"https://example.com/case\">Read it</a></p>"});
        let made = world().http.post(world().url("/api/v1/templates")).bearer_auth(&token).json(&template).send().await.unwrap();
        assert_eq!(made.status(), 201);
        let made: Value = made.json().await.unwrap();
        opened(browser, "Contact", busy_contact().await, "email").await;
        let choose = format!(
            "(() => {{ const select = document.getElementById('act-template'); select.value = '{}'; \
             select.dispatchEvent(new Event('change', {{ bubbles: true }})); return true; }})()",
            made["id"].as_str().unwrap()
        );
        browser.value(&choose).await;
        browser.until("the subject is the template's", "document.getElementById('act-subject')?.value.startsWith('A case study')").await;
        browser.click("#acting button[value=preview]").await;
        browser.until("the preview is there", "document.querySelector('[data-preview]') !== null").await;
        let preview = browser.text("document.querySelector('[data-preview]').innerText").await;
        assert!(preview.contains("Dear ") && !preview.contains("{{"), "{preview}");
        browser.frame_picture("act-email").await;
        browser.click("#acting button[value=do]").await;
        browser.until("the form is gone", "document.getElementById('acting').hidden").await;
        let is_it = |mail: &&Value| mail["subject"].as_str().unwrap().starts_with("A case study for ");
        let mails = seen("/sandbox/mail/messages.json", |mails| mails.as_array().unwrap().iter().any(|mail| is_it(&mail))).await;
        let mail = mails.as_array().unwrap().iter().find(is_it).unwrap().clone();
        let html = mail["html"].as_str().unwrap();
        let link = |part: &str| html.split('"').find(|text| text.contains(part)).unwrap().replace("&amp;", "&");
        tokio::time::sleep(Duration::from_millis(1_600)).await;
        let click = world().http.get(link("/t/")).header("User-Agent", "Mozilla/5.0 (X11) Firefox/140").send().await.unwrap();
        assert_eq!((click.status().as_u16(), click.headers()["location"].to_str().unwrap()), (302, "https://example.com/case"));
        seen("/sandbox/_control/written", |written| {
            let clicked = |one: &Value| one["type_name"] == "Click Sales Email (Sales App)";
            let changed = |one: &Value| one["MSE_Clicked__c"] == true;
            written["marketo"].as_array().unwrap().iter().any(clicked) && written["salesforce"].as_array().unwrap().iter().any(changed)
        })
        .await;
        browser.open(&link("/unsubscribe/")).await;
        browser.picture("unsubscribe").await;
        browser.click("form button").await;
        browser.until("it is done", "document.querySelector('[role=status]') !== null").await;
    })
    .await;
}
