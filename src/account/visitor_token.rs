//! The token with which the face signs each call: who comes, for which account, for how many seconds. Nothing else is believed.

use jsonwebtoken::{Algorithm, DecodingKey, Validation};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::network::network_of;
use super::request::RequestId;
use crate::clock;
use crate::salesforce_id::SalesforceId;

const FACE: &str = "msi-face";
const ACCOUNT: &str = "msi-account";
/// Seconds by which the clocks of face and account may differ.
const LEEWAY: i64 = 5;
/// No token may live longer than this many seconds.
const LONGEST_LIFE: i64 = 120;
/// Bytes; ours have about 500.
const LONGEST_TOKEN: usize = 4096;

/// The key of the tokens between the halves.
pub(super) struct VisitorKey {
    key: DecodingKey,
    validation: Validation,
}

/// `[account] key` is too short to be one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("[account] key must have at least 32 bytes")]
pub struct WeakKey;

impl VisitorKey {
    pub(super) fn new(key: &SecretString) -> Result<Self, WeakKey> {
        let key = key.expose_secret().as_bytes();
        if key.len() < 32 {
            return Err(WeakKey);
        }
        let mut validation = Validation::new(Algorithm::HS256);
        validation.set_required_spec_claims(&["iss", "aud", "exp"]);
        // Whose and for whom it is, and the times, are checked below: once, by types of our own and by the clock that tests can move.
        validation.validate_aud = false;
        validation.validate_exp = false;
        Ok(Self { key: DecodingKey::from_secret(key), validation })
    }

    /// Reads a token; `None` for every reason not to accept it.
    pub(super) fn read(&self, token: &str) -> Option<Signed> {
        if token.len() > LONGEST_TOKEN {
            return None;
        }
        let claims = jsonwebtoken::decode::<Claims>(token, &self.key, &self.validation).ok()?.claims;
        let ours = claims.iss == FACE && claims.aud == ACCOUNT;
        let fresh = fresh(claims.iat, claims.exp, clock::now_s());
        if !ours || !fresh {
            return None;
        }
        let source = claims.from.as_deref().and_then(network_of);
        let api = match claims.vis.via.as_deref() {
            None => false,
            Some("api") => true,
            Some(_) => return None,
        };
        Some(Signed { visitor: Visitor::try_from(claims.vis).ok()?, request_id: RequestId::parse(&claims.rid)?, source, api })
    }
}

// All in seconds since the epoch.
fn fresh(iat: i64, exp: i64, now: i64) -> bool {
    iat <= now.saturating_add(LEEWAY) && exp > now.saturating_sub(LEEWAY) && exp > iat && exp.saturating_sub(iat) <= LONGEST_LIFE
}

#[derive(Deserialize)]
struct Claims {
    // The library would also take a list in which ours is one of several.
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    rid: String,
    /// Network address of whoever the face serves; the audit log keeps the network.
    #[serde(default)]
    from: Option<String>,
    vis: VisitorClaim,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct VisitorClaim {
    kind: String,
    account: Option<String>,
    org: Option<String>,
    user: Option<String>,
    object: Option<String>,
    record: Option<String>,
    member: Option<String>,
    email: Option<String>,
    /// SHA-256 of a personal token.
    token: Option<String>,
    /// `api`: the call came in below `/api`, where only what is offered can be reached.
    via: Option<String>,
}

/// On whose behalf the face calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Visitor {
    /// The face itself.
    Face,
    /// A panel session, bound to one record.
    Rep { account: String, org: SalesforceId, user: SalesforceId, record: SalesforceId },
    /// A rep at the page of the global tab, where no record is open.
    Desk { account: String, org: SalesforceId, user: SalesforceId },
    /// The org's own code, by the org's signature, on behalf of a user of the org.
    Package { account: String, org: SalesforceId, user: SalesforceId },
    /// Somebody who administers the account.
    Admin { account: String },
    /// Somebody who signed in to the account.
    Member { account: String, member: String },
    /// Whoever holds a member's personal token, by its hash.
    Token { hash: String },
    /// Somebody who proved to be an admin of the account's Marketo instance.
    MarketoAdmin { account: String, email: String },
}

struct Incomplete;

impl TryFrom<VisitorClaim> for Visitor {
    type Error = Incomplete;

