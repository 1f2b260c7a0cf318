//! Tasks of an org, up to 200 a call, each with its own outcome.

use std::collections::HashMap;

use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::oauth::{API_VERSION, refusal};
use crate::remote::call::{Answer, Body, Call, CallError, Caller};

/// Most records of one call.
pub const MOST: usize = 200;
/// Our own field of activities: the id by which a task is found again.
pub const MARKER: &str = "MSI_Activity_ID__c";

/// What became of one record of a call, in the order of the call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Saved {
    /// Written, under this id.
    Done(String),
    /// Salesforce's code and sentence.
    Refused { code: String, detail: String },
}

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    id: Option<String>,
    #[serde(default)]
    success: bool,
    #[serde(default)]
    errors: Vec<Fault>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Fault {
    #[serde(default)]
    status_code: String,
    #[serde(default)]
    message: String,
}

/// Creates tasks; each is an object of fields.
#[must_use]
pub fn create(caller: &Caller, tasks: &[Value]) -> Call<Vec<Saved>> {
    collection(caller, "tasks_create", Method::POST, tasks)
}

/// Changes tasks; each has its `Id`.
#[must_use]
pub fn change(caller: &Caller, tasks: &[Value]) -> Call<Vec<Saved>> {
    collection(caller, "tasks_change", Method::PATCH, tasks)
}

/// Changes leads or contacts; each says by its attributes which it is, and has its `Id`.
#[must_use]
pub fn change_people(caller: &Caller, people: &[Value]) -> Call<Vec<Saved>> {
    records_of(caller, "people_change", Method::PATCH, people)
}

fn collection(caller: &Caller, name: &'static str, method: Method, tasks: &[Value]) -> Call<Vec<Saved>> {
    let records: Vec<Value> = tasks
        .iter()
        .map(|task| {
            let mut task = task.clone();
            if let Some(task) = task.as_object_mut() {
                task.insert("attributes".to_owned(), json!({ "type": "Task" }));
            }
            task
        })
        .collect();
    records_of(caller, name, method, &records)
}

fn records_of(caller: &Caller, name: &'static str, method: Method, records: &[Value]) -> Call<Vec<Saved>> {
    Call {
        system: "salesforce",
        name,
        method,
        path: format!("/services/data/{API_VERSION}/composite/sobjects"),
        query: Vec::new(),
        body: Body::Json(json!({ "allOrNone": false, "records": records }).to_string().into_bytes()),
        timeout: caller.salesforce_timeout(),
        read: read_saved,
    }
}

pub(super) fn read_saved(answer: &Answer) -> Result<Vec<Saved>, CallError> {
    if answer.status != 200 {
        return Err(refusal(answer));
    }
    let rows: Vec<Row> = serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("a collection's answer is no list"))?;
    let saved = |row: Row| {
        if let (true, Some(id)) = (row.success, row.id) {
            return Saved::Done(id);
        }
        let fault = row.errors.into_iter().next();
        let (code, detail) =
            fault.map_or_else(|| ("UNKNOWN_EXCEPTION".to_owned(), String::new()), |fault| (fault.status_code, fault.message));
        Saved::Refused { code, detail: detail.chars().filter(|letter| !letter.is_control()).take(200).collect() }
    };
    Ok(rows.into_iter().map(saved).collect())
}

/// The ids of tasks by our own ids, for those of `markers` (digits, letters and hyphens) that there are.
#[must_use]
pub fn find(caller: &Caller, markers: &[String]) -> Call<HashMap<String, String>> {
    let listed = markers.iter().map(|marker| format!("'{marker}'")).collect::<Vec<_>>().join(",");
    query(caller, "tasks_find", format!("SELECT Id, {MARKER} FROM Task WHERE {MARKER} IN ({listed})"), |answer| {
        let records = records(answer)?;
        let text = |record: &Value, name: &str| record.get(name).and_then(Value::as_str).map(str::to_owned);
        Ok(records.iter().filter_map(|record| Some((text(record, MARKER)?, text(record, "Id")?))).collect())
    })
}

/// How a task stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    Open,
    /// Its status is one of those that the org counts as done.
    Closed,
    /// In the recycle bin.
    Deleted,
}

/// How tasks stand, by the first 15 characters of their ids (letters and digits); whatever is missing is gone for good, or the
/// connected user may not see it.
#[must_use]
pub fn standing(caller: &Caller, ids: &[String]) -> Call<HashMap<String, Standing>> {
    let listed = ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
    let text = format!("SELECT Id, IsClosed, IsDeleted FROM Task WHERE Id IN ({listed})");
    let mut call = query(caller, "tasks_standing", text, |answer| {
        let told = |record: &Value| {
            let is = |name: &str| record.get(name).and_then(Value::as_bool).unwrap_or(false);
            let standing = match (is("IsDeleted"), is("IsClosed")) {
                (true, _) => Standing::Deleted,
                (false, true) => Standing::Closed,
                (false, false) => Standing::Open,
            };
            Some((short(record.get("Id")?.as_str()?).to_owned(), standing))
        };
        Ok(records(answer)?.iter().filter_map(told).collect())
    });
    call.path = format!("/services/data/{API_VERSION}/queryAll");
    call
}

