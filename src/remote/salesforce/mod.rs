//! Salesforce: what we ask an org.

use std::fmt;

use reqwest::Method;
use secrecy::SecretString;
use serde::Deserialize;

use super::call::{Answer, Body, Call, CallError, Caller, With};

pub mod contact_roles;
#[cfg(any(test, fuzzing))]
pub(super) mod fuzzed;
pub mod keys;
pub mod oauth;
pub mod opt_outs;
pub mod package;
pub mod person_fields;
pub mod tasks;

/// Whose access token it is, as the org itself says.
#[derive(Clone, PartialEq, Eq, Deserialize)]
pub struct UserInfo {
    /// 18 characters.
    pub user_id: String,
    /// 18 characters.
    pub organization_id: String,
    #[serde(default)]
    pub email: Option<String>,
    #[serde(default)]
    pub email_verified: bool,
    #[serde(default)]
    pub preferred_username: Option<String>,
}

impl fmt::Debug for UserInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UserInfo").field("user_id", &self.user_id).field("organization_id", &self.organization_id).finish_non_exhaustive()
    }
}

/// Asks an org whose access token this is, which only a living token can answer.
///
/// # Errors
/// [`CallError::Unauthorized`] when the token is dead; [`CallError::NotAllowed`] when `instance_url` is not an org's
/// address; the rest when the org cannot be reached or makes no sense.
pub async fn userinfo(caller: &Caller, instance_url: &str, token: &SecretString, request_id: &str) -> Result<UserInfo, CallError> {
    let endpoint = caller.hosts().salesforce(instance_url)?;
    let call = Call {
        system: "salesforce",
        name: "userinfo",
        method: Method::GET,
        path: "/services/oauth2/userinfo".to_owned(),
        query: Vec::new(),
        body: Body::None,
        timeout: caller.salesforce_timeout(),
        read: read_userinfo,
    };
    caller.send(&call, With { endpoint: &endpoint, token: Some(token), request_id }).await
}

// A dead token is answered with 401, or with 403 and `Bad_OAuth_Token`; other refusals of the org say nothing about it.
fn read_userinfo(answer: &Answer) -> Result<UserInfo, CallError> {
    match answer.status {
        200 => serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("userinfo is not what it should be")),
        401 => Err(CallError::Unauthorized),
        403 if answer.body.starts_with(b"Bad_OAuth_Token") => Err(CallError::Unauthorized),
        403 => Err(CallError::Forbidden),
        429 => Err(CallError::RateLimited { retry_after_ms: 10_000, concurrency: false }),
        // Too slow or too early, as a proxy on the way says it, is nothing that the org refuses.
        status @ (408 | 425 | 500..) => Err(CallError::Busy { code: status.to_string() }),
        status => Err(CallError::Refused { code: status.to_string(), detail: String::new() }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) }
    }

    #[test]
    fn a_dead_token_is_told_from_a_broken_org() {
        let info = read_userinfo(&answer(200, r#"{"user_id":"005000000000001AAA","organization_id":"00D000000000001EAA","x":1}"#)).unwrap();
        assert_eq!(info.organization_id, "00D000000000001EAA");
        assert_eq!(read_userinfo(&answer(401, "")), Err(CallError::Unauthorized));
        assert_eq!(read_userinfo(&answer(403, "Bad_OAuth_Token")), Err(CallError::Unauthorized));
        assert_eq!(read_userinfo(&answer(403, "nope")), Err(CallError::Forbidden));
        for passing in [408, 425, 500, 503] {
            assert_eq!(read_userinfo(&answer(passing, "")), Err(CallError::Busy { code: passing.to_string() }));
        }
        assert!(matches!(read_userinfo(&answer(404, "")), Err(CallError::Refused { .. })));
        assert!(matches!(read_userinfo(&answer(200, "<html>")), Err(CallError::BadAnswer(_))));
    }
}
