//! Salesforce ids: 15 characters that mean something and 3 that let case-blind readers tell them apart.

use crate::sandbox::dice::BASE62;

/// Which kind of record an id names, by its first three characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Object {
    Lead,
    Contact,
    Account,
    Opportunity,
    User,
    Organization,
    Task,
    Role,
}

impl Object {
    const ALL: [Self; 8] =
        [Self::Lead, Self::Contact, Self::Account, Self::Opportunity, Self::User, Self::Organization, Self::Task, Self::Role];

    /// The key prefix.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Lead => "00Q",
            Self::Contact => "003",
            Self::Account => "001",
            Self::Opportunity => "006",
            Self::User => "005",
            Self::Organization => "00D",
            Self::Task => "00T",
            Self::Role => "00K",
        }
    }

    /// The object's API name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Lead => "Lead",
            Self::Contact => "Contact",
            Self::Account => "Account",
            Self::Opportunity => "Opportunity",
            Self::User => "User",
            Self::Organization => "Organization",
            Self::Task => "Task",
            Self::Role => "OpportunityContactRole",
        }
    }

    /// The object of an API name, whatever its case.
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|object| object.name().eq_ignore_ascii_case(name))
    }
}

const FIRST: u32 = 40_000_000;
const STEP: u32 = 17;

/// The 18-character id of the record with this index.
pub fn record_id(object: Object, index: u32) -> String {
    let mut rest = FIRST.saturating_add(index.saturating_mul(STEP));
    let mut tail = Vec::with_capacity(6);
    for _ in 0..6 {
        let digit = usize::try_from(rest % 62).unwrap_or(0);
        tail.push(char::from(BASE62.get(digit).copied().unwrap_or(b'0')));
        rest /= 62;
    }
    let short: String = object.prefix().chars().chain("Kf0000".chars()).chain(tail.into_iter().rev()).collect();
    format!("{short}{}", checksum(&short))
}

/// What a record id names: the object and the index. Takes 15 or 18 characters; a wrong checksum names nothing.
pub fn parse(id: &str) -> Option<(Object, u32)> {
    let (short, check) = match id.len() {
        15 => (id, None),
        18 => (id.get(..15)?, Some(id.get(15..)?)),
        _ => return None,
    };
    if check.is_some_and(|check| !check.eq_ignore_ascii_case(&checksum(short))) {
        return None;
    }
    let object = Object::ALL.into_iter().find(|object| short.starts_with(object.prefix()))?;
    let tail = short.get(3..)?.strip_prefix("Kf0000")?;
    let mut number: u32 = 0;
    for letter in tail.bytes() {
        let digit = BASE62.iter().position(|&known| known == letter)?;
        number = number.checked_mul(62)?.checked_add(u32::try_from(digit).ok()?)?;
    }
    let above = number.checked_sub(FIRST)?;
    (above % STEP == 0).then_some((object, above / STEP))
}

/// The three characters that follow the first fifteen: for each five one letter that says which are upper case.
pub fn checksum(short: &str) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    short
        .as_bytes()
        .chunks(5)
        .map(|chunk| {
            let upper = chunk.iter().rev().fold(0_usize, |bits, letter| bits * 2 + usize::from(letter.is_ascii_uppercase()));
            char::from(LETTERS.get(upper).copied().unwrap_or(b'A'))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_salesforces() {
        // Published pairs of 15 and 18 characters.
        assert_eq!(checksum("005x0000001SyyE"), "AAS");
        assert_eq!(checksum("001000000000000"), "AAA");
    }

    #[test]
    fn an_id_leads_back_to_its_record() {
        for index in [0, 1, 4_999, 999_999, 50_000_000] {
            let id = record_id(Object::Lead, index);
            assert_eq!(id.len(), 18);
            assert_eq!(parse(&id), Some((Object::Lead, index)));
            assert_eq!(parse(&id[..15]), Some((Object::Lead, index)));
        }
        let other_check = format!("{}ZZZ", &record_id(Object::Contact, 7)[..15]);
        assert_eq!(parse(&other_check), None);
        assert_eq!(parse("00Q"), None);
        assert_eq!(parse("00QKf0000zzzzzz\u{e9}"), None);
    }
}
