//! The figures of a process that has no face: where an operator's Prometheus finds those of accounts and workers.

use actix_web::http::header;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use anyhow::Context;
use metrics_exporter_prometheus::PrometheusHandle;

use super::halves::Listening;
use crate::gateway::operations::alive;
use crate::settings::Settings;
use crate::telemetry;

/// `/metrics` and `/livez` at `log.metrics`, where one is configured; whoever reaches that address may read them.
///
/// # Errors
/// When the address can't be had.
pub fn listen(settings: &Settings) -> anyhow::Result<Option<Listening>> {
    let wanted = &settings.log.metrics;
    if wanted.is_empty() {
        return Ok(None);
    }
    let figures = telemetry::figures()?;
    let server = HttpServer::new(move || {
        App::new().app_data(Data::new(figures.clone())).route("/metrics", web::get().to(all)).route("/livez", web::get().to(alive))
    });
    let server = server.workers(1).max_connections(32).disable_signals().shutdown_timeout(1);
    let server = server.bind(wanted).with_context(|| format!("log.metrics: {wanted}"))?;
    let address = *server.addrs().first().context("log.metrics: no address")?;
    Ok(Some(Listening::alone(address, server.run())))
}

async fn all(figures: Data<PrometheusHandle>) -> HttpResponse {
    HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/plain; version=0.0.4")).body(figures.render())
}
