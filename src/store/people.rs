//! People: the copy of Marketo's persons that also exist in Salesforce.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::sync_state::{Checkpoint, store_checkpoint};
use super::{StoreError, Tenant, batch, commit, on};
use crate::clock;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
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

/// The columns of [`Person`].
macro_rules! columns {
    () => {
        "id, lead_id, sfdc_type, sfdc_id, sfdc_lead_id, sfdc_contact_id, sfdc_account_id, owner_id, first_name, last_name, company, \
         title, email, phone, score, relative_score, relative_urgency, priority, created_at, updated_at, synced_at, history_since"
    };
}

/// A row of a batch; its order is that of the statement in [`Tenant::upsert_people`].
#[derive(Serialize)]
struct Row<'a>(
    String,
    i64,
    &'a str,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<&'a str>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    Option<i64>,
    i64,
    i64,
);

impl<'a> From<&'a NewPerson> for Row<'a> {
    fn from(person: &'a NewPerson) -> Self {
        Self(
            clock::new_id(),
            person.lead_id,
            person.sfdc_type,
            &person.sfdc_id,
            person.sfdc_lead_id.as_deref(),
            person.sfdc_contact_id.as_deref(),
            person.sfdc_account_id.as_deref(),
            &person.owner_id,
            person.first_name.as_deref(),
            person.last_name.as_deref(),
            person.company.as_deref(),
            person.title.as_deref(),
            person.email.as_deref(),
            person.phone.as_deref(),
            person.score,
            person.relative_score,
            person.relative_urgency,
            person.priority,
            person.created_at,
            person.updated_at,
        )
    }
}

impl Tenant {
    /// Writes a batch in one transaction, by lead id; an existing person keeps its `id` and `history_since`,
    /// and one in whom nothing changed stays untouched. Of a person who occurs twice the last one counts.
    /// `checkpoint`, when given, is stored for that job in the same transaction, guarded by the job's fence.
    /// Returns how many people are new or changed.
    ///
    /// # Errors
    /// When the database refuses, or the lease behind `checkpoint` is no longer ours ([`StoreError::LeaseLost`]).
    pub async fn upsert_people(&self, people: &[NewPerson], now_ms: i64, checkpoint: Option<&Checkpoint>) -> Result<u64, StoreError> {
        let text = batch::text!(
            self.store,
            "insert into people (id, account_id, lead_id, sfdc_type, sfdc_id, sfdc_lead_id, sfdc_contact_id, sfdc_account_id, owner_id, \
             first_name, last_name, company, title, email, phone, score, relative_score, relative_urgency, priority, created_at, \
             updated_at, synced_at) select item ->> 0, $1, cast(item ->> 1 as bigint), item ->> 2, item ->> 3, item ->> 4, item ->> 5, \
             item ->> 6, item ->> 7, item ->> 8, item ->> 9, item ->> 10, item ->> 11, item ->> 12, item ->> 13, cast(item ->> 14 as \
             bigint), cast(item ->> 15 as bigint), cast(item ->> 16 as bigint), cast(item ->> 17 as bigint), cast(item ->> 18 as \
             bigint), cast(item ->> 19 as bigint), $3",
            " on conflict (account_id, lead_id) do update set sfdc_type = excluded.sfdc_type, sfdc_id = excluded.sfdc_id, sfdc_lead_id = \
             excluded.sfdc_lead_id, sfdc_contact_id = excluded.sfdc_contact_id, sfdc_account_id = excluded.sfdc_account_id, owner_id = \
             excluded.owner_id, first_name = excluded.first_name, last_name = excluded.last_name, company = excluded.company, title = \
             excluded.title, email = excluded.email, phone = excluded.phone, score = excluded.score, relative_score = \
             excluded.relative_score, relative_urgency = excluded.relative_urgency, priority = excluded.priority, created_at = \
             excluded.created_at, updated_at = excluded.updated_at, synced_at = excluded.synced_at where (people.sfdc_type, \
             people.sfdc_id, people.sfdc_lead_id, people.sfdc_contact_id, people.sfdc_account_id, people.owner_id, people.first_name, \
             people.last_name, people.company, people.title, people.email, people.phone, people.score, people.relative_score, \
             people.relative_urgency, people.priority, people.created_at, people.updated_at) is distinct from (excluded.sfdc_type, \
             excluded.sfdc_id, excluded.sfdc_lead_id, excluded.sfdc_contact_id, excluded.sfdc_account_id, excluded.owner_id, \
             excluded.first_name, excluded.last_name, excluded.company, excluded.title, excluded.email, excluded.phone, excluded.score, \
             excluded.relative_score, excluded.relative_urgency, excluded.priority, excluded.created_at, excluded.updated_at)"
        );
        // One statement may touch a row only once.
        let latest: HashMap<i64, &NewPerson> = people.iter().map(|person| (person.lead_id, person)).collect();
        let rows = if latest.len() == people.len() {
            batch::rows(people.iter().map(Row::from))?
        } else {
            batch::rows(latest.into_values().map(Row::from))?
        };
        Ok(commit!(&self.store, transaction => {
            let written =
                sqlx::query(text).bind(&self.account_id).bind(&rows).bind(now_ms).execute(&mut *transaction).await?.rows_affected();
            store_checkpoint!(transaction, &self.account_id, checkpoint);
            written
        }))
    }

