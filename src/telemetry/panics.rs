//! What a panic says.
//!
//! A message that was put together at run time may hold what was worked on, which may be somebody's secret: `unwrap` prints the error
//! it met. So a panic says where it was, and its message only where that was written down in the source.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::io::Write;
use std::panic::PanicHookInfo;

use serde_json::json;

use super::Patient;
use crate::clock;

const NOT_TOLD: &str = "its message may hold what was worked on, and is not told";

/// Has the panics of this process told as lines of the log, and counted as `panics_total`. With `RUST_BACKTRACE=1` they tell as well
/// how they were come by.
pub fn tell() {
    std::panic::set_hook(Box::new(|panic| {
        metrics::counter!("panics_total").increment(1);
        // Not by way of the log, which may be what panicked.
        let _ = Patient.write_all(line(panic, &Backtrace::capture()).as_bytes());
    }));
}

fn line(panic: &PanicHookInfo<'_>, trace: &Backtrace) -> String {
    let line = json!({
        "timestamp": jiff::Timestamp::from_millisecond(clock::now_ms()).unwrap_or_default().to_string(),
        "level": "ERROR",
        "message": "a panic",
        "target": "msi_gateway::telemetry::panics",
        "place": panic.location().map(|place| format!("{}:{}", place.file(), place.line())),
        "why": panic.payload().downcast_ref::<&'static str>().unwrap_or(&NOT_TOLD),
        "trace": (trace.status() == BacktraceStatus::Captured).then(|| trace.to_string()),
    });
    format!("{line}\n")
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    // What a panic in a thread of its own says; those of other tests say what they always do.
    fn said(panics: fn()) -> serde_json::Value {
        static ONE: Mutex<()> = Mutex::new(());
        let _one = ONE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let said = Arc::new(Mutex::new(String::new()));
        let before = Arc::new(std::panic::take_hook());
        let (heard, others) = (Arc::clone(&said), Arc::clone(&before));
        std::panic::set_hook(Box::new(move |panic| {
            if std::thread::current().name() == Some("panics") {
                *heard.lock().unwrap() = line(panic, &Backtrace::disabled());
            } else {
                others(panic);
            }
        }));
        let thread = std::thread::Builder::new().name("panics".to_owned()).spawn(panics).unwrap();
        assert!(thread.join().is_err());
        std::panic::set_hook(Box::new(move |panic| before(panic)));
        serde_json::from_str(&said.lock().unwrap()).unwrap()
    }

    #[test]
    fn log_05_a_panic_tells_where_it_was_and_nothing_that_was_worked_on() {
        let told = said(|| panic!("{} is not a number", "s3cr3t".repeat(2)));
        assert_eq!(told["why"], NOT_TOLD);
        let told = said(|| {
            "s3cr3t".parse::<u8>().map_err(|_| "s3cr3t".to_owned()).unwrap();
        });
        assert_eq!((told["why"].as_str(), told["level"].as_str()), (Some(NOT_TOLD), Some("ERROR")));
        assert!(!told.to_string().contains("s3cr3t"), "{told}");
        assert!(told["place"].as_str().unwrap().contains("panics.rs:"), "{told}");
        assert_eq!(said(|| panic!("it is written here"))["why"], "it is written here");
    }
}
