//! OAuth flows under way. Their state lies here, not in a cache, and is used once.

use super::{Store, StoreError, commit, on};

/// A flow.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct OauthFlow {
    pub id: String,
    /// SHA-256 of the state that travels.
    pub state_hash: String,
    /// `connect` or `sign_in`.
    pub kind: String,
    pub account_id: Option<String>,
    /// Hash of the browser session that began it.
    pub session_hash: String,
    pub environment: String,
    pub login_url: String,
    pub redirect_uri: String,
    pub return_to: Option<String>,
    pub nonce: String,
    pub verifier_sealed: Vec<u8>,
    pub sealing_key_id: String,
    pub created_at: i64,
    pub expires_at: i64,
}

impl Store {
    /// Begins a flow; flows that were over a day ago are forgotten.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_flow(&self, flow: &OauthFlow) -> Result<(), StoreError> {
        let text = "insert into oauth_flows (id, state_hash, kind, account_id, session_hash, environment, login_url, redirect_uri, \
                    return_to, nonce, verifier_sealed, sealing_key_id, created_at, expires_at) \
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
        commit!(self, transaction => {
            sqlx::query("delete from oauth_flows where expires_at < $1").bind(flow.created_at - 86_400_000).execute(&mut *transaction).await?;
            sqlx::query(text)
                .bind(&flow.id)
                .bind(&flow.state_hash)
                .bind(&flow.kind)
                .bind(&flow.account_id)
                .bind(&flow.session_hash)
                .bind(&flow.environment)
                .bind(&flow.login_url)
                .bind(&flow.redirect_uri)
                .bind(&flow.return_to)
                .bind(&flow.nonce)
                .bind(&flow.verifier_sealed)
                .bind(&flow.sealing_key_id)
                .bind(flow.created_at)
                .bind(flow.expires_at)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// A flow by its state's hash, used or not.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn flow(&self, kind: &str, state_hash: &str) -> Result<Option<OauthFlow>, StoreError> {
        let text = "select id, state_hash, kind, account_id, session_hash, environment, login_url, redirect_uri, return_to, nonce, \
                    verifier_sealed, sealing_key_id, created_at, expires_at from oauth_flows where kind = $1 and state_hash = $2";
        Ok(on!(self, pool => sqlx::query_as(text).bind(kind).bind(state_hash).fetch_optional(pool).await)?)
    }

    /// Uses a flow up; `false` when it was used before or is too old.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn use_flow(&self, id: &str, now_ms: i64) -> Result<bool, StoreError> {
        let text = "update oauth_flows set used_at = $2 where id = $1 and used_at is null and expires_at > $2";
        let touched =
            commit!(self, transaction => sqlx::query(text).bind(id).bind(now_ms).execute(&mut *transaction).await?.rows_affected());
        Ok(touched == 1)
    }
}
