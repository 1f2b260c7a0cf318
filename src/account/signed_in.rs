//! People who signed in. Their role and state are read from their row at every call: whoever was removed is out at once.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use super::database;
use super::request::{self, RequestId};
use super::visitor::{Signed, Visitor, not_for, signed, suspended};
use crate::clock;
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::audit::Deed;
use crate::store::members::Member;

/// How often a member's last visit is noted.
const SEEN_EVERY_MS: i64 = 300_000;

/// Who does something, for the audit log.
#[derive(Debug, Clone)]
pub struct Actor {
    /// Their address.
    pub who: String,
    /// Network address.
    pub source: Option<String>,
    pub request_id: RequestId,
}

impl Actor {
    /// A deed of theirs, now.
    #[must_use]
    pub fn deed(&self, what: &'static str, target: impl Into<String>) -> Deed {
        Deed {
            id: clock::new_id(),
            at: clock::now_ms(),
            who: self.who.clone(),
            what,
            target: target.into(),
            source: self.source.clone(),
            request_id: Some(self.request_id.as_str().to_owned()),
        }
    }
}

/// A signed-in member, whatever their role.
pub struct SignedIn {
    pub tenant: Tenant,
    pub actor: Actor,
    pub member: Member,
}

/// A signed-in member with the role admin.
pub struct Admin {
    pub tenant: Tenant,
    pub actor: Actor,
    pub member: Member,
}

/// Whoever may use Actions Config: an admin of the Marketo instance, or of the account.
pub struct Configurator {
    pub tenant: Tenant,
    pub actor: Actor,
    /// Absent for an admin of the Marketo instance.
    pub member: Option<Member>,
}

/// Anybody who is signed in, one way or the other.
pub struct Somebody {
    pub tenant: Tenant,
    pub actor: Actor,
    pub member: Option<Member>,
}

impl FromRequest for Somebody {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let signed = signed(request);
        let request = request.clone();
        Box::pin(async move {
            let (state, Signed { visitor, request_id, source, .. }) = signed?;
            let (account, member, email) = match visitor {
                Visitor::Member { account, member } => (account, Some(member), None),
                Visitor::MarketoAdmin { account, email } => (account, None, Some(email)),
                Visitor::Token { hash } => {
                    let token = database::answer(state.store.use_api_token(&hash, clock::now_ms(), SEEN_EVERY_MS)).await?;
                    let token = token.ok_or_else(bad_token)?;
                    request::share(&request, &state, &token.account_id)?;
                    (token.account_id, Some(token.member_id), None)
                }
                _ => return Err(not_for("Only somebody who is signed in may ask this.")),
            };
            let tenant = state.store.tenant(&account);
            match database::answer(tenant.account()).await? {
                Some(account) if account.status == "active" => {}
                Some(_) => return Err(suspended()),
                None => return Err(revoked()),
            }
            let member = match member {
                Some(id) => Some(active(&tenant, &id).await?),
                None => None,
            };
            let who = member.as_ref().map(|member| member.email.clone()).or(email).ok_or_else(revoked)?;
            Ok(Self { tenant, actor: Actor { who, source, request_id }, member })
        })
    }
}

async fn active(tenant: &Tenant, id: &str) -> Result<Member, Problem> {
    let member = database::answer(tenant.member(id)).await?.filter(|member| member.state == "active").ok_or_else(revoked)?;
    let now = clock::now_ms();
    if member.last_seen_at.is_none_or(|seen| now - seen >= SEEN_EVERY_MS) {
        database::answer(tenant.saw_member(id, now)).await?;
    }
    Ok(member)
}

// Unknown, expired and revoked look the same.
fn bad_token() -> Problem {
    Problem::unauthorized("token.invalid", "The token was not accepted. It may have expired or been revoked; make a new one on My Profile.")
}

fn revoked() -> Problem {
    Problem::unauthorized("session.revoked", "This session is over. Please sign in again.")
}

type Extracted<T> = Pin<Box<dyn Future<Output = Result<T, Problem>>>>;

impl FromRequest for SignedIn {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let somebody = Somebody::from_request(request, payload);
        Box::pin(async move {
            let Somebody { tenant, actor, member } = somebody.await?;
            let member = member.ok_or_else(|| not_for("Only a member of the account may ask this."))?;
            Ok(Self { tenant, actor, member })
        })
    }
}

impl FromRequest for Admin {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let somebody = Somebody::from_request(request, payload);
        Box::pin(async move {
            let Somebody { tenant, actor, member } = somebody.await?;
            let member =
                member.filter(|member| member.role == "admin").ok_or_else(|| not_for("Only an admin of the account may do this."))?;
            Ok(Self { tenant, actor, member })
        })
    }
}

impl FromRequest for Configurator {
    type Error = Problem;
    type Future = Extracted<Self>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let somebody = Somebody::from_request(request, payload);
        Box::pin(async move {
            let Somebody { tenant, actor, member } = somebody.await?;
            if member.as_ref().is_some_and(|member| member.role != "admin") {
                return Err(not_for("Only an admin of the account or of its Marketo instance may do this."));
            }
            Ok(Self { tenant, actor, member })
        })
    }
}
