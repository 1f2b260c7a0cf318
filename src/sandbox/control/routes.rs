//! The control paths that concern no single person.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Path};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::faults::{Fault, Lags, Refusals};
use crate::sandbox::World;
use crate::sandbox::clock::{iso, machine_ms};
use crate::sandbox::salesforce::id_token::Bend;
use crate::sandbox::salesforce::keys::public_key_of;

/// Reads a JSON body, or says in words what is wrong with it.
pub fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Box<HttpResponse>> {
    let text = if body.is_empty() { b"{}".as_slice() } else { body };
    serde_json::from_slice(text).map_err(|error| Box::new(HttpResponse::BadRequest().json(json!({ "error": error.to_string() }))))
}

/// `GET /_control/world`: what was made, and how to get in. Everything here is make-believe, secrets too.
pub async fn world(world: Data<World>) -> HttpResponse {
    let options = world.options();
    let population = world.population();
    HttpResponse::Ok().json(json!({
        "seed": options.seed, "people": population.count, "began": iso(population.began), "now": iso(world.clock.now()),
        "every_nth_person_has_history": population.stride,
        "marketo": {
            "url": world.marketo_url(), "munchkin_id": world.munchkin_id(), "client_id": world.marketo_client_id(), "client_secret": world.marketo_client_secret(),
        },
        "salesforce": {
            "instance_url": world.instance_url(), "org_id": world.org_id(), "org_name": world.org_name(), "consumer_key": world.consumer_key(), "canvas_url": options.canvas_url,
        },
    }))
}

/// `GET /_control/journal`.
pub async fn journal(world: Data<World>) -> HttpResponse {
    let (counts, calls) = world.journal.read();
    HttpResponse::Ok().json(json!({ "total": counts.values().sum::<u64>(), "counts": counts, "calls": calls }))
}

/// `DELETE /_control/journal`.
pub async fn forget_journal(world: Data<World>) -> HttpResponse {
    world.journal.forget();
    HttpResponse::NoContent().finish()
}

