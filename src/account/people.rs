//! People as a panel or the org's software sees them.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Serialize;

use super::answer::Answer;
use super::arrivals::Arrival;
use super::query::{Query, invalid};
use super::visitor::Reader;
use super::{AccountState, database, record_people, timeline};
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::people::Person;
use crate::store::timeline::Tab;

/// Seconds that the face may show a person again without asking.
const KEEP: u32 = 15;

/// A person as answered.
#[derive(Serialize)]
pub struct PersonView {
    id: String,
    marketo_id: i64,
    sfdc_type: String,
    sfdc_id: String,
    sfdc_account_id: Option<String>,
    sfdc_opportunity_id: Option<String>,
    name: String,
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
    title: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    linkedin_url: Option<String>,
    source: Option<String>,
    score: Option<i64>,
    score_percentile: Option<i64>,
    stars: i64,
    flames: i64,
    priority: Option<i64>,
    last_moment: Option<LastMoment>,
    last_activity: Option<LastActivity>,
    history: &'static str,
    synced_at: i64,
    /// Their part in the opportunity that was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    opportunity_role: Option<OpportunityRole>,
}

#[derive(Serialize)]
struct OpportunityRole {
    role: Option<String>,
    is_primary: bool,
}

#[derive(Serialize)]
struct LastMoment {
    at: i64,
    #[serde(rename = "type")]
    kind: Option<String>,
    description: Option<String>,
}

#[derive(Serialize)]
struct LastActivity {
    at: i64,
    kind: String,
    subject: Option<String>,
}

#[derive(Serialize)]
pub struct Found {
    people: Vec<PersonView>,
    arrival: Option<&'static str>,
    /// For an account or an opportunity: whether there are more people than these.
    #[serde(skip_serializing_if = "Option::is_none")]
    more: Option<bool>,
    /// For an opportunity: Salesforce could not be asked who plays a part.
    #[serde(skip_serializing_if = "Option::is_none")]
    incomplete: Option<bool>,
}

/// The record whose people are wanted: `?sfdc_id=` of a lead or contact, `?account_id=`, or `?opportunity_id=`.
pub struct Wanted {
    record: SalesforceId,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Person,
    Account,
    Opportunity,
}

const KINDS: [(&str, Kind, &[&str], &str); 3] = [
    ("sfdc_id", Kind::Person, &["00Q", "003"], "It must be the Salesforce id of a lead or a contact, with 15 or 18 characters."),
    ("account_id", Kind::Account, &["001"], "It must be the Salesforce id of an account, with 15 or 18 characters."),
    ("opportunity_id", Kind::Opportunity, &["006"], "It must be the Salesforce id of an opportunity, with 15 or 18 characters."),
];

fn wanted(request: &HttpRequest) -> Result<Wanted, Problem> {
    let query = Query::read(request, &KINDS.map(|(name, ..)| name))?;
    let mut given = KINDS.iter().filter(|(name, ..)| query.get(name).is_some());
    let (Some((name, kind, prefixes, said)), None) = (given.next(), given.next()) else {
        return Err(invalid("sfdc_id", "Exactly one of sfdc_id, account_id and opportunity_id must be given."));
    };
    let id = query.get(name).and_then(|text| SalesforceId::parse(text).ok());
    let id = id.filter(|id| prefixes.iter().any(|prefix| id.is_a(prefix)));
    id.map(|record| Wanted { record, kind: *kind }).ok_or_else(|| invalid(name, said))
}

impl FromRequest for Wanted {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        std::future::ready(wanted(request))
    }
}

/// A person whom the reader may see, by the id in the path.
pub struct Seen {
    pub reader: Reader,
    pub person: Person,
}

impl FromRequest for Seen {
    type Error = Problem;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let reader = Reader::from_request(request, payload);
        let id = request.match_info().get("id").unwrap_or_default().to_owned();
        Box::pin(async move {
            let reader = reader.await?;
            // What cannot be an id of ours is not worth a question.
            if id.len() != 32 || !id.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f')) {
                return Err(Problem::not_found());
            }
            let person = database::answer(reader.tenant.person(&id)).await?;
            match person {
                Some(person) if reader.may_see(&person).await? => Ok(Self { reader, person }),
                _ => Err(Problem::not_found()),
            }
        })
    }
}

/// `GET /v1/people?sfdc_id=`, `?account_id=`, `?opportunity_id=`
pub async fn find(reader: Reader, wanted: Wanted, state: web::Data<AccountState>) -> Result<Answer<Found>, Problem> {
    match wanted.kind {
        Kind::Person => of_record(reader, wanted.record, state).await,
        Kind::Account | Kind::Opportunity => behind(reader, wanted, state).await,
    }
}

