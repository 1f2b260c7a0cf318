//! People under way in sales campaigns: started together, moved on one step at a time, each word under the number of its turn.

use super::deliveries::under_lease;
use super::sales_activities::{Asked, NewActivity, Recorded, once, record};
use super::sales_emails::{SalesEmail, write_mail};
use super::sales_launches::Launch;
use super::sync_state::Lease;
use super::{Store, StoreError, Tenant, batch, commit, on};

/// Somebody under way, or through.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Run {
    pub id: String,
    pub campaign_id: String,
    pub plan_id: String,
    pub launch_id: String,
    pub member_id: String,
    pub person_id: String,
    pub lead_id: i64,
    pub sfdc_type: String,
    pub sfdc_id: String,
    /// The address in lower case.
    pub email_key: String,
    pub zone: String,
    pub start_at: i64,
    pub start_chosen: bool,
    /// `running`, `waiting` for a task, `blocked`; `finished`, `succeeded`, `ended`.
    pub state: String,
    pub reason: Option<String>,
    pub problem: Option<String>,
    /// Place of the next step in the plan.
    pub step: i64,
    /// JSON of the schedule; empty at the beginning.
    pub reached: String,
    pub due_at: Option<i64>,
    /// The task, or the e-mail, without which it does not go on.
    pub waits_for: Option<String>,
    /// JSON: what was written for this person's first e-mail.
    pub edit: Option<String>,
    pub turn: i64,
    /// JSON that goes to other systems.
    pub detail: String,
    pub started_at: i64,
    pub ended_at: Option<i64>,
}

/// A run with whom it is about, for people.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ShownRun {
    #[sqlx(flatten)]
    pub run: Run,
    pub person: Option<String>,
    pub member: Option<String>,
}

/// Where somebody is in a campaign.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct RunPlace {
    pub lead_id: i64,
    pub state: String,
    pub step: i64,
    pub due_at: Option<i64>,
    pub campaign: String,
    /// JSON of the plan.
    pub steps: String,
}

/// What becomes of a run in one turn.
#[derive(Debug, Clone)]
pub struct Advance {
    pub run_id: String,
    /// The turn that it was read at; whoever wrote meanwhile was faster, and nothing of this is written.
    pub turn: i64,
    pub state: &'static str,
    pub reason: Option<String>,
    pub problem: Option<String>,
    pub step: i64,
    pub reached: String,
    pub due_at: Option<i64>,
    pub waits_for: Option<String>,
    /// Where the person is by now, should a lead have become a contact.
    pub person_id: String,
    pub lead_id: i64,
    pub sfdc_type: String,
    pub sfdc_id: String,
    pub email_key: String,
    /// The step's id, and what it causes.
    pub deed: Option<(String, NewActivity, Option<SalesEmail>)>,
}

/// How much a member has going on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Load {
    /// Launches since the given time.
    pub launches: i64,
    /// Launches with somebody under way.
    pub running: i64,
}

macro_rules! columns {
    ($before:literal, $($after:literal),+) => {
        concat!(
            $before,
            "r.id, r.campaign_id, r.plan_id, r.launch_id, r.member_id, r.person_id, r.lead_id, r.sfdc_type, r.sfdc_id, r.email_key, r.zone, \
             r.start_at, r.start_chosen, r.state, r.reason, r.problem, r.step, r.reached, r.due_at, r.waits_for, r.edit, r.turn, r.detail, \
             r.started_at, r.ended_at",
            $($after),+
        )
    };
}

macro_rules! shown {
    ($after:literal) => {
        columns!(
            "select coalesce(p.first_name || ' ', '') || coalesce(p.last_name, p.email, '') as person, m.email as member, ",
            " from sales_runs r left join people p on p.id = r.person_id left join members m on m.id = r.member_id ",
            $after
        )
    };
}

impl Store {
    /// Accounts in which somebody's next step is due.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn accounts_with_due_runs(&self, now_ms: i64) -> Result<Vec<String>, StoreError> {
        let text = "select distinct account_id from sales_runs where state = 'running' and due_at is not null and due_at <= $1";
        Ok(on!(self, pool => sqlx::query_scalar(text).bind(now_ms).fetch_all(pool).await)?)
    }
}

