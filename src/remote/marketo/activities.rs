//! Activities: what people did. Pages are short at times and still have more behind them.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value};

use super::envelope::{Page, read_page};
use super::{Asker, Marketo};
use crate::remote::call::{Answer, Body, Call, CallError};
use crate::remote::moment;

/// Most activity types in one call.
pub const TYPES_PER_CALL: usize = 10;
/// Most leads in one call.
pub const LEADS_PER_CALL: usize = 30;

/// An activity as Marketo tells it, from a page or a bulk file.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct RawActivity {
    /// `marketoGUID`; on older instances the same as the id.
    #[serde(rename = "marketoGUID", deserialize_with = "text_or_number")]
    pub guid: String,
    #[serde(deserialize_with = "super::leads::number_or_zero")]
    pub lead_id: i64,
    /// Milliseconds since the epoch; 0 when it could not be read.
    #[serde(rename = "activityDate", deserialize_with = "time_or_zero")]
    pub at: i64,
    #[serde(rename = "activityTypeId", deserialize_with = "super::leads::number_or_zero")]
    pub type_id: i64,
    #[serde(deserialize_with = "super::leads::number")]
    pub primary_attribute_value_id: Option<i64>,
    #[serde(deserialize_with = "plain_text")]
    pub primary_attribute_value: Option<String>,
    #[serde(deserialize_with = "attributes")]
    pub attributes: Map<String, Value>,
}

impl RawActivity {
    /// An attribute as text; numbers and booleans are written out, absent and empty ones are `None`.
    #[must_use]
    pub fn attribute(&self, name: &str) -> Option<String> {
        as_text(self.attributes.get(name)?)
    }
}

fn as_text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

fn plain_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(as_text(&Value::deserialize(deserializer)?))
}

fn text_or_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<String, D::Error> {
    Ok(plain_text(deserializer)?.unwrap_or_default())
}

fn time_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(plain_text(deserializer)?.as_deref().and_then(moment::parse).unwrap_or(0))
}

// Pages have a list of {name, value}; bulk files an object.
fn attributes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Map<String, Value>, D::Error> {
    Ok(attribute_map(Value::deserialize(deserializer)?))
}

pub(super) fn attribute_map(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Array(items) => items
            .into_iter()
            .filter_map(|mut item| {
                let name = as_text(item.get("name").or_else(|| item.get("apiName"))?)?;
                Some((name, item.get_mut("value")?.take()))
            })
            .collect(),
        _ => Map::new(),
    }
}

/// The instance's activity types, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityTypes {
    known: Vec<(i64, String)>,
}

impl ActivityTypes {
    /// Types of an instance, as (id, name).
    #[must_use]
    pub fn new(known: Vec<(i64, String)>) -> Self {
        Self { known }
    }

    /// The id of the type of this name, whatever its case.
    #[must_use]
    pub fn id(&self, name: &str) -> Option<i64> {
        self.known.iter().find(|(_, known)| known.eq_ignore_ascii_case(name)).map(|(id, _)| *id)
    }

    /// Whether there is a type of this id, whatever its name.
    #[must_use]
    pub fn has(&self, id: i64) -> bool {
        self.known.iter().any(|(known, _)| *known == id)
    }
}

#[derive(Deserialize)]
struct TypeRow {
    id: i64,
    name: String,
}

