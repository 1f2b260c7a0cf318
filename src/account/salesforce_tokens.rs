//! The account's access token for Salesforce. Its refresh token is good for one refresh, so the row in the database decides
//! who refreshes, over all processes; what comes back is stored before anybody uses it.

use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};

use super::connections::Connections;
use super::database;
use super::salesforce_flow::{at, client};
use crate::clock;
use crate::problem::Problem;
use crate::remote::hosts::Endpoint;
use crate::remote::salesforce::oauth::{self, Assertion, Client, Granted, OauthError};
use crate::salesforce_id::SalesforceId;
use crate::store::Tenant;
use crate::store::salesforce::SalesforceConnection;

/// A refresh that began longer ago than this was lost with the process that asked.
pub const LOST_MS: i64 = 45_000;
const AFTER_TROUBLE_MS: i64 = 15_000;
const WAIT: Duration = Duration::from_millis(150);
const PATIENCE: Duration = Duration::from_secs(20);
/// An unused refresh token dies after thirty days.
const QUIET_MS: i64 = 7 * 86_400_000;

/// A token and the generation it belongs to.
#[derive(Debug, Clone)]
pub struct AccessToken {
    pub value: SecretString,
    pub generation: i64,
    pub instance_url: String,
}

fn not_connected() -> Problem {
    Problem::new(
        409,
        "salesforce.not_connected",
        "Salesforce is not connected",
        "Connect Salesforce: Settings › Salesforce › Connections & Customizations › Connect.",
    )
}

fn broken() -> Problem {
    Problem::new(
        409,
        "salesforce.reconnect_required",
        "Salesforce has to be connected again",
        "The connection to Salesforce is broken. Connect it again.",
    )
}

fn opened(connections: &Connections, row: &SalesforceConnection, kind: &str, sealed: &[u8]) -> Result<SecretString, Problem> {
    connections.sealer().open(&row.account_id, kind, &row.sealing_key_id, sealed)
}

/// Where tokens are sealed for.
pub(super) const ACCESS: &str = "salesforce.access";
pub(super) const REFRESH: &str = "salesforce.refresh";

/// The present access token.
///
/// # Errors
/// 409 when there is no connection, or a broken one.
pub async fn current(connections: &Connections, tenant: &Tenant) -> Result<AccessToken, Problem> {
    let row = database::answer(tenant.salesforce()).await?.ok_or_else(not_connected)?;
    if row.state != "connected" {
        return Err(broken());
    }
    token(connections, &row)
}

fn token(connections: &Connections, row: &SalesforceConnection) -> Result<AccessToken, Problem> {
    let value = opened(connections, row, ACCESS, &row.access_sealed)?;
    Ok(AccessToken { value, generation: row.generation, instance_url: row.instance_url.clone() })
}

/// The access token even of a connection that was refused something, to find out whether it works again.
///
/// # Errors
/// 409 when there is no connection, or one that has to be made anew.
pub async fn last(connections: &Connections, tenant: &Tenant) -> Result<AccessToken, Problem> {
    let row = database::answer(tenant.salesforce()).await?.ok_or_else(not_connected)?;
    if row.is_dead() {
        return Err(broken());
    }
    token(connections, &row)
}

/// A token newer than the one of `refused`, which Salesforce did not take. However many ask at once, in however many
/// processes, one call goes out.
///
/// # Errors
/// 409 when the connection is broken for good; 503 when it may work later.
pub async fn renewed(connections: &Connections, tenant: &Tenant, refused: i64, request_id: &str) -> Result<AccessToken, Problem> {
    let owner = clock::new_id();
    let until = clock::instant() + PATIENCE;
    loop {
        let row = database::answer(tenant.salesforce()).await?.ok_or_else(not_connected)?;
        if row.is_dead() {
            return Err(broken());
        }
        if row.generation > refused {
            return token(connections, &row);
        }
        let now = row.read_at;
        if row.refresh_started_at.is_none()
            && row.refresh_after <= now
            && database::answer(tenant.begin_refresh(row.generation, &owner, now)).await?
        {
            refresh(connections, tenant, &row, &owner, request_id).await?;
            continue;
        }
        if row.refresh_after > now && row.refresh_started_at.is_none() || clock::instant() >= until {
            return Err(Problem::unavailable(
                "upstream.unavailable",
                "Salesforce cannot be reached just now. Please try again shortly.",
                15,
            ));
        }
        tokio::time::sleep(WAIT).await;
    }
}

