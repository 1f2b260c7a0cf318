//! One bulk extract from beginning to end: created, queued, watched, downloaded, read, handed over in batches.

use std::collections::{BTreeMap, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use tokio::sync::{Mutex, mpsc};

use super::job::{Job, SyncError, Turn};
use crate::clock;
use crate::remote::call::CallError;
use crate::remote::marketo::bulk::{BulkError, Extract, File, JobState, Which, Window};
use crate::remote::marketo::csv_rows::{Batch, Rows, batches};
use crate::remote::marketo::leads::Wanted;

/// Rows of a batch that is written in one transaction.
pub(super) const BATCH: usize = 1_024;

/// Extracts that a load keeps under way: Marketo works on two at once, and one more waits for a place to become free.
pub(super) const AT_ONCE: usize = 3;

/// Calls that an extract of one window takes: created, queued, looked at, downloaded.
pub(super) const CALLS_PER_WINDOW: i64 = 4;

/// What is wanted.
#[derive(Debug, Clone)]
pub(super) enum What {
    People(Which),
    /// The few fields of people that tell how they stand.
    Standings(Which),
    Activities(Vec<i64>, Window),
}

impl What {
    const fn extract(&self) -> Extract {
        match self {
            Self::People(_) | Self::Standings(_) => Extract::Leads,
            Self::Activities(..) => Extract::Activities,
        }
    }
}

/// Where the rows of an extract go.
pub(super) trait Sink: Sync {
    type Rows: Rows;

    /// A job exists at Marketo; remembered, it need not be run again after a crash. An empty id: that one is of no use.
    fn created(&self, export_id: &str) -> impl Future<Output = Result<(), SyncError>> + Send;

    /// Rows to write.
    fn take(&self, batch: Batch<<Self::Rows as Rows>::Row>) -> impl Future<Output = Result<(), SyncError>> + Send;
}

/// Notes which extract fetches a window; none, if it must be a new one.
pub(super) fn remember(exports: &mut BTreeMap<i64, String>, window: i64, export_id: &str) {
    if export_id.is_empty() {
        exports.remove(&window);
    } else {
        exports.insert(window, export_id.to_owned());
    }
}

const LONGEST_JOB: Duration = Duration::from_hours(6);

/// Looks at the extracts of one load. They are looked at on common ticks, so that one call tells of all of them.
#[derive(Debug)]
pub(super) struct Watch {
    began: Instant,
    pace: Duration,
    waiting: AtomicUsize,
    seen: Mutex<(u32, HashMap<String, JobState>)>,
    // One file at a time: there is one writer behind it, and memory for one.
    file: Mutex<()>,
}

impl Watch {
    pub(super) fn new(turn: &Turn<'_>) -> Self {
        // 0 is for the demo and tests, whose jobs are done in no time.
        let pace = match turn.deps.marketo.bulk_poll_seconds {
            0 => Duration::from_millis(100),
            seconds => Duration::from_secs(u64::from(seconds)),
        };
        Self { began: clock::instant(), pace, waiting: AtomicUsize::new(0), seen: Mutex::default(), file: Mutex::default() }
    }

    // Waits for the next tick that is at least half a pace away, and tells which it is.
    async fn tick(&self) -> u32 {
        let elapsed = self.began.elapsed();
        let ticks = (elapsed + self.pace / 2).as_secs_f64() / self.pace.as_secs_f64();
        let mut tick = 1_u32;
        while f64::from(tick) < ticks {
            tick = tick.saturating_add(1).max(tick_below(ticks));
        }
        tokio::time::sleep((self.pace * tick).saturating_sub(elapsed)).await;
        tick
    }

    async fn state(&self, turn: &Turn<'_>, extract: Extract, id: &str) -> Result<JobState, BulkError> {
        let tick = self.tick().await;
        if self.waiting.load(Ordering::Relaxed) > 1 {
            let mut seen = self.seen.lock().await;
            if seen.0 < tick {
                *seen = (tick, turn.marketo.extract_states(turn.asker(), extract).await?);
            }
            if let Some(state) = seen.1.get(id) {
                return Ok(state.clone());
            }
        }
        turn.marketo.extract_state(turn.asker(), extract, id).await
    }
}

// A whole number of ticks not above `ticks`, so that a long wait is not counted up to one by one.
fn tick_below(ticks: f64) -> u32 {
    let mut low = 1_u32;
    while f64::from(low.saturating_mul(2)) < ticks && low < u32::MAX / 2 {
        low *= 2;
    }
    low
}

struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::Relaxed);
        Self(count)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Fetches what is wanted, by the job `known` if there is one already.
