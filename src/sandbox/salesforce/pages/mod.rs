//! The org's pages, drawn from templates that are part of the program.

mod business;
pub mod component;
pub mod list;
pub mod record;

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use handlebars::Handlebars;
use serde_json::{Value, json};

use crate::sandbox::World;
use crate::sandbox::world::origin_of;

const TEMPLATES: &[(&str, &str)] = &[
    ("shell", include_str!("../../assets/shell.hbs")),
    ("list", include_str!("../../assets/list.hbs")),
    ("record", include_str!("../../assets/record.hbs")),
    ("marketo", include_str!("../../assets/marketo.hbs")),
    ("tab", include_str!("../../assets/tab.hbs")),
    ("component", include_str!("../../assets/component.hbs")),
    ("nothing", include_str!("../../assets/nothing.hbs")),
    ("authorize", include_str!("../../assets/authorize.hbs")),
    ("mailbox", include_str!("../../assets/mailbox.hbs")),
    ("mail", include_str!("../../assets/mail.hbs")),
];

/// Files that pages load: name, type, content.
const ASSETS: &[(&str, &str, &str)] = &[
    ("org.css", "text/css;charset=UTF-8", include_str!("../../assets/org.css")),
    ("record.js", "text/javascript;charset=UTF-8", include_str!("../../assets/record.js")),
    ("person.svg", "image/svg+xml", include_str!("../../assets/person.svg")),
];

fn templates() -> &'static Handlebars<'static> {
    static TEMPLATES_READ: OnceLock<Handlebars<'static>> = OnceLock::new();
    TEMPLATES_READ.get_or_init(|| {
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        for (name, text) in TEMPLATES {
            if let Err(error) = templates.register_template_string(name, text) {
                tracing::error!(template = name, %error, "a sandbox template can't be read");
            }
        }
        templates
    })
}

/// A page within the org's frame.
pub fn page(world: &World, template: &str, content: &Value) -> HttpResponse {
    let base = world.base_path();
    let canvas = origin_of(&world.options().canvas_url);
    let mut content = content.clone();
    if let Some(content) = content.as_object_mut() {
        content.insert("base".to_owned(), json!(base));
        content.insert("org".to_owned(), json!(world.org_name()));
        content.insert("components".to_owned(), json!(component::are_there(world)));
    }
    let body = match templates().render(template, &content) {
        Ok(body) => body,
        Err(error) => {
            tracing::error!(template, %error, "a sandbox page can't be drawn");
            return HttpResponse::InternalServerError().content_type("text/plain").body("This page of the sandbox can't be drawn.");
        }
    };
    let policy = format!(
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self' {canvas}; form-action 'self' {canvas} http://127.0.0.1:* http://localhost:*; base-uri 'none'; frame-ancestors 'none'"
    );
    HttpResponse::Ok()
        .content_type("text/html;charset=UTF-8")
        .insert_header(("content-security-policy", policy))
        .insert_header(("cache-control", "no-store"))
        .body(body)
}

/// A page that says that there is nothing here.
pub fn nothing(world: &World, what: &str) -> HttpResponse {
    let mut response = page(world, "nothing", &json!({ "title": "Not found", "what": what, "initials": "RA" }));
    *response.status_mut() = actix_web::http::StatusCode::NOT_FOUND;
    response
}

/// `GET /_assets/{name}`.
pub async fn asset(_world: Data<World>, name: Path<String>) -> HttpResponse {
    match ASSETS.iter().find(|(known, _, _)| *known == name.as_str()) {
        Some((_, kind, content)) => {
            HttpResponse::Ok().content_type(*kind).insert_header(("cache-control", "public, max-age=300")).body(*content)
        }
        None => HttpResponse::NotFound().finish(),
    }
}
