use super::fake::{World, http};
use crate::clock;
use crate::gateway::cookie::{ABSOLUTE_MS, IDLE_MS, WebSession};
use crate::gateway::session::fingerprint;

const PAGE: &str = "/admin/settings/my-profile";

#[actix_web::test]
async fn the_cookie_is_out_of_reach_of_scripts_and_other_sites() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let got = visitor.get("/sign-in").await;
    let line = &got.set_cookie[0];
    assert!(line.contains("HttpOnly") && line.contains("SameSite=Lax") && line.contains("Path=/") && !line.contains("Domain"), "{line}");
    assert_eq!(line.split(['=', ';']).nth(1).unwrap().len(), 43);
    assert_eq!(got.headers["x-frame-options"], "DENY");
    assert_eq!(got.headers["referrer-policy"], "same-origin");
    assert_eq!(got.headers["cache-control"], "no-store");
    let policy = got.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'; script-src 'self'; style-src 'self'") && policy.contains("frame-ancestors 'none'"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
    world.stop().await;
}

#[actix_web::test]
async fn signing_in_makes_a_new_id_and_the_planted_one_opens_nothing() {
    let world = World::start().await;
    let mut visitor = world.visitor();
    let planted = format!("msi={}", "A".repeat(43));
    visitor.cookie = Some(planted.clone());
    let page = visitor.get("/invitations/abc").await;
    let answer = visitor.send("/invitations/abc", &page, &[]).await;
    assert_eq!(answer.status, 303);
    assert_ne!(visitor.cookie.as_ref(), Some(&planted));
    assert_eq!(visitor.get(PAGE).await.status, 200);
    let mut thief = world.visitor();
    thief.cookie = Some(planted);
    assert_eq!(thief.get(PAGE).await.status, 401);
    world.stop().await;
}

#[actix_web::test]
async fn signing_in_again_ends_the_session_before() {
    let world = World::start().await;
    let mut visitor = world.member().await;
    let before = visitor.cookie.clone();
    let page = visitor.get("/sign-in/link/xyz").await;
    assert_eq!(visitor.send("/sign-in/link/xyz", &page, &[]).await.status, 303);
    let mut old = world.visitor();
    old.cookie = before;
    assert_eq!(old.get(PAGE).await.status, 401);
    world.stop().await;
}

#[actix_web::test]
async fn a_cookie_that_is_not_ours_opens_nothing() {
    let world = World::start().await;
    let good = world.member().await.cookie.unwrap();
    let flipped = format!("{}{}", &good[..good.len() - 1], if good.ends_with('A') { 'B' } else { 'A' });
    for cookie in [flipped, good[..good.len() - 2].to_owned(), format!("{good}x"), format!("msi={}", "A".repeat(5_000)), "msi=".to_owned()]
    {
        let got = world.visitor().exchange(http().get(format!("{}{PAGE}", world.base)).header("cookie", &cookie)).await;
        assert_eq!(got.status, 401, "{cookie}");
        assert_eq!(got.code(), "session.invalid");
        assert!(got.set_cookie.is_empty());
    }
    world.stop().await;
}

#[actix_web::test]
async fn two_cookies_of_the_name_are_ambiguous() {
    let world = World::start().await;
    let good = world.member().await.cookie.unwrap();
    for cookie in [format!("{good}; msi={}", "A".repeat(43)), format!("{good}; {good}")] {
        let got = world.visitor().exchange(http().get(format!("{}{PAGE}", world.base)).header("cookie", &cookie)).await;
        assert_eq!((got.status, got.code().as_str()), (400, "request.ambiguous"));
    }
    world.stop().await;
}

#[actix_web::test]
async fn nobody_is_led_to_the_door_and_back() {
    let world = World::start().await;
    let got = world.visitor().get("/admin/settings/users").await;
    assert_eq!((got.status, got.location.as_deref()), (303, Some("/sign-in?return_to=/admin/settings/users")));
    let got = world.visitor().get("/admin/marketo/actions-config").await;
    assert_eq!(got.location.as_deref(), Some("/admin/marketo"));
    let got = world.visitor().exchange(http().get(format!("{}{PAGE}", world.base))).await;
    assert_eq!((got.status, got.code().as_str()), (401, "session.missing"));
    assert!(world.asked("GET /v1/me").is_empty());
    world.stop().await;
}

#[actix_web::test]
async fn signing_out_ends_the_session_everywhere() {
    let world = World::start().await;
    let mut visitor = world.member().await;
    let mut other_tab = world.visitor();
    other_tab.cookie.clone_from(&visitor.cookie);
    let page = visitor.get(PAGE).await;
    let got = visitor.send("/sign-out", &page, &[]).await;
    assert_eq!(got.location.as_deref(), Some("/sign-in"));
    assert!(visitor.get("/sign-in").await.text.contains("You are signed out."));
    assert_eq!(other_tab.get(PAGE).await.status, 401);
    assert_eq!(visitor.get(PAGE).await.status, 401);
    world.stop().await;
}

#[actix_web::test]
async fn a_session_ends_when_it_is_idle_and_when_it_is_old() {
    let world = World::start().await;
    let memory = world.house.memory.for_worker();
    // The clock of the process is everybody's, so the sessions are made older instead.
    for (created, seen, status) in [
        (0, 0, 200),
        (IDLE_MS - 5_000, IDLE_MS - 5_000, 200),
        (IDLE_MS, IDLE_MS, 401),
        (ABSOLUTE_MS - 5_000, 1_000, 200),
        (ABSOLUTE_MS, 1_000, 401),
    ] {
        let mut visitor = world.member().await;
        let key = format!("msi:web:{}", fingerprint(visitor.cookie.as_ref().unwrap().trim_start_matches("msi=").as_bytes()));
        let mut session: WebSession = serde_json::from_slice(&memory.get(&key).await.unwrap()).unwrap();
        let now = clock::now_ms();
        (session.created, session.seen) = (now - created, now - seen);
        memory.put(&key, serde_json::to_vec(&session).unwrap().into(), 3_600).await;
        let got = visitor.exchange(http().get(format!("{}{PAGE}", world.base))).await;
        assert_eq!(got.status, status, "{created} {seen}");
        if status == 401 {
            assert_eq!(got.code(), "session.expired");
        } else if seen > 60_000 {
            let kept: WebSession = serde_json::from_slice(&memory.get(&key).await.unwrap()).unwrap();
            assert!(kept.seen >= now && kept.created == session.created, "use is noted");
        }
    }
    world.stop().await;
}

#[actix_web::test]
async fn somebody_who_was_removed_is_out_at_the_next_request() {
    let world = World::start().await;
    let mut visitor = world.member().await;
    assert_eq!(visitor.get(PAGE).await.status, 200);
    let revoked = crate::problem::Problem::unauthorized("session.revoked", "You are no longer a member.");
    world.answers("GET /v1/me", 401, serde_json::to_value(&revoked).unwrap());
    let got = visitor.get(PAGE).await;
    assert_eq!(got.status, 401);
    assert!(got.text.contains("You are no longer a member of this account."));
    world.answers("GET /v1/me", 200, super::fake::ordinary("GET /v1/me").1);
    assert_eq!(visitor.get(PAGE).await.status, 401, "the session itself is gone");
    world.stop().await;
}
