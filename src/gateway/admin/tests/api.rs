//! `/api/v1` for programs: what goes through to the account and what does not.

use serde_json::{Value, json};

use super::fake::{World, http};

fn token() -> String {
    format!("msi_{}", "a".repeat(43))
}

async fn answered(request: reqwest::RequestBuilder) -> (u16, Value) {
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    assert!(answer.headers().get("set-cookie").is_none());
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[actix_web::test]
async fn a_program_s_call_goes_through_as_it_is_and_its_token_stays_here() {
    let world = World::start().await;
    let url = |path: &str| format!("{}/api/v1/{path}", world.base);
    world.answers("POST /v1/teams", 201, json!({"id": "t9"}));
    world.answers("DELETE /v1/teams/t9", 204, Value::Null);
    world.answers(
        "PATCH /v1/members/m1",
        409,
        json!({"type": "urn:x", "code": "member.last_admin", "title": "t", "status": 409, "detail": "d"}),
    );
    let made =
        answered(http().post(url("teams")).bearer_auth(token()).header("Idempotency-Key", "one-two-three").json(&json!({"name": "x"})))
            .await;
    assert_eq!(made, (201, json!({"id": "t9"})));
    let asked = world.asked("POST /v1/teams").remove(0);
    assert_eq!(asked.body, json!({"name": "x"}));
    assert!(asked.headers.contains(&("idempotency-key".to_owned(), "one-two-three".to_owned())));
    assert_eq!((&asked.visitor["kind"], &asked.visitor["via"]), (&json!("token"), &json!("api")));
    assert_eq!(asked.visitor["token"].as_str().unwrap().len(), 64);
    assert_eq!(asked.from, "127.0.0.1");
    assert!(!asked.headers.iter().any(|(_, value)| value.contains(&token())), "only the hash leaves");

    assert_eq!(answered(http().delete(url("teams/t9")).bearer_auth(token())).await.0, 204);
    let (status, problem) = answered(http().patch(url("members/m1")).bearer_auth(token()).json(&json!({}))).await;
    assert_eq!((status, &problem["code"]), (409, &json!("member.last_admin")));
    assert!(problem["request_id"].is_string());
    let file = http().get(url("audit.csv?search=x")).bearer_auth(token()).send().await.unwrap();
    assert_eq!((file.status().as_u16(), file.headers()["content-type"].to_str().unwrap()), (200, "text/csv"));
    world.stop().await;
}

#[actix_web::test]
async fn csf_01_a_cookie_opens_no_api_and_no_odd_address_leaves_it() {
    let world = World::start().await;
    let member = world.member().await;
    let cookie = member.cookie.clone().unwrap();
    let teams = format!("{}/api/v1/teams", world.base);
    // CSF-01, CSF-11: the browser's cookie counts for nothing here, so there is nothing to forge.
    for request in [http().get(&teams), http().post(&teams).json(&json!({"name": "x"}))] {
        let (status, problem) = answered(request.header("cookie", &cookie).header("origin", "https://evil.example")).await;
        assert_eq!((status, &problem["code"]), (401, &json!("token.missing")));
    }
    for odd in [token().replace('a', "'"), "msi_".to_owned(), format!("{}x", token()), "x".to_owned()] {
        let (status, problem) = answered(http().get(&teams).bearer_auth(odd)).await;
        assert_eq!((status, &problem["code"]), (401, &json!("token.invalid")));
    }
    for path in ["members%2f..%2forgs", "members//x", "members/a%00b", "members/%C3%A9", ".well-known"] {
        let (status, problem) = answered(http().get(format!("{}/api/v1/{path}", world.base)).bearer_auth(token())).await;
        assert_eq!((status, &problem["code"]), (404, &json!("not_found")), "{path}");
    }
    let (status, _) = answered(http().request(reqwest::Method::OPTIONS, &teams).bearer_auth(token())).await;
    assert_eq!(status, 405);
    let large = http().post(&teams).bearer_auth(token()).header("content-type", "application/json").body(" ".repeat(300_000));
    assert_eq!(answered(large).await.0, 413);
    assert!(world.asked("GET /v1/teams").is_empty() && world.asked("POST /v1/teams").is_empty());
    world.stop().await;
}

#[actix_web::test]
async fn a_file_goes_through_in_pieces_and_ends_where_the_client_ends_it() {
    let world = World::start().await;
    let imports = format!("{}/api/v1/invitations/imports", world.base);
    world.answers("POST /v1/invitations/imports", 201, json!({"id": "i9"}));
    let file = format!("email\n{}", "a@example.com\n".repeat(5_000));
    let pieces: Vec<Result<Vec<u8>, std::io::Error>> = file.as_bytes().chunks(4_000).map(|piece| Ok(piece.to_vec())).collect();
    let upload = http().post(&imports).bearer_auth(token()).header("content-type", "text/csv").header("x-file-name", "people.csv");
    let sent = answered(upload.body(reqwest::Body::wrap_stream(futures_util::stream::iter(pieces)))).await;
    assert_eq!(sent, (201, json!({"id": "i9"})));
    let asked = world.asked("POST /v1/invitations/imports").remove(0);
    assert_eq!(asked.body.as_str().unwrap().len(), file.len());
    assert!(asked.headers.contains(&("x-file-name".to_owned(), "people.csv".to_owned())));
    assert!(asked.headers.contains(&("content-type".to_owned(), "text/csv".to_owned())));
    world.stop().await;
}

#[actix_web::test]
async fn a_token_is_shown_on_the_page_that_made_it_and_nowhere_else() {
    let world = World::start().await;
    world.answers("POST /v1/me/api-tokens", 201, json!({"id": "k3", "name": "x", "token": token(), "created_at": 1, "expires_at": 2}));
    let mut member = world.member().await;
    let page = member.get("/admin/settings/my-profile").await;
    assert!(page.text.contains("Nightly import"));
    let made = member.send("/admin/settings/my-profile/api-tokens", &page, &[("name", "x"), ("days", "90")]).await;
    assert_eq!(made.status, 200);
    assert!(made.text.contains(&token()));
    assert_eq!(made.headers["cache-control"], "no-store");
    assert_eq!(world.asked("POST /v1/me/api-tokens")[0].body, json!({"name": "x", "days": 90}));
    assert!(!member.get("/admin/settings/my-profile").await.text.contains(&token()));
    let revoked = member.send("/admin/settings/my-profile/api-tokens/k1/revoke", &page, &[]).await;
    assert_eq!((revoked.status, revoked.location.as_deref()), (303, Some("/admin/settings/my-profile")));
    assert_eq!(world.asked("DELETE /v1/me/api-tokens/k1").len(), 1);
    world.stop().await;
}
