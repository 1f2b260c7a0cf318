//! The panel fits its frame: 450 pixels high, and as wide as the page lets it be.

use serde_json::json;

use super::chromium::{Browser, in_browser};
use super::panel::{TABS, busy_lead, filled, record_page, shown};

/// Nothing sticks out at the sides, and the frame itself never scrolls: its list does.
async fn fits(browser: &Browser, tab: &str) {
    let outside = browser
        .value(
            "[...document.querySelectorAll('#panel *')].filter((element) => {
                if (element.closest('.unseen, .tabs, thead, svg, details:not([open]) > :not(summary), .last-what > *') || !element.checkVisibility()) return false;
                const box = element.getBoundingClientRect();
                return box.width > 0 && (box.right > innerWidth + 0.5 || box.left < -0.5);
            }).map((element) => `${element.parentElement.className}: ${element.outerHTML.slice(0, 160)}`)",
        )
        .await;
    assert_eq!(outside, json!([]), "{tab}");
    let beyond = browser
        .value(
            "[document.scrollingElement, document.querySelector('[role=tabpanel]:not([hidden])')]
                .map((element) => Math.max(0, element.scrollWidth - element.clientWidth))",
        )
        .await;
    assert_eq!(beyond, json!([0, 0]), "{tab}: page and list are wider than their place");
    // There may be more tabs than fit; the chosen one is always seen whole.
    let seen = "(() => { const box = document.getElementById('tab-{tab}').getBoundingClientRect(); return box.left >= -0.5 && box.right <= innerWidth + 0.5; })()";
    assert_eq!(browser.value(&seen.replace("{tab}", tab)).await, true, "{tab}: its tab is seen");
    assert_eq!(browser.value("document.scrollingElement.scrollHeight <= document.scrollingElement.clientHeight").await, true);
    let last = browser
        .value(
            "(() => {
                const panel = document.querySelector('[role=tabpanel]:not([hidden])'), row = [...panel.querySelectorAll('tbody tr')].at(-1);
                panel.scrollTop = panel.scrollHeight;
                const foot = panel.querySelector('.fresh').getBoundingClientRect();
                const seen = row.getBoundingClientRect().bottom <= foot.top + 0.5 && foot.bottom <= innerHeight + 0.5;
                panel.scrollTop = 0;
                return seen;
            })()",
        )
        .await;
    assert_eq!(last, true, "{tab}: the last row can be scrolled to");
}

async fn at_width(width: u32, query: &str, picture: &str) {
    in_browser(async |browser| {
        browser.window(width, 900).await;
        browser.open(&format!("{}{query}", record_page("Lead", busy_lead().await))).await;
        browser.enter().await;
        filled(browser).await;
        assert_eq!(browser.value("innerHeight").await, 450);
        for tab in TABS {
            browser.click(&format!("#tab-{tab}")).await;
            shown(browser, tab).await;
            fits(browser, tab).await;
            browser.frame_picture(&format!("{picture}-{tab}")).await;
        }
        browser.click("#tab-moments").await;
        browser.leave().await;
        browser.picture(&format!("record-lead-{picture}")).await;
        assert_eq!(browser.value("document.scrollingElement.scrollWidth <= document.scrollingElement.clientWidth").await, true);
    })
    .await;
}

#[tokio::test]
async fn the_panel_fits_a_wide_page() {
    at_width(1600, "", "widest").await;
}

#[tokio::test]
async fn the_panel_fits_a_phone() {
    at_width(360, "", "narrow").await;
}

#[tokio::test]
async fn the_panel_fits_the_narrowest_frame_in_german() {
    // The page around it takes 18 pixels: this leaves the frame 320.
    at_width(338, "?lang=de", "narrowest").await;
}
