//! When each step of a campaign is due: a pure function of the plan, its rules, the person's place in it, and time.
//!
//! Days are days of the sequence, counted where the sender is; with skipped weekends a week has five. The gap between two
//! steps is kept when an earlier one took longer (a task that waited), so that nothing is made up for in a heap.

use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use serde::{Deserialize, Serialize};

use super::plan::{Plan, SendOption, Step};

/// An e-mail that is found due later than this goes out at its time of the next day that it may go on.
const TOO_LATE_MS: i64 = 6 * 3_600_000;

/// What holds for all steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub skip_weekends: bool,
}

/// When and where a person's way through the campaign begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    pub at: Timestamp,
    /// Somebody chose the time, which then goes before the first step's own.
    pub chosen: bool,
    pub zone: TimeZone,
}

/// The last step that a person has behind them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reached {
    /// Its day of the sequence.
    day: u32,
    /// The day on which it was over: year, month, day.
    on: (i16, i8, i8),
    /// When that was, in epoch milliseconds.
    at: i64,
    /// The last e-mail that went out by itself.
    mail: Option<MailTime>,
    /// The last one on an earlier day of the sequence than that.
    before: Option<MailTime>,
}

/// An e-mail's day of the sequence, and its time of day in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct MailTime {
    day: u32,
    minute: i16,
}

impl Reached {
    /// The place of somebody who has `step`, which was planned for `planned`, behind them at `over`.
    #[must_use]
    pub fn after(step: &Step, planned: Timestamp, over: Timestamp, zone: &TimeZone, earlier: Option<&Self>) -> Self {
        let over = over.max(planned);
        let planned_there = planned.to_zoned(zone.clone());
        let (mut mail, mut before) = earlier.map_or((None, None), |reached| (reached.mail, reached.before));
        if step.is_mail() {
            if mail.is_some_and(|mail| mail.day < step.day) {
                before = mail;
            }
            mail = Some(MailTime { day: step.day, minute: minute_of(planned_there.time()) });
        }
        let on = over.to_zoned(zone.clone()).date();
        Self { day: step.day, on: (on.year(), on.month(), on.day()), at: over.as_millisecond(), mail, before }
    }

    fn date(&self) -> Date {
        let (year, month, day) = self.on;
        Date::new(year, month, day).unwrap_or_default()
    }
}

impl Rules {
    /// The day itself, or the Monday after it where weekends are skipped.
    fn allowed(self, day: Date) -> Date {
        let ahead = match day.weekday() {
            Weekday::Saturday if self.skip_weekends => 2,
            Weekday::Sunday if self.skip_weekends => 1,
            _ => 0,
        };
        later(day, ahead)
    }

    /// So many days of the sequence later.
    fn plus(self, day: Date, days: u32) -> Date {
        let mut day = self.allowed(day);
        if !self.skip_weekends {
            return later(day, i64::from(days));
        }
        let weeks = i64::from(days / 5);
        day = later(day, weeks * 7);
        for _ in 0..days % 5 {
            day = self.allowed(later(day, 1));
        }
        day
    }
}

fn later(day: Date, days: i64) -> Date {
    day.saturating_add(Span::new().try_days(days).unwrap_or_default())
}

fn minute_of(time: Time) -> i16 {
    i16::from(time.hour()) * 60 + i16::from(time.minute())
}

fn time_of(minute: i16) -> Time {
    let part = |value: i16| i8::try_from(value).unwrap_or(0);
    Time::new(part(minute / 60), part(minute % 60), 0, 0).unwrap_or_default()
}

/// A local time as an instant: what a change of the clocks leaves out comes right after the gap, what it repeats comes first.
fn instant(day: Date, time: Time, zone: &TimeZone) -> Timestamp {
    zone.to_ambiguous_timestamp(DateTime::from_parts(day, time)).compatible().unwrap_or(Timestamp::MAX)
}

/// When a step wants to happen on its day.
enum Wish {
    /// At this time of day; once it has passed, on the next day that is allowed.
    Timed(Time),
    /// At this time of day; once it has passed, at once.
    TimedOrNow(Time),
    /// As early as the day allows.
    Early,
}

