//! Customers' secrets at rest: sealed with AES-256-GCM under `[secrets] sealing_key`, and bound to the place
//! where they are stored, so that a sealed value that was moved to another row does not open.

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use secrecy::{ExposeSecret, SecretString};

use crate::problem::Problem;
use crate::settings::Secrets;

/// First byte of what is sealed this way.
const FORMAT: u8 = 1;

/// Where a secret is stored. It opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    pub account_id: &'a str,
    /// What kind of secret, such as `marketo.client_secret`.
    pub kind: &'a str,
    /// Which row of that kind.
    pub row: &'a str,
}

impl Place<'_> {
    // Each part with its length before it, so that no two places read the same.
    fn bytes(self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        for part in [self.account_id, self.kind, self.row] {
            bytes.extend_from_slice(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

/// A sealed secret and the name of the key that opens it; both are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    pub bytes: Vec<u8>,
    pub key_id: String,
}

/// Why something could not be sealed or opened. Never says anything about the secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SealingError {
    /// The setting is not 64 hexadecimal digits.
    #[error("[secrets] sealing_key must be 64 hexadecimal digits (32 bytes)")]
    Key,
    /// Earlier keys are not written as they should be, or share a name.
    #[error(
        "[secrets] previous_sealing_keys must be name=64 hexadecimal digits, comma-separated, each name once and none the present key's"
    )]
    EarlierKeys,
    /// Sealed under another key.
    #[error("sealed under the key {0}, which is not configured")]
    OtherKey(String),
    /// Altered, moved from another place, or not sealed by us.
    #[error("the sealed value does not belong here")]
    Refused,
}

/// Seals and opens.
pub struct Sealer {
    key: RandomizedNonceKey,
    key_id: String,
    /// Earlier keys, which only open.
    earlier: Vec<(String, RandomizedNonceKey)>,
}

impl Sealer {
    /// The sealer of the configured key.
    ///
    /// # Errors
    /// When the key is missing or not 32 bytes in hexadecimal.
    pub fn from_settings(secrets: &Secrets) -> Result<Self, SealingError> {
        let key = key(secrets.sealing_key.expose_secret()).ok_or(SealingError::Key)?;
        let mut earlier: Vec<(String, RandomizedNonceKey)> = Vec::new();
        for entry in secrets.previous_sealing_keys.expose_secret().split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (name, digits) = entry.split_once('=').ok_or(SealingError::EarlierKeys)?;
            let name = name.trim();
            if name.is_empty() || name == secrets.sealing_key_id || earlier.iter().any(|(known, _)| known == name) {
                return Err(SealingError::EarlierKeys);
            }
            earlier.push((name.to_owned(), self::key(digits).ok_or(SealingError::EarlierKeys)?));
        }
        Ok(Self { key, key_id: secrets.sealing_key_id.clone(), earlier })
    }

    /// Seals a secret for a place.
    ///
    /// # Errors
    /// When the cipher refuses.
    pub fn seal(&self, place: Place<'_>, secret: &SecretString) -> Result<Sealed, SealingError> {
        let mut sealed = secret.expose_secret().as_bytes().to_vec();
        let nonce = self.key.seal_in_place_append_tag(Aad::from(place.bytes()), &mut sealed).map_err(|_| SealingError::Refused)?;
        let bytes = [&[FORMAT], nonce.as_ref().as_slice(), sealed.as_slice()].concat();
        Ok(Sealed { bytes, key_id: self.key_id.clone() })
    }

    /// Opens what was sealed for this place.
    ///
    /// # Errors
    /// When another key sealed it, or it is not what was sealed for this place.
    pub fn open(&self, place: Place<'_>, sealed: &[u8], key_id: &str) -> Result<SecretString, SealingError> {
        let key = match self.earlier.iter().find(|(name, _)| name == key_id) {
            Some((_, key)) => key,
            None if key_id == self.key_id => &self.key,
            None => return Err(SealingError::OtherKey(key_id.to_owned())),
        };
        let (format, rest) = sealed.split_first().ok_or(SealingError::Refused)?;
        let (nonce, text) = rest.split_first_chunk::<NONCE_LEN>().ok_or(SealingError::Refused)?;
        if *format != FORMAT {
            return Err(SealingError::Refused);
        }
        let mut text = text.to_vec();
        let open = key.open_in_place(Nonce::from(nonce), Aad::from(place.bytes()), &mut text).map_err(|_| SealingError::Refused)?;
        std::str::from_utf8(open).map(SecretString::from).map_err(|_| SealingError::Refused)
    }
}

fn key(digits: &str) -> Option<RandomizedNonceKey> {
    RandomizedNonceKey::new(&AES_256_GCM, &hexadecimal(digits.trim())?).ok()
}

fn hexadecimal(text: &str) -> Option<[u8; 32]> {
    if text.len() != 64 {
        return None;
    }
    let mut bytes = [0_u8; 32];
    for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = digits.iter().try_fold(0_u8, |value, digit| Some(value << 4 | u8::try_from(char::from(*digit).to_digit(16)?).ok()?))?;
    }
    Some(bytes)
}

