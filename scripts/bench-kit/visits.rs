//! Reps at work, for `scripts/soak load` and `scripts/bench fleet`: each opens a record's panel by a new signed request, looks at the
//! person and a tab, and now and then notes a call.
//!
//! Usage:
//!   visits URL SECRET ENVELOPE_FILE RECORDS_FILE CONNECTIONS SECONDS RATE API_TOKENS CALL_EVERY
//! RATE is in requests a second, 0 for as many as are answered. At every so many visits a call is noted, none without
//! a token (several have commas between them); 0 stands for calls alone. In the envelope `{n}` becomes a number of its own, `{record}` a line of
//! RECORDS_FILE. Prints an example of each kind of failure, and at last a line of key=value pairs.

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

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};

#[path = "wire.rs"]
mod wire;

/// What a visit asks for: canvas, person, tab.
const REQUESTS_A_VISIT: f64 = 3.0;
const DEADLINE: Duration = Duration::from_secs(30);

struct Work {
    url: String,
    secret: String,
    envelope: String,
    records: Vec<String>,
    api_tokens: Vec<String>,
    call_every: usize,
    until: Instant,
    pause: Option<Duration>,
    visits: AtomicUsize,
}

/// What one rep met with.
#[derive(Default)]
struct Met {
    waits: Vec<Duration>,
    /// By what was asked and the status of the answer, what was no success.
    bad: BTreeMap<String, usize>,
    calls: usize,
}

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [url, secret, envelope, records, connections, seconds, rate, api_tokens, call_every] = &arguments[..] else {
        panic!("see the head of this file")
    };
    let (connections, rate): (usize, f64) = (connections.parse().expect("CONNECTIONS"), rate.parse().expect("RATE"));
    let call_every: usize = call_every.parse().expect("CALL_EVERY");
    let requests_a_visit = match call_every {
        0 => 1.0,
        _ if api_tokens.is_empty() => REQUESTS_A_VISIT,
        every => REQUESTS_A_VISIT + 1.0 / every as f64,
    };
    let read = |path: &str| std::fs::read_to_string(path).expect("a file");
    let work = Arc::new(Work {
        url: url.clone(),
        secret: secret.clone(),
        envelope: read(envelope),
        records: read(records).lines().map(str::to_owned).collect(),
        api_tokens: api_tokens.split(',').filter(|token| !token.is_empty()).map(str::to_owned).collect(),
        call_every,
        until: Instant::now() + Duration::from_secs(seconds.parse().expect("SECONDS")),
        pause: (rate > 0.0).then(|| Duration::from_secs_f64(connections as f64 * requests_a_visit / rate)),
        visits: AtomicUsize::new(0),
    });
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
    runtime.block_on(all(&work, connections));
}

async fn all(work: &Arc<Work>, connections: usize) {
    let begun = Instant::now();
    let reps: Vec<_> = (0..connections).map(|number| tokio::spawn(rep(Arc::clone(work), number, connections))).collect();
    let mut whole = Met::default();
    for rep in reps {
        let met = rep.await.expect("a rep");
        whole.waits.extend(met.waits);
        whole.calls += met.calls;
        for (what, count) in met.bad {
            *whole.bad.entry(what).or_default() += count;
        }
    }
    let elapsed = begun.elapsed().as_secs_f64();
    whole.waits.sort_unstable();
    let at = |share: f64| whole.waits[((whole.waits.len() - 1) as f64 * share) as usize].as_secs_f64() * 1000.0;
    let said: Vec<String> = whole.bad.iter().map(|(what, count)| format!("{what}:{count}")).collect();
    println!(
        "requests={} requests_per_second={:.1} visits={} calls={} p50_ms={:.2} p99_ms={:.2} slowest_ms={:.0} bad={} what={}",
        whole.waits.len(),
        whole.waits.len() as f64 / elapsed,
        work.visits.load(Ordering::Relaxed),
        whole.calls,
        at(0.5),
        at(0.99),
        at(1.0),
        whole.bad.values().sum::<usize>(),
        if said.is_empty() { "-".to_owned() } else { said.join(",") }
    );
}

