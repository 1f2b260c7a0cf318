//! A rep looks at an account: its people together, and one of them.

use serde_json::Value;
use thirtyfour::Key;

use super::chromium::{Browser, in_browser};
use super::panel::{busy_contact, record_page, shown};
use crate::world::world;

/// The account of a contact.
pub(super) async fn account_of(contact: &str) -> String {
    let token = world().access_token().await;
    let found = world().http.get(world().url(&format!("/api/v1/people?sfdc_id={contact}"))).bearer_auth(&token).send().await.unwrap();
    let found: Value = found.json().await.unwrap();
    found["people"][0]["sfdc_account_id"].as_str().unwrap().to_owned()
}

/// An opportunity in which somebody plays a part.
async fn played() -> String {
    let token = world().access_token().await;
    for contact in world().contacts() {
        let found = world().http.get(world().url(&format!("/api/v1/people?sfdc_id={contact}"))).bearer_auth(&token).send().await.unwrap();
        if let Some(id) = found.json::<Value>().await.unwrap()["people"][0]["sfdc_opportunity_id"].as_str() {
            return id.to_owned();
        }
    }
    panic!("nobody plays a part in an opportunity");
}

async fn fits(browser: &Browser) {
    assert_eq!(browser.value("document.documentElement.scrollWidth <= innerWidth").await, true, "nothing is cut off at the side");
}

#[tokio::test]
async fn an_account_s_people_are_shown_together_and_one_by_one() {
    in_browser(async |browser| {
        let account = account_of(busy_contact().await).await;
        browser.open(&record_page("Account", &account)).await;
        browser.enter().await;
        shown(browser, "insights").await;
        browser.until("the head says how many they are", "/people? in Marketo/.test(document.querySelector('.person-group .role')?.textContent)").await;
        browser.is_accessible().await;
        browser.frame_picture("account-insights").await;
        browser.click("#tab-web").await;
        shown(browser, "web").await;
        let names = "[...new Set([...document.querySelectorAll('#panel-web .c-person button')].map((one) => one.dataset.person))]";
        assert!(browser.value(&format!("{names}.length")).await.as_u64().unwrap() >= 1);
        browser.is_accessible().await;
        browser.frame_picture("account-web").await;

        // A name in a row leaves only that person's rows, in every tab.
        let chosen = browser.text("document.querySelector('#panel-web .c-person button').dataset.person").await;
        browser.click("#panel-web .c-person button").await;
        browser
            .until("only this person is shown", &format!("document.activeElement.id === 'who' && {names}.join() === '{chosen}' && document.getElementById('who').value === '{chosen}'"))
            .await;
        assert!(browser.text("document.getElementById('who-record').href").await.contains("/lightning/r/Contact/"));
        browser.click("#tab-email").await;
        shown(browser, "email").await;
        let emails = "[...new Set([...document.querySelectorAll('#panel-email .c-person button')].map((one) => one.dataset.person))].join()";
        assert!(["", chosen.as_str()].contains(&browser.text(emails).await.as_str()));
        browser.frame_picture("account-one-person").await;
        browser.leave().await;
        browser.window(390, 800).await;
        browser.enter().await;
        fits(browser).await;
        browser.frame_picture("account-narrow").await;
        browser.leave().await;
        browser.window(1280, 900).await;

        // An opportunity has those who play a part in it.
        let opportunity = played().await;
        browser.open(&record_page("Opportunity", &opportunity)).await;
        browser.enter().await;
        shown(browser, "insights").await;
        browser.is_accessible().await;
        browser.frame_picture("opportunity-insights").await;

        // A contact can show the whole account.
        browser.leave().await;
        browser.open(&record_page("Contact", busy_contact().await)).await;
        browser.enter().await;
        shown(browser, "insights").await;
        browser.click(".switch").await;
        browser.until("the account is shown", "document.querySelector('.switch')?.getAttribute('aria-checked') === 'true'").await;
        assert_eq!(browser.value("document.activeElement === document.querySelector('.switch')").await, true);
        browser.is_accessible().await;
        browser.frame_picture("contact-account").await;

        // A mail slides over the list: as the person got it, where nothing in it can run.
        browser.click("#tab-email").await;
        shown(browser, "email").await;
        browser.mark("[...document.querySelectorAll('#panel-email [data-mail]')].find((one) => one.closest('td').querySelector('.icon-marketo'))").await;
        browser.click("[data-here]").await;
        browser.until("the mail is there", "document.querySelector('#slide .mail-body') !== null && document.activeElement.id === 'mail-subject'").await;
        browser.is_accessible().await;
        let frame = browser.text("document.querySelector('#slide .mail-body').getAttribute('src')").await;
        browser.frame_picture("panel-mail").await;
        browser.press(Key::Escape.value().to_string()).await;
        browser.until("the list is back", "document.getElementById('slide').hidden && document.activeElement.hasAttribute('data-here')").await;
        // Whoever subscribes is told by mail.
        browser.click("#tab-moments").await;
        shown(browser, "moments").await;
        browser.click("#panel-moments [data-subscribe]").await;
        browser.until("the form is there", "document.querySelector('#acting input[name=basis]') !== null").await;
        browser.is_accessible().await;
        browser.frame_picture("panel-subscribe").await;
        browser.click("#acting button[value=do]").await;
        browser.until("it is done", "document.getElementById('acting').hidden && /Subscribed/.test(document.getElementById('announce').textContent)").await;
        browser.click("#panel-moments [data-subscribe]").await;
        browser.click("#acting .subscriptions button").await;
        browser.until("it is ended", "document.querySelector('#acting form') !== null && document.querySelector('#acting .subscriptions') === null").await;
        assert_eq!(world().http.get(world().url(&frame)).send().await.unwrap().status(), 404, "the frame's address worked once");
    })
    .await;
}
