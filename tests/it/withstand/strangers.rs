//! Every address that is offered to programs, asked by those who may not, made from the description that the program gives of itself.

use reqwest::Method;
use serde_json::{Value, json};

use super::place;
use crate::settings::{by_link, first_admin, token};
use crate::world::{SECRET, refusal, sign, world};

/// Addresses and methods of the description, with parts that could be ids.
async fn offered() -> Vec<(Method, String)> {
    let description: Value = world().http.get(world().url("/openapi.json")).send().await.unwrap().json().await.unwrap();
    let mut all = Vec::new();
    for (path, methods) in description["paths"].as_object().unwrap() {
        let path: String = path
            .split('/')
            .map(|part| if part.starts_with('{') { "0199f2d0c0de7000a000000000000009" } else { part })
            .collect::<Vec<_>>()
            .join("/");
        for method in
            methods.as_object().unwrap().keys().filter(|method| ["get", "post", "put", "patch", "delete"].contains(&method.as_str()))
        {
            all.push((Method::from_bytes(method.to_uppercase().as_bytes()).unwrap(), path.clone()));
        }
    }
    assert!(all.len() > 100, "{}", all.len());
    all
}

fn ask(method: &Method, path: &str) -> reqwest::RequestBuilder {
    let request = world().http.request(method.clone(), world().url(path)).header("X-Forwarded-For", place());
    if *method == Method::GET { request } else { request.json(&json!({})) }
}

fn is_api(path: &str) -> bool {
    path.starts_with("/api/v1/") && path != "/api/v1/org/certificates"
}

#[tokio::test]
async fn ten_12_jwt_25_whoever_brings_nothing_or_nonsense_is_refused_everywhere() {
    let (cookie, good) = first_admin().await;
    let expired = "eyJ0eXAiOiJKV1QiLCJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.AAAA";
    for (method, path) in offered().await.into_iter().filter(|(_, path)| is_api(path)) {
        let which = format!("{method} {path}");
        assert_eq!(refusal(ask(&method, &path).send().await.unwrap()).await, (401, "token.missing".to_owned()), "{which}");
        for bearer in ["x", expired, &format!("msi_{}", "A".repeat(43)), &good[..46], &format!("{good}A")] {
            let (status, code) = refusal(ask(&method, &path).bearer_auth(bearer).send().await.unwrap()).await;
            // No program may ask what is an org's own; whose token it is does not matter then.
            let no_programs = bearer.len() == 47 && (status, code.as_str()) == (403, "auth.forbidden");
            assert!(no_programs || (status, code.as_str()) == (401, "token.invalid"), "{which} {bearer:.10} {status} {code}");
        }
        // Neither a cookie nor a place in the address stands in for the header.
        let elsewhere =
            ask(&method, &format!("{path}?access_token={good}&token={good}")).header("Cookie", cookie).header("X-Api-Key", good);
        assert_eq!(refusal(elsewhere.send().await.unwrap()).await.0, 401, "{which}");
        let twice = ask(&method, &path).header("Authorization", format!("Bearer {good}")).header("Authorization", "Bearer x");
        assert_eq!(refusal(twice.send().await.unwrap()).await, (400, "request.ambiguous".to_owned()), "{which}");
    }
}

#[tokio::test]
async fn ten_12_13_a_panel_and_an_orgs_own_code_do_not_become_admins() {
    let panel = world().session(&world().envelope()).await;
    let package = world().access_token().await;
    let admins = [
        "members",
        "invitations",
        "audit",
        "login-settings",
        "connections",
        "field-sync",
        "actions-config",
        "teams",
        "acting-settings",
        "deliveries",
        "untracked",
        "resubscribes",
        "original-user",
        "account",
    ];
    let mut forbidden = 0;
    for (method, path) in offered().await.into_iter().filter(|(_, path)| is_api(path)) {
        for bearer in [&panel, &package] {
            let answer = ask(&method, &path).bearer_auth(bearer).send().await.unwrap();
            let status = answer.status().as_u16();
            assert!(status < 500 || status == 503, "{method} {path} {status}");
            let first = path.trim_start_matches("/api/v1/").split(['/', '.']).next().unwrap();
            if admins.contains(&first) {
                assert_eq!(refusal(answer).await, (403, "auth.forbidden".to_owned()), "{method} {path}");
                forbidden += 1;
            } else {
                assert!(method == Method::GET || status >= 400, "{method} {path} did something for an empty body: {status}");
            }
        }
    }
    assert!(forbidden > 60, "{forbidden}");
}

