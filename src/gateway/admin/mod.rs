//! The settings pages: Actions Config, Settings behind the gear, the set-up checklist, and the ways in.
//!
//! Most pages are a row of [`pages`]: an address, who may come, what the account is asked, the template, and
//! for each form the account's call, its fields, what is said and where it leads. [`show`] reads such rows,
//! [`act`] writes. Only what a row can't say has code of its own: connecting Salesforce, files.

pub mod act;
mod budget;
pub mod caller;
mod choosing;
pub mod connect;
pub mod files;
mod flash;
pub mod form;
mod funnel;
pub mod letters;
pub mod pages;
mod parts;
pub mod row;
mod shape;
pub mod show;

#[cfg(test)]
pub(super) mod tests;

pub use caller::{Caller, address};
pub use flash::Flash;
pub use form::Form;
pub use show::policy;
