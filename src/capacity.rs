//! How much a process takes on at once: requests under way altogether, and those of one account.
//!
//! What is over is refused at once rather than queued, so that memory stays bounded and whoever waits is answered in time.
//! An account that asks for more than its share is asked to wait (429) before others notice it; a process that is full says so
//! (503), and a proxy tries another one. A process that was asked to stop is *leaving*: it still answers, but is not ready.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use metrics::{Counter, Gauge};

use crate::problem::Problem;

/// Seconds after which somebody who was refused may try again.
const AGAIN: u32 = 2;

/// What one half of the house has under way in this process.
pub struct Capacity {
    most: usize,
    most_of_one: usize,
    working: AtomicUsize,
    arriving: AtomicUsize,
    leaving: AtomicBool,
    shares: Mutex<HashMap<String, usize>>,
    figures: Figures,
}

struct Figures {
    working: Gauge,
    arriving: Gauge,
    full: Counter,
    over_share: Counter,
}

impl std::fmt::Debug for Capacity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Capacity").field("most", &self.most).field("working", &self.working).finish_non_exhaustive()
    }
}

/// A request under way; gives its place back when it is dropped.
#[derive(Debug)]
pub struct Place {
    capacity: Arc<Capacity>,
}

/// A request of one account under way; gives its part of the share back when it is dropped.
#[derive(Debug)]
pub struct Share {
    capacity: Arc<Capacity>,
    whose: String,
}

/// A request whose body is still on its way: it takes no place meanwhile.
#[derive(Debug)]
pub struct Arriving {
    capacity: Arc<Capacity>,
}

// === impl Capacity ===

impl Capacity {
    /// Room for `most` requests, and for `most_of_one` of them of one account; 0 is taken for 1. `half` names the figures.
    #[must_use]
    pub fn new(half: &'static str, most: usize, most_of_one: usize) -> Arc<Self> {
        let figures = Figures {
            working: metrics::gauge!("requests_under_way", "half" => half),
            arriving: metrics::gauge!("requests_arriving", "half" => half),
            full: metrics::counter!("requests_turned_away_total", "half" => half, "why" => "process"),
            over_share: metrics::counter!("requests_turned_away_total", "half" => half, "why" => "account"),
        };
        Arc::new(Self {
            most: most.max(1),
            most_of_one: most_of_one.max(1),
            working: AtomicUsize::new(0),
            arriving: AtomicUsize::new(0),
            leaving: AtomicBool::new(false),
            shares: Mutex::default(),
            figures,
        })
    }

    /// A place for one request.
    ///
    /// # Errors
    /// 503 `server.busy`.
    pub fn enter(self: &Arc<Self>) -> Result<Place, Problem> {
        if self.working.fetch_add(1, Ordering::Relaxed) >= self.most {
            self.working.fetch_sub(1, Ordering::Relaxed);
            return Err(self.full());
        }
        self.figures.working.increment(1);
        Ok(Place { capacity: Arc::clone(self) })
    }

    /// A part of the share of an account, or of an org or token whose account is not known yet.
    ///
    /// # Errors
    /// 429 `account.busy`.
    pub fn share(self: &Arc<Self>, whose: &str) -> Result<Share, Problem> {
        let mut shares = self.shares.lock().unwrap_or_else(PoisonError::into_inner);
        match shares.get_mut(whose) {
            Some(under_way) if *under_way >= self.most_of_one => {
                self.figures.over_share.increment(1);
                tracing::info!(whose, "over its share of the requests under way");
                let detail = "Too many requests of this account are under way. Wait until some of them are answered.";
                let mut problem = Problem::new(429, "account.busy", "Too many at once", detail);
                problem.retry_after = Some(AGAIN);
                return Err(problem);
            }
            Some(under_way) => *under_way += 1,
            None => {
                shares.insert(whose.to_owned(), 1);
            }
        }
        Ok(Share { capacity: Arc::clone(self), whose: whose.to_owned() })
    }

