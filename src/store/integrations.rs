//! The credentials of the custom service in Marketo that a Marketo admin entered with, and who owns the connection.

use super::audit::{Deed, hold_account, note};
use super::orgs::Connection;
use super::{StoreError, Tenant, commit, on};

/// Credentials, sealed, with the earlier ones while both may be used.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Integration {
    pub endpoint: String,
    pub client_id: String,
    pub secret_sealed: Vec<u8>,
    pub sealing_key_id: String,
    pub created_at: i64,
    pub rotated_at: Option<i64>,
    pub previous_client_id: Option<String>,
    pub previous_sealed: Option<Vec<u8>>,
    pub previous_key_id: Option<String>,
    pub overlap_until: Option<i64>,
}

/// What became of a change to the Marketo connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OwnerChange {
    Done,
    Absent,
    NotOwner,
    NotAnActiveAdmin,
}

impl Tenant {
    /// The credentials, if somebody has entered.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn integration(&self) -> Result<Option<Integration>, StoreError> {
        let text = "select endpoint, client_id, secret_sealed, sealing_key_id, created_at, rotated_at, previous_client_id, \
                    previous_sealed, previous_key_id, overlap_until from integrations where account_id = $1";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_optional(pool).await)?)
    }

    /// Stores credentials that are good. Others than before displace those, which stay until `overlap_until`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_integration(&self, new: &Integration, deed: &Deed) -> Result<(), StoreError> {
        let text = "insert into integrations (account_id, endpoint, client_id, secret_sealed, sealing_key_id, created_at) \
                    values ($1, $2, $3, $4, $5, $6) on conflict (account_id) do update set endpoint = excluded.endpoint, \
                    previous_client_id = integrations.client_id, previous_sealed = integrations.secret_sealed, \
                    previous_key_id = integrations.sealing_key_id, overlap_until = $7, rotated_at = $6, \
                    client_id = excluded.client_id, secret_sealed = excluded.secret_sealed, sealing_key_id = excluded.sealing_key_id";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(&new.endpoint)
                .bind(&new.client_id)
                .bind(&new.secret_sealed)
                .bind(&new.sealing_key_id)
                .bind(deed.at)
                .bind(new.overlap_until)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }

    /// Forgets the earlier credentials once their time is over.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_overlap(&self, now_ms: i64) -> Result<(), StoreError> {
        let text = "update integrations set previous_client_id = null, previous_sealed = null, previous_key_id = null, \
                    overlap_until = null where account_id = $1 and overlap_until <= $2";
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(now_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// Whose the Marketo connection is: member id and address.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn connection_owner(&self, kind: &str) -> Result<Option<(String, String)>, StoreError> {
        let text = "select owner_id, owner_email from connections where account_id = $1 and kind = $2 and owner_id is not null";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(kind).fetch_optional(pool).await)?)
    }

    /// Stores a connection whose owner is `owner`, unless it is somebody else's.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn own_connection(&self, row: &Connection, owner: (&str, &str), deed: &Deed) -> Result<OwnerChange, StoreError> {
        let text = "insert into connections (account_id, kind, endpoint, client_id, secret_sealed, sealing_key_id, state, \
                    state_reason, checked_at, created_at, owner_id, owner_email) values ($1, $2, $3, $4, $5, $6, $7, null, $8, $8, $9, $10) \
                    on conflict (account_id, kind) do update set endpoint = excluded.endpoint, client_id = excluded.client_id, \
                    secret_sealed = excluded.secret_sealed, sealing_key_id = excluded.sealing_key_id, state = excluded.state, \
                    state_reason = null, checked_at = excluded.checked_at, owner_id = excluded.owner_id, owner_email = excluded.owner_email \
                    where connections.owner_id is null or connections.owner_id = excluded.owner_id \
                    or not exists (select 1 from members m where m.id = connections.owner_id and m.account_id = excluded.account_id)";
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let touched = sqlx::query(text)
                .bind(&self.account_id)
                .bind(&row.kind)
                .bind(&row.endpoint)
                .bind(&row.client_id)
                .bind(&row.secret_sealed)
                .bind(&row.sealing_key_id)
                .bind(&row.state)
                .bind(deed.at)
                .bind(owner.0)
                .bind(owner.1)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 0 {
                return Ok(OwnerChange::NotOwner);
            }
            note!(transaction, &self.account_id, deed);
            OwnerChange::Done
        }))
    }

    /// Forgets a connection; only its owner may, or anybody when it has none that is still a member.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_connection(&self, kind: &str, member_id: &str, deed: &Deed) -> Result<OwnerChange, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let known: i64 = sqlx::query_scalar("select count(*) from connections where account_id = $1 and kind = $2")
                .bind(&self.account_id)
                .bind(kind)
                .fetch_one(&mut *transaction)
                .await?;
            if known == 0 {
                return Ok(OwnerChange::Absent);
            }
            let gone = sqlx::query("delete from connections where account_id = $1 and kind = $2 and (owner_id is null or owner_id = $3 \
                or not exists (select 1 from members m where m.id = connections.owner_id and m.account_id = connections.account_id))")
                .bind(&self.account_id)
                .bind(kind)
                .bind(member_id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if gone == 0 {
                return Ok(OwnerChange::NotOwner);
            }
            note!(transaction, &self.account_id, deed);
            OwnerChange::Done
        }))
    }

    /// Makes another active admin the connection's owner; only the owner may.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn hand_over_connection(&self, kind: &str, from: &str, to: &str, deed: &Deed) -> Result<OwnerChange, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let admin: Option<String> =
                sqlx::query_scalar("select email from members where account_id = $1 and id = $2 and role = 'admin' and state = 'active'")
                    .bind(&self.account_id)
                    .bind(to)
                    .fetch_optional(&mut *transaction)
                    .await?;
            let Some(email) = admin else { return Ok(OwnerChange::NotAnActiveAdmin) };
            let owner: Option<Option<String>> = sqlx::query_scalar("select owner_id from connections where account_id = $1 and kind = $2")
                .bind(&self.account_id)
                .bind(kind)
                .fetch_optional(&mut *transaction)
                .await?;
            match owner {
                None => return Ok(OwnerChange::Absent),
                Some(Some(owner)) if owner != from => return Ok(OwnerChange::NotOwner),
                Some(_) => {}
            }
            sqlx::query("update connections set owner_id = $3, owner_email = $4 where account_id = $1 and kind = $2")
                .bind(&self.account_id)
                .bind(kind)
                .bind(to)
                .bind(email)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
            OwnerChange::Done
        }))
    }
}
