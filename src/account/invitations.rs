//! Invitations: sent, sent again, taken back, opened, accepted.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::email::Email;
use super::inviting::{Guest, LIFE_MS, Manner, detail, invite, made_out};
use super::link::{LinkToken, hash, hash_of};
use super::listing::{Listing, Wish};
use super::me::path_id;
use super::postbox::place;
use super::query::invalid;
use super::signed_in::{Actor, Admin, Configurator};
use super::visitor::Face;
use super::{AccountState, body, database, fields};
use crate::clock;
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::invitations::{Invitation, Question};
use crate::store::mail::NewMail;

/// Most addresses of one call; more come by file.
const MOST: usize = 200;
/// So long has to pass before the same person gets the mail again.
const PAUSE_MS: i64 = 60_000;

/// How an invitation stands.
#[must_use]
pub(super) fn standing(invitation: &Invitation, now: i64) -> &'static str {
    match invitation.state.as_str() {
        "accepted" => "accepted",
        "revoked" => "revoked",
        _ if invitation.expires_at <= now => "expired",
        _ => "invited",
    }
}

/// An invitation as lists show it, with how its mail fares.
#[derive(Serialize)]
pub struct InvitationView {
    id: String,
    email: String,
    state: &'static str,
    first: bool,
    inviter: String,
    language: String,
    sent_at: i64,
    opened_at: Option<i64>,
    accepted_at: Option<i64>,
    expires_at: i64,
    mail: Option<MailView>,
}

#[derive(Serialize)]
struct MailView {
    /// `waiting`, `sent`, `failed` or `dropped`.
    state: String,
    problem: Option<String>,
}

pub(super) async fn view(tenant: &Tenant, invitation: Invitation) -> Result<InvitationView, Problem> {
    let mail = database::answer(tenant.mail_about(&invitation.id)).await?;
    Ok(InvitationView {
        state: standing(&invitation, clock::now_ms()),
        id: invitation.id,
        email: invitation.email,
        first: invitation.is_first,
        inviter: invitation.inviter,
        language: invitation.language,
        sent_at: invitation.sent_at,
        opened_at: invitation.opened_at,
        accepted_at: invitation.accepted_at,
        expires_at: invitation.expires_at,
        mail: mail.map(|(state, problem)| MailView { state, problem }),
    })
}

