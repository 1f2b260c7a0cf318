//! Values in Redis are sealed by a key that only the gateway's own processes have, each to the key that it lies under.
//! Whoever may read Redis learns nothing of them; whoever may write to it can take values away, but can neither make a session, nor
//! change one, nor move one to another key.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use aws_lc_rs::hmac;
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};

use super::MemoryError;
use crate::clock;

/// Bytes of salt, which stand before a value and draw a key for it alone.
const SALT: usize = 16;
/// Bytes that sealing puts behind a value.
const TAG: usize = 16;

/// What draws the keys, itself drawn from the key of the tokens.
#[derive(Clone)]
pub(super) struct Sealing(hmac::Key);

impl std::fmt::Debug for Sealing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sealing")
    }
}

// A key seals one value only, so that the nonce need not differ: as many values as are stored here would wear out a single key, whose
// random nonces may be used 2^32 times (NIST SP 800-38D §8.3).
fn only() -> Nonce {
    Nonce::assume_unique_for_key([0; 12])
}

impl Sealing {
    pub(super) fn new(token_key: &SecretString) -> Self {
        let tokens = hmac::Key::new(hmac::HMAC_SHA256, token_key.expose_secret().as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&tokens, b"values of the shared memory, 2").as_ref()))
    }

    fn key(&self, salt: &[u8]) -> Option<LessSafeKey> {
        UnboundKey::new(&AES_256_GCM, hmac::sign(&self.0, salt).as_ref()).ok().map(LessSafeKey::new)
    }

    /// A value as it is stored under a key.
    pub(super) fn sealed(&self, key: &str, value: &[u8]) -> Result<Vec<u8>, MemoryError> {
        let failed = || MemoryError("a value can't be sealed".to_owned());
        let salt = clock::random::<SALT>().map_err(|_| failed())?;
        let mut kept = Vec::with_capacity(SALT + value.len() + TAG);
        kept.extend_from_slice(&salt);
        kept.extend_from_slice(value);
        let drawn = self.key(&salt).ok_or_else(failed)?;
        let body = kept.get_mut(SALT..).ok_or_else(failed)?;
        let tag = drawn.seal_in_place_separate_tag(only(), Aad::from(key.as_bytes()), body).map_err(|_| failed())?;
        kept.extend_from_slice(tag.as_ref());
        Ok(kept)
    }

    /// A value that lay under a key; `None` unless it was stored there by us.
    pub(super) fn opened(&self, key: &str, mut kept: Vec<u8>) -> Option<Bytes> {
        let Some(length) = self.open(key, &mut kept) else {
            metrics::counter!("memory_foreign_values_total").increment(1);
            return None;
        };
        Some(Bytes::from(kept).slice(SALT..SALT + length))
    }

    fn open(&self, key: &str, kept: &mut [u8]) -> Option<usize> {
        let (salt, body) = kept.split_at_mut_checked(SALT)?;
        self.key(salt)?.open_in_place(only(), Aad::from(key.as_bytes()), body).ok().map(|value| value.len())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::{Admission, MemorySource};
    use super::*;
    use crate::settings::Redis;

    fn sealing(key: char) -> Sealing {
        Sealing::new(&SecretString::from(key.to_string().repeat(32)))
    }

    proptest! {
        #[test]
        fn cac_04_only_what_was_stored_there_is_read(key in "[a-z:]{1,20}", value: Vec<u8>, bit: prop::sample::Index) {
            let kept = sealing('k').sealed(&key, &value).unwrap();
            prop_assert_eq!(sealing('k').opened(&key, kept.clone()), Some(Bytes::from(value.clone())));
            prop_assert_eq!(sealing('x').opened(&key, kept.clone()), None);
            prop_assert_eq!(sealing('k').opened(&format!("{key}a"), kept.clone()), None);
            prop_assert_eq!(sealing('k').opened(&key, value), None);
            let mut bent = kept;
            let at = bit.index(bent.len() * 8);
            bent[at / 8] ^= 1 << (at % 8);
            prop_assert_eq!(sealing('k').opened(&key, bent), None);
        }
    }

    #[test]
    fn a_value_looks_different_each_time_and_what_is_too_short_is_none() {
        let once = sealing('k').sealed("a", b"value").unwrap();
        assert_ne!(once, sealing('k').sealed("a", b"value").unwrap());
        for length in [0, SALT - 1, SALT, SALT + TAG - 1] {
            assert_eq!(sealing('k').opened("a", once[..length].to_vec()), None, "{length}");
        }
    }

    #[tokio::test]
    async fn cac_04_ses_03_whoever_writes_to_redis_makes_no_session_and_moves_none() {
        #[expect(clippy::disallowed_methods, reason = "where tests learn of a Redis server")]
        let Ok(url) = std::env::var("MSI_TEST_REDIS_URL") else { return };
        let key = SecretString::from("k".repeat(32));
        let settings = Redis { url: Some(url.clone().into()), ..Redis::default() };
        let source = MemorySource::new(&settings, &key).unwrap();
        let memory = Arc::new(source.for_worker());
        let name = |what: &str| format!("msi:test:{what}:{}", crate::clock::new_id());
        let (mine, other, plain) = (name("mine"), name("other"), name("plain"));
        memory.put(&mine, Bytes::from_static(b"{\"role\":\"user\"}"), 60).await;
        assert_eq!(memory.get(&mine).await.as_deref(), Some(&b"{\"role\":\"user\"}"[..]));
        // Somebody who has nothing but Redis.
        let mut redis = redis::Client::open(url.as_str()).unwrap().get_multiplexed_async_connection().await.unwrap();
        let kept: Vec<u8> = redis::cmd("GET").arg(&mine).query_async(&mut redis).await.unwrap();
        assert!(!String::from_utf8_lossy(&kept).contains("role"), "it tells nothing either");
        // Bit by bit, so that "user" would read "root" if it were not for the seal.
        let mut changed = kept.clone();
        for (at, (from, to)) in b"user".iter().zip(b"root").enumerate() {
            changed[SALT + 9 + at] ^= from ^ to;
        }
        for (at, value) in [(&other, kept), (&plain, b"{\"role\":\"root\"}".to_vec()), (&mine, changed)] {
            redis::cmd("SET").arg(at).arg(value).exec_async(&mut redis).await.unwrap();
            assert_eq!(memory.get(at).await, None, "{at}");
            assert_eq!(memory.pair(at, at).await, (None, None), "{at}");
        }
        // Another process with the same key reads what this one stored.
        let (session, seen) = (name("session"), name("seen"));
        let admission = Admission {
            seen_key: &seen,
            epoch_key: &name("epoch"),
            seen_seconds: 60,
            session_key: &session,
            session: Bytes::from_static(b"s"),
            session_seconds: 60,
        };
        assert!(memory.admit(&admission).await.first);
        let neighbour = MemorySource::new(&settings, &key).unwrap().for_worker();
        assert_eq!(neighbour.pair(&session, &plain).await, (Some(Bytes::from_static(b"s")), None));
        let stranger = MemorySource::new(&settings, &SecretString::from("x".repeat(32))).unwrap().for_worker();
        assert_eq!(stranger.get(&session).await, None);
    }
}
