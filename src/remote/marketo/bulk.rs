//! Bulk extracts: a job is created, queued, watched, and its file downloaded as a stream.
//!
//! A download that breaks goes on where it stopped (Range), so that no byte comes twice, and the end of the stream is
//! only announced after the checksum was right: whoever reads the stream never takes a torn file for a whole one.

use std::collections::HashMap;
use std::time::Duration;

use aws_lc_rs::digest::{Context, SHA256};
use bytes::Bytes;
use reqwest::Method;
use reqwest::header::CONTENT_RANGE;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use super::csv_rows::Piece;
use super::envelope::read_page;
use super::leads::Wanted;
use super::{Asker, Marketo};
use crate::remote::call::{Answer, Body, Call, CallError};
use crate::remote::moment;

/// What is extracted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extract {
    Leads,
    Activities,
}

impl Extract {
    const fn word(self) -> &'static str {
        match self {
            Self::Leads => "leads",
            Self::Activities => "activities",
        }
    }
}

/// From when to when, in milliseconds since the epoch; at most [`LONGEST_WINDOW_MS`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    pub from_ms: i64,
    pub to_ms: i64,
}

/// Which people an extract is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Which {
    /// Created in a window.
    Created(Window),
    /// Members of a list.
    Listed(List),
}

/// A list of people in Marketo, by name. Not every subscription lets an extract ask for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum List {
    Static(String),
    Smart(String),
}

impl List {
    /// `static:NAME` or `smart:NAME`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (kind, name) = text.split_once(':')?;
        let name = Some(name.trim()).filter(|name| !name.is_empty())?.to_owned();
        match kind.trim() {
            "static" => Some(Self::Static(name)),
            "smart" => Some(Self::Smart(name)),
            _ => None,
        }
    }
}

/// Marketo's longest window for an extract: 31 days.
pub const LONGEST_WINDOW_MS: i64 = 31 * 86_400_000;

/// How a job stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JobState {
    Created,
    Queued,
    Processing,
    Completed(File),
    Cancelled,
    Failed,
}

/// What a completed job has to download.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    pub records: u64,
    pub bytes: Option<u64>,
    /// SHA-256, hexadecimal.
    pub checksum: Option<String>,
}

