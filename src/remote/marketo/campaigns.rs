//! Smart campaigns that may be requested for people.

use std::time::Duration;

use reqwest::Method;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::envelope::{Page, read_page};
use super::writes::{Manner, WriteError};
use super::{Asker, Marketo};
use crate::remote::call::{Answer, Body, Call, CallError};

/// Most people of one request.
pub const MOST: usize = 100;
const MOST_PAGES: usize = 20;

/// A campaign that waits to be requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Campaign {
    pub id: i64,
    pub name: String,
    pub program: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Row {
    id: i64,
    #[serde(default)]
    name: String,
    #[serde(default, rename = "type")]
    kind: String,
    #[serde(default)]
    program_name: Option<String>,
    #[serde(default)]
    active: bool,
}

impl Marketo {
    /// The campaigns that may be requested, by name.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn requestable_campaigns(&self, asker: Asker<'_>) -> Result<Vec<Campaign>, CallError> {
        let mut campaigns = Vec::new();
        let mut next: Option<String> = None;
        for _ in 0..MOST_PAGES {
            let mut query = vec![("isTriggerable", "1".to_owned()), ("batchSize", "300".to_owned())];
            query.extend(next.take().map(|token| ("nextPageToken", token)));
            let call = Call {
                system: "marketo",
                name: "campaigns",
                method: Method::GET,
                path: "/rest/v1/campaigns.json".to_owned(),
                query,
                body: Body::None,
                timeout: Duration::from_secs(15),
                read: read_rows,
            };
            let page = self.run(&call, asker).await?;
            let usable = page.items.into_iter().filter(|row| row.active && row.kind == "trigger");
            campaigns.extend(usable.map(|row| Campaign { id: row.id, name: row.name, program: row.program_name }));
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        campaigns.sort_by_key(|campaign| (campaign.name.to_lowercase(), campaign.id));
        campaigns.dedup_by_key(|campaign| campaign.id);
        Ok(campaigns)
    }

    /// Has a campaign run for people, at most [`MOST`]. Marketo says nothing about each of them.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub async fn request_campaign(&self, id: i64, leads: &[i64], manner: Manner, asker: Asker<'_>) -> Result<(), WriteError> {
        let leads: Vec<Value> = leads.iter().map(|id| json!({ "id": id })).collect();
        let call = Call {
            system: "marketo",
            name: "campaign_request",
            method: Method::POST,
            path: format!("/rest/v1/campaigns/{id}/trigger.json"),
            query: Vec::new(),
            body: Body::Json(json!({ "input": { "leads": leads } }).to_string().into_bytes()),
            timeout: manner.timeout,
            read: |answer| read_page::<Value>(answer).map(drop),
        };
        self.write(&call, manner.by, asker).await
    }
}

pub(super) fn read_rows(answer: &Answer) -> Result<Page<Row>, CallError> {
    read_page::<Row>(answer)
}
