//! The journal: how often each path was called, and the last calls one by one.

use std::collections::{BTreeMap, VecDeque};

use serde::Serialize;

use crate::sandbox::kept::Kept;

/// One call; without its query, which may hold secrets.
#[derive(Debug, Clone, Serialize)]
pub struct Call {
    /// Milliseconds since the epoch, by the machine.
    pub at: i64,
    pub took_ms: i64,
    pub method: String,
    pub path: String,
    pub status: u16,
    pub marketo_code: Option<String>,
    /// What came in the header `x-request-id`.
    pub request_id: Option<String>,
}

#[derive(Debug, Default)]
struct Pages {
    counts: BTreeMap<String, u64>,
    calls: VecDeque<Call>,
}

/// The journal of this world.
#[derive(Debug, Default)]
pub struct Journal(Kept<Pages>);

const CALLS_KEPT: usize = 1_000;
const PATHS_KEPT: usize = 2_000;

impl Journal {
    /// Writes a call down.
    pub fn write(&self, call: Call) {
        self.0.with(|pages| {
            let known = pages.counts.len() < PATHS_KEPT || pages.counts.contains_key(&call.path);
            *pages.counts.entry(if known { call.path.clone() } else { "(others)".to_owned() }).or_default() += 1;
            if pages.calls.len() >= CALLS_KEPT {
                pages.calls.pop_front();
            }
            pages.calls.push_back(call);
        });
    }

    /// Counts by path, and the last calls, oldest first.
    pub fn read(&self) -> (BTreeMap<String, u64>, Vec<Call>) {
        self.0.with(|pages| (pages.counts.clone(), pages.calls.iter().cloned().collect()))
    }

    /// Begins anew.
    pub fn forget(&self) {
        self.0.with(|pages| *pages = Pages::default());
    }
}
