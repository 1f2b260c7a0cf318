//! The roles apart, as an operator runs them: emulated systems, account, worker and gateway in processes of their own.

use std::net::TcpListener;
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use actix_web::{App, HttpResponse, HttpServer, web};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{SECRET, known, sign, spawn, world};

type Spans = Arc<Mutex<Vec<Value>>>;

// An OpenTelemetry collector, as far as taking spans goes.
fn collector() -> (String, Spans) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let spans = Spans::default();
    let taken = Arc::clone(&spans);
    let take = async |body: web::Bytes, taken: web::Data<Mutex<Vec<Value>>>| {
        let told: Value = serde_json::from_slice(&body).unwrap();
        let each = |value: &Value, name: &str| value[name].as_array().cloned().unwrap_or_default();
        let scopes = each(&told, "resourceSpans").into_iter().flat_map(|resource| each(&resource, "scopeSpans"));
        taken.lock().unwrap().extend(scopes.flat_map(|scope| each(&scope, "spans")));
        HttpResponse::Ok().json(json!({}))
    };
    std::thread::spawn(move || {
        let app = move || App::new().app_data(web::Data::from(Arc::clone(&taken))).route("/v1/traces", web::post().to(take));
        actix_web::rt::System::new().block_on(async { HttpServer::new(app).workers(1).listen(listener).unwrap().run().await })
    });
    (address, spans)
}

// The trace of a signed request goes through face and account, and says of it no more than names, outcomes and ids.
async fn traced(spans: &Spans) {
    let told = |span: &Value, key: &str| {
        let attributes = span["attributes"].as_array().unwrap();
        attributes.iter().find(|one| one["key"] == key).map(|one| one["value"]["stringValue"].as_str().unwrap_or_default().to_owned())
    };
    for _ in 0..100 {
        let spans = spans.lock().unwrap().clone();
        let face = spans.iter().find(|span| span["name"] == "face" && told(span, "route").as_deref() == Some("canvas"));
        let account = face.and_then(|face| {
            let inner = |span: &&Value| span["name"] == "account" && span["traceId"] == face["traceId"];
            spans.iter().find(inner).map(|account| (face, account))
        });
        if let Some((face, account)) = account {
            assert_eq!(told(face, "request_id"), told(account, "request_id"));
            assert!(!account["parentSpanId"].as_str().unwrap_or_default().is_empty(), "{account}");
            let known = ["request_id", "route", "status", "method", "target", "busy_ns", "idle_ns", "level", "system", "call"];
            for span in &spans {
                for attribute in span["attributes"].as_array().unwrap() {
                    assert!(known.contains(&attribute["key"].as_str().unwrap()), "{attribute}");
                }
            }
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("no trace went through face and account: {:?}", spans.lock().unwrap());
}

// Each role tells what it did, and how much of the machine it has.
async fn counted(addresses: &[String; 3]) {
    let own = ["account_requests_total", "upstream_calls_total", "http_requests_total"];
    for (address, own) in addresses.iter().zip(own) {
        let mut told = String::new();
        for _ in 0..100 {
            // A worker says by nothing else that it has begun.
            if let Ok(answer) = world().http.get(format!("http://{address}/metrics")).send().await {
                told = answer.text().await.unwrap();
            }
            if [own, "build_info{", "process_resident_memory_bytes ", "process_open_fds "].iter().all(|name| told.contains(name)) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(told.contains(own) && told.contains("process_open_fds "), "{own}: {told}");
    }
}

pub struct Fleet {
    pub environment: Vec<(String, String)>,
    base: String,
    processes: Vec<Child>,
    pub folder: tempfile::TempDir,
}

// Below the ports that outgoing connections get, which may take one before whoever is to listen there does.
pub fn free_address() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        let place = std::process::id().wrapping_mul(61).wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed)) % 12_000;
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", 20_000 + u16::try_from(place).unwrap())) {
            return listener.local_addr().unwrap().to_string();
        }
    }
}

