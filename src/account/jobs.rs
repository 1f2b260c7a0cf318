//! How the account's background work stands, and what it has used of Marketo's budget.

use actix_web::web;
use serde::Serialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::visitor::{Face, Operator};
use super::{AccountState, database};
use crate::problem::Problem;

#[derive(Serialize)]
struct JobView {
    job: String,
    state: String,
    progress: Option<Value>,
    problem: Option<String>,
    next_run_at: i64,
    updated_at: i64,
}

/// `GET /v1/jobs`
pub async fn list(operator: Operator) -> Result<Answer<Value>, Problem> {
    let jobs: Vec<JobView> = database::answer(operator.tenant.jobs())
        .await?
        .into_iter()
        .map(|job| JobView {
            job: job.job,
            state: job.state,
            progress: job.progress.and_then(|text| serde_json::from_str(&text).ok()),
            problem: job.problem,
            next_run_at: job.next_run_at,
            updated_at: job.updated_at,
        })
        .collect();
    Ok(Answer::fleeting(json!({ "jobs": jobs })).tag("account", operator.tenant.account_id()))
}

/// `GET /v1/budget`
pub async fn budget(_: Face, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let budgets = tokio::time::timeout(std::time::Duration::from_secs(5), state.budgets.budgets())
        .await
        .map_err(|_| Problem::unavailable("budget.unavailable", "The figures of the budget cannot be read just now.", 5))??;
    Ok(Answer::fleeting(json!({ "munchkins": budgets })))
}
