//! The package's Lightning web components as a browser shows them: compiled by Salesforce's own compiler, with its base
//! components and design system, inside the emulated org, with the gateway behind them. `scripts/components` compiles them
//! and says where: without `MSI_SANDBOX_COMPONENTS` there is nothing to look at here.

use std::sync::OnceLock;

use serde_json::{Value, json};
use tokio::sync::RwLock;

use super::chromium::{Browser, in_browser};
use crate::world::{spawn, world};

/// Who configures the org anew, for a while wrongly, does so while nobody else looks.
static CONFIGURED: RwLock<()> = RwLock::const_new(());

/// A demo of its own: these checks change how the org is configured.
fn base() -> &'static str {
    static BASE: OnceLock<(std::process::Child, String)> = OnceLock::new();
    &BASE.get_or_init(|| spawn(&["demo", "--port", "0", "--people", "120", "--until-stdin-closes"], &[])).1
}

pub(super) fn are_compiled() -> bool {
    std::env::var_os("MSI_SANDBOX_COMPONENTS").is_some_and(|folder| !folder.is_empty())
}

// Looks into the shadow of every element, as a person does.
const DEEP: &str = "const deep = (root, selector) => root.querySelector(selector)
    ?? [...root.querySelectorAll('*')].map((one) => one.shadowRoot && deep(one.shadowRoot, selector)).find(Boolean);";

pub(super) fn finding(what: &str) -> String {
    format!("(() => {{ {DEEP} {what} }})()")
}

/// The words that the component shows.
async fn words(browser: &Browser) -> String {
    browser.text("document.body.innerText").await
}

pub(super) async fn until_said(browser: &Browser, text: &str) {
    browser
        .until(&format!("the component says {text}"), &format!("document.body.innerText.replace(/\\s+/g, ' ').includes({})", json!(text)))
        .await;
}

async fn press(browser: &Browser, id: &str) {
    let button = format!("deep(deep(document, '[data-id={id}]').shadowRoot, 'button')");
    browser
        .until(&format!("{id} can be pressed"), &finding(&format!("return deep(document, '[data-id={id}]') && !{button}.disabled;")))
        .await;
    browser.value(&finding(&format!("{button}.click(); return true;"))).await;
}

/// Puts a text into a field, as typing and leaving it does.
async fn enter(browser: &Browser, id: &str, kind: &str, text: &str) {
    let there = format!("return deep(deep(document, '[data-id={id}]')?.shadowRoot ?? document, '{kind}');");
    browser.until(&format!("{id} is there"), &finding(&there)).await;
    let script = format!(
        "const field = deep(deep(document, '[data-id={id}]').shadowRoot, '{kind}'); field.focus(); field.value = {};
         field.dispatchEvent(new Event('input', {{ bubbles: true, composed: true }}));
         field.dispatchEvent(new Event('change', {{ bubbles: true, composed: true }})); field.blur(); return true;",
        json!(text)
    );
    browser.value(&finding(&script)).await;
}

async fn package(changes: Value) -> Value {
    let request = world().http.post(format!("{}/sandbox/_control/salesforce/package", base())).json(&changes);
    request.send().await.unwrap().json().await.unwrap()
}

/// Somebody with a long story.
async fn a_lead() -> String {
    let list = world().http.get(format!("{}/sandbox/salesforce/", base())).send().await.unwrap().text().await.unwrap();
    let (_, lively) = list.split_once("Worth a look").unwrap();
    lively.split("/lightning/r/Lead/").nth(1).unwrap().split('/').next().unwrap().to_owned()
}

fn alone(name: &str, fields: &str) -> String {
    format!("{}/sandbox/salesforce/lightning/cmp/{name}?{fields}", base())
}

/// Wide and narrow: nothing sticks out, axe finds no barrier, and there is a picture of both.
async fn looks_right(browser: &Browser, name: &str) {
    for (manner, width) in [("wide", 1280), ("narrow", 375)] {
        browser.window(width, 900).await;
        let fits = "document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        browser.until(&format!("{name} fits {width} pixels"), fits).await;
        browser.is_accessible().await;
        let height = browser.value("document.documentElement.scrollHeight").await.as_u64().unwrap();
        browser.window(width, u32::try_from(height.clamp(200, 3000)).unwrap()).await;
        browser.picture(&format!("lwc-{name}-{manner}")).await;
    }
    browser.window(1280, 900).await;
}

#[tokio::test]
async fn the_components_are_shown_wide_and_narrow() {
    if !are_compiled() {
        return;
    }
    let _configured = CONFIGURED.read().await;
    let lead = a_lead().await;
    in_browser(async |browser: &Browser| {
        browser.open(&alone("msiHighlights", &format!("recordId={lead}&lang=en"))).await;
        until_said(browser, "Last interesting moment").await;
        browser.until("stars are shown", &finding("return deep(document, '[data-id=stars]')?.querySelectorAll('svg').length === 3;")).await;
        looks_right(browser, "highlights").await;
        browser.open(&alone("msiHighlights", &format!("recordId={lead}&lang=de"))).await;
        until_said(browser, "Letzter").await;

        browser.open(&alone("msiSetupAssistant", "lang=en")).await;
        until_said(browser, "of 4 done").await;
        looks_right(browser, "set-up-assistant").await;

        browser.open(&alone("msiConfig", "lang=en")).await;
        until_said(browser, "Run diagnostics").await;
        looks_right(browser, "config").await;
        browser.open(&alone("msiConfig", "lang=zh_CN")).await;
        browser.until("the texts are Chinese", r"/[\u4e00-\u9fff]{2}/.test(document.body.innerText)").await;
        looks_right(browser, "config-chinese").await;
    })
    .await;
}

