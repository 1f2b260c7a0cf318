//! Asking the database from a route: always under a deadline, and trouble becomes a sentence.

use std::time::Duration;

use crate::problem::Problem;
use crate::store::StoreError;

/// Longer than the pool waits for a connection, so that its own answer comes first.
const PATIENCE: Duration = Duration::from_secs(8);

/// What the store answers to `work`.
///
/// # Errors
/// 503 `database.unavailable` when the database refuses or takes too long; the cause goes to the log.
pub async fn answer<T>(work: impl Future<Output = Result<T, StoreError>>) -> Result<T, Problem> {
    match tokio::time::timeout(PATIENCE, work).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => {
            tracing::error!(cause = %error.cause(), "the database did not do what was asked");
            Err(unavailable())
        }
        Err(_) => {
            tracing::error!(cause = "deadline", "the database did not do what was asked");
            Err(unavailable())
        }
    }
}

/// The database cannot be used just now.
#[must_use]
pub fn unavailable() -> Problem {
    Problem::unavailable("database.unavailable", "The account's database does not answer just now. Please try again shortly.", 5)
}