    /// The person behind a Salesforce record, by its 18-character id; a converted lead is found by its lead id too.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn person_by_sfdc_id(&self, sfdc_id: &str) -> Result<Option<Person>, StoreError> {
        let text = concat!(
            "select ",
            columns!(),
            " from (select p.*, 0 as distance from people p where account_id = $1 and sfdc_id = $2 \
             union all select p.*, 1 from people p where account_id = $1 and sfdc_lead_id = $2 and sfdc_lead_id <> sfdc_id \
             union all select p.*, 1 from people p where account_id = $1 and sfdc_contact_id = $2 and sfdc_contact_id <> sfdc_id) found \
             order by distance, updated_at desc, id limit 1"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(sfdc_id).fetch_optional(pool).await)?)
    }

    /// A person by our own id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn person(&self, id: &str) -> Result<Option<Person>, StoreError> {
        let text = concat!("select ", columns!(), " from people where account_id = $1 and id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(id).fetch_optional(pool).await)?)
    }

    /// How many people have each score, ascending by score. Reads everybody, since keeping scores in an index would
    /// slow every load down: for callers that keep the answer.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn score_counts(&self) -> Result<Vec<(i64, i64)>, StoreError> {
        let text = "select score, count(*) from people where account_id = $1 and score is not null group by score order by score";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_all(pool).await)?)
    }

    /// Number of people.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_people(&self) -> Result<i64, StoreError> {
        let text = "select count(*) from people where account_id = $1";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).fetch_one(pool).await)?)
    }

    /// Which of these lead ids are known people.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn known_leads(&self, lead_ids: &[i64]) -> Result<HashSet<i64>, StoreError> {
        let text = batch::among!(self.store, "select lead_id from people where account_id = $1 and lead_id in", "");
        let ids = batch::rows(lead_ids.iter())?;
        let known: Vec<i64> = on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(&ids).fetch_all(pool).await)?;
        Ok(known.into_iter().collect())
    }

    /// Removes people who were deleted in Marketo, lost their owner or their Salesforce record, with their activities.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_people(&self, lead_ids: &[i64]) -> Result<u64, StoreError> {
        let activities = batch::among!(self.store, "delete from activities where account_id = $1 and lead_id in", "");
        let people = batch::among!(self.store, "delete from people where account_id = $1 and lead_id in", "");
        let ids = batch::rows(lead_ids.iter())?;
        Ok(commit!(&self.store, transaction => {
            sqlx::query(activities).bind(&self.account_id).bind(&ids).execute(&mut *transaction).await?;
            sqlx::query(people).bind(&self.account_id).bind(&ids).execute(&mut *transaction).await?.rows_affected()
        }))
    }

    /// Notes from when on these people's activities are in the store; an earlier time that is known stays.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_history_since(&self, lead_ids: &[i64], since_ms: i64) -> Result<(), StoreError> {
        let text = batch::among!(
            self.store,
            "update people set history_since = $3 where account_id = $1 and lead_id in",
            " and (history_since is null or history_since > $3)"
        );
        let ids = batch::rows(lead_ids.iter())?;
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(&ids).bind(since_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// The same for everybody who has none yet; after the bulk extract.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_history_since_for_all(&self, since_ms: i64) -> Result<(), StoreError> {
        let text = "update people set history_since = $2 where account_id = $1 and history_since is null";
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(since_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }
}
