//! People whom the account does not know, or not yet, and orgs that nobody knows.

use super::chromium::in_browser;
use super::panel::filled;
use crate::world::world;

#[tokio::test]
async fn a_lead_who_arrives_now_is_shown_without_anybody_doing_anything() {
    in_browser(async |browser| {
        browser.open(&world().url("/sandbox/salesforce/")).await;
        browser.click("form[action$='/new-lead'] button").await;
        browser.until("the record page is open", "document.querySelector('iframe') !== null").await;
        let name = browser.text("document.querySelector('h1').textContent").await;
        browser.enter().await;
        filled(browser).await;
        assert_eq!(browser.text("document.querySelector('.name').textContent").await, name);
        assert_eq!(browser.value("document.getElementById('whole').hidden").await, true);
        browser.is_accessible().await;
        browser.frame_picture("state-newcomer").await;
    })
    .await;
}

#[tokio::test]
async fn a_person_who_is_not_in_marketo_is_said_to_be_absent_and_why() {
    in_browser(async |browser| {
        browser.open(&world().url("/sandbox/salesforce/")).await;
        browser.click(&format!(".odd a[href*='{}']", world().stranger())).await;
        browser.enter().await;
        browser.until("the panel says so", "document.querySelector('#whole:not([hidden]) [data-state=not-in-marketo]') !== null").await;
        assert_eq!(browser.text("document.querySelector('.state-title').textContent").await, "This person is not in Marketo");
        assert!(browser.text("document.querySelector('.state-todo').textContent").await.contains("next sync"));
        assert_eq!(browser.value("document.querySelector('.tabs').checkVisibility()").await, false, "there is nothing to switch to");
        browser.is_accessible().await;
        browser.frame_picture("state-not-in-marketo").await;
    })
    .await;
}

#[tokio::test]
async fn an_org_without_an_account_is_told_whom_to_ask() {
    in_browser(async |browser| {
        browser.open(&world().url("/sandbox/salesforce/")).await;
        browser.click(".odd li:last-child a").await;
        browser.enter().await;
        browser.until("the panel says so", "document.querySelector('[data-state=unknown-org]') !== null").await;
        assert!(browser.text("document.querySelector('.state-todo').textContent").await.contains("Actions Config"));
        browser.is_accessible().await;
        browser.frame_picture("state-unknown-org").await;
        let complaints = browser.complaints().await;
        assert!(complaints.iter().all(|line| line.contains("/canvas") && line.contains("status of 4")), "{complaints:?}");
    })
    .await;
}
