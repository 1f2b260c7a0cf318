//! Who did what: written in the transaction of the deed itself.

use super::{StoreError, Tenant, on};

/// A deed, as it goes into the log.
#[derive(Debug, Clone)]
pub struct Deed {
    pub id: String,
    /// Epoch milliseconds.
    pub at: i64,
    /// The address of whoever did it, or a word such as `operator`.
    pub who: String,
    /// A stable word such as `member.removed`.
    pub what: &'static str,
    /// What it was done to, for people.
    pub target: String,
    /// Network address that it came from.
    pub source: Option<String>,
    pub request_id: Option<String>,
}

/// A deed, read back.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct AuditRow {
    pub id: String,
    pub at: i64,
    pub who: String,
    pub what: String,
    pub target: String,
    pub source: Option<String>,
    pub request_id: Option<String>,
}

/// Writes a deed inside a transaction.
macro_rules! note {
    ($transaction:ident, $account_id:expr, $deed:expr) => {
        sqlx::query("insert into audit (id, account_id, at, who, what, target, source, request_id) values ($1, $2, $3, $4, $5, $6, $7, $8)")
            .bind(&$deed.id)
            .bind($account_id)
            .bind($deed.at)
            .bind(&$deed.who)
            .bind($deed.what)
            .bind(&$deed.target)
            .bind(&$deed.source)
            .bind(&$deed.request_id)
            .execute(&mut *$transaction)
            .await?
    };
}
pub(super) use note;

/// Makes everybody who changes this account's members wait for each other until the transaction ends.
macro_rules! hold_account {
    ($transaction:ident, $account_id:expr, $now:expr) => {
        sqlx::query("update accounts set changed_at = $2 where id = $1").bind($account_id).bind($now).execute(&mut *$transaction).await?
    };
}
pub(super) use hold_account;

/// What a search field holds, as a pattern.
pub(super) fn pattern(search: &str) -> String {
    let mut pattern = String::from("%");
    for letter in search.trim().to_lowercase().chars() {
        if matches!(letter, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(letter);
    }
    pattern.push('%');
    pattern
}

impl Tenant {
    /// Deeds, the newest first, before the place `(at, id)`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn audit(&self, search: &str, before: Option<(i64, &str)>, limit: i64) -> Result<Vec<AuditRow>, StoreError> {
        let text = "select id, at, who, what, target, source, request_id from audit where account_id = $1 \
                    and (at < $2 or (at = $2 and id < $3)) \
                    and (lower(who) like $4 escape '\\' or what like $4 escape '\\' or lower(target) like $4 escape '\\') \
                    order by at desc, id desc limit $5";
        let (at, id) = before.unwrap_or((i64::MAX, ""));
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(at)
            .bind(id)
            .bind(pattern(search))
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// How many deeds a search finds.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_audit(&self, search: &str) -> Result<i64, StoreError> {
        let text = "select count(*) from audit where account_id = $1 \
                    and (lower(who) like $2 escape '\\' or what like $2 escape '\\' or lower(target) like $2 escape '\\')";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(pattern(search)).fetch_one(pool).await)?)
    }

    /// Writes a deed that changes no other row.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note(&self, deed: &Deed) -> Result<(), StoreError> {
        super::commit!(&self.store, transaction => {
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::Deed;
    use crate::store::on;
    use crate::store::testing::every_engine;

    #[tokio::test]
    async fn what_was_noted_can_be_neither_changed_nor_removed() {
        for test in every_engine().await {
            test.store.create_account("a", "A", 1).await.unwrap();
            let tenant = test.store.tenant("a");
            let deed =
                Deed { id: "1".to_owned(), at: 1, who: "w".to_owned(), what: "x", target: "t".to_owned(), source: None, request_id: None };
            tenant.note(&deed).await.unwrap();
            for text in ["update audit set who = 'somebody else'", "delete from audit", "delete from audit where account_id = 'a'"] {
                let outcome = on!(&test.store, pool => sqlx::query(text).execute(pool).await.map(|_| ()));
                assert!(outcome.is_err(), "{} {text}", test.engine);
            }
            assert_eq!(tenant.audit("", None, 10).await.unwrap()[0].who, "w");
        }
    }
}
