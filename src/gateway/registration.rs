//! `POST /api/v1/org/certificates`: an org that has no key here yet registers one. It shows the account's secret key and
//! an assertion that the certificate's private key signed; the account judges both.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

use super::admin;
use super::api;
use super::broker::{Letter, Verb, Visitor};
use super::edge;
use super::face::Face;
use super::reading;
use super::ticket;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;

/// The header that Salesforce's named credential adds: Apex itself can't read what is in it.
const SECRET_KEY: &str = "x-msi-secret-key";
/// Longest secret key that is passed on, in bytes.
const LONGEST_KEY: usize = 200;
/// Largest body, in bytes: a certificate and an assertion of at most 16 KB each, and their frame.
const LARGEST: usize = 40 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    org_id: String,
    name: String,
    certificate_pem: String,
    assertion: String,
}

/// Registers an org's certificate.
pub async fn register(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match registered(&request, payload, &face).await {
        Ok(body) => HttpResponse::Created().insert_header((header::CONTENT_TYPE, "application/json")).body(body),
        Err(problem) => api::refuse(&request, &face, problem).await,
    }
}

async fn registered(request: &HttpRequest, payload: Payload, face: &Face) -> Result<Bytes, Problem> {
    let secret_key = secret_key(request)?;
    let body = reading::json(request, payload, LARGEST).await?;
    let Registration { org_id, name, certificate_pem, assertion } = serde_json::from_slice(&body).map_err(|_| {
        Problem::bad_request("request.invalid", "The body must be an object with the texts org_id, name, certificate_pem and assertion.")
    })?;
    let org = SalesforceId::parse(&org_id).ok().filter(|id| id.is_a("00D")).ok_or_else(|| {
        Problem::bad_request("request.invalid", "A field of the request cannot be used.")
            .with_field("org_id", "It must be an org's id, which begins with 00D.")
    })?;
    let letter = json!({
        "secret_key": secret_key.expose_secret(), "name": name, "certificate_pem": certificate_pem, "assertion": assertion,
    });
    let path = format!("/v1/orgs/{org}/certificates");
    let from = admin::address(request, face);
    let request_id = edge::request_id(request);
    let visitor = Visitor::face();
    let letter = Letter {
        verb: Verb::Post,
        path: &path,
        visitor: &visitor,
        request_id: &request_id,
        body: Some(&letter),
        once: None,
        from: from.as_deref(),
    };
    let broker = &face.house.broker;
    let answer = broker.send(letter).await?;
    // The new key counts from now on, and the assertion that proved it opens no door a second time.
    broker.forget_org(org.as_str()).await;
    if let Ok(known) = broker.org(org.as_str(), &request_id).await {
        ticket::use_up(&assertion, &known, &face.memory).await;
    }
    Ok(answer.body)
}

fn secret_key(request: &HttpRequest) -> Result<SecretString, Problem> {
    let mut all = request.headers().get_all(SECRET_KEY);
    let first = all.next();
    if all.next().is_some() {
        return Err(Problem::bad_request("request.ambiguous", "The request carries more than one X-Msi-Secret-Key header."));
    }
    let key = first.and_then(|value| value.to_str().ok()).map(str::trim).unwrap_or_default();
    if key.is_empty() || key.len() > LONGEST_KEY || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::unauthorized(
            "secret_key.missing",
            "Send the API secret key of Settings › Salesforce › Package as X-Msi-Secret-Key. In Salesforce, store the key first.",
        ));
    }
    Ok(SecretString::from(key))
}
