//! Calls to an account's org in the name of its connection; a token that has run out is renewed once.

use super::connections::Connections;
use super::salesforce_tokens::{AccessToken, current, renewed};
use crate::problem::Problem;
use crate::remote::call::{Call, CallError, With};
use crate::store::Tenant;

/// Why a call brought no result.
#[derive(Debug, Clone)]
pub enum NoAnswer {
    /// There is no usable connection; nothing was sent.
    Connection(Problem),
    Call(CallError),
}

/// Sends a call to the account's org.
///
/// # Errors
/// See [`NoAnswer`].
pub async fn send<T>(connections: &Connections, tenant: &Tenant, call: &Call<T>, request_id: &str) -> Result<T, NoAnswer> {
    let token = current(connections, tenant).await.map_err(NoAnswer::Connection)?;
    match once(connections, &token, call, request_id).await {
        Err(CallError::Unauthorized) => {
            let token = renewed(connections, tenant, token.generation, request_id).await.map_err(NoAnswer::Connection)?;
            once(connections, &token, call, request_id).await.map_err(NoAnswer::Call)
        }
        other => other.map_err(NoAnswer::Call),
    }
}

async fn once<T>(connections: &Connections, token: &AccessToken, call: &Call<T>, request_id: &str) -> Result<T, CallError> {
    let endpoint = connections.caller().hosts().salesforce(&token.instance_url)?;
    connections.caller().send(call, With { endpoint: &endpoint, token: Some(&token.value), request_id }).await
}
