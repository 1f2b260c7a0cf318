//! The guide as a checklist. No tick is set by hand: each follows from how things are now.

use serde_json::{Value, json};

use super::answer::Answer;
use super::connections::MARKETO;
use super::invitations::standing;
use super::signed_in::Somebody;
use super::{database, field_sync};
use crate::clock;
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::members::Filter;

/// `GET /v1/set-up`
pub async fn show(somebody: Somebody) -> Result<Answer<Value>, Problem> {
    let tenant = &somebody.tenant;
    let steps = vec![
        first_user(tenant).await?,
        salesforce(tenant).await?,
        marketo(tenant).await?,
        sync(tenant).await?,
        members(tenant).await?,
        package(tenant).await?,
        panel(tenant).await?,
    ];
    Ok(Answer::fleeting(json!({ "steps": steps })))
}

fn step(number: u8, state: &str, who: &str, (code, params): (&str, Value), since: Option<i64>) -> Value {
    json!({"number": number, "state": state, "who": who, "detail": {"code": code, "params": params}, "since": since})
}

async fn first_user(tenant: &Tenant) -> Result<Value, Problem> {
    let who = "marketo_admin";
    let Some(invitation) = database::answer(tenant.first_invitation()).await? else {
        // An operator's account has members without it.
        let members = database::answer(tenant.count_members(Filter { state: "active", ..Filter::default() })).await?;
        let state = if members > 0 { "done" } else { "todo" };
        return Ok(step(1, state, who, ("first_user.none", json!({})), None));
    };
    let params = json!({"email": invitation.email});
    Ok(match standing(&invitation, clock::now_ms()) {
        "accepted" => step(1, "done", who, ("first_user.accepted", params), invitation.accepted_at),
        "invited" if invitation.opened_at.is_some() => step(1, "waiting", "you", ("first_user.opened", params), invitation.opened_at),
        "invited" => step(1, "waiting", "you", ("first_user.invited", params), Some(invitation.sent_at)),
        "expired" => step(1, "failed", who, ("first_user.expired", params), Some(invitation.expires_at)),
        _ => step(1, "todo", who, ("first_user.revoked", params), None),
    })
}

async fn salesforce(tenant: &Tenant) -> Result<Value, Problem> {
    Ok(match database::answer(tenant.salesforce()).await? {
        None => step(2, "todo", "admin", ("salesforce.none", json!({})), None),
        Some(row) if row.state == "connected" => {
            step(2, "done", "admin", ("salesforce.connected", json!({"org": row.org_id, "user": row.username})), Some(row.connected_at))
        }
        Some(row) => step(2, "failed", "admin", ("salesforce.broken", json!({"problem": row.problem})), row.last_success_at),
    })
}

async fn marketo(tenant: &Tenant) -> Result<Value, Problem> {
    Ok(match database::answer(tenant.connection(MARKETO)).await? {
        None => step(3, "todo", "admin", ("marketo.none", json!({})), None),
        Some(row) if row.state == "connected" => {
            step(3, "done", "admin", ("marketo.connected", json!({"client_id": row.client_id})), row.checked_at)
        }
        Some(row) => step(3, "failed", "admin", ("marketo.broken", json!({"problem": row.state_reason})), row.checked_at),
    })
}

async fn sync(tenant: &Tenant) -> Result<Value, Problem> {
    let view = field_sync::view(tenant).await?;
    let since = view.get("started_at").and_then(Value::as_i64);
    let params = json!({"written": view.get("written"), "read": view.get("read")});
    Ok(match view.get("state").and_then(Value::as_str) {
        Some("done") => step(4, "done", "marketo_admin", ("sync.done", params), since),
        Some("running") => step(4, "waiting", "marketo_admin", ("sync.running", params), since),
        Some("paused") => step(4, "waiting", "marketo_admin", ("sync.paused", params), since),
        Some("failed") => step(4, "failed", "marketo_admin", ("sync.failed", json!({"problem": view.get("problem")})), since),
        _ => step(4, "todo", "marketo_admin", ("sync.idle", json!({})), None),
    })
}

async fn members(tenant: &Tenant) -> Result<Value, Problem> {
    let invited = database::answer(tenant.count_members(Filter { state: "invited", ..Filter::default() })).await?;
    let active = database::answer(tenant.count_members(Filter { state: "active", ..Filter::default() })).await?;
    let params = json!({"invited": invited, "active": active});
    Ok(match (active, invited) {
        (2.., _) => step(5, "done", "admin", ("members.joined", params), None),
        (_, 1..) => step(5, "waiting", "admin", ("members.invited", params), None),
        _ => step(5, "todo", "admin", ("members.none", params), None),
    })
}

// What the package leaves behind when it is installed and configured: the certificate with which the org signs.
async fn package(tenant: &Tenant) -> Result<Value, Problem> {
    let who = "salesforce_admin";
    let Some(org_id) = database::answer(tenant.first_org()).await? else {
        return Ok(step(6, "todo", who, ("package.no_org", json!({})), None));
    };
    let certificates = database::answer(tenant.certificates(&org_id)).await?;
    let now = clock::now_ms();
    Ok(match certificates.iter().find(|certificate| certificate.not_after > now) {
        Some(certificate) => step(6, "done", who, ("package.certificate", json!({"org": org_id, "certificate": certificate.name})), None),
        None if certificates.is_empty() => step(6, "todo", who, ("package.none", json!({"org": org_id})), None),
        None => step(6, "failed", who, ("package.certificate_expired", json!({"org": org_id})), None),
    })
}

// The face names its memory the first time that the org opens a panel.
async fn panel(tenant: &Tenant) -> Result<Value, Problem> {
    let seen = database::answer(tenant.panel_was_opened()).await?;
    let (state, code) = if seen { ("done", "panel.opened") } else { ("todo", "panel.never_opened") };
    Ok(step(7, state, "salesforce_admin", (code, json!({})), None))
}
