//! Signed requests in states of the world that a running demo can't be brought into: orgs that are suspended, secrets that are an
//! org's own, a memory that was lost.

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{LEAD, ORG, SECRET, World, arrive, envelope, http, know, org, place, session_of, sign, weary, world_of};
use crate::clock;
use crate::gateway::canvas::signature;
use crate::gateway::pace::REFUSED;
use crate::gateway::session::{epoch_key, fingerprint};
use crate::problem::Problem;

const OWN: &str = "an-org-s-own-secret-0123456789abcdef";

fn rejected() -> (u16, String) {
    (401, "canvas.rejected".to_owned())
}

#[actix_web::test]
async fn csr_17_an_orgs_own_secret_speaks_for_that_org_only() {
    let secrets = format!("{SECRET},00D000000000009={OWN}");
    let world = World::start_with("127.0.0.1:0", |settings| settings.canvas.consumer_secrets = secrets.into());
    know(&world, org("active", &json!([])));
    assert_eq!(arrive(&world, &sign(OWN, &envelope()), &place()).await, rejected());
    assert!(world.asked(&format!("GET /v1/orgs/{ORG}")).is_empty(), "nobody is asked about it");
    let (status, _) = arrive(&world, &sign(SECRET, &envelope()), &place()).await;
    assert_eq!(status, 200);
    world.stop().await;
}

#[actix_web::test]
async fn csr_18_19_an_org_that_is_unknown_or_switched_off_gets_nothing() {
    let world = world_of(org("suspended", &json!([]))).await;
    assert_eq!(arrive(&world, &sign(SECRET, &envelope()), &place()).await, (403, "tenant.suspended".to_owned()));
    let mut unknown = envelope();
    unknown["context"]["organization"]["organizationId"] = json!("00D000000000777EAA");
    let problem = Problem::new(404, "tenant.unknown", "Unknown", "No such org.");
    world.answers("GET /v1/orgs/00D000000000777EAA", 404, serde_json::to_value(problem).unwrap());
    assert_eq!(arrive(&world, &sign(SECRET, &unknown), &place()).await, (403, "tenant.unknown".to_owned()));
    let asked = world.book.asked.lock().unwrap().iter().filter(|asked| !asked.call.starts_with("GET /v1/orgs/")).count();
    assert_eq!(asked, 0, "no account is made and no session opened");
    world.stop().await;
}

#[actix_web::test]
async fn csr_21_22_a_request_that_may_have_been_seen_is_checked_with_its_org() {
    let world = world_of(org("active", &json!([]))).await;
    let signed = sign(SECRET, &envelope());
    let (status, page) = arrive(&world, &signed, &place()).await;
    assert_eq!(status, 200);
    let first = session_of(&page);
    assert_eq!(arrive(&world, &signed, &place()).await, (409, "canvas.replayed".to_owned()));
    let live_checks = || world.asked(&format!("POST /v1/orgs/{ORG}/live-checks")).len();
    assert_eq!(live_checks(), 1, "the org was asked, and said no");

    // The memory is lost, as by FLUSHALL: what it held and its name.
    let memory = world.house.memory.for_worker();
    let tag = signature::base64(signed.split('.').next().unwrap().as_bytes()).unwrap();
    memory.forget(&format!("msi:{{a1}}:seen:{}", fingerprint(&tag))).await;
    memory.forget(&epoch_key("a1")).await;
    world.answers(&format!("POST /v1/orgs/{ORG}/memory-epochs"), 200, json!({ "began_at": clock::now_ms() - 1_000 }));
    let fresh = sign(SECRET, &envelope());
    assert_eq!(arrive(&world, &fresh, &place()).await.0, 409, "it may be older than the memory, and the token is dead");
    // One that says it is younger than the loss was never seen before.
    let mut younger = envelope();
    younger["issuedAt"] = json!(clock::now_s() + 5);
    assert_eq!(arrive(&world, &sign(SECRET, &younger), &place()).await.0, 200);
    // And a living token opens a panel all the same.
    world.answers(&format!("POST /v1/orgs/{ORG}/live-checks"), 200, json!({ "live": true }));
    assert_eq!(arrive(&world, &sign(SECRET, &envelope()), &place()).await.0, 200);
    let panel = http().get(format!("{}/panel/person", world.base)).bearer_auth(first).header("accept", "text/html").send().await.unwrap();
    assert_ne!(panel.status().as_u16(), 401, "the first session is not affected");
    world.stop().await;
}

#[actix_web::test]
async fn csr_24_a_hundred_at_once_are_one_sight_and_few_questions() {
    let world = world_of(org("active", &json!([]))).await;
    let signed = sign(SECRET, &envelope());
    let places: Vec<String> = (0..100).map(|_| place()).collect();
    let answers = join_all(places.iter().map(|from| arrive(&world, &signed, from))).await;
    assert_eq!(answers.iter().filter(|(status, _)| *status == 200).count(), 1, "the token is dead, so one sight is all there is");
    assert!(answers.iter().all(|(status, code)| *status == 200 || (*status, code.as_str()) == (409, "canvas.replayed")));
    let asked = world.asked(&format!("POST /v1/orgs/{ORG}/live-checks")).len();
    assert!(asked <= 2, "{asked}");
    world.stop().await;
}

