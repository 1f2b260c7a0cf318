//! Templates of mails: private to their owner until shared.

use super::audit::pattern;
use super::{StoreError, Tenant, commit, on};

/// A template, as its reader sees it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Template {
    pub id: String,
    pub owner_id: String,
    pub name: String,
    pub category: String,
    pub subject: String,
    pub html: String,
    pub shared: bool,
    pub commercial: bool,
    pub favourite: bool,
    pub created_at: i64,
    pub updated_at: i64,
}

/// Which templates are wanted; an empty text stands for all.
#[derive(Debug, Clone, Copy, Default)]
pub struct TemplateFilter<'a> {
    pub category: &'a str,
    pub search: &'a str,
    pub favourites: bool,
    /// `mine`, `shared`, `unshared`, or `unused`: nobody sent it since `since_ms`.
    pub view: &'a str,
    pub since_ms: i64,
}

/// From the templates of an account (`$1`) that a member (`$2`) may use: their own, those shared with them; an admin's are all.
macro_rules! usable {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " from templates t where t.account_id = $1 and (t.shared or t.owner_id = $2 \
             or exists (select 1 from members a where a.account_id = $1 and a.id = $2 and a.role = 'admin') \
             or exists (select 1 from template_teams x join team_members m on m.account_id = x.account_id and m.team_id = x.team_id \
             where x.account_id = $1 and x.template_id = t.id and m.member_id = $2))",
            $after
        )
    };
}

macro_rules! columns {
    ($after:literal) => {
        usable!(
            "select t.id, t.owner_id, t.name, t.category, t.subject, t.html, t.shared, t.commercial, \
             exists (select 1 from template_favourites f where f.account_id = t.account_id and f.member_id = $2 and f.template_id = t.id) \
             as favourite, t.created_at, t.updated_at",
            $after
        )
    };
}

impl Tenant {
    /// A template that a member may use.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn template(&self, member_id: &str, id: &str) -> Result<Option<Template>, StoreError> {
        let text = columns!(" and t.id = $3");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(member_id).bind(id).fetch_optional(pool).await)?)
    }

    /// The templates that a member may use, by category and name, from the place `from` on.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn templates(&self, member_id: &str, filter: TemplateFilter<'_>, from: i64, limit: i64) -> Result<Vec<Template>, StoreError> {
        let text = columns!(
            " and ($3 = '' or t.category = $3) and lower(t.name || ' ' || t.subject || ' ' || t.html) like $4 escape '\\' \
             and (not $5 or exists (select 1 from template_favourites f where f.member_id = $2 and f.template_id = t.id)) \
             and ($7 <> 'mine' or t.owner_id = $2) \
             and ($7 <> 'shared' or t.shared or exists (select 1 from template_teams y where y.template_id = t.id)) \
             and ($7 <> 'unshared' or not (t.shared or exists (select 1 from template_teams y where y.template_id = t.id))) \
             and ($7 <> 'unused' or not exists (select 1 from sales_emails e where e.account_id = $1 and e.template_id = t.id \
             and e.sent_at > $8)) \
             order by t.category, t.name, t.id limit $6 offset $9"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(member_id)
            .bind(filter.category)
            .bind(pattern(filter.search))
            .bind(filter.favourites)
            .bind(limit)
            .bind(filter.view)
            .bind(filter.since_ms)
            .bind(from)
            .fetch_all(pool)
            .await)?)
    }

    /// The categories of the templates that a member may use.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn template_categories(&self, member_id: &str) -> Result<Vec<String>, StoreError> {
        let text = usable!("select distinct t.category", " order by t.category limit 500");
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(member_id).fetch_all(pool).await)?)
    }

    /// Ids of the teams with which a template is shared.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn teams_of_template(&self, id: &str) -> Result<Vec<String>, StoreError> {
        let text = "select team_id from template_teams where account_id = $1 and template_id = $2 order by team_id";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(id).fetch_all(pool).await)?)
    }

    /// How many templates the account has.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_templates(&self) -> Result<i64, StoreError> {
        let text = "select count(*) from templates where account_id = $1";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).fetch_one(pool).await)?)
    }

    /// Stores a template and with which teams it is shared, or changes one of its owner's; `false` when it is somebody else's.
    ///
    /// # Errors
    /// When the database refuses; a team that is none of the account's is refused by it.
    pub async fn put_template(&self, template: &Template, teams: &[String]) -> Result<bool, StoreError> {
        let text = "insert into templates (id, account_id, owner_id, name, category, subject, html, shared, commercial, created_at, \
                    updated_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $10) on conflict (id) do update set name = excluded.name, \
                    category = excluded.category, subject = excluded.subject, html = excluded.html, shared = excluded.shared, \
                    commercial = excluded.commercial, updated_at = excluded.updated_at \
                    where templates.account_id = excluded.account_id and templates.owner_id = excluded.owner_id";
        Ok(commit!(&self.store, transaction => {
            let stored = sqlx::query(text)
                .bind(&template.id)
                .bind(&self.account_id)
                .bind(&template.owner_id)
                .bind(&template.name)
                .bind(&template.category)
                .bind(&template.subject)
                .bind(&template.html)
                .bind(template.shared)
                .bind(template.commercial)
                .bind(template.updated_at)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0;
            if stored {
                sqlx::query("delete from template_teams where account_id = $1 and template_id = $2")
                    .bind(&self.account_id)
                    .bind(&template.id)
                    .execute(&mut *transaction)
                    .await?;
                for team in teams {
                    sqlx::query("insert into template_teams (account_id, template_id, team_id) values ($1, $2, $3) on conflict do nothing")
                        .bind(&self.account_id)
                        .bind(&template.id)
                        .bind(team)
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            stored
        }))
    }

    /// Deletes an owner's template; `false` when it is not theirs.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_template(&self, owner_id: &str, id: &str) -> Result<bool, StoreError> {
        let text = "delete from templates where account_id = $1 and owner_id = $2 and id = $3";
        Ok(commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(owner_id).bind(id).execute(&mut *transaction).await?.rows_affected() > 0
        }))
    }

    /// Makes a template a member's favourite, or no longer.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn favour_template(&self, member_id: &str, id: &str, favourite: bool) -> Result<(), StoreError> {
        let text = if favourite {
            "insert into template_favourites (account_id, member_id, template_id) values ($1, $2, $3) on conflict do nothing"
        } else {
            "delete from template_favourites where account_id = $1 and member_id = $2 and template_id = $3"
        };
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(member_id).bind(id).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// Has a person on a member's watch list, or no longer.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn watch(&self, member_id: &str, person_id: &str, watched: bool, now_ms: i64) -> Result<(), StoreError> {
        let text = if watched {
            "insert into watch_list (account_id, member_id, person_id, added_at) values ($1, $2, $3, $4) on conflict do nothing"
        } else {
            "delete from watch_list where account_id = $1 and member_id = $2 and person_id = $3 and $4 >= 0"
        };
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(member_id).bind(person_id).bind(now_ms).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// Whether a person is on a member's watch list.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn watches(&self, member_id: &str, person_id: &str) -> Result<bool, StoreError> {
        let text = "select count(*) from watch_list where account_id = $1 and member_id = $2 and person_id = $3";
        let count: i64 = on!(&self.store, pool => sqlx::query_scalar(text)
            .bind(&self.account_id)
            .bind(member_id)
            .bind(person_id)
            .fetch_one(pool)
            .await)?;
        Ok(count > 0)
    }
}
