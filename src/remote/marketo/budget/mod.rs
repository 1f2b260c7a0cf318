//! One budget for each Marketo instance: every call of ours passes it, whichever account or process makes it.
//!
//! Marketo counts 100 calls in 20 seconds, 10 at once and a daily quota for the whole instance, shared with everybody
//! else's integrations. We stay below our share in every sliding window. People who click come first: background work
//! leaves some room, yields while somebody waits, and goes at an even pace while people are about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant};

use serde::Serialize;
use tokio::sync::Mutex;

use self::local::{Figures, Local, Now};
use self::shared::Shared;
pub use self::shared::SharedLedger;
use super::jitter;
use crate::clock;
use crate::remote::call::CallError;
use crate::settings;

pub mod central;
mod local;
mod shared;
#[cfg(test)]
mod tests;

/// Why a call is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Somebody looks at a screen and waits.
    Interactive,
    /// A job of this name.
    Background(&'static str),
}

impl Purpose {
    /// Its word in figures.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Interactive => "people",
            Self::Background(job) => job,
        }
    }
}

/// The share of an instance's limits that is ours.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Calls in any window.
    pub window_calls: u32,
    /// Length of the window, in milliseconds.
    pub window_ms: i64,
    /// Calls in flight.
    pub concurrent: u32,
    /// Calls a day.
    pub daily: u32,
    /// Percent of the day's calls after which background work stops.
    pub background_percent: u32,
}

// A little longer than Marketo's 20 s: what leaves us evenly may arrive bunched.
const WINDOW_MS: i64 = 20_200;
// How long a waiting person holds background work off; renewed while they wait.
const YIELD_MS: i64 = 1_000;
const ASK_AGAIN_MS: i64 = 40;
// While somebody was here this recently, background work keeps an even pace rather than using a window up at once.
const PEOPLE_MS: i64 = 300_000;
// How often Marketo is asked for its own count of the day, which costs a call.
const USAGE_EVERY_MS: i64 = 30 * 60_000;

impl From<&settings::Marketo> for Limits {
    fn from(settings: &settings::Marketo) -> Self {
        Self {
            window_calls: settings.calls_per_window.max(1),
            window_ms: WINDOW_MS,
            concurrent: settings.concurrent_calls.max(1),
            daily: settings.daily_calls,
            background_percent: settings.background_percent.min(100),
        }
    }
}

#[derive(Debug, Clone, Copy)]
struct Allowed {
    window: u32,
    concurrent: u32,
    daily: u32,
    /// Calls in a tenth of the window.
    pace: u32,
}

impl Limits {
    fn of(&self, purpose: Purpose) -> Allowed {
        match purpose {
            Purpose::Interactive => {
                Allowed { window: self.window_calls, concurrent: self.concurrent, daily: self.daily, pace: self.window_calls }
            }
            Purpose::Background(_) => {
                let window = (self.window_calls - (self.window_calls / 25).max(1)).max(1);
                let daily = u64::from(self.daily) * u64::from(self.background_percent) / 100;
                Allowed {
                    window,
                    concurrent: (self.concurrent - 1).max(1),
                    daily: u32::try_from(daily).unwrap_or(u32::MAX),
                    pace: window.div_ceil(10),
                }
            }
        }
    }
}

/// What a ledger says to a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verdict {
    Entered,
    Wait {
        ms: i64,
    },
    /// Until when, by the wall clock; 0 means until midnight.
    UsedUp {
        until_ms: i64,
    },
}

/// How a budget stands, for people and machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BudgetView {
    pub munchkin: String,
    pub used_today: u32,
    pub daily_limit: u32,
    pub in_window: u32,
    pub window_limit: u32,
    pub in_flight: u32,
    /// Milliseconds since the epoch.
    pub paused_until: Option<i64>,
    pub pause_reason: Option<String>,
    /// When background work stops, in calls of the day.
    pub background_limit: u32,
    /// When calls that are not possible now are possible again: after a pause, after the day's calls are used up.
    pub resumes_at: Option<i64>,
    /// When Marketo's day began.
    pub day_began: i64,
    /// Calls of the day by purpose, hour by hour since it began.
    pub hours: BTreeMap<String, Vec<u32>>,
    /// What Marketo itself has counted, for all who use the instance.
    pub instance: Option<InstanceUsage>,
}

/// What Marketo has counted today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct InstanceUsage {
    /// Calls of all integrations together.
    pub total: u32,
    /// Calls of our own API user, where that is known.
    pub own: Option<u32>,
    pub read_at: i64,
}

/// The budget of one instance. There must be one in a process.
#[derive(Debug)]
pub struct Budget {
    instance: String,
    limits: Limits,
    local: Local,
    shared: Option<Shared>,
    started: Instant,
    // Whoever came first asks first; the others wait in line behind them without asking.
    people: Mutex<()>,
    background: Mutex<()>,
    usage: std::sync::Mutex<Option<(String, InstanceUsage)>>,
    usage_asked_at: AtomicI64,
}

