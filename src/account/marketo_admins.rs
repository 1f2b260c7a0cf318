//! Entering: whoever holds credentials of a Marketo instance and stands in its list of admins administers its account.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use moka::sync::Cache;
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::connections::{Connections, MARKETO, knows_salesforce};
use super::email::Email;
use super::listing::Listing;
use super::query::{Query, invalid};
use super::signed_in::{Actor, Configurator};
use super::visitor::{Face, suspended};
use super::{AccountState, body, database};
use crate::clock;
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::marketo::budget::Purpose;
use crate::remote::marketo::users::MarketoAdmin;
use crate::remote::marketo::{Asker, Marketo};
use crate::store::accounts::Account;
use crate::store::integrations::Integration;

/// Where an integration's secret is sealed for.
/// What the credentials are sealed for.
pub(super) const INTEGRATION: &str = "integration";
/// How long the earlier credentials stay after a rotation.
pub(super) const OVERLAP_MS: i64 = 24 * 3_600_000;

/// Lists of admins, by account: asked for once a minute at most.
pub(super) struct Rosters(Cache<String, Arc<Vec<MarketoAdmin>>>);

impl Default for Rosters {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(1_000).time_to_live(Duration::from_mins(1)).build())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entrance {
    munchkin_id: String,
    client_id: String,
    client_secret: SecretString,
    email: String,
}

/// A Munchkin ID such as `123-ABC-456`.
///
/// # Errors
/// 400 that names the field.
pub(super) fn munchkin(text: &str) -> Result<String, Problem> {
    let id = text.trim().to_ascii_uppercase();
    let parts: Vec<&str> = id.split('-').collect();
    let digits = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit());
    let letters = |part: &str| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_uppercase());
    match parts.as_slice() {
        [one, two, three] if digits(one) && letters(two) && digits(three) => Ok(id),
        _ => Err(invalid("munchkin_id", "It must look like 123-ABC-456.")),
    }
}

/// Client id and secret without the white space that pasting brings along.
///
/// # Errors
/// 400 that names the field.
pub(super) fn credentials(client_id: &str, secret: &SecretString) -> Result<(String, SecretString), Problem> {
    let (client_id, secret) = (client_id.trim(), secret.expose_secret().trim());
    let plain = |text: &str| (1..=200).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !plain(client_id) {
        return Err(invalid("client_id", "It must have 1 to 200 characters and no spaces."));
    }
    if !plain(secret) {
        return Err(invalid("client_secret", "It must have 1 to 200 characters and no spaces."));
    }
    Ok((client_id.to_owned(), SecretString::from(secret)))
}

/// The address of an instance.
pub(super) fn endpoint(connections: &Connections, munchkin_id: &str) -> String {
    connections.settings().marketo.endpoint.replace("{munchkin_id}", munchkin_id)
}

/// `POST /v1/marketo-admins`
pub async fn enter(
    face: Face,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with the texts munchkin_id, client_id, client_secret and email.";
    let entrance: Entrance = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let munchkin_id = munchkin(&entrance.munchkin_id)?;
    let (client_id, secret) = credentials(&entrance.client_id, &entrance.client_secret)?;
    let email = Email::parse(entrance.email.trim()).map_err(|error| invalid("email", &error.to_string()))?;
    let endpoint = endpoint(&state.connections, &munchkin_id);
    let client = state.connections.tried(&endpoint, &client_id, &secret).await.map_err(|error| entering(&error))?;
    knows_salesforce(&client).await?;
    let asker = Asker { purpose: Purpose::Interactive, request_id: face.request_id.as_str() };
    let admin = client.admin_by_email(asker, &email.key).await.map_err(|error| entering(&error))?.ok_or_else(|| {
        Problem::forbidden(
            "marketo.not_admin",
            "Marketo's list of users has no admin with this address. Use the address of a Marketo admin.",
        )
    })?;
    let account = account(&state, &munchkin_id, &endpoint).await?;
    if account.status != "active" {
        return Err(suspended());
    }
    let actor = Actor { who: admin.email.clone(), source: face.source, request_id: face.request_id };
    keep(&state, &account, &endpoint, &client_id, &secret, &actor).await?;
    let deed = actor.deed("marketo_admin.entered", munchkin_id);
    database::answer(state.store.tenant(&account.id).note(&deed)).await?;
    Ok(Answer::fleeting(json!({"account_id": account.id, "account_name": account.name, "email": admin.email})))
}

fn entering(error: &CallError) -> Problem {
    match error {
        CallError::Unauthorized | CallError::TokenRefused { .. } => Problem::unauthorized(
            "marketo.credentials",
            "Marketo did not accept the Client ID and Client Secret. Copy both again from Admin › LaunchPoint.",
        ),
        CallError::Forbidden => Problem::forbidden(
            "marketo.permission",
            "Marketo does not let these credentials read its users. Give the API-only user's role the permission to access user management, \
             and see that the list of allowed addresses has this server.",
        ),
        other => other.problem("Marketo"),
    }
}

// One account for each instance. An account that an operator connected to it is adopted.
async fn account(state: &AccountState, munchkin_id: &str, endpoint: &str) -> Result<Account, Problem> {
    if let Some(account) = database::answer(state.store.account_by_munchkin(munchkin_id)).await? {
        return Ok(account);
    }
    if let Some(account) = database::answer(state.store.account_by_endpoint(MARKETO, endpoint)).await? {
        database::answer(state.store.tenant(&account.id).set_munchkin(munchkin_id)).await?;
    } else {
        database::answer(state.store.enter_account(&clock::new_id(), munchkin_id, munchkin_id, clock::now_ms())).await?;
    }
    database::answer(state.store.account_by_munchkin(munchkin_id)).await?.ok_or_else(Problem::internal)
}