/// The part of an id that tells records apart.
#[must_use]
pub fn short(id: &str) -> &str {
    id.get(..15).unwrap_or(id)
}

/// The ids of contacts or leads with an e-mail address.
#[must_use]
pub fn by_email(caller: &Caller, object: &'static str, email: &str) -> Call<Vec<String>> {
    let quoted: String = email.chars().filter(|letter| !letter.is_control()).fold(String::new(), |mut text, letter| {
        if matches!(letter, '\'' | '\\') {
            text.push('\\');
        }
        text.push(letter);
        text
    });
    query(caller, "people_by_email", format!("SELECT Id FROM {object} WHERE Email = '{quoted}' LIMIT 5"), |answer| {
        Ok(records(answer)?.iter().filter_map(|record| record.get("Id")?.as_str().map(str::to_owned)).collect())
    })
}

pub(super) fn query<T>(caller: &Caller, name: &'static str, text: String, read: fn(&Answer) -> Result<T, CallError>) -> Call<T> {
    Call {
        system: "salesforce",
        name,
        method: Method::GET,
        path: format!("/services/data/{API_VERSION}/query"),
        query: vec![("q", text)],
        body: Body::None,
        timeout: caller.salesforce_timeout(),
        read,
    }
}

pub(super) fn records(answer: &Answer) -> Result<Vec<Value>, CallError> {
    if answer.status != 200 {
        return Err(refusal(answer));
    }
    let body: Value = serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("the query's answer is no JSON"))?;
    // A list that goes on elsewhere is not the whole list.
    if body.get("done").and_then(Value::as_bool) != Some(true) {
        return Err(CallError::BadAnswer("the query's answer is not complete"));
    }
    let records = body.get("records").and_then(Value::as_array).cloned();
    records.ok_or(CallError::BadAnswer("the query's answer has no records"))
}

/// The fields of tasks that may be written.
#[must_use]
pub fn describe(caller: &Caller) -> Call<Vec<String>> {
    #[derive(Deserialize)]
    struct Described {
        fields: Vec<DescribedField>,
    }
    #[derive(Deserialize)]
    struct DescribedField {
        name: String,
        #[serde(default)]
        createable: bool,
    }
    Call {
        system: "salesforce",
        name: "tasks_describe",
        method: Method::GET,
        path: format!("/services/data/{API_VERSION}/sobjects/Task/describe"),
        query: Vec::new(),
        body: Body::None,
        timeout: caller.salesforce_timeout(),
        read: |answer| {
            if answer.status != 200 {
                return Err(refusal(answer));
            }
            let described: Described =
                serde_json::from_slice(&answer.body).map_err(|_| CallError::BadAnswer("the description of tasks is not understood"))?;
            Ok(described.fields.into_iter().filter(|field| field.createable).map(|field| field.name).collect())
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn answer(status: u16, body: &str) -> Answer {
        Answer { status, headers: reqwest::header::HeaderMap::new(), body: Bytes::from(body.to_owned()) }
    }

    #[test]
    fn each_record_tells_what_became_of_it() {
        let body = r#"[{"id":"00T1","success":true,"errors":[]},
            {"success":false,"errors":[{"statusCode":"UNABLE_TO_LOCK_ROW","message":"unable","fields":[]}]}]"#;
        let refused = Saved::Refused { code: "UNABLE_TO_LOCK_ROW".to_owned(), detail: "unable".to_owned() };
        assert_eq!(read_saved(&answer(200, body)).unwrap(), [Saved::Done("00T1".to_owned()), refused]);
        assert!(matches!(read_saved(&answer(401, "[]")), Err(CallError::Unauthorized)));
    }

    #[test]
    fn a_deleted_task_is_deleted_whatever_its_status() {
        let body = r#"{"done":true,"records":[{"Id":"00T000000000001AAA","IsClosed":false,"IsDeleted":false},
            {"Id":"00T000000000002AAA","IsClosed":true,"IsDeleted":false},{"Id":"00T000000000003AAA","IsClosed":true,"IsDeleted":true}]}"#;
        let call = standing(&Caller::new(&crate::settings::Settings::default()).unwrap(), &["00T000000000001AAA".to_owned()]);
        let told = (call.read)(&answer(200, body)).unwrap();
        let of = |number: u8| told[&format!("00T00000000000{number}")];
        assert_eq!((of(1), of(2), of(3)), (Standing::Open, Standing::Closed, Standing::Deleted));
        assert!(call.path.ends_with("/queryAll"));
    }

    #[test]
    fn a_part_of_an_answer_is_no_answer() {
        assert!(records(&answer(200, r#"{"done":false,"records":[]}"#)).is_err());
        assert!(records(&answer(200, r#"{"done":true,"records":[]}"#)).is_ok());
    }
}
