//! A running demo, and the hands to work it: signed requests, tokens, raw sockets.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

/// The first active consumer secret: the sandbox's Salesforce signs with it.
pub const SECRET: &str = "8d1f6f0c2b7e4f1aa5c9e3d7b6a80f42";
/// The second one, as during a rotation.
pub const OTHER_SECRET: &str = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";

pub struct World {
    pub base: String,
    pub http: reqwest::Client,
    salesforce: Value,
    leads: Vec<String>,
    contacts: Vec<String>,
    strangers: Vec<String>,
    _demo: Child,
}

/// The demo of this test run.
pub fn world() -> &'static World {
    static WORLD: OnceLock<World> = OnceLock::new();
    WORLD.get_or_init(|| std::thread::spawn(start).join().unwrap())
}

/// Starts the binary with these arguments and returns it with the address that it says it is ready at.
pub fn spawn(arguments: &[&str], environment: &[(&str, &str)]) -> (Child, String) {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_msi-gateway"))
        .args(arguments)
        .envs(environment.iter().copied())
        .env("MSI__LOG__FILTER", std::env::var("MSI_TEST_LOG").unwrap_or_else(|_| "error".to_owned()))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let ready = lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("ready ").map(str::to_owned));
    // The rest is read so that the program never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    (demo, ready.expect("the program says when it is ready"))
}

fn start() -> World {
    let secrets = format!("{SECRET},{OTHER_SECRET}");
    // As behind a proxy on this machine, so that a test can come from a place of its own.
    let environment = [("MSI__CANVAS__CONSUMER_SECRETS", secrets.as_str()), ("MSI__GATEWAY__TRUSTED_PROXIES", "127.0.0.1")];
    let (demo, base) = spawn(&["demo", "--port", "0", "--people", "400", "--until-stdin-closes"], &environment);
    let http = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        // Each test has a runtime of its own, and a connection ends with the runtime that opened it.
        .pool_max_idle_per_host(0)
        .timeout(Duration::from_secs(20))
        .build()
        .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (salesforce, lists) = runtime.block_on(async {
        let client = reqwest::Client::new();
        let salesforce = known(&client, &base).await;
        let mut lists = Vec::new();
        for list in ["", "?object=Contact"] {
            let page = client.get(format!("{base}/sandbox/salesforce/{list}")).send().await.unwrap().text().await.unwrap();
            lists.push(page);
        }
        (salesforce, lists)
    });
    let (leads, odd_ones) = lists[0].split_once("Worth a look").unwrap();
    let strangers = odd_ones.split("<li>").filter(|one| one.contains("Marketo doesn")).flat_map(records).collect();
    World { base, http, salesforce, leads: records(leads), strangers, contacts: records(&lists[1]), _demo: demo }
}

/// What the emulated Salesforce of a demo says of itself.
pub async fn known(http: &reqwest::Client, base: &str) -> Value {
    let world: Value = http.get(format!("{base}/sandbox/_control/world")).send().await.unwrap().json().await.unwrap();
    world["salesforce"].clone()
}

fn records(page: &str) -> Vec<String> {
    page.split("/lightning/r/").skip(1).filter_map(|rest| rest.split('/').nth(1)).map(str::to_owned).collect()
}

