//! The budget's ledger in Redis, shared by all our processes. One script decides, by Redis's own clock, so that no
//! two processes see different windows. Calls in flight are leases that expire when their process dies.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use redis::Script;

use super::local::Figures;
use super::{Limits, Purpose, Verdict};
use crate::clock;
use crate::redis_link::{LinkError, RedisLink, Servers};
use crate::settings::Redis;

// KEYS: window, flights, state, day. ARGV: see `enter`. Answers {verdict, milliseconds}; verdict 0 entered, 1 wait, 2 used up.
const ENTER: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local ticket, lease, background = ARGV[1], tonumber(ARGV[2]), ARGV[3] == '1'
local window_ms, window, concurrent, daily, pace = tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local yield_ms, ask_again, people_ms = tonumber(ARGV[9]), tonumber(ARGV[10]), tonumber(ARGV[11])
local state = redis.call('HMGET', KEYS[3], 'paused_until', 'quota_until', 'people_waiting_until', 'people_seen_at')
local paused, quota, waiting, seen = tonumber(state[1] or '0'), tonumber(state[2] or '0'), tonumber(state[3] or '0'), tonumber(state[4] or '0')
if quota > now then return {2, quota} end
if tonumber(redis.call('GET', KEYS[4]) or '0') >= daily then return {2, 0} end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - window_ms)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', now)
local wait = 0
if paused > now then wait = paused - now end
if wait == 0 and background then
  if waiting > now then wait = ask_again
  elseif now - seen < people_ms and redis.call('ZCOUNT', KEYS[1], '(' .. (now - math.floor(window_ms / 10)), '+inf') >= pace then wait = ask_again end
end
if wait == 0 then
  local entered = redis.call('ZCARD', KEYS[1])
  if entered >= window then
    local oldest = redis.call('ZRANGE', KEYS[1], entered - window, entered - window, 'WITHSCORES')
    wait = math.max(1, tonumber(oldest[2] or now) + window_ms - now)
  elseif redis.call('ZCARD', KEYS[2]) >= concurrent then wait = ask_again end
end
if not background then
  redis.call('HSET', KEYS[3], 'people_seen_at', now, 'people_waiting_until', wait > 0 and now + yield_ms or 0)
  redis.call('PEXPIRE', KEYS[3], 172800000)
end
if wait > 0 then return {1, wait} end
redis.call('ZADD', KEYS[1], now, ticket)
redis.call('PEXPIRE', KEYS[1], window_ms * 2)
redis.call('ZADD', KEYS[2], now + lease, ticket)
redis.call('PEXPIRE', KEYS[2], math.max(lease * 2, 3600000))
redis.call('INCR', KEYS[4])
redis.call('PEXPIRE', KEYS[4], 259200000)
return {0, 0}
";

const LEAVE: &str = r"
redis.call('ZREM', KEYS[2], ARGV[1])
if ARGV[2] == '1' then
  redis.call('HINCRBY', KEYS[5], ARGV[3], 1)
  redis.call('PEXPIRE', KEYS[5], 259200000)
end
if ARGV[2] == '0' and redis.call('ZREM', KEYS[1], ARGV[1]) == 1 then
  if tonumber(redis.call('GET', KEYS[4]) or '0') > 0 then redis.call('DECR', KEYS[4]) end
end
return 0
";

const AT_LEAST: &str = r"
if tonumber(redis.call('GET', KEYS[4]) or '0') < tonumber(ARGV[1]) then
  redis.call('SET', KEYS[4], ARGV[1])
  redis.call('PEXPIRE', KEYS[4], 259200000)
end
return 0
";

const HOURS: &str = "return redis.call('HGETALL', KEYS[5])";

const PAUSE: &str = r"
local t = redis.call('TIME')
local until_ms = t[1] * 1000 + math.floor(t[2] / 1000) + tonumber(ARGV[2])
if ARGV[1] == 'quota_until' then until_ms = tonumber(ARGV[2]) end
if until_ms > tonumber(redis.call('HGET', KEYS[3], ARGV[1]) or '0') or ARGV[1] == 'quota_until' then
  redis.call('HSET', KEYS[3], ARGV[1], until_ms, 'reason', ARGV[3])
  redis.call('PEXPIRE', KEYS[3], 172800000)
end
return 0
";

const FIGURES: &str = r"
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local state = redis.call('HMGET', KEYS[3], 'paused_until', 'quota_until', 'reason')
local quota = tonumber(state[2] or '0')
return {
  tostring(redis.call('GET', KEYS[4]) or '0'),
  tostring(redis.call('ZCOUNT', KEYS[1], '(' .. (now - tonumber(ARGV[1])), '+inf')),
  tostring(redis.call('ZCOUNT', KEYS[2], '(' .. now, '+inf')),
  string.format('%d', math.max(0, tonumber(state[1] or '0') - now)),
  string.format('%d', quota > now and quota or 0),
  state[3] or ''
}
";

const DOWN_MS: i64 = 5_000;
/// Longest wait for a connection, and for an answer.
const WAIT: Duration = Duration::from_millis(500);

/// A connection that all budgets of a process share.
#[derive(Debug, Clone)]
pub struct SharedLedger {
    link: Arc<RedisLink>,
}

