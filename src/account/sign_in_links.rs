//! Signing in by a link that comes by mail. Nobody learns from the answer who is a member.

use std::sync::Arc;

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::email::Email;
use super::link::{LinkToken, hash_of};
use super::postbox::{MailDetail, place};
use super::query::invalid;
use super::signed_in::Actor;
use super::visitor::Face;
use super::{AccountState, body, database, fields};
use crate::clock;
use crate::problem::Problem;
use crate::store::mail::NewMail;

const LIFE_MS: i64 = 900_000;
const PAUSE_MS: i64 = 60_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    email: String,
    language: Option<String>,
}

/// `POST /v1/sign-in-links`
pub async fn create(_: Face, request: HttpRequest, payload: web::Payload, state: web::Data<AccountState>) -> Result<HttpResponse, Problem> {
    let Wanted { email, language } =
        body::read(&request, payload, body::ORDINARY, "The body must be an object with email and language.").await?;
    let email = Email::parse(email.trim()).map_err(|error| invalid("email", &error.to_string()))?;
    let language = language.map(|tag| fields::language("language", &tag)).transpose()?;
    // Looked up after the answer, so that its time tells nothing.
    let state: Arc<AccountState> = state.into_inner();
    actix_web::rt::spawn(async move {
        if let Err(problem) = send(&state, &email, language).await {
            tracing::warn!(code = %problem.code, "a link for signing in was not made");
        }
    });
    Ok(HttpResponse::Accepted().insert_header(("Cache-Control", "no-store")).json(json!({})))
}

async fn send(state: &AccountState, email: &Email, language: Option<String>) -> Result<(), Problem> {
    let Some(member) = database::answer(state.store.member_by_email(&email.key)).await?.filter(|member| member.state == "active") else {
        return Ok(());
    };
    let tenant = state.store.tenant(&member.account_id);
    let account = database::answer(tenant.account()).await?;
    let Some(account) = account.filter(|account| account.login_method == "all" && account.status == "active") else { return Ok(()) };
    let token = LinkToken::fresh()?;
    let (mail_id, now) = (clock::new_id(), clock::now_ms());
    let (sealing_key_id, sealed) = state.connections.sealer().seal(&account.id, &place(&mail_id), &token.secret)?;
    let detail = MailDetail { account: account.name, inviter: String::new(), first: false, expires_at: now + LIFE_MS };
    let mail = NewMail {
        id: &mail_id,
        kind: "sign_in",
        about: &member.id,
        recipient: &member.email,
        language: language.as_deref().unwrap_or(&member.language),
        detail: &serde_json::to_string(&detail).map_err(|_| Problem::internal())?,
        token_sealed: &sealed,
        sealing_key_id: &sealing_key_id,
        now,
    };
    database::answer(tenant.send_sign_in_link(&token.hash, now + LIFE_MS, PAUSE_MS, &mail)).await?;
    Ok(())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    token: String,
}

/// `POST /v1/sign-in-links/redeem`
pub async fn redeem(
    face: Face,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let Link { token } = body::read(&request, payload, body::ORDINARY, "The body must be an object with the text token.").await?;
    let gone = || {
        Problem::new(
            410,
            "link.used",
            "The link does not work any more",
            "The link was used, has expired, or does not exist. Please ask for a new one.",
        )
    };
    let hash = hash_of(&token).ok_or_else(gone)?;
    let actor = Actor { who: "link".to_owned(), source: face.source, request_id: face.request_id };
    let deed = actor.deed("member.signed_in", "by e-mail link");
    let (account_id, member_id) = database::answer(state.store.redeem_sign_in_link(&hash, &deed)).await?.ok_or_else(gone)?;
    Ok(Answer::fleeting(json!({"account_id": account_id, "member_id": member_id})))
}
