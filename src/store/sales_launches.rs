//! Launches in the making, and what the steps of a campaign came to.

use super::{StoreError, Tenant, commit, on};

/// A launch: people chosen, and what is to become of them.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Launch {
    pub id: String,
    pub member_id: String,
    pub campaign_id: Option<String>,
    /// `draft` or `started`.
    pub state: String,
    pub zone: String,
    /// Without it, at once.
    pub start_at: Option<i64>,
    /// JSON.
    pub people: String,
    pub left_out: String,
    pub edits: String,
    pub outcome: Option<String>,
    pub created_at: i64,
    pub started_at: Option<i64>,
}

/// What one step came to.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StepFigures {
    pub step_id: String,
    /// How often it was done.
    pub done: i64,
    pub sent: i64,
    pub opened: i64,
    pub clicked: i64,
    pub replied: i64,
    pub bounced: i64,
}

impl Tenant {
    /// Keeps a draft; one of somebody else, or one that was started, stays as it is (`false`).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_launch(&self, launch: &Launch) -> Result<bool, StoreError> {
        let text = "insert into sales_launches (id, account_id, member_id, campaign_id, state, zone, start_at, people, left_out, edits, \
                    created_at) values ($1, $2, $3, $4, 'draft', $5, $6, $7, $8, $9, $10) on conflict (id) do update set \
                    campaign_id = excluded.campaign_id, zone = excluded.zone, start_at = excluded.start_at, people = excluded.people, \
                    left_out = excluded.left_out, edits = excluded.edits where sales_launches.account_id = excluded.account_id \
                    and sales_launches.member_id = excluded.member_id and sales_launches.state = 'draft'";
        Ok(commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&launch.id)
                .bind(&self.account_id)
                .bind(&launch.member_id)
                .bind(&launch.campaign_id)
                .bind(&launch.zone)
                .bind(launch.start_at)
                .bind(&launch.people)
                .bind(&launch.left_out)
                .bind(&launch.edits)
                .bind(launch.created_at)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                == 1
        }))
    }

    /// A member's launch.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn launch(&self, member_id: &str, id: &str) -> Result<Option<Launch>, StoreError> {
        let text = "select id, member_id, campaign_id, state, zone, start_at, people, left_out, edits, outcome, created_at, started_at \
                    from sales_launches where account_id = $1 and member_id = $2 and id = $3";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(member_id).bind(id).fetch_optional(pool).await)?)
    }

    /// Throws a member's drafts away that are older than `before_ms`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn forget_launches(&self, member_id: &str, before_ms: i64) -> Result<(), StoreError> {
        let text = "delete from sales_launches where account_id = $1 and member_id = $2 and state = 'draft' and created_at < $3";
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(member_id).bind(before_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// What each step of a campaign came to.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn step_figures(&self, campaign_id: &str) -> Result<Vec<StepFigures>, StoreError> {
        let text = "select d.step_id, count(*) as done, \
                    coalesce(sum(case when e.sent_at is not null then 1 else 0 end), 0) as sent, \
                    coalesce(sum(case when e.opened > 0 then 1 else 0 end), 0) as opened, \
                    coalesce(sum(case when e.clicked > 0 then 1 else 0 end), 0) as clicked, \
                    coalesce(sum(case when e.replied > 0 then 1 else 0 end), 0) as replied, \
                    coalesce(sum(case when e.status = 'bounced' then 1 else 0 end), 0) as bounced \
                    from sales_deeds d left join sales_emails e on e.activity_id = d.activity_id \
                    where d.account_id = $1 and d.campaign_id = $2 group by d.step_id";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(campaign_id).fetch_all(pool).await)?)
    }

    /// How many ended before which place of the campaign, by reason.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn ends_of_campaign(&self, campaign_id: &str) -> Result<Vec<(i64, String, i64)>, StoreError> {
        let text = "select step, coalesce(reason, ''), count(*) from sales_runs where account_id = $1 and campaign_id = $2 \
                    and state in ('ended', 'succeeded') group by step, coalesce(reason, '')";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(campaign_id).fetch_all(pool).await)?)
    }
}
