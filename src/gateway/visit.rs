//! A rep opens a panel: `/canvas`.
//!
//! Verify, look up the org, open a session and mark the request as seen in one round trip, answer with a
//! shell. The shell's fragments come later with the session's token.

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use secrecy::ExposeSecret;

use super::admin;
use super::broker::{LiveCheck, Org};
use super::canvas::{self, Envelope, hosts};
use super::edge;
use super::face::{Face, unshared};
use super::pace::REFUSED;
use super::page::{Language, Shell, State};
use super::reading;
use super::refusal;
use super::session::{self, Opening};
use super::ticket;
use super::token::{Claims, Tokens, Use};
use super::{panel, panel_acting};
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::settings::Replay;

/// Title of the document; nobody sees it inside a frame.
const TITLE: &str = "Marketo Sales Insight";
/// Longest time zone that travels in a token, in bytes.
const LONGEST_NAME: usize = 48;

/// A verified visit of a rep.
struct Visit {
    org: std::sync::Arc<Org>,
    envelope: Envelope,
    user: String,
    language: Language,
    time_zone: Option<String>,
}

/// `POST /canvas`: a signed request becomes a panel.
pub async fn arrive(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    let mut language = Language::default();
    match welcome(&request, payload, &face, &mut language).await {
        Ok(panel) => panel,
        Err(problem) => {
            let problem = REFUSED.refused(&face, admin::address(&request, &face).as_deref(), problem).await;
            refusal::page(&request, &face.house.pages, language, &problem, &face.house.any_frame)
        }
    }
}

async fn welcome(request: &HttpRequest, payload: Payload, face: &Face, language: &mut Language) -> Result<HttpResponse, Problem> {
    let house = &face.house;
    let request_id = edge::request_id(request);
    let body = reading::form(request, payload, house.settings.canvas.max_body_bytes).await?;
    let signed_request = canvas::body::signed_request(&body)?;
    let signed = canvas::signature::verify(&signed_request, &house.secrets)?;
    let envelope = Envelope::read(signed.envelope, clock::now_s(), house.settings.canvas.max_age_seconds)?;
    *language = Language::from_salesforce(envelope.language.as_deref().unwrap_or_default());
    if !signed.verified.may_speak_for(&envelope.org_id) {
        tracing::error!(request_id, org = envelope.org_id, "a consumer secret was used for another org");
        return Err(canvas::rejected());
    }
    let org_id = canonical(&envelope.org_id);
    edge::share(request, face, &org_id)?;
    let org = house.broker.org(&org_id, &request_id).await.map_err(|problem| match &*problem.code {
        "tenant.unknown" => Problem::forbidden("tenant.unknown", problem.detail),
        _ => problem,
    })?;
    edge::share(request, face, &org.account_id)?;
    if org.status != "active" {
        return Err(ticket::suspended());
    }
    if envelope.instance_url.as_deref().is_some_and(|address| !is_of_org(address, &org)) {
        return Err(canvas::rejected());
    }
    let user = canonical(&envelope.user_id);
    let visit = Visit { org, user, language: *language, time_zone: short(envelope.time_zone.as_deref()), envelope };
    let id = session::new_id()?;
    let opening = Opening {
        account: &visit.org.account_id,
        tag: &signed.tag,
        user: &visit.user,
        id: &id,
        session_seconds: house.settings.gateway.session_seconds,
        seen_seconds: house.settings.canvas.seen_seconds,
    };
    if is_repeated(face, &opening, &visit, &request_id).await? && !is_proven_live(face, &opening, &visit, &request_id).await? {
        face.memory.forget(&session::key(&visit.org.account_id, &id)).await;
        return Err(Problem::new(
            409,
            "canvas.replayed",
            "This request was used before",
            "This copy of the panel was opened before and can no longer be checked with Salesforce. Reload the Salesforce page.",
        ));
    }
    panel(face, &visit, id, &request_id)
}

// Whether the request was, or may have been, seen before: also when the memory that would know is younger
// than a token can live (attacks CSR-22), unless the request is younger still.
async fn is_repeated(face: &Face, opening: &Opening<'_>, visit: &Visit, request_id: &str) -> Result<bool, Problem> {
    let sight = opening.admit(&face.memory).await?;
    if !sight.first {
        return Ok(true);
    }
    let account = opening.account;
    let epoch = match sight.epoch {
        Some(epoch) => Some(epoch),
        None => face.memory.name_epoch(&session::epoch_key(account), &clock::new_id()).await,
    };
    let Some(epoch) = epoch else { return Ok(true) };
    let name = format!("{account} {epoch}");
    let began = if let Some(began) = face.house.epochs.get(&name).await {
        began
    } else {
        let ask = face.house.broker.memory_began(&visit.org.org_id, &epoch, request_id);
        face.house.epochs.try_get_with(name, ask).await.map_err(unshared)?
    };
    let trusted_from = began.saturating_add(i64::from(opening.seen_seconds) * 1000);
    let younger = visit.envelope.issued_at_ms.is_some_and(|issued| issued > began);
    Ok(began > 0 && clock::now_ms() < trusted_from && !younger)
}