    fn try_from(claim: VisitorClaim) -> Result<Self, Incomplete> {
        let account = claim.account.filter(|account| !account.is_empty()).ok_or(Incomplete);
        let id = |text: Option<String>| SalesforceId::parse(&text.ok_or(Incomplete)?).map_err(|_| Incomplete);
        match claim.kind.as_str() {
            "face" => Ok(Self::Face),
            "rep" => {
                let record = id(claim.record)?;
                let fits = match claim.object.as_deref() {
                    Some("Lead") => record.is_a("00Q"),
                    Some("Contact") => record.is_a("003"),
                    Some("Account") => record.is_a("001"),
                    Some("Opportunity") => record.is_a("006"),
                    _ => false,
                };
                if !fits {
                    return Err(Incomplete);
                }
                Ok(Self::Rep { account: account?, org: id(claim.org)?, user: id(claim.user)?, record })
            }
            "desk" => Ok(Self::Desk { account: account?, org: id(claim.org)?, user: id(claim.user)? }),
            "package" => Ok(Self::Package { account: account?, org: id(claim.org)?, user: id(claim.user)? }),
            "admin" => Ok(Self::Admin { account: account? }),
            "token" => Ok(Self::Token { hash: claim.token.ok_or(Incomplete)? }),
            "member" => Ok(Self::Member { account: account?, member: claim.member.ok_or(Incomplete)? }),
            "marketo_admin" => Ok(Self::MarketoAdmin { account: account?, email: claim.email.ok_or(Incomplete)? }),
            _ => Err(Incomplete),
        }
    }
}

