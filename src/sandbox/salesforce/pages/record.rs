//! A record page: header, details, related lists, and the panel in its frame.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{business, component};
use crate::sandbox::World;
use crate::sandbox::clock::iso_day;
use crate::sandbox::salesforce::canvas::{self, Occasion};
use crate::sandbox::salesforce::records;
use crate::sandbox::world::ids::{self, Object, record_id};
use crate::sandbox::world::people::{Kind, Person};
use crate::sandbox::world::users::{USERS, User};

/// How the page is opened.
#[derive(Debug, Deserialize)]
pub struct Options {
    /// Language of the user instead of their own.
    lang: Option<String>,
    /// Time zone of the user instead of their own.
    tz: Option<String>,
    /// Height of the frame in pixels.
    height: Option<u32>,
    /// Login, id or index of the user who opens the page.
    user: Option<String>,
    /// `approval`: the user hasn't approved the app yet, so that the frame is opened by GET.
    auth: Option<String>,
    /// `unknown`: the page belongs to an org that has no account.
    org: Option<String>,
}

/// What a record page shows besides the panel.
pub struct Content {
    pub title: String,
    pub avatar: String,
    pub highlights: Vec<Value>,
    pub details: Vec<Value>,
    pub account: Option<Value>,
    pub deals: Vec<Value>,
    pub colleagues: Vec<Value>,
}

/// `GET /lightning/r/{object}/{id}/view`.
pub async fn record(world: Data<World>, path: Path<(String, String)>, options: Query<Options>) -> HttpResponse {
    let (name, id) = path.into_inner();
    let found = Object::of_name(&name).and_then(|object| {
        let (_, index) = ids::parse(&id).filter(|(kind, _)| *kind == object)?;
        let id = record_id(object, index);
        let content = match object {
            Object::Account => business::account(&world, index)?,
            Object::Opportunity => business::opportunity(&world, index)?,
            _ => of_person(&world, &records::person(&world, object, index)?, &id),
        };
        Some((object, id, content))
    });
    let Some((object, id, content)) = found else {
        return super::nothing(&world, "This record doesn't exist, or was deleted.");
    };
    let user = options.user.as_deref().and_then(User::named).or_else(|| USERS.first().copied()).unwrap_or_default();
    let of_person = matches!(object, Object::Lead | Object::Contact);
    let occasion = Occasion {
        user,
        language: options.lang.clone().unwrap_or_else(|| user.language.to_owned()),
        time_zone: options.tz.clone().unwrap_or_else(|| user.time_zone.to_owned()),
        object,
        instance_id: canvas::instance_id(&id),
        record_id: id.clone(),
        record: json!({}),
        height: options.height.unwrap_or(if of_person { 450 } else { 410 }).clamp(100, 2_000),
        unknown_org: options.org.as_deref() == Some("unknown"),
    };
    let now = world.clock.now();
    let session = world.salesforce.sessions.with(|sessions| sessions.sign_in(&world.org_id(), user, now, None));
    let approval = (options.auth.as_deref() == Some("approval")).then(|| approval_url(&world, &occasion));
    let card = (of_person && component::are_there(&world)).then(|| {
        let user = user.index.to_string();
        component::address(&world, "msiHighlights", &[("recordId", &id), ("user", &user), ("lang", &occasion.language)])
    });
    super::page(
        &world,
        "record",
        &json!({
            "title": content.title, "object": object.name(), "kind": object.name().to_lowercase(), "id": id, "initials": user.initials(),
            "user_name": user.name(), "avatar": content.avatar, "highlights": content.highlights, "details": content.details,
            "canvas_url": world.options().canvas_url, "account": content.account, "deals": content.deals, "colleagues": content.colleagues, "card": card,
            "frame": {
                "name": format!("canvas-frame-{}", occasion.instance_id), "height": occasion.height, "signed_request": canvas::fresh(&world, &occasion),
                "settings": json!({
                    "instanceId": occasion.instance_id, "session": session, "canvasUrl": world.options().canvas_url, "parameters": canvas::parameters(&world, &occasion),
                    "developerName": canvas::DEVELOPER_NAME, "endpoint": format!("{}/salesforce/services/data/v67.0/platformconnect/signedrequest", world.base_path()),
                    "height": occasion.height, "approvalUrl": approval, "sandbox": { "language": occasion.language, "timeZone": occasion.time_zone, "unknownOrg": occasion.unknown_org },
                }).to_string(),
            },
        }),
    )
}