    /// Requests that have a place just now.
    #[must_use]
    pub fn under_way(&self) -> usize {
        self.working.load(Ordering::Relaxed)
    }

    /// From now on the process is not ready: whoever distributes requests should look for another one.
    pub fn leave(&self) {
        self.leaving.store(true, Ordering::Relaxed);
    }

    /// Whether the process was asked to stop.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.leaving.load(Ordering::Relaxed)
    }

    fn full(&self) -> Problem {
        self.figures.full.increment(1);
        Problem::unavailable("server.busy", "This server has as much under way as it takes. Try again in a moment.", AGAIN)
    }
}

// === impl Place ===

impl Place {
    /// Steps aside while the request's body arrives: whoever sends slowly keeps nobody out who asks for something. There may be
    /// as many of these as there are places.
    ///
    /// # Errors
    /// 503 `server.busy`.
    pub fn step_aside(self) -> Result<Arriving, Problem> {
        let capacity = &self.capacity;
        if capacity.arriving.fetch_add(1, Ordering::Relaxed) >= capacity.most {
            capacity.arriving.fetch_sub(1, Ordering::Relaxed);
            return Err(capacity.full());
        }
        capacity.figures.arriving.increment(1);
        Ok(Arriving { capacity: Arc::clone(capacity) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.capacity.working.fetch_sub(1, Ordering::Relaxed);
        self.capacity.figures.working.decrement(1);
    }
}

// === impl Arriving ===

impl Arriving {
    /// The body is there: takes a place again.
    ///
    /// # Errors
    /// 503 `server.busy`.
    pub fn arrived(self) -> Result<Place, Problem> {
        self.capacity.enter()
    }
}

impl Drop for Arriving {
    fn drop(&mut self) {
        self.capacity.arriving.fetch_sub(1, Ordering::Relaxed);
        self.capacity.figures.arriving.decrement(1);
    }
}

// === impl Share ===

impl Share {
    /// Whose it is.
    #[must_use]
    pub fn whose(&self) -> &str {
        &self.whose
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut shares = self.capacity.shares.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(under_way) = shares.get_mut(&self.whose) {
            *under_way -= 1;
            if *under_way == 0 {
                shares.remove(&self.whose);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_is_refused_and_a_place_given_back_is_a_place_again() {
        let capacity = Capacity::new("test", 2, 1);
        let (first, _second) = (capacity.enter().unwrap(), capacity.enter().unwrap());
        let problem = capacity.enter().unwrap_err();
        assert_eq!((problem.status, &*problem.code, problem.retry_after), (503, "server.busy", Some(2)));
        drop(first);
        capacity.enter().unwrap();
    }

    #[test]
    fn an_account_has_its_share_and_others_have_theirs() {
        let capacity = Capacity::new("test", 9, 2);
        let (one, _two) = (capacity.share("a").unwrap(), capacity.share("a").unwrap());
        let problem = capacity.share("a").unwrap_err();
        assert_eq!((problem.status, &*problem.code, problem.retry_after), (429, "account.busy", Some(2)));
        let other = capacity.share("b").unwrap();
        drop(one);
        capacity.share("a").unwrap();
        drop(other);
        assert_eq!(capacity.shares.lock().unwrap().len(), 1, "nothing is kept of whoever has nothing under way");
    }

    #[test]
    fn whoever_sends_slowly_takes_no_place_but_there_are_only_so_many_of_them() {
        let capacity = Capacity::new("test", 1, 1);
        let slow = capacity.enter().unwrap().step_aside().unwrap();
        let other = capacity.enter().unwrap();
        assert_eq!(slow.arrived().unwrap_err().code, "server.busy");
        let slow = other.step_aside().unwrap();
        assert_eq!(capacity.enter().unwrap().step_aside().unwrap_err().code, "server.busy");
        slow.arrived().unwrap();
        assert_eq!(capacity.under_way() + capacity.arriving.load(Ordering::Relaxed), 0);
    }
}
