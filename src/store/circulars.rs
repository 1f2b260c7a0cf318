//! Mails to many in the making: what is said to all, who gets it, and what differs for one of them.

use super::people::Person;
use super::sales_activities::{Asked, NewActivity, Recorded};
use super::sales_emails::SalesEmail;
use super::{StoreError, Tenant, commit, on};

/// A mail to many.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Circular {
    pub id: String,
    pub member_id: String,
    pub template_id: Option<String>,
    pub subject: String,
    pub html: String,
    /// A local time in the time zone; empty: at once.
    pub send_on: String,
    pub time_zone: String,
    /// More people belong to the record than are written to.
    pub more: bool,
    /// Ids of records that nobody here stands behind (a JSON list).
    pub unknown: String,
    /// `draft` or `sent`.
    pub state: String,
    /// What became of it (JSON).
    pub outcome: Option<String>,
    pub created_at: i64,
    pub saved_at: i64,
}

/// One of those whom it is for.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Addressee {
    /// Left out by whoever writes.
    pub left_out: bool,
    pub own_subject: Option<String>,
    pub own_html: Option<String>,
    #[sqlx(flatten)]
    pub person: Person,
}

/// What became of a choice of whom a mail is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    Made,
    /// More would be written to than may be at once; nothing was changed.
    TooMany,
    /// It is no draft, or none of those named is one of them.
    Nobody,
}

const COLUMNS: &str = "select id, member_id, template_id, subject, html, send_on, time_zone, more, unknown, state, outcome, created_at, saved_at \
                       from circulars where account_id = $1 and member_id = $2 and id = $3";

