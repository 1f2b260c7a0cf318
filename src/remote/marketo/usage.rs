//! How many calls the whole instance made today, by everybody's integrations, as Marketo counts them.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;

use super::envelope::{Page, read_page};
use super::{Asker, Marketo};
use crate::remote::call::{Answer, Body, Call, CallError};

/// A day's calls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// US Central date, such as `2026-11-21`.
    pub date: String,
    /// Calls of all integrations together.
    pub total: u32,
}

impl Marketo {
    /// Today's calls; `None` when Marketo has none on record.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn usage_today(&self, asker: Asker<'_>) -> Result<Option<Usage>, CallError> {
        let call = Call {
            system: "marketo",
            name: "usage",
            method: Method::GET,
            path: "/rest/v1/stats/usage.json".to_owned(),
            query: Vec::new(),
            body: Body::None,
            timeout: Duration::from_secs(30),
            read: read_usage,
        };
        Ok(self.run(&call, asker).await?.items.into_iter().next())
    }
}

fn read_usage(answer: &Answer) -> Result<Page<Usage>, CallError> {
    read_page(answer)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn the_day_is_read_without_its_users() {
        let body = r#"{"success":true,"result":[{"date":"2026-11-20","total":812,"users":[{"userId":"a@example.com","count":812}]}]}"#;
        let answer = Answer { status: 200, headers: reqwest::header::HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        assert_eq!(read_usage(&answer).unwrap().items, [Usage { date: "2026-11-20".to_owned(), total: 812 }]);
    }
}
