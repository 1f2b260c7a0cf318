//! How far the reconcilers are, for people: a bar in the terminal, lines in the log, figures beside the job.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use crate::clock;

/// What an account's reconcilers are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    #[default]
    Waiting,
    LoadingPeople,
    LoadingHistory,
    /// The first load is over; changes are followed.
    Following,
}

/// Figures of one account.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct Figures {
    pub phase: Phase,
    /// Rows read in this phase.
    pub read: u64,
    /// Rows of them that were written.
    pub written: u64,
    /// Rows that were not, by reason.
    pub skipped: BTreeMap<&'static str, u64>,
    /// Values that were left out of rows that were written, by field and reason.
    pub left_out: BTreeMap<&'static str, u64>,
    /// Rows a second of the files alone, without the time that Marketo took to make them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reading_per_second: Option<f64>,
    /// Rows to read, where that is known beforehand.
    pub expected: Option<u64>,
    /// Rows read a second, since the phase began.
    pub per_second: f64,
    /// Up to when the feed of activities was seen, in milliseconds since the epoch; what the panels call fresh.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fresh_as_of: Option<i64>,
    #[serde(skip)]
    began_ms: i64,
    #[serde(skip)]
    files: (u64, Duration),
}

const LOG_EVERY_MS: i64 = 5_000;

/// Where reconcilers report, and others look.
#[derive(Debug, Default)]
pub struct Progress {
    accounts: watch::Sender<BTreeMap<String, Figures>>,
    logged_at: Mutex<BTreeMap<String, i64>>,
}

impl Progress {
    /// The figures as they change, by account.
    #[must_use]
    pub fn subscribe(&self) -> watch::Receiver<BTreeMap<String, Figures>> {
        self.accounts.subscribe()
    }

    /// The figures of one account now.
    #[must_use]
    pub fn of(&self, account_id: &str) -> Figures {
        self.accounts.borrow().get(account_id).cloned().unwrap_or_default()
    }

    /// A phase begins; counting starts anew.
    pub fn enter(&self, account_id: &str, phase: Phase, expected: Option<u64>) {
        let fresh_as_of = self.of(account_id).fresh_as_of;
        let figures = Figures { phase, expected, fresh_as_of, began_ms: clock::now_ms(), ..Figures::default() };
        let before = self.accounts.send_replace_in(account_id, figures);
        if before != Some(phase) {
            tracing::info!(account_id, ?phase, "synchronisation");
        }
    }

    /// A file of so many rows was read and stored in this time.
    pub fn file(&self, account_id: &str, rows: u64, took: Duration) {
        self.accounts.send_modify(|accounts| {
            let figures = accounts.entry(account_id.to_owned()).or_default();
            figures.files = (figures.files.0 + rows, figures.files.1 + took);
            let rows = f64::from(u32::try_from(figures.files.0).unwrap_or(u32::MAX));
            figures.reading_per_second = Some((rows / figures.files.1.as_secs_f64().max(0.001)).round());
        });
    }

    /// The feed of activities was seen up to `at_ms`.
    pub fn seen_up_to(&self, account_id: &str, at_ms: i64) {
        self.accounts.send_modify(|accounts| accounts.entry(account_id.to_owned()).or_default().fresh_as_of = Some(at_ms));
    }

    /// Adds to the figures of the phase, and logs them now and then.
    pub fn add(&self, account_id: &str, read: u64, written: u64, skipped: &BTreeMap<&'static str, u64>) {
        let now = clock::now_ms();
        self.accounts.send_modify(|accounts| {
            let figures = accounts.entry(account_id.to_owned()).or_default();
            figures.read += read;
            figures.written += written;
            for (reason, count) in skipped {
                *figures.skipped.entry(reason).or_default() += count;
            }
            let elapsed = f64::from(u32::try_from((now - figures.began_ms).max(1)).unwrap_or(u32::MAX)) / 1000.0;
            figures.per_second = f64::from(u32::try_from(figures.read).unwrap_or(u32::MAX)) / elapsed;
        });
        let due = {
            let mut logged_at = self.logged_at.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
            let last = logged_at.entry(account_id.to_owned()).or_default();
            let due = now - *last >= LOG_EVERY_MS;
            if due {
                *last = now;
            }
            due
        };
        if due {
            self.log(account_id);
        }
    }

    /// Adds to the values that were left out.
    pub fn add_left_out(&self, account_id: &str, left_out: &BTreeMap<&'static str, u64>) {
        if left_out.is_empty() {
            return;
        }
        self.accounts.send_modify(|accounts| {
            let figures = accounts.entry(account_id.to_owned()).or_default();
            for (reason, count) in left_out {
                *figures.left_out.entry(reason).or_default() += count;
            }
        });
    }

    /// Logs the figures as they stand.
    pub fn log(&self, account_id: &str) {
        let Figures { phase, read, written, skipped, left_out, per_second, .. } = self.of(account_id);
        let rate = format!("{per_second:.0}");
        tracing::info!(account_id, ?phase, read, written, ?skipped, ?left_out, per_second = rate, "synchronisation");
    }
}

trait Entered {
    fn send_replace_in(&self, account_id: &str, figures: Figures) -> Option<Phase>;
}

impl Entered for watch::Sender<BTreeMap<String, Figures>> {
    fn send_replace_in(&self, account_id: &str, figures: Figures) -> Option<Phase> {
        let mut before = None;
        self.send_modify(|accounts| before = accounts.insert(account_id.to_owned(), figures).map(|figures| figures.phase));
        before
    }
}
