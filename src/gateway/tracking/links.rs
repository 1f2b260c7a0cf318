//! Reads the tokens in mails, as the account writes them: one byte for the purpose, sixteen for the mail, the address, and a seal
//! of sixteen bytes over all of it.

use aws_lc_rs::{constant_time, hmac};
use secrecy::{ExposeSecret, SecretString};

const SEAL: usize = 16;
const LONGEST: usize = 4_096;

/// What a token is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Open,
    Click,
    Unsubscribe,
    /// Out of a subscription to interesting moments.
    Alerts,
}

/// The key of the seals.
pub struct Links(hmac::Key);

impl Links {
    /// Made from the key that face and account share.
    #[must_use]
    pub fn new(key: &SecretString) -> Self {
        let shared = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&shared, b"links in mails").as_ref()))
    }

    /// Purpose, mail and address of a token; `None` for every reason not to believe it.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<(Kind, String, String)> {
        if token.len() > LONGEST || !token.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_')) {
            return None;
        }
        let bytes = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).ok()?;
        let (said, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        let right = hmac::sign(&self.0, said);
        constant_time::verify_slices_are_equal(right.as_ref().get(..SEAL)?, seal).ok()?;
        let (kind, rest) = said.split_first()?;
        let (mail, url) = rest.split_at_checked(16)?;
        let kind = match kind {
            b'o' => Kind::Open,
            b'c' => Kind::Click,
            b'u' => Kind::Unsubscribe,
            b'm' => Kind::Alerts,
            _ => return None,
        };
        Some((kind, mail.iter().map(|byte| format!("{byte:02x}")).collect(), std::str::from_utf8(url).ok()?.to_owned()))
    }
}
