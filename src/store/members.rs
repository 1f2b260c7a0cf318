//! Members of an account: whoever may sign in, and whoever is invited to. An address belongs to one account only.

use super::audit::{Deed, hold_account, note, pattern};
use super::{Store, StoreError, Tenant, commit, on};

/// A member.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Member {
    pub id: String,
    pub account_id: String,
    pub email: String,
    /// The address in lower case.
    pub email_key: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// `admin` or `user`.
    pub role: String,
    /// `active` or `invited`.
    pub state: String,
    pub language: String,
    pub time_zone: String,
    /// Whether the Marketo connection is theirs to use.
    pub marketo_access: bool,
    pub salesforce_org_id: Option<String>,
    pub salesforce_user_id: Option<String>,
    pub created_at: i64,
    pub last_seen_at: Option<i64>,
}

/// Which members are wanted; an empty text stands for all.
#[derive(Debug, Clone, Copy, Default)]
pub struct Filter<'a> {
    pub search: &'a str,
    pub role: &'a str,
    pub state: &'a str,
    pub team: &'a str,
}

/// What became of a change to a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MemberChange {
    Done,
    Absent,
    /// Somebody has to be left who can administer the account.
    LastAdmin,
    /// The sync was started; the original user hands over first.
    OriginalUser,
    NoSuchTeam,
    NotAnActiveAdmin,
}

macro_rules! columns {
    ($after:literal) => {
        concat!(
            "select id, account_id, email, email_key, first_name, last_name, role, state, language, time_zone, marketo_access, \
             salesforce_org_id, salesforce_user_id, created_at, last_seen_at from members ",
            $after
        )
    };
}

macro_rules! wanted {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " where account_id = $1 and (email_key like $2 escape '\\' \
              or lower(coalesce(first_name, '') || ' ' || coalesce(last_name, '')) like $2 escape '\\') \
              and ($3 = '' or role = $3) and ($4 = '' or state = $4) and ($5 = '' or exists (select 1 from team_members t \
              where t.account_id = members.account_id and t.team_id = $5 and t.member_id = members.id)) ",
            $after
        )
    };
}

// Whether taking admin rights from this member would leave nobody, or is not allowed for the original user.
macro_rules! guard_rights {
    ($transaction:ident, $account_id:expr, $id:expr) => {{
        let protected: i64 =
            sqlx::query_scalar("select count(*) from accounts where id = $1 and original_member_id = $2 and sync_state <> 'idle'")
                .bind($account_id)
                .bind($id)
                .fetch_one(&mut *$transaction)
                .await?;
        if protected > 0 {
            return Ok(MemberChange::OriginalUser);
        }
        let others: i64 =
            sqlx::query_scalar("select count(*) from members where account_id = $1 and id <> $2 and role = 'admin' and state = 'active'")
                .bind($account_id)
                .bind($id)
                .fetch_one(&mut *$transaction)
                .await?;
        if others == 0 {
            return Ok(MemberChange::LastAdmin);
        }
    }};
}

impl Store {
    /// The member with this address (in lower case), whichever account they belong to.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn member_by_email(&self, email_key: &str) -> Result<Option<Member>, StoreError> {
        let text = columns!("where email_key = $1");
        Ok(on!(self, pool => sqlx::query_as(text).bind(email_key).fetch_optional(pool).await)?)
    }
}

impl Tenant {
    /// A member by id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn member(&self, id: &str) -> Result<Option<Member>, StoreError> {
        let text = columns!("where account_id = $1 and id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(id).fetch_optional(pool).await)?)
    }

