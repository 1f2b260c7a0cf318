//! The Marketo Sales account: its rules and its API `/v1`. Never HTML.
//!
//! A route takes a type that proves authority ([`visitor`]), asks the store through the visitor's own
//! [`Tenant`](crate::store::Tenant), and answers with what the face may do with the answer ([`answer`]).

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::{App, HttpServer};

use crate::capacity::Capacity;
use crate::remote::call::Caller;
use crate::settings::Settings;
use crate::store::Store;

mod account_settings;
mod acting;
mod acting_settings;
mod actions_config;
pub mod activities;
mod addressees;
mod answer;
mod api_tokens;
pub mod arrivals;
mod audit;
mod body;
pub mod calls;
pub mod certificates;
mod circulars;
pub mod composing;
pub mod connections;
mod cursor;
mod database;
mod deliveries;
pub mod delivery_codes;
mod description;
mod desk;
pub mod email;
mod emails;
pub mod entrances;
mod field_sync;
mod fields;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzzed;
mod identity_token;
mod imports;
mod insights;
mod invitations;
pub mod inviting;
mod jobs;
pub mod letters;
pub mod link;
mod listing;
pub(crate) mod mail_channels;
mod mail_html;
mod mail_style;
mod mail_view;
mod mailings;
mod marketo_admins;
mod marketo_budget;
mod marketo_campaigns;
mod marketo_connection;
mod me;
mod members;
mod memory_epochs;
pub mod merging;
pub mod moment_alerts;
mod network;
mod org_assertion;
mod org_certificates;
mod org_status;
mod orgs;
mod package_state;
pub mod package_version;
mod people;
mod personal_data;
pub mod postbox;
pub mod provisioning;
mod query;
mod record_people;
mod records;
mod request;
pub mod resealing;
pub mod returns;
pub mod routes;
pub mod sales_campaigns;
pub mod salesforce_calls;
mod salesforce_connection;
mod salesforce_fields;
mod salesforce_flow;
mod salesforce_sign_in;
pub mod salesforce_tokens;
pub mod sealing;
pub mod secret_key;
pub mod seller;
mod set_up;
mod sheet;
mod sign_in_links;
pub mod signed_in;
mod standing;
pub mod subject_pattern;
pub mod tasks;
mod teams;
mod templates;
#[cfg(test)]
mod tests;
mod timeline;
mod tracking;
pub mod tracking_links;
mod unsubscribes;
pub mod upstreams;
pub mod visitor;
mod visitor_token;
mod watch_list;

pub use imports::runner as import_runner;
pub use routes::configure;

/// What the routes work with; one for the process.
pub struct AccountState {
    pub store: Store,
    pub settings: Arc<Settings>,
    pub arrivals: Arc<dyn upstreams::Newcomers>,
    pub budgets: Arc<dyn upstreams::Budgets>,
    pub connections: Arc<connections::Connections>,
    /// Calls to Salesforce.
    pub caller: Caller,
    /// Requests under way.
    pub capacity: Arc<Capacity>,
    key: visitor::VisitorKey,
    cursors: cursor::CursorKey,
    standing: standing::Standing,
    rosters: marketo_admins::Rosters,
    campaigns: marketo_campaigns::Campaigns,
    contents: mail_view::Contents,
    links: Arc<tracking_links::LinkKey>,
}

impl AccountState {
    /// Puts the account together.
    ///
    /// # Errors
    /// When `[account] key` is shorter than 32 bytes.
    pub fn new(
        store: Store,
        settings: Arc<Settings>,
        arrivals: Arc<dyn upstreams::Newcomers>,
        budgets: Arc<dyn upstreams::Budgets>,
        connections: Arc<connections::Connections>,
        caller: Caller,
    ) -> Result<Arc<Self>, visitor::WeakKey> {
        let key = visitor::VisitorKey::new(&settings.account.key)?;
        let cursors = cursor::CursorKey::new(&settings.account.key);
        let capacity = Capacity::new("account", settings.account.max_requests, settings.account.max_requests_per_account);
        let links = Arc::new(tracking_links::LinkKey::new(&settings.account.key));
        Ok(Arc::new(Self {
            store,
            settings,
            arrivals,
            budgets,
            connections,
            caller,
            capacity,
            key,
            cursors,
            standing: standing::Standing::default(),
            rosters: marketo_admins::Rosters::default(),
            campaigns: marketo_campaigns::Campaigns::default(),
            contents: mail_view::Contents::default(),
            links,
        }))
    }
}

/// How long an idle connection is kept: longer than a face or a proxy keeps its own, or one of them would now and then ask on a
/// connection that is just being closed. That goes for one on which nothing was asked yet as well: a face may make one, and find
/// another free before it is ready.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Listens on `listen` (port 0 takes a free one) and gives back where, and the server to await.
/// Stopping it is its owner's affair: it listens to no signals.
///
/// # Errors
/// When the address cannot be bound.
pub fn serve(state: &Arc<AccountState>, listen: &str) -> std::io::Result<(SocketAddr, Server)> {
    let workers = state.settings.gateway.workers;
    let state = Arc::clone(state);
    let mut server = HttpServer::new(move || App::new().configure(|cfg| configure(cfg, Arc::clone(&state))))
        .disable_signals()
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(KEEP_ALIVE)
        .shutdown_timeout(10)
        .bind(listen)?;
    if workers > 0 {
        server = server.workers(workers);
    }
    let address = server.addrs().first().copied().ok_or(std::io::ErrorKind::AddrNotAvailable)?;
    Ok((address, server.run()))
}
