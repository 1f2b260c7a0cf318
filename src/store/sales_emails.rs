//! Mails of reps: what was written, how it went out, what the recipient did with it.

use super::deliveries::{Verdict, under_lease};
use super::sales_activities::{Asked, NewActivity, Recorded, once, record};
use super::sales_ends::{follow_bounce, follow_mail, follow_reply};
use super::sync_state::Lease;
use super::{Store, StoreError, Tenant, commit, on};
use crate::clock;

/// A mail.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SalesEmail {
    pub activity_id: String,
    pub account_id: String,
    pub member_id: String,
    pub recipient: String,
    pub recipient_key: String,
    /// JSON lists of addresses.
    pub cc: String,
    pub bcc: String,
    pub subject: String,
    pub html: String,
    pub plain: String,
    pub template_id: Option<String>,
    pub template_name: Option<String>,
    pub tracked: bool,
    pub commercial: bool,
    /// `in progress`, `sent`, `failed` or `bounced`.
    pub status: String,
    pub sent_at: Option<i64>,
    pub opened: i64,
    pub clicked: i64,
    pub replied: i64,
    pub bots: i64,
}

macro_rules! columns {
    ($after:literal) => {
        concat!(
            "select activity_id, account_id, member_id, recipient, recipient_key, cc, bcc, subject, html, plain, template_id, \
             template_name, tracked, commercial, status, sent_at, opened, clicked, replied, bots from sales_emails ",
            $after
        )
    };
}

/// Writes a mail with its activity and its deliveries inside a transaction.
macro_rules! write_mail {
    ($transaction:ident, $account_id:expr, $activity:expr, $email:expr, $now:expr) => {{
        crate::store::sales_activities::record!($transaction, $account_id, $activity, $now);
        sqlx::query(
            "insert into sales_emails (activity_id, account_id, member_id, recipient, recipient_key, cc, bcc, subject, html, plain, \
             template_id, template_name, tracked, commercial, status, opened, clicked, replied, bots) \
             values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'in progress', 0, 0, 0, 0)",
        )
        .bind(&$activity.id)
        .bind($account_id)
        .bind(&$email.member_id)
        .bind(&$email.recipient)
        .bind(&$email.recipient_key)
        .bind(&$email.cc)
        .bind(&$email.bcc)
        .bind(&$email.subject)
        .bind(&$email.html)
        .bind(&$email.plain)
        .bind(&$email.template_id)
        .bind(&$email.template_name)
        .bind($email.tracked)
        .bind($email.commercial)
        .execute(&mut *$transaction)
        .await?;
    }};
}
pub(super) use write_mail;

/// Something that a recipient did with a mail.
#[derive(Debug, Clone)]
pub struct MailEvent {
    /// The event as an activity of its own.
    pub activity: NewActivity,
    /// `opened`, `clicked`, `replied` or `bounced`.
    pub column: &'static str,
    /// The same thing again within this time is the same event.
    pub window_ms: i64,
}

impl Store {
    /// A mail by the id that its links carry.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_email(&self, activity_id: &str) -> Result<Option<SalesEmail>, StoreError> {
        let text = columns!("where activity_id = $1");
        Ok(on!(self, pool => sqlx::query_as(text).bind(activity_id).fetch_optional(pool).await)?)
    }
}

impl Tenant {
    /// A mail of this account.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_email(&self, activity_id: &str) -> Result<Option<SalesEmail>, StoreError> {
        let text = columns!("where account_id = $1 and activity_id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(activity_id).fetch_optional(pool).await)?)
    }