fn wish(step: &Step, first: bool, start: &Start, start_time: Time, reached: Option<&Reached>) -> Wish {
    if !step.is_mail() {
        return Wish::Early;
    }
    match step.send {
        SendOption::Choose => Wish::TimedOrNow(start_time),
        SendOption::At if first && start.chosen => Wish::TimedOrNow(start_time),
        SendOption::At => Wish::Timed(step.at.and_then(|at| i16::try_from(at).ok()).map_or(start_time, time_of)),
        SendOption::SameTime | SendOption::Task => {
            let earlier = reached.and_then(|reached| {
                let known = [reached.mail, reached.before];
                known.into_iter().flatten().find(|mail| mail.day < step.day)
            });
            match earlier {
                Some(mail) => Wish::TimedOrNow(time_of(mail.minute)),
                // After another one of the first day it goes at once, even if midnight has passed meanwhile.
                None if reached.is_some_and(|reached| reached.mail.is_some()) => Wish::Early,
                None => Wish::TimedOrNow(start_time),
            }
        }
    }
}

/// When a step is due for somebody who has `reached` behind them (nothing at the beginning).
#[must_use]
pub fn due(step: &Step, rules: Rules, start: &Start, reached: Option<&Reached>) -> Timestamp {
    let begins = start.at.to_zoned(start.zone.clone());
    let first = reached.is_none();
    let day = match reached {
        None => rules.plus(begins.date(), step.day.saturating_sub(1)),
        Some(reached) => rules.plus(reached.date(), step.day.saturating_sub(reached.day)),
    };
    let earliest = reached.map_or(start.at, |reached| Timestamp::from_millisecond(reached.at).unwrap_or(start.at));
    let earliest_there = earliest.to_zoned(start.zone.clone());
    let on_first_day = day == begins.date() && step.day == 1;
    match wish(step, first, start, begins.time(), reached) {
        // The start is exact to the second; a time of day is not.
        Wish::TimedOrNow(_) if first && on_first_day => start.at,
        Wish::Early => soonest(day, rules, &earliest_there, &start.zone),
        Wish::TimedOrNow(time) => {
            let at = instant(day, time, &start.zone);
            if at >= earliest { at } else { soonest(day, rules, &earliest_there, &start.zone) }
        }
        Wish::Timed(time) => next_at(day, time, rules, earliest, &start.zone),
    }
}

// The day's beginning, or later if something has to come first.
fn soonest(day: Date, rules: Rules, earliest: &Zoned, zone: &TimeZone) -> Timestamp {
    let begins = instant(day, Time::midnight(), zone);
    if begins >= earliest.timestamp() {
        return begins;
    }
    let allowed = rules.allowed(earliest.date());
    if allowed == earliest.date() { earliest.timestamp() } else { instant(allowed, Time::midnight(), zone) }
}

// The first allowed day from `day` on at whose `time` it is not before `earliest`.
fn next_at(day: Date, time: Time, rules: Rules, earliest: Timestamp, zone: &TimeZone) -> Timestamp {
    let reached = earliest.to_zoned(zone.clone()).date();
    let day = rules.allowed(day.max(reached));
    let at = instant(day, time, zone);
    if at >= earliest { at } else { instant(rules.allowed(later(day, 1)), time, zone) }
}

/// Whether a step that was due at `due` may still be done at `now`: `None`, or the time to which it is put off. A worker that
/// was away, a limit, or a clock that jumped must not send at night or on a weekend.
#[must_use]
pub fn put_off(step: &Step, rules: Rules, zone: &TimeZone, due: Timestamp, now: Timestamp) -> Option<Timestamp> {
    let here = now.to_zoned(zone.clone());
    let weekend = rules.allowed(here.date()) != here.date();
    let late = now.as_millisecond().saturating_sub(due.as_millisecond()) > TOO_LATE_MS;
    if !(weekend || late && step.is_mail()) {
        return None;
    }
    if !step.is_mail() {
        return Some(instant(rules.allowed(here.date()), Time::midnight(), zone));
    }
    let time = due.to_zoned(zone.clone()).time();
    Some(next_at(here.date(), time, rules, now, zone))
}

/// When all steps are due, as long as every task is done at once.
#[must_use]
pub fn preview(plan: &Plan, rules: Rules, start: &Start) -> Vec<Timestamp> {
    let mut reached: Option<Reached> = None;
    let mut times = Vec::with_capacity(plan.steps.len());
    for step in &plan.steps {
        let at = due(step, rules, start, reached.as_ref());
        times.push(at);
        reached = Some(Reached::after(step, at, at, &start.zone, reached.as_ref()));
    }
    times
}

#[cfg(test)]
mod tests;
