//! Activities that others wrote: custom ones, and the requests of campaigns. They are never changed and never recognised: what
//! is sent twice is there twice.

use std::time::Duration;

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, reply, result};
use super::campaigns;
use super::params::Params;
use super::position::Paging;
use crate::sandbox::World;
use crate::sandbox::clock::{iso, machine_ms, parse_iso};
use crate::sandbox::world::feed::Position;

const MOST_INPUT: usize = 300;
const MOST_LEADS: usize = 100;
/// The type of a campaign's request.
const REQUEST: u32 = 47;

/// An activity as it was written.
#[derive(Debug, Clone, Serialize)]
pub struct Written {
    /// Counts from 1 in the order of writing.
    pub number: u64,
    /// When it was written, by the machine, in milliseconds.
    pub committed: i64,
    /// When it is said to have happened, in seconds.
    pub at: i64,
    pub lead: u32,
    pub type_id: u32,
    pub type_name: String,
    pub primary: String,
    pub primary_id: Option<u32>,
    pub attributes: Map<String, Value>,
}

/// How long `_control` wants a write to be done after its call came in, whether or not anybody still waits.
#[derive(Debug, Clone, Copy)]
pub struct LateCommit(pub Duration);

/// Does the work of a write now, or as late as was ordered.
pub async fn committed<T: 'static>(request: &HttpRequest, work: impl FnOnce() -> T + 'static) -> Option<T> {
    let late = request.extensions().get::<LateCommit>().copied();
    let Some(LateCommit(wait)) = late else { return Some(work()) };
    // The work goes on although the caller may hang up.
    let done = actix_web::rt::spawn(async move {
        tokio::time::sleep(wait).await;
        work()
    });
    done.await.ok()
}

#[derive(Deserialize)]
struct Input {
    input: Vec<Map<String, Value>>,
}

/// `POST /rest/v1/activities/external.json`.
pub async fn add(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let Ok(Input { input }) = serde_json::from_slice::<Input>(&body) else {
        return reply(Err(Refusal::new("609", "Invalid JSON")));
    };
    if input.is_empty() || input.len() > MOST_INPUT {
        return reply(Err(Refusal::new("1003", format!("Between 1 and {MOST_INPUT} activities are allowed"))));
    }
    let work = move || result(input.iter().map(|item| one(&world, item)).collect());
    reply(committed(&request, work).await.unwrap_or_else(|| Err(Refusal::new("611", "System error"))))
}

fn one(world: &World, item: &Map<String, Value>) -> Value {
    match write(world, item) {
        Ok(number) => json!({ "id": number, "marketoGUID": number.to_string(), "status": "added" }),
        Err(refusal) => json!({ "status": "skipped", "errors": [{ "code": refusal.code, "message": refusal.message }] }),
    }
}

fn write(world: &World, item: &Map<String, Value>) -> Result<u64, Refusal> {
    let need = |name: &str| item.get(name).ok_or_else(|| Refusal::new("1002", format!("Missing value for required parameter '{name}'")));
    let whole = |name: &str| {
        let value = need(name)?.as_u64().and_then(|value| u32::try_from(value).ok());
        value.ok_or_else(|| Refusal::new("1001", format!("Invalid value for '{name}'. Required of type 'integer'")))
    };
    let lead = whole("leadId")?;
    if let Some(code) = world.refusals.with(|refusals| refusals.marketo.get(&lead.to_string()).cloned()) {
        return Err(Refusal::new(&code, "Refused by the sandbox"));
    }
    if world.view().by_id(lead).is_none() {
        return Err(Refusal::new("1004", "Lead not found"));
    }
    let date = need("activityDate")?.as_str().and_then(parse_iso);
    let at = date.ok_or_else(|| Refusal::new("1001", "Invalid value for 'activityDate'. Required of type 'datetime'"))?;
    let primary = need("primaryAttributeValue")?.as_str().filter(|text| !text.is_empty());
    let primary = primary.ok_or_else(|| Refusal::new("1001", "Invalid value for 'primaryAttributeValue'"))?.to_owned();
    let type_id = whole("activityTypeId")?;
    let kind = world.marketo.custom_types.with(|types| types.by_id(type_id).filter(|kind| kind.usable()).cloned());
    let kind = kind.ok_or_else(|| Refusal::new("1003", format!("Invalid activity type id '{type_id}'")))?;
    let mut attributes = Map::new();
    for given in need("attributes")?.as_array().into_iter().flatten() {
        let named = |key: &str| given.get(key).and_then(Value::as_str);
        let known = kind.attributes.iter().find(|known| named("apiName") == Some(&known.api_name) || named("name") == Some(&known.name));
        let known = known.ok_or_else(|| Refusal::new("1006", "Field not found"))?;
        attributes.insert(known.name.clone(), given.get("value").cloned().unwrap_or(Value::Null));
    }
    Ok(world.keep(Written { number: 0, committed: 0, at, lead, type_id, type_name: kind.name, primary, primary_id: None, attributes }))
}

