//! The JSON inside a verified signed request: only what we need is read, and read into types.
//!
//! Source: salesforce-platform facts §1.3. Everything may be missing; unknown keys are passed over.

use std::borrow::Cow;

use serde::Deserialize;

use super::signature::base64;
use super::{malformed, rejected};
use crate::problem::Problem;

/// The one algorithm label that Salesforce sends; any other is refused, whatever the MAC says.
const ALGORITHM: &str = "HMACSHA256";

/// Seconds by which a clock in Salesforce may run ahead of ours.
const AHEAD_S: i64 = 60;

/// Values above this are milliseconds: as seconds they would lie three thousand years ahead.
const MILLISECONDS_FROM: i64 = 100_000_000_000;

/// Words of a list that the package sends, and their longest, in bytes.
const MOST_WORDS: usize = 20;
const LONGEST_WORD: usize = 20;

/// The verified facts of a canvas request.
#[derive(Debug, Clone)]
pub struct Envelope {
    /// When Salesforce made it, epoch milliseconds, where it says so.
    pub issued_at_ms: Option<i64>,
    /// The org, 15 or 18 characters as it came.
    pub org_id: String,
    /// The user, likewise.
    pub user_id: String,
    /// `en_US`, `de`, `zh_CN`, ….
    pub language: Option<String>,
    /// IANA name, `Europe/Berlin`.
    pub time_zone: Option<String>,
    /// The record whose page shows the panel.
    pub record: Option<Record>,
    /// Without a record: the page of our own that the package's tab wants (`desk`).
    pub page: Option<String>,
    /// Tabs in the order that the org's admin chose, where the package says so.
    pub tabs: Option<Vec<String>>,
    /// Actions that the org's admin allows, likewise.
    pub actions: Option<Vec<String>>,
    /// The org's address, `https://acme.my.salesforce.com`.
    pub instance_url: Option<String>,
    /// The window that framed us, for postMessage.
    pub target_origin: Option<String>,
    /// Name of the frame on that page.
    pub instance_id: Option<String>,
    /// A live access token of the user; used once, for the live check of a repeated request, and never kept.
    pub oauth_token: Option<secrecy::SecretString>,
}

/// A Salesforce record, as the page names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// `Lead`, `Contact`, …: from the record itself, or told from the id's key prefix.
    pub object: String,
    /// 15 or 18 characters as it came.
    pub id: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wire<'a> {
    #[serde(borrow, default)]
    algorithm: Option<Cow<'a, str>>,
    #[serde(default)]
    issued_at: Option<i64>,
    #[serde(borrow, default)]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    client: Option<WireClient<'a>>,
    #[serde(borrow, default)]
    context: Option<WireContext<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireClient<'a> {
    #[serde(borrow, default)]
    oauth_token: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    instance_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    instance_url: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    target_origin: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WireContext<'a> {
    #[serde(borrow, default)]
    user: Option<WireUser<'a>>,
    #[serde(borrow, default)]
    organization: Option<WireOrganization<'a>>,
    #[serde(borrow, default)]
    environment: Option<WireEnvironment<'a>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUser<'a> {
    #[serde(borrow, default)]
    user_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    language: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    locale: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    time_zone: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireOrganization<'a> {
    #[serde(borrow, default)]
    organization_id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WireEnvironment<'a> {
    #[serde(borrow, default)]
    parameters: Option<WireParameters<'a>>,
    #[serde(borrow, default)]
    record: Option<WireRecord<'a>>,
}

// What our package's lifecycle handler adds.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireParameters<'a> {
    #[serde(borrow, default)]
    record_id: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    object: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    page: Option<Cow<'a, str>>,
    #[serde(default, deserialize_with = "words")]
    tabs: Option<Vec<String>>,
    #[serde(default, deserialize_with = "words")]
    actions: Option<Vec<String>>,
}

// A list of short words; anything else in its place counts as nothing.
fn words<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<String>>, D::Error> {
    let list = serde_json::Value::deserialize(deserializer)?;
    let word = |item: &serde_json::Value| item.as_str().filter(|word| word.len() <= LONGEST_WORD).map(str::to_owned);
    Ok(list.as_array().map(|list| list.iter().take(MOST_WORDS).filter_map(word).collect()))
}

