//! The two halves of the house, built from settings, and how they stop.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::web::ServiceConfig;
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::account::arrivals::{Arrivals, Pace};
use crate::account::connections::Connections;
use crate::account::sealing::Sealer;
use crate::account::{self, AccountState};
use crate::capacity::Capacity;
use crate::gateway::face::House;
use crate::gateway::server;
use crate::remote::call::Caller;
use crate::settings::Settings;
use crate::store::Store;
use crate::sync::{self, SyncDeps};
use crate::telemetry;

/// Longest wait for workers to finish what they hold.
const LAST_ORDERS: Duration = Duration::from_secs(20);

/// A server, listening.
pub struct Listening {
    pub address: SocketAddr,
    server: Server,
    /// What is told when it has to stop, and for how long it then goes on answering.
    leave: Option<(Arc<Capacity>, Duration)>,
}

impl Listening {
    /// A server that stops at once when it has to.
    #[must_use]
    pub const fn alone(address: SocketAddr, server: Server) -> Self {
        Self { address, server, leave: None }
    }
}

/// Starts the face, at `listener` or where the settings say; `beside` lays further addresses beside its own.
///
/// # Errors
/// When a key or secret is missing, or the address can't be had.
pub fn face<F>(
    settings: &Settings,
    account_url: &str,
    short_secrets: bool,
    listener: Option<TcpListener>,
    beside: F,
) -> anyhow::Result<Listening>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let house = House::build(settings, account_url, telemetry::figures()?, short_secrets)?;
    let listener = listener.map_or_else(|| server::listen(&settings.gateway.listen), Ok)?;
    let (address, server) = server::start(&house, listener, beside)?;
    let leaving = Duration::from_secs(settings.gateway.leaving_seconds.into());
    Ok(Listening { address, server, leave: Some((Arc::clone(&house.capacity), leaving)) })
}

/// The account: its database, its connections, its API and its workers.
pub struct AccountHalf {
    pub state: Arc<AccountState>,
    pub connections: Arc<Connections>,
    pub sync: SyncDeps,
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
        let state =
            AccountState::new(store.clone(), Arc::new(settings.clone()), Arc::new(arrivals), budgets, Arc::clone(&connections), caller)?;
        let sync = SyncDeps::new(store, Arc::clone(&connections), settings.marketo.clone());
        Ok(Self { state, connections, sync })
    }

    /// Starts the account's API.
    ///
    /// # Errors
    /// When the address can't be had.
    pub fn listen(&self, address: &str) -> anyhow::Result<Listening> {
        let (address, server) = account::serve(&self.state, address)?;
        let leaving = Duration::from_secs(self.state.settings.account.leaving_seconds.into());
        Ok(Listening { address, server, leave: Some((Arc::clone(&self.state.capacity), leaving)) })
    }

    /// Starts the reconcilers; they end after `stop`.
    pub fn work(&self, stop: &Stop) -> JoinHandle<()> {
        let deps = self.sync.clone();
        let token = stop.token.clone();
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

/// How a process is asked to stop: SIGTERM lets whoever distributes requests notice first; SIGINT, or a second signal, does not wait.
#[derive(Debug, Clone)]
pub struct Stop {
    pub token: CancellationToken,
    hurry: CancellationToken,
}

impl Stop {
    /// Listens for the signals.
    ///
    /// # Errors
    /// When the process may not.
    pub fn on_signals() -> std::io::Result<Self> {
        let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
        let stop = Self { token: CancellationToken::new(), hurry: CancellationToken::new() };
        let told = stop.clone();
        tokio::spawn(async move {
            let by_hand = tokio::select! { _ = terminate.recv() => false, _ = interrupt.recv() => true };
            tracing::info!("asked to stop; finishing what is under way");
            told.token.cancel();
            if !by_hand {
                tokio::select! { _ = terminate.recv() => {}, _ = interrupt.recv() => {} }
            }
            told.hurry.cancel();
        });
        Ok(stop)
    }

    /// Runs servers until the signal; says that they are not ready and answers for a while; then lets them finish their requests,
    /// one server after the other: the first one may need the next.
    ///
    /// # Errors
    /// When a server ends by itself with an error.
    pub async fn run(&self, servers: impl IntoIterator<Item = Listening>) -> anyhow::Result<()> {
        let mut leaving = Vec::new();
        let mut running = Vec::new();
        for Listening { server, leave, .. } in servers {
            leaving.extend(leave);
            running.push((server.handle(), tokio::spawn(server)));
        }
        self.token.cancelled().await;
        for (capacity, _) in &leaving {
            capacity.leave();
        }
        let longest = leaving.iter().map(|(_, seconds)| *seconds).max().unwrap_or_default();
        tokio::select! { () = tokio::time::sleep(longest) => {}, () = self.hurry.cancelled() => {} }
        let under_way: usize = leaving.iter().map(|(capacity, _)| capacity.under_way()).sum();
        tracing::info!(under_way, "closing the doors");
        for (handle, task) in running {
            handle.stop(true).await;
            task.await??;
        }
        Ok(())
    }
}
