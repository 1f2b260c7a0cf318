use proptest::prelude::*;

use super::super::plan::StepKind;
use super::*;

const ZONES: [&str; 14] = [
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "America/Los_Angeles",
    "America/St_Johns",
    "America/Santiago",
    "Africa/Cairo",
    "Asia/Kathmandu",
    "Asia/Shanghai",
    "Australia/Lord_Howe",
    "Australia/Sydney",
    "Pacific/Apia",
    "Pacific/Chatham",
    "America/Havana",
];

fn step(day: u32, kind: StepKind, send: SendOption, at: u16) -> Step {
    Step {
        id: day.to_string(),
        day,
        kind,
        name: String::new(),
        send,
        at: Some(at),
        follow_up: false,
        template_id: None,
        subject: None,
        html: None,
        notes: None,
        high: false,
    }
}

fn start(local: &str, zone: &str) -> Start {
    let zone = TimeZone::get(zone).unwrap();
    let at = zone.to_ambiguous_timestamp(local.parse().unwrap()).compatible().unwrap();
    Start { at, chosen: false, zone }
}

// Local times of all steps, as text.
fn told(plan: &Plan, skip_weekends: bool, start: &Start) -> Vec<String> {
    let local = |at: &Timestamp| at.to_zoned(start.zone.clone()).strftime("%a %F %H:%M").to_string();
    preview(plan, Rules { skip_weekends }, start).iter().map(local).collect()
}

fn mails(steps: &[(u32, SendOption, u16)]) -> Plan {
    Plan { steps: steps.iter().map(|(day, send, at)| step(*day, StepKind::Email, *send, *at)).collect() }
}

#[test]
fn each_send_option_does_what_the_product_says() {
    use SendOption::{At, Choose, SameTime, Task};
    let monday = start("2026-11-23T14:20:30", "Europe/Berlin");
    // The chosen time is the start itself, and later mails share its time of day.
    assert_eq!(told(&mails(&[(1, Choose, 0), (3, SameTime, 0)]), false, &monday), ["Mon 2026-11-23 14:20", "Wed 2026-11-25 14:20"]);
    // A time of its own; what has passed today goes tomorrow, and later days keep their distance.
    assert_eq!(
        told(&mails(&[(1, At, 540), (2, SameTime, 0), (4, At, 1_000)]), false, &monday),
        ["Tue 2026-11-24 09:00", "Wed 2026-11-25 09:00", "Fri 2026-11-27 16:40"]
    );
    // A time chosen at the start goes before the first step's own.
    let chosen = Start { chosen: true, ..monday.clone() };
    assert_eq!(told(&mails(&[(1, At, 540)]), false, &chosen), ["Mon 2026-11-23 14:20"]);
    // Two mails on the first day: the second goes at once. On a later day it takes the time of the day before.
    assert_eq!(told(&mails(&[(1, Choose, 0), (1, SameTime, 0)]), false, &monday), ["Mon 2026-11-23 14:20", "Mon 2026-11-23 14:20"]);
    assert_eq!(
        told(&mails(&[(1, Choose, 0), (2, At, 480), (2, SameTime, 0)]), false, &monday),
        ["Mon 2026-11-23 14:20", "Tue 2026-11-24 08:00", "Tue 2026-11-24 14:20"]
    );
    // A task is there when its day begins, on the first day at the start.
    assert_eq!(told(&mails(&[(1, Task, 0), (2, Task, 0)]), false, &monday), ["Mon 2026-11-23 14:20", "Tue 2026-11-24 00:00"]);
    // The mail by hand has no time that a later one could share.
    assert_eq!(told(&mails(&[(1, Task, 0), (2, SameTime, 0)]), false, &monday)[1], "Tue 2026-11-24 14:20");
}

#[test]
fn weekends_are_no_days_where_they_are_skipped() {
    use SendOption::{Choose, SameTime};
    let plan = mails(&[(1, Choose, 0), (2, SameTime, 0), (6, SameTime, 0), (11, SameTime, 0)]);
    let friday = start("2027-12-31T10:00", "America/New_York");
    assert_eq!(
        told(&plan, true, &friday),
        ["Fri 2027-12-31 10:00", "Mon 2028-01-03 10:00", "Fri 2028-01-07 10:00", "Fri 2028-01-14 10:00"]
    );
    let saturday = start("2028-02-26T10:00", "America/New_York");
    assert_eq!(told(&plan, true, &saturday)[..2], ["Mon 2028-02-28 10:00", "Tue 2028-02-29 10:00"]);
    assert_eq!(told(&plan, false, &saturday)[..2], ["Sat 2028-02-26 10:00", "Sun 2028-02-27 10:00"]);
}

