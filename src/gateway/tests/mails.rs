//! Links in mails, whole and damaged, with and without an account behind them.

use std::time::Duration;

use aws_lc_rs::hmac;
use serde_json::{Value, json};

use super::{World, http, place, weary};
use crate::gateway::pace::UNKNOWN_LINKS;
use crate::problem::Problem;

const MAIL: &str = "0199f2d0c0de7000a000000000000009";
const BROWSER: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36";

const CLICK: u8 = b'c';
const OPEN: u8 = b'o';
const UNSUBSCRIBE: u8 = b'u';

// As the account seals them. That both halves mean the same shows where the link of a real mail is followed (`tests/it/browser/acting.rs`).
fn sealed_by(key: &str, purpose: u8, mail: &str, url: &str) -> String {
    let shared = hmac::Key::new(hmac::HMAC_SHA256, key.as_bytes());
    let links = hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&shared, b"links in mails").as_ref());
    let id = (0..mail.len()).step_by(2).map(|at| u8::from_str_radix(&mail[at..at + 2], 16).unwrap());
    let mut bytes: Vec<u8> = std::iter::once(purpose).chain(id).chain(url.bytes()).collect();
    let seal = hmac::sign(&links, &bytes);
    bytes.extend_from_slice(&seal.as_ref()[..16]);
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes)
}

fn token(purpose: u8, mail: &str, url: &str) -> String {
    sealed_by(&"k".repeat(40), purpose, mail, url)
}

fn get(world: &World, path: &str) -> reqwest::RequestBuilder {
    http().get(format!("{}{path}", world.base)).header("user-agent", BROWSER).header("x-forwarded-for", place())
}

// What the account was told of clicks and openings, once it was told so many.
async fn told(world: &World, many: usize) -> Vec<Value> {
    for _ in 0..100 {
        let asked = world.asked("POST /v1/mail-events");
        if asked.len() >= many {
            return asked.into_iter().map(|asked| asked.body).collect();
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("the account was told too little");
}

#[actix_web::test]
async fn clk_01_02_05_a_link_leads_where_it_was_sealed_to_and_nowhere_else() {
    let world = World::start().await;
    let long = format!("https://example.com/{}", "a".repeat(2_500));
    for (sealed, leads) in [
        ("https://example.com/case?a=1&b=%20x#top", "https://example.com/case?a=1&b=%20x#top"),
        ("https://example.com/ä ö", "https://example.com/%C3%A4%20%C3%B6"),
        ("https://example.com/a\r\nSet-Cookie: x=y", "https://example.com/aSet-Cookie:%20x=y"),
        (long.as_str(), long.as_str()),
    ] {
        let link = token(CLICK, MAIL, sealed);
        for query in ["", "?url=https://evil.example", "?next=//evil.example&redirect=https://evil.example"] {
            let answer = get(&world, &format!("/t/{link}{query}")).send().await.unwrap();
            assert_eq!(answer.status().as_u16(), 302, "{sealed}");
            let all: Vec<_> = answer.headers().get_all("location").iter().collect();
            assert_eq!((all.len(), all[0].to_str().unwrap()), (1, leads));
            assert_eq!(
                (&answer.headers()["referrer-policy"], &answer.headers()["cache-control"]),
                (&"no-referrer".parse().unwrap(), &"no-store".parse().unwrap())
            );
            assert!(answer.headers().get("set-cookie").is_none());
        }
    }
    world.stop().await;
}

#[actix_web::test]
async fn clk_03_09_uns_03_a_changed_token_is_none_whichever_byte_was_changed() {
    let world = World::start().await;
    let click = token(CLICK, MAIL, "https://example.com/");
    let out = token(UNSUBSCRIBE, MAIL, "");
    let other_key = sealed_by(&"x".repeat(40), CLICK, MAIL, "https://example.com/");
    let mut damaged = vec![other_key, out.clone(), token(OPEN, MAIL, ""), click[..click.len() - 1].to_owned(), format!("{click}A")];
    for at in 0..click.len() {
        let mut bytes = click.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let changed = String::from_utf8(bytes).unwrap();
        if changed != click {
            damaged.push(changed);
        }
    }
    for link in &damaged {
        let answer = get(&world, &format!("/t/{link}")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().contains_key("location")), (404, false), "{link}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "link.unknown");
    }
    for at in 0..out.len() {
        let mut bytes = out.clone().into_bytes();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let answer = get(&world, &format!("/unsubscribe/{}", String::from_utf8(bytes).unwrap())).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 404);
    }
    assert!(world.asked("POST /v1/mail-events").is_empty(), "of none of them the account was told");
    let mut pictures = Vec::new();
    for name in [token(OPEN, MAIL, ""), "x".to_owned(), click] {
        let answer = get(&world, &format!("/t/{name}.gif")).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers()["cache-control"].to_str().unwrap()), (200, "no-store"));
        assert!(answer.headers().get("set-cookie").is_none());
        pictures.push(answer.bytes().await.unwrap());
    }
    assert!(pictures.iter().all(|picture| *picture == pictures[0]));
    assert_eq!(told(&world, 1).await.len(), 1);
    world.stop().await;
}

