//! The people whom a member keeps an eye on.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::me::path_id;
use super::seller::{Many, Seller, Whom};
use super::{body, database};
use crate::clock;
use crate::problem::Problem;

/// `PUT /v1/watch-list/{person}`
pub async fn add(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    set(&seller, &request, true).await
}

/// `DELETE /v1/watch-list/{person}`
pub async fn remove(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    set(&seller, &request, false).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Several {
    #[serde(default)]
    person_ids: Vec<String>,
    #[serde(default)]
    sfdc_ids: Vec<String>,
    #[serde(default = "yes")]
    watched: bool,
}

const fn yes() -> bool {
    true
}

/// `POST /v1/watch-list`: several people at once.
pub async fn set_many(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with sfdc_ids or person_ids, and watched.";
    let Several { person_ids, sfdc_ids, watched } = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let (people, unknown) = seller.people(&Many { person_ids, sfdc_ids }).await?;
    for person in &people {
        database::answer(seller.tenant.watch(&seller.member.id, &person.id, watched, clock::now_ms())).await?;
    }
    Ok(Answer::fleeting(json!({ "accepted": people.len(), "skipped": unknown.len(), "unknown": unknown })))
}

async fn set(seller: &Seller, request: &HttpRequest, watched: bool) -> Result<HttpResponse, Problem> {
    let id = path_id(request, "person")?;
    let person = seller.person(&Whom { person_id: Some(id), sfdc_id: None }).await?;
    database::answer(seller.tenant.watch(&seller.member.id, &person.id, watched, clock::now_ms())).await?;
    Ok(nothing())
}
