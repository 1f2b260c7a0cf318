//! An account or an opportunity as a panel shows it: its people together.

use std::collections::HashMap;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Serialize;

use super::answer::Answer;
use super::people::spoken;
use super::query::invalid;
use super::timeline::Detail;
use super::visitor::Reader;
use super::{AccountState, database, record_people};
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::opportunities::Role;
use crate::store::people::Person;
use crate::store::record_activities::Brief;

/// Seconds that the face may show it again; shorter while histories are being fetched.
const KEEP: u32 = 15;
const KEEP_WHILE_LOADING: u32 = 2;
/// People up to whom everything is shown together. Of more than these the dashboard shows nothing.
pub(super) const MOST: usize = 800;

/// An account or an opportunity whose people the reader may see.
pub struct Group {
    pub reader: Reader,
    pub record: SalesforceId,
    /// The most urgent first, [`MOST`] at most.
    pub people: Vec<Brief>,
    roles: Vec<Role>,
    /// Whether there are more people than that.
    pub more: bool,
    /// Salesforce could not be asked who plays a part.
    incomplete: bool,
}

impl FromRequest for Group {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reader = Reader::from_request(request, payload);
        let state = request.app_data::<web::Data<AccountState>>().cloned();
        let record = SalesforceId::parse(request.match_info().get("record").unwrap_or_default());
        Box::pin(async move {
            let (reader, state) = (reader.await?, state.ok_or_else(Problem::internal)?);
            let record = record.ok().filter(|record| record.is_a("001") || record.is_a("006")).ok_or_else(Problem::not_found)?;
            if reader.may_look_for(&record) { Self::of(&state, reader, record).await } else { Err(Problem::not_found()) }
        })
    }
}

impl Group {
    async fn of(state: &AccountState, reader: Reader, record: SalesforceId) -> Result<Self, Problem> {
        let tenant = &reader.tenant;
        let limit = i64::try_from(MOST).unwrap_or(i64::MAX).saturating_add(1);
        let (mut people, roles, incomplete) = if record.is_a("001") {
            (database::answer(tenant.briefs_of_account(record.as_str(), limit)).await?, Vec::new(), false)
        } else {
            let incomplete = record_people::look_at_roles(&state.connections, tenant, &record, reader.request_id.as_str()).await?;
            let people = database::answer(tenant.briefs_of_opportunity(record.as_str(), limit)).await?;
            (people, database::answer(tenant.opportunity_roles(record.as_str())).await?, incomplete)
        };
        let more = people.len() > MOST;
        people.truncate(MOST);
        Ok(Self { reader, record, people, roles, more, incomplete })
    }

    /// All of its people, or one of them by id.
    ///
    /// # Errors
    /// 400 when somebody else is meant.
    pub fn whose(&self, person: Option<&str>) -> Result<Whose, Problem> {
        let wanted: Vec<&Brief> = self.people.iter().filter(|one| person.is_none_or(|id| id == one.id)).collect();
        if wanted.is_empty() && person.is_some() {
            return Err(invalid("person", "It must be the id of one of the record's people."));
        }
        Ok(Whose::many(&wanted))
    }
}

/// A person as a row names them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Named {
    pub id: String,
    pub sfdc_id: String,
    pub name: String,
}

impl From<&Brief> for Named {
    fn from(brief: &Brief) -> Self {
        let parts = [brief.first_name.as_deref(), brief.last_name.as_deref()];
        Self { id: brief.id.clone(), sfdc_id: brief.sfdc_id.clone(), name: spoken(parts, brief.email.as_deref(), &brief.sfdc_id) }
    }
}

/// Whose activities are told.
pub struct Whose {
    pub leads: Vec<i64>,
    /// Of several people; of one nobody need be named.
    names: Option<HashMap<i64, Named>>,
    /// Whether all that they did is in the store, and since when.
    pub complete: bool,
    pub since: Option<i64>,
}

impl Whose {
    /// One person's.
    #[must_use]
    pub fn one(person: &Person) -> Self {
        Self { leads: vec![person.lead_id], names: None, complete: person.history_since.is_some(), since: person.history_since }
    }

    /// Several people's, by name.
    #[must_use]
    pub fn many(people: &[&Brief]) -> Self {
        let complete = people.iter().all(|person| person.history_since.is_some());
        Self {
            leads: people.iter().map(|person| person.lead_id).collect(),
            names: Some(people.iter().map(|person| (person.lead_id, Named::from(*person))).collect()),
            complete,
            // Of everybody something is known only from the latest beginning on.
            since: people.iter().map(|person| person.history_since).max().flatten().filter(|_| complete),
        }
    }

    /// Who it was, where that has to be said.
    #[must_use]
    pub fn name(&self, lead_id: i64) -> Option<Named> {
        self.names.as_ref()?.get(&lead_id).cloned()
    }
}

/// What a panel says of the record.
#[derive(Serialize)]
pub struct Head {
    object: &'static str,
    record: String,
    /// What Marketo calls the company.
    company: Option<String>,
    people: Vec<Somebody>,
    /// More people than are told.
    more: bool,
    /// Salesforce could not be asked who plays a part.
    incomplete: bool,
    history: &'static str,
    last_activity: Option<Last>,
}

#[derive(Serialize)]
struct Somebody {
    #[serde(flatten)]
    named: Named,
    title: Option<String>,
    role: Option<String>,
}

#[derive(Serialize)]
struct Last {
    at: i64,
    kind: String,
    subject: Option<String>,
    person: Option<Named>,
}

/// `GET /v1/records/{record}`
pub async fn show(group: Group) -> Result<Answer<Head>, Problem> {
    let whose = group.whose(None)?;
    let tenant = &group.reader.tenant;
    let last = database::answer(tenant.timeline_of(&whose.leads, None, None, 1)).await?.into_iter().next();
    let last_activity = last.map(|activity| {
        let described = Detail::of(&activity).text("description").filter(|_| activity.kind == "moment");
        Last {
            at: activity.happened_at,
            person: whose.name(activity.lead_id),
            subject: described.or(activity.subject),
            kind: activity.kind,
        }
    });
    let somebody = |brief: &Brief| Somebody {
        named: brief.into(),
        title: brief.title.clone(),
        role: brief.part(&group.roles).and_then(|role| role.role.clone()),
    };
    let head = Head {
        object: if group.record.is_a("001") { "Account" } else { "Opportunity" },
        record: group.record.as_str().to_owned(),
        company: group.people.iter().find_map(|person| person.company.clone()),
        people: group.people.iter().map(somebody).collect(),
        more: group.more,
        incomplete: group.incomplete,
        history: if whose.complete { "complete" } else { "loading" },
        last_activity,
    };
    let keep = if whose.complete { KEEP } else { KEEP_WHILE_LOADING };
    Ok(Answer::kept(head, keep).tag("account", tenant.account_id()).tag("record", group.record.as_str()))
}
