//! Tokens that the face issues and checks itself (HS256): the session token of a panel, the access token of
//! the JWT door. Short-lived, named by use, never in a cookie or URL.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use crate::clock;
use crate::problem::Problem;

const ISSUER: &str = "msi-gateway";
/// Fewest bytes of a signing key.
pub const SHORTEST_KEY: usize = 32;
/// Longest token that is looked at, in bytes.
const LONGEST: usize = 2_048;

/// What a token is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Use {
    /// A panel's fragments, bound to one record; names a session that can be ended.
    #[serde(rename = "msi-panel")]
    Panel,
    /// The API, for an org's own code.
    #[serde(rename = "msi-api")]
    Api,
}

/// The claims of our own tokens. Short names: a token travels with every request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Claims {
    pub iss: String,
    pub aud: Use,
    pub exp: i64,
    pub iat: i64,
    /// Session id (panel) or token id (API).
    pub jti: String,
    /// Account.
    pub acc: String,
    /// Org, 18 characters.
    pub org: String,
    /// Salesforce user, 18 characters.
    pub sub: String,
    /// Record of the panel, 18 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rec: Option<String>,
    /// Object of the record.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub obj: Option<String>,
    /// Language of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lng: Option<String>,
    /// Time zone of the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tz: Option<String>,
    /// Actions that the org's admin switched off, with commas between them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub off: Option<String>,
}

/// Issues and checks tokens.
pub struct Tokens {
    encoding: EncodingKey,
    decoding: DecodingKey,
    header: Header,
    /// Our header as it stands in every token of ours; anything else was not issued here.
    prefix: String,
    validation: Validation,
}

/// The configured key can't be used.
#[derive(Debug, thiserror::Error)]
#[error("{0} needs at least {SHORTEST_KEY} characters")]
pub struct KeyTooShort(pub &'static str);

impl Tokens {
    /// With the key that all gateway processes share.
    ///
    /// # Errors
    /// When the key is too short.
    pub fn new(key: &SecretString) -> Result<Self, KeyTooShort> {
        let key = key.expose_secret().as_bytes();
        if key.len() < SHORTEST_KEY {
            return Err(KeyTooShort("gateway.token_key"));
        }
        let encoding = EncodingKey::from_secret(key);
        let header = Header::new(Algorithm::HS256);
        let prefix = jsonwebtoken::encode(&header, &(), &encoding)
            .ok()
            .and_then(|token| token.split_once('.').map(|(first, _)| format!("{first}.")));
        let mut validation = Validation::new(Algorithm::HS256);
        // Expiry is checked below, by the house's own clock.
        validation.validate_exp = false;
        // The two audiences are told apart by `Use`, which knows no third.
        validation.validate_aud = false;
        validation.set_issuer(&[ISSUER]);
        validation.set_required_spec_claims(&["exp", "iss", "aud", "sub"]);
        Ok(Self { encoding, decoding: DecodingKey::from_secret(key), header, prefix: prefix.unwrap_or_default(), validation })
    }

    /// Signs claims; `iss` is set here.
    ///
    /// # Errors
    /// Never for claims of this type in practice; an encoder failure is our fault.
    pub fn issue(&self, claims: &Claims) -> Result<String, Problem> {
        jsonwebtoken::encode(&self.header, claims, &self.encoding).map_err(|_| Problem::internal())
    }

    /// Checks a token of ours and hands out its claims.
    ///
    /// # Errors
    /// `token.expired` for a token that was good once, `token.invalid` for everything else.
    pub fn check(&self, token: &str) -> Result<Claims, Problem> {
        if token.len() > LONGEST || !token.starts_with(&self.prefix) {
            return Err(invalid());
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.decoding, &self.validation).map_err(|_| invalid())?.claims;
        if claims.exp <= clock::now_s() {
            return Err(Problem::unauthorized("token.expired", "The token has expired. Reload the panel, or ask for a new token."));
        }
        Ok(claims)
    }

    /// The issuer that every token names.
    #[must_use]
    pub const fn issuer() -> &'static str {
        ISSUER
    }
}

/// One answer to every wrong token.
#[must_use]
pub fn invalid() -> Problem {
    Problem::unauthorized("token.invalid", "The token was not accepted. Reload the panel, or ask for a new token.")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tokens() -> Tokens {
        Tokens::new(&SecretString::from("k".repeat(32))).unwrap()
    }

    fn claims(exp: i64) -> Claims {
        let text = str::to_owned;
        Claims {
            iss: text(ISSUER),
            aud: Use::Panel,
            exp,
            iat: 0,
            jti: text("s"),
            acc: text("a"),
            org: text("o"),
            sub: text("u"),
            rec: None,
            obj: None,
            lng: None,
            tz: None,
            off: None,
        }
    }

    #[test]
    fn what_was_issued_is_accepted_until_it_expires() {
        let now = crate::clock::now_s();
        let token = tokens().issue(&claims(now + 60)).unwrap();
        assert_eq!(tokens().check(&token).unwrap(), claims(now + 60));
        let expired = tokens().issue(&claims(now - 1)).unwrap();
        assert_eq!(tokens().check(&expired).unwrap_err().code, "token.expired");
    }

    #[test]
    fn only_our_own_header_and_no_more_than_two_thousand_letters_are_looked_at() {
        assert_eq!(Tokens::issuer(), "msi-gateway");
        let (now, key) = (crate::clock::now_s(), EncodingKey::from_secret("k".repeat(32).as_bytes()));
        let of_length = |length: usize| {
            let with = |language: usize| {
                let mut long = claims(now + 60);
                (long.rec, long.lng) = (Some("r".to_owned()), Some("x".repeat(language)));
                tokens().issue(&long).unwrap()
            };
            (0..2_000).map(with).find(|token| token.len() >= length).unwrap()
        };
        let (fits, exceeds) = (of_length(2_048), of_length(2_050));
        assert_eq!(fits.len(), 2_048);
        assert!(tokens().check(&fits).is_ok());
        assert_eq!(tokens().check(&exceeds).unwrap_err().code, "token.invalid");
        // Signed with our key, by somebody who writes headers in another way.
        for kind in [None, Some("jwt"), Some("JWT+x")] {
            let mut header = Header::new(Algorithm::HS256);
            header.typ = kind.map(str::to_owned);
            let token = jsonwebtoken::encode(&header, &claims(now + 60), &key).unwrap();
            assert_eq!(tokens().check(&token).unwrap_err().code, "token.invalid", "{kind:?}");
        }
    }

    #[test]
    fn a_token_with_another_header_key_or_shape_is_invalid() {
        let good = tokens().issue(&claims(crate::clock::now_s() + 60)).unwrap();
        let (head, signature) = good.rsplit_once('.').unwrap();
        let other = Tokens::new(&SecretString::from("x".repeat(32))).unwrap().issue(&claims(crate::clock::now_s() + 60)).unwrap();
        let none = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
        for token in [
            &other,
            &none,
            head,
            "",
            "a.b.c",
            &format!("{head}."),
            &format!("{good}="),
            &format!(" {good}"),
            &format!("{good}.x"),
            &format!("{head}.{}A", &signature[..signature.len() - 1]),
        ] {
            if *token == good {
                continue;
            }
            assert_eq!(tokens().check(token).unwrap_err().code, "token.invalid", "{token}");
        }
        assert!(Tokens::new(&SecretString::from("short")).is_err());
    }
}