impl Fleet {
    pub fn new(sandbox: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (face, account) = (free_address(), free_address());
        let host = sandbox.strip_prefix("http://").unwrap();
        let pairs = [
            ("MSI__CANVAS__CONSUMER_SECRETS", SECRET.to_owned()),
            ("MSI__DATABASE__URL", format!("sqlite://{}/fleet.db", folder.path().display())),
            ("MSI__GATEWAY__LISTEN", face.clone()),
            ("MSI__GATEWAY__PUBLIC_URL", format!("http://{face}")),
            ("MSI__GATEWAY__TOKEN_KEY", "1".repeat(64)),
            ("MSI__ACCOUNT__LISTEN", account.clone()),
            ("MSI__ACCOUNT__URL", format!("http://{account}")),
            ("MSI__ACCOUNT__KEY", "2".repeat(64)),
            ("MSI__SECRETS__SEALING_KEY", "3".repeat(64)),
            ("MSI__MARKETO__EXTRA_HOSTS", host.to_owned()),
            ("MSI__SALESFORCE__EXTRA_HOSTS", host.to_owned()),
            ("MSI__MARKETO__BULK_POLL_SECONDS", "1".to_owned()),
            ("MSI__LOG__FILTER", "error".to_owned()),
        ];
        let environment = pairs.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Self { environment, base: format!("http://{face}"), processes: Vec::new(), folder }
    }

