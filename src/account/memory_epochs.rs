//! What became of the face's memory of seen signed requests.

use actix_web::{HttpRequest, web};
use serde::{Deserialize, Serialize};

use super::answer::Answer;
use super::visitor::Face;
use super::{AccountState, database, orgs};
use crate::clock;
use crate::problem::Problem;

/// Longest name of a memory, in bytes.
const LONGEST: usize = 64;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Epoch {
    epoch: String,
}

#[derive(Serialize)]
pub struct Began {
    began_at: i64,
}

/// `POST /v1/orgs/{org_id}/memory-epochs`: the face names its memory and learns since when it lasts.
pub async fn note(_: Face, request: HttpRequest, body: web::Payload, state: web::Data<AccountState>) -> Result<Answer<Began>, Problem> {
    let org = orgs::named(&request, &state).await?;
    let Epoch { epoch } = orgs::read(&request, body, "The body must be an object with the text epoch.").await?;
    if !(1..=LONGEST).contains(&epoch.len()) || !epoch.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(Problem::bad_request("request.invalid", "The epoch must have 1 to 64 letters and digits."));
    }
    let began_at = database::answer(state.store.tenant(&org.account_id).memory_began(&epoch, clock::now_ms())).await?;
    if began_at > 0 {
        tracing::warn!(account_id = %org.account_id, began_at, "the memory of seen signed requests was lost; repeated ones are checked live");
    }
    Ok(Answer::fleeting(Began { began_at }).tag("account", &org.account_id))
}
