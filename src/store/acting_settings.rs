//! What an account's admins decide about mails of reps.

use super::audit::{Deed, note};
use super::{StoreError, Tenant, commit, on};

/// The decisions.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
#[expect(clippy::struct_excessive_bools, reason = "each is a decision of its own")]
pub struct ActingSettings {
    pub tracking: bool,
    pub append_unsubscribe: bool,
    pub unsubscribe_message: String,
    pub marketo_check: bool,
    /// A JSON list.
    pub blocked_domains: String,
    pub throttle_mails: i64,
    pub throttle_seconds: i64,
    /// How activities are called in Salesforce; empty: as they always were.
    pub subject_pattern: String,
    pub log_replies: bool,
    /// `standard` or `both`: the fields that are told of who wants no more mail.
    pub opt_out_field: String,
    /// Whether who wants no more mail is compared with Salesforce every night.
    pub opt_out_nightly: bool,
}

impl Default for ActingSettings {
    fn default() -> Self {
        Self {
            tracking: true,
            append_unsubscribe: true,
            unsubscribe_message: String::new(),
            marketo_check: true,
            blocked_domains: "[]".to_owned(),
            throttle_mails: 25,
            throttle_seconds: 45,
            subject_pattern: String::new(),
            log_replies: true,
            opt_out_field: "standard".to_owned(),
            opt_out_nightly: true,
        }
    }
}

impl Tenant {
    /// The decisions; the defaults until somebody decided.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn acting_settings(&self) -> Result<ActingSettings, StoreError> {
        let text = "select tracking, append_unsubscribe, unsubscribe_message, marketo_check, blocked_domains, throttle_mails, \
                    throttle_seconds, subject_pattern, log_replies, opt_out_field, opt_out_nightly from acting_settings where account_id = $1";
        let found: Option<ActingSettings> =
            on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_optional(pool).await)?;
        Ok(found.unwrap_or_default())
    }

    /// Stores decisions.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_acting_settings(&self, wanted: &ActingSettings, deed: &Deed) -> Result<(), StoreError> {
        let text = "insert into acting_settings (account_id, tracking, append_unsubscribe, unsubscribe_message, marketo_check, \
                    blocked_domains, throttle_mails, throttle_seconds, subject_pattern, log_replies, opt_out_field, opt_out_nightly) \
                    values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12) \
                    on conflict (account_id) do update set tracking = excluded.tracking, append_unsubscribe = excluded.append_unsubscribe, \
                    unsubscribe_message = excluded.unsubscribe_message, marketo_check = excluded.marketo_check, \
                    blocked_domains = excluded.blocked_domains, throttle_mails = excluded.throttle_mails, \
                    throttle_seconds = excluded.throttle_seconds, subject_pattern = excluded.subject_pattern, \
                    log_replies = excluded.log_replies, opt_out_field = excluded.opt_out_field, \
                    opt_out_nightly = excluded.opt_out_nightly";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(wanted.tracking)
                .bind(wanted.append_unsubscribe)
                .bind(&wanted.unsubscribe_message)
                .bind(wanted.marketo_check)
                .bind(&wanted.blocked_domains)
                .bind(wanted.throttle_mails)
                .bind(wanted.throttle_seconds)
                .bind(&wanted.subject_pattern)
                .bind(wanted.log_replies)
                .bind(&wanted.opt_out_field)
                .bind(wanted.opt_out_nightly)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }
}
