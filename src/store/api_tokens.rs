//! Personal tokens for the API: a member's own, stored as hashes only.

use super::audit::{Deed, hold_account, note};
use super::{Store, StoreError, Tenant, commit, on};

/// A token that can be used.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ApiToken {
    pub id: String,
    pub account_id: String,
    pub member_id: String,
    /// What its owner calls it.
    pub name: String,
    pub created_at: i64,
    pub expires_at: i64,
    pub last_used_at: Option<i64>,
}

macro_rules! columns {
    ($after:literal) => {
        concat!("select id, account_id, member_id, name, created_at, expires_at, last_used_at from api_tokens ", $after)
    };
}

impl Tenant {
    /// Stores a new token; `false` when the member has `most` of them already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add_api_token(&self, token: &ApiToken, hash: &str, most: i64, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            // One after the other, so that two at the same time do not both find room.
            hold_account!(transaction, &self.account_id, deed.at);
            sqlx::query("delete from api_tokens where member_id = $1 and (expires_at <= $2 or revoked_at is not null)")
                .bind(&token.member_id)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?;
            let there: i64 = sqlx::query_scalar("select count(*) from api_tokens where account_id = $1 and member_id = $2")
                .bind(&self.account_id)
                .bind(&token.member_id)
                .fetch_one(&mut *transaction)
                .await?;
            if there >= most {
                return Ok(false);
            }
            sqlx::query(
                "insert into api_tokens (id, account_id, member_id, name, token_hash, created_at, expires_at) \
                 values ($1, $2, $3, $4, $5, $6, $7)",
            )
            .bind(&token.id)
            .bind(&self.account_id)
            .bind(&token.member_id)
            .bind(&token.name)
            .bind(hash)
            .bind(token.created_at)
            .bind(token.expires_at)
            .execute(&mut *transaction)
            .await?;
            note!(transaction, &self.account_id, deed);
            true
        }))
    }

    /// A member's tokens that can still be used, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn api_tokens(&self, member_id: &str, now_ms: i64) -> Result<Vec<ApiToken>, StoreError> {
        let text = columns!(
            "where account_id = $1 and member_id = $2 and revoked_at is null and expires_at > $3 order by created_at desc, id desc"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(member_id).bind(now_ms).fetch_all(pool).await)?)
    }

    /// Revokes a member's token; `false` when there is none of this id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revoke_api_token(&self, member_id: &str, id: &str, deed: &Deed) -> Result<bool, StoreError> {
        let text = "update api_tokens set revoked_at = $4 where account_id = $1 and member_id = $2 and id = $3 and revoked_at is null";
        Ok(commit!(&self.store, transaction => {
            let touched = sqlx::query(text)
                .bind(&self.account_id)
                .bind(member_id)
                .bind(id)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 1 {
                note!(transaction, &self.account_id, deed);
            }
            touched == 1
        }))
    }
}

impl Store {
    /// The token behind a hash, unless it expired or was revoked. Its use is noted about once in `note_every_ms`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn use_api_token(&self, hash: &str, now_ms: i64, note_every_ms: i64) -> Result<Option<ApiToken>, StoreError> {
        let text = columns!("where token_hash = $1 and revoked_at is null and expires_at > $2");
        let found: Option<ApiToken> = on!(self, pool => sqlx::query_as(text).bind(hash).bind(now_ms).fetch_optional(pool).await)?;
        if let Some(token) = found.as_ref().filter(|token| token.last_used_at.is_none_or(|used| now_ms - used >= note_every_ms)) {
            commit!(self, transaction => {
                sqlx::query("update api_tokens set last_used_at = $2 where id = $1")
                    .bind(&token.id)
                    .bind(now_ms)
                    .execute(&mut *transaction)
                    .await?;
            });
        }
        Ok(found)
    }
}
