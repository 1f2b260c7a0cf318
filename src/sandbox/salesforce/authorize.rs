//! The authorization page: whoever is signed in goes straight back with a code, unless asked to decide.

use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::pages;
use super::session::Openid;
use crate::sandbox::World;
use crate::sandbox::world::origin_of;
use crate::sandbox::world::users::{USERS, User};

struct Wish {
    redirect_uri: String,
    state: Option<String>,
    challenge: Option<String>,
    openid: Option<Openid>,
    user: User,
    prompt: bool,
}

/// What is wrong with a wish: told on a page while nobody knows where to go back to, else sent back.
enum Wrong {
    Here(&'static str, &'static str),
    Back(String, &'static str, &'static str),
}

fn read(world: &World, encoded: &str) -> Result<Wish, Wrong> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
    let get = |name: &str| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()).filter(|value| !value.is_empty());
    if get("client_id").as_deref() != Some(world.consumer_key()) {
        return Err(Wrong::Here("invalid_client_id", "client identifier invalid"));
    }
    let redirect_uri = get("redirect_uri").unwrap_or_default();
    let loopback = url::Url::parse(&redirect_uri).is_ok_and(|url| matches!(url.host_str(), Some("127.0.0.1" | "localhost" | "[::1]")));
    if !loopback && origin_of(&redirect_uri) != origin_of(&world.options().canvas_url) {
        return Err(Wrong::Here("redirect_uri_mismatch", "redirect_uri must match configuration"));
    }
    let state = get("state");
    let back = |code, description| {
        let mut target = redirect_uri.clone();
        if let Some(state) = &state {
            target = with(&target, &[("state", state)]);
        }
        Wrong::Back(target, code, description)
    };
    if get("response_type").as_deref() != Some("code") {
        return Err(back("unsupported_response_type", "response type not supported"));
    }
    if get("code_challenge").is_none() {
        return Err(back("invalid_request", "missing required code challenge"));
    }
    if get("code_challenge_method").is_some_and(|method| method != "S256") {
        return Err(back("invalid_request", "code challenge method must be S256"));
    }
    let user = get("login_hint")
        .and_then(|hint| User::named(hint.split('@').next().unwrap_or(&hint)))
        .or_else(|| USERS.first().copied())
        .unwrap_or_default();
    let challenge = get("code_challenge");
    let scopes = get("scope").unwrap_or_default();
    let openid = scopes.split(' ').any(|scope| scope == "openid").then(|| Openid { nonce: get("nonce") });
    Ok(Wish { redirect_uri, state, challenge, openid, user, prompt: get("prompt").is_some() })
}

fn with(address: &str, parameters: &[(&str, &str)]) -> String {
    url::Url::parse(address).map_or_else(
        |_| address.to_owned(),
        |mut url| {
            url.query_pairs_mut().extend_pairs(parameters);
            url.to_string()
        },
    )
}

fn go(target: &str) -> HttpResponse {
    HttpResponse::Found().insert_header(("location", target)).insert_header(("cache-control", "no-store")).finish()
}

fn refuse(wrong: Wrong) -> HttpResponse {
    match wrong {
        Wrong::Here(code, description) => HttpResponse::BadRequest()
            .content_type("text/plain;charset=UTF-8")
            .body(format!("error={code}&error_description={description}")),
        Wrong::Back(target, code, description) => go(&with(&target, &[("error", code), ("error_description", description)])),
    }
}

fn agree(world: &World, wish: &Wish) -> HttpResponse {
    let now = world.clock.now();
    let (back, challenge, openid) = (wish.redirect_uri.clone(), wish.challenge.clone(), wish.openid.clone());
    let code = world.salesforce.sessions.with(|sessions| sessions.grant(wish.user, back, challenge, openid, now));
    let mut parameters = vec![("code", code.as_str())];
    parameters.extend(wish.state.as_deref().map(|state| ("state", state)));
    go(&with(&wish.redirect_uri, &parameters))
}

/// What a browser brings back from the authorization page, as code and state, when this user is signed in and agrees.
pub fn allowed(world: &World, authorize_url: &str, login: &str) -> Option<(String, String)> {
    let url = url::Url::parse(authorize_url).ok()?;
    let mut wish = read(world, url.query()?).ok()?;
    wish.user = User::named(login)?;
    let answer = agree(world, &wish);
    let target = url::Url::parse(answer.headers().get("location")?.to_str().ok()?).ok()?;
    let value = |name: &str| target.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
    Some((value("code")?, value("state")?))
}

/// `GET /services/oauth2/authorize`.
pub async fn authorize(world: Data<World>, request: HttpRequest) -> HttpResponse {
    match read(&world, request.query_string()) {
        Err(wrong) => refuse(wrong),
        Ok(wish) if wish.prompt => pages::page(
            &world,
            "authorize",
            &json!({ "title": "Allow access?", "query": request.query_string(), "user": wish.user.name(), "username": wish.user.username(), "initials": wish.user.initials() }),
        ),
        Ok(wish) => agree(&world, &wish),
    }
}

/// `POST /services/oauth2/authorize`: the decision made on the page.
pub async fn decide(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    match read(&world, request.query_string()) {
        Err(wrong) => refuse(wrong),
        Ok(wish) if body.starts_with(b"decision=allow") => agree(&world, &wish),
        Ok(wish) => {
            let mut parameters = vec![("error", "access_denied"), ("error_description", "end-user denied authorization")];
            parameters.extend(wish.state.as_deref().map(|state| ("state", state)));
            go(&with(&wish.redirect_uri, &parameters))
        }
    }
}
