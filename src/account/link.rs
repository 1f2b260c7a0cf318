//! Tokens of links: 256 random bits, of which only the hash is stored.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretString};

use crate::clock;
use crate::problem::Problem;

/// A new token and its hash.
#[derive(Debug)]
pub struct LinkToken {
    pub secret: SecretString,
    pub hash: String,
}

impl LinkToken {
    /// A new one.
    ///
    /// # Errors
    /// When the machine gives no randomness.
    pub fn fresh() -> Result<Self, Problem> {
        let bytes = clock::random::<32>().map_err(|_| Problem::internal())?;
        let secret = SecretString::from(URL_SAFE_NO_PAD.encode(bytes));
        let hash = hash(secret.expose_secret());
        Ok(Self { secret, hash })
    }
}

/// What is stored of a token. `None` for what cannot be one.
#[must_use]
pub fn hash_of(token: &str) -> Option<String> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (token.len() == 43 && token.bytes().all(plain)).then(|| hash(token))
}

/// SHA-256 as 64 hexadecimal digits.
#[must_use]
pub fn hash(text: &str) -> String {
    hexadecimal(digest::digest(&digest::SHA256, text.as_bytes()).as_ref())
}

/// Bytes as hexadecimal digits.
#[must_use]
pub fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_found_by_its_hash_and_never_repeats() {
        let tokens: Vec<LinkToken> = (0..1000).map(|_| LinkToken::fresh().unwrap()).collect();
        assert_eq!(hash_of(tokens[0].secret.expose_secret()).as_ref(), Some(&tokens[0].hash));
        let different: std::collections::HashSet<&String> = tokens.iter().map(|token| &token.hash).collect();
        assert_eq!(different.len(), 1000);
        assert_eq!(hash_of("short"), None);
        assert_eq!(hash_of(&"'".repeat(43)), None);
    }
}
