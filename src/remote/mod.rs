//! Other people's systems, and one way of calling them.
//!
//! A call is a value ([`call::Call`]); [`call::Caller`] carries it out with a deadline, a bound on the answer's size,
//! a trace and figures. Addresses pass [`hosts`] before anything is sent.

pub mod call;
#[cfg(test)]
mod certificates;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzed;
pub mod hosts;
pub mod mail;
pub mod marketo;
pub mod moment;
pub mod salesforce;
