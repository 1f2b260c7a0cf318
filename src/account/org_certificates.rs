//! An org registers the certificate that it signs with; admins see and revoke what is registered.

use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::signed_in::{Actor, Admin};
use super::visitor::{Face, suspended};
use super::{AccountState, body, certificates, database, org_assertion, orgs, secret_key};
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::StoreError;
use crate::store::secret_keys::{ListedCertificate, Registered, Registrar};

/// Bytes: a certificate and an assertion of at most 16 KB each, and their frame.
const LARGEST: usize = 40 * 1024;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Registration {
    secret_key: SecretString,
    name: String,
    certificate_pem: String,
    assertion: String,
}

/// `POST /v1/orgs/{org_id}/certificates`: the org shows the account's secret key, and that it holds the private key.
pub async fn register(
    face: Face,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with the texts org_id, name, certificate_pem and assertion.";
    let registration: Registration = body::read(&request, payload, LARGEST, wanted).await?;
    let org = match orgs::named(&request, &state).await {
        Ok(org) => org,
        Err(problem) if problem.status == 404 => return Err(rejected()),
        Err(problem) => return Err(problem),
    };
    let tenant = state.store.tenant(&org.account_id);
    if !secret_key::fits(&tenant, &registration.secret_key).await? {
        tracing::warn!(org_id = %org.org_id, "a certificate came with a wrong secret key");
        metrics::counter!("account_certificates_refused_total", "why" => "secret_key").increment(1);
        return Err(rejected());
    }
    if org.status != "active" {
        return Err(suspended());
    }
    let org_id = SalesforceId::parse(&org.org_id).map_err(|_| Problem::internal())?;
    let certificate = certificates::prepared(&org_id, &registration.name, &registration.certificate_pem, clock::now_ms())?;
    let public_url = &state.settings.gateway.public_url;
    let Some(proof) = org_assertion::proof(&registration.assertion, &certificate.public_key_pem, &org_id, public_url) else {
        metrics::counter!("account_certificates_refused_total", "why" => "assertion").increment(1);
        return Err(not_proven());
    };
    let actor = Actor { who: format!("salesforce:{}", proof.user_id), source: face.source, request_id: face.request_id };
    let deed = actor.deed("certificate.registered", certificate.name.clone());
    let by = Registrar { user_id: proof.user_id.as_str(), jti: &proof.jti };
    let outcome = database::answer(async {
        match tenant.register_certificate(&certificate, by, &deed).await {
            Err(StoreError::Taken) => Ok(None),
            outcome => outcome.map(Some),
        }
    });
    match outcome.await? {
        Some(Registered::Done) => {}
        Some(Registered::Revoked) => return Err(certificates::revoked()),
        Some(Registered::Used) => return Err(not_proven()),
        None => return Err(rejected()),
    }
    tracing::info!(org_id = %org.org_id, "a certificate was registered");
    let known = database::answer(tenant.certificates(&org.org_id)).await?;
    let known = known.into_iter().find(|known| known.fingerprint == certificate.fingerprint).unwrap_or(certificate);
    let view = json!({"id": known.id, "name": known.name, "not_after": known.not_after, "fingerprint": known.fingerprint});
    Ok(Answer::fleeting(view).created().tag("org", &org.org_id))
}

// One answer for an unknown org, an account without a key, and a wrong or earlier key.
fn rejected() -> Problem {
    Problem::unauthorized(
        "secret_key.rejected",
        "The API secret key was not accepted for this Salesforce org. Enter the present key of Settings › Salesforce › Package.",
    )
}

fn not_proven() -> Problem {
    Problem::unauthorized(
        "certificate.not_proven",
        "The org did not prove that it holds this certificate's private key. Paste the certificate whose name the configuration names, \
         and see that the gateway's address there is this one.",
    )
}

/// `GET /v1/connections/salesforce/certificates`
pub async fn list(admin: Admin) -> Result<Answer<Value>, Problem> {
    let now = clock::now_ms();
    let items: Vec<Value> =
        database::answer(admin.tenant.listed_certificates()).await?.iter().map(|certificate| view(certificate, now)).collect();
    Ok(Answer::fleeting(json!({"total": items.len(), "items": items, "next_cursor": null})))
}

fn view(certificate: &ListedCertificate, now: i64) -> Value {
    let state = match certificate {
        ListedCertificate { revoked_at: Some(_), .. } => "revoked",
        ListedCertificate { not_after, .. } if *not_after <= now => "expired",
        ListedCertificate { not_before, .. } if *not_before > now => "future",
        _ => "active",
    };
    json!({
        "id": certificate.id, "org_id": certificate.org_id, "name": certificate.name, "fingerprint": certificate.fingerprint,
        "not_before": certificate.not_before, "not_after": certificate.not_after, "state": state,
        "registered_at": certificate.created_at, "registered_by": certificate.registered_by, "revoked_at": certificate.revoked_at,
    })
}

/// `POST /v1/connections/salesforce/certificates/{id}/revoke`: assertions of its key are refused from now on; a face
/// that asked for the org just before notices within half a minute.
pub async fn revoke(admin: Admin, id: web::Path<String>) -> Result<HttpResponse, Problem> {
    let known = database::answer(admin.tenant.listed_certificates()).await?;
    let certificate = known.into_iter().find(|known| known.id == *id).ok_or_else(Problem::not_found)?;
    let deed = admin.actor.deed("certificate.revoked", certificate.name);
    database::answer(admin.tenant.revoke_certificate(&certificate.id, &deed)).await?;
    Ok(nothing())
}
