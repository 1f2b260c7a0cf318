//! Nothing secret is said in a log, however much it tells, nor kept where a copy of the disk would show it.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::world::{OTHER_SECRET, SECRET, encode, known, now_s, sign, token_of};

const OAUTH_TOKEN: &str = "00D000000000001!AQcAQ-canary-of-an-oauth-token";
const REFRESH_TOKEN: &str = "5Aep861-canary-of-a-refresh-token";

/// Every file below a folder, but for the keys, which are secrets and have a file of their own for that.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_none_or(|extension| extension != "keys") {
            found.push((path.display().to_string(), std::fs::read(&path).unwrap()));
        }
    }
}

fn holds(content: &[u8], secret: &str) -> bool {
    content.windows(secret.len()).any(|window| window == secret.as_bytes())
}

#[tokio::test]
async fn no_secret_is_logged_at_trace_nor_kept_in_the_clear() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("said.log");
    let mut demo = Command::new(env!("CARGO_BIN_EXE_msi-gateway"))
        .args(["demo", "--port", "0", "--people", "60", "--until-stdin-closes", "--data"])
        .arg(folder.path().join("data"))
        .env("MSI__CANVAS__CONSUMER_SECRETS", format!("{SECRET},{OTHER_SECRET}"))
        .env("MSI__LOG__FILTER", "trace")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(File::create(&log).unwrap())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(demo.stdout.take().unwrap()).lines();
    let base = lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("ready ").map(str::to_owned)).unwrap();
    std::thread::spawn(move || lines.for_each(drop));
    let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).build().unwrap();

    let salesforce = known(&http, &base).await;
    let world: Value = http.get(format!("{base}/sandbox/_control/world")).send().await.unwrap().json().await.unwrap();
    let page = http.get(format!("{base}/sandbox/salesforce/")).send().await.unwrap().text().await.unwrap();
    let record = page.split("/lightning/r/Lead/").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
    let envelope = json!({
        "algorithm": "HMACSHA256", "issuedAt": null, "userId": "005000000000001EAA", "salt": now_s().to_string(),
        "client": {"oauthToken": OAUTH_TOKEN, "refreshToken": REFRESH_TOKEN, "instanceId": "_:Msi:1", "instanceUrl": salesforce["instance_url"], "targetOrigin": base},
        "context": {
            "user": {"userId": "005000000000001EAA", "language": "en_US", "timeZone": "Europe/Berlin", "fullName": "A Rep"},
            "organization": {"organizationId": salesforce["org_id"], "name": "Test"},
            "environment": {"parameters": {}, "record": {"attributes": {"type": "Lead", "url": "/x"}, "Id": record}, "dimensions": {"height": "450px"}},
        }
    });
    let form = |signed: &str| format!("signed_request={}", encode(signed));
    let post = async |path: &str, body: String| {
        let request = http.post(format!("{base}{path}")).header("Content-Type", "application/x-www-form-urlencoded").body(body);
        request.send().await.unwrap()
    };
    let signed = sign(SECRET, &envelope);
    let opened = post("/canvas", form(&signed)).await;
    assert_eq!(opened.status(), 200);
    let session = token_of(&opened.text().await.unwrap());
    let shown = http.get(format!("{base}/panel/person")).bearer_auth(&session).header("Accept", "text/html").send().await.unwrap();
    assert_eq!(shown.status(), 200);
    // What is refused is told about more than what is accepted.
    let forged = sign("not-the-secret-of-anybody", &envelope);
    assert_eq!(post("/canvas", form(&forged)).await.status(), 401);
    let assertion: Value =
        http.post(format!("{base}/sandbox/salesforce/apex/assertion")).json(&json!({})).send().await.unwrap().json().await.unwrap();
    let assertion = assertion["assertion"].as_str().unwrap().to_owned();
    let grant = format!("grant_type={}&assertion={}", encode("urn:ietf:params:oauth:grant-type:jwt-bearer"), encode(&assertion));
    let granted = post("/oauth/token", grant.clone()).await;
    assert_eq!(granted.status(), 200);
    let granted: Value = granted.json().await.unwrap();
    let access = granted["access_token"].as_str().unwrap().to_owned();
    assert_eq!(post("/oauth/token", grant).await.status(), 401, "an assertion is good once");
    let figures = http.get(format!("{base}/metrics")).send().await.unwrap().bytes().await.unwrap();

    drop(demo.stdin.take());
    assert!(demo.wait().unwrap().success());
    let mut kept = vec![("/metrics".to_owned(), figures.to_vec())];
    files(folder.path(), &mut kept);
    println!("{:?}", kept.iter().map(|(path, content)| (path, content.len())).collect::<Vec<_>>());
    assert!(kept.iter().any(|(path, content)| path.ends_with("said.log") && content.len() > 100_000), "the log tells much");
    let names: Vec<_> = kept.iter().map(|(path, content)| (path, content.len())).collect();
    assert!(kept.iter().any(|(_, content)| content.starts_with(b"SQLite format 3")), "there is a database: {names:?}");
    let mac = |text: &str| text.split('.').next().unwrap().to_owned();
    for (what, secret) in [
        ("consumer secret", SECRET.to_owned()),
        ("second consumer secret", OTHER_SECRET.to_owned()),
        ("Marketo's client secret", world["marketo"]["client_secret"].as_str().unwrap().to_owned()),
        ("Salesforce's token", OAUTH_TOKEN.to_owned()),
        ("Salesforce's refresh token", REFRESH_TOKEN.to_owned()),
        ("signature", mac(&signed)),
        ("forged signature", mac(&forged)),
        ("session token", session),
        ("assertion", assertion),
        ("access token", access),
    ] {
        for (place, content) in &kept {
            assert!(!holds(content, &secret), "{what} stands in {place}");
        }
    }
}
