//! Writes that must not happen twice. Unlike reads they are never tried again here unless it is certain that nothing happened.

use std::time::{Duration, Instant};

use super::{Asker, Marketo, settled};
use crate::clock;
use crate::remote::call::{Call, CallError, With};

/// In which time a write has to be made.
#[derive(Debug, Clone, Copy)]
pub struct Manner {
    /// From sending the request to having read the answer.
    pub timeout: Duration,
    /// The request is not sent after this.
    pub by: Instant,
}

/// Why a write brought no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteError {
    /// Nothing was written.
    Refused(CallError),
    /// It may have been written, or may still be.
    Unknown(CallError),
}

impl WriteError {
    /// The call's own error.
    #[must_use]
    pub const fn cause(&self) -> &CallError {
        match self {
            Self::Refused(error) | Self::Unknown(error) => error,
        }
    }
}

/// Sorts an error by whether something may have been written.
#[must_use]
pub fn sorted(error: CallError) -> WriteError {
    match &error {
        CallError::Timeout | CallError::Unreachable | CallError::BadAnswer(_) | CallError::TooLarge(_) | CallError::Redirected => {
            WriteError::Unknown(error)
        }
        // Marketo's own 6xx say that it did not come to the work, but for the time-out and the broken gateway.
        CallError::Busy { code } if !matches!(code.as_str(), "608" | "611" | "614" | "713" | "719") => WriteError::Unknown(error),
        _ => WriteError::Refused(error),
    }
}

impl Marketo {
    /// Carries a write out within the budget, once and not begun after `by`; a token that was refused is replaced once.
    ///
    /// # Errors
    /// See [`WriteError`].
    pub(crate) async fn write<T>(&self, call: &Call<T>, by: Instant, asker: Asker<'_>) -> Result<T, WriteError> {
        let mut new_tokens = 1;
        loop {
            let token = self.tokens.get(&self.caller, &self.credentials, asker.request_id).await.map_err(WriteError::Refused)?;
            let room = self.budget.admit(asker.purpose, call.timeout);
            let left = by.saturating_duration_since(clock::instant());
            let Ok(permit) = tokio::time::timeout(left, room).await else { return Err(WriteError::Refused(crowded())) };
            let permit = permit.map_err(WriteError::Refused)?;
            if clock::instant() >= by {
                permit.leave(false).await;
                return Err(WriteError::Refused(crowded()));
            }
            let with = With { endpoint: &self.credentials.endpoint, token: Some(&token), request_id: asker.request_id };
            let result = self.caller.send(call, with).await;
            permit.leave(super::counts(&result)).await;
            let error = match result {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            self.note(&error, &token).await;
            if matches!(error, CallError::TokenRefused { .. }) && new_tokens > 0 {
                new_tokens -= 1;
                continue;
            }
            return Err(sorted(settled(error)));
        }
    }
}

// There was no room for the call in the time that its caller has.
fn crowded() -> CallError {
    CallError::RateLimited { retry_after_ms: 1_000, concurrency: true }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn out_03_what_may_have_been_written_is_told_from_what_was_not() {
        let busy = |code: &str| CallError::Busy { code: code.to_owned() };
        for error in [CallError::Timeout, CallError::Unreachable, busy("502"), busy("604"), busy("503"), CallError::BadAnswer("x")] {
            assert!(matches!(sorted(error), WriteError::Unknown(_)));
        }
        let limited = CallError::RateLimited { retry_after_ms: 1, concurrency: false };
        let refused = CallError::Refused { code: "1003".to_owned(), detail: String::new() };
        for error in [
            limited,
            CallError::QuotaExhausted { until_ms: 1 },
            CallError::Unauthorized,
            CallError::Untrusted,
            busy("608"),
            busy("611"),
            refused,
        ] {
            assert!(matches!(sorted(error), WriteError::Refused(_)));
        }
    }
}