/// Why a job could not be created or queued, where it is not an ordinary [`CallError`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BulkError {
    /// Ten jobs are waiting already, ours or others'.
    #[error("the queue of extracts is full")]
    QueueFull,
    /// The subscription has no such filter, or there is no such list.
    #[error("this instance cannot extract by that list")]
    NoSuchFilter,
    /// The day's megabytes are used up until midnight US Central time.
    #[error("the day's volume of extracts is used up")]
    VolumeUsedUp,
    /// The job is gone: it was deleted, or somebody else's; or it is there and its file is not.
    #[error("the extract does not exist any more")]
    Gone,
    /// The file is not the one that Marketo says it is.
    #[error("the extract's file is broken")]
    Broken,
    #[error(transparent)]
    Call(#[from] CallError),
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct JobRow {
    export_id: String,
    status: String,
    #[serde(default)]
    number_of_records: Option<u64>,
    #[serde(default)]
    file_size: Option<u64>,
    #[serde(default)]
    file_checksum: Option<String>,
}

impl JobRow {
    fn state(self) -> Result<JobState, CallError> {
        Ok(match self.status.as_str() {
            "Created" => JobState::Created,
            "Queued" => JobState::Queued,
            "Processing" => JobState::Processing,
            "Completed" => JobState::Completed(File {
                records: self.number_of_records.unwrap_or(u64::MAX),
                bytes: self.file_size,
                checksum: self.file_checksum.map(|sum| sum.trim_start_matches("sha256:").to_ascii_lowercase()),
            }),
            "Cancelled" | "Canceled" => JobState::Cancelled,
            "Failed" => JobState::Failed,
            _ => return Err(CallError::BadAnswer("an extract has a state that we do not know")),
        })
    }
}

impl Marketo {
    /// Creates an extract of people; nothing runs yet.
    ///
    /// # Errors
    /// See [`BulkError`].
    pub async fn create_lead_extract(&self, asker: Asker<'_>, which: &Which, wanted: Wanted) -> Result<String, BulkError> {
        let fields = self.wanted_fields(asker, wanted).await?;
        let filter = match which {
            Which::Created(window) => json!({"createdAt": filter(*window)}),
            Which::Listed(List::Static(name)) => json!({"staticListName": name}),
            Which::Listed(List::Smart(name)) => json!({"smartListName": name}),
        };
        let body = json!({"format": "CSV", "fields": fields, "filter": filter});
        match self.create(asker, Extract::Leads, &body).await {
            // 1035: the subscription has no such filter. 1003, 1004, 1013: it has, but there is no such list.
            Err(BulkError::Call(CallError::Refused { code, .. }))
                if matches!(which, Which::Listed(_)) && matches!(code.as_str(), "1001" | "1003" | "1004" | "1013" | "1035") =>
            {
                Err(BulkError::NoSuchFilter)
            }
            Err(BulkError::Gone) if matches!(which, Which::Listed(_)) => Err(BulkError::NoSuchFilter),
            other => other,
        }
    }

    /// Creates an extract of activities of some types in a window; nothing runs yet.
    ///
    /// # Errors
    /// See [`BulkError`].
    pub async fn create_activity_extract(&self, asker: Asker<'_>, window: Window, types: &[i64]) -> Result<String, BulkError> {
        let fields =
            ["marketoGUID", "leadId", "activityDate", "activityTypeId", "primaryAttributeValueId", "primaryAttributeValue", "attributes"];
        let body = json!({"format": "CSV", "fields": fields, "filter": {"createdAt": filter(window), "activityTypeIds": types}});
        self.create(asker, Extract::Activities, &body).await
    }

    async fn create(&self, asker: Asker<'_>, extract: Extract, body: &Value) -> Result<String, BulkError> {
        let bytes = serde_json::to_vec(body).map_err(|_| CallError::BadAnswer("a filter cannot be written"))?;
        let call = bulk_call("bulk_create", Method::POST, extract, "create.json", Body::Json(bytes));
        let row = self.run(&call, asker).await.map_err(told_apart)?;
        Ok(row.export_id)
    }

    /// Queues an extract; one that is queued already stays so.
    ///
    /// # Errors
    /// See [`BulkError`].
    pub async fn enqueue_extract(&self, asker: Asker<'_>, extract: Extract, id: &str) -> Result<(), BulkError> {
        let call = bulk_call("bulk_enqueue", Method::POST, extract, &format!("{id}/enqueue.json"), Body::None);
        match self.run(&call, asker).await {
            Err(CallError::Refused { code, detail }) if code == "1029" && detail.to_ascii_lowercase().contains("already queued") => Ok(()),
            other => other.map(drop).map_err(told_apart),
        }
    }

    /// Cancels an extract that nobody wants any more.
    ///
    /// # Errors
    /// See [`BulkError`].
    pub async fn cancel_extract(&self, asker: Asker<'_>, extract: Extract, id: &str) -> Result<(), BulkError> {
        let call = bulk_call("bulk_cancel", Method::POST, extract, &format!("{id}/cancel.json"), Body::None);
        self.run(&call, asker).await.map(drop).map_err(told_apart)
    }

    /// How an extract stands. Marketo changes it once a minute at most.
    ///
    /// # Errors
    /// See [`BulkError`].
    pub async fn extract_state(&self, asker: Asker<'_>, extract: Extract, id: &str) -> Result<JobState, BulkError> {
        let call = bulk_call("bulk_status", Method::GET, extract, &format!("{id}/status.json"), Body::None);
        Ok(self.run(&call, asker).await.map_err(told_apart)?.state()?)
    }

    /// How all extracts of this kind of the last days stand, by id. One call tells of three hundred; those beyond are
    /// missing, and so are states that we do not know.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn extract_states(&self, asker: Asker<'_>, extract: Extract) -> Result<HashMap<String, JobState>, CallError> {
        let call = Call {
            system: "marketo",
            name: "bulk_list",
            method: Method::GET,
            path: format!("/bulk/v1/{}/export.json", extract.word()),
            query: vec![("status", "Created,Queued,Processing,Completed,Cancelled,Failed".to_owned()), ("batchSize", "300".to_owned())],
            body: Body::None,
            timeout: Duration::from_mins(1),
            read: read_page::<JobRow>,
        };
        let page = self.run(&call, asker).await?;
        Ok(page.items.into_iter().filter_map(|row| Some((row.export_id.clone(), row.state().ok()?))).collect())
    }

    /// Downloads a completed extract into `sink`, going on where a broken download stopped.
    /// Returns the number of bytes; [`Piece::End`] has been sent exactly when this is `Ok`.
    ///
    /// # Errors
    /// When the file cannot be had whole, or is not what it should be ([`BulkError::Gone`], [`BulkError::Broken`]).
    pub async fn download_extract(
        &self,
        asker: Asker<'_>,
        extract: Extract,
        id: &str,
        file: &File,
        sink: &mpsc::Sender<Piece>,
    ) -> Result<u64, BulkError> {
        let mut sum = Context::new(&SHA256);
        let mut have = 0_u64;
        let mut fruitless = 0_u32;
        loop {
            let before = have;
            let mut missing = false;
            match self.download_some(asker, extract, id, &mut have, &mut sum, sink).await {
                Ok(()) if file.bytes.is_none_or(|bytes| have >= bytes) => break,
                // The connection ended early without saying so, or broke: go on from there.
                Ok(()) => {}
                Err(error) if may_go_on(&error) => {
                    missing = matches!(error, CallError::Refused { .. });
                    tracing::info!(instance = self.instance(), have, %error, "an extract's download goes on");
                }
                Err(error) => return Err(error.into()),
            }
            fruitless = if have > before { 0 } else { fruitless + 1 };
            if fruitless > 5 || (missing && fruitless > 2) {
                return Err(if missing { BulkError::Gone } else { CallError::Unreachable.into() });
            }
            let pause = super::jitter(500 << fruitless);
            tokio::time::sleep(Duration::from_millis(pause)).await;
        }
        if file.checksum.as_ref().is_some_and(|expected| *expected != hex(sum.finish().as_ref())) {
            return Err(BulkError::Broken);
        }
        sink.send(Piece::End).await.map_err(|_| CallError::BadAnswer("nobody reads the extract any more"))?;
        Ok(have)
    }

    async fn download_some(
        &self,
        asker: Asker<'_>,
        extract: Extract,
        id: &str,
        have: &mut u64,
        sum: &mut Context,
        sink: &mpsc::Sender<Piece>,
    ) -> Result<(), CallError> {
        let call = Call {
            system: "marketo",
            name: "bulk_file",
            method: Method::GET,
            path: format!("/bulk/v1/{}/export/{id}/file.json", extract.word()),
            query: Vec::new(),
            body: Body::None,
            timeout: Duration::from_mins(1),
            read: |_| Ok(()),
        };
        let (mut download, permit) = self.run_download(&call, asker, *have, Duration::from_mins(15)).await?;
        let result = async {
            let mut skip = skip(download.status, &download.headers, *have)?;
            while let Some(piece) = download.piece().await? {
                let length = u64::try_from(piece.len()).unwrap_or(u64::MAX);
                if skip >= length {
                    skip -= length;
                    continue;
                }
                let piece = piece.slice(usize::try_from(skip).unwrap_or(0)..);
                skip = 0;
                sum.update(&piece);
                *have += u64::try_from(piece.len()).unwrap_or(0);
                deliver(sink, piece).await?;
            }
            Ok(())
        };
        let result = tokio::time::timeout(Duration::from_secs(890), result).await.unwrap_or(Err(CallError::Timeout));
        permit.leave(true).await;
        result
    }
}