#[test]
fn clocks_that_are_put_forward_or_back_leave_no_mail_out_and_double_none() {
    use SendOption::{At, Choose, SameTime};
    let plan = mails(&[(1, Choose, 0), (2, At, 150), (3, At, 150)]);
    // 02:30 does not exist on 28 March, and is there twice on 31 October.
    assert_eq!(
        told(&plan, false, &start("2027-03-27T12:00", "Europe/Berlin")),
        ["Sat 2027-03-27 12:00", "Sun 2027-03-28 03:30", "Mon 2027-03-29 02:30"]
    );
    let back = start("2027-10-30T12:00", "Europe/Berlin");
    assert_eq!(told(&plan, false, &back)[1], "Sun 2027-10-31 02:30");
    assert_eq!(preview(&plan, Rules { skip_weekends: false }, &back)[1].to_string(), "2027-10-31T00:30:00Z");
    let shared = mails(&[(1, At, 150), (2, SameTime, 0)]);
    assert_eq!(told(&shared, false, &start("2027-03-27T00:10", "Europe/Berlin"))[1], "Sun 2027-03-28 03:30");
    // Midnight itself is left out in Cairo.
    let tasks = mails(&[(1, SendOption::Task, 0), (2, SendOption::Task, 0)]);
    assert_eq!(told(&tasks, false, &start("2027-04-29T12:00", "Africa/Cairo"))[1], "Fri 2027-04-30 01:00");
}

#[test]
fn a_task_that_took_long_moves_what_comes_after_it() {
    let rules = Rules { skip_weekends: true };
    let monday = start("2026-11-23T10:00", "Europe/Berlin");
    let call = step(1, StepKind::Call, SendOption::Task, 0);
    let made = due(&call, rules, &monday, None);
    let over: Timestamp = "2026-12-03T15:00:00Z".parse().unwrap();
    let reached = Reached::after(&call, made, over, &monday.zone, None);
    let local = |at: Timestamp| at.to_zoned(monday.zone.clone()).strftime("%a %F %H:%M").to_string();
    let mail = |day, send| local(due(&step(day, StepKind::Email, send, 540), rules, &monday, Some(&reached)));
    assert_eq!(mail(3, SendOption::At), "Mon 2026-12-07 09:00");
    assert_eq!(mail(1, SendOption::At), "Fri 2026-12-04 09:00", "its time of that day had passed");
    assert_eq!(mail(1, SendOption::SameTime), "Thu 2026-12-03 16:00", "at once");
}

#[test]
fn a_second_mail_of_the_first_day_goes_at_once_even_when_midnight_comes_in_between() {
    let rules = Rules { skip_weekends: true };
    let late = start("2026-11-23T23:59", "Europe/Berlin");
    let mails = mails(&[(1, SendOption::Choose, 0), (1, SendOption::SameTime, 0), (2, SendOption::SameTime, 0)]);
    let out = late.at + Span::new().minutes(6);
    let reached = Reached::after(&mails.steps[0], late.at, out, &late.zone, None);
    assert_eq!(due(&mails.steps[1], rules, &late, Some(&reached)), out);
    let reached = Reached::after(&mails.steps[1], out, out, &late.zone, Some(&reached));
    assert_eq!(due(&mails.steps[2], rules, &late, Some(&reached)).to_string(), "2026-11-24T23:05:00Z");
}

#[test]
fn what_is_found_late_waits_for_a_decent_time() {
    let zone = TimeZone::get("Europe/Berlin").unwrap();
    let at = |text: &str| text.parse::<Zoned>().unwrap().timestamp();
    let due = at("2026-11-26T09:00[Europe/Berlin]");
    let mail = step(1, StepKind::Email, SendOption::At, 540);
    let put = |now: &str, skip_weekends| {
        let put = put_off(&mail, Rules { skip_weekends }, &zone, due, at(now));
        put.map(|at| at.to_zoned(zone.clone()).strftime("%a %F %H:%M").to_string())
    };
    assert_eq!(put("2026-11-26T11:00[Europe/Berlin]", true), None);
    assert_eq!(put("2026-11-26T23:00[Europe/Berlin]", true).unwrap(), "Fri 2026-11-27 09:00");
    assert_eq!(put("2026-11-28T10:00[Europe/Berlin]", true).unwrap(), "Mon 2026-11-30 09:00");
    assert_eq!(put("2026-11-28T10:00[Europe/Berlin]", false).unwrap(), "Sun 2026-11-29 09:00");
    let call = step(1, StepKind::Call, SendOption::Task, 0);
    assert_eq!(put_off(&call, Rules { skip_weekends: false }, &zone, due, at("2027-11-26T23:00[Europe/Berlin]")), None);
}

