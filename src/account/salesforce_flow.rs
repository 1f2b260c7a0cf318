//! The web-server flow with PKCE: begun here, its state stored and used once, bound to the browser session that began it.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use super::connections::Connections;
use super::database;
use super::link::{LinkToken, hash_of};
use super::query::invalid;
use crate::clock;
use crate::problem::Problem;
use crate::remote::hosts::Endpoint;
use crate::remote::salesforce::oauth::{self, Client, Granted, OauthError};
use crate::salesforce_id::SalesforceId;
use crate::store::oauth_flows::OauthFlow;

const LIFE_MS: i64 = 600_000;

/// What a flow is for.
pub(super) struct Wish<'a> {
    /// `connect` or `sign_in`.
    pub kind: &'static str,
    pub account_id: Option<&'a str>,
    pub session: &'a str,
    pub environment: &'a str,
    pub redirect_uri: &'a str,
    pub return_to: Option<&'a str>,
    pub scope: &'static str,
}

/// The gateway as Salesforce knows it.
///
/// # Errors
/// 409 `salesforce.not_configured` when the operator named no consumer key.
pub(super) fn client(connections: &Connections) -> Result<Client, Problem> {
    let settings = connections.settings();
    let secret = Some(&settings.salesforce.client_secret).filter(|secret| !secret.expose_secret().is_empty()).cloned();
    let secret = secret.or_else(|| {
        let first = settings.canvas.consumer_secrets.expose_secret().split(',').map(str::trim).find(|secret| !secret.is_empty())?;
        Some(SecretString::from(first))
    });
    match secret {
        Some(secret) if !settings.salesforce.client_id.is_empty() => Ok(Client { id: settings.salesforce.client_id.clone(), secret }),
        _ => Err(Problem::new(
            409,
            "salesforce.not_configured",
            "Salesforce is not set up here",
            "The operator of this server has to name the consumer key and secret of its External Client App: [salesforce] client_id, client_secret.",
        )),
    }
}

/// Where users of an environment sign in.
///
/// # Errors
/// 400 for an environment that is none.
pub(super) fn login(connections: &Connections, environment: &str) -> Result<(Endpoint, String), Problem> {
    let settings = &connections.settings().salesforce;
    let url = match environment {
        "production" => &settings.login_url,
        "sandbox" => &settings.sandbox_login_url,
        _ => return Err(invalid("environment", "It must be production or sandbox.")),
    };
    Ok((at(connections, url)?, url.clone()))
}

/// The endpoint of an address where users sign in.
///
/// # Errors
/// 400 `url.not_allowed`.
pub(super) fn at(connections: &Connections, url: &str) -> Result<Endpoint, Problem> {
    let refused = |error: crate::remote::hosts::AddressRefused| crate::remote::call::CallError::NotAllowed(error).problem("Salesforce");
    connections.caller().hosts().salesforce_login(url).map_err(refused)
}

/// Begins a flow: the address to send the browser to, and the flow's id.
///
/// # Errors
/// 400 for a redirect address that is not the gateway's own, 409 when Salesforce is not set up here.
pub(super) async fn begin(connections: &Connections, wish: Wish<'_>) -> Result<(String, String), Problem> {
    let client = client(connections)?;
    let (endpoint, login_url) = login(connections, wish.environment)?;
    own_address(connections, wish.redirect_uri)?;
    if let Some(return_to) = wish.return_to {
        own_path(return_to)?;
    }
    if !(16..=128).contains(&wish.session.len()) || !wish.session.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(invalid("session", "It must be the hash of the browser session, 16 to 128 characters."));
    }
    let (state, verifier, nonce) = (LinkToken::fresh()?, LinkToken::fresh()?, LinkToken::fresh()?);
    let id = clock::new_id();
    let (sealing_key_id, verifier_sealed) =
        connections.sealer().seal(wish.account_id.unwrap_or_default(), &place(&id), &verifier.secret)?;
    let now = clock::now_ms();
    let flow = OauthFlow {
        id: id.clone(),
        state_hash: state.hash,
        kind: wish.kind.to_owned(),
        account_id: wish.account_id.map(str::to_owned),
        session_hash: wish.session.to_owned(),
        environment: wish.environment.to_owned(),
        login_url,
        redirect_uri: wish.redirect_uri.to_owned(),
        return_to: wish.return_to.map(str::to_owned),
        nonce: nonce.hash.clone(),
        verifier_sealed,
        sealing_key_id,
        created_at: now,
        expires_at: now + LIFE_MS,
    };
    database::answer(connections.store().begin_flow(&flow)).await?;
    let challenge = URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, verifier.secret.expose_secret().as_bytes()));
    let url =
        oauth::authorize_url(&endpoint, &client, wish.redirect_uri, state.secret.expose_secret(), &challenge, &nonce.hash, wish.scope);
    Ok((url, id))
}

