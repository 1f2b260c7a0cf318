//! The form body of a canvas POST: one field, `signed_request`, percent-encoded.
//!
//! The generic form decoder costs three times the HMAC, so the one field is found and decoded by hand:
//! runs without an escape are copied whole.

use memchr::{memchr, memchr2};

use super::malformed;
use crate::problem::Problem;

const FIELD: &[u8] = b"signed_request";

/// The decoded value of the one `signed_request` field. A literal `+` becomes a space, as forms define it;
/// nothing is mended afterwards.
///
/// # Errors
/// `canvas.malformed` when the field is absent, empty, given twice or wrongly escaped.
pub fn signed_request(body: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut found = None;
    for pair in Pairs(Some(body)) {
        let (name, value) = match memchr(b'=', pair) {
            Some(at) => (pair.get(..at).unwrap_or_default(), pair.get(at + 1..).unwrap_or_default()),
            None => (pair, &[][..]),
        };
        if name == FIELD && found.replace(value).is_some() {
            return Err(malformed("The form field signed_request came more than once."));
        }
    }
    match found {
        Some(value) if !value.is_empty() => decode(value),
        _ => Err(malformed("The form field signed_request is missing. Open the panel from a Salesforce page.")),
    }
}

struct Pairs<'a>(Option<&'a [u8]>);

impl<'a> Iterator for Pairs<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        let rest = self.0?;
        let Some(at) = memchr(b'&', rest) else {
            self.0 = None;
            return Some(rest);
        };
        self.0 = rest.get(at + 1..);
        rest.get(..at)
    }
}

fn decode(mut value: &[u8]) -> Result<Vec<u8>, Problem> {
    let mut decoded = Vec::with_capacity(value.len());
    while let Some(at) = memchr2(b'%', b'+', value) {
        let (run, rest) = value.split_at(at);
        decoded.extend_from_slice(run);
        value = match rest {
            [b'+', rest @ ..] => {
                decoded.push(b' ');
                rest
            }
            [b'%', high, low, rest @ ..] => {
                let (Some(high), Some(low)) = (hex(*high), hex(*low)) else { return Err(wrong_escape()) };
                decoded.push(16 * high + low);
                rest
            }
            _ => return Err(wrong_escape()),
        };
    }
    decoded.extend_from_slice(value);
    Ok(decoded)
}

fn wrong_escape() -> Problem {
    malformed("The form body is wrongly percent-encoded.")
}

const fn hex(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_plus_is_a_space_and_an_escaped_plus_is_a_plus() {
        assert_eq!(signed_request(b"signed_request=a+b%2Bc%2f%3D.d").unwrap(), b"a b+c/=.d");
    }

    #[test]
    fn the_field_must_come_once_and_filled() {
        for body in [
            &b""[..],
            b"signed_request=",
            b"signed_request",
            b"other=1",
            b"signed_request=a&signed_request=b",
            b"signed_request=%2",
            b"signed_request=%zz",
        ] {
            assert_eq!(signed_request(body).unwrap_err().code, "canvas.malformed", "{body:?}");
        }
    }

    #[test]
    fn other_fields_do_not_disturb() {
        assert_eq!(signed_request(b"x=1&signed_request=a.b&y=%zz").unwrap(), b"a.b");
    }

    proptest! {
        #[test]
        fn whatever_was_encoded_comes_back(value in proptest::collection::vec(any::<u8>(), 1..200)) {
            let encoded: String = percent_encoding::percent_encode(&value, percent_encoding::NON_ALPHANUMERIC).to_string();
            prop_assert_eq!(signed_request(format!("signed_request={encoded}").as_bytes()).unwrap(), value);
        }

        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = signed_request(&body);
        }
    }
}
