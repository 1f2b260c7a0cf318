//! Logs, figures and traces. A log that can't be written never stops the work.

use std::io::{self, Write};
use std::sync::{Mutex, OnceLock};
use std::time::Duration;

use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, Layer};

use crate::settings::{Log, LogFormat};

pub mod panics;
pub mod traces;

/// How often samples are gathered.
const GATHER: Duration = Duration::from_secs(5);
/// Seconds: from a cached fragment to the longest deadline.
const BUCKETS: [f64; 12] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 2.5, 10.0];

/// Starts logging to standard error, and tracing where that is wanted; a second call in the same process changes nothing.
pub fn log(settings: &Log) {
    let filter = EnvFilter::try_new(&settings.filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let lines = tracing_subscriber::fmt::layer().with_writer(Patient).log_internal_errors(false);
    let lines = match settings.format {
        LogFormat::Json => lines.json().flatten_event(true).with_current_span(false).with_filter(filter).boxed(),
        LogFormat::Text => lines.with_target(false).compact().with_filter(filter).boxed(),
    };
    // The first one to set a logger wins; tests start several programs in one process.
    let _ = tracing_subscriber::registry().with(lines).with(traces::layer(settings)).try_init();
}

/// The figures of this process, in the Prometheus text format; the first call starts counting.
///
/// # Errors
/// When the recorder can't be installed.
pub fn figures() -> anyhow::Result<PrometheusHandle> {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    static STARTING: Mutex<()> = Mutex::new(());
    let _one = STARTING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(handle) = HANDLE.get() {
        return Ok(handle.clone());
    }
    let builder = PrometheusBuilder::new().set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), &BUCKETS)?;
    let handle = builder.install_recorder()?;
    metrics::gauge!("build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    // Known before the first one, or its increase could not be told.
    metrics::counter!("panics_total").increment(0);
    // Samples of histograms pile up until somebody gathers them, and nobody has to come for the figures.
    if let Ok(runtime) = tokio::runtime::Handle::try_current() {
        let (handle, process) = (handle.clone(), metrics_process::Collector::default());
        process.describe();
        runtime.spawn(async move {
            loop {
                tokio::time::sleep(GATHER).await;
                handle.run_upkeep();
                process.collect();
            }
        });
    }
    Ok(HANDLE.get_or_init(|| handle).clone())
}

// The subscriber, and `eprintln!` with it, would panic or complain on standard error when the volume is full.
#[derive(Debug, Clone, Copy)]
struct Patient;

impl Write for Patient {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let _ = io::stderr().write_all(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        let _ = io::stderr().flush();
        Ok(())
    }
}

impl MakeWriter<'_> for Patient {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        *self
    }
}
