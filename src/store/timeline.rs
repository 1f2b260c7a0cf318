//! Activities of people: what the panels show.

use super::sync_state::{Checkpoint, store_checkpoint};
use super::{StoreError, Tenant, batch, commit, on};

/// The tab of the panel under which an activity is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Tab {
    Moments,
    Web,
    Email,
    Score,
    /// Sales e-mails and calls.
    Sales,
}

impl Tab {
    /// The number that stands for the tab in the database.
    #[must_use]
    pub const fn code(self) -> i64 {
        match self {
            Self::Moments => 1,
            Self::Web => 2,
            Self::Email => 3,
            Self::Score => 4,
            Self::Sales => 5,
        }
    }
}

/// An activity as stored and as written.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow, serde::Serialize)]
pub struct Activity {
    /// Marketo's `marketoGUID`.
    pub guid: String,
    pub lead_id: i64,
    /// [`Tab::code`].
    pub tab: i64,
    /// What happened, in our words: `moment`, `visit`, `form`, `click`, `sent`, `delivered`, `opened`, `clicked`,
    /// `bounced`, `soft_bounced`, `unsubscribed`, `score`, `sales_sent`, `sales_opened`, `sales_clicked`, `sales_replied`,
    /// `sales_bounced`.
    pub kind: String,
    /// Milliseconds since the epoch.
    pub happened_at: i64,
    /// Primary attribute value: page, mail or moment type, score name.
    pub subject: Option<String>,
    /// Primary attribute value id; groups the events of one mailing.
    pub asset_id: Option<String>,
    /// The attributes that a panel shows, as one JSON object.
    pub detail: String,
}

/// A place in a person's timeline, newest first: everything older than this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Before {
    pub happened_at: i64,
    pub guid: String,
}

macro_rules! page {
    ($tab:literal) => {
        concat!(
            "select guid, lead_id, tab, kind, happened_at, subject, asset_id, detail from activities \
             where account_id = $1 and lead_id = $2 and (happened_at, guid) < ($3, $4)",
            $tab,
            " order by happened_at desc, guid desc limit $5"
        )
    };
}

impl Tenant {
    /// Writes activities in one transaction; one that is there already (same guid) stays as it is.
    /// `checkpoint` as in [`Tenant::upsert_people`]. Returns how many were new.
    ///
    /// # Errors
    /// When the database refuses, or the lease behind `checkpoint` is no longer ours.
    pub async fn insert_activities(&self, activities: &[Activity], checkpoint: Option<&Checkpoint>) -> Result<u64, StoreError> {
        let text = batch::text!(
            self.store,
            "insert into activities (account_id, guid, lead_id, tab, kind, happened_at, subject, asset_id, detail) \
             select $1, item ->> 0, cast(item ->> 1 as bigint), cast(item ->> 2 as bigint), item ->> 3, \
             cast(item ->> 4 as bigint), item ->> 5, item ->> 6, item ->> 7",
            " on conflict (account_id, guid) do nothing"
        );
        let rows = batch::rows(activities.iter().map(|activity| {
            (
                &activity.guid,
                activity.lead_id,
                activity.tab,
                &activity.kind,
                activity.happened_at,
                &activity.subject,
                &activity.asset_id,
                &activity.detail,
            )
        }))?;
        Ok(commit!(&self.store, transaction => {
            let written =
                sqlx::query(text).bind(&self.account_id).bind(&rows).execute(&mut *transaction).await?.rows_affected();
            store_checkpoint!(transaction, &self.account_id, checkpoint);
            written
        }))
    }

    /// A page of one person's timeline, newest first; `tab` of `None` means all tabs.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn timeline(&self, lead_id: i64, tab: Option<Tab>, before: Option<&Before>, limit: u32) -> Result<Vec<Activity>, StoreError> {
        let (time, guid) = before.map_or((i64::MAX, ""), |before| (before.happened_at, before.guid.as_str()));
        let text = if tab.is_some() { page!(" and tab = $6") } else { page!("") };
        Ok(on!(&self.store, pool => {
            let query = sqlx::query_as(text).bind(&self.account_id).bind(lead_id).bind(time).bind(guid).bind(i64::from(limit));
            match tab {
                Some(tab) => query.bind(tab.code()),
                None => query,
            }
            .fetch_all(pool)
            .await
        })?)
    }

    /// Removes activities older than Marketo itself keeps them: `before_ms` for kinds kept 90 days.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune_activities(&self, tabs: &[Tab], before_ms: i64) -> Result<u64, StoreError> {
        let mut removed = 0;
        for tab in tabs {
            removed += commit!(&self.store, transaction => sqlx::query(
                "delete from activities where account_id = $1 and tab = $2 and happened_at < $3",
            )
            .bind(&self.account_id)
            .bind(tab.code())
            .bind(before_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected());
        }
        Ok(removed)
    }
}
