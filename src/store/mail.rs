//! Mail that was promised, and the links for signing in.

use super::audit::{Deed, note};
use super::{Store, StoreError, Tenant, commit, on};

/// A mail to send, its link's token sealed.
#[derive(Debug, Clone)]
pub struct NewMail<'a> {
    pub id: &'a str,
    /// `invitation` or `sign_in`.
    pub kind: &'static str,
    pub about: &'a str,
    pub recipient: &'a str,
    pub language: &'a str,
    /// JSON for the mail's text.
    pub detail: &'a str,
    pub token_sealed: &'a [u8],
    pub sealing_key_id: &'a str,
    pub now: i64,
}

/// Writes a mail into the outbox inside a transaction.
macro_rules! put {
    ($transaction:ident, $account_id:expr, $mail:expr) => {
        sqlx::query(
            "insert into mail_outbox (id, account_id, kind, about, recipient, language, detail, token_sealed, sealing_key_id, state, \
             attempts, next_at, lease_until, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 0, $10, 0, $10)",
        )
        .bind($mail.id)
        .bind($account_id)
        .bind($mail.kind)
        .bind($mail.about)
        .bind($mail.recipient)
        .bind($mail.language)
        .bind($mail.detail)
        .bind($mail.token_sealed)
        .bind($mail.sealing_key_id)
        .bind($mail.now)
        .execute(&mut *$transaction)
        .await?
    };
}
pub(super) use put;

/// A mail that this process may send now.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct DueMail {
    pub id: String,
    pub account_id: String,
    pub kind: String,
    pub about: String,
    pub recipient: String,
    pub language: String,
    pub detail: String,
    pub token_sealed: Option<Vec<u8>>,
    pub sealing_key_id: Option<String>,
    /// Counting this one.
    pub attempts: i64,
    pub created_at: i64,
}

impl Store {
    /// Takes up to `limit` due mails for `lease_ms`; nobody else takes them meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn claim_mails(&self, now_ms: i64, lease_ms: i64, limit: i64) -> Result<Vec<DueMail>, StoreError> {
        let text = self.text(
            "update mail_outbox set lease_until = $1 + $2, attempts = attempts + 1, last_attempt_at = $1 where id in \
             (select id from mail_outbox where state = 'waiting' and next_at <= $1 and lease_until <= $1 order by next_at limit $3) \
             returning id, account_id, kind, about, recipient, language, detail, token_sealed, sealing_key_id, attempts, created_at",
            "update mail_outbox set lease_until = $1 + $2, attempts = attempts + 1, last_attempt_at = $1 where id in \
             (select id from mail_outbox where state = 'waiting' and next_at <= $1 and lease_until <= $1 order by next_at limit $3 \
             for update skip locked) \
             returning id, account_id, kind, about, recipient, language, detail, token_sealed, sealing_key_id, attempts, created_at",
        );
        Ok(commit!(self, transaction => sqlx::query_as(text)
            .bind(now_ms)
            .bind(lease_ms)
            .bind(limit)
            .fetch_all(&mut *transaction)
            .await?))
    }

    /// Says what became of a mail; once it is out or given up, its token is forgotten.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn settle_mail(&self, id: &str, state: &str, next_at: i64, problem: Option<&str>, now_ms: i64) -> Result<(), StoreError> {
        let text = "update mail_outbox set state = $2, next_at = $3, problem = $4, lease_until = 0, \
                    sent_at = case when $2 = 'sent' then $5 else sent_at end, \
                    token_sealed = case when $2 = 'waiting' then token_sealed else null end where id = $1 and state = 'waiting'";
        commit!(self, transaction => {
            sqlx::query(text).bind(id).bind(state).bind(next_at).bind(problem).bind(now_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }
}

impl Tenant {
    /// How the newest mail about something stands: its state and, if it could not be sent, why.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mail_about(&self, about: &str) -> Result<Option<(String, Option<String>)>, StoreError> {
        let text = "select state, problem from mail_outbox where account_id = $1 and about = $2 order by created_at desc, id desc limit 1";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(about).fetch_optional(pool).await)?)
    }

    /// Promises a link for signing in; `false` when one was sent less than `pause_ms` ago.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn send_sign_in_link(
        &self,
        token_hash: &str,
        expires_at: i64,
        pause_ms: i64,
        mail: &NewMail<'_>,
    ) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            // Whoever asks twice at once waits here.
            sqlx::query("update members set language = language where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(mail.about)
                .execute(&mut *transaction)
                .await?;
            let recent: i64 = sqlx::query_scalar("select count(*) from sign_in_links where member_id = $1 and created_at > $2")
                .bind(mail.about)
                .bind(mail.now - pause_ms)
                .fetch_one(&mut *transaction)
                .await?;
            if recent > 0 {
                return Ok(false);
            }
            sqlx::query("insert into sign_in_links (token_hash, account_id, member_id, created_at, expires_at) values ($1, $2, $3, $4, $5)")
                .bind(token_hash)
                .bind(&self.account_id)
                .bind(mail.about)
                .bind(mail.now)
                .bind(expires_at)
                .execute(&mut *transaction)
                .await?;
            put!(transaction, &self.account_id, mail);
            true
        }))
    }
}

impl Store {
    /// Uses a link for signing in, once: the account and the member it was for.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn redeem_sign_in_link(&self, token_hash: &str, deed: &Deed) -> Result<Option<(String, String)>, StoreError> {
        let text = "update sign_in_links set used_at = $2 where token_hash = $1 and used_at is null and expires_at > $2 \
                    and exists (select 1 from members m join accounts a on a.id = m.account_id where m.id = sign_in_links.member_id \
                    and m.state = 'active' and a.status = 'active' and a.login_method = 'all') returning account_id, member_id";
        Ok(commit!(self, transaction => {
            let used: Option<(String, String)> = sqlx::query_as(text).bind(token_hash).bind(deed.at).fetch_optional(&mut *transaction).await?;
            if let Some((account_id, _)) = &used {
                note!(transaction, account_id, deed);
            }
            used
        }))
    }
}
