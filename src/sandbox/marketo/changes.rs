//! The feeds of changed and of deleted people.

use std::collections::BTreeMap;

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, reply};
use super::params::Params;
use super::position::Paging;
use crate::sandbox::World;
use crate::sandbox::clock::{DAY, iso};
use crate::sandbox::world::feed::{Entry, Position};
use crate::sandbox::world::people::FIRST_ID;
use crate::sandbox::world::stories::What;
use crate::sandbox::world::telling;
use crate::sandbox::world::view::View;

/// Deletions older than this may have been pruned.
const DELETIONS_KEPT_DAYS: i64 = 14;
const BLOCK: usize = 300;

/// `GET /rest/v1/activities/leadchanges.json`.
pub async fn lead_changes(world: Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::read(request.query_string());
    let answer = actix_web::web::block(move || changes(&world, &params)).await;
    reply(answer.unwrap_or_else(|_| Err(Refusal::new("611", "System error"))))
}

fn changes(world: &World, params: &Params) -> Answer {
    let paging = Paging::read(params.need("nextPageToken")?)?;
    params.need("fields")?;
    let names = params.list("fields");
    super::fields::named(names.iter().copied())?;
    let leads = params.numbers("leadIds")?;
    let size = params.batch_size()?;
    let view = world.view();
    let now = world.clock.now();
    let stretch = world.read_feed(&view, paging.position, now, BLOCK.min(size.max(1)));
    let last = stretch.entries.last().map(Entry::position);
    // Changes made by hand lie between the activities of the same stretch, or behind the last of them.
    let end = if stretch.more { last } else { None };
    let mut told: BTreeMap<Position, Value> = BTreeMap::new();
    for entry in &stretch.entries {
        told.extend(from_activity(&view, entry, &names).map(|change| (entry.position(), change)));
    }
    for change in &view.overlay.changes {
        let position = Position { at: change.at, number: change.number };
        let here = position > paging.position && change.at < now && end.is_none_or(|end| position <= end);
        if here && names.contains(&change.field.as_str()) && !view.overlay.deleted.contains_key(&change.person) {
            let field = json!({ "id": 1, "name": change.field, "newValue": change.new, "oldValue": change.old });
            let reason = json!([{ "name": "Reason", "value": "Web service API" }, { "name": "Source", "value": "Web service API" }]);
            told.insert(position, record(change.number, change.person, change.at, 13, Some(field), &reason));
        }
    }
    let beyond = if stretch.more { None } else { told.keys().next_back().copied() };
    let next = last.into_iter().chain(beyond).max().unwrap_or(paging.position);
    let wanted = |value: &Value| {
        leads.is_empty()
            || value.get("leadId").and_then(Value::as_u64).and_then(|id| u32::try_from(id).ok()).is_some_and(|id| leads.contains(&id))
    };
    let items: Vec<Value> = told.into_values().filter(wanted).collect();
    Ok(envelope(items, Paging { position: next, pages: paging.pages.wrapping_add(1) }, stretch.more))
}

fn from_activity(view: &View, entry: &Entry, names: &[&str]) -> Option<Value> {
    let person = entry.event.person;
    if view.overlay.deleted.contains_key(&person) {
        return None;
    }
    let (field, reason) = match entry.event.what {
        What::NewLead => (None, "Created"),
        What::Changed { field, .. } => {
            let (id, name, old, new) = telling::changed_field(view, entry, field);
            names.contains(&name).then_some(())?;
            (Some(json!({ "id": id, "name": name, "newValue": new, "oldValue": old })), "Changed by flow step")
        }
        What::Score { change, .. } if names.contains(&"leadScore") => {
            let old = view.score_before(person, entry.event.at);
            (
                Some(json!({ "id": 69, "name": "leadScore", "newValue": (old + change).max(0).to_string(), "oldValue": old.to_string() })),
                "Changed by scoring",
            )
        }
        _ => return None,
    };
    let kind = if field.is_none() { 12 } else { 13 };
    let attributes = json!([{ "name": "Reason", "value": reason }, { "name": "Lead ID", "value": FIRST_ID.saturating_add(person) }]);
    Some(record(entry.number, person, entry.event.at, kind, field, &attributes))
}

fn record(number: u64, person: u32, at: i64, kind: u32, field: Option<Value>, attributes: &Value) -> Value {
    json!({
        "id": number, "marketoGUID": number.to_string(), "leadId": FIRST_ID.saturating_add(person), "activityDate": iso(at),
        "activityTypeId": kind, "fields": field.into_iter().collect::<Vec<_>>(), "attributes": attributes,
    })
}

/// `GET /rest/v1/activities/deletedleads.json`.
pub async fn deleted_leads(world: Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::read(request.query_string());
    let answer = || -> Answer {
        let paging = Paging::read(params.need("nextPageToken")?)?;
        let size = params.batch_size()?;
        let now = world.clock.now();
        let overlay = world.view().overlay;
        let merged = &overlay.merged;
        let mut deleted: Vec<(Position, u32, String)> = overlay
            .deleted
            .iter()
            // Of somebody who was merged the feed of activities tells.
            .filter(|(person, _)| !merged.contains_key(person))
            .filter(|(_, (at, _))| *at < now && *at > now - DELETIONS_KEPT_DAYS * DAY)
            .map(|(&person, (at, name))| (Position { at: *at, number: u64::from(person) + 1 }, person, name.clone()))
            .filter(|(position, _, _)| *position > paging.position)
            .collect();
        deleted.sort();
        let more = deleted.len() > size;
        deleted.truncate(size);
        let position = deleted.last().map_or(paging.position, |(position, _, _)| *position);
        let items = deleted
            .into_iter()
            .map(|(position, person, name)| {
                let lead = FIRST_ID.saturating_add(person);
                let guid = format!("d{lead}");
                json!({
                    "marketoGUID": guid, "leadId": lead, "activityDate": iso(position.at), "activityTypeId": 37,
                    "primaryAttributeValueId": lead, "primaryAttributeValue": name, "attributes": [],
                })
            })
            .collect();
        Ok(envelope(items, Paging { position, pages: paging.pages.wrapping_add(1) }, more))
    };
    reply(answer())
}

fn envelope(items: Vec<Value>, next: Paging, more: bool) -> Map<String, Value> {
    let mut keys = Map::new();
    if !items.is_empty() {
        keys.insert("result".to_owned(), Value::Array(items));
    }
    keys.insert("nextPageToken".to_owned(), json!(next.token()));
    keys.insert("moreResult".to_owned(), json!(more));
    keys
}
