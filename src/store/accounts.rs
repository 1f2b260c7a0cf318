//! What an account says about itself, and whether its sync may run.

use super::audit::{Deed, hold_account, note};
use super::{Store, StoreError, Tenant, commit, on};

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Account {
    pub id: String,
    pub name: String,
    pub status: String,
    pub munchkin_id: Option<String>,
    pub language: String,
    pub time_zone: String,
    /// `salesforce_only` or `all`.
    pub login_method: String,
    pub original_member_id: Option<String>,
    /// `idle` until the sync is started, then `running` or `paused`.
    pub sync_state: String,
}

/// A run of the sync.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SyncRun {
    pub id: String,
    pub started_at: i64,
    pub started_by: String,
    pub ended_at: Option<i64>,
    /// `running`, `done` or `failed`.
    pub state: String,
    /// JSON with figures.
    pub detail: Option<String>,
}

/// What is changed about an account; `None` leaves it.
#[derive(Debug, Clone, Default)]
pub struct AccountChange {
    pub name: Option<String>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
    pub login_method: Option<String>,
}

macro_rules! columns {
    ($after:literal) => {
        concat!(
            "select id, name, status, munchkin_id, language, time_zone, login_method, original_member_id, sync_state from accounts ",
            $after
        )
    };
}

impl Store {
    /// The account of a Marketo instance.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn account_by_munchkin(&self, munchkin_id: &str) -> Result<Option<Account>, StoreError> {
        let text = columns!("where munchkin_id = $1");
        Ok(on!(self, pool => sqlx::query_as(text).bind(munchkin_id).fetch_optional(pool).await)?)
    }

    /// The account without a Munchkin ID that is connected to this address.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn account_by_endpoint(&self, kind: &str, endpoint: &str) -> Result<Option<Account>, StoreError> {
        let text =
            columns!("where munchkin_id is null and id = (select account_id from connections where kind = $1 and endpoint = $2 limit 1)");
        Ok(on!(self, pool => sqlx::query_as(text).bind(kind).bind(endpoint).fetch_optional(pool).await)?)
    }

    /// All accounts, the oldest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn accounts(&self) -> Result<Vec<Account>, StoreError> {
        let text = columns!("order by created_at, id");
        Ok(on!(self, pool => sqlx::query_as(text).fetch_all(pool).await)?)
    }

    /// Creates the account of a Marketo instance, unless it exists; its sync waits to be started.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn enter_account(&self, id: &str, name: &str, munchkin_id: &str, now_ms: i64) -> Result<(), StoreError> {
        let text = "insert into accounts (id, name, status, created_at, munchkin_id, sync_state) values ($1, $2, 'active', $3, $4, 'idle') \
                    on conflict do nothing";
        commit!(self, transaction => {
            sqlx::query(text).bind(id).bind(name).bind(now_ms).bind(munchkin_id).execute(&mut *transaction).await?;
        });
        Ok(())
    }
}

impl Tenant {
    /// The account itself.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn account(&self) -> Result<Option<Account>, StoreError> {
        let text = columns!("where id = $1");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_optional(pool).await)?)
    }

    /// Notes which Marketo instance the account belongs to; `false` when another account has it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_munchkin(&self, munchkin_id: &str) -> Result<bool, StoreError> {
        let text = "update accounts set munchkin_id = $2 where id = $1 \
                    and not exists (select 1 from accounts o where o.munchkin_id = $2 and o.id <> $1)";
        let touched = commit!(&self.store, transaction => sqlx::query(text)
            .bind(&self.account_id)
            .bind(munchkin_id)
            .execute(&mut *transaction)
            .await?
            .rows_affected());
        Ok(touched == 1)
    }

    /// Changes what the account says about itself.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn change_account(&self, change: &AccountChange, deed: &Deed) -> Result<(), StoreError> {
        let text = "update accounts set name = coalesce($2, name), language = coalesce($3, language), \
                    time_zone = coalesce($4, time_zone), login_method = coalesce($5, login_method) where id = $1";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(&change.name)
                .bind(&change.language)
                .bind(&change.time_zone)
                .bind(&change.login_method)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }

    /// Whether the sync may run: `idle`, `running` or `paused`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sync_state(&self) -> Result<String, StoreError> {
        let text = "select sync_state from accounts where id = $1";
        let state: Option<String> = on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).fetch_optional(pool).await)?;
        Ok(state.unwrap_or_else(|| "idle".to_owned()))
    }

    /// Starts the sync: from idle, or anew after a run that is over. `false` when it runs or is paused.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn start_sync(&self, run_id: &str, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let state: Option<String> = sqlx::query_scalar("select sync_state from accounts where id = $1")
                .bind(&self.account_id)
                .fetch_optional(&mut *transaction)
                .await?;
            let over: i64 = sqlx::query_scalar("select count(*) from sync_jobs where account_id = $1 and job = 'field_sync' and state = 'done'")
                .bind(&self.account_id)
                .fetch_one(&mut *transaction)
                .await?;
            if state.as_deref() != Some("idle") && over == 0 {
                return Ok(false);
            }
            sqlx::query("update accounts set sync_state = 'running' where id = $1").bind(&self.account_id).execute(&mut *transaction).await?;
            // A run that is over begins from the start; the others go on from where they are.
            sqlx::query("update sync_jobs set state = 'waiting', checkpoint = null, progress = null, problem = null, next_run_at = 0 \
                where account_id = $1 and job = 'field_sync' and state = 'done'")
                .bind(&self.account_id)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("insert into sync_runs (id, account_id, started_at, started_by, state) values ($1, $2, $3, $4, 'running')")
                .bind(run_id)
                .bind(&self.account_id)
                .bind(deed.at)
                .bind(&deed.who)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
            true
        }))
    }

    /// Pauses the sync or lets it go on; `false` when there is nothing to pause or resume.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn switch_sync(&self, from: &str, to: &str, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let touched = sqlx::query("update accounts set sync_state = $3 where id = $1 and sync_state = $2")
                .bind(&self.account_id)
                .bind(from)
                .bind(to)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 0 {
                return Ok(false);
            }
            note!(transaction, &self.account_id, deed);
            true
        }))
    }

    /// Closes the run that is under way.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_sync_run(&self, state: &str, detail: Option<&str>, now_ms: i64) -> Result<(), StoreError> {
        commit!(&self.store, transaction => {
            sqlx::query("update sync_runs set state = $2, detail = $3, ended_at = $4 where account_id = $1 and state = 'running'")
                .bind(&self.account_id)
                .bind(state)
                .bind(detail)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Runs of the sync, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sync_runs(&self, before: Option<(i64, &str)>, limit: i64) -> Result<Vec<SyncRun>, StoreError> {
        let text = "select id, started_at, started_by, ended_at, state, detail from sync_runs where account_id = $1 \
                    and (started_at < $2 or (started_at = $2 and id < $3)) order by started_at desc, id desc limit $4";
        let (at, id) = before.unwrap_or((i64::MAX, ""));
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(at).bind(id).bind(limit).fetch_all(pool).await)?)
    }
}
