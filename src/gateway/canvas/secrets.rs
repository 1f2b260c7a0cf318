//! Consumer secrets: which are active, and for whom.

use aws_lc_rs::hmac;
use secrecy::{ExposeSecret, SecretString};

/// Shortest consumer secret with which a gateway starts; a shorter one can be guessed offline from one request.
pub const SHORTEST: usize = 32;

/// The active consumer secrets as ready HMAC keys. An entry `00D…=secret` is good for that org only, so that
/// an org which brings its own secret can't speak for another one.
#[derive(Clone)]
pub struct Secrets(Vec<Secret>);

#[derive(Clone)]
struct Secret {
    key: hmac::Key,
    org: Option<String>,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} consumer secrets", self.0.len())
    }
}

/// Why the configured secrets can't be used.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretsError {
    /// None is configured.
    #[error("canvas.consumer_secrets is empty: set MSI__CANVAS__CONSUMER_SECRETS to the consumer secret of the external client app")]
    None,
    /// One is too short to be a consumer secret.
    #[error("a secret in canvas.consumer_secrets has fewer than {SHORTEST} characters")]
    TooShort,
}

impl Secrets {
    /// Reads the comma-separated list. White space around an entry is a slip of the hand and is removed.
    ///
    /// # Errors
    /// When there is none, or (unless `short_allowed`, for the demo) one is too short.
    pub fn parse(list: &SecretString, short_allowed: bool) -> Result<Self, SecretsError> {
        let mut secrets = Vec::new();
        for entry in list.expose_secret().split(',').map(str::trim).filter(|entry| !entry.is_empty()) {
            let (org, secret) = match entry.split_once('=') {
                Some((org, secret)) if org.starts_with("00D") && matches!(org.len(), 15 | 18) => (Some(org.to_owned()), secret),
                _ => (None, entry),
            };
            if secret.is_empty() || (secret.len() < SHORTEST && !short_allowed) {
                return Err(SecretsError::TooShort);
            }
            secrets.push(Secret { key: hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes()), org });
        }
        if secrets.is_empty() { Err(SecretsError::None) } else { Ok(Self(secrets)) }
    }

    /// With one key of whatever length, for published vectors.
    #[cfg(test)]
    pub(in crate::gateway) fn of_key(key: hmac::Key) -> Self {
        Self(vec![Secret { key, org: None }])
    }

    /// The first active secret whose MAC over `message` is `tag`; compared in constant time.
    #[must_use]
    pub fn verify(&self, message: &[u8], tag: &[u8]) -> Option<Verified<'_>> {
        self.0.iter().find(|secret| hmac::verify(&secret.key, message, tag).is_ok()).map(|secret| Verified { org: secret.org.as_deref() })
    }
}

/// A signature that held, and the only org for which its secret may speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verified<'a> {
    org: Option<&'a str>,
}

impl Verified<'_> {
    /// Whether the secret may speak for this org (15 or 18 characters; the first 15 tell orgs apart).
    #[must_use]
    pub fn may_speak_for(&self, org_id: &str) -> bool {
        self.org.is_none_or(|bound| bound.get(..15) == org_id.get(..15))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn empty_and_short_secrets_are_refused() {
        assert_eq!(Secrets::parse(&SecretString::from(" , "), false).unwrap_err(), SecretsError::None);
        assert_eq!(Secrets::parse(&SecretString::from("short"), false).unwrap_err(), SecretsError::TooShort);
        assert!(Secrets::parse(&SecretString::from("short"), true).is_ok());
    }

    #[test]
    fn a_secret_bound_to_an_org_speaks_for_no_other() {
        let list = SecretString::from(format!("00D000000000001AAA={LONG}"));
        let secrets = Secrets::parse(&list, false).unwrap();
        let key = hmac::Key::new(hmac::HMAC_SHA256, LONG.as_bytes());
        let verified = secrets.verify(b"message", hmac::sign(&key, b"message").as_ref()).unwrap();
        assert!(verified.may_speak_for("00D000000000001"));
        assert!(!verified.may_speak_for("00D000000000002AAA"));
    }

    #[test]
    fn only_an_orgs_id_before_the_sign_binds_a_secret() {
        for entry in [format!("0123456789abcde={LONG}"), format!("00D={LONG}"), format!("00D000000000001A={LONG}"), format!("={LONG}")] {
            let secrets = Secrets::parse(&SecretString::from(entry.as_str()), false).unwrap();
            let key = hmac::Key::new(hmac::HMAC_SHA256, entry.as_bytes());
            let verified = secrets.verify(b"message", hmac::sign(&key, b"message").as_ref()).unwrap();
            assert!(verified.may_speak_for("00D000000000002AAA"), "the whole of {entry} is a secret");
        }
        for org in ["00D000000000001", "00D000000000001AAA"] {
            for (secret, short_allowed) in [("", true), ("", false), ("short", false)] {
                let list = SecretString::from(format!("{org}={secret}"));
                assert_eq!(Secrets::parse(&list, short_allowed).unwrap_err(), SecretsError::TooShort);
            }
            assert!(Secrets::parse(&SecretString::from(format!("{org}=short")), true).is_ok());
        }
        assert!(Secrets::parse(&SecretString::from(&LONG[1..]), false).is_err() && LONG.len() == SHORTEST);
    }

    #[test]
    fn printing_shows_no_secret() {
        let secrets = Secrets::parse(&SecretString::from(LONG), false).unwrap();
        assert_eq!(format!("{secrets:?}"), "1 consumer secrets");
    }
}
