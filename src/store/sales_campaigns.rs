//! Sales campaigns and their plans. An edit writes a new plan; whom it takes along is said with it.

use super::audit::{Deed, note};
use super::{StoreError, Tenant, commit, on};

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SalesCampaign {
    pub id: String,
    pub owner_id: String,
    pub name: String,
    pub category: String,
    /// A JSON list of teams.
    pub shared: String,
    pub skip_weekends: bool,
    /// `end`, `success` or `nothing`.
    pub on_reply: String,
    pub remove_on_bounce: bool,
    pub plan_id: String,
    pub created_at: i64,
    pub updated_at: i64,
}

/// An edit of a campaign's steps.
#[derive(Debug, Clone)]
pub struct NewPlan<'a> {
    pub campaign_id: &'a str,
    /// The plan that was edited; if another one took its place meanwhile, nothing is written.
    pub before: &'a str,
    pub id: &'a str,
    /// JSON.
    pub steps: &'a str,
    /// Plans whose followers are taken along, and where each of their places lies in the new one.
    pub places: &'a [(String, Vec<usize>)],
    pub now_ms: i64,
}

macro_rules! columns {
    ($after:literal) => {
        concat!(
            "select id, owner_id, name, category, shared, skip_weekends, on_reply, remove_on_bounce, plan_id, created_at, updated_at \
             from sales_campaigns ",
            $after
        )
    };
}

