//! What a person did on a day: nothing on most, else a small story whose events belong together.
//!
//! A story is a function of seed, person and day, so that one person's history and one day of the whole
//! world can both be told without remembering either.

use super::catalogue;
use super::people::Population;
use crate::sandbox::clock::DAY;
use crate::sandbox::dice::{Dice, Stream, roll};

/// Something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// Seconds since the epoch.
    pub at: i64,
    /// Index of the person.
    pub person: u32,
    pub what: What,
}

/// What happened; numbers point into the catalogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    NewLead,
    Visit {
        page: u32,
        referrer: u8,
        agent: u8,
        mailing: Option<u32>,
    },
    Form {
        form: u32,
        agent: u8,
    },
    Click {
        link: u32,
        page: u32,
        agent: u8,
    },
    Sent {
        mailing: u32,
        run: u32,
    },
    Delivered {
        mailing: u32,
        run: u32,
    },
    Bounced {
        mailing: u32,
        run: u32,
        soft: bool,
        why: u8,
    },
    Opened {
        mailing: u32,
        run: u32,
        agent: u8,
        bot: bool,
    },
    ClickedMail {
        mailing: u32,
        run: u32,
        agent: u8,
    },
    Unsubscribed {
        mailing: u32,
        run: u32,
    },
    Score {
        change: i64,
        because: Because,
    },
    Moment(Moment),
    Changed {
        field: u8,
        reason: u8,
    },
    SalesSent {
        template: u32,
        serial: u32,
    },
    SalesOpened {
        template: u32,
        serial: u32,
    },
    SalesClicked {
        template: u32,
        serial: u32,
    },
    SalesReplied {
        template: u32,
        serial: u32,
    },
    SalesBounced {
        template: u32,
        serial: u32,
    },
    /// Another person was merged into this one.
    Merged {
        loser: u32,
    },
}

/// Why a score moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Because {
    Visited(u32),
    Filled(u32),
    Opened(u32),
    Clicked(u32),
    Unsubscribed,
    Idle,
}

/// What made a moment interesting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Filled(u32),
    Pricing(u32),
    Clicked(u32),
    Milestone(u8),
}

impl What {
    /// Marketo's number of the activity type.
    pub fn type_id(self) -> u32 {
        match self {
            Self::Visit { .. } => 1,
            Self::Form { .. } => 2,
            Self::Click { .. } => 3,
            Self::Sent { .. } => 6,
            Self::Delivered { .. } => 7,
            Self::Bounced { soft: false, .. } => 8,
            Self::Unsubscribed { .. } => 9,
            Self::Opened { .. } => 10,
            Self::ClickedMail { .. } => 11,
            Self::NewLead => 12,
            Self::Changed { .. } => 13,
            Self::Score { .. } => 22,
            Self::Bounced { soft: true, .. } => 27,
            Self::Merged { .. } => 32,
            Self::SalesSent { .. } => 39,
            Self::SalesOpened { .. } => 40,
            Self::SalesClicked { .. } => 41,
            Self::SalesReplied { .. } => 45,
            Self::Moment(_) => 46,
            Self::SalesBounced { .. } => 48,
        }
    }
}

/// What a person is like: how often they do something, and whether mail reaches them.
#[derive(Debug, Clone, Copy)]
pub struct Habit {
    person: u32,
    /// On how many of a thousand days this person does something; never if there is no history.
    engagement: u64,
    /// The day on which they unsubscribe, for the few who do.
    pub leaves: Option<i64>,
    reachable: bool,
}

impl Habit {
    /// The habits of a person.
    pub fn of(population: &Population, person: u32) -> Self {
        let seed = population.seed;
        let known = person < population.count && population.has_history(person);
        let engagement = match roll(seed, Stream::Engagement, u64::from(person), u64::MAX - 1) % 10 {
            _ if !known => 0,
            0 => 300,
            1..4 => 135,
            _ => 52,
        };
        let reachable = !population.opted_out(person) && !population.without_email(person);
        let luck = roll(seed, Stream::Engagement, u64::from(person), u64::MAX);
        let ago = (luck / 25) % u64::try_from(population.history_days).unwrap_or(1);
        let day = population.began.div_euclid(DAY) - i64::try_from(ago).unwrap_or(0);
        let leaves = known && reachable && luck.is_multiple_of(25) && population.created(person).div_euclid(DAY) < day;
        Self { person, engagement, leaves: leaves.then_some(day), reachable }
    }