fn place(flow_id: &str) -> String {
    format!("oauth.{flow_id}")
}

fn own_address(connections: &Connections, redirect_uri: &str) -> Result<(), Problem> {
    let own = url::Url::parse(&connections.settings().gateway.public_url).map(|url| url.origin());
    let given =
        url::Url::parse(redirect_uri).ok().filter(|url| url.username().is_empty() && url.fragment().is_none() && url.query().is_none());
    match (own, given) {
        (Ok(own), Some(given)) if own == given.origin() => Ok(()),
        _ => Err(invalid("redirect_uri", "It must be an address of this gateway.")),
    }
}

// A path here and nothing that a browser could take for another host.
fn own_path(path: &str) -> Result<(), Problem> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-._~?=&%".contains(&byte);
    let fits = path.starts_with('/') && !path.starts_with("//") && path.len() <= 500 && path.bytes().all(plain) && !path.contains("/..");
    if fits { Ok(()) } else { Err(invalid("return_to", "It must be a path of this gateway.")) }
}

/// What comes back from Salesforce: the flow it belongs to, used up, and what was granted.
///
/// # Errors
/// 400 `oauth.state`, 403 `oauth.session_mismatch`, 502 by what went wrong at Salesforce.
pub(super) async fn finish(
    connections: &Connections,
    kind: &'static str,
    (account_id, session): (Option<&str>, Option<&str>),
    (state, code): (&str, &str),
    request_id: &str,
) -> Result<(OauthFlow, Granted), Problem> {
    let unknown = || {
        Problem::bad_request(
            "oauth.state",
            "This sign-in was not begun here, was used already, or took longer than ten minutes. Please begin again.",
        )
    };
    let state_hash = hash_of(state).ok_or_else(unknown)?;
    let flow = database::answer(connections.store().flow(kind, &state_hash)).await?.ok_or_else(unknown)?;
    let ours = flow.account_id.as_deref() == account_id && session.is_none_or(|session| session == flow.session_hash);
    if !ours {
        // Whoever began it can still finish it; somebody else cannot.
        return Err(Problem::forbidden("oauth.session_mismatch", "This connection was begun in another session. Please begin again."));
    }
    if !(1..=2_048).contains(&code.len()) || !code.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Problem::bad_request("oauth.code", "Salesforce sent no usable code."));
    }
    if !database::answer(connections.store().use_flow(&flow.id, clock::now_ms())).await? {
        return Err(unknown());
    }
    let verifier = connections.sealer().open(
        flow.account_id.as_deref().unwrap_or_default(),
        &place(&flow.id),
        &flow.sealing_key_id,
        &flow.verifier_sealed,
    )?;
    let endpoint = at(connections, &flow.login_url)?;
    let client = client(connections)?;
    let granted = oauth::redeem(connections.caller(), &endpoint, &client, code, &verifier, &flow.redirect_uri, request_id)
        .await
        .map_err(|error| exchange(&error))?;
    Ok((flow, granted))
}

fn exchange(error: &OauthError) -> Problem {
    let failed = |code, detail: String| Problem::new(502, code, "Salesforce did not connect", detail);
    match error {
        OauthError::Dead => {
            Problem::bad_request("oauth.code", "Salesforce did not accept the code: it was used already or is too old. Please begin again.")
        }
        OauthError::Refused(code) => {
            let (slug, remedy) = cause(code);
            failed(slug, format!("Salesforce refused to connect ({code}). {remedy}"))
        }
        OauthError::BadAnswer => failed("oauth.bad_response", "Salesforce gave an answer that cannot be used.".to_owned()),
        OauthError::InProgress => failed("oauth.exchange_failed", "Salesforce is still at work on this. Please begin again.".to_owned()),
        OauthError::Call(error) => error.problem("Salesforce"),
    }
}

