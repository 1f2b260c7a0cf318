//! Opportunities: none to two for each account, with contact roles.

use super::companies::company;
use super::people::Population;
use crate::sandbox::clock::{DAY, iso_day};
use crate::sandbox::dice::{Dice, Stream};

const STAGES: &[(&str, u32)] = &[
    ("Prospecting", 10),
    ("Qualification", 20),
    ("Needs Analysis", 35),
    ("Proposal/Price Quote", 65),
    ("Negotiation/Review", 85),
    ("Closed Won", 100),
    ("Closed Lost", 0),
];
const SUBJECTS: &[&str] = &["Forecasting rollout", "Pilot, two plants", "Renewal & expansion", "Planning suite", "Integration package"];

/// An opportunity.
#[derive(Debug, Clone)]
pub struct Opportunity {
    pub account: u32,
    pub name: String,
    pub stage: &'static str,
    pub probability: u32,
    pub amount: u32,
    pub close: String,
}

impl Population {
    /// The opportunity with this index: two indexes belong to each company.
    pub fn opportunity(&self, index: u32) -> Option<Opportunity> {
        let account = index / 2;
        if account >= self.companies() {
            return None;
        }
        let mut dice = Dice::of(self.seed, Stream::Opportunity, u64::from(index), 0);
        let (stage, probability) = dice.pick(STAGES);
        let name = format!("{} - {}", company(self.seed, account).name, dice.pick(SUBJECTS));
        let close = iso_day(self.began + dice.seconds(-60, 150) * DAY);
        Some(Opportunity { account, name, stage, probability, amount: 5_000 + 500 * dice.below(400), close })
    }

    /// The people with a role in an opportunity.
    pub fn of_opportunity(&self, index: u32) -> Vec<u32> {
        let people = self.employees(index / 2);
        people.into_iter().filter(|&person| self.person(person).is_some_and(|known| known.opportunity == Some(index))).collect()
    }

    /// What a person's role in an opportunity is.
    pub fn role(&self, person: u32) -> &'static str {
        Dice::of(self.seed, Stream::Role, u64::from(person), 0).pick(&[
            "Decision Maker",
            "Economic Buyer",
            "Evaluator",
            "Executive Sponsor",
            "Influencer",
        ])
    }
}
