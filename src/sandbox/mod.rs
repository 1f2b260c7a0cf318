//! Marketo, Salesforce and a mailbox, emulated over real HTTP for the demo and the tests.
//! Shares no code with the clients that it tests. `README.md` beside this file tells what is known to be
//! faithful and what had to be chosen.

mod clock;
mod control;
mod dice;
mod kept;
pub mod mail;
mod marketo;
mod salesforce;
#[cfg(test)]
mod walkthrough;
mod world;

use std::sync::Arc;

use actix_web::middleware::from_fn;
use actix_web::web::{self, Data, ServiceConfig};

pub use world::{World, WorldOptions};

/// How long a connection may rest, also before the first request: callers keep theirs for a minute, and must not ask on one that
/// is just being closed.
pub const RESTING: std::time::Duration = std::time::Duration::from_secs(75);

/// Mounts `/marketo`, `/salesforce`, `/mail` and `/_control` below the scope that `cfg` belongs to.
pub fn configure(cfg: &mut ServiceConfig, world: Arc<World>) {
    let world = Data::from(world);
    let (first, second, third) = (world.clone(), world.clone(), world.clone());
    cfg.app_data(world.clone())
        .app_data(web::PayloadConfig::new(marketo::LARGEST_BODY))
        .service(
            web::scope("/marketo")
                .wrap(from_fn(move |request, next| control::watch(first.clone(), request, next)))
                .configure(|cfg| marketo::configure(cfg, &world)),
        )
        .service(
            web::scope("/salesforce")
                .wrap(from_fn(move |request, next| control::watch(second.clone(), request, next)))
                .configure(salesforce::configure),
        )
        .service(
            web::scope("/mail").wrap(from_fn(move |request, next| control::watch(third.clone(), request, next))).configure(mail::configure),
        )
        .service(web::scope("/_control").configure(control::configure));
}
