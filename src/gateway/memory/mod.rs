//! What the face remembers for a while: sessions, signed requests seen, rendered fragments, used JWT ids.
//!
//! In Redis when it is configured, in this process otherwise, with the same behaviour. Nothing here is
//! worth keeping: when Redis is lost people come back by a fresh signed request, and until it answers
//! again this process's own memory serves.
//!
//! Keys of one account share the hash tag `{account}`, so that on a Redis Cluster they lie together.

mod local;
mod redis_memory;
mod sealing;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use bytes::Bytes;
use secrecy::SecretString;

use crate::clock;
use crate::redis_link::Servers;
use crate::settings::Redis;
pub use local::Local;
use redis_memory::Remote;
use sealing::Sealing;

/// Milliseconds for which a lost Redis is left alone.
const PAUSE_MS: i64 = 1_000;

/// Redis did not answer in time, or answered with an error.
#[derive(Debug, thiserror::Error)]
#[error("redis: {0}")]
pub struct MemoryError(String);

/// A first or repeated sight of a signed request, and the session to open for it.
#[derive(Debug)]
pub struct Admission<'a> {
    /// Key of the seen mark: account and digest of the request.
    pub seen_key: &'a str,
    /// Key under which the account's memory of seen requests has a name.
    pub epoch_key: &'a str,
    /// Seconds for which the request counts as seen.
    pub seen_seconds: u64,
    pub session_key: &'a str,
    pub session: Bytes,
    pub session_seconds: u64,
}

/// What the memory knows of a signed request; the session is stored in any case, under an id that only
/// the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    /// It was not seen while this memory lasted.
    pub first: bool,
    /// Name of this memory; absent after it was lost, until somebody names it again.
    pub epoch: Option<String>,
}

/// The memory of one worker thread.
#[derive(Debug)]
pub struct Memory {
    local: Arc<Local>,
    remote: Option<Remote>,
    /// Until when Redis is taken for lost, by [`clock::steady_ms`].
    lost_until: Arc<AtomicI64>,
}

/// What all worker threads of a process share of it.
#[derive(Debug, Clone)]
pub struct MemorySource {
    local: Arc<Local>,
    servers: Option<Servers>,
    sealing: Sealing,
    lost_until: Arc<AtomicI64>,
}

impl MemorySource {
    /// Prepares the memory; connects to nothing yet. What lies in Redis is sealed by keys drawn from `token_key`.
    ///
    /// # Errors
    /// When the Redis URL or the authority's certificates can't be read. The message does not repeat them, as there may be a
    /// password.
    pub fn new(settings: &Redis, token_key: &SecretString) -> Result<Self, MemoryError> {
        let servers = Servers::read(settings)?;
        Ok(Self { local: Arc::new(Local::default()), servers, sealing: Sealing::new(token_key), lost_until: Arc::new(AtomicI64::new(0)) })
    }

    /// A worker's own memory: one multiplexed connection for each worker beats a shared one (performance facts §1.3).
    #[must_use]
    pub fn for_worker(&self) -> Memory {
        let remote = self.servers.clone().map(|servers| Remote::new(servers, self.sealing.clone()));
        Memory { local: Arc::clone(&self.local), remote, lost_until: Arc::clone(&self.lost_until) }
    }
}

impl Memory {
    /// Whether the memory is shared and answers; `None` when it is this process's own.
    pub async fn reachable(&self) -> Option<bool> {
        Some(self.remote.as_ref()?.ping().await.is_ok())
    }

    /// Marks a signed request as seen and stores the session, in one round trip.
    ///
    /// When Redis is lost the request counts as seen and the session lives in this process.
    pub async fn admit(&self, admission: &Admission<'_>) -> Sight {
        if let Some(remote) = self.remote() {
            match remote.admit(admission).await {
                Ok(sight) => return sight,
                Err(error) => self.lost(&error),
            }
        } else if self.remote.is_none() {
            return self.local.admit(admission);
        }
        let sight = self.local.admit(admission);
        Sight { first: false, epoch: sight.epoch }
    }

    /// Two values in one round trip.
    pub async fn pair(&self, first: &str, second: &str) -> (Option<Bytes>, Option<Bytes>) {
        if let Some(remote) = self.remote() {
            match remote.pair(first, second).await {
                Ok((None, value)) => return (self.local.get(first), value),
                Ok(values) => return values,
                Err(error) => self.lost(&error),
            }
        }
        (self.local.get(first), self.local.get(second))
    }

    /// One value.
    pub async fn get(&self, key: &str) -> Option<Bytes> {
        if let Some(remote) = self.remote() {
            match remote.get(key).await {
                Ok(Some(value)) => return Some(value),
                Ok(None) => {}
                Err(error) => self.lost(&error),
            }
        }
        self.local.get(key)
    }

    /// Stores a value for some seconds.
    pub async fn put(&self, key: &str, value: Bytes, seconds: u64) {
        if let Some(remote) = self.remote() {
            match remote.put(key, &value, seconds).await {
                Ok(()) => return,
                Err(error) => self.lost(&error),
            }
        }
        self.local.put(key, value, seconds);
    }

    /// Forgets a value.
    pub async fn forget(&self, key: &str) {
        self.local.forget(key);
        if let Some(remote) = self.remote()
            && let Err(error) = remote.forget(key).await
        {
            self.lost(&error);
        }
    }

    /// Counts one more under a key that lives for `seconds`; gives the count.
    pub async fn count(&self, key: &str, seconds: u64) -> u64 {
        if let Some(remote) = self.remote() {
            match remote.count(key, seconds).await {
                Ok(count) => return count,
                Err(error) => self.lost(&error),
            }
        }
        self.local.count(key, seconds)
    }

    /// Takes something that can be had once: true for the first caller within `seconds`.
    ///
    /// # Errors
    /// When Redis is configured and lost: what may happen once only must not happen on a guess.
    pub async fn once(&self, key: &str, seconds: u64) -> Result<bool, MemoryError> {
        match &self.remote {
            None => Ok(self.local.set_if_absent(key, Bytes::from_static(b"1"), seconds)),
            Some(_) => match self.remote() {
                Some(remote) => remote.set_if_absent(key, b"1", seconds).await.inspect_err(|error| self.lost(error)),
                None => Err(MemoryError("lost a moment ago".to_owned())),
            },
        }
    }

    /// Names the memory unless it has a name; the name that holds now.
    pub async fn name_epoch(&self, key: &str, name: &str) -> Option<String> {
        if let Some(remote) = self.remote() {
            match remote.name_epoch(key, name).await {
                Ok(name) => return name,
                Err(error) => self.lost(&error),
            }
        }
        self.local.name_epoch(key, name)
    }

    fn remote(&self) -> Option<&Remote> {
        self.remote.as_ref().filter(|_| clock::steady_ms() >= self.lost_until.load(Ordering::Relaxed))
    }

    fn lost(&self, error: &MemoryError) {
        metrics::counter!("memory_errors_total").increment(1);
        let now = clock::steady_ms();
        if self.lost_until.swap(now.saturating_add(PAUSE_MS), Ordering::Relaxed) <= now {
            tracing::warn!(%error, "redis is lost; this process's own memory serves until it answers");
        }
    }
}
