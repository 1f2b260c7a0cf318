//! The rows of an activity export: everything of some types in a window, day after day.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::csv::Format;
use crate::sandbox::clock::DAY;
use crate::sandbox::clock::iso;
use crate::sandbox::world::feed::Days;
use crate::sandbox::world::telling::{self, Activity};
use crate::sandbox::world::view::View;

/// A column of an activity export.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Column {
    Guid,
    LeadId,
    Date,
    TypeId,
    CampaignId,
    PrimaryId,
    Primary,
    Attributes,
    Result,
}

/// The columns in Marketo's order with their names; all but the last come unless others are asked for.
pub const COLUMNS: &[(&str, Column)] = &[
    ("marketoGUID", Column::Guid),
    ("leadId", Column::LeadId),
    ("activityDate", Column::Date),
    ("activityTypeId", Column::TypeId),
    ("campaignId", Column::CampaignId),
    ("primaryAttributeValueId", Column::PrimaryId),
    ("primaryAttributeValue", Column::Primary),
    ("attributes", Column::Attributes),
    ("actionResult", Column::Result),
];

/// Which activities a job exports, from the world as it was when the job was made.
#[derive(Debug, Clone)]
pub struct ActivityRows {
    pub view: View,
    pub columns: Arc<[Column]>,
    /// The window in seconds since the epoch, its end excluded.
    pub window: (i64, i64),
    /// Types to export; all if empty.
    pub types: Arc<[u32]>,
}

impl ActivityRows {
    /// The first day of the window, counted from its beginning.
    pub fn first() -> u32 {
        0
    }

    /// Writes the rows of one day of the window; the day to go on with, unless that was all.
    pub fn write(&self, day: u32, format: Format, days: &Days, out: &mut String) -> (Option<u32>, u64) {
        let date = self.window.0.div_euclid(DAY) + i64::from(day);
        let told = days.day(&self.view.population, date);
        let added = self.view.overlay.entries.iter().filter(|entry| entry.event.at.div_euclid(DAY) == date);
        let mut entries: Vec<_> = told.iter().chain(added).copied().collect();
        entries.sort_by_key(crate::sandbox::world::feed::Entry::position);
        let mut records = 0;
        for entry in entries {
            let inside = entry.event.at >= self.window.0 && entry.event.at < self.window.1;
            if !inside || (!self.types.is_empty() && !self.types.contains(&entry.event.what.type_id())) {
                continue;
            }
            let Some(activity) = telling::activity(&self.view, &entry) else { continue };
            let values: Vec<Value> = self.columns.iter().map(|column| read(*column, &activity)).collect();
            format.row(out, &values);
            records += 1;
        }
        let next = (date + 1) * DAY;
        ((next < self.window.1).then_some(day + 1), records)
    }
}

fn read(column: Column, activity: &Activity) -> Value {
    match column {
        Column::Guid => json!(activity.guid),
        Column::LeadId => json!(activity.lead),
        Column::Date => json!(iso(activity.at)),
        Column::TypeId => json!(activity.type_id),
        Column::CampaignId => json!(activity.campaign),
        Column::PrimaryId => json!(activity.primary_id),
        Column::Primary => json!(activity.primary),
        Column::Attributes => {
            let object: Map<String, Value> = activity.attributes.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            json!(Value::Object(object).to_string())
        }
        Column::Result => json!("succeeded"),
    }
}