impl Budget {
    /// A budget for `instance`, in this process's memory alone or shared through Redis.
    #[must_use]
    pub fn new(instance: &str, limits: Limits, shared: Option<SharedLedger>) -> Arc<Self> {
        Arc::new(Self {
            instance: instance.to_owned(),
            limits,
            local: Local::default(),
            shared: shared.map(|ledger| Shared::new(ledger, instance)),
            started: clock::instant(),
            people: Mutex::new(()),
            background: Mutex::new(()),
            usage: std::sync::Mutex::default(),
            usage_asked_at: AtomicI64::new(i64::MIN),
        })
    }

    /// Waits for room and takes it. The room counts as in flight until the permit leaves, or for `longest` at most.
    ///
    /// # Errors
    /// [`CallError::QuotaExhausted`] when the day's share is used up; [`CallError::RateLimited`] when no room was found
    /// in ten seconds for a person, in two minutes for background work.
    pub async fn admit(self: &Arc<Self>, purpose: Purpose, longest: Duration) -> Result<Permit, CallError> {
        let (line, patience) = match purpose {
            Purpose::Interactive => (&self.people, Duration::from_secs(10)),
            Purpose::Background(_) => (&self.background, Duration::from_mins(2)),
        };
        let lease_ms = i64::try_from(longest.as_millis()).unwrap_or(60_000) + 5_000;
        let refused = CallError::RateLimited { retry_after_ms: 5_000, concurrency: false };
        tokio::time::timeout(patience, async {
            let _turn = line.lock().await;
            loop {
                let ticket = clock::new_id();
                match self.enter(purpose, &ticket, lease_ms).await {
                    Verdict::Entered => return Ok(Permit { budget: Arc::clone(self), ticket: Some(ticket), purpose: purpose.word() }),
                    Verdict::Wait { ms } => {
                        // Nobody stands in line for a pause that outlasts their patience.
                        if Duration::from_millis(u64::try_from(ms).unwrap_or(0)) > patience {
                            return Err(CallError::RateLimited { retry_after_ms: ms, concurrency: false });
                        }
                        let nap = u64::try_from(ms.clamp(1, 500)).unwrap_or(1);
                        tokio::time::sleep(Duration::from_millis(nap)).await;
                    }
                    Verdict::UsedUp { until_ms } => {
                        let until_ms = if until_ms > 0 { until_ms } else { central::next_midnight(clock::now_ms()) };
                        return Err(CallError::QuotaExhausted { until_ms });
                    }
                }
            }
        })
        .await
        .unwrap_or(Err(refused))
    }

    async fn enter(&self, purpose: Purpose, ticket: &str, lease_ms: i64) -> Verdict {
        let (_, day) = self.now();
        let shared = match &self.shared {
            Some(shared) => shared.enter(&self.limits, purpose, ticket, lease_ms, &day).await,
            None => None,
        };
        // Read only now: asking Redis may have taken its time.
        let (now, day) = self.now();
        let verdict = match shared {
            Some(Verdict::Entered) => {
                self.local.mirror(&self.limits, ticket, lease_ms, now, &day);
                Verdict::Entered
            }
            Some(verdict) => verdict,
            None => self.local.enter(&self.limits, purpose, ticket, lease_ms, now, &day),
        };
        if verdict == Verdict::Entered {
            let used = self.local.figures(&self.limits, now, &day).used_today;
            metrics::gauge!("marketo_budget_remaining", "munchkin" => self.instance.clone())
                .set(f64::from(self.limits.daily.saturating_sub(used)));
        }
        verdict
    }

    /// Makes everybody wait, a little longer than `ms` and not all until the same moment.
    pub async fn pause(&self, ms: i64, reason: &'static str) {
        let for_ms = ms + i64::try_from(jitter(u64::try_from(ms / 5).unwrap_or(0))).unwrap_or(0);
        tracing::warn!(instance = self.instance, for_ms, reason, "Marketo asks us to slow down");
        metrics::counter!("marketo_pauses_total", "munchkin" => self.instance.clone(), "reason" => reason).increment(1);
        let (now, day) = self.now();
        self.local.pause(for_ms, reason, now);
        if let Some(shared) = &self.shared {
            shared.pause(for_ms, reason, &day).await;
        }
    }

    /// Marketo itself said that the day's calls are used up: nobody calls until its next day.
    pub async fn quota_used_up(&self) {
        let until_ms = central::quota_pause_until(clock::now_ms());
        tracing::warn!(instance = self.instance, until_ms, "Marketo's daily quota is used up");
        let reason = "607 the daily quota is used up";
        self.local.quota(until_ms, reason);
        let (_, day) = self.now();
        if let Some(shared) = &self.shared {
            shared.quota(until_ms, reason, &day).await;
        }
    }

    /// Takes over what Marketo itself has counted on `day`, such as calls before this process began. Our own user's
    /// calls are the measure; where that user is not known, everybody's are, which errs on the side of too little.
    pub async fn counted_by_marketo(&self, day: &str, total: u32, own: Option<u32>) {
        let (now, today) = self.now();
        if day != today {
            return;
        }
        let usage = InstanceUsage { total, own, read_at: now.wall_ms };
        *self.usage.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some((today.clone(), usage));
        let used = own.unwrap_or(total);
        self.local.at_least(&self.limits, used, now, &today);
        if let Some(shared) = &self.shared {
            shared.at_least(used, &today).await;
        }
    }

