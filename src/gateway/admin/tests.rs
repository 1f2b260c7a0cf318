//! The settings pages at the HTTP edge of the face, before a small account that answers by the contract.

mod api;
mod doors;
pub(in crate::gateway) mod fake;
mod forms;
mod paces;
mod pages;
mod sessions;
