//! The shared memory: Redis, one multiplexed connection for each worker thread, one round trip a request.

use std::time::Duration;

use bytes::Bytes;
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use tokio::sync::Mutex;

use super::mark::Marks;
use super::{Admission, MemoryError, Sight};

/// Longest wait for a connection; a rep waits behind it.
const CONNECT: Duration = Duration::from_secs(1);
/// Longest wait for an answer.
const ANSWER: Duration = Duration::from_millis(500);

pub(super) struct Remote {
    client: redis::Client,
    marks: Marks,
    /// The connection, until it failed once.
    connection: Mutex<Option<MultiplexedConnection>>,
}

impl std::fmt::Debug for Remote {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Redis")
    }
}

impl From<redis::RedisError> for MemoryError {
    fn from(error: redis::RedisError) -> Self {
        // The kind alone: the full text may repeat an address with a password.
        Self(format!("{:?}", error.kind()))
    }
}

impl Remote {
    pub(super) fn new(client: redis::Client, marks: Marks) -> Self {
        Self { client, marks, connection: Mutex::new(None) }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, MemoryError> {
        // Held while connecting, so that those who wait share the one connection.
        let mut kept = self.connection.lock().await;
        if let Some(connection) = &*kept {
            return Ok(connection.clone());
        }
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(ANSWER));
        let connection = tokio::time::timeout(CONNECT, self.client.get_multiplexed_async_connection_with_config(&config))
            .await
            .map_err(|_| MemoryError("no connection in time".to_owned()))??;
        Ok(kept.insert(connection).clone())
    }

    async fn query<T: redis::FromRedisValue>(&self, pipeline: &redis::Pipeline) -> Result<T, MemoryError> {
        let mut connection = self.connection().await?;
        let answer = pipeline.query_async(&mut connection).await;
        if answer.is_err() {
            // Whatever went wrong, the next one begins on a fresh connection.
            self.connection.lock().await.take();
        }
        Ok(answer?)
    }

    pub(super) async fn ping(&self) -> Result<(), MemoryError> {
        self.query::<()>(redis::pipe().cmd("PING").ignore()).await
    }

    pub(super) async fn admit(&self, admission: &Admission<'_>) -> Result<Sight, MemoryError> {
        let session = self.marks.marked(admission.session_key, &admission.session);
        let mut pipeline = redis::pipe();
        pipeline.cmd("SET").arg(admission.seen_key).arg(1).arg("NX").arg("EX").arg(admission.seen_seconds);
        pipeline.cmd("SET").arg(admission.session_key).arg(&session[..]).arg("EX").arg(admission.session_seconds).ignore();
        pipeline.cmd("GET").arg(admission.epoch_key);
        let (set, epoch): (Option<String>, Option<String>) = self.query(&pipeline).await?;
        Ok(Sight { first: set.is_some(), epoch })
    }

    pub(super) async fn pair(&self, first: &str, second: &str) -> Result<(Option<Bytes>, Option<Bytes>), MemoryError> {
        let (both,): ([Option<Vec<u8>>; 2],) = self.query(redis::pipe().cmd("MGET").arg(first).arg(second)).await?;
        let [one, other] = both;
        let read = |key: &str, value: Option<Vec<u8>>| value.and_then(|value| self.marks.read(key, value));
        Ok((read(first, one), read(second, other)))
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Bytes>, MemoryError> {
        let (value,): (Option<Vec<u8>>,) = self.query(redis::pipe().cmd("GET").arg(key)).await?;
        Ok(value.and_then(|value| self.marks.read(key, value)))
    }

    pub(super) async fn put(&self, key: &str, value: &[u8], seconds: u64) -> Result<(), MemoryError> {
        let value = self.marks.marked(key, value);
        self.query::<()>(redis::pipe().cmd("SET").arg(key).arg(&value[..]).arg("EX").arg(seconds).ignore()).await
    }

    pub(super) async fn forget(&self, key: &str) -> Result<(), MemoryError> {
        self.query::<()>(redis::pipe().cmd("DEL").arg(key).ignore()).await
    }

    pub(super) async fn set_if_absent(&self, key: &str, value: &[u8], seconds: u64) -> Result<bool, MemoryError> {
        let (set,): (Option<String>,) = self.query(redis::pipe().cmd("SET").arg(key).arg(value).arg("NX").arg("EX").arg(seconds)).await?;
        Ok(set.is_some())
    }

    pub(super) async fn count(&self, key: &str, seconds: u64) -> Result<u64, MemoryError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("INCR").arg(key).cmd("EXPIRE").arg(key).arg(seconds).ignore();
        let (count,): (u64,) = self.query(&pipeline).await?;
        Ok(count)
    }

    pub(super) async fn name_epoch(&self, key: &str, name: &str) -> Result<Option<String>, MemoryError> {
        let mut pipeline = redis::pipe();
        pipeline.cmd("SET").arg(key).arg(name).arg("NX").ignore().cmd("GET").arg(key);
        let (name,): (Option<String>,) = self.query(&pipeline).await?;
        Ok(name)
    }
}