#[tokio::test]
async fn a_record_page_frames_the_card_beside_the_panel() {
    if !are_compiled() {
        return;
    }
    let _configured = CONFIGURED.read().await;
    let lead = a_lead().await;
    in_browser(async |browser: &Browser| {
        browser.open(&format!("{}/sandbox/salesforce/lightning/r/Lead/{lead}/view", base())).await;
        let card = "/interesting moment/.test(document.querySelector('iframe[data-card]')?.contentDocument?.body?.innerText)";
        browser.until("the card shows the person", card).await;
        browser.enter().await;
        super::panel::filled(browser).await;
        browser.leave().await;
        browser.picture("record-with-card").await;
        browser.open(&format!("{}/sandbox/salesforce/lightning/n/msiConfig", base())).await;
        let tab = "document.querySelector('iframe')?.contentDocument?.body?.innerText.includes('Store key')";
        browser.until("the tab shows the configuration", tab).await;
        browser.picture("tab-config").await;
    })
    .await;
}

#[tokio::test]
async fn an_admin_stores_the_key_registers_and_diagnoses() {
    if !are_compiled() {
        return;
    }
    let _configured = CONFIGURED.write().await;
    let key = package(json!({})).await["secret_key"].as_str().unwrap().to_owned();
    let pem = world().http.get(format!("{}/sandbox/salesforce/apex/certificate", base())).send().await.unwrap().text().await.unwrap();
    in_browser(async |browser: &Browser| {
        browser.open(&alone("msiConfig", "lang=en")).await;
        // A key of before: the message says what to do, and nothing is registered.
        enter(browser, "secret", "input", "msk_of_last_year").await;
        press(browser, "store-secret").await;
        until_said(browser, "Saved.").await;
        enter(browser, "pem", "textarea", &pem).await;
        press(browser, "register").await;
        until_said(browser, "did not accept the API secret key").await;
        until_said(browser, "Settings, Salesforce, Package").await;
        looks_right(browser, "config-wrong-key").await;
        let refused = browser.complaints().await;
        assert!(refused.iter().all(|line| line.contains("/api/v1/org/certificates") && line.contains("401")), "{refused:?}");
        enter(browser, "secret", "input", &key).await;
        press(browser, "store-secret").await;
        browser.until("the key is stored", "!document.body.innerText.includes('did not accept')").await;
        press(browser, "register").await;
        until_said(browser, "Saved.").await;

        press(browser, "diagnose").await;
        until_said(browser, "Versions fit together").await;
        let found = words(browser).await;
        assert!(found.contains("Brightwater") && !found.contains("Failed"), "{found}");
        looks_right(browser, "config-diagnosed").await;
        // An old package and a wrong address are told apart.
        package(json!({"version": "0.9.0"})).await;
        press(browser, "diagnose").await;
        until_said(browser, "Package 0.9.0 is installed; the gateway needs 1.0.0 or later.").await;
        package(json!({"version": "1.0.0", "settings": {"Gateway_Address__c": "http://127.0.0.1:1"}})).await;
        press(browser, "diagnose").await;
        until_said(browser, "does not answer right now").await;
        looks_right(browser, "config-unreachable").await;
        package(json!({"settings": {"Gateway_Address__c": base()}})).await;
        browser.complaints().await;
    })
    .await;
}

#[tokio::test]
async fn a_list_action_says_whom_it_reaches_or_why_it_cannot_start() {
    if !are_compiled() {
        return;
    }
    let _configured = CONFIGURED.read().await;
    let list = world().http.get(format!("{}/sandbox/salesforce/", base())).send().await.unwrap().text().await.unwrap();
    let link = list.split("href=\"").find(|part| part.contains("msiListAction")).unwrap();
    let link = link.split('"').next().unwrap().replace("&amp;", "&").replace("&#x3D;", "=");
    let description: Value = world().http.get(format!("{}/openapi.json", base())).send().await.unwrap().json().await.unwrap();
    in_browser(async |browser: &Browser| {
        let origin = base();
        browser.open(&format!("{origin}{link}")).await;
        if description["paths"]["/api/v1/templates"].is_object() {
            until_said(browser, "Recipients: ").await;
        } else {
            until_said(browser, "does not offer this action").await;
            browser.complaints().await;
        }
        looks_right(browser, "list-action").await;
        // An e-mail is begun as a draft, without a template too; its page is one click away where pop-ups are forbidden.
        press(browser, "start").await;
        until_said(browser, "kept as a draft").await;
        let page = browser.text(&finding("return deep(document, '[data-id=address]').href;")).await;
        let id = page.strip_prefix(&format!("{origin}/admin/circulars/")).unwrap();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{page}");
        looks_right(browser, "list-action-begun").await;
        browser.open(&alone("msiListAction", "action=email&recordIds=&lang=en")).await;
        until_said(browser, "Choose at least one record in the list.").await;
        looks_right(browser, "list-action-empty").await;
    })
    .await;
}
