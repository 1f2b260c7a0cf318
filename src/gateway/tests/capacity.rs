//! More requests than the face takes, requests that come in slowly, and a face that is about to stop.

use std::time::Duration;

use futures_util::future::join_all;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{ORG, World, http, said};
use crate::gateway::token::{Claims, Tokens, Use};

/// A person's id, and what the account is asked for it.
const PERSON: &str = "0199f2d0c0de7000a000000000000009";
const CALL: &str = "GET /v1/people/0199f2d0c0de7000a000000000000009";

fn token(world: &World, account: &str) -> String {
    let now = crate::clock::now_s();
    let claims = Claims {
        iss: Tokens::issuer().to_owned(),
        aud: Use::Api,
        exp: now + 60,
        iat: now,
        jti: "one".to_owned(),
        acc: account.to_owned(),
        org: ORG.to_owned(),
        sub: "005000000000001AAA".to_owned(),
        rec: None,
        obj: None,
        lng: None,
        tz: None,
        off: None,
    };
    world.house.tokens.issue(&claims).unwrap()
}

async fn ask(world: &World, account: &str, path: &str) -> (u16, String) {
    said(http().get(format!("{}{path}", world.base)).bearer_auth(token(world, account))).await
}

async fn until_under_way(world: &World, wanted: usize) {
    for _ in 0..300 {
        if world.house.capacity.under_way() >= wanted {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} under way", world.house.capacity.under_way());
}

#[actix_web::test]
async fn rat_06_an_account_that_floods_is_asked_to_wait_and_the_other_one_is_answered() {
    let world = World::start_with("127.0.0.1:0", |settings| settings.gateway.max_requests_per_account = 3);
    world.answers(CALL, 200, json!({ "id": PERSON }));
    let gate = world.holds(CALL);
    // Equal questions share one call of the account; each is under way all the same.
    let path = format!("/api/v1/people/{PERSON}");
    let flood = join_all((0..3).map(|_| ask(&world, "a", &path)));
    let rest = async {
        until_under_way(&world, 3).await;
        let began = crate::clock::instant();
        for _ in 0..20 {
            assert_eq!(ask(&world, "a", &path).await, (429, "account.busy".to_owned()));
        }
        let answer = http().get(format!("{}/api/v1/jobs", world.base)).bearer_auth(token(&world, "a")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["retry-after"]), (429, &"2".parse().unwrap()));
        assert_eq!(ask(&world, "b", "/api/v1/jobs").await.0, 200);
        assert!(began.elapsed() < Duration::from_secs(3), "nobody waits for a refusal");
        gate.notify_waiters();
    };
    let (answers, ()) = tokio::join!(flood, rest);
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(ask(&world, "a", "/api/v1/jobs").await.0, 200, "places are given back");
    world.stop().await;
}

#[actix_web::test]
async fn a_face_that_is_full_says_so_at_once_and_still_answers_its_operators() {
    let world = World::start_with("127.0.0.1:0", |settings| settings.gateway.max_requests = 2);
    world.answers(CALL, 200, json!({ "id": PERSON }));
    let gate = world.holds(CALL);
    let path = format!("/api/v1/people/{PERSON}");
    let slow = join_all(["a", "b"].map(|account| ask(&world, account, &path)));
    let rest = async {
        until_under_way(&world, 2).await;
        let full = http().get(format!("{}/openapi.json", world.base)).send().await.unwrap();
        assert_eq!((full.status().as_u16(), &full.headers()["retry-after"]), (503, &"2".parse().unwrap()));
        assert_eq!(full.headers()["x-content-type-options"], "nosniff");
        let problem: serde_json::Value = full.json().await.unwrap();
        assert_eq!(problem["code"], "server.busy");
        for (path, kind) in [("/sign-in", "a page"), ("/panel/person", "a fragment")] {
            let shown = http().get(format!("{}{path}", world.base)).header("accept", "text/html").send().await.unwrap();
            assert_eq!((shown.status().as_u16(), shown.headers().contains_key("retry-after")), (503, true), "{kind}");
            let text = shown.text().await.unwrap();
            assert_eq!((text.contains("<html"), text.contains("data-state=\"upstream\"")), (kind == "a page", true), "{text}");
        }
        for path in ["/livez", "/healthz", "/readyz", "/metrics"] {
            assert_eq!(http().get(format!("{}{path}", world.base)).send().await.unwrap().status(), 200, "{path}");
        }
        gate.notify_waiters();
    };
    let (answers, ()) = tokio::join!(slow, rest);
    assert!(answers.iter().all(|(status, _)| *status == 200), "{answers:?}");
    assert_eq!(http().get(format!("{}/openapi.json", world.base)).send().await.unwrap().status(), 200);
    world.stop().await;
}

#[actix_web::test]
async fn htp_17_whoever_sends_slowly_keeps_nobody_out() {
    let world = World::start_with("127.0.0.1:0", |settings| settings.gateway.max_requests = 1);
    let address = world.base.strip_prefix("http://").unwrap().to_owned();
    let half = "POST /canvas HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 100\r\n\r\nsigned";
    let mut first = TcpStream::connect(&address).await.unwrap();
    first.write_all(half.as_bytes()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(http().get(format!("{}/openapi.json", world.base)).send().await.unwrap().status(), 200, "its place is free");
    // Of those there are only so many, too.
    let mut second = TcpStream::connect(&address).await.unwrap();
    second.write_all(half.as_bytes()).await.unwrap();
    let mut said = vec![0; 64];
    let read = second.read(&mut said).await.unwrap();
    assert!(String::from_utf8_lossy(&said[..read]).starts_with("HTTP/1.1 503"), "{}", String::from_utf8_lossy(&said[..read]));
    drop(first);
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(http().get(format!("{}/openapi.json", world.base)).send().await.unwrap().status(), 200);
    assert_eq!(world.house.capacity.under_way(), 0, "whoever hangs up gives the place back");
    world.stop().await;
}

#[actix_web::test]
async fn a_face_that_leaves_answers_closes_connections_and_is_not_ready() {
    let world = World::start().await;
    let ready = || async { http().get(format!("{}/readyz", world.base)).send().await.unwrap().status().as_u16() };
    assert_eq!(ready().await, 200);
    let kept = http().get(format!("{}/openapi.json", world.base)).send().await.unwrap();
    assert!(!kept.headers().contains_key("connection"));
    world.house.capacity.leave();
    assert_eq!(ready().await, 503);
    let last = http().get(format!("{}/openapi.json", world.base)).send().await.unwrap();
    assert_eq!((last.status().as_u16(), &last.headers()["connection"]), (200, &"close".parse().unwrap()));
    world.stop().await;
}
