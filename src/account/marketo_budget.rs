//! What the account's calls use of Marketo's limits, for its admins: by purpose over Marketo's day, and when work that
//! has to wait goes on.

use std::time::Duration;

use actix_web::web;
use serde_json::{Value, json};

use super::AccountState;
use super::answer::Answer;
use super::signed_in::Admin;
use crate::problem::Problem;

/// `GET /v1/connections/marketo/budget`
pub async fn show(admin: Admin, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let marketo = match state.connections.marketo(admin.tenant.account_id()).await {
        Ok(marketo) => marketo,
        Err(problem) if problem.code == "marketo.not_connected" => return Ok(Answer::fleeting(json!({ "connected": false }))),
        Err(problem) => return Err(problem),
    };
    let view = tokio::time::timeout(Duration::from_secs(5), marketo.budget().view())
        .await
        .map_err(|_| Problem::unavailable("budget.unavailable", "The figures of the budget cannot be read just now.", 5))?;
    let mut shown = serde_json::to_value(view).map_err(|_| Problem::internal())?;
    if let Some(object) = shown.as_object_mut() {
        object.insert("connected".to_owned(), json!(true));
    }
    Ok(Answer::fleeting(shown))
}
