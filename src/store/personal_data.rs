//! What is kept about one address: all of it to read, all of it to erase, and the fingerprint that stays.

use std::collections::HashSet;

use aws_lc_rs::digest;
use sqlx::{AssertSqlSafe, Row};

use super::audit::{Deed, note};
use super::{Store, StoreError, Tenant, commit, on};

/// Most rows of one table that are read for one person.
const MOST: i64 = 20_000;

/// By what a table knows somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    /// Our own id of the person.
    Person,
    /// Marketo's id.
    Lead,
    /// The id of the Salesforce record.
    Record,
    /// The address, in lower case.
    Address,
}

/// Rows about somebody, and what becomes of them.
struct Kept {
    table: &'static str,
    columns: &'static [&'static str],
    /// The account is `$1`, the key `$2`.
    condition: &'static str,
    by: By,
    /// How rows are emptied that others need; without it they go.
    emptied: Option<&'static str>,
}

const fn kept(table: &'static str, by: By, condition: &'static str, columns: &'static [&'static str]) -> Kept {
    Kept { table, columns, condition, by, emptied: None }
}

impl Kept {
    const fn emptied(mut self, set: &'static str) -> Self {
        self.emptied = Some(set);
        self
    }
}

/// In the order in which they are erased: whoever is pointed at goes last.
const KEPT: [Kept; 20] = [
    kept(
        "deliveries",
        By::Lead,
        "account_id = $1 and activity_id in (select id from sales_activities where account_id = $1 and lead_id = $2)",
        &["target", "verb", "state", "code", "problem", "upstream_id", "created_at", "settled_at"],
    ),
    kept(
        "sales_emails",
        By::Address,
        "account_id = $1 and recipient_key = $2",
        &["recipient", "cc", "bcc", "subject", "html", "status", "sent_at", "opened", "clicked", "replied"],
    ),
    kept("sales_activities", By::Lead, "account_id = $1 and lead_id = $2", &["number", "kind", "happened_at", "subject", "detail"]),
    kept(
        "sales_runs",
        By::Lead,
        "account_id = $1 and lead_id = $2",
        &["campaign_id", "state", "reason", "email_key", "started_at", "ended_at", "edit"],
    ),
    kept(
        "sales_runs",
        By::Address,
        "account_id = $1 and email_key = $2",
        &["campaign_id", "state", "reason", "started_at", "ended_at", "edit"],
    ),
    kept("sales_launches", By::Person, "account_id = $1 and edits like '%' || $2 || '%'", &["id", "edits"]).emptied("edits = '[]'"),
    kept("sales_launches", By::Record, "account_id = $1 and left_out like '%' || $2 || '%'", &["id", "left_out"])
        .emptied("left_out = '[]'"),
    kept(
        "circular_people",
        By::Person,
        "circular_id in (select id from circulars where account_id = $1) and person_id = $2",
        &["circular_id", "left_out", "subject", "html"],
    ),
    kept("drafts", By::Person, "account_id = $1 and person_id = $2", &["member_id", "body", "saved_at"]),
    kept("watch_list", By::Person, "account_id = $1 and person_id = $2", &["member_id", "added_at"]),
    kept("best_bet_hides", By::Person, "account_id = $1 and person_id = $2", &["user_id", "until"]),
    kept("moment_subscriptions", By::Person, "account_id = $1 and basis = 'person' and value = $2", &["member_id", "label", "created_at"]),
    kept("activities", By::Lead, "account_id = $1 and lead_id = $2", &["kind", "happened_at", "subject", "asset_id", "detail"]),
    kept("unclaimed_activities", By::Lead, "account_id = $1 and lead_id = $2", &["kind", "happened_at", "subject", "asset_id", "detail"]),
    kept(
        "people",
        By::Person,
        "account_id = $1 and id = $2",
        &[
            "lead_id",
            "sfdc_type",
            "sfdc_id",
            "sfdc_lead_id",
            "sfdc_contact_id",
            "sfdc_account_id",
            "owner_id",
            "first_name",
            "last_name",
            "company",
            "title",
            "email",
            "phone",
            "linkedin_url",
            "source",
            "score",
            "priority",
            "created_at",
            "updated_at",
            "synced_at",
        ],
    ),
    kept("unsubscribes", By::Address, "account_id = $1 and email_key = $2", &["what", "why", "source", "since"]),
    kept("unsubscribe_history", By::Address, "account_id = $1 and email_key = $2", &["at", "details", "source"]),
    kept("untracked", By::Address, "account_id = $1 and email_key = $2", &["email_key"]),
    kept(
        "import_rows",
        By::Address,
        "import_id in (select id from imports where account_id = $1) and email_key = $2",
        &["number", "cells", "first_name", "last_name", "outcome"],
    )
    .emptied("cells = '[]', email = null, email_key = null, first_name = null, last_name = null"),
    kept("mail_outbox", By::Address, "account_id = $1 and lower(recipient) = $2", &["kind", "recipient", "state", "created_at", "sent_at"]),
];

