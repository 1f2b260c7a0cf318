//! Activity types as this instance defines them. Ids of replies, calls and sales campaigns are nowhere
//! published; those below are this sandbox's own, so clients must look types up by name.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::{Map, Value, json};

use super::answer::{reply, result};
use crate::sandbox::World;

/// A type: id, name, description, primary attribute, other attributes with their data types.
type Definition = (u32, &'static str, &'static str, Option<&'static str>, &'static [(&'static str, &'static str)]);

const WEB: &[(&str, &str)] = &[
    ("Client IP Address", "string"),
    ("Query Parameters", "string"),
    ("Referrer URL", "string"),
    ("Search Engine", "string"),
    ("Search Query", "string"),
    ("User Agent", "string"),
    ("Webpage URL", "string"),
];
const FORM: &[(&str, &str)] = &[
    ("Client IP Address", "string"),
    ("Form Fields", "text"),
    ("Query Parameters", "string"),
    ("Referrer URL", "string"),
    ("User Agent", "string"),
    ("Webpage ID", "integer"),
];
const LINK: &[(&str, &str)] = &[
    ("Client IP Address", "string"),
    ("Query Parameters", "string"),
    ("Referrer URL", "string"),
    ("User Agent", "string"),
    ("Webpage ID", "integer"),
];
const MAIL: &[(&str, &str)] = &[
    ("Campaign Run ID", "integer"),
    ("Choice Number", "integer"),
    ("Has Predictive", "boolean"),
    ("Step ID", "integer"),
    ("Test Variant", "integer"),
];
const BOUNCE: &[(&str, &str)] = &[
    ("Campaign Run ID", "integer"),
    ("Category", "string"),
    ("Choice Number", "integer"),
    ("Details", "string"),
    ("Email", "string"),
    ("Has Predictive", "boolean"),
    ("Step ID", "integer"),
    ("Subcategory", "string"),
    ("Test Variant", "integer"),
];
const UNSUBSCRIBE: &[(&str, &str)] = &[
    ("Campaign Run ID", "Integer"),
    ("Client IP Address", "string"),
    ("Form Fields", "text"),
    ("Has Predictive", "boolean"),
    ("Query Parameters", "string"),
    ("Referrer URL", "string"),
    ("Test Variant", "integer"),
    ("User Agent", "string"),
    ("Webform ID", "integer"),
    ("Webpage ID", "integer"),
];
const OPEN: &[(&str, &str)] = &[
    ("Bot Activity Pattern", "string"),
    ("Campaign Run ID", "integer"),
    ("Choice Number", "integer"),
    ("Device", "string"),
    ("Has Predictive", "boolean"),
    ("Is Bot Activity", "boolean"),
    ("Is Mobile Device", "boolean"),
    ("Platform", "string"),
    ("Step ID", "integer"),
    ("Test Variant", "integer"),
    ("User Agent", "string"),
];
const CLICK: &[(&str, &str)] = &[
    ("Campaign Run ID", "integer"),
    ("Choice Number", "integer"),
    ("Device", "string"),
    ("Is Bot Activity", "boolean"),
    ("Is Mobile Device", "boolean"),
    ("Is Predictive", "boolean"),
    ("Link", "string"),
    ("Link ID", "string"),
    ("Platform", "string"),
    ("Step ID", "integer"),
    ("Test Variant", "integer"),
    ("User Agent", "string"),
];
const CREATED: &[(&str, &str)] = &[
    ("Created Date", "date"),
    ("Form Name", "string"),
    ("Lead Source", "string"),
    ("List Name", "string"),
    ("SFDC Type", "string"),
    ("Source Type", "string"),
    ("API Method Name", "string"),
    ("Modifying User", "string"),
    ("Request Id", "string"),
];
const SALES: &[(&str, &str)] = &[
    ("Sent By", "string"),
    ("Source", "string"),
    ("Template ID", "integer"),
    ("Sales Template URL", "string"),
    ("Sales Campaign URL", "string"),
    ("Sales Template Name", "string"),
    ("Email Subject", "string"),
    ("Sales Campaign Name", "string"),
    ("Marketo Sales Person ID", "string"),
];
const SALES_CLICK: &[(&str, &str)] = &[
    ("Link", "string"),
    ("Sent By", "string"),
    ("Source", "string"),
    ("Template ID", "integer"),
    ("Sales Template Name", "string"),
    ("Email Subject", "string"),
    ("Sales Campaign Name", "string"),
    ("Marketo Sales Person ID", "string"),
];
const RECEIVED: &[(&str, &str)] = &[("Received By", "string"), ("Source", "string"), ("Marketo Sales Person ID", "string")];
const CALL: &[(&str, &str)] = &[
    ("Sales Call Made By", "string"),
    ("Sales Call Status", "string"),
    ("Sales Call Subject", "string"),
    ("Sales Phone Number Called", "string"),
    ("Sales Call Duration", "integer"),
    ("Sales Call Recording URL", "string"),
    ("Source", "string"),
    ("Marketo Sales Person ID", "string"),
];
const CAMPAIGN: &[(&str, &str)] = &[
    ("Sales Campaign Name", "string"),
    ("Sales Campaign URL", "string"),
    ("Sent By", "string"),
    ("Source", "string"),
    ("Sales Campaign ID", "integer"),
];

