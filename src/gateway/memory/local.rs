//! The memory of one process: bounded, and every value with its own end.

use std::time::{Duration, Instant};

use bytes::Bytes;
use moka::Expiry;
use moka::sync::Cache;

use super::{Admission, Sight};

/// Bytes of keys and values kept at most; sessions are about 300 bytes, fragments about 8 KB.
const CAPACITY_BYTES: u64 = 64 * 1024 * 1024;
/// Bookkeeping for each entry, beside key and value.
const ENTRY_BYTES: usize = 200;
/// Names of memories never end by themselves: ten years.
const EPOCH_SECONDS: u64 = 315_360_000;

/// Values in this process's memory.
#[derive(Debug)]
pub struct Local(Cache<String, Entry>);

#[derive(Debug, Clone)]
struct Entry {
    value: Bytes,
    seconds: u64,
}

struct OwnEnd;

impl Expiry<String, Entry> for OwnEnd {
    fn expire_after_create(&self, _: &String, entry: &Entry, _: Instant) -> Option<Duration> {
        Some(Duration::from_secs(entry.seconds))
    }

    fn expire_after_update(&self, _: &String, entry: &Entry, _: Instant, _: Option<Duration>) -> Option<Duration> {
        Some(Duration::from_secs(entry.seconds))
    }
}

impl Default for Local {
    fn default() -> Self {
        let weight = |key: &String, entry: &Entry| u32::try_from(key.len() + entry.value.len() + ENTRY_BYTES).unwrap_or(u32::MAX);
        Self(Cache::builder().max_capacity(CAPACITY_BYTES).weigher(weight).expire_after(OwnEnd).build())
    }
}

impl Local {
    pub(super) fn admit(&self, admission: &Admission<'_>) -> Sight {
        let first = self.set_if_absent(admission.seen_key, Bytes::from_static(b"1"), admission.seen_seconds);
        self.put(admission.session_key, admission.session.clone(), admission.session_seconds);
        Sight { first, epoch: self.get(admission.epoch_key).and_then(|name| String::from_utf8(name.to_vec()).ok()) }
    }

    pub(super) fn get(&self, key: &str) -> Option<Bytes> {
        self.0.get(key).map(|entry| entry.value)
    }

    pub(super) fn put(&self, key: &str, value: Bytes, seconds: u64) {
        self.0.insert(key.to_owned(), Entry { value, seconds });
    }

    pub(super) fn forget(&self, key: &str) {
        self.0.invalidate(key);
    }

    pub(super) fn set_if_absent(&self, key: &str, value: Bytes, seconds: u64) -> bool {
        self.0.entry_by_ref(key).or_insert_with(|| Entry { value, seconds }).is_fresh()
    }

    pub(super) fn count(&self, key: &str, seconds: u64) -> u64 {
        let read = |value: &[u8]| std::str::from_utf8(value).ok().and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
        let entry = self.0.entry_by_ref(key).and_upsert_with(|known| {
            let count = known.map_or(0, |known| read(&known.into_value().value)) + 1;
            Entry { value: Bytes::from(count.to_string()), seconds }
        });
        read(&entry.into_value().value)
    }

    pub(super) fn name_epoch(&self, key: &str, name: &str) -> Option<String> {
        let entry = self.0.entry_by_ref(key).or_insert_with(|| Entry { value: Bytes::from(name.to_owned()), seconds: EPOCH_SECONDS });
        String::from_utf8(entry.into_value().value.to_vec()).ok()
    }
}