fn steps() -> impl Strategy<Value = Vec<(u32, u8, u16)>> {
    let one = (1_u32..40, 0_u8..6, 0_u16..1_440);
    proptest::collection::vec(one, 1..8).prop_map(|mut steps| {
        steps.sort_by_key(|(day, ..)| *day);
        steps
    })
}

fn plan_of(steps: &[(u32, u8, u16)]) -> Plan {
    let made = |(index, (day, what, at)): (usize, &(u32, u8, u16))| match what {
        0 => step(*day, StepKind::Call, SendOption::Task, *at),
        1 => step(*day, StepKind::Email, SendOption::Task, *at),
        2 | 3 => step(*day, StepKind::Email, SendOption::At, *at),
        _ if index == 0 => step(*day, StepKind::Email, SendOption::Choose, *at),
        _ => step(*day, StepKind::Email, SendOption::SameTime, *at),
    };
    Plan { steps: steps.iter().enumerate().map(made).collect() }
}

// Days between two dates as the sequence counts them.
fn gap(from: Date, to: Date, rules: Rules) -> u32 {
    let (mut day, mut count) = (rules.allowed(from), 0);
    while day < to {
        day = rules.allowed(later(day, 1));
        count += 1;
    }
    count
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_schedule_keeps_order_days_times_and_weekends(
        steps in steps(),
        zone in proptest::sample::select(&ZONES[..]),
        at in 1_700_000_000_i64..2_100_000_000,
        (skip_weekends, chosen) in any::<(bool, bool)>(),
    ) {
        let (plan, rules) = (plan_of(&steps), Rules { skip_weekends });
        let start = Start { at: Timestamp::from_second(at).unwrap(), chosen, zone: TimeZone::get(zone).unwrap() };
        let times = preview(&plan, rules, &start);
        let local: Vec<Zoned> = times.iter().map(|at| at.to_zoned(start.zone.clone())).collect();
        prop_assert!(times.iter().all(|at| *at >= start.at));
        prop_assert!(times.is_sorted());
        for here in &local {
            prop_assert!(!skip_weekends || !matches!(here.weekday(), Weekday::Saturday | Weekday::Sunday), "{here}");
        }
        for index in 0..plan.steps.len() {
            let (step, here) = (&plan.steps[index], &local[index]);
            let first_by_choice = index == 0 && (chosen || step.send == SendOption::Choose);
            if step.is_mail() && step.send == SendOption::At && !first_by_choice {
                let wanted = instant(here.date(), time_of(i16::try_from(step.at.unwrap()).unwrap()), &start.zone);
                prop_assert_eq!(times[index], wanted, "{}", here);
            }
            let Some(before) = index.checked_sub(1) else { continue };
            let days = gap(local[before].date(), here.date(), rules);
            let planned = step.day - plan.steps[before].day;
            // A time of its own that has passed on the day costs one more.
            prop_assert!(days == planned || (step.send == SendOption::At && days == planned + 1), "{days} {planned}");
            if step.send == SendOption::SameTime && planned > 0
                && let Some(mail) = (0..index).rev().find(|other| plan.steps[*other].is_mail())
            {
                let wanted = instant(here.date(), time_of(minute_of(local[mail].time())), &start.zone);
                prop_assert!(times[index] == wanted || times[index] == times[before], "{here}");
            }
        }
    }

    #[test]
    fn whatever_took_however_long_nothing_is_before_its_time_or_on_a_weekend(
        steps in steps(),
        zone in proptest::sample::select(&ZONES[..]),
        at in 1_700_000_000_i64..2_100_000_000,
        delays in proptest::collection::vec(0_i64..20 * 86_400, 8),
        skip_weekends in any::<bool>(),
    ) {
        let (plan, rules) = (plan_of(&steps), Rules { skip_weekends });
        let start = Start { at: Timestamp::from_second(at).unwrap(), chosen: false, zone: TimeZone::get(zone).unwrap() };
        let mut reached: Option<Reached> = None;
        for (step, delay) in plan.steps.iter().zip(delays) {
            let wanted = due(step, rules, &start, reached.as_ref());
            let after = reached.as_ref().map_or(start.at, |reached| Timestamp::from_millisecond(reached.at).unwrap());
            prop_assert!(wanted >= Timestamp::from_millisecond(after.as_millisecond()).unwrap());
            let now = wanted + Span::new().seconds(delay);
            let done = put_off(step, rules, &start.zone, wanted, now).unwrap_or(now);
            let here = done.to_zoned(start.zone.clone());
            prop_assert!(done >= now || !step.is_mail());
            prop_assert!(!skip_weekends || !matches!(here.weekday(), Weekday::Saturday | Weekday::Sunday), "{here}");
            let stored = serde_json::to_string(&Reached::after(step, wanted, done, &start.zone, reached.as_ref())).unwrap();
            reached = Some(serde_json::from_str(&stored).unwrap());
        }
    }
}
