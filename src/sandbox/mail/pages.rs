//! The mailbox in the browser, and as JSON for tests.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::{Value, json};

use super::Mail;
use crate::sandbox::World;
use crate::sandbox::clock::iso;
use crate::sandbox::salesforce::page;

fn summary(mail: &Mail) -> Value {
    json!({
        "number": mail.number, "subject": mail.message.subject, "from": mail.from, "to": mail.to.join(", "), "received": iso(mail.received.div_euclid(1000)),
    })
}

/// `GET /mail/`.
pub async fn list(world: Data<World>) -> HttpResponse {
    let mails: Vec<Value> = world.mail.list().iter().map(summary).collect();
    page(&world, "mailbox", &json!({ "title": "Mailbox", "initials": "✉", "mails": mails }))
}

/// `GET /mail/{number}`.
pub async fn one(world: Data<World>, number: Path<u64>) -> HttpResponse {
    let Some(mail) = world.mail.get(*number) else { return missing() };
    let mut content = summary(&mail);
    if let Some(content) = content.as_object_mut() {
        content.insert("title".to_owned(), json!("Mail"));
        content.insert("initials".to_owned(), json!("✉"));
        content.insert(
            "returns".to_owned(),
            json!([{ "what": "reply", "words": "Reply" }, { "what": "out-of-office", "words": "Be out of office" }, { "what": "bounce", "words": "Bounce" }]),
        );
        content.insert("has_html".to_owned(), json!(mail.message.html.is_some()));
        content.insert("text".to_owned(), json!(mail.message.text));
        content.insert("headers".to_owned(), json!(mail.message.headers));
    }
    page(&world, "mail", &content)
}

/// `GET /mail/{number}/html`: the mail's HTML, which may do nothing.
pub async fn html(world: Data<World>, number: Path<u64>) -> HttpResponse {
    let Some(html) = world.mail.get(*number).and_then(|mail| mail.message.html) else { return missing() };
    HttpResponse::Ok()
        .content_type("text/html;charset=UTF-8")
        .insert_header(("content-security-policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:"))
        .insert_header(("x-content-type-options", "nosniff"))
        .body(html)
}

/// `GET /mail/{number}/raw`.
pub async fn raw(world: Data<World>, number: Path<u64>) -> HttpResponse {
    let Some(mail) = world.mail.get(*number) else { return missing() };
    HttpResponse::Ok().content_type("text/plain;charset=UTF-8").insert_header(("x-content-type-options", "nosniff")).body(mail.raw.to_vec())
}

/// `GET /mail/messages.json`: all mails with everything that was read, newest first.
pub async fn json(world: Data<World>) -> HttpResponse {
    HttpResponse::Ok().json(world.mail.list())
}

/// `DELETE /mail/messages.json`.
pub async fn clear(world: Data<World>) -> HttpResponse {
    world.mail.clear();
    HttpResponse::NoContent().finish()
}

fn missing() -> HttpResponse {
    HttpResponse::NotFound().content_type("text/plain;charset=UTF-8").body("No such mail")
}
