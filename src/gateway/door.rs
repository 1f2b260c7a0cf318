//! `POST /oauth/token`: the JWT bearer grant of RFC 7523 (RFC 6749 §5 for the answers).

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::admin;
use super::edge;
use super::face::Face;
use super::pace::REFUSED;
use super::reading;
use super::refusal;
use super::session;
use super::ticket;
use super::token::{Claims, Tokens, Use};
use crate::clock;
use crate::problem::Problem;

const GRANT: &str = "urn:ietf:params:oauth:grant-type:jwt-bearer";
/// Largest body, in bytes: an assertion and its frame.
const LARGEST: usize = 32 * 1024;

/// An assertion becomes an access token.
pub async fn grant(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match exchange(&request, payload, &face).await {
        Ok(answer) => answer,
        Err(problem) => {
            let problem = REFUSED.refused(&face, admin::address(&request, &face).as_deref(), problem).await;
            let error = oauth_error(&problem);
            let mut answer = refusal::document(&request, &problem);
            // Clients that know only OAuth look for its two members; the problem document has room for them.
            let document = problem.with_request_id(&edge::request_id(&request));
            if let Ok(serde_json::Value::Object(mut members)) = serde_json::to_value(&document) {
                members.insert("error".to_owned(), json!(error));
                members.insert("error_description".to_owned(), json!(document.detail));
                answer = answer.set_body(actix_web::body::BoxBody::new(serde_json::Value::Object(members).to_string()));
            }
            answer
        }
    }
}

async fn exchange(request: &HttpRequest, payload: Payload, face: &Face) -> Result<HttpResponse, Problem> {
    let request_id = edge::request_id(request);
    let body = reading::form(request, payload, LARGEST).await?;
    let assertion = assertion(&body)?;
    let house = &face.house;
    let package = ticket::redeem(&assertion, &house.audiences, &house.broker, &face.memory, &request_id).await?;
    let now = clock::now_s();
    let seconds = house.settings.gateway.access_seconds;
    let claims = Claims {
        iss: Tokens::issuer().to_owned(),
        aud: Use::Api,
        exp: now + i64::from(seconds),
        iat: now,
        jti: session::new_id()?,
        acc: package.account_id,
        org: package.org_id,
        sub: package.user_id,
        rec: None,
        obj: None,
        lng: None,
        tz: None,
        off: None,
    };
    let token = house.tokens.issue(&claims)?;
    let answer = json!({ "access_token": token, "token_type": "Bearer", "expires_in": seconds });
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "application/json"))
        .insert_header((header::PRAGMA, "no-cache"))
        .body(answer.to_string()))
}

fn assertion(body: &[u8]) -> Result<String, Problem> {
    let mut grant = None;
    let mut assertion = None;
    for (name, value) in url::form_urlencoded::parse(body) {
        let slot = match &*name {
            "grant_type" => &mut grant,
            "assertion" => &mut assertion,
            _ => continue,
        };
        if slot.replace(value.into_owned()).is_some() {
            return Err(Problem::bad_request("request.ambiguous", "A field of the form came more than once."));
        }
    }
    match grant.as_deref() {
        Some(GRANT) => assertion
            .filter(|assertion| !assertion.is_empty())
            .ok_or_else(|| Problem::bad_request("oauth.request", "The field assertion is missing.")),
        Some(_) => {
            Err(Problem::bad_request("oauth.grant_type", "This address knows one grant: urn:ietf:params:oauth:grant-type:jwt-bearer."))
        }
        None => Err(Problem::bad_request("oauth.request", "The field grant_type is missing.")),
    }
}

fn oauth_error(problem: &Problem) -> &'static str {
    match (&*problem.code, problem.status) {
        ("oauth.grant_type", _) => "unsupported_grant_type",
        ("token.invalid" | "tenant.suspended", _) => "invalid_grant",
        (_, 500..) => "temporarily_unavailable",
        _ => "invalid_request",
    }
}