    fn command(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_msi-gateway"));
        command.args(words).envs(self.environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    pub fn run(&self, words: &[&str]) -> Output {
        self.command(words).output().unwrap()
    }

    pub fn start(&mut self, role: &str, figures: &str) {
        let process = self.command(&[role]).env("MSI__LOG__METRICS", figures).stdout(Stdio::null()).spawn().unwrap();
        self.processes.push(process);
    }

    pub fn stop(&mut self) {
        for mut process in self.processes.drain(..) {
            let _ = process.kill();
            let _ = process.wait();
        }
    }

    pub async fn ready(&self) {
        for _ in 0..600 {
            let answer = world().http.get(format!("{}/readyz", self.base)).send().await;
            if answer.is_ok_and(|answer| answer.status() == 200) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the fleet did not become ready");
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.stop();
    }
}

pub fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn the_roles_run_apart_and_the_doctor_finds_nothing_wrong() {
    let (sandbox, address) = spawn(&["sandbox", "--port", "0", "--people", "60"], &[("MSI__CANVAS__CONSUMER_SECRETS", SECRET)]);
    let mut fleet = Fleet::new(&address);
    fleet.processes.push(sandbox);
    assert!(fleet.run(&["migrate"]).status.success());

    let salesforce: Value = world().http.get(format!("{address}/_control/world")).send().await.unwrap().json().await.unwrap();
    let (org, instance) =
        (salesforce["salesforce"]["org_id"].as_str().unwrap(), salesforce["salesforce"]["instance_url"].as_str().unwrap());
    let told = fleet.run(&[
        "admin",
        "org",
        "--name",
        "Fleet",
        "--org-id",
        org,
        "--instance-url",
        instance,
        "--frame",
        "https://acme.lightning.force.com",
    ]);
    let account = text(&told).trim().strip_prefix("account=").expect("the account's id is said").to_owned();
    let secret = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(secret.path(), salesforce["marketo"]["client_secret"].as_str().unwrap()).unwrap();
    let file = secret.path().display().to_string();
    let (endpoint, client) = (salesforce["marketo"]["url"].as_str().unwrap(), salesforce["marketo"]["client_id"].as_str().unwrap());
    let connect = ["admin", "marketo", "--account", &account, "--endpoint", endpoint, "--client-id", client, "--client-secret-file", &file];
    assert!(fleet.run(&connect).status.success());

    assert!(text(&fleet.run(&["admin", "accounts"])).contains(&account));
    let entered = text(&fleet.run(&["admin", "enter", "--email", "ops@brightwater.example"]));
    assert!(entered.starts_with(&format!("link={}/sign-in/enter#", fleet.base)), "{entered}");
    let invited = text(&fleet.run(&["admin", "member", "--email", "ada@example.com", "--role", "admin"]));
    assert!(invited.starts_with(&format!("outcome=invited link={}/invitations/", fleet.base)), "{invited}");
    assert!(!fleet.run(&["admin", "member", "--email", "ada@example.com", "--role", "root"]).status.success());

    let (address, spans) = collector();
    let traces = [("MSI__LOG__TRACES", address.as_str()), ("MSI__LOG__TRACE_PERCENT", "100"), ("OTEL_BSP_SCHEDULE_DELAY", "100")];
    fleet.environment.extend(traces.map(|(name, value)| (name.to_owned(), value.to_owned())));
    let figures = [free_address(), free_address(), free_address()];
    for (role, address) in ["account", "worker", "gateway"].into_iter().zip(&figures) {
        fleet.start(role, address);
    }
    fleet.ready().await;
    let mut envelope = world().envelope();
    envelope["client"]["instanceUrl"] = salesforce["salesforce"]["instance_url"].clone();
    envelope["context"]["organization"]["organizationId"] = salesforce["salesforce"]["org_id"].clone();
    let form = [("signed_request", sign(SECRET, &envelope))];
    assert_eq!(world().http.post(format!("{}/canvas", fleet.base)).form(&form).send().await.unwrap().status(), 200);

    traced(&spans).await;
    counted(&figures).await;

    let doctor = fleet.run(&["doctor"]);
    assert!(doctor.status.success(), "{}", text(&doctor));
    assert!(text(&doctor).trim_end().ends_with("wrong=0"), "{}", text(&doctor));
    fleet.environment.retain(|(name, _)| name != "MSI__CANVAS__CONSUMER_SECRETS");
    let doctor = fleet.run(&["doctor"]);
    assert_eq!(doctor.status.code(), Some(1));
    assert!(text(&doctor).contains("WRONG  Consumer secrets"), "{}", text(&doctor));
}

#[tokio::test]
async fn a_process_that_is_asked_to_stop_stops_in_order() {
    let (mut demo, base) = spawn(&["demo", "--port", "0", "--people", "30"], &[("MSI__CANVAS__CONSUMER_SECRETS", SECRET)]);
    known(&world().http, &base).await;
    assert!(Command::new("kill").args(["-TERM", &demo.id().to_string()]).status().unwrap().success());
    assert!(demo.wait().unwrap().success());
    assert!(world().http.get(format!("{base}/healthz")).send().await.is_err());
}

#[test]
fn csr_14_a_short_secret_and_an_unknown_key_keep_the_program_from_starting() {
    let fleet = Fleet::new("http://127.0.0.1:9");
    for (name, value, said) in
        [("MSI__CANVAS__CONSUMER_SECRETS", "short", "fewer than 32"), ("MSI__CANVAS__CONSUMER_SECRET", "x", "consumer_secret")]
    {
        let output = fleet.command(&["serve"]).env(name, value).output().unwrap();
        assert!(!output.status.success());
        let error = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(error.contains(said), "{error}");
    }
}

/// As where their clocks differ: it is no affair of whoever asks, whose own token is as good as before.
#[tokio::test]
async fn a_face_that_the_account_does_not_know_says_that_it_is_in_trouble_itself() {
    let mut fleet = Fleet::new("http://127.0.0.1:1");
    fleet.start("account", "");
    for (name, value) in &mut fleet.environment {
        if name == "MSI__ACCOUNT__KEY" {
            *value = "4".repeat(64);
        }
    }
    fleet.start("gateway", "");
    fleet.ready().await;
    let asked = world().http.get(format!("{}/api/v1/me", fleet.base)).bearer_auth(format!("msi_{}", "a".repeat(43)));
    let answer = asked.send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers()["retry-after"].to_str().unwrap()), (503, "5"));
    let problem: Value = answer.json().await.unwrap();
    assert_eq!(problem["code"], "account.unavailable", "{problem}");
}

#[tokio::test]
async fn the_account_keeps_a_resting_connection_for_longer_than_a_face_does() {
    let mut fleet = Fleet::new("http://127.0.0.1:9");
    assert!(fleet.run(&["migrate"]).status.success());
    fleet.start("account", "");
    let address = fleet.environment.iter().find(|(name, _)| name == "MSI__ACCOUNT__LISTEN").unwrap().1.clone();
    // A face asks on a connection that rested for up to twenty seconds, after an answer or before the first question.
    let asked = [[0, 21], [21, 0]].map(async |rests| {
        let mut stream = loop {
            match TcpStream::connect(&address).await {
                Ok(stream) => break stream,
                Err(_) => tokio::time::sleep(Duration::from_millis(50)).await,
            }
        };
        for rest in rests {
            tokio::time::sleep(Duration::from_secs(rest)).await;
            stream.write_all(b"GET /readyz HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
            let mut answer = [0; 4096];
            let count = stream.read(&mut answer).await.unwrap();
            assert!(answer[..count].starts_with(b"HTTP/1.1 200"), "after {rest} s: {}", String::from_utf8_lossy(&answer[..count]));
        }
    });
    futures_util::future::join_all(asked).await;
}