#[derive(Deserialize)]
struct WireRecord<'a> {
    #[serde(borrow, default)]
    attributes: Option<WireAttributes<'a>>,
    #[serde(borrow, default, rename = "Id")]
    id: Option<Cow<'a, str>>,
}

#[derive(Deserialize)]
struct WireAttributes<'a> {
    #[serde(borrow, default, rename = "type")]
    kind: Option<Cow<'a, str>>,
}

impl Envelope {
    /// Reads the encoded envelope of a request whose signature held.
    ///
    /// # Errors
    /// `canvas.malformed` when it is no base64, UTF-8 or JSON of the known shape, or names no org or user;
    /// `canvas.rejected` when it claims another algorithm; `canvas.stale` when it is too old or from the future.
    pub fn read(encoded: &[u8], now_s: i64, max_age_s: u32) -> Result<Self, Problem> {
        let bytes = base64(encoded).ok_or_else(|| malformed("The signed request's second part is not base64."))?;
        let text = std::str::from_utf8(&bytes).map_err(|_| malformed("The signed request is not UTF-8."))?;
        // A struct could be read from a JSON array too, field by field.
        if !text.trim_start().starts_with('{') {
            return Err(malformed("The signed request is not the JSON that Salesforce sends."));
        }
        let wire: Wire<'_> =
            serde_json::from_str(text).map_err(|_| malformed("The signed request is not the JSON that Salesforce sends."))?;
        if wire.algorithm.as_deref() != Some(ALGORITHM) {
            return Err(rejected());
        }
        let issued_at_ms = wire.issued_at.map(|at| fresh(at, now_s, max_age_s)).transpose()?;
        let context = wire.context.ok_or_else(|| malformed("The signed request has no context."))?;
        let org_id = context.organization.and_then(|organization| owned(organization.organization_id)).filter(|id| is_id(id, "00D"));
        let user = context.user;
        let in_context = user.as_ref().and_then(|user| user.user_id.as_deref());
        let user_id = wire.user_id.as_deref().or(in_context).filter(|id| is_id(id, "005"));
        if let (Some(outer), Some(inner)) = (user_id, in_context)
            && outer.get(..15) != inner.get(..15)
        {
            return Err(malformed("The signed request names two users."));
        }
        let client = wire.client;
        Ok(Self {
            issued_at_ms,
            org_id: org_id.ok_or_else(|| malformed("The signed request names no organization."))?,
            user_id: user_id.map(str::to_owned).ok_or_else(|| malformed("The signed request names no user."))?,
            tabs: context.environment.as_ref().and_then(|environment| environment.parameters.as_ref()?.tabs.clone()),
            actions: context.environment.as_ref().and_then(|environment| environment.parameters.as_ref()?.actions.clone()),
            page: context.environment.as_ref().and_then(|environment| {
                let page = environment.parameters.as_ref()?.page.as_deref()?;
                (page.len() <= 40).then(|| page.to_owned())
            }),
            record: context.environment.and_then(record),
            language: user.as_ref().and_then(|user| user.language.as_deref().or(user.locale.as_deref())).map(str::to_owned),
            time_zone: user.and_then(|user| owned(user.time_zone)),
            instance_url: client.as_ref().and_then(|client| client.instance_url.as_deref()).map(str::to_owned),
            target_origin: client.as_ref().and_then(|client| client.target_origin.as_deref()).map(str::to_owned),
            instance_id: client.as_ref().and_then(|client| client.instance_id.as_deref()).map(str::to_owned),
            oauth_token: client.and_then(|client| owned(client.oauth_token)).map(secrecy::SecretString::from),
        })
    }
}

fn owned(text: Option<Cow<'_, str>>) -> Option<String> {
    text.map(Cow::into_owned).filter(|text| !text.is_empty())
}

fn fresh(issued_at: i64, now_s: i64, max_age_s: u32) -> Result<i64, Problem> {
    if issued_at < 0 {
        return Err(malformed("The signed request's issuedAt is no time."));
    }
    let (seconds, milliseconds) =
        if issued_at >= MILLISECONDS_FROM { (issued_at / 1000, issued_at) } else { (issued_at, issued_at * 1000) };
    let age = now_s.saturating_sub(seconds);
    if age < -AHEAD_S || age > i64::from(max_age_s) {
        return Err(Problem::unauthorized("canvas.stale", "Salesforce's request is too old. Reload the page."));
    }
    Ok(milliseconds)
}

