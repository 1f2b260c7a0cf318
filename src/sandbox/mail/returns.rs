//! What may come back of a mail: its recipient answers, a program answers, or the recipient's server reports that it failed.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use serde_json::json;

use super::Mail;
use crate::sandbox::World;
use crate::sandbox::clock::{iso, machine_ms};

/// `POST /mail/{number}/{what}`: `reply`, `out-of-office` or `bounce`; then back to the mailbox.
pub async fn send(world: Data<World>, path: Path<(u64, String)>) -> HttpResponse {
    let (number, what) = path.into_inner();
    let Some(mail) = world.mail.get(number) else {
        return HttpResponse::NotFound().content_type("text/plain;charset=UTF-8").body("No such mail");
    };
    let Some(raw) = made(&mail, &what) else {
        return HttpResponse::NotFound().content_type("text/plain;charset=UTF-8").body("Only reply, out-of-office or bounce");
    };
    let (from, to) = if what == "bounce" { (String::new(), mail.from.clone()) } else { (first(&mail).to_owned(), mail.from.clone()) };
    let arrived = world.mail.put(machine_ms(), from, vec![to], raw.as_bytes());
    HttpResponse::SeeOther()
        .insert_header(("location", format!("{}/mail/{arrived}", world.options().base_url)))
        .json(json!({ "number": arrived }))
}

fn first(mail: &Mail) -> &str {
    mail.to.first().map_or("nobody@sandbox.example", |to| to.trim_matches(['<', '>']))
}

fn made(mail: &Mail, what: &str) -> Option<String> {
    let header = |name: &str| {
        mail.message
            .headers
            .iter()
            .find(|header| header.name.eq_ignore_ascii_case(name))
            .map(|header| header.value.clone())
            .unwrap_or_default()
    };
    let (id, to, back) = (header("Message-ID"), first(mail), mail.from.trim_matches(['<', '>']).to_owned());
    let date = iso(machine_ms().div_euclid(1000));
    let (own, subject) = (format!("<{}-{}@sandbox.example>", mail.number, machine_ms()), &mail.message.subject);
    Some(match what {
        "reply" => format!(
            "From: {to}\r\nTo: {back}\r\nDate: {date}\r\nMessage-ID: {own}\r\nIn-Reply-To: {id}\r\nReferences: {id}\r\nSubject: Re: {subject}\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\nThank you, this is interesting.\r\n"
        ),
        "out-of-office" => format!(
            "From: {to}\r\nTo: {back}\r\nDate: {date}\r\nMessage-ID: {own}\r\nIn-Reply-To: {id}\r\nReferences: {id}\r\nAuto-Submitted: auto-replied\r\n\
             Subject: Re: {subject}\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nI am away until Monday.\r\n"
        ),
        "bounce" => format!(
            "From: MAILER-DAEMON@sandbox.example\r\nTo: {back}\r\nDate: {date}\r\nMessage-ID: {own}\r\nAuto-Submitted: auto-replied\r\n\
             Subject: Undelivered mail\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\r\n\r\n\
             --b\r\nContent-Type: text/plain\r\n\r\nIt could not be delivered.\r\n--b\r\nContent-Type: message/delivery-status\r\n\r\n\
             Reporting-MTA: dns; mx.sandbox.example\r\n\r\nFinal-Recipient: rfc822; {to}\r\nAction: failed\r\nStatus: 5.1.1\r\n\
             Diagnostic-Code: smtp; 550 5.1.1 No such user here\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\n\
             Message-ID: {id}\r\nSubject: {subject}\r\n\r\n--b--\r\n"
        ),
        _ => return None,
    })
}
