//! A panel that stays open for longer than its session lasts.

use std::process::Child;
use std::sync::OnceLock;

use serde_json::json;
use tokio::sync::{Mutex, MutexGuard};

use super::chromium::{Browser, in_browser};
use super::panel::filled;
use crate::world::{spawn, world};

/// Long enough to fill a panel on a busy machine.
const SECONDS: u32 = 8;

/// A demo with short sessions. Its faults are ordered by one test at a time.
pub struct ShortSessions {
    base: String,
    turn: Mutex<()>,
    _demo: Child,
}

pub async fn short_sessions() -> (MutexGuard<'static, ()>, &'static ShortSessions) {
    static HOUSE: OnceLock<ShortSessions> = OnceLock::new();
    let house = HOUSE.get_or_init(|| {
        let arguments = ["demo", "--port", "0", "--people", "50", "--until-stdin-closes"];
        let (demo, base) = spawn(&arguments, &[("MSI__GATEWAY__SESSION_SECONDS", &SECONDS.to_string())]);
        ShortSessions { base, turn: Mutex::new(()), _demo: demo }
    });
    (house.turn.lock().await, house)
}

impl ShortSessions {
    pub async fn first_lead(&self) -> String {
        let list = world().http.get(format!("{}/sandbox/salesforce/", self.base)).send().await.unwrap().text().await.unwrap();
        let record = list.split("/lightning/r/Lead/").nth(1).unwrap().split('/').next().unwrap();
        format!("{}/sandbox/salesforce/lightning/r/Lead/{record}/view", self.base)
    }

    /// What Salesforce does the next time that a page asks it for a fresh signed request.
    pub async fn next_signed_request(&self, fault: serde_json::Value) {
        let mut order = json!({"prefix": "/salesforce/services/data/v67.0/platformconnect", "times": 1});
        order.as_object_mut().unwrap().extend(fault.as_object().unwrap().clone());
        let answer = world().http.post(format!("{}/sandbox/_control/faults", self.base)).json(&order).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
}

/// Waits until the session of the panel must have ended, and does what makes the panel notice.
pub async fn outstay(browser: &Browser) {
    browser.value("void (window.old = true)").await;
    browser.until("the session is over", &format!("performance.now() > {SECONDS}000 + 500")).await;
    browser.click("#tab-web").await;
}

async fn reloaded(browser: &Browser) {
    browser.until("the panel was loaded anew", "document.readyState === 'complete' && !window.old").await;
    filled(browser).await;
    assert_eq!(browser.value("document.getElementById('whole').hidden").await, true);
}

#[tokio::test]
async fn an_ended_session_is_renewed_through_salesforce_by_itself() {
    let (_turn, house) = short_sessions().await;
    in_browser(async |browser| {
        browser.open(&house.first_lead().await).await;
        browser.enter().await;
        filled(browser).await;
        let name = browser.text("document.querySelector('.name').textContent").await;
        outstay(browser).await;
        reloaded(browser).await;
        assert_eq!(browser.text("document.querySelector('.name').textContent").await, name);
    })
    .await;
}

#[tokio::test]
async fn an_ended_session_that_salesforce_does_not_renew_offers_to_try_again() {
    let (_turn, house) = short_sessions().await;
    in_browser(async |browser| {
        browser.open(&house.first_lead().await).await;
        browser.enter().await;
        filled(browser).await;
        house.next_signed_request(json!({"http": 500})).await;
        outstay(browser).await;
        let button = "#whole:not([hidden]) [data-state=session-expired] button[data-action=reload]";
        browser.until("a button is offered", &format!("document.querySelector('{button}:not(:disabled)') !== null")).await;
        assert_eq!(browser.text("document.querySelector('#whole .state-title').textContent").await, "Your session has ended");
        browser
            .until(
                "it is said what went wrong",
                "document.querySelector('#whole .state-todo').textContent.includes('did not reload the panel')",
            )
            .await;
        browser.is_accessible().await;
        browser.frame_picture("state-session-ended").await;
        let complaints = browser.complaints().await;
        assert!(complaints.iter().all(|line| line.contains("platformconnect") && line.contains("500")), "{complaints:?}");

        browser.click(button).await;
        reloaded(browser).await;
    })
    .await;
}