/// `GET /lightning/n/Marketo`: the package's tab, where no record is open.
pub async fn marketo_tab(world: Data<World>, options: Query<Options>) -> HttpResponse {
    let user = options.user.as_deref().and_then(User::named).or_else(|| USERS.first().copied()).unwrap_or_default();
    let occasion = Occasion {
        user,
        language: options.lang.clone().unwrap_or_else(|| user.language.to_owned()),
        time_zone: options.tz.clone().unwrap_or_else(|| user.time_zone.to_owned()),
        object: Object::Lead,
        instance_id: canvas::instance_id("marketo"),
        record_id: String::new(),
        record: json!({}),
        height: options.height.unwrap_or(700).clamp(100, 2_000),
        unknown_org: false,
    };
    let now = world.clock.now();
    let session = world.salesforce.sessions.with(|sessions| sessions.sign_in(&world.org_id(), user, now, None));
    super::page(
        &world,
        "marketo",
        &json!({
            "title": "Marketo", "initials": user.initials(), "user_name": user.name(), "canvas_url": world.options().canvas_url,
            "frame": {
                "name": format!("canvas-frame-{}", occasion.instance_id), "height": occasion.height, "signed_request": canvas::fresh(&world, &occasion),
                "settings": json!({
                    "instanceId": occasion.instance_id, "session": session, "canvasUrl": world.options().canvas_url, "parameters": canvas::parameters(&world, &occasion),
                    "developerName": canvas::DEVELOPER_NAME, "endpoint": format!("{}/salesforce/services/data/v67.0/platformconnect/signedrequest", world.base_path()),
                    "height": occasion.height, "approvalUrl": Value::Null, "sandbox": { "language": occasion.language, "timeZone": occasion.time_zone, "unknownOrg": false },
                }).to_string(),
            },
        }),
    )
}

fn of_person(world: &World, person: &Person, id: &str) -> Content {
    let account = person.account.and_then(|account| Some((account, world.population().company(account)?)));
    Content {
        title: person.name(),
        avatar: person.first.iter().chain(person.last.iter()).filter_map(|part| part.chars().next()).collect(),
        highlights: highlights(person),
        details: details(person, id),
        account: account.map(|(index, company)| {
            json!({
                "name": company.name, "industry": company.industry, "employees": company.employees, "website": company.domain,
                "link": link(world, Object::Account, index),
            })
        }),
        deals: deals(world, person),
        colleagues: colleagues(world, person),
    }
}

/// The address of a record's page.
pub fn link(world: &World, object: Object, index: u32) -> String {
    format!("{}/salesforce/lightning/r/{}/{}/view", world.base_path(), object.name(), record_id(object, index))
}

/// How the frame is opened when the user must approve the app first.
fn approval_url(world: &World, occasion: &Occasion) -> String {
    let login = format!("{}/services/oauth2/authorize", world.instance_url());
    let query = [("_sfdc_canvas_auth", "user_approval_required"), ("loginUrl", login.as_str())];
    let fragment = [("target_origin", world.origin()), ("instance_id", occasion.instance_id.clone())];
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(query).finish();
    let fragment = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fragment).finish();
    format!("{}?{query}#{fragment}", world.options().canvas_url)
}

/// A field of a record page.
pub fn field(label: &str, value: Option<String>) -> Value {
    json!({ "label": label, "value": value.unwrap_or_default() })
}

fn owner(person: &Person) -> Option<String> {
    person.owner.and_then(User::at).map(User::name)
}

fn highlights(person: &Person) -> Vec<Value> {
    vec![
        field("Title", person.title.clone()),
        field(if person.kind == Kind::Lead { "Company" } else { "Account Name" }, person.company.clone()),
        field("Phone", person.phone.clone()),
        field("Email", person.email.clone()),
        field("Owner", owner(person)),
    ]
}

fn details(person: &Person, id: &str) -> Vec<Value> {
    let mut fields = vec![
        field("Name", Some(person.name())),
        field("Title", person.title.clone()),
        field(if person.kind == Kind::Lead { "Company" } else { "Account Name" }, person.company.clone()),
        field("Email", person.email.clone()),
        field("Phone", person.phone.clone()),
        field("Lead Source", person.source.clone()),
        field("City", person.city.clone()),
        field("Country", person.country.clone()),
    ];
    if person.kind == Kind::Lead {
        fields.push(field("Lead Status", person.status.clone()));
        fields.push(field("Industry", person.industry.clone()));
    }
    fields.push(field("Owner", owner(person)));
    fields.push(field("Created", Some(iso_day(person.created))));
    fields.push(field("Record Id", Some(id.to_owned())));
    fields
}

fn deals(world: &World, person: &Person) -> Vec<Value> {
    let Some(index) = person.opportunity else { return Vec::new() };
    let Some(deal) = world.population().opportunity(index) else { return Vec::new() };
    let role = world.population().role(person.index);
    vec![
        json!({ "name": deal.name, "stage": deal.stage, "amount": deal.amount, "close": deal.close, "role": role, "link": link(world, Object::Opportunity, index) }),
    ]
}

fn colleagues(world: &World, person: &Person) -> Vec<Value> {
    let Some(account) = person.account else { return Vec::new() };
    let others = world.view().of_account(account).into_iter().filter(|other| other.index != person.index && other.kind == Kind::Contact);
    others.take(5).map(|other| json!({ "name": other.name(), "title": other.title, "link": super::list::link(world, &other) })).collect()
}
