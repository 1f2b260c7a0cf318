//! Who wants no more mail, since when and why; and everything that ever changed about it.

use std::collections::HashSet;

use super::audit::{Deed, note, pattern};
use super::personal_data::fingerprint;
use super::sales_activities::NewActivity;
use super::sales_ends::{Ending, end_runs};
use super::{Store, StoreError, Tenant, commit, on};

/// Somebody who wants no more mail.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Unsubscribe {
    pub email_key: String,
    /// `sales` or `all`.
    pub what: String,
    pub why: String,
    pub source: String,
    pub since: i64,
}

/// A change.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct UnsubscribeChange {
    pub at: i64,
    pub details: String,
    pub source: String,
}

impl Store {
    /// Account and recipient (in lower case) of a mail.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn recipient_of(&self, activity_id: &str) -> Result<Option<(String, String)>, StoreError> {
        let text = "select account_id, recipient_key from sales_emails where activity_id = $1";
        Ok(on!(self, pool => sqlx::query_as(text).bind(activity_id).fetch_optional(pool).await)?)
    }
}

impl Tenant {
    /// Whether somebody wants no more mail.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unsubscribed(&self, email_key: &str) -> Result<Option<Unsubscribe>, StoreError> {
        let text = "select email_key, what, why, source, since from unsubscribes where account_id = $1 and email_key = $2";
        let known = on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(email_key).fetch_optional(pool).await)?;
        if known.is_some() {
            return Ok(known);
        }
        let since = self.forgotten_since(email_key).await?;
        let words = |text: &str| text.to_owned();
        Ok(since.map(|since| Unsubscribe {
            email_key: words(email_key),
            what: words("all"),
            why: String::new(),
            source: words("Erasure"),
            since,
        }))
    }

    /// Those of these addresses (in lower case) who want no more mail.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unsubscribed_among(&self, keys: &[String]) -> Result<HashSet<String>, StoreError> {
        let text = self.store.text(
            "select email_key from unsubscribes where account_id = $1 and email_key in (select value from json_each($2))",
            "select email_key from unsubscribes where account_id = $1 and email_key in (select jsonb_array_elements_text(cast($2 as jsonb)))",
        );
        let named = super::batch::rows(keys.iter())?;
        let found: Vec<String> =
            on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(&named).fetch_all(pool).await)?;
        let forgotten = self.forgotten().await?;
        let erased = keys.iter().filter(|key| !forgotten.is_empty() && forgotten.contains(&fingerprint(&self.account_id, key)));
        Ok(erased.cloned().chain(found).collect())
    }

    /// Notes that somebody wants no more mail, and with it what other systems are to be told; `false` when that was known. One record,
    /// however often it is asked for.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unsubscribe(&self, wanted: &Unsubscribe, history_id: &str, activities: &[NewActivity]) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let new = sqlx::query(
                "insert into unsubscribes (account_id, email_key, what, why, source, since) values ($1, $2, $3, $4, $5, $6) \
                 on conflict do nothing",
            )
            .bind(&self.account_id)
            .bind(&wanted.email_key)
            .bind(&wanted.what)
            .bind(&wanted.why)
            .bind(&wanted.source)
            .bind(wanted.since)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0;
            if new {
                sqlx::query("insert into unsubscribe_history (id, account_id, email_key, at, details, source) values ($1, $2, $3, $4, $5, $6)")
                    .bind(history_id)
                    .bind(&self.account_id)
                    .bind(&wanted.email_key)
                    .bind(wanted.since)
                    .bind("Unsubscribe")
                    .bind(&wanted.source)
                    .execute(&mut *transaction)
                    .await?;
                for activity in activities {
                    super::sales_activities::record!(transaction, &self.account_id, activity, wanted.since);
                }
            }
            // Also when it was known: whoever says it again has been started again meanwhile.
            let ways: Vec<String> = sqlx::query_scalar(
                "select id from sales_runs where account_id = $1 and email_key = $2 and state in ('running', 'waiting', 'blocked')",
            )
            .bind(&self.account_id)
            .bind(&wanted.email_key)
            .fetch_all(&mut *transaction)
            .await?;
            end_runs!(transaction, &self.account_id, ways, Ending::UNSUBSCRIBED.state, Ending::UNSUBSCRIBED.reason, wanted.since);
            new
        }))
    }

    /// Notes that somebody may be written to again; `false` when they might anyway.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn resubscribe(&self, email_key: &str, details: &str, history_id: &str, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let gone = sqlx::query("delete from unsubscribes where account_id = $1 and email_key = $2")
                .bind(&self.account_id)
                .bind(email_key)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                + sqlx::query("delete from forgotten where account_id = $1 and fingerprint = $2")
                    .bind(&self.account_id)
                    .bind(fingerprint(&self.account_id, email_key))
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected()
                > 0;
            if gone {
                sqlx::query("insert into unsubscribe_history (id, account_id, email_key, at, details, source) values ($1, $2, $3, $4, $5, $6)")
                    .bind(history_id)
                    .bind(&self.account_id)
                    .bind(email_key)
                    .bind(deed.at)
                    .bind(details)
                    .bind(&deed.who)
                    .execute(&mut *transaction)
                    .await?;
                note!(transaction, &self.account_id, deed);
            }
            gone
        }))
    }

    /// Those who want no more mail, newest first, older than `before` (time and address).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unsubscribes(&self, search: &str, before: Option<(i64, &str)>, limit: i64) -> Result<Vec<Unsubscribe>, StoreError> {
        let (time, key) = before.unwrap_or((i64::MAX, ""));
        let text = "select email_key, what, why, source, since from unsubscribes where account_id = $1 and (since, email_key) < ($2, $3) \
                    and email_key like $5 escape '\\' \
                    order by since desc, email_key desc limit $4";
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(time)
            .bind(key)
            .bind(limit)
            .bind(pattern(search))
            .fetch_all(pool)
            .await)?)
    }

    /// What ever changed about an address, newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn unsubscribe_history(&self, email_key: &str) -> Result<Vec<UnsubscribeChange>, StoreError> {
        let text =
            "select at, details, source from unsubscribe_history where account_id = $1 and email_key = $2 order by at desc limit 100";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(email_key).fetch_all(pool).await)?)
    }

    /// Whether somebody's openings and clicks are not to be counted.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn untracked(&self, email_key: &str) -> Result<bool, StoreError> {
        let text = "select count(*) from untracked where account_id = $1 and email_key = $2";
        let count: i64 = on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(email_key).fetch_one(pool).await)?;
        Ok(count > 0)
    }

    /// Has somebody's openings and clicks counted, or not.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_untracked(&self, email_key: &str, untracked: bool, deed: &Deed) -> Result<(), StoreError> {
        let text = if untracked {
            "insert into untracked (account_id, email_key) values ($1, $2) on conflict do nothing"
        } else {
            "delete from untracked where account_id = $1 and email_key = $2"
        };
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(email_key).execute(&mut *transaction).await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }
}
