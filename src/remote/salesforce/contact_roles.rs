//! Who plays a part in an opportunity.

use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;

use super::super::call::{Answer, Body, Call, CallError, Caller, With};
use super::oauth::API_VERSION;
use crate::salesforce_id::SalesforceId;

/// A contact's part in an opportunity.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ContactRole {
    pub contact_id: String,
    #[serde(default)]
    pub role: Option<String>,
    #[serde(default)]
    pub is_primary: bool,
}

#[derive(Deserialize)]
struct Found {
    records: Vec<ContactRole>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fault {
    error_code: String,
}

/// Most parts that are asked for.
pub const MOST: usize = 200;

/// The contacts of an opportunity, as the token's user may see them.
///
/// # Errors
/// [`CallError::Unauthorized`] when the token is dead; otherwise as [`CallError`] says.
pub async fn contact_roles(
    caller: &Caller,
    instance_url: &str,
    token: &SecretString,
    opportunity: &SalesforceId,
    request_id: &str,
) -> Result<Vec<ContactRole>, CallError> {
    let endpoint = caller.hosts().salesforce(instance_url)?;
    // The id holds letters and digits only, so that nothing in it can end the text.
    let query = format!("SELECT ContactId, Role, IsPrimary FROM OpportunityContactRole WHERE OpportunityId = '{opportunity}' LIMIT {MOST}");
    let call = Call {
        system: "salesforce",
        name: "contact_roles",
        method: Method::GET,
        path: format!("/services/data/{API_VERSION}/query"),
        query: vec![("q", query)],
        body: Body::None,
        timeout: caller.salesforce_timeout(),
        read: read_roles,
    };
    caller.send(&call, With { endpoint: &endpoint, token: Some(token), request_id }).await
}

pub(super) fn read_roles(answer: &Answer) -> Result<Vec<ContactRole>, CallError> {
    let code = || serde_json::from_slice::<Vec<Fault>>(&answer.body).ok()?.into_iter().next().map(|fault| fault.error_code);
    match answer.status {
        200 => {
            let found: Found =
                serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("a query's answer is not what it should be"))?;
            Ok(found.records)
        }
        401 => Err(CallError::Unauthorized),
        403 if code().as_deref() == Some("REQUEST_LIMIT_EXCEEDED") => {
            Err(CallError::RateLimited { retry_after_ms: 60_000, concurrency: false })
        }
        403 => Err(CallError::Forbidden),
        429 => Err(CallError::RateLimited { retry_after_ms: 10_000, concurrency: false }),
        status @ 500.. => Err(CallError::Busy { code: status.to_string() }),
        status => Err(CallError::Refused { code: code().unwrap_or_else(|| status.to_string()), detail: String::new() }),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn roles_are_read_and_refusals_told_apart() {
        let body =
            r#"{"totalSize":1,"done":true,"records":[{"attributes":{},"ContactId":"003000000000001AAA","Role":null,"IsPrimary":true}]}"#;
        let roles = read_roles(&answer(200, body)).unwrap();
        assert_eq!(roles, [ContactRole { contact_id: "003000000000001AAA".to_owned(), role: None, is_primary: true }]);
        assert_eq!(read_roles(&answer(401, "[]")), Err(CallError::Unauthorized));
        assert_eq!(read_roles(&answer(403, "[]")), Err(CallError::Forbidden));
        let limit = read_roles(&answer(403, r#"[{"errorCode":"REQUEST_LIMIT_EXCEEDED","message":"x"}]"#));
        assert!(matches!(limit, Err(CallError::RateLimited { .. })));
        let refused = read_roles(&answer(400, r#"[{"errorCode":"INVALID_TYPE","message":"x"}]"#));
        assert!(matches!(refused, Err(CallError::Refused { code, .. }) if code == "INVALID_TYPE"));
    }
}
