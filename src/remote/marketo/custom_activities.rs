//! Custom activities: written once, never changed. Marketo has no key by which it would recognise a second one, so whoever
//! does not know whether a write succeeded has to look for it.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;
use serde_json::Value;

use super::activities::{LEADS_PER_CALL, RawActivity, TYPES_PER_CALL};
use super::envelope::{Fault, Page, read_page};
use super::writes::{Manner, WriteError};
use super::{Asker, Marketo};
use crate::remote::call::{Answer, Body, Call, CallError};

/// Most activities of one call.
pub const MOST: usize = 300;
/// Pages that are looked at when something is looked for.
const MOST_PAGES: usize = 40;

/// What became of one activity of a call, in the order of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Added {
    /// Written, under this id of Marketo's.
    Done(String),
    /// Marketo's code and sentence.
    Skipped { code: String, detail: String },
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    #[serde(default)]
    id: Value,
    #[serde(default, rename = "marketoGUID")]
    guid: Value,
    #[serde(default)]
    status: String,
    #[serde(default)]
    errors: Vec<Fault>,
}

impl Marketo {
    /// Writes activities, at most [`MOST`], each an object as Marketo wants it.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub async fn add_activities(&self, activities: &[Value], manner: Manner, asker: Asker<'_>) -> Result<Vec<Added>, WriteError> {
        let body = serde_json::json!({ "input": activities }).to_string().into_bytes();
        let call = Call {
            system: "marketo",
            name: "custom_activities",
            method: Method::POST,
            path: "/rest/v1/activities/external.json".to_owned(),
            query: Vec::new(),
            body: Body::Json(body),
            timeout: manner.timeout,
            read: read_added,
        };
        let added = self.write(&call, manner.by, asker).await?;
        // Rows that cannot be told apart leave everything open.
        if added.len() == activities.len() { Ok(added) } else { Err(WriteError::Unknown(CallError::BadAnswer("fewer rows than asked"))) }
    }

    /// Activities of these types and people since a moment (ISO 8601), all pages of them.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn written_activities(
        &self,
        types: &[i64],
        leads: &[i64],
        since: &str,
        asker: Asker<'_>,
    ) -> Result<Vec<RawActivity>, CallError> {
        let mut found = Vec::new();
        for types in types.chunks(TYPES_PER_CALL) {
            for leads in leads.chunks(LEADS_PER_CALL) {
                self.all_pages(types, leads, since, asker, &mut found).await?;
            }
        }
        Ok(found)
    }

    async fn all_pages(
        &self,
        types: &[i64],
        leads: &[i64],
        since: &str,
        asker: Asker<'_>,
        found: &mut Vec<RawActivity>,
    ) -> Result<(), CallError> {
        let begin = Call {
            system: "marketo",
            name: "paging_token",
            method: Method::GET,
            path: "/rest/v1/activities/pagingtoken.json".to_owned(),
            query: vec![("sinceDatetime", since.to_owned())],
            body: Body::None,
            timeout: Duration::from_secs(20),
            read: |answer| read_page::<Value>(answer),
        };
        let mut token = self.run(&begin, asker).await?.next.ok_or(CallError::BadAnswer("no paging token"))?;
        for _ in 0..MOST_PAGES {
            let call = Call {
                system: "marketo",
                name: "activities",
                method: Method::GET,
                path: "/rest/v1/activities.json".to_owned(),
                query: vec![("nextPageToken", token), ("activityTypeIds", joined(types)), ("leadIds", joined(leads))],
                body: Body::None,
                timeout: Duration::from_secs(20),
                read: read_activities,
            };
            let page = self.run(&call, asker).await?;
            found.extend(page.items);
            match page.next.filter(|_| page.more) {
                Some(next) => token = next,
                None => return Ok(()),
            }
        }
        // To have looked at a part only is not to have looked.
        Err(CallError::BadAnswer("more pages than can be looked at"))
    }
}

fn joined(ids: &[i64]) -> String {
    ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

pub(super) fn read_activities(answer: &Answer) -> Result<Page<RawActivity>, CallError> {
    read_page::<RawActivity>(answer)
}

pub(super) fn read_added(answer: &Answer) -> Result<Vec<Added>, CallError> {
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    let row = |row: Row| {
        if row.status == "added" {
            return Added::Done(text(&row.guid).or_else(|| text(&row.id)).unwrap_or_default());
        }
        let fault = row.errors.into_iter().next();
        let (code, detail) = fault.map_or_else(|| (row.status.clone(), String::new()), |fault| (fault.code, fault.message));
        Added::Skipped { code, detail: detail.chars().filter(|letter| !letter.is_control()).take(200).collect() }
    };
    Ok(read_page::<Row>(answer)?.items.into_iter().map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    #[test]
    fn each_row_tells_what_became_of_it() {
        let body = r#"{"requestId":"x","success":true,"result":[{"id":51,"marketoGUID":"51","status":"added"},
            {"status":"skipped","errors":[{"code":"1004","message":"Lead not found"}]}]}"#;
        let answer = Answer { status: 200, headers: reqwest::header::HeaderMap::new(), body: Bytes::from(body) };
        let skipped = Added::Skipped { code: "1004".to_owned(), detail: "Lead not found".to_owned() };
        assert_eq!(read_added(&answer).unwrap(), [Added::Done("51".to_owned()), skipped]);
    }
}
