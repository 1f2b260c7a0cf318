//! Leads: who a person is in Marketo.

use std::sync::Arc;
use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::envelope::{Page, read_page};
use super::{Asker, Marketo};
use crate::remote::call::{Body, Call, CallError};
use crate::remote::moment;

/// A value as Marketo told it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Told<T> {
    #[default]
    Absent,
    Is(T),
    /// There is something, but not of the field's type.
    Invalid,
}

impl<T: Copy> Told<T> {
    /// The value, if there is a usable one.
    pub fn get(self) -> Option<T> {
        match self {
            Self::Is(value) => Some(value),
            Self::Absent | Self::Invalid => None,
        }
    }

    /// A text made into a value by `read`; nothing, when there is no text.
    pub fn of(text: Option<&str>, read: impl Fn(&str) -> Option<T>) -> Self {
        text.map_or(Self::Absent, |text| read(text).map_or(Self::Invalid, Self::Is))
    }
}

/// A lead's fields that we ask for. An instance without the native Salesforce sync or without Sales Insight lacks some.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Lead {
    #[serde(deserialize_with = "number_or_zero")]
    pub id: i64,
    #[serde(deserialize_with = "text")]
    pub sfdc_type: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sfdc_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sfdc_lead_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sfdc_contact_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sfdc_account_id: Option<String>,
    #[serde(rename = "sfdcOpptyId", deserialize_with = "text")]
    pub sfdc_opportunity_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub sfdc_lead_owner_id: Option<String>,
    #[serde(deserialize_with = "text")]
    pub first_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub last_name: Option<String>,
    #[serde(deserialize_with = "text")]
    pub company: Option<String>,
    #[serde(deserialize_with = "text")]
    pub title: Option<String>,
    #[serde(deserialize_with = "text")]
    pub email: Option<String>,
    #[serde(deserialize_with = "text")]
    pub phone: Option<String>,
    #[serde(rename = "linkedInProfileUrl", deserialize_with = "text")]
    pub linkedin_url: Option<String>,
    #[serde(rename = "leadSource", deserialize_with = "text")]
    pub source: Option<String>,
    #[serde(deserialize_with = "number_told")]
    pub lead_score: Told<i64>,
    #[serde(deserialize_with = "number_told")]
    pub relative_score: Told<i64>,
    #[serde(deserialize_with = "number_told")]
    pub relative_urgency: Told<i64>,
    #[serde(deserialize_with = "number_told")]
    pub priority: Told<i64>,
    /// Milliseconds since the epoch.
    #[serde(deserialize_with = "time_told")]
    pub created_at: Told<i64>,
    /// Milliseconds since the epoch.
    #[serde(deserialize_with = "time_told")]
    pub updated_at: Told<i64>,
}

/// The REST names of [`Lead`]'s fields.
pub const FIELDS: [&str; 22] = [
    "id",
    "sfdcType",
    "sfdcId",
    "sfdcLeadId",
    "sfdcContactId",
    "sfdcAccountId",
    "sfdcOpptyId",
    "sfdcLeadOwnerId",
    "firstName",
    "lastName",
    "company",
    "title",
    "email",
    "phone",
    "linkedInProfileUrl",
    "leadSource",
    "leadScore",
    "relativeScore",
    "relativeUrgency",
    "priority",
    "createdAt",
    "updatedAt",
];

/// Which fields of people are asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Wanted {
    /// All of [`FIELDS`].
    Everything,
    /// Stars, flames, priority, and when the person was changed last.
    Standing,
}

const STANDING: [&str; 5] = ["id", "relativeScore", "relativeUrgency", "priority", "updatedAt"];

/// Most values that one filter may have.
pub const FILTER_VALUES: usize = 300;

// Marketo answers 414 above 8 KB; the host and the path need room too.
const LONGEST_QUERY: usize = 7_000;

