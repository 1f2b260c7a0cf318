//! What people wait for in sales campaigns: tasks, done here, done in Salesforce, or gone from there; mails that are not out yet.

use super::deliveries::under_lease;
use super::sync_state::Lease;
use super::{Store, StoreError, Tenant, batch, commit, on};

/// A task that somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct WaitedFor {
    pub run_id: String,
    /// The turn that the run was read at.
    pub turn: i64,
    /// `waiting`, or `blocked` because the task was gone when Salesforce was asked last.
    pub state: String,
    pub activity_id: String,
    /// JSON of the task, as ours say it.
    pub detail: String,
    /// Its id in Salesforce, once it has one.
    pub upstream_id: Option<String>,
    /// When Salesforce took it.
    pub settled_at: Option<i64>,
}

/// A mail that did not go out at once, and is tried again.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct StuckMail {
    pub activity_id: String,
    /// A sentence for people.
    pub problem: String,
}

/// What Salesforce says of a task that somebody waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// It is still to be done, or not there yet.
    Open,
    /// It was done there; the task as ours say it from now on.
    Done { detail: String },
    /// It is not there any more; a sentence for people.
    Gone { problem: String },
}

impl Store {
    /// Accounts in which somebody waits for a task of which Salesforce was not asked since a time.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn accounts_with_waited_tasks(&self, before_ms: i64) -> Result<Vec<String>, StoreError> {
        let text = "select a.id from accounts a where exists (select 1 from sales_runs r where r.account_id = a.id and r.looked_at < $1 \
                    and r.waits_for is not null and (r.state = 'waiting' or r.reason = 'task_gone'))";
        Ok(on!(self, pool => sqlx::query_scalar(text).bind(before_ms).fetch_all(pool).await)?)
    }
}