async fn is_proven_live(face: &Face, opening: &Opening<'_>, visit: &Visit, request_id: &str) -> Result<bool, Problem> {
    metrics::counter!("canvas_repeated_total").increment(1);
    if face.house.settings.canvas.replay == Replay::Refuse {
        return Ok(false);
    }
    let (Some(instance_url), Some(token)) = (visit.envelope.instance_url.as_deref(), visit.envelope.oauth_token.as_ref()) else {
        return Ok(false);
    };
    let check = LiveCheck { instance_url, oauth_token: token.expose_secret(), user_id: &visit.user };
    let ask = face.house.broker.is_live(&visit.org.org_id, &check, request_id);
    face.house.live_checks.try_get_with(session::fingerprint(opening.tag), ask).await.map_err(unshared)
}

fn panel(face: &Face, visit: &Visit, id: String, request_id: &str) -> Result<HttpResponse, Problem> {
    let house = &face.house;
    let now = clock::now_s();
    let envelope = &visit.envelope;
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, edge::framed_policy(frames(&visit.org))));
    let record = envelope.record.as_ref().filter(|record| panel::shows(&record.object));
    let (rec, obj) = match record {
        Some(record) => (Some(canonical(&record.id)), record.object.as_str()),
        None if envelope.record.is_none() && envelope.page.as_deref() == Some("desk") => (None, panel::DESK),
        None => return Ok(answer.body(house.pages.state_page(visit.language, &State::NoRecord, None))),
    };
    let claims = Claims {
        iss: Tokens::issuer().to_owned(),
        aud: Use::Panel,
        exp: now + i64::from(house.settings.gateway.session_seconds),
        iat: now,
        jti: id,
        acc: visit.org.account_id.clone(),
        org: visit.org.org_id.clone(),
        sub: visit.user.clone(),
        rec,
        obj: Some(obj.to_owned()),
        lng: Some(visit.language.tag().to_owned()),
        tz: visit.time_zone.clone(),
        off: panel_acting::switched_off(envelope.actions.as_deref()),
    };
    let tabs = envelope.tabs.as_deref().map(panel::tab_order).unwrap_or_default();
    let target_origin =
        envelope.target_origin.as_deref().filter(|origin| hosts::is_frame(origin) || frames(&visit.org).any(|frame| frame == *origin));
    let shell = Shell {
        lang: visit.language,
        token: &house.tokens.issue(&claims)?,
        session_seconds: house.settings.gateway.session_seconds,
        record_object: obj,
        title: TITLE,
        tabs: &tabs,
        target_origin: target_origin.unwrap_or_default(),
        instance_id: envelope.instance_id.as_deref().unwrap_or_default(),
        request_id,
    };
    Ok(answer.body(house.pages.shell(&shell)))
}

// The org's own address may frame us as well as the hosts on record.
fn frames(org: &Org) -> impl Iterator<Item = &str> {
    org.frame_ancestors.iter().map(String::as_str).chain(hosts::origin(&org.instance_url))
}

fn is_of_org(address: &str, org: &Org) -> bool {
    address.trim_end_matches('/') == org.instance_url || hosts::is_instance(address)
}

// The signature vouches for the id; its first fifteen characters are what counts.
fn canonical(id: &str) -> String {
    let parsed = SalesforceId::parse(id).or_else(|_| SalesforceId::parse(id.get(..15).unwrap_or_default()));
    parsed.map_or_else(|_| id.to_owned(), |id| id.as_str().to_owned())
}

fn short(name: Option<&str>) -> Option<String> {
    name.filter(|name| name.len() <= LONGEST_NAME && name.bytes().all(|byte| byte.is_ascii_graphic())).map(str::to_owned)
}

/// `GET /canvas`: Salesforce's way of saying that the user has not approved the app yet.
pub async fn approval(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    let value = |name: &str| pairs.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let asked = ["_sfdc_canvas_auth", "_sfdc_canvas_authvalue"].into_iter().any(|name| value(name) == Some("user_approval_required"));
    let pages = &face.house.pages;
    let refuse = |problem: &Problem| refusal::page(&request, pages, Language::default(), problem, &face.house.any_frame);
    if !asked {
        return refuse(&Problem::new(
            405,
            "request.method",
            "Method not allowed",
            "Salesforce opens this address with a signed request. Open the panel from a Salesforce page.",
        ));
    }
    match value("loginUrl") {
        Some(address) if hosts::is_login(address) || face.house.settings.salesforce.extra_hosts.iter().any(|host| is_at(address, host)) => {
            HttpResponse::Ok()
                .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
                .insert_header((header::CONTENT_SECURITY_POLICY, edge::framed_policy(face.house.any_frame.split(' '))))
                .body(pages.state_page(Language::default(), &State::Approval { url: address }, None))
        }
        _ => refuse(&Problem::bad_request("url.not_allowed", "The sign-in address does not belong to Salesforce.")),
    }
}

fn is_at(address: &str, host: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        address.strip_prefix(scheme).and_then(|rest| rest.strip_prefix(host)).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    })
}