impl Tenant {
    /// All campaigns, by category and name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_campaigns(&self) -> Result<Vec<SalesCampaign>, StoreError> {
        let text = columns!("where account_id = $1 order by lower(category), lower(name), id");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_all(pool).await)?)
    }

    /// A campaign.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_campaign(&self, id: &str) -> Result<Option<SalesCampaign>, StoreError> {
        let text = columns!("where account_id = $1 and id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(id).fetch_optional(pool).await)?)
    }

    /// The steps of a plan, as JSON.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_plan(&self, id: &str) -> Result<Option<String>, StoreError> {
        let text = "select steps from sales_campaign_plans where account_id = $1 and id = $2";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(id).fetch_optional(pool).await)?)
    }

    /// Makes a campaign with its first plan.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create_sales_campaign(&self, campaign: &SalesCampaign, steps: &str, deed: &Deed) -> Result<(), StoreError> {
        let text = "insert into sales_campaigns (id, account_id, owner_id, name, category, shared, skip_weekends, on_reply, \
                    remove_on_bounce, plan_id, created_at, updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)";
        commit!(&self.store, transaction => {
            sqlx::query("insert into sales_campaign_plans (id, account_id, campaign_id, steps, created_at) values ($1, $2, $3, $4, $5)")
                .bind(&campaign.plan_id)
                .bind(&self.account_id)
                .bind(&campaign.id)
                .bind(steps)
                .bind(campaign.created_at)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(text)
                .bind(&campaign.id)
                .bind(&self.account_id)
                .bind(&campaign.owner_id)
                .bind(&campaign.name)
                .bind(&campaign.category)
                .bind(&campaign.shared)
                .bind(campaign.skip_weekends)
                .bind(&campaign.on_reply)
                .bind(campaign.remove_on_bounce)
                .bind(&campaign.plan_id)
                .bind(campaign.created_at)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }

    /// Changes everything about a campaign but its steps.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn change_sales_campaign(&self, campaign: &SalesCampaign, deed: &Deed) -> Result<bool, StoreError> {
        let text = "update sales_campaigns set name = $3, category = $4, shared = $5, skip_weekends = $6, on_reply = $7, \
                    remove_on_bounce = $8, updated_at = $9 where account_id = $1 and id = $2";
        Ok(commit!(&self.store, transaction => {
            let changed = sqlx::query(text)
                .bind(&self.account_id)
                .bind(&campaign.id)
                .bind(&campaign.name)
                .bind(&campaign.category)
                .bind(&campaign.shared)
                .bind(campaign.skip_weekends)
                .bind(&campaign.on_reply)
                .bind(campaign.remove_on_bounce)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0;
            note!(transaction, &self.account_id, deed);
            changed
        }))
    }

    /// Deletes a campaign that nobody is under way in, with everything that is only known of it; `false` while somebody is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_sales_campaign(&self, id: &str, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            // Whoever starts people holds the campaign's row, so that nobody slips in between.
            sqlx::query("update sales_campaigns set updated_at = updated_at where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            let busy: i64 = sqlx::query_scalar(
                "select count(*) from sales_runs where account_id = $1 and campaign_id = $2 and state in ('running', 'waiting', 'blocked')",
            )
            .bind(&self.account_id)
            .bind(id)
            .fetch_one(&mut *transaction)
            .await?;
            if busy > 0 {
                return Ok(false);
            }
            for text in [
                "delete from sales_runs where account_id = $1 and campaign_id = $2",
                "delete from sales_campaign_plans where account_id = $1 and campaign_id = $2",
                "delete from sales_launches where account_id = $1 and campaign_id = $2 and state = 'draft'",
                "delete from sales_campaigns where account_id = $1 and id = $2",
            ] {
                sqlx::query(text).bind(&self.account_id).bind(id).execute(&mut *transaction).await?;
            }
            note!(transaction, &self.account_id, deed);
            true
        }))
    }

    /// Puts a new plan in the place of another one, and takes people under way along if that is wanted: each goes on with the
    /// step that follows what is behind them. `false` when somebody else edited the steps meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn put_sales_plan(&self, plan: &NewPlan<'_>, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let ours = sqlx::query(
                "update sales_campaigns set plan_id = $4, updated_at = $5 where account_id = $1 and id = $2 and plan_id = $3",
            )
            .bind(&self.account_id)
            .bind(plan.campaign_id)
            .bind(plan.before)
            .bind(plan.id)
            .bind(plan.now_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if ours != 1 {
                return Ok(false);
            }
            sqlx::query("insert into sales_campaign_plans (id, account_id, campaign_id, steps, created_at) values ($1, $2, $3, $4, $5)")
                .bind(plan.id)
                .bind(&self.account_id)
                .bind(plan.campaign_id)
                .bind(plan.steps)
                .bind(plan.now_ms)
                .execute(&mut *transaction)
                .await?;
            for (followed, places) in plan.places {
                for (from, to) in places.iter().enumerate() {
                    // Those who wait for nothing but their time are looked at anew: their next step may have another one.
                    sqlx::query(
                        "update sales_runs set plan_id = $4, step = $6, turn = turn + 1, \
                         reason = case when due_at is not null then 'replanned' else reason end, \
                         due_at = case when due_at is not null then $7 else due_at end \
                         where account_id = $1 and campaign_id = $2 and plan_id = $3 and step = $5 \
                         and state in ('running', 'waiting', 'blocked')",
                    )
                    .bind(&self.account_id)
                    .bind(plan.campaign_id)
                    .bind(followed)
                    .bind(plan.id)
                    .bind(i64::try_from(from).unwrap_or(i64::MAX))
                    .bind(i64::try_from(*to).unwrap_or(i64::MAX))
                    .bind(plan.now_ms)
                    .execute(&mut *transaction)
                    .await?;
                }
            }
            note!(transaction, &self.account_id, deed);
            true
        }))
    }

    /// The plans that people under way in a campaign follow, with their steps as JSON.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn followed_sales_plans(&self, campaign_id: &str) -> Result<Vec<(String, String)>, StoreError> {
        let text = "select p.id, p.steps from sales_campaign_plans p where p.account_id = $1 and p.campaign_id = $2 and exists \
                    (select 1 from sales_runs r where r.account_id = p.account_id and r.campaign_id = p.campaign_id and r.plan_id = p.id \
                    and r.state in ('running', 'waiting', 'blocked'))";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(campaign_id).fetch_all(pool).await)?)
    }

    /// Campaigns whose present steps use a template, by name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn campaigns_with_template(&self, template_id: &str) -> Result<Vec<String>, StoreError> {
        let text = "select c.id from sales_campaigns c join sales_campaign_plans p on p.id = c.plan_id where c.account_id = $1 \
                    and p.steps like $2 order by lower(c.name), c.id";
        let pattern = format!("%\"template_id\":\"{template_id}\"%");
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(&pattern).fetch_all(pool).await)?)
    }

    /// How many people of each campaign are in which state.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_sales_runs(&self, campaign_id: &str) -> Result<Vec<(String, String, i64)>, StoreError> {
        let text = "select campaign_id, state, count(*) from sales_runs where account_id = $1 and ($2 = '' or campaign_id = $2) \
                    group by campaign_id, state";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(campaign_id).fetch_all(pool).await)?)
    }
}
