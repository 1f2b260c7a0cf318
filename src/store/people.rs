//! People: the copy of Marketo's persons that also exist in Salesforce.

use std::collections::{HashMap, HashSet};

use super::personal_data::{BATCH, fingerprint};
use super::sync_state::{Checkpoint, store_checkpoint};
use super::{Store, StoreError, Tenant, batch, commit, on, people_batch};

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
    pub sfdc_opportunity_id: Option<String>,
    pub owner_id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub linkedin_url: Option<String>,
    /// Where Marketo has the person from.
    pub source: Option<String>,
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPerson {
    pub lead_id: i64,
    pub sfdc_type: &'static str,
    pub sfdc_id: String,
    pub sfdc_lead_id: Option<String>,
    pub sfdc_contact_id: Option<String>,
    pub sfdc_account_id: Option<String>,
    pub sfdc_opportunity_id: Option<String>,
    pub owner_id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub email: Option<String>,
    pub phone: Option<String>,
    pub linkedin_url: Option<String>,
    /// Where Marketo has the person from.
    pub source: Option<String>,
    pub score: Option<i64>,
    pub relative_score: Option<i64>,
    pub relative_urgency: Option<i64>,
    pub priority: Option<i64>,
    pub created_at: i64,
    pub updated_at: i64,
}

impl NewPerson {
    // PostgreSQL stores no NUL in a text and would refuse the whole batch for one.
    fn without_nul(&mut self) {
        let texts = [
            &mut self.first_name,
            &mut self.last_name,
            &mut self.company,
            &mut self.title,
            &mut self.email,
            &mut self.phone,
            &mut self.linkedin_url,
            &mut self.source,
        ];
        for text in texts.into_iter().flatten() {
            if memchr::memchr(0, text.as_bytes()).is_some() {
                text.retain(|letter| letter != '\0');
            }
        }
    }
}

/// The columns of [`Person`].
macro_rules! columns {
    () => {
        "id, lead_id, sfdc_type, sfdc_id, sfdc_lead_id, sfdc_contact_id, sfdc_account_id, sfdc_opportunity_id, owner_id, \
         first_name, last_name, company, title, email, phone, linkedin_url, source, score, relative_score, relative_urgency, priority, created_at, updated_at, synced_at, history_since"
    };
}
pub(super) use columns;

const FORGOTTEN: &str = "select fingerprint from forgotten where account_id = $1";

// Whoever had their data erased is not loaded again, however often Marketo tells of them.
fn leave_out(people: &mut Vec<NewPerson>, account_id: &str, forgotten: Vec<String>) {
    if forgotten.is_empty() {
        return;
    }
    let forgotten: HashSet<String> = forgotten.into_iter().collect();
    people.retain(|person| {
        let key = person.email.as_deref().map(|email| email.trim().to_lowercase());
        key.is_none_or(|key| !forgotten.contains(&fingerprint(account_id, &key)))
    });
}

