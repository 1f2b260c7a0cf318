//! Salesforce record ids: 15 characters in which case matters, or 18, where the last three repeat the cases
//! so that the id survives systems that ignore case.

use std::fmt;

/// A Salesforce id of 18 characters whose check characters are right.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct SalesforceId(String);

/// Not a Salesforce id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a Salesforce id of 15 or 18 characters")]
pub struct NotASalesforceId;

impl SalesforceId {
    /// Reads an id of 15 or 18 characters. The check characters may come in lower case.
    ///
    /// # Errors
    /// When it has another length, other characters than letters and digits, or the wrong check characters.
    pub fn parse(text: &str) -> Result<Self, NotASalesforceId> {
        if !text.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(NotASalesforceId);
        }
        match text.len() {
            15 => Ok(Self(format!("{text}{}", check_characters(text)))),
            18 => {
                let (id, given) = text.split_at_checked(15).ok_or(NotASalesforceId)?;
                let right = check_characters(id);
                if given.eq_ignore_ascii_case(&right) { Ok(Self(format!("{id}{right}"))) } else { Err(NotASalesforceId) }
            }
            _ => Err(NotASalesforceId),
        }
    }

    /// Reads an id that comes as a text of its own: one of 18 characters that is right is kept as it is.
    ///
    /// # Errors
    /// As [`SalesforceId::parse`].
    pub fn take(text: String) -> Result<Self, NotASalesforceId> {
        let right = text.len() == 18
            && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
            && text.split_at_checked(15).is_some_and(|(id, given)| check_bytes(id).eq(given.bytes()));
        if right { Ok(Self(text)) } else { Self::parse(text.trim()) }
    }

    /// The 18 characters.
    #[must_use]
    pub fn into_string(self) -> String {
        self.0
    }

    /// The 18 characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it begins with the three characters of an object, such as `00D` for an org.
    #[must_use]
    pub fn is_a(&self, prefix: &str) -> bool {
        self.0.starts_with(prefix)
    }
}

impl fmt::Display for SalesforceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

// One character for each five: bit n says that the n-th of them is upper case; 0–25 are A–Z, 26–31 are 0–5.
fn check_bytes(id: &str) -> impl Iterator<Item = u8> {
    id.as_bytes().chunks(5).map(|five| {
        let cases = five.iter().rev().fold(0_u8, |bits, byte| (bits << 1) | u8::from(byte.is_ascii_uppercase()));
        if cases < 26 { b'A' + cases } else { b'0' + (cases - 26) }
    })
}

fn check_characters(id: &str) -> String {
    check_bytes(id).map(char::from).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fifteen_characters_get_the_check_characters_that_salesforce_gives() {
        for (short, long) in [
            ("001A0000006Vm9u", "001A0000006Vm9uIAC"),
            ("00D000000000062", "00D000000000062EAA"),
            ("000000000000000", "000000000000000AAA"),
            ("AAAAAAAAAAAAAAA", "AAAAAAAAAAAAAAA555"),
        ] {
            assert_eq!(SalesforceId::parse(short).unwrap().as_str(), long);
        }
    }

    #[test]
    fn what_only_looks_like_an_id_is_refused() {
        for text in ["", "00Q", "00Q00000000000", "00Q0000000000001", "00Q00000000000\u{e9}", "00Q00000000000'", "001A0000006Vm9uIAD"] {
            assert_eq!(SalesforceId::parse(text), Err(NotASalesforceId), "{text}");
        }
    }

    proptest! {
        #[test]
        fn short_long_and_long_in_lower_case_mean_the_same(id in "[0-9A-Za-z]{15}") {
            let long = SalesforceId::parse(&id).unwrap();
            prop_assert_eq!(&SalesforceId::parse(long.as_str()).unwrap(), &long);
            let (start, check) = long.as_str().split_at(15);
            prop_assert_eq!(&SalesforceId::parse(&format!("{start}{}", check.to_lowercase())).unwrap(), &long);
            prop_assert_eq!(&SalesforceId::take(long.as_str().to_owned()).unwrap(), &long);
            prop_assert_eq!(&SalesforceId::take(format!(" {id}")).unwrap(), &long);
        }

        #[test]
        fn a_letter_of_the_other_case_is_noticed(id in "[0-9A-Za-z]{15}", at in 0_usize..15) {
            let long = SalesforceId::parse(&id).unwrap();
            let mut bytes = long.as_str().as_bytes().to_vec();
            prop_assume!(bytes[at].is_ascii_alphabetic());
            bytes[at] ^= 0x20;
            prop_assert!(SalesforceId::parse(std::str::from_utf8(&bytes).unwrap()).is_err());
            prop_assert!(SalesforceId::take(String::from_utf8(bytes).unwrap()).is_err());
        }

        #[test]
        fn nothing_makes_it_panic(text in "\\PC{0,20}") {
            let _ = SalesforceId::parse(&text);
        }
    }
}
