//! One bulk extract from beginning to end: created, queued, watched, downloaded, read, handed over in batches.

use std::time::Duration;

use tokio::sync::mpsc;

use super::job::{SyncError, Turn};
use crate::clock;
use crate::remote::call::CallError;
use crate::remote::marketo::bulk::{BulkError, Extract, File, JobState, Window};
use crate::remote::marketo::csv_rows::{Batch, Rows, batches};

/// Rows of a batch that is written in one transaction.
pub(super) const BATCH: usize = 2_000;

/// What is wanted.
#[derive(Debug, Clone)]
pub(super) enum What {
    People,
    Activities(Vec<i64>),
}

/// Where the rows of an extract go.
pub(super) trait Sink: Sync {
    type Rows: Rows;

    /// A job exists at Marketo; remembered, it need not be run again after a crash.
    fn created(&self, export_id: &str) -> impl Future<Output = Result<(), SyncError>> + Send;

    /// Rows to write.
    fn take(&self, batch: Batch<<Self::Rows as Rows>::Row>) -> impl Future<Output = Result<(), SyncError>> + Send;
}

const LONGEST_JOB: Duration = Duration::from_hours(6);

/// Fetches a window, by the job `known` if there is one already.
pub(super) async fn fetch<S: Sink>(turn: &Turn<'_>, what: &What, window: Window, known: Option<String>, sink: &S) -> Result<(), SyncError> {
    let extract = match what {
        What::People => Extract::Leads,
        What::Activities(_) => Extract::Activities,
    };
    let mut known = known;
    for _ in 0..3 {
        let id = if let Some(id) = known.take() {
            id
        } else {
            let id = create(turn, what, window).await?;
            sink.created(&id).await?;
            id
        };
        let file = match completed(turn, extract, &id).await {
            Ok(Some(file)) => file,
            // Cancelled, failed or deleted: a new one may fare better.
            Ok(None) | Err(SyncError::Bulk(BulkError::Gone)) => continue,
            Err(error) => return Err(error),
        };
        if file.records == 0 {
            return Ok(());
        }
        return download(turn, extract, &id, &file, sink).await;
    }
    Err(SyncError::Odd("Marketo could not complete the extract"))
}

fn poll(turn: &Turn<'_>) -> Duration {
    // 0 is for the demo and tests, whose jobs are done in no time.
    match turn.deps.marketo.bulk_poll_seconds {
        0 => Duration::from_millis(100),
        seconds => Duration::from_secs(u64::from(seconds)),
    }
}

async fn create(turn: &Turn<'_>, what: &What, window: Window) -> Result<String, SyncError> {
    let began = clock::instant();
    loop {
        let created = match what {
            What::People => turn.marketo.create_lead_extract(turn.asker(), window).await,
            What::Activities(types) => turn.marketo.create_activity_extract(turn.asker(), window, types).await,
        };
        match created {
            Err(BulkError::QueueFull) if began.elapsed() < LONGEST_JOB => tokio::time::sleep(poll(turn)).await,
            other => return Ok(other?),
        }
    }
}

async fn completed(turn: &Turn<'_>, extract: Extract, id: &str) -> Result<Option<File>, SyncError> {
    let began = clock::instant();
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
        tokio::time::sleep(poll(turn)).await;
        match turn.marketo.extract_state(turn.asker(), extract, id).await? {
            JobState::Completed(file) => return Ok(Some(file)),
            JobState::Cancelled | JobState::Failed => return Ok(None),
            JobState::Created => queued = false,
            JobState::Queued | JobState::Processing => {}
        }
    }
    Err(SyncError::Odd("Marketo did not complete the extract in six hours"))
}

async fn download<S: Sink>(turn: &Turn<'_>, extract: Extract, id: &str, file: &File, sink: &S) -> Result<(), SyncError> {
    let (pieces, queue) = mpsc::channel(8);
    let mut read = batches::<S::Rows>(queue, BATCH);
    let fetching = async {
        let result = turn.marketo.download_extract(turn.asker(), extract, id, file, &pieces).await;
        // Closes the queue, so that the reader ends as well.
        drop(pieces);
        result
    };
    let writing = async {
        while let Some(batch) = read.recv().await {
            sink.take(batch?).await?;
        }
        Ok::<_, SyncError>(())
    };
    let mut fetching = std::pin::pin!(fetching);
    let mut writing = std::pin::pin!(writing);
    tokio::select! {
        fetched = &mut fetching => {
            // What was read so far is good and is written; then the download's own error counts.
            let written = writing.await;
            fetched?;
            written
        }
        written = &mut writing => {
            written?;
            // All was read, so the download is over but for its last word.
            fetching.await?;
            Ok(())
        }
    }
}
