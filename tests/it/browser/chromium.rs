//! A browser under remote control: one chromedriver for all tests of a run, one browser for each test.

use std::cell::Cell;
use std::io::{BufRead, BufReader, Write};
use std::os::unix::process::CommandExt;
use std::panic::{AssertUnwindSafe, resume_unwind};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::cdp::Cdp;
use thirtyfour::{
    By, CapabilitiesHelper, ChromiumCapabilities, ChromiumLikeCapabilities, DesiredCapabilities, LoggingPrefsLogLevel, TypingData,
    WebDriver, WebElement,
};

const PATIENCE: Duration = Duration::from_secs(15);
const PAUSE: Duration = Duration::from_millis(50);
const FLAGS: [&str; 12] = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-proxy-server",
    "--hide-scrollbars",
    "--lang=en-US",
];

struct Chromedriver {
    address: String,
    // The shell around it ends chromedriver and its browsers as soon as this process is gone and the pipe closes.
    _shell: Child,
}

fn chromedriver() -> &'static Chromedriver {
    static CHROMEDRIVER: OnceLock<Chromedriver> = OnceLock::new();
    CHROMEDRIVER.get_or_init(|| {
        let mut shell = Command::new("sh")
            .args(["-c", "chromedriver --port=0 & read -r end; kill -TERM 0"])
            .process_group(0)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(shell.stdout.take().unwrap()).lines();
        let started = lines.by_ref().map_while(Result::ok).find(|line| line.contains("started successfully on port"));
        std::thread::spawn(move || lines.for_each(drop));
        let port: String = started.expect("chromedriver starts").chars().filter(char::is_ascii_digit).collect();
        Chromedriver { address: format!("http://127.0.0.1:{port}"), _shell: shell }
    })
}

/// A browser with one window.
pub struct Browser {
    driver: WebDriver,
    tools: Cdp,
    inside: Cell<bool>,
    _profile: TempDir,
}

/// Runs a check in a fresh browser and holds its console to silence.
pub async fn in_browser(check: impl AsyncFnOnce(&Browser)) {
    let browser = Browser::start().await;
    let outcome = AssertUnwindSafe(check(&browser)).catch_unwind().await;
    if outcome.is_err() {
        let name = std::thread::current().name().unwrap_or("check").replace("::", "-");
        browser.leave().await;
        browser.picture(&format!("failed-{name}")).await;
    }
    let complaints = browser.complaints().await;
    browser.driver.quit().await.unwrap();
    match outcome {
        Ok(()) => assert_eq!(complaints, Vec::<String>::new(), "the console complains"),
        Err(panic) => {
            let _ = writeln!(std::io::stderr(), "the console said {complaints:?}");
            resume_unwind(panic)
        }
    }
}

impl Browser {
    async fn start() -> Self {
        let profile = TempDir::new().unwrap();
        let mut wanted: ChromiumCapabilities = DesiredCapabilities::chromium();
        wanted.set("browserName", "chrome").unwrap();
        for flag in FLAGS {
            wanted.add_arg(flag).unwrap();
        }
        wanted.add_arg(&format!("--user-data-dir={}", profile.path().display())).unwrap();
        wanted.set_browser_log_level(LoggingPrefsLogLevel::All).unwrap();
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let driver = WebDriver::builder(chromedriver().address.as_str(), wanted).client(client).connect().await.unwrap();
        let tools = Cdp::new(driver.handle().clone());
        let browser = Self { driver, tools, inside: Cell::new(false), _profile: profile };
        browser.window(1280, 900).await;
        browser
    }

    /// Makes the page so many CSS pixels wide and high.
    pub async fn window(&self, width: u32, height: u32) {
        let size = json!({"width": width, "height": height, "deviceScaleFactor": 1, "mobile": false});
        self.tools.send_raw("Emulation.setDeviceMetricsOverride", size).await.unwrap();
    }

    /// As on a device of somebody who prefers dark colours.
    pub async fn prefer_dark(&self) {
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": "dark"}]});
        self.tools.send_raw("Emulation.setEmulatedMedia", media).await.unwrap();
    }

    pub async fn open(&self, address: &str) {
        self.inside.set(false);
        self.driver.goto(address).await.unwrap();
    }

    /// Goes on inside the page's frame.
    pub async fn enter(&self) {
        self.until("the page has a frame", "document.querySelector('iframe') !== null").await;
        self.step_inside().await.unwrap();
    }

    async fn step_inside(&self) -> Result<(), thirtyfour::error::WebDriverError> {
        self.driver.enter_default_frame().await?;
        self.driver.enter_frame(0).await?;
        self.inside.set(true);
        Ok(())
    }

    /// Goes on in the page around the frame.
    pub async fn leave(&self) {
        self.inside.set(false);
        self.driver.enter_default_frame().await.unwrap();
    }

