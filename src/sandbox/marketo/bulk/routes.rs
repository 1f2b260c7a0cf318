//! Jobs over HTTP: enqueue, status, cancel, list.

use std::time::Duration;

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};

use super::jobs::Job;
use super::measure::Measured;
use crate::sandbox::World;
use crate::sandbox::clock::DAY;
use crate::sandbox::marketo::answer::{Answer, Refusal, reply, result};
use crate::sandbox::marketo::params::Params;

/// Moves the queue along; files are made on another thread, and when one is due the queue moves along by itself.
pub fn advance(world: &Data<World>) {
    let now = world.clock.now_ms();
    let running_most = world.marketo.limits.with(|limits| limits.allowance.exports_running);
    for (id, recipe) in world.marketo.exports.with(|exports| exports.advance(now, running_most)) {
        let world = world.clone();
        tokio::spawn(async move {
            let maker = world.clone();
            let Ok(measured) = actix_web::rt::task::spawn_blocking(move || Measured::of(&recipe, &maker.days)).await else { return };
            let bytes = measured.bytes;
            world.marketo.limits.with(|limits| limits.exported(world.clock.now(), bytes));
            let fails = world.marketo.limits.with(|limits| {
                let fails = limits.allowance.exports_fail > 0;
                limits.allowance.exports_fail = limits.allowance.exports_fail.saturating_sub(1);
                fails
            });
            let now = world.clock.now_ms();
            world.marketo.exports.with(|exports| if fails { exports.fail(&id, now) } else { exports.measured(&id, measured) });
            later(&world, world.marketo.exports.with(|exports| exports.job_ms));
        });
    }
}

fn later(world: &Data<World>, ms: i64) {
    let world = world.clone();
    let wait = Duration::from_millis(u64::try_from(ms).unwrap_or(0) + 2);
    tokio::spawn(async move {
        tokio::time::sleep(wait).await;
        advance(&world);
    });
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
    later(&world, world.marketo.exports.with(|exports| exports.job_ms / 5));
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
