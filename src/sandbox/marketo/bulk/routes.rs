//! Jobs over HTTP: enqueue, status, cancel, list.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::jobs::Job;
use super::measure::Measured;
use crate::sandbox::World;
use crate::sandbox::clock::DAY;
use crate::sandbox::marketo::answer::{Answer, Refusal, reply, result};
use crate::sandbox::marketo::params::Params;

/// Moves the queue along; files that must be measured are measured on another thread.
pub fn advance(world: &Data<World>) {
    let now = world.clock.now_ms();
    let running_most = world.marketo.limits.with(|limits| limits.allowance.exports_running);
    for (id, recipe) in world.marketo.exports.with(|exports| exports.advance(now, running_most)) {
        let world = world.clone();
        drop(actix_web::rt::task::spawn_blocking(move || {
            let measured = Measured::of(&recipe, &world.days);
            let bytes = measured.bytes;
            world.marketo.limits.with(|limits| limits.exported(world.clock.now(), bytes));
            world.marketo.exports.with(|exports| exports.measured(&id, measured));
        }));
    }
}

/// `POST …/{id}/enqueue.json`.
pub async fn enqueue(world: Data<World>, path: Path<(String, String)>) -> HttpResponse {
    advance(&world);
    let (kind, id) = path.into_inner();
    let now = world.clock.now();
    let (allowance, exhausted) = world.marketo.limits.with(|limits| (limits.allowance.clone(), limits.export_exhausted(now)));
    if exhausted {
        return reply(Err(quota_exceeded(allowance.export_bytes_per_day)));
    }
    let now_ms = world.clock.now_ms();
    reply(world.marketo.exports.with(|exports| exports.enqueue(&kind, &id, now_ms, &allowance).map(Job::tell)).and_then(one))
}

/// The refusal once a day's export is used up.
pub fn quota_exceeded(bytes: u64) -> Refusal {
    Refusal::new("1029", format!("Export daily quota {}MB exceeded.", bytes / 1_000_000))
}

fn one(told: serde_json::Value) -> Answer {
    result(vec![told])
}

/// `GET …/{id}/status.json`.
pub async fn status(world: Data<World>, path: Path<(String, String)>) -> HttpResponse {
    advance(&world);
    let (kind, id) = path.into_inner();
    reply(world.marketo.exports.with(|exports| exports.get(&kind, &id).map(Job::tell)).and_then(one))
}

/// `POST …/{id}/cancel.json`.
pub async fn cancel(world: Data<World>, path: Path<(String, String)>) -> HttpResponse {
    advance(&world);
    let (kind, id) = path.into_inner();
    let now = world.clock.now_ms();
    reply(world.marketo.exports.with(|exports| exports.cancel(&kind, &id, now).map(Job::tell)).and_then(one))
}

/// `GET /bulk/v1/{leads|activities}/export.json`: jobs of the last seven days.
pub async fn list(world: Data<World>, kind: Path<String>, request: HttpRequest) -> HttpResponse {
    advance(&world);
    let params = Params::read(request.query_string());
    let states = params.list("status");
    let answer = || -> Answer {
        let size = params.batch_size()?;
        let oldest = world.clock.now_ms() - 7 * DAY * 1000;
        let wanted = |job: &&Job| {
            job.created >= oldest && (states.is_empty() || states.iter().any(|state| state.eq_ignore_ascii_case(job.state.word())))
        };
        result(world.marketo.exports.with(|exports| exports.list(&kind).filter(wanted).take(size).map(Job::tell).collect()))
    };
    reply(answer())
}
