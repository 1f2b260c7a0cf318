//! How the Salesforce package stands in the account's org: by what the org answers when it is asked through the
//! account's connection, and by what the package last reported itself.

use std::time::Duration;

use actix_web::web;
use serde_json::{Value, json};

use super::answer::Answer;
use super::package_version::{MINIMUM, PackageVersion};
use super::salesforce_tokens as tokens;
use super::signed_in::Admin;
use super::{AccountState, database};
use crate::clock;
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::salesforce::package::{self, Configuration, Seen};
use crate::salesforce_id::SalesforceId;
use crate::store::Tenant;

/// An answer of the org is good for this long: a page that is reloaded costs it nothing.
const FRESH_MS: i64 = 20_000;
/// Longest that a page waits for the org, all questions together.
const PATIENCE: Duration = Duration::from_secs(6);

/// What is known of the package.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// What the org answered; absent when it could never be asked.
    pub seen: Option<Seen>,
    pub seen_at: Option<i64>,
    /// What the package reported of itself.
    pub reported: Option<String>,
    pub reported_at: Option<i64>,
    /// Why the org could not be asked just now.
    pub problem: Option<&'static str>,
}

/// How a version stands against the minimum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Nobody said which version there is, if any.
    Unknown,
    Old,
    Current,
}

impl Known {
    /// The version: what the org says goes before what the package once said.
    #[must_use]
    pub fn version(&self) -> Option<&str> {
        self.seen.as_ref().and_then(|seen| seen.version.as_deref()).or(self.reported.as_deref())
    }

    /// How that version stands.
    #[must_use]
    pub fn standing(&self) -> Standing {
        match self.version().and_then(PackageVersion::parse) {
            None => Standing::Unknown,
            Some(version) if version < MINIMUM => Standing::Old,
            Some(_) => Standing::Current,
        }
    }
}

impl Standing {
    /// A stable word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Old => "old",
            Self::Current => "current",
        }
    }
}

/// What is known of the package in an org. Asks the org unless that was done just now; an org that doesn't answer
/// leaves what was known before.
///
/// # Errors
/// When the database does not answer.
pub async fn known(state: &web::Data<AccountState>, tenant: &Tenant, org_id: &str, request_id: &str) -> Result<Known, Problem> {
    let row = database::answer(tenant.org_package(org_id)).await?;
    let mut known = Known {
        seen: row.seen.as_deref().and_then(|text| serde_json::from_str(text).ok()),
        seen_at: row.seen_at,
        reported: row.reported_version,
        reported_at: row.reported_at,
        problem: None,
    };
    let now = clock::now_ms();
    if known.seen.is_some() && known.seen_at.is_some_and(|at| (0..FRESH_MS).contains(&(now - at))) {
        return Ok(known);
    }
    match database::answer(tenant.salesforce()).await? {
        Some(connection) if connection.org_id == org_id && connection.state == "connected" => {}
        Some(connection) if connection.org_id == org_id => {
            known.problem = Some("broken");
            return Ok(known);
        }
        _ => {
            known.problem = Some("not_connected");
            return Ok(known);
        }
    }
    match in_time(state, tenant, org_id, request_id).await {
        Ok(seen) => {
            let text = serde_json::to_string(&seen).map_err(|_| Problem::internal())?;
            database::answer(tenant.note_package_seen(org_id, &text, now)).await?;
            known.seen = Some(seen);
            known.seen_at = Some(now);
        }
        Err(why) => known.problem = Some(why),
    }
    Ok(known)
}

// In a task of its own: a token that is being refreshed must not be left half-way because nobody waits any more.
async fn in_time(state: &web::Data<AccountState>, tenant: &Tenant, org_id: &str, request_id: &str) -> Result<Seen, &'static str> {
    let (state, tenant) = (state.clone(), tenant.clone());
    let (org_id, request_id) = (org_id.to_owned(), request_id.to_owned());
    let task = tokio::spawn(async move { asked(&state, &tenant, &org_id, &request_id).await });
    match tokio::time::timeout(PATIENCE, task).await {
        Ok(Ok(outcome)) => outcome,
        _ => Err("no_answer"),
    }
}

async fn asked(state: &AccountState, tenant: &Tenant, org_id: &str, request_id: &str) -> Result<Seen, &'static str> {
    let org_id = SalesforceId::parse(org_id).map_err(|_| "no_answer")?;
    let token = tokens::current(&state.connections, tenant).await.map_err(|_| "broken")?;
    let outcome = ask(state, &token, &org_id, request_id).await;
    let outcome = if matches!(outcome, Err(CallError::Unauthorized)) {
        let token = tokens::renewed(&state.connections, tenant, token.generation, request_id).await.map_err(|_| "broken")?;
        ask(state, &token, &org_id, request_id).await
    } else {
        outcome
    };
    outcome.map_err(|error| match error {
        CallError::Forbidden | CallError::Unauthorized | CallError::Refused { .. } => "refused",
        _ => "no_answer",
    })
}

async fn ask(state: &AccountState, token: &tokens::AccessToken, org_id: &SalesforceId, request_id: &str) -> Result<Seen, CallError> {
    let instance = state.caller.hosts().salesforce(&token.instance_url)?;
    package::seen(&state.caller, &instance, &token.value, org_id, request_id).await
}

/// `GET /v1/connections/salesforce/package`
pub async fn show(admin: Admin, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let Some(org_id) = database::answer(admin.tenant.first_org()).await? else {
        return Ok(Answer::fleeting(view(None, &Known { problem: Some("not_connected"), ..Known::default() })));
    };
    let known = known(&state, &admin.tenant, &org_id, admin.actor.request_id.as_str()).await?;
    Ok(Answer::fleeting(view(Some(&org_id), &known)))
}

fn view(org_id: Option<&str>, known: &Known) -> Value {
    let seen = known.seen.as_ref();
    let configuration = seen.map(|seen| match &seen.configuration {
        Configuration::Hidden => json!({"state": "hidden"}),
        Configuration::Empty => json!({"state": "empty"}),
        Configuration::Saved(saved) => {
            let mut view = json!(saved);
            if let Some(view) = view.as_object_mut() {
                view.insert("state".to_owned(), json!("saved"));
            }
            view
        }
    });
    json!({
        "org_id": org_id, "version": known.version(), "minimum_version": MINIMUM.to_string(), "standing": known.standing().word(),
        "reps": seen.and_then(|seen| seen.reps), "admins": seen.and_then(|seen| seen.admins), "configuration": configuration,
        "asked_at": known.seen_at, "reported_version": known.reported, "reported_at": known.reported_at, "problem": known.problem,
    })
}
