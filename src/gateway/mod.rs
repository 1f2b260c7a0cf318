//! The face: all that a browser or Salesforce reaches. No database, no long-lived customer secret.

pub mod page;
