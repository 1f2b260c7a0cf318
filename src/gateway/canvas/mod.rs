//! Salesforce canvas signed requests: bytes become a verified [`Envelope`], or nothing.
//!
//! `body` finds the one form field without repairing it, `signature` checks the MAC over the text as it
//! came, and only then `envelope` looks inside. The consumer secrets are `secrets`.

pub mod body;
pub mod envelope;
pub mod hosts;
pub mod secrets;
pub mod signature;

use crate::problem::Problem;

pub use envelope::Envelope;
pub use secrets::Secrets;

/// One answer to every wrong, forged or foreign signature, so that nobody learns which it was.
#[must_use]
pub fn rejected() -> Problem {
    Problem::unauthorized(
        "canvas.rejected",
        "Salesforce's request could not be verified. Reload the page; if it stays, ask your administrator to compare the consumer secret.",
    )
}

/// The request is no signed request at all, or one that we can't read.
#[must_use]
pub fn malformed(detail: &'static str) -> Problem {
    Problem::bad_request("canvas.malformed", detail)
}