impl SharedLedger {
    /// A connection that is made when it is first needed and made anew when it breaks; `None` without a Redis.
    ///
    /// # Errors
    /// When the URL is not one of Redis, or the authority's certificates can't be read.
    pub fn open(settings: &Redis) -> Result<Option<Self>, LinkError> {
        Ok(Servers::read(settings)?.map(|servers| Self { link: Arc::new(RedisLink::new(servers, WAIT, WAIT)) }))
    }
}

/// One instance's ledger in Redis.
pub(super) struct Shared {
    link: Arc<RedisLink>,
    instance: String,
    down_until: AtomicI64,
    enter: Script,
    leave: Script,
    pause: Script,
    figures: Script,
    at_least: Script,
    hours: Script,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("instance", &self.instance).finish_non_exhaustive()
    }
}

impl Shared {
    pub(super) fn new(ledger: SharedLedger, instance: &str) -> Self {
        Self {
            link: ledger.link,
            instance: instance.to_owned(),
            down_until: AtomicI64::new(0),
            enter: Script::new(ENTER),
            leave: Script::new(LEAVE),
            pause: Script::new(PAUSE),
            figures: Script::new(FIGURES),
            at_least: Script::new(AT_LEAST),
            hours: Script::new(HOURS),
        }
    }

    pub(super) async fn enter(&self, limits: &Limits, purpose: Purpose, ticket: &str, lease_ms: i64, day: &str) -> Option<Verdict> {
        let allowed = limits.of(purpose);
        let (verdict, ms): (i64, i64) = self
            .ask(&self.enter, day, |call| {
                call.arg(ticket)
                    .arg(lease_ms)
                    .arg(u8::from(purpose != Purpose::Interactive))
                    .arg(limits.window_ms)
                    .arg(allowed.window)
                    .arg(allowed.concurrent)
                    .arg(allowed.daily)
                    .arg(allowed.pace)
                    .arg(super::YIELD_MS)
                    .arg(super::ASK_AGAIN_MS)
                    .arg(super::PEOPLE_MS);
            })
            .await?;
        Some(match verdict {
            0 => Verdict::Entered,
            1 => Verdict::Wait { ms },
            _ => Verdict::UsedUp { until_ms: ms },
        })
    }

    pub(super) async fn leave(&self, ticket: &str, counted: bool, (hour, purpose): (u8, &str), day: &str) {
        let _: Option<i64> = self
            .ask(&self.leave, day, |call| {
                call.arg(ticket).arg(u8::from(counted)).arg(format!("{hour}:{purpose}"));
            })
            .await;
    }

    pub(super) async fn at_least(&self, used: u32, day: &str) {
        let _: Option<i64> = self
            .ask(&self.at_least, day, |call| {
                call.arg(used);
            })
            .await;
    }

    pub(super) async fn pause(&self, for_ms: i64, reason: &str, day: &str) {
        let _: Option<i64> = self
            .ask(&self.pause, day, |call| {
                call.arg("paused_until").arg(for_ms).arg(reason);
            })
            .await;
    }

    pub(super) async fn quota(&self, until_ms: i64, reason: &str, day: &str) {
        let _: Option<i64> = self
            .ask(&self.pause, day, |call| {
                call.arg("quota_until").arg(until_ms).arg(reason);
            })
            .await;
    }

    pub(super) async fn figures(&self, limits: &Limits, day: &str) -> Option<Figures> {
        let rows: Vec<String> = self
            .ask(&self.figures, day, |call| {
                call.arg(limits.window_ms);
            })
            .await?;
        let hours: Vec<(String, u32)> = self.ask(&self.hours, day, |_| {}).await?;
        let hours = hours.into_iter().filter_map(|(field, calls)| {
            let (hour, purpose) = field.split_once(':')?;
            Some(((hour.parse().ok()?, purpose.to_owned()), calls))
        });
        let number = |place: usize| rows.get(place).and_then(|text| text.parse::<i64>().ok()).unwrap_or(0);
        let count = |place: usize| u32::try_from(number(place)).unwrap_or(0);
        Some(Figures {
            used_today: count(0),
            in_window: count(1),
            in_flight: count(2),
            paused_for_ms: number(3),
            quota_until_ms: number(4),
            reason: rows.get(5).cloned().unwrap_or_default(),
            hours: hours.collect(),
        })
    }

    // `None` when Redis does not answer; it is then left alone for a while and the local ledger decides.
    async fn ask<T: redis::FromRedisValue>(
        &self,
        script: &Script,
        day: &str,
        arguments: impl FnOnce(&mut redis::ScriptInvocation<'_>),
    ) -> Option<T> {
        if self.down_until.load(Ordering::Relaxed) > clock::steady_ms() {
            return None;
        }
        // One hash tag, so that all keys of an instance live on one node of a cluster.
        let tag = format!("{{budget:{}}}", self.instance);
        let mut call = script.prepare_invoke();
        for name in ["window", "flights", "state"] {
            call.key(format!("{tag}:{name}"));
        }
        call.key(format!("{tag}:day:{day}"));
        call.key(format!("{tag}:hours:{day}"));
        arguments(&mut call);
        let error = match self.link.run(&call).await {
            Ok(value) => return Some(value),
            Err(error) => error.0,
        };
        self.down_until.store(clock::steady_ms() + DOWN_MS, Ordering::Relaxed);
        tracing::warn!(instance = self.instance, error, "the shared budget is out of reach; this process keeps its own meanwhile");
        None
    }
}
