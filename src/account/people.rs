//! People as a panel or the org's software sees them.

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, web};
use serde::Serialize;

use super::answer::Answer;
use super::arrivals::Arrival;
use super::query::{Query, invalid};
use super::visitor::Reader;
use super::{AccountState, database, timeline};
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
    name: String,
    first_name: Option<String>,
    last_name: Option<String>,
    company: Option<String>,
    title: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    score: Option<i64>,
    score_percentile: Option<i64>,
    stars: i64,
    flames: i64,
    priority: Option<i64>,
    last_moment: Option<LastMoment>,
    last_activity: Option<LastActivity>,
    history: &'static str,
    synced_at: i64,
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
}

/// `?sfdc_id=`: the record whose person is wanted.
pub struct Wanted(SalesforceId);

impl FromRequest for Wanted {
    type Error = Problem;
    type Future = std::future::Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let wanted = Query::read(request, &["sfdc_id"]).and_then(|query| {
            query
                .get("sfdc_id")
                .and_then(|text| SalesforceId::parse(text).ok())
                .filter(|id| id.is_a("00Q") || id.is_a("003"))
                .map(Self)
                .ok_or_else(|| invalid("sfdc_id", "It must be the Salesforce id of a lead or a contact, with 15 or 18 characters."))
        });
        std::future::ready(wanted)
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
            match person.filter(|person| reader.sees(person)) {
                Some(person) => Ok(Self { reader, person }),
                None => Err(Problem::not_found()),
            }
        })
    }
}

/// `GET /v1/people?sfdc_id=`
pub async fn find(reader: Reader, Wanted(record): Wanted, state: web::Data<AccountState>) -> Result<Answer<Found>, Problem> {
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
        return Ok(tags(Answer::fleeting(Found { people: Vec::new(), arrival })));
    };
    let id = person.id.clone();
    let found = Found { people: vec![view(&state, &reader, person).await?], arrival };
    Ok(tags(Answer::kept(found, KEEP)).tag("person", &id))
}

async fn known(reader: &Reader, record: &SalesforceId) -> Result<Option<Person>, Problem> {
    let person = database::answer(reader.tenant.person_by_sfdc_id(record.as_str())).await?;
    Ok(person.filter(|person| reader.sees(person)))
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

// Nobody is shown without a name: the address stands in for it, and the record id for the address.
fn name(person: &Person) -> String {
    let parts = [person.first_name.as_deref(), person.last_name.as_deref()];
    let name = parts.into_iter().flatten().map(str::trim).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if name.is_empty() { person.email.clone().unwrap_or_else(|| person.sfdc_id.clone()) } else { name }
}
