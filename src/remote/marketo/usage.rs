//! How many calls the whole instance made today, by everybody's integrations, as Marketo counts them.

use std::time::Duration;

use reqwest::Method;
use serde::Deserialize;

use super::budget::central;
use super::envelope::{Page, read_page};
use super::{Asker, Marketo};
use crate::clock;
use crate::remote::call::{Answer, Body, Call, CallError};

/// A day's calls.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// US Central date, such as `2026-11-21`.
    pub date: String,
    /// Calls of all integrations together.
    pub total: u32,
    #[serde(default)]
    pub users: Vec<UserUsage>,
}

/// The calls of one API user.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UserUsage {
    pub user_id: String,
    pub count: u32,
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

    /// Brings the day's count in the budget in line with Marketo's, unless that was done lately. A failure is none of
    /// the caller's work: the budget goes on with its own count.
    pub async fn read_usage(&self, asker: Asker<'_>) {
        if !self.budget().usage_is_due() {
            return;
        }
        let now = clock::now_ms();
        match self.usage_today(asker).await {
            Ok(Some(usage)) => {
                let own = self.api_user().await;
                let own = own.and_then(|own| usage.users.iter().find(|user| user.user_id.eq_ignore_ascii_case(&own)));
                self.budget().counted_by_marketo(&usage.date, usage.total, own.map(|user| user.count)).await;
            }
            Ok(None) => self.budget().counted_by_marketo(&central::day(now), 0, Some(0)).await,
            Err(error) => tracing::info!(instance = self.instance(), %error, "Marketo's own count of calls cannot be read"),
        }
    }
}

pub(super) fn read_usage(answer: &Answer) -> Result<Page<Usage>, CallError> {
    read_page(answer)
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;

    use super::*;

    #[test]
    fn the_day_is_read() {
        let body = r#"{"success":true,"result":[{"date":"2026-11-20","total":812,"users":[{"userId":"a@example.com","count":812}]}]}"#;
        let answer = Answer { status: 200, headers: reqwest::header::HeaderMap::new(), body: Bytes::from_static(body.as_bytes()) };
        assert_eq!(
            read_usage(&answer).unwrap().items,
            [Usage {
                date: "2026-11-20".to_owned(),
                total: 812,
                users: vec![UserUsage { user_id: "a@example.com".to_owned(), count: 812 }]
            }]
        );
    }
}
