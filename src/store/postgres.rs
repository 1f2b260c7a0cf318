//! A PostgreSQL that may fall silent.
//!
//! A connection that dies without a word, for example when a machine between goes away, is silent for as long as TCP waits, which may be
//! hours; whoever asked something on it would wait as long and keep it from everybody else. So each answer has its time, and a
//! connection that lets it pass is thrown away: it shows no sign of life when it comes back to the pool.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use futures_util::stream::{self, BoxStream};
use sqlx::migrate::Migrator;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgQueryResult, PgRow, PgStatement, PgTypeInfo};
use sqlx::{Connection, Describe, Either, Error, Execute, Executor, PgConnection, PgPool, PgTransaction, Postgres, SqlStr};

use super::StoreError;

/// How long a connection may take to show that it lives, and how long one rested that has to show it before it is used.
const SIGN_OF_LIFE: Duration = Duration::from_secs(1);
const RESTED: Duration = Duration::from_secs(1);
/// How long a statement may work before the server itself ends it, and how long we listen before we take the connection for dead.
const AT_WORK: (&str, &str) = ("statement_timeout", "60s");
const ANSWER: Duration = Duration::from_secs(65);
/// How long a transaction may take to begin, for which the server has nothing to do; the wait for a connection is part of it.
const BEGIN: Duration = Duration::from_secs(10);
/// How long what goes through a whole table may take; until the transaction's or, as the text is told, the connection's end.
const AT_LENGTH: (&str, Duration) = ("select set_config('statement_timeout', '30min', $1)", Duration::from_mins(31));

/// A pool of connections to a server.
#[derive(Debug, Clone)]
pub struct Server {
    pool: PgPool,
    answer: Duration,
}

/// A transaction at a server; rolled back when it is dropped.
#[derive(Debug)]
pub struct Transaction(InTransaction);

/// What runs a statement within a transaction.
#[derive(Debug)]
pub struct InTransaction {
    transaction: PgTransaction<'static>,
    answer: Duration,
}

async fn within<T>(limit: Duration, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    tokio::time::timeout(limit, answer).await.unwrap_or_else(|_| Err(Error::Io(std::io::ErrorKind::TimedOut.into())))
}

// Each item has its time; after one that let it pass nothing is asked for any more.
fn each_within<'e, T: Send + 'e>(limit: Duration, items: BoxStream<'e, Result<T, Error>>) -> BoxStream<'e, Result<T, Error>> {
    let next = move |items: Option<BoxStream<'e, Result<T, Error>>>| async move {
        let mut items = items?;
        match within(limit, async { items.next().await.transpose() }).await {
            Ok(item) => item.map(|item| (Ok(item), Some(items))),
            Err(error) => Some((Err(error), None)),
        }
    };
    stream::unfold(Some(items), next).boxed()
}

// A connection whose other end is gone without a word is thrown away instead of kept for the next one.
async fn is_alive(connection: &mut PgConnection) -> Result<bool, Error> {
    within(SIGN_OF_LIFE, connection.ping()).await.map(|()| true)
}

impl Server {
    /// Opens a pool of at most so many connections, each of which is awaited no longer than `patience`.
    ///
    /// # Errors
    /// When the server can't be reached within that time.
    pub(super) async fn connect(options: PgConnectOptions, connections: u32, patience: Duration) -> Result<Self, Error> {
        // The pool's own tests of a connection wait for as long as TCP does.
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(patience)
            .test_before_acquire(false)
            .before_acquire(|connection, about| {
                let rested = about.idle_for >= RESTED;
                Box::pin(async move { if rested { is_alive(connection).await } else { Ok(true) } })
            })
            .after_release(|connection, _| Box::pin(is_alive(connection)));
        Ok(Self { pool: pool.connect_with(options.options([AT_WORK])).await?, answer: ANSWER })
    }