// A rep sees the people of the record that the session is bound to; of another one, what there is of one without people.
async fn behind(reader: Reader, wanted: Wanted, state: web::Data<AccountState>) -> Result<Answer<Found>, Problem> {
    let Wanted { record, kind } = wanted;
    let tenant = &reader.tenant;
    let tags = |answer: Answer<Found>| answer.tag("account", tenant.account_id()).tag("record", record.as_str());
    let mut found = Found { people: Vec::new(), arrival: None, more: Some(false), incomplete: None };
    if !reader.may_look_for(&record) {
        return Ok(tags(Answer::fleeting(found)));
    }
    let behind = match kind {
        Kind::Opportunity => {
            record_people::of_opportunity(&state.connections, tenant, &record, reader.request_id.as_str(), record_people::SHOWN).await?
        }
        Kind::Account | Kind::Person => record_people::of_account(tenant, &record, record_people::SHOWN).await?,
    };
    for person in behind.people {
        let part = behind.roles.iter().find(|role| Some(role.contact_id.as_str()) == person.sfdc_contact_id.as_deref());
        let part = part.map(|role| OpportunityRole { role: role.role.clone(), is_primary: role.is_primary });
        found.people.push(PersonView { opportunity_role: part, ..view(&state, &reader, person).await? });
    }
    found.more = Some(behind.more);
    found.incomplete = (kind == Kind::Opportunity).then_some(behind.incomplete);
    Ok(tags(Answer::kept(found, KEEP)))
}

async fn of_record(reader: Reader, record: SalesforceId, state: web::Data<AccountState>) -> Result<Answer<Found>, Problem> {
    let account = reader.tenant.account_id().to_owned();
    let tags = |answer: Answer<Found>| answer.tag("account", &account).tag("record", record.as_str());
    let (person, arrival) = match known(&reader, &record).await? {
        Some(person) => (Some(person), None),
        None if reader.may_look_for(&record) => match state.arrivals.look(&account, record.as_str(), reader.request_id.as_str()).await {
            Arrival::Arrived => match known(&reader, &record).await? {
                Some(person) => (Some(person), None),
                None => (None, Some("absent")),
            },
            Arrival::Looking => (None, Some("looking")),
            Arrival::Absent => (None, Some("absent")),
            Arrival::Unavailable(problem) => return Err(problem),
        },
        None => (None, Some("absent")),
    };
    let Some(person) = person else {
        return Ok(tags(Answer::fleeting(Found { people: Vec::new(), arrival, more: None, incomplete: None })));
    };
    let id = person.id.clone();
    let found = Found { people: vec![view(&state, &reader, person).await?], arrival, more: None, incomplete: None };
    Ok(tags(Answer::kept(found, KEEP)).tag("person", &id))
}

async fn known(reader: &Reader, record: &SalesforceId) -> Result<Option<Person>, Problem> {
    match database::answer(reader.tenant.person_by_sfdc_id(record.as_str())).await? {
        Some(person) if reader.may_see(&person).await? => Ok(Some(person)),
        _ => Ok(None),
    }
}

/// `GET /v1/people/{id}`
pub async fn show(Seen { reader, person }: Seen, state: web::Data<AccountState>) -> Result<Answer<PersonView>, Problem> {
    let id = person.id.clone();
    let account = reader.tenant.account_id().to_owned();
    Ok(Answer::kept(view(&state, &reader, person).await?, KEEP).tag("account", &account).tag("person", &id))
}

async fn view(state: &AccountState, reader: &Reader, person: Person) -> Result<PersonView, Problem> {
    let tenant = &reader.tenant;
    let percentile = match person.score {
        Some(score) => state.standing.percentile(tenant, score).await?,
        None => None,
    };
    let moment = database::answer(tenant.timeline(person.lead_id, Some(Tab::Moments), None, 1)).await?.into_iter().next();
    let activity = database::answer(tenant.timeline(person.lead_id, None, None, 1)).await?.into_iter().next();
    Ok(PersonView {
        name: name(&person),
        last_moment: moment.map(|activity| {
            let moment = timeline::Moment::from(activity);
            LastMoment { at: moment.at, kind: moment.kind, description: moment.description }
        }),
        last_activity: activity.map(|activity| LastActivity { at: activity.happened_at, kind: activity.kind, subject: activity.subject }),
        history: if person.history_since.is_some() { "complete" } else { "loading" },
        stars: person.relative_score.unwrap_or(0).clamp(0, 3),
        flames: person.relative_urgency.unwrap_or(0).clamp(0, 3),
        score_percentile: percentile,
        id: person.id,
        marketo_id: person.lead_id,
        sfdc_type: person.sfdc_type,
        sfdc_id: person.sfdc_id,
        sfdc_account_id: person.sfdc_account_id,
        sfdc_opportunity_id: person.sfdc_opportunity_id,
        linkedin_url: person.linkedin_url,
        source: person.source,
        opportunity_role: None,
        first_name: person.first_name,
        last_name: person.last_name,
        company: person.company,
        title: person.title,
        email: person.email,
        phone: person.phone,
        score: person.score,
        priority: person.priority,
        synced_at: person.synced_at,
    })
}

fn name(person: &Person) -> String {
    spoken([person.first_name.as_deref(), person.last_name.as_deref()], person.email.as_deref(), &person.sfdc_id)
}

/// Nobody is shown without a name: the address stands in for it, and the record id for the address.
pub(super) fn spoken(parts: [Option<&str>; 2], email: Option<&str>, sfdc_id: &str) -> String {
    let name = parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if name.is_empty() { email.unwrap_or(sfdc_id).to_owned() } else { name }
}
