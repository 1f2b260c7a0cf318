//! Sessions of panels: opened by a verified signed request, named by an id that only its token carries, kept
//! under the id's hash.

use aws_lc_rs::digest;
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::memory::{Admission, Memory, Sight};
use crate::clock;
use crate::problem::Problem;

/// What the server keeps of a session; the token's claims carry the rest.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Session {
    /// Salesforce user, 18 characters.
    pub user: String,
    /// Epoch seconds.
    pub opened_at: i64,
}

/// A new session's id: 256 random bits.
///
/// # Errors
/// When the machine gives no randomness.
pub fn new_id() -> Result<String, Problem> {
    let bytes = clock::random::<32>().map_err(|_| Problem::internal())?;
    Ok(base64_simd::URL_SAFE_NO_PAD.encode_to_string(bytes))
}

/// The key of a session: its account and the hash of its id, so that reading the store gives no session.
#[must_use]
pub fn key(account: &str, id: &str) -> String {
    format!("msi:{{{account}}}:s:{}", fingerprint(id.as_bytes()))
}

/// SHA-256 in URL-safe base64.
#[must_use]
pub fn fingerprint(bytes: &[u8]) -> String {
    base64_simd::URL_SAFE_NO_PAD.encode_to_string(digest::digest(&digest::SHA256, bytes))
}

/// A signed request and the session that it may open.
#[derive(Debug)]
pub struct Opening<'a> {
    pub account: &'a str,
    /// The signed request's MAC, which names it however its text was spelled.
    pub tag: &'a [u8],
    pub user: &'a str,
    pub id: &'a str,
    pub session_seconds: u32,
    pub seen_seconds: u32,
}

impl Opening<'_> {
    /// Stores the session and says whether the request was seen before.
    ///
    /// # Errors
    /// Only when the session can't be written down, which is our fault.
    pub async fn admit(&self, memory: &Memory) -> Result<Sight, Problem> {
        let session = Session { user: self.user.to_owned(), opened_at: clock::now_s() };
        let session = serde_json::to_vec(&session).map_err(|_| Problem::internal())?;
        let sight = memory
            .admit(&Admission {
                seen_key: &format!("msi:{{{}}}:seen:{}", self.account, fingerprint(self.tag)),
                epoch_key: &epoch_key(self.account),
                seen_seconds: u64::from(self.seen_seconds),
                session_key: &key(self.account, self.id),
                session: Bytes::from(session),
                session_seconds: u64::from(self.session_seconds),
            })
            .await;
        Ok(sight)
    }
}

/// The key under which an account's memory of seen requests has its name.
#[must_use]
pub fn epoch_key(account: &str) -> String {
    format!("msi:{{{account}}}:epoch")
}