/// `GET /_control/clock`.
pub async fn clock(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok()
        .json(json!({ "now": iso(world.clock.now()), "now_ms": world.clock.now_ms(), "shifted_ms": world.clock.shifted_ms() }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Shift {
    shift_seconds: i64,
}

/// `POST /_control/clock`.
pub async fn shift_clock(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<Shift>(&body) {
        Ok(shift) => {
            world.clock.shift(shift.shift_seconds.saturating_mul(1000));
            clock(world).await
        }
        Err(refusal) => *refusal,
    }
}

/// `GET /_control/faults`.
pub async fn faults(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(world.faults.list())
}

/// `POST /_control/faults`.
pub async fn add_fault(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<Fault>(&body) {
        Ok(fault) => {
            world.faults.add(fault);
            HttpResponse::Ok().json(world.faults.list())
        }
        Err(refusal) => *refusal,
    }
}

/// `DELETE /_control/faults`.
pub async fn clear_faults(world: Data<World>) -> HttpResponse {
    world.faults.clear();
    HttpResponse::NoContent().finish()
}

/// `GET /_control/limits`: what is allowed and what was used.
pub async fn limits(world: Data<World>) -> HttpResponse {
    let now = world.clock.now();
    let (allowance, used) = world.marketo.limits.with(|limits| (limits.allowance.clone(), limits.used(machine_ms(), now)));
    HttpResponse::Ok().json(json!({ "allowance": allowance, "used": used }))
}

/// `POST /_control/limits`: sets those that are named.
pub async fn set_limits(world: Data<World>, body: Bytes) -> HttpResponse {
    let changes = match read::<Map<String, Value>>(&body) {
        Ok(changes) => changes,
        Err(refusal) => return *refusal,
    };
    let set = world.marketo.limits.with(|limits| {
        let mut all = serde_json::to_value(&limits.allowance).unwrap_or_default();
        if let Some(all) = all.as_object_mut() {
            all.extend(changes);
        }
        limits.allowance = serde_json::from_value(all)?;
        Ok::<i64, serde_json::Error>(limits.allowance.job_ms)
    });
    match set {
        Ok(job_ms) => {
            world.marketo.exports.with(|exports| exports.job_ms = job_ms);
            limits(world).await
        }
        Err(error) => HttpResponse::BadRequest().json(json!({ "error": error.to_string() })),
    }
}

/// `DELETE /_control/limits`: forgets what was used.
pub async fn reset_limits(world: Data<World>) -> HttpResponse {
    world.marketo.limits.with(super::super::marketo::Limits::reset);
    HttpResponse::NoContent().finish()
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Expire {
    marketo: bool,
    salesforce: bool,
}

/// `POST /_control/tokens/expire`.
pub async fn expire_tokens(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<Expire>(&body) {
        Ok(which) => {
            if which.marketo {
                world.marketo.tokens.with(super::super::marketo::Tokens::expire);
            }
            if which.salesforce {
                world.salesforce.expire_access();
            }
            HttpResponse::NoContent().finish()
        }
        Err(refusal) => *refusal,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Key {
    /// A certificate or a public key.
    pem: String,
}

/// `POST /_control/salesforce/keys`: the key that the connected app's JWT bearer assertions are checked with.
pub async fn register_key(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<Key>(&body) {
        Ok(key) => match public_key_of(&key.pem) {
            Some(der) => {
                world.salesforce.register_key(der);
                HttpResponse::NoContent().finish()
            }
            None => HttpResponse::BadRequest().json(json!({ "error": "neither a certificate nor a public key" })),
        },
        Err(refusal) => *refusal,
    }
}

/// `POST /_control/salesforce/id-tokens`: what is wrong with ID tokens from now on; an empty body makes them right again.
pub async fn bend_id_tokens(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<Bend>(&body) {
        Ok(bend) => {
            world.salesforce.identities.with(|identities| identities.bend(bend));
            HttpResponse::NoContent().finish()
        }
        Err(refusal) => *refusal,
    }
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Rotation {
    /// The earlier keys are published on.
    keep: bool,
}

/// `POST /_control/salesforce/identity-keys/rotate`: ID tokens are signed with a new key from now on.
pub async fn rotate_identity_keys(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<Rotation>(&body) {
        Ok(rotation) => {
            world.salesforce.identities.with(|identities| identities.rotate(rotation.keep));
            HttpResponse::NoContent().finish()
        }
        Err(refusal) => *refusal,
    }
}

/// `PUT /_control/lags`.
pub async fn set_lags(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<Lags>(&body) {
        Ok(wanted) => {
            world.lags.with(|lags| *lags = wanted);
            HttpResponse::Ok().json(wanted)
        }
        Err(refusal) => *refusal,
    }
}

/// `PUT /_control/salesforce/opt-outs`: fields of who wants no more mail, by the first 15 letters of a record's id, as if somebody had
/// ticked them there.
pub async fn set_opt_outs(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<std::collections::BTreeMap<String, Map<String, Value>>>(&body) {
        Ok(wanted) => {
            world.salesforce.opt_outs.with(|all| wanted.into_iter().for_each(|(id, fields)| all.entry(id).or_default().extend(fields)));
            HttpResponse::NoContent().finish()
        }
        Err(refusal) => *refusal,
    }
}

/// `PUT /_control/refusals`.
pub async fn set_refusals(world: Data<World>, body: Bytes) -> HttpResponse {
    match read::<Refusals>(&body) {
        Ok(wanted) => {
            world.refusals.with(|refusals| refusals.clone_from(&wanted));
            HttpResponse::Ok().json(wanted)
        }
        Err(refusal) => *refusal,
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Handled {
    status: Option<String>,
    deleted: Option<bool>,
}

/// `POST /_control/salesforce/tasks/{id}`: what somebody does to a task in Salesforce itself.
pub async fn handle_task(world: Data<World>, id: Path<String>, body: Bytes) -> HttpResponse {
    let handled: Handled = match read(&body) {
        Ok(handled) => handled,
        Err(refusal) => return *refusal,
    };
    let known = world.salesforce.tasks.with(|tasks| {
        let status = handled.status.as_ref().map(|status| tasks.set_status(&id, status));
        let moved = handled.deleted.map(|deleted| tasks.bin(&id, deleted));
        status.or(moved) == Some(true)
    });
    if known { HttpResponse::NoContent().finish() } else { HttpResponse::NotFound().json(json!({ "error": "There is no such task." })) }
}

/// `GET /_control/written`: everything that others wrote into Marketo and Salesforce, in the order of writing.
pub async fn written(world: Data<World>) -> HttpResponse {
    let marketo = world.marketo.written.with(|all| all.clone());
    let tasks: Vec<Value> = world.salesforce.tasks.with(|tasks| tasks.all().iter().map(crate::sandbox::salesforce::Task::record).collect());
    let opt_outs = world.salesforce.opt_outs.with(|all| all.clone());
    HttpResponse::Ok().json(json!({ "marketo": marketo, "salesforce": tasks, "opt_outs": opt_outs }))
}
