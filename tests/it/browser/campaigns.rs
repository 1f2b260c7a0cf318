//! A rep starts a sales campaign from the panel, watches it in the settings, and stops it.

use serde_json::{Value, json};

use super::account::account_of;
use super::acting::{opened, seen};
use super::chromium::{Browser, in_browser};
use super::components::{are_compiled, finding, until_said};
use super::panel::{busy_contact, busy_lead, filled, record_page, shown};
use crate::world::world;

async fn asked(path: &str, token: &str, body: Value) -> Value {
    let answer = world().http.post(world().url(path)).bearer_auth(token).json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{path}: {}", answer.text().await.unwrap());
    answer.json().await.unwrap()
}

async fn told(path: &str, token: &str) -> Value {
    world().http.get(world().url(path)).bearer_auth(token).send().await.unwrap().json().await.unwrap()
}

/// By the gear of a panel into the settings, as the panel's user.
async fn signed_in(browser: &Browser, record: &str) {
    browser.open(&record_page("Lead", record)).await;
    browser.enter().await;
    filled(browser).await;
    browser.click("[data-action=settings]").await;
    browser.newest_window().await;
    browser.until("the settings are open", "document.querySelector('.gear-who') !== null").await;
}

/// Chooses the records in a list of the org and begins the campaign for them; ends on the page where it is started.
async fn begun_from_the_list(browser: &Browser, token: &str, campaign: &str, records: &[&str]) {
    if !are_compiled() {
        // What the package's component asks.
        let begun = asked("/api/v1/sales-launches", token, json!({"sfdc_ids": records, "campaign_id": campaign})).await;
        return browser.open(&world().url(&format!("/admin/launches/{}", begun["id"].as_str().unwrap()))).await;
    }
    browser.open(&world().url("/sandbox/salesforce/?object=Lead")).await;
    let button = "[...document.querySelectorAll('a.button')].find((one) => one.textContent === 'Add to Sales Campaign')";
    // The list hands over whatever it shows; the rep has ticked some of it.
    let link = browser.text(&format!("{button}.href.replace(/recordIds=[^&]*/, 'recordIds={}')", records.join("%2C"))).await;
    browser.open(&link).await;
    until_said(browser, &format!("Recipients: {}", records.len())).await;
    let choose = format!(
        "const box = deep(document, 'lightning-combobox'); box.value = '{campaign}';
         box.dispatchEvent(new CustomEvent('change', {{ detail: {{ value: '{campaign}' }} }})); return true;"
    );
    browser.value(&finding(&choose)).await;
    let start = "deep(deep(document, '[data-id=start]').shadowRoot, 'button')";
    browser.until("it can be begun", &finding(&format!("return !{start}.disabled;"))).await;
    browser.value(&finding(&format!("{start}.click(); return true;"))).await;
    until_said(browser, "Nothing is sent before you start it.").await;
    browser.is_accessible().await;
    browser.picture("lwc-list-action-campaign").await;
    let href = browser.text(&finding("return deep(document, '[data-id=address]').href;")).await;
    browser.newest_window().await;
    browser.until("its page was opened", &format!("location.href === '{href}'")).await;
}

#[tokio::test]
async fn a_selection_of_a_list_gets_a_campaign_and_a_reply_is_its_success() {
    in_browser(async |browser| {
        let token = world().access_token().await;
        let made = asked(
            "/api/v1/sales-campaigns",
            &token,
            json!({"name": "From the list", "category": "Prospecting", "skip_weekends": false, "on_reply": "success"}),
        )
        .await;
        let id = made["id"].as_str().unwrap();
        let steps = format!("/api/v1/sales-campaigns/{id}/steps");
        asked(&steps, &token, json!({"type": "email", "subject": "From your list, {{first_name}}", "text": "Shall we talk?"})).await;
        asked(&steps, &token, json!({"type": "email", "day": 3, "subject": "Once more", "text": "Shall we?"})).await;
        let records: Vec<&str> = world().leads().iter().rev().skip(6).take(3).map(String::as_str).collect();
        signed_in(browser, records[0]).await;
        begun_from_the_list(browser, &token, id, &records).await;
        browser.until("who gets what is shown", "document.querySelectorAll('tbody tr').length >= 1").await;
        browser.is_accessible().await;
        let count = browser.value("document.querySelectorAll('tbody tr').length").await.as_u64().unwrap();
        browser.click("form[action$='/start'] button").await;
        browser.until("it is started", "document.querySelector('.results') !== null").await;
        browser.is_accessible().await;

        // The first e-mail arrives, somebody answers it, and their way ends as a success.
        let ours = |mail: &&Value| mail["subject"].as_str().unwrap().starts_with("From your list");
        let all = |mails: &Value| mails.as_array().unwrap().iter().filter(ours).count() == usize::try_from(count).unwrap();
        let mails = seen("/sandbox/mail/messages.json", all).await;
        let mail = mails.as_array().unwrap().iter().find(ours).unwrap().clone();
        browser.open(&world().url(&format!("/sandbox/mail/{}", mail["number"]))).await;
        browser.click(".returns form[action$=reply] button").await;
        browser.until("the answer is on its way", "document.body.innerText.includes('Re: From your list')").await;
        let people = format!("/api/v1/sales-campaigns/{id}/people?state=succeeded");
        let mut succeeded = told(&people, &token).await;
        for _ in 0..200 {
            if succeeded["items"].as_array().unwrap().len() == 1 {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_millis(150)).await;
            succeeded = told(&people, &token).await;
        }
        assert_eq!((&succeeded["items"][0]["state"], &succeeded["items"][0]["reason"]), (&json!("succeeded"), &json!("reply")));
        browser.open(&world().url(&format!("/admin/campaigns/{id}"))).await;
        browser.until("the funnel is drawn", "document.querySelectorAll('.funnel-drawing path').length >= 2").await;
        let replied = "document.querySelectorAll('section[aria-labelledby=c-figures] tbody tr')[0].cells[5].innerText";
        assert_eq!(browser.text(replied).await.trim(), "1");
        browser.is_accessible().await;
        browser.window(1280, 1400).await;
        browser.picture("campaign-succeeded").await;
        browser.open(&world().url(&format!("/admin/campaigns/{id}/people?state=succeeded"))).await;
        browser.until("the success is told", "document.querySelectorAll('.pill-succeeded').length === 1").await;
        browser.picture("campaign-people-succeeded").await;
        asked(&format!("/api/v1/sales-campaigns/{id}/stop"), &token, json!({})).await;

        // An account's panel leads to the same page, with the account's people.
        let account = account_of(busy_contact().await).await;
        browser.open(&record_page("Account", &account)).await;
        browser.enter().await;
        shown(browser, "insights").await;
        browser.click("#acts").await;
        browser.until("a campaign can be begun", "document.querySelector('#acts-menu [data-act=launch]') !== null").await;
        browser.is_accessible().await;
        browser.frame_picture("account-acts-campaign").await;
        browser.click("#acts-menu [data-act=launch]").await;
        browser.leave().await;
        browser.newest_window().await;
        browser
            .until(
                "the account's people are there",
                "/^\\/admin\\/launches\\/[0-9a-f]{32}$/.test(location.pathname) && document.querySelectorAll('tbody tr').length >= 1",
            )
            .await;
        browser.is_accessible().await;
        browser.picture("launch-of-account").await;
        browser.window(390, 844).await;
        assert_eq!(browser.value("document.documentElement.scrollWidth <= 390").await, true, "nothing sticks out on a phone");
        browser.picture("launch-narrow").await;
    })
    .await;
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
