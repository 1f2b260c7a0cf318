//! Who gets in, and what strange input gets.

use std::collections::BTreeSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use serde_json::{Value, json};

use super::world::{KEY, ORG_A, USER, World, claims, face, package, rep, sign};
use crate::account::description::OFFERED;
use crate::account::routes::ROUTES;
use crate::clock;

const RECORD: &str = "00Q000000000001EAA";

#[actix_web::test]
async fn a_token_that_is_not_the_faces_opens_nothing() {
    let world = World::new().await;
    let good = claims(&json!({ "kind": "face" }));
    let with = |name: &str, value: Value| {
        let mut claims = good.clone();
        claims[name] = value;
        sign(&claims)
    };
    let without = |name: &str| {
        let mut claims = good.clone();
        claims.as_object_mut().unwrap().remove(name);
        sign(&claims)
    };
    let now = clock::now_s();
    let header = |algorithm| jsonwebtoken::Header::new(algorithm);
    let key = jsonwebtoken::EncodingKey::from_secret(KEY.as_bytes());
    let other_key = jsonwebtoken::EncodingKey::from_secret(&[b'x'; 32]);
    let unsigned = format!("{}.", face().rsplit_once('.').unwrap().0);
    let refused = [
        String::new(),
        "x".to_owned(),
        unsigned,
        format!("{}x", face()),
        with("iss", json!("somebody")),
        with("iss", json!(["msi-face", "x"])),
        with("aud", json!("msi-face")),
        with("aud", Value::Null),
        with("exp", json!(now - 6)),
        with("exp", json!("soon")),
        with("exp", json!(now + 3_600)),
        with("exp", json!(u64::MAX)),
        with("iat", json!(now + 60)),
        with("rid", json!("two\nlines")),
        with("vis", json!({ "kind": "root" })),
        with("vis", json!({ "kind": "face", "more": 1 })),
        with("vis", json!({ "kind": "package", "org": ORG_A })),
        with("vis", json!({ "kind": "package", "account": "a", "org": "00D" })),
        with("vis", json!({ "kind": "rep", "account": "a", "org": ORG_A, "user": USER, "object": "Lead" })),
        with("vis", json!({ "kind": "rep", "account": "a", "org": ORG_A, "user": USER, "object": "Contact", "record": RECORD })),
        without("iss"),
        without("aud"),
        without("exp"),
        without("iat"),
        without("rid"),
        without("vis"),
        jsonwebtoken::encode(&header(jsonwebtoken::Algorithm::HS512), &good, &key).unwrap(),
        jsonwebtoken::encode(&header(jsonwebtoken::Algorithm::HS256), &good, &other_key).unwrap(),
        "a".repeat(6_000),
    ];
    for token in refused {
        let reply = world.get("/v1/budget", &token).await;
        assert_eq!((reply.status, reply.code().as_str()), (401, "visitor.rejected"), "{token}");
        assert_eq!(reply.header("cache-control"), "no-store");
    }
    assert_eq!(world.get("/v1/budget", &face()).await.status, 200);
    assert_eq!(world.get("/v1/budget", &with("exp", json!(now + 1))).await.status, 200);
}

#[actix_web::test]
async fn a_token_is_only_taken_from_the_one_header_it_belongs_in() {
    let world = World::new().await;
    let get = |path: &str| world.request(reqwest::Method::GET, path);
    let twice = get("/v1/budget").header("Authorization", format!("Bearer {}", face())).header("Authorization", "Bearer x");
    let reply = world.send(twice).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "request.ambiguous"));
    for scheme in ["bearer ", "Basic ", "Bearer  ", ""] {
        let reply = world.send(get("/v1/budget").header("Authorization", format!("{scheme}{}", face()))).await;
        assert_eq!(reply.status, 401, "{scheme:?}");
    }
    assert_eq!(world.send(get(&format!("/v1/budget?token={}", face()))).await.status, 401);
}

#[actix_web::test]
async fn each_route_is_only_for_those_it_is_made_for() {
    let world = World::new().await;
    let admin = sign(&claims(&json!({ "kind": "admin", "account": "a", "user": USER })));
    let visitors = [("face", face()), ("rep", rep("a", RECORD)), ("package", package("a")), ("admin", admin)];
    let id = "0".repeat(32);
    for (path, may) in [
        (format!("/v1/orgs/{ORG_A}"), vec!["face"]),
        ("/v1/budget".to_owned(), vec!["face"]),
        (format!("/v1/people?sfdc_id={RECORD}"), vec!["rep", "package"]),
        (format!("/v1/people/{id}"), vec!["rep", "package"]),
        (format!("/v1/people/{id}/timeline"), vec!["rep", "package"]),
        ("/v1/jobs".to_owned(), vec!["package", "admin"]),
    ] {
        for (kind, token) in &visitors {
            let reply = world.get(&path, token).await;
            if may.contains(kind) {
                assert!([200, 404].contains(&reply.status), "{kind} at {path}: {}", reply.text);
            } else {
                assert_eq!((reply.status, reply.code().as_str()), (403, "auth.forbidden"), "{kind} at {path}");
            }
        }
    }
}

