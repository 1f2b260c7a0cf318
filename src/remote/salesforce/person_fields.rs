//! Fields of leads and contacts, for mails that name them.

use serde_json::Value;

use super::tasks::{query, records};
use crate::remote::call::{Answer, Call, CallError, Caller};
use crate::salesforce_id::SalesforceId;

/// Most records of one call; their ids have to find room in an address.
pub const MOST: usize = 200;
const LONGEST: usize = 1_000;

/// A record with the fields that were asked for.
#[derive(Debug, Clone, PartialEq)]
pub struct FieldsOf {
    pub id: String,
    fields: Value,
}

impl FieldsOf {
    /// The value at a path such as `Account.Name`, as text; `None` when it is empty.
    #[must_use]
    pub fn text(&self, path: &str) -> Option<String> {
        // Names are not case-sensitive in a query, and come back as the org writes them.
        let value = path.split('.').try_fold(&self.fields, |value, name| {
            value.as_object()?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
        })?;
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            _ => return None,
        };
        let text: String = text.trim().chars().take(LONGEST).collect();
        (!text.is_empty()).then_some(text)
    }
}

/// Asks for fields (paths of letters, digits, `_` and `.`) of the records of an object.
#[must_use]
pub fn person_fields(caller: &Caller, object: &'static str, paths: &[&str], ids: &[SalesforceId]) -> Call<Vec<FieldsOf>> {
    let ids = ids.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(",");
    let fields = paths.iter().map(|path| format!(", {path}")).collect::<String>();
    query(caller, "person_fields", format!("SELECT Id{fields} FROM {object} WHERE Id IN ({ids})"), read)
}

pub(super) fn read(answer: &Answer) -> Result<Vec<FieldsOf>, CallError> {
    let id = |record: &Value| record.get("Id").and_then(Value::as_str).map(str::to_owned);
    Ok(records(answer)?.into_iter().filter_map(|record| Some(FieldsOf { id: id(&record)?, fields: record })).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_are_found_below_their_parents_whatever_their_case() {
        let record = json!({"Id": "1", "Account": {"Name": " Acme "}, "Region__c": 3, "Empty": " ", "Gone": null});
        let record = FieldsOf { id: "1".to_owned(), fields: record };
        assert_eq!(record.text("Account.Name").as_deref(), Some("Acme"));
        assert_eq!(record.text("region__c").as_deref(), Some("3"));
        for none in ["Empty", "Gone", "Account", "Account.City", "Name"] {
            assert_eq!(record.text(none), None, "{none}");
        }
    }
}