#[actix_web::test]
async fn csr_25_an_id_of_15_letters_is_the_one_of_18_and_its_case_counts() {
    let world = world_of(org("active", &json!([]))).await;
    world.answers("GET /v1/orgs/00Dx0000000BV7z", 200, org("active", &json!([])));
    let mut users = Vec::new();
    for (user, organization) in
        [("005000000000abCAAQ", ORG), ("005000000000abC", ORG), ("005000000000abC", &ORG[..15]), ("005000000000aBC", ORG)]
    {
        let mut envelope = envelope();
        (envelope["userId"], envelope["context"]["user"]["userId"]) = (json!(user), json!(user));
        envelope["context"]["organization"]["organizationId"] = json!(organization);
        let (status, page) = arrive(&world, &sign(SECRET, &envelope), &place()).await;
        assert_eq!(status, 200, "{user} {page}");
        http().get(format!("{}/panel/person", world.base)).bearer_auth(session_of(&page)).send().await.unwrap();
        let asked = world.book.asked.lock().unwrap().iter().rev().find(|asked| asked.visitor["kind"] == "rep").cloned().unwrap();
        users.push(asked.visitor["user"].as_str().unwrap()[..15].to_owned());
        assert_eq!((&asked.visitor["org"], &asked.visitor["record"]), (&json!(ORG), &json!(LEAD)));
    }
    assert_eq!(users, ["005000000000abC", "005000000000abC", "005000000000abC", "005000000000aBC"]);
    world.stop().await;
}

#[actix_web::test]
async fn csr_29_nothing_is_called_that_is_not_the_orgs() {
    let world = world_of(org("active", &json!([]))).await;
    for address in [
        json!("https://evil.example"),
        json!("http://acme.my.salesforce.com"),
        json!("https://acme.my.salesforce.com.evil.example"),
        json!("https://acme.my.salesforce.com@evil.example"),
        json!("https://evil.example#.my.salesforce.com"),
        json!("https://169.254.169.254"),
        json!("https://acme.my.salesforce.com:8443"),
        json!("https://аcme.my.salesforce.com"),
    ] {
        let mut envelope = envelope();
        envelope["client"]["instanceUrl"] = address.clone();
        assert_eq!(arrive(&world, &sign(SECRET, &envelope), &place()).await, rejected(), "{address}");
    }
    for (pointer, address) in [("/client/targetOrigin", "https://evil.example"), ("/client/targetOrigin", "javascript:alert(1)")] {
        let mut envelope = envelope();
        envelope["client"]["targetOrigin"] = json!(address);
        let (status, page) = arrive(&world, &sign(SECRET, &envelope), &place()).await;
        assert!(status == 200 && !page.contains("evil.example") && !page.contains("javascript:alert"), "{pointer} {page}");
    }
    assert!(world.asked(&format!("POST /v1/orgs/{ORG}/live-checks")).is_empty());
    world.stop().await;
}

#[actix_web::test]
async fn csf_06_what_is_stored_of_an_org_adds_nothing_to_the_policy() {
    let mut hostile = org("active", &json!([]));
    hostile["frame_ancestors"] = json!([
        "https://acme.lightning.force.com",
        "https://x; script-src *",
        "https://a.example, https://b.example",
        "https://y\r\nSet-Cookie: a=b",
        "*"
    ]);
    let world = world_of(hostile).await;
    let request = http().post(format!("{}/canvas", world.base)).form(&[("signed_request", sign(SECRET, &envelope()))]);
    let answer = request.send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let (_, ancestors) = policy.split_once("frame-ancestors ").unwrap();
    assert_eq!(ancestors, "https://acme.lightning.force.com https://acme.my.salesforce.com", "{policy}");
    assert!(answer.headers().get("set-cookie").is_none());
    world.stop().await;
}

#[actix_web::test]
async fn rat_01_08_a_thousand_wrong_requests_keep_nobody_else_out() {
    let world = world_of(org("active", &json!([]))).await;
    let from = place();
    let wrong = || sign("not-the-secret-of-anybody-0123456789", &envelope());
    assert_eq!(arrive(&world, &wrong(), &from).await, rejected());
    let mut status = 0;
    // A minute may end in between.
    for _ in 0..3 {
        weary(&world, REFUSED, &from, &Problem::unauthorized("canvas.rejected", "No.")).await;
        let waiting = http().post(format!("{}/canvas", world.base)).header("x-forwarded-for", &from).form(&[("signed_request", wrong())]);
        let answer = waiting.send().await.unwrap();
        status = answer.status().as_u16();
        if status == 429 {
            assert!(answer.headers().contains_key("retry-after"));
            assert_eq!(answer.json::<Value>().await.unwrap()["code"], "request.too_often");
            break;
        }
    }
    assert_eq!(status, 429);
    assert_eq!(arrive(&world, &sign(SECRET, &envelope()), &from).await.0, 200, "the org is not locked, not even from there");
    assert_eq!(arrive(&world, &wrong(), &place()).await, rejected());
    world.stop().await;
}
