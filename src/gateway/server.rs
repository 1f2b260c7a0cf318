//! The face as a server: worker threads, limits and deadlines of connections.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, HttpServer};

use super::edge;
use super::face::House;
use super::routes;

/// Longest wait for the head of a connection's first request.
const HEAD: Duration = Duration::from_secs(5);
/// How long an idle connection is kept; longer than a reverse proxy keeps its own.
const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Seconds that requests under way get when the process is asked to stop.
const LAST_ORDERS: u64 = 25;
/// Connections that one worker thread holds at once.
const CONNECTIONS: usize = 10_000;

/// Starts listening; `beside` lays further addresses beside the face's own (the demo's sandbox).
///
/// # Errors
/// When the address can't be had.
pub fn start<F>(house: &Arc<House>, beside: F) -> std::io::Result<(SocketAddr, Server)>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let shared = Arc::clone(house);
    let app = move || {
        let face = Data::new(shared.for_worker());
        App::new().app_data(face).configure(beside.clone()).service(web::scope("").wrap(from_fn(edge::edge)).configure(routes::configure))
    };
    let mut server = HttpServer::new(app)
        .client_request_timeout(HEAD)
        .keep_alive(KEEP_ALIVE)
        .max_connections(CONNECTIONS)
        .shutdown_timeout(LAST_ORDERS)
        .disable_signals();
    if house.settings.gateway.workers > 0 {
        server = server.workers(house.settings.gateway.workers);
    }
    let server = server.bind(&house.settings.gateway.listen)?;
    let address = server.addrs().first().copied().ok_or_else(|| std::io::Error::other("no address was bound"))?;
    Ok((address, server.run()))
}
