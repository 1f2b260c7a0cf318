//! Activities of people: what the panels show.

use super::{StoreError, Tenant};

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

impl Tenant {
    /// Writes activities in one transaction; one that is there already (same guid) stays as it is.
    /// `checkpoint` as in [`Tenant::upsert_people`].
    ///
    /// # Errors
    /// When the database refuses, or the lease behind `checkpoint` is no longer ours.
    pub async fn insert_activities(
        &self,
        activities: &[Activity],
        checkpoint: Option<&super::sync_state::Checkpoint>,
    ) -> Result<u64, StoreError> {
        let _ = (activities, checkpoint);
        Ok(0)
    }

    /// A page of one person's timeline, newest first; `tab` of `None` means all tabs.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn timeline(&self, lead_id: i64, tab: Option<Tab>, before: Option<&Before>, limit: u32) -> Result<Vec<Activity>, StoreError> {
        let _ = (lead_id, tab, before, limit);
        Ok(Vec::new())
    }

    /// Removes activities older than Marketo itself keeps them: `before_ms` for kinds kept 90 days.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune_activities(&self, tabs: &[Tab], before_ms: i64) -> Result<u64, StoreError> {
        let _ = (tabs, before_ms);
        Ok(0)
    }
}
