//! Requests as no browser sends them, over raw sockets.

use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::place;
use crate::settings::first_admin;
use crate::world::{refusal, world};

async fn connected() -> TcpStream {
    TcpStream::connect(world().base.strip_prefix("http://").unwrap()).await.unwrap()
}

/// What comes back within the time, until the other side closes.
async fn heard(stream: &mut TcpStream, within: Duration) -> String {
    let mut answer = Vec::new();
    let mut piece = vec![0_u8; 65_536];
    let read = async {
        while let Ok(read) = stream.read(&mut piece).await {
            if read == 0 {
                break;
            }
            answer.extend_from_slice(&piece[..read]);
        }
    };
    let _ = tokio::time::timeout(within, read).await;
    String::from_utf8_lossy(&answer).into_owned()
}

async fn raw(request: &[u8]) -> String {
    let mut stream = connected().await;
    let _ = stream.write_all(request).await;
    heard(&mut stream, Duration::from_millis(700)).await
}

fn status(answer: &str) -> u16 {
    answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0)
}

#[tokio::test]
async fn htp_01_to_05_every_doubtful_frame_is_refused() {
    let post = "POST /canvas HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n";
    let smuggled = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";
    let doubtful = [
        format!("{post}Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{post}Transfer-Encoding: chunked\r\nContent-Length: 6\r\n\r\n0\r\n\r\n{smuggled}"),
        format!("{post}Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
        format!("{post}Content-Length: 3, 3\r\n\r\nabc"),
        format!("{post}Content-Length: 0x3\r\n\r\nabc"),
        format!("{post}Content-Length: 18446744073709551616\r\n\r\nabc"),
        format!("{post}Content-Length: 3 4\r\n\r\nabc"),
        format!("{post}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n"),
        "POST /canvas HTTP/1.0\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n".to_owned(),
        format!("{post}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\n0x3\r\nabc\r\n0\r\n\r\n"),
        format!("{post}Transfer-Encoding: chunked\r\n\r\n3\r\nabcX\r\n0\r\n\r\n"),
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX: a\rb\r\n\r\n".to_owned(),
        "GET /healthz HTTP/1.1\r\nHost: x\r\nX y: a\r\n\r\n".to_owned(),
        "GET  /healthz HTTP/1.1\r\nHost: x\r\n\r\n".to_owned(),
    ];
    for request in doubtful {
        let answer = raw(request.as_bytes()).await;
        assert_eq!(status(&answer), 400, "{request:?}: {answer}");
        assert!(!answer.contains("http_requests_total"), "a second request was smuggled in by {request:?}");
    }
}

#[tokio::test]
async fn htp_07_18_19_a_host_or_a_proxys_words_lead_nobody_elsewhere() {
    for head in [
        "GET http://evil.example/admin HTTP/1.1\r\nHost: evil.example\r\n",
        "GET /admin HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\n",
        "GET /admin HTTP/1.1\r\nHost: x\r\nForwarded: host=evil.example;proto=https\r\nX-Forwarded-Prefix: //evil.example\r\n",
        "GET /admin/settings HTTP/1.1\r\nHost: x\r\nX-Original-URL: /metrics\r\nX-Rewrite-URL: /metrics\r\nX-Forwarded-Uri: /metrics\r\n",
        "GET /sign-in HTTP/1.1\r\nHost: evil.example\r\nX-Host: evil.example\r\nAccept: text/html\r\n",
        "GET /openapi.json HTTP/1.1\r\nHost: evil.example\r\nX_Forwarded_For: 1.2.3.4\r\nConnection: close, x-tenant\r\nX-Tenant: b\r\n",
    ] {
        let answer = raw(format!("{head}Connection: close\r\n\r\n").as_bytes()).await;
        assert!(matches!(status(&answer), 200 | 303 | 400 | 401 | 421), "{head}: {answer:.200}");
        assert!(!answer.to_lowercase().contains("evil.example"), "{head}: {answer}");
        assert!(!answer.contains("http_requests_total"));
    }
    // Whoever comes through the proxy of this machine is where the proxy says, and that is not here.
    for header in ["X-Forwarded-For: 203.0.113.9", "X-Forwarded-For: 127.0.0.1, 203.0.113.9", "Forwarded: for=127.0.0.1", "Via: 1.1 proxy"]
    {
        let answer = raw(format!("GET /metrics HTTP/1.1\r\nHost: x\r\n{header}\r\nConnection: close\r\n\r\n").as_bytes()).await;
        assert_eq!(status(&answer), 404, "{header}");
    }
}

#[tokio::test]
async fn htp_06_08_09_10_11_odd_requests_get_an_answer_or_none_but_never_a_failure() {
    let long = |bytes: usize| "a".repeat(bytes);
    let headers = |count: usize| (0..count).fold(String::new(), |text, number| format!("{text}X-{number}: a\r\n"));
    for (request, allowed) in [
        ("CONNECT evil.example:443 HTTP/1.1\r\nHost: evil.example\r\n\r\n".to_owned(), &[0, 400, 404, 405][..]),
        ("TRACK /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), &[405]),
        ("get /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), &[400, 405]),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello".to_owned(), &[200]),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &[0, 400]),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n".to_owned(), &[200, 400]),
        ("GET /healthz HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade, close\r\n\r\n".to_owned(), &[200, 400]),
        (format!("GET /healthz?{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", long(8_000)), &[200]),
        (format!("GET /healthz?{} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", long(70_000)), &[0, 400, 414, 431]),
        (format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX: {}\r\nConnection: close\r\n\r\n", long(140_000)), &[0, 400, 431]),
        (format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{}Connection: close\r\n\r\n", headers(110)), &[0, 400, 431]),
        // Bare line feeds: the proxy in front has to be strict; what comes through is one request and no more.
        ("GET /healthz HTTP/1.1\nHost: x\nConnection: close\n\n".to_owned(), &[200, 400]),
        ("\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(), &[200, 400]),
        ("GET /healthz\r\n\r\n".to_owned(), &[0, 400]),
        ("\x16\x03\x01\x02\x00\x01\x00\x01\x7c\x03\x03".to_owned(), &[0, 400]),
    ] {
        let answer = raw(request.as_bytes()).await;
        assert!(allowed.contains(&status(&answer)), "{request:.60?}: {answer:.200}");
        assert!(!answer.contains("101 Switching"));
    }
}

#[tokio::test]
async fn htp_12_13_requests_in_a_row_are_answered_in_a_row_and_no_body_is_asked_of_a_stranger() {
    let many = 600;
    let row = (0..many).fold(String::new(), |row, number| {
        let close = if number + 1 == many { "Connection: close\r\n" } else { "" };
        format!("{row}GET /healthz HTTP/1.1\r\nHost: x\r\nX-Request-Id: pipelined-{number:04}\r\n{close}\r\n")
    });
    let mut stream = connected().await;
    let (mut reading, mut writing) = stream.split();
    let mut answer = Vec::new();
    let (read, written) = tokio::time::timeout(
        Duration::from_secs(20),
        futures_util::future::join(reading.read_to_end(&mut answer), writing.write_all(row.as_bytes())),
    )
    .await
    .unwrap();
    read.unwrap();
    written.unwrap();
    let text = String::from_utf8_lossy(&answer).to_lowercase();
    let order: Vec<&str> = text.split("x-request-id: ").skip(1).map(|rest| rest.split('\r').next().unwrap()).collect();
    assert_eq!(order.len(), many);
    assert!(order.iter().enumerate().all(|(number, id)| *id == format!("pipelined-{number:04}")));

    let head = "POST /api/v1/teams HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer nothing\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: 100000\r\n\r\n";
    let answer = raw(head.as_bytes()).await;
    assert!(answer.contains("HTTP/1.1 401"), "no body was sent: {answer}");
}

#[tokio::test]
async fn htp_14_15_22_slow_heads_are_given_up_while_others_are_served() {
    let patience = Duration::from_secs(12);
    let silent = async {
        let mut stream = connected().await;
        heard(&mut stream, patience).await
    };
    let partial = async {
        let mut stream = connected().await;
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost:").await.unwrap();
        heard(&mut stream, patience).await
    };
    let dripped = async {
        let mut stream = connected().await;
        for number in 0..20 {
            if stream.write_all(format!("X-{number}: a\r\n").as_bytes()).await.is_err() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        heard(&mut stream, Duration::from_secs(2)).await
    };
    let served = async {
        // Three hundred who begin and say no more.
        let mut held = Vec::new();
        for _ in 0..300 {
            let mut stream = connected().await;
            stream.write_all(b"POST /canvas HTTP/1.1\r\nHost: x\r\n").await.unwrap();
            held.push(stream);
        }
        for _ in 0..20 {
            let answer = world().http.get(world().url("/healthz")).timeout(Duration::from_secs(3)).send().await.unwrap();
            assert_eq!(answer.status(), 200);
        }
        drop(held);
    };
    let began = std::time::Instant::now();
    let (silent, partial, dripped, ()) = tokio::join!(silent, partial, dripped, served);
    assert!(began.elapsed() < Duration::from_secs(14), "{:?}", began.elapsed());
    for (answer, which) in [(silent, "silent"), (partial, "partial"), (dripped, "dripped")] {
        assert!(matches!(status(&answer), 0 | 400 | 408), "{which}: {answer}");
    }
}

#[tokio::test]
async fn htp_21_odd_wishes_of_clients_break_nothing() {
    let page = world().http.get(world().url("/sign-in")).header("Accept", "text/html").send().await.unwrap().text().await.unwrap();
    let asset = page.split("/assets/").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    for path in ["/healthz", "/openapi.json", "/sign-in", &format!("/assets/{asset}"), "/admin/marketo"] {
        for (name, value) in [
            ("Range", "bytes=0-0,1-1,2-2,3-3,4-4"),
            ("Range", "bytes=99999999999999999999-"),
            ("If-None-Match", "*"),
            ("If-None-Match", "W/\"\""),
            ("If-Modified-Since", "never"),
            ("Accept", "*/*;q=x"),
            ("Accept", "text/html;q=9999999999"),
            ("Accept-Encoding", "gzip;q=0, br;q=1, identity;q=0, *;q=0"),
            ("Accept-Language", "zz-ZZ;q=nan, ,,,;;;"),
            ("Accept-Charset", "utf-7"),
            ("Cookie", "msi-language=../../x; msi-language=zz"),
        ] {
            let answer = world().http.get(world().url(path)).header(name, value).send().await.unwrap();
            assert!(matches!(answer.status().as_u16(), 200 | 206 | 304 | 400 | 401 | 406 | 416), "{path} {name}: {value}");
        }
    }
}

#[tokio::test]
async fn htp_24_bodies_that_are_no_json_are_refused_as_such() {
    let (_, token) = first_admin().await;
    let post = |kind: &'static str, body: Vec<u8>| {
        let request = world().http.post(world().url("/api/v1/teams")).bearer_auth(token).header("X-Forwarded-For", place());
        request.header("Content-Type", kind).body(body).send()
    };
    let deep = format!("{{\"name\":{}{}}}", "[".repeat(10_000), "]".repeat(10_000));
    for (kind, body, expected) in [
        ("application/json", &b"{\"name\":NaN}"[..], &[400][..]),
        ("application/json", b"{\"name\":\"a\",\"name\":\"b\"}", &[400]),
        ("application/json", deep.as_bytes(), &[400, 413]),
        ("application/json", b"{\"name\":\"\xff\xfe\"}", &[400]),
        ("application/json", b"{\"name\":1}", &[400]),
        ("application/json", b"{\"name\":null}", &[400]),
        ("application/json", b"[]", &[400]),
        ("application/json", b"", &[400]),
        ("application/json", b"{\"name\":\"a\"}{\"name\":\"b\"}", &[400]),
        ("application/json", b"\xef\xbb\xbf{\"name\":\"a\"}", &[400]),
        ("text/plain", b"{\"name\":\"x\"}", &[415]),
        ("application/x-www-form-urlencoded", b"name=x", &[415]),
        ("multipart/form-data; boundary=x", b"--x--", &[415]),
        ("application/json", &vec![b' '; 300_000], &[413]),
    ] {
        let (status, _) = refusal(post(kind, body.to_vec()).await.unwrap()).await;
        assert!(expected.contains(&status), "{kind} {:.40} {status}", String::from_utf8_lossy(body));
    }
}

#[tokio::test]
async fn pth_01_to_06_other_spellings_of_an_address_open_nothing_more() {
    for path in [
        "/public/../admin/settings/users",
        "/./admin/settings/users",
        "//admin/settings/users",
        "/admin%2fsettings/users",
        "/%61dmin/settings/users",
        "/admin/settings/users;a=b",
        "/ADMIN/settings/users",
        "/admin/settings/users/",
        "/admin%252fsettings/users",
        "/admin/settings/users?path=/assets",
        "/admin/settings/users#/assets/x",
        "/admin/settings/users%23",
        "/assets/../admin/settings/users",
        "/assets/..%2fadmin/settings/users",
        "/assets/%2e%2e/admin/settings/users",
        "/admin/settings/users%00.css",
        "/admin/settings/users.json",
        "\\admin\\settings\\users",
        "/admin/settings/templates/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/admin/templates/%00",
        "/admin/templates/%ff/edit",
        "/invitations/..%2f..%2fadmin",
        "/sign-in/link/%2e%2e",
        "/assets/....//....//etc/passwd",
        "/assets/..\\..\\etc\\passwd",
        "/assets/%c0%ae%c0%ae/etc/passwd",
        "/assets//etc/passwd",
        "/assets/app.css.map",
        "/.git/HEAD",
        "/.well-known/../.env",
    ] {
        for method in ["GET", "POST"] {
            let answer =
                raw(format!("{method} {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").as_bytes()).await;
            assert!(matches!(status(&answer), 200 | 303 | 400 | 401 | 403 | 404 | 405 | 415), "{method} {path}: {answer:.300}");
            // The link pages are for anybody; nothing else of these may be shown to somebody who isn't signed in.
            assert!(
                status(&answer) != 200 || path.starts_with("/invitations/") || path.starts_with("/sign-in/link/"),
                "{path}: {answer:.300}"
            );
            assert!(!answer.contains("root:") && !answer.contains("brightwater"), "{path}");
        }
    }
}
