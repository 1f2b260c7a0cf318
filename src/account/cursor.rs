//! Places in a timeline, as callers carry them: opaque, and only valid where they were given out.
//!
//! Base64url of time, seal and guid. The seal covers the person and the tab as well, so that a cursor
//! that was altered, or belongs elsewhere, is recognised instead of silently showing the wrong page.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::problem::Problem;
use crate::store::timeline::Before;

const SEAL: usize = 12;
const LONGEST: usize = 512;

/// The key of the seal, made from the key that both processes of an account share.
pub(super) struct CursorKey(hmac::Key);

impl CursorKey {
    pub(super) fn new(key: &SecretString) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&master, b"timeline cursor").as_ref()))
    }

    /// The cursor of a place. `scope` names what it is a place in.
    pub(super) fn write(&self, scope: &str, place: &Before) -> String {
        let mut bytes = place.happened_at.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.seal(scope, place));
        bytes.extend_from_slice(place.guid.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// The place of a cursor.
    ///
    /// # Errors
    /// 400 `page.cursor` when it is not one that was given out for this `scope`.
    pub(super) fn read(&self, scope: &str, text: &str) -> Result<Before, Problem> {
        self.place(scope, text).ok_or_else(|| {
            Problem::bad_request("page.cursor", "The cursor is not one that this list gave out. Please start from the first page.")
        })
    }

    fn place(&self, scope: &str, text: &str) -> Option<Before> {
        if text.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        let (time, rest) = bytes.split_first_chunk::<8>()?;
        let (seal, guid) = rest.split_first_chunk::<SEAL>()?;
        let place = Before { happened_at: i64::from_be_bytes(*time), guid: String::from_utf8(guid.to_vec()).ok()? };
        constant_time::verify_slices_are_equal(seal, &self.seal(scope, &place)).ok()?;
        Some(place)
    }

    fn seal(&self, scope: &str, place: &Before) -> [u8; SEAL] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(scope.as_bytes());
        context.update(&[0]);
        context.update(&place.happened_at.to_be_bytes());
        context.update(place.guid.as_bytes());
        context.sign().as_ref().first_chunk().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn key() -> CursorKey {
        CursorKey::new(&SecretString::from("k".repeat(32)))
    }

    proptest! {
        #[test]
        fn a_cursor_reads_back_only_where_it_was_given_out(at in any::<i64>(), guid in "[0-9a-zA-Z_|-]{0,40}") {
            let place = Before { happened_at: at, guid };
            let text = key().write("a/p/web", &place);
            prop_assert_eq!(key().read("a/p/web", &text).unwrap(), place);
            prop_assert_eq!(key().read("b/p/web", &text).unwrap_err().code, "page.cursor");
        }

        #[test]
        fn an_altered_cursor_is_refused(at in any::<i64>(), position in 0_usize..30, letter in "[A-Za-z0-9_-]") {
            let text = key().write("s", &Before { happened_at: at, guid: "0123456789".to_owned() });
            let mut altered = text.clone();
            altered.replace_range(position..=position, &letter);
            prop_assume!(altered != text);
            prop_assert!(key().read("s", &altered).is_err());
        }

        #[test]
        fn nothing_else_is_a_cursor(text in "\\PC{0,60}") {
            prop_assert!(key().read("s", &text).is_err());
        }
    }
}
