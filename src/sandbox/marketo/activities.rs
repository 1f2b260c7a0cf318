//! The feed of activities: a token to begin with, then page after page. A page covers so many records of the
//! whole instance and shows those that were asked for: often few, sometimes none, and still there is more.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, reply};
use super::params::Params;
use super::position::Paging;
use crate::sandbox::World;
use crate::sandbox::clock::{iso, parse_iso};
use crate::sandbox::world::feed::Position;
use crate::sandbox::world::people::FIRST_ID;
use crate::sandbox::world::telling::{self, Activity};

const MOST_TYPES: usize = 10;
const MOST_LEADS: usize = 30;
/// Records of the instance that one page covers.
const BLOCK: usize = 300;
/// Every so many pages one comes empty although there is more.
const EMPTY_EVERY: u32 = 7;

/// `GET /rest/v1/activities/pagingtoken.json`.
pub async fn paging_token(request: HttpRequest) -> HttpResponse {
    let params = Params::read(request.query_string());
    let answer = || -> Answer {
        let since = params.need("sinceDatetime")?;
        let wrong = || Refusal::new("1001", format!("Invalid value '{since}'. Required of type 'datetime'"));
        let at = parse_iso(since).ok_or_else(wrong)?;
        let paging = Paging { position: Position { at, number: 0 }, pages: 0 };
        Ok(Map::from_iter([("nextPageToken".to_owned(), json!(paging.token()))]))
    };
    reply(answer())
}

/// `GET /rest/v1/activities.json`.
pub async fn list(world: Data<World>, request: HttpRequest) -> HttpResponse {
    let params = Params::read(request.query_string());
    let answer = actix_web::web::block(move || page(&world, &params)).await;
    reply(answer.unwrap_or_else(|_| Err(Refusal::new("611", "System error"))))
}

fn page(world: &World, params: &Params) -> Answer {
    let paging = Paging::read(params.need("nextPageToken")?)?;
    params.need("activityTypeIds")?;
    let types = params.numbers("activityTypeIds")?;
    let leads = params.numbers("leadIds")?;
    if types.len() > MOST_TYPES {
        return Err(Refusal::new("1003", format!("Too many activity types specified. Max {MOST_TYPES} types are allowed")));
    }
    if leads.len() > MOST_LEADS {
        return Err(Refusal::new("1003", format!("Too many leads specified. Max {MOST_LEADS} leads are allowed")));
    }
    if let Some(written) = super::written::page(world, params, paging, &types, &leads) {
        return written;
    }
    if let Some(unknown) = types.iter().find(|&&id| !super::types::known(id)) {
        return Err(Refusal::new("1003", format!("Invalid activity type id '{unknown}'")));
    }
    let size = params.batch_size()?;
    let view = world.view();
    let next = Paging { pages: paging.pages.wrapping_add(1), ..paging };
    let stretch = world.read_feed(&view, paging.position, world.clock.now(), BLOCK);
    if stretch.more && next.pages.is_multiple_of(EMPTY_EVERY) {
        return Ok(envelope(Vec::new(), next, true));
    }
    let mut shown = Vec::new();
    let mut position = paging.position;
    let mut cut = false;
    for entry in &stretch.entries {
        let wanted = types.contains(&entry.event.what.type_id())
            && (leads.is_empty() || leads.contains(&FIRST_ID.saturating_add(entry.event.person)));
        if wanted && shown.len() == size {
            cut = true;
            break;
        }
        position = entry.position();
        if wanted {
            shown.extend(telling::activity(&view, entry).map(|activity| tell(&activity)));
        }
    }
    Ok(envelope(shown, Paging { position, ..next }, stretch.more || cut))
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

/// An activity as the feed shows it.
pub fn tell(activity: &Activity) -> Value {
    let mut told = Map::new();
    if let Some(id) = activity.id {
        told.insert("id".to_owned(), json!(id));
    }
    told.insert("marketoGUID".to_owned(), json!(activity.guid));
    told.insert("leadId".to_owned(), json!(activity.lead));
    told.insert("activityDate".to_owned(), json!(iso(activity.at)));
    told.insert("activityTypeId".to_owned(), json!(activity.type_id));
    if let Some(campaign) = activity.campaign {
        told.insert("campaignId".to_owned(), json!(campaign));
    }
    if activity.primary.is_some() {
        told.insert("primaryAttributeValueId".to_owned(), json!(activity.primary_id));
        told.insert("primaryAttributeValue".to_owned(), json!(activity.primary));
    }
    let attributes: Vec<Value> = activity.attributes.iter().map(|(name, value)| json!({ "name": name, "value": value })).collect();
    told.insert("attributes".to_owned(), json!(attributes));
    Value::Object(told)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::sandbox::WorldOptions;

    #[test]
    fn paging_shows_every_activity_exactly_once_with_empty_pages_between() {
        let world = World::new(WorldOptions { people: 400, ..WorldOptions::default() });
        let since = world.population().began - 20 * 86_400;
        let until = world.clock.now();
        let view = world.view();
        let expected: HashSet<String> = world
            .read_feed(&view, Position { at: since, number: 0 }, until, usize::MAX)
            .entries
            .iter()
            .filter(|entry| [1, 6, 10].contains(&entry.event.what.type_id()))
            .map(|entry| entry.number.to_string())
            .collect();
        let mut token = Paging { position: Position { at: since, number: 0 }, pages: 0 }.token();
        let (mut seen, mut empty, mut more) = (HashSet::new(), 0, true);
        while more {
            let encoded: String = url::form_urlencoded::Serializer::new(String::new())
                .append_pair("nextPageToken", &token)
                .append_pair("activityTypeIds", "1,6,10")
                .append_pair("batchSize", "100")
                .finish();
            let answer = page(&world, &Params::read(&encoded)).unwrap();
            let items = answer.get("result").and_then(Value::as_array).cloned().unwrap_or_default();
            assert!(items.len() <= 100);
            empty += usize::from(items.is_empty());
            for item in items {
                assert!(seen.insert(item["marketoGUID"].as_str().unwrap().to_owned()), "shown twice");
            }
            token = answer["nextPageToken"].as_str().unwrap().to_owned();
            more = answer["moreResult"].as_bool().unwrap();
        }
        let missing: Vec<_> = expected.difference(&seen).collect();
        assert!(missing.is_empty(), "{missing:?}");
        assert!(empty > 0 && expected.len() > 500, "{empty} {}", expected.len());
    }
}
