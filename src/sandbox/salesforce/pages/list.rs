//! The list of records: leads, contacts, a search, and the odd ones that are worth a look.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::sandbox::World;
use crate::sandbox::clock::iso_day;
use crate::sandbox::salesforce::records::{self, STRANGERS_SHOWN};
use crate::sandbox::world::ids;
use crate::sandbox::world::people::{Kind, Person};
use crate::sandbox::world::stories::Habit;
use crate::sandbox::world::users::{USERS, User};
use crate::sandbox::world::view::View;

const PAGE: usize = 25;
/// So many people are looked through for a search that no key helps with.
const MOST_SCANNED: u32 = 20_000;

/// What to list.
#[derive(Debug, Deserialize)]
pub struct Wanted {
    /// `Lead` or `Contact`.
    object: Option<String>,
    /// Search words.
    q: Option<String>,
    page: Option<usize>,
    user: Option<String>,
}

/// `GET /`.
pub async fn list(world: Data<World>, wanted: Query<Wanted>) -> HttpResponse {
    let view = world.view();
    let contacts = wanted.object.as_deref() == Some("Contact");
    let kind = if contacts { Kind::Contact } else { Kind::Lead };
    let words = wanted.q.as_deref().unwrap_or("").trim().to_owned();
    let page = wanted.page.unwrap_or(1).clamp(1, 10_000);
    let mut found = find(&view, kind, &words, (page - 1) * PAGE, PAGE + 1);
    let more = found.len() > PAGE;
    found.truncate(PAGE);
    let user = wanted.user.as_deref().and_then(User::named).or_else(|| USERS.first().copied()).unwrap_or_default();
    let suffix = if user.index == 0 { String::new() } else { format!("?user={}", user.index) };
    let rows: Vec<Value> = found.iter().map(|person| row(&world, person, &suffix)).collect();
    let strangers: Vec<Value> = if contacts {
        Vec::new()
    } else {
        (0..STRANGERS_SHOWN).map(|which| row(&world, &records::stranger(view.population.seed, which), &suffix)).collect()
    };
    let foreign = found.first().and_then(|person| link(&world, person)).map(|link| format!("{link}?org=unknown"));
    super::page(
        &world,
        "list",
        &json!({
            "title": if contacts { "Contacts" } else { "Leads" }, "object": if contacts { "Contact" } else { "Lead" }, "contacts": contacts, "words": words, "rows": rows,
            "actions": list_actions(&world, &found, user), "page": page, "previous": (page > 1).then(|| page - 1), "next": more.then_some(page + 1), "strangers": strangers, "foreign": foreign, "lively": lively(&world, &view, &suffix),
            "initials": user.initials(), "user_name": user.name(), "user_index": user.index,
            "users": USERS.iter().map(|other| json!({ "index": other.index, "name": other.name(), "language": other.language, "chosen": other.index == user.index })).collect::<Vec<_>>(),
        }),
    )
}

// The buttons of the list view, for the records that it shows.
fn list_actions(world: &World, found: &[Person], user: User) -> Vec<Value> {
    if !super::component::are_there(world) {
        return Vec::new();
    }
    let ids: Vec<String> = found.iter().filter_map(Person::record).collect();
    let actions = [("email", "Send Sales Email"), ("campaign", "Add to Sales Campaign")];
    actions
        .iter()
        .map(|(action, label)| {
            let (ids, user) = (ids.join(","), user.index.to_string());
            let fields = [("action", *action), ("recordIds", ids.as_str()), ("user", user.as_str()), ("lang", "en")];
            json!({ "label": label, "link": super::component::address(world, "msiListAction", &fields) })
        })
        .collect()
}

/// `POST /new-lead`: somebody arrives now; the browser goes to the record.
pub async fn new_lead(world: Data<World>) -> HttpResponse {
    let index = world.arrive();
    let target = world.view().person(index).and_then(|person| link(&world, &person)).unwrap_or_default();
    HttpResponse::SeeOther().insert_header(("location", target)).finish()
}

/// A few leads who do a lot, for there the panel has most to show.
fn lively(world: &World, view: &View, suffix: &str) -> Vec<Value> {
    let population = world.population();
    let step = usize::try_from(population.stride.max(1)).unwrap_or(1);
    let busy = (0..population.count)
        .step_by(step)
        .take(500)
        .filter(|&index| Habit::of(population, index).is_lively() && population.kind(index) == Kind::Lead);
    let owned = busy.filter_map(|index| view.person(index)).filter(|person| person.owner.is_some());
    owned.take(3).map(|person| row(world, &person, suffix)).collect()
}

/// The address of a person's record page.
pub fn link(world: &World, person: &Person) -> Option<String> {
    let object = match person.kind {
        Kind::Lead => "Lead",
        Kind::Contact => "Contact",
        Kind::Unsynced => return None,
    };
    Some(format!("{}/salesforce/lightning/r/{object}/{}/view", world.base_path(), person.record()?))
}

fn row(world: &World, person: &Person, suffix: &str) -> Value {
    json!({
        "link": link(world, person).map(|link| format!("{link}{suffix}")), "name": person.name(), "title": person.title, "company": person.company, "email": person.email,
        "phone": person.phone, "status": person.status, "owner": person.owner.and_then(User::at).map(User::name), "created": iso_day(person.created),
    })
}

fn find(view: &View, kind: Kind, words: &str, skip: usize, take: usize) -> Vec<Person> {
    let lower = words.to_lowercase();
    if let Some((_, index)) = ids::parse(words) {
        return view.person(index).filter(|person| person.record().is_some_and(|id| id.get(..15) == words.get(..15))).into_iter().collect();
    }
    if words.contains('@') {
        return view.by_email(&lower).into_iter().filter(|person| person.kind == kind).skip(skip).take(take).collect();
    }
    let fits = |person: &Person| {
        let hay = [Some(person.name()), person.company.clone(), person.title.clone()];
        person.kind == kind && (lower.is_empty() || hay.into_iter().flatten().any(|text| text.to_lowercase().contains(&lower)))
    };
    let end = view.end();
    let oldest = end.saturating_sub(if lower.is_empty() { end } else { MOST_SCANNED });
    (oldest..end).rev().filter_map(|index| view.person(index)).filter(fits).skip(skip).take(take).collect()
}
