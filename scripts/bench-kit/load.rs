//! Load for `scripts/bench`: closed-loop HTTP/1.1 over kept connections, CPU read from the kernel's accounting.
//!
//! Usage:
//!   load canvas URL PID SECRET ENVELOPE_FILE CONNECTIONS SECONDS   every request signed beforehand, all different
//!   load get URL PID TOKEN CONNECTIONS SECONDS
//!   load micro SECRET ENVELOPE_FILE                                 the check of a signed request beside its bare HMAC
//! Prints one line of key=value pairs. `{n}` in the envelope file becomes a number of its own for each request.

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::as_conversions,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a measuring tool has its own clock and may stop at the first surprise"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use aws_lc_rs::hmac;
use msi_gateway::gateway::canvas::{Envelope, Secrets, signature};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

#[path = "wire.rs"]
mod wire;

use wire::{answer, canvas_request, sign, split};

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[1..] {
        ["canvas", url, pid, secret, file, connections, seconds] => {
            let template = std::fs::read_to_string(file).expect("envelope file");
            let requests = 150_000;
            let bodies: Vec<Vec<u8>> = (0..requests).map(|n| canvas_request(url, secret, &template, n)).collect();
            run(url, pid, bodies, connections.parse().expect("CONNECTIONS"), seconds.parse().expect("SECONDS"));
        }
        ["get", url, pid, token, connections, seconds] => {
            let (host, path) = split(url);
            let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nAccept: text/html\r\n\r\n");
            run(url, pid, vec![request.into_bytes()], connections.parse().expect("CONNECTIONS"), seconds.parse().expect("SECONDS"));
        }
        ["micro", secret, file] => micro(secret, &std::fs::read_to_string(file).expect("envelope file")),
        _ => panic!("see the head of this file"),
    }
}

fn run(url: &str, pid: &str, requests: Vec<Vec<u8>>, connections: usize, seconds: u64) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(load(url, pid, Arc::new(requests), connections, seconds));
}

async fn load(url: &str, pid: &str, requests: Arc<Vec<Vec<u8>>>, connections: usize, seconds: u64) {
    let (host, _) = split(url);
    let (next, bad, stop) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let warm_up = Duration::from_millis(500);
    let started = Instant::now();
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let (host, requests, next, bad, stop) =
            (host.to_owned(), Arc::clone(&requests), Arc::clone(&next), Arc::clone(&bad), Arc::clone(&stop));
        tasks.push(tokio::spawn(async move {
            let mut stream = TcpStream::connect(&host).await.expect("connect");
            stream.set_nodelay(true).expect("nodelay");
            let (mut buffer, mut waits) = (vec![0_u8; 64 * 1024], Vec::new());
            while !stop.load(Ordering::Relaxed) {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let single = requests.len() == 1;
                let Some(request) = requests.get(if single { 0 } else { at }) else { break };
                let sent = Instant::now();
                stream.write_all(request).await.expect("write");
                if answer(&mut stream, &mut buffer).await.expect("an answer").0 != 200 {
                    bad.fetch_add(1, Ordering::Relaxed);
                }
                if started.elapsed() > warm_up {
                    waits.push(sent.elapsed());
                }
            }
            waits
        }));
    }
    tokio::time::sleep(warm_up).await;
    let (cpu_before, done_before, measured) = (cpu_seconds(pid), next.load(Ordering::Relaxed), Instant::now());
    let end = measured + Duration::from_secs(seconds);
    while Instant::now() < end && (requests.len() == 1 || next.load(Ordering::Relaxed) + connections < requests.len()) {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    let (cpu, done, elapsed) =
        (cpu_seconds(pid) - cpu_before, next.load(Ordering::Relaxed) - done_before, measured.elapsed().as_secs_f64());
    stop.store(true, Ordering::Relaxed);
    let mut waits = Vec::new();
    for task in tasks {
        waits.extend(task.await.expect("task"));
    }
    waits.sort_unstable();
    let at = |share: f64| waits[((waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    println!(
        "requests={done} requests_per_second={:.0} cpu_us={:.2} p50_ms={:.2} p99_ms={:.2} bad={} rss_mb={:.1}",
        done as f64 / elapsed,
        cpu * 1e6 / done as f64,
        at(0.5),
        at(0.99),
        bad.load(Ordering::Relaxed),
        rss_mb(pid)
    );
}

fn cpu_seconds(pid: &str) -> f64 {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).expect("the server runs");
    let fields: Vec<&str> = stat.rsplit(')').next().expect("stat").split_whitespace().collect();
    (fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime")) / 100.0
}

fn rss_mb(pid: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).expect("the server runs");
    let line = status.lines().find(|line| line.starts_with("VmRSS")).expect("VmRSS");
    line.split_whitespace().nth(1).expect("kB").parse::<f64>().expect("kB") / 1024.0
}

fn micro(secret: &str, template: &str) {
    let (tag, envelope) = sign(secret, template, 1);
    let request = format!("{tag}.{envelope}").into_bytes();
    let mut forged = request.clone();
    forged[3] = if forged[3] == b'A' { b'B' } else { b'A' };
    let secrets = Secrets::parse(&secrecy::SecretString::from(secret), true).expect("secret");
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    let raw = base64_simd::STANDARD.decode_to_vec(&tag).expect("tag");
    let mut samples: [Vec<f64>; 3] = Default::default();
    for _ in 0..15 {
        samples[0].push(microseconds(|| hmac::verify(&key, envelope.as_bytes(), &raw).is_ok()));
        samples[1].push(microseconds(|| {
            signature::verify(&request, &secrets).is_ok_and(|signed| Envelope::read(signed.envelope, 0, 600).is_ok())
        }));
        samples[2].push(microseconds(|| signature::verify(&forged, &secrets).is_err()));
    }
    let [bare, check, refusal] = samples.map(|mut sample| {
        sample.sort_by(f64::total_cmp);
        sample[sample.len() / 2]
    });
    println!(
        "envelope_bytes={} hmac_us={bare:.2} check_us={check:.2} check_ratio={:.2} forged_us={refusal:.2} forged_ratio={:.2}",
        envelope.len(),
        check / bare,
        refusal / bare
    );
}

fn microseconds(mut job: impl FnMut() -> bool) -> f64 {
    let started = Instant::now();
    for _ in 0..2_000 {
        assert!(std::hint::black_box(job()));
    }
    started.elapsed().as_secs_f64() * 1e6 / 2_000.0
}
