//! The account's database: one text of SQL for two engines, SQLite (embedded) and PostgreSQL (at scale).
//!
//! What belongs to one account is reached through a [`Tenant`], which carries the account's id into every
//! statement; there is no other way to those tables.

use std::str::FromStr;
use std::time::Duration;

use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{PgPool, SqlitePool};

pub mod orgs;
pub mod people;
pub mod sync_state;
pub mod timeline;

/// The database, whichever engine it runs on.
#[derive(Debug, Clone)]
pub enum Store {
    /// A file, in this process.
    Sqlite(SqlitePool),
    /// A server.
    Postgres(PgPool),
}

/// Runs the same expression against whichever pool the store holds.
macro_rules! on {
    ($store:expr, $pool:ident => $body:expr) => {
        match $store {
            $crate::store::Store::Sqlite($pool) => $body,
            $crate::store::Store::Postgres($pool) => $body,
        }
    };
}
pub(crate) use on;

/// The database did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The URL names no engine that we know.
    #[error("database url must begin with sqlite: or postgres:")]
    UnknownEngine,
    /// The engine refused or could not be reached.
    #[error("database: {0}")]
    Engine(#[from] sqlx::Error),
    /// A migration failed.
    #[error("database migration: {0}")]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// Somebody else holds the job's lease by now; nothing was written.
    #[error("the lease was lost")]
    LeaseLost,
    /// The thing belongs to another account.
    #[error("it belongs to another account")]
    Taken,
    /// A stored value could not be read back.
    #[error("stored value of {column} is unreadable")]
    Unreadable { column: &'static str },
}

impl Store {
    /// Opens the pool; an SQLite file is created when it does not exist.
    ///
    /// # Errors
    /// When the URL names no known engine or the engine cannot be reached within five seconds.
    pub async fn connect(url: &str, connections: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(Duration::from_secs(5))
                .foreign_keys(true);
            let pool = SqlitePoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(5));
            return Ok(Self::Sqlite(pool.connect_with(options).await?));
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let pool = sqlx::postgres::PgPoolOptions::new().max_connections(connections).acquire_timeout(Duration::from_secs(5));
            return Ok(Self::Postgres(pool.connect(url).await?));
        }
        Err(StoreError::UnknownEngine)
    }

    /// Brings the schema up to date. Migrations only go forward.
    ///
    /// # Errors
    /// When a migration fails or the recorded history differs from ours.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(pool) => sqlx::migrate!("src/store/migrations/sqlite").run(pool).await?,
            Self::Postgres(pool) => sqlx::migrate!("src/store/migrations/postgres").run(pool).await?,
        }
        Ok(())
    }

    /// Answers when the database does.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ping(&self) -> Result<(), StoreError> {
        on!(self, pool => sqlx::query("select 1").execute(pool).await.map(drop))?;
        Ok(())
    }

    /// The door to one account's rows.
    #[must_use]
    pub fn tenant(&self, account_id: &str) -> Tenant {
        Tenant { store: self.clone(), account_id: account_id.to_owned() }
    }
}

/// One account's rows. Every statement behind it names the account.
#[derive(Debug, Clone)]
pub struct Tenant {
    store: Store,
    account_id: String,
}

impl Tenant {
    /// The account's id.
    #[must_use]
    pub fn account_id(&self) -> &str {
        &self.account_id
    }

    /// The database itself, for what no single account owns.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }
}
