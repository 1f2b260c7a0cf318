//! Stands in for Apex: signs an assertion with the org's key, as the package's code would.

use actix_web::web::{Bytes, Data, Query};
use actix_web::{HttpResponse, http::StatusCode};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::rest_error;
use crate::sandbox::World;
use crate::sandbox::clock::machine_ms;
use crate::sandbox::dice::{HEX, unforeseen};
use crate::sandbox::world::users::{USERS, User};

/// Who asks, and for which audience.
#[derive(Debug, Deserialize)]
pub struct Asked {
    user: Option<String>,
    aud: Option<String>,
}

/// `POST /apex/assertion?user=005…&aud=…`. Claims in a JSON body replace those that Apex would set (`null`
/// leaves one out), members of `"header"` those of the header.
pub async fn assertion(world: Data<World>, asked: Query<Asked>, body: Bytes) -> HttpResponse {
    let user = asked.user.as_deref().map_or(USERS.first().copied(), User::named);
    let Some(user) = user else { return rest_error(StatusCode::BAD_REQUEST, "INVALID_USER", "No such user") };
    let mut overrides = match serde_json::from_slice::<Map<String, Value>>(if body.is_empty() { b"{}" } else { &body }) {
        Ok(overrides) => overrides,
        Err(error) => return rest_error(StatusCode::BAD_REQUEST, "JSON_PARSER_ERROR", &error.to_string()),
    };
    // Real time, for the checker has a clock of its own.
    let now = machine_ms().div_euclid(1000);
    let mut header = json!({ "kid": world.org_key().name, "typ": "JWT", "alg": "RS256" });
    let mut claims = json!({
        "iss": world.org_id(), "sub": user.id(), "aud": asked.aud.clone().unwrap_or_else(|| crate::sandbox::world::origin_of(&world.options().canvas_url)),
        "iat": now, "nbf": now - 5, "exp": now + 120, "jti": unforeseen(HEX, 32),
    });
    let changed_header = overrides.remove("header");
    change(&mut header, changed_header.as_ref().and_then(Value::as_object));
    change(&mut claims, Some(&overrides));
    match world.org_key().sign(&header, &claims) {
        Some(assertion) => HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(json!({ "assertion": assertion })),
        None => rest_error(StatusCode::INTERNAL_SERVER_ERROR, "UNKNOWN_EXCEPTION", "The org has no key"),
    }
}

/// `GET /apex/certificate`: what Setup › Certificate and Key Management offers for download.
pub async fn certificate(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().content_type("application/x-pem-file").body(world.org_certificate_pem())
}

fn change(object: &mut Value, changes: Option<&Map<String, Value>>) {
    let (Some(object), Some(changes)) = (object.as_object_mut(), changes) else { return };
    for (name, value) in changes {
        if value.is_null() {
            object.remove(name);
        } else {
            object.insert(name.clone(), value.clone());
        }
    }
}