    /// Writes mails with their activities and deliveries, and the answer to the question that caused them, in one transaction.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record_emails(
        &self,
        emails: &[(NewActivity, SalesEmail)],
        asked: Option<Asked<'_>>,
        now_ms: i64,
    ) -> Result<Recorded, StoreError> {
        commit!(&self.store, transaction => {
            once!(transaction, &self.account_id, asked, now_ms);
            for (activity, email) in emails {
                write_mail!(transaction, &self.account_id, activity, email, now_ms);
            }
        });
        Ok(Recorded::Done)
    }

    /// How many mails of a member went out since `since_ms`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mails_since(&self, member_id: &str, since_ms: i64) -> Result<i64, StoreError> {
        let text = "select count(*) from sales_emails where account_id = $1 and member_id = $2 and sent_at > $3";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(member_id).bind(since_ms).fetch_one(pool).await)?)
    }

    /// How many mails of a member wait to go out.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mails_on_their_way(&self, member_id: &str) -> Result<i64, StoreError> {
        let text =
            "select count(*) from sales_emails where account_id = $1 and member_id = $2 and sent_at is null and status = 'in progress'";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(member_id).fetch_one(pool).await)?)
    }

    /// Writes down what became of a mail, and with it: once it is out, other systems are told and the panel shows it; if it
    /// never will be, they are not told.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or when the database refuses.
    pub async fn settle_mail_delivery(&self, lease: &Lease, activity_id: &str, verdict: &Verdict, now_ms: i64) -> Result<(), StoreError> {
        let open = matches!(verdict.state, "waiting" | "unsettled");
        let status = match verdict.state {
            "done" => "sent",
            "failed" if verdict.code.as_deref().is_some_and(|code| code.starts_with("55")) => "bounced",
            "failed" | "skipped" => "failed",
            _ => "in progress",
        };
        commit!(&self.store, transaction => {
            under_lease!(transaction, lease);
            sqlx::query(
                "update deliveries set state = $3, next_at = $4, code = $5, problem = $6, settled_at = $7 where account_id = $1 and id = $2",
            )
            .bind(&self.account_id)
            .bind(&verdict.delivery_id)
            .bind(verdict.state)
            .bind(verdict.next_at)
            .bind(&verdict.code)
            .bind(&verdict.problem)
            .bind((!open).then_some(now_ms))
            .execute(&mut *transaction)
            .await?;
            sqlx::query("update sales_emails set status = $2, sent_at = case when $2 = 'sent' then $3 else sent_at end where activity_id = $1")
                .bind(activity_id)
                .bind(status)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
            if verdict.state == "done" {
                sqlx::query("update deliveries set state = 'waiting', next_at = 0 where activity_id = $1 and state = 'held'")
                    .bind(activity_id)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(
                    "insert into activities (account_id, guid, lead_id, tab, kind, happened_at, subject, asset_id, detail) \
                     select a.account_id, a.id, a.lead_id, 5, 'sales_sent', $2, a.subject, a.id, a.detail from sales_activities a \
                     where a.id = $1 on conflict do nothing",
                )
                .bind(activity_id)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
            }
            if verdict.state == "skipped" {
                sqlx::query(
                    "update deliveries set state = 'skipped', problem = 'The mail did not go out.', settled_at = $2 \
                     where activity_id = $1 and state = 'held'",
                )
                .bind(activity_id)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
            }
            follow_mail!(transaction, &self.account_id, activity_id, verdict, now_ms);
        });
        Ok(())
    }

    /// Writes down what a recipient did: an activity of its own for Marketo, a change of the mail's task for Salesforce, a line in
    /// the panel. `false` when the same was noted a moment ago.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record_mail_event(&self, email_id: &str, event: &MailEvent, now_ms: i64) -> Result<bool, StoreError> {
        let count = match event.column {
            "opened" => "update sales_emails set opened = opened + 1 where activity_id = $1",
            "clicked" => {
                "update sales_emails set clicked = clicked + 1, opened = case when opened = 0 then 1 else opened end where activity_id = $1"
            }
            "bounced" => "update sales_emails set status = 'bounced' where activity_id = $1",
            _ => "update sales_emails set replied = replied + 1 where activity_id = $1",
        };
        Ok(commit!(&self.store, transaction => {
            // The mail's row is held until the end, so that two of the same moment see each other.
            sqlx::query("update sales_emails set bots = bots where activity_id = $1").bind(email_id).execute(&mut *transaction).await?;
            let recent: i64 = sqlx::query_scalar(
                "select count(*) from sales_activities where about = $1 and kind = $2 and detail = $3 and happened_at > $4",
            )
            .bind(email_id)
            .bind(event.activity.kind)
            .bind(&event.activity.detail)
            .bind(event.activity.happened_at - event.window_ms)
            .fetch_one(&mut *transaction)
            .await?;
            if recent > 0 {
                return Ok(false);
            }
            record!(transaction, &self.account_id, event.activity, now_ms);
            sqlx::query(count).bind(email_id).execute(&mut *transaction).await?;
            sqlx::query(
                "insert into activities (account_id, guid, lead_id, tab, kind, happened_at, subject, asset_id, detail) \
                 values ($1, $2, $3, 5, $4, $5, $6, $7, $8) on conflict do nothing",
            )
            .bind(&self.account_id)
            .bind(&event.activity.id)
            .bind(event.activity.lead_id)
            .bind(format!("sales_{}", event.activity.kind))
            .bind(event.activity.happened_at)
            .bind(&event.activity.subject)
            .bind(email_id)
            .bind(&event.activity.detail)
            .execute(&mut *transaction)
            .await?;
            // One change that is not yet on its way tells of everything that happened meanwhile.
            sqlx::query(
                "insert into deliveries (id, account_id, activity_id, number, target, verb, lane, state, attempts, next_at, created_at) \
                 select $2, a.account_id, a.id, a.number, 'salesforce', 'update', a.lead_id, 'waiting', 0, 0, $3 from sales_activities a \
                 where a.id = $1 and not exists (select 1 from deliveries d where d.activity_id = a.id and d.target = 'salesforce' \
                 and d.verb = 'update' and d.state = 'waiting')",
            )
            .bind(email_id)
            .bind(clock::new_id())
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?;
            if event.activity.kind == "replied" {
                follow_reply!(transaction, &self.account_id, email_id, now_ms);
            }
            if event.activity.kind == "bounced" {
                follow_bounce!(transaction, &self.account_id, email_id, now_ms);
            }
            true
        }))
    }

    /// Counts what a program did with a mail, which is nobody's doing.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_bot(&self, email_id: &str) -> Result<(), StoreError> {
        commit!(&self.store, transaction => {
            sqlx::query("update sales_emails set bots = bots + 1 where account_id = $1 and activity_id = $2")
                .bind(&self.account_id)
                .bind(email_id)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// A member's draft for a person.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn draft(&self, member_id: &str, person_id: &str) -> Result<Option<(String, i64)>, StoreError> {
        let text = "select body, saved_at from drafts where account_id = $1 and member_id = $2 and person_id = $3";
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(member_id)
            .bind(person_id)
            .fetch_optional(pool)
            .await)?)
    }

    /// Keeps a draft; without a body it is thrown away.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_draft(&self, member_id: &str, person_id: &str, body: Option<&str>, now_ms: i64) -> Result<(), StoreError> {
        let text = if body.is_some() {
            "insert into drafts (account_id, member_id, person_id, body, saved_at) values ($1, $2, $3, $4, $5) \
             on conflict (account_id, member_id, person_id) do update set body = excluded.body, saved_at = excluded.saved_at"
        } else {
            "delete from drafts where account_id = $1 and member_id = $2 and person_id = $3 and ($4 = '' or $5 >= 0)"
        };
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(member_id)
                .bind(person_id)
                .bind(body.unwrap_or_default())
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }
}
