//! The token endpoint: code, refresh token with rotation, JWT bearer; and revocation.

use actix_web::HttpRequest;
use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data};
use aws_lc_rs::{digest, hmac};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};

use super::answer::oauth_error;
use super::id_token::id_token;
use super::keys::verified_claims;
use crate::sandbox::World;
use crate::sandbox::world::users::User;

/// So much may the clocks differ, in seconds.
const SKEW: i64 = 180;

struct Form(Vec<(String, String)>);

impl Form {
    fn get(&self, name: &str) -> &str {
        self.0.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }
}

/// `POST /services/oauth2/token`.
pub async fn token(world: Data<World>, body: Bytes) -> HttpResponse {
    let form = Form(url::form_urlencoded::parse(&body).into_owned().collect());
    match form.get("grant_type") {
        "authorization_code" => by_code(&world, &form),
        "refresh_token" => by_refresh(&world, &form),
        "urn:ietf:params:oauth:grant-type:jwt-bearer" => by_assertion(&world, &form),
        _ => oauth_error("unsupported_grant_type", "grant type not supported"),
    }
}

fn client(world: &World, form: &Form) -> Result<(), Box<HttpResponse>> {
    if form.get("client_id") != world.consumer_key() {
        return Err(Box::new(oauth_error("invalid_client_id", "client identifier invalid")));
    }
    let secret = form.get("client_secret");
    let assertion = form.get("client_assertion");
    let by_key = || {
        let key = world.salesforce.registered_key()?;
        let claims = verified_claims(assertion, &key)?;
        let same = |name: &str| claims.get(name).and_then(Value::as_str) == Some(world.consumer_key());
        (same("iss") && same("sub")).then_some(())
    };
    match () {
        () if !secret.is_empty() && secret == world.options().consumer_secret => Ok(()),
        () if secret.is_empty() && !assertion.is_empty() && by_key().is_some() => Ok(()),
        () => Err(Box::new(oauth_error("invalid_client", "invalid client credentials"))),
    }
}

fn by_code(world: &World, form: &Form) -> HttpResponse {
    if let Err(refusal) = client(world, form) {
        return *refusal;
    }
    let now = world.clock.now();
    let Some(code) = world.salesforce.sessions.with(|sessions| sessions.redeem(form.get("code"), now)) else {
        return oauth_error("invalid_grant", "expired authorization code");
    };
    if code.redirect_uri != form.get("redirect_uri") {
        return oauth_error("redirect_uri_mismatch", "redirect_uri must match configuration");
    }
    let verifier = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, form.get("code_verifier").as_bytes()));
    if code.challenge.as_ref().is_some_and(|challenge| *challenge != verifier) {
        return oauth_error("invalid_grant", "invalid code verifier");
    }
    let org = world.org_id();
    let (access, refresh) = world.salesforce.sessions.with(|sessions| {
        let (connection, refresh) = sessions.connect(code.user);
        (sessions.sign_in(&org, code.user, now, Some(connection)), refresh)
    });
    let id_token = code.openid.as_ref().and_then(|openid| id_token(world, code.user, openid, &access));
    issue(world, code.user, &access, Some(&refresh), id_token)
}

fn by_refresh(world: &World, form: &Form) -> HttpResponse {
    if let Err(refusal) = client(world, form) {
        return *refusal;
    }
    let (now, org) = (world.clock.now(), world.org_id());
    let rotated = world.salesforce.sessions.with(|sessions| {
        let (connection, user, refresh) = sessions.rotate(form.get("refresh_token"))?;
        Some((user, sessions.sign_in(&org, user, now, Some(connection)), refresh))
    });
    rotated.map_or_else(
        || oauth_error("invalid_grant", "expired access/refresh token"),
        |(user, access, refresh)| issue(world, user, &access, Some(&refresh), None),
    )
}

fn by_assertion(world: &World, form: &Form) -> HttpResponse {
    let Some(key) = world.salesforce.registered_key() else {
        return oauth_error("invalid_app_access", "user is not admin approved to access this app");
    };
    let Some(claims) = verified_claims(form.get("assertion"), &key) else {
        return oauth_error("invalid_grant", "invalid assertion");
    };
    let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or("");
    if text("iss") != world.consumer_key() {
        return oauth_error("invalid_client_id", "client identifier invalid");
    }
    let instance = world.instance_url();
    if ![instance.as_str(), "https://login.salesforce.com", "https://test.salesforce.com"].contains(&text("aud")) {
        return oauth_error("invalid_grant", "Audience validation failed");
    }
    let now = world.clock.now();
    match claims.get("exp").and_then(Value::as_i64) {
        Some(exp) if exp + SKEW > now && exp <= now + 300 + SKEW => {}
        _ => return oauth_error("invalid_grant", "expired assertion"),
    }
    let subject = if text("sub").is_empty() { text("prn") } else { text("sub") };
    let Some(user) = User::named(subject.split('@').next().unwrap_or(subject)).filter(|user| user.username() == subject) else {
        return oauth_error("invalid_grant", "user hasn't approved this consumer");
    };
    let org = world.org_id();
    let access = world.salesforce.sessions.with(|sessions| sessions.sign_in(&org, user, now, None));
    issue(world, user, &access, None, None)
}

fn issue(world: &World, user: User, access: &str, refresh: Option<&str>, id_token: Option<String>) -> HttpResponse {
    let id = format!("{}/id/{}/{}", world.instance_url(), world.org_id(), user.id());
    let issued = world.clock.now_ms().to_string();
    let key = hmac::Key::new(hmac::HMAC_SHA256, world.options().consumer_secret.as_bytes());
    let signature = STANDARD.encode(hmac::sign(&key, format!("{id}{issued}").as_bytes()).as_ref());
    let mut answer = json!({
        "access_token": access, "signature": signature, "scope": "refresh_token api id openid", "instance_url": world.instance_url(),
        "id": id, "token_type": "Bearer", "issued_at": issued,
    });
    if let Some(answer) = answer.as_object_mut() {
        answer.extend(refresh.map(|refresh| ("refresh_token".to_owned(), json!(refresh))));
        answer.extend(id_token.map(|id_token| ("id_token".to_owned(), json!(id_token))));
    }
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).insert_header(("pragma", "no-cache")).json(answer)
}

/// `POST /services/oauth2/revoke`.
pub async fn revoke(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let mut pairs: Vec<(String, String)> = url::form_urlencoded::parse(&body).into_owned().collect();
    pairs.extend(url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned());
    let form = Form(pairs);
    if world.salesforce.sessions.with(|sessions| sessions.revoke(form.get("token"))) {
        HttpResponse::Ok().finish()
    } else {
        oauth_error("unsupported_token_type", "this token type is not supported")
    }
}
