//! An account's connection to Salesforce, its tokens sealed. A refresh token is worth exactly one refresh: who may use it
//! is decided by the row, over all processes, and the new pair is stored before anybody uses it.

use super::audit::{Deed, note};
use super::sync_state::now;
use super::{Store, StoreError, Tenant, commit, on};

/// The connection.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SalesforceConnection {
    pub account_id: String,
    /// `production` or `sandbox`.
    pub environment: String,
    pub login_url: String,
    pub org_id: String,
    pub instance_url: String,
    pub user_id: String,
    pub username: String,
    /// Space-separated.
    pub scopes: String,
    pub access_sealed: Vec<u8>,
    pub refresh_sealed: Vec<u8>,
    pub sealing_key_id: String,
    pub generation: i64,
    /// `connected` or `broken`.
    pub state: String,
    /// A stable word for what is wrong.
    pub problem: Option<String>,
    pub refresh_started_at: Option<i64>,
    pub refresh_after: i64,
    pub last_success_at: Option<i64>,
    pub connected_by: String,
    pub connected_at: i64,
    pub refreshed_at: i64,
    /// When the row was read, by the database's clock, by which refreshes begin and wait.
    pub read_at: i64,
}

macro_rules! columns {
    ($engine:ident, $after:literal) => {
        concat!(
            "select account_id, environment, login_url, org_id, instance_url, user_id, username, scopes, access_sealed, refresh_sealed, \
             sealing_key_id, generation, state, problem, refresh_started_at, refresh_after, last_success_at, connected_by, connected_at, \
             refreshed_at, ",
            now!($engine),
            " as read_at from salesforce_connections ",
            $after
        )
    };
}

impl SalesforceConnection {
    /// Whether its tokens are good for nothing. What was refused otherwise may be allowed by now.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        self.state != "connected" && self.problem.as_deref() == Some("reconnect_required")
    }
}

