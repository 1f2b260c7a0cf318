//! Subscriptions to interesting moments, and of which moments their recipients were told.

use super::mail::{NewMail, put};
use super::{Store, StoreError, Tenant, commit, on};

/// A subscription of one recipient.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Subscription {
    pub id: String,
    pub account_id: String,
    pub member_id: String,
    pub recipient_id: String,
    /// `person`, `account`, `type` or `description`.
    pub basis: String,
    pub value: String,
    /// The value as people read it.
    pub label: String,
    pub created_at: i64,
}

/// A moment that a recipient has not been told of.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Untold {
    pub subscription_id: String,
    pub basis: String,
    pub label: String,
    pub recipient_id: String,
    pub email: String,
    pub language: String,
    pub time_zone: String,
    pub guid: String,
    pub happened_at: i64,
    /// The moment's type.
    pub subject: Option<String>,
    pub detail: String,
    pub sfdc_id: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub company: Option<String>,
    pub person_email: Option<String>,
}

macro_rules! columns {
    ($after:literal) => {
        concat!("select id, account_id, member_id, recipient_id, basis, value, label, created_at from moment_subscriptions ", $after)
    };
}

macro_rules! untold {
    ($description:literal) => {
        concat!(
            "select s.id as subscription_id, s.basis, s.label, s.recipient_id, m.email, m.language, m.time_zone, a.guid, a.happened_at, \
             a.subject, a.detail, p.sfdc_id, p.first_name, p.last_name, p.company, p.email as person_email \
             from moment_subscriptions s \
             join members m on m.id = s.recipient_id and m.account_id = s.account_id and m.state = 'active' \
             join activities a on a.account_id = s.account_id and a.tab = 1 and a.happened_at >= $2 and a.happened_at >= s.created_at \
             join people p on p.account_id = a.account_id and p.lead_id = a.lead_id \
             where s.account_id = $1 \
             and ((s.basis = 'person' and p.id = s.value) or (s.basis = 'account' and p.sfdc_account_id = s.value) \
             or (p.owner_id = m.salesforce_user_id and ((s.basis = 'type' and a.subject = s.value) or (s.basis = 'description' and ",
            $description,
            " = s.value)))) and not exists (select 1 from moment_alerts told where told.account_id = s.account_id \
             and told.recipient_id = s.recipient_id and told.guid = a.guid) order by a.happened_at, a.guid, s.created_at limit $3"
        )
    };
}

impl Store {
    /// A subscription by id, for whoever follows the link in a mail.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn moment_subscription(&self, id: &str) -> Result<Option<Subscription>, StoreError> {
        Ok(on!(self, pool => sqlx::query_as(columns!("where id = $1")).bind(id).fetch_optional(pool).await)?)
    }

    /// Accounts in which somebody is to be told of something.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn accounts_with_moment_subscriptions(&self) -> Result<Vec<String>, StoreError> {
        let text =
            "select distinct s.account_id from moment_subscriptions s join accounts a on a.id = s.account_id and a.status = 'active'";
        Ok(on!(self, pool => sqlx::query_scalar(text).fetch_all(pool).await)?)
    }
}

impl Tenant {
    /// Writes subscriptions; one that its recipient has already stays. Gives how many are new.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn subscribe_to_moments(&self, subscriptions: &[Subscription]) -> Result<u64, StoreError> {
        let mut written = 0;
        commit!(&self.store, transaction => {
            for new in subscriptions {
                written += sqlx::query(
                    "insert into moment_subscriptions (id, account_id, member_id, recipient_id, basis, value, label, created_at) \
                     values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (account_id, recipient_id, basis, value) do nothing",
                )
                .bind(&new.id)
                .bind(&self.account_id)
                .bind(&new.member_id)
                .bind(&new.recipient_id)
                .bind(&new.basis)
                .bind(&new.value)
                .bind(&new.label)
                .bind(new.created_at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            }
        });
        Ok(written)
    }

    /// The subscriptions that a member made or is told by, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn moment_subscriptions(&self, member_id: &str, limit: i64) -> Result<Vec<Subscription>, StoreError> {
        let text = columns!("where account_id = $1 and (member_id = $2 or recipient_id = $2) order by created_at desc, id limit $3");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(member_id).bind(limit).fetch_all(pool).await)?)
    }

    /// Ends a subscription; of `member_id`, when given, only one that they made or are told by. Whether there was one.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_moment_subscription(&self, id: &str, member_id: Option<&str>) -> Result<bool, StoreError> {
        let text =
            "delete from moment_subscriptions where account_id = $1 and id = $2 and ($3 = '' or member_id = $3 or recipient_id = $3)";
        Ok(commit!(&self.store, transaction => sqlx::query(text)
            .bind(&self.account_id)
            .bind(id)
            .bind(member_id.unwrap_or_default())
            .execute(&mut *transaction)
            .await?
            .rows_affected())
            > 0)
    }

    /// Moments since `since_ms` that recipients have not been told of; older than a subscription they never are.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn untold_moments(&self, since_ms: i64, limit: i64) -> Result<Vec<Untold>, StoreError> {
        let text = self.store.text(untold!("(a.detail ->> '$.description')"), untold!("(cast(a.detail as jsonb) ->> 'description')"));
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(since_ms).bind(limit).fetch_all(pool).await)?)
    }

    /// Notes that a recipient is told of a moment, and promises the mail; `false` when they were told already.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tell_of_moment(&self, recipient_id: &str, guid: &str, mail: &NewMail<'_>) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let first = sqlx::query(
                "insert into moment_alerts (account_id, recipient_id, guid, at) values ($1, $2, $3, $4) on conflict do nothing",
            )
            .bind(&self.account_id)
            .bind(recipient_id)
            .bind(guid)
            .bind(mail.now)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if first == 0 {
                return Ok(false);
            }
            put!(transaction, &self.account_id, mail);
            true
        }))
    }

    /// Forgets of which moments before `before_ms` somebody was told.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn prune_moment_alerts(&self, before_ms: i64) -> Result<(), StoreError> {
        commit!(&self.store, transaction => {
            sqlx::query("delete from moment_alerts where account_id = $1 and at < $2")
                .bind(&self.account_id)
                .bind(before_ms)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }
}