#[tokio::test]
async fn ten_13_a_plain_member_is_kept_from_what_is_the_admins() {
    let mut katharina = by_link("katharina.vogel@brightwater.example").await;
    let user = token(&mut katharina).await;
    let me: Value = ask(&Method::GET, "/api/v1/me").bearer_auth(&user).send().await.unwrap().json().await.unwrap();
    assert_eq!(me["role"], "user");
    let admins = [
        "members",
        "invitations",
        "audit",
        "login-settings",
        "connections",
        "field-sync",
        "actions-config",
        "acting-settings",
        "untracked",
        "resubscribes",
        "original-user",
    ];
    let mut forbidden = 0;
    for (method, path) in offered().await.into_iter().filter(|(_, path)| is_api(path)) {
        let first = path.trim_start_matches("/api/v1/").split(['/', '.']).next().unwrap().to_owned();
        if admins.contains(&first.as_str()) {
            let answer = ask(&method, &path).bearer_auth(&user).send().await.unwrap();
            assert_eq!(refusal(answer).await, (403, "auth.forbidden".to_owned()), "{method} {path}");
            forbidden += 1;
        }
    }
    assert!(forbidden > 40, "{forbidden}");
    // Nor do the pages show them, nor does the file of the audit log.
    for path in ["/admin/settings/users", "/admin/settings/audit.csv", "/admin/settings/salesforce"] {
        let answer =
            world().http.get(world().url(path)).header("Cookie", &katharina.cookie).header("Accept", "text/html").send().await.unwrap();
        assert_eq!(answer.status(), 403, "{path}");
    }
}

#[tokio::test]
async fn ses_09_csr_21_a_panel_of_one_record_opens_no_other_and_lives_only_here() {
    let token = world().session(&world().envelope()).await;
    let other = world().other_lead();
    for path in [
        format!("/api/v1/people?sfdc_id={other}"),
        format!("/api/v1/records/{other}"),
        "/api/v1/records/001000000000001AAA".to_owned(),
        "/api/v1/best-bets".to_owned(),
        "/api/v1/lead-feed".to_owned(),
        "/api/v1/jobs".to_owned(),
    ] {
        let answer = ask(&Method::GET, &path).bearer_auth(&token).send().await.unwrap();
        let status = answer.status().as_u16();
        let text = answer.text().await.unwrap();
        assert!(status == 403 || status == 404 || text.contains("\"people\":[]"), "{path} {status} {text:.200}");
    }
    // A signed request of another org's making, with this session's token beside it, is looked at for what it is.
    let mut envelope = world().envelope();
    envelope["context"]["organization"]["organizationId"] = json!("00D000000000XYZEA2");
    let form = [("signed_request", sign(SECRET, &envelope))];
    let answer =
        world().http.post(world().url("/canvas")).bearer_auth(&token).header("X-Forwarded-For", place()).form(&form).send().await.unwrap();
    assert_eq!(refusal(answer).await, (403, "tenant.unknown".to_owned()));
}

#[tokio::test]
async fn csf_01_03_11_forms_from_elsewhere_change_nothing() {
    let (cookie, _) = first_admin().await;
    let base = &world().base;
    let page =
        world().http.get(world().url("/admin/settings/teams")).header("Cookie", cookie).header("Accept", "text/html").send().await.unwrap();
    let page = page.text().await.unwrap();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap();
    let evil = format!("{base}.evil.example");
    let post = |headers: Vec<(&'static str, String)>, csrf: &str| {
        let request = world().http.post(world().url("/admin/settings/teams")).header("Cookie", cookie).header("X-Forwarded-For", place());
        headers
            .into_iter()
            .fold(request, |request, (name, value)| request.header(name, value))
            .form(&[("csrf", csrf), ("name", "Intruders")])
            .send()
    };
    for headers in [
        vec![],
        vec![("Origin", "null".to_owned())],
        vec![("Origin", "https://evil.example".to_owned())],
        vec![("Origin", evil)],
        vec![("Referer", base.clone())],
        vec![("Origin", base.clone()), ("Sec-Fetch-Site", "cross-site".to_owned())],
        vec![("Origin", base.clone()), ("Origin", "https://evil.example".to_owned())],
    ] {
        let which = format!("{headers:?}");
        assert_eq!(refusal(post(headers, csrf).await.unwrap()).await, (403, "csrf.rejected".to_owned()), "{which}");
    }
    for wrong in ["", "x", &csrf[1..], &csrf.to_lowercase()] {
        assert_eq!(refusal(post(vec![("Origin", base.clone())], wrong).await.unwrap()).await, (403, "csrf.rejected".to_owned()), "{wrong}");
    }
    for kind in ["text/plain", "application/json", "multipart/form-data; boundary=x", ""] {
        let request = world()
            .http
            .post(world().url("/admin/settings/teams"))
            .header("Cookie", cookie)
            .header("Origin", base)
            .header("Content-Type", kind);
        assert_eq!(refusal(request.body(format!("csrf={csrf}&name=Intruders")).send().await.unwrap()).await.0, 415, "{kind}");
    }
    let teams =
        world().http.get(world().url("/admin/settings/teams")).header("Cookie", cookie).header("Accept", "text/html").send().await.unwrap();
    assert!(!teams.text().await.unwrap().contains("Intruders"));
}