/// What a refusal by Salesforce comes down to: the code that we give it, and what helps against it.
#[must_use]
pub(super) fn cause(code: &str) -> (&'static str, &'static str) {
    match code {
        "invalid_client_id" | "invalid_client" => (
            "salesforce.client",
            "The consumer key or secret of the External Client App is wrong; the operator of this server has to correct it.",
        ),
        "redirect_uri_mismatch" => ("salesforce.callback", "Add this gateway's callback address to the External Client App."),
        "invalid_app_access" | "OAUTH_APP_BLOCKED" | "app_not_found" => (
            "salesforce.app_blocked",
            "The app is blocked or not approved: a Salesforce admin has to allow it under Setup › Connected Apps OAuth Usage, and give the user's profile or permission set access to it.",
        ),
        "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED" => {
            ("salesforce.api_disabled", "Give the user's profile or permission set the permission API Enabled.")
        }
        "ip_restricted" | "invalid_ip" => {
            ("salesforce.ip", "The profile's or app's IP restrictions do not let this server in; add its address in Salesforce.")
        }
        "RESTRICTED_DOMAIN" | "login_domain_restricted" => (
            "salesforce.domain",
            "The org lets users sign in at its My Domain only; choose the right environment, or allow it in Setup › My Domain.",
        ),
        "inactive_user" | "inactive_org" => ("salesforce.inactive", "The user or the org is not active; connect with another user."),
        "unsupported_scope" | "invalid_scope" => {
            ("salesforce.scope", "Give the External Client App the scopes api, refresh_token, id and openid.")
        }
        _ => ("salesforce.refused", "A Salesforce admin finds the reason in Setup › Login History."),
    }
}

/// The org's address and ids of a grant, checked. What cannot be trusted is revoked at once.
///
/// # Errors
/// 502 `oauth.untrusted_instance` or `oauth.bad_response`.
pub(super) async fn trusted(
    connections: &Connections,
    flow: &OauthFlow,
    granted: &Granted,
    request_id: &str,
) -> Result<(Endpoint, SalesforceId, SalesforceId), Problem> {
    let instance = connections.caller().hosts().salesforce(&granted.instance_url);
    let org = SalesforceId::parse(&granted.org_id).ok().filter(|id| id.is_a("00D"));
    let user = SalesforceId::parse(&granted.user_id).ok().filter(|id| id.is_a("005"));
    match (instance, org, user) {
        (Ok(instance), Some(org), Some(user)) => Ok((instance, org, user)),
        (Err(_), ..) => {
            discard(connections, &flow.login_url, granted, request_id).await;
            Err(Problem::new(
                502,
                "oauth.untrusted_instance",
                "Salesforce did not connect",
                "The answer names an address that is not a Salesforce org. Nothing was stored.",
            ))
        }
        _ => {
            discard(connections, &flow.login_url, granted, request_id).await;
            Err(Problem::new(
                502,
                "oauth.bad_response",
                "Salesforce did not connect",
                "The answer names no org and user. Nothing was stored.",
            ))
        }
    }
}

/// Revokes what was granted, since it is not kept.
pub(super) async fn discard(connections: &Connections, login_url: &str, granted: &Granted, request_id: &str) {
    let Ok(endpoint) = at(connections, login_url) else { return };
    let token = granted.refresh_token.as_ref().unwrap_or(&granted.access_token);
    if let Err(error) = oauth::revoke(connections.caller(), &endpoint, token, request_id).await {
        tracing::warn!(%error, "a grant that is not kept could not be revoked");
    }
}

#[cfg(test)]
mod tests {
    use super::own_path;

    #[test]
    fn one_returns_to_a_path_of_ours_only() {
        for path in ["/admin/set-up", "/admin/settings/users?team=x&page=2"] {
            assert!(own_path(path).is_ok(), "{path}");
        }
        for path in [
            "",
            "//evil.com",
            "/\\evil.com",
            "https://evil.com",
            "/\t/evil.com",
            "/ /evil.com",
            "/@evil.com",
            "javascript:alert(1)",
            "/x/../..//evil",
            "/%0a\r",
        ] {
            assert!(own_path(path).is_err(), "{path}");
        }
    }
}
