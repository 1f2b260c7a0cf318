//! The demo starts with the guide done: its members sign in, their programs use the API, and a panel leads into the settings.

use serde_json::{Value, json};

use crate::world::{refusal, world};

const FIRST: &str = "ops@brightwater.example";

/// A browser: its cookie, and the forms of the page that it is at.
pub struct Browser {
    base: String,
    pub cookie: String,
    pub page: String,
}

impl Browser {
    fn at(base: &str) -> Self {
        Self { base: base.to_owned(), cookie: String::new(), page: String::new() }
    }

    async fn exchange(&mut self, request: reqwest::RequestBuilder) -> reqwest::Response {
        let answer = request.header("Accept", "text/html").header("Cookie", &self.cookie).send().await.unwrap();
        let set = answer.headers().get_all("set-cookie").iter().filter_map(|line| line.to_str().ok());
        if let Some(line) = set.into_iter().find(|line| line.starts_with("msi=")) {
            line.split(';').next().unwrap().clone_into(&mut self.cookie);
        }
        answer
    }

    pub async fn open(&mut self, path: &str) -> u16 {
        let answer = self.exchange(world().http.get(format!("{}{path}", self.base))).await;
        let status = answer.status().as_u16();
        self.page = answer.text().await.unwrap();
        status
    }

    async fn send(&mut self, path: &str, fields: &[(&str, &str)]) -> u16 {
        let token = self.page.split("name=\"csrf\" value=\"").nth(1).expect("a form").split('"').next().unwrap().to_owned();
        let form: Vec<(&str, &str)> = fields.iter().copied().chain([("csrf", token.as_str())]).collect();
        let answer = self.exchange(world().http.post(format!("{}{path}", self.base)).header("Origin", &self.base).form(&form)).await;
        let status = answer.status().as_u16();
        self.page = answer.text().await.unwrap();
        status
    }
}

async fn newest_link(to: &str, part: &str) -> Option<String> {
    newest_link_at(&world().base, to, part).await
}

async fn newest_link_at(base: &str, to: &str, part: &str) -> Option<String> {
    let mails: Value = world().http.get(format!("{base}/sandbox/mail/messages.json")).send().await.unwrap().json().await.unwrap();
    let mails = mails.as_array().unwrap().clone();
    let mine = mails.iter().find(|mail| mail["to"][0].as_str().unwrap().contains(to) && mail["text"].as_str().unwrap().contains(part))?;
    let line = mine["text"].as_str().unwrap().lines().map(str::trim).find(|line| line.contains(part))?.to_owned();
    Some(line[line.find(part).unwrap()..].to_owned())
}

/// Somebody who signed in by a link.
pub async fn by_link(email: &str) -> Browser {
    by_link_at(&world().base, email).await
}