impl World {
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.base)
    }

    pub fn org_id(&self) -> &str {
        self.salesforce["org_id"].as_str().unwrap()
    }

    /// Leads that the account knows.
    pub fn lead(&self) -> &str {
        &self.leads[0]
    }

    pub fn other_lead(&self) -> &str {
        &self.leads[1]
    }

    pub fn leads(&self) -> &[String] {
        &self.leads
    }

    pub fn contacts(&self) -> &[String] {
        &self.contacts
    }

    /// A lead of the org whom Marketo does not know.
    pub fn stranger(&self) -> &str {
        &self.strangers[0]
    }

    /// A record page's own signed request, as the emulated Salesforce makes it.
    pub async fn signed_by_salesforce(&self, object: &str, record: &str) -> String {
        let page = self.http.get(self.url(&format!("/sandbox/salesforce/lightning/r/{object}/{record}/view"))).send().await.unwrap();
        let page = page.text().await.unwrap();
        let field = page.split("name=\"signed_request\"").nth(1).expect("the page has the form").split("value=\"").nth(1).unwrap();
        field
            .split('"')
            .next()
            .unwrap()
            .replace("&#x2B;", "+")
            .replace("&#x3D;", "=")
            .replace("&#x2F;", "/")
            .replace("&#43;", "+")
            .replace("&#61;", "=")
            .replace("&#47;", "/")
    }

    /// An envelope for our lead that nobody has seen yet.
    pub fn envelope(&self) -> Value {
        json!({
            "algorithm": "HMACSHA256", "issuedAt": null, "userId": "005000000000001EAA", "salt": salt(),
            "client": {"oauthToken": "00D!made-up", "refreshToken": null, "instanceId": "_:Msi:1", "instanceUrl": self.salesforce["instance_url"], "targetOrigin": self.base},
            "context": {
                "user": {"userId": "005000000000001EAA", "language": "en_US", "timeZone": "Europe/Berlin", "fullName": "Zoë Ünïcødé"},
                "organization": {"organizationId": self.org_id(), "name": "Test"},
                "environment": {"parameters": {}, "record": {"attributes": {"type": "Lead", "url": "/x"}, "Id": self.lead()}, "dimensions": {"height": "450px"}},
            }
        })
    }

    /// Posts a signed request as a form, as a program would.
    pub async fn post(&self, signed_request: &str) -> reqwest::Response {
        self.post_body(format!("signed_request={}", encode(signed_request))).await
    }

    pub async fn post_body(&self, body: String) -> reqwest::Response {
        let request = self.http.post(self.url("/canvas")).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        request.send().await.unwrap()
    }

    /// Opens a panel for an envelope and returns its session token.
    pub async fn session(&self, envelope: &Value) -> String {
        let answer = self.post(&sign(SECRET, envelope)).await;
        assert_eq!(answer.status(), 200);
        token_of(&answer.text().await.unwrap())
    }

    pub async fn fragment(&self, path: &str, token: &str) -> reqwest::Response {
        self.fragment_as(path, token, "test-of-a-fragment").await
    }

    /// A fragment asked for under a request id, by which the sandbox's journal can tell whose calls it saw.
    pub async fn fragment_as(&self, path: &str, token: &str, request_id: &str) -> reqwest::Response {
        let request = self.http.get(self.url(path)).bearer_auth(token).header("Accept", "text/html").header("X-Request-Id", request_id);
        request.send().await.unwrap()
    }

    /// Paths of the calls that the emulated systems got under a request id.
    pub async fn calls_under(&self, request_id: &str) -> Vec<String> {
        let journal: Value = self.http.get(self.url("/sandbox/_control/journal")).send().await.unwrap().json().await.unwrap();
        let calls = journal["calls"].as_array().unwrap().iter();
        calls.filter(|call| call["request_id"] == request_id).map(|call| call["path"].as_str().unwrap().to_owned()).collect()
    }

    /// An assertion as the org's Apex code would sign it, with claims or (below `header`) header members changed.
    pub async fn assertion(&self, changes: Value) -> String {
        let answer = self.http.post(self.url("/sandbox/salesforce/apex/assertion")).json(&changes).send().await.unwrap();
        let answer: Value = answer.json().await.unwrap();
        answer["assertion"].as_str().unwrap().to_owned()
    }

    pub async fn redeem(&self, assertion: &str) -> reqwest::Response {
        let body = format!("grant_type={}&assertion={}", encode("urn:ietf:params:oauth:grant-type:jwt-bearer"), encode(assertion));
        let request = self.http.post(self.url("/oauth/token")).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        request.send().await.unwrap()
    }

    pub async fn access_token(&self) -> String {
        let answer = self.redeem(&self.assertion(json!({})).await).await;
        assert_eq!(answer.status(), 200);
        let answer: Value = answer.json().await.unwrap();
        answer["access_token"].as_str().unwrap().to_owned()
    }
}

/// The session token inside a panel's page.
pub fn token_of(page: &str) -> String {
    let island = page.split("id=\"panel-config\">").nth(1).expect("the page carries its configuration").split("</script>").next().unwrap();
    let config: Value = serde_json::from_str(island).expect("the configuration is JSON");
    config["token"].as_str().unwrap().to_owned()
}

/// Signs an envelope as Salesforce does; by the words of the standard, not by the gateway's code.
pub fn sign(secret: &str, envelope: &Value) -> String {
    sign_text(secret, envelope.to_string().as_bytes())
}

pub fn sign_text(secret: &str, envelope: &[u8]) -> String {
    let encoded = STANDARD.encode(envelope);
    format!("{}.{encoded}", STANDARD.encode(mac(secret, encoded.as_bytes())))
}

pub fn mac(secret: &str, message: &[u8]) -> Vec<u8> {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), message).as_ref().to_vec()
}

pub fn encode(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string()
}

pub fn now_s() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs()).unwrap()
}

fn salt() -> String {
    let mut bytes = [0_u8; 12];
    aws_lc_rs::rand::fill(&mut bytes).unwrap();
    STANDARD.encode(bytes)
}

/// A refusal: its status and code, and that it is a proper problem document that leaks nothing.
pub async fn refusal(answer: reqwest::Response) -> (u16, String) {
    let status = answer.status().as_u16();
    let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
    assert_eq!(header("content-type"), "application/problem+json", "{status}");
    assert_eq!(header("cache-control"), "no-store");
    assert_eq!(header("x-content-type-options"), "nosniff");
    assert_eq!(header("set-cookie"), "");
    let text = answer.text().await.unwrap();
    for leak in ["deserialize error", "payload reached", "Content type error", "serde", "panicked", "src/"] {
        assert!(!text.contains(leak), "{text}");
    }
    let problem: Value = serde_json::from_str(&text).unwrap();
    for member in ["type", "title", "status", "code", "detail", "request_id"] {
        assert!(!problem[member].is_null(), "{member} is missing in {text}");
    }
    assert_eq!(problem["status"], status);
    (status, problem["code"].as_str().unwrap().to_owned())
}
