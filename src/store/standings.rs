//! Stars, flames and priority of people whom we know.

use serde::Serialize;

use super::sync_state::{Checkpoint, store_checkpoint};
use super::{StoreError, Tenant, batch, commit, on};

/// What may change without anything having happened to the person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub lead_id: i64,
    pub relative_score: Option<i64>,
    pub relative_urgency: Option<i64>,
    pub priority: Option<i64>,
    /// When Marketo changed the person last, milliseconds since the epoch: what the feed told since is newer than this.
    pub updated_at: i64,
}

// Written as an array: the batch is a table without names.
impl Serialize for Standing {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.lead_id, self.relative_score, self.relative_urgency, self.priority, self.updated_at).serialize(serializer)
    }
}

/// How many people an account knows, and since when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct KnownPeople {
    pub count: i64,
    /// When the first of them was created, in milliseconds since the epoch; the end of time when there is nobody.
    pub oldest: i64,
}

impl Tenant {
    /// How many people the account knows, and since when.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn known_people(&self) -> Result<KnownPeople, StoreError> {
        let text = "select count(*) as count, coalesce(min(created_at), 9007199254740991) as oldest from people where account_id = $1";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_one(pool).await)?)
    }

    /// The ids in Marketo of the next people in order, `limit` at most.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn leads_after(&self, after: i64, limit: usize) -> Result<Vec<i64>, StoreError> {
        let text = "select lead_id from people where account_id = $1 and lead_id > $2 order by lead_id limit $3";
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(after).bind(limit).fetch_all(pool).await)?)
    }

    /// Writes down how people stand, and how far the round is. Whoever is not known is passed over. Returns how many stand
    /// differently than before.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`] when somebody else has the job by now; or when the database refuses.
    pub async fn update_standings(&self, standings: &[Standing], checkpoint: &Checkpoint) -> Result<u64, StoreError> {
        let text = batch::text!(
            self.store,
            "update people set relative_score = fresh.relative_score, relative_urgency = fresh.relative_urgency, priority = fresh.priority \
             from (select cast(item ->> 0 as bigint) as lead_id, cast(item ->> 1 as bigint) as relative_score, \
             cast(item ->> 2 as bigint) as relative_urgency, cast(item ->> 3 as bigint) as priority, \
             cast(item ->> 4 as bigint) as updated_at",
            ") fresh where people.account_id = $1 and people.lead_id = fresh.lead_id and people.updated_at <= fresh.updated_at \
             and (people.relative_score, people.relative_urgency, people.priority) \
             is distinct from (fresh.relative_score, fresh.relative_urgency, fresh.priority)"
        );
        let rows = batch::rows(standings.iter())?;
        let checkpoint = Some(checkpoint);
        Ok(commit!(&self.store, transaction => {
            let changed = sqlx::query(text).bind(&self.account_id).bind(&rows).execute(&mut *transaction).await?.rows_affected();
            store_checkpoint!(transaction, &self.account_id, checkpoint);
            changed
        }))
    }
}