/// Held by a batch that writes people, on PostgreSQL: an erasure waits for it, and it for an erasure. It is asked for in a
/// statement of its own, so that what the next one reads is what was true when the lock was had. SQLite has one writer anyway.
pub(super) const BATCH: &str = "select pg_advisory_xact_lock_shared(hashtextextended('people of ' || $1, 0))";
const ERASURE: &str = "select pg_advisory_xact_lock(hashtextextended('people of ' || $1, 0))";
const SUBJECTS: &str = "select id, lead_id, sfdc_id from people where account_id || '' = $1 and email is not null and lower(email) = $2 order by id limit 1000";

/// Whom the tables know by other things than the address.
#[derive(Debug, Clone, sqlx::FromRow)]
pub struct Subject {
    pub id: String,
    pub lead_id: i64,
    pub sfdc_id: String,
}

/// Rows of one table: its name, its columns, and of each row the values as text.
pub struct Rows {
    pub table: &'static str,
    pub columns: &'static [&'static str],
    pub rows: Vec<Vec<Option<String>>>,
}

/// By what a forgotten address of an account is known.
#[must_use]
pub fn fingerprint(account_id: &str, email_key: &str) -> String {
    let text = format!("forgotten\n{account_id}\n{email_key}");
    digest::digest(&digest::SHA256, text.as_bytes()).as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Binds the key of a statement.
macro_rules! keyed {
    ($query:expr, $by:expr, $subject:expr, $email_key:expr) => {
        match ($by, $subject) {
            (By::Address, _) => Some($query.bind($email_key)),
            (By::Person, Some(subject)) => Some($query.bind(&subject.id)),
            (By::Lead, Some(subject)) => Some($query.bind(subject.lead_id)),
            (By::Record, Some(subject)) => Some($query.bind(&subject.sfdc_id)),
            (_, None) => None,
        }
    };
}

// Everybody with the address once, or nobody: what is known by the address alone is looked at in any case.
fn each(subjects: &[Subject]) -> Vec<Option<&Subject>> {
    if subjects.is_empty() { vec![None] } else { subjects.iter().map(Some).collect() }
}

impl Tenant {
    /// Everybody who has this address (in lower case).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn subjects(&self, email_key: &str) -> Result<Vec<Subject>, StoreError> {
        Ok(on!(&self.store, pool => sqlx::query_as(SUBJECTS).bind(&self.account_id).bind(email_key).fetch_all(pool).await)?)
    }

    /// All that is kept about an address (in lower case).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn personal_data(&self, email_key: &str) -> Result<Vec<Rows>, StoreError> {
        let subjects = self.subjects(email_key).await?;
        let mut all = Vec::new();
        for kept in &KEPT {
            let mut rows = Vec::new();
            let columns: Vec<String> = kept.columns.iter().map(|column| format!("cast({column} as text)")).collect();
            let text = format!("select {} from {} where {} limit {MOST}", columns.join(", "), kept.table, kept.condition);
            for (at, subject) in each(&subjects).into_iter().enumerate() {
                if kept.by == By::Address && at > 0 {
                    continue;
                }
                let found = on!(&self.store, pool => {
                    let query = sqlx::query(AssertSqlSafe(text.clone())).bind(&self.account_id);
                    let Some(query) = keyed!(query, kept.by, subject, email_key) else { continue };
                    let found = query.fetch_all(pool).await?;
                    let values = found.iter().map(|row| (0..kept.columns.len()).map(|column| row.try_get(column)).collect());
                    values.collect::<Result<Vec<Vec<Option<String>>>, sqlx::Error>>()?
                });
                rows.extend(found);
            }
            if !rows.is_empty() {
                all.push(Rows { table: kept.table, columns: kept.columns, rows });
            }
        }
        Ok(all)
    }

    /// Erases all that is kept about an address (in lower case) and keeps its fingerprint; gives how many rows of each table went.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn erase_personal_data(&self, email_key: &str, deed: &Deed) -> Result<Vec<(&'static str, u64)>, StoreError> {
        let mark = fingerprint(&self.account_id, email_key);
        let many_writers = matches!(self.store, Store::Postgres(_));
        Ok(commit!(&self.store, transaction => {
            if many_writers {
                sqlx::query(ERASURE).bind(&self.account_id).execute(&mut *transaction).await?;
            }
            let subjects: Vec<Subject> =
                sqlx::query_as(SUBJECTS).bind(&self.account_id).bind(email_key).fetch_all(&mut *transaction).await?;
            let mut gone = Vec::new();
            for kept in &KEPT {
                let text = match kept.emptied {
                    Some(set) => format!("update {} set {set} where {}", kept.table, kept.condition),
                    None => format!("delete from {} where {}", kept.table, kept.condition),
                };
                let mut count = 0;
                for (at, subject) in each(&subjects).into_iter().enumerate() {
                    if kept.by == By::Address && at > 0 {
                        continue;
                    }
                    let query = sqlx::query(AssertSqlSafe(text.clone())).bind(&self.account_id);
                    let Some(query) = keyed!(query, kept.by, subject, email_key) else { continue };
                    count += query.execute(&mut *transaction).await?.rows_affected();
                }
                if count > 0 {
                    gone.push((kept.table, count));
                }
            }
            sqlx::query("insert into forgotten (account_id, fingerprint, at) values ($1, $2, $3) on conflict do nothing")
                .bind(&self.account_id)
                .bind(&mark)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
            gone
        }))
    }

    /// The fingerprints of this account's forgotten addresses.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forgotten(&self) -> Result<HashSet<String>, StoreError> {
        let text = "select fingerprint from forgotten where account_id = $1";
        let all: Vec<String> = on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).fetch_all(pool).await)?;
        Ok(all.into_iter().collect())
    }

    /// When an address (in lower case) was forgotten.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forgotten_since(&self, email_key: &str) -> Result<Option<i64>, StoreError> {
        let text = "select at from forgotten where account_id = $1 and fingerprint = $2";
        let mark = fingerprint(&self.account_id, email_key);
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(mark).fetch_optional(pool).await)?)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::store::testing::{every_engine, person};
    use crate::store::tests::account;

    fn deed() -> Deed {
        Deed {
            id: crate::clock::new_id(),
            at: 5,
            who: "a@example.com".to_owned(),
            what: "personal_data.erased",
            target: "x".to_owned(),
            source: None,
            request_id: None,
        }
    }

    #[tokio::test]
    async fn whoever_is_erased_while_a_batch_is_written_does_not_come_back() {
        for test in every_engine().await {
            let tenant = account(&test.store, "a").await;
            let (everybody, key) = ((1..60).map(person).collect::<Vec<_>>(), "p7@example.com");
            for round in 0..15 {
                let writing = async {
                    for at in 0..3 {
                        tenant.upsert_people(everybody.clone(), 10 + at, None).await.unwrap();
                    }
                };
                let erasing = async {
                    tokio::time::sleep(Duration::from_millis(round)).await;
                    tenant.erase_personal_data(key, &deed()).await.unwrap();
                };
                tokio::join!(writing, erasing);
                assert!(tenant.subjects(key).await.unwrap().is_empty(), "{} in round {round}", test.engine);
                assert_eq!(tenant.count_people().await.unwrap(), 58, "{}", test.engine);
                // Known again, for the next round.
                let again = "delete from forgotten where account_id = 'a'";
                on!(&test.store, pool => sqlx::query(again).execute(pool).await.map(drop)).unwrap();
            }
        }
    }

    #[tokio::test]
    async fn an_erasure_waits_for_a_batch_under_way_and_sees_whom_it_brought() {
        for test in every_engine().await {
            let Store::Postgres(server) = &test.store else { continue };
            let tenant = account(&test.store, "a").await;
            // A batch that has read the fingerprints, and whose people nobody else sees yet.
            let mut batch = server.begin().await.unwrap();
            sqlx::query(BATCH).bind("a").execute(&mut *batch).await.unwrap();
            super::super::people_batch::postgres(&mut batch, "a", &[person(7)], 10).await.unwrap();
            let erasing = {
                let tenant = tenant.clone();
                tokio::spawn(async move { tenant.erase_personal_data("p7@example.com", &deed()).await.unwrap() })
            };
            tokio::time::sleep(Duration::from_millis(150)).await;
            assert!(!erasing.is_finished(), "it would have found nobody");
            batch.commit().await.unwrap();
            assert_eq!(erasing.await.unwrap(), [("people", 1)]);
            assert!(tenant.subjects("p7@example.com").await.unwrap().is_empty());
            // Another account's batch waits for nobody.
            let mut batch = server.begin().await.unwrap();
            sqlx::query(BATCH).bind("b").execute(&mut *batch).await.unwrap();
            let other = tokio::time::timeout(Duration::from_secs(5), tenant.erase_personal_data("p8@example.com", &deed())).await;
            assert_eq!(other.unwrap().unwrap(), []);
            drop(batch);
        }
    }
}
