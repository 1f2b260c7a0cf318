//! The long-running roles: together in one process, or one by one.

use anyhow::Context;

use super::halves::{AccountHalf, Stop, face};
use super::{figures, keys};
use crate::settings::Settings;

/// Face, account and worker in one process; the account's API on its configured address.
///
/// # Errors
/// When something needed at the start is missing; afterwards it runs until it is told to stop.
pub async fn everything(mut settings: Settings) -> anyhow::Result<()> {
    keys::complete(&mut settings)?;
    let stop = Stop::on_signals()?;
    let account = AccountHalf::build(&settings).await?;
    let api = account.listen(&settings.account.listen)?;
    let workers = account.work(&stop);
    let server = face(&settings, &format!("http://{}", api.address), false, None, |_| {})?;
    tracing::info!(address = %server.address, account = %api.address, "ready");
    stop.run([server, api].into_iter().chain(figures::listen(&settings)?)).await?;
    workers.await.context("the workers")
}

/// The face alone; finds the account at `account.url`.
///
/// # Errors
/// As [`everything`].
pub async fn gateway(settings: Settings) -> anyhow::Result<()> {
    let stop = Stop::on_signals()?;
    let server = face(&settings, &settings.account.url, false, None, |_| {})?;
    tracing::info!(address = %server.address, account = settings.account.url, "ready");
    stop.run([server].into_iter().chain(figures::listen(&settings)?)).await
}

/// The account's API alone.
///
/// # Errors
/// As [`everything`].
pub async fn account(mut settings: Settings) -> anyhow::Result<()> {
    keys::complete(&mut settings)?;
    let stop = Stop::on_signals()?;
    let api = AccountHalf::build(&settings).await?.listen(&settings.account.listen)?;
    tracing::info!(address = %api.address, "ready");
    stop.run([api].into_iter().chain(figures::listen(&settings)?)).await
}

/// The workers alone.
///
/// # Errors
/// As [`everything`].
pub async fn worker(mut settings: Settings) -> anyhow::Result<()> {
    keys::complete(&mut settings)?;
    let stop = Stop::on_signals()?;
    let account = AccountHalf::build(&settings).await?;
    let workers = account.work(&stop);
    tracing::info!("ready");
    stop.run(figures::listen(&settings)?).await?;
    workers.await.context("the workers")
}