/// Secrets of connections lie in the row of their kind.
impl super::connections::Seal for Sealer {
    fn seal(&self, account_id: &str, kind: &str, secret: &SecretString) -> Result<(String, Vec<u8>), Problem> {
        let sealed = Self::seal(self, Place { account_id, kind: CONNECTION, row: kind }, secret).map_err(|error| unusable(&error))?;
        Ok((sealed.key_id, sealed.bytes))
    }

    fn open(&self, account_id: &str, kind: &str, key_id: &str, sealed: &[u8]) -> Result<SecretString, Problem> {
        Self::open(self, Place { account_id, kind: CONNECTION, row: kind }, sealed, key_id).map_err(|error| unusable(&error))
    }
}

const CONNECTION: &str = "connection.client_secret";

fn unusable(error: &SealingError) -> Problem {
    tracing::error!(%error, "a secret can't be sealed or opened");
    Problem::new(
        500,
        "secrets.unusable",
        "A stored secret can't be used",
        "The stored secret of this connection can't be opened with the configured sealing key. Connect again, or restore the key.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sealer(digit: char, key_id: &str) -> Sealer {
        let sealing_key = SecretString::from(digit.to_string().repeat(64));
        Sealer::from_settings(&Secrets { sealing_key, sealing_key_id: key_id.to_owned(), ..Secrets::default() }).unwrap()
    }

    const HERE: Place<'static> = Place { account_id: "a", kind: "marketo.client_secret", row: "marketo" };

    #[test]
    fn a_secret_opens_where_it_was_sealed_and_looks_different_each_time() {
        let sealer = sealer('4', "k1");
        let secret = SecretString::from("s3cret é");
        let (one, two) = (sealer.seal(HERE, &secret).unwrap(), sealer.seal(HERE, &secret).unwrap());
        assert_ne!(one.bytes, two.bytes);
        assert_eq!(sealer.open(HERE, &one.bytes, &one.key_id).unwrap().expose_secret(), "s3cret é");
    }

    #[test]
    fn a_value_moved_to_another_row_account_or_kind_is_refused() {
        let sealer = sealer('4', "k1");
        let kept = sealer.seal(HERE, &SecretString::from("s3cret")).unwrap();
        for elsewhere in [
            Place { account_id: "b", ..HERE },
            Place { kind: "other", ..HERE },
            Place { row: "other", ..HERE },
            Place { account_id: "amarketo.client_secret", kind: "", ..HERE },
        ] {
            assert_eq!(sealer.open(elsewhere, &kept.bytes, "k1").unwrap_err(), SealingError::Refused);
        }
    }

    #[test]
    fn an_altered_or_foreign_value_is_refused() {
        let ours = sealer('4', "k1");
        let sealed = ours.seal(HERE, &SecretString::from("s3cret")).unwrap();
        for position in 0..sealed.bytes.len() {
            let mut altered = sealed.bytes.clone();
            altered[position] ^= 1;
            assert_eq!(ours.open(HERE, &altered, "k1").unwrap_err(), SealingError::Refused);
            assert_eq!(ours.open(HERE, &sealed.bytes[..position], "k1").unwrap_err(), SealingError::Refused);
        }
        assert_eq!(sealer('5', "k1").open(HERE, &sealed.bytes, "k1").unwrap_err(), SealingError::Refused);
        assert_eq!(ours.open(HERE, &sealed.bytes, "k0").unwrap_err(), SealingError::OtherKey("k0".to_owned()));
    }

    fn with_earlier(earlier: &str) -> Result<Sealer, SealingError> {
        let (sealing_key, earlier) = (SecretString::from("5".repeat(64)), SecretString::from(earlier));
        Sealer::from_settings(&Secrets { sealing_key, sealing_key_id: "k2".to_owned(), previous_sealing_keys: earlier })
    }

    #[test]
    fn an_earlier_key_opens_what_it_sealed_and_seals_nothing() {
        let old = sealer('4', "k1").seal(HERE, &SecretString::from("s3cret")).unwrap();
        let now = with_earlier(&format!(" k0={}, k1 = {} ,", "3".repeat(64), "4".repeat(64))).unwrap();
        assert_eq!(now.open(HERE, &old.bytes, "k1").unwrap().expose_secret(), "s3cret");
        assert_eq!(now.open(HERE, &old.bytes, "k0").unwrap_err(), SealingError::Refused);
        assert_eq!(now.seal(HERE, &SecretString::from("s3cret")).unwrap().key_id, "k2");
    }

    #[test]
    fn earlier_keys_that_are_none_or_share_a_name_are_refused() {
        let key = "4".repeat(64);
        for wrong in [key.clone(), "k1=44".to_owned(), format!("={key}"), format!("k2={key}"), format!("k1={key},k1={key}")] {
            assert_eq!(with_earlier(&wrong).err(), Some(SealingError::EarlierKeys), "{wrong}");
        }
    }

    #[test]
    fn a_key_that_is_none_is_refused() {
        for key in ["", "44", &"g".repeat(64), &"é".repeat(32)] {
            let secrets = Secrets { sealing_key: SecretString::from(key), ..Secrets::default() };
            assert_eq!(Sealer::from_settings(&secrets).err(), Some(SealingError::Key));
        }
    }
}