    /// Whether this is one of the few who do something every third day.
    pub fn is_lively(&self) -> bool {
        self.engagement >= 300
    }

    /// Tells what the person did on one day (days since the epoch), in the order of time: nothing on most days.
    pub fn tell(&self, population: &Population, day: i64, events: &mut Vec<Event>) {
        let day_key = u64::try_from(day).unwrap_or(0);
        let leaving = self.leaves == Some(day);
        if !leaving && roll(population.seed, Stream::Engagement, u64::from(self.person), day_key) % 1_000 >= self.engagement {
            return;
        }
        let created = population.created(self.person);
        let start = day * DAY;
        if day < population.first_day() || created >= start + DAY {
            return;
        }
        let mut dice = Dice::of(population.seed, Stream::Story, u64::from(self.person), day_key);
        let at = start.max(created) + dice.seconds(60, 68_000);
        if at >= start + 80_000 {
            return;
        }
        let told = events.len();
        let reachable = self.reachable && self.leaves.is_none_or(|left| day <= left);
        let mut teller = Teller { person: self.person, at, events, dice: &mut dice, seed: population.seed, day };
        match teller.dice.below(100) {
            _ if leaving => teller.mailing(true),
            0..45 if reachable => teller.mailing(false),
            82..92 if reachable => teller.sales(),
            0..82 => teller.web(true),
            82..96 => teller.change(),
            _ => teller.milestone(),
        }
        // A day ends at midnight, whatever was still to come.
        let kept = events.iter().skip(told).take_while(|event| event.at < start + DAY).count();
        events.truncate(told + kept);
    }
}

/// A story that changes no score, told for the live part of the feed.
pub fn tell_live(population: &Population, slot: u64, at: i64, events: &mut Vec<Event>) {
    let mut dice = Dice::of(population.seed, Stream::Live, slot, 0);
    let rounds = population.count.div_ceil(population.stride.max(1));
    let person = dice.below(rounds).saturating_mul(population.stride.max(1));
    if person >= population.count {
        return;
    }
    let day = at.div_euclid(DAY);
    let mut teller = Teller { person, at, events, dice: &mut dice, seed: population.seed, day };
    teller.web(false);
}

struct Teller<'a> {
    person: u32,
    at: i64,
    events: &'a mut Vec<Event>,
    dice: &'a mut Dice,
    seed: u64,
    day: i64,
}

