//! Pages of strangers around the panel or beside it.

use actix_web::http::header::ContentType;
use actix_web::{App, HttpResponse, HttpServer, dev::ServerHandle, web};
use serde_json::json;

use super::chromium::in_browser;
use super::panel::{filled, record_page};
use super::session_end::{outstay, short_sessions};
use crate::world::world;

/// An origin of a stranger with one page.
struct Stranger {
    origin: String,
    handle: ServerHandle,
}

impl Stranger {
    fn with_page(page: String) -> Self {
        let page = web::Data::new(page);
        let server = HttpServer::new(move || {
            let show = async |page: web::Data<String>| HttpResponse::Ok().content_type(ContentType::html()).body(page.as_ref().clone());
            App::new().app_data(page.clone()).route("/", web::get().to(show)).default_service(web::to(HttpResponse::NoContent))
        });
        let server = server.workers(1).disable_signals().bind(("127.0.0.1", 0)).unwrap();
        let origin = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { origin, handle }
    }
}

#[tokio::test]
async fn a_strangers_page_cannot_frame_the_panel() {
    let signed = world().signed_by_salesforce("Lead", world().lead()).await;
    let page = format!(
        "<!doctype html><title>Stranger</title><iframe name=victim></iframe>
        <form method=post action={}/canvas target=victim><input type=hidden name=signed_request value='{signed}'></form>
        <script>document.forms[0].submit()</script>",
        world().base
    );
    let stranger = Stranger::with_page(page);
    in_browser(async |browser| {
        browser.open(&stranger.origin).await;
        browser.enter().await;
        browser.until("the frame shows an error of the browser", "location.protocol === 'chrome-error:'").await;
        assert_eq!(browser.value("document.getElementById('panel')").await, serde_json::Value::Null);
        let complaints = browser.complaints().await;
        assert!(complaints.iter().any(|line| line.contains("frame-ancestors")), "{complaints:?}");
        browser.leave().await;
        browser.picture("attack-framed").await;
    })
    .await;
    stranger.handle.stop(false).await;
}

#[tokio::test]
async fn nobody_frames_the_settings_not_even_a_page_of_our_own() {
    let frames = |base: &str| {
        let frame = |path: &str| format!("<iframe src='{base}{path}'></iframe>");
        format!("<!doctype html><title>Stranger</title>{}", ["/sign-in", "/admin/marketo", "/admin/settings"].map(frame).concat())
    };
    let stranger = Stranger::with_page(frames(&world().base));
    in_browser(async |browser| {
        browser.open(&stranger.origin).await;
        browser.enter().await;
        browser.until("the frame shows an error of the browser", "location.protocol === 'chrome-error:'").await;
        browser.leave().await;
        let complaints = browser.complaints().await;
        assert!(complaints.iter().any(|line| line.contains("frame-ancestors 'none'")), "{complaints:?}");
        // Whoever gets a frame into a page of ours gets no further.
        browser.open(&format!("{}/sign-in", world().base)).await;
        let inside = "void document.body.append(Object.assign(document.createElement('iframe'), { src: '/sign-in' }))";
        browser.value(inside).await;
        browser.until("the frame is there", "document.querySelector('iframe') !== null").await;
        browser.enter().await;
        browser.until("it shows an error as well", "location.protocol === 'chrome-error:'").await;
        browser.leave().await;
        assert!(!browser.complaints().await.is_empty(), "and says why");
    })
    .await;
    stranger.handle.stop(false).await;
}

#[tokio::test]
async fn a_strangers_window_cannot_speak_for_salesforce() {
    let (_turn, house) = short_sessions().await;
    let record = house.first_lead().await;
    let lie = json!({"status": 500, "seq": 1, "type": "callback", "payload": []}).to_string();
    let page = format!(
        "<!doctype html><title>Stranger</title><button>Open</button><script>
        document.querySelector('button').onclick = () => {{
            const opened = open('{record}');
            setInterval(() => {{ for (let i = 0; i < opened.length; i++) opened[i].postMessage({}, '*'); }}, 20);
        }};</script>",
        json!(lie)
    );
    let stranger = Stranger::with_page(page);
    in_browser(async |browser| {
        browser.open(&stranger.origin).await;
        browser.click("button").await;
        browser.newest_window().await;
        browser.enter().await;
        filled(browser).await;
        house.next_signed_request(json!({"latency_ms": 3000})).await;
        let count = format!("void addEventListener('message', (event) => window.lies = (window.lies || 0) + (event.origin === {}))", json!(stranger.origin));
        browser.value(&count).await;
        outstay(browser).await;
        browser.until("the panel waits for Salesforce", "document.querySelector('button[data-action=reload]:disabled') !== null").await;
        browser.value("void (window.lies = 0)").await;
        browser.until("lies have come in", "window.lies > 20").await;
        let unmoved = "document.querySelector('button[data-action=reload]').disabled && !document.querySelector('.state-todo').textContent.includes('did not')";
        assert_eq!(browser.value(unmoved).await, true, "only Salesforce's own page is believed");
        browser.until("Salesforce's answer is", "!window.old && document.querySelector('#person .name') !== null").await;
    })
    .await;
    stranger.handle.stop(false).await;
}

#[tokio::test]
async fn the_record_page_leaves_nothing_in_the_browser() {
    in_browser(async |browser| {
        browser.open(&record_page("Lead", world().lead())).await;
        browser.enter().await;
        filled(browser).await;
        assert_eq!(browser.text("document.cookie").await, "");
        assert_eq!(browser.value("localStorage.length + sessionStorage.length").await, 0);
        assert_eq!(browser.value("document.getElementById('panel-config')").await, serde_json::Value::Null, "the token is out of reach");
        assert!(!browser.text("location.href").await.contains('#'));
    })
    .await;
}
