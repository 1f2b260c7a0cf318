//! Accounts, the Salesforce orgs that belong to them, the orgs' certificates, and connections to other systems.

use super::{Store, StoreError, Tenant, commit, on};

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
        commit!(self, transaction => {
            sqlx::query("insert into accounts (id, name, status, created_at) values ($1, $2, 'active', $3) on conflict (id) do nothing")
                .bind(id)
                .bind(name)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Ids of all active accounts, for the reconcilers.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn active_accounts(&self) -> Result<Vec<String>, StoreError> {
        let text = "select id from accounts where status = 'active' order by id";
        Ok(on!(self, pool => sqlx::query_scalar(text).fetch_all(pool).await)?)
    }

    /// The org with this 18-character id, whichever account it belongs to: the way from a verified
    /// Salesforce org to its account. An org of an account that isn't active isn't either.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn org(&self, org_id: &str) -> Result<Option<Org>, StoreError> {
        let text = "select o.org_id, o.account_id, o.name, o.instance_url, o.frame_ancestors, o.is_sandbox, \
                    case when a.status = 'active' then o.status else 'suspended' end as status \
                    from orgs o join accounts a on a.id = o.account_id where o.org_id = $1";
        Ok(on!(self, pool => sqlx::query_as(text).bind(org_id).fetch_optional(pool).await)?)
    }
}

impl Tenant {
    /// Registers or updates an org of this account.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when the org belongs to another account.
    pub async fn put_org(&self, org: &Org, now_ms: i64) -> Result<(), StoreError> {
        let text = "insert into orgs (org_id, account_id, name, instance_url, frame_ancestors, is_sandbox, status, created_at) \
                    values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (org_id) do update set name = excluded.name, \
                    instance_url = excluded.instance_url, frame_ancestors = excluded.frame_ancestors, \
                    is_sandbox = excluded.is_sandbox, status = excluded.status where orgs.account_id = excluded.account_id";
        let written = commit!(&self.store, transaction => sqlx::query(text)
            .bind(&org.org_id)
            .bind(&self.account_id)
            .bind(&org.name)
            .bind(&org.instance_url)
            .bind(&org.frame_ancestors)
            .bind(org.is_sandbox)
            .bind(&org.status)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected());
        if written == 1 { Ok(()) } else { Err(StoreError::Taken) }
    }

    /// The account's org, the oldest if there are several.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn first_org(&self) -> Result<Option<String>, StoreError> {
        let text = "select org_id from orgs where account_id = $1 order by created_at, org_id limit 1";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).fetch_optional(pool).await)?)
    }

    /// Registers a certificate; the same one again changes nothing.
    ///
    /// # Errors
    /// When the org is not this account's ([`StoreError::Taken`]) or the database refuses.
    pub async fn put_certificate(&self, certificate: &OrgCertificate, now_ms: i64) -> Result<(), StoreError> {
        let text = "insert into org_certificates \
                    (id, account_id, org_id, name, public_key_pem, fingerprint, not_before, not_after, created_at, revoked_at) \
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (org_id, fingerprint) do nothing";
        commit!(&self.store, transaction => {
            let ours: Option<i64> = sqlx::query_scalar("select cast(1 as bigint) from orgs where org_id = $1 and account_id = $2")
                .bind(&certificate.org_id)
                .bind(&self.account_id)
                .fetch_optional(&mut *transaction)
                .await?;
            if ours.is_none() {
                return Err(StoreError::Taken);
            }
            sqlx::query(text)
                .bind(&certificate.id)
                .bind(&self.account_id)
                .bind(&certificate.org_id)
                .bind(&certificate.name)
                .bind(&certificate.public_key_pem)
                .bind(&certificate.fingerprint)
                .bind(certificate.not_before)
                .bind(certificate.not_after)
                .bind(now_ms)
                .bind(certificate.revoked_at)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// An org's certificates that are not revoked, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn certificates(&self, org_id: &str) -> Result<Vec<OrgCertificate>, StoreError> {
        let text = "select id, org_id, name, public_key_pem, fingerprint, not_before, not_after, revoked_at \
                    from org_certificates where account_id = $1 and org_id = $2 and revoked_at is null order by not_before desc, id";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(org_id).fetch_all(pool).await)?)
    }

    /// Stores a connection, replacing the one of the same kind.
    ///
    /// # Errors
    /// [`StoreError::Taken`] when it names another account; otherwise when the database refuses.
    pub async fn put_connection(&self, connection: &Connection, now_ms: i64) -> Result<(), StoreError> {
        if connection.account_id != self.account_id {
            return Err(StoreError::Taken);
        }
        let text = "insert into connections (account_id, kind, endpoint, client_id, secret_sealed, sealing_key_id, state, \
                    state_reason, checked_at, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) \
                    on conflict (account_id, kind) do update set endpoint = excluded.endpoint, client_id = excluded.client_id, \
                    secret_sealed = excluded.secret_sealed, sealing_key_id = excluded.sealing_key_id, state = excluded.state, \
                    state_reason = excluded.state_reason, checked_at = excluded.checked_at";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(&connection.kind)
                .bind(&connection.endpoint)
                .bind(&connection.client_id)
                .bind(&connection.secret_sealed)
                .bind(&connection.sealing_key_id)
                .bind(&connection.state)
                .bind(&connection.state_reason)
                .bind(connection.checked_at)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// The connection of a kind.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn connection(&self, kind: &str) -> Result<Option<Connection>, StoreError> {
        let text = "select account_id, kind, endpoint, client_id, secret_sealed, sealing_key_id, state, state_reason, checked_at \
                    from connections where account_id = $1 and kind = $2";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(kind).fetch_optional(pool).await)?)
    }

    /// Notes how a connection stands.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_connection_state(&self, kind: &str, state: &str, reason: Option<&str>, now_ms: i64) -> Result<(), StoreError> {
        let text = "update connections set state = $3, state_reason = $4, checked_at = $5 where account_id = $1 and kind = $2";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(kind)
                .bind(state)
                .bind(reason)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }
}
