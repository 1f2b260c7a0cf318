//! A copy of the database, and what must be doubted after one was put back: what happened since the copy was made is not in it,
//! though the world has it.

use std::path::Path;
use std::str::FromStr;

use sqlx::sqlite::{SqliteConnectOptions, SqlitePoolOptions};

use super::{Store, StoreError, commit, on};

/// How far the numbers of activities jump: those given after the copy was made are known to Marketo and Salesforce.
const JUMP: i64 = 100_000;

/// What came of a copy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Copied {
    /// It is there and whole.
    Whole,
    /// It was written, but can't be read back without fault.
    Damaged,
    /// The database is a server's, which has tools of its own for this.
    NotAFile,
}

/// What was put in doubt.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Doubted {
    /// Deliveries that are looked up in the other system before anything is sent.
    pub deliveries: u64,
    /// People whose sales campaign stands until somebody lets it go on.
    pub people: u64,
}

impl Store {
    /// Writes the database as it is at one moment to `file`, which must be empty or absent; writers need not wait.
    ///
    /// # Errors
    /// When the engine refuses, for instance because the volume is full.
    pub async fn copy_to(&self, file: &Path) -> Result<Copied, StoreError> {
        let Self::Sqlite(source) = self else { return Ok(Copied::NotAFile) };
        let name = file.to_str().ok_or_else(|| sqlx::Error::Configuration("the file's name must be UTF-8".into()))?;
        sqlx::query("vacuum into $1").bind(name).execute(&source.pool).await?;
        let options = SqliteConnectOptions::from_str("sqlite:")?.filename(file).read_only(true);
        let copy = SqlitePoolOptions::new().max_connections(1).connect_with(options).await?;
        let verdict: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&copy).await?;
        copy.close().await;
        Ok(if verdict == "ok" { Copied::Whole } else { Copied::Damaged })
    }

    /// Doubts what may have happened since the copy was made. Nothing is sent before it was looked up, mails that may have gone
    /// out wait for a person's word, and so do people whose next step of a sales campaign would be due.
    ///
    /// # Errors
    /// When the database refuses; then nothing was changed.
    pub async fn doubt_since_copy(&self, now_ms: i64) -> Result<Doubted, StoreError> {
        Ok(commit!(self, transaction => {
            let deliveries = sqlx::query(
                "update deliveries set state = 'unsettled', next_at = 0 \
                 where state in ('waiting', 'sending') and (next_at <= $1 or attempts > 0 or state = 'sending')",
            )
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            let people = sqlx::query(
                "update sales_runs set state = 'blocked', reason = 'restored', problem = null, due_at = null, turn = turn + 1 \
                 where state = 'running' and due_at <= $1",
            )
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            sqlx::query("update activity_numbers set last = last + $1").bind(JUMP).execute(&mut *transaction).await?;
            Doubted { deliveries, people }
        }))
    }

    /// Lets everybody go on in their sales campaigns whom [`Store::doubt_since_copy`] held.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn go_on_after_copy(&self, now_ms: i64) -> Result<u64, StoreError> {
        Ok(commit!(self, transaction => sqlx::query(
            "update sales_runs set state = 'running', reason = 'replanned', due_at = $1, turn = turn + 1 \
             where state = 'blocked' and reason = 'restored'",
        )
        .bind(now_ms)
        .execute(&mut *transaction)
        .await?
        .rows_affected()))
    }

    /// How many people wait for [`Store::go_on_after_copy`].
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn held_after_copy(&self) -> Result<i64, StoreError> {
        let text = "select count(*) from sales_runs where state = 'blocked' and reason = 'restored'";
        Ok(on!(self, pool => sqlx::query_scalar(text).fetch_one(pool).await)?)
    }
}

#[cfg(test)]
impl Store {
    /// Forgets what came of the deliveries, as if a copy from before had been put back.
    pub(crate) async fn forget_outcomes(&self) {
        let text = "update deliveries set state = 'waiting', attempts = 0, last_attempt_at = null, upstream_id = null, settled_at = null";
        on!(self, pool => sqlx::query(text).execute(pool).await.map(drop)).unwrap();
        let text = "update sales_emails set status = 'in progress', sent_at = null";
        on!(self, pool => sqlx::query(text).execute(pool).await.map(drop)).unwrap();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::testing::{every_engine, person};

    #[tokio::test]
    async fn a_copy_is_whole_and_stands_on_its_own() {
        for database in every_engine().await {
            let store = &database.store;
            store.enter_account("a", "A", "123-ABC-456", 1).await.unwrap();
            let tenant = store.tenant("a");
            tenant.upsert_people((1..=500).map(person).collect::<Vec<_>>(), 1, None).await.unwrap();
            let folder = tempfile::tempdir().unwrap();
            let file = folder.path().join("copy with 'quotes'.db");
            let copied = store.copy_to(&file).await.unwrap();
            if database.engine == "postgres" {
                assert_eq!((copied, file.exists()), (Copied::NotAFile, false));
                continue;
            }
            assert_eq!(copied, Copied::Whole);
            tenant.remove_people(&[1, 2, 3]).await.unwrap();
            store.copy_to(&file).await.unwrap_err();
            let copy = Store::connect(&format!("sqlite://{}", file.display()), 1).await.unwrap();
            copy.migrate().await.unwrap();
            assert_eq!(copy.tenant("a").count_people().await.unwrap(), 500);
        }
    }
}
