//! Traces, where somebody collects them by OpenTelemetry: one for each request, with its calls to the account, to Marketo and to
//! Salesforce. Spans carry names of routes and calls, outcomes and the request id; never an address, a token or a body.

use std::sync::OnceLock;

use opentelemetry::trace::{SpanContext, SpanId, TraceContextExt, TraceFlags, TraceId, TraceState, TracerProvider};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing::{Level, Span};
use tracing_opentelemetry::OpenTelemetrySpanExt;
use tracing_subscriber::Layer;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::registry::LookupSpan;

use crate::settings::Log;

static PROVIDER: OnceLock<SdkTracerProvider> = OnceLock::new();

/// Whether traces are collected.
#[must_use]
pub fn are_on() -> bool {
    PROVIDER.get().is_some()
}

/// Sends what is still to be sent; the last deed of a process.
pub fn flush() {
    if let Some(provider) = PROVIDER.get() {
        // A collector that does not answer must not keep a process from ending.
        let _ = provider.shutdown();
    }
}

/// What makes spans of ours into traces; nothing without an address in the settings, or when it can't be used.
pub(super) fn layer<S>(settings: &Log) -> Option<impl Layer<S> + use<S>>
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
{
    if settings.traces.is_empty() {
        return None;
    }
    let exporter = SpanExporter::builder().with_http().with_protocol(Protocol::HttpJson).with_endpoint(&settings.traces).build().ok()?;
    let resource = Resource::builder()
        .with_service_name("msi-gateway")
        .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
        .build();
    let share = f64::from(settings.trace_percent.min(100)) / 100.0;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_resource(resource)
        .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(share))))
        .build();
    let tracer = provider.tracer("msi-gateway");
    PROVIDER.set(provider).ok()?;
    // Other crates' spans may carry what ours don't.
    let ours = filter_fn(|about| about.is_span() && about.target().starts_with("msi_gateway") && *about.level() <= Level::DEBUG);
    Some(tracing_opentelemetry::layer().with_tracer(tracer).with_location(false).with_threads(false).with_filter(ours))
}

/// The present span as the header `traceparent` says it (W3C Trace Context, version 00); nothing outside a trace.
#[must_use]
pub fn traceparent() -> Option<String> {
    if !are_on() {
        return None;
    }
    let context = Span::current().context();
    let span = context.span();
    let at = span.span_context();
    at.is_valid().then(|| format!("00-{}-{}-{:02x}", at.trace_id(), at.span_id(), at.trace_flags().to_u8()))
}

/// Lays `span` into the trace that a `traceparent` names; one that can't be read changes nothing.
pub fn follow(span: &Span, traceparent: Option<&str>) {
    let Some(parent) = traceparent.filter(|_| are_on()).and_then(read) else { return };
    let _ = span.set_parent(Context::new().with_remote_span_context(parent));
}

fn read(text: &str) -> Option<SpanContext> {
    let mut parts = text.split('-');
    let (version, trace, span, flags) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
    let is_hex = |text: &str, length| text.len() == length && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    if version != "00" || !is_hex(trace, 32) || !is_hex(span, 16) || !is_hex(flags, 2) || parts.next().is_some() {
        return None;
    }
    let flags = TraceFlags::new(u8::from_str_radix(flags, 16).ok()?);
    let (trace, span) = (TraceId::from_hex(trace).ok()?, SpanId::from_hex(span).ok()?);
    let context = SpanContext::new(trace, span, flags, true, TraceState::default());
    context.is_valid().then_some(context)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_whole_traceparent_is_followed() {
        let read_back = |text: &str| read(text).map(|at| (at.trace_id().to_string(), at.span_id().to_string(), at.is_sampled()));
        let (trace, span) = ("4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7");
        assert_eq!(read_back(&format!("00-{trace}-{span}-01")), Some((trace.to_owned(), span.to_owned(), true)));
        assert_eq!(read_back(&format!("00-{trace}-{span}-00")).map(|at| at.2), Some(false));
        for wrong in [
            String::new(),
            format!("00-{trace}-{span}"),
            format!("01-{trace}-{span}-01"),
            format!("00-{trace}-{span}-01-x"),
            format!("00-{}-{span}-01", trace.to_uppercase()),
            format!("00-{}-{span}-01", "0".repeat(32)),
            format!("00-{trace}-{}-01", "0".repeat(16)),
            format!("00-{trace}-+0f067aa0ba902b7-01"),
        ] {
            assert_eq!(read_back(&wrong), None, "{wrong}");
        }
    }
}
