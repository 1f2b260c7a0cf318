//! The queue of export jobs: created, queued, processing (two at a time), completed.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::activity_rows::ActivityRows;
use super::csv::Format;
use super::lead_rows::LeadRows;
use super::measure::Measured;
use crate::sandbox::clock::{DAY, iso};
use crate::sandbox::marketo::answer::Refusal;
use crate::sandbox::marketo::limits::Allowance;

/// Which kind of things a job exports.
#[derive(Debug, Clone)]
pub enum Rows {
    Leads(LeadRows),
    Activities(ActivityRows),
}

impl Rows {
    /// The part of the path that such jobs live under.
    pub fn path(&self) -> &'static str {
        match self {
            Self::Leads(_) => "leads",
            Self::Activities(_) => "activities",
        }
    }
}

/// What a job exports and how it is written.
#[derive(Debug, Clone)]
pub struct Recipe {
    pub rows: Rows,
    pub format: Format,
    /// The first line, already written.
    pub header: String,
}

/// Where a job stands. Moments are milliseconds since the epoch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Created,
    Queued,
    Processing,
    Completed,
    Cancelled,
    Failed,
}

impl State {
    /// Marketo's word for it (`Cancelled` as in its payloads, not as in its manual).
    pub fn word(self) -> &'static str {
        match self {
            Self::Created => "Created",
            Self::Queued => "Queued",
            Self::Processing => "Processing",
            Self::Completed => "Completed",
            Self::Cancelled => "Cancelled",
            Self::Failed => "Failed",
        }
    }
}

/// An export job.
#[derive(Debug, Clone)]
pub struct Job {
    pub id: String,
    pub recipe: Recipe,
    pub state: State,
    pub created: i64,
    pub queued: Option<i64>,
    pub started: Option<i64>,
    pub finished: Option<i64>,
    pub measured: Option<Measured>,
    measuring: bool,
}

/// All jobs.
#[derive(Debug)]
pub struct Exports {
    jobs: BTreeMap<String, Job>,
    /// Ids in the order of their creation.
    order: Vec<String>,
    /// How long a job is processed at least, in milliseconds.
    pub job_ms: i64,
}

/// A file is kept so long after its job.
const FILE_DAYS: i64 = 7;
/// So many jobs are remembered.
const MOST_JOBS: usize = 500;

impl Exports {
    /// No jobs yet; each will take so many milliseconds.
    pub fn new(job_ms: i64) -> Self {
        Self { jobs: BTreeMap::new(), order: Vec::new(), job_ms }
    }

    /// Adds a job that nobody has enqueued yet.
    pub fn create(&mut self, id: String, recipe: Recipe, now: i64) -> &Job {
        if self.order.len() >= MOST_JOBS {
            let oldest = self.order.remove(0);
            self.jobs.remove(&oldest);
        }
        self.order.push(id.clone());
        let job = Job {
            id: id.clone(),
            recipe,
            state: State::Created,
            created: now,
            queued: None,
            started: None,
            finished: None,
            measured: None,
            measuring: false,
        };
        self.jobs.entry(id).or_insert(job)
    }

    /// The job with this id, among those of this kind.
    pub fn get(&self, kind: &str, id: &str) -> Result<&Job, Refusal> {
        self.jobs
            .get(id)
            .filter(|job| job.recipe.rows.path() == kind)
            .ok_or_else(|| Refusal::new("1013", format!("Export job '{id}' not found")))
    }

    /// Jobs of a kind, oldest first.
    pub fn list(&self, kind: &str) -> impl Iterator<Item = &Job> {
        self.order.iter().filter_map(|id| self.jobs.get(id)).filter(move |job| job.recipe.rows.path() == kind)
    }

