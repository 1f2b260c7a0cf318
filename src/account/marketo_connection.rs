//! The connection to Marketo: one for each account, owned by the admin who made it.

use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::connections::{MARKETO, knows_salesforce, refused};
use super::marketo_admins::{credentials, endpoint, munchkin, opened};
use super::query::invalid;
use super::signed_in::Admin;
use super::{AccountState, body, database};
use crate::problem::Problem;
use crate::store::integrations::OwnerChange;
use crate::store::members::Filter;

/// `GET /v1/connections/marketo`
pub async fn show(admin: Admin) -> Result<Answer<Value>, Problem> {
    view(&admin).await
}

async fn view(admin: &Admin) -> Result<Answer<Value>, Problem> {
    let tenant = &admin.tenant;
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let one_click = database::answer(tenant.integration()).await?.is_some();
    let Some(row) = database::answer(tenant.connection(MARKETO)).await? else {
        return Ok(Answer::fleeting(json!({
            "state": "none", "munchkin_id": account.munchkin_id, "client_id": null, "owner": null, "yours": false,
            "one_click": one_click, "last_success_at": null, "problem": null,
        })));
    };
    let owner = database::answer(tenant.connection_owner(MARKETO)).await?;
    let yours = owner.as_ref().is_none_or(|(id, _)| *id == admin.member.id);
    let broken = row.state != "connected";
    Ok(Answer::fleeting(json!({
        "state": if broken { "broken" } else { "connected" }, "munchkin_id": account.munchkin_id, "client_id": row.client_id,
        "owner": owner.map(|(id, email)| json!({"member_id": id, "email": email})), "yours": yours, "one_click": one_click,
        "last_success_at": if broken { None } else { row.checked_at },
        "problem": if broken { Some(problem(row.state_reason.as_deref().unwrap_or_default())) } else { None },
    })))
}

fn problem(reason: &str) -> Value {
    if reason.contains("client id") {
        json!({"code": "marketo.credentials", "title": "The credentials are not accepted", "detail": reason,
               "remedy": "Copy Client ID and Client Secret again from Actions Config or LaunchPoint, and connect with them."})
    } else {
        json!({"code": "marketo.permission", "title": "Marketo does not permit our calls", "detail": reason,
               "remedy": "Give the API-only user's role the permissions for leads and activities, and add this server's address to Marketo's list of allowed addresses."})
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    munchkin_id: Option<String>,
    client_id: Option<String>,
    client_secret: Option<SecretString>,
}

/// `POST /v1/connections/marketo`: with the integration's credentials, or with pasted ones.
pub async fn connect(
    admin: Admin,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an empty object, or one with munchkin_id, client_id and client_secret.";
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let (tenant, connections) = (&admin.tenant, &state.connections);
    let account_id = tenant.account_id();
    let (endpoint, client_id, secret, munchkin_id) = match (wanted.munchkin_id, wanted.client_id, wanted.client_secret) {
        (None, None, None) => {
            let known = database::answer(tenant.integration()).await?.ok_or_else(|| {
                Problem::new(
                    409,
                    "integration.absent",
                    "Nothing to connect with",
                    "No Marketo admin has entered credentials yet. Paste them in the Set Up tab.",
                )
            })?;
            let secret = opened(connections, account_id, &known)?;
            (known.endpoint, known.client_id, secret, None)
        }
        (Some(id), Some(client_id), Some(secret)) => {
            let id = munchkin(&id)?;
            let (client_id, secret) = credentials(&client_id, &secret)?;
            (endpoint(connections, &id), client_id, secret, Some(id))
        }
        (id, client, _) => {
            let field = if id.is_none() {
                "munchkin_id"
            } else if client.is_none() {
                "client_id"
            } else {
                "client_secret"
            };
            return Err(invalid(field, "All three are needed: Munchkin ID, Client ID and Client Secret."));
        }
    };
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    if let (Some(given), Some(known)) = (&munchkin_id, &account.munchkin_id)
        && given != known
    {
        return Err(Problem::new(409, "marketo.other_instance", "Another instance", "This account belongs to another Marketo instance.")
            .with_field("munchkin_id", format!("It must be {known}.")));
    }
    let client = connections.tried(&endpoint, &client_id, &secret).await.map_err(|error| refused(&error))?;
    knows_salesforce(&client).await?;
    if let (Some(id), None) = (&munchkin_id, &account.munchkin_id)
        && !database::answer(tenant.set_munchkin(id)).await?
    {
        return Err(Problem::new(409, "marketo.taken", "Taken", "This Marketo instance belongs to another account."));
    }
    let row = connections.row(account_id, &endpoint, &client_id, &secret)?;
    let deed = admin.actor.deed("marketo.connected", client_id);
    settled(database::answer(tenant.own_connection(&row, (&admin.member.id, &admin.member.email), &deed)).await?)?;
    connections.remember(row, client);
    view(&admin).await
}

/// `DELETE /v1/connections/marketo`
pub async fn disconnect(admin: Admin, state: web::Data<AccountState>) -> Result<HttpResponse, Problem> {
    let deed = admin.actor.deed("marketo.disconnected", "");
    settled(database::answer(admin.tenant.drop_connection(MARKETO, &admin.member.id, &deed)).await?)?;
    state.connections.forget(admin.tenant.account_id());
    Ok(nothing())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heir {
    member_id: String,
}

/// `POST /v1/connections/marketo/hand-over`
pub async fn hand_over(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let Heir { member_id } = body::read(&request, payload, body::ORDINARY, "The body must be an object with the text member_id.").await?;
    let heir = database::answer(admin.tenant.member(&member_id)).await?.ok_or_else(|| invalid("member_id", "There is no such member."))?;
    let deed = admin.actor.deed("marketo.handed_over", heir.email);
    settled(database::answer(admin.tenant.hand_over_connection(MARKETO, &admin.member.id, &member_id, &deed)).await?)?;
    view(&admin).await
}

fn settled(change: OwnerChange) -> Result<(), Problem> {
    match change {
        OwnerChange::Done => Ok(()),
        OwnerChange::Absent => Err(Problem::not_found()),
        OwnerChange::NotOwner => Err(Problem::forbidden(
            "connection.owner",
            "Only the connection's owner may do this. The owner can hand the connection over to another admin.",
        )),
        OwnerChange::NotAnActiveAdmin => Err(Problem::new(
            409,
            "member.not_active_admin",
            "Not an active admin",
            "This can only be handed over to an active admin of the account.",
        )),
    }
}

/// `GET /v1/connections/marketo/access`
pub async fn access(admin: Admin) -> Result<Answer<Value>, Problem> {
    let mut items = Vec::new();
    let mut after = String::new();
    loop {
        let members = database::answer(admin.tenant.members(Filter { state: "active", ..Filter::default() }, &after, 500)).await?;
        let Some(last) = members.last() else { break };
        after.clone_from(&last.email_key);
        items.extend(members.into_iter().map(|member| {
            json!({"member_id": member.id, "email": member.email, "first_name": member.first_name, "last_name": member.last_name, "access": member.marketo_access})
        }));
    }
    Ok(Answer::fleeting(json!({"total": items.len(), "items": items, "next_cursor": null})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Granted {
    member_ids: Vec<String>,
}

/// `PUT /v1/connections/marketo/access`: exactly these members have it from now on.
pub async fn grant(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let Granted { member_ids } = body::read(&request, payload, body::LONG, "The body must be an object with the list member_ids.").await?;
    let deed = admin.actor.deed("marketo.access_changed", format!("{} members", member_ids.len()));
    database::answer(admin.tenant.set_marketo_access(&member_ids, &deed)).await?;
    access(admin).await
}
