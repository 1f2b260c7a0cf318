//! Whoever is signed in, about themselves.

use std::collections::HashMap;

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::signed_in::{SignedIn, Somebody};
use super::{AccountState, body, database, fields};
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::members::{Member, Profile};
use crate::store::teams::EVERYONE;

/// A team as lists show it.
#[derive(Debug, Clone, Serialize)]
pub struct TeamView {
    pub id: String,
    pub name: String,
}

/// The teams of members, Everyone first.
///
/// # Errors
/// When the database refuses.
pub(super) async fn teams_of(tenant: &Tenant, ids: &[String]) -> Result<HashMap<String, Vec<TeamView>>, Problem> {
    let mut teams: HashMap<String, Vec<TeamView>> = ids.iter().map(|id| (id.clone(), vec![everyone()])).collect();
    for membership in database::answer(tenant.memberships(ids)).await? {
        teams.entry(membership.member_id).or_default().push(TeamView { id: membership.id, name: membership.name });
    }
    Ok(teams)
}

/// The team that everybody belongs to.
#[must_use]
pub(super) fn everyone() -> TeamView {
    TeamView { id: EVERYONE.to_owned(), name: "Everyone".to_owned() }
}

/// `GET /v1/me`
pub async fn show(Somebody { tenant, actor, member }: Somebody) -> Result<Answer<Value>, Problem> {
    view(&tenant, &actor.who, member.as_ref()).await
}

async fn view(tenant: &Tenant, who: &str, member: Option<&Member>) -> Result<Answer<Value>, Problem> {
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let shown = json!({"id": account.id, "name": account.name, "munchkin_id": account.munchkin_id});
    let Some(member) = member else {
        return Ok(Answer::fleeting(json!({
            "member_id": null, "email": who, "first_name": null, "last_name": null, "role": "marketo_admin", "account": shown,
            "original_user": false, "language": account.language, "time_zone": account.time_zone, "teams": [],
        })));
    };
    let teams = teams_of(tenant, std::slice::from_ref(&member.id)).await?.remove(&member.id);
    Ok(Answer::fleeting(json!({
        "member_id": member.id, "email": member.email, "first_name": member.first_name, "last_name": member.last_name,
        "role": member.role, "account": shown, "original_user": account.original_member_id.as_ref() == Some(&member.id),
        "language": member.language, "time_zone": member.time_zone, "teams": teams,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    first_name: Option<String>,
    last_name: Option<String>,
    language: Option<String>,
    time_zone: Option<String>,
}

/// `PATCH /v1/me`
pub async fn change(me: SignedIn, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with first_name, last_name, language or time_zone.";
    let change: Change = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let profile = Profile {
        first_name: change.first_name.map(|name| fields::name("first_name", &name, 80)).transpose()?,
        last_name: change.last_name.map(|name| fields::name("last_name", &name, 80)).transpose()?,
        language: change.language.map(|tag| fields::language("language", &tag)).transpose()?,
        time_zone: change.time_zone.map(|zone| fields::time_zone("time_zone", &zone)).transpose()?,
    };
    let deed = me.actor.deed("profile.changed", me.member.email.clone());
    database::answer(me.tenant.change_profile(&me.member.id, &profile, &deed)).await?;
    let member = database::answer(me.tenant.member(&me.member.id)).await?;
    view(&me.tenant, &me.actor.who, member.as_ref()).await
}

/// The id in a path, if it can be one of ours.
///
/// # Errors
/// 404 for anything else.
pub(super) fn path_id(request: &HttpRequest, name: &str) -> Result<String, Problem> {
    let id = request.match_info().get(name).unwrap_or_default();
    let ours = (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    if ours { Ok(id.to_owned()) } else { Err(Problem::not_found()) }
}

/// The seats of an account.
#[must_use]
pub(super) fn seats(state: &AccountState) -> i64 {
    i64::from(state.settings.account.seats)
}
