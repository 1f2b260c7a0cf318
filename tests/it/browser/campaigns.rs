//! A rep starts a sales campaign from the panel, watches it in the settings, and stops it.

use serde_json::{Value, json};

use super::acting::{opened, seen};
use super::chromium::in_browser;
use super::panel::{busy_lead, filled, record_page};
use crate::world::world;

async fn asked(path: &str, token: &str, body: Value) -> Value {
    let answer = world().http.post(world().url(path)).bearer_auth(token).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_sales_campaign_is_started_from_the_panel_watched_and_stopped() {
    in_browser(async |browser| {
        let token = world().access_token().await;
        let made =
            asked("/api/v1/sales-campaigns", &token, json!({"name": "Autumn offer", "category": "Prospecting", "skip_weekends": false}))
                .await;
        let id = made["id"].as_str().unwrap();
        let steps = format!("/api/v1/sales-campaigns/{id}/steps");
        let first = json!({"type": "email", "subject": "An offer for {{company}}", "text": "Dear {{first_name}},\n\nhave a look."});
        for step in
            [first, json!({"type": "call", "day": 3, "name": "Ring them up"}), json!({"type": "custom", "day": 5, "name": "Think it over"})]
        {
            asked(&steps, &token, step).await;
        }
        let lead = busy_lead().await;
        opened(browser, "Lead", lead, "sales").await;
        let choose = format!(
            "(() => {{ const select = document.getElementById('act-sales'); select.value = '{id}'; \
             select.dispatchEvent(new Event('change', {{ bubbles: true }})); return true; }})()"
        );
        browser.value(&choose).await;
        browser.until("what happens when is told", "document.querySelectorAll('#acting .act-steps li').length === 3").await;
        browser.until("the first mail is there", "document.getElementById('act-subject')?.value.startsWith('An offer for ')").await;
        browser.is_accessible().await;
        browser.fill("#act-text", "Only for you").await;
        browser.frame_picture("act-sales").await;
        browser.click("#acting button[value=do]").await;
        browser.until("the form is gone", "document.getElementById('acting').hidden").await;
        let is_it = |mail: &Value| mail["subject"].as_str().unwrap().starts_with("An offer for ");
        let mails = seen("/sandbox/mail/messages.json", |mails| mails.as_array().unwrap().iter().any(is_it)).await;
        let mail = mails.as_array().unwrap().iter().find(|mail| is_it(mail)).unwrap().clone();
        assert!(mail["text"].as_str().unwrap().contains("Only for you"), "{mail}");
        let written = seen("/sandbox/_control/written", |written| {
            let added = |one: &Value| one["attributes"]["Sales Campaign ID"] == id;
            let task = |one: &Value| one["MSE_Campaign__c"] == "Autumn offer";
            written["marketo"].as_array().unwrap().iter().any(added) && written["salesforce"].as_array().unwrap().iter().any(task)
        })
        .await;
        let task = written["salesforce"].as_array().unwrap().iter().find(|one| one["MSE_Campaign__c"] == "Autumn offer").unwrap();
        assert_eq!(task["WhoId"], lead);

        // The dashboard says where the person is.
        browser.open(&record_page("Lead", lead)).await;
        browser.enter().await;
        filled(browser).await;
        browser
            .until("the place is told", "document.querySelector('#panel-insights')?.innerText.includes('sales campaign under way')")
            .await;
        browser.click("[data-action=settings]").await;
        browser.newest_window().await;
        browser.until("the settings are open", "document.querySelector('.gear-who') !== null").await;
        browser.open(&world().url(&format!("/admin/campaigns/{id}"))).await;
        browser.is_accessible().await;
        browser.window(1280, 900).await;
        browser.picture("campaign").await;
        // Moving a step is a button, and while somebody is under way it says what it touches.
        let details = "document.querySelectorAll('.sequence-step')[1].querySelector('details')";
        browser
            .value(&format!(
                "(() => {{ {details}.open = true; {details}.querySelector('[value=everybody]').checked = true; return true; }})()"
            ))
            .await;
        browser.value(&format!("(() => {{ {details}.querySelector('button[value=down]').click(); return true; }})()")).await;
        browser.until("it is on the next day", "document.querySelectorAll('.sequence-day')[1]?.innerText.includes('4')").await;
        browser.window(390, 800).await;
        browser.picture("campaign-narrow").await;
        browser.window(1280, 900).await;
        browser.open(&world().url("/admin/campaigns")).await;
        browser.is_accessible().await;
        browser.picture("campaigns").await;
        browser.open(&world().url(&format!("/admin/campaigns/{id}/people"))).await;
        browser.is_accessible().await;
        browser.picture("campaign-people").await;
        browser.click("tbody .button-danger").await;
        browser.until("it is said", "document.querySelector('.notice-good') !== null").await;
        browser.until("the person has left", "document.querySelector('.pill-ended') !== null").await;
        // Another launch, prepared on the page: who gets what when.
        browser.open(&world().url(&format!("/admin/campaigns/{id}"))).await;
        browser.fill("#f-ids", &format!("{lead} 00Q000000000009EAA")).await;
        browser.click("section form .button-brand").await;
        browser.until("the preview is there", "location.pathname.startsWith('/admin/launches/')").await;
        browser.is_accessible().await;
        browser.picture("launch").await;
        assert!(browser.text("document.body.innerText").await.contains("Left out"));
        browser.click("form[action$='/start'] button").await;
        browser.until("it is started", "document.body.innerText.includes('1 person was added')").await;
        browser.picture("launch-started").await;
        asked(&format!("/api/v1/sales-campaigns/{id}/stop"), &token, json!({})).await;
    })
    .await;
}
