//! A rep at the package's tab, where no record is open.

use super::chromium::in_browser;
use crate::world::world;

#[tokio::test]
async fn a_rep_goes_through_best_bets_watch_list_and_the_feed() {
    in_browser(async |browser| {
        browser.open(&world().url("/sandbox/salesforce/lightning/n/Marketo")).await;
        browser.enter().await;
        browser.until("the best bets are there", "document.querySelectorAll('#panel-best-bets tbody tr').length > 2").await;
        browser.until("the feed says what it has", "document.querySelectorAll('#feed .feed-entry').length > 0 || !document.querySelector('#feed-empty .skeleton-words') && document.getElementById('feed-empty').textContent.length > 20").await;
        browser.is_accessible().await;
        browser.frame_picture("desk-best-bets").await;

        // Who is put aside is gone, and back again by one click.
        let rows = "[...document.querySelectorAll('#panel-best-bets [data-desk=hide]')].map((one) => one.dataset.whom)";
        let first = browser.text(&format!("{rows}[0]")).await;
        browser.click("#panel-best-bets [data-desk=hide]").await;
        browser.until("the first is gone", &format!("{rows}.length > 0 && !{rows}.includes('{first}')")).await;
        browser.until("and can be taken back", "document.querySelector('#note [data-desk=unhide]') === document.activeElement").await;
        browser.click("#note [data-desk=unhide]").await;
        browser.until("the first is back", &format!("{rows}[0] === '{first}'")).await;

        // Watching puts somebody on the watch list.
        browser.click(&format!("#panel-best-bets [data-desk=watch][data-whom='{first}']")).await;
        browser.until("the first is watched", &format!("document.querySelector(\"#panel-best-bets [data-desk=unwatch][data-whom='{first}']\") !== null")).await;
        browser.click("#tab-watch-list").await;
        browser.until("the first is on the watch list", &format!("document.querySelector(\"#panel-watch-list [data-whom='{first}']\") !== null")).await;
        browser.is_accessible().await;
        browser.click(&format!("#panel-watch-list [data-desk=unwatch][data-whom='{first}']")).await;
        // Others are watched by whoever tests that at the same time.
        browser.until("the first is off the list", &format!("document.querySelector(\"#panel-watch-list [data-whom='{first}']\") === null")).await;

        browser.click("#tab-best-bets").await;
        browser.click(".filter[data-view='kinds=leads']").await;
        browser.until("only leads are shown", "document.querySelector(\".filter[data-view='kinds=leads']\")?.getAttribute('aria-pressed') === 'true' && [...document.querySelectorAll('#panel-best-bets .c-who a')].every((one) => one.href.includes('/Lead/'))").await;
        browser.click("#tab-my-emails").await;
        browser.until("mails, or why there are none", "document.querySelector('#panel-my-emails .list') !== null").await;
        browser.is_accessible().await;
        browser.leave().await;
        browser.window(390, 900).await;
        browser.enter().await;
        browser.click("#tab-best-bets").await;
        assert_eq!(browser.value("document.documentElement.scrollWidth <= innerWidth").await, true);
        browser.frame_picture("desk-narrow").await;
    })
    .await;
}
