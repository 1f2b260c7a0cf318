//! Signed requests at the edge. The ids name the attacks that each test stands for.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use crate::withstand::place;
use crate::world::{OTHER_SECRET, SECRET, encode, mac, now_s, refusal, sign, sign_text, token_of, world};

async fn rejected(signed_request: &str) {
    let request = world().http.post(world().url("/canvas")).header("X-Forwarded-For", place()).form(&[("signed_request", signed_request)]);
    assert_eq!(refusal(request.send().await.unwrap()).await, (401, "canvas.rejected".to_owned()), "{signed_request:.60}");
}

async fn malformed(signed_request: &str) {
    assert_eq!(refusal(world().post(signed_request).await).await, (400, "canvas.malformed".to_owned()), "{signed_request:.60}");
}

fn changed(pointer: &str, value: Value) -> Value {
    let mut envelope = world().envelope();
    *envelope.pointer_mut(pointer).unwrap() = value;
    envelope
}

#[tokio::test]
async fn csr_01_a_request_of_salesforce_opens_a_panel_with_a_session_of_its_own() {
    let world = world();
    let request = world.signed_by_salesforce("Lead", world.lead()).await;
    let answer = world.post(&request).await;
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().get("set-cookie").is_none());
    assert_eq!(answer.headers()["cache-control"], "no-store");
    let first = token_of(&answer.text().await.unwrap());
    let second = world.session(&world.envelope()).await;
    assert_ne!(first, second);
}

#[tokio::test]
async fn csr_02_04_the_field_comes_once_in_the_body() {
    let good = sign(SECRET, &world().envelope());
    for body in
        [String::new(), "signed_request=".to_owned(), format!("signed_request={0}&signed_request={0}", encode(&good)), "other=1".to_owned()]
    {
        assert_eq!(refusal(world().post_body(body).await).await, (400, "canvas.malformed".to_owned()));
    }
    let in_the_query = world().http.post(world().url(&format!("/canvas?signed_request={}", encode(&good))));
    let answer = in_the_query.header("Content-Type", "application/x-www-form-urlencoded").send().await.unwrap();
    assert_eq!(refusal(answer).await, (400, "canvas.malformed".to_owned()));
}

#[tokio::test]
async fn csr_03_the_get_variant_wants_salesforces_words() {
    let get = async |query: &str| world().http.get(world().url(&format!("/canvas{query}"))).send().await.unwrap();
    assert_eq!(refusal(get("").await).await, (405, "request.method".to_owned()));
    for name in ["_sfdc_canvas_auth", "_sfdc_canvas_authvalue"] {
        let login = encode("https://login.salesforce.com/services/oauth2/authorize");
        assert_eq!(get(&format!("?{name}=user_approval_required&loginUrl={login}")).await.status(), 200);
        for evil in [
            "https://evil.example/",
            "http://login.salesforce.com/",
            "https://login.salesforce.com.evil.example/",
            "javascript:alert(1)",
            "",
        ] {
            let answer = get(&format!("?{name}=user_approval_required&loginUrl={}", encode(evil))).await;
            assert_eq!(refusal(answer).await, (400, "url.not_allowed".to_owned()), "{evil}");
        }
    }
}

#[tokio::test]
async fn csr_05_06_two_parts_no_fewer_no_more() {
    let good = sign(SECRET, &world().envelope());
    let (tag, context) = good.split_once('.').unwrap();
    for text in ["nodots", ".", &format!("{tag}."), &format!(".{context}")] {
        malformed(text).await;
    }
    rejected(&format!("{good}.c")).await;
}

#[tokio::test]
async fn csr_07_08_every_other_tag_is_rejected() {
    let envelope = STANDARD.encode(world().envelope().to_string());
    let tag = mac(SECRET, envelope.as_bytes());
    for bit in 0..256 {
        let mut flipped = tag.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        rejected(&format!("{}.{envelope}", STANDARD.encode(flipped))).await;
    }
    for length in [1, 8, 16, 31] {
        rejected(&format!("{}.{envelope}", STANDARD.encode(&tag[..length]))).await;
    }
    rejected(&format!("{}.{envelope}", STANDARD.encode([&tag[..], &[0]].concat()))).await;
}

