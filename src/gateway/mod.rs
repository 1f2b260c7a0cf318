//! The face: all that a browser or Salesforce reaches. No database, no long-lived customer secret.

pub mod admin;
pub mod api;
pub mod assets;
pub mod broker;
pub mod canvas;
mod connection;
pub mod cookie;
pub mod door;
pub mod edge;
pub mod face;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzed;
pub mod memory;
pub mod operations;
pub mod origin;
pub mod pace;
pub mod page;
pub mod panel;
pub mod panel_acting;
mod panel_alerts;
mod panel_campaigns;
mod panel_desk;
mod panel_feed;
mod panel_mail;
mod panel_ways;
pub mod reading;
pub mod refusal;
pub mod registration;
pub mod routes;
pub mod server;
pub mod session;
pub mod sign_in;
#[cfg(test)]
mod tests;
pub mod ticket;
pub mod token;
pub mod tracking;
pub mod visit;
