//! Whoever may act on people: a member, at the settings pages, in a panel, or through the org's own software. Somebody who may
//! look at a panel without being a member is told why they can't act.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use serde::Deserialize;

use super::query::invalid;
use super::request::RequestId;
use super::signed_in::{Actor, Somebody};
use super::visitor::{Signed, Visitor, not_for, signed, suspended};
use super::{AccountState, database};
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::Tenant;
use crate::store::members::Member;
use crate::store::people::Person;

/// A member who acts.
pub struct Seller {
    pub tenant: Tenant,
    pub actor: Actor,
    pub member: Member,
    /// The one record that a panel's session is for.
    record: Option<SalesforceId>,
}

/// Which person is meant; a panel means its own.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Whom {
    pub person_id: Option<String>,
    pub sfdc_id: Option<String>,
}

/// Several people are meant.
#[derive(Debug, Clone, Default, Deserialize)]
pub struct Many {
    #[serde(default)]
    pub person_ids: Vec<String>,
    #[serde(default)]
    pub sfdc_ids: Vec<String>,
}

impl Many {
    /// Each of them, in the order in which they were named.
    #[must_use]
    pub fn each(&self) -> Vec<Whom> {
        let by_record = self.sfdc_ids.iter().map(|id| Whom { sfdc_id: Some(id.clone()), person_id: None });
        by_record.chain(self.person_ids.iter().map(|id| Whom { sfdc_id: None, person_id: Some(id.clone()) })).collect()
    }
}

impl FromRequest for Seller {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let signed = signed(request);
        let somebody = Somebody::from_request(request, payload);
        Box::pin(async move {
            let (state, Signed { visitor, request_id, source, .. }) = signed?;
            let (tenant, member, record) = match visitor {
                Visitor::Rep { account, org, user, record } => {
                    let tenant = of_org(&state, &account, &org).await?;
                    let member = database::answer(tenant.member_by_salesforce(org.as_str(), user.as_str())).await?;
                    (tenant, member, Some(record))
                }
                Visitor::Package { account, org, user } | Visitor::Desk { account, org, user } => {
                    let tenant = of_org(&state, &account, &org).await?;
                    let member = database::answer(tenant.member_by_salesforce(org.as_str(), user.as_str())).await?;
                    (tenant, member, None)
                }
                Visitor::Member { .. } | Visitor::Token { .. } => {
                    let Somebody { tenant, member, .. } = somebody.await?;
                    (tenant, member, None)
                }
                Visitor::Face | Visitor::Admin { .. } | Visitor::MarketoAdmin { .. } => {
                    return Err(not_for("Only a member of the account may act on people."));
                }
            };
            let member = member.filter(|member| member.state == "active").ok_or_else(no_member)?;
            let actor = Actor { who: member.email.clone(), source, request_id };
            Ok(Self { tenant, actor, member, record })
        })
    }
}

async fn of_org(state: &AccountState, account: &str, org: &SalesforceId) -> Result<Tenant, Problem> {
    match database::answer(state.store.org(org.as_str())).await? {
        Some(found) if found.account_id == account && found.status == "active" => Ok(state.store.tenant(account)),
        Some(found) if found.account_id == account => Err(suspended()),
        _ => Err(Problem::not_found()),
    }
}

fn no_member() -> Problem {
    Problem::forbidden(
        "acting.not_a_member",
        "Your Salesforce user is not a member of this Marketo Sales account, so nothing can be sent or logged in your name. Ask an \
         administrator of the account to invite you, and sign in with Salesforce once.",
    )
}

impl Seller {
    /// A member in whose name a worker goes on with what they began.
    #[must_use]
    pub fn at_work(tenant: Tenant, member: Member, request_id: &str) -> Option<Self> {
        let actor = Actor { who: member.email.clone(), source: None, request_id: RequestId::parse(request_id)? };
        Some(Self { tenant, actor, member, record: None })
    }

    /// The one record whose people a panel shows.
    #[must_use]
    pub fn bound_to(&self) -> Option<&SalesforceId> {
        self.record.as_ref()
    }

    /// The person who is meant, if the seller may act on them.
    ///
    /// # Errors
    /// 404 when there is nobody of that id, or it is not the panel's person; 400 when nobody is named.
    pub async fn person(&self, whom: &Whom) -> Result<Person, Problem> {
        let person = match (whom.person_id.as_deref(), whom.sfdc_id.as_deref(), self.record.as_ref()) {
            (Some(id), None, _) => database::answer(self.tenant.person(id)).await?,
            (None, Some(id), _) => match SalesforceId::parse(id) {
                Ok(id) => database::answer(self.tenant.person_by_sfdc_id(id.as_str())).await?,
                Err(_) => return Err(invalid("sfdc_id", "It must be the Salesforce id of a lead or a contact.")),
            },
            (None, None, Some(record)) => database::answer(self.tenant.person_by_sfdc_id(record.as_str())).await?,
            (None, None, None) => return Err(invalid("sfdc_id", "Say whom it is about: sfdc_id or person_id.")),
            (Some(_), Some(_), _) => return Err(invalid("person_id", "Give sfdc_id or person_id, not both.")),
        };
        let person = person.ok_or_else(not_in_marketo)?;
        if self.sees(&person).await? { Ok(person) } else { Err(not_in_marketo()) }
    }

    /// Those of several people whom the seller may act on, each once, and the ids of the others.
    ///
    /// # Errors
    /// 400 for none or more than 200; otherwise when the database does not answer.
    pub async fn people(&self, many: &Many) -> Result<(Vec<Person>, Vec<String>), Problem> {
        let whom = many.each();
        if whom.is_empty() || whom.len() > super::emails::MOST {
            return Err(invalid("sfdc_ids", "There must be between 1 and 200 people."));
        }
        let (mut people, mut unknown): (Vec<Person>, Vec<String>) = (Vec::new(), Vec::new());
        for whom in whom {
            match self.person(&whom).await {
                Ok(person) if people.iter().all(|known| known.id != person.id) => people.push(person),
                Ok(_) => {}
                Err(problem) if problem.status >= 500 => return Err(problem),
                Err(_) => unknown.extend(whom.sfdc_id.or(whom.person_id).map(|id| id.chars().take(32).collect::<String>())),
            }
        }
        Ok((people, unknown))
    }

    /// Whether the seller may act on a person: in a panel only on those of its record.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sees(&self, person: &Person) -> Result<bool, Problem> {
        let Some(bound) = self.record.as_ref() else { return Ok(true) };
        let record = Some(bound.as_str());
        let known = [&person.sfdc_lead_id, &person.sfdc_contact_id, &person.sfdc_account_id, &person.sfdc_opportunity_id];
        if Some(person.sfdc_id.as_str()) == record || known.into_iter().any(|id| id.as_deref() == record) {
            return Ok(true);
        }
        let Some(contact) = person.sfdc_contact_id.as_deref().filter(|_| bound.is_a("006")) else { return Ok(false) };
        let roles = database::answer(self.tenant.opportunity_roles(bound.as_str())).await?;
        Ok(roles.iter().any(|role| role.contact_id == contact))
    }
}

fn not_in_marketo() -> Problem {
    Problem::new(
        404,
        "person.not_in_marketo",
        "Not in Marketo",
        "There is no person of this account behind this record. Marketo has to know the record, and somebody has to own it.",
    )
}
