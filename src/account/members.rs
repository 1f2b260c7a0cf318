//! User Management: who belongs to the account, with which role, in which teams.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};

use super::answer::{Answer, nothing};
use super::listing::{Listing, Wish};
use super::me::{TeamView, path_id, teams_of};
use super::query::invalid;
use super::signed_in::Admin;
use super::{AccountState, body, database, fields};
use crate::problem::Problem;
use crate::store::members::{Filter, Member, MemberChange};

/// A member as lists show them.
#[derive(Serialize)]
pub struct MemberView {
    id: String,
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    role: String,
    state: String,
    teams: Vec<TeamView>,
    marketo_access: bool,
    last_seen_at: Option<i64>,
    original_user: bool,
}

fn view(member: Member, teams: Vec<TeamView>, original: Option<&str>) -> MemberView {
    MemberView {
        original_user: original == Some(member.id.as_str()),
        id: member.id,
        email: member.email,
        first_name: member.first_name,
        last_name: member.last_name,
        role: member.role,
        state: member.state,
        teams,
        marketo_access: member.marketo_access,
        last_seen_at: member.last_seen_at,
    }
}

/// `GET /v1/members`
pub async fn list(admin: Admin, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Listing<MemberView>>, Problem> {
    let scope = format!("members/{}", admin.tenant.account_id());
    let wish = Wish::read(&request, &state, &scope, &["search", "role", "state", "team"])?;
    for (field, allowed) in [("role", ["admin", "user", ""]), ("state", ["active", "invited", ""])] {
        if !allowed.contains(&wish.get(field)) {
            return Err(invalid(field, "It names none that there is."));
        }
    }
    let filter = Filter { search: wish.get("search"), role: wish.get("role"), state: wish.get("state"), team: wish.get("team") };
    let after = wish.after.as_ref().map_or("", |place| place.guid.as_str());
    let rows = database::answer(admin.tenant.members(filter, after, wish.limit + 1)).await?;
    let total = database::answer(admin.tenant.count_members(filter)).await?;
    let account = database::answer(admin.tenant.account()).await?;
    let original = account.and_then(|account| account.original_member_id);
    let ids: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    let mut teams = teams_of(&admin.tenant, &ids).await?;
    let page = wish.page(
        &state,
        rows,
        total,
        |row| (0, row.email_key.clone()),
        |row| {
            let teams = teams.remove(&row.id).unwrap_or_default();
            view(row, teams, original.as_deref())
        },
    );
    Ok(Answer::fleeting(page))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    role: Option<String>,
    teams: Option<Vec<String>>,
}

/// `PATCH /v1/members/{id}`
pub async fn change(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<MemberView>, Problem> {
    let id = path_id(&request, "id")?;
    let wanted = "The body must be an object with role or teams.";
    let Change { role, teams } = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let role = role.map(|role| fields::role("role", &role)).transpose()?;
    let member = database::answer(admin.tenant.member(&id)).await?.ok_or_else(Problem::not_found)?;
    let what = if role.is_some() { "member.role_changed" } else { "member.teams_changed" };
    let told = role.as_ref().map_or_else(|| member.email.clone(), |role| format!("{} → {role}", member.email));
    let deed = admin.actor.deed(what, told);
    settled(database::answer(admin.tenant.change_member(&id, role.as_deref(), teams.as_deref(), &deed)).await?)?;
    shown(&admin, &id).await
}

async fn shown(admin: &Admin, id: &str) -> Result<Answer<MemberView>, Problem> {
    let member = database::answer(admin.tenant.member(id)).await?.ok_or_else(Problem::not_found)?;
    let account = database::answer(admin.tenant.account()).await?;
    let teams = teams_of(&admin.tenant, std::slice::from_ref(&member.id)).await?.remove(id).unwrap_or_default();
    Ok(Answer::fleeting(view(member, teams, account.and_then(|account| account.original_member_id).as_deref())))
}

/// `DELETE /v1/members/{id}`: their templates belong to whoever removes them.
pub async fn remove(admin: Admin, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path_id(&request, "id")?;
    let member = database::answer(admin.tenant.member(&id)).await?.ok_or_else(Problem::not_found)?;
    let deed = admin.actor.deed("member.removed", member.email);
    settled(database::answer(admin.tenant.remove_member(&id, &admin.member.id, &deed)).await?)?;
    Ok(nothing())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heir {
    member_id: String,
}

/// `POST /v1/original-user/hand-over`
pub async fn hand_over(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<MemberView>, Problem> {
    let Heir { member_id } = body::read(&request, payload, body::ORDINARY, "The body must be an object with the text member_id.").await?;
    let heir = database::answer(admin.tenant.member(&member_id)).await?.ok_or_else(|| invalid("member_id", "There is no such member."))?;
    let deed = admin.actor.deed("original_user.handed_over", heir.email);
    settled(database::answer(admin.tenant.hand_over_original(&member_id, &deed)).await?)?;
    shown(&admin, &member_id).await
}

fn settled(change: MemberChange) -> Result<(), Problem> {
    match change {
        MemberChange::Done => Ok(()),
        MemberChange::Absent => Err(Problem::not_found()),
        MemberChange::LastAdmin => Err(Problem::new(
            409,
            "member.last_admin",
            "The last admin",
            "This is the account's last active admin. Make somebody else an admin first.",
        )),
        MemberChange::OriginalUser => Err(Problem::new(
            409,
            "original_user.protected",
            "The original user",
            "The sync was started, so the original user must stay an admin of the account. \
             Hand the original user's part over to another active admin first; then this is possible.",
        )),
        MemberChange::NoSuchTeam => Err(invalid("teams", "One of them is not a team of this account, or is named twice.")),
        MemberChange::NotAnActiveAdmin => Err(Problem::new(
            409,
            "member.not_active_admin",
            "Not an active admin",
            "This can only be handed over to an active admin of the account.",
        )),
    }
}