#[tokio::test]
async fn csr_09_other_spellings_of_the_tag() {
    let good = sign(SECRET, &world().envelope());
    let (tag, context) = good.split_once('.').unwrap();
    let raw = STANDARD.decode(tag).unwrap();
    let hex: String = raw.iter().map(|byte| format!("{byte:02x}")).collect();
    for tag in [hex, format!("{}\n{}", &tag[..8], &tag[8..]), format!("{} {}", &tag[..8], &tag[8..])] {
        rejected(&format!("{tag}.{context}")).await;
    }
    assert_eq!(world().post(&format!("{}.{context}", URL_SAFE_NO_PAD.encode(&raw))).await.status(), 200);
}

#[tokio::test]
async fn csr_10_a_literal_plus_is_not_repaired() {
    let with_plus = loop {
        let request = sign(SECRET, &world().envelope());
        if request.contains('+') {
            break request;
        }
    };
    let literal = encode(&with_plus).replace("%2B", "+");
    assert_eq!(refusal(world().post_body(format!("signed_request={literal}")).await).await, (401, "canvas.rejected".to_owned()));
    assert_eq!(world().post(&with_plus).await.status(), 200);
}

#[tokio::test]
async fn csr_11_12_other_constructions_of_the_tag() {
    let json = world().envelope().to_string();
    let envelope = STANDARD.encode(&json);
    let keyed =
        |algorithm| aws_lc_rs::hmac::sign(&aws_lc_rs::hmac::Key::new(algorithm, SECRET.as_bytes()), envelope.as_bytes()).as_ref().to_vec();
    let plain = digest::digest(&digest::SHA256, format!("{SECRET}{envelope}").as_bytes()).as_ref().to_vec();
    let over_json = mac(SECRET, json.as_bytes());
    for tag in [keyed(aws_lc_rs::hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY), keyed(aws_lc_rs::hmac::HMAC_SHA512), plain, over_json] {
        rejected(&format!("{}.{envelope}", STANDARD.encode(tag))).await;
    }
}

#[tokio::test]
async fn csr_13_the_algorithm_is_exactly_one() {
    for algorithm in [json!("none"), json!("HMACSHA1"), json!("hmacsha256"), Value::Null] {
        rejected(&sign(SECRET, &changed("/algorithm", algorithm))).await;
    }
    let mut absent = world().envelope();
    absent.as_object_mut().unwrap().remove("algorithm");
    rejected(&sign(SECRET, &absent)).await;
}

#[tokio::test]
async fn csr_14_30_only_active_secrets_count() {
    for secret in ["", "another-secret-of-another-place-1234", &format!("{SECRET}\n")] {
        rejected(&sign(secret, &world().envelope())).await;
    }
    assert_eq!(world().post(&sign(OTHER_SECRET, &world().envelope())).await.status(), 200);
}

