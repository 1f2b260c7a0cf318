//! Invitations: many at once in one transaction, each with its member, its link (as a hash) and its mail.

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::audit::{Deed, hold_account, note};
use super::{Store, StoreError, Tenant, batch, commit, on};

/// An invitation.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Invitation {
    pub id: String,
    pub account_id: String,
    pub member_id: String,
    pub email: String,
    /// `sent`, `accepted` or `revoked`; whether it expired, the time tells.
    pub state: String,
    pub is_first: bool,
    /// Who invited, for people.
    pub inviter: String,
    pub language: String,
    pub created_at: i64,
    pub sent_at: i64,
    pub opened_at: Option<i64>,
    pub accepted_at: Option<i64>,
    pub expires_at: i64,
}

/// Somebody to invite, with all that a transaction needs ready.
#[derive(Debug, Clone, Serialize)]
pub struct Invitee {
    pub member_id: String,
    pub invitation_id: String,
    pub mail_id: String,
    pub email: String,
    pub email_key: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: String,
    /// Ids of teams; those that are not the account's are passed over.
    pub teams: Vec<String>,
    pub token_hash: String,
    /// Hexadecimal, as batches are text.
    pub token_sealed: String,
    pub sealing_key_id: String,
}

/// What all invitations of a call have in common.
#[derive(Debug, Clone)]
pub struct Terms<'a> {
    pub now: i64,
    pub expires_at: i64,
    pub seats: i64,
    pub inviter: &'a str,
    pub language: &'a str,
    pub time_zone: &'a str,
    /// Whether this is the account's first invitation, which makes the original user.
    pub first: bool,
    /// JSON for the mail's text.
    pub mail_detail: &'a str,
}

/// What became of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Invited {
    Invited,
    AlreadyMember,
    AlreadyInvited,
    /// The address belongs to another account.
    Elsewhere,
    OverSeatLimit,
}

impl Invited {
    /// Stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::AlreadyMember => "already_member",
            Self::AlreadyInvited => "already_invited",
            Self::Elsewhere => "elsewhere",
            Self::OverSeatLimit => "over_seat_limit",
        }
    }
}

/// Rows of an import that this call settles.
#[derive(Debug, Clone)]
pub struct Settles<'a> {
    pub import_id: &'a str,
    /// Row numbers, in the order of the invitees.
    pub numbers: &'a [i64],
}

/// An answer to keep for the same question asked again.
#[derive(Debug, Clone)]
pub struct Question<'a> {
    pub what: &'static str,
    pub key: &'a str,
    /// Hash of what was asked.
    pub asked: &'a str,
}

macro_rules! columns {
    ($after:literal) => {
        concat!(
            "select id, account_id, member_id, email, state, is_first, inviter, language, created_at, sent_at, opened_at, accepted_at, \
             expires_at from invitations ",
            $after
        )
    };
}

#[derive(Serialize)]
struct Settled<'a> {
    number: i64,
    outcome: &'a str,
}