impl World {
    fn keep(&self, written: Written) -> u64 {
        self.marketo.written.with(|all| {
            let number = u64::try_from(all.len()).unwrap_or(0) + 1;
            all.push(Written { number, committed: machine_ms(), ..written });
            number
        })
    }
}

#[derive(Deserialize)]
struct Trigger {
    input: TriggerInput,
}

#[derive(Deserialize)]
struct TriggerInput {
    leads: Vec<TriggerLead>,
}

#[derive(Deserialize)]
struct TriggerLead {
    id: u32,
}

/// `POST /rest/v1/campaigns/{id}/trigger.json`.
pub async fn trigger(world: Data<World>, request: HttpRequest, id: Path<u32>, body: Bytes) -> HttpResponse {
    let Ok(asked) = serde_json::from_slice::<Trigger>(&body) else { return reply(Err(Refusal::new("609", "Invalid JSON"))) };
    let leads = asked.input.leads;
    let id = *id;
    let answer = move || -> Answer {
        let Some(name) = campaigns::requestable(id) else {
            let known = campaigns::exists(id);
            return Err(if known {
                Refusal::new("1003", "Invalid data: campaign is not of type trigger")
            } else {
                Refusal::new("1013", format!("Campaign '{id}' not found"))
            });
        };
        if leads.is_empty() || leads.len() > MOST_LEADS {
            return Err(Refusal::new("1003", format!("Between 1 and {MOST_LEADS} leads are allowed")));
        }
        let view = world.view();
        if let Some(lost) = leads.iter().find(|lead| view.by_id(lead.id).is_none()) {
            return Err(Refusal::new("1004", format!("Lead '{}' not found", lost.id)));
        }
        for lead in &leads {
            world.keep(Written {
                number: 0,
                committed: 0,
                at: world.clock.now(),
                lead: lead.id,
                type_id: REQUEST,
                type_name: "Request Campaign".to_owned(),
                primary: name.to_owned(),
                primary_id: Some(id),
                attributes: Map::from_iter([("Source".to_owned(), json!("Web service API"))]),
            });
        }
        result(vec![json!({ "id": id })])
    };
    reply(committed(&request, answer).await.unwrap_or_else(|| Err(Refusal::new("611", "System error"))))
}

/// A page of the feed for those who ask for written activities only; what was written lately may not be seen yet.
pub fn page(world: &World, params: &Params, paging: Paging, types: &[u32], leads: &[u32]) -> Option<Answer> {
    let ours = |id: &u32| *id == REQUEST || world.marketo.custom_types.with(|known| known.by_id(*id).is_some());
    if types.is_empty() || !types.iter().all(ours) {
        return None;
    }
    let size = match params.batch_size() {
        Ok(size) => size,
        Err(refusal) => return Some(Err(refusal)),
    };
    let visible = machine_ms() - world.lags.with(|lags| lags.marketo_ms);
    let place = |one: &Written| Position { at: one.at, number: one.number };
    let mut found: Vec<Written> = world.marketo.written.with(|all| {
        let wanted = |one: &&Written| {
            types.contains(&one.type_id)
                && (leads.is_empty() || leads.contains(&one.lead))
                && one.committed <= visible
                && place(one) > paging.position
        };
        all.iter().filter(wanted).cloned().collect()
    });
    found.sort_by_key(|one| (one.at, one.number));
    let more = found.len() > size;
    found.truncate(size);
    let position = found.last().map_or(paging.position, place);
    let mut keys = Map::new();
    if !found.is_empty() {
        keys.insert("result".to_owned(), json!(found.iter().map(tell).collect::<Vec<Value>>()));
    }
    keys.insert("nextPageToken".to_owned(), json!(Paging { position, pages: paging.pages }.token()));
    keys.insert("moreResult".to_owned(), json!(more));
    Some(Ok(keys))
}

fn tell(one: &Written) -> Value {
    let attributes: Vec<Value> = one.attributes.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    json!({
        "id": one.number, "marketoGUID": one.number.to_string(), "leadId": one.lead, "activityDate": iso(one.at), "activityTypeId": one.type_id,
        "primaryAttributeValue": one.primary, "primaryAttributeValueId": one.primary_id, "attributes": attributes,
    })
}
