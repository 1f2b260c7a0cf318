//! Mail servers of a team and of single members; passwords are sealed.

use super::audit::{Deed, note};
use super::{Store, StoreError, Tenant, commit, on};

/// The member id under which the team's channel is kept.
pub const TEAM: &str = "";

/// A channel.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct MailChannel {
    pub account_id: String,
    /// Empty for the team's.
    pub member_id: String,
    pub smtp_host: String,
    pub smtp_port: i64,
    pub smtp_security: String,
    pub smtp_user: String,
    pub smtp_sealed: Option<Vec<u8>>,
    /// Empty: answers are not looked for.
    pub imap_host: String,
    pub imap_port: i64,
    pub imap_security: String,
    pub imap_user: String,
    pub imap_sealed: Option<Vec<u8>>,
    pub sealing_key_id: String,
    /// How far the mailbox was read.
    pub imap_validity: Option<i64>,
    pub imap_next: Option<i64>,
    pub looked_at: Option<i64>,
    pub problem: Option<String>,
    pub changed_at: i64,
}

/// What was found out by looking into a mailbox.
#[derive(Debug, Clone, Copy)]
pub struct Looked<'a> {
    pub validity: Option<i64>,
    pub next: Option<i64>,
    pub problem: Option<&'a str>,
    pub at: i64,
}

macro_rules! columns {
    ($after:literal) => {
        concat!(
            "select account_id, member_id, smtp_host, smtp_port, smtp_security, smtp_user, smtp_sealed, imap_host, imap_port, \
             imap_security, imap_user, imap_sealed, sealing_key_id, imap_validity, imap_next, looked_at, problem, changed_at \
             from mail_channels ",
            $after
        )
    };
}

impl Store {
    /// Mailboxes of all accounts that were not looked into since `before_ms`, those that wait longest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mailboxes_to_read(&self, before_ms: i64, limit: i64) -> Result<Vec<MailChannel>, StoreError> {
        let text = columns!("where imap_host <> '' and coalesce(looked_at, 0) <= $1 order by coalesce(looked_at, 0), account_id limit $2");
        Ok(on!(self, pool => sqlx::query_as(text).bind(before_ms).bind(limit).fetch_all(pool).await)?)
    }
}

impl Tenant {
    /// The channel of a member, or of the team ([`TEAM`]).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mail_channel(&self, member_id: &str) -> Result<Option<MailChannel>, StoreError> {
        let text = columns!("where account_id = $1 and member_id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(member_id).fetch_optional(pool).await)?)
    }

    /// The channel by which a member's mails go out: their own, or the team's.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn channel_of(&self, member_id: &str) -> Result<Option<MailChannel>, StoreError> {
        let text = columns!("where account_id = $1 and member_id in ($2, '') order by member_id desc limit 1");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(member_id).fetch_optional(pool).await)?)
    }

    /// Stores a channel. A mailbox that changed is read from its end on.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_mail_channel(&self, channel: &MailChannel, deed: &Deed) -> Result<(), StoreError> {
        let text = "insert into mail_channels (account_id, member_id, smtp_host, smtp_port, smtp_security, smtp_user, smtp_sealed, \
                    imap_host, imap_port, imap_security, imap_user, imap_sealed, sealing_key_id, changed_at) \
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) \
                    on conflict (account_id, member_id) do update set smtp_host = excluded.smtp_host, smtp_port = excluded.smtp_port, \
                    smtp_security = excluded.smtp_security, smtp_user = excluded.smtp_user, smtp_sealed = excluded.smtp_sealed, \
                    imap_host = excluded.imap_host, imap_port = excluded.imap_port, imap_security = excluded.imap_security, \
                    imap_user = excluded.imap_user, imap_sealed = excluded.imap_sealed, sealing_key_id = excluded.sealing_key_id, \
                    imap_validity = case when mail_channels.imap_host = excluded.imap_host and mail_channels.imap_user = excluded.imap_user \
                    then mail_channels.imap_validity else null end, looked_at = null, problem = null, changed_at = excluded.changed_at";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(&channel.member_id)
                .bind(&channel.smtp_host)
                .bind(channel.smtp_port)
                .bind(&channel.smtp_security)
                .bind(&channel.smtp_user)
                .bind(&channel.smtp_sealed)
                .bind(&channel.imap_host)
                .bind(channel.imap_port)
                .bind(&channel.imap_security)
                .bind(&channel.imap_user)
                .bind(&channel.imap_sealed)
                .bind(&channel.sealing_key_id)
                .bind(channel.changed_at)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }

    /// Takes a channel away; `false` when there is none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_mail_channel(&self, member_id: &str, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let gone = sqlx::query("delete from mail_channels where account_id = $1 and member_id = $2")
                .bind(&self.account_id)
                .bind(member_id)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0;
            if gone {
                note!(transaction, &self.account_id, deed);
            }
            gone
        }))
    }

    /// Writes down how far a mailbox was read. What was changed meanwhile stays as it is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn looked_into_mailbox(&self, channel: &MailChannel, looked: Looked<'_>) -> Result<(), StoreError> {
        let text = "update mail_channels set imap_validity = coalesce($4, imap_validity), imap_next = coalesce($5, imap_next), \
                    looked_at = $6, problem = $7 where account_id = $1 and member_id = $2 and changed_at = $3";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(&channel.member_id)
                .bind(channel.changed_at)
                .bind(looked.validity)
                .bind(looked.next)
                .bind(looked.at)
                .bind(looked.problem)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }
}
