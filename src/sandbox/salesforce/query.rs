//! Queries over HTTP.

use actix_web::http::StatusCode;
use actix_web::web::{Data, Query as UrlQuery};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{rest_error, session_invalid};
use super::session;
use super::soql::{self, Condition, Query};
use super::{package, records, tasks};
use crate::sandbox::World;
use crate::sandbox::clock::machine_ms;
use crate::sandbox::world::ids::{self, Object};
use crate::sandbox::world::users::USERS;

/// So many records are looked at when no condition leads to them; of those with a truth to be found, more.
const MOST_SCANNED: u32 = 2_000;
const MOST_SCANNED_FOR_TRUTH: u32 = 50_000;
const MOST_RECORDS: usize = 2_000;

/// The query's text.
#[derive(Debug, Deserialize)]
pub struct Asked {
    q: Option<String>,
}

/// `GET /services/data/vNN/query?q=…`.
pub async fn query(world: Data<World>, request: HttpRequest, asked: UrlQuery<Asked>) -> HttpResponse {
    found(&world, &request, &asked, false)
}

/// `GET /services/data/vNN/queryAll?q=…`: what lies in the recycle bin as well.
pub async fn query_all(world: Data<World>, request: HttpRequest, asked: UrlQuery<Asked>) -> HttpResponse {
    found(&world, &request, &asked, true)
}

fn found(world: &World, request: &HttpRequest, asked: &Asked, deleted: bool) -> HttpResponse {
    if session::signed_in(world, request).is_none() {
        return session_invalid();
    }
    let malformed = |message: &str| rest_error(StatusCode::BAD_REQUEST, "MALFORMED_QUERY", message);
    let query = match soql::parse(asked.q.as_deref().unwrap_or("")) {
        Ok(query) => query,
        Err(message) => return malformed(&message),
    };
    let rows = match Object::of_name(&query.object) {
        Some(object) => Some(candidates(world, object, &query, deleted)),
        None => package::rows(world, &query.object),
    };
    let Some(rows) = rows else {
        return rest_error(StatusCode::BAD_REQUEST, "INVALID_TYPE", &format!("sObject type '{}' is not supported.", query.object));
    };
    match answer(in_order(rows, query.order.as_deref()), &query) {
        Ok(found) if query.counts() => HttpResponse::Ok().json(json!({ "totalSize": found.len(), "done": true, "records": [] })),
        Ok(found) => HttpResponse::Ok().json(json!({ "totalSize": found.len(), "done": true, "records": found })),
        Err(field) => {
            rest_error(StatusCode::BAD_REQUEST, "INVALID_FIELD", &format!("No such column '{field}' on entity '{}'.", query.object))
        }
    }
}

fn in_order(mut rows: Vec<Value>, order: Option<&str>) -> Vec<Value> {
    if let Some(order) = order {
        rows.sort_by_cached_key(|row| member(row, order).and_then(|(_, value)| value.as_str().map(str::to_owned)));
    }
    rows
}

fn answer(candidates: Vec<Value>, query: &Query) -> Result<Vec<Value>, String> {
    let limit = query.limit.unwrap_or(MOST_RECORDS).min(MOST_RECORDS);
    let mut found = Vec::new();
    for record in candidates {
        if found.len() >= limit {
            break;
        }
        let mut holds = true;
        for condition in &query.conditions {
            holds &= matches(&record, condition)?;
        }
        if holds {
            found.push(if query.counts() { record } else { show(&record, &query.fields)? });
        }
    }
    Ok(found)
}