/// `GET /v1/invitations`
pub async fn list(admin: Admin, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Listing<InvitationView>>, Problem> {
    let wish = Wish::read(&request, &state, &format!("invitations/{}", admin.tenant.account_id()), &[])?;
    let rows = database::answer(admin.tenant.invitations(wish.before(), wish.limit + 1)).await?;
    let total = database::answer(admin.tenant.count_invitations()).await?;
    let page = wish.page(&state, rows, total, |row| (row.created_at, row.id.clone()), |row| row);
    let mut items = Vec::with_capacity(page.items.len());
    for row in page.items {
        items.push(view(&admin.tenant, row).await?);
    }
    Ok(Answer::fleeting(Listing { items, next_cursor: page.next_cursor, total }))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    emails: Vec<String>,
    role: Option<String>,
    teams: Option<Vec<String>>,
    language: Option<String>,
}

/// `POST /v1/invitations`: each address gets its own outcome; one that cannot be invited stops no other.
pub async fn create(
    admin: Admin,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with the list emails, and optionally role, teams and language.";
    let wanted: Wanted = body::read(&request, payload, body::LONG, wanted).await?;
    if wanted.emails.is_empty() || wanted.emails.len() > MOST {
        return Err(invalid("emails", "There must be between 1 and 200 addresses; more can be invited by file."));
    }
    let role = fields::role("role", wanted.role.as_deref().unwrap_or("user"))?;
    let language = fields::language("language", wanted.language.as_deref().unwrap_or(&admin.member.language))?;
    let teams = wanted.teams.unwrap_or_default();
    known_teams(&admin.tenant, &teams).await?;
    let key = idempotency_key(&request)?;
    let asked = hash(&format!("{role}\n{language}\n{}\n{}", teams.join(","), wanted.emails.join("\n")));
    let account = database::answer(admin.tenant.account()).await?.ok_or_else(Problem::not_found)?;

    let parsed: Vec<Result<Email, String>> =
        wanted.emails.iter().map(|text| Email::parse(text.trim()).map_err(|error| error.to_string())).collect();
    let earlier = match &key {
        Some(key) => database::answer(admin.tenant.answered("invitations", key)).await?,
        None => None,
    };
    let words: Vec<String> = match earlier {
        Some((before, _)) if before != asked => {
            return Err(Problem::new(
                409,
                "idempotency.reused",
                "The key was used before",
                "This Idempotency-Key was used for another request.",
            ));
        }
        Some((_, answer)) => answer.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect(),
        None => {
            let mut invitees = Vec::new();
            for email in parsed.iter().flatten() {
                let guest = Guest { email: email.clone(), first_name: None, last_name: None, role: role.clone(), teams: teams.clone() };
                invitees.push(made_out(&state.connections, &account.id, guest)?);
            }
            let deed =
                admin.actor.deed("members.invited", told(&invitees.iter().map(|invitee| invitee.email.as_str()).collect::<Vec<_>>()));
            let manner = Manner { inviter: &admin.member.email, language: &language, first: false };
            let question = key.as_deref().map(|key| Question { what: "invitations", key, asked: &asked });
            let outcomes =
                database::answer(invite(&state.connections, &admin.tenant, &account, &invitees, manner, &deed, None, question)).await?;
            outcomes.iter().map(|outcome| outcome.word().to_owned()).collect()
        }
    };
    let mut words = words.into_iter();
    let results: Vec<Value> = wanted
        .emails
        .iter()
        .zip(&parsed)
        .map(|(text, parsed)| match parsed {
            Ok(_) => {
                let word = words.next().unwrap_or_default();
                json!({"email": text, "detail": sentence(&word), "outcome": word})
            }
            Err(why) => json!({"email": text, "outcome": "malformed", "detail": why}),
        })
        .collect();
    Ok(Answer::fleeting(json!({"results": results})))
}

fn told(emails: &[&str]) -> String {
    match emails {
        [] => String::new(),
        [first] => (*first).to_owned(),
        [first, rest @ ..] => format!("{first} and {} more", rest.len()),
    }
}

/// What an outcome means, as a sentence.
pub(super) fn sentence(outcome: &str) -> &'static str {
    match outcome {
        "invited" => "The invitation is on its way.",
        "already_member" => "They are a member already.",
        "already_invited" => "They are invited already; the invitation can be sent again.",
        "elsewhere" => "The address belongs to another account. Each address can be in one account only.",
        "over_seat_limit" => "The account has no free seat.",
        "duplicate" => "The address stands in an earlier row of the file.",
        _ => "",
    }
}

pub(super) async fn known_teams(tenant: &Tenant, teams: &[String]) -> Result<(), Problem> {
    let known = database::answer(tenant.teams()).await?;
    let is_known = |team: &&String| *team != crate::store::teams::EVERYONE && !known.iter().any(|known| known.id == **team);
    if teams.iter().any(|team| is_known(&team)) {
        return Err(invalid("teams", "One of them is not a team of this account."));
    }
    Ok(())
}

/// The key by which a repeated call is recognised.
pub(super) fn idempotency_key(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let Some(value) = request.headers().get("Idempotency-Key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| (8..=100).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic()));
    key.map(|key| Some(key.to_owned())).ok_or_else(|| invalid("Idempotency-Key", "It must have 8 to 100 printable characters."))
}

async fn open(tenant: &Tenant, request: &HttpRequest) -> Result<Invitation, Problem> {
    let id = path_id(request, "id")?;
    database::answer(tenant.invitation(&id)).await?.ok_or_else(Problem::not_found)
}

fn not_open() -> Problem {
    Problem::new(409, "invitation.not_open", "Not open", "This invitation was accepted or taken back already.")
}

// From Actions Config only the first invitation is managed; the others belong to the account's admins.
fn may(configurator: &Configurator, invitation: &Invitation) -> Result<(), Problem> {
    if configurator.member.is_none() && !invitation.is_first { Err(Problem::not_found()) } else { Ok(()) }
}

/// `POST /v1/invitations/{id}/resend`
pub async fn resend(
    configurator: Configurator,
    request: HttpRequest,
    state: web::Data<AccountState>,
) -> Result<Answer<InvitationView>, Problem> {
    let tenant = &configurator.tenant;
    let invitation = open(tenant, &request).await?;
    may(&configurator, &invitation)?;
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let deed = configurator.actor.deed("invitation.resent", invitation.email.clone());
    let wait = invitation.sent_at + PAUSE_MS - deed.at;
    if wait > 0 && invitation.state == "sent" {
        let mut problem =
            Problem::new(429, "invitation.too_soon", "Too soon", "The mail was sent less than a minute ago. Please wait a moment.");
        problem.retry_after = u32::try_from(wait / 1000 + 1).ok();
        return Err(problem);
    }
    let token = LinkToken::fresh()?;
    let mail_id = clock::new_id();
    let (sealing_key_id, sealed) = state.connections.sealer().seal(&account.id, &place(&mail_id), &token.secret)?;
    let expires_at = deed.at + LIFE_MS;
    let text = detail(&account, &invitation.inviter, invitation.is_first, expires_at).map_err(|_| Problem::internal())?;
    let mail = NewMail {
        id: &mail_id,
        kind: "invitation",
        about: &invitation.id,
        recipient: &invitation.email,
        language: &invitation.language,
        detail: &text,
        token_sealed: &sealed,
        sealing_key_id: &sealing_key_id,
        now: deed.at,
    };
    if !database::answer(tenant.resend_invitation(&invitation.id, &mail, &token.hash, expires_at, &deed)).await? {
        return Err(not_open());
    }
    let invitation = database::answer(tenant.invitation(&invitation.id)).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::fleeting(view(tenant, invitation).await?))
}

