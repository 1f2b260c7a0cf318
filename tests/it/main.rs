//! The whole program from outside: HTTP in, HTTP out, against the running binary and its emulated surroundings.
//!
//! One demo is started for all tests of a run; with `MSI__REDIS__URL` set it remembers in Redis, without in its
//! own memory, and the same tests hold.

#![expect(clippy::disallowed_methods, reason = "tests bring their own clock and HTTP client")]
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "a test may stop at the first surprise")]

mod arrows;
mod attacks;
mod browser;
mod canvas;
mod canvas_replay;
mod copies;
mod door;
mod http;
mod mail_links;
mod package;
mod panel;
mod redis_server;
mod roles;
mod secrets;
mod settings;
mod sync_faults;
mod sync_world;
mod tenant_filter;
mod watch;
mod withstand;
mod world;
