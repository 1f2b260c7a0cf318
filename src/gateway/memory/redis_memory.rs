//! The shared memory: Redis, one multiplexed connection for each worker thread, one round trip a request.

use std::time::{Duration, Instant};

use bytes::Bytes;
use redis::AsyncConnectionConfig;
use redis::aio::MultiplexedConnection;
use tokio::sync::Mutex;

use super::sealing::Sealing;
use super::{Admission, MemoryError, Sight};
use crate::clock;

/// Longest wait for a connection; a rep waits behind it.
const CONNECT: Duration = Duration::from_secs(1);
/// Longest wait for an answer. A face that gets no turn on a busy machine must not take that for a lost Redis: its reps' sessions
/// would seem to have ended. Who waits for a Redis that is lost does so once, with all others.
const ANSWER: Duration = Duration::from_secs(2);

pub(super) struct Remote {
    client: redis::Client,
    sealing: Sealing,
    /// The connection, until it failed once.
    connection: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    connection: Option<MultiplexedConnection>,
    /// When the last try to connect failed.
    failed_at: Option<Instant>,
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
    pub(super) fn new(client: redis::Client, sealing: Sealing) -> Self {
        Self { client, sealing, connection: Mutex::default() }
    }

    async fn connection(&self) -> Result<MultiplexedConnection, MemoryError> {
        // Held while connecting, so that those who wait share the one connection, or that there is none: if each tried for themselves,
        // the last would wait for all.
        let came = clock::instant();
        let mut kept = self.connection.lock().await;
        if let Some(connection) = &kept.connection {
            return Ok(connection.clone());
        }
        if kept.failed_at.is_some_and(|at| at >= came) {
            return Err(MemoryError("no connection in time".to_owned()));
        }
        let config = AsyncConnectionConfig::new().set_connection_timeout(Some(CONNECT)).set_response_timeout(Some(ANSWER));
        let connecting = tokio::time::timeout(CONNECT, self.client.get_multiplexed_async_connection_with_config(&config));
        let connected = connecting.await.map_err(|_| MemoryError("no connection in time".to_owned())).and_then(|made| Ok(made?));
        if connected.is_err() {
            kept.failed_at = Some(clock::instant());
        }
        Ok(kept.connection.insert(connected?).clone())
    }

    async fn query<T: redis::FromRedisValue>(&self, pipeline: &redis::Pipeline) -> Result<T, MemoryError> {
        let mut connection = self.connection().await?;
        let answer = pipeline.query_async(&mut connection).await;
        if answer.is_err() {
            // Whatever went wrong, the next one begins on a fresh connection.
            self.connection.lock().await.connection.take();
        }
        Ok(answer?)
    }

    pub(super) async fn ping(&self) -> Result<(), MemoryError> {
        self.query::<()>(redis::pipe().cmd("PING").ignore()).await
    }

    pub(super) async fn admit(&self, admission: &Admission<'_>) -> Result<Sight, MemoryError> {
        let session = self.sealing.sealed(admission.session_key, &admission.session)?;
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
        let read = |key: &str, value: Option<Vec<u8>>| value.and_then(|value| self.sealing.opened(key, value));
        Ok((read(first, one), read(second, other)))
    }

    pub(super) async fn get(&self, key: &str) -> Result<Option<Bytes>, MemoryError> {
        let (value,): (Option<Vec<u8>>,) = self.query(redis::pipe().cmd("GET").arg(key)).await?;
        Ok(value.and_then(|value| self.sealing.opened(key, value)))
    }

    pub(super) async fn put(&self, key: &str, value: &[u8], seconds: u64) -> Result<(), MemoryError> {
        let value = self.sealing.sealed(key, value)?;
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn whoever_waits_for_a_redis_that_says_nothing_waits_together_with_the_others() {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("redis://{}/", listener.local_addr().unwrap());
        let tries = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&tries);
        let silent = tokio::spawn(async move {
            let mut kept = Vec::new();
            while let Ok((stream, _)) = listener.accept().await {
                counted.fetch_add(1, Ordering::SeqCst);
                kept.push(stream);
            }
        });
        let remote = Remote::new(redis::Client::open(url).unwrap(), Sealing::new(&secrecy::SecretString::from("k".repeat(64))));
        let answers = futures_util::future::join_all((0..20).map(|_| remote.get("key"))).await;
        assert!(answers.iter().all(Result::is_err));
        assert_eq!(tries.load(Ordering::SeqCst), 1, "one try for all of them");
        silent.abort();
    }
}
