//! What other systems send, against whatever they could send. Each function takes any bytes and panics when a promise
//! of its reader does not hold; `tests/fuzz` drives them, and every test run repeats what is kept there.

pub use super::marketo::fuzzed::{answers as marketo_json, files as marketo_csv};
pub use super::salesforce::fuzzed::answers as salesforce_json;

use super::mail::incoming::{self, Incoming};

/// A message of a mailbox.
///
/// # Panics
/// When what is told of it could not stand in one line, or is more than we keep.
pub fn inbound_mail(data: &[u8]) {
    let Some(letter) = incoming::read(data) else { return };
    let plain = |id: &String| (1..=100).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    assert!(letter.about.len() <= 60 && letter.about.iter().all(plain), "{:?}", letter.about);
    if let Incoming::Bounce { address, status, detail } = &letter.tells {
        assert!(status.starts_with('5'), "only what will never arrive is a bounce");
        for text in [Some(status), Some(detail), address.as_ref()].into_iter().flatten() {
            assert!(text.chars().count() <= 400 && !text.contains(char::is_control), "{text:?}");
        }
    }
    assert!(letter.tells != Incoming::Reply || !letter.about.is_empty(), "an answer to nothing");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzed::replay;

    #[test]
    fn what_was_found_once_does_no_harm_again() {
        replay("marketo_csv", marketo_csv);
        replay("marketo_json", marketo_json);
        replay("salesforce_json", salesforce_json);
        replay("inbound_mail", inbound_mail);
    }
}
