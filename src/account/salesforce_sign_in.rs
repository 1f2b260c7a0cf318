//! Signing in with Salesforce: whom the org itself names, and whom the account knows.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::email::Email;
use super::salesforce_connection::denied;
use super::salesforce_flow::{self as flow, Wish};
use super::signed_in::Actor;
use super::visitor::{Face, suspended};
use super::{AccountState, body, database, identity_token};
use crate::problem::Problem;
use crate::remote::salesforce;
use crate::remote::salesforce::oauth::Granted;
use crate::salesforce_id::SalesforceId;

/// The session that a sign-in is bound to is the face's affair: the flow's id lies in its cookie.
const NO_SESSION: &str = "nobody-is-signed-in-yet";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beginning {
    environment: String,
    redirect_uri: String,
    return_to: Option<String>,
}

/// `POST /v1/salesforce/sign-ins`
pub async fn begin(_: Face, request: HttpRequest, payload: web::Payload, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with the texts environment and redirect_uri, and optionally return_to.";
    let beginning: Beginning = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let wish = Wish {
        kind: "sign_in",
        account_id: None,
        session: NO_SESSION,
        environment: &beginning.environment,
        redirect_uri: &beginning.redirect_uri,
        return_to: beginning.return_to.as_deref(),
        scope: "id openid",
    };
    let (authorize_url, flow_id) = flow::begin(&state.connections, wish).await?;
    Ok(Answer::fleeting(json!({"authorize_url": authorize_url, "flow_id": flow_id})).created())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    #[serde(default)]
    code: String,
    state: String,
    error: Option<String>,
}

/// `POST /v1/salesforce/sign-ins/{flow_id}/finish`
pub async fn finish(
    face: Face,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let flow_id = super::me::path_id(&request, "flow_id")?;
    let ending: Ending = body::read(&request, payload, body::ORDINARY, "The body must be an object with the texts code and state.").await?;
    if let Some(error) = &ending.error {
        return Err(denied(error));
    }
    let connections = &state.connections;
    let request_id = face.request_id.as_str().to_owned();
    let unknown = || Problem::forbidden("oauth.session_mismatch", "This sign-in was begun in another session. Please begin again.");
    let known = super::link::hash_of(&ending.state);
    let begun = match known {
        Some(hash) => database::answer(state.store.flow("sign_in", &hash)).await?,
        None => None,
    };
    if begun.is_some_and(|begun| begun.id != flow_id) {
        return Err(unknown());
    }
    let (begun, granted) =
        flow::finish(connections, "sign_in", (None, Some(NO_SESSION)), (&ending.state, &ending.code), &request_id).await?;
    let outcome = identified(&state, &begun, &granted, face).await;
    // The grant was for this one question; nothing of it is kept.
    flow::discard(connections, &begun.login_url, &granted, &request_id).await;
    let (account_id, member_id) = outcome?;
    Ok(Answer::fleeting(json!({"account_id": account_id, "member_id": member_id, "return_to": begun.return_to})))
}

async fn identified(
    state: &AccountState,
    begun: &crate::store::oauth_flows::OauthFlow,
    granted: &Granted,
    face: Face,
) -> Result<(String, String), Problem> {
    let not_member = || {
        Problem::forbidden(
            "sign_in.not_member",
            "This Salesforce user is not a member of an account here. Ask an admin of your account to invite you with your Salesforce e-mail address.",
        )
    };
    let connections = &state.connections;
    let request_id = face.request_id.as_str();
    let (_, org_id, _) = flow::trusted(connections, begun, granted, request_id).await?;
    let org = database::answer(state.store.org(org_id.as_str())).await?.ok_or_else(not_member)?;
    // The org is asked at its own registered address, whatever the answer named.
    if org.instance_url != granted.instance_url {
        return Err(not_member());
    }
    if org.status != "active" {
        return Err(suspended());
    }
    let (org_id, user_id) = identity_token::verified(connections, begun, granted, request_id).await?;
    let tenant = state.store.tenant(&org.account_id);
    let tied = database::answer(tenant.member_by_salesforce(org_id.as_str(), user_id.as_str())).await?;
    let member = if let Some(member) = tied {
        member
    } else {
        // Who is not tied to a Salesforce user yet is known by the address that the org has verified.
        let user = salesforce::userinfo(connections.caller(), &org.instance_url, &granted.access_token, request_id)
            .await
            .map_err(|error| error.problem("Salesforce"))?;
        let same = |said: &str, expected: &SalesforceId| SalesforceId::parse(said).is_ok_and(|said| said == *expected);
        if !same(&user.organization_id, &org_id) || !same(&user.user_id, &user_id) {
            return Err(not_member());
        }
        let email =
            user.email.as_deref().filter(|_| user.email_verified).and_then(|text| Email::parse(text).ok()).ok_or_else(not_member)?;
        let member = database::answer(state.store.member_by_email(&email.key)).await?;
        let member = member.filter(|member| member.account_id == org.account_id).ok_or_else(not_member)?;
        // Somebody who is another Salesforce user already does not become this one by an address.
        if member.salesforce_user_id.is_some() && member.salesforce_org_id.as_deref() == Some(org_id.as_str()) {
            return Err(not_member());
        }
        member
    };
    if member.state != "active" {
        return Err(Problem::forbidden(
            "sign_in.not_accepted",
            "You are invited but have not accepted yet. Open the link in the invitation first.",
        ));
    }
    database::answer(tenant.tie_member(&member.id, org_id.as_str(), user_id.as_str())).await?;
    let actor = Actor { who: member.email.clone(), source: face.source, request_id: face.request_id };
    database::answer(tenant.note(&actor.deed("member.signed_in", "with Salesforce"))).await?;
    Ok((org.account_id, member.id))
}