/// `POST /v1/invitations/{id}/revoke`
pub async fn revoke(configurator: Configurator, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let invitation = open(&configurator.tenant, &request).await?;
    may(&configurator, &invitation)?;
    let deed = configurator.actor.deed("invitation.revoked", invitation.email.clone());
    if database::answer(configurator.tenant.revoke_invitation(&invitation.id, &deed)).await? { Ok(nothing()) } else { Err(not_open()) }
}

async fn by_link(state: &AccountState, request: &HttpRequest) -> Result<(Invitation, String), Problem> {
    let hash = request.match_info().get("token").and_then(hash_of).ok_or_else(Problem::not_found)?;
    let invitation = database::answer(state.store.invitation_by_link(&hash)).await?.ok_or_else(Problem::not_found)?;
    Ok((invitation, hash))
}

/// `GET /v1/invitations/by-token/{token}`
pub async fn show_by_link(_: Face, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let (invitation, _) = by_link(&state, &request).await?;
    let tenant = state.store.tenant(&invitation.account_id);
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let now = clock::now_ms();
    let standing = standing(&invitation, now);
    if standing == "invited" && invitation.opened_at.is_none() {
        database::answer(tenant.opened_invitation(&invitation.id, now)).await?;
    }
    Ok(Answer::fleeting(json!({
        "state": standing, "email": invitation.email, "account_name": account.name, "inviter": invitation.inviter,
        "expires_at": invitation.expires_at, "language": invitation.language, "first": invitation.is_first,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    first_name: Option<String>,
    last_name: Option<String>,
}

/// `POST /v1/invitations/by-token/{token}/accept`: works once.
pub async fn accept(
    face: Face,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let names: Names =
        body::read(&request, payload, body::ORDINARY, "The body must be an object, with first_name and last_name if they are known.")
            .await?;
    let name =
        |field, name: Option<String>| name.filter(|name| !name.trim().is_empty()).map(|name| fields::name(field, &name, 80)).transpose();
    let (first, last) = (name("first_name", names.first_name)?, name("last_name", names.last_name)?);
    let (invitation, hash) = by_link(&state, &request).await?;
    let gone = |code, detail| Problem::new(410, code, "The link does not work any more", detail);
    match standing(&invitation, clock::now_ms()) {
        "invited" => {}
        "expired" => return Err(gone("link.expired", "The invitation has expired. Ask for it to be sent again.")),
        "revoked" => return Err(gone("link.revoked", "The invitation was taken back.")),
        _ => return Err(gone("link.used", "The invitation was accepted already. Please sign in.")),
    }
    let tenant = state.store.tenant(&invitation.account_id);
    match database::answer(tenant.account()).await? {
        Some(account) if account.status == "active" => {}
        _ => return Err(super::visitor::suspended()),
    }
    let actor = Actor { who: invitation.email.clone(), source: face.source, request_id: face.request_id };
    let deed = actor.deed("invitation.accepted", invitation.email.clone());
    if !database::answer(tenant.accept_invitation(&invitation, &hash, first.as_deref(), last.as_deref(), &deed)).await? {
        return Err(gone("link.used", "The invitation was accepted already. Please sign in."));
    }
    Ok(Answer::fleeting(json!({"account_id": invitation.account_id, "member_id": invitation.member_id})))
}
