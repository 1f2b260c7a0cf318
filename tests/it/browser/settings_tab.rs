//! From the panel into the settings, in a tab of its own; and what somebody sees who is no member.

use super::chromium::in_browser;
use super::panel::{busy_lead, filled, record_page};

#[tokio::test]
async fn the_gear_opens_the_settings_signed_in() {
    in_browser(async |browser| {
        browser.open(&record_page("Lead", busy_lead().await)).await;
        browser.enter().await;
        filled(browser).await;
        browser.click("[data-action=settings]").await;
        browser.newest_window().await;
        browser.until("the settings are open", "location.pathname === '/admin/set-up' || location.pathname.startsWith('/admin/')").await;
        browser.until("as Robin", "document.querySelector('.gear-who').textContent.includes('robin.alvarez@brightwater.example')").await;
        assert_eq!(browser.value("location.hash").await, "");
        browser.is_accessible().await;
        // Neither forwards nor back leads to the code again.
        assert_eq!(browser.value("document.referrer.includes('#')").await, false);
        browser.picture("settings-from-the-panel").await;
    })
    .await;
}

#[tokio::test]
async fn somebody_who_is_no_member_is_told_what_to_do() {
    in_browser(async |browser| {
        browser.open(&format!("{}?user=tom.dsouza&lang=de", record_page("Lead", busy_lead().await))).await;
        browser.enter().await;
        filled(browser).await;
        browser.click("[data-action=settings]").await;
        browser.until("it is said", "!document.getElementById('note').hidden").await;
        assert!(browser.text("document.getElementById('note').textContent").await.contains("für Mitglieder des Kontos"));
        assert_eq!(browser.text("document.querySelector('#note a').pathname").await, "/sign-in");
        browser.is_accessible().await;
        browser.frame_picture("panel-no-member").await;
        browser.press(thirtyfour::Key::Escape).await;
        browser
            .until("and goes away", "document.getElementById('note').hidden && document.activeElement.dataset.action === 'settings'")
            .await;
        // The refusal itself is no fault of the page.
        let complaints = browser.complaints().await;
        assert!(complaints.iter().all(|line| line.contains("/panel/settings") && line.contains("403")), "{complaints:?}");
    })
    .await;
}
