//! Salesforce ids: 15 characters that differ by case, or the same with a three-letter checksum.

use std::fmt;

/// A Salesforce id in its 18-character form; safe to compare without regard to how it came.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SalesforceId(String);

impl SalesforceId {
    /// Reads an id of 15 or 18 characters. The checksum of a long one must hold; its case is restored from it.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return None;
        }
        let (short, given) = match text.len() {
            15 => (text, None),
            18 => (text.get(..15)?, text.get(15..)),
            _ => return None,
        };
        let checksum = checksum(short);
        if given.is_some_and(|given| given != checksum) {
            return None;
        }
        Some(Self(format!("{short}{checksum}")))
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first three characters, which name the object.
    #[must_use]
    pub fn key_prefix(&self) -> &str {
        self.0.get(..3).unwrap_or_default()
    }
}

impl fmt::Display for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// Each block of five characters gives one letter: a bit for every capital, the first one lowest.
fn checksum(short: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let letter = |block: &[u8]| {
        let bits = block.iter().enumerate().filter(|(_, byte)| byte.is_ascii_uppercase()).fold(0_usize, |bits, (at, _)| bits | 1 << at);
        LETTERS.get(bits).copied().map_or('A', char::from)
    };
    short.as_bytes().chunks(5).map(letter).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_checksum_is_salesforces() {
        assert_eq!(SalesforceId::parse("005x0000001Syye").unwrap().as_str().len(), 18);
        assert_eq!(SalesforceId::parse("001A0000006Vm9u").unwrap().as_str(), "001A0000006Vm9uIAC");
        assert_eq!(SalesforceId::parse("001A0000006Vm9uIAC").unwrap().as_str(), "001A0000006Vm9uIAC");
        assert_eq!(SalesforceId::parse("001A0000006Vm9uIAD"), None);
    }

    #[test]
    fn what_is_no_id_is_refused() {
        for text in ["", "00Q", "001A0000006Vm9u1", "001A0000006Vm9ü", "001A0000006Vm9'", "001A0000006Vm9uIAC1"] {
            assert_eq!(SalesforceId::parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn short_and_long_forms_are_the_same_id(short in "[0-9A-Za-z]{15}") {
            let id = SalesforceId::parse(&short).unwrap();
            prop_assert_eq!(SalesforceId::parse(id.as_str()), Some(id));
        }

        #[test]
        fn ids_that_differ_by_case_stay_apart(short in "[a-z]{15}") {
            prop_assert_ne!(SalesforceId::parse(&short), SalesforceId::parse(&short.to_uppercase()));
        }
    }
}
