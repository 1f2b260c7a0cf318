//! Attacks at the HTTP edge of the face, before an account that answers as a test wants. The ids are those of `tests/attacks.md`.

mod assertions;
mod capacity;
mod connections;
mod doors;
mod mails;
mod memory;
mod published;
mod vectors;
mod visits;

use std::sync::atomic::{AtomicU32, Ordering};

use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

pub(super) use super::admin::tests::fake::{World, http};
use super::pace::Pace;
use crate::problem::Problem;

/// The one consumer secret of a fake world.
const SECRET: &str = "8d1f6f0c2b7e4f1aa5c9e3d7b6a80f42";
const ORG: &str = "00Dx0000000BV7zEAG";
const ORG_CALL: &str = "GET /v1/orgs/00Dx0000000BV7zEAG";
const LEAD: &str = "00Q000000000001EAA";

/// A place that nobody else comes from, so that what is refused here counts for nobody else.
fn place() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("198.18.{}.{}", next / 250, next % 250)
}

/// Is refused so often from one place that this minute is full.
async fn weary(world: &World, pace: Pace, from: &str, problem: &Problem) {
    let face = world.house.for_worker();
    for _ in 0..=pace.place {
        pace.refused(&face, Some(from), problem.clone()).await;
    }
}

/// An org as the account describes it.
fn org(status: &str, certificates: &Value) -> Value {
    json!({
        "account_id": "a1", "org_id": ORG, "name": "Acme", "status": status, "instance_url": "https://acme.my.salesforce.com",
        "frame_ancestors": ["https://acme.lightning.force.com", "https://acme--c.vf.force.com"], "certificates": certificates,
    })
}

/// A world whose org is known to the account.
async fn world_of(org: Value) -> World {
    let world = World::start().await;
    know(&world, org);
    world
}

fn know(world: &World, org: Value) {
    world.answers(ORG_CALL, 200, org);
    world.answers(&format!("POST /v1/orgs/{ORG}/memory-epochs"), 200, json!({ "began_at": 0 }));
    world.answers(&format!("POST /v1/orgs/{ORG}/live-checks"), 200, json!({ "live": false }));
}

fn envelope() -> Value {
    json!({
        "algorithm": "HMACSHA256", "issuedAt": null, "userId": "005000000000001AAA", "salt": crate::clock::new_id(),
        "client": {"oauthToken": "00D!made-up", "refreshToken": null, "instanceId": "_:Msi:1", "instanceUrl": "https://acme.my.salesforce.com"},
        "context": {
            "user": {"userId": "005000000000001AAA", "language": "en_US", "timeZone": "Europe/Berlin", "fullName": "A Rep"},
            "organization": {"organizationId": ORG, "name": "Acme"},
            "environment": {"parameters": {}, "record": {"attributes": {"type": "Lead", "url": "/x"}, "Id": LEAD}, "dimensions": {"height": "450px"}},
        }
    })
}

fn sign(secret: &str, envelope: &Value) -> String {
    let encoded = STANDARD.encode(envelope.to_string());
    let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), encoded.as_bytes());
    format!("{}.{encoded}", STANDARD.encode(tag.as_ref()))
}

async fn arrive(world: &World, signed: &str, from: &str) -> (u16, String) {
    let request = http().post(format!("{}/canvas", world.base)).header("x-forwarded-for", from).form(&[("signed_request", signed)]);
    said(request).await
}

/// Status and, of a refusal, its code; otherwise the text. A refusal is a proper one.
async fn said(request: reqwest::RequestBuilder) -> (u16, String) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let kind = answer.headers()["content-type"].to_str().unwrap_or_default().to_owned();
    let cookies = answer.headers().contains_key("set-cookie");
    let text = answer.text().await.unwrap();
    if status < 400 {
        return (status, text);
    }
    assert!(!cookies && kind == "application/problem+json", "{status} {kind} {text}");
    let problem: Value = serde_json::from_str(&text).unwrap();
    (status, problem["code"].as_str().unwrap().to_owned())
}

fn session_of(page: &str) -> String {
    let island = page.split("id=\"panel-config\">").nth(1).unwrap().split("</script>").next().unwrap();
    serde_json::from_str::<Value>(island).unwrap()["token"].as_str().unwrap().to_owned()
}