#[actix_web::test]
async fn clk_06_programs_that_open_links_are_no_people() {
    let world = World::start().await;
    let mails: Vec<String> = (0..6).map(|number| format!("{number:032x}")).collect();
    let link = |at: usize| format!("/t/{}", token(CLICK, &mails[at], "https://example.com/"));
    let bot = async |request: reqwest::RequestBuilder, count: usize| {
        assert_eq!(request.send().await.unwrap().status().as_u16(), 302);
        told(&world, count).await.pop().unwrap()["bot"].clone()
    };
    assert_eq!(bot(get(&world, &link(0)), 1).await, false);
    let head = http().head(format!("{}{}", world.base, link(1))).header("user-agent", BROWSER);
    assert_eq!(bot(head, 2).await, true);
    assert_eq!(bot(get(&world, &link(2)).header("sec-purpose", "prefetch;prerender"), 3).await, true);
    assert_eq!(bot(get(&world, &link(3)).header("purpose", "prefetch"), 4).await, true);
    let scanner = http().get(format!("{}{}", world.base, link(4))).header("user-agent", "Mozilla/5.0 (compatible; Proofpoint URL Defense)");
    assert_eq!(bot(scanner, 5).await, true);
    for _ in 0..30 {
        get(&world, &link(5)).send().await.unwrap();
    }
    let all = told(&world, 35).await;
    let people = all[5..].iter().filter(|event| event["bot"] == false).count();
    assert!(people <= 5, "{people} of thirty clicks within two seconds count as a person's");
    world.stop().await;
}

#[actix_web::test]
async fn clk_07_uns_08_without_an_account_links_lead_on_and_the_way_out_says_to_try_again() {
    let world = World::start().await;
    let down = serde_json::to_value(Problem::unavailable("account.unavailable", "Asleep.", 5)).unwrap();
    world.answers("POST /v1/mail-events", 503, down.clone());
    let click = token(CLICK, MAIL, "https://example.com/");
    assert_eq!(get(&world, &format!("/t/{click}")).send().await.unwrap().status().as_u16(), 302);
    told(&world, 1).await;
    world.answers("POST /v1/mail-events", 200, json!({ "counted": true }));
    assert_eq!(told(&world, 2).await[1]["token"], click.as_str(), "it is told again until it is taken");
    let out = token(UNSUBSCRIBE, MAIL, "");
    let path = format!("/v1/unsubscribes/by-token/{out}");
    world.answers(&format!("POST {path}"), 503, down);
    let post = || http().post(format!("{}/unsubscribe/{out}", world.base)).form(&[("List-Unsubscribe", "One-Click")]);
    let answer = post().send().await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.headers().contains_key("retry-after")), (503, true), "never a false \"Unsubscribed.\"");
    world.answers(&format!("POST {path}"), 200, json!({ "account": "Acme" }));
    assert_eq!(post().send().await.unwrap().status().as_u16(), 200);
    world.stop().await;
}

