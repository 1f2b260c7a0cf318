//! Ways in that lead elsewhere, and words that break things.

use std::time::Duration;

use naughty_strings::BLNS;
use serde_json::json;

use super::{World, http};
use crate::gateway::origin::is_own_page;

/// Every way of writing somebody else's address that we could think of: beginnings, how the slashes are written, what stands between.
fn elsewhere() -> Vec<String> {
    let hosts = ["evil.example", "evil.example/admin/", "evil.example%2fadmin", "127.0.0.1", "[::1]", "ⓔvil.example", "evil。example"];
    let begins = [
        "//",
        "///",
        "////",
        "/\\",
        "\\\\",
        "\\/",
        "/\\/",
        "https://",
        "http://",
        "https:",
        "http:/",
        "https:/\\",
        "javascript://",
        "data:",
        "//user@",
        "/%2f",
        "/%5c",
        "%2f%2f",
        "/\t/",
        "/\n/",
        "/\r\n/",
        "\t//",
        " //",
        "/./",
        "/../",
        "/.//",
        "/admin//",
        "/admin/..//",
        "/admin/\\",
        "/admin/@",
        "/admin/%2f%2f",
        "/admin/%0d%0aLocation:%20//",
        "/admin/\u{0}//",
        "/admin/#//",
        "/admin/?//",
        "/admin;//",
        "ftp://",
        "file:///",
        "blob:",
        "vbscript:",
        "view-source:",
        "about:",
        "mailto:",
        "//;@",
        "//%00",
        "/〱",
        "//\u{2025}",
        "/admin/\u{2028}//",
        "http://\u{ad}",
        "?//",
        "#//",
        ".//",
        "..//",
        "https:///",
        "https:////",
        "HtTpS://",
        "\u{0}https://",
        "\u{feff}//",
        "/\u{b}/",
        "/\u{c}/",
        "\\\t\\",
        "/admin/:80//",
        "//google.com@",
        "@",
    ];
    let mut all: Vec<String> = begins.iter().flat_map(|begin| hosts.iter().map(move |host| format!("{begin}{host}"))).collect();
    all.extend(
        BLNS.iter().map(|text| format!("/admin/{text}")).filter(|text| text.contains("//") || text.contains('\\') || text.contains(':')),
    );
    all
}

#[actix_web::test]
async fn oau_09_whatever_is_asked_for_one_comes_back_to_us() {
    let base = url::Url::parse("https://msi.example.com/sign-in").unwrap();
    let all = elsewhere();
    assert!(all.len() > 400, "{}", all.len());
    let left = all.iter().filter(|path| base.join(path).map_or(true, |there| there.origin() != base.origin())).count();
    assert!(left > 100, "joining alone would lead {left} of them away");
    for path in all.iter().filter(|path| is_own_page(path)) {
        assert_eq!(base.join(path).unwrap().origin(), base.origin(), "{path:?}");
    }
    let world = World::start().await;
    for path in all.iter().step_by(23) {
        let mut visitor = world.visitor();
        let page = visitor.get("/sign-in").await;
        let started = visitor.send("/sign-in/salesforce", &page, &[("environment", "production"), ("return_to", path)]).await;
        assert!(started.status == 303 || started.status == 400, "{path:?} {}", started.status);
        let back = visitor.get("/sign-in/salesforce/callback?code=c&state=s").await;
        if let Some(there) = back.location {
            let joined = url::Url::parse(&world.base).unwrap().join(&there).unwrap();
            assert_eq!(joined.origin(), url::Url::parse(&world.base).unwrap().origin(), "{path:?} {there}");
        }
    }
    world.stop().await;
}

