//! What an org says of the package in it: its version, who has access, how it is configured.
//!
//! The version comes from a record of custom metadata that the package brings along, since an installation from source
//! has no package version that the platform knows of.

use reqwest::Method;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::oauth::{API_VERSION, refusal};
use crate::remote::call::{Answer, Body, Call, CallError, Caller, With};
use crate::remote::hosts::Endpoint;

/// Permission set of reps.
pub const REPS: &str = "Marketo_App_Access";
/// Permission set of admins.
pub const ADMINS: &str = "Marketo_Sales_Insight_Admin";

/// What an org says.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Seen {
    /// Absent when the package is not there, or the connected user may not see it.
    pub version: Option<String>,
    /// Active users with the reps' permission set.
    pub reps: Option<i64>,
    /// Active users with the admins' permission set.
    pub admins: Option<i64>,
    pub configuration: Configuration,
}

/// How the package is configured in the org.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum Configuration {
    /// The connected user may not read it.
    #[default]
    Hidden,
    /// Nobody saved the configuration yet.
    Empty,
    Saved(Saved),
}

/// The saved configuration, without anything secret.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Saved {
    #[serde(rename(deserialize = "Gateway_Address__c"), alias = "gateway_address")]
    pub gateway_address: Option<String>,
    #[serde(rename(deserialize = "Actions_Enabled__c"), alias = "actions_enabled", default)]
    pub actions_enabled: Option<bool>,
    #[serde(rename(deserialize = "Certificate_Name__c"), alias = "certificate_name")]
    pub certificate_name: Option<String>,
    /// When a certificate was registered, as the org writes times.
    #[serde(rename(deserialize = "Certificate_Registered_At__c"), alias = "certificate_registered_at")]
    pub certificate_registered_at: Option<String>,
    /// When the API secret key was stored.
    #[serde(rename(deserialize = "Secret_Stored_At__c"), alias = "secret_stored_at")]
    pub secret_stored_at: Option<String>,
}

/// Asks an org for all of it.
///
/// # Errors
/// See [`CallError`]; what the connected user may not see is no error.
pub async fn seen(
    caller: &Caller,
    instance: &Endpoint,
    token: &SecretString,
    org_id: &crate::salesforce_id::SalesforceId,
    request_id: &str,
) -> Result<Seen, CallError> {
    let with = With { endpoint: instance, token: Some(token), request_id };
    let ask = |name: &'static str, text: String, read| query(caller, with, name, text, read);
    let version = "SELECT Version__c FROM MSI_Package__mdt WHERE DeveloperName = 'Current'".to_owned();
    let Some(rows) = visible(ask("package_version", version, read_rows).await)? else { return Ok(Seen::default()) };
    let version = rows.first().and_then(|row| row.get("Version__c")).and_then(Value::as_str);
    let version = version.map(|version| version.chars().filter(|letter| !letter.is_control()).take(40).collect());
    let holders =
        |set: &str| format!("SELECT COUNT() FROM PermissionSetAssignment WHERE PermissionSet.Name = '{set}' AND Assignee.IsActive = true");
    let settings = format!(
        "SELECT Gateway_Address__c, Actions_Enabled__c, Certificate_Name__c, Certificate_Registered_At__c, Secret_Stored_At__c \
         FROM MSI_Settings__c WHERE SetupOwnerId = '{org_id}'"
    );
    let (reps, admins, settings) = tokio::join!(
        ask("package_reps", holders(REPS), read_count),
        ask("package_admins", holders(ADMINS), read_count),
        ask("package_settings", settings, read_rows),
    );
    let total = |counted: Option<Vec<Value>>| counted.and_then(|rows| rows.first().and_then(Value::as_i64));
    let configuration = match visible(settings)? {
        None => Configuration::Hidden,
        Some(rows) => match rows.into_iter().next() {
            None => Configuration::Empty,
            Some(row) => {
                Configuration::Saved(serde_json::from_value(row).map_err(|_| CallError::BadAnswer("the settings have other types"))?)
            }
        },
    };
    Ok(Seen { version, reps: total(visible(reps)?), admins: total(visible(admins)?), configuration })
}

async fn query(
    caller: &Caller,
    with: With<'_>,
    name: &'static str,
    text: String,
    read: fn(&Answer) -> Result<Vec<Value>, CallError>,
) -> Result<Vec<Value>, CallError> {
    let call = Call {
        system: "salesforce",
        name,
        method: Method::GET,
        path: format!("/services/data/{API_VERSION}/query"),
        query: vec![("q", text)],
        body: Body::None,
        timeout: caller.salesforce_timeout(),
        read,
    };
    caller.send(&call, with).await
}

#[derive(Deserialize)]
struct Found {
    #[serde(rename = "totalSize")]
    total: i64,
    #[serde(default)]
    records: Vec<Value>,
}

pub(super) fn read_rows(answer: &Answer) -> Result<Vec<Value>, CallError> {
    found(answer).map(|found| found.records)
}

// A count comes without records: the number is the answer.
pub(super) fn read_count(answer: &Answer) -> Result<Vec<Value>, CallError> {
    found(answer).map(|found| vec![Value::from(found.total)])
}

fn found(answer: &Answer) -> Result<Found, CallError> {
    if answer.status != 200 {
        return Err(refusal(answer));
    }
    serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("the query's answer is not what it should be"))
}

// An object or field that is not there looks the same as one that the user may not see.
fn visible(outcome: Result<Vec<Value>, CallError>) -> Result<Option<Vec<Value>>, CallError> {
    match outcome {
        Ok(rows) => Ok(Some(rows)),
        Err(CallError::Refused { code, .. }) if matches!(code.as_str(), "INVALID_TYPE" | "INVALID_FIELD" | "INSUFFICIENT_ACCESS") => {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::new(), body: Bytes::from(body.to_owned()) }
    }

    #[test]
    fn what_cannot_be_seen_is_no_error_and_a_dead_token_is() {
        let missing = r#"[{"errorCode":"INVALID_TYPE","message":"sObject type 'MSI_Package__mdt' is not supported."}]"#;
        assert_eq!(visible(read_rows(&answer(400, missing))), Ok(None));
        assert_eq!(visible(read_rows(&answer(401, "[]"))), Err(CallError::Unauthorized));
        assert_eq!(visible(read_count(&answer(200, r#"{"totalSize":7,"done":true,"records":[]}"#))), Ok(Some(vec![Value::from(7)])));
        assert!(matches!(read_rows(&answer(200, "<html>")), Err(CallError::BadAnswer(_))));
    }

    #[test]
    fn a_saved_configuration_is_kept_under_names_of_ours() {
        let row = r#"{"attributes":{"type":"MSI_Settings__c"},"Gateway_Address__c":"https://msi.example.com","Actions_Enabled__c":true,
            "Certificate_Name__c":"MSI_Gateway","Certificate_Registered_At__c":null,"Secret_Stored_At__c":"2026-11-20T10:00:00.000+0000"}"#;
        let saved: Saved = serde_json::from_str(row).unwrap();
        let seen = Seen { version: Some("1.0.0".to_owned()), reps: Some(2), admins: Some(1), configuration: Configuration::Saved(saved) };
        let text = serde_json::to_string(&seen).unwrap();
        assert!(text.contains(r#""gateway_address":"https://msi.example.com""#), "{text}");
        assert_eq!(serde_json::from_str::<Seen>(&text).unwrap(), seen);
    }
}
