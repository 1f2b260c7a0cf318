//! Accounts, the Salesforce orgs that belong to them, the orgs' certificates, and connections to other systems.

use super::{Store, StoreError, Tenant};

/// A Salesforce org that belongs to an account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Org {
    /// 18 characters.
    pub org_id: String,
    pub account_id: String,
    pub name: String,
    /// `https://acme.my.salesforce.com`, without a slash at the end; with port and path only in demo and tests.
    pub instance_url: String,
    /// Origins that may frame the panel, space-separated, as they go into `frame-ancestors`.
    pub frame_ancestors: String,
    pub is_sandbox: bool,
    /// `active` or `suspended`.
    pub status: String,
}

/// A certificate whose key may sign JWTs for an org.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OrgCertificate {
    pub id: String,
    pub org_id: String,
    /// Name of the certificate in the org.
    pub name: String,
    /// SubjectPublicKeyInfo as PEM.
    pub public_key_pem: String,
    /// SHA-256 of the certificate, hexadecimal.
    pub fingerprint: String,
    pub not_before: i64,
    pub not_after: i64,
    pub revoked_at: Option<i64>,
}

/// A connection to Marketo (and later others), its secret sealed.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Connection {
    pub account_id: String,
    /// `marketo`.
    pub kind: String,
    /// Base address, such as `https://123-ABC-456.mktorest.com`.
    pub endpoint: String,
    pub client_id: String,
    pub secret_sealed: Vec<u8>,
    pub sealing_key_id: String,
    /// `connected` or `broken`.
    pub state: String,
    pub state_reason: Option<String>,
    pub checked_at: Option<i64>,
}

impl Store {
    /// Creates an account unless it exists.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create_account(&self, id: &str, name: &str, now_ms: i64) -> Result<(), StoreError> {
        let _ = (id, name, now_ms);
        Ok(())
    }

    /// Ids of all active accounts, for the reconcilers.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn active_accounts(&self) -> Result<Vec<String>, StoreError> {
        Ok(Vec::new())
    }

    /// The org with this 18-character id, whichever account it belongs to: the way from a verified
    /// Salesforce org to its account.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn org(&self, org_id: &str) -> Result<Option<Org>, StoreError> {
        let _ = org_id;
        Ok(None)
    }
}

impl Tenant {
    /// Registers or updates an org of this account.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the org belongs to another account.
    pub async fn put_org(&self, org: &Org, now_ms: i64) -> Result<(), StoreError> {
        let _ = (org, now_ms);
        Ok(())
    }

    /// Registers a certificate; the same one again changes nothing.
    ///
    /// # Errors
    /// When the org is not this account's ([`StoreError::Taken`]) or the database refuses.
    pub async fn put_certificate(&self, certificate: &OrgCertificate, now_ms: i64) -> Result<(), StoreError> {
        let _ = (certificate, now_ms);
        Ok(())
    }

    /// An org's certificates that are not revoked.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn certificates(&self, org_id: &str) -> Result<Vec<OrgCertificate>, StoreError> {
        let _ = org_id;
        Ok(Vec::new())
    }

    /// Stores a connection, replacing the one of the same kind.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_connection(&self, connection: &Connection, now_ms: i64) -> Result<(), StoreError> {
        let _ = (connection, now_ms);
        Ok(())
    }

    /// The connection of a kind.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn connection(&self, kind: &str) -> Result<Option<Connection>, StoreError> {
        let _ = kind;
        Ok(None)
    }

    /// Notes how a connection stands.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_connection_state(&self, kind: &str, state: &str, reason: Option<&str>, now_ms: i64) -> Result<(), StoreError> {
        let _ = (kind, state, reason, now_ms);
        Ok(())
    }
}
