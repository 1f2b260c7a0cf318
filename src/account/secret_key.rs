//! The API secret key: what a Salesforce admin enters in the package, so that the org may register its certificate.
//! It is made here, shown once, and kept as a hash.

use aws_lc_rs::constant_time;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use super::answer::Answer;
use super::database;
use super::link::{LinkToken, hash};
use super::signed_in::Admin;
use crate::clock;
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::audit::Deed;
use crate::store::secret_keys::SecretKey;

/// What every key begins with, so that a person (or a scanner of leaked secrets) sees what it is.
const PREFIX: &str = "msk_";
/// Letters of what follows.
const LENGTH: usize = 43;

/// `GET /v1/connections/salesforce/secret-key`
pub(super) async fn show(admin: Admin) -> Result<Answer<Value>, Problem> {
    let key = database::answer(admin.tenant.secret_key()).await?;
    Ok(Answer::fleeting(key.map_or_else(|| json!({"state": "none", "last4": null, "made_at": null, "made_by": null}), |key| view(&key))))
}

fn view(key: &SecretKey) -> Value {
    json!({"state": "made", "last4": key.last4, "made_at": key.made_at, "made_by": key.made_by})
}

/// `POST /v1/connections/salesforce/secret-key`: a new key, which this answer alone shows. It ends the earlier one.
pub(super) async fn make(admin: Admin) -> Result<Answer<Value>, Problem> {
    let (secret, key) = issued(&admin.tenant, |what, target| admin.actor.deed(what, target)).await?;
    let mut shown = view(&key);
    if let Some(shown) = shown.as_object_mut() {
        shown.insert("secret_key".to_owned(), json!(secret.expose_secret()));
    }
    Ok(Answer::fleeting(shown).created())
}

/// A new key for an account, made by an operator. It ends the earlier one.
///
/// # Errors
/// When the machine gives no randomness or the database does not answer.
pub async fn issue(tenant: &Tenant) -> Result<SecretString, Problem> {
    let deed = |what, target| Deed {
        id: clock::new_id(),
        at: clock::now_ms(),
        who: "operator".to_owned(),
        what,
        target,
        source: None,
        request_id: None,
    };
    issued(tenant, deed).await.map(|(secret, _)| secret)
}

async fn issued(tenant: &Tenant, deed: impl FnOnce(&'static str, String) -> Deed) -> Result<(SecretString, SecretKey), Problem> {
    let random = LinkToken::fresh()?.secret;
    let last4: String = random.expose_secret().chars().skip(LENGTH - 4).collect();
    let secret = SecretString::from(format!("{PREFIX}{}", random.expose_secret()));
    let earlier = database::answer(tenant.secret_key()).await?;
    let deed = deed(if earlier.is_some() { "secret_key.rotated" } else { "secret_key.made" }, last4.clone());
    let key = SecretKey { key_hash: hash(secret.expose_secret()), last4, made_at: deed.at, made_by: deed.who.clone() };
    database::answer(tenant.put_secret_key(&key, &deed)).await?;
    Ok((secret, key))
}

/// Whether this is the account's present key. Takes as long for a wrong key as for an absent one.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn fits(tenant: &Tenant, given: &SecretString) -> Result<bool, Problem> {
    let key = database::answer(tenant.secret_key()).await?;
    let expected = key.as_ref().map_or_else(|| hash(""), |key| key.key_hash.clone());
    let same = constant_time::verify_slices_are_equal(expected.as_bytes(), hash(given.expose_secret()).as_bytes()).is_ok();
    Ok(same && key.is_some())
}