/// What a token that holds says.
pub(super) struct Signed {
    pub(super) visitor: Visitor,
    pub(super) request_id: RequestId,
    pub(super) source: Option<String>,
    /// The call came in below `/api`.
    pub(super) api: bool,
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header};
    use serde_json::{Value, json};

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef";
    const ORG: &str = "00D000000000001EAA";
    const USER: &str = "005000000000001AAA";

    fn sign(header: &Header, claims: &Value, key: &str) -> String {
        jsonwebtoken::encode(header, claims, &EncodingKey::from_secret(key.as_bytes())).unwrap()
    }

    fn claims(visitor: &Value) -> Value {
        let now = clock::now_s();
        json!({"iss": FACE, "aud": ACCOUNT, "iat": now, "exp": now + 30, "rid": "r-1", "from": "203.0.113.7", "vis": visitor})
    }

    fn read(claims: &Value) -> Option<Signed> {
        let key = VisitorKey::new(&SecretString::from(KEY)).unwrap();
        key.read(&sign(&Header::new(Algorithm::HS256), claims, KEY))
    }

    fn visitor(visitor: &Value) -> Option<Visitor> {
        read(&claims(visitor)).map(|signed| signed.visitor)
    }

    #[test]
    fn a_key_has_at_least_32_bytes() {
        assert!(VisitorKey::new(&SecretString::from("x".repeat(31))).is_err());
        assert!(VisitorKey::new(&SecretString::from("x".repeat(32))).is_ok());
    }

    #[test]
    fn only_the_faces_own_tokens_for_the_account_are_read() {
        let good = claims(&json!({"kind": "face"}));
        let signed = read(&good).unwrap();
        assert_eq!(
            (signed.visitor, signed.request_id.as_str(), signed.source.as_deref(), signed.api),
            (Visitor::Face, "r-1", Some("203.0.113.0/24"), false)
        );
        let key = VisitorKey::new(&SecretString::from(KEY)).unwrap();
        assert!(key.read(&sign(&Header::new(Algorithm::HS256), &good, &"x".repeat(32))).is_none());
        assert!(key.read(&sign(&Header::new(Algorithm::HS384), &good, KEY)).is_none());
        for (name, value) in [
            ("iss", json!("msi-gateway")),
            ("iss", json!([FACE])),
            ("iss", json!([FACE, "other"])),
            ("aud", json!("msi-panel")),
            ("aud", json!([ACCOUNT])),
            ("aud", json!(null)),
            ("rid", json!("")),
            ("rid", json!("a\nb")),
            ("rid", json!(null)),
            ("vis", json!(null)),
            ("exp", json!(null)),
            ("iat", json!(null)),
        ] {
            let mut bent = good.clone();
            bent[name] = value;
            assert!(read(&bent).is_none(), "{bent}");
        }
    }

    #[test]
    fn times_are_those_of_now_and_lives_are_short() {
        let now = 1_800_000_000;
        for (iat, exp, good) in [
            (now, now + 30, true),
            (now, now + LONGEST_LIFE, true),
            (now, now + LONGEST_LIFE + 1, false),
            (now + LEEWAY, now + 60, true),
            (now + LEEWAY + 1, now + 60, false),
            (now - 60, now - LEEWAY + 1, true),
            (now - 60, now - LEEWAY - 1, false),
            (now - 60, now - LEEWAY, false),
            (now, now, false),
            (now + 2, now + 1, false),
            (i64::MIN, now + 1, false),
            (now, i64::MAX, false),
        ] {
            assert_eq!(fresh(iat, exp, now), good, "{} {}", iat - now, exp - now);
        }
        for (iat, exp) in [(1, 31), (clock::now_s() + 3_600, clock::now_s() + 3_630)] {
            let mut bent = claims(&json!({"kind": "face"}));
            (bent["iat"], bent["exp"]) = (json!(iat), json!(exp));
            assert!(read(&bent).is_none(), "{bent}");
        }
    }

    #[test]
    fn a_token_of_any_length_is_not_looked_at() {
        let with = |length: usize| {
            let mut long = claims(&json!({"kind": "face"}));
            long["more"] = json!("x".repeat(length));
            sign(&Header::new(Algorithm::HS256), &long, KEY)
        };
        let key = VisitorKey::new(&SecretString::from(KEY)).unwrap();
        let room = (0..4_000).rev().find(|length| with(*length).len() <= LONGEST_TOKEN).unwrap();
        assert!(key.read(&with(room)).is_some());
        assert!(key.read(&with(room + 3)).is_none());
    }

    #[test]
    fn each_kind_says_all_that_it_has_to() {
        let (org, user) = (SalesforceId::parse(ORG).unwrap(), SalesforceId::parse(USER).unwrap());
        let account = || "a".to_owned();
        for (object, record) in [
            ("Lead", "00Q000000000001EAA"),
            ("Contact", "003000000000001AAA"),
            ("Account", "001000000000001AAA"),
            ("Opportunity", "006000000000001AAA"),
        ] {
            let rep = json!({"kind": "rep", "account": "a", "org": ORG, "user": USER, "object": object, "record": record});
            let record = SalesforceId::parse(record).unwrap();
            assert_eq!(visitor(&rep), Some(Visitor::Rep { account: account(), org: org.clone(), user: user.clone(), record }), "{object}");
            for other in ["Lead", "Contact", "Account", "Opportunity", "Task", ""].into_iter().filter(|other| *other != object) {
                let mut bent = rep.clone();
                bent["object"] = json!(other);
                assert_eq!(visitor(&bent), None, "{object} as {other}");
            }
        }
        let whole = json!({"account": "a", "org": ORG, "user": USER, "member": "m", "email": "e@x.example", "token": "h"});
        for (kind, needs, expected) in [
            ("face", &[][..], Visitor::Face),
            ("desk", &["account", "org", "user"], Visitor::Desk { account: account(), org: org.clone(), user: user.clone() }),
            ("package", &["account", "org", "user"], Visitor::Package { account: account(), org, user }),
            ("admin", &["account"], Visitor::Admin { account: account() }),
            ("token", &["token"], Visitor::Token { hash: "h".to_owned() }),
            ("member", &["account", "member"], Visitor::Member { account: account(), member: "m".to_owned() }),
            ("marketo_admin", &["account", "email"], Visitor::MarketoAdmin { account: account(), email: "e@x.example".to_owned() }),
        ] {
            let mut claim = whole.clone();
            claim["kind"] = json!(kind);
            assert_eq!(visitor(&claim), Some(expected), "{kind}");
            for need in needs {
                let mut bent = claim.clone();
                bent[need] = json!(null);
                assert_eq!(visitor(&bent), None, "{kind} without {need}");
                bent[need] = json!("");
                assert_eq!(visitor(&bent).is_none(), matches!(*need, "account" | "org" | "user"), "{kind} with an empty {need}");
            }
        }
        assert_eq!(visitor(&json!({"kind": "operator", "account": "a"})), None);
        assert_eq!(visitor(&json!({"kind": "face", "power": "all"})), None, "a word that nobody knows");
    }

    #[test]
    fn where_a_call_came_in_and_from_is_one_of_few_things() {
        let via = |via: Value| read(&claims(&json!({"kind": "face", "via": via}))).map(|signed| signed.api);
        assert_eq!((via(json!("api")), via(json!(null)), via(json!("page"))), (Some(true), Some(false), None));
        for from in [json!(null), json!(""), json!("somebody"), json!("x".repeat(70))] {
            let mut strange = claims(&json!({"kind": "face"}));
            strange["from"] = from;
            assert_eq!(read(&strange).unwrap().source, None, "{strange}");
        }
    }
}
