//! Ways in that work once and shortly, stored as hashes.

use super::audit::{Deed, note};
use super::{Store, StoreError, Tenant, commit, on};

/// A way in.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Entrance {
    pub account_id: String,
    /// Absent for an operator's way into Actions Config.
    pub member_id: Option<String>,
    pub email: String,
}

impl Tenant {
    /// Makes a way in; old ones are forgotten.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add_entrance(&self, hash: &str, entrance: &Entrance, expires_at: i64, deed: &Deed) -> Result<(), StoreError> {
        let text =
            "insert into entrances (token_hash, account_id, member_id, email, created_at, expires_at) values ($1, $2, $3, $4, $5, $6)";
        commit!(&self.store, transaction => {
            sqlx::query("delete from entrances where expires_at < $1").bind(deed.at - 86_400_000).execute(&mut *transaction).await?;
            sqlx::query(text)
                .bind(hash)
                .bind(&self.account_id)
                .bind(&entrance.member_id)
                .bind(&entrance.email)
                .bind(deed.at)
                .bind(expires_at)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }
}

impl Store {
    /// Uses a way in up; `None` when it was used, has expired, or never was.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn use_entrance(&self, hash: &str, now_ms: i64) -> Result<Option<Entrance>, StoreError> {
        let used = "update entrances set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2";
        let touched =
            commit!(self, transaction => sqlx::query(used).bind(hash).bind(now_ms).execute(&mut *transaction).await?.rows_affected());
        if touched != 1 {
            return Ok(None);
        }
        let text = "select account_id, member_id, email from entrances where token_hash = $1";
        Ok(on!(self, pool => sqlx::query_as(text).bind(hash).fetch_optional(pool).await)?)
    }
}
