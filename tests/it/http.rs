//! The HTTP layer and paths, over raw sockets. The ids name the attacks that each test stands for.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::world::{refusal, world};

async fn raw(request: &[u8]) -> String {
    let mut stream = TcpStream::connect(world().base.strip_prefix("http://").unwrap()).await.unwrap();
    stream.write_all(request).await.unwrap();
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(3), stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn htp_01_to_05_ambiguous_framing_is_refused() {
    for head in [
        "POST /canvas HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST /canvas HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n",
        "POST /canvas HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\nabcde",
        "POST /canvas HTTP/1.1\r\nHost: x\r\nContent-Length: +3\r\n\r\nabc",
        "POST /canvas HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "POST /canvas HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
        "POST /canvas HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\0b\r\n\r\n",
        "GET /healthz HTTP/9.9\r\nHost: x\r\n\r\n",
    ] {
        assert_eq!(status(&raw(head.as_bytes()).await), 400, "{head}");
    }
}

#[tokio::test]
async fn htp_08_other_methods_are_no_doors() {
    for method in ["TRACE", "PUT", "DELETE", "PATCH", "BREW"] {
        for path in ["/canvas", "/panel/person", "/api/v1/people", "/healthz"] {
            let answer = raw(format!("{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
            assert_eq!(status(&answer), 405, "{method} {path}");
        }
    }
    assert_eq!(status(&raw(b"TRACE /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").await), 405);
}

#[tokio::test]
async fn htp_17_a_body_that_stalls_is_given_up() {
    let mut stream = TcpStream::connect(world().base.strip_prefix("http://").unwrap()).await.unwrap();
    let head = "POST /canvas HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nsigned";
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = vec![0_u8; 4_096];
    let read = tokio::time::timeout(Duration::from_secs(15), stream.read(&mut answer)).await.expect("an answer in time").unwrap();
    assert_eq!(status(&String::from_utf8_lossy(&answer[..read])), 408);
}

#[tokio::test]
async fn htp_18_20_what_a_client_says_of_itself_opens_nothing() {
    for header in ["X-Forwarded-User: admin", "X-Original-URL: /metrics", "X-Rewrite-URL: /metrics", "User-Agent: kube-probe/1.30"] {
        let answer = raw(format!("GET /panel/person HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&answer), 401, "{header}");
    }
}

#[tokio::test]
async fn log_06_figures_are_not_for_the_world() {
    let near = world().http.get(world().url("/metrics")).send().await.unwrap();
    assert_eq!(near.status(), 200);
    assert!(near.text().await.unwrap().contains("http_requests_total"));
    let through_a_proxy = world().http.get(world().url("/metrics")).header("X-Forwarded-For", "203.0.113.9").send().await.unwrap();
    assert_eq!(refusal(through_a_proxy).await.0, 404);
    for path in ["/.git/config", "/.env", "/debug", "/server-status"] {
        assert_eq!(refusal(world().http.get(world().url(path)).send().await.unwrap()).await, (404, "not_found".to_owned()));
    }
}

#[tokio::test]
async fn pth_odd_paths_reach_no_other_handler() {
    for path in [
        "/assets/../openapi.json",
        "//panel/person",
        "/./panel/person",
        "/PANEL/person",
        "/panel/person/",
        "/panel%2fperson",
        "/panel/person;a=b",
        "/assets/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/assets/%00",
        "/assets/.gitignore",
        "/api/v1/people/%2e%2e",
        "/api/v1/people/%00",
        "/api/v1/people/%ff",
    ] {
        let answer = raw(format!("GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert!(matches!(status(&answer), 400 | 401 | 404), "{path}: {answer}");
        assert!(!answer.contains("root:"), "{path}");
    }
}

#[tokio::test]
async fn every_answer_carries_its_request_id_and_headers() {
    let answer = world().http.get(world().url("/healthz")).header("X-Request-Id", "abcdef-123456").send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "abcdef-123456");
    let made = world().http.get(world().url("/healthz")).header("X-Request-Id", "bad id\"").send().await.unwrap();
    assert_ne!(made.headers()["x-request-id"], "bad id\"");
    for name in [
        "content-security-policy",
        "x-frame-options",
        "referrer-policy",
        "permissions-policy",
        "strict-transport-security",
        "cross-origin-resource-policy",
    ] {
        assert!(made.headers().contains_key(name), "{name}");
    }
    assert!(made.headers().get("access-control-allow-origin").is_none());
}

#[tokio::test]
async fn the_api_describes_itself() {
    let description: serde_json::Value = world().http.get(world().url("/openapi.json")).send().await.unwrap().json().await.unwrap();
    for path in ["/oauth/token", "/api/v1/people", "/api/v1/people/{id}/timeline", "/api/v1/jobs"] {
        assert!(description["paths"][path].is_object(), "{path}");
    }
}

#[tokio::test]
async fn the_program_says_that_it_lives_and_is_ready() {
    let ready: serde_json::Value = world().http.get(world().url("/readyz")).send().await.unwrap().json().await.unwrap();
    assert_eq!(ready["account"], true);
    let expected = if std::env::var("MSI__REDIS__URL").is_ok_and(|url| !url.is_empty()) { "redis" } else { "process" };
    assert_eq!(ready["memory"], expected);
}
