//! Actions Config: the first user, the integration's credentials, and the field sync, as Marketo's admin page shows them.

use actix_web::{HttpRequest, web};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::connections::MARKETO;
use super::email::Email;
use super::invitations::{InvitationView, standing, view};
use super::inviting::{Guest, Manner, invite, made_out};
use super::marketo_admins::{credentials, opened, roster, store};
use super::query::invalid;
use super::signed_in::Configurator;
use super::{AccountState, body, database, field_sync, fields};
use crate::clock;
use crate::problem::Problem;
use crate::store::invitations::Invited;

/// `GET /v1/actions-config`
pub async fn show(configurator: Configurator, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let tenant = &configurator.tenant;
    let now = clock::now_ms();
    database::answer(tenant.end_overlap(now)).await?;
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let first = database::answer(tenant.first_invitation()).await?;
    let integration = database::answer(tenant.integration()).await?;
    let available = first.is_some();
    let first_user = match first {
        None => json!({"state": "none"}),
        Some(invitation) => json!({"state": standing(&invitation, now), "invitation": view(tenant, invitation).await?}),
    };
    let integration = match integration {
        Some(known) if available => {
            let secret = opened(&state.connections, &account.id, &known)?;
            let last4: String = secret.expose_secret().chars().rev().take(4).collect::<Vec<_>>().into_iter().rev().collect();
            json!({"available": true, "munchkin_id": account.munchkin_id, "client_id": known.client_id, "secret_last4": last4,
                   "rotated_at": known.rotated_at, "overlap_until": known.overlap_until})
        }
        _ => json!({"available": false, "munchkin_id": account.munchkin_id, "client_id": null}),
    };
    let sync = field_sync::view(tenant).await?;
    Ok(Answer::fleeting(json!({"first_user": first_user, "integration": integration, "sync": sync})))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct First {
    email: String,
    language: Option<String>,
}

/// `POST /v1/actions-config/first-invitation`
pub async fn invite_first(
    configurator: Configurator,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<InvitationView>, Problem> {
    let First { email, language } =
        body::read(&request, payload, body::ORDINARY, "The body must be an object with email and language.").await?;
    let tenant = &configurator.tenant;
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let email = Email::parse(email.trim()).map_err(|error| invalid("email", &error.to_string()))?;
    let language = fields::language("language", language.as_deref().unwrap_or(&account.language))?;
    if let Some(known) = database::answer(tenant.first_invitation()).await? {
        if known.state == "accepted" || (known.state == "sent" && known.email.eq_ignore_ascii_case(&email.text)) {
            return Err(Problem::new(
                409,
                "invitation.first_exists",
                "Invited already",
                "The first user was invited already. Send the invitation again, or take it back to invite somebody else.",
            ));
        }
        if known.state == "sent" {
            let deed = configurator.actor.deed("invitation.revoked", known.email);
            database::answer(tenant.revoke_invitation(&known.id, &deed)).await?;
        }
    }
    let admins = roster(&state, &account.id, configurator.actor.request_id.as_str()).await?;
    let Some(admin) = admins.iter().find(|admin| admin.email.eq_ignore_ascii_case(&email.text)) else {
        return Err(Problem::new(
            422,
            "marketo.not_admin",
            "Not a Marketo admin",
            "The first user must be one of the Marketo admins in the list.",
        )
        .with_field("email", "Choose somebody from the list."));
    };
    let name = |name: &str| fields::name("name", name, 80).ok();
    let guest = Guest {
        email,
        first_name: name(&admin.first_name),
        last_name: name(&admin.last_name),
        role: "admin".to_owned(),
        teams: Vec::new(),
    };
    let invitee = made_out(&state.connections, &account.id, guest)?;
    let id = invitee.invitation_id.clone();
    let deed = configurator.actor.deed("first_user.invited", invitee.email.clone());
    let manner = Manner { inviter: &configurator.actor.who, language: &language, first: true };
    let outcomes = database::answer(invite(&state.connections, tenant, &account, &[invitee], manner, &deed, None, None)).await?;
    match outcomes.first() {
        Some(Invited::Invited) => {}
        Some(outcome) => {
            return Err(Problem::new(409, "invitation.refused", "Cannot be invited", super::invitations::sentence(outcome.word()))
                .with_field("email", outcome.word()));
        }
        None => return Err(Problem::internal()),
    }
    let invitation = database::answer(tenant.invitation(&id)).await?.ok_or_else(Problem::internal)?;
    Ok(Answer::fleeting(view(tenant, invitation).await?).created())
}

/// `POST /v1/actions-config/integration/reveal`: written to the audit log before it is shown.
pub async fn reveal(configurator: Configurator, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let tenant = &configurator.tenant;
    let known = database::answer(tenant.integration()).await?;
    let first = database::answer(tenant.first_invitation()).await?;
    let (Some(known), Some(_)) = (known, first) else { return Err(not_yet()) };
    let secret = opened(&state.connections, tenant.account_id(), &known)?;
    database::answer(tenant.note(&configurator.actor.deed("integration.revealed", known.client_id))).await?;
    Ok(Answer::fleeting(json!({"client_secret": secret.expose_secret()})))
}

fn not_yet() -> Problem {
    Problem::new(
        409,
        "integration.not_available",
        "Not available yet",
        "There is no Client ID and Client Secret before the first user was invited.",
    )
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rotation {
    client_id: Option<String>,
    client_secret: SecretString,
}

/// `POST /v1/actions-config/integration/rotate`
pub async fn rotate(
    configurator: Configurator,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let rotation: Rotation =
        body::read(&request, payload, body::ORDINARY, "The body must be an object with client_secret, and client_id if it changed.")
            .await?;
    let tenant = &configurator.tenant;
    let known = database::answer(tenant.integration()).await?.ok_or_else(not_yet)?;
    let (client_id, secret) = credentials(rotation.client_id.as_deref().unwrap_or(&known.client_id), &rotation.client_secret)?;
    let connections = &state.connections;
    let client = connections.tried(&known.endpoint, &client_id, &secret).await.map_err(|error| super::connections::refused(&error))?;
    super::connections::knows_salesforce(&client).await?;
    let deed = configurator.actor.deed("integration.rotated", client_id.clone());
    store(&state, tenant.account_id(), &known.endpoint, &client_id, &secret, &deed).await?;
    // A connection that was made with the earlier ones goes on with the new ones.
    if let Some(row) = database::answer(tenant.connection(MARKETO)).await?
        && row.client_id == known.client_id
        && row.endpoint == known.endpoint
    {
        let row = connections.row(tenant.account_id(), &known.endpoint, &client_id, &secret)?;
        database::answer(tenant.put_connection(&row, deed.at)).await?;
        connections.remember(row, client);
    }
    show(configurator, state).await
}
