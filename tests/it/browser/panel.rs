//! The panel as its user handles it.

use serde_json::Value;
use thirtyfour::Key;
use tokio::sync::OnceCell;

use super::chromium::Browser;
use crate::world::world;

/// Tabs that show what Marketo told.
pub const TABS: [&str; 5] = ["insights", "moments", "web", "email", "score"];

/// The address of a record page in the main demo.
pub fn record_page(object: &str, record: &str) -> String {
    world().url(&format!("/sandbox/salesforce/lightning/r/{object}/{record}/view"))
}

/// A lead with more visits than fit on one page of the list, and rows in all tabs.
pub async fn busy_lead() -> &'static str {
    static FOUND: OnceCell<String> = OnceCell::const_new();
    FOUND.get_or_init(|| busy("Lead", 51)).await
}

/// A contact with rows in all tabs.
pub async fn busy_contact() -> &'static str {
    static FOUND: OnceCell<String> = OnceCell::const_new();
    FOUND.get_or_init(|| busy("Contact", 10)).await
}

async fn busy(object: &str, visits: usize) -> String {
    let token = world().access_token().await;
    let get = async |path: String| -> Value {
        world().http.get(world().url(&path)).bearer_auth(&token).send().await.unwrap().json().await.unwrap()
    };
    for page in 1..20 {
        let list = world().url(&format!("/sandbox/salesforce/?object={object}&page={page}"));
        let list = world().http.get(list).send().await.unwrap().text().await.unwrap();
        let list = list.split("Worth a look").next().unwrap();
        for record in list.split(&format!("/lightning/r/{object}/")).skip(1).filter_map(|rest| rest.split('/').next()) {
            let found = get(format!("/api/v1/people?sfdc_id={record}")).await;
            let Some(id) = found["people"][0]["id"].as_str() else { continue };
            let mut fits = found["people"][0]["score"].is_u64();
            for (tab, least) in [("web", visits), ("moments", 1), ("email", 1), ("score", 1)] {
                fits = fits && {
                    let timeline = get(format!("/api/v1/people/{id}/timeline?tab={tab}&limit=60")).await;
                    timeline["items"].as_array().unwrap().len() >= least
                };
            }
            if fits {
                return record.to_owned();
            }
        }
    }
    panic!("nobody in the sandbox is busy enough: {object}, {visits} visits");
}

/// Waits until the panel says who the person is and its first list is there.
pub async fn filled(browser: &Browser) {
    browser.until("the head names the person", "document.querySelector('#person .name') !== null").await;
    shown(browser, "insights").await;
}

/// Waits until a tab is chosen and its list, or why there is none, is there.
pub async fn shown(browser: &Browser, tab: &str) {
    let expression = format!(
        "(() => {{
            const tab = document.getElementById('tab-{tab}'), panel = document.getElementById('panel-{tab}');
            if (tab?.getAttribute('aria-selected') !== 'true' || panel.hidden || panel.getAttribute('aria-busy') !== 'false') return false;
            const others = [...document.querySelectorAll('[role=tabpanel]')].filter((other) => other !== panel);
            const why = panel.querySelector('.state-empty .state-text')?.textContent.trim().length > 20;
            return others.every((other) => other.hidden) && (panel.querySelectorAll('tbody tr').length > 0 || why);
        }})()"
    );
    browser.until(&format!("the tab {tab} is shown with rows, or with why it has none"), &expression).await;
}

/// How many rows the open tab has.
pub async fn rows(browser: &Browser) -> u64 {
    browser.value("document.querySelectorAll('[role=tabpanel]:not([hidden]) tbody tr').length").await.as_u64().unwrap()
}

/// Opens all tabs by mouse, then walks through them by keyboard alone.
pub async fn walk_through_tabs(browser: &Browser) {
    for tab in TABS {
        browser.click(&format!("#tab-{tab}")).await;
        shown(browser, tab).await;
    }
    for (key, tab) in [
        (Key::Home, "insights"),
        (Key::Right, "moments"),
        (Key::Right, "web"),
        (Key::Right, "email"),
        (Key::Right, "score"),
        (Key::Right, "calls"),
        (Key::Right, "tasks"),
        (Key::Right, "insights"),
        (Key::Left, "tasks"),
        (Key::Left, "calls"),
        (Key::End, "tasks"),
        (Key::Home, "insights"),
    ] {
        browser.press(key.value().to_string()).await;
        shown(browser, tab).await;
        assert_eq!(browser.text("document.activeElement.id").await, format!("tab-{tab}"), "the focus follows the key");
    }
    browser.press(Key::Tab.value().to_string()).await;
    assert_eq!(browser.text("document.activeElement.id").await, "panel-insights", "one key further is the list");
}
