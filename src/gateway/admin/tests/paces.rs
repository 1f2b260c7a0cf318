//! Whoever tries too often waits, and makes nobody else wait.

use super::fake::{Got, World, http};
use crate::gateway::pace::REFUSED;
use crate::problem::Problem;

/// Waits for the next window when this one is nearly over, so that no test is cut in two.
async fn steady(seconds: i64) {
    let left = seconds - crate::clock::now_s() % seconds;
    if left < 25 {
        tokio::time::sleep(std::time::Duration::from_secs(u64::try_from(left).unwrap())).await;
    }
}

async fn link(world: &World, from: &str, email: &str) -> Got {
    let mut visitor = world.visitor();
    let page = visitor.get("/sign-in").await;
    let form = [("csrf", page.token()), ("email", email.to_owned())];
    let request = http().post(format!("{}/sign-in/link", world.base)).header("origin", &world.base).header("x-forwarded-for", from);
    visitor.exchange(request.form(&form)).await
}

#[actix_web::test]
async fn links_are_limited_by_place_and_by_address_but_never_for_somebody_elsewhere() {
    steady(600).await;
    let world = World::start().await;
    for _ in 0..6 {
        assert_eq!(link(&world, "203.0.113.1", "ada@acme.example").await.status, 303);
    }
    let got = link(&world, "203.0.113.1", " ADA@acme.example").await;
    assert_eq!((got.status, got.code().as_str()), (429, "request.too_often"));
    let wait: u64 = got.headers["retry-after"].to_str().unwrap().parse().unwrap();
    assert!((1..=600).contains(&wait), "{wait}");
    // The same person from elsewhere, and others from here, are not kept out.
    assert_eq!(link(&world, "203.0.113.2", "ada@acme.example").await.status, 303);
    assert_eq!(link(&world, "203.0.113.1", "grace@acme.example").await.status, 303);
    let before = world.asked("POST /v1/sign-in-links").len();
    for number in 0..60 {
        link(&world, "203.0.113.1", &format!("p{number}@acme.example")).await;
    }
    let asked = world.asked("POST /v1/sign-in-links").len() - before;
    assert_eq!(asked, 60 - 8, "so many from one place, the refused ones included");
    // What a client writes into the header itself does not make it somebody else.
    assert_eq!(link(&world, "198.51.100.9, 203.0.113.1", "p99@acme.example").await.status, 429);
    assert_eq!(link(&world, "203.0.113.3", "p1@acme.example").await.status, 303);
    world.stop().await;
}

#[actix_web::test]
async fn entering_is_limited_by_instance_and_says_so_on_a_page() {
    steady(600).await;
    let world = World::start().await;
    world.answers(
        "POST /v1/marketo-admins",
        401,
        serde_json::json!({"type": "urn:x", "code": "marketo.credentials", "title": "t", "status": 401, "detail": "d"}),
    );
    let mut visitor = world.visitor();
    let page = visitor.get("/admin/marketo").await;
    let fields = [("munchkin_id", "123-ABC-456"), ("client_id", "c"), ("client_secret", "s"), ("email", "ada@acme.example")];
    for _ in 0..10 {
        assert_eq!(visitor.send("/admin/marketo", &page, &fields).await.status, 303);
    }
    let got = visitor.send("/admin/marketo", &page, &fields).await;
    assert_eq!(got.status, 429);
    assert!(got.headers.contains_key("retry-after") && got.text.contains("Too many attempts came from here"), "{}", got.text);
    assert_eq!(world.asked("POST /v1/marketo-admins").len(), 10);
    let other = [("munchkin_id", "999-XYZ-999"), ("client_id", "c"), ("client_secret", "s"), ("email", "ada@acme.example")];
    assert_eq!(visitor.send("/admin/marketo", &page, &other).await.status, 303);
    world.stop().await;
}

#[actix_web::test]
async fn bad_tokens_are_told_to_wait_and_good_ones_never_are() {
    steady(60).await;
    let world = World::start().await;
    let get = async |token: String| {
        let request = http().get(format!("{}/api/v1/teams", world.base)).bearer_auth(token);
        world.visitor().exchange(request).await
    };
    assert_eq!(get("msi_nonsense".to_owned()).await.status, 401);
    // So many refusals from one place, counted as fast as a slow machine can.
    let face = world.house.for_worker();
    for _ in 0..600 {
        REFUSED.refused(&face, Some("127.0.0.1"), Problem::unauthorized("token.invalid", "No.")).await;
    }
    let got = get("msi_nonsense".to_owned()).await;
    assert_eq!((got.status, got.code().as_str()), (429, "request.too_often"));
    assert!(got.headers.contains_key("retry-after"));
    assert_eq!(get(format!("msi_{}", "g".repeat(43))).await.status, 200, "a good token from the same place");
    world.stop().await;
}
