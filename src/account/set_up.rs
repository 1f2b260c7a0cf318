//! The guide as a checklist. No tick is set by hand: each follows from how things are now.

use actix_web::web;
use serde_json::{Value, json};

use super::answer::Answer;
use super::connections::MARKETO;
use super::invitations::standing;
use super::package_state::{Known, Standing};
use super::package_version::MINIMUM;
use super::signed_in::Somebody;
use super::{AccountState, database, field_sync, package_state};
use crate::clock;
use crate::problem::Problem;
use crate::remote::salesforce::package::Configuration;
use crate::store::Tenant;
use crate::store::members::Filter;

/// `GET /v1/set-up`
pub async fn show(somebody: Somebody, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let tenant = &somebody.tenant;
    let org_id = database::answer(tenant.first_org()).await?;
    let known = match &org_id {
        Some(org_id) => package_state::known(&state, tenant, org_id, somebody.actor.request_id.as_str()).await?,
        None => Known::default(),
    };
    let certificate = certificate(tenant, org_id.as_deref()).await?;
    let opened = database::answer(tenant.panel_was_opened()).await?;
    let steps = vec![
        first_user(tenant).await?,
        salesforce(tenant).await?,
        marketo(tenant).await?,
        sync(tenant).await?,
        members(tenant).await?,
        package(org_id.as_deref(), &known, certificate),
        configuration(org_id.as_deref(), &known, certificate, opened, &state.settings.gateway.public_url),
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

// Installed, new enough, and given to somebody: as the org itself says, or else as the package last reported.
fn package(org_id: Option<&str>, known: &Known, certificate: Certificate) -> Value {
    let who = "salesforce_admin";
    let Some(org_id) = org_id else { return step(6, "todo", who, ("package.no_org", json!({})), None) };
    let (version, minimum) = (known.version().unwrap_or_default(), MINIMUM.to_string());
    let since = known.seen_at.max(known.reported_at);
    let params = json!({"org": org_id, "version": version, "minimum": minimum});
    match (known.standing(), known.seen.as_ref().and_then(|seen| seen.reps)) {
        // Somebody installed something there: it signs.
        (Standing::Unknown, _) if certificate != Certificate::None => step(6, "waiting", who, ("package.unreported", params), since),
        (Standing::Unknown, _) => step(6, "todo", who, ("package.none", params), None),
        (Standing::Old, _) => step(6, "failed", who, ("package.old", params), since),
        (Standing::Current, Some(0)) => step(6, "waiting", who, ("package.unassigned", params), since),
        (Standing::Current, Some(reps)) => {
            step(6, "done", who, ("package.assigned", json!({"org": org_id, "version": version, "reps": reps})), since)
        }
        (Standing::Current, None) => step(6, "done", who, ("package.installed", params), since),
    }
}

// Configured for this gateway, registered, switched on, and a panel was opened.
fn configuration(org_id: Option<&str>, known: &Known, certificate: Certificate, opened: bool, public_url: &str) -> Value {
    let who = "salesforce_admin";
    if org_id.is_none() {
        return step(7, "todo", who, ("panel.never_opened", json!({})), None);
    }
    let ours = public_url.trim_end_matches('/');
    let since = known.seen_at;
    match known.seen.as_ref().filter(|seen| seen.version.is_some()).map(|seen| &seen.configuration) {
        Some(Configuration::Empty) => return step(7, "todo", who, ("config.none", json!({"ours": ours})), since),
        Some(Configuration::Saved(saved)) => {
            let address = saved.gateway_address.as_deref().unwrap_or_default();
            let shown: String = address.chars().filter(|letter| !letter.is_control()).take(120).collect();
            if address.is_empty() {
                return step(7, "todo", who, ("config.none", json!({"ours": ours})), since);
            }
            if !address.trim_end_matches('/').eq_ignore_ascii_case(ours) {
                return step(7, "failed", who, ("config.address", json!({"found": shown, "ours": ours})), since);
            }
            if certificate == Certificate::Good && saved.actions_enabled != Some(true) {
                return step(7, "waiting", who, ("config.actions_off", json!({})), since);
            }
        }
        Some(Configuration::Hidden) | None => {}
    }
    match certificate {
        Certificate::None => step(7, "todo", who, ("config.certificate", json!({})), None),
        Certificate::Expired => step(7, "failed", who, ("config.certificate_expired", json!({})), None),
        // The face names its memory the first time that the org opens a panel.
        Certificate::Good if opened => step(7, "done", who, ("panel.opened", json!({})), None),
        Certificate::Good => step(7, "waiting", who, ("panel.never_opened", json!({})), None),
    }
}

/// How the org can sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Certificate {
    None,
    Expired,
    Good,
}

async fn certificate(tenant: &Tenant, org_id: Option<&str>) -> Result<Certificate, Problem> {
    let Some(org_id) = org_id else { return Ok(Certificate::None) };
    let certificates = database::answer(tenant.certificates(org_id)).await?;
    let now = clock::now_ms();
    Ok(match certificates.iter().find(|certificate| certificate.not_after > now) {
        Some(_) => Certificate::Good,
        None if certificates.is_empty() => Certificate::None,
        None => Certificate::Expired,
    })
}
