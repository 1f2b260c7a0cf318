//! A rep at the package's tab, where no record is open.

use super::chromium::{Browser, in_browser};
use crate::world::world;

/// Two people are ticked, get a task, and are to be written to.
async fn several_at_once(browser: &Browser) {
    let tick = |number: u8| format!("#panel-best-bets tbody tr:nth-child({number}) [data-check]");
    let shown = "!document.querySelector('#panel-best-bets [data-bulk-bar]').hidden";
    assert_eq!(browser.value(shown).await, false, "nobody is ticked");
    browser.click(&tick(1)).await;
    browser.click(&tick(2)).await;
    browser.until("two are chosen", &format!("{shown} && document.querySelector('[data-bulk-count]').textContent === '2'")).await;
    browser.is_accessible().await;
    browser.frame_picture("desk-chosen").await;
    browser.click("[data-bulk=task]").await;
    browser.until("the form of a task", "document.getElementById('act-name') === document.activeElement").await;
    browser.is_accessible().await;
    browser.frame_picture("desk-task").await;
    browser.click("#acting button[value=do]").await;
    browser.until("a task has a name", "document.querySelector('#acting [role=alert]') !== null").await;
    browser.fill("#act-name", "Call them both").await;
    browser.click("#acting button[value=do]").await;
    browser
        .until(
            "two people have a task",
            "document.getElementById('acting').hidden && document.getElementById('note').innerText.includes('2 people')",
        )
        .await;
    browser.until("the list is there again", "document.querySelectorAll('#panel-best-bets tbody tr').length > 2 && document.querySelectorAll('[data-check]:checked').length === 0").await;
    // A mail to those chosen is begun, and opens in a tab of its own.
    browser
        .value(
            "(() => { window.open = () => ({ location: { replace: (href) => { window.wayOut = href; } }, close() {} }); return true; })()",
        )
        .await;
    browser.click(&tick(1)).await;
    browser.click(&tick(3)).await;
    for (way, page) in [("circular", "/admin/circulars/"), ("launch", "/admin/launches/")] {
        browser.click(&format!("[data-bulk={way}]")).await;
        browser.until(way, &format!("window.wayOut?.includes('return_to={page}')")).await;
    }
    browser.click("[data-check-all]").await;
    browser.until("everybody is chosen", "document.querySelectorAll('[data-check]:not(:checked)').length === 0").await;
    browser.click("[data-check-all]").await;
    browser.until("nobody is chosen", "document.querySelector('[data-bulk-bar]').hidden").await;
}

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

        several_at_once(browser).await;

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
