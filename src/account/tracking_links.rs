//! Addresses in mails: the pixel, counted links, the way out. Each says all that is needed, under a seal, so that a link leads on
//! although nothing of ours can be asked; nothing in it names a person.

use aws_lc_rs::{constant_time, hmac};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

const SEAL: usize = 16;
const ID: usize = 16;
const LONGEST: usize = 4_096;

/// What an address in a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Open,
    Click,
    Unsubscribe,
    /// Out of a subscription to interesting moments, whose id stands in place of a mail's.
    Alerts,
    /// The mail itself, for whoever answers it.
    Return,
}

impl Purpose {
    const fn byte(self) -> u8 {
        match self {
            Self::Open => b'o',
            Self::Click => b'c',
            Self::Unsubscribe => b'u',
            Self::Alerts => b'm',
            Self::Return => b'r',
        }
    }

    const fn of(byte: u8) -> Option<Self> {
        match byte {
            b'o' => Some(Self::Open),
            b'c' => Some(Self::Click),
            b'u' => Some(Self::Unsubscribe),
            b'm' => Some(Self::Alerts),
            b'r' => Some(Self::Return),
            _ => None,
        }
    }
}

/// The key of the seals, made from the key that face and account share.
pub struct LinkKey(hmac::Key);

impl LinkKey {
    /// The key of this account process.
    #[must_use]
    pub fn new(key: &SecretString) -> Self {
        let master = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&master, b"links in mails").as_ref()))
    }

    /// The token for a mail; `None` when the id is not one of ours.
    #[must_use]
    pub fn write(&self, purpose: Purpose, mail_id: &str, url: &str) -> Option<String> {
        let mut bytes = vec![purpose.byte()];
        bytes.extend_from_slice(&id_bytes(mail_id)?);
        bytes.extend_from_slice(url.as_bytes());
        let seal = hmac::sign(&self.0, &bytes);
        bytes.extend_from_slice(seal.as_ref().get(..SEAL)?);
        Some(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// What a token says: its purpose, the mail, the address behind it.
    #[must_use]
    pub fn read(&self, token: &str) -> Option<(Purpose, String, String)> {
        if token.len() > LONGEST {
            return None;
        }
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let (said, seal) = bytes.split_at_checked(bytes.len().checked_sub(SEAL)?)?;
        constant_time::verify_slices_are_equal(hmac::sign(&self.0, said).as_ref().get(..SEAL)?, seal).ok()?;
        let (purpose, rest) = said.split_first()?;
        let (id, url) = rest.split_at_checked(ID)?;
        let id = id.iter().map(|byte| format!("{byte:02x}")).collect();
        Some((Purpose::of(*purpose)?, id, String::from_utf8(url.to_vec()).ok()?))
    }
}

fn id_bytes(id: &str) -> Option<Vec<u8>> {
    let digits = id.as_bytes();
    (digits.len() == 2 * ID).then_some(())?;
    digits.chunks(2).map(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_purpose_is_read_as_what_it_was_written_for_up_to_a_length() {
        let key = LinkKey::new(&SecretString::from("k".repeat(32)));
        let id = "0123456789abcdef0123456789abcdef";
        for purpose in [Purpose::Open, Purpose::Click, Purpose::Unsubscribe, Purpose::Alerts, Purpose::Return] {
            let token = key.write(purpose, id, "").unwrap();
            assert_eq!(key.read(&token), Some((purpose, id.to_owned(), String::new())));
        }
        // 3,072 bytes are 4,096 letters: one for the purpose, 16 for the id, 16 for the seal.
        for (length, read) in [(3_039, true), (3_040, false)] {
            let url = "x".repeat(length);
            let token = key.write(Purpose::Click, id, &url).unwrap();
            assert_eq!(key.read(&token).map(|(_, _, url)| url.len()), read.then_some(length));
        }
        for odd in ["", "0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdefa", "0123456789abcdef0123456789abcdeg"] {
            assert!(key.write(Purpose::Open, odd, "").is_none(), "{odd}");
        }
    }

    #[test]
    fn clk_03_uns_03_only_whole_tokens_of_ours_are_read() {
        let key = LinkKey::new(&SecretString::from("k".repeat(32)));
        let id = "0123456789abcdef0123456789abcdef";
        let token = key.write(Purpose::Click, id, "https://example.com/?q=é").unwrap();
        assert_eq!(key.read(&token), Some((Purpose::Click, id.to_owned(), "https://example.com/?q=é".to_owned())));
        assert!(!token.contains("example"));
        for position in 0..token.len() {
            let mut altered = token.clone().into_bytes();
            altered[position] = if altered[position] == b'A' { b'B' } else { b'A' };
            let altered = String::from_utf8(altered).unwrap();
            assert!(key.read(&altered).is_none(), "{position}");
            assert!(key.read(&token[..position]).is_none());
        }
        assert!(LinkKey::new(&SecretString::from("j".repeat(32))).read(&token).is_none());
        assert!(key.write(Purpose::Open, "x", "").is_none());
    }
}
