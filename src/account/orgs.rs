//! Salesforce orgs: which account an org belongs to, and whether an access token of it still lives.

use std::time::Duration;

use actix_web::{HttpRequest, web};
use secrecy::{ExposeSecret, SecretString};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::query::invalid;
use super::visitor::{Face, suspended};
use super::{AccountState, database};
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::salesforce;
use crate::salesforce_id::SalesforceId;
use crate::store::orgs::Org;

/// Seconds that the face may keep an org.
const KEEP: u32 = 15;
/// Bytes of a live check; a token has a few hundred.
const LARGEST_CHECK: usize = 16 * 1024;
const LONGEST_TOKEN: usize = 4096;
/// For reading the body of a live check.
const PATIENCE: Duration = Duration::from_secs(5);

#[derive(Serialize)]
pub struct OrgView {
    account_id: String,
    org_id: String,
    name: String,
    status: String,
    is_sandbox: bool,
    instance_url: String,
    frame_ancestors: Vec<String>,
    certificates: Vec<CertificateView>,
}

#[derive(Serialize)]
struct CertificateView {
    id: String,
    name: String,
    public_key_pem: String,
    not_before: i64,
    not_after: i64,
}

fn unknown() -> Problem {
    Problem::new(404, "tenant.unknown", "Not known here", "This Salesforce org is not connected to any account here.")
}

pub(super) async fn named(request: &HttpRequest, state: &AccountState) -> Result<Org, Problem> {
    let id = request.match_info().get("org_id").and_then(|text| SalesforceId::parse(text).ok()).filter(|id| id.is_a("00D"));
    let id = id.ok_or_else(unknown)?;
    database::answer(state.store.org(id.as_str())).await?.ok_or_else(unknown)
}

/// `GET /v1/orgs/{org_id}`
pub async fn show(_: Face, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<OrgView>, Problem> {
    let org = named(&request, &state).await?;
    let certificates = database::answer(state.store.tenant(&org.account_id).certificates(&org.org_id)).await?;
    let view = OrgView {
        frame_ancestors: org.frame_ancestors.split_ascii_whitespace().map(str::to_owned).collect(),
        certificates: certificates
            .into_iter()
            .map(|certificate| CertificateView {
                id: certificate.id,
                name: certificate.name,
                public_key_pem: certificate.public_key_pem,
                not_before: certificate.not_before,
                not_after: certificate.not_after,
            })
            .collect(),
        account_id: org.account_id,
        org_id: org.org_id,
        name: org.name,
        status: org.status,
        is_sandbox: org.is_sandbox,
        instance_url: org.instance_url,
    };
    let (account, id) = (view.account_id.clone(), view.org_id.clone());
    Ok(Answer::kept(view, KEEP).tag("account", &account).tag("org", &id))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Check {
    instance_url: String,
    oauth_token: SecretString,
    user_id: String,
}

#[derive(Serialize)]
pub struct Checked {
    live: bool,
}

/// `POST /v1/orgs/{org_id}/live-checks`: whether the org itself says that this token is this user's.
pub async fn live_check(
    face: Face,
    request: HttpRequest,
    body: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Checked>, Problem> {
    let org = named(&request, &state).await?;
    if org.status != "active" {
        return Err(suspended());
    }
    let wanted = "The body must be an object with the texts instance_url, oauth_token and user_id.";
    let check: Check = read(&request, body, wanted).await?;
    let user =
        SalesforceId::parse(&check.user_id).map_err(|_| invalid("user_id", "It must be a Salesforce id with 15 or 18 characters."))?;
    // A token goes to the org that is registered, and to nobody else.
    let live = is_a_token(&check.oauth_token)
        && same_address(&check.instance_url, &org.instance_url)
        && is_live(&state, &org, &user, &check.oauth_token, face.request_id.as_str()).await?;
    metrics::counter!("account_live_checks_total", "live" => if live { "yes" } else { "no" }).increment(1);
    Ok(Answer::fleeting(Checked { live }).tag("account", &org.account_id).tag("org", &org.org_id))
}

async fn is_live(state: &AccountState, org: &Org, user: &SalesforceId, token: &SecretString, request_id: &str) -> Result<bool, Problem> {
    match salesforce::userinfo(&state.caller, &org.instance_url, token, request_id).await {
        Ok(info) => {
            let same = |said: &str, expected: &str| SalesforceId::parse(said).is_ok_and(|said| said.as_str() == expected);
            Ok(same(&info.user_id, user.as_str()) && same(&info.organization_id, &org.org_id))
        }
        Err(CallError::Unauthorized | CallError::TokenRefused { .. } | CallError::Refused { .. } | CallError::Forbidden) => Ok(false),
        Err(error) => {
            tracing::warn!(org_id = %org.org_id, outcome = error.outcome(), "the org did not answer a live check");
            Err(Problem::unavailable(
                "upstream.unavailable",
                "Salesforce cannot be reached to check this session. Please try again shortly.",
                10,
            ))
        }
    }
}

// What could not stand in a header is nobody's token.
fn is_a_token(token: &SecretString) -> bool {
    let token = token.expose_secret();
    (1..=LONGEST_TOKEN).contains(&token.len()) && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn same_address(given: &str, registered: &str) -> bool {
    let read = |text: &str| url::Url::parse(text.trim_end_matches('/')).ok();
    match (read(given), read(registered)) {
        (Some(given), Some(registered)) => given == registered,
        _ => false,
    }
}

/// The body of a call of the face: a small JSON object of known fields; `wanted` says which.
pub(super) async fn read<T: DeserializeOwned>(request: &HttpRequest, body: web::Payload, wanted: &'static str) -> Result<T, Problem> {
    use actix_web::HttpMessage;
    if !request.content_type().eq_ignore_ascii_case("application/json") {
        return Err(Problem::new(415, "request.media_type", "Not understood", "The body must be application/json."));
    }
    let bytes = tokio::time::timeout(PATIENCE, body.to_bytes_limited(LARGEST_CHECK))
        .await
        .map_err(|_| Problem::new(408, "request.slow", "Too slow", "The body did not arrive in time."))?
        .map_err(|_| Problem::new(413, "request.too_large", "Too large", "The body is larger than such a call ever is."))?
        .map_err(|_| Problem::bad_request("request.broken", "The body broke off."))?;
    serde_json::from_slice(&bytes).map_err(|error| {
        // Its text may repeat what was sent; only its class goes on.
        if error.is_data() && error.to_string().starts_with("unknown field") {
            Problem::bad_request("request.unknown_field", "The body has a field that is not known here.")
        } else {
            Problem::bad_request("request.invalid", wanted)
        }
    })
}

#[cfg(test)]
mod tests {
    use super::same_address;

    #[test]
    fn an_address_is_the_same_whatever_its_case_and_its_last_slash() {
        for (given, same) in [
            ("https://acme.my.salesforce.com", true),
            ("https://ACME.my.salesforce.com/", true),
            ("https://acme.my.salesforce.com:443", true),
            ("http://acme.my.salesforce.com", false),
            ("https://acme.my.salesforce.com.evil.example", false),
            ("https://evil@acme.my.salesforce.com", false),
            ("https://acme.my.salesforce.com/x", false),
            ("", false),
        ] {
            assert_eq!(same_address(given, "https://acme.my.salesforce.com"), same, "{given}");
        }
    }
}
