//! The people whom Marketo knows: a pure function of seed and index, so that a million of them take no memory.
//!
//! The index runs with the date of creation, so that a window of creation is a range of indexes.

use super::catalogue;
use super::companies::{Company, company};
use super::ids::{Object, record_id};
use super::names::{Name, slug};
use super::users::USERS;
use crate::sandbox::clock::DAY;
use crate::sandbox::dice::{Dice, Stream, roll};

/// Marketo's number of the first person.
pub const FIRST_ID: u32 = 1_001;
const THREE_YEARS: i64 = 3 * 365 * DAY;

/// What a person is in Salesforce.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kind {
    Lead,
    Contact,
    /// Marketo alone knows them.
    #[default]
    Unsynced,
}

/// A person as Marketo keeps them; the scores come from their history.
#[derive(Debug, Clone, Default)]
pub struct Person {
    pub index: u32,
    pub kind: Kind,
    pub first: Option<String>,
    pub last: Option<String>,
    pub email: Option<String>,
    pub company: Option<String>,
    pub title: Option<String>,
    pub phone: Option<String>,
    pub source: Option<String>,
    pub linkedin: Option<String>,
    pub city: Option<String>,
    pub country: Option<String>,
    pub industry: Option<String>,
    pub status: Option<String>,
    pub account: Option<u32>,
    pub owner: Option<u32>,
    pub opportunity: Option<u32>,
    /// Seconds since the epoch.
    pub created: i64,
    /// A score set from outside instead of the one that the history gives.
    pub score: Option<i64>,
    pub unsubscribed: Option<bool>,
    /// When somebody changed this person by hand, in seconds since the epoch.
    pub changed: Option<i64>,
}

impl Person {
    /// Marketo's number of this person.
    pub fn id(&self) -> u32 {
        FIRST_ID.saturating_add(self.index)
    }

    /// The id of the Salesforce record, if there is one.
    pub fn record(&self) -> Option<String> {
        match self.kind {
            Kind::Lead => Some(record_id(Object::Lead, self.index)),
            Kind::Contact => Some(record_id(Object::Contact, self.index)),
            Kind::Unsynced => None,
        }
    }

