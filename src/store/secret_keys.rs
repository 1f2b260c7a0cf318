//! The API secret key of an account, and the registrations of certificates that were made with it.

use super::audit::{Deed, note};
use super::orgs::OrgCertificate;
use super::{StoreError, Tenant, commit, on};

/// What is kept of a key.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SecretKey {
    /// SHA-256, hexadecimal.
    pub key_hash: String,
    pub last4: String,
    pub made_at: i64,
    /// Address of whoever made it.
    pub made_by: String,
}

/// A certificate as the settings page lists it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ListedCertificate {
    pub id: String,
    pub org_id: String,
    pub name: String,
    pub fingerprint: String,
    pub not_before: i64,
    pub not_after: i64,
    pub created_at: i64,
    pub revoked_at: Option<i64>,
    /// Salesforce user who registered it; absent when an operator did.
    pub registered_by: Option<String>,
}

/// Who registers, by which assertion.
#[derive(Debug, Clone, Copy)]
pub struct Registrar<'a> {
    /// Salesforce user, 18 characters.
    pub user_id: &'a str,
    /// The assertion's own id.
    pub jti: &'a str,
}

/// What became of a registration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Registered {
    /// The certificate is registered: now, or it was before.
    Done,
    /// The assertion was used before.
    Used,
    /// The certificate was revoked for this org.
    Revoked,
}

impl Tenant {
    /// The key, if one was made.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn secret_key(&self) -> Result<Option<SecretKey>, StoreError> {
        let text = "select key_hash, last4, made_at, made_by from secret_keys where account_id = $1";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_optional(pool).await)?)
    }

    /// Stores a new key; the earlier one is worth nothing from then on.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_secret_key(&self, key: &SecretKey, deed: &Deed) -> Result<(), StoreError> {
        let text = "insert into secret_keys (account_id, key_hash, last4, made_at, made_by) values ($1, $2, $3, $4, $5) \
                    on conflict (account_id) do update set key_hash = excluded.key_hash, last4 = excluded.last4, \
                    made_at = excluded.made_at, made_by = excluded.made_by";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(&key.key_hash)
                .bind(&key.last4)
                .bind(key.made_at)
                .bind(&key.made_by)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }

    /// Registers a certificate for an org of this account, and uses the assertion up that came with it. The same
    /// certificate again changes nothing.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the org is not this account's; otherwise when the database refuses.
    pub async fn register_certificate(&self, new: &OrgCertificate, by: Registrar<'_>, deed: &Deed) -> Result<Registered, StoreError> {
        let used = "insert into certificate_registrations (org_id, jti, account_id, certificate_id, user_id, at) \
                    values ($1, $2, $3, $4, $5, $6) on conflict (org_id, jti) do nothing";
        let text = "insert into org_certificates (id, account_id, org_id, name, public_key_pem, fingerprint, not_before, not_after, \
                    created_at, registered_by) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (org_id, fingerprint) do nothing";
        let ours = "select cast(1 as bigint) from orgs where org_id = $1 and account_id = $2";
        let known = "select revoked_at from org_certificates where org_id = $1 and fingerprint = $2 and account_id = $3";
        Ok(commit!(&self.store, transaction => {
            let found: Option<i64> =
                sqlx::query_scalar(ours).bind(&new.org_id).bind(&self.account_id).fetch_optional(&mut *transaction).await?;
            if found.is_none() {
                return Err(StoreError::Taken);
            }
            let fresh = sqlx::query(used)
                .bind(&new.org_id)
                .bind(by.jti)
                .bind(&self.account_id)
                .bind(&new.id)
                .bind(by.user_id)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if fresh == 0 {
                Registered::Used
            } else {
                let written = sqlx::query(text)
                    .bind(&new.id)
                    .bind(&self.account_id)
                    .bind(&new.org_id)
                    .bind(&new.name)
                    .bind(&new.public_key_pem)
                    .bind(&new.fingerprint)
                    .bind(new.not_before)
                    .bind(new.not_after)
                    .bind(deed.at)
                    .bind(by.user_id)
                    .execute(&mut *transaction)
                    .await?
                    .rows_affected();
                let revoked: Option<Option<i64>> = sqlx::query_scalar(known)
                    .bind(&new.org_id)
                    .bind(&new.fingerprint)
                    .bind(&self.account_id)
                    .fetch_optional(&mut *transaction)
                    .await?;
                if written == 1 {
                    note!(transaction, &self.account_id, deed);
                }
                if revoked.flatten().is_some() { Registered::Revoked } else { Registered::Done }
            }
        }))
    }

    /// All certificates of the account's orgs, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn listed_certificates(&self) -> Result<Vec<ListedCertificate>, StoreError> {
        let text = "select id, org_id, name, fingerprint, not_before, not_after, created_at, revoked_at, registered_by \
                    from org_certificates where account_id = $1 order by created_at desc, id desc limit 200";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_all(pool).await)?)
    }

    /// Revokes a certificate. `false` when there is no such one, or it was revoked before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revoke_certificate(&self, id: &str, deed: &Deed) -> Result<bool, StoreError> {
        let text = "update org_certificates set revoked_at = $3 where account_id = $1 and id = $2 and revoked_at is null";
        Ok(commit!(&self.store, transaction => {
            let touched =
                sqlx::query(text).bind(&self.account_id).bind(id).bind(deed.at).execute(&mut *transaction).await?.rows_affected();
            if touched == 1 {
                note!(transaction, &self.account_id, deed);
            }
            touched == 1
        }))
    }
}