async fn rep(work: Arc<Work>, number: usize, reps: usize) -> Met {
    let (mut met, mut line) = (Met::default(), Line { work: Arc::clone(&work), number, stream: None, buffer: vec![0; 64 * 1024] });
    // They don't all come at the same moment.
    let mut next = Instant::now() + work.pause.unwrap_or_default().mul_f64(number as f64 / reps as f64);
    while Instant::now() < work.until {
        if let Some(pause) = work.pause {
            tokio::time::sleep_until(next.into()).await;
            // Who waited for an answer does not catch up.
            next = (next + pause).max(Instant::now());
        }
        visit(&work, &mut line, &mut met).await;
    }
    met
}

async fn visit(work: &Work, line: &mut Line, met: &mut Met) {
    let n = work.visits.fetch_add(1, Ordering::Relaxed);
    let record = &work.records[n % work.records.len()];
    if work.call_every == 0 || !work.api_tokens.is_empty() && n.is_multiple_of(work.call_every) {
        call(work, line, met, n, record).await;
    }
    if work.call_every == 0 {
        return;
    }
    let envelope = work.envelope.replace("{record}", record);
    let opened = line.ask(met, "canvas", &wire::canvas_request(&format!("{}/canvas", work.url), &work.secret, &envelope, n)).await;
    let Some(token) = opened.as_deref().and_then(|page| page.split("\"token\":\"").nth(1)).and_then(|rest| rest.split('"').next()) else {
        return;
    };
    let (host, _) = wire::split(&work.url);
    for (what, path) in [("person", "/panel/person"), ("tab", "/panel/tab/moments")] {
        let request = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nAccept: text/html\r\n\r\n");
        line.ask(met, what, request.as_bytes()).await;
    }
}

async fn call(work: &Work, line: &mut Line, met: &mut Met, n: usize, record: &str) {
    let (host, _) = wire::split(&work.url);
    let body = format!(r#"{{"sfdc_id":"{record}","outcome":"n{n}-{}","notes":"load","duration_seconds":60}}"#, std::process::id());
    let request = format!(
        "POST /api/v1/calls HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {}\r\nContent-Type: application/json\r\nIdempotency-Key: visit-{n}-{}\r\nContent-Length: {}\r\n\r\n{body}",
        work.api_tokens[n % work.api_tokens.len()],
        std::process::id(),
        body.len()
    );
    met.calls += usize::from(line.ask(met, "call", request.as_bytes()).await.is_some());
}

/// One kept connection from an address of its own.
struct Line {
    work: Arc<Work>,
    number: usize,
    stream: Option<TcpStream>,
    buffer: Vec<u8>,
}

impl Line {
    /// The answer, where it is a success; status 0 stands for none.
    async fn ask(&mut self, met: &mut Met, what: &str, request: &[u8]) -> Option<String> {
        let begun = Instant::now();
        let told = tokio::time::timeout(DEADLINE, self.exchange(request)).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()));
        met.waits.push(begun.elapsed());
        let (status, length) = told.unwrap_or_default();
        if status == 0 {
            self.stream = None;
        }
        let text = String::from_utf8_lossy(&self.buffer[..length]).into_owned();
        if (200..300).contains(&status) {
            return Some(text);
        }
        // One answer of each kind is shown.
        let count = met.bad.entry(format!("{what}/{status}")).or_default();
        if *count == 0 {
            println!("{what}: {}", text.split_whitespace().collect::<Vec<_>>().join(" "));
        }
        *count += 1;
        None
    }

    async fn exchange(&mut self, request: &[u8]) -> io::Result<(u16, usize)> {
        if let Some(stream) = &mut self.stream {
            // A kept connection may be closed before a request comes; every browser tries another one then.
            if stream.write_all(request).await.is_ok()
                && let Ok(told) = wire::answer(stream, &mut self.buffer).await
            {
                return Ok(told);
            }
        }
        let socket = TcpSocket::new_v4()?;
        socket.bind(format!("127.0.2.{}:0", self.number % 250 + 1).parse().expect("an address"))?;
        let (host, _) = wire::split(&self.work.url);
        let stream = socket.connect(host.parse().expect("an address")).await?;
        stream.set_nodelay(true)?;
        let stream = self.stream.insert(stream);
        stream.write_all(request).await?;
        wire::answer(stream, &mut self.buffer).await
    }
}