const TYPES: &[Definition] = &[
    (1, "Visit Webpage", "User visits a web page", Some("Webpage ID"), WEB),
    (2, "Fill Out Form", "User fills out and submits a form on a web page", Some("Webform ID"), FORM),
    (3, "Click Link", "User clicks a link on a page", Some("Link ID"), LINK),
    (6, "Send Email", "Send Marketo Email to a person", Some("Mailing ID"), MAIL),
    (7, "Email Delivered", "Marketo Email delivered to a person", Some("Mailing ID"), MAIL),
    (8, "Email Bounced", "Marketo Email bounced for a person", Some("Mailing ID"), BOUNCE),
    (9, "Unsubscribe Email", "Person unsubscribed from Marketo Emails", Some("Mailing ID"), UNSUBSCRIBE),
    (10, "Open Email", "User opens Marketo Email", Some("Mailing ID"), OPEN),
    (11, "Click Email", "User clicks a link in a Marketo Email", Some("Mailing ID"), CLICK),
    (32, "Merge Leads", "Persons were merged into one", None, &[("Merge IDs", "string"), ("Merged in Sales", "boolean")]),
    (12, "New Lead", "New person is added to the database", None, CREATED),
    (
        13,
        "Change Data Value",
        "Changed attribute value for a person record",
        Some("Attribute Name"),
        &[
            ("New Value", "text"),
            ("Old Value", "text"),
            ("Reason", "string"),
            ("Source", "string"),
            ("API Method Name", "string"),
            ("Modifying User", "string"),
            ("Request Id", "string"),
        ],
    ),
    (
        22,
        "Change Score",
        "Modify the value of a score field",
        Some("Score Name"),
        &[("Change Value", "score"), ("New Value", "integer"), ("Old Value", "integer"), ("Reason", "string")],
    ),
    (24, "Add to List", "Add a person to a list", Some("List ID"), &[("Source", "string")]),
    (25, "Remove from List", "Remove this person from a list", Some("List ID"), &[("Source", "string")]),
    (27, "Email Bounced Soft", "Campaign Email is bounced soft for a person", Some("Mailing ID"), BOUNCE),
    (
        32,
        "Merge Leads",
        "Merge two or more people into a single record",
        Some("Lead ID"),
        &[("Merge IDs", "string"), ("Merge Source", "string")],
    ),
    (37, "Delete Lead", "Delete person from Marketo database", Some("Lead ID"), &[("Campaign", "string"), ("Remove from CRM", "boolean")]),
    (39, "Send Sales Email", "Send Marketo Sales Email", Some("Sales Email ID"), SALES),
    (40, "Open Sales Email", "User opens Sales Email", Some("Sales Email ID"), SALES),
    (41, "Click Sales Email", "User clicks a link in a Sales Email", Some("Sales Email ID"), SALES_CLICK),
    (45, "Receive Sales Email", "Received Sales Email", Some("Sales Email ID"), RECEIVED),
    (
        46,
        "Interesting Moment",
        "User has interesting moment",
        Some("Type"),
        &[("Date", "date"), ("Description", "text"), ("Source", "string")],
    ),
    (47, "Request Campaign", "Campaign membership is requested for a person", Some("Campaign ID"), &[("Source", "string")]),
    (
        48,
        "Sales Email Bounced",
        "Sales Email bounced for a person",
        Some("Sales Email ID"),
        &[
            ("Details", "string"),
            ("Email", "string"),
            ("Sent By", "string"),
            ("Marketo Sales Person ID", "string"),
            ("Template ID", "integer"),
        ],
    ),
    (145, "Push Lead to Marketo", "Push lead to Marketo", None, &[("Source", "string")]),
    (201, "Replied to Sales Email", "Person replied to a Sales Email", Some("Sales Email ID"), RECEIVED),
    (202, "Received Sales Call", "Person received a sales call", Some("Sales Call ID"), CALL),
    (203, "Add to Sales Campaign", "Person was added to a sales campaign", Some("Sales Campaign ID"), CAMPAIGN),
    (204, "Remove from Sales Campaign", "Person was removed from a sales campaign", Some("Sales Campaign ID"), CAMPAIGN),
];

/// Whether this instance has a type with this id.
pub fn known(id: u32) -> bool {
    TYPES.iter().any(|(known, ..)| *known == id)
}

/// Whether this instance has a type of this name from the start.
pub fn named(name: &str) -> bool {
    TYPES.iter().any(|(_, known, ..)| *known == name)
}

/// `GET /rest/v1/activities/types.json`.
pub async fn list(world: Data<World>) -> HttpResponse {
    let tell = |&(id, name, description, primary, attributes): &Definition| {
        let mut told = Map::from_iter([
            ("id".to_owned(), json!(id)),
            ("name".to_owned(), json!(name)),
            ("description".to_owned(), json!(description)),
        ]);
        if let Some(primary) = primary {
            let kind = if id == 46 { "string" } else { "integer" };
            told.insert("primaryAttribute".to_owned(), json!({ "name": primary, "dataType": kind }));
        }
        let attributes: Vec<Value> = attributes.iter().map(|(name, kind)| json!({ "name": name, "dataType": kind })).collect();
        told.insert("attributes".to_owned(), json!(attributes));
        Value::Object(told)
    };
    let custom = world.marketo.custom_types.with(|types| types.approved());
    reply(result(TYPES.iter().map(tell).chain(custom).collect()))
}
