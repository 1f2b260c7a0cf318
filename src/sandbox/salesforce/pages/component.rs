//! The package's Lightning web components, compiled by `scripts/components` into a folder that the world is told of: as
//! tabs of the app, and alone, as record pages frame them. Without the folder there is nothing to show, and pages say so.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{self, Data, Path, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use super::templates;
use crate::sandbox::World;
use crate::sandbox::world::users::{USERS, User};

/// Components that are tabs, with their titles.
const TABS: [(&str, &str); 2] = [("msiConfig", "Marketo Sales Insight Config"), ("msiSetupAssistant", "MSI Set-up Assistant")];
/// Components that stand alone, with the properties that they take from the address.
const ALONE: [(&str, &str, &[&str]); 4] = [
    ("msiConfig", "Marketo Sales Insight Config", &[]),
    ("msiSetupAssistant", "MSI Set-up Assistant", &[]),
    ("msiHighlights", "Marketo Highlights", &["recordId"]),
    ("msiListAction", "Marketo Sales Insight", &["action", "recordIds"]),
];

/// Who looks, and what at.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Shown {
    /// Login, id or index of the user.
    user: Option<String>,
    /// Language of the user instead of their own.
    lang: Option<String>,
    record_id: Option<String>,
    action: Option<String>,
    record_ids: Option<String>,
}

fn user(named: Option<&str>) -> User {
    named.and_then(User::named).or_else(|| USERS.first().copied()).unwrap_or_default()
}

/// Whether there are compiled components to show.
pub fn are_there(world: &World) -> bool {
    world.options().components.as_ref().is_some_and(|folder| folder.join("main.js").is_file())
}

/// `GET /lightning/n/{name}`: a tab of the app.
pub async fn tab(world: Data<World>, name: Path<String>, shown: Query<Shown>) -> HttpResponse {
    let Some((name, title)) = TABS.iter().find(|(known, _)| *known == name.as_str()) else {
        return super::nothing(&world, "There is no such tab.");
    };
    if !are_there(&world) {
        return super::nothing(&world, "The components of the package are not compiled: scripts/components does that.");
    }
    let user = user(shown.user.as_deref());
    let address = address(&world, name, &[("user", &user.index.to_string()), ("lang", shown.lang.as_deref().unwrap_or(user.language))]);
    super::page(&world, "tab", &json!({ "title": title, "address": address, "initials": user.initials(), "user_name": user.name() }))
}

/// Where a component stands alone.
pub fn address(world: &World, name: &str, fields: &[(&str, &str)]) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{}/salesforce/lightning/cmp/{name}?{query}", world.base_path())
}

/// `GET /lightning/cmp/{name}`: a component alone.
pub async fn alone(world: Data<World>, name: Path<String>, shown: Query<Shown>) -> HttpResponse {
    let found = ALONE.iter().find(|(known, ..)| *known == name.as_str());
    let (Some((name, title, properties)), true) = (found, are_there(&world)) else {
        return super::nothing(&world, "There is no such component.");
    };
    let user = user(shown.user.as_deref());
    let given = [("recordId", &shown.record_id), ("action", &shown.action), ("recordIds", &shown.record_ids)];
    let properties: serde_json::Map<String, Value> = given
        .iter()
        .filter(|(field, _)| properties.contains(field))
        .filter_map(|(field, value)| Some(((*field).to_owned(), json!(value.as_deref()?))))
        .collect();
    let now = world.clock.now();
    let session = world.salesforce.sessions.with(|sessions| sessions.sign_in(&world.org_id(), user, now, None));
    let language = shown.lang.clone().unwrap_or_else(|| user.language.to_owned());
    let content = json!({
        "base": world.base_path(), "name": name, "title": title, "properties": Value::Object(properties).to_string(), "org": world.org_id(), "user": user.id(),
        "session": session, "certificate": world.org_key().name, "language": language, "tag": language.split(['-', '_']).next(),
    });
    match templates().render("component", &content) {
        // The compiler's styles are put into the page as it runs, as on the platform.
        Ok(body) => HttpResponse::Ok()
            .content_type("text/html;charset=UTF-8")
            .insert_header((
                header::CONTENT_SECURITY_POLICY,
                "default-src 'none'; style-src 'self' 'unsafe-inline'; script-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'self'",
            ))
            .insert_header((header::CACHE_CONTROL, "no-store"))
            .body(body),
        Err(error) => {
            tracing::error!(%error, "a component's page can't be drawn");
            HttpResponse::InternalServerError().finish()
        }
    }
}

/// `GET /_components/{path}`: a compiled file.
pub async fn file(world: Data<World>, path: Path<String>) -> HttpResponse {
    let plain = |part: &str| {
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    let kind = match path.rsplit('.').next() {
        Some("js") => "text/javascript;charset=UTF-8",
        Some("css") => "text/css;charset=UTF-8",
        Some("svg") => "image/svg+xml",
        _ => return HttpResponse::NotFound().finish(),
    };
    let (Some(folder), true) = (world.options().components.clone(), path.split('/').all(plain)) else {
        return HttpResponse::NotFound().finish();
    };
    match web::block(move || std::fs::read(folder.join(path.as_str()))).await {
        Ok(Ok(content)) => HttpResponse::Ok().content_type(kind).insert_header((header::CACHE_CONTROL, "no-cache")).body(content),
        _ => HttpResponse::NotFound().finish(),
    }
}
