//! General and Login Management: what the account says about itself, and how its members sign in.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::me::seats;
use super::query::invalid;
use super::signed_in::Admin;
use super::{AccountState, body, database, fields};
use crate::problem::Problem;
use crate::store::accounts::AccountChange;
use crate::store::members::Filter;

/// `GET /v1/account`
pub async fn show(admin: Admin, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    view(&admin, &state).await
}

async fn view(admin: &Admin, state: &AccountState) -> Result<Answer<Value>, Problem> {
    let account = database::answer(admin.tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let used = database::answer(admin.tenant.count_members(Filter::default())).await?;
    let original = match &account.original_member_id {
        Some(id) => database::answer(admin.tenant.member(id)).await?,
        None => None,
    };
    let original = original.map(|member| json!({"member_id": member.id, "email": member.email, "protected": account.sync_state != "idle"}));
    Ok(Answer::fleeting(json!({
        "id": account.id, "name": account.name, "munchkin_id": account.munchkin_id, "language": account.language,
        "time_zone": account.time_zone, "seat_limit": seats(state), "seats_used": used, "original_user": original,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    name: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
}

/// `PATCH /v1/account`
pub async fn change(
    admin: Admin,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with name, language or time_zone.";
    let change: Change = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let change = AccountChange {
        name: change.name.map(|name| fields::name("name", &name, 200)).transpose()?,
        language: change.language.map(|tag| fields::language("language", &tag)).transpose()?,
        time_zone: change.time_zone.map(|zone| fields::time_zone("time_zone", &zone)).transpose()?,
        login_method: None,
    };
    let deed = admin.actor.deed("account.changed", change.name.clone().unwrap_or_default());
    database::answer(admin.tenant.change_account(&change, &deed)).await?;
    view(&admin, &state).await
}

/// `GET /v1/login-settings`
pub async fn login(admin: Admin) -> Result<Answer<Value>, Problem> {
    let account = database::answer(admin.tenant.account()).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::fleeting(json!({"method": account.login_method})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    method: String,
}

/// `PUT /v1/login-settings`
pub async fn set_login(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let Login { method } = body::read(&request, payload, body::ORDINARY, "The body must be an object with the text method.").await?;
    if !matches!(method.as_str(), "salesforce_only" | "all") {
        return Err(invalid("method", "It must be salesforce_only or all."));
    }
    let deed = admin.actor.deed("login.changed", method.clone());
    let change = AccountChange { login_method: Some(method), ..AccountChange::default() };
    database::answer(admin.tenant.change_account(&change, &deed)).await?;
    login(admin).await
}