impl Marketo {
    /// Leads by one field, up to [`FILTER_VALUES`] values.
    ///
    /// # Errors
    /// See [`CallError`]; more values than allowed are refused here.
    pub async fn leads(&self, asker: Asker<'_>, filter: &'static str, values: &[String]) -> Result<Vec<Lead>, CallError> {
        self.leads_with(asker, filter, values, Wanted::Everything).await
    }

    /// How leads stand, by id, up to [`FILTER_VALUES`] of them: all other fields are left out.
    ///
    /// # Errors
    /// See [`CallError`]; more values than allowed are refused here.
    pub async fn standings(&self, asker: Asker<'_>, ids: &[String]) -> Result<Vec<Lead>, CallError> {
        self.leads_with(asker, "id", ids, Wanted::Standing).await
    }

    async fn leads_with(&self, asker: Asker<'_>, filter: &'static str, values: &[String], wanted: Wanted) -> Result<Vec<Lead>, CallError> {
        if values.is_empty() {
            return Ok(Vec::new());
        }
        if values.len() > FILTER_VALUES {
            return Err(CallError::Refused { code: "filter.values".to_owned(), detail: format!("at most {FILTER_VALUES} values") });
        }
        let fields = self.wanted_fields(asker, wanted).await?.join(",");
        let mut found = Vec::new();
        // More than 1,000 matches are refused, so such a filter is halved until it fits.
        let mut parts = vec![values.to_vec()];
        while let Some(part) = parts.pop() {
            match self.leads_of(asker, filter, &part, &fields, &mut found).await {
                Err(CallError::Refused { code, .. }) if code == "1003" && part.len() > 1 => {
                    let (left, right) = part.split_at(part.len() / 2);
                    parts.extend([left.to_vec(), right.to_vec()]);
                }
                other => other?,
            }
        }
        Ok(found)
    }

    async fn leads_of(
        &self,
        asker: Asker<'_>,
        filter: &'static str,
        values: &[String],
        fields: &str,
        found: &mut Vec<Lead>,
    ) -> Result<(), CallError> {
        let mut token: Option<String> = None;
        // 300 values with at most 1,000 matches in pages of 300: four pages, and a bound for safety.
        for _ in 0..8 {
            let mut query = vec![
                ("filterType", filter.to_owned()),
                ("filterValues", values.join(",")),
                ("fields", fields.to_owned()),
                ("batchSize", "300".to_owned()),
            ];
            query.extend(token.map(|token| ("nextPageToken", token)));
            let page = self.run(&lead_query(query), asker).await?;
            found.extend(page.items);
            match page.next {
                Some(next) if page.more => token = Some(next),
                _ => return Ok(()),
            }
        }
        Err(CallError::BadAnswer("a filter's pages do not end"))
    }

    /// Those of the fields wanted that the instance has.
    pub(super) async fn wanted_fields(&self, asker: Asker<'_>, wanted: Wanted) -> Result<Vec<String>, CallError> {
        let fields = self.person_fields(asker).await?;
        let keep = |field: &&String| wanted == Wanted::Everything || STANDING.contains(&field.as_str());
        Ok(fields.iter().filter(keep).cloned().collect())
    }

    /// Those of [`FIELDS`] that the instance has; asked once a day.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn person_fields(&self, asker: Asker<'_>) -> Result<Arc<Vec<String>>, CallError> {
        self.fields
            .get(async {
                let described = self.describe(asker).await?;
                let has = |field: &&&str| **field == "id" || described.iter().any(|name| name == **field);
                Ok(FIELDS.iter().filter(has).map(|field| (*field).to_owned()).collect())
            })
            .await
    }

    /// REST names of all fields of a lead, from describe2.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn describe(&self, asker: Asker<'_>) -> Result<Vec<String>, CallError> {
        let call = Call {
            system: "marketo",
            name: "describe2",
            method: Method::GET,
            path: "/rest/v1/leads/describe2.json".to_owned(),
            query: Vec::new(),
            body: Body::None,
            timeout: Duration::from_secs(40),
            read: read_page::<Described>,
        };
        let page = self.run(&call, asker).await?;
        Ok(page.items.into_iter().flat_map(|described| described.fields).map(|field| field.name).collect())
    }
}