#[actix_web::test]
async fn csv_11_csr_28_naughty_words_pass_through_forms_as_they_are_and_come_out_inert() {
    let world = World::start().await;
    let mut member = world.member().await;
    let page = member.get("/admin/settings/teams").await;
    let mut told = 0;
    for text in BLNS {
        let got = member.send("/admin/settings/teams", &page, &[("name", text)]).await;
        assert!([303, 400].contains(&got.status), "{text:?} {}", got.status);
        let asked = world.asked("POST /v1/teams");
        if asked.len() > told {
            told = asked.len();
            assert_eq!(asked.last().unwrap().body, json!({ "name": text.trim() }), "{text:?}");
        }
    }
    assert!(told > 400, "{told}");
    // What the account has of them is shown as text, wherever it stands.
    for text in BLNS.iter().filter(|text| text.contains('<') || text.contains('"') || text.contains('\'')) {
        world.answers(
            "GET /v1/teams",
            200,
            json!({"items": [{"id": "t1", "name": text, "members": 1, "built_in": false}], "next_cursor": null, "total": 1}),
        );
        let shown = member.get("/admin/settings/teams").await;
        assert_eq!(shown.status, 200, "{text:?}");
        let body = shown.text.split("<main").nth(1).unwrap_or(&shown.text);
        if text.contains('<') {
            assert!(!body.contains(text), "{text:?} stands there as it is");
        }
        for tag in ["<script>alert", "<img src=x", "<svg onload", "onerror=alert(1)>", "<iframe"] {
            assert!(!body.contains(tag), "{text:?} {tag}");
        }
    }
    world.stop().await;
}

