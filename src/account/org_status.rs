//! What an org's package asks about itself: its diagnostics show the answer, and its version is noted meanwhile.

use actix_web::{HttpRequest, web};
use serde_json::{Value, json};

use super::answer::Answer;
use super::connections::MARKETO;
use super::package_version::{MINIMUM, PackageVersion};
use super::query::{Query, invalid};
use super::visitor::Package;
use super::{AccountState, database, field_sync};
use crate::clock;
use crate::problem::Problem;

/// A report is written again when it is older than this, or says something new.
const NOTE_AGAIN_MS: i64 = 60_000;

/// `GET /v1/org/status?package_version=`
pub async fn show(package: Package, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let query = Query::read(&request, &["package_version"])?;
    let version = match query.get("package_version") {
        None | Some("") => None,
        Some(text) => Some(PackageVersion::parse(text).ok_or_else(|| invalid("package_version", "It must be a version such as 1.0.0."))?),
    };
    let (tenant, org, now) = (&package.tenant, &package.org, clock::now_ms());
    if let Some(version) = version {
        let known = database::answer(tenant.org_package(&org.org_id)).await?;
        let version = version.to_string();
        let old = known.reported_at.is_none_or(|at| now - at >= NOTE_AGAIN_MS);
        if old || known.reported_version.as_deref() != Some(&version) {
            database::answer(tenant.note_package_report(&org.org_id, &version, package.user.as_str(), now)).await?;
        }
    }
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let certificates = database::answer(tenant.certificates(&org.org_id)).await?;
    let salesforce = database::answer(tenant.salesforce()).await?.map_or("none".to_owned(), |row| row.state);
    let marketo = database::answer(tenant.connection(MARKETO)).await?.map_or("none".to_owned(), |row| row.state);
    let member = database::answer(tenant.member_by_salesforce(&org.org_id, package.user.as_str())).await?;
    let sync = field_sync::view(tenant).await?;
    let standing = version.map(|version| if version < MINIMUM { "old" } else { "current" });
    let certificates: Vec<Value> =
        certificates.iter().map(|certificate| json!({"name": certificate.name, "not_after": certificate.not_after})).collect();
    Ok(Answer::fleeting(json!({
        "name": account.name,
        "status": org.status,
        "minimum_package_version": MINIMUM.to_string(),
        "gateway_version": env!("CARGO_PKG_VERSION"),
        "package": standing,
        "gateway_address": state.settings.gateway.public_url.trim_end_matches('/'),
        "certificates": certificates,
        "connections": {"salesforce": salesforce, "marketo": marketo},
        "sync": sync.get("state"),
        "member": member.is_some_and(|member| member.state == "active"),
    })))
}
