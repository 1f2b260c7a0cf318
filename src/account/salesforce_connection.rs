//! The account's connection to Salesforce: made by OAuth, checked, let go.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::salesforce_flow::{self as flow, Wish, cause};
use super::salesforce_tokens::{self as tokens, ACCESS, REFRESH};
use super::signed_in::Admin;
use super::{AccountState, body, database, identity_token};
use crate::clock;
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::salesforce;
use crate::remote::salesforce::oauth::{self, API_VERSION};
use crate::salesforce_id::SalesforceId;
use crate::store::StoreError;
use crate::store::orgs::Org;
use crate::store::salesforce::SalesforceConnection;

const SCOPE: &str = "api refresh_token id openid";

/// `GET /v1/connections/salesforce`
pub async fn show(admin: Admin) -> Result<Answer<Value>, Problem> {
    view(&admin).await
}

async fn view(admin: &Admin) -> Result<Answer<Value>, Problem> {
    let Some(row) = database::answer(admin.tenant.salesforce()).await? else {
        return Ok(Answer::fleeting(json!({
            "state": "none", "environment": null, "org_id": null, "instance_url": null, "user": null, "scopes": [],
            "api_version": API_VERSION, "last_success_at": null, "connected_by": null, "connected_at": null, "problem": null,
        })));
    };
    let problem = (row.state != "connected").then(|| trouble(row.problem.as_deref().unwrap_or_default()));
    Ok(Answer::fleeting(json!({
        "state": row.state, "environment": row.environment, "org_id": row.org_id, "instance_url": row.instance_url, "user": row.username,
        "scopes": row.scopes.split_ascii_whitespace().collect::<Vec<_>>(), "api_version": API_VERSION,
        "last_success_at": row.last_success_at, "connected_by": row.connected_by, "connected_at": row.connected_at, "problem": problem,
    })))
}

