//! Words that break things, through every field that takes text: they are refused with a reason, or come back as they are.

use naughty_strings::BLNS;
use serde_json::{Value, json};

use super::acting::Office;
use super::house::{House, client};

// Trimmed, and without what no line of text can hold.
fn same(kept: &Value, sent: &str) -> bool {
    kept.as_str().is_some_and(|kept| kept == sent.trim() || kept == sent)
}

// Elements and attributes that do something; what stands in quotes or between elements does nothing.
fn live(html: &str) -> Vec<String> {
    let mut found = Vec::new();
    for tag in html.split('<').skip(1) {
        let mut outside = String::new();
        let mut quoted = false;
        for letter in tag.chars() {
            match letter {
                '"' => quoted = !quoted,
                '>' if !quoted => break,
                _ if !quoted => outside.push(letter.to_ascii_lowercase()),
                _ => {}
            }
        }
        let name = outside.split([' ', '/']).find(|part| !part.is_empty()).unwrap_or_default();
        let does = ["script", "svg", "math", "iframe", "object", "embed", "style", "meta", "base", "form", "link", "input"].contains(&name);
        let handles = outside.split(' ').skip(1).any(|attribute| attribute.starts_with("on"));
        if does || handles || tag.to_lowercase().contains("href=\"javascript:") {
            found.push(tag.to_owned());
        }
    }
    found
}

async fn kept(house: &House, visitor: &Value, method: &str, path: &str, body: Value, field: &str, text: &str) -> Option<Value> {
    let said = house.ask(visitor, method, path, Some(body)).await;
    assert!([200, 201, 202, 400, 409, 422].contains(&said.status), "{method} {path} {field} {text:?}: {} {}", said.status, said.body);
    if said.status >= 300 {
        assert!(said.body["code"].is_string() && !said.body.to_string().contains("serde"), "{}", said.body);
        return None;
    }
    Some(said.body)
}

#[actix_web::test]
async fn csv_11_eml_03_every_field_takes_every_word_or_says_why_not() {
    for office in Office::all().await {
        let (house, admin) = (&office.house, &office.admin);
        let template = json!({"name": "T", "category": "C", "subject": "S", "html": "<p>Hi</p>"});
        let id = house.post(admin, "/v1/templates", template.clone()).await.ok()["id"].as_str().unwrap().to_owned();
        let (mut taken, mut refused) = (0, 0);
        // Every fourth with each engine is enough to see each kind of them.
        for (at, text) in BLNS.iter().enumerate().filter(|(at, _)| at % 4 == house.engine.len() % 4) {
            let mut count = |body: Option<Value>, field: &str| {
                let Some(body) = body else { return refused += 1 };
                let left_out = text.trim().is_empty();
                assert!(left_out || same(&body[field], text), "{field} {text:?}: {}", body[field]);
                taken += 1;
            };
            for field in ["first_name", "last_name"] {
                count(kept(house, admin, "PATCH", "/v1/me", json!({field: text}), field, text).await, field);
            }
            count(kept(house, admin, "PATCH", "/v1/account", json!({"name": text}), "name", text).await, "name");
            for field in ["name", "category", "subject"] {
                let mut body = template.clone();
                body[field] = json!(text);
                count(kept(house, admin, "PUT", &format!("/v1/templates/{id}"), body, field, text).await, field);
            }
            let mut body = template.clone();
            body["html"] = json!(format!("<p>{text}</p>"));
            if let Some(shown) = kept(house, admin, "PUT", &format!("/v1/templates/{id}"), body, "html", text).await {
                let html = shown["html"].as_str().unwrap();
                let live = live(html);
                assert!(live.is_empty(), "{text:?} {live:?} {html}");
            }
            if at % 12 == house.engine.len() % 4 {
                let call = json!({"sfdc_id": office.record(0), "outcome": text, "notes": text});
                kept(house, admin, "POST", "/v1/calls", call, "outcome", text).await;
                let search = percent_encoding::utf8_percent_encode(text, percent_encoding::NON_ALPHANUMERIC).to_string();
                for list in ["members", "audit", "templates", "invitations"] {
                    let said = house.get(admin, &format!("/v1/{list}?search={search}")).await;
                    assert!([200, 400].contains(&said.status), "{list} {text:?} {}", said.body);
                }
                kept(house, admin, "POST", "/v1/invitations", json!({"emails": [text]}), "emails", text).await;
                kept(house, admin, "POST", "/v1/teams", json!({"name": text}), "name", text).await;
            }
        }
        assert!(taken > 200 && refused > 5, "{taken} {refused}");
        assert!(client().get(format!("{}/_control/world", house.base)).send().await.is_ok());
    }
}