fn candidates(world: &World, object: Object, query: &Query, deleted: bool) -> Vec<Value> {
    let view = world.view();
    let of = |field: &str| {
        query
            .conditions
            .iter()
            .find(|condition| !condition.negated && !condition.above && condition.field.eq_ignore_ascii_case(field))
            .map(|condition| condition.values.iter().flatten())
    };
    let named = |values: &mut dyn Iterator<Item = &String>, wanted: Object| -> Vec<u32> {
        values.filter_map(|id| ids::parse(id)).filter(|(kind, _)| *kind == wanted).map(|(_, index)| index).collect()
    };
    let indexes: Vec<u32> = match object {
        Object::Task => {
            let visible = machine_ms() - world.lags.with(|lags| lags.salesforce_ms);
            let all = world.salesforce.tasks.with(|tasks| match of("Id") {
                Some(ids) => tasks.among(&ids.collect::<Vec<_>>()),
                None => tasks.all(),
            });
            let shown = |task: &&tasks::Task| task.committed <= visible && (deleted || !task.is_deleted());
            return all.iter().filter(shown).map(tasks::Task::record).collect();
        }
        Object::User => (0..u32::try_from(USERS.len()).unwrap_or(0)).collect(),
        Object::Organization => ids::parse(&world.org_id()).into_iter().map(|(_, index)| index).collect(),
        _ => {
            if let Some(mut values) = of("Id") {
                named(&mut values, object)
            } else if let (Some(values), Object::Lead | Object::Contact) = (of("Email"), object) {
                values.flat_map(|email| view.by_email(email)).map(|person| person.index).collect()
            } else if let (Some(mut values), Object::Contact | Object::Opportunity) = (of("AccountId"), object) {
                let accounts = named(&mut values, Object::Account);
                if object == Object::Contact {
                    accounts.into_iter().flat_map(|account| view.of_account(account)).map(|person| person.index).collect()
                } else {
                    accounts.into_iter().flat_map(|account| [account.saturating_mul(2), account.saturating_mul(2) + 1]).collect()
                }
            } else if let (Some(mut values), Object::Role) = (of("OpportunityId"), object) {
                named(&mut values, Object::Opportunity).into_iter().flat_map(|deal| view.population.of_opportunity(deal)).collect()
            } else if let (Some(mut values), Object::Role) = (of("ContactId"), object) {
                named(&mut values, Object::Contact)
            } else {
                let truth = |condition: &Condition| condition.values == [Some("true".to_owned())];
                let most = if query.conditions.iter().any(truth) { MOST_SCANNED_FOR_TRUTH } else { MOST_SCANNED };
                (0..view.end().min(most)).collect()
            }
        }
    };
    indexes.into_iter().filter_map(|index| records::record(world, object, index)).collect()
}

fn member<'a>(record: &'a Value, name: &str) -> Option<(&'a String, &'a Value)> {
    record.as_object()?.iter().find(|(known, _)| known.eq_ignore_ascii_case(name))
}

fn matches(record: &Value, condition: &Condition) -> Result<bool, String> {
    let mut value = record;
    for part in condition.field.split('.') {
        match member(value, part) {
            Some((_, inner)) => value = inner,
            None if value.is_null() => break,
            None => return Err(condition.field.clone()),
        }
    }
    let text = match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        other => Some(other.to_string()),
    };
    if condition.above {
        return Ok(condition.values.iter().flatten().any(|least| text.as_deref().is_some_and(|text| text > least.as_str())));
    }
    let same = |wanted: &Option<String>| match (wanted, &text) {
        (None, None) => true,
        (Some(wanted), Some(text)) if condition.field.to_ascii_lowercase().ends_with("id") => wanted.get(..15) == text.get(..15),
        (Some(wanted), Some(text)) => wanted.eq_ignore_ascii_case(text),
        _ => false,
    };
    Ok(condition.values.iter().any(same) != condition.negated)
}

fn show(record: &Value, fields: &[String]) -> Result<Value, String> {
    let mut shown = Map::new();
    shown.extend(record.get("attributes").map(|attributes| ("attributes".to_owned(), attributes.clone())));
    for field in fields {
        let (first, rest) = field.split_once('.').map_or((field.as_str(), None), |(first, rest)| (first, Some(rest)));
        let (name, value) = member(record, first).ok_or_else(|| field.clone())?;
        let Some(rest) = rest else {
            if value.is_object() {
                return Err(field.clone());
            }
            shown.insert(name.clone(), value.clone());
            continue;
        };
        if value.is_null() {
            shown.insert(name.clone(), Value::Null);
            continue;
        }
        let inner = show(value, &[rest.to_owned()])?;
        match (shown.get_mut(name).and_then(Value::as_object_mut), inner) {
            (Some(known), Value::Object(inner)) => known.extend(inner),
            (_, inner) => {
                shown.insert(name.clone(), inner);
            }
        }
    }
    Ok(Value::Object(shown))
}
