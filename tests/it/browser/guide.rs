//! An admin who has read only the set-up guide walks it, steps 1 to 5b, from an empty account to invited users: once in
//! English, once in German. Every page on the way is held against axe's rules and leaves a picture.

use std::io::Write;

use serde_json::Value;

use super::chromium::{Browser, in_browser};
use crate::world::spawn;

/// Somebody whom the emulated Marketo lists as an administrator.
const ADMIN: &str = "ops@brightwater.example";
/// Four good rows, one of them twice, one without an address, one that is a member already, and one spreadsheet formula.
const FILE: &str = "E-Mail;Vorname;Nachname;Rolle\r\n\
    ida.berg@brightwater.example;Ida;Berg;user\r\n\
    otto.ahl@brightwater.example;Otto;\"Ahl; jr.\";admin\r\n\
    IDA.BERG@brightwater.example;Ida;Berg;user\r\n\
    not an address;Nobody;;\r\n\
    ops@brightwater.example;Already;Here;user\r\n\
    zoë@brightwater.example;=1+1;@SUM(A1);user\r\n\
    lee.wu@brightwater.example;Lee;Wu;user\r\n";

/// The walk in one language.
struct Walk<'a> {
    browser: &'a Browser,
    base: &'a str,
    tag: &'static str,
    words: String,
    taken: std::cell::Cell<u32>,
}

