//! What every answer carries, whoever asked and however.

use std::collections::HashMap;

use reqwest::Method;
use serde_json::Value;

use super::place;
use crate::world::{SECRET, sign, world};

/// Addresses of every kind, as somebody without rights asks for them.
const ASKED: [(&str, &str); 30] = [
    ("GET", "/canvas"),
    ("POST", "/canvas"),
    ("GET", "/panel/person"),
    ("GET", "/panel/tab/web"),
    ("GET", "/panel/feed"),
    ("POST", "/panel/settings"),
    ("GET", "/panel/mail/x"),
    ("GET", "/panel/mail-body/x"),
    ("GET", "/panel/act"),
    ("POST", "/panel/act/call"),
    ("POST", "/oauth/token"),
    ("POST", "/api/v1/org/certificates"),
    ("GET", "/api/v1/people"),
    ("GET", "/api/v1/me"),
    ("DELETE", "/api/v1/members/x"),
    ("GET", "/t/abc"),
    ("GET", "/t/abc.gif"),
    ("GET", "/unsubscribe/abc"),
    ("POST", "/unsubscribe/abc"),
    ("GET", "/sign-in"),
    ("POST", "/sign-in/link"),
    ("GET", "/sign-in/salesforce/callback"),
    ("GET", "/invitations/abc"),
    ("GET", "/admin"),
    ("GET", "/admin/marketo"),
    ("GET", "/admin/settings/users"),
    ("GET", "/admin/settings/audit.csv"),
    ("GET", "/healthz"),
    ("GET", "/nowhere"),
    ("TRACE", "/healthz"),
];

fn directives(policy: &str) -> HashMap<&str, Vec<&str>> {
    let parts = policy.split(';').filter_map(|part| {
        let mut words = part.split_whitespace();
        Some((words.next()?, words.collect()))
    });
    parts.collect()
}

// What a checker of such policies complains of most.
fn sound(policy: &str, which: &str) {
    let all = directives(policy);
    assert_eq!(all.get("default-src"), Some(&vec!["'none'"]), "{which}: {policy}");
    assert_eq!(all.get("base-uri"), Some(&vec!["'none'"]), "{which}: {policy}");
    assert!(all.contains_key("frame-ancestors") && all.contains_key("form-action"), "{which}: {policy}");
    for name in ["script-src", "style-src", "connect-src", "object-src", "font-src", "worker-src"] {
        for source in all.get(name).into_iter().flatten() {
            let bad = ["'unsafe-inline'", "'unsafe-eval'", "*", "http:", "https:", "data:", "blob:", "'unsafe-hashes'"];
            assert!(!bad.contains(source), "{which}: {name} {source}");
        }
    }
    for source in all.get("frame-ancestors").into_iter().flatten() {
        assert!(!["*", "https:", "http:", "https://*.com"].contains(source), "{which}: {policy}");
    }
}

#[tokio::test]
async fn csf_06_08_10_cac_02_every_answer_is_guarded_and_none_is_kept() {
    for (method, path) in ASKED {
        for accept in ["text/html", "application/json"] {
            let request = world().http.request(Method::from_bytes(method.as_bytes()).unwrap(), world().url(path));
            let answer = request
                .header("Accept", accept)
                .header("Origin", "https://evil.example")
                .header("X-Forwarded-For", place())
                .send()
                .await
                .unwrap();
            let which = format!("{method} {path} {accept}");
            let status = answer.status().as_u16();
            assert!(status < 500, "{which}: {status}");
            let header = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default();
            sound(&header("content-security-policy"), &which);
            if !path.starts_with("/canvas") {
                assert!(header("content-security-policy").contains("frame-ancestors 'none'"), "{which}");
                assert_eq!(header("x-frame-options"), "DENY", "{which}");
            }
            assert_eq!(header("x-content-type-options"), "nosniff", "{which}");
            assert_eq!(header("cache-control"), "no-store", "{which}");
            assert!(header("strict-transport-security").contains("max-age=63072000; includeSubDomains"), "{which}");
            assert!(["no-referrer", "same-origin"].contains(&header("referrer-policy").as_str()), "{which}");
            assert!(header("permissions-policy").contains("geolocation=()"), "{which}");
            assert!(!header("cross-origin-resource-policy").is_empty(), "{which}");
            for name in ["access-control-allow-origin", "access-control-allow-credentials", "server", "x-powered-by"] {
                assert_eq!(header(name), "", "{which} {name}");
            }
            let text = answer.text().await.unwrap_or_default();
            for leak in ["evil.example", "panicked", "serde", "src/", "sqlx", "actix"] {
                assert!(!text.contains(leak), "{which} {leak}: {text}");
            }
        }
    }
}