impl Tenant {
    /// Begins a mail to many: to people, each left out or not. The same question a second time begins nothing.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_circular(
        &self,
        circular: &Circular,
        people: &[(String, bool)],
        asked: Option<Asked<'_>>,
    ) -> Result<Recorded, StoreError> {
        commit!(&self.store, transaction => {
            super::sales_activities::once!(transaction, &self.account_id, asked, circular.created_at);
            sqlx::query(
                "insert into circulars (id, account_id, member_id, template_id, subject, html, send_on, time_zone, more, unknown, state, created_at, \
                 saved_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $11, 'draft', $10, $10)",
            )
            .bind(&circular.id)
            .bind(&self.account_id)
            .bind(&circular.member_id)
            .bind(&circular.template_id)
            .bind(&circular.subject)
            .bind(&circular.html)
            .bind(&circular.send_on)
            .bind(&circular.time_zone)
            .bind(circular.more)
            .bind(circular.created_at)
            .bind(&circular.unknown)
            .execute(&mut *transaction)
            .await?;
            for (position, (person_id, left_out)) in (0_i64..).zip(people) {
                sqlx::query(
                    "insert into circular_people (circular_id, position, person_id, left_out) values ($1, $2, $3, $4) on conflict do nothing",
                )
                .bind(&circular.id)
                .bind(position)
                .bind(person_id)
                .bind(left_out)
                .execute(&mut *transaction)
                .await?;
            }
        });
        Ok(Recorded::Done)
    }

    /// A member's mail to many.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn circular(&self, member_id: &str, id: &str) -> Result<Option<Circular>, StoreError> {
        Ok(on!(&self.store, pool => sqlx::query_as(COLUMNS).bind(&self.account_id).bind(member_id).bind(id).fetch_optional(pool).await)?)
    }

    /// A member's mails to many, the latest first, with how many they are for.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn circulars(&self, member_id: &str, limit: i64) -> Result<Vec<(Circular, i64)>, StoreError> {
        #[derive(sqlx::FromRow)]
        struct Row {
            #[sqlx(flatten)]
            circular: Circular,
            people: i64,
        }
        let text = "select id, member_id, template_id, subject, '' as html, send_on, time_zone, more, unknown, state, outcome, created_at, saved_at, \
                    (select count(*) from circular_people p where p.circular_id = c.id and not p.left_out) as people \
                    from circulars c where account_id = $1 and member_id = $2 order by saved_at desc, id limit $3";
        let rows: Vec<Row> =
            on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(member_id).bind(limit).fetch_all(pool).await)?;
        Ok(rows.into_iter().map(|row| (row.circular, row.people)).collect())
    }

    /// Those whom it is for, as far as they are still there, in the order in which they were named.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn addressees(&self, id: &str) -> Result<Vec<Addressee>, StoreError> {
        let text = "select a.left_out, a.subject as own_subject, a.html as own_html, p.id, p.lead_id, p.sfdc_type, p.sfdc_id, p.sfdc_lead_id, \
                    p.sfdc_contact_id, p.sfdc_account_id, p.sfdc_opportunity_id, p.owner_id, p.first_name, p.last_name, p.company, p.title, \
                    p.email, p.phone, p.linkedin_url, p.source, p.score, p.relative_score, p.relative_urgency, p.priority, p.created_at, \
                    p.updated_at, p.synced_at, p.history_since from circular_people a \
                    join people p on p.account_id = $1 and p.id = a.person_id where a.circular_id = $2 order by a.position";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(id).fetch_all(pool).await)?)
    }

    /// Keeps what is said to all; `overwrites` throws away what differs for single people. `false` when it is no draft.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn save_circular(&self, circular: &Circular, overwrites: bool) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let kept = sqlx::query(
                "update circulars set template_id = $4, subject = $5, html = $6, send_on = $7, time_zone = $8, saved_at = $9 \
                 where account_id = $1 and member_id = $2 and id = $3 and state = 'draft'",
            )
            .bind(&self.account_id)
            .bind(&circular.member_id)
            .bind(&circular.id)
            .bind(&circular.template_id)
            .bind(&circular.subject)
            .bind(&circular.html)
            .bind(&circular.send_on)
            .bind(&circular.time_zone)
            .bind(circular.saved_at)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0;
            if kept && overwrites {
                sqlx::query("update circular_people set subject = null, html = null where circular_id = $1")
                    .bind(&circular.id)
                    .execute(&mut *transaction)
                    .await?;
            }
            kept
        }))
    }

    /// Keeps what one person gets instead (subject and HTML), or that they get what all get; `false` when it is no draft, or they are
    /// none of those whom it is for.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn change_addressee(
        &self,
        member_id: &str,
        id: &str,
        person_id: &str,
        own: Option<(&str, &str)>,
    ) -> Result<bool, StoreError> {
        let text = "update circular_people set subject = case when $5 then $6 else null end, html = case when $5 then $7 else null end \
                    where person_id = $4 and circular_id = \
                    (select id from circulars where account_id = $1 and member_id = $2 and id = $3 and state = 'draft')";
        let (subject, html) = own.unwrap_or_default();
        Ok(commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(member_id)
                .bind(id)
                .bind(person_id)
                .bind(own.is_some())
                .bind(subject)
                .bind(html)
                .execute(&mut *transaction)
                .await?
                .rows_affected()
                > 0
        }))
    }

    /// Leaves people out, or takes them in as long as no more than `most` are written to. Without ids everybody is meant.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn choose_addressees(
        &self,
        member_id: &str,
        id: &str,
        person_ids: Option<&[String]>,
        left_out: bool,
        most: i64,
    ) -> Result<Choice, StoreError> {
        // The row is held until the end, so that of two choices at the same time the second counts the first.
        let hold = "update circulars set state = 'draft' where account_id = $1 and member_id = $2 and id = $3 and state = 'draft'";
        Ok(commit!(&self.store, transaction => {
            let held = sqlx::query(hold).bind(&self.account_id).bind(member_id).bind(id).execute(&mut *transaction).await?;
            if held.rows_affected() == 0 {
                return Ok(Choice::Nobody);
            }
            let mut changed = 0;
            for person_id in person_ids.unwrap_or_default() {
                let one = "update circular_people set left_out = $3 where circular_id = $1 and person_id = $2";
                changed += sqlx::query(one).bind(id).bind(person_id).bind(left_out).execute(&mut *transaction).await?.rows_affected();
            }
            if person_ids.is_none() {
                let all = "update circular_people set left_out = $2 where circular_id = $1";
                changed += sqlx::query(all).bind(id).bind(left_out).execute(&mut *transaction).await?.rows_affected();
            }
            if changed == 0 {
                return Ok(Choice::Nobody);
            }
            let count = "select count(*) from circular_people where circular_id = $1 and not left_out";
            let written_to: i64 = sqlx::query_scalar(count).bind(id).fetch_one(&mut *transaction).await?;
            if !left_out && written_to > most {
                return Ok(Choice::TooMany);
            }
            Choice::Made
        }))
    }

    /// Throws a draft away; `false` when there is none.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_circular(&self, member_id: &str, id: &str) -> Result<bool, StoreError> {
        let text = "delete from circulars where account_id = $1 and member_id = $2 and id = $3 and state = 'draft'";
        Ok(commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(member_id).bind(id).execute(&mut *transaction).await?.rows_affected() > 0
        }))
    }

    /// Writes the mails that a draft became, and that it was sent, in one transaction; `false` when it was no draft any more.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn send_circular(
        &self,
        member_id: &str,
        id: &str,
        mails: &[(NewActivity, SalesEmail)],
        outcome: &str,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let first = sqlx::query(
                "update circulars set state = 'sent', outcome = $4, saved_at = $5 \
                 where account_id = $1 and member_id = $2 and id = $3 and state = 'draft'",
            )
            .bind(&self.account_id)
            .bind(member_id)
            .bind(id)
            .bind(outcome)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
                > 0;
            if !first {
                return Ok(false);
            }
            for (activity, email) in mails {
                super::sales_emails::write_mail!(transaction, &self.account_id, activity, email, now_ms);
            }
            true
        }))
    }
}
