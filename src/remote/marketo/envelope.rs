//! Marketo's envelope. Logical errors come as HTTP 200 with `success: false`; keys without content are absent rather
//! than empty; codes are strings or numbers and mean the same in both.

use serde::de::{DeserializeOwned, Deserializer};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::remote::call::{Answer, CallError};

/// A page of results, and where the next one begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page<T> {
    pub items: Vec<T>,
    /// The paging token to go on with; for activities always present, also on the last page.
    pub next: Option<String>,
    /// Whether there is more now. A page may be short or empty and still have more behind it.
    pub more: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Envelope<T> {
    success: Option<bool>,
    result: Option<Vec<T>>,
    next_page_token: Option<String>,
    more_result: Option<bool>,
    errors: Option<Vec<Fault>>,
}

/// One error of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub struct Fault {
    #[serde(deserialize_with = "text_or_number", default)]
    pub code: String,
    #[serde(default)]
    pub message: String,
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => text,
        Value::Number(number) => number.to_string(),
        _ => String::new(),
    })
}

/// Reads an answer's page.
///
/// # Errors
/// What Marketo refused, in our words; see [`CallError`].
pub fn read_page<T: DeserializeOwned>(answer: &Answer) -> Result<Page<T>, CallError> {
    status(answer)?;
    let odd = CallError::BadAnswer("the body is not Marketo's envelope");
    // A struct could be read from a JSON array too, field by field.
    if answer.body.trim_ascii_start().first() != Some(&b'{') {
        return Err(odd);
    }
    let envelope: Envelope<T> = serde_json::from_slice(&answer.body).map_err(|_| odd)?;
    if let Some(fault) = envelope.errors.as_ref().and_then(|faults| faults.first())
        && envelope.success != Some(true)
    {
        return Err(refusal(fault));
    }
    if envelope.success != Some(true) {
        return Err(CallError::BadAnswer("neither success nor an error"));
    }
    let more = envelope.more_result.unwrap_or(false);
    Ok(Page { items: envelope.result.unwrap_or_default(), next: envelope.next_page_token.filter(|token| !token.is_empty()), more })
}

/// Judges the HTTP status; Marketo's own refusals come with 200 and pass.
///
/// # Errors
/// When the status alone says that there is no result.
pub fn status(answer: &Answer) -> Result<(), CallError> {
    match answer.status {
        200..=299 => Ok(()),
        401 => Err(CallError::TokenRefused { code: "401".to_owned() }),
        403 => Err(CallError::Forbidden),
        429 => Err(CallError::RateLimited { retry_after_ms: WINDOW_MS, concurrency: false }),
        code @ 500.. => Err(CallError::Busy { code: code.to_string() }),
        code => Err(CallError::Refused { code: format!("http.{code}"), detail: String::new() }),
    }
}

/// Marketo's window for calls, in milliseconds.
pub const WINDOW_MS: i64 = 20_000;

/// What an error code means for a caller.
#[must_use]
pub fn refusal(fault: &Fault) -> CallError {
    let code = fault.code.clone();
    match code.as_str() {
        "600" | "601" | "602" => CallError::TokenRefused { code },
        "603" => CallError::Forbidden,
        "606" => CallError::RateLimited { retry_after_ms: WINDOW_MS, concurrency: false },
        "615" => CallError::RateLimited { retry_after_ms: 1_000, concurrency: true },
        "607" => CallError::QuotaExhausted { until_ms: super::budget::central::next_midnight(crate::clock::now_ms()) },
        "500" | "502" | "604" | "608" | "611" | "614" | "713" | "719" => CallError::Busy { code },
        _ => CallError::Refused { code, detail: sentence(&fault.message) },
    }
}

// For logs and for telling the meanings of 1029 apart; bounded, and without anything that could break a line.
fn sentence(message: &str) -> String {
    message.chars().filter(|letter| !letter.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::new(), body: Bytes::from(body.to_owned()) }
    }

    #[test]
    fn an_error_in_a_200_is_an_error_whatever_type_its_code_has() {
        for body in [
            r#"{"requestId":"1#2","success":false,"errors":[{"code":"606","message":"Max rate limit"}]}"#,
            r#"{"success":false,"errors":[{"code":606,"message":"x"}],"result":null}"#,
        ] {
            assert!(matches!(read_page::<Value>(&answer(200, body)), Err(CallError::RateLimited { concurrency: false, .. })));
        }
        let body = r#"{"success":false,"errors":[{"code":"1003","message":"Too many results match the filter"}]}"#;
        assert!(matches!(read_page::<Value>(&answer(200, body)), Err(CallError::Refused { code, .. }) if code == "1003"));
    }

    #[test]
    fn absent_keys_are_an_empty_page() {
        let page = read_page::<Value>(&answer(200, r#"{"requestId":"1#2","success":true}"#)).unwrap();
        assert_eq!(page, Page { items: vec![], next: None, more: false });
        let page = read_page::<Value>(&answer(200, r#"{"success":true,"result":[],"nextPageToken":"AB==","moreResult":true}"#)).unwrap();
        assert_eq!(page, Page { items: vec![], next: Some("AB==".to_owned()), more: true });
    }

    #[test]
    fn what_is_no_envelope_is_no_success() {
        assert!(read_page::<Value>(&answer(200, "<html>")).is_err());
        assert!(read_page::<Value>(&answer(200, "{}")).is_err());
        assert!(read_page::<Value>(&answer(502, "")).is_err());
        assert!(matches!(read_page::<Value>(&answer(414, "")), Err(CallError::Refused { code, .. }) if code == "http.414"));
    }
}
