//! Who wants no more mail, as the org says: leads and contacts, in the order of their ids.

use serde_json::Value;

use super::tasks::{query, records};
use crate::remote::call::{Answer, Call, CallError, Caller};
use crate::salesforce_id::SalesforceId;

/// The org's own field of who wants no mail at all.
pub const STANDARD: &str = "HasOptedOutOfEmail";
/// The package's field of who wants no mail of sales.
pub const OF_SALES: &str = "Marketo_Sales_Opt_Out__c";
/// Records of one call.
pub const MOST: usize = 2_000;

/// Ids of the records of an object (`Lead`, `Contact`) in which a field says so, behind the record `after`.
#[must_use]
pub fn opted_out(caller: &Caller, object: &'static str, field: &'static str, after: Option<&SalesforceId>) -> Call<Vec<SalesforceId>> {
    // An id holds letters and digits only, so that nothing in it can end the text.
    let behind = after.map(|id| format!(" AND Id > '{id}'")).unwrap_or_default();
    let text = format!("SELECT Id FROM {object} WHERE {field} = true{behind} ORDER BY Id LIMIT {MOST}");
    query(caller, "opted_out", text, read)
}

pub(super) fn read(answer: &Answer) -> Result<Vec<SalesforceId>, CallError> {
    let id = |record: &Value| SalesforceId::parse(record.get("Id")?.as_str()?).ok();
    records(answer)?.iter().map(|record| id(record).ok_or(CallError::BadAnswer("a record has no id"))).collect()
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use reqwest::header::HeaderMap;

    use super::*;

    #[test]
    fn ids_are_read_and_what_is_none_is_an_error() {
        let answer = |body: &'static str| Answer { status: 200, headers: HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        let ids = read(&answer(r#"{"totalSize":1,"done":true,"records":[{"attributes":{},"Id":"003000000000001AAA"}]}"#)).unwrap();
        assert_eq!(ids.iter().map(SalesforceId::as_str).collect::<Vec<_>>(), ["003000000000001AAA"]);
        for odd in [r#"{"done":true,"records":[{"Id":"'; x"}]}"#, r#"{"done":false,"records":[]}"#, r#"{"done":true,"records":[{}]}"#, "x"]
        {
            assert!(matches!(read(&answer(odd)), Err(CallError::BadAnswer(_))), "{odd}");
        }
    }
}
