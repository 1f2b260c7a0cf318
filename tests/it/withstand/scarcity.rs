//! A process that has too little of something: connections that stay half open, files that it may not open, room that it may not fill.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::world;

/// A demo of its own under limits of the shell's; ends with its standard input.
struct Scarce {
    base: String,
    process: Child,
    http: reqwest::Client,
}

impl Scarce {
    fn start(limits: &str, data: &std::path::Path) -> Self {
        let mut process = Command::new("sh")
            .args(["-c", &format!("{limits}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_msi-gateway")])
            .args(["demo", "--port", "0", "--people", "20", "--until-stdin-closes", "--data"])
            .arg(data)
            .env("MSI__LOG__FILTER", "off")
            .env("MSI__GATEWAY__WORKERS", "1")
            .env_remove("MSI__REDIS__URL")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let ready = lines.by_ref().map_while(Result::ok).find_map(|line| line.strip_prefix("ready ").map(str::to_owned));
        std::thread::spawn(move || lines.for_each(drop));
        let http = reqwest::Client::builder().no_proxy().pool_max_idle_per_host(0).timeout(Duration::from_secs(20)).build().unwrap();
        Self { base: ready.expect("the program says when it is ready"), process, http }
    }

    async fn healthy(&self) -> bool {
        let asked = self.http.get(format!("{}/healthz", self.base)).timeout(Duration::from_secs(2)).send().await;
        asked.is_ok_and(|answer| answer.status() == 200)
    }
}

impl Drop for Scarce {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

async fn connected(base: &str) -> TcpStream {
    TcpStream::connect(base.strip_prefix("http://").unwrap()).await.unwrap()
}

async fn piece(stream: &mut TcpStream, within: Duration) -> String {
    let mut answer = vec![0_u8; 65_536];
    let read = tokio::time::timeout(within, stream.read(&mut answer)).await;
    String::from_utf8_lossy(&answer[..read.map_or(0, |read| read.unwrap_or(0))]).into_owned()
}

#[tokio::test]
async fn htp_16_half_of_a_second_head_costs_nobody_else_anything_and_mixes_nothing() {
    let mut halves = Vec::new();
    for _ in 0..60 {
        let mut stream = connected(&world().base).await;
        let request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: second-ha";
        stream.write_all(request.as_bytes()).await.unwrap();
        halves.push(stream);
    }
    for stream in &mut halves {
        let first = piece(stream, Duration::from_secs(5)).await;
        assert!(first.starts_with("HTTP/1.1 200"), "{first}");
        assert_eq!(first.matches("HTTP/1.1").count(), 1, "half a request is none: {first}");
    }
    for _ in 0..20 {
        let answer = world().http.get(world().url("/healthz")).timeout(Duration::from_secs(3)).send().await.unwrap();
        assert_eq!(answer.status(), 200);
    }
    let last = halves.last_mut().unwrap();
    last.write_all(b"lf\r\n\r\n").await.unwrap();
    let second = piece(last, Duration::from_secs(5)).await;
    assert!(second.starts_with("HTTP/1.1 200") && second.to_lowercase().contains("x-request-id: second-half"), "{second}");
}

#[tokio::test]
async fn htp_23_a_process_without_free_descriptors_lives_and_comes_back() {
    let folder = tempfile::tempdir().unwrap();
    let scarce = Scarce::start("ulimit -n 96", folder.path());
    assert!(scarce.healthy().await);
    let mut held = Vec::new();
    for _ in 0..300 {
        if let Ok(Ok(stream)) =
            tokio::time::timeout(Duration::from_millis(200), TcpStream::connect(scarce.base.strip_prefix("http://").unwrap())).await
        {
            held.push(stream);
        }
    }
    assert!(held.len() > 150, "the kernel keeps those who wait: {}", held.len());
    // One of those who were let in is served, however many wait.
    held[0].write_all(b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await.unwrap();
    let answer = piece(&mut held[0], Duration::from_secs(4)).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    drop(held);
    let released = Instant::now();
    while !scarce.healthy().await {
        assert!(released.elapsed() < Duration::from_secs(5), "it did not come back");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
async fn out_11_12_a_full_disk_is_told_loses_nothing_and_is_got_over() {
    let folder = tempfile::tempdir().unwrap();
    // Files of at most 8 MB (the shell counts in 512 bytes); writing more fails instead of ending the process.
    let scarce = Scarce::start("trap '' XFSZ; ulimit -S -f 16384", folder.path());
    let token = crate::settings::first_admin_of(&scarce.base).await;
    let post = |path: &str| scarce.http.post(format!("{}{path}", scarce.base)).bearer_auth(&token);
    let upload = async |rows: usize| {
        let file: String = (0..rows).map(|row| format!("person.{row:06}@example.com,{}\n", "x".repeat(60))).collect();
        let answer = post("/api/v1/invitations/imports").header("Content-Type", "text/csv").body(format!("email,note\n{file}"));
        let answer = answer.send().await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    };
    let (status, _) = upload(100).await;
    assert_eq!(status, 201);
    let mut refused = None;
    for _ in 0..6 {
        let (status, text) = upload(25_000).await;
        if status != 201 {
            refused = Some((status, serde_json::from_str::<Value>(&text).unwrap()));
            break;
        }
    }
    let (status, problem) = refused.expect("the disk fills");
    assert_eq!((status, &problem["code"]), (503, &Value::from("database.unavailable")), "{problem}");
    assert!(problem["retry_after"].as_u64().is_some_and(|seconds| seconds > 0), "{problem}");
    let kept = async || {
        let list =
            scarce.http.get(format!("{}/api/v1/invitations/imports?limit=100", scarce.base)).bearer_auth(&token).send().await.unwrap();
        (list.status().as_u16(), list.json::<Value>().await.unwrap())
    };
    let (status, before) = kept().await;
    assert_eq!(status, 200, "what is there can be read: {before}");
    assert!(scarce.healthy().await);
    // Room again: the same process goes on.
    let id = scarce.process.id().to_string();
    assert!(Command::new("prlimit").args(["--pid", &id, "--fsize=unlimited"]).status().unwrap().success());
    let began = Instant::now();
    loop {
        let (status, text) = upload(200).await;
        if status == 201 {
            break;
        }
        assert!(status == 503 && began.elapsed() < Duration::from_secs(30), "{status} {text}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let (_, after) = kept().await;
    assert_eq!(after["total"].as_i64().unwrap(), before["total"].as_i64().unwrap() + 1);
}
