//! A rep opens a record.

use thirtyfour::Key;

use super::chromium::in_browser;
use super::panel::{TABS, busy_contact, busy_lead, filled, record_page, rows, shown, walk_through_tabs};
use crate::world::world;

#[tokio::test]
async fn the_list_of_leads_leads_to_a_record_with_a_filled_panel() {
    in_browser(async |browser| {
        browser.open(&world().url("/sandbox/salesforce/")).await;
        browser.picture("list").await;
        let name = browser.text("document.querySelector('tbody th a').textContent").await;
        browser.click("tbody th a").await;
        browser.until("the record page is open", "document.querySelector('iframe') !== null").await;
        assert_eq!(browser.text("document.querySelector('h1').textContent").await, name);
        browser.enter().await;
        filled(browser).await;
        assert_eq!(browser.text("document.querySelector('.name').textContent").await, name);
    })
    .await;
}

#[tokio::test]
async fn a_rep_opens_a_lead_and_sees_who_it_is_how_hot_and_what_happened() {
    in_browser(async |browser| {
        browser.open(&record_page("Lead", busy_lead().await)).await;
        let name = browser.text("document.querySelector('h1').textContent").await;
        let company = browser.text("document.querySelectorAll('.highlights dd')[1].textContent").await;
        browser.enter().await;
        filled(browser).await;
        assert_eq!(browser.text("document.querySelector('.name').textContent").await, name);
        assert!(browser.text("document.querySelector('.role').textContent").await.contains(&company));
        assert!(browser.text("document.querySelector('.score-number').textContent").await.parse::<u32>().is_ok());
        for meter in ["stars", "flames"] {
            assert_eq!(browser.value(&format!("document.querySelectorAll('.{meter} svg').length")).await, 3);
            let lit = browser.value(&format!("document.querySelectorAll('.{meter} .lit').length")).await;
            let said = browser.text(&format!("document.querySelector('.{meter}').getAttribute('aria-label')")).await;
            assert!(said.starts_with(&lit.to_string()), "{lit} lit, said: {said}");
        }
        assert!(!browser.text("document.querySelector('.last-what').textContent").await.is_empty());
        assert!(rows(browser).await > 0);
        browser.is_accessible().await;

        walk_through_tabs(browser).await;
        for tab in TABS {
            browser.click(&format!("#tab-{tab}")).await;
            shown(browser, tab).await;
            assert!(rows(browser).await > 0, "{tab}");
            browser.is_accessible().await;
            browser.frame_picture(&format!("panel-{tab}")).await;
        }
        browser.click("#tab-moments").await;
        browser.leave().await;
        browser.picture("record-lead-wide").await;
    })
    .await;
}

#[tokio::test]
async fn show_more_adds_older_visits_below_those_that_are_there() {
    in_browser(async |browser| {
        browser.open(&record_page("Lead", busy_lead().await)).await;
        browser.enter().await;
        filled(browser).await;
        browser.click("#tab-web").await;
        shown(browser, "web").await;
        let (first, before) = (browser.text("document.querySelector('#panel-web tbody tr').innerText").await, rows(browser).await);
        assert_eq!(before, 50);
        browser.element("#panel-web [data-more]").await.focus().await.unwrap();
        browser.press(Key::Enter.value().to_string()).await;
        browser.until("more rows are there", "document.querySelectorAll('#panel-web tbody tr').length > 50").await;
        assert_eq!(browser.text("document.querySelector('#panel-web tbody tr').innerText").await, first);
        let focused = browser.value("[...document.querySelectorAll('#panel-web tbody tr')].indexOf(document.activeElement)").await;
        assert_eq!(focused, before, "the focus is on the first of the new rows");
        let times = "[...document.querySelectorAll('#panel-web tbody time')].map((time) => Number(time.dataset.at))";
        assert_eq!(browser.value(&format!("{times}.every((at, i, all) => i === 0 || all[i - 1] >= at)")).await, true, "newest first");
        assert_eq!(browser.value("document.querySelector('#panel-web [data-more]')").await, serde_json::Value::Null);
        browser.frame_picture("panel-web-more").await;
    })
    .await;
}

#[tokio::test]
async fn a_contact_is_shown_in_german() {
    in_browser(async |browser| {
        browser.open(&format!("{}?lang=de&tz=Europe/Berlin", record_page("Contact", busy_contact().await))).await;
        let name = browser.text("document.querySelector('h1').textContent").await;
        browser.enter().await;
        filled(browser).await;
        assert_eq!(browser.text("document.querySelector('.name').textContent").await, name);
        assert_eq!(browser.text("document.documentElement.lang").await, "de");
        assert_eq!(browser.text("document.getElementById('tab-moments').textContent").await, "Interessante Momente");
        assert_eq!(browser.text("document.querySelector('.score-word').textContent").await, "Score");
        walk_through_tabs(browser).await;
        for tab in TABS {
            browser.click(&format!("#tab-{tab}")).await;
            shown(browser, tab).await;
            browser.is_accessible().await;
            browser.frame_picture(&format!("german-{tab}")).await;
        }
        browser.leave().await;
        browser.picture("record-contact-german").await;
    })
    .await;
}

#[tokio::test]
async fn a_contact_is_shown_in_dark_colours() {
    in_browser(async |browser| {
        browser.prefer_dark().await;
        browser.open(&record_page("Contact", busy_contact().await)).await;
        browser.enter().await;
        filled(browser).await;
        let light = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number).reduce((sum, part) => sum + part) > 380";
        assert_eq!(browser.value(light).await, false);
        for tab in TABS {
            browser.click(&format!("#tab-{tab}")).await;
            shown(browser, tab).await;
            browser.is_accessible().await;
            browser.frame_picture(&format!("dark-{tab}")).await;
        }
        browser.leave().await;
        browser.picture("record-contact-dark").await;
    })
    .await;
}

#[tokio::test]
async fn accounts_and_opportunities_frame_the_panel_too() {
    in_browser(async |browser| {
        browser.open(&record_page("Contact", busy_contact().await)).await;
        for (object, height) in [("Account", "410"), ("Opportunity", "410")] {
            let link = format!("aside a[href*=\"/lightning/r/{object}/\"]");
            browser.click(&link).await;
            browser.until("its page is open", &format!("document.querySelector('.kind')?.textContent === '{object}'")).await;
            assert_eq!(browser.text("document.querySelector('iframe').getAttribute('height')").await, height);
            // The same form, with the record that the page is about, and what the package's handler adds.
            let settings = browser.text("document.querySelector('iframe').dataset.settings").await;
            let settings: serde_json::Value = serde_json::from_str(&settings).unwrap();
            assert_eq!(settings["parameters"]["object"], object);
            assert_eq!(settings["parameters"]["tabs"], serde_json::json!(["moments", "web", "email", "score"]));
            browser.enter().await;
            browser.until("the frame says something", "document.body.innerText.trim().length > 20").await;
            browser.leave().await;
            browser.complaints().await;
            browser.picture(&format!("record-{}", object.to_lowercase())).await;
        }
    })
    .await;
}
