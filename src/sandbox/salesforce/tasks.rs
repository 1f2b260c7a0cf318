//! Tasks: the only records that others may write here.

use std::collections::{BTreeMap, HashSet};

use serde_json::{Map, Value, json};

use crate::sandbox::clock::machine_ms;
use crate::sandbox::world::ids::{Object, record_id};

/// A task with the fields that were given.
#[derive(Debug, Clone)]
pub struct Task {
    pub id: String,
    /// When it was created, by the machine, in milliseconds.
    pub committed: i64,
    pub fields: Map<String, Value>,
}

/// All tasks, oldest first.
#[derive(Debug, Default)]
pub struct Tasks {
    tasks: BTreeMap<u32, Task>,
    next: u32,
}

const MOST_TASKS: usize = 20_000;
const WRITABLE: &[&str] = &[
    "Subject",
    "Description",
    "Status",
    "Priority",
    "ActivityDate",
    "WhoId",
    "WhatId",
    "OwnerId",
    "Type",
    "TaskSubtype",
    "CallDurationInSeconds",
    "CallDisposition",
    "CallType",
    "IsReminderSet",
    "ReminderDateTime",
    "MSE_Call_Local_Presence_ID__c",
    "MSE_Call_Recording__c",
    "MSE_Campaign__c",
    "MSE_Campaign_Details_Link__c",
    "MSE_Clicked__c",
    "MSE_Current_Campaign_Step__c",
    "MSE_Details__c",
    "MSE_Email_Status__c",
    "MSE_Presentation_Viewed__c",
    "MSE_Replied__c",
    "MSE_Template__c",
    "MSE_Template_Details__c",
    "MSE_Viewed__c",
    "MSI_Activity_ID__c",
    "mktosales_call_outcome__c",
    "mktosales_call_reason__c",
];
/// Fields of text that hold so much only.
const SHORT: &[(&str, usize)] = &[
    ("Subject", 255),
    ("MSI_Activity_ID__c", 32),
    ("MSE_Template__c", 255),
    ("mktosales_call_outcome__c", 255),
    ("mktosales_call_reason__c", 255),
];
/// Codes that records can be refused with on demand.
pub const CODES: &[&str] = &[
    "CANNOT_INSERT_UPDATE_ACTIVATE_ENTITY",
    "CANNOT_UPDATE_CONVERTED_LEAD",
    "ENTITY_IS_DELETED",
    "ENTITY_IS_LOCKED",
    "FIELD_CUSTOM_VALIDATION_EXCEPTION",
    "INSUFFICIENT_ACCESS_OR_READONLY",
    "REQUIRED_FIELD_MISSING",
    "UNABLE_TO_LOCK_ROW",
];

/// The fields that can be written.
pub fn fields() -> impl Iterator<Item = &'static str> {
    WRITABLE.iter().copied()
}

/// Why a task can't be written: code and words.
pub type Refused = (&'static str, String);

impl Tasks {
    /// All tasks that are not deleted.
    pub fn all(&self) -> Vec<Task> {
        self.tasks.values().filter(|task| !task.is_deleted()).cloned().collect()
    }

    /// Those of these ids, also what lies in the recycle bin.
    pub fn among(&self, ids: &[&String]) -> Vec<Task> {
        let wanted: HashSet<&str> = ids.iter().filter_map(|id| id.get(..15)).collect();
        self.tasks.values().filter(|task| task.id.get(..15).is_some_and(|id| wanted.contains(id))).cloned().collect()
    }

    /// The task with this id.
    pub fn get(&self, id: &str) -> Option<&Task> {
        self.tasks.values().find(|task| task.id.get(..15) == id.get(..15) && !task.is_deleted())
    }

    /// Adds a task and returns its id.
    pub fn add(&mut self, fields: Map<String, Value>, now: &str) -> Result<String, Refused> {
        check(&fields)?;
        while self.tasks.len() >= MOST_TASKS {
            self.tasks.pop_first();
        }
        let id = record_id(Object::Task, self.next);
        let mut all = json!({ "Status": "Not Started", "Priority": "Normal", "IsDeleted": false, "CreatedDate": now })
            .as_object()
            .cloned()
            .unwrap_or_default();
        for name in WRITABLE {
            all.entry((*name).to_owned()).or_insert(Value::Null);
        }
        all.extend(fields);
        self.tasks.insert(self.next, Task { id: id.clone(), committed: machine_ms(), fields: all });
        self.next += 1;
        Ok(id)
    }

    /// Changes a task; `Ok(false)` if there is none.
    pub fn change(&mut self, id: &str, fields: Map<String, Value>) -> Result<bool, Refused> {
        check(&fields)?;
        let task = self.tasks.values_mut().find(|task| task.id.get(..15) == id.get(..15) && !task.is_deleted());
        Ok(task.map(|task| task.fields.extend(fields)).is_some())
    }

    /// Gives a task another status; `false` if there is none.
    pub fn set_status(&mut self, id: &str, status: &str) -> bool {
        self.change(id, Map::from_iter([("Status".to_owned(), json!(status))])) == Ok(true)
    }

    /// Puts a task into the recycle bin, or takes it out again; `false` if it is not where it is taken from.
    pub fn bin(&mut self, id: &str, deleted: bool) -> bool {
        let task = self.tasks.values_mut().find(|task| task.id.get(..15) == id.get(..15) && task.is_deleted() != deleted);
        task.map(|task| task.fields.insert("IsDeleted".to_owned(), json!(deleted))).is_some()
    }
}

impl Task {
    /// Whether it lies in the recycle bin.
    pub fn is_deleted(&self) -> bool {
        self.fields.get("IsDeleted") == Some(&json!(true))
    }

    /// The task as a record.
    pub fn record(&self) -> Value {
        let mut all = self.fields.clone();
        all.insert("IsClosed".to_owned(), json!(self.fields.get("Status") == Some(&json!("Completed"))));
        all.insert("attributes".to_owned(), json!({ "type": "Task", "url": format!("/services/data/v67.0/sobjects/Task/{}", self.id) }));
        all.insert("Id".to_owned(), json!(self.id));
        Value::Object(all)
    }
}

fn check(fields: &Map<String, Value>) -> Result<(), Refused> {
    if let Some((odd, _)) = fields.iter().find(|(name, _)| !WRITABLE.contains(&name.as_str())) {
        return Err(("INVALID_FIELD", format!("No such column '{odd}' on sobject of type Task")));
    }
    let long = |(name, most): &&(&str, usize)| fields.get(*name).and_then(Value::as_str).is_some_and(|text| text.chars().count() > *most);
    match SHORT.iter().find(long) {
        Some((name, most)) => Err(("STRING_TOO_LONG", format!("{name}: data value too large (max length={most})"))),
        None => Ok(()),
    }
}
