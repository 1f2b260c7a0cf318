//! The content of a mail that Marketo sent, as one person got it.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;

use super::envelope::read_page;
use super::{Asker, Marketo};
use crate::remote::call::{Body, Call, CallError};

#[derive(Deserialize)]
struct Row {
    #[serde(default)]
    content: String,
}

impl Marketo {
    /// The HTML of an e-mail asset, filled in for a person; `None` when there is no such asset any more. Needs the permission
    /// Read-Only Assets.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn email_content(&self, asset: i64, lead: i64, asker: Asker<'_>) -> Result<Option<String>, CallError> {
        let call = Call {
            system: "marketo",
            name: "email_content",
            method: Method::GET,
            path: format!("/rest/asset/v1/email/{asset}/fullContent.json"),
            query: vec![("leadId", lead.to_string()), ("type", "HTML".to_owned())],
            body: Body::None,
            timeout: Duration::from_secs(10),
            read: read_page::<Row>,
        };
        match self.run(&call, asker).await {
            Ok(page) => Ok(page.items.into_iter().next().map(|row| row.content).filter(|content| !content.is_empty())),
            Err(CallError::Refused { ref code, .. }) if matches!(code.as_str(), "702" | "709") => Ok(None),
            Err(error) => Err(error),
        }
    }
}
