//! What becomes of a call when a connection that rested is ended just as it is used again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

// Answers one request on each connection and ends it without an answer at the second.
async fn tired(listener: TcpListener, asked: Arc<AtomicUsize>) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(one(stream, Arc::clone(&asked)));
    }
}

async fn one(mut stream: TcpStream, asked: Arc<AtomicUsize>) {
    for answers in [true, false] {
        let mut seen = Vec::new();
        while !seen.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(byte) => seen.push(byte),
                Err(_) => return,
            }
        }
        asked.fetch_add(1, Ordering::SeqCst);
        if answers {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").await.unwrap();
        }
    }
}

fn call(system: &'static str, method: Method) -> Call<Bytes> {
    Call {
        system,
        name: "test",
        method,
        path: "/services/oauth2/userinfo".to_owned(),
        query: Vec::new(),
        body: Body::None,
        timeout: Duration::from_secs(20),
        read: |answer| Ok(answer.body.clone()),
    }
}

#[tokio::test]
async fn a_question_to_salesforce_is_asked_again_and_nothing_else_is() {
    for (system, method, second, requests) in [
        ("salesforce", Method::GET, Ok(Bytes::from_static(b"ok")), 3),
        ("salesforce", Method::POST, Err(CallError::Unreachable), 2),
        // Each call to Marketo is one of the day's.
        ("marketo", Method::GET, Err(CallError::Unreachable), 2),
    ] {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::new(AtomicUsize::new(0));
        let server = tokio::spawn(tired(listener, Arc::clone(&asked)));
        let mut settings = Settings::default();
        settings.salesforce.extra_hosts = vec![address.to_string()];
        let caller = Caller::new(&settings).unwrap();
        let endpoint = caller.hosts().salesforce(&format!("http://{address}")).unwrap();
        let with = With { endpoint: &endpoint, token: None, request_id: "test" };
        assert_eq!(caller.send(&call(system, method.clone()), with).await, Ok(Bytes::from_static(b"ok")));
        assert_eq!(caller.send(&call(system, method.clone()), with).await, second, "{system} {method}");
        assert_eq!(asked.load(Ordering::SeqCst), requests, "{system} {method}");
        server.abort();
    }
}

#[tokio::test]
async fn how_far_our_clock_runs_ahead_is_told_by_answers() {
    let caller = Caller::new(&Settings::default()).unwrap();
    let told = |ms: i64| {
        let theirs = jiff::Timestamp::from_millisecond(clock::now_ms() - ms).unwrap();
        let date = jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&theirs).unwrap();
        caller.compare_clocks(&HeaderMap::from_iter([(DATE, HeaderValue::from_str(&date).unwrap())]));
        caller.ahead_ms()
    };
    assert_eq!(told(5_000), 0);
    let hour = told(3_600_000);
    assert!((3_599_000..3_620_000).contains(&hour), "{hour}");
    caller.compare_clocks(&HeaderMap::from_iter([(DATE, HeaderValue::from_static("yesterday"))]));
    assert_eq!(caller.ahead_ms(), caller.ahead_ms.load(Ordering::Relaxed), "what can't be read tells nothing");
    assert_eq!(told(-3_600_000), 0, "behind is not ahead");
}
