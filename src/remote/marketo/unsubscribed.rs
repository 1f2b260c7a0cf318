//! Whether Marketo may write to a person.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;

use super::envelope::read_page;
use super::{Asker, Marketo};
use crate::remote::call::{Body, Call, CallError};

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    unsubscribed: Option<bool>,
}

impl Marketo {
    /// Whether a person has unsubscribed in Marketo; `false` for somebody whom it does not know.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn has_unsubscribed(&self, lead_id: i64, asker: Asker<'_>) -> Result<bool, CallError> {
        let call = Call {
            system: "marketo",
            name: "unsubscribed",
            method: Method::GET,
            path: "/rest/v1/leads.json".to_owned(),
            query: vec![("filterType", "id".to_owned()), ("filterValues", lead_id.to_string()), ("fields", "id,unsubscribed".to_owned())],
            body: Body::None,
            timeout: Duration::from_secs(10),
            read: |answer| Ok(read_page::<Row>(answer)?.items.iter().any(|row| row.unsubscribed == Some(true))),
        };
        self.run(&call, asker).await
    }
}
