//! E-mail addresses as members have them: read strictly, and compared without regard to case.

use lettre::Address;

/// An address that mail can go to, and the form by which it is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Email {
    /// As it was given.
    pub text: String,
    /// In lower case.
    pub key: String,
}

/// Why a text is not such an address, as a sentence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAnEmail(pub &'static str);

impl Email {
    /// Reads an address. What standards allow but nobody has (quoted names, comments, addresses by number, other
    /// alphabets) is refused, since it only serves to be taken for somebody else's.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn parse(text: &str) -> Result<Self, NotAnEmail> {
        if text.len() > 254 {
            return Err(NotAnEmail("It is longer than 254 characters."));
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(NotAnEmail("It has a space or a character outside of ASCII; write an international domain as xn--…"));
        }
        let (local, domain) = text.split_once('@').ok_or(NotAnEmail("It has no @."))?;
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~.".contains(&byte);
        if !(1..=64).contains(&local.len()) || !local.bytes().all(plain) {
            return Err(NotAnEmail("What stands before the @ cannot be used."));
        }
        if local.starts_with('.') || local.ends_with('.') || local.contains("..") {
            return Err(NotAnEmail("What stands before the @ has a dot in the wrong place."));
        }
        let label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let last = domain.rsplit('.').next().unwrap_or_default();
        let known =
            last.len() >= 2 && (last.bytes().all(|byte| byte.is_ascii_alphabetic()) || last.to_ascii_lowercase().starts_with("xn--"));
        if !domain.contains('.') || !domain.split('.').all(label) || !known {
            return Err(NotAnEmail("What stands after the @ is not a domain."));
        }
        text.parse::<Address>().map_err(|_| NotAnEmail("It is not an e-mail address."))?;
        Ok(Self { text: text.to_owned(), key: text.to_ascii_lowercase() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Email;

    #[test]
    fn an_address_is_compared_in_lower_case() {
        let email = Email::parse("Ann.O'Neill+x@Sub.Example.COM").unwrap();
        assert_eq!((email.text.as_str(), email.key.as_str()), ("Ann.O'Neill+x@Sub.Example.COM", "ann.o'neill+x@sub.example.com"));
        assert!(Email::parse("a@xn--bcher-kva.example").is_ok());
    }

    #[test]
    fn what_could_be_taken_for_somebody_elses_is_refused() {
        for text in [
            "",
            "a",
            "@x.com",
            "a@",
            "a@evil.com@corp.com",
            "\"a@evil\"@corp.com",
            "а@corp.com",
            "a@cоrp.com",
            "a@corp.com.",
            "a@corp.com ",
            " a@corp.com",
            "a@corp..com",
            "a@-corp.com",
            "a@corp",
            "a@[127.0.0.1]",
            "a@127.0.0.1",
            "a@x.com,b@y.com",
            "a@x.com;b@y.com",
            "a@x.com\r\nBcc: b@y.com",
            "a@x>,<b@y.com",
            "Ann <a@x.com>",
            "a@x.com\u{202e}",
            ".a@x.com",
            "a..b@x.com",
            "a(c)@x.com",
        ] {
            assert!(Email::parse(text).is_err(), "{text}");
        }
        assert!(Email::parse(&format!("{}@x.com", "a".repeat(65))).is_err());
        assert!(Email::parse(&format!("a@{}.com", "b".repeat(64))).is_err());
        assert!(Email::parse(&format!("a@{}com", "b.".repeat(130))).is_err());
    }

    proptest! {
        #[test]
        fn whatever_is_accepted_is_one_line_of_ascii_with_one_at(text in "\\PC{0,40}") {
            if let Ok(email) = Email::parse(&text) {
                prop_assert!(email.text.is_ascii() && email.text.matches('@').count() == 1);
                prop_assert_eq!(email.key.clone(), email.text.to_ascii_lowercase());
            }
        }
    }
}
