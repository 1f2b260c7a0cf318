//! What became of a row, in the reader's language. What is wrong with a row is kept as its English sentence, so that what was judged
//! before a process was replaced can still be told.

use std::sync::LazyLock;

use crate::account::invitations::sentence;
use crate::account::letters::Letters;

static LETTERS: LazyLock<Option<Letters>> = LazyLock::new(|| Letters::new().ok());

/// What is wrong with a row, and the message that says so.
const REASONS: [(&str, &str); 12] = [
    ("There is no address.", "row-no-address"),
    ("It is longer than 254 characters.", "row-address-long"),
    ("It has a space or a character outside of ASCII; write an international domain as xn--…", "row-address-letters"),
    ("It has no @.", "row-address-at"),
    ("What stands before the @ cannot be used.", "row-address-before"),
    ("What stands before the @ has a dot in the wrong place.", "row-address-dots"),
    ("What stands after the @ is not a domain.", "row-address-domain"),
    ("It is not an e-mail address.", "row-address"),
    ("The first name is no name.", "row-first-name"),
    ("The last name is no name.", "row-last-name"),
    ("The role must be admin or user.", "row-role"),
    ("One of the teams does not exist.", "row-team"),
];

/// What is said of a row with this outcome and, if something is wrong with it, this reason; nothing where there is nothing to say.
pub fn told(language: &str, outcome: &str, reason: Option<&str>) -> Option<String> {
    let english = reason.unwrap_or_else(|| sentence(outcome));
    if english.is_empty() {
        return None;
    }
    let numbers = cells(english);
    let key = match reason {
        Some(_) if numbers.is_some() => Some("row-cells".to_owned()),
        Some(reason) => REASONS.iter().find(|(known, _)| *known == reason).map(|(_, key)| (*key).to_owned()),
        None => Some(format!("row-{}", outcome.replace('_', "-"))),
    };
    let (found, wanted) = numbers.unwrap_or_default();
    let numbers = [("found", found), ("wanted", wanted)];
    let said = key.and_then(|key| LETTERS.as_ref()?.sentence(language, &key, &numbers).ok());
    Some(said.unwrap_or_else(|| english.to_owned()))
}

// The numbers of "The row has 7 cells, the header 5."
fn cells(sentence: &str) -> Option<(i64, i64)> {
    let (found, wanted) = sentence.strip_prefix("The row has ")?.strip_suffix('.')?.split_once(" cells, the header ")?;
    Some((found.parse().ok()?, wanted.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::account::email::Email;
    use crate::account::fields::LANGUAGES;

    #[test]
    fn every_reason_and_outcome_is_told_in_every_language() {
        let long = format!("{}@example.com", "a".repeat(300));
        let odd = [long.as_str(), "a b@example.com", "example.com", "a(b@example.com", ".a@example.com", "a@b"];
        let mut reasons: Vec<String> = odd.iter().map(|text| Email::parse(text).unwrap_err().to_string()).collect();
        assert_eq!(reasons.len(), odd.len());
        reasons.extend(REASONS.iter().map(|(reason, _)| (*reason).to_owned()));
        reasons.push("The row has 7 cells, the header 5.".to_owned());
        for reason in reasons {
            let told: Vec<String> = LANGUAGES.iter().map(|language| told(language, "malformed", Some(&reason)).unwrap()).collect();
            let different: std::collections::BTreeSet<&String> = told.iter().collect();
            assert_eq!(different.len(), LANGUAGES.len(), "{reason}: {told:?}");
        }
        for outcome in ["invited", "already_member", "already_invited", "elsewhere", "over_seat_limit", "duplicate"] {
            assert_eq!(told("en", outcome, None).as_deref(), Some(sentence(outcome)));
            assert_ne!(told("sv", outcome, None), told("en", outcome, None), "{outcome}");
        }
        assert_eq!(
            told("de", "malformed", Some("The row has 7 cells, the header 5.")).unwrap(),
            "Die Zeile hat 7 Zellen, die Kopfzeile 5."
        );
        assert_eq!((told("de", "will_invite", None), told("de", "x", Some("Nobody knows."))), (None, Some("Nobody knows.".to_owned())));
    }
}
