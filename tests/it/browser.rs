//! What a person sees: Debian's Chromium opens record pages of the emulated Salesforce and uses the panel in them.
//!
//! Every check runs in a browser of its own, waits for what it expects to see and never for a time, and fails when
//! the console complains of anything that the check did not ask for, a breach of the content policy above all.
//! Pictures are left in `target/screenshots`. With `MSI_TEST_AXE=/path/to/axe.min.js` the pages are also held
//! against axe's rules of accessibility.

mod account;
mod acting;
mod attack;
mod chromium;
mod components;
mod desk;
mod fit;
mod guide;
mod insights;
mod newcomers;
mod panel;
mod record;
mod session_end;
mod settings_tab;
