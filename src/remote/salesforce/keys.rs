//! The keys with which Salesforce signs ID tokens. What is weak or ambiguous is left out, as if it were not published.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use reqwest::Method;
use serde::Deserialize;

use crate::remote::call::{Answer, Body, Call, CallError, Caller, With};
use crate::remote::hosts::Endpoint;

/// Largest list that is read, in bytes; Salesforce's has about 10,000.
const LARGEST: usize = 256 * 1024;
/// Bytes of a modulus: 2048 to 8192 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=1024;
/// 65537, as everybody has it.
const EXPONENT: &str = "AQAB";

/// A key that may sign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IssuerKey {
    pub kid: String,
    /// Base64 for URLs, as published.
    pub modulus: String,
    pub exponent: String,
}

#[derive(Deserialize)]
struct Published {
    keys: Vec<serde_json::Value>,
}

#[derive(Deserialize)]
struct Key {
    kty: String,
    kid: String,
    n: String,
    e: String,
    #[serde(rename = "use")]
    purpose: Option<String>,
    alg: Option<String>,
}

/// The keys of an issuer, from its own host.
///
/// # Errors
/// See [`CallError`].
pub async fn issuer_keys(caller: &Caller, issuer: &Endpoint, request_id: &str) -> Result<Vec<IssuerKey>, CallError> {
    let call = Call {
        system: "salesforce",
        name: "keys",
        method: Method::GET,
        path: "/id/keys".to_owned(),
        query: Vec::new(),
        body: Body::None,
        timeout: caller.salesforce_timeout(),
        read,
    };
    caller.send(&call, With { endpoint: issuer, token: None, request_id }).await
}

pub(super) fn read(answer: &Answer) -> Result<Vec<IssuerKey>, CallError> {
    if answer.status != 200 {
        return Err(CallError::Busy { code: answer.status.to_string() });
    }
    if answer.body.len() > LARGEST {
        return Err(CallError::TooLarge(LARGEST));
    }
    let published: Published = serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("the keys are no list of keys"))?;
    let named: Vec<Option<String>> =
        published.keys.iter().map(|key| key.get("kid").and_then(serde_json::Value::as_str).map(str::to_owned)).collect();
    let once = |kid: &str| named.iter().flatten().filter(|other| *other == kid).count() == 1;
    let keys = published.keys.into_iter().filter_map(|key| serde_json::from_value::<Key>(key).ok());
    Ok(keys.filter(|key| usable(key) && once(&key.kid)).map(|key| IssuerKey { kid: key.kid, modulus: key.n, exponent: key.e }).collect())
}

fn usable(key: &Key) -> bool {
    let modulus = URL_SAFE_NO_PAD.decode(&key.n).unwrap_or_default();
    key.kty == "RSA"
        && key.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
        && key.alg.as_deref().is_none_or(|alg| alg == "RS256")
        && (1..=200).contains(&key.kid.len())
        && key.e == EXPONENT
        && MODULUS.contains(&modulus.len())
        && modulus.first().is_some_and(|byte| *byte >= 0x80)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use serde_json::{Value, json};

    use super::*;

    fn answer(status: u16, body: String) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::new(), body: Bytes::from(body) }
    }

    fn key(change: &Value) -> Value {
        let mut key =
            json!({"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "230", "n": URL_SAFE_NO_PAD.encode([0xc5_u8; 256]), "e": "AQAB"});
        for (name, value) in change.as_object().unwrap() {
            key[name] = value.clone();
        }
        key
    }

    fn kids(keys: &[Value]) -> Vec<String> {
        let keys = read(&answer(200, json!({ "keys": keys }).to_string())).unwrap();
        keys.into_iter().map(|key| key.kid).collect()
    }

    #[test]
    fn jwt_17_weak_keys_and_keys_for_something_else_are_never_used() {
        let weak = URL_SAFE_NO_PAD.encode([0xc5_u8; 128]);
        let short = URL_SAFE_NO_PAD.encode([1_u8; 256]);
        for bad in [
            json!({"n": weak}),
            json!({"n": short}),
            json!({"n": "!"}),
            json!({"e": "AQ"}),
            json!({"e": "Aw"}),
            json!({"use": "enc"}),
            json!({"kty": "oct"}),
            json!({"alg": "RS512"}),
            json!({"kid": 7}),
            json!({"kid": ""}),
        ] {
            assert_eq!(kids(&[key(&bad), key(&json!({"kid": "good"}))]), ["good"], "{bad}");
        }
        assert_eq!(kids(&[key(&json!({})), key(&json!({})), key(&json!({"kid": "good"}))]), ["good"], "two keys of one name are none");
        assert_eq!(kids(&[key(&json!({"use": null, "alg": null}))]), ["230"]);
    }

    #[test]
    fn jwt_17_an_answer_that_is_no_list_of_keys_brings_none() {
        assert!(matches!(read(&answer(500, String::new())), Err(CallError::Busy { .. })));
        assert!(matches!(read(&answer(302, String::new())), Err(CallError::Busy { .. })));
        assert!(matches!(read(&answer(200, "<html>".to_owned())), Err(CallError::BadAnswer(_))));
        assert!(matches!(read(&answer(200, " ".repeat(300_000))), Err(CallError::TooLarge(_))));
    }
}