    /// The pool itself, whose answers nobody limits.
    #[cfg(test)]
    pub(super) const fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Runs the migrations that are left to run, each of which may take long, as may the wait for another process that runs them.
    ///
    /// # Errors
    /// When one fails, when the recorded history differs from ours, and when they take half an hour.
    pub(super) async fn migrate(&self, migrations: &Migrator) -> Result<(), StoreError> {
        let (allow, limit) = AT_LENGTH;
        let mut connection = self.pool.acquire().await?;
        sqlx::query(allow).bind(false).execute(&mut *connection).await?;
        // Nobody else gets a connection with that much time.
        let mut connection = connection.detach();
        let silent = |_| StoreError::Engine(Error::Io(std::io::ErrorKind::TimedOut.into()));
        tokio::time::timeout(limit, migrations.run(&mut connection)).await.map_err(silent)??;
        Ok(())
    }

    /// Begins a transaction.
    ///
    /// # Errors
    /// When no connection becomes free or the server does not answer in time.
    pub async fn begin(&self) -> Result<Transaction, Error> {
        let transaction = within(BEGIN, Box::pin(self.pool.begin())).await?;
        Ok(Transaction(InTransaction { transaction, answer: self.answer }))
    }

    /// Runs one statement that may take as long as it takes to go through the largest table.
    ///
    /// # Errors
    /// When the server refuses, or does not answer within half an hour.
    pub async fn at_length(&self, text: &'static str) -> Result<(), Error> {
        let (allow, limit) = AT_LENGTH;
        let mut transaction = self.begin().await?;
        sqlx::query(allow).bind(true).execute(&mut *transaction).await?;
        transaction.answer = limit;
        sqlx::query(text).execute(&mut *transaction).await?;
        transaction.commit().await
    }
}

impl Transaction {
    /// Makes it last.
    ///
    /// # Errors
    /// When the server refuses, and when it does not answer in time: then nobody knows whether it lasts.
    pub async fn commit(self) -> Result<(), Error> {
        within(self.answer, Box::pin(self.0.transaction.commit())).await
    }
}

impl Deref for Transaction {
    type Target = InTransaction;

    fn deref(&self) -> &InTransaction {
        &self.0
    }
}

impl DerefMut for Transaction {
    fn deref_mut(&mut self) -> &mut InTransaction {
        &mut self.0
    }
}

