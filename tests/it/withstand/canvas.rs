//! Signed requests that others made.

use std::io::Write;
use std::process::{Command, Stdio};

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::place;
use crate::world::{SECRET, mac, refusal, sign, world};

async fn status(signed_request: &str) -> u16 {
    let request = world().http.post(world().url("/canvas")).header("X-Forwarded-For", place()).form(&[("signed_request", signed_request)]);
    request.send().await.unwrap().status().as_u16()
}

#[tokio::test]
async fn csr_01_what_another_implementation_signed_is_taken_and_what_it_signed_wrongly_is_not() {
    let signed_by_python = |hash: &str| {
        let program = "import sys,hmac,base64\nbody=base64.b64encode(sys.stdin.buffer.read())\n\
            print(base64.b64encode(hmac.new(sys.argv[1].encode(),body,sys.argv[2]).digest()).decode()+'.'+body.decode(),end='')";
        let mut python =
            Command::new("python3").args(["-c", program, SECRET, hash]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        python.stdin.take().unwrap().write_all(world().envelope().to_string().as_bytes()).unwrap();
        String::from_utf8(python.wait_with_output().unwrap().stdout).unwrap()
    };
    assert_eq!(status(&signed_by_python("sha256")).await, 200);
    for hash in ["sha1", "sha512", "sha3_256", "md5"] {
        assert_eq!(status(&signed_by_python(hash)).await, 401, "{hash}");
    }
}

#[tokio::test]
async fn csr_09_one_alphabet_throughout_and_not_two_in_one_part() {
    let tagged = |envelope: &str| format!("{}.{envelope}", STANDARD.encode(mac(SECRET, envelope.as_bytes())));
    // Both letters that differ must occur, or there is nothing to mix.
    let standard = loop {
        let mut envelope = world().envelope();
        envelope["context"]["user"]["fullName"] = json!(">>>???~~~ÿÿÿ");
        let encoded = STANDARD.encode(envelope.to_string());
        if encoded.contains('/') && encoded.contains('+') {
            break encoded;
        }
    };
    assert_eq!(status(&tagged(&standard)).await, 200);
    assert_eq!(status(&tagged(&URL_SAFE_NO_PAD.encode(STANDARD.decode(&standard).unwrap()))).await, 200);
    let mixed = standard.replacen('/', "_", 1);
    assert!(matches!(status(&tagged(&mixed)).await, 400 | 401));
    for broken in [format!("{} ", &standard), format!("{}\n{}", &standard[..8], &standard[8..]), format!("{standard}===")] {
        assert!(matches!(status(&tagged(&broken)).await, 400 | 401), "{broken:.20}");
    }
}

#[tokio::test]
async fn csr_02_16_fields_that_come_in_odd_ways() {
    let good = sign(SECRET, &world().envelope());
    let encoded = crate::world::encode(&good);
    for body in [
        format!("signed_request={encoded}&signed_request="),
        format!("signed_request=&signed_request={encoded}"),
        format!("SIGNED_REQUEST={encoded}"),
        format!("signed_request[]={encoded}"),
        format!("signed_request%00={encoded}"),
        format!("{{\"signed_request\":\"{good}\"}}"),
        "&".repeat(100_000),
        "=".repeat(100_000),
        "%".repeat(10_000),
        format!("signed_request={}", "%".repeat(1_000)),
    ] {
        let request = world().http.post(world().url("/canvas")).header("X-Forwarded-For", place());
        let request = request.header("Content-Type", "application/x-www-form-urlencoded").body(body.clone());
        let (status, code) = refusal(request.send().await.unwrap()).await;
        assert!(matches!((status, code.as_str()), (400, "canvas.malformed") | (401, "canvas.rejected")), "{body:.60} {status} {code}");
    }
}

#[tokio::test]
async fn csr_20_28_odd_values_in_a_good_envelope_break_nothing() {
    for (pointer, value) in [
        ("/context/user/timeZone", json!("../../etc/passwd")),
        ("/context/user/language", json!("zz_ZZ")),
        ("/context/user/language", json!("x".repeat(5_000))),
        ("/context/environment/dimensions", json!({"height": "<script>"})),
        ("/context/environment/parameters", json!("{\"tabs\":[\"a\"]}")),
        ("/context/environment/parameters", json!([1, 2, 3])),
        ("/context/environment/record/Id", json!("00Q' OR 1=1--")),
        ("/context/environment/record/attributes/type", json!("Lead\"><script>alert(1)</script>")),
        ("/client/targetOrigin", json!("https://evil.example")),
        ("/client/instanceId", json!("'\"><svg onload=alert(1)>")),
        ("/context/organization/name", json!("\u{202e}gro\u{0}")),
    ] {
        let mut envelope = world().envelope();
        *envelope.pointer_mut(pointer).unwrap() = value.clone();
        let form = [("signed_request", sign(SECRET, &envelope))];
        let answer = world().http.post(world().url("/canvas")).header("X-Forwarded-For", place()).form(&form).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 200 | 400), "{pointer} {value}");
        let page = answer.text().await.unwrap();
        for live in ["<script>alert", "<svg onload", "evil.example", "root:"] {
            assert!(!page.contains(live), "{pointer} {page}");
        }
    }
}