#[actix_web::test]
async fn every_answer_says_how_long_it_may_be_kept() {
    let world = World::new().await;
    for (path, token, keep, tags) in [
        (format!("/v1/orgs/{ORG_A}"), face(), "private, max-age=15", format!("account:a org:{ORG_A}")),
        ("/v1/budget".to_owned(), face(), "no-store", String::new()),
        ("/v1/jobs".to_owned(), package("a"), "no-store", "account:a".to_owned()),
        (format!("/v1/people?sfdc_id={RECORD}"), package("a"), "no-store", format!("account:a record:{RECORD}")),
    ] {
        let reply = world.get(&path, &token).await;
        assert_eq!((reply.header("cache-control"), reply.header("x-cache-tags")), (keep, tags.as_str()), "{path}");
    }
}

#[actix_web::test]
async fn a_problem_names_the_request_by_the_id_that_the_face_gave() {
    let world = World::new().await;
    let reply = world.get(&format!("/v1/people/{}", "0".repeat(32)), &package("a")).await;
    assert_eq!(reply.json()["request_id"], "req-1");
    assert_eq!(reply.json()["instance"], "urn:msi-gateway:request:req-1");
    let unsigned = world.request(reqwest::Method::GET, "/v1/budget").header("X-Request-Id", "from-outside");
    assert_eq!(world.send(unsigned).await.json()["request_id"], "from-outside");
}

#[actix_web::test]
async fn other_methods_and_addresses_get_problems_too() {
    let world = World::new().await;
    for (method, path, status) in [
        (reqwest::Method::POST, "/v1/people", 405),
        (reqwest::Method::DELETE, "/v1/budget", 405),
        (reqwest::Method::TRACE, "/v1/jobs", 405),
        (reqwest::Method::GET, "/v1/nothing", 404),
        (reqwest::Method::GET, "/v1/people/a/b/c", 404),
        (reqwest::Method::GET, "/V1/people", 404),
    ] {
        let reply = world.send(world.request(method.clone(), path).bearer_auth(face())).await;
        assert_eq!((reply.status, reply.header("content-type")), (status, "application/problem+json"), "{method} {path}");
    }
    assert_eq!(world.send(world.request(reqwest::Method::GET, "/healthz")).await.status, 200);
    assert_eq!(world.send(world.request(reqwest::Method::GET, "/readyz")).await.status, 200);
}

#[actix_web::test]
async fn whatever_is_asked_is_never_our_fault() {
    let world = World::new().await;
    world.a.upsert_people(&[crate::store::testing::person(1)], 1, None).await.unwrap();
    let id = world.a.person_by_sfdc_id(RECORD).await.unwrap().unwrap().id;
    let strange = "[a-zA-Z0-9%&=+;:./?#_~ \u{e9}\u{0}'\"<>{}-]{0,40}";
    let asked = (strange, strange, 0_usize..6, prop::bool::ANY);
    let mut runner = TestRunner::deterministic();
    for _ in 0..150 {
        let (one, two, route, encoded) = asked.new_tree(&mut runner).unwrap().current();
        let safe = |text: &str| percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
        let one = if encoded { safe(&one) } else { safe(&one).replace("%2F", "/").replace("%3D", "=").replace("%26", "&") };
        let two = safe(&two);
        let path = match route {
            0 => format!("/v1/people?sfdc_id={one}&{two}"),
            1 => format!("/v1/people/{one}"),
            2 => format!("/v1/people/{one}/timeline?cursor={two}"),
            3 => format!("/v1/people/{id}/timeline?cursor={one}&limit={two}"),
            4 => format!("/v1/people/{id}/timeline?cursor={one}"),
            _ => format!("/v1/people/{id}/timeline?tab={one}"),
        };
        let reply = world.get(&path, &package("a")).await;
        assert!(reply.status < 500, "{path}: {}", reply.text);
        assert!(reply.status != 200 || route > 1 || one.is_empty(), "{path}: {}", reply.text);
    }
    for _ in 0..50 {
        let (one, two, _, _) = asked.new_tree(&mut runner).unwrap().current();
        let org = percent_encoding::utf8_percent_encode(&one, percent_encoding::NON_ALPHANUMERIC).to_string();
        let reply = world.get(&format!("/v1/orgs/{org}"), &face()).await;
        assert!([404, 405].contains(&reply.status), "{org}: {}", reply.text);
        let check = json!({ "instance_url": one, "oauth_token": two, "user_id": USER });
        let reply = world.post(&format!("/v1/orgs/{ORG_A}/live-checks"), &face(), &check).await;
        assert_eq!((reply.status, &reply.json()), (200, &json!({ "live": false })), "{one}");
    }
}

#[test]
fn the_description_has_the_addresses_that_are_offered_and_no_others() {
    let description: Value = serde_json::from_str(&OFFERED).unwrap();
    let described: BTreeSet<String> = description["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| format!("{method} {path}")))
        .collect();
    let offered: BTreeSet<String> = ROUTES.iter().filter(|row| row.offered).map(|row| format!("{} /api{}", row.method, row.path)).collect();
    assert_eq!(described, offered);
}
