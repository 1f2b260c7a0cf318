//! Attacks at the edge of the running program. The ids are those of `tests/attacks.md`; what needs a world that a demo can't be
//! brought into is tested at the same edges inside the crate.

mod answers;
mod canvas;
mod proxy;
mod requests;
mod scarcity;
mod strangers;
mod uploads;

use std::sync::atomic::{AtomicU32, Ordering};

/// A place that nobody else comes from, so that what is refused here makes nobody else wait.
pub fn place() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(1);
    let next = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("198.19.{}.{}", next / 250, next % 250)
}
