//! Files that are no tables, and files from those who may not send any.

use std::time::Duration;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::place;
use crate::settings::first_admin;
use crate::world::{refusal, world};

async fn upload(file: impl Into<reqwest::Body>, name: &str) -> reqwest::Response {
    let (_, token) = first_admin().await;
    let request = world().http.post(world().url("/api/v1/invitations/imports")).bearer_auth(token).header("X-Forwarded-For", place());
    request.header("Content-Type", "text/csv").header("X-File-Name", name).body(file).send().await.unwrap()
}

async fn refused(file: Vec<u8>, which: &str) -> (u16, String) {
    let answer = upload(file, "refused.csv").await;
    assert!(answer.status().is_client_error(), "{which}: {}", answer.status());
    refusal(answer).await
}

#[tokio::test]
async fn csv_02_05_09_files_that_are_no_tables_are_refused_with_the_reason() {
    let (_, token) = first_admin().await;
    let wide = format!("email{}\na@example.com\n", ",x".repeat(1_000));
    let long = format!("email\n\"{}\"\n", "x".repeat(1_000_000));
    for (which, file) in [
        ("zip", b"PK\x03\x04\x14\x00".to_vec()),
        ("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00".to_vec()),
        ("old excel", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
        ("pdf", b"%PDF-1.7\n1 0 obj\n".to_vec()),
        ("nothing", Vec::new()),
        ("only a mark", b"\xef\xbb\xbf".to_vec()),
        ("nul", b"email\na\0@example.com\n".to_vec()),
        ("open quote", b"email,name\na@example.com,\"open\n".to_vec()),
        ("stray quote", b"email,name\na@example.com,a\"b\"c\"\n".to_vec()),
        ("doubled header", b"email,Email\na@example.com,b\n".to_vec()),
        ("wide", wide.into_bytes()),
        ("long cell", long.into_bytes()),
        ("utf-32", "email\na@example.com\n".chars().flat_map(|letter| u32::from(letter).to_le_bytes()).collect()),
        ("broken utf-8", b"\xc3\xa9,email\nx,a@example.com\nJos\xe9,b@example.com\n".to_vec()),
    ] {
        let (status, code) = refused(file, which).await;
        assert!(matches!(status, 400 | 415 | 422) && (code.starts_with("csv.") || code.starts_with("request.")), "{which} {status} {code}");
    }
    let list = world().http.get(world().url("/api/v1/invitations/imports?limit=100")).bearer_auth(token).send().await.unwrap();
    assert!(!list.text().await.unwrap().contains("refused.csv"), "nothing of them is kept");
}

#[tokio::test]
async fn csv_02_03_15_16_odd_but_readable_tables_are_read_and_names_are_only_names() {
    let utf_16 = |text: &str, big: bool| -> Vec<u8> {
        let mark = std::iter::once(0xfeff);
        mark.chain(text.encode_utf16()).flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect()
    };
    let rows = "email,name\na@example.com,Zoë\nb@example.com,Bo\n";
    for (which, file, expected) in [
        ("plain", rows.as_bytes().to_vec(), 2),
        ("mark", [b"\xef\xbb\xbf", rows.as_bytes()].concat(), 2),
        ("utf-16 le", utf_16(rows, false), 2),
        ("utf-16 be", utf_16(rows, true), 2),
        ("cr", rows.replace('\n', "\r").into_bytes(), 2),
        ("crlf", rows.replace('\n', "\r\n").into_bytes(), 2),
        ("no end", rows.trim_end().as_bytes().to_vec(), 2),
        ("semicolons", rows.replace(',', ";").into_bytes(), 2),
        ("tabs", rows.replace(',', "\t").into_bytes(), 2),
        ("line in a cell", b"email,name\na@example.com,\"two\nlines\"\n".to_vec(), 1),
        ("short row", b"email,name\na@example.com\nb@example.com,x,y,z\n".to_vec(), 2),
        ("formulas", b"email,name\n=1+1,+cmd|' /C calc'!A0\n@SUM(A1),\"=HYPERLINK(\"\"http://evil.example\"\")\"\n".to_vec(), 2),
    ] {
        let answer = upload(file, "people.csv").await;
        assert_eq!(answer.status(), 201, "{which}");
        let seen: Value = answer.json().await.unwrap();
        assert_eq!((&seen["rows"], seen["header"].as_array().unwrap().len()), (&Value::from(expected), 2), "{which} {seen}");
    }
    for (name, shown) in [("..%2F..%2Fetc%2Fpasswd", "passwd"), ("C%3A%5Cx%5Cpeople.csv", "people.csv"), ("%00%0d%0ax.csv", "x.csv")] {
        let answer = upload(rows.as_bytes().to_vec(), name).await;
        if answer.status() == 201 {
            let seen: Value = answer.json().await.unwrap();
            let kept = seen["file_name"].as_str().unwrap();
            assert!(!kept.contains(['/', '\\', '\r', '\n', '\0']) && (kept.ends_with(shown) || kept == "people.csv"), "{name} {kept}");
        }
    }
}

#[tokio::test]
async fn csv_08_a_file_without_end_is_given_up() {
    let piece = format!("{}\n", "x".repeat(1_000)).repeat(1_000);
    let pieces = futures_util::stream::iter((0..60).map(move |_| Ok::<_, std::io::Error>(piece.clone())));
    let answer = tokio::time::timeout(Duration::from_secs(20), upload(reqwest::Body::wrap_stream(pieces), "endless.csv")).await.unwrap();
    let (status, code) = refusal(answer).await;
    assert!(matches!((status, code.as_str()), (413 | 422, _)), "{status} {code}");
}

#[tokio::test]
async fn csv_17_whoever_may_not_send_a_file_is_told_before_it_is_read() {
    let package = world().access_token().await;
    for (authorization, expected) in [(format!("Bearer {package}"), 403), ("Bearer nothing".to_owned(), 401)] {
        let mut stream = TcpStream::connect(world().base.strip_prefix("http://").unwrap()).await.unwrap();
        let head = format!(
            "POST /api/v1/invitations/imports HTTP/1.1\r\nHost: x\r\nAuthorization: {authorization}\r\nContent-Type: text/csv\r\nX-File-Name: a.csv\r\nContent-Length: 20000000\r\n\r\nemail\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let mut answer = vec![0_u8; 4_096];
        let read =
            tokio::time::timeout(Duration::from_secs(5), stream.read(&mut answer)).await.expect("an answer before the file").unwrap();
        let text = String::from_utf8_lossy(&answer[..read]).into_owned();
        assert!(text.starts_with(&format!("HTTP/1.1 {expected}")), "{text}");
    }
}
