//! Time, identifiers and randomness: the only place that asks the machine for them.
//!
//! Everything else takes them from here, so that a test can move the clock and a reader can find every
//! use. `clippy.toml` bans the direct calls elsewhere.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

static SHIFT_MS: AtomicI64 = AtomicI64::new(0);

/// Milliseconds since the Unix epoch, by the wall clock.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of the wall clock")]
pub fn now_ms() -> i64 {
    let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| i64::try_from(since.as_millis()).unwrap_or(i64::MAX));
    wall.saturating_add(SHIFT_MS.load(Ordering::Relaxed))
}

/// Seconds since the Unix epoch, as JWT claims count them (RFC 7519 §2).
#[must_use]
pub fn now_s() -> i64 {
    now_ms().div_euclid(1000)
}

/// A monotonic instant, for durations only.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one home of the monotonic clock")]
pub fn instant() -> Instant {
    Instant::now()
}

/// Milliseconds that passed since this process first asked, however the wall clock was set meanwhile: for moments that only this
/// process remembers.
#[must_use]
pub fn steady_ms() -> i64 {
    static BEGAN: OnceLock<Instant> = OnceLock::new();
    i64::try_from(BEGAN.get_or_init(instant).elapsed().as_millis()).unwrap_or(i64::MAX)
}

/// Moves this process's wall clock by `by_ms`; for tests of expiry.
pub fn shift(by_ms: i64) {
    SHIFT_MS.fetch_add(by_ms, Ordering::Relaxed);
}

/// A new time-ordered identifier (UUIDv7, 32 hexadecimal digits).
#[must_use]
pub fn new_id() -> String {
    let time = u64::try_from(now_ms()).unwrap_or_default();
    // An id made without randomness is still told apart by time, and nothing rests on its being secret.
    let random = random::<10>().unwrap_or_default();
    uuid::Builder::from_unix_timestamp_millis(time, &random).into_uuid().simple().to_string()
}

/// Identifiers as [`new_id`] makes them, for many things at once: one look at clock and generator, then counted on.
#[derive(Debug)]
pub struct IdSeries {
    next: u128,
}

impl IdSeries {
    /// A series that begins now.
    #[must_use]
    pub fn begin() -> Self {
        let time = u64::try_from(now_ms()).unwrap_or_default();
        let random = random::<10>().unwrap_or_default();
        let first = uuid::Builder::from_unix_timestamp_millis(time, &random).into_uuid().as_u128();
        // Room to count without touching the bits that say what kind of identifier it is.
        Self { next: first & !(1 << 61) }
    }

    /// The next identifier.
    pub fn next_id(&mut self) -> String {
        let id = format!("{:032x}", self.next);
        self.next += 1;
        id
    }
}

/// Random bytes from the operating system's generator.
///
/// # Errors
/// When the generator cannot be read, which leaves nothing sensible to do but to refuse the work.
#[expect(clippy::disallowed_methods, reason = "the one home of randomness")]
pub fn random<const N: usize>() -> Result<[u8; N], RandomnessUnavailable> {
    let mut bytes = [0_u8; N];
    aws_lc_rs::rand::fill(&mut bytes).map_err(|_| RandomnessUnavailable)?;
    Ok(bytes)
}

/// The operating system gave no random bytes.
#[derive(Debug, thiserror::Error)]
#[error("the operating system gave no random bytes")]
pub struct RandomnessUnavailable;
