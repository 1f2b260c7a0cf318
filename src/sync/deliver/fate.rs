//! What becomes of a delivery, and of a whole target.

use std::collections::HashMap;

use crate::account::delivery_codes::{Category, meaning};
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::marketo::jitter;
use crate::remote::marketo::writes::WriteError;
use crate::store::deliveries::{Due, Verdict};

/// What became of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is there, under this id.
    Done(Option<String>),
    /// It is surely not there; it may be tried again.
    Retry { code: String, detail: String },
    /// It is surely not there, and trying again is of no use until somebody has done something.
    Failed { code: String, detail: String },
    /// It may be there.
    Unknown { code: String },
    /// It was looked for, after the settle time, and is not there.
    Missing,
    /// There is nothing to be done.
    Skipped(&'static str),
}

/// What became of a batch.
#[derive(Debug, Default)]
pub struct Sent {
    /// By the delivery's id; whoever has none was not touched.
    pub fates: HashMap<String, Fate>,
    pub halt: Option<Halt>,
}

/// Why a target is left alone for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Halt {
    /// A sentence for people.
    pub problem: String,
    pub wait_ms: i64,
}

const LONGEST_WAIT_MS: i64 = 15 * 60_000;
/// After this an intermittent trouble is one that somebody has to look at.
const GIVE_UP_MS: i64 = 3 * 86_400_000;
/// But never before so many tries: a clock that is set makes everything old.
const FEWEST_TRIES: i64 = 10;

impl Fate {
    /// Stable word for figures.
    #[must_use]
    pub const fn word(&self) -> &'static str {
        match self {
            Self::Done(_) => "done",
            Self::Retry { .. } => "retry",
            Self::Failed { .. } => "failed",
            Self::Unknown { .. } => "unknown",
            Self::Missing => "missing",
            Self::Skipped(_) => "skipped",
        }
    }

    /// A refusal of one record, by its code.
    #[must_use]
    pub fn refused(target: &'static str, code: &str, detail: &str) -> Self {
        let (code, detail) = (code.to_owned(), detail.to_owned());
        if meaning(target, &code).category == Category::Intermittent { Self::Retry { code, detail } } else { Self::Failed { code, detail } }
    }

    /// What is written down about it.
    #[must_use]
    pub fn verdict(self, due: &Due, now: i64, retry_ms: i64, settle_ms: i64) -> Verdict {
        let verdict = |state, next_at, code, problem, upstream_id| Verdict {
            delivery_id: due.delivery_id.clone(),
            state,
            next_at,
            code,
            problem,
            upstream_id,
        };
        let old = now - due.promised_at > GIVE_UP_MS && due.attempts >= FEWEST_TRIES;
        match self {
            Self::Done(id) => verdict("done", 0, None, None, id),
            Self::Skipped(why) => verdict("skipped", 0, None, Some(why.to_owned()), None),
            Self::Failed { code, detail } => verdict("failed", 0, Some(code), Some(detail), None),
            Self::Retry { code, detail } if old => verdict("failed", 0, Some(code), Some(detail), None),
            Self::Retry { code, detail } => verdict("waiting", now + backoff(due.attempts, retry_ms), Some(code), Some(detail), None),
            // A lookup that failed itself comes here too; neither may shorten the wait since the last attempt.
            Self::Unknown { code } => verdict("unsettled", now + settle_ms, Some(code), Some(UNCLEAR.to_owned()), None),
            Self::Missing => verdict("waiting", now, None, None, None),
        }
    }
}

const UNCLEAR: &str = "It is not known whether the last attempt succeeded. It will be looked up before it is tried again.";

/// It was not sent after all.
#[must_use]
pub fn left(due: &Due, now: i64) -> Verdict {
    Verdict { delivery_id: due.delivery_id.clone(), state: "waiting", next_at: now, code: None, problem: None, upstream_id: None }
}

fn backoff(attempts: i64, retry_ms: i64) -> i64 {
    let doubled = retry_ms.saturating_mul(1 << attempts.clamp(0, 12)).min(LONGEST_WAIT_MS);
    i64::try_from(jitter(u64::try_from(doubled).unwrap_or(1_000))).unwrap_or(retry_ms)
}

/// What the error of a whole call means: for its deliveries, or for the target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Whole {
    /// Every delivery of the call may be there.
    Unknown(String),
    /// None is there, and the target has to be left alone.
    Halt(Halt),
    /// None is there; the fault may lie with one of them.
    Refused { code: String, detail: String },
    /// None is there; it passes.
    Later(String),
}

/// Judges the error of a whole call.
#[must_use]
pub fn whole(error: WriteError, system: &str) -> Whole {
    let cause = match error {
        WriteError::Unknown(error) => return Whole::Unknown(code(&error)),
        WriteError::Refused(error) => error,
    };
    match &cause {
        CallError::Unauthorized | CallError::TokenRefused { .. } | CallError::Forbidden | CallError::NotAllowed(_) => {
            Whole::Halt(Halt { problem: cause.problem(system).detail.into_owned(), wait_ms: super::PAUSE_MS })
        }
        CallError::QuotaExhausted { until_ms } => {
            let wait_ms = (until_ms - crate::clock::now_ms()).clamp(1_000, 3_600_000);
            Whole::Halt(Halt { problem: cause.problem(system).detail.into_owned(), wait_ms })
        }
        CallError::RateLimited { retry_after_ms, .. } => {
            let wait_ms = (*retry_after_ms).clamp(500, 3_600_000);
            Whole::Halt(Halt { problem: cause.problem(system).detail.into_owned(), wait_ms })
        }
        CallError::Refused { code, detail } => Whole::Refused { code: code.clone(), detail: detail.clone() },
        other => Whole::Later(code(other)),
    }
}

/// A stable code of ours for an error without one.
#[must_use]
pub fn code(error: &CallError) -> String {
    match error {
        CallError::Busy { code } | CallError::Refused { code, .. } | CallError::TokenRefused { code } => code.clone(),
        CallError::Timeout => "TIMEOUT".to_owned(),
        CallError::Unreachable | CallError::Untrusted => "UNREACHABLE".to_owned(),
        CallError::Unauthorized => "UNAUTHORIZED".to_owned(),
        CallError::Forbidden | CallError::NotAllowed(_) => "FORBIDDEN".to_owned(),
        CallError::RateLimited { .. } => "RATE_LIMITED".to_owned(),
        CallError::QuotaExhausted { .. } => "QUOTA".to_owned(),
        CallError::BadAnswer(_) | CallError::TooLarge(_) | CallError::Redirected => "BAD_ANSWER".to_owned(),
    }
}

/// There is no usable connection.
#[must_use]
pub fn no_connection(problem: &Problem) -> Halt {
    Halt { problem: problem.detail.to_string(), wait_ms: if problem.status >= 500 { 2_000 } else { super::PAUSE_MS } }
}

impl Sent {
    /// The same fate for all of them.
    pub fn all(&mut self, due: &[&Due], fate: &Fate) {
        for due in due {
            self.fates.insert(due.delivery_id.clone(), fate.clone());
        }
    }
}