impl Tenant {
    /// Tasks that somebody waits for and of which Salesforce was not asked since a time, the longest not asked first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn waited_tasks(&self, before_ms: i64, limit: i64) -> Result<Vec<WaitedFor>, StoreError> {
        // Cut before anything is joined, so that a look costs the same however many wait.
        let text = "select w.id as run_id, w.turn, w.state, a.id as activity_id, a.detail, d.upstream_id, d.settled_at from \
                    (select r.id, r.turn, r.state, r.waits_for, r.looked_at from sales_runs r where r.account_id = $1 \
                    and r.looked_at < $2 and r.waits_for is not null and (r.state = 'waiting' or r.reason = 'task_gone') \
                    order by r.looked_at, r.id limit $3) w \
                    join sales_activities a on a.id = w.waits_for left join deliveries d on d.activity_id = a.id \
                    and d.target = 'salesforce' and d.verb = 'create' and d.state = 'done' \
                    order by w.looked_at, w.id";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(before_ms).bind(limit).fetch_all(pool).await)?)
    }

    /// Writes down what Salesforce says of tasks that people wait for, in one transaction: whoever's task is done goes on, and
    /// whose task is gone is blocked until somebody decides. Whoever was stopped or moved meanwhile is left as they are. Gives
    /// how many people this moved.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], or when the database refuses.
    pub async fn note_waited_tasks(&self, lease: &Lease, seen: &[(WaitedFor, Seen)], now_ms: i64) -> Result<u64, StoreError> {
        let asked = self.store.text(
            "update sales_runs set looked_at = $3 where +account_id = $1 and id in (select value from json_each($2))",
            "update sales_runs set looked_at = $3 where account_id = $1 \
             and id in (select jsonb_array_elements_text(cast($2 as jsonb)))",
        );
        let ids = batch::rows(seen.iter().map(|(waited, _)| &waited.run_id))?;
        Ok(commit!(&self.store, transaction => {
            under_lease!(transaction, lease);
            sqlx::query(asked).bind(&self.account_id).bind(&ids).bind(now_ms).execute(&mut *transaction).await?;
            let mut moved = 0;
            for (waited, seen) in seen {
                let (state, reason, problem) = match seen {
                    Seen::Open if waited.state == "blocked" => ("waiting", None, None),
                    Seen::Open => continue,
                    Seen::Gone { .. } if waited.state == "blocked" => continue,
                    Seen::Gone { problem } => ("blocked", Some("task_gone"), Some(problem)),
                    Seen::Done { .. } => ("running", Some("task_done"), None),
                };
                let touched = sqlx::query(
                    "update sales_runs set state = $4, reason = $5, problem = $6, turn = turn + 1, \
                     due_at = case when $4 = 'running' then $7 else null end, \
                     waits_for = case when $4 = 'running' then null else waits_for end \
                     where account_id = $1 and id = $2 and turn = $3 \
                     and (state = 'waiting' or (state = 'blocked' and reason = 'task_gone'))",
                )
                .bind(&self.account_id)
                .bind(&waited.run_id)
                .bind(waited.turn)
                .bind(state)
                .bind(reason)
                .bind(problem)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
                if let (1, Seen::Done { detail }) = (touched, seen) {
                    sqlx::query("update sales_activities set detail = $3 where account_id = $1 and id = $2 and kind = 'task'")
                        .bind(&self.account_id)
                        .bind(&waited.activity_id)
                        .bind(detail)
                        .execute(&mut *transaction)
                        .await?;
                }
                moved += touched;
            }
            moved
        }))
    }

    /// Those of some mails that something keeps from going out, but for the throttle.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn stuck_mails(&self, activity_ids: &[&String]) -> Result<Vec<StuckMail>, StoreError> {
        let text = self.store.text(
            "select activity_id, coalesce(problem, '') as problem from deliveries where +account_id = $1 and target = 'mail' \
             and activity_id in (select value from json_each($2)) and state = 'waiting' and code is not null and code <> 'RATE_LIMITED'",
            "select activity_id, coalesce(problem, '') as problem from deliveries where account_id = $1 and target = 'mail' \
             and activity_id in (select jsonb_array_elements_text(cast($2 as jsonb))) and state = 'waiting' and code is not null \
             and code <> 'RATE_LIMITED'",
        );
        let ids = batch::rows(activity_ids.iter())?;
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(&ids).fetch_all(pool).await)?)
    }

    /// Marks a task of ours as done, with the change of Salesforce's copy, and has whoever waits for it in a campaign go on;
    /// `false` when it is none, or was done before.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn complete_task(&self, id: &str, detail: &str, delivery_id: &str, now_ms: i64) -> Result<bool, StoreError> {
        Ok(commit!(&self.store, transaction => {
            let changed = sqlx::query(
                "update sales_activities set detail = $3 where account_id = $1 and id = $2 and kind = 'task' and detail <> $3",
            )
            .bind(&self.account_id)
            .bind(id)
            .bind(detail)
            .execute(&mut *transaction)
            .await?
            .rows_affected();
            if changed == 1 {
                // A copy that is gone is not changed.
                sqlx::query(
                    "insert into deliveries (id, account_id, activity_id, number, target, verb, lane, state, attempts, next_at, created_at) \
                     select $3, a.account_id, a.id, a.number, 'salesforce', 'update', a.lead_id, 'waiting', 0, 0, $4 \
                     from sales_activities a where a.account_id = $1 and a.id = $2 and not exists \
                     (select 1 from sales_runs r where r.waits_for = a.id and r.state = 'blocked' and r.reason = 'task_gone')",
                )
                .bind(&self.account_id)
                .bind(id)
                .bind(delivery_id)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
                sqlx::query(
                    "update sales_runs set state = 'running', reason = 'task_done', problem = null, due_at = $2, waits_for = null, \
                     turn = turn + 1 where waits_for = $1 and (state = 'waiting' or (state = 'blocked' and reason = 'task_gone'))",
                )
                .bind(id)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?;
            }
            changed == 1
        }))
    }
}
