//! The face as a server: worker threads, limits and deadlines of connections.

use std::net::SocketAddr;
use std::sync::Arc;

use actix_http::HttpService;
use actix_http::error::DispatchError;
use actix_server::ServerBuilder;
use actix_service::{IntoServiceFactory, ServiceFactoryExt, fn_service, map_config};
use actix_web::dev::{AppConfig, Server};
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};
use actix_web::{App, Error};
use tokio::net::{TcpSocket, TcpStream};

use super::connection::{self, HEAD, KEEP_ALIVE, Watched};
use super::edge;
use super::face::House;
use super::routes;

/// Seconds that requests under way get when the process is asked to stop.
const LAST_ORDERS: u64 = 25;
/// Connections that one worker thread holds at once.
const CONNECTIONS: usize = 10_000;
/// Connections that wait to be taken.
const BACKLOG: u32 = 1_024;

/// Starts answering at `listener` (see [`listen`]); `beside` lays further addresses beside the face's own (the demo's sandbox).
///
/// # Errors
/// When the listener can't be used.
pub fn start<F>(house: &Arc<House>, listener: std::net::TcpListener, beside: F) -> std::io::Result<(SocketAddr, Server)>
where
    F: Fn(&mut ServiceConfig) + Clone + Send + 'static,
{
    let address = listener.local_addr()?;
    let shared = Arc::clone(house);
    let mut server = ServerBuilder::default().max_concurrent_connections(CONNECTIONS).shutdown_timeout(LAST_ORDERS).disable_signals();
    if house.settings.gateway.workers > 0 {
        server = server.workers(house.settings.gateway.workers);
    }
    let leaving = server.graceful_shutdown_signal();
    // What the framework's own server does, but for the connections, which are under watch.
    let server = server.listen("face", listener, move || {
        let face = Data::new(shared.for_worker());
        let app = App::new()
            .app_data(face)
            .configure(beside.clone())
            .service(web::scope("").wrap(from_fn(edge::edge)).configure(routes::configure))
            .wrap(from_fn(connection::note));
        let app = app.into_factory().map_err(|error: Error| error.error_response());
        let leaving = leaving.clone();
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let leaving = leaving.clone();
                async move { leaving.notified().await }
            })
            .keep_alive(KEEP_ALIVE)
            .client_request_timeout(HEAD)
            .local_addr(address)
            .on_connect_ext(|connection: &Watched, data| drop(data.insert(connection.talk())))
            .h1(map_config(app, |()| AppConfig::default()));
        let watched = fn_service(|stream: TcpStream| async move {
            let peer = stream.peer_addr().ok();
            Ok::<_, DispatchError>((Watched::new(stream), peer))
        });
        watched.and_then(http)
    })?;
    Ok((address, server.run()))
}

/// Takes an address (port 0: a free one), which nobody else gets from then on.
///
/// # Errors
/// When the address can't be had.
pub fn listen(address: &str) -> std::io::Result<std::net::TcpListener> {
    let mut unheard = std::io::Error::from(std::io::ErrorKind::AddrNotAvailable);
    for address in std::net::ToSocketAddrs::to_socket_addrs(address)? {
        let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
        socket.set_reuseaddr(true)?;
        match socket.bind(address).and_then(|()| socket.listen(BACKLOG)) {
            Ok(listener) => return listener.into_std(),
            Err(error) => unheard = error,
        }
    }
    Err(unheard)
}
