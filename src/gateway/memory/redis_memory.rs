//! The shared memory: Redis, one multiplexed connection for each worker thread, one round trip a request.

use std::time::Duration;

use bytes::Bytes;

use super::sealing::Sealing;
use super::{Admission, MemoryError, Sight};
use crate::redis_link::{LinkError, RedisLink, Servers};

/// Longest wait for a connection; a rep waits behind it.
const CONNECT: Duration = Duration::from_secs(1);
/// Longest wait for an answer. A face that gets no turn on a busy machine must not take that for a lost Redis: its reps' sessions
/// would seem to have ended. Who waits for a Redis that is lost does so once, with all others.
const ANSWER: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(super) struct Remote {
    link: RedisLink,
    sealing: Sealing,
}

impl From<LinkError> for MemoryError {
    fn from(error: LinkError) -> Self {
        Self(error.0)
    }
}

impl Remote {
    pub(super) fn new(servers: Servers, sealing: Sealing) -> Self {
        Self { link: RedisLink::new(servers, CONNECT, ANSWER), sealing }
    }

    async fn query<T: redis::FromRedisValue>(&self, pipeline: &redis::Pipeline) -> Result<T, MemoryError> {
        Ok(self.link.query(pipeline).await?)
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