pub(super) async fn fetch<S: Sink>(turn: &Turn<'_>, watch: &Watch, what: &What, known: Option<String>, sink: &S) -> Result<(), SyncError> {
    let extract = what.extract();
    let mut known = known;
    let mut wrong = SyncError::Odd("Marketo could not complete the extract");
    for _ in 0..3 {
        let id = if let Some(id) = known.take() {
            id
        } else {
            let id = create(turn, watch, what).await?;
            sink.created(&id).await?;
            id
        };
        let file = match completed(turn, watch, extract, &id).await {
            Ok(Some(file)) => file,
            // Cancelled, failed or deleted: a new one may fare better.
            Ok(None) | Err(SyncError::Bulk(BulkError::Gone)) => continue,
            Err(error) => return Err(error),
        };
        if file.records == 0 {
            return Ok(());
        }
        match download(turn, watch, extract, &id, &file, sink).await {
            // Marketo has lost the file, or has a broken one: the same job would give the same again.
            Err(error @ SyncError::Bulk(BulkError::Gone | BulkError::Broken)) => wrong = error,
            other => return other,
        }
        sink.created("").await?;
    }
    Err(wrong)
}

async fn create(turn: &Turn<'_>, watch: &Watch, what: &What) -> Result<String, SyncError> {
    let began = clock::instant();
    loop {
        let created = match what {
            What::People(which) => turn.marketo.create_lead_extract(turn.asker(), which, Wanted::Everything).await,
            What::Standings(which) => turn.marketo.create_lead_extract(turn.asker(), which, Wanted::Standing).await,
            What::Activities(types, window) => turn.marketo.create_activity_extract(turn.asker(), *window, types).await,
        };
        match created {
            Err(BulkError::QueueFull) if began.elapsed() < LONGEST_JOB => tokio::time::sleep(watch.pace).await,
            other => return Ok(other?),
        }
    }
}

async fn completed(turn: &Turn<'_>, watch: &Watch, extract: Extract, id: &str) -> Result<Option<File>, SyncError> {
    let began = clock::instant();
    let _waiting = Waiting::among(&watch.waiting);
    let mut queued = false;
    while began.elapsed() < LONGEST_JOB {
        if !queued {
            match turn.marketo.enqueue_extract(turn.asker(), extract, id).await {
                // A job that is under way or over is refused, as it cannot be queued again; its state tells which.
                Ok(()) | Err(BulkError::Call(CallError::Refused { .. })) => queued = true,
                Err(BulkError::QueueFull) => {}
                Err(error) => return Err(error.into()),
            }
        }
        match watch.state(turn, extract, id).await? {
            JobState::Completed(file) => return Ok(Some(file)),
            JobState::Cancelled | JobState::Failed => return Ok(None),
            JobState::Created => queued = false,
            JobState::Queued | JobState::Processing => {}
        }
    }
    Err(SyncError::Odd("Marketo did not complete the extract in six hours"))
}

async fn download<S: Sink>(turn: &Turn<'_>, watch: &Watch, extract: Extract, id: &str, file: &File, sink: &S) -> Result<(), SyncError> {
    let _one = watch.file.lock().await;
    let began = clock::instant();
    let (pieces, queue) = mpsc::channel(3);
    let mut read = batches::<S::Rows>(queue, BATCH);
    let fetching = async {
        let result = turn.marketo.download_extract(turn.asker(), extract, id, file, &pieces).await;
        // Closes the queue, so that the reader ends as well.
        drop(pieces);
        result
    };
    let writing = async {
        let mut rows = 0;
        while let Some(batch) = read.recv().await {
            let batch = batch?;
            rows += u64::try_from(batch.rows.len()).unwrap_or(0) + batch.bad;
            sink.take(batch).await?;
        }
        Ok::<_, SyncError>(rows)
    };
    let mut fetching = std::pin::pin!(fetching);
    let mut writing = std::pin::pin!(writing);
    let rows = tokio::select! {
        fetched = &mut fetching => {
            // What was read so far is good and is written; then the download's own error counts.
            let written = writing.await;
            fetched?;
            written?
        }
        written = &mut writing => {
            let rows = written?;
            // All was read, so the download is over but for its last word.
            fetching.await?;
            rows
        }
    };
    if turn.job != Job::Standings {
        turn.deps.progress.file(turn.account_id(), rows, began.elapsed());
    }
    Ok(())
}
