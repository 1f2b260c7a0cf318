//! Custom activity types: drafted, given attributes, approved. Only what was approved can be used.

use actix_web::HttpResponse;
use actix_web::web::{Bytes, Data, Path};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, reply, result};
use crate::sandbox::World;

const MOST_TYPES: usize = 10;
const MOST_ATTRIBUTES: usize = 20;
const FIRST_TYPE: u32 = 100_001;
const KINDS: &[&str] = &["string", "boolean", "integer", "float", "link", "email", "currency", "date", "datetime", "phone", "text"];

/// An attribute of a type.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Attribute {
    pub name: String,
    pub api_name: String,
    #[serde(default = "string")]
    pub data_type: String,
}

fn string() -> String {
    "string".to_owned()
}

/// A custom activity type.
#[derive(Debug, Clone)]
pub struct CustomType {
    pub id: u32,
    pub api_name: String,
    pub name: String,
    trigger: String,
    filter: String,
    description: String,
    pub primary: Attribute,
    /// Those that are approved.
    pub attributes: Vec<Attribute>,
    draft: Option<Vec<Attribute>>,
    approved: bool,
}

impl CustomType {
    /// Whether activities of it may be written.
    pub fn usable(&self) -> bool {
        self.approved
    }

    fn status(&self) -> &'static str {
        match (self.approved, self.draft.is_some()) {
            (true, false) => "approved",
            (true, true) => "approved with draft",
            _ => "draft",
        }
    }

    fn tell(&self, draft: bool) -> Value {
        let shown = if draft { self.draft.as_ref().unwrap_or(&self.attributes) } else { &self.attributes };
        let attributes: Vec<Value> = shown.iter().map(Attribute::tell).collect();
        json!({
            "id": self.id, "apiName": self.api_name, "name": self.name, "triggerName": self.trigger, "filterName": self.filter,
            "description": self.description, "status": self.status(), "primaryAttribute": self.primary.tell(), "attributes": attributes,
        })
    }
}

impl Attribute {
    /// The attribute as an answer shows it.
    pub fn tell(&self) -> Value {
        json!({ "name": self.name, "apiName": self.api_name, "dataType": self.data_type })
    }
}

/// The custom types of an instance.
#[derive(Debug, Default)]
pub struct CustomTypes(Vec<CustomType>);

impl CustomTypes {
    /// The type with this id.
    pub fn by_id(&self, id: u32) -> Option<&CustomType> {
        self.0.iter().find(|known| known.id == id)
    }

    /// Those that may be used, as `types.json` tells them.
    pub fn approved(&self) -> Vec<Value> {
        self.0.iter().filter(|known| known.usable()).map(|known| known.tell(false)).collect()
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    api_name: String,
    name: String,
    trigger_name: String,
    filter_name: String,
    #[serde(default)]
    description: String,
    primary_attribute: Attribute,
}

fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refusal> {
    serde_json::from_slice(body).map_err(|_| Refusal::new("609", "Invalid JSON"))
}

/// `GET /rest/v1/activities/external/types.json`.
pub async fn list(world: Data<World>) -> HttpResponse {
    reply(result(world.marketo.custom_types.with(|types| types.0.iter().map(|known| known.tell(false)).collect())))
}

/// `GET /rest/v1/activities/external/type/{api}/describe.json`.
pub async fn describe(world: Data<World>, name: Path<String>) -> HttpResponse {
    reply(changed(&world, &name, |_| Ok(())))
}

/// `POST /rest/v1/activities/external/type.json`.
pub async fn create(world: Data<World>, body: Bytes) -> HttpResponse {
    let answer = || -> Answer {
        let wanted: Wanted = read(&body)?;
        if !wanted.api_name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') || wanted.api_name.is_empty() {
            return Err(Refusal::new("1006", format!("Invalid apiName '{}'", wanted.api_name)));
        }
        world.marketo.custom_types.with(|types| {
            let taken = |known: &CustomType| {
                known.api_name == wanted.api_name
                    || known.name == wanted.name
                    || known.trigger == wanted.trigger_name
                    || known.filter == wanted.filter_name
            };
            if types.0.iter().any(taken) || super::types::named(&wanted.name) {
                return Err(Refusal::new("1005", format!("Activity type '{}' already exists", wanted.name)));
            }
            if types.0.len() >= MOST_TYPES {
                return Err(Refusal::new("1003", format!("Max {MOST_TYPES} custom activity types are allowed")));
            }
            let id = FIRST_TYPE + u32::try_from(types.0.len()).unwrap_or(0);
            let made = CustomType {
                id,
                api_name: wanted.api_name,
                name: wanted.name,
                trigger: wanted.trigger_name,
                filter: wanted.filter_name,
                description: wanted.description,
                primary: wanted.primary_attribute,
                attributes: Vec::new(),
                draft: Some(Vec::new()),
                approved: false,
            };
            let told = made.tell(true);
            types.0.push(made);
            result(vec![told])
        })
    };
    reply(answer())
}

/// `POST /rest/v1/activities/external/type/{api}/approve.json`.
pub async fn approve(world: Data<World>, name: Path<String>) -> HttpResponse {
    reply(changed(&world, &name, |known| {
        known.attributes = known.draft.take().ok_or_else(|| Refusal::new("1003", "Activity type has no draft"))?;
        known.approved = true;
        Ok(())
    }))
}

#[derive(Deserialize)]
struct More {
    attributes: Vec<Attribute>,
}

/// `POST /rest/v1/activities/external/type/{api}/attributes/create.json`.
pub async fn add_attributes(world: Data<World>, name: Path<String>, body: Bytes) -> HttpResponse {
    let more = match read::<More>(&body) {
        Ok(more) => more.attributes,
        Err(refusal) => return reply(Err(refusal)),
    };
    reply(changed(&world, &name, |known| {
        let mut draft = known.draft.clone().unwrap_or_else(|| known.attributes.clone());
        for attribute in more {
            if !KINDS.contains(&attribute.data_type.as_str()) {
                return Err(Refusal::new("1003", format!("Invalid dataType '{}'", attribute.data_type)));
            }
            if draft.iter().any(|known| known.api_name == attribute.api_name || known.name == attribute.name) {
                return Err(Refusal::new("1005", format!("Attribute '{}' already exists", attribute.name)));
            }
            draft.push(attribute);
        }
        if draft.len() > MOST_ATTRIBUTES {
            return Err(Refusal::new("1003", format!("Max {MOST_ATTRIBUTES} attributes are allowed")));
        }
        known.draft = Some(draft);
        Ok(())
    }))
}

fn changed(world: &World, name: &str, change: impl FnOnce(&mut CustomType) -> Result<(), Refusal>) -> Answer {
    world.marketo.custom_types.with(|types| {
        let known = types.0.iter_mut().find(|known| known.api_name == name);
        let known = known.ok_or_else(|| Refusal::new("1013", format!("Activity type '{name}' not found")))?;
        change(known)?;
        result(vec![known.tell(true)])
    })
}