    /// Puts a job into the queue.
    pub fn enqueue(&mut self, kind: &str, id: &str, now: i64, allowance: &Allowance) -> Result<&Job, Refusal> {
        self.get(kind, id)?;
        let waiting = self.jobs.values().filter(|job| matches!(job.state, State::Queued | State::Processing)).count();
        let missing = || Refusal::new("1013", format!("Export job '{id}' not found"));
        let job = self.jobs.get_mut(id).ok_or_else(missing)?;
        match job.state {
            State::Created if waiting >= allowance.exports_queued => return Err(Refusal::new("1029", "Too many jobs in queue")),
            State::Created => {
                job.state = State::Queued;
                job.queued = Some(now);
            }
            _ => return Err(Refusal::new("1029", "Job already queued")),
        }
        Ok(job)
    }

    /// Cancels a job that hasn't ended.
    pub fn cancel(&mut self, kind: &str, id: &str, now: i64) -> Result<&Job, Refusal> {
        self.get(kind, id)?;
        let missing = || Refusal::new("1013", format!("Export job '{id}' not found"));
        let job = self.jobs.get_mut(id).ok_or_else(missing)?;
        if job.state == State::Completed {
            return Err(Refusal::new("1003", format!("Export job '{id}' has ended")));
        }
        job.state = State::Cancelled;
        job.finished = Some(now);
        Ok(job)
    }

    /// Moves jobs along as far as time and slots allow. Gives back those whose file must now be measured.
    pub fn advance(&mut self, now: i64, running_most: usize) -> Vec<(String, Recipe)> {
        let job_ms = self.job_ms;
        for job in self.jobs.values_mut().filter(|job| job.state == State::Processing) {
            if job.measured.is_some() && job.started.is_some_and(|started| now >= started + job_ms) {
                job.state = State::Completed;
                job.finished = Some(now);
            }
        }
        let mut running = self.jobs.values().filter(|job| job.state == State::Processing).count();
        let mut to_measure = Vec::new();
        for id in &self.order {
            let Some(job) = self.jobs.get_mut(id).filter(|job| job.state == State::Queued) else { continue };
            // A job shows itself queued for a moment before it is worked on.
            if running < running_most && job.queued.is_some_and(|queued| now >= queued + job_ms / 5) {
                job.state = State::Processing;
                job.started = Some(now);
                running += 1;
                if !job.measuring {
                    job.measuring = true;
                    to_measure.push((job.id.clone(), job.recipe.clone()));
                }
            }
        }
        to_measure
    }

    /// A job came to nothing.
    pub fn fail(&mut self, id: &str, now: i64) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.state = State::Failed;
            job.finished = Some(now);
        }
    }

    /// A job's file has been measured.
    pub fn measured(&mut self, id: &str, measured: Measured) {
        if let Some(job) = self.jobs.get_mut(id) {
            job.measured = Some(measured);
        }
    }
}

impl Job {
    /// The job as Marketo tells it.
    pub fn tell(&self) -> Value {
        let moment = |at: Option<i64>| at.map(|at| iso(at.div_euclid(1000)));
        let mut told = Map::new();
        told.insert("exportId".to_owned(), json!(self.id));
        told.insert("format".to_owned(), json!(self.recipe.format.word()));
        told.insert("status".to_owned(), json!(self.state.word()));
        told.insert("createdAt".to_owned(), json!(moment(Some(self.created))));
        for (name, at) in [("queuedAt", self.queued), ("startedAt", self.started), ("finishedAt", self.finished)] {
            if let Some(at) = moment(at) {
                told.insert(name.to_owned(), json!(at));
            }
        }
        if let (State::Completed, Some(measured)) = (self.state, &self.measured) {
            told.insert("numberOfRecords".to_owned(), json!(measured.records));
            told.insert("fileSize".to_owned(), json!(measured.bytes));
            told.insert("fileChecksum".to_owned(), json!(format!("sha256:{}", measured.sha256)));
        }
        Value::Object(told)
    }

    /// Whether the file can be had.
    pub fn file(&self, now: i64) -> Option<&Measured> {
        let kept = self.finished.is_some_and(|finished| now < finished + FILE_DAYS * DAY * 1000);
        self.measured.as_ref().filter(|_| self.state == State::Completed && kept)
    }
}