    /// Whether it is time to ask Marketo for its count; whoever is told so has to ask.
    pub(super) fn usage_is_due(&self) -> bool {
        let now = clock::now_ms();
        let asked = self.usage_asked_at.load(Ordering::Relaxed);
        let due = !(0..USAGE_EVERY_MS).contains(&now.saturating_sub(asked));
        due && self.usage_asked_at.compare_exchange(asked, now, Ordering::Relaxed, Ordering::Relaxed).is_ok()
    }

    /// What Marketo has counted today, as far as it was asked.
    #[must_use]
    pub fn instance_usage(&self) -> Option<InstanceUsage> {
        let (_, today) = self.now();
        let usage = self.usage.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        usage.as_ref().filter(|(day, _)| *day == today).map(|(_, usage)| *usage)
    }

    /// Calls of the day so far for these purposes, and milliseconds since the day began.
    pub async fn spent_on(&self, purposes: &[&str]) -> (u32, i64) {
        let figures = self.figures().await;
        let (now, _) = self.now();
        let calls = figures.hours.iter().filter(|((_, purpose), _)| purposes.contains(&purpose.as_str())).map(|(_, calls)| *calls);
        (calls.sum(), now.wall_ms - central::began(now.wall_ms))
    }

    async fn figures(&self) -> Figures {
        let (now, day) = self.now();
        let shared = match &self.shared {
            Some(shared) => shared.figures(&self.limits, &day).await,
            None => None,
        };
        shared.unwrap_or_else(|| self.local.figures(&self.limits, now, &day))
    }

    /// How it stands.
    pub async fn view(&self) -> BudgetView {
        let figures = self.figures().await;
        let (now, _) = self.now();
        let paused_until = paused_until(&figures, now.wall_ms);
        let background_limit = self.limits.of(Purpose::Background("")).daily;
        let midnight = (figures.used_today >= background_limit).then(|| central::next_midnight(now.wall_ms));
        let mut hours: BTreeMap<String, Vec<u32>> = BTreeMap::new();
        for ((hour, purpose), calls) in &figures.hours {
            let row = hours.entry(purpose.clone()).or_insert_with(|| vec![0; 24]);
            let place = usize::from(*hour);
            if row.len() <= place {
                row.resize(place + 1, 0);
            }
            if let Some(cell) = row.get_mut(place) {
                *cell += calls;
            }
        }
        BudgetView {
            background_limit,
            resumes_at: paused_until.max(midnight),
            day_began: central::began(now.wall_ms),
            hours,
            instance: self.instance_usage(),
            munchkin: self.instance.clone(),
            used_today: figures.used_today,
            daily_limit: self.limits.daily,
            in_window: figures.in_window,
            window_limit: self.limits.window_calls,
            in_flight: figures.in_flight,
            pause_reason: paused_until.map(|_| figures.reason),
            paused_until,
        }
    }

    fn now(&self) -> (Now, String) {
        let steady_ms = i64::try_from(clock::instant().duration_since(self.started).as_millis()).unwrap_or(i64::MAX);
        let wall_ms = clock::now_ms();
        (Now { steady_ms, wall_ms }, central::day(wall_ms))
    }
}

fn paused_until(figures: &Figures, now_ms: i64) -> Option<i64> {
    let pause = if figures.paused_for_ms > 0 { now_ms + figures.paused_for_ms } else { 0 };
    Some(pause.max(figures.quota_until_ms)).filter(|until| *until > 0)
}

/// Room for one call. It is given back by [`Permit::leave`], or when dropped.
#[derive(Debug)]
pub struct Permit {
    budget: Arc<Budget>,
    ticket: Option<String>,
    purpose: &'static str,
}

impl Permit {
    /// Gives the room back; a call that Marketo does not count is not counted here either.
    pub async fn leave(mut self, counted: bool) {
        let Some(ticket) = self.ticket.take() else { return };
        self.budget.local.leave(&ticket, counted);
        let (now, day) = self.budget.now();
        let hour = central::hour(now.wall_ms);
        if counted {
            self.budget.local.note(hour, self.purpose);
        }
        if let Some(shared) = &self.budget.shared {
            shared.leave(&ticket, counted, (hour, self.purpose), &day).await;
        }
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        let Some(ticket) = self.ticket.take() else { return };
        self.budget.local.leave(&ticket, true);
        let (now, _) = self.budget.now();
        let (hour, purpose) = (central::hour(now.wall_ms), self.purpose);
        self.budget.local.note(hour, purpose);
        let budget = Arc::clone(&self.budget);
        // Without a runtime the lease in Redis runs out by itself.
        if budget.shared.is_some()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(async move {
                if let Some(shared) = &budget.shared {
                    let (_, day) = budget.now();
                    shared.leave(&ticket, true, (hour, purpose), &day).await;
                }
            });
        }
    }
}
