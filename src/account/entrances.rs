//! Ways in without signing in anew: from the panel that Salesforce vouches for, and an operator's from the command line. Each
//! works once, and shortly.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::email::Email;
use super::link::{LinkToken, hash_of};
use super::request::RequestId;
use super::signed_in::Actor;
use super::visitor::{Face, Signed, Visitor, not_for, signed, suspended};
use super::{AccountState, body, database};
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::audit::Deed;
use crate::store::entrances::Entrance;
use crate::store::{Store, Tenant};

/// A new tab opens at once.
const PANEL_MS: i64 = 60_000;
/// An operator passes the link on to somebody.
const OPERATOR_MS: i64 = 900_000;

/// A Salesforce user at a panel, whose org is active.
pub(super) struct AtPanel {
    tenant: Tenant,
    org: SalesforceId,
    user: SalesforceId,
    source: Option<String>,
    request_id: RequestId,
}

impl FromRequest for AtPanel {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let signed = signed(request);
        Box::pin(async move {
            let (state, Signed { visitor, request_id, source, .. }) = signed?;
            let (Visitor::Rep { account, org, user, .. } | Visitor::Desk { account, org, user }) = visitor else {
                return Err(not_for("Only a panel may ask this."));
            };
            match database::answer(state.store.org(org.as_str())).await? {
                Some(found) if found.account_id == account && found.status == "active" => {}
                Some(found) if found.account_id == account => return Err(suspended()),
                _ => return Err(Problem::not_found()),
            }
            Ok(Self { tenant: state.store.tenant(&account), org, user, source, request_id })
        })
    }
}

/// `POST /v1/entrances`: for the member who signed in as this Salesforce user before.
pub(super) async fn create(rep: AtPanel) -> Result<Answer<Value>, Problem> {
    // An address alone ties nobody: whoever administers the org could give any user any address.
    let member = database::answer(rep.tenant.member_by_salesforce(rep.org.as_str(), rep.user.as_str())).await?;
    let member = member.filter(|member| member.state == "active").ok_or_else(|| {
        Problem::forbidden(
            "entrance.not_member",
            "The settings are for members of the account. If you are one, sign in with Salesforce once; after that this opens them at once. \
             Otherwise ask an admin of your account for an invitation.",
        )
    })?;
    let actor = Actor { who: member.email.clone(), source: rep.source, request_id: rep.request_id };
    let deed = actor.deed("member.signed_in", "from the panel");
    let token = LinkToken::fresh()?;
    let expires_at = deed.at + PANEL_MS;
    let entrance = Entrance { account_id: member.account_id, member_id: Some(member.id), email: member.email };
    database::answer(rep.tenant.add_entrance(&token.hash, &entrance, expires_at, &deed)).await?;
    Ok(Answer::fleeting(json!({"token": token.secret.expose_secret(), "expires_at": expires_at})).created())
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    token: String,
}

/// `POST /v1/entrances/redeem`
pub(super) async fn redeem(
    _: Face,
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
    let entrance = database::answer(state.store.use_entrance(&hash, clock::now_ms())).await?.ok_or_else(gone)?;
    Ok(Answer::fleeting(json!({"account_id": entrance.account_id, "member_id": entrance.member_id, "email": entrance.email})))
}

/// An operator's way into an account's Actions Config, as whoever has this address; gives the token.
///
/// # Errors
/// 400 for what is no address, 404 for an account that there is not.
pub async fn operator(store: &Store, account_id: &str, email: &str) -> Result<SecretString, Problem> {
    let email = Email::parse(email.trim()).map_err(|error| super::query::invalid("email", &error.to_string()))?;
    let tenant = store.tenant(account_id);
    database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let token = LinkToken::fresh()?;
    let deed = by_operator("operator.let_in", email.text.clone());
    let entrance = Entrance { account_id: account_id.to_owned(), member_id: None, email: email.text };
    database::answer(tenant.add_entrance(&token.hash, &entrance, deed.at + OPERATOR_MS, &deed)).await?;
    Ok(token.secret)
}

/// A deed done at the command line.
#[must_use]
pub fn by_operator(what: &'static str, target: String) -> Deed {
    Deed { id: clock::new_id(), at: clock::now_ms(), who: "operator".to_owned(), what, target, source: None, request_id: None }
}
