//! People stop: by a reply, a bounce, their wish, or by hand. In one transaction with what made them stop, nothing that waits
//! to be sent to them by the campaign is left; whoever is about to send looks at the same rows.

use super::{Store, StoreError, Tenant, batch, commit, on};

/// Whose way through a campaign ends.
#[derive(Debug, Clone, Copy)]
pub enum Whose<'a> {
    /// One person's in one campaign.
    Run(&'a str),
    /// Everybody's in a campaign.
    Campaign(&'a str),
    /// Everybody's whom a member started in a campaign.
    OfMember(&'a str, &'a str),
    /// Somebody's in all campaigns, by address in lower case.
    Address(&'a str),
    /// Somebody's in all campaigns, by Marketo's lead id.
    Lead(i64),
}

/// Why it ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ending {
    /// `ended` or `succeeded`.
    pub state: &'static str,
    /// `stopped`, `removed`, `reply`, `bounce`, `unsubscribed`, `not_sent`, `person_gone`, `sender_gone`.
    pub reason: &'static str,
}

impl Ending {
    /// Somebody stopped it by hand.
    pub const STOPPED: Self = Self { state: "ended", reason: "stopped" };
    /// The person wants no more mail.
    pub const UNSUBSCRIBED: Self = Self { state: "ended", reason: "unsubscribed" };
}

/// Ends runs inside a transaction, by their ids: mails that wait are not sent, and Marketo is told that the person left.
macro_rules! end_runs {
    ($transaction:ident, $account_id:expr, $ids:expr, $state:expr, $reason:expr, $now:expr) => {{
        let mut ended = Vec::new();
        for id in $ids {
            let id: String = id;
            let row: Option<(String, i64, String, String, String, String)> = sqlx::query_as(
                "update sales_runs set state = $3, reason = $4, problem = null, due_at = null, waits_for = null, ended_at = $5, turn = turn + 1 \
                 where account_id = $1 and id = $2 and state in ('running', 'waiting', 'blocked') \
                 returning person_id, lead_id, sfdc_type, sfdc_id, member_id, detail",
            )
            .bind($account_id)
            .bind(&id)
            .bind($state)
            .bind($reason)
            .bind($now)
            .fetch_optional(&mut *$transaction)
            .await?;
            let Some((person_id, lead_id, sfdc_type, sfdc_id, member_id, detail)) = row else { continue };
            let unsent: Vec<String> = sqlx::query_scalar(
                "update deliveries set state = 'skipped', code = null, problem = 'The sales campaign has ended.', settled_at = $3 \
                 where target = 'mail' and state = 'waiting' \
                 and activity_id in (select d.activity_id from sales_runs r join sales_deeds d on d.run_id = r.id \
                 where r.account_id = $1 and r.id = $2) returning activity_id",
            )
            .bind($account_id)
            .bind(&id)
            .bind($now)
            .fetch_all(&mut *$transaction)
            .await?;
            for activity_id in &unsent {
                for text in [
                    "update sales_emails set status = 'failed' where activity_id = $1 and $2 >= 0",
                    "update deliveries set state = 'skipped', problem = 'The mail did not go out.', settled_at = $2 \
                     where activity_id = $1 and state = 'held'",
                ] {
                    sqlx::query(text).bind(activity_id).bind($now).execute(&mut *$transaction).await?;
                }
            }
            let left = $crate::store::sales_activities::NewActivity {
                id: $crate::clock::new_id(),
                kind: "sales_removed",
                about: None,
                person_id,
                lead_id,
                sfdc_type,
                sfdc_id,
                member_id,
                happened_at: $now,
                subject: None,
                detail,
                deliveries: vec![$crate::store::sales_activities::NewDelivery {
                    id: $crate::clock::new_id(),
                    target: "marketo",
                    verb: "create",
                    state: "waiting",
                    next_at: 0,
                }],
            };
            $crate::store::sales_activities::record!($transaction, $account_id, left, $now);
            ended.push(id);
        }
        ended
    }};
}
pub(super) use end_runs;

/// What the outcome of a mail means for the person's way through a campaign, in the transaction that writes the outcome down.
macro_rules! follow_mail {
    ($transaction:ident, $account_id:expr, $activity_id:expr, $verdict:expr, $now:expr) => {
        let run: Option<(String, bool)> = sqlx::query_as(
            "select r.id, c.remove_on_bounce from sales_deeds d join sales_runs r on r.id = d.run_id \
             join sales_campaigns c on c.id = r.campaign_id where d.activity_id = $1 and r.state in ('running', 'waiting', 'blocked')",
        )
        .bind($activity_id)
        .fetch_optional(&mut *$transaction)
        .await?;
        if let Some((run_id, remove_on_bounce)) = run {
            let bounced = $verdict.code.as_deref().is_some_and(|code| code.starts_with("55"));
            match $verdict.state {
                // Whoever had to know how the mail ended is looked at again.
                "done" => {
                    sqlx::query(
                        "update sales_runs set due_at = case when due_at is null then $3 else due_at end, state = 'running', \
                         reason = case when state = 'blocked' or due_at is null then 'replanned' else reason end, problem = null, turn = turn + 1 \
                         where id = $1 and waits_for = $2 and state in ('running', 'blocked')",
                    )
                    .bind(&run_id)
                    .bind($activity_id)
                    .bind($now)
                    .execute(&mut *$transaction)
                    .await?;
                }
                "failed" if bounced && remove_on_bounce => {
                    $crate::store::sales_ends::end_runs!($transaction, $account_id, vec![run_id], "ended", "bounce", $now);
                }
                "failed" => {
                    sqlx::query(
                        "update sales_runs set state = 'blocked', reason = 'mail_failed', problem = $3, due_at = null, turn = turn + 1 \
                         where id = $1 and waits_for = $2 and state = 'running'",
                    )
                    .bind(&run_id)
                    .bind($activity_id)
                    .bind(&$verdict.problem)
                    .execute(&mut *$transaction)
                    .await?;
                }
                "skipped" => {
                    $crate::store::sales_ends::end_runs!($transaction, $account_id, vec![run_id], "ended", "not_sent", $now);
                }
                _ => {}
            }
        }
    };
}
pub(super) use follow_mail;

/// Somebody answered a mail, in the transaction that notes the answer: whatever its sender has them in ends as each campaign says.
macro_rules! follow_reply {
    ($transaction:ident, $account_id:expr, $email_id:expr, $now:expr) => {
        // By the address: whom the member has under way beside may be many.
        let ways: Vec<(String, String)> = sqlx::query_as(
            "select r.id, c.on_reply from sales_emails e join sales_runs r on r.account_id = e.account_id and r.email_key = e.recipient_key \
             and coalesce(r.member_id, '') = e.member_id join sales_campaigns c on c.id = r.campaign_id \
             where e.activity_id = $1 and r.state in ('running', 'waiting', 'blocked') and c.on_reply <> 'nothing'",
        )
        .bind($email_id)
        .fetch_all(&mut *$transaction)
        .await?;
        for (run_id, on_reply) in ways {
            let state = if on_reply == "success" { "succeeded" } else { "ended" };
            $crate::store::sales_ends::end_runs!($transaction, $account_id, vec![run_id], state, "reply", $now);
        }
        // Whoever was through already, and answers now, is a success all the same.
        sqlx::query(
            "update sales_runs set state = 'succeeded', reason = 'reply' where state = 'finished' and id in \
             (select d.run_id from sales_deeds d join sales_campaigns c on c.id = d.campaign_id \
             where d.activity_id = $1 and c.on_reply = 'success')",
        )
        .bind($email_id)
        .execute(&mut *$transaction)
        .await?;
    };
}
pub(super) use follow_reply;

/// A mail came back after it had gone out, in the transaction that notes it.
macro_rules! follow_bounce {
    ($transaction:ident, $account_id:expr, $email_id:expr, $now:expr) => {
        let ways: Vec<String> = sqlx::query_scalar(
            "select r.id from sales_emails e join sales_runs r on r.account_id = e.account_id and r.email_key = e.recipient_key \
             join sales_campaigns c on c.id = r.campaign_id \
             where e.activity_id = $1 and r.state in ('running', 'waiting', 'blocked') and c.remove_on_bounce",
        )
        .bind($email_id)
        .fetch_all(&mut *$transaction)
        .await?;
        $crate::store::sales_ends::end_runs!($transaction, $account_id, ways, "ended", "bounce", $now);
    };
}
pub(super) use follow_bounce;

impl Tenant {
    /// Ends people's ways; gives the runs that ended by this. Once it has returned, no mail of theirs begins to be sent; what
    /// [`Tenant::mails_in_flight`] counts was handed to the mail server before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn stop_runs(&self, whose: Whose<'_>, ending: Ending, now_ms: i64) -> Result<Vec<String>, StoreError> {
        let (text, first, second, number) = match whose {
            Whose::Run(id) => ("id = $2 and $3 = '' and $4 = 0", id, "", 0),
            Whose::Campaign(id) => ("campaign_id = $2 and $3 = '' and $4 = 0", id, "", 0),
            Whose::OfMember(campaign, member) => ("campaign_id = $2 and member_id = $3 and $4 = 0", campaign, member, 0),
            Whose::Address(key) => ("email_key = $2 and $3 = '' and $4 = 0", key, "", 0),
            Whose::Lead(lead) => ("$2 = '' and $3 = '' and lead_id = $4", "", "", lead),
        };
        let text = sqlx::AssertSqlSafe(format!(
            "select id from sales_runs where account_id = $1 and {text} and state in ('running', 'waiting', 'blocked') order by id"
        ));
        Ok(commit!(&self.store, transaction => {
            let ids: Vec<String> = sqlx::query_scalar(text)
                .bind(&self.account_id)
                .bind(first)
                .bind(second)
                .bind(number)
                .fetch_all(&mut *transaction)
                .await?;
            end_runs!(transaction, &self.account_id, ids, ending.state, ending.reason, now_ms)
        }))
    }

    /// How many mails of these runs are being handed to the mail server just now.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mails_in_flight(&self, run_ids: &[String]) -> Result<i64, StoreError> {
        let text = self.store.text(
            "select count(*) from sales_deeds d join deliveries e on e.activity_id = d.activity_id where +d.account_id = $1 \
             and d.run_id in (select value from json_each($2)) and e.target = 'mail' and e.state = 'sending'",
            "select count(*) from sales_deeds d join deliveries e on e.activity_id = d.activity_id where d.account_id = $1 \
             and d.run_id in (select jsonb_array_elements_text(cast($2 as jsonb))) and e.target = 'mail' and e.state = 'sending'",
        );
        let ids = batch::rows(run_ids.iter())?;
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(&ids).fetch_one(pool).await)?)
    }

    /// How many mails to an address are being handed to the mail server just now.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mails_in_flight_to(&self, email_key: &str) -> Result<i64, StoreError> {
        let text = "select count(*) from deliveries d join sales_emails e on e.activity_id = d.activity_id \
                    where d.account_id = $1 and d.target = 'mail' and d.state = 'sending' \
                    and d.state in ('waiting', 'sending', 'unsettled') and e.recipient_key = $2";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(email_key).fetch_one(pool).await)?)
    }
}

impl Store {
    /// Whether the way that a mail belongs to has ended, so that it must not go out; `false` for mails of no campaign.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn campaign_ended_for(&self, activity_id: &str) -> Result<bool, StoreError> {
        let text = "select count(*) from sales_deeds d join sales_runs r on r.id = d.run_id where d.activity_id = $1 \
                    and r.state in ('ended', 'succeeded')";
        let count: i64 = on!(self, pool => sqlx::query_scalar(text).bind(activity_id).fetch_one(pool).await)?;
        Ok(count > 0)
    }
}