    /// The member whom a Salesforce user of an org is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn member_by_salesforce(&self, org_id: &str, user_id: &str) -> Result<Option<Member>, StoreError> {
        let text = columns!("where account_id = $1 and salesforce_org_id = $2 and salesforce_user_id = $3");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(org_id).bind(user_id).fetch_optional(pool).await)?)
    }

    /// Members by address, after the address `after`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn members(&self, filter: Filter<'_>, after: &str, limit: i64) -> Result<Vec<Member>, StoreError> {
        let text = wanted!(
            "select id, account_id, email, email_key, first_name, last_name, role, state, language, time_zone, marketo_access, \
             salesforce_org_id, salesforce_user_id, created_at, last_seen_at from members",
            "and email_key > $6 order by email_key limit $7"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(pattern(filter.search))
            .bind(filter.role)
            .bind(filter.state)
            .bind(if filter.team == super::teams::EVERYONE { "" } else { filter.team })
            .bind(after)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// How many members a filter finds.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_members(&self, filter: Filter<'_>) -> Result<i64, StoreError> {
        let text = wanted!("select count(*) from members", "");
        Ok(on!(&self.store, pool => sqlx::query_scalar(text)
            .bind(&self.account_id)
            .bind(pattern(filter.search))
            .bind(filter.role)
            .bind(filter.state)
            .bind(if filter.team == super::teams::EVERYONE { "" } else { filter.team })
            .fetch_one(pool)
            .await)?)
    }

    /// Notes that a member was here.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn saw_member(&self, id: &str, now_ms: i64) -> Result<(), StoreError> {
        commit!(&self.store, transaction => {
            sqlx::query("update members set last_seen_at = $3 where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Changes what members say about themselves; `None` leaves it.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn change_profile(&self, id: &str, profile: &Profile, deed: &Deed) -> Result<(), StoreError> {
        let text = "update members set first_name = coalesce($3, first_name), last_name = coalesce($4, last_name), \
                    language = coalesce($5, language), time_zone = coalesce($6, time_zone) where account_id = $1 and id = $2";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(id)
                .bind(&profile.first_name)
                .bind(&profile.last_name)
                .bind(&profile.language)
                .bind(&profile.time_zone)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }

    /// Changes a member's role and, when given, the teams they belong to.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn change_member(
        &self,
        id: &str,
        role: Option<&str>,
        teams: Option<&[String]>,
        deed: &Deed,
    ) -> Result<MemberChange, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let known: Option<(String, String)> = sqlx::query_as("select role, state from members where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some((before, state)) = known else { return Ok(MemberChange::Absent) };
            if let Some(role) = role {
                if before == "admin" && role != "admin" && state == "active" {
                    guard_rights!(transaction, &self.account_id, id);
                }
                sqlx::query("update members set role = $3 where account_id = $1 and id = $2")
                    .bind(&self.account_id)
                    .bind(id)
                    .bind(role)
                    .execute(&mut *transaction)
                    .await?;
            }
            if let Some(teams) = teams {
                let before_teams: Vec<String> =
                    sqlx::query_scalar("select team_id from team_members where account_id = $1 and member_id = $2")
                        .bind(&self.account_id)
                        .bind(id)
                        .fetch_all(&mut *transaction)
                        .await?;
                sqlx::query("delete from team_members where account_id = $1 and member_id = $2")
                    .bind(&self.account_id)
                    .bind(id)
                    .execute(&mut *transaction)
                    .await?;
                for team in teams.iter().filter(|team| *team != super::teams::EVERYONE) {
                    let joined = sqlx::query("insert into team_members (account_id, team_id, member_id) \
                        select account_id, id, $3 from teams where account_id = $1 and id = $2 on conflict do nothing")
                        .bind(&self.account_id)
                        .bind(team)
                        .bind(id)
                        .execute(&mut *transaction)
                        .await?
                        .rows_affected();
                    if joined == 0 {
                        return Ok(MemberChange::NoSuchTeam);
                    }
                }
                // What they shared with a team that they left is that team's no more.
                for team in before_teams {
                    sqlx::query("delete from template_teams where account_id = $1 and team_id = $3 and template_id in \
                        (select id from templates where account_id = $1 and owner_id = $2) and not exists \
                        (select 1 from team_members m where m.account_id = $1 and m.member_id = $2 and m.team_id = $3)")
                        .bind(&self.account_id)
                        .bind(id)
                        .bind(&team)
                        .execute(&mut *transaction)
                        .await?;
                }
            }
            note!(transaction, &self.account_id, deed);
            MemberChange::Done
        }))
    }

    /// Removes a member, and with an invited one the invitation.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn remove_member(&self, id: &str, heir_id: &str, deed: &Deed) -> Result<MemberChange, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let known: Option<(String, String)> = sqlx::query_as("select role, state from members where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await?;
            let Some((role, state)) = known else { return Ok(MemberChange::Absent) };
            if role == "admin" && state == "active" {
                guard_rights!(transaction, &self.account_id, id);
            }
            for text in [
                "update invitations set state = 'revoked' where account_id = $1 and member_id = $2 and state = 'sent'",
                "update mail_outbox set state = 'dropped', token_sealed = null where account_id = $1 and state = 'waiting' \
                 and about in (select i.id from invitations i where i.member_id = $2)",
                "delete from mail_channels where account_id = $1 and member_id = $2",
            ] {
                sqlx::query(text).bind(&self.account_id).bind(id).execute(&mut *transaction).await?;
            }
            // What others work with does not go with its owner.
            sqlx::query("update templates set owner_id = $3 where account_id = $1 and owner_id = $2")
                .bind(&self.account_id)
                .bind(id)
                .bind(heir_id)
                .execute(&mut *transaction)
                .await?;
            sqlx::query("delete from members where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
            MemberChange::Done
        }))
    }

    /// Makes another active admin the original user.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn hand_over_original(&self, id: &str, deed: &Deed) -> Result<MemberChange, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let known: Option<(String, String)> = sqlx::query_as("select role, state from members where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .fetch_optional(&mut *transaction)
                .await?;
            match known {
                None => return Ok(MemberChange::Absent),
                Some((role, state)) if role != "admin" || state != "active" => return Ok(MemberChange::NotAnActiveAdmin),
                Some(_) => {}
            }
            sqlx::query("update accounts set original_member_id = $2 where id = $1")
                .bind(&self.account_id)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
            MemberChange::Done
        }))
    }

    /// Notes which Salesforce user a member is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn tie_member(&self, id: &str, org_id: &str, user_id: &str) -> Result<(), StoreError> {
        commit!(&self.store, transaction => {
            sqlx::query("update members set salesforce_org_id = $3, salesforce_user_id = $4 where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(id)
                .bind(org_id)
                .bind(user_id)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Gives exactly these members the use of the Marketo connection.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn set_marketo_access(&self, ids: &[String], deed: &Deed) -> Result<(), StoreError> {
        let text = self.store.text(
            "update members set marketo_access = (id in (select value from json_each($2))) where account_id = $1",
            "update members set marketo_access = (id in (select jsonb_array_elements_text(cast($2 as jsonb)))) where account_id = $1",
        );
        let ids = super::batch::rows(ids.iter())?;
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(&ids).execute(&mut *transaction).await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }
}

/// What members say about themselves.
#[derive(Debug, Clone, Default)]
pub struct Profile {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub language: Option<String>,
    pub time_zone: Option<String>,
}
