//! The two parts of a signed request and the check of the first against the second.
//!
//! Source: salesforce-platform facts §1.1: split at the first dot; the MAC covers the second part as it is
//! encoded; both base64 alphabets occur, padded or not. Nothing is parsed before the MAC held.

use memchr::{memchr, memchr2};

use super::secrets::{Secrets, Verified};
use super::{malformed, rejected};
use crate::problem::Problem;

/// Bytes of an HMAC-SHA256 tag.
const TAG: usize = 32;

/// A signed request whose signature held.
#[derive(Debug)]
pub struct Signed<'r, 's> {
    /// The envelope, still encoded.
    pub envelope: &'r [u8],
    /// The MAC's bytes: the one name of the request, however its text was spelled.
    pub tag: Vec<u8>,
    /// Whose secret it was.
    pub verified: Verified<'s>,
}

/// Checks a decoded `signed_request`.
///
/// # Errors
/// `canvas.malformed` when there are no two parts, `canvas.rejected` when the signature does not hold.
pub fn verify<'r, 's>(signed_request: &'r [u8], secrets: &'s Secrets) -> Result<Signed<'r, 's>, Problem> {
    let parts = memchr(b'.', signed_request).map(|dot| signed_request.split_at(dot));
    let Some((tag, [_, envelope @ ..])) = parts else {
        return Err(malformed("The signed request has no two parts."));
    };
    if tag.is_empty() || envelope.is_empty() {
        return Err(malformed("The signed request has no two parts."));
    }
    let tag = base64(tag).filter(|tag| tag.len() == TAG).ok_or_else(rejected)?;
    let verified = secrets.verify(envelope, &tag).ok_or_else(rejected)?;
    Ok(Signed { envelope, tag, verified })
}

/// Base64 of either alphabet (not both in one text), with or without padding; `None` for anything else.
#[must_use]
pub fn base64(text: &[u8]) -> Option<Vec<u8>> {
    let unpadded = match text {
        [rest @ .., b'=', b'='] | [rest @ .., b'='] | rest => rest,
    };
    if unpadded.len() != text.len() && !text.len().is_multiple_of(4) {
        return None;
    }
    let engine = if memchr2(b'-', b'_', unpadded).is_some() { base64_simd::URL_SAFE_NO_PAD } else { base64_simd::STANDARD_NO_PAD };
    engine.decode_to_vec(unpadded).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use secrecy::SecretString;

    use super::*;

    fn test_secret() -> Secrets {
        Secrets::parse(&SecretString::from("test-secret"), true).unwrap()
    }

    // Computed independently of this code with Python's hmac and base64 (salesforce-platform facts §1.7).
    const V1: &str = "WfQlaq73UPn3ICVOxjOI1y0B9Gx03GpRG1CgWihQXuE=.eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2IiwiaXNzdWVkQXQiOm51bGwsInVzZXJJZCI6IjAwNXgwMDAwMDAxU3l5RUFBUyJ9";
    const V2: &str = "JPZp8CddkcthhSe699HtueEfy3fJ3AYDVeuHU4dnr2g=.eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2IiwiaXNzdWVkQXQiOm51bGwsInVzZXJJZCI6IjAwNXgwMDAwMDAxU3l5RUFBUyIsImNvbnRleHQiOnsidXNlciI6eyJmdWxsTmFtZSI6Ilpvw6sgw5xuw69jw7hkw6kg4piDID8/Pz4+Pn5+fiJ9fX0=";
    const V4: &str = "AjH/GeyKolRpSG+KK+ejqghhGYw7ITCJbjadygR/3HQ=.eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2IiwibiI6MTB9";
    const V4_URL_SAFE: &str = "AjH_GeyKolRpSG-KK-ejqghhGYw7ITCJbjadygR_3HQ.eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2IiwibiI6MTB9";

    #[test]
    fn published_vectors_hold() {
        for vector in [V1, V2, V4, V4_URL_SAFE] {
            assert!(verify(vector.as_bytes(), &test_secret()).is_ok(), "{vector}");
        }
        let foo = Secrets::parse(&SecretString::from("foo"), true).unwrap();
        assert!(verify(b"SCmqWRlvVOX07lm6ccj6hYe8B2dZqn5h6nwa/VBpnjc=.eyJrZXkiOiAidmFsdWUifQ==", &foo).is_ok());
    }

    #[test]
    fn parts_must_be_two() {
        for text in ["", ".", "sig.", ".ctx", "nodot"] {
            assert_eq!(verify(text.as_bytes(), &test_secret()).unwrap_err().code, "canvas.malformed", "{text}");
        }
    }

    #[test]
    fn every_flipped_bit_of_the_tag_is_rejected() {
        let (tag, envelope) = V1.split_once('.').unwrap();
        let tag = base64(tag.as_bytes()).unwrap();
        for bit in 0..256 {
            let mut flipped = tag.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            let text = format!("{}.{envelope}", base64_simd::STANDARD.encode_to_string(&flipped));
            assert_eq!(verify(text.as_bytes(), &test_secret()).unwrap_err().code, "canvas.rejected");
        }
    }

    #[test]
    fn a_tag_in_another_form_is_rejected() {
        let (tag, envelope) = V4.split_once('.').unwrap();
        let hex: String = base64(tag.as_bytes()).unwrap().iter().map(|byte| format!("{byte:02x}")).collect();
        let mixed = tag.replacen('/', "_", 1);
        let spaced = format!("{} {}", &tag[..8], &tag[8..]);
        let broken = format!("{}\n{}", &tag[..8], &tag[8..]);
        for tag in [&hex, &mixed, &spaced, &broken, "AA==", &tag[..20], &format!("{tag}="), &format!("AA{tag}")] {
            assert_eq!(verify(format!("{tag}.{envelope}").as_bytes(), &test_secret()).unwrap_err().code, "canvas.rejected", "{tag}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic_or_pass(text in proptest::collection::vec(any::<u8>(), 0..200)) {
            prop_assert!(verify(&text, &test_secret()).is_err());
        }

        #[test]
        fn both_alphabets_decode(bytes in proptest::collection::vec(any::<u8>(), 0..100)) {
            prop_assert_eq!(base64(base64_simd::STANDARD.encode_to_string(&bytes).as_bytes()), Some(bytes.clone()));
            prop_assert_eq!(base64(base64_simd::URL_SAFE_NO_PAD.encode_to_string(&bytes).as_bytes()), Some(bytes));
        }
    }
}
