//! People by hand: created, changed, deleted, made to do something.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Path};
use serde::Deserialize;
use serde_json::json;

use super::routes::read as read_body;
use crate::sandbox::World;
use crate::sandbox::marketo::profile;
use crate::sandbox::world::deeds::PersonPatch;
use crate::sandbox::world::stories::{Because, Moment, What};

/// `POST /_control/people`.
pub async fn create(world: Data<World>, body: Bytes) -> HttpResponse {
    match read_body::<PersonPatch>(&body) {
        Ok(patch) => {
            let index = world.create_person(&patch);
            told(&world, index)
        }
        Err(refusal) => *refusal,
    }
}

/// `POST /_control/people/arrive`: a lead who comes in this minute, with a story.
pub async fn arrive(world: Data<World>) -> HttpResponse {
    let index = world.arrive();
    told(&world, index)
}

/// `GET /_control/people/{id}`.
pub async fn read(world: Data<World>, id: Path<u32>) -> HttpResponse {
    world.index_of(*id).map_or_else(missing, |index| told(&world, index))
}

/// `PATCH /_control/people/{id}`.
pub async fn change(world: Data<World>, id: Path<u32>, body: Bytes) -> HttpResponse {
    let patch = match read_body::<PersonPatch>(&body) {
        Ok(patch) => patch,
        Err(refusal) => return *refusal,
    };
    world.index_of(*id).filter(|&index| world.change_person(index, &patch)).map_or_else(missing, |index| told(&world, index))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Touch {
    /// The first of the numbers.
    first: u32,
    count: u32,
    title: String,
}

/// `POST /_control/people/touch`: so many people, one number after the other, get this title.
pub async fn touch(world: Data<World>, body: Bytes) -> HttpResponse {
    let Touch { first, count, title } = match read_body(&body) {
        Ok(touch) => touch,
        Err(refusal) => return *refusal,
    };
    let patch = PersonPatch { title: Some(title), ..PersonPatch::default() };
    let numbers = (first..first.saturating_add(count)).filter_map(|id| world.index_of(id));
    let touched = numbers.filter(|&index| world.change_person(index, &patch)).count();
    HttpResponse::Ok().json(json!({ "changed": touched }))
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Merge {
    losers: Vec<u32>,
}

/// `POST /_control/people/{id}/merge`: others are merged into this person.
pub async fn merge(world: Data<World>, id: Path<u32>, body: Bytes) -> HttpResponse {
    let Merge { losers } = match read_body(&body) {
        Ok(merge) => merge,
        Err(refusal) => return *refusal,
    };
    let Some(winner) = world.index_of(*id) else { return missing() };
    let merged = losers.into_iter().filter_map(|id| world.index_of(id)).filter(|&loser| world.merge_people(winner, loser)).count();
    HttpResponse::Ok().json(json!({ "merged": merged }))
}

/// `DELETE /_control/people/{id}`.
pub async fn delete(world: Data<World>, id: Path<u32>) -> HttpResponse {
    world.index_of(*id).filter(|&index| world.delete_person(index)).map_or_else(missing, |_| HttpResponse::NoContent().finish())
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deed {
    /// `visit`, `form`, `open`, `moment` or `score`.
    kind: String,
    /// Seconds from now; negative for the past.
    #[serde(default)]
    in_seconds: i64,
    /// For `score`.
    #[serde(default)]
    change: i64,
}

/// `POST /_control/people/{id}/activities`.
pub async fn act(world: Data<World>, id: Path<u32>, body: Bytes) -> HttpResponse {
    let deed = match read_body::<Deed>(&body) {
        Ok(deed) => deed,
        Err(refusal) => return *refusal,
    };
    let what = match deed.kind.as_str() {
        "visit" => What::Visit { page: 2002, referrer: 3, agent: 0, mailing: None },
        "form" => What::Form { form: 1024, agent: 0 },
        "open" => What::Opened { mailing: 5011, run: 1, agent: 0, bot: false },
        "moment" => What::Moment(Moment::Pricing(2002)),
        "score" => What::Score { change: deed.change, because: Because::Visited(2002) },
        _ => return HttpResponse::BadRequest().json(json!({ "error": "kind must be visit, form, open, moment or score" })),
    };
    let Some(index) = world.index_of(*id) else { return missing() };
    let number = world.let_happen(index, deed.in_seconds, what);
    HttpResponse::Ok().json(json!({ "marketoGUID": number.to_string() }))
}

fn told(world: &World, index: u32) -> HttpResponse {
    profile(world, index).map_or_else(missing, |told| HttpResponse::Ok().json(told))
}

fn missing() -> HttpResponse {
    HttpResponse::NotFound().json(json!({ "error": "no such person" }))
}
