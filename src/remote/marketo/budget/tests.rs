use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;

use super::local::{Local, Now};
use super::*;
use crate::settings::Redis;

const JOB: Purpose = Purpose::Background("test");

fn limits() -> Limits {
    Limits { window_calls: 10, window_ms: 400, concurrent: 3, daily: 1_000, background_percent: 50 }
}

fn open(url: &str) -> SharedLedger {
    let settings = Redis { url: Some(url.into()), ..Redis::default() };
    SharedLedger::open(&settings).unwrap().unwrap()
}

/// The suite runs over memory, and over Redis where a test server is named.
#[expect(clippy::disallowed_methods, reason = "the one place where tests learn of a Redis server")]
fn every_store() -> Vec<Option<SharedLedger>> {
    let mut stores = vec![None];
    if let Ok(url) = std::env::var("MSI_TEST_REDIS_URL") {
        stores.push(Some(open(&url)));
    }
    stores
}

fn budget(limits: Limits, store: Option<SharedLedger>) -> Arc<Budget> {
    Budget::new(&clock::new_id(), limits, store)
}

async fn call(budget: &Arc<Budget>, purpose: Purpose) -> i64 {
    let permit = budget.admit(purpose, Duration::from_secs(5)).await.unwrap();
    let entered = clock::now_ms();
    tokio::time::sleep(Duration::from_millis(3)).await;
    permit.leave(true).await;
    entered
}

#[tokio::test]
async fn no_window_holds_more_than_its_calls() {
    for store in every_store() {
        let budget = budget(limits(), store);
        let mut entered = join_all((0..25).map(|_| call(&budget, Purpose::Interactive))).await;
        entered.sort_unstable();
        // The eleventh waits for the first to leave the window; a millisecond for the reading of the clock.
        for pair in entered.windows(11) {
            assert!(pair[10] - pair[0] >= 395, "{entered:?}");
        }
        // Everybody got in, however slow the machine.
        assert!(entered[24] - entered[0] < 20_000, "{entered:?}");
    }
}

#[tokio::test]
async fn no_more_are_in_flight_than_allowed_and_background_leaves_a_place() {
    for store in every_store() {
        let budget = budget(Limits { window_calls: 100, ..limits() }, store);
        let first = budget.admit(JOB, Duration::from_secs(5)).await.unwrap();
        let second = budget.admit(JOB, Duration::from_secs(5)).await.unwrap();
        assert!(tokio::time::timeout(Duration::from_millis(150), budget.admit(JOB, Duration::from_secs(5))).await.is_err());
        let third = budget.admit(Purpose::Interactive, Duration::from_secs(5)).await.unwrap();
        assert_eq!(budget.view().await.in_flight, 3);
        let fourth = budget.admit(Purpose::Interactive, Duration::from_secs(5));
        assert!(tokio::time::timeout(Duration::from_millis(150), fourth).await.is_err());
        drop(first);
        second.leave(true).await;
        third.leave(true).await;
        tokio::time::sleep(Duration::from_millis(50)).await;
        assert_eq!(budget.view().await.in_flight, 0);
    }
}

#[tokio::test]
async fn uncounted_calls_give_their_place_back() {
    for store in every_store() {
        let budget = budget(limits(), store);
        for _ in 0..30 {
            budget.admit(Purpose::Interactive, Duration::from_secs(5)).await.unwrap().leave(false).await;
        }
        let view = budget.view().await;
        assert_eq!((view.used_today, view.in_window), (0, 0));
    }
}

#[tokio::test]
async fn background_work_stops_at_its_share_of_the_day_and_people_at_the_end_of_it() {
    for store in every_store() {
        let budget = budget(Limits { window_calls: 100, daily: 6, ..limits() }, store);
        for _ in 0..3 {
            call(&budget, JOB).await;
        }
        assert!(matches!(budget.admit(JOB, Duration::from_secs(1)).await, Err(CallError::QuotaExhausted { .. })));
        for _ in 0..3 {
            call(&budget, Purpose::Interactive).await;
        }
        let refused = budget.admit(Purpose::Interactive, Duration::from_secs(1)).await;
        let Err(CallError::QuotaExhausted { until_ms }) = refused else { panic!("{refused:?}") };
        assert_eq!(until_ms, central::next_midnight(clock::now_ms()));
    }
}

