//! The account's database: one text of SQL for two engines, SQLite (embedded) and PostgreSQL (at scale).
//!
//! What belongs to one account is reached through a [`Tenant`], which carries the account's id into every
//! statement; there is no other way to those tables.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use sqlx::postgres::PgConnectOptions;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection, SqlitePool};
use tokio::sync::Mutex;

pub mod accounts;
pub mod acting_settings;
pub mod api_tokens;
pub mod audit;
mod batch;
pub mod circulars;
pub mod deliveries;
pub mod desk;
pub mod entrances;
pub mod imports;
pub mod insights;
pub mod integrations;
pub mod invitations;
pub mod mail;
pub mod mail_channels;
pub mod members;
mod memory_epochs;
pub mod moment_alerts;
pub mod oauth_flows;
pub mod opportunities;
pub mod opt_outs;
pub mod org_packages;
pub mod orgs;
pub mod people;
mod people_batch;
mod people_indexes;
pub mod personal_data;
mod postgres;
pub mod record_activities;
pub mod resealing;
pub mod restoring;
pub mod sales_activities;
pub mod sales_campaigns;
pub mod sales_emails;
pub mod sales_ends;
pub mod sales_launches;
pub mod sales_runs;
pub mod sales_tasks;
pub mod salesforce;
pub mod secret_keys;
pub mod standings;
mod sync_runs;
pub mod sync_state;
pub mod teams;
pub mod templates;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
pub mod timeline;
mod times;
#[cfg(test)]
mod twins;
mod unclaimed;
pub mod unsubscribes;

/// The database, whichever engine it runs on.
#[derive(Debug, Clone)]
pub enum Store {
    /// A file, in this process.
    Sqlite(SqliteFile),
    /// A server.
    Postgres(postgres::Server),
}

/// An SQLite file. It has one writer at a time; `turn` makes our writers queue up fairly instead of
/// each polling for the file's lock, where the newest often wins.
#[derive(Debug, Clone)]
pub struct SqliteFile {
    pool: SqlitePool,
    turn: Arc<Mutex<()>>,
}

/// Reads: runs the same expression against whichever pool the store holds.
macro_rules! on {
    ($store:expr, $pool:ident => $body:expr) => {
        match $store {
            $crate::store::Store::Sqlite(file) => {
                let $pool = &file.pool;
                $body
            }
            $crate::store::Store::Postgres($pool) => $body,
        }
    };
}
use on;

/// Writes: runs the same expression inside a transaction that is committed at its end; an early return
/// rolls it back. SQLite takes its write lock at the start, since a transaction that only then begins to
/// write is refused without waiting.
macro_rules! commit {
    ($store:expr, $transaction:ident => $body:expr) => {
        match $store {
            $crate::store::Store::Sqlite(file) => {
                let _turn = file.turn.lock().await;
                let mut $transaction = file.pool.begin_with("begin immediate").await?;
                let outcome = $body;
                $transaction.commit().await?;
                outcome
            }
            $crate::store::Store::Postgres(server) => {
                let mut $transaction = server.begin().await?;
                let outcome = $body;
                $transaction.commit().await?;
                outcome
            }
        }
    };
}
use commit;

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

/// Pages that a connection to an SQLite file keeps, in kibibytes.
const CACHE: &str = "-4000";
/// How long we wait for a connection of the pool.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often migrations are begun on a file that somebody else migrates as well, and the pause between.
const MIGRATION_TRIES: u32 = 10;
const MIGRATION_PAUSE: Duration = Duration::from_millis(300);

// When a disk is full or fails, SQLite ends a transaction by itself. The driver goes on counting it, and would begin no other one on
// that connection: it is thrown away. The sign of life has it do what was left to do, such as rolling back.
async fn is_at_rest(connection: &mut SqliteConnection) -> Result<bool, sqlx::Error> {
    connection.ping().await?;
    Ok(!connection.is_in_transaction())
}

impl StoreError {
    /// What went wrong, for the log: the engine's code or a word, never a value of a row.
    #[must_use]
    pub fn cause(&self) -> std::borrow::Cow<'_, str> {
        match self {
            Self::Engine(sqlx::Error::Database(error)) => error.code().unwrap_or("refused".into()),
            Self::Engine(sqlx::Error::PoolTimedOut) => "no connection became free".into(),
            Self::Engine(sqlx::Error::PoolClosed) => "the pool is closed".into(),
            Self::Engine(sqlx::Error::Io(error)) => error.kind().to_string().into(),
            Self::Engine(sqlx::Error::ColumnDecode { index, .. }) => format!("column {index} is unreadable").into(),
            Self::Engine(_) => "the engine failed".into(),
            Self::Migration(_) => "a migration failed".into(),
            Self::UnknownEngine | Self::LeaseLost | Self::Taken | Self::Unreadable { .. } => self.to_string().into(),
        }
    }
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
                .pragma("wal_autocheckpoint", "8000")
                .pragma("cache_size", CACHE)
                .foreign_keys(true);
            let pool = SqlitePoolOptions::new()
                .max_connections(connections)
                .acquire_timeout(PATIENCE)
                .after_release(|connection, _| Box::pin(is_at_rest(connection)));
            return Ok(Self::Sqlite(SqliteFile { pool: pool.connect_with(options).await?, turn: Arc::default() }));
        }
        if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            return Ok(Self::Postgres(postgres::Server::connect(PgConnectOptions::from_str(url)?, connections, PATIENCE).await?));
        }
        Err(StoreError::UnknownEngine)
    }

    /// Brings the schema up to date. Migrations only go forward, and leave what the version before them needs: it may start again
    /// while its successor takes over, and finds migrations done that it does not know.
    ///
    /// # Errors
    /// When a migration fails or the recorded history differs from ours.
    pub async fn migrate(&self) -> Result<(), StoreError> {
        match self {
            Self::Sqlite(file) => {
                // SQLite has no lock that outlives a transaction: a process that lost the race against another one that
                // starts at the same time finds the work done when it looks again.
                let mut migrations = sqlx::migrate!("src/store/migrations/sqlite");
                migrations.set_ignore_missing(true);
                let mut tries = 1;
                while let Err(error) = migrations.run(&file.pool).await {
                    if tries == MIGRATION_TRIES {
                        return Err(error.into());
                    }
                    tries += 1;
                    tokio::time::sleep(MIGRATION_PAUSE).await;
                }
            }
            Self::Postgres(server) => {
                let mut migrations = sqlx::migrate!("src/store/migrations/postgres");
                server.migrate(migrations.set_ignore_missing(true)).await?;
            }
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

    /// The text that this engine understands, where the two differ.
    const fn text(&self, sqlite: &'static str, postgres: &'static str) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite,
            Self::Postgres(_) => postgres,
        }
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
