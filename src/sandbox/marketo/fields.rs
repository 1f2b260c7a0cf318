//! The fields of a person: what describes them, and how each is read.

use std::sync::Arc;

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, reply, result};
use crate::sandbox::clock::iso;
use crate::sandbox::world::ids::{Object, record_id};
use crate::sandbox::world::people::{Kind, Person};
use crate::sandbox::world::users::User;
use crate::sandbox::world::view::{Standing, View};

/// A person with how they are doing, ready to be read.
#[derive(Debug)]
pub struct Profile {
    pub person: Person,
    pub standing: Standing,
}

impl Profile {
    /// A person as of a moment.
    pub fn of(view: &View, person: Person, now: i64) -> Self {
        let standing = view.standing(&person, now);
        Self { person, standing }
    }

    /// The wanted fields as a JSON object.
    pub fn object(&self, fields: &[Field]) -> Value {
        Value::Object(fields.iter().map(|field| (field.name.to_owned(), (field.read)(self))).collect::<Map<_, _>>())
    }
}

/// A field: REST name, label, type, length, whether it can be written, whether it can be filtered by.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    pub name: &'static str,
    label: &'static str,
    kind: &'static str,
    length: u32,
    read_only: bool,
    filter: bool,
    pub read: fn(&Profile) -> Value,
}

const fn field(name: &'static str, label: &'static str, kind: &'static str, length: u32, read: fn(&Profile) -> Value) -> Field {
    Field { name, label, kind, length, read_only: false, filter: false, read }
}

const fn system(name: &'static str, label: &'static str, kind: &'static str, read: fn(&Profile) -> Value) -> Field {
    Field { name, label, kind, length: 0, read_only: true, filter: false, read }
}

const fn key(name: &'static str, label: &'static str, kind: &'static str, length: u32, read: fn(&Profile) -> Value) -> Field {
    Field { name, label, kind, length, read_only: length == 18, filter: true, read }
}

/// All fields.
pub const FIELDS: &[Field] = &[
    key("id", "Id", "integer", 0, |p| json!(p.person.id())),
    field("firstName", "First Name", "string", 255, |p| json!(p.person.first)),
    field("lastName", "Last Name", "string", 255, |p| json!(p.person.last)),
    key("email", "Email Address", "email", 255, |p| json!(p.person.email)),
    field("company", "Company Name", "string", 255, |p| json!(p.person.company)),
    field("title", "Job Title", "string", 255, |p| json!(p.person.title)),
    field("phone", "Phone Number", "phone", 255, |p| json!(p.person.phone)),
    field("city", "City", "string", 255, |p| json!(p.person.city)),
    field("country", "Country", "string", 255, |p| json!(p.person.country)),
    field("industry", "Industry", "string", 255, |p| json!(p.person.industry)),
    field("leadSource", "Person Source", "string", 255, |p| json!(p.person.source)),
    field("leadStatus", "Person Status", "string", 255, |p| json!(p.person.status)),
    field("leadScore", "Person Score", "integer", 0, |p| json!(p.standing.score)),
    system("relativeScore", "Relative Score", "integer", |p| json!(p.standing.stars())),
    system("relativeUrgency", "Relative Urgency", "integer", |p| json!(p.standing.flames())),
    system("priority", "Priority", "integer", |p| json!(p.standing.priority())),
    system("urgency", "Urgency", "float", |p| json!(i32::try_from(p.standing.lately).map_or(0.0, |gain| f64::from(gain) / 7.0))),
    field("unsubscribed", "Unsubscribed", "boolean", 0, |p| json!(p.standing.unsubscribed)),
    field("linkedInProfileUrl", "LinkedIn Profile URL", "url", 255, |p| json!(p.person.linkedin)),
    system("sfdcType", "SFDC Type", "string", |p| {
        json!(match p.person.kind {
            Kind::Lead => Some("Lead"),
            Kind::Contact => Some("Contact"),
            Kind::Unsynced => None,
        })
    }),
    key("sfdcId", "SFDC Id", "string", 18, |p| json!(p.person.record())),
    key("sfdcLeadId", "SFDC Lead Id", "string", 18, |p| json!((p.person.kind == Kind::Lead).then(|| p.person.record()).flatten())),
    key("sfdcContactId", "SFDC Contact Id", "string", 18, |p| json!((p.person.kind == Kind::Contact).then(|| p.person.record()).flatten())),
    key("sfdcAccountId", "SFDC Account Id", "string", 18, |p| json!(p.person.account.map(|account| record_id(Object::Account, account)))),
    key("sfdcLeadOwnerId", "SFDC Lead Owner Id", "string", 18, |p| json!(p.person.owner.and_then(User::at).map(User::id))),
    key("sfdcOpptyId", "SFDC Opportunity Id", "string", 18, |p| {
        json!(p.person.opportunity.map(|deal| record_id(Object::Opportunity, deal)))
    }),
    system("createdAt", "Created At", "datetime", |p| json!(iso(p.person.created))),
    system("updatedAt", "Updated At", "datetime", |p| json!(iso(p.standing.updated))),
];

/// Fields of an answer that asks for none.
pub const DEFAULT: &[&str] = &["id", "email", "updatedAt", "createdAt", "lastName", "firstName"];

/// The fields of these names; 1006 for one that doesn't exist.
pub fn named<'a>(names: impl IntoIterator<Item = &'a str>) -> Result<Arc<[Field]>, Refusal> {
    let find = |name: &str| {
        FIELDS.iter().find(|field| field.name == name).copied().ok_or_else(|| Refusal::new("1006", format!("Field '{name}' not found")))
    };
    names.into_iter().map(find).collect()
}

/// Whether people can be looked up by this field.
pub fn searchable(name: &str) -> bool {
    FIELDS.iter().any(|field| field.filter && field.name == name && name != "sfdcId")
}

/// `GET /rest/v1/leads/describe.json`.
pub async fn describe() -> HttpResponse {
    reply(described(|number, field| {
        let mut told = json!({
            "id": number, "displayName": field.label, "dataType": field.kind,
            "rest": { "name": field.name, "readOnly": field.read_only },
        });
        if let (Some(told), true) = (told.as_object_mut(), field.length > 0) {
            told.insert("length".to_owned(), json!(field.length));
        }
        told
    }))
}

fn described(tell: impl Fn(usize, &Field) -> Value) -> Answer {
    result(FIELDS.iter().enumerate().map(|(number, field)| tell(number + 2, field)).collect())
}

/// `GET /rest/v1/leads/describe2.json`.
pub async fn describe2() -> HttpResponse {
    let fields: Vec<Value> = FIELDS
        .iter()
        .map(|field| {
            let mut told = json!({
                "name": field.name, "displayName": field.label, "dataType": field.kind,
                "updateable": !field.read_only, "crmManaged": field.name.starts_with("sfdc"),
            });
            if let (Some(told), true) = (told.as_object_mut(), field.length > 0) {
                told.insert("length".to_owned(), json!(field.length));
            }
            told
        })
        .collect();
    let keys: Vec<Value> = FIELDS.iter().filter(|field| searchable(field.name)).map(|field| json!([field.name])).collect();
    reply(result(vec![json!({ "name": "API Lead", "searchableFields": keys, "fields": fields })]))
}
