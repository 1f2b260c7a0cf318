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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::hosts::AddressRefused;
    use crate::store::sales_activities::SalesActivity;

    const NOW: i64 = 1_000 * 86_400_000;

    fn due(attempts: i64, promised_at: i64) -> Due {
        let activity = SalesActivity {
            id: "a1".to_owned(),
            account_id: "a".to_owned(),
            number: 1,
            kind: "call".to_owned(),
            about: None,
            person_id: "p1".to_owned(),
            lead_id: 1,
            sfdc_type: "Lead".to_owned(),
            sfdc_id: "00Q000000000001EAA".to_owned(),
            member_id: "m1".to_owned(),
            happened_at: promised_at,
            subject: None,
            detail: "{}".to_owned(),
            created_at: promised_at,
        };
        let state = "waiting".to_owned();
        let verb = "create".to_owned();
        Due { delivery_id: "d1".to_owned(), verb, state, attempts, last_attempt_at: None, promised_at, upstream_id: None, activity }
    }

    fn retry() -> Fate {
        Fate::Retry { code: "C".to_owned(), detail: "D".to_owned() }
    }

    #[test]
    fn each_fate_is_written_down_as_what_it_is() {
        let said = |fate: Fate| {
            let verdict = fate.verdict(&due(0, NOW), NOW, 1_000, 7_000);
            assert_eq!(verdict.delivery_id, "d1");
            (verdict.state, verdict.next_at, verdict.code, verdict.problem, verdict.upstream_id)
        };
        let text = |text: &str| Some(text.to_owned());
        let failed = Fate::Failed { code: "C".to_owned(), detail: "D".to_owned() };
        assert_eq!(said(Fate::Done(text("x"))), ("done", 0, None, None, text("x")));
        assert_eq!(said(Fate::Skipped("why")), ("skipped", 0, None, text("why"), None));
        assert_eq!(said(failed), ("failed", 0, text("C"), text("D"), None));
        assert_eq!(said(Fate::Unknown { code: "C".to_owned() }), ("unsettled", NOW + 7_000, text("C"), text(UNCLEAR), None));
        assert_eq!(said(Fate::Missing), ("waiting", NOW, None, None, None));
        let (state, next_at, code, problem, _) = said(retry());
        assert_eq!((state, code, problem), ("waiting", text("C"), text("D")));
        assert!((NOW + 500..=NOW + 1_000).contains(&next_at), "{next_at}");
        assert_eq!((left(&due(3, NOW), NOW).state, left(&due(3, NOW), NOW).next_at), ("waiting", NOW));
    }

    #[test]
    fn what_failed_often_and_for_long_is_given_up_and_neither_alone_is_enough() {
        let days = |days: i64| NOW - days * 86_400_000;
        let state = |attempts, promised_at| retry().verdict(&due(attempts, promised_at), NOW, 1_000, 0).state;
        assert_eq!(state(10, days(3) - 1), "failed");
        assert_eq!(state(10, days(3)), "waiting");
        assert_eq!(state(9, days(30)), "waiting");
        assert_eq!(state(100, NOW), "waiting");
    }

    #[test]
    fn the_pause_doubles_up_to_a_quarter_of_an_hour() {
        for (attempts, most) in [(0, 1_000), (1, 2_000), (5, 32_000), (12, LONGEST_WAIT_MS), (10_000, LONGEST_WAIT_MS)] {
            for _ in 0..50 {
                let pause = backoff(attempts, 1_000);
                assert!((most / 2..=most).contains(&pause), "{attempts} {pause}");
            }
        }
        assert!(backoff(3, i64::MAX) <= LONGEST_WAIT_MS, "it does not overflow");
    }

    #[test]
    fn the_error_of_a_whole_call_is_judged_by_whether_it_arrived_and_whose_fault_it_is() {
        let judged = |error: CallError| whole(WriteError::Refused(error), "Marketo");
        assert_eq!(whole(WriteError::Unknown(CallError::Timeout), "Marketo"), Whole::Unknown("TIMEOUT".to_owned()));
        let wait = |error: CallError| match judged(error) {
            Whole::Halt(halt) => {
                assert!(!halt.problem.is_empty());
                halt.wait_ms
            }
            other => panic!("{other:?}"),
        };
        for error in [CallError::Unauthorized, CallError::TokenRefused { code: "601".to_owned() }, CallError::Forbidden] {
            assert_eq!(wait(error), super::super::PAUSE_MS);
        }
        for (ms, waits) in [(0, 500), (700, 700), (4_000_000, 3_600_000)] {
            assert_eq!(wait(CallError::RateLimited { retry_after_ms: ms, concurrency: false }), waits);
        }
        let now = crate::clock::now_ms();
        let midnight = wait(CallError::QuotaExhausted { until_ms: now + 600_000 });
        assert!((590_000..=600_000).contains(&midnight), "{midnight}");
        assert_eq!(wait(CallError::QuotaExhausted { until_ms: now - 1 }), 1_000);
        assert_eq!(wait(CallError::QuotaExhausted { until_ms: now + 86_400_000 }), 3_600_000);
        let refused = CallError::Refused { code: "1003".to_owned(), detail: "D".to_owned() };
        assert_eq!(judged(refused), Whole::Refused { code: "1003".to_owned(), detail: "D".to_owned() });
        for (error, word) in [
            (CallError::Busy { code: "713".to_owned() }, "713"),
            (CallError::Unreachable, "UNREACHABLE"),
            (CallError::Untrusted, "UNREACHABLE"),
            (CallError::BadAnswer("x"), "BAD_ANSWER"),
            (CallError::Redirected, "BAD_ANSWER"),
        ] {
            assert_eq!(judged(error), Whole::Later(word.to_owned()));
        }
        assert_eq!(code(&CallError::NotAllowed(AddressRefused("x"))), "FORBIDDEN");
        assert_eq!(code(&CallError::RateLimited { retry_after_ms: 1, concurrency: true }), "RATE_LIMITED");
        assert_eq!(code(&CallError::QuotaExhausted { until_ms: 1 }), "QUOTA");
        assert_eq!(code(&CallError::Unauthorized), "UNAUTHORIZED");
    }

    #[test]
    fn a_refused_record_is_tried_again_only_when_that_may_help() {
        for (target, code, again) in [("salesforce", "UNABLE_TO_LOCK_ROW", true), ("salesforce", "REQUIRED_FIELD_MISSING", false)] {
            let fate = Fate::refused(target, code, "D");
            assert_eq!(matches!(fate, Fate::Retry { .. }), again, "{fate:?}");
            assert_eq!(fate.word(), if again { "retry" } else { "failed" });
        }
        let words = [Fate::Done(None), Fate::Unknown { code: String::new() }, Fate::Missing, Fate::Skipped("")].map(|fate| fate.word());
        assert_eq!(words, ["done", "unknown", "missing", "skipped"]);
    }

    #[test]
    fn a_connection_that_is_missing_is_waited_for_longer_than_one_that_is_being_made() {
        let wait = |status| no_connection(&Problem::new(status, "x", "X", "Why.")).wait_ms;
        assert_eq!((wait(503), wait(500), wait(409)), (2_000, 2_000, super::super::PAUSE_MS));
        let mut sent = Sent::default();
        let (one, other) = (due(0, NOW), Due { delivery_id: "d2".to_owned(), ..due(0, NOW) });
        sent.all(&[&one, &other], &Fate::Missing);
        assert_eq!((sent.fates.len(), sent.fates.get("d2")), (2, Some(&Fate::Missing)));
    }
}
