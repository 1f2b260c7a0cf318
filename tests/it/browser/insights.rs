//! A rep looks at thirteen weeks of somebody at once.

use thirtyfour::Key;

use super::chromium::in_browser;
use super::panel::{busy_lead, filled, record_page, shown};

/// Weeks whose row for visits has a square, as places in the grid.
const DRAWN: &str = "[...document.querySelectorAll('.grid-web .cell')].map((cell, place) => [place, cell.querySelector('rect') !== null]).filter(([, drawn]) => drawn).map(([place]) => place)";

#[tokio::test]
async fn a_rep_chooses_a_week_and_what_to_see_of_it() {
    in_browser(async |browser| {
        browser.open(&record_page("Lead", busy_lead().await)).await;
        browser.enter().await;
        filled(browser).await;
        assert_eq!(browser.value("document.querySelectorAll('.week').length").await, 13);
        browser.is_accessible().await;
        browser.frame_picture("panel-insights").await;

        let weeks = browser.value(DRAWN).await;
        let week = weeks.as_array().unwrap()[0].as_u64().unwrap();
        let week_button = format!("thead th:nth-of-type({}) .week", week + 1);
        browser.element(&week_button).await.focus().await.unwrap();
        browser.press(Key::Enter.value().to_string()).await;
        let pressed = format!("document.querySelector('{week_button}')?.getAttribute('aria-pressed') === 'true'");
        browser.until("the week is chosen", &pressed).await;
        assert_eq!(browser.value(&format!("document.activeElement === document.querySelector('{week_button}')")).await, true);
        let name = browser.text(&format!("document.querySelector('{week_button} .week-name').textContent")).await;
        assert!(browser.text("document.querySelector('.summary-week').textContent").await.contains(&name));

        browser.click(".filter[data-view$='kind=web']").await;
        browser
            .until(
                "only visits are told",
                "document.querySelector(\".filter[data-view$='kind=web']\")?.getAttribute('aria-pressed') === 'true'",
            )
            .await;
        let kinds = browser.value("[...new Set([...document.querySelectorAll('.deed')].filter((deed) => !deed.closest('.upcoming')).map((deed) => deed.className))].join()").await;
        assert_eq!(kinds, "deed deed-web");
        browser.is_accessible().await;
        browser.frame_picture("panel-insights-week").await;

        // The choice stays when another tab was looked at.
        browser.click("#tab-score").await;
        shown(browser, "score").await;
        browser.click("#tab-insights").await;
        shown(browser, "insights").await;
        assert_eq!(browser.value(&pressed).await, true);
        browser.leave().await;
        browser.window(360, 700).await;
        browser.enter().await;
        assert_eq!(browser.value("document.documentElement.scrollWidth <= innerWidth").await, true);
        browser.frame_picture("panel-insights-narrow").await;
    })
    .await;
}