    /// First and last name together.
    pub fn name(&self) -> String {
        [self.first.as_deref(), self.last.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// All people that the seed gives.
#[derive(Debug, Clone)]
pub struct Population {
    pub seed: u64,
    pub count: u32,
    /// When the world began, in seconds since the epoch: the newest of these people was created shortly before.
    pub began: i64,
    /// Every how many-th person has a history; 1 unless the world is large.
    pub stride: u32,
    /// Days of history before the beginning.
    pub history_days: i64,
}

impl Population {
    /// How many companies there are.
    pub fn companies(&self) -> u32 {
        (self.count / 8).max(12)
    }

    /// The company with this index.
    pub fn company(&self, index: u32) -> Option<Company> {
        (index < self.companies()).then(|| company(self.seed, index))
    }

    /// When a person was created: over three years, ever denser towards today.
    pub fn created(&self, index: u32) -> i64 {
        let span = u128::try_from(THREE_YEARS).unwrap_or(0);
        let share = span * span * (u128::from(index) + 1) / (u128::from(self.count) + 1);
        let after = i64::try_from(share.isqrt()).unwrap_or(0);
        (self.began - THREE_YEARS + after).min(self.began - 120)
    }

    /// How many people had been created before this moment.
    pub fn created_before(&self, moment: i64) -> u32 {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = low.midpoint(high);
            if self.created(middle) < moment {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        low
    }

    /// What this person is in Salesforce.
    pub fn kind(&self, index: u32) -> Kind {
        match Dice::of(self.seed, Stream::Record, u64::from(index), 0).below(100) {
            0..62 => Kind::Lead,
            62..93 => Kind::Contact,
            _ => Kind::Unsynced,
        }
    }

    /// The person with this index.
    pub fn person(&self, index: u32) -> Option<Person> {
        if index >= self.count {
            return None;
        }
        let mut dice = Dice::of(self.seed, Stream::Person, u64::from(index), 0);
        let employer = company(self.seed, index % self.companies());
        let name = Name::roll(&mut dice);
        let kind = self.kind(index);
        let phone = name.phone(&mut dice);
        let (country, city) = dice.pick(name.culture.places);
        let private = kind != Kind::Contact && dice.chance(9);
        let title = match dice.below(400) {
            0..8 => None,
            8 => Some("Head of Operations,\nEMEA \"North\"".to_owned()),
            _ => Some(dice.pick(catalogue::TITLES).to_owned()),
        };
        let owner = (kind != Kind::Unsynced && !dice.chance(4)).then(|| dice.below(u32::try_from(USERS.len()).unwrap_or(1)));
        let email = match () {
            () if self.without_email(index) => None,
            () if private => Some(format!("{}.{}@post.example", name.mailbox(), index)),
            () => Some(format!("{}@{}", name.mailbox(), employer.domain)),
        };
        let linkedin =
            dice.chance(55).then(|| format!("https://www.linkedin.example/in/{}-{index}", slug(&name.mailbox().replace('.', "-"))));
        let opportunity = (kind == Kind::Contact && dice.chance(45)).then(|| employer.index.saturating_mul(2) + dice.below(2));
        Some(Person {
            index,
            kind,
            first: (!dice.chance(1)).then(|| name.given.to_owned()),
            last: Some(name.family.to_owned()),
            email,
            company: Some(employer.name.clone()),
            title,
            phone: (!dice.chance(12)).then_some(phone),
            source: Some(dice.pick(catalogue::LEAD_SOURCES).to_owned()),
            linkedin,
            city: Some(city.to_owned()),
            country: Some(country.to_owned()),
            industry: Some(employer.industry.to_owned()),
            status: (kind == Kind::Lead).then(|| dice.pick(catalogue::LEAD_STATUSES).to_owned()),
            account: (kind == Kind::Contact).then_some(employer.index),
            owner,
            opportunity,
            created: self.created(index),
            score: None,
            unsubscribed: None,
            changed: None,
        })
    }

    /// Everybody with this address: the domain leads to the employer and so to a handful of people.
    pub fn by_email(&self, email: &str) -> Vec<u32> {
        let lower = email.to_lowercase();
        let Some((mailbox, domain)) = lower.rsplit_once('@') else { return Vec::new() };
        let candidates: Vec<u32> = if domain == "post.example" {
            mailbox.rsplit_once('.').and_then(|(_, number)| number.parse().ok()).into_iter().collect()
        } else {
            let companies = self.companies();
            let Some(employer) = (0..companies).find(|&index| super::companies::domain(self.seed, index) == domain) else {
                return Vec::new();
            };
            self.employees(employer)
        };
        candidates
            .into_iter()
            .filter(|&index| self.person(index).is_some_and(|person| person.email.as_deref() == Some(lower.as_str())))
            .collect()
    }

    /// Everybody who works for this company.
    pub fn employees(&self, company: u32) -> Vec<u32> {
        let step = usize::try_from(self.companies()).unwrap_or(usize::MAX);
        (company..self.count).step_by(step).collect()
    }

    /// Whether no address of this person is known.
    pub fn without_email(&self, index: u32) -> bool {
        roll(self.seed, Stream::Record, u64::from(index), 1).is_multiple_of(100)
    }

    /// Whether this person never wanted mail.
    pub fn opted_out(&self, index: u32) -> bool {
        roll(self.seed, Stream::Record, u64::from(index), 2).is_multiple_of(40)
    }

    /// The first day of history, in days since the epoch.
    pub fn first_day(&self) -> i64 {
        (self.began - self.history_days * DAY).div_euclid(DAY)
    }

    /// Whether this person has a history at all.
    pub fn has_history(&self, index: u32) -> bool {
        index.is_multiple_of(self.stride.max(1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn population(count: u32) -> Population {
        Population { seed: 7, count, began: 1_790_000_000, stride: 1, history_days: 92 }
    }

    #[test]
    fn the_same_seed_gives_the_same_people() {
        for index in 0..500 {
            let (one, other) = (population(500).person(index).unwrap(), population(500).person(index).unwrap());
            assert_eq!(format!("{one:?}"), format!("{other:?}"));
        }
        let other_seed = Population { seed: 8, ..population(500) };
        assert_ne!(format!("{:?}", other_seed.person(3)), format!("{:?}", population(500).person(3)));
    }

    #[test]
    fn people_are_leads_contacts_and_some_whom_a_sync_must_refuse() {
        let world = population(5_000);
        let people: Vec<Person> = (0..5_000).filter_map(|index| world.person(index)).collect();
        let leads = people.iter().filter(|person| person.kind == Kind::Lead).count();
        let contacts = people.iter().filter(|person| person.kind == Kind::Contact).count();
        let refused = people.iter().filter(|person| person.kind == Kind::Unsynced || person.owner.is_none()).count();
        assert!((2_900..3_300).contains(&leads), "{leads}");
        assert!((1_400..1_700).contains(&contacts), "{contacts}");
        assert!((400..650).contains(&refused), "{refused}");
        assert!(people.iter().any(|person| person.last.as_deref() == Some("Null")));
        let recent = people.iter().filter(|person| person.created > world.began - 31 * DAY).count();
        assert!(recent > 100, "{recent}");
    }

    #[test]
    fn creation_runs_with_the_index_and_an_address_leads_back() {
        let world = population(2_000);
        for index in 0..1_999 {
            assert!(world.created(index) <= world.created(index + 1));
        }
        assert_eq!(world.created_before(world.created(700)), 700);
        for index in [3, 250, 1_999] {
            if let Some(email) = world.person(index).unwrap().email {
                assert!(world.by_email(&email.to_uppercase()).contains(&index));
            }
        }
        assert!(world.by_email("nobody@nowhere.example").is_empty());
    }
}
