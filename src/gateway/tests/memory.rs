//! What the face remembers, tampered with, lost, or under names that somebody chose.

use serde_json::{Value, json};

use super::{LEAD, ORG, SECRET, World, arrive, envelope, http, know, org, place, said, session_of, sign, world_of};
use crate::gateway::session::{fingerprint, key, new_id};
use crate::gateway::token::{Claims, Tokens, Use};

const PAGE: &str = "/admin/settings/my-profile";

#[actix_web::test]
async fn cac_04_ses_03_a_value_that_cannot_be_read_is_no_session() {
    let world = World::start().await;
    let memory = world.house.memory.for_worker();
    let huge = vec![b'x'; 100_000];
    for value in [&b""[..], b"null", b"[]", b"{", b"{\"who\":5}", b"\xff\xfe", &huge] {
        let mut visitor = world.member().await;
        let id = visitor.cookie.as_ref().unwrap().trim_start_matches("msi=").to_owned();
        memory.put(&format!("msi:web:{}", fingerprint(id.as_bytes())), bytes::Bytes::copy_from_slice(value), 60).await;
        let got = visitor.exchange(http().get(format!("{}{PAGE}", world.base))).await;
        assert_eq!(got.status, 401, "{} {}", value.len(), got.text);
    }
    // A notice that is none, and a sign-in under way that is none.
    for prefix in ["msi:flash:", "msi:away:"] {
        let mut visitor = world.visitor();
        let page = visitor.get("/sign-in").await;
        assert_eq!(page.status, 200);
        let id = visitor.cookie.as_ref().unwrap().trim_start_matches("msi=").to_owned();
        memory.put(&format!("{prefix}{}", fingerprint(id.as_bytes())), bytes::Bytes::from_static(b"{\"x\":"), 60).await;
        assert_eq!(visitor.get("/sign-in").await.status, 200, "{prefix}");
        let back = visitor.exchange(http().get(format!("{}/sign-in/salesforce/callback?code=c&state=s", world.base))).await;
        assert_eq!(back.status, 400, "{prefix} {}", back.text);
    }
    world.stop().await;
}

fn claims(account: &str, session: &str, user: &str) -> Claims {
    let now = crate::clock::now_s();
    Claims {
        iss: Tokens::issuer().to_owned(),
        aud: Use::Panel,
        exp: now + 60,
        iat: now,
        jti: session.to_owned(),
        acc: account.to_owned(),
        org: ORG.to_owned(),
        sub: user.to_owned(),
        rec: Some(LEAD.to_owned()),
        obj: Some("Lead".to_owned()),
        lng: None,
        tz: None,
        off: None,
    }
}

#[actix_web::test]
async fn cac_01_03_tokens_that_begin_alike_and_accounts_that_are_alike_share_nothing() {
    let world = world_of(org("active", &json!([]))).await;
    let (_, page) = arrive(&world, &sign(SECRET, &envelope()), &place()).await;
    let good = session_of(&page);
    let get =
        |token: &str| said(http().get(format!("{}/panel/person", world.base)).bearer_auth(token).header("accept", "application/json"));
    assert_ne!(get(&good).await.0, 401);
    let (head, signature) = good.rsplit_once('.').unwrap();
    let mut other = signature.as_bytes().to_vec();
    other[10] ^= 1;
    assert_eq!(get(&format!("{head}.{}", String::from_utf8(other).unwrap())).await, (401, "token.invalid".to_owned()));
    // A session of one account does not live in another one, even under the same id.
    let session = new_id().unwrap();
    let memory = world.house.memory.for_worker();
    memory.put(&key("a1", &session), bytes::Bytes::from_static(b"{\"user\":\"u\",\"opened_at\":1}"), 60).await;
    let theirs = world.house.tokens.issue(&claims("b1", &session, "005000000000001AAA")).unwrap();
    assert_eq!(get(&theirs).await.0, 401);
    // And a fragment of one is never served to the other: the account is asked for each.
    memory.put(&key("b1", &session), bytes::Bytes::from_static(b"{\"user\":\"u\",\"opened_at\":1}"), 60).await;
    let ours = world.house.tokens.issue(&claims("a1", &session, "005000000000001AAA")).unwrap();
    for token in [&ours, &theirs, &ours, &theirs] {
        get(token).await;
    }
    let asked: Vec<Value> = world
        .book
        .asked
        .lock()
        .unwrap()
        .iter()
        .filter(|asked| asked.visitor["kind"] == "rep")
        .map(|asked| asked.visitor["account"].clone())
        .collect();
    assert!(asked.contains(&json!("a1")) && asked.contains(&json!("b1")), "{asked:?}");
    world.stop().await;
}

#[test]
fn cac_08_ses_12_keys_hold_hashes_and_ids_never_repeat() {
    let mut seen = std::collections::HashSet::new();
    for _ in 0..10_000 {
        let id = new_id().unwrap();
        assert_eq!(id.len(), 43, "256 bits");
        assert!(seen.insert(id));
    }
    for hostile in ["a:b", "*", "a\r\nFLUSHALL\r\n", "{b1}", "\0"] {
        let key = key("a1", hostile);
        assert!(key.starts_with("msi:{a1}:s:") && !key.contains(hostile) && key.len() == "msi:{a1}:s:".len() + 43, "{key}");
    }
}

#[actix_web::test]
async fn ses_10_rat_05_without_redis_people_come_back_and_nothing_opens_by_itself() {
    let world = World::start_with("127.0.0.1:0", |settings| settings.redis.url = Some("redis://127.0.0.1:1/".into()));
    know(&world, org("active", &json!([])));
    // A first sight can't be told from a second one: without a living token there is no session.
    assert_eq!(arrive(&world, &sign(SECRET, &envelope()), &place()).await, (409, "canvas.replayed".to_owned()));
    world.answers(&format!("POST /v1/orgs/{ORG}/live-checks"), 200, json!({ "live": true }));
    let (status, page) = arrive(&world, &sign(SECRET, &envelope()), &place()).await;
    assert_eq!(status, 200);
    let panel = http().get(format!("{}/panel/person", world.base)).bearer_auth(session_of(&page)).send().await.unwrap();
    assert_ne!(panel.status().as_u16(), 401, "this process's own memory serves");
    let nobody = http().get(format!("{}{PAGE}", world.base)).header("cookie", format!("msi={}", "A".repeat(43))).send().await.unwrap();
    assert_eq!(nobody.status().as_u16(), 401);
    // Limits go on counting in this process.
    let from = place();
    let mut codes = Vec::new();
    for _ in 0..8 {
        let mut visitor = world.visitor();
        let page = visitor.get("/sign-in").await;
        let form = [("csrf", page.token()), ("email", "ada@acme.example".to_owned())];
        let request = http().post(format!("{}/sign-in/link", world.base)).header("origin", &world.base).header("x-forwarded-for", &from);
        codes.push(visitor.exchange(request.form(&form)).await.status);
    }
    assert!(codes.contains(&303) && codes.contains(&429), "{codes:?}");
    world.stop().await;
}
