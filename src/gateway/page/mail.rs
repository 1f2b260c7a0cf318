//! A mail, opened from a row: subject, from whom to whom, what became of it and when.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::catalogue::Catalogue;
use super::person::did;
use super::times::{Clock, When};
use super::{PageError, text};

#[derive(Debug, Deserialize)]
struct Mail {
    at: i64,
    subject: Option<String>,
    sent_by: String,
    to: Option<String>,
    #[serde(default)]
    cc: Vec<String>,
    from: Option<String>,
    template: Option<String>,
    missing: Option<String>,
    events: Vec<Event>,
}

#[derive(Debug, Deserialize)]
struct Event {
    at: i64,
    did: String,
    link: Option<String>,
    #[serde(default)]
    bot: bool,
}

/// Ready for the template.
#[derive(Debug, Serialize)]
pub(super) struct View {
    offset: i64,
    subject: Option<String>,
    by_marketo: bool,
    to: Option<String>,
    cc: Option<String>,
    from: Option<String>,
    template: Option<String>,
    when: Option<When>,
    events: Vec<Told>,
    frame: Option<String>,
    /// The message that says why there is no content.
    missing: &'static str,
}

#[derive(Debug, Serialize)]
struct Told {
    did: String,
    link: Option<String>,
    bot: bool,
    when: When,
}

/// The view of the account's answer.
///
/// # Errors
/// When a field has another type than the contract says.
pub(super) fn view(mail: &Value, frame: Option<String>, words: &Catalogue, clock: &Clock) -> Result<View, PageError> {
    let mail = Mail::deserialize(mail)?;
    let told = |event: &Event| {
        Some(Told {
            did: did(&event.did),
            link: text::link(event.link.as_deref()).map(String::from),
            bot: event.bot,
            when: clock.when(event.at, words)?,
        })
    };
    Ok(View {
        offset: clock.offset,
        subject: text::plain(mail.subject.as_deref()),
        by_marketo: mail.sent_by == "marketo",
        to: text::plain(mail.to.as_deref()),
        cc: text::plain(Some(&mail.cc.join(", "))),
        from: text::plain(mail.from.as_deref()),
        template: text::plain(mail.template.as_deref()),
        when: clock.when(mail.at, words),
        events: mail.events.iter().filter_map(told).collect(),
        frame,
        missing: match mail.missing.as_deref() {
            Some("not_permitted") => "mail-not-permitted",
            Some("unavailable") => "mail-unavailable",
            _ => "mail-gone",
        },
    })
}