#[tokio::test]
async fn csf_08_no_page_elsewhere_may_ask_with_a_script() {
    for path in ["/api/v1/people", "/api/v1/me", "/panel/person", "/oauth/token", "/admin/settings/users", "/unsubscribe/abc"] {
        for origin in ["https://evil.example", "null", "https://acme.my.salesforce.com.evil.example"] {
            let request = world().http.request(Method::OPTIONS, world().url(path)).header("Origin", origin);
            let request = request.header("Access-Control-Request-Method", "POST").header("Access-Control-Request-Headers", "authorization");
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status(), 405, "{path} {origin}");
            assert!(!answer.headers().keys().any(|name| name.as_str().starts_with("access-control-")), "{path} {origin}");
        }
    }
}

#[tokio::test]
async fn csf_05_nothing_is_done_by_looking_and_no_word_makes_it_a_deed() {
    for path in ["/sign-out", "/sign-in/salesforce", "/panel/settings", "/panel/circular", "/oauth/token", "/api/v1/org/certificates"] {
        for method in [Method::GET, Method::HEAD] {
            let request =
                world().http.request(method.clone(), world().url(&format!("{path}?_method=POST"))).header("X-HTTP-Method-Override", "POST");
            assert_eq!(request.header("X-Method-Override", "POST").send().await.unwrap().status(), 405, "{method} {path}");
        }
    }
}

#[tokio::test]
async fn cac_05_06_no_cache_in_front_can_be_fed_or_made_to_keep_what_is_somebodys() {
    for path in ["/sign-in", "/admin/marketo", "/openapi.json"] {
        let plain = async || world().http.get(world().url(path)).header("Accept", "text/html").send().await.unwrap().text().await.unwrap();
        let fed = world().http.get(world().url(path)).header("X-Forwarded-Host", "evil.example").header("X-Host", "evil.example");
        let fed =
            fed.header("X-Forwarded-Scheme", "http").header("X-Original-URL", "/evil").header("Accept", "text/html").send().await.unwrap();
        assert!(!fed.text().await.unwrap().contains("evil"), "{path}");
        assert!(!plain().await.contains("evil"), "{path}");
    }
    let token = world().session(&world().envelope()).await;
    for path in [
        "/panel/person/x.css",
        "/panel/person;.js",
        "/panel/person%0a.css",
        "/panel/person.css",
        "/api/v1/me/x.css",
        "/admin/settings/my-profile/x.js",
        "/admin/settings/my-profile;.js",
    ] {
        let answer = world().http.get(world().url(path)).bearer_auth(&token).header("X-Forwarded-For", place()).send().await.unwrap();
        assert!(matches!(answer.status().as_u16(), 400 | 403 | 404), "{path}: {}", answer.status());
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
    }
    let person = world().fragment("/panel/person", &token).await;
    assert_eq!(person.headers()["cache-control"], "no-store");
}

#[tokio::test]
async fn csf_06_a_panel_says_who_may_frame_it_and_a_mail_in_it_that_nothing_runs() {
    let form = [("signed_request", sign(SECRET, &world().envelope()))];
    let answer = world().http.post(world().url("/canvas")).form(&form).send().await.unwrap();
    sound(answer.headers()["content-security-policy"].to_str().unwrap(), "panel");
    let page = answer.text().await.unwrap();
    for inline in ["<script>", " onclick=", " onload=", " style=\"", "javascript:"] {
        assert!(!page.contains(inline), "{inline}");
    }
}

#[tokio::test]
async fn log_06_what_is_for_operators_and_makers_is_not_served() {
    for path in [
        "/metrics/",
        "/metrics.json",
        "/debug/pprof",
        "/actuator/health",
        "/.git/config",
        "/.git/HEAD",
        "/.env",
        "/.svn/entries",
        "/.DS_Store",
        "/Cargo.toml",
        "/src/main.rs",
        "/server-status",
        "/phpinfo.php",
        "/swagger-ui",
        "/graphql",
        "/assets/",
        "/assets/app.js.map",
        "/backup.zip",
        "/demo.db",
        "/config.toml",
        "/.well-known/security.txt",
        "/sandbox/../demo.db",
    ] {
        let answer = world().http.get(world().url(path)).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{path}");
    }
    let description: Value = world().http.get(world().url("/openapi.json")).send().await.unwrap().json().await.unwrap();
    let text = description.to_string();
    for word in ["127.0.0.1", "localhost", "live-checks", "memory-epochs", "by-token"] {
        assert!(!text.contains(word), "{word}");
    }
}