async fn by_link_at(base: &str, email: &str) -> Browser {
    let mut browser = Browser::at(base);
    assert_eq!(browser.open("/sign-in").await, 200);
    assert_eq!(browser.send("/sign-in/link", &[("email", email)]).await, 303);
    for _ in 0..100 {
        if let Some(path) = newest_link_at(base, email, "/sign-in/link/").await {
            assert_eq!(browser.open(&path).await, 200);
            assert_eq!(browser.send(&path, &[]).await, 303);
            return browser;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("no link came for {email}");
}

/// A personal token made on My Profile.
pub async fn token(browser: &mut Browser) -> String {
    assert_eq!(browser.open("/admin/settings/my-profile").await, 200);
    assert_eq!(browser.send("/admin/settings/my-profile/api-tokens", &[("name", "A test"), ("days", "30")]).await, 200);
    let at = browser.page.find("msi_").expect("the token is shown");
    browser.page[at..at + 47].to_owned()
}

/// The first user's personal token at another demo.
pub async fn first_admin_of(base: &str) -> String {
    let mut first = by_link_at(base, FIRST).await;
    token(&mut first).await
}

/// The first user's cookie and personal token; one sign-in for the whole run, since a link is mailed once a minute at most.
pub async fn first_admin() -> &'static (String, String) {
    static FIRST_ADMIN: tokio::sync::OnceCell<(String, String)> = tokio::sync::OnceCell::const_new();
    let enter = async || {
        let mut first = by_link(FIRST).await;
        let token = token(&mut first).await;
        (first.cookie, token)
    };
    FIRST_ADMIN.get_or_init(enter).await
}

async fn get(path: &str, token: &str) -> Value {
    let answer = world().http.get(world().url(path)).bearer_auth(token).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    answer.json().await.unwrap()
}

#[tokio::test]
async fn the_demo_starts_with_the_guide_done_and_a_program_invites_by_file() {
    let (cookie, token) = first_admin().await;
    let set_up = get("/api/v1/set-up", token).await;
    for step in &set_up["steps"].as_array().unwrap()[..5] {
        assert_eq!(step["state"], "done", "{step}");
    }
    let me = get("/api/v1/me", token).await;
    assert_eq!((&me["email"], &me["role"], &me["original_user"]), (&json!(FIRST), &json!("admin"), &json!(true)));
    assert_eq!(get("/api/v1/connections/marketo", token).await["owner"]["email"], FIRST);
    assert_eq!(get("/api/v1/connections/salesforce", token).await["user"], "sam.taylor@brightwater.example");
    assert!(get("/api/v1/members", token).await["total"].as_i64().unwrap() >= 7);

    let file = "email;role\r\nfile.one@brightwater.example;user\r\nno address;user\r\nfile.one@brightwater.example;user\r\nfile.two@brightwater.example;admin\r\n";
    let post = |path: String| world().http.post(world().url(&path)).bearer_auth(token);
    let upload = post("/api/v1/invitations/imports".to_owned()).header("Content-Type", "text/csv").header("X-File-Name", "people.csv");
    let upload = upload.body(file).send().await.unwrap();
    assert_eq!(upload.status(), 201);
    let import: Value = upload.json().await.unwrap();
    let path = format!("/api/v1/invitations/imports/{}", import["id"].as_str().unwrap());
    let settled = async |wanted: &str| {
        for _ in 0..100 {
            let seen = get(&path, token).await;
            if seen["state"] == wanted {
                return seen;
            }
            tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        }
        panic!("the import did not become {wanted}");
    };
    assert!(post(format!("{path}/check")).send().await.unwrap().status().is_success());
    let checked = settled("checked").await;
    assert_eq!(checked["counts"], json!({"will_invite": 2, "malformed": 1, "duplicate": 1}));
    assert_eq!(post(format!("{path}/invite")).send().await.unwrap().status(), 202);
    assert_eq!(settled("done").await["counts"]["invited"], 2);
    let report = world().http.get(world().url(&format!("{path}/report.csv"))).bearer_auth(token).send().await.unwrap();
    assert_eq!(report.headers()["content-type"], "text/csv; charset=utf-8");
    assert_eq!(report.text().await.unwrap().matches("\"invited\"").count(), 2);
    assert!(
        newest_link("file.two@brightwater.example", "/invitations/").await.is_some() || {
            tokio::time::sleep(std::time::Duration::from_secs(2)).await;
            newest_link("file.two@brightwater.example", "/invitations/").await.is_some()
        }
    );

    // CSF-01: the same address with the browser's cookie is nobody.
    let forged = world().http.get(world().url("/api/v1/members")).header("Cookie", cookie).send().await.unwrap();
    assert_eq!(refusal(forged).await, (401, "token.missing".to_owned()));
    // What is not offered is not there, and an org's own code is no member.
    let hidden = world().http.post(world().url("/api/v1/actions-config/integration/reveal")).bearer_auth(token).send().await.unwrap();
    assert_eq!(refusal(hidden).await, (404, "not_found".to_owned()));
    let package = world().access_token().await;
    let members = world().http.get(world().url("/api/v1/members")).bearer_auth(&package).send().await.unwrap();
    assert_eq!(refusal(members).await, (403, "auth.forbidden".to_owned()));
    let budget = world().http.get(world().url("/api/v1/budget")).bearer_auth(&package).send().await.unwrap();
    assert_eq!(refusal(budget).await, (404, "not_found".to_owned()));
}

#[tokio::test]
async fn a_panel_leads_its_member_into_the_settings_and_tells_others_what_to_do() {
    let mut envelope = world().envelope();
    let users: Value = {
        let page = world().signed_by_salesforce("Lead", world().lead()).await;
        let encoded = page.split_once('.').unwrap().1.to_owned();
        let bytes = base64::Engine::decode(&base64::engine::general_purpose::STANDARD, encoded).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    // Whoever has the emulated Salesforce open is Robin, who signed in with Salesforce once.
    envelope["userId"] = users["userId"].clone();
    envelope["context"]["user"]["userId"] = users["context"]["user"]["userId"].clone();
    let session = world().session(&envelope).await;
    let ask = |session: &str| world().http.post(world().url("/panel/settings")).bearer_auth(session).send();
    let answer = ask(&session).await.unwrap();
    assert_eq!(answer.status(), 200);
    let answer: Value = answer.json().await.unwrap();
    let (address, code) = answer["href"].as_str().unwrap().split_once('#').unwrap();
    assert_eq!(address, world().url("/sign-in/enter"));
    let mut tab = Browser::at(&world().base);
    assert_eq!(tab.open("/sign-in/enter").await, 200);
    assert_eq!(tab.send("/sign-in/enter", &[("token", code)]).await, 303);
    assert_eq!(tab.open("/admin/settings/my-profile").await, 200);
    assert!(tab.page.contains("robin.alvarez@brightwater.example"), "{}", tab.page);
    // The code works once, also in another browser.
    let mut other = Browser::at(&world().base);
    other.open("/sign-in/enter").await;
    other.send("/sign-in/enter", &[("token", code)]).await;
    assert_ne!(other.open("/admin/settings/my-profile").await, 200);

    let mut stranger = world().envelope();
    stranger["context"]["user"]["userId"] = json!("005000000000042AAA");
    stranger["userId"] = json!("005000000000042AAA");
    let session = world().session(&stranger).await;
    assert_eq!(refusal(ask(&session).await.unwrap()).await, (403, "entrance.not_member".to_owned()));
    assert_eq!(refusal(ask("nothing").await.unwrap()).await.0, 401);
}
