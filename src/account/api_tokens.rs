//! Personal tokens for the API: made by a signed-in member, shown once, and good for what the member may do below `/api`.
//! A token cannot make another, for its routes are not offered there.

use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::ExposeSecret;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::link::{LinkToken, hash};
use super::me::path_id;
use super::query::invalid;
use super::signed_in::SignedIn;
use super::{body, database, fields};
use crate::clock;
use crate::problem::Problem;
use crate::store::api_tokens::ApiToken;

/// What every token begins with, so that people and scanners know it when they find one.
pub const PREFIX: &str = "msi_";
const MOST: i64 = 10;
const DAYS: std::ops::RangeInclusive<i64> = 1..=365;
const DAY_MS: i64 = 86_400_000;

fn view(token: &ApiToken) -> Value {
    json!({"id": token.id, "name": token.name, "created_at": token.created_at, "expires_at": token.expires_at, "last_used_at": token.last_used_at})
}

/// `GET /v1/me/api-tokens`
pub async fn list(me: SignedIn) -> Result<Answer<Value>, Problem> {
    let items: Vec<Value> = database::answer(me.tenant.api_tokens(&me.member.id, clock::now_ms())).await?.iter().map(view).collect();
    Ok(Answer::fleeting(json!({"total": items.len(), "items": items, "next_cursor": null})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    days: i64,
}

/// `POST /v1/me/api-tokens`: the answer has the token, and nothing else ever will.
pub async fn create(me: SignedIn, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted: Wanted =
        body::read(&request, payload, body::ORDINARY, "The body must be an object with the text name and the number days.").await?;
    let name = fields::name("name", &wanted.name, 80)?;
    if !DAYS.contains(&wanted.days) {
        return Err(invalid("days", "It must be a number from 1 to 365."));
    }
    let secret = LinkToken::fresh()?.secret;
    let shown = format!("{PREFIX}{}", secret.expose_secret());
    let deed = me.actor.deed("api_token.created", name.clone());
    let token = ApiToken {
        id: clock::new_id(),
        account_id: me.tenant.account_id().to_owned(),
        member_id: me.member.id.clone(),
        name,
        created_at: deed.at,
        expires_at: deed.at + wanted.days * DAY_MS,
        last_used_at: None,
    };
    if !database::answer(me.tenant.add_api_token(&token, &hash(&shown), MOST, &deed)).await? {
        return Err(Problem::new(
            409,
            "api_token.too_many",
            "Too many tokens",
            "You have ten API tokens already. Revoke one that is not needed any more.",
        ));
    }
    let mut answer = view(&token);
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("token".to_owned(), json!(shown));
    }
    Ok(Answer::fleeting(answer).created())
}

/// `DELETE /v1/me/api-tokens/{id}`
pub async fn revoke(me: SignedIn, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path_id(&request, "id")?;
    let tokens = database::answer(me.tenant.api_tokens(&me.member.id, clock::now_ms())).await?;
    let token = tokens.iter().find(|token| token.id == id).ok_or_else(Problem::not_found)?;
    let deed = me.actor.deed("api_token.revoked", token.name.clone());
    if database::answer(me.tenant.revoke_api_token(&me.member.id, &id, &deed)).await? { Ok(nothing()) } else { Err(Problem::not_found()) }
}