impl Marketo {
    /// The instance's activity types; asked once a day.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn activity_types(&self, asker: Asker<'_>) -> Result<Arc<ActivityTypes>, CallError> {
        self.types
            .get(async {
                let page =
                    self.run(&get("activity_types", "/rest/v1/activities/types.json", Vec::new(), 40, read_page::<TypeRow>), asker).await?;
                Ok(ActivityTypes { known: page.items.into_iter().map(|row| (row.id, row.name)).collect() })
            })
            .await
    }

    /// A token from which on activities, changes or deletions are paged.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn paging_token(&self, asker: Asker<'_>, since_ms: i64) -> Result<String, CallError> {
        let query = vec![("sinceDatetime", moment::format(since_ms))];
        // Marketo itself allows this one 300 seconds.
        self.run(&get("paging_token", "/rest/v1/activities/pagingtoken.json", query, 120, read_token), asker).await
    }

    /// The same, remembered: a token for a moment in the past stays what it is, so those who ask for the same moment
    /// cost one call.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn paging_token_kept(&self, asker: Asker<'_>, since_ms: i64) -> Result<String, CallError> {
        const MOST: usize = 128;
        let mut kept = self.since.lock().await;
        if let Some(token) = kept.get(&since_ms) {
            return Ok(token.clone());
        }
        let token = self.paging_token(asker, since_ms).await?;
        if kept.len() >= MOST {
            kept.clear();
        }
        kept.insert(since_ms, token.clone());
        Ok(token)
    }

    /// A page of activities of up to [`TYPES_PER_CALL`] types, of everybody or of up to [`LEADS_PER_CALL`] leads.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn activities(&self, asker: Asker<'_>, token: &str, types: &[i64], leads: &[i64]) -> Result<Page<RawActivity>, CallError> {
        let mut query = vec![("nextPageToken", token.to_owned()), ("activityTypeIds", list(types)), ("batchSize", "300".to_owned())];
        if !leads.is_empty() {
            query.push(("leadIds", list(leads)));
        }
        self.run(&get("activities", "/rest/v1/activities.json", query, 60, read_activities), asker).await
    }

    /// A page of leads that are new or changed in one of `fields`.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn lead_changes(&self, asker: Asker<'_>, token: &str, fields: &[String]) -> Result<Page<RawActivity>, CallError> {
        let query = vec![("nextPageToken", token.to_owned()), ("fields", fields.join(",")), ("batchSize", "300".to_owned())];
        self.run(&get("lead_changes", "/rest/v1/activities/leadchanges.json", query, 60, read_activities), asker).await
    }

    /// A page of leads that were deleted.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn deleted_leads(&self, asker: Asker<'_>, token: &str) -> Result<Page<RawActivity>, CallError> {
        let query = vec![("nextPageToken", token.to_owned()), ("batchSize", "300".to_owned())];
        self.run(&get("deleted_leads", "/rest/v1/activities/deletedleads.json", query, 60, read_activities), asker).await
    }
}

fn list(ids: &[i64]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn get<T>(
    name: &'static str,
    path: &str,
    query: Vec<(&'static str, String)>,
    seconds: u64,
    read: fn(&Answer) -> Result<T, CallError>,
) -> Call<T> {
    Call {
        system: "marketo",
        name,
        method: Method::GET,
        path: path.to_owned(),
        query,
        body: Body::None,
        timeout: Duration::from_secs(seconds),
        read,
    }
}

pub(super) fn read_token(answer: &Answer) -> Result<String, CallError> {
    read_page::<Value>(answer)?.next.ok_or(CallError::BadAnswer("no paging token"))
}

// A record without a GUID is kept under its id, as instances before the activity service have it.
pub(super) fn read_activities(answer: &Answer) -> Result<Page<RawActivity>, CallError> {
    let page = read_page::<Value>(answer)?;
    let items = page.items.into_iter().filter_map(|value| {
        let id = value.get("id").and_then(as_text);
        let mut activity: RawActivity = serde_json::from_value(value).ok()?;
        if activity.guid.is_empty() {
            activity.guid = id?;
        }
        Some(activity)
    });
    let page = Page { items: items.collect(), next: page.next, more: page.more };
    if page.more && page.next.is_none() {
        return Err(CallError::BadAnswer("more results, but no paging token"));
    }
    Ok(page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn a_page_keeps_its_token_and_its_odd_records() {
        let body = r#"{"success":true,"nextPageToken":"T==","moreResult":true,"result":[
            {"marketoGUID":"9911","leadId":4101,"activityDate":"2026-11-02T08:00:00Z","activityTypeId":46,"primaryAttributeValueId":null,
             "primaryAttributeValue":"Web","attributes":[{"name":"Date","value":"2026-11-02"},{"name":"Is Bot","value":true}]},
            {"id":7,"leadId":1,"activityDate":"2026-11-02T08:00:00Z","activityTypeId":12,"attributes":[]},
            {"leadId":1,"activityTypeId":12}]}"#;
        let answer = Answer { status: 200, headers: reqwest::header::HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        let page = read_activities(&answer).unwrap();
        assert_eq!((page.items.len(), page.more, page.next.as_deref()), (2, true, Some("T==")));
        assert_eq!(page.items[0].attribute("Is Bot").as_deref(), Some("true"));
        assert_eq!(page.items[1].guid, "7");
    }
}
