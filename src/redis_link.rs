//! The way to Redis: to one server, or to a cluster of several nodes, of which one is known and tells of the others.

use std::time::{Duration, Instant};

use redis::aio::MultiplexedConnection;
use redis::cluster::{ClusterClient, ClusterConfig};
use redis::cluster_async::ClusterConnection;
use redis::{AsyncConnectionConfig, Client, FromRedisValue, Pipeline, RedisError, ScriptInvocation, TlsCertificates};
use secrecy::ExposeSecret;
use thiserror::Error;
use tokio::sync::Mutex;

use crate::clock;
use crate::settings;

/// Why Redis gave no answer: the kind alone, since the full text may repeat an address with a password.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct LinkError(pub String);

impl From<RedisError> for LinkError {
    fn from(error: RedisError) -> Self {
        Self(format!("{:?}", error.kind()))
    }
}

/// Where Redis is. Connects to nothing yet.
#[derive(Clone)]
pub enum Servers {
    /// One server, or the one node that holds everything.
    One(Box<Client>),
    /// Nodes that share the keys.
    Many(Box<ClusterClient>),
}

impl std::fmt::Debug for Servers {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Servers")
    }
}

impl Servers {
    /// Reads the settings; `None` without a Redis.
    ///
    /// # Errors
    /// When the URL is not one of Redis, or the authority's certificates can't be read. The message repeats neither.
    pub fn read(settings: &settings::Redis) -> Result<Option<Self>, LinkError> {
        let Some(url) = settings.url.as_ref().map(ExposeSecret::expose_secret) else { return Ok(None) };
        let certificates =
            (!settings.ca.is_empty()).then(|| TlsCertificates { client_tls: None, root_cert: Some(settings.ca.as_bytes().to_vec()) });
        let read = match (settings.cluster, certificates) {
            (true, None) => ClusterClient::builder([url]).build().map(|client| Self::Many(Box::new(client))),
            (true, Some(certificates)) => {
                ClusterClient::builder([url]).certs(certificates).build().map(|client| Self::Many(Box::new(client)))
            }
            (false, None) => Client::open(url).map(|client| Self::One(Box::new(client))),
            (false, Some(certificates)) => Client::build_with_tls(url, certificates).map(|client| Self::One(Box::new(client))),
        };
        let unusable = "redis.url is not a Redis address, or redis.ca holds no certificates for a rediss:// one";
        read.map(Some).map_err(|_| LinkError(unusable.to_owned()))
    }
}

#[derive(Clone)]
enum Connection {
    One(MultiplexedConnection),
    Many(ClusterConnection),
}

#[derive(Default)]
struct Kept {
    connection: Option<Connection>,
    /// When the last try to connect failed.
    failed_at: Option<Instant>,
}

/// One connection, made when it is first needed and anew after it failed once.
pub struct RedisLink {
    servers: Servers,
    connect: Duration,
    answer: Duration,
    kept: Mutex<Kept>,
}

impl std::fmt::Debug for RedisLink {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RedisLink")
    }
}

impl RedisLink {
    /// A link that waits at most so long for a connection, and for an answer.
    #[must_use]
    pub fn new(servers: Servers, connect: Duration, answer: Duration) -> Self {
        Self { servers, connect, answer, kept: Mutex::default() }
    }

    async fn connected(&self) -> Result<Connection, RedisError> {
        Ok(match &self.servers {
            Servers::One(client) => {
                let config =
                    AsyncConnectionConfig::new().set_connection_timeout(Some(self.connect)).set_response_timeout(Some(self.answer));
                Connection::One(client.get_multiplexed_async_connection_with_config(&config).await?)
            }
            Servers::Many(client) => {
                let config = ClusterConfig::new().set_connection_timeout(self.connect).set_response_timeout(self.answer);
                Connection::Many(client.get_async_connection_with_config(config).await?)
            }
        })
    }

    async fn connection(&self) -> Result<Connection, LinkError> {
        // Held while connecting, so that those who wait share the one connection, or that there is none: if each tried for themselves,
        // the last would wait for all.
        let came = clock::instant();
        let mut kept = self.kept.lock().await;
        if let Some(connection) = &kept.connection {
            return Ok(connection.clone());
        }
        if kept.failed_at.is_some_and(|at| at >= came) {
            return Err(LinkError("no connection in time".to_owned()));
        }
        let connecting = tokio::time::timeout(self.connect, self.connected());
        let connected = connecting.await.map_err(|_| LinkError("no connection in time".to_owned())).and_then(|made| Ok(made?));
        if connected.is_err() {
            kept.failed_at = Some(clock::instant());
        }
        Ok(kept.connection.insert(connected?).clone())
    }

    // A cluster's connection tries by itself again and again; nobody waits for longer than for an answer.
    async fn answered<T>(&self, asking: impl Future<Output = Result<T, RedisError>>) -> Result<T, LinkError> {
        let answer = match tokio::time::timeout(self.answer, asking).await {
            Ok(answer) => answer.map_err(LinkError::from),
            Err(_) => Err(LinkError("no answer in time".to_owned())),
        };
        if answer.is_err() {
            // Whatever went wrong, the next one begins on a fresh connection.
            self.kept.lock().await.connection.take();
        }
        answer
    }

    /// Runs commands in one round trip. Their keys have one hash tag.
    ///
    /// # Errors
    /// When there is no connection or no answer in time, or Redis refuses.
    pub async fn query<T: FromRedisValue>(&self, pipeline: &Pipeline) -> Result<T, LinkError> {
        match self.connection().await? {
            Connection::One(mut connection) => self.answered(pipeline.query_async(&mut connection)).await,
            Connection::Many(mut connection) => self.answered(pipeline.query_async(&mut connection)).await,
        }
    }

    /// Runs a script. Its keys have one hash tag.
    ///
    /// # Errors
    /// When there is no connection or no answer in time, or Redis refuses.
    pub async fn run<T: FromRedisValue>(&self, script: &ScriptInvocation<'_>) -> Result<T, LinkError> {
        match self.connection().await? {
            Connection::One(mut connection) => self.answered(script.invoke_async(&mut connection)).await,
            Connection::Many(mut connection) => self.answered(script.invoke_async(&mut connection)).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test]
    async fn whoever_waits_for_a_redis_that_says_nothing_waits_together_with_the_others() {
        for cluster in [false, true] {
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
            let settings = settings::Redis { url: Some(url.into()), cluster, ..settings::Redis::default() };
            let second = Duration::from_secs(1);
            let link = RedisLink::new(Servers::read(&settings).unwrap().unwrap(), second, second);
            let pipeline = redis::pipe().cmd("GET").arg("key").clone();
            let answers = futures_util::future::join_all((0..20).map(|_| link.query::<(Option<String>,)>(&pipeline))).await;
            assert!(answers.iter().all(Result::is_err));
            assert_eq!(tries.load(Ordering::SeqCst), 1, "one try for all of them; cluster: {cluster}");
            silent.abort();
        }
    }
}