impl Tenant {
    /// Writes a batch in one transaction, by lead id; an existing person keeps its `id` and `history_since`,
    /// and one in whom nothing changed stays untouched. Of a person who occurs twice the last one counts. Forgotten addresses are left out.
    /// `checkpoint`, when given, is stored for that job in the same transaction, guarded by the job's fence.
    /// Returns how many people are new or changed.
    ///
    /// # Errors
    /// When the database refuses, or the lease behind `checkpoint` is no longer ours ([`StoreError::LeaseLost`]).
    pub async fn upsert_people(
        &self,
        people: impl Into<Vec<NewPerson>>,
        now_ms: i64,
        checkpoint: Option<&Checkpoint>,
    ) -> Result<u64, StoreError> {
        let mut people = each_once(people.into());
        people.iter_mut().for_each(NewPerson::without_nul);
        match &self.store {
            Store::Sqlite(file) => {
                let _turn = file.turn.lock().await;
                let mut transaction = file.pool.begin_with("begin immediate").await?;
                let gone: Vec<String> = sqlx::query_scalar(FORGOTTEN).bind(&self.account_id).fetch_all(&mut *transaction).await?;
                leave_out(&mut people, &self.account_id, gone);
                let written = people_batch::sqlite(&mut transaction, &self.account_id, people, now_ms).await?;
                store_checkpoint!(transaction, &self.account_id, checkpoint);
                transaction.commit().await?;
                Ok(written)
            }
            Store::Postgres(server) => {
                let mut transaction = server.begin().await?;
                sqlx::query(BATCH).bind(&self.account_id).execute(&mut *transaction).await?;
                let gone: Vec<String> = sqlx::query_scalar(FORGOTTEN).bind(&self.account_id).fetch_all(&mut *transaction).await?;
                leave_out(&mut people, &self.account_id, gone);
                let written = people_batch::postgres(&mut transaction, &self.account_id, &people, now_ms).await?;
                store_checkpoint!(transaction, &self.account_id, checkpoint);
                transaction.commit().await?;
                Ok(written)
            }
        }
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

    /// Those who have an address (in lower case), at most ten.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn people_by_email(&self, email_key: &str) -> Result<Vec<Person>, StoreError> {
        // `|| ''` keeps the engine from reading the whole account in place of the addresses' index.
        let text = concat!(
            "select ",
            columns!(),
            " from people where account_id || '' = $1 and lower(email) = $2 and email is not null \
                    order by updated_at desc, id limit 10"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(email_key).fetch_all(pool).await)?)
    }

    /// Somebody with an address, to show what a mail would look like.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn anybody(&self) -> Result<Option<Person>, StoreError> {
        let text =
            concat!("select ", columns!(), " from people where account_id = $1 and email is not null order by account_id, sfdc_id limit 1");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_optional(pool).await)?)
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

    /// Follows a merge: whoever lost is gone, and what they did is the winner's, or gone too where the winner is nobody
    /// whom we know.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn merge_people(&self, winner: i64, losers: &[i64]) -> Result<(), StoreError> {
        let losers: Vec<i64> = losers.iter().copied().filter(|loser| *loser != winner).collect();
        let moved = batch::among!(
            self.store,
            "update activities set lead_id = $3 where account_id = $1 and exists (select 1 from people where account_id = $1 \
             and lead_id = $3) and lead_id in",
            ""
        );
        let unclaimed = batch::among!(self.store, "update unclaimed_activities set lead_id = $3 where account_id = $1 and lead_id in", "");
        let activities = batch::among!(self.store, "delete from activities where account_id = $1 and lead_id in", "");
        let people = batch::among!(self.store, "delete from people where account_id = $1 and lead_id in", "");
        let ids = batch::rows(losers.iter())?;
        commit!(&self.store, transaction => {
            for text in [moved, unclaimed] {
                sqlx::query(text).bind(&self.account_id).bind(&ids).bind(winner).execute(&mut *transaction).await?;
            }
            for gone in [activities, people] {
                sqlx::query(gone).bind(&self.account_id).bind(&ids).execute(&mut *transaction).await?;
            }
        });
        Ok(())
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

// One statement may touch a row only once; of somebody who occurs twice the last occurrence counts.
fn each_once(mut people: Vec<NewPerson>) -> Vec<NewPerson> {
    if people.is_sorted_by(|left, right| left.lead_id < right.lead_id) {
        return people;
    }
    let latest: HashMap<i64, usize> = people.iter().enumerate().map(|(place, person)| (person.lead_id, place)).collect();
    if latest.len() < people.len() {
        let mut place = 0;
        people.retain(|person| {
            place += 1;
            latest.get(&person.lead_id) == Some(&(place - 1))
        });
    }
    // Transactions of several processes take their rows in one order, or they would wait for each other.
    people.sort_unstable_by_key(|person| person.lead_id);
    people
}
