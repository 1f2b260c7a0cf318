//! The two halves of the house, built from settings, and how they stop.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::{Server, ServerHandle};
use actix_web::web::ServiceConfig;
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::account::arrivals::{Arrivals, Pace};
use crate::account::connections::Connections;
use crate::account::sealing::Sealer;
use crate::account::{self, AccountState};
use crate::gateway::face::House;
use crate::gateway::server;
use crate::remote::call::Caller;
use crate::settings::Settings;
use crate::store::Store;
use crate::sync::{self, SyncDeps};
use crate::telemetry;

/// Longest wait for workers to finish what they hold.
const LAST_ORDERS: Duration = Duration::from_secs(20);

/// Starts the face; `beside` lays further addresses beside its own.
///
/// # Errors
/// When a key or secret is missing, or the address can't be had.
pub fn face<F>(settings: &Settings, account_url: &str, short_secrets: bool, beside: F) -> anyhow::Result<(SocketAddr, Server)>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let house = House::build(settings, account_url, telemetry::figures()?, short_secrets)?;
    Ok(server::start(&house, beside)?)
}

/// The account: its database, its connections, its API and its workers.
pub struct AccountHalf {
    pub state: Arc<AccountState>,
    pub connections: Arc<Connections>,
    pub sync: SyncDeps,
}

/// The account's API, listening.
pub struct Api {
    pub address: SocketAddr,
    pub server: Server,
}

impl AccountHalf {
    /// Opens the database, brings it up to date and prepares the connections.
    ///
    /// # Errors
    /// When the database can't be had or a key is missing.
    pub async fn build(settings: &Settings) -> anyhow::Result<Self> {
        telemetry::figures()?;
        let store = Store::connect(settings.database.url.expose_secret(), settings.database.connections).await?;
        store.migrate().await?;
        let caller = Caller::new(settings)?;
        let sealer = Arc::new(Sealer::from_settings(&settings.secrets)?);
        let connections = Connections::new(store.clone(), caller.clone(), settings, sealer)?;
        let arrivals = Arrivals::new(store.clone(), Arc::clone(&connections), settings.marketo.history_days, Pace::default());
        let budgets = Arc::clone(&connections);
        let state = AccountState::new(store.clone(), Arc::new(settings.clone()), Arc::new(arrivals), budgets, caller)?;
        let sync = SyncDeps::new(store, Arc::clone(&connections), settings.marketo.clone());
        Ok(Self { state, connections, sync })
    }

    /// Starts the account's API.
    ///
    /// # Errors
    /// When the address can't be had.
    pub fn listen(&self, address: &str) -> anyhow::Result<Api> {
        let (address, server) = account::serve(&self.state, address)?;
        Ok(Api { address, server })
    }

    /// Starts the reconcilers; they end after `stop`.
    pub fn work(&self, stop: &Stop) -> JoinHandle<()> {
        let deps = self.sync.clone();
        let token = stop.0.clone();
        tokio::spawn(async move {
            let work = sync::run(deps, token.clone());
            let late = async {
                token.cancelled().await;
                tokio::time::sleep(LAST_ORDERS).await;
            };
            tokio::select! { () = work => {}, () = late => tracing::warn!("workers did not finish in time; their leases expire by themselves") }
        })
    }
}

/// How a process is asked to stop: SIGTERM or SIGINT, once.
#[derive(Debug, Clone)]
pub struct Stop(pub CancellationToken);

impl Stop {
    /// Listens for the signals.
    ///
    /// # Errors
    /// When the process may not.
    pub fn on_signals() -> std::io::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = Self(CancellationToken::new());
        let token = stop.0.clone();
        tokio::spawn(async move {
            tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            tracing::info!("asked to stop; finishing what is under way");
            token.cancel();
        });
        Ok(stop)
    }

    /// Runs servers until the signal, then lets them finish their requests.
    ///
    /// # Errors
    /// When a server ends by itself with an error.
    pub async fn run<const N: usize>(&self, servers: [Server; N]) -> anyhow::Result<()> {
        let handles: Vec<ServerHandle> = servers.iter().map(Server::handle).collect();
        let tasks: Vec<JoinHandle<std::io::Result<()>>> = servers.into_iter().map(tokio::spawn).collect();
        self.0.cancelled().await;
        futures_util::future::join_all(handles.iter().map(|handle| handle.stop(true))).await;
        for task in tasks {
            task.await??;
        }
        Ok(())
    }
}
