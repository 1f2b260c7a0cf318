//! Values in Redis carry a mark that only the gateway's own processes can make, over the value and the key that it lies under.
//! Whoever may write to Redis can take values away, but can neither make a session, nor change one, nor move one to another key.

use aws_lc_rs::{constant_time, hmac};
use bytes::Bytes;
use secrecy::{ExposeSecret, SecretString};

/// Bytes of a mark: nobody can try more than a few online.
const LENGTH: usize = 16;

/// The key of the marks, drawn from the key of the tokens.
#[derive(Clone)]
pub(super) struct Marks(hmac::Key);

impl std::fmt::Debug for Marks {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Marks")
    }
}

impl Marks {
    pub(super) fn new(token_key: &SecretString) -> Self {
        let tokens = hmac::Key::new(hmac::HMAC_SHA256, token_key.expose_secret().as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&tokens, b"values of the shared memory, 1").as_ref()))
    }

    // The key's length stands before it, so that no value can be taken for the end of a key.
    fn over(&self, key: &str, value: &[u8]) -> hmac::Tag {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(&key.len().to_le_bytes());
        context.update(key.as_bytes());
        context.update(value);
        context.sign()
    }

    /// A value as it is stored under a key: with its mark behind it.
    pub(super) fn marked(&self, key: &str, value: &[u8]) -> Vec<u8> {
        let tag = self.over(key, value);
        [value, tag.as_ref().get(..LENGTH).unwrap_or_default()].concat()
    }

    /// A value that lay under a key, without its mark; `None` unless it was stored there by us.
    pub(super) fn read(&self, key: &str, mut kept: Vec<u8>) -> Option<Bytes> {
        let length = kept.len().checked_sub(LENGTH)?;
        let (value, mark) = kept.split_at_checked(length)?;
        let tag = self.over(key, value);
        if constant_time::verify_slices_are_equal(tag.as_ref().get(..LENGTH)?, mark).is_err() {
            metrics::counter!("memory_foreign_values_total").increment(1);
            return None;
        }
        kept.truncate(length);
        Some(Bytes::from(kept))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::super::{Admission, MemorySource};
    use super::*;
    use crate::settings::Redis;

    fn marks(key: char) -> Marks {
        Marks::new(&SecretString::from(key.to_string().repeat(32)))
    }

    proptest! {
        #[test]
        fn cac_04_only_what_was_stored_there_is_read(key in "[a-z:]{1,20}", value: Vec<u8>, bit: prop::sample::Index) {
            let kept = marks('k').marked(&key, &value);
            prop_assert_eq!(marks('k').read(&key, kept.clone()), Some(Bytes::from(value.clone())));
            prop_assert_eq!(marks('x').read(&key, kept.clone()), None);
            prop_assert_eq!(marks('k').read(&format!("{key}a"), kept.clone()), None);
            prop_assert_eq!(marks('k').read(&key, value), None);
            let mut bent = kept;
            let at = bit.index(bent.len() * 8);
            bent[at / 8] ^= 1 << (at % 8);
            prop_assert_eq!(marks('k').read(&key, bent), None);
        }
    }

    #[test]
    fn a_key_and_a_value_are_not_taken_for_each_other() {
        let kept = marks('k').marked("a", b"bc");
        assert_eq!(marks('k').read("ab", [&b"c"[..], &kept[2..]].concat()), None);
        assert_eq!(marks('k').read("a", Vec::new()), None);
        assert_eq!(marks('k').read("a", vec![0; LENGTH - 1]), None);
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
        let changed = String::from_utf8_lossy(&kept[..15]).replace("user", "root").into_bytes();
        for (at, value) in
            [(&other, kept.clone()), (&plain, b"{\"role\":\"root\"}".to_vec()), (&mine, [&changed[..], &kept[15..]].concat())]
        {
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
