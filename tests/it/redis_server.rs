//! Redis as an operator runs it who takes care: a password, TLS by an authority of one's own, nothing in the clear; and as a cluster,
//! which refuses whatever touches keys of two slots at once, of one node or of several.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::roles::free_address;
use crate::world::{SECRET, known, refusal, sign, spawn, token_of, world};

const PASSWORD: &str = "a-pass-word";

struct Server {
    process: Child,
    port: u16,
    /// Where other nodes speak with it.
    bus: u16,
    folder: tempfile::TempDir,
}

impl Server {
    /// A node that holds everything.
    fn start() -> Self {
        let mut server = Self::node(&rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap());
        server.until("OK", &["cluster", "addslotsrange", "0", "16383"]);
        server.until("cluster_state:ok", &["cluster", "info"]);
        server
    }

    /// Three nodes; the first holds nothing, so that whoever knows only that one has to learn of the others.
    fn cluster() -> [Self; 3] {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
        let mut nodes = [(); 3].map(|()| Self::node(&made));
        let others = [1, 2].map(|index: usize| (nodes[index].port.to_string(), nodes[index].bus.to_string()));
        nodes[1].until("OK", &["cluster", "addslotsrange", "0", "8191"]);
        nodes[2].until("OK", &["cluster", "addslotsrange", "8192", "16383"]);
        for (port, bus) in &others {
            nodes[0].until("OK", &["cluster", "meet", "127.0.0.1", port, bus]);
        }
        for node in &mut nodes {
            node.until("cluster_known_nodes:3", &["cluster", "info"]);
            node.until("cluster_state:ok", &["cluster", "info"]);
        }
        nodes
    }