fn trouble(code: &str) -> Value {
    let (slug, title, detail, remedy) = match code {
        "reconnect_required" => (
            "salesforce.reconnect",
            "Salesforce has to be connected again",
            "Salesforce ended the connection, or the answer with a new token was lost.",
            "Connect again; nothing else is lost.",
        ),
        "forbidden" => (
            "salesforce.forbidden",
            "Salesforce does not permit our calls",
            "Salesforce knows the user, but refuses calls of the API.",
            "Give the user's profile or permission set the permission API Enabled, and see that no IP restriction keeps this server out.",
        ),
        other => {
            let (slug, remedy) = cause(other);
            (slug, "Salesforce refuses our calls", "Salesforce refused a call of the API.", remedy)
        }
    };
    json!({"code": slug, "title": title, "detail": detail, "remedy": remedy})
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Beginning {
    environment: String,
    redirect_uri: String,
    session: String,
}

/// `POST /v1/connections/salesforce/flows`
pub async fn begin(
    admin: Admin,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with the texts environment, redirect_uri and session.";
    let beginning: Beginning = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let wish = Wish {
        kind: "connect",
        account_id: Some(admin.tenant.account_id()),
        session: &beginning.session,
        environment: &beginning.environment,
        redirect_uri: &beginning.redirect_uri,
        return_to: None,
        scope: SCOPE,
    };
    let (authorize_url, flow_id) = flow::begin(&state.connections, wish).await?;
    Ok(Answer::fleeting(json!({"authorize_url": authorize_url, "flow_id": flow_id})).created())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Ending {
    state: String,
    #[serde(default)]
    code: String,
    session: String,
    /// Salesforce's own word when it sent no code.
    error: Option<String>,
}

/// `POST /v1/connections/salesforce/finish`
pub async fn finish(
    admin: Admin,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with the texts state, code and session.";
    let ending: Ending = body::read(&request, payload, body::ORDINARY, wanted).await?;
    if let Some(error) = &ending.error {
        return Err(denied(error));
    }
    let (tenant, connections) = (&admin.tenant, &state.connections);
    let request_id = admin.actor.request_id.as_str();
    let who = (Some(tenant.account_id()), Some(ending.session.as_str()));
    let (begun, granted) = flow::finish(connections, "connect", who, (&ending.state, &ending.code), request_id).await?;
    let (instance, org_id, user_id) = flow::trusted(connections, &begun, &granted, request_id).await?;
    let stored = async {
        identity_token::verified(connections, &begun, &granted, request_id).await?;
        let Some(refresh_token) = &granted.refresh_token else {
            return Err(Problem::new(
                502,
                "oauth.bad_response",
                "Salesforce did not connect",
                "Salesforce granted no refresh token. Give the External Client App the scope refresh_token.",
            ));
        };
        let previous = database::answer(tenant.salesforce()).await?;
        if let Some(previous) = previous.as_ref().filter(|previous| previous.org_id != org_id.as_str()) {
            return Err(Problem::forbidden(
                "oauth.org_mismatch",
                format!("This account is connected to the org {}. Disconnect it before connecting another.", previous.org_id),
            ));
        }
        let user = salesforce::userinfo(connections.caller(), &granted.instance_url, &granted.access_token, request_id)
            .await
            .map_err(|error| error.problem("Salesforce"))?;
        let same = |said: &str, expected: &SalesforceId| SalesforceId::parse(said).is_ok_and(|said| said == *expected);
        if !same(&user.organization_id, &org_id) || !same(&user.user_id, &user_id) {
            return Err(Problem::forbidden(
                "oauth.org_mismatch",
                "Salesforce named another org or user than it granted access to. Nothing was stored.",
            ));
        }
        register(&state, &admin, &begun.environment, &instance, &org_id, &granted).await?;
        let (sealing_key_id, access_sealed) = connections.sealer().seal(tenant.account_id(), ACCESS, &granted.access_token)?;
        let (_, refresh_sealed) = connections.sealer().seal(tenant.account_id(), REFRESH, refresh_token)?;
        let row = SalesforceConnection {
            account_id: tenant.account_id().to_owned(),
            environment: begun.environment.clone(),
            login_url: begun.login_url.clone(),
            org_id: org_id.as_str().to_owned(),
            instance_url: granted.instance_url.clone(),
            user_id: user_id.as_str().to_owned(),
            username: user.preferred_username.unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(200).collect(),
            scopes: granted.scope.clone(),
            access_sealed,
            refresh_sealed,
            sealing_key_id,
            generation: 1,
            state: "connected".to_owned(),
            problem: None,
            refresh_started_at: None,
            refresh_after: 0,
            read_at: 0,
            last_success_at: None,
            connected_by: admin.member.email.clone(),
            connected_at: clock::now_ms(),
            refreshed_at: clock::now_ms(),
        };
        let deed = admin.actor.deed("salesforce.connected", org_id.as_str());
        database::answer(tenant.put_salesforce(&row, &deed)).await?;
        database::answer(tenant.tie_member(&admin.member.id, org_id.as_str(), user_id.as_str())).await
    };
    if let Err(problem) = stored.await {
        flow::discard(connections, &begun.login_url, &granted, request_id).await;
        return Err(problem);
    }
    view(&admin).await
}

/// What it means that Salesforce sent no code. Its own words are not shown to anybody.
pub(super) fn denied(error: &str) -> Problem {
    if error == "access_denied" {
        return Problem::bad_request("oauth.denied", "Access was not allowed in Salesforce. Begin again and choose Allow.");
    }
    let word: String = error.chars().filter(|letter| letter.is_ascii_alphanumeric() || *letter == '_').take(60).collect();
    let (slug, remedy) = cause(&word);
    Problem::bad_request(slug, format!("Salesforce did not connect ({word}). {remedy}"))
}

// The org belongs to this account from now on; an org of another account stays there.
async fn register(
    state: &AccountState,
    admin: &Admin,
    environment: &str,
    instance: &crate::remote::hosts::Endpoint,
    org_id: &SalesforceId,
    granted: &oauth::Granted,
) -> Result<(), Problem> {
    let known = database::answer(state.store.org(org_id.as_str())).await?;
    let taken = || Problem::new(409, "tenant.taken", "Taken", "This Salesforce org belongs to another account.");
    if known.as_ref().is_some_and(|org| org.account_id != admin.tenant.account_id()) {
        return Err(taken());
    }
    let info = oauth::org_info(state.connections.caller(), instance, &granted.access_token, admin.actor.request_id.as_str()).await;
    if let Err(error) = &info {
        tracing::info!(org_id = %org_id, outcome = error.outcome(), "the org did not tell its name");
        if matches!(error, CallError::Forbidden) {
            return Err(Problem::forbidden("salesforce.api_disabled", cause("API_DISABLED_FOR_ORG").1));
        }
        if let CallError::Refused { code, .. } = error
            && matches!(code.as_str(), "API_DISABLED_FOR_ORG" | "API_CURRENTLY_DISABLED")
        {
            return Err(Problem::forbidden("salesforce.api_disabled", cause(code).1));
        }
    }
    let name = info.as_ref().map(|info| info.name.trim().to_owned()).ok().filter(|name| !name.is_empty());
    let org = Org {
        org_id: org_id.as_str().to_owned(),
        account_id: admin.tenant.account_id().to_owned(),
        name: name.or_else(|| known.as_ref().map(|org| org.name.clone())).unwrap_or_else(|| org_id.as_str().to_owned()),
        instance_url: granted.instance_url.clone(),
        frame_ancestors: known.map_or_else(|| frames(&granted.instance_url), |org| org.frame_ancestors),
        is_sandbox: info.map_or(environment == "sandbox", |info| info.is_sandbox),
        status: "active".to_owned(),
    };
    database::answer(async {
        match admin.tenant.put_org(&org, clock::now_ms()).await {
            Err(StoreError::Taken) => Ok(None),
            outcome => outcome.map(Some),
        }
    })
    .await?
    .ok_or_else(taken)
}

// Where the org's own pages are: Lightning and Visualforce beside its My Domain.
fn frames(instance_url: &str) -> String {
    match instance_url.strip_suffix(".my.salesforce.com") {
        Some(domain) => {
            let label = domain.trim_start_matches("https://");
            format!("{instance_url} https://{label}.lightning.force.com https://{label}--c.vf.force.com")
        }
        None => url::Url::parse(instance_url).map(|url| url.origin().ascii_serialization()).unwrap_or_default(),
    }
}

/// `POST /v1/connections/salesforce/check`: asks the org, with a new token if need be.
pub async fn check(admin: Admin, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let (tenant, connections) = (&admin.tenant, &state.connections);
    let request_id = admin.actor.request_id.as_str();
    let token = match tokens::last(connections, tenant).await {
        Ok(token) => token,
        Err(problem) if problem.code == "salesforce.reconnect_required" => return view(&admin).await,
        Err(problem) => return Err(problem),
    };
    let ask =
        async |token: &tokens::AccessToken| salesforce::userinfo(connections.caller(), &token.instance_url, &token.value, request_id).await;
    let mut outcome = ask(&token).await;
    if matches!(outcome, Err(CallError::Unauthorized)) {
        match tokens::renewed(connections, tenant, token.generation, request_id).await {
            Ok(token) => outcome = ask(&token).await,
            Err(problem) if problem.code == "salesforce.reconnect_required" => return view(&admin).await,
            Err(problem) => return Err(problem),
        }
    }
    let now = clock::now_ms();
    match outcome {
        Ok(_) => database::answer(tenant.note_salesforce(None, now)).await?,
        Err(CallError::Forbidden) => database::answer(tenant.note_salesforce(Some("forbidden"), now)).await?,
        Err(CallError::Refused { code, .. }) => database::answer(tenant.note_salesforce(Some(&code), now)).await?,
        Err(error) => return Err(error.problem("Salesforce")),
    }
    view(&admin).await
}

/// `DELETE /v1/connections/salesforce`: revokes at Salesforce, then forgets.
pub async fn disconnect(admin: Admin, state: web::Data<AccountState>) -> Result<HttpResponse, Problem> {
    let (tenant, connections) = (&admin.tenant, &state.connections);
    let row = database::answer(tenant.salesforce()).await?.ok_or_else(Problem::not_found)?;
    let revoked = async {
        let token = connections.sealer().open(tenant.account_id(), REFRESH, &row.sealing_key_id, &row.refresh_sealed)?;
        let endpoint = flow::at(connections, &row.login_url)?;
        oauth::revoke(connections.caller(), &endpoint, &token, admin.actor.request_id.as_str())
            .await
            .map_err(|error| error.problem("Salesforce"))
    };
    // A broken connection can be let go of although Salesforce cannot be told.
    if let Err(problem) = revoked.await
        && row.state == "connected"
    {
        return Err(problem);
    }
    let deed = admin.actor.deed("salesforce.disconnected", row.org_id);
    database::answer(tenant.drop_salesforce(&deed)).await?;
    Ok(nothing())
}