#[tokio::test]
async fn csr_15_16_signed_nonsense_is_malformed() {
    let not_base64 = "%%%";
    malformed(&format!("{}.{not_base64}", STANDARD.encode(mac(SECRET, not_base64.as_bytes())))).await;
    let deep = format!(r#"{{"algorithm":"HMACSHA256","x":{}{}}}"#, "[".repeat(10_000), "]".repeat(10_000));
    let twice = r#"{"algorithm":"HMACSHA256","userId":"a","userId":"b"}"#;
    for text in [&b"\xff\xfe"[..], b"not json", b"[]", b"null", b"", deep.as_bytes(), twice.as_bytes()] {
        malformed(&sign_text(SECRET, text)).await;
    }
    let long = changed("/context/user/fullName", json!("x".repeat(1_000_000)));
    let (status, _) = refusal(world().post(&sign(SECRET, &long)).await).await;
    assert!(matches!(status, 400 | 413));
}

#[tokio::test]
async fn csr_18_an_unknown_org_gets_no_account() {
    let unknown = changed("/context/organization/organizationId", json!("00D000000000XYZEA2"));
    assert_eq!(refusal(world().post(&sign(SECRET, &unknown)).await).await, (403, "tenant.unknown".to_owned()));
}

#[tokio::test]
async fn csr_20_issued_at_is_believed_within_bounds() {
    for (at, expected) in [
        (json!(now_s() - 660), (401, "canvas.stale")),
        (json!(now_s() + 70), (401, "canvas.stale")),
        (json!("soon"), (400, "canvas.malformed")),
        (json!(-1), (400, "canvas.malformed")),
        (json!(1e300), (400, "canvas.malformed")),
    ] {
        let (status, code) = refusal(world().post(&sign(SECRET, &changed("/issuedAt", at.clone()))).await).await;
        assert_eq!((status, code.as_str()), expected, "{at}");
    }
    for at in [Value::Null, json!(now_s()), json!(now_s() - 500)] {
        assert_eq!(world().post(&sign(SECRET, &changed("/issuedAt", at))).await.status(), 200);
    }
}

#[tokio::test]
async fn csr_26_27_size_and_media_type() {
    for bytes in [16_385, 64 * 1024] {
        let wide = changed("/context/user/fullName", json!("x".repeat(bytes)));
        assert_eq!(world().post(&sign(SECRET, &wide)).await.status(), 200);
    }
    assert_eq!(
        refusal(world().post_body(format!("signed_request={}", "x".repeat(700_000))).await).await,
        (413, "request.too_large".to_owned())
    );
    for media_type in ["text/plain", "multipart/form-data; boundary=x", "application/json"] {
        let request = world().http.post(world().url("/canvas")).header("Content-Type", media_type).body("signed_request=a.b");
        assert_eq!(refusal(request.send().await.unwrap()).await, (415, "request.media_type".to_owned()), "{media_type}");
    }
}

#[tokio::test]
async fn csr_28_hostile_names_stay_inert() {
    let hostile = "</script><img src=x onerror=alert(1)>";
    let mut envelope = changed("/context/user/fullName", json!(hostile));
    *envelope.pointer_mut("/client/instanceId").unwrap() = json!(hostile);
    *envelope.pointer_mut("/context/user/language").unwrap() = json!(hostile);
    let answer = world().post(&sign(SECRET, &envelope)).await;
    assert_eq!(answer.status(), 200);
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe-inline"), "{policy}");
    let page = answer.text().await.unwrap();
    assert!(!page.contains("<img src=x"), "{page}");
    token_of(&page);
}

#[tokio::test]
async fn csr_29_an_instance_elsewhere_is_rejected() {
    for address in [
        "https://evil.example",
        "http://acme.my.salesforce.com",
        "https://acme.my.salesforce.com.evil.example",
        "https://evil.example/#.my.salesforce.com",
    ] {
        rejected(&sign(SECRET, &changed("/client/instanceUrl", json!(address)))).await;
    }
}

#[tokio::test]
async fn csf_06_only_the_orgs_own_pages_may_frame_a_panel() {
    let answer = world().post(&sign(SECRET, &world().envelope())).await;
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let ancestors = policy.split("frame-ancestors ").nth(1).unwrap();
    assert!(ancestors.contains(&world().base), "{policy}");
    assert!(!ancestors.contains("*.salesforce.com") && !ancestors.contains("*.force.com"), "{policy}");
    assert!(answer.headers().get("x-frame-options").is_none());
    let elsewhere = world().http.get(world().url("/healthz")).send().await.unwrap();
    assert!(elsewhere.headers()["content-security-policy"].to_str().unwrap().contains("frame-ancestors 'none'"));
}

#[tokio::test]
async fn browsers_get_a_page_that_says_what_to_do() {
    let request = world()
        .http
        .post(world().url("/canvas"))
        .header("Content-Type", "application/x-www-form-urlencoded")
        .header("Accept", "text/html,*/*");
    let answer = request.body("signed_request=a.b").send().await.unwrap();
    assert_eq!(answer.status(), 401);
    assert!(answer.headers()["content-type"].to_str().unwrap().starts_with("text/html"));
    let page = answer.text().await.unwrap();
    assert!(page.contains("<h1") || page.contains("<h2"), "{page}");
    assert!(!page.contains("canvas.rejected") || page.contains("<details"), "a code alone helps nobody");
}