#[derive(Deserialize)]
struct Described {
    #[serde(default)]
    fields: Vec<Field>,
}

#[derive(Deserialize)]
struct Field {
    name: String,
}

fn lead_query(query: Vec<(&'static str, String)>) -> Call<Page<Lead>> {
    // Commas and the signs of tokens are three bytes each in an address.
    let length: usize = query
        .iter()
        .map(|(key, value)| key.len() + 2 + value.bytes().map(|byte| if byte.is_ascii_alphanumeric() { 1 } else { 3 }).sum::<usize>())
        .sum();
    let (method, query, body) = if length > LONGEST_QUERY {
        (Method::POST, vec![("_method", "GET".to_owned())], Body::Form(query))
    } else {
        (Method::GET, query, Body::None)
    };
    Call {
        system: "marketo",
        name: "leads",
        method,
        path: "/rest/v1/leads.json".to_owned(),
        query,
        body,
        timeout: Duration::from_secs(65),
        read: read_page::<Lead>,
    }
}

fn text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) if !text.is_empty() => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    })
}

pub(super) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<i64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::String(text) => whole(&text),
        Value::Number(number) => number.as_i64().or_else(|| whole(&number.to_string())),
        _ => None,
    })
}

pub(super) fn number_or_zero<'de, D: Deserializer<'de>>(deserializer: D) -> Result<i64, D::Error> {
    Ok(number(deserializer)?.unwrap_or(0))
}

fn number_told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Told<i64>, D::Error> {
    Ok(match Value::deserialize(deserializer)? {
        Value::Null => Told::Absent,
        Value::String(text) => Told::of(Some(text.as_str()).filter(|text| !text.is_empty()), whole),
        Value::Number(number) => number.as_i64().or_else(|| whole(&number.to_string())).map_or(Told::Invalid, Told::Is),
        _ => Told::Invalid,
    })
}

fn time_told<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Told<i64>, D::Error> {
    Ok(Told::of(text(deserializer)?.as_deref(), moment::parse))
}

/// A whole number as Marketo may write it: `3`, `3.0`, ` 3 `. What follows the point is cut off.
pub(super) fn whole(text: &str) -> Option<i64> {
    let text = text.trim();
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    whole.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lead_is_read_whatever_types_its_values_have() {
        let lead: Lead = serde_json::from_str(
            r#"{"id":"17","sfdcType":"Lead","leadScore":"12","relativeScore":2,"priority":3.7,"firstName":null,"email":"a@example.com",
                "createdAt":"2026-01-05T10:11:12Z","customThing":{"x":1}}"#,
        )
        .unwrap();
        assert_eq!((lead.id, lead.lead_score, lead.relative_score, lead.priority), (17, Told::Is(12), Told::Is(2), Told::Is(3)));
        assert_eq!((lead.first_name, lead.created_at), (None, Told::Is(1_767_607_872_000)));
        let lead: Lead =
            serde_json::from_str(r#"{"id":1,"leadScore":"high","priority":{},"createdAt":"yesterday","updatedAt":null}"#).unwrap();
        assert_eq!((lead.lead_score, lead.priority), (Told::Invalid, Told::Invalid));
        assert_eq!((lead.created_at, lead.updated_at, lead.relative_score), (Told::Invalid, Told::Absent, Told::Absent));
    }

    #[test]
    fn a_long_query_travels_in_the_body() {
        let short = lead_query(vec![("filterValues", "1,2".to_owned())]);
        assert_eq!(short.method, Method::GET);
        let long = lead_query(vec![("filterValues", vec!["00Q000000000001AAA"; 400].join(","))]);
        assert_eq!((long.method, long.query), (Method::POST, vec![("_method", "GET".to_owned())]));
    }
}
