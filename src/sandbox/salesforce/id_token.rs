//! ID tokens: who signed in, in the platform's own words, signed with keys that have nothing to do with the org's certificates.

use std::fmt;

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::keys::OrgKey;
use super::session::Openid;
use crate::sandbox::World;
use crate::sandbox::clock::machine_ms;
use crate::sandbox::world::users::User;

/// Seconds that an ID token lives, as Salesforce has it by default.
const LIFE: i64 = 120;

/// What is wrong with ID tokens on purpose.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Bend {
    /// Replace the claims of the same names; `null` leaves one out.
    claims: Map<String, Value>,
    /// The same for the header.
    header: Map<String, Value>,
    /// Signed with a key that nobody published.
    other_key: bool,
    /// Sent instead of a token; empty: none is sent.
    raw: Option<String>,
}

/// The keys that sign ID tokens, and how tokens are bent.
#[derive(Default)]
pub struct Identities {
    /// The last one signs.
    keys: Vec<OrgKey>,
    made: u32,
    bend: Bend,
}

impl fmt::Debug for Identities {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Identities").field("keys", &self.keys).finish_non_exhaustive()
    }
}

impl Identities {
    /// The public keys.
    pub fn published(&mut self) -> Vec<Value> {
        self.signer();
        self.keys.iter().filter_map(OrgKey::jwk).collect()
    }

    /// A new key signs from now on; the earlier ones are published on, or not.
    pub fn rotate(&mut self, keep: bool) {
        if !keep {
            self.keys.clear();
        }
        self.add();
    }

    /// Bends all tokens from now on.
    pub fn bend(&mut self, bend: Bend) {
        self.bend = bend;
    }

    fn add(&mut self) {
        // The platform's own keys have short numbers for names.
        self.made += 1;
        self.keys.push(OrgKey::generate(&(230 + 2 * self.made).to_string()));
    }

    fn signer(&mut self) -> Option<&OrgKey> {
        if self.keys.is_empty() {
            self.add();
        }
        self.keys.last()
    }

    fn sign(&mut self, mut claims: Value) -> Option<String> {
        let kid = self.signer()?.name.clone();
        let mut header = json!({ "kid": kid, "typ": "JWT", "alg": "RS256" });
        if let Some(raw) = &self.bend.raw {
            return Some(raw.clone()).filter(|raw| !raw.is_empty());
        }
        for (object, changes) in [(&mut claims, &self.bend.claims), (&mut header, &self.bend.header)] {
            let object = object.as_object_mut()?;
            for (name, value) in changes {
                object.insert(name.clone(), value.clone());
            }
            object.retain(|_, value| !value.is_null());
        }
        if self.bend.other_key { OrgKey::generate("stranger").sign(&header, &claims) } else { self.signer()?.sign(&header, &claims) }
    }
}

/// The token for a user who just signed in; `None` only when it was bent away.
pub fn id_token(world: &World, user: User, openid: &Openid, access: &str) -> Option<String> {
    // Real time, for the checker has a clock of its own.
    let now = machine_ms().div_euclid(1000);
    let digest = digest::digest(&digest::SHA256, access.as_bytes());
    let half = digest.as_ref().get(..16)?;
    let base = world.instance_url();
    let claims = json!({
        "iss": base, "sub": format!("{base}/id/{}/{}", world.org_id(), user.id()), "aud": world.consumer_key(), "iat": now, "exp": now + LIFE,
        "nonce": openid.nonce, "at_hash": URL_SAFE_NO_PAD.encode(half),
    });
    world.salesforce.identities.with(|identities| identities.sign(claims))
}
