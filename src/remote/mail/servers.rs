//! Mail servers that people name: where they are, and how one talks to them. A name must lead to public addresses, which are
//! then called as they were found; only those that the operator lists may be local or go without TLS.

use std::net::SocketAddr;
use std::time::Duration;

use crate::remote::hosts::is_public;

const PATIENCE: Duration = Duration::from_secs(5);

/// How the way is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS after a greeting in the open; without it nothing is said.
    StartTls,
    /// None; for servers that the operator lists.
    Plain,
}

impl Security {
    /// By its stored word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "tls" => Some(Self::Tls),
            "starttls" => Some(Self::StartTls),
            "plain" => Some(Self::Plain),
            _ => None,
        }
    }
}

/// A server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Server {
    pub host: String,
    pub port: u16,
    pub security: Security,
}

/// Why a server can't be talked to; nothing was sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ServerRefused {
    #[error("the name is not one of a server")]
    Name,
    #[error("the name leads to no address")]
    Unknown,
    #[error("the name leads to an address that is not public")]
    NotPublic,
    #[error("a connection without TLS is not allowed")]
    Open,
}

impl Server {
    /// Where it is. `local` are servers, as `host:port`, that may be anywhere and go without TLS.
    ///
    /// # Errors
    /// See [`ServerRefused`].
    pub async fn address(&self, local: &[String]) -> Result<SocketAddr, ServerRefused> {
        let host = self.host.trim();
        let plain = host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
        if !plain || host.is_empty() || host.len() > 253 || host.contains("..") {
            return Err(ServerRefused::Name);
        }
        let listed = local.iter().any(|known| known.eq_ignore_ascii_case(&format!("{host}:{}", self.port)));
        if self.security == Security::Plain && !listed {
            return Err(ServerRefused::Open);
        }
        let found = tokio::time::timeout(PATIENCE, tokio::net::lookup_host((host.trim_matches(['[', ']']), self.port))).await;
        let found: Vec<SocketAddr> = found.ok().and_then(Result::ok).ok_or(ServerRefused::Unknown)?.collect();
        if found.is_empty() {
            return Err(ServerRefused::Unknown);
        }
        found.into_iter().find(|address| listed || is_public(address.ip())).ok_or(ServerRefused::NotPublic)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_public_servers_or_listed_ones_are_called() {
        let at = |host: &str, port: u16, security| Server { host: host.to_owned(), port, security };
        let listed = ["127.0.0.1:2525".to_owned()];
        assert!(at("127.0.0.1", 2525, Security::Plain).address(&listed).await.is_ok());
        for (server, why) in [
            (at("127.0.0.1", 2526, Security::Plain), ServerRefused::Open),
            (at("127.0.0.1", 993, Security::Tls), ServerRefused::NotPublic),
            (at("169.254.169.254", 993, Security::Tls), ServerRefused::NotPublic),
            (at("[::1]", 993, Security::Tls), ServerRefused::NotPublic),
            (at("10.0.0.8", 465, Security::StartTls), ServerRefused::NotPublic),
            (at("a b", 993, Security::Tls), ServerRefused::Name),
            (at("", 993, Security::Tls), ServerRefused::Name),
            (at("x@y", 993, Security::Tls), ServerRefused::Name),
            (at("a..b", 993, Security::Tls), ServerRefused::Name),
        ] {
            assert_eq!(server.address(&listed).await, Err(why), "{server:?}");
        }
    }
}