    /// Goes on in the window that was opened last.
    pub async fn newest_window(&self) {
        let started = Instant::now();
        loop {
            let windows = self.driver.windows().await.unwrap();
            if windows.len() > 1 {
                self.inside.set(false);
                return self.driver.switch_to_window(windows.last().unwrap().clone()).await.unwrap();
            }
            assert!(started.elapsed() < PATIENCE, "no second window was opened");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The value of a JavaScript expression, where we are.
    pub async fn value(&self, expression: &str) -> Value {
        self.try_value(expression).await.unwrap()
    }

    async fn try_value(&self, expression: &str) -> Result<Value, thirtyfour::error::WebDriverError> {
        Ok(self.driver.execute(format!("return ({expression});"), Vec::new()).await?.json().clone())
    }

    pub async fn text(&self, expression: &str) -> String {
        self.value(expression).await.as_str().unwrap_or_default().to_owned()
    }

    /// Runs a script whose last argument is called with its result.
    pub async fn asked(&self, script: &str) -> Value {
        self.driver.execute_async(script, Vec::new()).await.unwrap().json().clone()
    }

    /// Waits until an expression is true, and returns what it was.
    pub async fn until(&self, what: &str, expression: &str) -> Value {
        let started = Instant::now();
        loop {
            let now = self.try_value(expression).await;
            match now {
                Ok(ref value) if !matches!(value, Value::Null | Value::Bool(false)) => return value.clone(),
                // A document that is being replaced takes its frame with it.
                Err(_) if self.inside.get() => drop(self.step_inside().await),
                _ => {}
            }
            if started.elapsed() > PATIENCE {
                let page = self.try_value("document.body && document.body.innerText").await;
                panic!("waited in vain: {what}\n{expression}\n{now:?}\nshown: {page:?}");
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// The first element that fits, as soon as there is one.
    pub async fn element(&self, selector: &str) -> WebElement {
        let selector_text = json!(selector);
        self.until(&format!("{selector} is there"), &format!("document.querySelector({selector_text}) !== null")).await;
        self.driver.find(By::Css(selector)).await.unwrap()
    }

    /// A click of the mouse in the middle of an element.
    pub async fn click(&self, selector: &str) {
        self.element(selector).await.click().await.unwrap();
    }

    /// Types into a field in place of what it held; chooses a file where the field takes one.
    pub async fn fill(&self, selector: &str, text: &str) {
        let field = self.element(selector).await;
        if field.attr("type").await.unwrap().as_deref() != Some("file") {
            field.clear().await.unwrap();
        }
        field.send_keys(text).await.unwrap();
    }

    /// Gives an element that an expression finds the mark `data-here`, and only that one.
    pub async fn mark(&self, expression: &str) {
        self.value(&format!(
            "(document.querySelectorAll('[data-here]').forEach((one) => one.removeAttribute('data-here')), {expression}.setAttribute('data-here', ''))"
        ))
        .await;
    }

    /// A key for whatever has the focus.
    pub async fn press(&self, key: impl Into<TypingData>) {
        self.driver.action_chain().send_keys(key).perform().await.unwrap();
    }

    /// A picture of the window, in `target/screenshots`.
    pub async fn picture(&self, name: &str) {
        std::fs::write(place(name), self.driver.screenshot_as_png().await.unwrap()).unwrap();
    }

    /// A picture of the frame alone; we stay inside it.
    pub async fn frame_picture(&self, name: &str) {
        self.leave().await;
        let frame = self.driver.find(By::Css("iframe")).await.unwrap();
        std::fs::write(place(name), frame.screenshot_as_png().await.unwrap()).unwrap();
        self.step_inside().await.unwrap();
    }

    /// Warnings and errors of the console since the last time.
    pub async fn complaints(&self) -> Vec<String> {
        let entries = self.driver.browser_log().await.unwrap();
        entries.into_iter().filter(|entry| ["WARNING", "SEVERE"].contains(&entry.level.as_str())).map(|entry| entry.message).collect()
    }

    /// Holds the document that we are in against axe's rules, when `MSI_TEST_AXE` says where axe is.
    pub async fn is_accessible(&self) {
        let Ok(axe) = std::env::var("MSI_TEST_AXE") else { return };
        let axe = std::fs::read_to_string(axe).expect("MSI_TEST_AXE names a file");
        self.driver.execute(axe, Vec::new()).await.unwrap();
        let script = "const done = arguments[arguments.length - 1]; axe.run(document, {resultTypes: ['violations']}).then(
            (found) => done(found.violations.map((rule) => [rule.id, rule.help, rule.nodes.map((node) => node.html + ' ' + (node.any[0]?.message || ''))])),
            (error) => done(String(error)))";
        assert_eq!(self.asked(script).await, json!([]), "axe found barriers");
    }
}

fn place(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("target/screenshots");
    std::fs::create_dir_all(&folder).unwrap();
    folder.join(format!("{name}.png"))
}