#[actix_web::test]
async fn uns_01_02_04_07_one_click_works_as_mail_programs_do_it_and_looking_changes_nothing() {
    let world = World::start().await;
    let out = token(UNSUBSCRIBE, MAIL, "");
    let path = format!("/v1/unsubscribes/by-token/{out}");
    world.answers(&format!("GET {path}"), 200, json!({ "account": "Acme", "unsubscribed_since": null }));
    world.answers(&format!("POST {path}"), 200, json!({ "account": "Acme" }));
    let url = format!("{}/unsubscribe/{out}", world.base);
    for _ in 0..3 {
        let page = http().get(&url).header("accept", "text/html").send().await.unwrap();
        assert_eq!((page.status().as_u16(), page.headers()["cache-control"].to_str().unwrap()), (200, "no-store"));
    }
    assert!(world.asked(&format!("POST {path}")).is_empty(), "UNS-02");
    let form = http().post(&url).header("content-type", "application/x-www-form-urlencoded").body("List-Unsubscribe=One-Click");
    let parts = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    let multipart = http().post(&url).header("content-type", "multipart/form-data; boundary=b").body(parts);
    // Damaged as mail programs do it: broken lines and signs of quoted-printable.
    let broken = format!("{}/unsubscribe/{}%0D%0A%20{}=", world.base, &out[..20], &out[20..]);
    let damaged = http().post(broken).form(&[("List-Unsubscribe", "One-Click")]);
    for (count, request) in [form, multipart, damaged].into_iter().enumerate() {
        let answer = request.send().await.unwrap();
        assert_eq!((answer.status().as_u16(), answer.headers().contains_key("location")), (200, false));
        assert_eq!(answer.text().await.unwrap(), "Unsubscribed.");
        assert_eq!(world.asked(&format!("POST {path}")).len(), count + 1, "before the answer");
    }
    for (kind, body) in [
        ("application/x-www-form-urlencoded", ""),
        ("application/x-www-form-urlencoded", "List-Unsubscribe=Two-Clicks"),
        ("application/json", "{\"List-Unsubscribe\":\"One-Click\"}"),
        ("multipart/form-data; boundary=b", "--b--"),
    ] {
        let answer = http().post(&url).header("content-type", kind).body(body).send().await.unwrap();
        assert_eq!(answer.status().as_u16(), 400, "{kind} {body}");
        assert_eq!(answer.json::<Value>().await.unwrap()["code"], "unsubscribe.body");
    }
    assert!(!url.contains('@') && !url.contains("%40"), "UNS-10");
    world.stop().await;
}

#[actix_web::test]
async fn uns_09_whoever_guesses_waits_and_whoever_has_a_link_never_does() {
    let world = World::start().await;
    let from = place();
    let (click, out) = (token(CLICK, MAIL, "https://example.com/"), token(UNSUBSCRIBE, MAIL, ""));
    world.answers(&format!("POST /v1/unsubscribes/by-token/{out}"), 200, json!({ "account": "Acme" }));
    let at = async |path: &str| {
        let request = http().get(format!("{}{path}", world.base)).header("x-forwarded-for", &from).header("user-agent", BROWSER);
        request.send().await.unwrap().status().as_u16()
    };
    assert_eq!((at("/t/abc").await, at("/unsubscribe/abc").await), (404, 404));
    let mut seen = (0, 0);
    // A minute may end in between.
    for _ in 0..3 {
        weary(&world, UNKNOWN_LINKS, &from, &Problem::new(404, "link.unknown", "Unknown link", "No.")).await;
        seen = (at("/t/abc").await, at("/unsubscribe/abc").await);
        if seen == (429, 429) {
            break;
        }
    }
    assert_eq!(seen, (429, 429));
    assert_eq!(at(&format!("/t/{click}")).await, 302);
    let one_click = http().post(format!("{}/unsubscribe/{out}", world.base)).header("x-forwarded-for", &from);
    assert_eq!(one_click.form(&[("List-Unsubscribe", "One-Click")]).send().await.unwrap().status().as_u16(), 200);
    let elsewhere = get(&world, "/t/abc").send().await.unwrap();
    assert_eq!(elsewhere.status().as_u16(), 404);
    world.stop().await;
}