/// Has the statements that `$one` runs by its `$inner` answered in time.
macro_rules! limits {
    ($one:ty, $inner:ident) => {
        impl<'c> Executor<'c> for $one {
            type Database = Postgres;

            fn fetch_many<'e, 'q: 'e, E>(self, query: E) -> BoxStream<'e, Result<Either<PgQueryResult, PgRow>, Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, Postgres>,
            {
                each_within(self.answer, self.$inner.fetch_many(query))
            }

            fn fetch_optional<'e, 'q: 'e, E>(self, query: E) -> BoxFuture<'e, Result<Option<PgRow>, Error>>
            where
                'c: 'e,
                E: 'q + Execute<'q, Postgres>,
            {
                Box::pin(within(self.answer, self.$inner.fetch_optional(query)))
            }

            fn prepare_with<'e>(self, sql: SqlStr, parameters: &'e [PgTypeInfo]) -> BoxFuture<'e, Result<PgStatement, Error>>
            where
                'c: 'e,
            {
                Box::pin(within(self.answer, self.$inner.prepare_with(sql, parameters)))
            }

            fn describe<'e>(self, sql: SqlStr) -> BoxFuture<'e, Result<Describe<Postgres>, Error>>
            where
                'c: 'e,
            {
                Box::pin(within(self.answer, self.$inner.describe(sql)))
            }
        }
    };
}
limits!(&'c Server, pool);
limits!(&'c mut InTransaction, transaction);

#[cfg(test)]
mod tests {
    use std::str::FromStr;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::watch;

    use super::super::testing::{every_engine, postgres_url};
    use super::*;

    // Hands on what comes from one side, until ways as old as this one are to be silent: then it keeps what it has to itself.
    async fn hand_on(mut from: impl AsyncReadExt + Unpin, mut to: impl AsyncWriteExt + Unpin, age: u32, silent: watch::Receiver<u32>) {
        let mut bytes = [0; 8192];
        while let Ok(count @ 1..) = from.read(&mut bytes).await {
            if silent.clone().wait_for(|silent| age >= *silent).await.is_err() || to.write_all(&bytes[..count]).await.is_err() {
                return;
            }
        }
    }

    // An address that leads to a server, and what makes the first so many ways there silent.
    async fn way_to(server: String) -> (u16, watch::Sender<u32>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (sender, silent) = watch::channel(0);
        tokio::spawn(async move {
            for age in 0.. {
                let (near_in, near_out) = listener.accept().await.unwrap().0.into_split();
                let (far_in, far_out) = TcpStream::connect(&server).await.unwrap().into_split();
                tokio::spawn(hand_on(near_in, far_out, age, silent.clone()));
                tokio::spawn(hand_on(far_in, near_out, age, silent.clone()));
            }
        });
        (port, sender)
    }

    #[tokio::test]
    async fn a_connection_that_falls_silent_in_the_middle_is_given_up_and_the_next_one_works() {
        let Some(url) = postgres_url() else { return };
        let options = PgConnectOptions::from_str(&url).unwrap();
        let (port, silence) = way_to(format!("{}:{}", options.get_host(), options.get_port())).await;
        let mut server = Server::connect(options.host("127.0.0.1").port(port), 1, Duration::from_secs(5)).await.unwrap();
        server.answer = Duration::from_millis(300);
        let is_silent = |error: Error| matches!(error, Error::Io(error) if error.kind() == std::io::ErrorKind::TimedOut);
        let one = || sqlx::query_scalar::<_, i32>("select 1");
        let fall_silent = || silence.send_modify(|silent| *silent += 1);

        // Each of the ways in which answers are read; one by one, within a transaction, at its end.
        for way in 0..5 {
            // There is one connection only: whoever comes next gets another one in the place of that which fell silent.
            let mut transaction = server.begin().await.unwrap();
            assert_eq!(one().fetch_one(&mut *transaction).await.unwrap(), 1, "{way}");
            let outcome = if way < 3 {
                transaction.commit().await.unwrap();
                fall_silent();
                match way {
                    0 => one().fetch_optional(&server).await.map(drop),
                    1 => one().fetch_all(&server).await.map(drop),
                    _ => sqlx::query("select 1").execute(&server).await.map(drop),
                }
            } else {
                fall_silent();
                match way {
                    3 => one().fetch_one(&mut *transaction).await.map(drop),
                    _ => transaction.commit().await,
                }
            };
            assert!(is_silent(outcome.unwrap_err()), "{way}");
        }
    }

    #[tokio::test]
    async fn what_goes_through_a_table_has_longer_than_other_statements() {
        for test in every_engine().await {
            let super::super::Store::Postgres(server) = &test.store else { continue };
            let mut server = server.clone();
            server.answer = Duration::from_millis(100);
            assert!(sqlx::query("select pg_sleep(0.3)").execute(&server).await.is_err());
            server.at_length("create table slept as select pg_sleep(0.3)::text").await.unwrap();
            server.answer = ANSWER;
            assert_eq!(sqlx::query_scalar::<_, i64>("select count(*) from slept").fetch_one(&server).await.unwrap(), 1);
            // A migration, too.
            let folder = tempfile::tempdir().unwrap();
            let text = "create table allowed as select current_setting('statement_timeout') as most";
            std::fs::write(folder.path().join("9999_allowed.sql"), text).unwrap();
            let mut migrations = Migrator::new(folder.path()).await.unwrap();
            server.migrate(migrations.set_ignore_missing(true)).await.unwrap();
            let allowed = |text: &'static str| sqlx::query_scalar::<_, String>(text).fetch_one(&server);
            assert_eq!(allowed("select most from allowed").await.unwrap(), "30min");
            for _ in 0..8 {
                assert_eq!(allowed("show statement_timeout").await.unwrap(), "1min", "that was for those alone");
            }
        }
    }
}
