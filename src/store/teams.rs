//! Teams. Everybody belongs to the team Everyone, which is not stored: it has no other members than all.

use super::audit::{Deed, hold_account, note};
use super::{StoreError, Tenant, commit, on};

/// The id of the team that everybody belongs to.
pub const EVERYONE: &str = "everyone";
/// Most teams of an account, Everyone included.
pub const MOST: i64 = 20;

/// A team and how many belong to it.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Team {
    pub id: String,
    pub name: String,
    pub members: i64,
}

/// A member's team.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Membership {
    pub member_id: String,
    pub id: String,
    pub name: String,
}

/// What became of a change to the teams.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TeamChange {
    Done,
    Absent,
    NameTaken,
    TooMany,
}

impl Tenant {
    /// The teams that are stored, by name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn teams(&self) -> Result<Vec<Team>, StoreError> {
        let text = "select t.id, t.name, (select count(*) from team_members m where m.account_id = t.account_id and m.team_id = t.id) \
                    as members from teams t where t.account_id = $1 order by t.name_key";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_all(pool).await)?)
    }

    /// Who of the account's members belongs to which stored team.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn memberships(&self, member_ids: &[String]) -> Result<Vec<Membership>, StoreError> {
        let text = self.store.text(
            "select m.member_id, t.id, t.name from team_members m join teams t on t.account_id = m.account_id and t.id = m.team_id \
             where m.account_id = $1 and m.member_id in (select value from json_each($2)) order by t.name_key",
            "select m.member_id, t.id, t.name from team_members m join teams t on t.account_id = m.account_id and t.id = m.team_id \
             where m.account_id = $1 and m.member_id in (select jsonb_array_elements_text(cast($2 as jsonb))) order by t.name_key",
        );
        let ids = super::batch::rows(member_ids.iter())?;
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(&ids).fetch_all(pool).await)?)
    }

    /// Makes a team.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn create_team(&self, id: &str, name: &str, deed: &Deed) -> Result<TeamChange, StoreError> {
        let text = "insert into teams (account_id, id, name, name_key, created_at) values ($1, $2, $3, $4, $5) on conflict do nothing";
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let count: i64 = sqlx::query_scalar("select count(*) from teams where account_id = $1")
                .bind(&self.account_id)
                .fetch_one(&mut *transaction)
                .await?;
            if count + 1 >= MOST {
                return Ok(TeamChange::TooMany);
            }
            let made = sqlx::query(text)
                .bind(&self.account_id)
                .bind(id)
                .bind(name)
                .bind(name.to_lowercase())
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if made == 0 {
                return Ok(TeamChange::NameTaken);
            }
            note!(transaction, &self.account_id, deed);
            TeamChange::Done
        }))
    }

    /// Gives a team another name.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn rename_team(&self, id: &str, name: &str, deed: &Deed) -> Result<TeamChange, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let taken: i64 = sqlx::query_scalar("select count(*) from teams where account_id = $1 and name_key = $2 and id <> $3")
                .bind(&self.account_id)
                .bind(name.to_lowercase())
                .bind(id)
                .fetch_one(&mut *transaction)
                .await?;
            if taken > 0 {
                return Ok(TeamChange::NameTaken);
            }
            let touched = sqlx::query("update teams set name = $3, name_key = $4 where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .bind(name)
                .bind(name.to_lowercase())
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 0 {
                return Ok(TeamChange::Absent);
            }
            note!(transaction, &self.account_id, deed);
            TeamChange::Done
        }))
    }

    /// Dissolves a team; its members stay members of the account.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_team(&self, id: &str, deed: &Deed) -> Result<TeamChange, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let touched = sqlx::query("delete from teams where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 0 {
                return Ok(TeamChange::Absent);
            }
            note!(transaction, &self.account_id, deed);
            TeamChange::Done
        }))
    }
}