impl Tenant {
    /// Runs whose next step is due, the longest due first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn due_runs(&self, now_ms: i64, limit: i64) -> Result<Vec<Run>, StoreError> {
        let text = columns!(
            "select ",
            " from sales_runs r where r.state = 'running' and r.due_at is not null and r.due_at <= $2 and r.account_id = $1 \
             order by r.due_at limit $3"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(now_ms).bind(limit).fetch_all(pool).await)?)
    }

    /// Writes down what becomes of runs, with all that it causes, in one transaction. Whoever was stopped or moved meanwhile is
    /// left as they are. Gives how many were written.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or when the database refuses.
    pub async fn advance_runs(&self, lease: Option<&Lease>, advances: &[Advance], now_ms: i64) -> Result<usize, StoreError> {
        Ok(commit!(&self.store, transaction => {
            if let Some(lease) = lease {
                under_lease!(transaction, lease);
            }
            let mut written = 0;
            for advance in advances {
                let touched = sqlx::query(
                    "update sales_runs set state = $4, reason = $5, problem = $6, step = $7, reached = $8, due_at = $9, waits_for = $10, \
                     person_id = $11, lead_id = $12, sfdc_type = $13, sfdc_id = $14, email_key = $15, turn = turn + 1, \
                     ended_at = case when $4 in ('running', 'waiting', 'blocked') then null else $16 end \
                     where account_id = $1 and id = $2 and turn = $3 and state in ('running', 'waiting', 'blocked')",
                )
                .bind(&self.account_id)
                .bind(&advance.run_id)
                .bind(advance.turn)
                .bind(advance.state)
                .bind(&advance.reason)
                .bind(&advance.problem)
                .bind(advance.step)
                .bind(&advance.reached)
                .bind(advance.due_at)
                .bind(&advance.waits_for)
                .bind(&advance.person_id)
                .bind(advance.lead_id)
                .bind(&advance.sfdc_type)
                .bind(&advance.sfdc_id)
                .bind(&advance.email_key)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
                if touched != 1 {
                    continue;
                }
                written += 1;
                let Some((step_id, activity, email)) = &advance.deed else { continue };
                // A step is done once for a person, whatever an edit has moved it to.
                let fresh = sqlx::query(
                    "insert into sales_deeds (run_id, turn, account_id, campaign_id, step_id, activity_id, kind, at) \
                     select r.id, $3, r.account_id, r.campaign_id, $4, $5, $6, $7 from sales_runs r where r.account_id = $1 and r.id = $2 \
                     on conflict do nothing",
                )
                .bind(&self.account_id)
                .bind(&advance.run_id)
                .bind(advance.turn)
                .bind(step_id)
                .bind(&activity.id)
                .bind(activity.kind)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
                if fresh != 1 {
                    sqlx::query(
                        "update sales_runs set state = 'running', reason = 'replanned', waits_for = null, due_at = $3 \
                         where account_id = $1 and id = $2",
                    )
                    .bind(&self.account_id)
                    .bind(&advance.run_id)
                    .bind(now_ms)
                    .execute(&mut *transaction)
                    .await?;
                    continue;
                }
                match email {
                    Some(email) => write_mail!(transaction, &self.account_id, activity, email, now_ms),
                    None => {
                        record!(transaction, &self.account_id, activity, now_ms);
                    }
                }
            }
            written
        }))
    }

    /// Starts people: their runs, what other systems are told of it, and the answer, in one transaction. Somebody who is in the
    /// campaign already stays as they are. A launch that was
    /// started before is [`Recorded::Before`] with empty texts.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn start_runs(
        &self,
        launch: &Launch,
        runs: &[(Run, NewActivity)],
        asked: Option<Asked<'_>>,
        now_ms: i64,
    ) -> Result<Recorded, StoreError> {
        Ok(commit!(&self.store, transaction => {
            once!(transaction, &self.account_id, asked, now_ms);
            // The campaign's row is held, so that it isn't deleted meanwhile.
            sqlx::query("update sales_campaigns set updated_at = updated_at where account_id = $1 and id = $2")
                .bind(&self.account_id)
                .bind(&launch.campaign_id)
                .execute(&mut *transaction)
                .await?;
            let begun = sqlx::query(
                "insert into sales_launches (id, account_id, member_id, campaign_id, state, zone, start_at, people, left_out, edits, \
                 outcome, created_at, started_at) values ($1, $2, $3, $4, 'started', $5, $6, $7, $8, $9, $10, $11, $12) \
                 on conflict (id) do update set state = 'started', outcome = excluded.outcome, started_at = excluded.started_at \
                 where sales_launches.account_id = excluded.account_id and sales_launches.state = 'draft'",
            )
            .bind(&launch.id)
            .bind(&self.account_id)
            .bind(&launch.member_id)
            .bind(&launch.campaign_id)
            .bind(&launch.zone)
            .bind(launch.start_at)
            .bind(&launch.people)
            .bind(&launch.left_out)
            .bind(&launch.edits)
            .bind(&launch.outcome)
            .bind(launch.created_at)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if begun != 1 {
                return Ok(Recorded::Before(String::new(), String::new()));
            }
            for (run, activity) in runs {
                let new = sqlx::query(
                    "insert into sales_runs (id, account_id, campaign_id, plan_id, launch_id, member_id, person_id, lead_id, sfdc_type, \
                     sfdc_id, email_key, zone, start_at, start_chosen, state, step, reached, due_at, edit, turn, detail, started_at) \
                     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 'running', 0, '', $15, $16, 0, $17, $18) \
                     on conflict do nothing",
                )
                .bind(&run.id)
                .bind(&self.account_id)
                .bind(&run.campaign_id)
                .bind(&run.plan_id)
                .bind(&run.launch_id)
                .bind(&run.member_id)
                .bind(&run.person_id)
                .bind(run.lead_id)
                .bind(&run.sfdc_type)
                .bind(&run.sfdc_id)
                .bind(&run.email_key)
                .bind(&run.zone)
                .bind(run.start_at)
                .bind(run.start_chosen)
                .bind(run.due_at)
                .bind(&run.edit)
                .bind(&run.detail)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
                if new == 1 {
                    record!(transaction, &self.account_id, activity, now_ms);
                }
            }
            Recorded::Done
        }))
    }

    /// Launches of a member since a time, and those that still have somebody under way.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn launch_load(&self, member_id: &str, since_ms: i64) -> Result<Load, StoreError> {
        // One that started nobody is none.
        let launches = "select count(*) from sales_launches l where l.account_id = $1 and l.member_id = $2 and l.started_at > $3 \
                        and exists (select 1 from sales_runs r where r.launch_id = l.id)";
        let running = "select count(distinct launch_id) from sales_runs where account_id = $1 and member_id = $2 \
                       and state in ('running', 'waiting', 'blocked')";
        let launches = on!(&self.store, pool => sqlx::query_scalar(launches).bind(&self.account_id).bind(member_id).bind(since_ms).fetch_one(pool).await)?;
        let running = on!(&self.store, pool => sqlx::query_scalar(running).bind(&self.account_id).bind(member_id).fetch_one(pool).await)?;
        Ok(Load { launches, running })
    }

    /// How many mails of a member went out since a time, or are about to.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mails_of_day(&self, member_id: &str, since_ms: i64) -> Result<i64, StoreError> {
        let sent = "select count(*) from sales_emails where account_id = $1 and member_id = $2 and sent_at > $3";
        let coming = "select count(*) from sales_emails where account_id = $1 and member_id = $2 and sent_at is null \
                      and status = 'in progress'";
        let sent: i64 =
            on!(&self.store, pool => sqlx::query_scalar(sent).bind(&self.account_id).bind(member_id).bind(since_ms).fetch_one(pool).await)?;
        let coming: i64 =
            on!(&self.store, pool => sqlx::query_scalar(coming).bind(&self.account_id).bind(member_id).fetch_one(pool).await)?;
        Ok(sent + coming)
    }

    /// A run.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sales_run(&self, id: &str) -> Result<Option<Run>, StoreError> {
        let text = columns!("select ", " from sales_runs r where r.account_id = $1 and r.id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(id).fetch_optional(pool).await)?)
    }

    /// The run that waits for a task.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn run_waiting_for(&self, activity_id: &str) -> Result<Option<Run>, StoreError> {
        let text = columns!("select ", " from sales_runs r where r.waits_for = $2 and r.state = 'waiting' and r.account_id = $1");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(activity_id).fetch_optional(pool).await)?)
    }

    /// People of a campaign, newest first, older than `before` (time and id); an empty state stands for all, `under_way` for those.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn runs_of_campaign(
        &self,
        campaign_id: &str,
        state: &str,
        before: Option<(i64, &str)>,
        limit: i64,
    ) -> Result<Vec<ShownRun>, StoreError> {
        let (time, id) = before.unwrap_or((i64::MAX, ""));
        let text = shown!(
            "where r.account_id = $1 and r.campaign_id = $2 and ($3 = '' or r.state = $3 \
             or ($3 = 'under_way' and r.state in ('running', 'waiting', 'blocked'))) and (r.started_at, r.id) < ($4, $5) \
             order by r.started_at desc, r.id desc limit $6"
        );
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(campaign_id)
            .bind(state)
            .bind(time)
            .bind(id)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// Everything that a person is or was in, newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn runs_of_lead(&self, lead_id: i64, limit: i64) -> Result<Vec<ShownRun>, StoreError> {
        let text = shown!("where r.account_id = $1 and r.lead_id = $2 order by r.started_at desc, r.id desc limit $3");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(lead_id).bind(limit).fetch_all(pool).await)?)
    }

    /// What people are under way in, the next due first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn places_of_leads(&self, leads: &[i64], limit: i64) -> Result<Vec<RunPlace>, StoreError> {
        let text = batch::among!(
            self.store,
            "select r.lead_id, r.state, r.step, r.due_at, c.name as campaign, p.steps from sales_runs r \
             join sales_campaigns c on c.id = r.campaign_id join sales_campaign_plans p on p.id = r.plan_id \
             where r.account_id = $1 and r.state in ('running', 'waiting', 'blocked') and r.lead_id in",
            " order by coalesce(r.due_at, 0), r.id limit $3"
        );
        let leads = batch::rows(leads.iter())?;
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(&leads).bind(limit).fetch_all(pool).await)?)
    }

    /// Whether a person is under way in a campaign.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn under_way(&self, campaign_id: &str, person_id: &str) -> Result<bool, StoreError> {
        let text = "select count(*) from sales_runs where account_id = $1 and campaign_id = $2 and person_id = $3 \
                    and state in ('running', 'waiting', 'blocked')";
        let count: i64 = on!(&self.store, pool => sqlx::query_scalar(text)
            .bind(&self.account_id)
            .bind(campaign_id)
            .bind(person_id)
            .fetch_one(pool)
            .await)?;
        Ok(count > 0)
    }

    /// The state of the delivery of a mail; `None` when there is no such mail.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn mail_state(&self, activity_id: &str) -> Result<Option<String>, StoreError> {
        let text = "select state from deliveries where account_id = $1 and activity_id = $2 and target = 'mail'";
        Ok(on!(&self.store, pool => sqlx::query_scalar(text).bind(&self.account_id).bind(activity_id).fetch_optional(pool).await)?)
    }

    /// Has a run looked at later, unless somebody wrote about it meanwhile.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn leave_run(&self, id: &str, turn: i64, due_at: i64) -> Result<(), StoreError> {
        let text = "update sales_runs set due_at = $4 where account_id = $1 and id = $2 and turn = $3 and state = 'running'";
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(&self.account_id).bind(id).bind(turn).bind(due_at).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// Has a blocked run tried again, now; `false` when it isn't blocked.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn resume_run(&self, id: &str, now_ms: i64) -> Result<bool, StoreError> {
        let text = "update sales_runs set state = 'running', problem = null, due_at = $3, turn = turn + 1, \
                    waits_for = case when reason in ('mail_failed', 'task_gone') then null else waits_for end, \
                    reason = case when reason = 'task_gone' then 'task_done' else 'replanned' end \
                    where account_id = $1 and id = $2 and state = 'blocked'";
        Ok(commit!(&self.store, transaction => sqlx::query(text)
            .bind(&self.account_id)
            .bind(id)
            .bind(now_ms)
            .execute(&mut *transaction)
            .await?
            .rows_affected()
            == 1))
    }
}

#[cfg(test)]
impl Tenant {
    /// Lets the time of everybody's next step come, as if the days had passed.
    pub(crate) async fn hasten_runs(&self) -> i64 {
        let now = self.store.now_ms().await.unwrap();
        let work = async {
            commit!(&self.store, transaction => {
                sqlx::query("update sales_runs set due_at = $2 where account_id = $1 and state = 'running' and due_at is not null")
                    .bind(&self.account_id)
                    .bind(now)
                    .execute(&mut *transaction)
                    .await?;
            });
            Ok::<(), StoreError>(())
        };
        work.await.unwrap();
        now
    }
}
