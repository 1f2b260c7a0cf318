//! What recipients of mails reach. The ids name the attacks that each test stands for.

use crate::world::{refusal, world};

async fn get(path: &str) -> reqwest::Response {
    world().http.get(world().url(path)).send().await.unwrap()
}

#[tokio::test]
async fn clk_02_03_an_unknown_link_leads_nowhere() {
    for path in ["/t/abc", "/t/abc?url=https://evil.example", "/t/AAAA-_", "/t/%00", &format!("/t/{}", "A".repeat(5_000))] {
        let answer = get(path).await;
        assert!(answer.headers().get("location").is_none());
        assert!(matches!(answer.status().as_u16(), 400 | 404 | 414), "{path}");
    }
    assert_eq!(refusal(get("/t/abc?next=//evil.example").await).await, (404, "link.unknown".to_owned()));
}

#[tokio::test]
async fn clk_09_the_pixel_is_the_same_for_every_token() {
    let (one, other) = (get("/t/abc.gif").await, get("/t/x-y_z.gif").await);
    assert_eq!(one.status(), 200);
    assert!(one.headers().get("set-cookie").is_none());
    assert_eq!(
        (&one.headers()["content-type"], &one.headers()["cache-control"]),
        (&"image/gif".parse().unwrap(), &"no-store".parse().unwrap())
    );
    assert_eq!(one.bytes().await.unwrap(), other.bytes().await.unwrap());
}

#[tokio::test]
async fn uns_03_04_07_an_unknown_way_out_is_no_way_and_an_odd_body_is_refused() {
    for token in ["abc", "AAAA=\r\nBBBB", "..", "%2e%2e"] {
        let answer =
            get(&format!("/unsubscribe/{}", percent_encoding::utf8_percent_encode(token, percent_encoding::NON_ALPHANUMERIC))).await;
        assert_eq!(answer.status(), 404, "{token}");
    }
    let post = |kind: &'static str, body: &'static str| {
        world().http.post(world().url("/unsubscribe/abc")).header("Content-Type", kind).body(body).send()
    };
    for (kind, body) in
        [("application/x-www-form-urlencoded", "what=everything"), ("text/plain", "List-Unsubscribe=One-Click"), ("application/json", "{}")]
    {
        assert_eq!(refusal(post(kind, body).await.unwrap()).await, (400, "unsubscribe.body".to_owned()), "{body}");
    }
    let known_form = post("application/x-www-form-urlencoded", "List-Unsubscribe=One-Click").await.unwrap();
    assert_eq!(refusal(known_form).await, (404, "link.unknown".to_owned()));
}
