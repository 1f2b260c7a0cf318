//! A rep acts from the panel: what they do is there at once, and in the emulated Marketo, Salesforce and mailbox.

use std::time::Duration;

use serde_json::{Value, json};

use super::account::account_of;
use super::chromium::{Browser, in_browser};
use super::panel::{busy_contact, busy_lead, filled, record_page, shown};
use crate::world::{token_of, world};

pub(super) async fn seen(path: &str, found: impl Fn(&Value) -> bool) -> Value {
    for _ in 0..300 {
        let answer: Value = world().http.get(world().url(path)).send().await.unwrap().json().await.unwrap();
        if found(&answer) {
            return answer;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("{path} never showed what was done");
}

pub(super) async fn opened(browser: &Browser, object: &str, record: &str, action: &str) {
    browser.open(&record_page(object, record)).await;
    browser.enter().await;
    filled(browser).await;
    browser.click("#acts").await;
    browser.until("the menu names what may be done", "document.querySelectorAll('#acts-menu [data-act]').length === 6").await;
    browser.is_accessible().await;
    browser.click(&format!("#acts-menu [data-act={action}]")).await;
    browser.until("the form is there", "document.querySelector('#acting form') !== null").await;
    browser.is_accessible().await;
}

// Nobody else looks at this one, so that nothing of theirs is kept from before.
async fn quiet_contact() -> &'static str {
    let busy = busy_contact().await;
    world().contacts().iter().rev().find(|contact| *contact != busy).unwrap()
}

#[tokio::test]
async fn a_call_that_a_rep_logs_is_in_the_tab_in_marketo_and_in_salesforce() {
    in_browser(async |browser| {
        let lead = busy_lead().await;
        opened(browser, "Lead", lead, "call").await;
        browser.fill("#act-outcome", "Wants a quote").await;
        browser.fill("#act-minutes", "2.5").await;
        browser.fill("#act-notes", "Two hundred seats").await;
        browser.frame_picture("act-call").await;
        browser.click("#acting button[type=submit]").await;
        shown(browser, "calls").await;
        let row = browser.text("document.querySelector('#panel-calls tbody tr').innerText").await;
        assert!(row.contains("Wants a quote") && row.contains("2:30"), "{row}");
        browser.is_accessible().await;
        browser.frame_picture("panel-calls").await;
        let told = |one: &&Value| one["attributes"]["Sales Call Subject"] == "Wants a quote";
        let logged = |one: &&Value| one["mktosales_call_outcome__c"] == "Wants a quote";
        let written = seen("/sandbox/_control/written", |written| {
            written["marketo"].as_array().unwrap().iter().any(|one| told(&one))
                && written["salesforce"].as_array().unwrap().iter().any(|one| logged(&one))
        })
        .await;
        let task = written["salesforce"].as_array().unwrap().iter().find(logged).unwrap().clone();
        assert_eq!((&task["WhoId"], &task["CallDurationInSeconds"]), (&json!(lead), &json!(150)));
    })
    .await;
}

/// Writes a template on its page, as Robin, who came from the panel by the gear; gives its address.
async fn template_written(browser: &Browser) -> String {
    browser.open(&record_page("Lead", busy_lead().await)).await;
    browser.enter().await;
    filled(browser).await;
    browser.click("[data-action=settings]").await;
    browser.newest_window().await;
    browser.window(1280, 900).await;
    browser.until("signed in", "document.querySelector('.gear-who') !== null").await;
    browser.open(&world().url("/admin/templates/new")).await;
    browser.fill("#f-name", "Case study").await;
    browser.fill("#f-category", "Follow-up").await;
    browser.fill("#f-subject", "A case study for {{company}}").await;
    browser.click(".editor-page").await;
    browser.press("Dear {{first_name}}").await;
    // By source what the buttons can't write.
    browser.click("[data-source]").await;
    let source = browser.text("document.getElementById('f-html').value").await;
    assert!(source.contains("Dear {{first_name}}"), "{source}");
    browser.fill("#f-html", "<p>Dear {{first_name}}</p><p style=\"color:#333\"><a href=\"https://example.com/case\">Read it</a></p>").await;
    browser.click("[data-source]").await;
    browser.until("the page shows it", "document.querySelector('.editor-page a[href]') !== null").await;
    browser.mark("document.querySelector('input[name=teams][value=everyone]')").await;
    browser.click("[data-here]").await;
    browser.is_accessible().await;
    browser.picture("template-new").await;
    browser.click("main form.form-wide .actions .button-brand").await;
    browser.until("it is saved", "document.querySelector('.notice-good') !== null").await;
    let address = browser.text("location.pathname").await;
    assert!(browser.text("document.getElementById('f-html').value").await.contains("color:#333"));
    browser.open(&world().url(&format!("{address}/preview"))).await;
    browser.until("the letter has a frame", "document.querySelector('iframe.letter') !== null").await;
    browser.is_accessible().await;
    browser.picture("template-preview").await;
    browser.open(&world().url("/admin/templates")).await;
    browser.until("it is listed", "document.querySelector('tbody').innerText.includes('Case study')").await;
    browser.is_accessible().await;
    browser.picture("templates").await;
    address
}

/// Writes to three people at once; one of them gets a text of their own.
async fn written_to_many(browser: &Browser) {
    browser.open(&world().url("/admin/circulars")).await;
    let ids: Vec<&str> = world().leads().iter().skip(2).take(5).map(String::as_str).collect();
    browser.fill("#f-sfdc_ids", &format!("{} 00Q000000000009EAA", ids.join(" "))).await;
    browser.click("main form .button-brand").await;
    browser.until("it is begun", "document.querySelectorAll('.people-one').length >= 2").await;
    let people = browser.value("document.querySelectorAll('.people-one').length").await.as_u64().unwrap();
    browser.value("(() => { const select = document.getElementById('f-template_id'); select.selectedIndex = 1; return true; })()").await;
    browser.click("form.search button").await;
    browser.until("the template's text is there", "document.getElementById('f-subject').value.startsWith('A case study')").await;
    browser.is_accessible().await;
    browser.picture("circular").await;
    browser.fill("#f-subject", "News for {{first_name}}").await;
    browser.until("the draft keeps itself", "document.querySelector('[data-kept-at]').textContent !== ''").await;
    browser.window(390, 844).await;
    browser.picture("circular-phone").await;
    assert_eq!(browser.value("document.documentElement.scrollWidth <= 390").await, true, "nothing sticks out on a phone");
    browser.window(1280, 900).await;
    browser.click(".people-one a").await;
    browser.until("one recipient", "document.querySelector('iframe.letter') !== null").await;
    browser.fill("#f-subject", "Only for you").await;
    browser.click("main form.form-wide .button-brand").await;
    browser.until("it is saved", "document.querySelector('.notice-good') !== null").await;
    browser.is_accessible().await;
    browser.picture("addressee").await;
    browser.click(".trail a:last-child").await;
    browser.until("one has a text of their own", "document.querySelectorAll('.people-one .tag').length === 1").await;
    browser.click("main form.form-wide .button-brand").await;
    browser.until("it is sent", "document.getElementById('c-outcome') !== null").await;
    browser.picture("circular-sent").await;
    seen("/sandbox/mail/messages.json", |mails| {
        let count =
            |subject: &str| mails.as_array().unwrap().iter().filter(|mail| mail["subject"].as_str().unwrap().starts_with(subject)).count();
        count("Only for you") == 1 && Some(count("News for ")) == usize::try_from(people - 1).ok()
    })
    .await;
}

/// Of many people some are searched, ticked and left out; the page stays where one is.
async fn chosen_among_many(browser: &Browser) {
    browser.open(&world().url("/admin/circulars")).await;
    let ids: Vec<&str> = world().leads().iter().chain(world().contacts()).map(String::as_str).collect();
    browser.fill("#f-sfdc_ids", &ids.join(" ")).await;
    browser.click("main form .button-brand").await;
    browser.until("they can be ticked", "document.querySelectorAll('.people-one input').length > 20").await;
    browser.is_accessible().await;
    browser.picture("circular-many").await;
    let first = "[...document.querySelectorAll('.people-one')].find((one) => !one.matches('.people-out')).querySelector('a').innerText";
    let name = browser.text(first).await;
    browser.fill("#f-people", &name).await;
    browser.click("form[role=search] button").await;
    let found = "document.querySelectorAll('.people-one').length";
    browser.until("who was searched is found", &format!("location.search.startsWith('?search=') && {found} >= 1 && {found} < 20")).await;
    browser.click(".people-one input:not([disabled])").await;
    browser.click("#choose button[value=true]").await;
    let left_out = "document.querySelectorAll('.people-one form input[name=left_out][value=false]').length === 1";
    browser.until("one is left out, and the search is the same", &format!("location.search.startsWith('?search=') && {left_out}")).await;
    browser.window(390, 844).await;
    browser.picture("circular-many-phone").await;
    assert_eq!(browser.value("document.documentElement.scrollWidth <= 390").await, true, "nothing sticks out on a phone");
    browser.window(1280, 900).await;
}

/// From a panel to the page where a mail to its record's people is written, by a code that works once.
async fn begun_from_the_panel(browser: &Browser) {
    let account = account_of(busy_contact().await).await;
    browser.open(&record_page("Account", &account)).await;
    browser.enter().await;
    shown(browser, "insights").await;
    browser.click("#acts").await;
    browser.until("all its people can be written to", "document.querySelector('#acts-menu [data-act=circular]') !== null").await;
    browser.is_accessible().await;
    browser.frame_picture("account-acts").await;
    browser.leave().await;
    let signed = world().signed_by_salesforce("Account", &account).await;
    let token = token_of(&world().post(&signed).await.text().await.unwrap());
    let begun = world().http.post(world().url("/panel/circular")).bearer_auth(&token).json(&json!({})).send().await.unwrap();
    assert_eq!(begun.status(), 200);
    let begun: Value = begun.json().await.unwrap();
    browser.open(begun["href"].as_str().unwrap()).await;
    browser
        .until(
            "the mail is begun",
            "/^\\/admin\\/circulars\\/[0-9a-f]{32}$/.test(location.pathname) && document.querySelectorAll('.people-one').length >= 1",
        )
        .await;
    browser.click("details.fold summary").await;
    browser.click("form[action$=watch] button").await;
    browser.until("on the watch list", "document.querySelector('.notice-good') !== null").await;
}

#[tokio::test]
async fn a_mail_from_a_template_arrives_is_clicked_answered_and_the_recipient_leaves() {
    in_browser(async |browser| {
        let template = template_written(browser).await;
        written_to_many(browser).await;
        chosen_among_many(browser).await;
        begun_from_the_panel(browser).await;
        opened(browser, "Contact", quiet_contact().await, "email").await;
        let choose = format!(
            "(() => {{ const select = document.getElementById('act-template'); select.value = '{}'; \
             select.dispatchEvent(new Event('change', {{ bubbles: true }})); return true; }})()",
            template.rsplit('/').next().unwrap()
        );
        browser.value(&choose).await;
        browser.until("the subject is the template's", "document.getElementById('act-subject')?.value.startsWith('A case study')").await;
        browser.click("#acting button[value=preview]").await;
        browser.until("the preview is there", "document.querySelector('[data-preview]') !== null").await;
        let preview = browser.text("document.querySelector('[data-preview]').innerText").await;
        assert!(preview.contains("Dear ") && !preview.contains("{{"), "{preview}");
        browser.frame_picture("act-email").await;
        browser.click("#acting button[value=do]").await;
        browser.until("the form is gone", "document.getElementById('acting').hidden").await;
        let is_it = |mail: &&Value| mail["subject"].as_str().unwrap().starts_with("A case study for ");
        let mails = seen("/sandbox/mail/messages.json", |mails| mails.as_array().unwrap().iter().any(|mail| is_it(&mail))).await;
        let mail = mails.as_array().unwrap().iter().find(is_it).unwrap().clone();
        let html = mail["html"].as_str().unwrap();
        let link = |part: &str| html.split('"').find(|text| text.contains(part)).unwrap().replace("&amp;", "&");
        tokio::time::sleep(Duration::from_millis(1_600)).await;
        // What the sender sees of the own mail, signed in with this browser, is not counted.
        let pixel = html.split('"').find(|text| text.contains(".gif")).unwrap().to_owned();
        browser.open(&pixel).await;
        // The browser's own page around a picture has styles that the picture's policy forbids.
        let complaints = browser.complaints().await;
        assert!(complaints.iter().all(|line| line.contains(".gif")), "{complaints:?}");
        let click = world().http.get(link("/t/")).header("User-Agent", "Mozilla/5.0 (X11) Firefox/140").send().await.unwrap();
        assert_eq!((click.status().as_u16(), click.headers()["location"].to_str().unwrap()), (302, "https://example.com/case"));
        browser.open(&world().url(&format!("/sandbox/mail/{}", mail["number"]))).await;
        browser.picture("mailbox-mail").await;
        browser.click(".returns form[action$=reply] button").await;
        browser.until("the answer is on its way", "document.body.innerText.includes('Re: A case study')").await;
        let written = seen("/sandbox/_control/written", |written| {
            let told = |name: &str| written["marketo"].as_array().unwrap().iter().any(|one| one["type_name"] == name);
            let changed = |one: &Value| one["MSE_Clicked__c"] == true && one["MSE_Replied__c"] == true;
            told("Click Sales Email (Sales App)")
                && told("Replied to Sales Email (Sales App)")
                && written["salesforce"].as_array().unwrap().iter().any(changed)
        })
        .await;
        assert!(written["salesforce"].as_array().unwrap().iter().any(|task| task["Type"] == "Reply"));
        let opened = |one: &Value| {
            one["type_name"] == "Open Sales Email (Sales App)"
                && one["attributes"]["Email Subject"].as_str().unwrap().starts_with("A case study")
        };
        assert!(!written["marketo"].as_array().unwrap().iter().any(opened), "own views are not counted");
        browser.open(&link("/unsubscribe/")).await;
        browser.picture("unsubscribe").await;
        browser.click("form button").await;
        browser.until("it is done", "document.querySelector('[role=status]') !== null").await;
        seen("/sandbox/_control/written", |written| !written["opt_outs"].as_object().unwrap().is_empty()).await;
        // A panel that was looked at a moment ago is kept for a minute.
        let answered = "document.querySelector('#panel-email tbody')?.innerText.includes('Replied') ?? false";
        for _ in 0..16 {
            browser.open(&record_page("Contact", quiet_contact().await)).await;
            browser.enter().await;
            filled(browser).await;
            browser.click("[role=tab][data-tab=email]").await;
            browser.until("the tab is filled", "(document.querySelector('#panel-email tbody')?.rows.length ?? 0) > 0").await;
            if browser.value(answered).await == true {
                break;
            }
            tokio::time::sleep(std::time::Duration::from_secs(4)).await;
        }
        browser.until("the answer is in the tab", answered).await;
        browser.frame_picture("panel-email-replied").await;
        browser.leave().await;
        for (page, name) in [("mail", "mail-settings"), ("unsubscribes", "unsubscribes"), ("my-mail", "my-mail")] {
            browser.open(&world().url(&format!("/admin/settings/{page}"))).await;
            browser.until("the page is there", "document.querySelector('h1') !== null").await;
            browser.is_accessible().await;
            browser.picture(name).await;
        }
    })
    .await;
}