impl Walk<'_> {
    /// What the catalogue says under a key, up to its first placeholder.
    fn word(&self, key: &str) -> &str {
        let line = self.words.lines().find_map(|line| line.strip_prefix(&format!("{key} = "))).unwrap_or_else(|| panic!("no word {key}"));
        line.split('{').next().unwrap().trim()
    }

    async fn open(&self, path: &str) {
        self.browser.open(&format!("{}{path}", self.base)).await;
    }

    /// We are on the page of this title, in our language; it has no barriers; a picture is kept.
    async fn on(&self, title: &str, what: &str) {
        let word = self.word(title).to_owned();
        self.browser
            .until(&format!("the page {title} is shown ({word})"), &format!("document.querySelector('h1').textContent.includes({word:?})"))
            .await;
        assert_eq!(self.browser.text("document.documentElement.lang").await, self.tag);
        self.browser.is_accessible().await;
        self.taken.set(self.taken.get() + 1);
        self.browser.picture(&format!("guide-{}-{:02}-{what}", self.tag, self.taken.get())).await;
    }

    async fn shows(&self, text: &str) {
        self.browser.until(&format!("{text} is shown"), &format!("document.querySelector('main').innerText.includes({text:?})")).await;
    }

    async fn lacks(&self, text: &str) {
        assert!(!self.browser.text("document.querySelector('main').innerText").await.contains(text), "{text}");
    }

    /// Clicks the button or link that says this, as a person finds it: by its words.
    async fn press(&self, key: &str) {
        self.press_words(self.word(key)).await;
    }

    async fn press_words(&self, words: &str) {
        let found = format!(
            "((shown) => shown.find((one) => one.innerText.trim() === {words:?}) ?? shown.find((one) => one.innerText.trim().startsWith({words:?})))
             ([...document.querySelectorAll('main button, main a, main summary, .gear a, .gear button')].filter((one) => one.offsetParent !== null))"
        );
        self.browser.until(&format!("there is something to press that says {words}"), &format!("{found} !== undefined")).await;
        self.browser.mark(&found).await;
        self.browser.click("[data-here]").await;
    }

    /// Opens a page of the settings as the guide says: the gear first.
    async fn settings(&self, title: &str) {
        self.browser.click(".gear-button").await;
        self.press(title).await;
    }

    async fn newest_mail_to(&self, address: &str) -> Value {
        for _ in 0..100 {
            let mails: Value = reqwest::get(format!("{}/sandbox/mail/messages.json", self.base)).await.unwrap().json().await.unwrap();
            let found = mails.as_array().unwrap().iter().find(|mail| mail["to"].as_array().unwrap().iter().any(|to| to == address));
            if let Some(mail) = found {
                return mail.clone();
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("no mail to {address}");
    }
}

async fn walk(tag: &'static str) {
    let (_demo, base) = spawn(&["demo", "--from-scratch", "--port", "0", "--people", "400", "--until-stdin-closes"], &[]);
    let words = std::fs::read_to_string(format!("{}/templates/languages/{tag}.admin.ftl", env!("CARGO_MANIFEST_DIR"))).unwrap();
    in_browser(async |browser| {
        let walk = Walk { browser, base: &base, tag, words, taken: std::cell::Cell::new(0) };
        first_user(&walk).await;
        salesforce(&walk).await;
        marketo(&walk).await;
        field_sync(&walk).await;
        invite_users(&walk).await;
        invite_by_csv(&walk).await;
        other_pages(&walk).await;
        on_a_phone(&walk).await;
        colleague(&walk).await;
    })
    .await;
}

/// Step 1: a Marketo admin enters Actions Config and invites the first user, who accepts.
async fn first_user(walk: &Walk<'_>) {
    let browser = walk.browser;
    let world: Value = reqwest::get(format!("{}/sandbox/_control/world", walk.base)).await.unwrap().json().await.unwrap();
    let secret = world["marketo"]["client_secret"].as_str().unwrap();
    walk.open("/admin/marketo").await;
    if walk.tag != "en" {
        browser.click(&format!(".door-languages a[lang={}]", walk.tag)).await;
    }
    walk.on("title-marketo-door", "door").await;
    browser.fill("#f-munchkin_id", world["marketo"]["munchkin_id"].as_str().unwrap()).await;
    browser.fill("#f-client_id", world["marketo"]["client_id"].as_str().unwrap()).await;
    browser.fill("#f-client_secret", "a-wrong-one").await;
    browser.fill("#f-email", ADMIN).await;
    walk.press("marketo-door-enter").await;
    walk.shows(walk.word("problem-marketo-credentials")).await;
    walk.on("title-marketo-door", "door-refused").await;
    assert_eq!(browser.text("document.querySelector('#f-email').value").await, ADMIN, "what was typed is kept");
    // White space comes along when one copies.
    browser.fill("#f-client_secret", &format!("  {secret} ")).await;
    walk.press("marketo-door-enter").await;

    walk.on("title-actions-config", "before-the-invitation").await;
    walk.shows(walk.word("integration-empty")).await;
    walk.lacks(world["marketo"]["client_id"].as_str().unwrap()).await;
    walk.lacks(walk.word("reveal")).await;
    browser.fill("#f-search", "brightwater").await;
    walk.press("search").await;
    browser.click(&format!("input[value='{ADMIN}']")).await;
    walk.press("send-invite").await;
    walk.shows(walk.word("said-first-invited")).await;
    walk.shows(world["marketo"]["client_id"].as_str().unwrap()).await;
    walk.lacks(secret).await;
    walk.on("title-actions-config", "invited").await;
    walk.press("reveal").await;
    walk.shows(secret).await;

    let mail = walk.newest_mail_to(ADMIN).await;
    walk.open(&format!("/sandbox/mail/{}", mail["number"])).await;
    browser.picture(&format!("guide-{}-letter", walk.tag)).await;
    let link = link_in(&mail);
    browser.open(&link).await;
    walk.on("title-invitation", "invitation").await;
    browser.fill("#f-first_name", "Olive").await;
    browser.fill("#f-last_name", "Perez").await;
    walk.press("get-started").await;
    walk.on("title-set-up", "checklist-begun").await;
    walk.shows(ADMIN).await;
    browser.open(&link).await;
    walk.shows(walk.word("invitation-dead-todo")).await;
}

/// Step 2: Settings › Salesforce › Connections & Customizations › Connect › OK.
async fn salesforce(walk: &Walk<'_>) {
    walk.open("/admin").await;
    for round in ["first", "again"] {
        walk.settings("title-salesforce").await;
        walk.on("title-salesforce", &format!("salesforce-{round}")).await;
        walk.shows(walk.word("tab-connections")).await;
        walk.browser.click("input[value=sandbox]").await;
        walk.press("connect").await;
        walk.press("ok").await;
        // Whoever is signed in to Salesforce comes back without a question.
        walk.shows(walk.word("said-salesforce-connected")).await;
        walk.shows(walk.word("connection-connected")).await;
        walk.on("title-salesforce", &format!("salesforce-connected-{round}")).await;
        if round == "first" {
            walk.press("disconnect").await;
            walk.press("disconnect-yes").await;
            walk.shows(walk.word("said-salesforce-disconnected")).await;
        }
    }
}

/// Step 3: Settings › Marketo › Connect; and what the Set Up tab says of a wrong secret.
async fn marketo(walk: &Walk<'_>) {
    walk.settings("title-marketo").await;
    walk.on("title-marketo", "marketo").await;
    walk.press("title-marketo-set-up").await;
    walk.browser.fill("#f-client_secret", "not-the-secret").await;
    if walk.browser.text("document.querySelector('#f-client_id').value").await.is_empty() {
        walk.browser.fill("#f-client_id", "somebody-else").await;
    }
    if walk.browser.text("document.querySelector('#f-munchkin_id').value").await.is_empty() {
        walk.browser.fill("#f-munchkin_id", "123-ABC-456").await;
    }
    walk.press("connect").await;
    walk.browser.until("the refusal is shown", "document.querySelector('.notice-bad') !== null").await;
    walk.on("title-marketo", "marketo-refused").await;
    walk.settings("title-marketo").await;
    walk.press("connect").await;
    walk.shows(walk.word("said-marketo-connected")).await;
    walk.on("title-marketo", "marketo-connected").await;
}

/// Step 4: Actions Config › Sync › the fields › Start Sync, and its progress until everybody is here.
async fn field_sync(walk: &Walk<'_>) {
    walk.settings("title-actions-config").await;
    walk.press("sync").await;
    walk.on("title-field-sync", "fields").await;
    assert!(walk.browser.value("document.querySelectorAll('tbody tr').length").await.as_u64().unwrap() >= 13);
    walk.press("start-sync").await;
    walk.on("title-actions-config", "sync-started").await;
    walk.shows(walk.word("sync-said-done")).await;
    walk.on("title-actions-config", "sync-done").await;
    // From now on the original user can't be removed.
    walk.settings("title-users").await;
    walk.on("title-users", "users-first").await;
    walk.browser.click("tbody details.confirm > summary").await;
    walk.shows(walk.word("original-user-why")).await;
    walk.lacks(walk.word("remove-yes")).await;
}

/// Step 5a: User Management › Actions › Invite Users.
async fn invite_users(walk: &Walk<'_>) {
    walk.settings("title-users").await;
    walk.press("actions").await;
    walk.press("title-invite").await;
    walk.on("title-invite", "invite").await;
    walk.browser.fill("#f-emails", "mia.koch@brightwater.example, broken@, ops@brightwater.example\nben.ray@brightwater.example").await;
    walk.press("invite").await;
    walk.shows(walk.word("said-invited")).await;
    for outcome in ["outcome-malformed", "outcome-already_member"] {
        walk.shows(walk.word(outcome)).await;
    }
    walk.on("title-invite", "invited").await;
    let mail = walk.newest_mail_to("mia.koch@brightwater.example").await;
    assert!(mail["html"].as_str().unwrap().contains(&format!("lang=\"{}\"", walk.tag)));
}

/// Step 5b: Actions › Invite Users via CSV: upload, map, check, invite, report.
async fn invite_by_csv(walk: &Walk<'_>) {
    let browser = walk.browser;
    let mut file = tempfile::Builder::new().suffix(".csv").tempfile().unwrap();
    // As Excel in Western Europe saves it.
    let bytes: Vec<u8> = FILE.chars().map(|char| u8::try_from(u32::from(char)).unwrap()).collect();
    file.write_all(&bytes).unwrap();
    walk.settings("title-users").await;
    walk.press("actions").await;
    walk.press("title-import").await;
    walk.on("title-import", "csv-upload").await;
    browser.fill("#f-file", file.path().to_str().unwrap()).await;
    walk.press("next").await;
    walk.shows(walk.word("map-head")).await;
    walk.shows("windows-1252").await;
    let chosen = "[...document.querySelectorAll('.mapping select')].map((list) => list.selectedOptions[0].textContent)";
    assert_eq!(browser.value(&format!("{chosen}.slice(0, 4)")).await, serde_json::json!(["E-Mail", "Vorname", "Nachname", "Rolle"]));
    walk.on("title-import", "csv-map").await;
    walk.press("next").await;
    walk.press("check-do").await;
    for outcome in ["outcome-will_invite", "outcome-duplicate", "row-malformed", "outcome-already_member"] {
        walk.shows(walk.word(outcome)).await;
    }
    walk.on("title-import", "csv-check").await;
    browser.open(&browser.text("location.href").await).await;
    walk.shows(walk.word("outcome-duplicate")).await;
    browser.click("form[action$='/invite'] button").await;
    walk.shows(walk.word("import-finished")).await;
    walk.on("title-import", "csv-invited").await;
    walk.press("to-report").await;
    walk.shows(walk.word("report-lead")).await;
    walk.on("title-import", "csv-report").await;
    let report = browser
        .asked("const done = arguments[arguments.length - 1]; fetch(document.querySelector('a[download]').href).then((answer) => answer.text()).then(done)")
        .await;
    let report = report.as_str().unwrap();
    assert!(report.contains("ida.berg@brightwater.example") && report.contains("not an address"), "{report}");
    assert!(!report.contains(",=1+1") && !report.contains(",@SUM"), "{report}");
    let _ = walk.newest_mail_to("lee.wu@brightwater.example").await;
}

/// What the guide does not visit, in a window of 1024 pixels.
async fn other_pages(walk: &Walk<'_>) {
    walk.browser.window(1024, 768).await;
    for (title, path) in [
        ("title-general", "/admin/settings/general"),
        ("title-teams", "/admin/settings/teams"),
        ("title-login", "/admin/settings/login"),
        ("title-audit", "/admin/settings/audit"),
        ("title-marketo", "/admin/settings/marketo/access"),
        ("title-invitations", "/admin/settings/users/invitations"),
        ("title-my-profile", "/admin/settings/my-profile"),
        ("title-users", "/admin/settings/users"),
        ("title-actions-config", "/admin/marketo/actions-config"),
    ] {
        walk.open(path).await;
        walk.on(title, &format!("other-{}", path.rsplit('/').next().unwrap())).await;
        let fits = walk.browser.value("document.documentElement.scrollWidth <= innerWidth").await;
        assert_eq!(fits, true, "{path} fits 1024 pixels");
    }
    walk.browser.window(1280, 900).await;
}

/// The pages that an admin may open on the way.
async fn on_a_phone(walk: &Walk<'_>) {
    walk.settings("title-users").await;
    walk.on("title-users", "users").await;
    walk.browser.window(390, 844).await;
    for (title, what) in [("title-set-up", "checklist"), ("title-users", "users"), ("title-actions-config", "actions-config")] {
        walk.settings(title).await;
        walk.on(title, &format!("phone-{what}")).await;
        let fits = walk.browser.value("document.documentElement.scrollWidth <= innerWidth").await;
        assert_eq!(fits, true, "{what} can be read without scrolling sideways");
    }
    walk.browser.window(1280, 900).await;
}

/// An invited colleague joins: step 5 is done, which nobody ticked. The settings are closed to a user who is no admin.
async fn colleague(walk: &Walk<'_>) {
    let mail = walk.newest_mail_to("lee.wu@brightwater.example").await;
    walk.browser.click(".gear-button").await;
    walk.press("sign-out").await;
    walk.on("title-sign-in", "signed-out").await;
    walk.browser.open(&link_in(&mail)).await;
    walk.press("get-started").await;
    walk.on("title-my-profile", "profile").await;
    walk.settings("title-set-up").await;
    walk.on("title-set-up", "checklist").await;
    let done =
        walk.browser.value("[...document.querySelectorAll('.guide-step')].map((step) => step.classList.contains('guide-done'))").await;
    assert_eq!(done.as_array().unwrap()[..5], [true; 5].map(Value::from), "{done}");
    walk.open("/admin/settings/users").await;
    walk.shows(walk.word("problem-auth-forbidden")).await;
    walk.on("title-refused", "refused").await;
    let complaints = walk.browser.complaints().await;
    assert!(complaints.iter().all(|complaint| complaint.contains("403")), "{complaints:?}");
}

/// The address of the button in one of our mails.
fn link_in(mail: &Value) -> String {
    let text = mail["text"].as_str().unwrap();
    text.split_whitespace().find(|word| word.contains("/invitations/")).unwrap().to_owned()
}

#[tokio::test]
async fn an_admin_walks_the_guide_in_english() {
    walk("en").await;
}

#[tokio::test]
async fn an_admin_walks_the_guide_in_german() {
    walk("de").await;
}