impl Tenant {
    /// The connection, if there is one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn salesforce(&self) -> Result<Option<SalesforceConnection>, StoreError> {
        let text = self.store.text(columns!(sqlite, "where account_id = $1"), columns!(postgres, "where account_id = $1"));
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_optional(pool).await)?)
    }

    /// Stores a new connection, in place of an earlier one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_salesforce(&self, row: &SalesforceConnection, deed: &Deed) -> Result<(), StoreError> {
        let text = "insert into salesforce_connections (account_id, environment, login_url, org_id, instance_url, user_id, username, \
                    scopes, access_sealed, refresh_sealed, sealing_key_id, generation, state, problem, refresh_started_at, refresh_after, \
                    last_success_at, connected_by, connected_at, refreshed_at) \
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1, 'connected', null, null, 0, $12, $13, $12, $12) \
                    on conflict (account_id) do update set environment = excluded.environment, login_url = excluded.login_url, \
                    org_id = excluded.org_id, instance_url = excluded.instance_url, user_id = excluded.user_id, \
                    username = excluded.username, scopes = excluded.scopes, access_sealed = excluded.access_sealed, \
                    refresh_sealed = excluded.refresh_sealed, sealing_key_id = excluded.sealing_key_id, \
                    generation = salesforce_connections.generation + 1, state = 'connected', problem = null, refresh_started_at = null, \
                    refresh_owner = null, refresh_after = 0, last_success_at = excluded.last_success_at, \
                    connected_by = excluded.connected_by, connected_at = excluded.connected_at, refreshed_at = excluded.refreshed_at";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(&row.environment)
                .bind(&row.login_url)
                .bind(&row.org_id)
                .bind(&row.instance_url)
                .bind(&row.user_id)
                .bind(&row.username)
                .bind(&row.scopes)
                .bind(&row.access_sealed)
                .bind(&row.refresh_sealed)
                .bind(&row.sealing_key_id)
                .bind(deed.at)
                .bind(&row.connected_by)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }

    /// Takes the right to refresh the pair of this generation at `now_ms`, by the database's clock. It is written down before anything is sent, so that a
    /// process that dies in between is noticed. `None` when somebody else refreshes, or has.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_refresh(&self, generation: i64, owner: &str, now_ms: i64) -> Result<bool, StoreError> {
        let text = "update salesforce_connections set refresh_started_at = $3, refresh_owner = $4 where account_id = $1 \
                    and generation = $2 and (state = 'connected' or problem <> 'reconnect_required') \
                    and refresh_started_at is null and refresh_after <= $3";
        let touched = commit!(&self.store, transaction => sqlx::query(text)
            .bind(&self.account_id)
            .bind(generation)
            .bind(now_ms)
            .bind(owner)
            .execute(&mut *transaction)
            .await?
            .rows_affected());
        Ok(touched == 1)
    }

    /// Stores the new pair. `false` when the connection was replaced or removed meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn finish_refresh(
        &self,
        generation: i64,
        owner: &str,
        access: &[u8],
        refresh: &[u8],
        sealing_key_id: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let text = "update salesforce_connections set access_sealed = $4, refresh_sealed = $5, sealing_key_id = $6, \
                    generation = generation + 1, refresh_started_at = null, refresh_owner = null, refresh_after = 0, \
                    refreshed_at = $7, last_success_at = $7 where account_id = $1 and generation = $2 and refresh_owner = $3";
        let touched = commit!(&self.store, transaction => sqlx::query(text)
            .bind(&self.account_id)
            .bind(generation)
            .bind(owner)
            .bind(access)
            .bind(refresh)
            .bind(sealing_key_id)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected());
        Ok(touched == 1)
    }

    /// Gives the right back without a new pair, not to be tried again before `after`; `broken` names what is wrong for good.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn abandon_refresh(&self, generation: i64, owner: &str, after: i64, broken: Option<&str>) -> Result<(), StoreError> {
        let text = "update salesforce_connections set refresh_started_at = null, refresh_owner = null, refresh_after = $4, \
                    state = case when $5 = '' then state else 'broken' end, problem = case when $5 = '' then problem else $5 end \
                    where account_id = $1 and generation = $2 and refresh_owner = $3";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(generation)
                .bind(owner)
                .bind(after)
                .bind(broken.unwrap_or_default())
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Notes a call that worked, or one whose refusal says that the connection does not (`broken`).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn note_salesforce(&self, problem: Option<&str>, now_ms: i64) -> Result<(), StoreError> {
        let text = "update salesforce_connections set state = case when $2 = '' then 'connected' else 'broken' end, \
                    problem = case when $2 = '' then null else $2 end, \
                    last_success_at = case when $2 = '' then $3 else last_success_at end where account_id = $1";
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(problem.unwrap_or_default()).bind(now_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// Forgets the connection and everything that was sealed for it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_salesforce(&self, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let gone = sqlx::query("delete from salesforce_connections where account_id = $1")
                .bind(&self.account_id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if gone > 0 {
                note!(transaction, &self.account_id, deed);
            }
            gone > 0
        }))
    }
}

impl Store {
    /// Marks connections whose refresh began before `before` and never ended: the answer with the new token was lost
    /// with the process that asked, and the old token must not be used again.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn break_lost_refreshes(&self, before: i64) -> Result<u64, StoreError> {
        let text = "update salesforce_connections set state = 'broken', problem = 'reconnect_required', refresh_started_at = null, \
                    refresh_owner = null where refresh_started_at < $1";
        Ok(commit!(self, transaction => sqlx::query(text).bind(before).execute(&mut *transaction).await?.rows_affected()))
    }

    /// Gives back the right to refresh where it was taken before `before` and nothing that can be used once was spent.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn release_lost_refreshes(&self, before: i64) -> Result<u64, StoreError> {
        let text = "update salesforce_connections set refresh_started_at = null, refresh_owner = null where refresh_started_at < $1";
        Ok(commit!(self, transaction => sqlx::query(text).bind(before).execute(&mut *transaction).await?.rows_affected()))
    }

    /// Accounts whose pair is older than `before`: an unused refresh token dies after thirty days.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn quiet_salesforce(&self, before: i64) -> Result<Vec<String>, StoreError> {
        let text = "select account_id from salesforce_connections where state = 'connected' and refreshed_at < $1 limit 20";
        Ok(on!(self, pool => sqlx::query_scalar(text).bind(before).fetch_all(pool).await)?)
    }
}