fn record(environment: WireEnvironment<'_>) -> Option<Record> {
    let parameters = environment.parameters;
    let named = parameters.as_ref().and_then(|parameters| parameters.object.as_deref()).map(str::to_owned);
    let (id, object) = match environment.record {
        Some(WireRecord { id: Some(id), attributes }) => {
            (id.into_owned(), attributes.and_then(|attributes| owned(attributes.kind)).or(named))
        }
        _ => (owned(parameters.and_then(|parameters| parameters.record_id))?, named),
    };
    if !is_id(&id, "") {
        return None;
    }
    let object = object.or_else(|| by_key_prefix(&id).map(str::to_owned))?;
    Some(Record { object, id })
}

/// The standard object of a record id, by its first three characters.
#[must_use]
pub fn by_key_prefix(id: &str) -> Option<&'static str> {
    match id.get(..3)? {
        "00Q" => Some("Lead"),
        "003" => Some("Contact"),
        "001" => Some("Account"),
        "006" => Some("Opportunity"),
        _ => None,
    }
}

fn is_id(id: &str, prefix: &str) -> bool {
    matches!(id.len(), 15 | 18) && id.starts_with(prefix) && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_800_000_000;

    fn read(value: &Value) -> Result<Envelope, Problem> {
        read_text(&value.to_string())
    }

    fn read_text(text: &str) -> Result<Envelope, Problem> {
        Envelope::read(base64_simd::STANDARD.encode_to_string(text).as_bytes(), NOW, 600)
    }

    fn sample() -> Value {
        json!({
            "algorithm": "HMACSHA256", "issuedAt": null, "userId": "005x0000001SyyEAAS",
            "client": {"oauthToken": "00D!x", "instanceId": "_:Msi:c1", "instanceUrl": "https://acme.my.salesforce.com", "targetOrigin": "https://acme.lightning.force.com"},
            "context": {
                "user": {"userId": "005x0000001SyyEAAS", "language": "de", "timeZone": "Europe/Berlin", "fullName": "Zoë \"Quote\" \\u2603"},
                "organization": {"organizationId": "00Dx0000000BV7zEAG"},
                "environment": {"record": {"attributes": {"type": "Lead"}, "Id": "00Qx0000001abcDEAQ"}, "parameters": {}, "dimensions": {"width": "800px"}}
            }
        })
    }

    fn with(path: &str, value: Value) -> Value {
        let mut changed = sample();
        *changed.pointer_mut(path).unwrap() = value;
        changed
    }

    #[test]
    fn the_documented_envelope_is_read() {
        let envelope = read(&sample()).unwrap();
        assert_eq!(envelope.org_id, "00Dx0000000BV7zEAG");
        assert_eq!(envelope.language.as_deref(), Some("de"));
        assert_eq!(envelope.record, Some(Record { object: "Lead".into(), id: "00Qx0000001abcDEAQ".into() }));
    }

    #[test]
    fn a_record_can_come_by_parameters_alone() {
        let mut value = with("/context/environment/record", json!({}));
        *value.pointer_mut("/context/environment/parameters").unwrap() = json!({"recordId": "003x0000001abcDEAQ"});
        assert_eq!(read(&value).unwrap().record.unwrap().object, "Contact");
    }

    #[test]
    fn an_id_tells_its_object_and_what_is_none_names_nothing() {
        for (id, object) in [("00Q", "Lead"), ("003", "Contact"), ("001", "Account"), ("006", "Opportunity")] {
            assert_eq!(by_key_prefix(id), Some(object));
            let named = json!({"recordId": format!("{id}x0000001abcDEAQ")});
            let mut value = with("/context/environment/record", json!({}));
            *value.pointer_mut("/context/environment/parameters").unwrap() = named;
            assert_eq!(read(&value).unwrap().record.unwrap().object, object);
        }
        assert_eq!((by_key_prefix("500"), by_key_prefix("00")), (None, None));
        for id in ["00Q", "00Qx0000001abcDEA", "00Qx0000001abcDEAQ0", "00Qx0000001abc/EAQ", "00Qx0000001abcd\u{e9}A", ""] {
            let mut value = sample();
            *value.pointer_mut("/context/environment/record/Id").unwrap() = json!(id);
            assert_eq!(read(&value).unwrap().record, None, "{id}");
        }
        for (path, id) in [
            ("/context/organization/organizationId", "00Qx0000000BV7zEAG"),
            ("/context/organization/organizationId", "00Dx0000000BV7zEA"),
            ("/userId", "00Dx0000001SyyEAAS"),
        ] {
            let mut value = with(path, json!(id));
            value.pointer_mut("/context/user").unwrap().take();
            assert_eq!(read(&value).unwrap_err().code, "canvas.malformed", "{path} {id}");
        }
    }

    #[test]
    fn what_the_org_s_admin_chose_is_read_and_nonsense_counts_as_nothing() {
        let chosen = json!({"tabs": ["score", 7, "web"], "actions": []});
        let envelope = read(&with("/context/environment/parameters", chosen)).unwrap();
        assert_eq!(envelope.tabs, Some(vec!["score".to_owned(), "web".to_owned()]));
        assert_eq!(envelope.actions, Some(Vec::new()));
        let odd = json!({"tabs": "score", "actions": {"email": true}, "page": "x".repeat(50)});
        let envelope = read(&with("/context/environment/parameters", odd)).unwrap();
        assert_eq!((envelope.tabs, envelope.actions, envelope.page), (None, None, None));
    }

    #[test]
    fn another_algorithm_is_rejected() {
        for algorithm in [json!("none"), json!("HMACSHA1"), json!("hmacsha256"), json!("HMAC-SHA256"), Value::Null] {
            assert_eq!(read(&with("/algorithm", algorithm)).unwrap_err().code, "canvas.rejected");
        }
    }

    #[test]
    fn issued_at_is_believed_within_bounds() {
        for (at, code) in [
            (json!(NOW - 601), "canvas.stale"),
            (json!(NOW + AHEAD_S + 1), "canvas.stale"),
            (json!(0), "canvas.stale"),
            (json!(MILLISECONDS_FROM - 1), "canvas.stale"),
            (json!(MILLISECONDS_FROM), "canvas.stale"),
            (json!("yesterday"), "canvas.malformed"),
            (json!(-5), "canvas.malformed"),
            (json!(1e300), "canvas.malformed"),
        ] {
            assert_eq!(read(&with("/issuedAt", at.clone())).unwrap_err().code, code, "{at}");
        }
        for at in [NOW - 600, NOW - 5, NOW + AHEAD_S] {
            assert_eq!(read(&with("/issuedAt", json!(at))).unwrap().issued_at_ms, Some(at * 1000));
        }
        assert_eq!(read(&with("/issuedAt", json!((NOW - 5) * 1000))).unwrap().issued_at_ms, Some((NOW - 5) * 1000));
    }

    #[test]
    fn what_is_no_such_json_is_malformed() {
        let deep = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
        let twice = r#"{"algorithm":"HMACSHA256","userId":"a","userId":"b"}"#;
        for text in ["", "[]", "null", "{", "\u{0}", &deep, twice, &format!(r#"{{"algorithm":"HMACSHA256","x":{deep}}}"#)] {
            assert_eq!(read_text(text).unwrap_err().code, "canvas.malformed");
        }
        assert_eq!(Envelope::read(b"!!!", NOW, 600).unwrap_err().code, "canvas.malformed");
        let not_utf8 = base64_simd::STANDARD.encode_to_string(b"{\"x\":\"\xff\"}");
        assert_eq!(Envelope::read(not_utf8.as_bytes(), NOW, 600).unwrap_err().code, "canvas.malformed");
    }

    #[test]
    fn two_different_users_are_malformed() {
        assert_eq!(read(&with("/context/user/userId", json!("005x0000009ZZZZAAS"))).unwrap_err().code, "canvas.malformed");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}") {
            let _ = read_text(&text);
        }
    }
}