impl Teller<'_> {
    fn tell(&mut self, what: What) {
        self.events.push(Event { at: self.at, person: self.person, what });
    }

    fn wait(&mut self, low: i64, high: i64) {
        self.at += self.dice.seconds(low, high);
    }

    fn small(&mut self, items: usize) -> u8 {
        u8::try_from(self.dice.below(u32::try_from(items).unwrap_or(1))).unwrap_or(0)
    }

    fn mailing(&mut self, unsubscribes: bool) {
        // Two mailings go out on a day; everybody whose story says so gets one of them.
        let slot = self.dice.below(2);
        let day = u64::try_from(self.day).unwrap_or(0);
        let (mailing, _, _, _) = Dice::of(self.seed, Stream::Mailing, day, u64::from(slot)).pick(catalogue::MAILINGS);
        let run = u32::try_from(self.day % 100_000).unwrap_or(0) * 4 + slot;
        self.tell(What::Sent { mailing, run });
        self.wait(2, 40);
        let luck = self.dice.below(100);
        if luck < 3 && !unsubscribes {
            let why = self.small(catalogue::BOUNCES.len());
            return self.tell(What::Bounced { mailing, run, soft: luck == 2, why });
        }
        self.tell(What::Delivered { mailing, run });
        if !unsubscribes && !self.dice.chance(48) {
            return;
        }
        let agent = self.small(catalogue::AGENTS.len());
        self.wait(1, 9_000);
        let bot = self.dice.chance(6);
        self.tell(What::Opened { mailing, run, agent, bot });
        if self.dice.chance(30) {
            self.tell(What::Score { change: 1, because: Because::Opened(mailing) });
            self.wait(20, 900);
            self.tell(What::Opened { mailing, run, agent, bot: false });
        }
        if unsubscribes {
            self.wait(10, 120);
            self.tell(What::Unsubscribed { mailing, run });
            self.wait(1, 5);
            return self.tell(What::Score { change: -15, because: Because::Unsubscribed });
        }
        if self.dice.chance(32) {
            self.wait(3, 90);
            self.tell(What::ClickedMail { mailing, run, agent });
            self.wait(1, 4);
            self.tell(What::Score { change: 5, because: Because::Clicked(mailing) });
            let (page, _, _) = self.dice.pick(catalogue::PAGES);
            self.tell(What::Visit { page, referrer: 0, agent, mailing: Some(mailing) });
            if self.dice.chance(35) {
                self.wait(1, 3);
                self.tell(What::Moment(Moment::Clicked(mailing)));
            }
        }
    }

    fn web(&mut self, scored: bool) {
        let agent = self.small(catalogue::AGENTS.len());
        let mut referrer = self.small(catalogue::REFERRERS.len());
        let mut last = 0;
        for _ in 0..=self.dice.below(4) {
            let (page, _, _) = self.dice.pick(catalogue::PAGES);
            self.tell(What::Visit { page, referrer, agent, mailing: None });
            (last, referrer) = (page, 0);
            self.wait(8, 240);
        }
        if scored {
            self.tell(What::Score { change: if last == 2013 { -3 } else { 2 }, because: Because::Visited(last) });
        }
        if last == 2002 {
            self.tell(What::Moment(Moment::Pricing(last)));
        }
        match self.dice.below(100) {
            0..15 => {
                let (link, _) = self.dice.pick(catalogue::LINKS);
                self.tell(What::Click { link, page: last, agent });
            }
            15..30 if scored => {
                let (form, _, page, worth) = self.dice.pick(catalogue::FORMS);
                self.tell(What::Visit { page, referrer: 0, agent, mailing: None });
                self.wait(20, 300);
                self.tell(What::Form { form, agent });
                self.wait(1, 6);
                self.tell(What::Score { change: worth, because: Because::Filled(form) });
                self.tell(What::Moment(Moment::Filled(form)));
            }
            _ => {}
        }
    }

    fn sales(&mut self) {
        let (template, _, _) = self.dice.pick(catalogue::SALES_TEMPLATES);
        let serial = 10_000_000 + self.dice.below(89_999_999);
        self.tell(What::SalesSent { template, serial });
        self.wait(30, 4_000);
        if self.dice.chance(4) {
            return self.tell(What::SalesBounced { template, serial });
        }
        if self.dice.chance(60) {
            self.tell(What::SalesOpened { template, serial });
            self.wait(10, 1_500);
            if self.dice.chance(40) {
                self.tell(What::SalesClicked { template, serial });
                self.wait(10, 1_500);
            }
            if self.dice.chance(18) {
                self.tell(What::SalesReplied { template, serial });
            }
        }
    }

    fn change(&mut self) {
        let field = self.small(4);
        let reason = self.small(catalogue::REASONS.len());
        self.tell(What::Changed { field, reason });
        if self.dice.chance(30) {
            self.wait(1, 30);
            self.tell(What::Score { change: -1, because: Because::Idle });
        }
    }

    fn milestone(&mut self) {
        let milestone = self.small(catalogue::MILESTONES.len());
        self.tell(What::Moment(Moment::Milestone(milestone)));
    }
}
