//! Making a job: what it exports, from which window, in which columns. Nothing runs yet.

use std::collections::BTreeMap;

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::activity_rows::{ActivityRows, COLUMNS};
use super::csv::Format;
use super::jobs::{Job, Recipe, Rows};
use super::lead_rows::LeadRows;
use super::routes;
use crate::sandbox::World;
use crate::sandbox::clock::{DAY, parse_iso};
use crate::sandbox::dice::{HEX, unforeseen};
use crate::sandbox::marketo::answer::{Answer, Refusal, reply, result};
use crate::sandbox::marketo::fields;
use crate::sandbox::marketo::limits::Allowance;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Order {
    #[serde(default)]
    format: Option<String>,
    #[serde(default)]
    fields: Option<Vec<String>>,
    #[serde(default)]
    column_header_names: BTreeMap<String, String>,
    #[serde(default)]
    filter: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Window {
    start_at: Option<String>,
    end_at: Option<String>,
}

/// `POST /bulk/v1/{leads|activities}/export/create.json`.
pub async fn create(world: Data<World>, kind: Path<String>, body: Bytes) -> HttpResponse {
    routes::advance(&world);
    reply(make(&world, &kind, &body))
}

fn make(world: &World, kind: &str, body: &[u8]) -> Answer {
    let wanted: Order = serde_json::from_slice(body).map_err(|_| Refusal::new("609", "Invalid JSON"))?;
    let now = world.clock.now();
    let (exhausted, allowance) = world.marketo.limits.with(|limits| (limits.export_exhausted(now), limits.allowance.clone()));
    if exhausted {
        return Err(routes::quota_exceeded(allowance.export_bytes_per_day));
    }
    let name = wanted.format.as_deref().unwrap_or("CSV");
    let format = Format::of(name).ok_or_else(|| Refusal::new("1003", format!("Invalid format '{name}'")))?;
    let (rows, names) = if kind == "leads" { lead_rows(world, &wanted, &allowance)? } else { activity_rows(world, &wanted)? };
    let titles: Vec<Value> = names.iter().map(|name| json!(wanted.column_header_names.get(name).unwrap_or(name))).collect();
    let mut header = String::new();
    format.row(&mut header, &titles);
    let id = [8, 4, 4, 4, 12].map(|length| unforeseen(HEX, length)).join("-");
    let now_ms = world.clock.now_ms();
    result(vec![world.marketo.exports.with(|exports| Job::tell(exports.create(id, Recipe { rows, format, header }, now_ms)))])
}

fn lead_rows(world: &World, order: &Order, allowance: &Allowance) -> Result<(Rows, Vec<String>), Refusal> {
    let names = order
        .fields
        .clone()
        .filter(|names| !names.is_empty())
        .ok_or_else(|| Refusal::new("1002", "Missing value for required parameter 'fields'"))?;
    let fields = fields::named(names.iter().map(String::as_str))?;
    let mut filters = order.filter.iter();
    let (Some((filter, value)), None) = (filters.next(), filters.next()) else {
        return Err(Refusal::new("1003", "Exactly one filter type must be specified"));
    };
    let mut owned_only = false;
    let (by_update, window) = match filter.as_str() {
        "createdAt" => (false, window(value)?),
        "updatedAt" if allowance.updated_at_filter => (true, window(value)?),
        "staticListName" | "smartListName" if allowance.list_filter => {
            owned_only = match value.as_str() {
                Some("Everybody") => false,
                Some("Sales people") => true,
                _ => return Err(Refusal::new("1003", format!("List not found: {value}"))),
            };
            (false, (i64::MIN, i64::MAX))
        }
        "updatedAt" | "smartListId" | "smartListName" | "staticListId" | "staticListName" => {
            return Err(Refusal::new("1035", format!("Unsupported filter type for target subscription: {filter}")));
        }
        other => return Err(Refusal::new("1003", format!("Invalid filter type '{other}'"))),
    };
    let rows = LeadRows { view: world.view(), fields, window, by_update, owned_only, as_of: world.clock.now() };
    Ok((Rows::Leads(rows), names))
}

fn activity_rows(world: &World, order: &Order) -> Result<(Rows, Vec<String>), Refusal> {
    let created = order.filter.get("createdAt").ok_or_else(|| Refusal::new("1002", "Missing value for required parameter 'createdAt'"))?;
    let (start, end) = window(created)?;
    let types: Vec<u32> = match order.filter.get("activityTypeIds") {
        None => Vec::new(),
        Some(ids) => serde_json::from_value(ids.clone()).map_err(|_| Refusal::new("1001", "Invalid value for 'activityTypeIds'"))?,
    };
    if let Some(odd) = order.filter.keys().find(|name| !matches!(name.as_str(), "createdAt" | "activityTypeIds")) {
        return Err(Refusal::new("1035", format!("Unsupported filter type for target subscription: {odd}")));
    }
    if types.contains(&37) {
        return Err(Refusal::new("1003", "Activity type '37' cannot be exported"));
    }
    if let Some(unknown) = types.iter().find(|&&id| !crate::sandbox::marketo::types::known(id)) {
        return Err(Refusal::new("1003", format!("Invalid activity type id '{unknown}'")));
    }
    let names = match &order.fields {
        Some(names) if !names.is_empty() => names.clone(),
        _ => COLUMNS.iter().map(|(name, _)| (*name).to_owned()).filter(|name| name != "actionResult").collect(),
    };
    let column = |name: &String| {
        COLUMNS
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, column)| *column)
            .ok_or_else(|| Refusal::new("1006", format!("Field '{name}' not found")))
    };
    let columns = names.iter().map(column).collect::<Result<_, _>>()?;
    // Nothing that is still to come can be in a file.
    let rows = ActivityRows { view: world.view(), columns, window: (start, end.min(world.clock.now())), types: types.into() };
    Ok((Rows::Activities(rows), names))
}

fn window(value: &Value) -> Result<(i64, i64), Refusal> {
    let window: Window = serde_json::from_value(value.clone()).map_err(|_| Refusal::new("1003", "Invalid date range"))?;
    let moment = |text: Option<String>, name: &str| {
        let text = text.ok_or_else(|| Refusal::new("1002", format!("Missing value for required parameter '{name}'")))?;
        parse_iso(&text).ok_or_else(|| Refusal::new("704", format!("Invalid date format for '{name}': {text}")))
    };
    let (start, end) = (moment(window.start_at, "startAt")?, moment(window.end_at, "endAt")?);
    if end < start {
        return Err(Refusal::new("1003", "'endAt' must be after 'startAt'"));
    }
    if end - start > 31 * DAY {
        return Err(Refusal::new("1003", "Date range must not exceed 31 days"));
    }
    // Seconds are whole and the end belongs to the window.
    Ok((start, end + 1))
}