// The first credentials stay; the same service with another secret replaces the one that Marketo no longer takes.
async fn keep(
    state: &AccountState,
    account: &Account,
    endpoint: &str,
    client_id: &str,
    secret: &SecretString,
    actor: &Actor,
) -> Result<(), Problem> {
    let tenant = state.store.tenant(&account.id);
    if let Some(known) = database::answer(tenant.integration()).await? {
        let same = known.client_id == client_id
            && opened(&state.connections, &account.id, &known).is_ok_and(|known| known.expose_secret() == secret.expose_secret());
        if same || known.client_id != client_id {
            return Ok(());
        }
    }
    store(state, &account.id, endpoint, client_id, secret, &actor.deed("integration.stored", client_id)).await
}

/// Stores credentials that are good as the account's own.
///
/// # Errors
/// When they can't be sealed or stored.
pub(super) async fn store(
    state: &AccountState,
    account_id: &str,
    endpoint: &str,
    client_id: &str,
    secret: &SecretString,
    deed: &crate::store::audit::Deed,
) -> Result<(), Problem> {
    let (sealing_key_id, secret_sealed) = state.connections.sealer().seal(account_id, INTEGRATION, secret)?;
    let new = Integration {
        endpoint: endpoint.trim_end_matches('/').to_owned(),
        client_id: client_id.to_owned(),
        secret_sealed,
        sealing_key_id,
        created_at: deed.at,
        rotated_at: None,
        previous_client_id: None,
        previous_sealed: None,
        previous_key_id: None,
        overlap_until: Some(deed.at + OVERLAP_MS),
    };
    database::answer(state.store.tenant(account_id).put_integration(&new, deed)).await
}

/// The secret of stored credentials.
///
/// # Errors
/// When it can't be opened.
pub(super) fn opened(connections: &Connections, account_id: &str, integration: &Integration) -> Result<SecretString, Problem> {
    connections.sealer().open(account_id, INTEGRATION, &integration.sealing_key_id, &integration.secret_sealed)
}

/// A client with the account's own credentials, or during a rotation with the earlier ones.
///
/// # Errors
/// `integration.absent` when nobody has entered yet; what Marketo says otherwise.
pub(super) async fn client(connections: &Connections, account_id: &str) -> Result<Arc<Marketo>, Problem> {
    let tenant = connections.store().tenant(account_id);
    let Some(known) = database::answer(tenant.integration()).await? else {
        // An operator's connection serves as well.
        return connections.marketo(account_id).await;
    };
    let secret = opened(connections, account_id, &known)?;
    match connections.tried(&known.endpoint, &known.client_id, &secret).await {
        Ok(client) => Ok(client),
        Err(CallError::Unauthorized) if known.overlap_until.is_some_and(|until| until > clock::now_ms()) => {
            let (Some(id), Some(sealed), Some(key)) = (&known.previous_client_id, &known.previous_sealed, &known.previous_key_id) else {
                return Err(super::connections::refused(&CallError::Unauthorized));
            };
            let secret = connections.sealer().open(account_id, INTEGRATION, key, sealed)?;
            connections.tried(&known.endpoint, id, &secret).await.map_err(|error| super::connections::refused(&error))
        }
        Err(error) => Err(super::connections::refused(&error)),
    }
}

#[derive(Serialize)]
pub struct AdminView {
    email: String,
    first_name: String,
    last_name: String,
    role: String,
}

/// `GET /v1/marketo/admins?search=`
pub async fn list(
    configurator: Configurator,
    request: HttpRequest,
    state: web::Data<AccountState>,
) -> Result<Answer<Listing<AdminView>>, Problem> {
    let query = Query::read(&request, &["search", "limit", "cursor"])?;
    let search = query.get("search").unwrap_or_default().trim().to_lowercase();
    let admins = roster(&state, configurator.tenant.account_id(), configurator.actor.request_id.as_str()).await?;
    let items: Vec<AdminView> = admins
        .iter()
        .filter(|admin| format!("{} {} {}", admin.first_name, admin.last_name, admin.email).to_lowercase().contains(&search))
        .map(|admin| AdminView {
            email: admin.email.clone(),
            first_name: admin.first_name.clone(),
            last_name: admin.last_name.clone(),
            role: admin.role.clone(),
        })
        .collect();
    let total = i64::try_from(items.len()).unwrap_or(i64::MAX);
    Ok(Answer::fleeting(Listing { items, next_cursor: None, total }))
}

/// The admins of the account's instance.
///
/// # Errors
/// When Marketo cannot be asked.
pub(super) async fn roster(state: &AccountState, account_id: &str, request_id: &str) -> Result<Arc<Vec<MarketoAdmin>>, Problem> {
    if let Some(known) = state.rosters.0.get(account_id) {
        return Ok(known);
    }
    let client = client(&state.connections, account_id).await?;
    let asker = Asker { purpose: Purpose::Interactive, request_id };
    let admins = Arc::new(client.admins(asker).await.map_err(|error| error.problem("Marketo"))?);
    state.rosters.0.insert(account_id.to_owned(), Arc::clone(&admins));
    Ok(admins)
}