#[actix_web::test]
async fn ssr_01_to_07_no_field_makes_the_account_call_somebody_elses_address() {
    for office in Office::all().await.into_iter().take(1) {
        let (house, admin) = (&office.house, &office.admin);
        let calls = async || {
            let journal: Value = client().get(format!("{}/_control/journal", house.base)).send().await.unwrap().json().await.unwrap();
            journal["calls"].as_array().unwrap().len()
        };
        let before = calls().await;
        for munchkin in [
            "",
            "127.0.0.1",
            "localhost",
            "12-ABC-456",
            "123-ABC-456.evil.example",
            "123-ABC-456@evil.example",
            "../123-ABC-456",
            "123-ABC-456/../x",
            "123-ABC-456#",
            "https://123-ABC-456.mktorest.com.evil.example",
            "http://169.254.169.254",
            "①②③-ABC-456",
            "[::1]",
            "gopher://x",
        ] {
            for path in ["/v1/connections/marketo", "/v1/marketo-admins"] {
                let mut body = json!({"munchkin_id": munchkin, "client_id": "c", "client_secret": "s"});
                let visitor = if path.ends_with("admins") {
                    body["email"] = json!("ops@brightwater.example");
                    super::house::face()
                } else {
                    admin.clone()
                };
                let said = house.post(&visitor, path, body).await;
                assert!((400..500).contains(&said.status), "{path} {munchkin:?}: {} {}", said.status, said.body);
            }
        }
        for host in [
            "127.1",
            "0x7f.1",
            "2130706433",
            "0177.0.0.1",
            "localhost",
            "[::1]",
            "::1",
            "::ffff:169.254.169.254",
            "169.254.169.254",
            "10.0.0.1",
            "192.168.1.1",
            "100.64.0.1",
            "fd00::1",
            "0",
            "①②⑦.0.0.1",
            "127。0。0。1",
            "mail.example.com:25",
            "user@mail.example.com",
            "mail.example.com/",
            "mail example.com",
            "mail.example.com\r\nX: 1",
            "metadata.google.internal",
            "evil.example#",
            "",
        ] {
            let body = json!({"smtp_host": host, "smtp_port": 25, "smtp_security": "plain", "imap_host": host, "imap_port": 143, "imap_security": "plain"});
            let said = house.ask(admin, "PUT", "/v1/mail-channels/mine", Some(body)).await;
            assert!((400..500).contains(&said.status), "{host:?}: {} {}", said.status, said.body);
        }
        for environment in ["", "https://evil.example", "evil", "Production", "login.salesforce.com"] {
            let body = json!({"environment": environment, "redirect_uri": "http://127.0.0.1:1/admin/settings/salesforce/callback", "session": "s".repeat(32)});
            house.post(admin, "/v1/connections/salesforce/flows", body).await.refused(400, "request.invalid");
        }
        for back in [
            "https://evil.example/",
            "//evil.example",
            "http://127.0.0.1:1.evil.example/",
            "http://127.0.0.1:1@evil.example/",
            "javascript:x",
            "",
        ] {
            let body = json!({"environment": "sandbox", "redirect_uri": back, "session": "s".repeat(32)});
            house.post(admin, "/v1/connections/salesforce/flows", body).await.refused(400, "request.invalid");
        }
        assert_eq!(calls().await, before, "nobody was called for any of them");
    }
}
