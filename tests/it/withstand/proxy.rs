//! The proxy that ends TLS before the program, as `scripts/edge/haproxy.cfg` sets it up: only addresses and the certificate are others.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::world::world;

struct Proxy {
    process: Child,
    secure: u16,
    plain: u16,
    _folder: tempfile::TempDir,
    certificate: Vec<u8>,
}

impl Drop for Proxy {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn replaced(text: &str, line: &str, with: &str) -> String {
    let (found, rest): (Vec<&str>, Vec<&str>) = text.lines().partition(|one| one.trim().starts_with(line));
    assert_eq!(found.len(), 1, "{line} stands once in the configuration, of {} lines", rest.len() + found.len());
    text.replace(found[0], &format!("    {with}"))
}

fn start() -> Proxy {
    let folder = tempfile::tempdir().unwrap();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let both = folder.path().join("both.pem");
    std::fs::write(&both, format!("{}{}", made.cert.pem(), made.signing_key.serialize_pem())).unwrap();
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/edge/haproxy.cfg")).unwrap();
    let (secure, plain, inner) = (free_port(), free_port(), free_port());
    let mut text = replaced(&text, "maxconn 20000", "maxconn 200");
    for (line, with) in [
        ("stats socket", format!("stats socket {}", folder.path().join("haproxy.sock").display())),
        ("bind :443", format!("bind 127.0.0.1:{secure} ssl crt {} alpn h2,http/1.1", both.display())),
        ("bind :80", format!("bind 127.0.0.1:{plain}")),
        ("bind 127.0.0.1:8180", format!("bind 127.0.0.1:{inner}")),
        ("server face-1", format!("server face-1 {}", world().base.strip_prefix("http://").unwrap())),
    ] {
        text = replaced(&text, line, &with);
    }
    let path = folder.path().join("haproxy.cfg");
    std::fs::write(&path, text).unwrap();
    let process = Command::new("haproxy").args(["-db", "-q", "-f"]).arg(&path).stdout(Stdio::null()).spawn();
    let process = process.expect("haproxy is installed");
    Proxy { process, secure, plain, _folder: folder, certificate: made.cert.pem().into_bytes() }
}

impl Proxy {
    fn client(&self) -> reqwest::Client {
        let certificate = reqwest::Certificate::from_pem(&self.certificate).unwrap();
        let builder = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).timeout(Duration::from_secs(5));
        builder.tls_certs_only([certificate]).build().unwrap()
    }

    /// Whether an OpenSSL that would take anything gets a connection with these words.
    fn speaks(&self, words: &[&str]) -> bool {
        let said = Command::new("openssl")
            .args(["s_client", "-connect", &format!("127.0.0.1:{}", self.secure), "-servername", "localhost", "-brief"])
            .args(words)
            .stdin(Stdio::null())
            .output()
            .expect("openssl is installed");
        String::from_utf8_lossy(&said.stderr).contains("CONNECTION ESTABLISHED")
    }
}

#[tokio::test]
async fn htp_25_the_proxy_speaks_tls_of_today_only_and_leads_everybody_to_it() {
    let proxy = start();
    let http = proxy.client();
    let home = format!("https://localhost:{}", proxy.secure);
    let began = Instant::now();
    let page = loop {
        match http.get(format!("{home}/sign-in")).send().await {
            Ok(page) if page.status() == 200 => break page,
            other => assert!(began.elapsed() < Duration::from_secs(20), "the proxy does not answer: {other:?}"),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    let rule = page.headers()["strict-transport-security"].to_str().unwrap();
    let seconds: u64 = rule.split(';').find_map(|part| part.trim().strip_prefix("max-age=")).unwrap().parse().unwrap();
    assert!(seconds >= 31_536_000 && rule.contains("includeSubDomains"), "{rule}");

    let anything = "ALL:COMPLEMENTOFALL:@SECLEVEL=0";
    assert!(proxy.speaks(&["-tls1_3"]) && proxy.speaks(&["-tls1_2"]));
    for old in ["-tls1", "-tls1_1"] {
        assert!(!proxy.speaks(&[old, "-cipher", anything]), "{old}");
    }
    let weak = "ALL:COMPLEMENTOFALL:-ECDHE+AESGCM:-ECDHE+CHACHA20:@SECLEVEL=0";
    assert!(!proxy.speaks(&["-tls1_2", "-cipher", weak]), "no suite without forward secrecy and authenticated encryption");

    let plain = http.get(format!("http://localhost:{}/canvas?x=1", proxy.plain)).send().await.unwrap();
    assert_eq!((plain.status().as_u16(), plain.headers()["location"].to_str().unwrap().starts_with("https://")), (308, true));
    assert_eq!(http.get(format!("{home}/metrics")).send().await.unwrap().status(), 404);
}