impl Tenant {
    /// Invites those who can be invited: member, invitation, mail and deed in one transaction.
    ///
    /// # Errors
    /// When the database refuses.
    #[expect(clippy::too_many_lines, reason = "one transaction, told in order")]
    pub async fn invite(
        &self,
        invitees: &[Invitee],
        terms: &Terms<'_>,
        deed: &Deed,
        settles: Option<Settles<'_>>,
        question: Option<Question<'_>>,
    ) -> Result<Vec<Invited>, StoreError> {
        let known_text = self.store.text(
            "select email_key, account_id, state from members where email_key in (select value from json_each($1))",
            "select email_key, account_id, state from members where email_key in (select jsonb_array_elements_text(cast($1 as jsonb)))",
        );
        let member_text = batch::text!(
            self.store,
            "insert into members (id, account_id, email, email_key, first_name, last_name, role, state, language, time_zone, \
             marketo_access, created_at) select item ->> 'member_id', $1, item ->> 'email', item ->> 'email_key', \
             item ->> 'first_name', item ->> 'last_name', item ->> 'role', 'invited', $3, $4, false, $5",
            " on conflict (email_key) do nothing returning email_key"
        );
        let invitation_text = batch::text!(
            self.store,
            "insert into invitations (id, account_id, member_id, email, token_hash, state, is_first, inviter, language, created_at, \
             sent_at, expires_at) select item ->> 'invitation_id', $1, item ->> 'member_id', item ->> 'email', item ->> 'token_hash', \
             'sent', $3, $4, $5, $6, $6, $7",
            ""
        );
        let mail_text = self.store.text(
            "insert into mail_outbox (id, account_id, kind, about, recipient, language, detail, token_sealed, sealing_key_id, state, \
             attempts, next_at, lease_until, created_at) select value ->> 'mail_id', $1, 'invitation', value ->> 'invitation_id', \
             value ->> 'email', $3, $4, unhex(value ->> 'token_sealed'), value ->> 'sealing_key_id', 'waiting', 0, $5, 0, $5 \
             from json_each($2) where true",
            "insert into mail_outbox (id, account_id, kind, about, recipient, language, detail, token_sealed, sealing_key_id, state, \
             attempts, next_at, lease_until, created_at) select item ->> 'mail_id', $1, 'invitation', item ->> 'invitation_id', \
             item ->> 'email', $3, $4, decode(item ->> 'token_sealed', 'hex'), item ->> 'sealing_key_id', 'waiting', 0, $5, 0, $5 \
             from jsonb_array_elements(cast($2 as jsonb)) batch (item)",
        );
        let team_text = self.store.text(
            "insert into team_members (account_id, team_id, member_id) select $1, t.id, b.value ->> 'member_id' \
             from json_each($2) b, json_each(b.value, '$.teams') n join teams t on t.account_id = $1 and t.id = n.value \
             where true on conflict do nothing",
            "insert into team_members (account_id, team_id, member_id) select $1, t.id, item ->> 'member_id' \
             from jsonb_array_elements(cast($2 as jsonb)) batch (item) \
             cross join lateral jsonb_array_elements_text(item -> 'teams') name (team) \
             join teams t on t.account_id = $1 and t.id = name.team on conflict do nothing",
        );
        let settle_text = batch::text!(
            self.store,
            "insert into import_rows (import_id, number, cells, outcome) select $1, cast(item ->> 'number' as bigint), '', item ->> 'outcome'",
            " on conflict (import_id, number) do update set outcome = excluded.outcome where import_rows.outcome = 'will_invite'"
        );
        let keys = batch::rows(invitees.iter().map(|invitee| &invitee.email_key))?;
        let outcomes = commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, terms.now);
            let known: Vec<(String, String, String)> =
                sqlx::query_as(known_text).bind(&keys).fetch_all(&mut *transaction).await?;
            let used: i64 = sqlx::query_scalar("select count(*) from members where account_id = $1")
                .bind(&self.account_id)
                .fetch_one(&mut *transaction)
                .await?;
            let mut outcomes = judge(&self.account_id, invitees, &known, terms.seats - used);
            let chosen: Vec<&Invitee> =
                invitees.iter().zip(&outcomes).filter(|(_, outcome)| **outcome == Invited::Invited).map(|(invitee, _)| invitee).collect();
            if !chosen.is_empty() {
                let made: Vec<String> = sqlx::query_scalar(member_text)
                    .bind(&self.account_id)
                    .bind(batch::rows(chosen.iter())?)
                    .bind(terms.language)
                    .bind(terms.time_zone)
                    .bind(terms.now)
                    .fetch_all(&mut *transaction)
                    .await?;
                let made: HashSet<String> = made.into_iter().collect();
                // Another account may have been quicker with an address.
                for (invitee, outcome) in invitees.iter().zip(&mut outcomes) {
                    if *outcome == Invited::Invited && !made.contains(&invitee.email_key) {
                        *outcome = Invited::Elsewhere;
                    }
                }
                let chosen: Vec<&&Invitee> = chosen.iter().filter(|invitee| made.contains(&invitee.email_key)).collect();
                let rows = batch::rows(chosen.iter())?;
                sqlx::query(invitation_text)
                    .bind(&self.account_id)
                    .bind(&rows)
                    .bind(terms.first)
                    .bind(terms.inviter)
                    .bind(terms.language)
                    .bind(terms.now)
                    .bind(terms.expires_at)
                    .execute(&mut *transaction)
                    .await?;
                sqlx::query(mail_text)
                    .bind(&self.account_id)
                    .bind(&rows)
                    .bind(terms.language)
                    .bind(terms.mail_detail)
                    .bind(terms.now)
                    .execute(&mut *transaction)
                    .await?;
                if chosen.iter().any(|invitee| !invitee.teams.is_empty()) {
                    sqlx::query(team_text).bind(&self.account_id).bind(&rows).execute(&mut *transaction).await?;
                }
                if let (true, Some(invitee)) = (terms.first, chosen.first()) {
                    sqlx::query("update accounts set original_member_id = $2 where id = $1")
                        .bind(&self.account_id)
                        .bind(&invitee.member_id)
                        .execute(&mut *transaction)
                        .await?;
                }
                note!(transaction, &self.account_id, deed);
            }
            if let Some(settles) = &settles {
                let rows = batch::rows(
                    settles.numbers.iter().zip(&outcomes).map(|(number, outcome)| Settled { number: *number, outcome: outcome.word() }),
                )?;
                sqlx::query(settle_text).bind(settles.import_id).bind(&rows).execute(&mut *transaction).await?;
            }
            if let Some(question) = &question {
                let words: Vec<&str> = outcomes.iter().map(|outcome| outcome.word()).collect();
                sqlx::query("insert into idempotency (account_id, what, key, asked, answer, created_at) values ($1, $2, $3, $4, $5, $6) \
                    on conflict do nothing")
                    .bind(&self.account_id)
                    .bind(question.what)
                    .bind(question.key)
                    .bind(question.asked)
                    .bind(words.join(","))
                    .bind(terms.now)
                    .execute(&mut *transaction)
                    .await?;
            }
            outcomes
        });
        Ok(outcomes)
    }

    /// What was answered to a question before: the hash of what was asked, and the answer.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn answered(&self, what: &str, key: &str) -> Result<Option<(String, String)>, StoreError> {
        let text = "select asked, answer from idempotency where account_id = $1 and what = $2 and key = $3";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(what).bind(key).fetch_optional(pool).await)?)
    }

    /// An invitation by id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn invitation(&self, id: &str) -> Result<Option<Invitation>, StoreError> {
        let text = columns!("where account_id = $1 and id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(id).fetch_optional(pool).await)?)
    }

    /// The account's first invitation, the newest if there were several.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn first_invitation(&self) -> Result<Option<Invitation>, StoreError> {
        let text = columns!("where account_id = $1 and is_first order by created_at desc, id desc limit 1");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).fetch_optional(pool).await)?)
    }

    /// Invitations, the newest first, before the place `(created_at, id)`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn invitations(&self, before: Option<(i64, &str)>, limit: i64) -> Result<Vec<Invitation>, StoreError> {
        let text = columns!(
            "where account_id = $1 and (created_at < $2 or (created_at = $2 and id < $3)) order by created_at desc, id desc limit $4"
        );
        let (at, id) = before.unwrap_or((i64::MAX, ""));
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(at).bind(id).bind(limit).fetch_all(pool).await)?)
    }

    /// How many invitations there are.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn count_invitations(&self) -> Result<i64, StoreError> {
        let text = "select count(*) from invitations where account_id = $1";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).fetch_one(pool).await)?)
    }

    /// Gives an open invitation a new link and sends its mail again; `false` when it is not open.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn resend_invitation(
        &self,
        id: &str,
        mail: &super::mail::NewMail<'_>,
        token_hash: &str,
        expires_at: i64,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let touched = sqlx::query("update invitations set token_hash = $3, sent_at = $4, expires_at = $5, opened_at = null \
                where account_id = $1 and id = $2 and state = 'sent'")
                .bind(&self.account_id)
                .bind(id)
                .bind(token_hash)
                .bind(deed.at)
                .bind(expires_at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 0 {
                return Ok(false);
            }
            // The link of a mail that has not gone out yet would be dead on arrival.
            sqlx::query("update mail_outbox set state = 'dropped', token_sealed = null where account_id = $1 and about = $2 and state = 'waiting'")
                .bind(&self.account_id)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
            super::mail::put!(transaction, &self.account_id, mail);
            note!(transaction, &self.account_id, deed);
            true
        }))
    }

    /// Takes an open invitation back, and its place among the members; `false` when it is not open.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn revoke_invitation(&self, id: &str, deed: &Deed) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let touched = sqlx::query("update invitations set state = 'revoked' where account_id = $1 and id = $2 and state = 'sent'")
                .bind(&self.account_id)
                .bind(id)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 0 {
                return Ok(false);
            }
            for text in [
                "delete from members where account_id = $1 and state = 'invited' and id = (select i.member_id from invitations i where i.id = $2)",
                "update mail_outbox set state = 'dropped', token_sealed = null where account_id = $1 and about = $2 and state = 'waiting'",
            ] {
                sqlx::query(text).bind(&self.account_id).bind(id).execute(&mut *transaction).await?;
            }
            note!(transaction, &self.account_id, deed);
            true
        }))
    }

    /// Notes that an invitation's link was opened, the first time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn opened_invitation(&self, id: &str, now_ms: i64) -> Result<(), StoreError> {
        commit!(&self.store, transaction => {
            sqlx::query("update invitations set opened_at = $3 where account_id = $1 and id = $2 and opened_at is null")
                .bind(&self.account_id)
                .bind(id)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Accepts an open invitation by its link, once; `false` when somebody was quicker or it is not open any more.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn accept_invitation(
        &self,
        invitation: &Invitation,
        token_hash: &str,
        first_name: Option<&str>,
        last_name: Option<&str>,
        deed: &Deed,
    ) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            hold_account!(transaction, &self.account_id, deed.at);
            let touched = sqlx::query("update invitations set state = 'accepted', accepted_at = $4, opened_at = coalesce(opened_at, $4) \
                where account_id = $1 and id = $2 and token_hash = $3 and state = 'sent' and expires_at > $4")
                .bind(&self.account_id)
                .bind(&invitation.id)
                .bind(token_hash)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if touched == 0 {
                return Ok(false);
            }
            let joined = sqlx::query("update members set state = 'active', first_name = coalesce($3, first_name), \
                last_name = coalesce($4, last_name), last_seen_at = $5 where account_id = $1 and id = $2 and state = 'invited'")
                .bind(&self.account_id)
                .bind(&invitation.member_id)
                .bind(first_name)
                .bind(last_name)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if joined == 0 {
                return Ok(false);
            }
            note!(transaction, &self.account_id, deed);
            true
        }))
    }
}

impl Store {
    /// The invitation behind a link, by the hash of its token.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn invitation_by_link(&self, token_hash: &str) -> Result<Option<Invitation>, StoreError> {
        let text = columns!("where token_hash = $1");
        Ok(on!(self, pool => sqlx::query_as(text).bind(token_hash).fetch_optional(pool).await)?)
    }
}

fn judge(account_id: &str, invitees: &[Invitee], known: &[(String, String, String)], mut free: i64) -> Vec<Invited> {
    let known: HashMap<&str, (&str, &str)> =
        known.iter().map(|(key, account, state)| (key.as_str(), (account.as_str(), state.as_str()))).collect();
    let mut seen = HashSet::new();
    invitees
        .iter()
        .map(|invitee| match known.get(invitee.email_key.as_str()) {
            Some((account, _)) if *account != account_id => Invited::Elsewhere,
            Some((_, "active")) => Invited::AlreadyMember,
            Some(_) => Invited::AlreadyInvited,
            None if !seen.insert(&invitee.email_key) => Invited::AlreadyInvited,
            None if free <= 0 => Invited::OverSeatLimit,
            None => {
                free -= 1;
                Invited::Invited
            }
        })
        .collect()
}
