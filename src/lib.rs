//! Marketo Sales Insight Actions, self-hosted.
//!
//! Read from top to bottom the modules follow a datum: it comes in at the face as bytes and becomes a visitor;
//! the account applies its rules; sync keeps promises; remote speaks the other system's language; store remembers.

#![forbid(unsafe_code)]

pub mod account;
pub mod capacity;
pub mod clock;
pub mod commands;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzed;
pub mod gateway;
pub mod problem;
pub mod redis_link;
pub mod remote;
pub mod salesforce_id;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod settings;
pub mod store;
pub mod sync;
pub mod telemetry;