async fn deliver(sink: &mpsc::Sender<Piece>, piece: Bytes) -> Result<(), CallError> {
    sink.send(Piece::Data(piece)).await.map_err(|_| CallError::BadAnswer("nobody reads the extract any more"))
}

// A file that is not there yet is a plain 404, also for a short while after the job was completed.
fn may_go_on(error: &CallError) -> bool {
    error.passes()
        || matches!(error, CallError::TokenRefused { .. })
        || matches!(error, CallError::Refused { code, .. } if code == "http.404")
}

// How many bytes of this answer we have already.
fn skip(status: u16, headers: &reqwest::header::HeaderMap, have: u64) -> Result<u64, CallError> {
    match status {
        200 => Ok(have),
        206 => {
            let range = headers.get(CONTENT_RANGE).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("bytes "));
            let start = range.and_then(|range| range.split_once('-')).and_then(|(start, _)| start.trim().parse::<u64>().ok());
            match start {
                Some(start) if start <= have => Ok(have - start),
                _ => Err(CallError::BadAnswer("a range that was not asked for")),
            }
        }
        // Nothing is left behind the last byte.
        416 if have > 0 => Ok(u64::MAX),
        401 => Err(CallError::TokenRefused { code: "401".to_owned() }),
        500.. => Err(CallError::Busy { code: status.to_string() }),
        300..=399 => Err(CallError::Redirected),
        _ => Err(CallError::Refused { code: format!("http.{status}"), detail: String::new() }),
    }
}

fn bulk_call(name: &'static str, method: Method, extract: Extract, rest: &str, body: Body) -> Call<JobRow> {
    Call {
        system: "marketo",
        name,
        method,
        path: format!("/bulk/v1/{}/export/{rest}", extract.word()),
        query: Vec::new(),
        body,
        timeout: Duration::from_mins(1),
        read: read_job,
    }
}

pub(super) fn read_job(answer: &Answer) -> Result<JobRow, CallError> {
    read_page::<JobRow>(answer)?.items.into_iter().next().ok_or(CallError::BadAnswer("no job in the answer"))
}

fn told_apart(error: CallError) -> BulkError {
    match &error {
        CallError::Refused { code, detail } if code == "1029" => {
            let detail = detail.to_ascii_lowercase();
            if detail.contains("quota") { BulkError::VolumeUsedUp } else { BulkError::QueueFull }
        }
        CallError::Refused { code, .. } if code == "1013" || code == "http.404" || code == "610" => BulkError::Gone,
        _ => BulkError::Call(error),
    }
}

fn filter(window: Window) -> Value {
    json!({"startAt": moment::format(window.from_ms), "endAt": moment::format(window.to_ms)})
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
