//! Many records in one call, each with its own outcome. Tasks can be written, and of people whether they want no more mail.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{rest_error, session_invalid};
use super::tasks::{self, Refused};
use super::{records, session};
use crate::sandbox::World;
use crate::sandbox::clock::iso;
use crate::sandbox::marketo::committed;
use crate::sandbox::world::ids::{self, Object};

const MOST: usize = 200;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Collection {
    #[serde(default)]
    all_or_none: bool,
    records: Vec<Map<String, Value>>,
}

/// `POST /services/data/vNN/composite/sobjects`.
pub async fn create(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    answer(world, request, body, |world, mut fields| {
        fields.remove("attributes");
        checked(world, &fields)?;
        let now = iso(world.clock.now());
        world.salesforce.tasks.with(|tasks| tasks.add(fields, &now))
    })
    .await
}

/// `PATCH /services/data/vNN/composite/sobjects`.
pub async fn change(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    answer(world, request, body, |world, mut fields| {
        fields.remove("attributes");
        let id = fields.remove("Id").or_else(|| fields.remove("id")).and_then(|id| id.as_str().map(str::to_owned));
        let id = id.ok_or_else(|| ("MISSING_ARGUMENT", "Id not specified in an update call".to_owned()))?;
        if ids::parse(&id).is_some_and(|(object, _)| matches!(object, Object::Lead | Object::Contact)) {
            return opt_out(world, id, fields);
        }
        let known = world.salesforce.tasks.with(|tasks| tasks.change(&id, fields))?;
        if known { Ok(id) } else { Err(("ENTITY_IS_DELETED", "entity is deleted".to_owned())) }
    })
    .await
}

const OPT_OUTS: [&str; 2] = ["HasOptedOutOfEmail", "Marketo_Sales_Opt_Out__c"];

fn opt_out(world: &World, id: String, fields: Map<String, Value>) -> Result<String, Refused> {
    if let Some(odd) = fields.keys().find(|name| !OPT_OUTS.contains(&name.as_str())) {
        return Err(("INVALID_FIELD_FOR_INSERT_UPDATE", format!("Unable to create/update fields: {odd}")));
    }
    let known = ids::parse(&id).and_then(|(object, index)| records::record(world, object, index));
    if known.is_none() {
        return Err(("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id".to_owned()));
    }
    let key = id.get(..15).unwrap_or_default().to_owned();
    world.salesforce.opt_outs.with(|all| all.entry(key).or_default().extend(fields));
    Ok(id)
}

async fn answer(
    world: Data<World>,
    request: HttpRequest,
    body: Bytes,
    save: fn(&World, Map<String, Value>) -> Result<String, Refused>,
) -> HttpResponse {
    if session::signed_in(&world, &request).is_none() {
        return session_invalid();
    }
    let collection = match serde_json::from_slice::<Collection>(&body) {
        Ok(collection) => collection,
        Err(error) => return rest_error(StatusCode::BAD_REQUEST, "JSON_PARSER_ERROR", &error.to_string()),
    };
    if collection.all_or_none || collection.records.len() > MOST {
        return rest_error(StatusCode::BAD_REQUEST, "INVALID_INPUT", "At most 200 records, and allOrNone is not emulated");
    }
    let kinds: &[&str] = if request.method() == actix_web::http::Method::PATCH { &["Task", "Lead", "Contact"] } else { &["Task"] };
    let is_known = |record: &Map<String, Value>| {
        let kind = record.get("attributes").and_then(|attributes| attributes.get("type")).and_then(Value::as_str);
        kind.is_some_and(|kind| kinds.contains(&kind))
    };
    if !collection.records.iter().all(is_known) {
        return rest_error(StatusCode::BAD_REQUEST, "INVALID_TYPE", "Every record needs attributes with a type that can be written");
    }
    let work = move || {
        let saved = collection.records.into_iter().map(|record| match save(&world, record) {
            Ok(id) => json!({ "id": id, "success": true, "errors": [] }),
            Err((code, message)) => json!({ "success": false, "errors": [{ "statusCode": code, "message": message, "fields": [] }] }),
        });
        saved.collect::<Vec<Value>>()
    };
    match committed(&request, work).await {
        Some(saved) => HttpResponse::Ok().json(saved),
        None => rest_error(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", "interrupted"),
    }
}

fn checked(world: &World, fields: &Map<String, Value>) -> Result<(), Refused> {
    let Some(who) = fields.get("WhoId").and_then(Value::as_str) else { return Ok(()) };
    let refused = world
        .refusals
        .with(|refusals| refusals.salesforce.iter().find(|(id, _)| id.get(..15) == who.get(..15)).map(|(_, code)| code.clone()));
    if let Some(code) = refused {
        let known = tasks::CODES.iter().find(|known| **known == code).copied().unwrap_or("UNKNOWN_EXCEPTION");
        return Err((known, "Refused by the sandbox".to_owned()));
    }
    let person = ids::parse(who).filter(|(object, _)| matches!(object, Object::Lead | Object::Contact));
    match person.and_then(|(object, index)| records::record(world, object, index)) {
        Some(_) => Ok(()),
        None => Err(("INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id".to_owned())),
    }
}

/// `GET /services/data/vNN/sobjects/Task/describe`.
pub async fn describe(world: Data<World>, request: HttpRequest) -> HttpResponse {
    if session::signed_in(&world, &request).is_none() {
        return session_invalid();
    }
    let fields: Vec<Value> = tasks::fields()
        .map(|name| json!({ "name": name, "createable": true, "updateable": true, "custom": name.ends_with("__c") }))
        .collect();
    HttpResponse::Ok().json(json!({ "name": "Task", "label": "Task", "createable": true, "fields": fields }))
}
