//! The people whom a member keeps an eye on.

use actix_web::{HttpRequest, HttpResponse};

use super::answer::nothing;
use super::database;
use super::me::path_id;
use super::seller::{Seller, Whom};
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

async fn set(seller: &Seller, request: &HttpRequest, watched: bool) -> Result<HttpResponse, Problem> {
    let id = path_id(request, "person")?;
    let person = seller.person(&Whom { person_id: Some(id), sfdc_id: None }).await?;
    database::answer(seller.tenant.watch(&seller.member.id, &person.id, watched, clock::now_ms())).await?;
    Ok(nothing())
}