#[tokio::test]
async fn a_pause_holds_everybody_and_the_quota_fails_fast() {
    for store in every_store() {
        let budget = budget(limits(), store);
        budget.pause(300, "615 too many calls at once").await;
        let began = clock::instant();
        let view = budget.view().await;
        assert!(view.paused_until.is_some_and(|until| until > clock::now_ms()), "{view:?}");
        call(&budget, Purpose::Interactive).await;
        assert!(began.elapsed() >= Duration::from_millis(295));
        budget.quota_used_up().await;
        let refused = budget.admit(Purpose::Interactive, Duration::from_secs(1)).await;
        assert!(matches!(refused, Err(CallError::QuotaExhausted { .. })));
    }
}

#[tokio::test]
async fn people_pass_a_backlog_of_background_work() {
    for store in every_store() {
        let budget = budget(limits(), store);
        call(&budget, Purpose::Interactive).await;
        let backlog: Vec<_> = (0..30)
            .map(|_| {
                let budget = Arc::clone(&budget);
                tokio::spawn(async move { call(&budget, JOB).await })
            })
            .collect();
        tokio::time::sleep(Duration::from_millis(100)).await;
        call(&budget, Purpose::Interactive).await;
        assert!(!backlog.iter().all(tokio::task::JoinHandle::is_finished));
        backlog.iter().for_each(tokio::task::JoinHandle::abort);
    }
}

#[tokio::test]
async fn two_processes_share_one_budget_through_redis() {
    for store in every_store().into_iter().flatten() {
        let instance = clock::new_id();
        let [one, other] = [0, 1].map(|_| Budget::new(&instance, limits(), Some(store.clone())));
        let calls = (0..24).map(|number| call(if number % 2 == 0 { &one } else { &other }, Purpose::Interactive));
        let mut entered = join_all(calls).await;
        entered.sort_unstable();
        for pair in entered.windows(11) {
            assert!(pair[10] - pair[0] >= 395, "{entered:?}");
        }
        assert_eq!(one.view().await.used_today, other.view().await.used_today);
    }
}

#[tokio::test]
async fn without_redis_the_local_ledger_takes_over() {
    let lost = open("redis://127.0.0.1:1/");
    let budget = budget(limits(), Some(lost));
    let mut entered = join_all((0..15).map(|_| call(&budget, Purpose::Interactive))).await;
    entered.sort_unstable();
    assert!(entered[10] - entered[0] >= 395);
    assert_eq!(budget.view().await.used_today, 15);
}

proptest! {
    /// Whatever comes when, no window of the set length ever holds more calls than allowed, no more are in flight
    /// than allowed, and with room nobody is turned away.
    #[test]
    fn the_sliding_window_is_never_exceeded(
        steps in prop::collection::vec((0..60_i64, any::<bool>(), 0..80_i64, any::<bool>()), 1..300),
    ) {
        let limits = limits();
        let ledger = Local::default();
        let mut now = 0_i64;
        let mut entered: Vec<i64> = Vec::new();
        let mut flights: VecDeque<(i64, String)> = VecDeque::new();
        for (number, (pass, person, length, early)) in steps.into_iter().enumerate() {
            now += pass;
            while flights.front().is_some_and(|(until, _)| *until <= now) {
                let (_, ticket) = flights.pop_front().unwrap();
                ledger.leave(&ticket, true);
            }
            let ticket = number.to_string();
            let purpose = if person { Purpose::Interactive } else { JOB };
            let moment = Now { steady_ms: now, wall_ms: now };
            let window = entered.iter().filter(|at| **at > now - limits.window_ms).count();
            match ledger.enter(&limits, purpose, &ticket, 1_000, moment, "d") {
                Verdict::Entered => {
                    prop_assert!(window < 10);
                    prop_assert!(flights.len() < 3);
                    entered.push(now);
                    let until = if early { now } else { now + length };
                    let place = flights.partition_point(|(other, _)| *other <= until);
                    flights.insert(place, (until, ticket));
                }
                Verdict::Wait { ms } => {
                    prop_assert!(ms > 0);
                    if person {
                        prop_assert!(window >= 10 || flights.len() >= 3);
                    }
                }
                Verdict::UsedUp { .. } => prop_assert!(false, "the day is long"),
            }
        }
    }
}
