//! What reps did to people. An activity, its deliveries and the answer that a repeated call gets are one transaction.

use super::{StoreError, Tenant, commit, on};

/// An activity to write.
#[derive(Debug, Clone)]
pub struct NewActivity {
    pub id: String,
    /// `call`, `task`, `email`, `campaign`; of an e-mail: `opened`, `clicked`, `replied`, `bounced`.
    pub kind: &'static str,
    /// The e-mail that an event belongs to.
    pub about: Option<String>,
    pub person_id: String,
    pub lead_id: i64,
    pub sfdc_type: String,
    pub sfdc_id: String,
    pub member_id: String,
    /// Epoch milliseconds.
    pub happened_at: i64,
    pub subject: Option<String>,
    /// JSON that the kind itself understands.
    pub detail: String,
    pub deliveries: Vec<NewDelivery>,
}

/// Something owed to another system because of an activity.
#[derive(Debug, Clone)]
pub struct NewDelivery {
    pub id: String,
    /// `mail`, `marketo` or `salesforce`.
    pub target: &'static str,
    /// `create` or `update`.
    pub verb: &'static str,
    /// `waiting`, or `held` until something else has happened.
    pub state: &'static str,
    /// Epoch milliseconds.
    pub next_at: i64,
}

/// An activity as stored.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SalesActivity {
    pub id: String,
    pub account_id: String,
    pub number: i64,
    pub kind: String,
    pub about: Option<String>,
    pub person_id: String,
    pub lead_id: i64,
    pub sfdc_type: String,
    pub sfdc_id: String,
    pub member_id: String,
    pub happened_at: i64,
    pub subject: Option<String>,
    pub detail: String,
    pub created_at: i64,
}

/// The question whose answer is kept with what it caused.
#[derive(Debug, Clone, Copy)]
pub struct Asked<'a> {
    pub what: &'a str,
    pub key: &'a str,
    /// Hash of the question.
    pub asked: &'a str,
    pub answer: &'a str,
}

/// What became of activities that were to be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recorded {
    /// Written.
    Done,
    /// The same question was answered before: hash of that question, and the answer.
    Before(String, String),
}

/// Writes one activity with its deliveries inside a transaction and gives its number.
macro_rules! record {
    ($transaction:ident, $account_id:expr, $activity:expr, $now:expr) => {{
        // The counter's row is held until the end, so that numbers grow in the order of commits.
        let number: i64 = sqlx::query_scalar(
            "insert into activity_numbers (account_id, last) values ($1, 1) \
             on conflict (account_id) do update set last = activity_numbers.last + 1 returning last",
        )
        .bind($account_id)
        .fetch_one(&mut *$transaction)
        .await?;
        sqlx::query(
            "insert into sales_activities (id, account_id, number, kind, about, person_id, lead_id, sfdc_type, sfdc_id, member_id, \
             happened_at, subject, detail, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        )
        .bind(&$activity.id)
        .bind($account_id)
        .bind(number)
        .bind($activity.kind)
        .bind(&$activity.about)
        .bind(&$activity.person_id)
        .bind($activity.lead_id)
        .bind(&$activity.sfdc_type)
        .bind(&$activity.sfdc_id)
        .bind(&$activity.member_id)
        .bind($activity.happened_at)
        .bind(&$activity.subject)
        .bind(&$activity.detail)
        .bind($now)
        .execute(&mut *$transaction)
        .await?;
        for delivery in &$activity.deliveries {
            sqlx::query(
                "insert into deliveries (id, account_id, activity_id, number, target, verb, lane, state, attempts, next_at, created_at) \
                 values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9, $10)",
            )
            .bind(&delivery.id)
            .bind($account_id)
            .bind(&$activity.id)
            .bind(number)
            .bind(delivery.target)
            .bind(delivery.verb)
            .bind($activity.lead_id)
            .bind(delivery.state)
            .bind(delivery.next_at)
            .bind($now)
            .execute(&mut *$transaction)
            .await?;
        }
        number
    }};
}
pub(super) use record;

/// Keeps the answer to a question inside a transaction, or ends it with the earlier answer.
macro_rules! once {
    ($transaction:ident, $account_id:expr, $asked:expr, $now:expr) => {
        if let Some(asked) = $asked {
            let kept = sqlx::query(
                "insert into idempotency (account_id, what, key, asked, answer, created_at) values ($1, $2, $3, $4, $5, $6) \
                 on conflict do nothing",
            )
            .bind($account_id)
            .bind(asked.what)
            .bind(asked.key)
            .bind(asked.asked)
            .bind(asked.answer)
            .bind($now)
            .execute(&mut *$transaction)
            .await?
            .rows_affected();
            if kept == 0 {
                let (before, answer): (String, String) =
                    sqlx::query_as("select asked, answer from idempotency where account_id = $1 and what = $2 and key = $3")
                        .bind($account_id)
                        .bind(asked.what)
                        .bind(asked.key)
                        .fetch_one(&mut *$transaction)
                        .await?;
                return Ok(Recorded::Before(before, answer));
            }
        }
    };
}
pub(super) use once;

macro_rules! columns {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            "a.id, a.account_id, a.number, a.kind, a.about, a.person_id, a.lead_id, a.sfdc_type, a.sfdc_id, a.member_id, a.happened_at, \
             a.subject, a.detail, a.created_at",
            $after
        )
    };
}
pub(super) use columns;

impl Tenant {
    /// Writes activities with their deliveries, and the answer to the question that caused them, in one transaction.
    /// A question that was answered before writes nothing.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn record(&self, activities: &[NewActivity], asked: Option<Asked<'_>>, now_ms: i64) -> Result<Recorded, StoreError> {
        commit!(&self.store, transaction => {
            once!(transaction, &self.account_id, asked, now_ms);
            for activity in activities {
                record!(transaction, &self.account_id, activity, now_ms);
            }
        });
        Ok(Recorded::Done)
    }

    /// An activity by id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_activity(&self, id: &str) -> Result<Option<SalesActivity>, StoreError> {
        let text = columns!("select ", " from sales_activities a where a.account_id = $1 and a.id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(id).fetch_optional(pool).await)?)
    }

    /// A person's activities of one kind, newest first, older than `before` (time and id).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_activities(
        &self,
        lead_id: i64,
        kind: &str,
        before: Option<(i64, &str)>,
        limit: u32,
    ) -> Result<Vec<SalesActivity>, StoreError> {
        let (time, id) = before.unwrap_or((i64::MAX, ""));
        let text = columns!(
            "select ",
            " from sales_activities a where a.account_id = $1 and a.lead_id = $2 and a.kind = $3 and (a.happened_at, a.id) < ($4, $5) \
             order by a.happened_at desc, a.id desc limit $6"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(lead_id)
            .bind(kind)
            .bind(time)
            .bind(id)
            .bind(i64::from(limit))
            .fetch_all(pool)
            .await)?)
    }
}
