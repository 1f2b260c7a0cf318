//! The verbs of the program. Each wires rooms together and runs until it is told to stop.

pub mod admin;
pub mod backup;
#[cfg(feature = "sandbox")]
pub mod demo;
pub mod doctor;
pub mod figures;
pub mod halves;
pub mod keys;
pub mod progress;
pub mod serve;
#[cfg(feature = "sandbox")]
pub mod settled;

use std::path::PathBuf;

use clap::{Parser, Subcommand};
use secrecy::ExposeSecret;

use crate::settings::Settings;
use crate::store::Store;
use crate::telemetry;

/// Marketo Sales Insight Actions, self-hosted.
#[derive(Debug, Parser)]
#[command(version, about)]
pub struct Program {
    /// Configuration file; every key can also come as MSI__SECTION__KEY.
    #[arg(long, global = true)]
    pub config: Option<PathBuf>,
    #[command(subcommand)]
    pub verb: Verb,
}

/// What the program can do.
#[derive(Debug, Subcommand)]
pub enum Verb {
    /// Everything in one process against emulated systems; needs no configuration.
    #[cfg(feature = "sandbox")]
    Demo(demo::Demo),
    /// Face, account and worker in one process, from configuration.
    Serve,
    /// The face alone.
    Gateway,
    /// The account's API alone.
    Account,
    /// The workers alone.
    Worker,
    /// The emulated Marketo, Salesforce and mailbox alone.
    #[cfg(feature = "sandbox")]
    Sandbox(demo::Sandbox),
    /// Brings the database up to date.
    Migrate,
    /// Checks configuration and everything behind it; exit code 1 when something required fails.
    Doctor,
    /// What an operator does by hand: accounts, orgs, certificates, connections.
    Admin {
        #[command(subcommand)]
        deed: admin::Deed,
    },
}

/// Runs the program with this process's environment.
///
/// # Errors
/// Whatever keeps the verb from being done, as a sentence.
pub fn run(program: Program) -> anyhow::Result<()> {
    #[expect(clippy::disallowed_methods, reason = "the one place where the environment is read, to be made into settings")]
    let environment = std::env::vars();
    let settings = Settings::load(program.config.as_deref(), environment)?;
    telemetry::log(&settings.log);
    let done = tokio::runtime::Builder::new_multi_thread().enable_all().build()?.block_on(perform(program.verb, settings));
    telemetry::traces::flush();
    done
}

async fn perform(verb: Verb, settings: Settings) -> anyhow::Result<()> {
    match verb {
        #[cfg(feature = "sandbox")]
        Verb::Demo(demo) => demo.run(settings).await,
        #[cfg(feature = "sandbox")]
        Verb::Sandbox(sandbox) => sandbox.run(&settings).await,
        Verb::Serve => serve::everything(settings).await,
        Verb::Gateway => serve::gateway(settings).await,
        Verb::Account => serve::account(settings).await,
        Verb::Worker => serve::worker(settings).await,
        Verb::Migrate => migrate(&settings).await,
        Verb::Doctor => doctor::run(settings).await,
        Verb::Admin { deed } => deed.run(settings).await,
    }
}

async fn migrate(settings: &Settings) -> anyhow::Result<()> {
    let store = Store::connect(settings.database.url.expose_secret(), settings.database.connections).await?;
    store.migrate().await?;
    tracing::info!("the database is up to date");
    Ok(())
}