async fn refresh(
    connections: &Connections,
    tenant: &Tenant,
    row: &SalesforceConnection,
    owner: &str,
    request_id: &str,
) -> Result<(), Problem> {
    let began = clock::steady_ms();
    let give_back = |broken: Option<&'static str>, wait: i64| {
        let after = row.read_at + (clock::steady_ms() - began) + wait;
        database::answer(tenant.abandon_refresh(row.generation, owner, after, broken))
    };
    let prepared = (|| {
        Ok::<_, Problem>((opened(connections, row, REFRESH, &row.refresh_sealed)?, at(connections, &row.login_url)?, client(connections)?))
    })();
    let (refresh_token, endpoint, client) = match prepared {
        Ok(prepared) => prepared,
        Err(problem) => {
            give_back(None, AFTER_TROUBLE_MS).await?;
            return Err(problem);
        }
    };
    let by_key = by_assertion(connections, row, &endpoint, &client, request_id).await;
    let granted = match by_key {
        Some(granted) => granted,
        None => oauth::refresh(connections.caller(), &endpoint, &client, &refresh_token, request_id).await,
    };
    match granted {
        Ok(granted) => {
            let next = granted.refresh_token.as_ref().unwrap_or(&refresh_token);
            let (key_id, access) = connections.sealer().seal(&row.account_id, ACCESS, &granted.access_token)?;
            let (_, refresh) = connections.sealer().seal(&row.account_id, REFRESH, next)?;
            // The earlier token is dead by now: storing the new one is worth several tries.
            let mut tries = 0;
            loop {
                match tenant.finish_refresh(row.generation, owner, &access, &refresh, &key_id, clock::now_ms()).await {
                    Ok(_) => return Ok(()),
                    Err(error) if tries >= 5 => {
                        tracing::error!(account_id = %row.account_id, cause = %error.cause(), "a new pair of tokens could not be stored");
                        return Err(database::unavailable());
                    }
                    Err(_) => {
                        tries += 1;
                        tokio::time::sleep(WAIT * (1 << tries)).await;
                    }
                }
            }
        }
        Err(OauthError::Dead) => {
            tracing::warn!(account_id = %row.account_id, "Salesforce ended the connection");
            give_back(Some("reconnect_required"), 0).await?;
            Err(broken())
        }
        Err(error) => {
            tracing::warn!(account_id = %row.account_id, %error, "a token could not be refreshed; it is tried again later");
            let wait = if error == OauthError::InProgress { 2_000 } else { AFTER_TROUBLE_MS };
            give_back(None, wait).await
        }
    }
}

// Where a key is configured no refresh token is spent. What Salesforce refuses for good (no certificate, no approval) falls
// back to the refresh token, so that a key that is not set up yet ends no connection.
async fn by_assertion(
    connections: &Connections,
    row: &SalesforceConnection,
    endpoint: &Endpoint,
    client: &Client,
    request_id: &str,
) -> Option<Result<Granted, OauthError>> {
    let settings = &connections.settings().salesforce;
    if !has_key(connections) {
        return None;
    }
    let username = Some(settings.jwt_username.as_str()).filter(|name| !name.is_empty()).unwrap_or(&row.username);
    let assertion = Assertion { client_id: &client.id, username, is_sandbox: row.environment == "sandbox", key: &settings.jwt_key };
    let Some(signed) = assertion.signed() else {
        tracing::error!("salesforce.jwt_key is no RSA key in PEM; the refresh token is used instead");
        return None;
    };
    match oauth::redeem_assertion(connections.caller(), endpoint, signed, request_id).await {
        Err(error @ (OauthError::Dead | OauthError::Refused(_))) => {
            tracing::warn!(account_id = %row.account_id, %error, "Salesforce does not take our assertion; the refresh token is used instead");
            None
        }
        Ok(granted) if SalesforceId::parse(&granted.org_id).map(|org| org.as_str().to_owned()).ok().as_ref() != Some(&row.org_id) => {
            tracing::error!(account_id = %row.account_id, "an assertion brought a token of another org; it is not used");
            super::salesforce_flow::discard(connections, &row.login_url, &granted, request_id).await;
            None
        }
        outcome => Some(outcome),
    }
}

fn has_key(connections: &Connections) -> bool {
    !connections.settings().salesforce.jwt_key.expose_secret().is_empty()
}

/// Looks after all connections: marks those whose refresh was lost, and keeps unused ones alive. `now` is the database's.
///
/// # Errors
/// When the database refuses.
pub async fn care(connections: &Connections, now: i64) -> Result<(), crate::store::StoreError> {
    // An assertion can be sent again; a refresh token that may have been used cannot.
    let lost = if has_key(connections) {
        connections.store().release_lost_refreshes(now - LOST_MS).await?;
        0
    } else {
        connections.store().break_lost_refreshes(now - LOST_MS).await?
    };
    if lost > 0 {
        tracing::error!(lost, "a refresh was lost with its process; the connection has to be made again");
    }
    for account_id in connections.store().quiet_salesforce(now - QUIET_MS).await? {
        let tenant = connections.store().tenant(&account_id);
        let Ok(token) = current(connections, &tenant).await else { continue };
        let request_id = clock::new_id();
        if let Err(problem) = renewed(connections, &tenant, token.generation, &request_id).await {
            tracing::warn!(account_id, code = %problem.code, "an unused connection could not be kept alive");
        }
    }
    Ok(())
}
