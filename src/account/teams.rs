//! Team Management: up to twenty teams, of which Everyone is always there.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, nothing};
use super::listing::Listing;
use super::me::{everyone, path_id};
use super::signed_in::Admin;
use super::{body, database, fields};
use crate::clock;
use crate::problem::Problem;
use crate::store::members::Filter;
use crate::store::teams::{EVERYONE, TeamChange};

#[derive(Debug, Serialize)]
pub struct TeamRow {
    id: String,
    name: String,
    members: i64,
    built_in: bool,
}

/// `GET /v1/teams`
pub async fn list(admin: Admin) -> Result<Answer<Listing<TeamRow>>, Problem> {
    let all = database::answer(admin.tenant.count_members(Filter::default())).await?;
    let own = database::answer(admin.tenant.teams()).await?;
    let built_in = everyone();
    let mut items = vec![TeamRow { id: built_in.id, name: built_in.name, members: all, built_in: true }];
    items.extend(own.into_iter().map(|team| TeamRow { id: team.id, name: team.name, members: team.members, built_in: false }));
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(Answer::fleeting(Listing { items, next_cursor: None, total }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Named {
    name: String,
}

async fn named(request: &HttpRequest, payload: web::Payload) -> Result<String, Problem> {
    let Named { name } = body::read(request, payload, body::ORDINARY, "The body must be an object with the text name.").await?;
    let name = fields::name("name", &name, 80)?;
    if name.to_lowercase() == EVERYONE { Err(taken()) } else { Ok(name) }
}

/// `POST /v1/teams`
pub async fn create(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<TeamRow>, Problem> {
    let name = named(&request, payload).await?;
    let id = clock::new_id();
    let deed = admin.actor.deed("team.created", name.clone());
    settled(database::answer(admin.tenant.create_team(&id, &name, &deed)).await?)?;
    Ok(Answer::fleeting(TeamRow { id, name, members: 0, built_in: false }).created())
}

/// `PATCH /v1/teams/{id}`
pub async fn rename(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<TeamRow>, Problem> {
    let id = own(&request)?;
    let name = named(&request, payload).await?;
    let deed = admin.actor.deed("team.renamed", name.clone());
    settled(database::answer(admin.tenant.rename_team(&id, &name, &deed)).await?)?;
    let team = database::answer(admin.tenant.teams()).await?.into_iter().find(|team| team.id == id).ok_or_else(Problem::not_found)?;
    Ok(Answer::fleeting(TeamRow { id: team.id, name: team.name, members: team.members, built_in: false }))
}

/// `DELETE /v1/teams/{id}`
pub async fn remove(admin: Admin, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = own(&request)?;
    let team = database::answer(admin.tenant.teams()).await?.into_iter().find(|team| team.id == id).ok_or_else(Problem::not_found)?;
    let deed = admin.actor.deed("team.removed", team.name);
    settled(database::answer(admin.tenant.remove_team(&id, &deed)).await?)?;
    Ok(nothing())
}

fn own(request: &HttpRequest) -> Result<String, Problem> {
    let id = path_id(request, "id")?;
    if id == EVERYONE {
        return Err(Problem::new(409, "team.built_in", "Built in", "The team Everyone is built in and stays as it is."));
    }
    Ok(id)
}

fn settled(change: TeamChange) -> Result<(), Problem> {
    match change {
        TeamChange::Done => Ok(()),
        TeamChange::Absent => Err(Problem::not_found()),
        TeamChange::NameTaken => Err(taken()),
        TeamChange::TooMany => {
            Err(Problem::new(409, "team.too_many", "Too many teams", "An account can have at most 20 teams, Everyone included."))
        }
    }
}

fn taken() -> Problem {
    Problem::new(409, "team.name_taken", "The name is taken", "There is a team with this name already.")
        .with_field("name", "Choose another name.")
}
