//! Asking for people: by number, by filter.

use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, reply, result};
use super::fields::{self, Profile};
use super::params::Params;
use super::position::Paging;
use crate::sandbox::World;
use crate::sandbox::world::feed::Position;
use crate::sandbox::world::ids::{self, Object};
use crate::sandbox::world::people::Person;
use crate::sandbox::world::view::View;

const MOST_VALUES: usize = 300;
const MOST_MATCHES: usize = 1_000;

/// `GET /rest/v1/lead/{id}.json`.
pub async fn by_id(world: Data<World>, id: Path<String>, request: HttpRequest) -> HttpResponse {
    let params = Params::read(request.query_string());
    let answer = || -> Answer {
        let fields = wanted(&params)?;
        let view = world.view();
        let missing = || Refusal::new("1004", format!("Lead '{id}' not found"));
        let person = id.parse().ok().and_then(|id| view.by_id(id)).ok_or_else(missing)?;
        result(vec![Profile::of(&view, person, world.clock.now()).object(&fields)])
    };
    reply(answer())
}

/// `GET /rest/v1/leads.json`.
pub async fn query(world: Data<World>, request: HttpRequest) -> HttpResponse {
    reply(find(&world, &Params::read(request.query_string())))
}

/// `POST /rest/v1/leads.json?_method=GET`: a query too long for an address. Writing people isn't emulated yet.
pub async fn query_by_post(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let params = Params::read(request.query_string());
    if params.get("_method") != Some("GET") {
        return reply(Err(Refusal::new("603", "Access denied")));
    }
    let form = request
        .headers()
        .get("content-type")
        .and_then(|value| value.to_str().ok())
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if !form {
        return reply(Err(Refusal::new("612", "Invalid Content Type")));
    }
    reply(find(&world, &params.and(Params::read(&String::from_utf8_lossy(&body)))))
}

fn wanted(params: &Params) -> Result<std::sync::Arc<[fields::Field]>, Refusal> {
    let names = params.list("fields");
    if names.is_empty() { fields::named(fields::DEFAULT.iter().copied()) } else { fields::named(names) }
}

fn find(world: &World, params: &Params) -> Answer {
    let kind = params.need("filterType")?;
    params.need("filterValues")?;
    let values = params.list("filterValues");
    if !fields::searchable(kind) {
        return Err(Refusal::new("1003", format!("Unsupported filterType '{kind}'")));
    }
    if values.len() > MOST_VALUES {
        return Err(Refusal::new("1003", format!("Too many values specified: {}. Max {MOST_VALUES} values are allowed", values.len())));
    }
    let fields = wanted(params)?;
    let size = params.batch_size()?;
    let view = world.view();
    let mut found = matches(&view, kind, &values)?;
    found.sort_by_key(|person| person.index);
    found.dedup_by_key(|person| person.index);
    if found.len() > MOST_MATCHES {
        return Err(Refusal::new("1003", "Too many results match the filter"));
    }
    let from = params
        .get("nextPageToken")
        .map(Paging::read)
        .transpose()?
        .map_or(0, |paging| usize::try_from(paging.position.number).unwrap_or(usize::MAX));
    let now = world.clock.now();
    let more = found.len() > from.saturating_add(size);
    let page: Vec<Value> = found.into_iter().skip(from).take(size).map(|person| Profile::of(&view, person, now).object(&fields)).collect();
    let mut keys = Map::from_iter([("result".to_owned(), json!(page))]);
    if more {
        let next = Position { at: 0, number: u64::try_from(from.saturating_add(size)).unwrap_or(u64::MAX) };
        keys.insert("nextPageToken".to_owned(), json!(Paging { position: next, pages: 0 }.token()));
        keys.insert("moreResult".to_owned(), json!(true));
    }
    Ok(keys)
}

fn matches(view: &View, kind: &str, values: &[&str]) -> Result<Vec<Person>, Refusal> {
    let records = |object: Object| {
        values.iter().filter_map(move |value| ids::parse(value)).filter(move |(found, _)| *found == object).map(|(_, index)| index)
    };
    let named = |object: Object| {
        records(object)
            .filter_map(|index| view.person(index))
            .filter(|person| person.record().and_then(|id| ids::parse(&id)).is_some_and(|(kind, _)| kind == object))
            .collect()
    };
    Ok(match kind {
        "id" => {
            let wrong = |value: &str| Refusal::new("1001", format!("Invalid value '{value}'. Required of type 'integer'"));
            let ids = values.iter().map(|value| value.parse::<u32>().map_err(|_| wrong(value))).collect::<Result<Vec<_>, _>>()?;
            ids.into_iter().filter_map(|id| view.by_id(id)).collect()
        }
        "email" => values.iter().flat_map(|email| view.by_email(email)).collect(),
        "sfdcLeadId" => named(Object::Lead),
        "sfdcContactId" => named(Object::Contact),
        "sfdcAccountId" => records(Object::Account).flat_map(|account| view.of_account(account)).collect(),
        "sfdcOpptyId" => {
            let deals: Vec<u32> = records(Object::Opportunity).collect();
            deals
                .iter()
                .flat_map(|deal| view.of_account(deal / 2))
                .filter(|person| person.opportunity.is_some_and(|deal| deals.contains(&deal)))
                .collect()
        }
        "sfdcLeadOwnerId" => {
            let owners: Vec<u32> = records(Object::User).collect();
            let owned = |person: &Person| person.owner.is_some_and(|owner| owners.contains(&owner));
            (0..view.end()).filter_map(|index| view.person(index)).filter(owned).take(MOST_MATCHES + 1).collect()
        }
        _ => Vec::new(),
    })
}
