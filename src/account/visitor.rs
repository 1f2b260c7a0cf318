//! Who comes in: the face signs each call with a short-lived token that names the visitor, and nothing else is believed.
//!
//! Authority is a type: a handler that takes a [`Face`], [`Reader`] or [`Operator`] cannot be reached without it.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::AUTHORIZATION;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};

use super::request::{self, RequestId};
use super::routes::is_offered;
pub(super) use super::visitor_token::{Signed, VisitorKey};
pub use super::visitor_token::{Visitor, WeakKey};
use super::{AccountState, database};
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::Tenant;
use crate::store::orgs::Org;
use crate::store::people::Person;

pub(super) fn signed(request: &HttpRequest) -> Result<(web::Data<AccountState>, Signed), Problem> {
    let state = request.app_data::<web::Data<AccountState>>().cloned().ok_or_else(Problem::internal)?;
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let (first, second) = (headers.next(), headers.next());
    if second.is_some() {
        return Err(Problem::bad_request("request.ambiguous", "The request carries more than one Authorization header."));
    }
    let token = first.and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    let signed = token.and_then(|token| state.key.read(token)).ok_or_else(|| {
        metrics::counter!("account_visitors_refused_total").increment(1);
        Problem::unauthorized("visitor.rejected", "The call does not carry a valid token of the gateway.")
    })?;
    signed.request_id.clone().note(&mut request.extensions_mut());
    let offered = || request.match_pattern().is_some_and(|path| is_offered(request.method().as_str(), &path));
    if (signed.api || matches!(signed.visitor, Visitor::Token { .. })) && !offered() {
        return Err(Problem::not_found());
    }
    let org = request.match_info().get("org_id");
    let whose = match &signed.visitor {
        // Only the face knows whom it serves: an org whose account is not known yet, or somebody at a door.
        Visitor::Face => org,
        Visitor::Token { hash } => Some(hash.as_str()),
        Visitor::Rep { account, .. }
        | Visitor::Desk { account, .. }
        | Visitor::Package { account, .. }
        | Visitor::Admin { account }
        | Visitor::Member { account, .. }
        | Visitor::MarketoAdmin { account, .. } => Some(account.as_str()),
    };
    if let Some(whose) = whose {
        request::share(request, &state, whose)?;
    }
    Ok((state, signed))
}

pub(super) fn not_for(kind: &'static str) -> Problem {
    Problem::forbidden("auth.forbidden", kind)
}

/// The face itself calls: org look-ups, live checks, figures.
pub struct Face {
    pub request_id: RequestId,
    /// Network address of whoever the face serves.
    pub source: Option<String>,
}

impl FromRequest for Face {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(signed(request).and_then(|(_, signed)| match signed.visitor {
            Visitor::Face => Ok(Self { request_id: signed.request_id, source: signed.source }),
            _ => Err(not_for("Only the gateway itself may ask this.")),
        }))
    }
}

/// Somebody who may see people of one account, whose org is active.
pub struct Reader {
    pub tenant: Tenant,
    pub request_id: RequestId,
    scope: Scope,
}

enum Scope {
    Record(SalesforceId),
    /// People whom a user owns, or watches as a member.
    Own {
        user: SalesforceId,
        member: Option<String>,
    },
    Account,
}

impl Reader {
    /// Whether this reader may see the person. Whoever may not is told what is told of people who do not exist.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn may_see(&self, person: &Person) -> Result<bool, Problem> {
        let bound = match &self.scope {
            Scope::Account => return Ok(true),
            Scope::Own { user, .. } if person.owner_id == user.as_str() => return Ok(true),
            Scope::Own { member: None, .. } => return Ok(false),
            Scope::Own { member: Some(member), .. } => return database::answer(self.tenant.watches(member, &person.id)).await,
            Scope::Record(bound) => bound,
        };
        let record = Some(bound.as_str());
        let known = [&person.sfdc_lead_id, &person.sfdc_contact_id, &person.sfdc_account_id, &person.sfdc_opportunity_id];
        if Some(person.sfdc_id.as_str()) == record || known.into_iter().any(|id| id.as_deref() == record) {
            return Ok(true);
        }
        let Some(contact) = person.sfdc_contact_id.as_deref().filter(|_| bound.is_a("006")) else { return Ok(false) };
        let roles = database::answer(self.tenant.opportunity_roles(bound.as_str())).await?;
        Ok(roles.iter().any(|role| role.contact_id == contact))
    }

    /// Whether this reader may have us look for the person behind a record.
    #[must_use]
    pub fn may_look_for(&self, wanted: &SalesforceId) -> bool {
        match &self.scope {
            Scope::Account => true,
            Scope::Own { .. } => false,
            Scope::Record(record) => record == wanted,
        }
    }
}

impl FromRequest for Reader {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let signed = signed(request);
        Box::pin(async move {
            let (state, Signed { visitor, request_id, .. }) = signed?;
            let (account, org, scope) = match visitor {
                Visitor::Rep { account, org, record, .. } => (account, org, Scope::Record(record)),
                Visitor::Desk { account, org, user } => {
                    let member = database::answer(state.store.tenant(&account).member_by_salesforce(org.as_str(), user.as_str())).await?;
                    let member = member.filter(|member| member.state == "active").map(|member| member.id);
                    (account, org, Scope::Own { user, member })
                }
                Visitor::Package { account, org, .. } => (account, org, Scope::Account),
                Visitor::Face | Visitor::Admin { .. } | Visitor::Member { .. } | Visitor::Token { .. } | Visitor::MarketoAdmin { .. } => {
                    return Err(not_for("Only a panel or the org's own software may ask this."));
                }
            };
            let found = database::answer(state.store.org(org.as_str())).await?;
            match found {
                Some(found) if found.account_id == account && found.status == "active" => {}
                Some(found) if found.account_id == account => return Err(suspended()),
                _ => return Err(Problem::not_found()),
            }
            Ok(Self { tenant: state.store.tenant(&account), request_id, scope })
        })
    }
}

/// The org is known, but its access is suspended.
#[must_use]
pub(super) fn suspended() -> Problem {
    Problem::forbidden("tenant.suspended", "Access for this Salesforce org is suspended. Your administrator can say why.")
}

/// Somebody who may see how the account's work stands.
pub struct Operator {
    pub tenant: Tenant,
}

impl FromRequest for Operator {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(signed(request).and_then(|(state, signed)| match signed.visitor {
            Visitor::Package { account, .. } | Visitor::Admin { account } => Ok(Self { tenant: state.store.tenant(&account) }),
            Visitor::Face
            | Visitor::Rep { .. }
            | Visitor::Desk { .. }
            | Visitor::Member { .. }
            | Visitor::Token { .. }
            | Visitor::MarketoAdmin { .. } => Err(not_for("Only an administrator or the org's own software may ask this.")),
        }))
    }
}

/// The code of an org of one account, on behalf of a user of the org. A suspended org is let in: it may ask how it stands.
pub struct Package {
    pub tenant: Tenant,
    pub org: Org,
    pub user: SalesforceId,
}

impl FromRequest for Package {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let signed = signed(request);
        Box::pin(async move {
            let (state, Signed { visitor, .. }) = signed?;
            let Visitor::Package { account, org, user } = visitor else {
                return Err(not_for("Only the org's own software may ask this."));
            };
            let org = database::answer(state.store.org(org.as_str())).await?.filter(|org| org.account_id == account);
            Ok(Self { org: org.ok_or_else(Problem::not_found)?, tenant: state.store.tenant(&account), user })
        })
    }
}
