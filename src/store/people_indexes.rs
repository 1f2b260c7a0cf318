//! Indexes that a first load is better off without.
//!
//! Addresses come in no order, so that each batch of a load would change as many pages of their index as it has rows: the
//! index costs more than all else together. A load into a database that knows hardly anybody goes without and has them sorted
//! once at its end; until then whoever looks for an address or an owner reads the whole table. Where there are many people
//! already, of other accounts for example, they stay.

use sqlx::AssertSqlSafe;

use super::{CACHE, Store, StoreError, commit};

const POSTPONED: [(&str, &str); 2] = [
    ("drop index if exists people_by_email", "create index if not exists people_by_email on people (lower(email)) where email is not null"),
    ("drop index if exists people_by_owner", "create index if not exists people_by_owner on people (owner_id)"),
];

/// The cache meanwhile, as SQLite's pragma wants it: kibibytes.
const WHILE_SORTING: &str = "-1000";

/// Above so many people an index is not built anew for a load.
const HARDLY_ANYBODY: i64 = 10_000;

impl Store {
    /// A first load begins.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn postpone_indexes(&self) -> Result<(), StoreError> {
        commit!(self, transaction => {
            let known: i64 = sqlx::query_scalar("select count(*) from (select 1 from people limit $1) a_few")
                .bind(HARDLY_ANYBODY)
                .fetch_one(&mut *transaction)
                .await?;
            if known < HARDLY_ANYBODY {
                for (drop, _) in POSTPONED {
                    sqlx::query(drop).execute(&mut *transaction).await?;
                }
            }
        });
        Ok(())
    }

    /// A first load is over, or was given up.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn complete_indexes(&self) -> Result<(), StoreError> {
        for (_, create) in POSTPONED {
            match self {
                // SQLite sorts in as much memory as the cache may have, and then some; the connection gets its cache back.
                Self::Sqlite(_) => commit!(self, transaction => {
                    for text in [format!("pragma cache_size = {WHILE_SORTING}"), create.to_owned(), format!("pragma cache_size = {CACHE}")] {
                        sqlx::query(AssertSqlSafe(text)).execute(&mut *transaction).await?;
                    }
                }),
                Self::Postgres(server) => server.at_length(create).await?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use crate::store::{Store, on, testing};

    async fn indexes(store: &Store) -> Vec<(String, String)> {
        let text = store.text(
            "select name, sql from sqlite_master where type = 'index' and name in ('people_by_email', 'people_by_owner') order by name",
            "select indexname, indexdef from pg_indexes where schemaname = current_schema() \
             and indexname in ('people_by_email', 'people_by_owner') order by indexname",
        );
        let rows: Vec<(String, String)> = on!(store, pool => sqlx::query_as(text).fetch_all(pool).await).unwrap();
        rows.into_iter().map(|(name, sql)| (name, sql.to_lowercase().replace("if not exists ", ""))).collect()
    }

    #[tokio::test]
    async fn after_a_load_the_database_has_the_indexes_that_its_migrations_made() {
        for test in testing::every_engine().await {
            let made = indexes(&test.store).await;
            assert_eq!(made.len(), 2);
            test.store.postpone_indexes().await.unwrap();
            assert!(indexes(&test.store).await.is_empty());
            test.store.complete_indexes().await.unwrap();
            test.store.complete_indexes().await.unwrap();
            assert_eq!(indexes(&test.store).await, made);
        }
    }

    #[tokio::test]
    async fn where_many_people_are_known_the_indexes_stay() {
        for test in testing::every_engine().await {
            let people: Vec<_> = (1..=10_000).map(testing::person).collect();
            let tenant = crate::store::tests::account(&test.store, "a").await;
            tenant.upsert_people(people, 1, None).await.unwrap();
            test.store.postpone_indexes().await.unwrap();
            assert_eq!(indexes(&test.store).await.len(), 2);
        }
    }
}