#[actix_web::test]
async fn csv_15_forms_that_are_broken_bring_no_file() {
    let world = World::start().await;
    let mut member = world.member().await;
    let page = member.get("/admin/settings/users/import").await;
    let token = page.token();
    let part = |head: &str, body: &str| format!("--bound\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
    let csrf = part("name=\"csrf\"", &token);
    let file = part("name=\"file\"; filename=\"a.csv\"\r\nContent-Type: text/csv", "email\r\na@b.example");
    let nested = "name=\"file\"; filename=\"a.csv\"\r\nContent-Type: multipart/mixed; boundary=c";
    for (kind, body) in [
        ("multipart/form-data", format!("{csrf}{file}--bound--\r\n")),
        ("multipart/form-data; boundary=", format!("{csrf}{file}--bound--\r\n")),
        ("multipart/form-data; boundary=other", format!("{csrf}{file}--bound--\r\n")),
        ("multipart/form-data; boundary=bound", format!("{csrf}{}", &file[..40])),
        ("multipart/form-data; boundary=bound", format!("{file}{csrf}--bound--\r\n")),
        ("multipart/form-data; boundary=bound", format!("{csrf}--bound--\r\n")),
        ("multipart/form-data; boundary=b", format!("\n{csrf}{file}--bound--\r\n")),
        ("multipart/form-data; boundary=bound", format!("{csrf}{}--bound--\r\n", part("name=\"other\"; filename=\"a.csv\"", "x"))),
        ("multipart/form-data; boundary=bound", format!("{csrf}--bound\r\nno colon\r\n\r\nx\r\n--bound--\r\n")),
        ("multipart/form-data; boundary=bound", format!("{}{file}--bound--\r\n", part("name=\"x\"", "x").repeat(1_000))),
        ("application/x-www-form-urlencoded", format!("csrf={token}&file=x")),
    ] {
        let request = http().post(format!("{}/admin/settings/users/import", world.base)).header("origin", &world.base);
        let got = member.exchange(request.header("accept", "text/html").header("content-type", kind).body(body.clone())).await;
        assert!(
            got.status < 500 && got.location.as_deref().is_none_or(|there| !there.ends_with("/map")),
            "{kind} {body:.80} {}",
            got.status
        );
    }
    assert!(world.asked("POST /v1/invitations/imports").is_empty());
    for (head, body) in
        [(nested, "--c\r\n\r\nx\r\n--c--"), (&format!("name=\"file\"; filename=\"{}\"", "x".repeat(5_000)), "email\r\na@b.example")]
    {
        let request =
            http().post(format!("{}/admin/settings/users/import", world.base)).header("origin", &world.base).header("accept", "text/html");
        let request =
            request.header("content-type", "multipart/form-data; boundary=bound").body(format!("{csrf}{}--bound--\r\n", part(head, body)));
        assert!(member.exchange(request).await.status < 500);
    }
    for asked in world.asked("POST /v1/invitations/imports") {
        let name = asked.headers.iter().find(|(name, _)| name == "x-file-name").unwrap().1.clone();
        assert!(name.len() < 1_000, "{}", name.len());
    }
    // The parser waits for a line after this; nobody else has to.
    let request =
        http().post(format!("{}/admin/settings/users/import", world.base)).header("origin", &world.base).header("accept", "text/html");
    let request = request.header("content-type", "multipart/form-data; boundary=bound").body(format!("{csrf}{file}"));
    let got = tokio::time::timeout(Duration::from_secs(5), member.exchange(request)).await.expect("an answer at once");
    assert_eq!((got.status, got.location.as_deref()), (303, Some("/admin/settings/users/import")));
    world.stop().await;
}

#[actix_web::test]
async fn what_is_kept_about_somebody_comes_as_a_file_and_in_no_address() {
    let world = World::start().await;
    let told = json!({"email": "ann@acme.example", "at": 1, "erased_at": null, "kept": {}});
    world.answers("POST /v1/personal-data/exports", 200, told.clone());
    let mut member = world.member().await;
    let page = member.get("/admin/settings/unsubscribes").await;
    let got = member.send("/admin/settings/unsubscribes/personal-data", &page, &[("email", "ann@acme.example")]).await;
    assert_eq!((got.status, serde_json::from_str::<serde_json::Value>(&got.text).unwrap()), (200, told));
    assert_eq!(
        (&got.headers["cache-control"], &got.headers["content-disposition"]),
        (&"no-store".parse().unwrap(), &"attachment; filename=\"personal-data.json\"".parse().unwrap())
    );
    assert_eq!(world.asked("POST /v1/personal-data/exports")[0].body, json!({"email": "ann@acme.example"}));
    let got = member.get("/admin/settings/unsubscribes/personal-data?email=ann@acme.example").await;
    assert_eq!(got.status, 405);
    let fields = [("email", "ann@acme.example"), ("confirmed", "ann@acme.example")];
    world.answers("POST /v1/personal-data/erasures", 200, json!({"erased": {"people": 1}}));
    let got = member.send("/admin/settings/unsubscribes/erase", &page, &fields).await;
    assert_eq!((got.status, got.location.as_deref()), (303, Some("/admin/settings/unsubscribes")));
    assert_eq!(
        world.asked("POST /v1/personal-data/erasures")[0].body,
        json!({"email": "ann@acme.example", "confirmed": "ann@acme.example"})
    );
    assert!(member.get("/admin/settings/unsubscribes").await.text.contains("What was kept about the address is erased."));
    world.stop().await;
}

#[actix_web::test]
async fn log_03_htp_18_what_a_client_calls_itself_reaches_the_account_as_one_short_line() {
    let world = World::start().await;
    for value in ["1.2.3.4\u{1b}[31m", "not an address", "\"}{", "::1, evil", &"9".repeat(5_000), "unknown, 203.0.113.9"] {
        let mut visitor = world.visitor();
        let page = visitor.get("/invitations/abc").await;
        let form = [("csrf", page.token()), ("once", crate::clock::new_id())];
        let request = http().post(format!("{}/invitations/abc", world.base)).header("origin", &world.base);
        let request = request
            .header("x-forwarded-for", value)
            .header("x-forwarded-user", "admin")
            .header("x-forwarded-host", "evil.example")
            .form(&form);
        let Ok(request) = request.build() else { continue };
        let answer = http().execute(request).await.unwrap();
        assert!(answer.status().as_u16() < 500, "{value:?}");
        assert!(!answer.text().await.unwrap().contains("evil.example"));
    }
    for asked in world.asked("POST /v1/invitations/by-token/abc/accept") {
        let from = asked.from.as_str().unwrap();
        assert!(from.parse::<std::net::IpAddr>().is_ok(), "{from}");
    }
    world.stop().await;
}
