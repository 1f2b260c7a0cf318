//! Marketo Sales Insight Actions, self-hosted: the program.

#![forbid(unsafe_code)]

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use msi_gateway::commands::{self, Program};
use msi_gateway::telemetry::panics;

fn main() -> ExitCode {
    panics::tell();
    match commands::run(Program::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A full volume behind standard error must not turn an error into a panic.
            let _ = writeln!(std::io::stderr(), "msi-gateway: {error:#}");
            ExitCode::FAILURE
        }
    }
}
