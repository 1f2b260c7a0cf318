//! Records over REST: everything can be read, tasks can be written.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::answer::{rest_error, session_invalid};
use super::{records, session};
use crate::sandbox::World;
use crate::sandbox::clock::iso;
use crate::sandbox::world::ids::{self, Object};

fn missing() -> HttpResponse {
    rest_error(StatusCode::NOT_FOUND, "NOT_FOUND", "The requested resource does not exist")
}

fn fields(body: &[u8]) -> Result<Map<String, Value>, Box<HttpResponse>> {
    serde_json::from_slice(body).map_err(|error| Box::new(rest_error(StatusCode::BAD_REQUEST, "JSON_PARSER_ERROR", &error.to_string())))
}

fn read_only(object: &str) -> HttpResponse {
    rest_error(
        StatusCode::BAD_REQUEST,
        "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
        &format!("entity type {object} cannot be written in this sandbox"),
    )
}

/// `GET /services/data/vNN/sobjects/{object}/{id}`.
pub async fn read(world: Data<World>, request: HttpRequest, path: Path<(String, String, String)>) -> HttpResponse {
    if session::signed_in(&world, &request).is_none() {
        return session_invalid();
    }
    let (_, object, id) = path.into_inner();
    let record = match Object::of_name(&object) {
        Some(Object::Task) => world.salesforce.tasks.with(|tasks| tasks.get(&id).map(super::tasks::Task::record)),
        Some(object) => ids::parse(&id).filter(|(found, _)| *found == object).and_then(|(_, index)| records::record(&world, object, index)),
        None => None,
    };
    record.map_or_else(missing, |record| HttpResponse::Ok().json(record))
}

/// `POST /services/data/vNN/sobjects/Task`.
pub async fn create(world: Data<World>, request: HttpRequest, path: Path<(String, String)>, body: Bytes) -> HttpResponse {
    if session::signed_in(&world, &request).is_none() {
        return session_invalid();
    }
    let (_, object) = path.into_inner();
    match Object::of_name(&object) {
        Some(Object::Task) => {}
        Some(_) => return read_only(&object),
        None => return missing(),
    }
    let now = iso(world.clock.now());
    let added = match fields(&body) {
        Ok(fields) => world.salesforce.tasks.with(|tasks| tasks.add(fields, &now)),
        Err(refusal) => return *refusal,
    };
    match added {
        Ok(id) => HttpResponse::Created().json(json!({ "id": id, "success": true, "errors": [] })),
        Err((code, message)) => rest_error(StatusCode::BAD_REQUEST, code, &message),
    }
}

/// `PATCH /services/data/vNN/sobjects/Task/{id}`.
pub async fn update(world: Data<World>, request: HttpRequest, path: Path<(String, String, String)>, body: Bytes) -> HttpResponse {
    if session::signed_in(&world, &request).is_none() {
        return session_invalid();
    }
    let (_, object, id) = path.into_inner();
    if Object::of_name(&object) != Some(Object::Task) {
        return read_only(&object);
    }
    let changed = match fields(&body) {
        Ok(fields) => world.salesforce.tasks.with(|tasks| tasks.change(&id, fields)),
        Err(refusal) => return *refusal,
    };
    match changed {
        Ok(true) => HttpResponse::NoContent().finish(),
        Ok(false) => missing(),
        Err((code, message)) => rest_error(StatusCode::BAD_REQUEST, code, &message),
    }
}

/// `DELETE /services/data/vNN/sobjects/Task/{id}`.
pub async fn delete(world: Data<World>, request: HttpRequest, path: Path<(String, String, String)>) -> HttpResponse {
    if session::signed_in(&world, &request).is_none() {
        return session_invalid();
    }
    let (_, object, id) = path.into_inner();
    if Object::of_name(&object) != Some(Object::Task) {
        return read_only(&object);
    }
    if world.salesforce.tasks.with(|tasks| tasks.bin(&id, true)) { HttpResponse::NoContent().finish() } else { missing() }
}