    fn node(made: &rcgen::CertifiedKey<rcgen::KeyPair>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("tls.crt"), made.cert.pem()).unwrap();
        std::fs::write(folder.path().join("tls.key"), made.signing_key.serialize_pem()).unwrap();
        let (port, bus) = (free_port(), free_port());
        let mut server = Self { process: process(folder.path(), port, bus), port, bus, folder };
        for _ in 0..5 {
            if server.says("PONG", &["ping"]) {
                return server;
            }
            // A port that was free when it was looked for may be somebody's when the server comes to it.
            server.end();
            (server.port, server.bus) = (free_port(), free_port());
            server.process = process(server.folder.path(), server.port, server.bus);
        }
        panic!("redis-server did not start: {}", server.log());
    }

    fn ca(&self) -> String {
        self.folder.path().join("tls.crt").display().to_string()
    }

    fn url(&self, scheme: &str, password: &str) -> String {
        format!("{scheme}://:{password}@127.0.0.1:{}/", self.port)
    }

    fn ask(&self, words: &[&str]) -> String {
        let mut command = Command::new("redis-cli");
        command.args(["--tls", "--cacert", &self.ca(), "-p", &self.port.to_string(), "--no-auth-warning", "-a", PASSWORD]).args(words);
        String::from_utf8_lossy(&command.output().unwrap().stdout).into_owned()
    }

    /// Whether an answer holds `wanted` within a minute; no longer than the server itself is there.
    fn says(&mut self, wanted: &str, words: &[&str]) -> bool {
        let end = Instant::now() + Duration::from_mins(1);
        while Instant::now() < end {
            if self.ask(words).contains(wanted) {
                return true;
            }
            if self.process.try_wait().unwrap().is_some() {
                return false;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        false
    }

    fn until(&mut self, wanted: &str, words: &[&str]) {
        assert!(self.says(wanted, words), "redis-server did not say {wanted}: {} {}", self.ask(words), self.log());
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap_or_default()
    }

    fn end(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    free_address().rsplit(':').next().and_then(|port| port.parse().ok()).unwrap()
}

fn process(folder: &Path, port: u16, bus: u16) -> Child {
    let (tls_port, dir) = (port.to_string(), folder.display().to_string());
    Command::new("redis-server")
        .args(["--port", "0", "--tls-port", &tls_port, "--bind", "127.0.0.1", "--dir", &dir, "--save", "", "--appendonly", "no"])
        .args(["--tls-cert-file", &format!("{dir}/tls.crt"), "--tls-key-file", &format!("{dir}/tls.key"), "--tls-auth-clients", "no"])
        .args(["--tls-ca-cert-file", &format!("{dir}/tls.crt"), "--requirepass", PASSWORD, "--cluster-enabled", "yes"])
        // Left alone, a node's port for other nodes follows from the one in the clear, and is the same for all who have none.
        .args(["--cluster-port", &bus.to_string(), "--tls-cluster", "yes", "--logfile", &format!("{dir}/log")])
        .stdout(Stdio::null())
        .spawn()
        .expect("redis-server is installed")
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

async fn figure(base: &str, name: &str) -> f64 {
    let text = world().http.get(format!("{base}/metrics")).send().await.unwrap().text().await.unwrap();
    let values = text.lines().filter(|line| line.starts_with(name)).filter_map(|line| line.rsplit(' ').next()?.parse::<f64>().ok());
    values.sum()
}

#[tokio::test]
async fn sessions_and_the_memory_of_seen_requests_work_behind_password_and_tls_on_a_node_of_a_cluster() {
    work_on(&[Server::start()], "false").await;
}

#[tokio::test]
async fn they_work_on_several_nodes_of_which_one_is_known() {
    let nodes = Server::cluster();
    work_on(&nodes, "true").await;
    assert!(nodes[0].ask(&["dbsize"]).starts_with('0'));
}

async fn work_on(nodes: &[Server], cluster: &str) {
    let server = &nodes[0];
    let url = server.url("rediss", PASSWORD);
    let ca = server.ca();
    let environment = [
        ("MSI__CANVAS__CONSUMER_SECRETS", SECRET),
        ("MSI__REDIS__URL", url.as_str()),
        ("MSI__REDIS__CA_FILE", ca.as_str()),
        ("MSI__REDIS__CLUSTER", cluster),
    ];
    let (mut demo, base) = spawn(&["demo", "--port", "0", "--people", "60"], &environment);
    let http = &world().http;
    let ready: Value = http.get(format!("{base}/readyz")).send().await.unwrap().json().await.unwrap();
    assert_eq!(ready["memory"], "redis");

    // A rep comes, and comes again with the same request.
    let salesforce = known(http, &base).await;
    let mut envelope = world().envelope();
    envelope["client"]["instanceUrl"] = salesforce["instance_url"].clone();
    envelope["context"]["organization"]["organizationId"] = salesforce["org_id"].clone();
    let leads = http.get(format!("{base}/sandbox/salesforce/")).send().await.unwrap().text().await.unwrap();
    envelope["context"]["environment"]["record"]["Id"] =
        json!(leads.split("/lightning/r/Lead/").nth(1).unwrap().split('/').next().unwrap());
    let form = [("signed_request", sign(SECRET, &envelope))];
    let page = http.post(format!("{base}/canvas")).form(&form).send().await.unwrap();
    assert_eq!(page.status(), 200);
    let token = token_of(&page.text().await.unwrap());
    assert_eq!(refusal(http.post(format!("{base}/canvas")).form(&form).send().await.unwrap()).await, (409, "canvas.replayed".to_owned()));
    // Session and fragment in one round trip; twice, so that the second one comes from the memory.
    for _ in 0..2 {
        let fragment = http.get(format!("{base}/panel/person")).bearer_auth(&token).header("accept", "text/html").send().await.unwrap();
        assert_eq!(fragment.status(), 200);
    }
    // An assertion is used up, a limit is counted, a browser signs in and is remembered.
    let assertion = http.post(format!("{base}/sandbox/salesforce/apex/assertion")).json(&json!({})).send().await.unwrap();
    let assertion: Value = assertion.json().await.unwrap();
    let grant = [("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer"), ("assertion", assertion["assertion"].as_str().unwrap())];
    assert_eq!(http.post(format!("{base}/oauth/token")).form(&grant).send().await.unwrap().status(), 200);
    assert_eq!(refusal(http.post(format!("{base}/oauth/token")).form(&grant).send().await.unwrap()).await.0, 401);
    assert_eq!(http.get(format!("{base}/t/unknown")).send().await.unwrap().status(), 404);

    // It all lies there, nothing was refused for touching two slots, and the budget's ledger is there as well.
    let asked = |words: &[&str]| nodes.iter().map(|node| node.ask(words)).collect::<String>();
    let kept = asked(&["--scan"]);
    for part in ["}:s:", "}:seen:", "}:epoch", "}:f:person:", "msi:pace:", "{budget:"] {
        assert!(kept.contains(part), "{part} in {kept}");
    }
    let errors = asked(&["info", "errorstats"]);
    assert!(!errors.contains("CROSSSLOT"), "{errors}");
    assert!(asked(&["info", "commandstats"]).contains("cmdstat_mget"), "session and fragment are asked for together");
    assert!(figure(&base, "memory_errors_total").await < 1.0);
    demo.kill().unwrap();
    demo.wait().unwrap();
}

#[test]
fn a_wrong_password_or_an_unknown_authority_is_found_by_the_doctor() {
    let server = Server::start();
    let doctor = |url: &str, ca: Option<&str>| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_msi-gateway"));
        command
            .arg("doctor")
            .env("MSI__REDIS__URL", url)
            .env("MSI__DATABASE__URL", format!("sqlite://{}/none.db", server.folder.path().display()));
        if let Some(ca) = ca {
            command.env("MSI__REDIS__CA_FILE", ca);
        }
        let output = command.current_dir(server.folder.path()).stdin(Stdio::null()).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(!said.contains(PASSWORD), "{said}");
        said.lines().find(|line| line.contains("Redis")).unwrap_or_default().to_owned()
    };
    let ca = server.ca();
    assert!(doctor(&server.url("rediss", PASSWORD), Some(&ca)).contains("answers"));
    for (url, ca) in [
        (server.url("rediss", "wrong"), Some(ca.as_str())),
        (server.url("rediss", PASSWORD), None),
        // In the clear there is nobody.
        (server.url("redis", PASSWORD), None),
        (server.url("redis", PASSWORD), Some(ca.as_str())),
    ] {
        assert!(doctor(&url, ca).contains("WRONG"), "{ca:?} {}", doctor(&url, ca));
    }
}
