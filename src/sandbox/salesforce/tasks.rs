//! Tasks: the only records that others may write here.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::sandbox::world::ids::{Object, record_id};

/// A task with the fields that were given.
#[derive(Debug, Clone)]
pub struct Task {
    pub id: String,
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
];

/// Why a task can't be written: code and words.
pub type Refused = (&'static str, String);

impl Tasks {
    /// All tasks.
    pub fn all(&self) -> Vec<Task> {
        self.tasks.values().cloned().collect()
    }

    /// The task with this id.
    pub fn get(&self, id: &str) -> Option<&Task> {
        self.tasks.values().find(|task| task.id.get(..15) == id.get(..15))
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
        self.tasks.insert(self.next, Task { id: id.clone(), fields: all });
        self.next += 1;
        Ok(id)
    }

    /// Changes a task; `Ok(false)` if there is none.
    pub fn change(&mut self, id: &str, fields: Map<String, Value>) -> Result<bool, Refused> {
        check(&fields)?;
        let task = self.tasks.values_mut().find(|task| task.id.get(..15) == id.get(..15));
        Ok(task.map(|task| task.fields.extend(fields)).is_some())
    }

    /// Deletes a task; `false` if there is none.
    pub fn remove(&mut self, id: &str) -> bool {
        let before = self.tasks.len();
        self.tasks.retain(|_, task| task.id.get(..15) != id.get(..15));
        self.tasks.len() < before
    }
}

impl Task {
    /// The task as a record.
    pub fn record(&self) -> Value {
        let mut all = self.fields.clone();
        all.insert("attributes".to_owned(), json!({ "type": "Task", "url": format!("/services/data/v67.0/sobjects/Task/{}", self.id) }));
        all.insert("Id".to_owned(), json!(self.id));
        Value::Object(all)
    }
}

fn check(fields: &Map<String, Value>) -> Result<(), Refused> {
    match fields.iter().find(|(name, _)| !WRITABLE.contains(&name.as_str())) {
        Some((odd, _)) => Err(("INVALID_FIELD", format!("No such column '{odd}' on sobject of type Task"))),
        None => Ok(()),
    }
}
