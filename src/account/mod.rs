//! The Marketo Sales account: its rules and its API `/v1`. Never HTML.

pub mod arrivals;
pub mod connections;
pub mod record_id;
