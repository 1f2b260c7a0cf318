//! What people see: handlebars templates in strict mode, filled from the account's JSON in the language of
//! the Salesforce user, and the assets beside them.
//!
//! Two ways lead to a page. The answer to a signed request is a shell that was rendered once for each
//! language and cut at its holes ([`shell`]), so it costs a copy. Fragments and states go through
//! handlebars and are meant to be kept as bytes by whoever asked. A fragment that can't be rendered becomes
//! the "could not be loaded" state and a log line, so no caller has to handle it.

mod assets;
mod bets;
mod catalogue;
mod chart;
mod desk;
mod escaping;
pub mod insights;
mod languages;
mod mail;
mod person;
mod record;
mod registry;
mod shell;
mod states;
mod text;
mod timeline;
mod times;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use bytes::Bytes;
use handlebars::Handlebars;
use serde::Serialize;

use crate::problem::Problem;

pub use assets::{Asset, asset};
pub use bets::DeskList;
pub use languages::Language;
pub use shell::Shell;
pub use states::State;
pub use timeline::PanelTab;

use catalogue::Catalogue;
use shell::Segments;
use times::Clock;

/// The pages could not be prepared, or one could not be rendered. Both are defects of the build, not of a request.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// A template does not compile.
    #[error("template {name} does not compile")]
    Template {
        /// Its name below `templates/`.
        name: String,
        /// Where and why.
        #[source]
        source: Box<handlebars::TemplateError>,
    },
    /// A template names something that its data don't have.
    #[error("a template could not be rendered")]
    Render(#[from] Box<handlebars::RenderError>),
    /// The messages of a language can't be read.
    #[error("the messages of {tag} can't be read: {why}")]
    Messages {
        /// The language.
        tag: &'static str,
        /// What the parser said.
        why: String,
    },
    /// A file that the pages need is not there.
    #[error("{0} is missing")]
    Missing(String),
    /// What the account answered does not have the shape of the contract.
    #[error("the account's answer has an unexpected shape")]
    Shape(#[from] serde_json::Error),
}

/// All pages in all languages. Made once for a process; what a language needs is made when somebody first reads it.
pub struct Pages {
    /// The language for whoever has none of ours.
    first: Room,
    others: Vec<(Language, OnceLock<Option<Room>>)>,
}

/// What one language needs.
struct Room {
    language: Language,
    catalogue: std::sync::Arc<Catalogue>,
    templates: Handlebars<'static>,
    shell: Segments,
    /// The page of the global tab.
    desk: Segments,
    /// The fragment that stands in for one that can't be rendered.
    broken: Bytes,
}

// === impl Pages ===

impl Pages {
    /// Compiles the templates and reads the messages of the first language.
    ///
    /// # Errors
    /// When a template or that language's file is missing or wrong.
    pub fn new() -> Result<Self, PageError> {
        let [first, others @ ..] = Language::ALL;
        Ok(Self { first: Room::new(first)?, others: others.into_iter().map(|language| (language, OnceLock::new())).collect() })
    }

    /// The answer to an accepted signed request: the panel's frame, which fetches its content by itself.
    #[must_use]
    pub fn shell(&self, shell: &Shell<'_>) -> Bytes {
        let room = self.room(shell.lang);
        if shell.record_object == super::panel::DESK { room.desk.fill(shell) } else { room.shell.fill(shell) }
    }

    /// The head of the panel: who the person is. `person` is the account's `Person`; `tz` an IANA time zone name.
    #[must_use]
    pub fn person_fragment(&self, lang: Language, tz: &str, now_ms: i64, person: &serde_json::Value) -> Bytes {
        let room = self.room(lang);
        let clock = Clock::new(now_ms, tz);
        room.or_broken("person", person::view(person, &room.catalogue, &clock).and_then(|view| room.render("person", &view)))
    }

    /// The head of an account's or opportunity's panel. `head` is the account's answer to `/v1/records/{id}`; `base` the address
    /// of the org, where its records open.
    #[must_use]
    pub fn record_fragment(&self, lang: Language, tz: &str, now_ms: i64, head: &serde_json::Value, base: &str) -> Bytes {
        let room = self.room(lang);
        let clock = Clock::new(now_ms, tz);
        room.or_broken("record", record::view(head, base, &room.catalogue, &clock).and_then(|view| room.render("record", &view)))
    }

    /// One page of a tab's list. `timeline` is the account's answer to `/v1/people/{id}/timeline?tab=…`.
    #[must_use]
    pub fn tab_fragment(&self, lang: Language, tz: &str, now_ms: i64, tab: PanelTab, timeline: &serde_json::Value) -> Bytes {
        let room = self.room(lang);
        let clock = Clock::new(now_ms, tz);
        room.or_broken(tab.key(), timeline::view(tab, timeline, &room.catalogue, &clock).and_then(|view| room.render("tab", &view)))
    }

    /// A list of the global tab's page, for the account's answer; `base` is the address of the org.
    #[must_use]
    #[expect(clippy::too_many_arguments, reason = "what every fragment takes, and whose list it is")]
    pub fn desk_fragment(
        &self,
        lang: Language,
        tz: &str,
        now_ms: i64,
        list: DeskList,
        kinds: Option<&str>,
        rows: &serde_json::Value,
        base: &str,
    ) -> Bytes {
        let room = self.room(lang);
        let clock = Clock::new(now_ms, tz);
        let view = bets::view(list, kinds, rows, base, &room.catalogue, &clock);
        room.or_broken(list.key(), view.and_then(|view| room.render(bets::View::template(list), &view)))
    }

    /// The entries of the lead feed that are not in `known`, by id, the newest first.
    #[must_use]
    pub fn feed_entries(
        &self,
        lang: Language,
        tz: &str,
        now_ms: i64,
        feed: &serde_json::Value,
        base: &str,
        known: &std::collections::HashSet<String>,
    ) -> Vec<(String, Bytes)> {
        let room = self.room(lang);
        let clock = Clock::new(now_ms, tz);
        let Ok(entries) = bets::feed(feed, base, &room.catalogue, &clock) else { return Vec::new() };
        let new = entries.into_iter().filter(|(id, _)| !known.contains(id));
        new.filter_map(|(id, view)| Some((id, room.render("feed-entry", &view).ok()?))).collect()
    }

    /// A mail, opened. `mail` is the account's answer without the HTML, which stands behind the address `frame`.
    #[must_use]
    pub fn mail_fragment(&self, lang: Language, tz: &str, now_ms: i64, mail: &serde_json::Value, frame: Option<String>) -> Bytes {
        let room = self.room(lang);
        let clock = Clock::new(now_ms, tz);
        room.or_broken("mail", mail::view(mail, frame, &room.catalogue, &clock).and_then(|view| room.render("mail-view", &view)))
    }

    /// What a rep can do, a form, or what became of it. `context` is what the template names.
    #[must_use]
    pub fn acting_fragment(&self, lang: Language, template: &str, context: &serde_json::Value) -> Bytes {
        let room = self.room(lang);
        room.or_broken(template, room.render(template, context))
    }

    /// The name of a time zone, or of the one that stands in for an unknown one.
    #[must_use]
    pub fn zone(name: &str) -> &str {
        if Clock::knows(name) { name } else { "UTC" }
    }

    /// The Insights Dashboard. `insights` is the account's answer to `/v1/people/{id}/insights`.
    #[must_use]
    pub fn insights_fragment(&self, lang: Language, tz: &str, now_ms: i64, insights: &serde_json::Value) -> Bytes {
        let room = self.room(lang);
        let clock = Clock::new(now_ms, tz);
        room.or_broken(insights::KEY, insights::view(insights, &room.catalogue, &clock).and_then(|view| room.render("insights", &view)))
    }

    /// A state in place of a fragment that the panel asked for.
    #[must_use]
    pub fn state_fragment(&self, lang: Language, state: &State<'_>, problem: Option<&Problem>) -> Bytes {
        let room = self.room(lang);
        room.or_broken(state.key(), room.render("state", &states::view(state, problem, true)))
    }

    /// A state as a page of its own, for `/canvas` and addresses that a person typed.
    #[must_use]
    pub fn state_page(&self, lang: Language, state: &State<'_>, problem: Option<&Problem>) -> Bytes {
        let room = self.room(lang);
        let page = shell::StatePage::new(&room.catalogue, states::view(state, problem, false));
        room.or_broken(state.key(), page.and_then(|page| room.render("state-page", &page)))
    }

    /// A settings page. `data` is an object; what all pages share beside it is added here.
    #[must_use]
    pub fn desk_page(&self, lang: Language, template: &str, mut data: serde_json::Value) -> Bytes {
        let room = self.room(lang);
        if let Some(data) = data.as_object_mut() {
            data.insert("lang".to_owned(), lang.tag().into());
            data.insert("assets".to_owned(), desk::assets());
        }
        let rendered = room.render(&format!("admin/{template}"), &data);
        rendered.unwrap_or_else(|error| {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, template, language = lang.tag(), "page not rendered");
            self.state_page(lang, &State::Upstream, None)
        })
    }

    /// A problem in the reader's words, for a settings page.
    #[must_use]
    pub fn problem_view(&self, lang: Language, problem: &Problem) -> serde_json::Value {
        desk::problem(&self.room(lang).catalogue, problem)
    }

    fn room(&self, language: Language) -> &Room {
        let other = self.others.iter().find(|(known, _)| *known == language);
        let room = other.and_then(|(_, room)| room.get_or_init(|| Room::of(language)).as_ref());
        room.unwrap_or(&self.first)
    }
}

// === impl Room ===

impl Room {
    fn new(language: Language) -> Result<Self, PageError> {
        let catalogue = std::sync::Arc::new(Catalogue::of(language)?);
        let templates = registry::speaking(registry::compiled()?, &catalogue);
        let shell = Segments::cut(&render(&templates, "panel", &shell::Frame::new(&catalogue)?)?);
        let desk = Segments::cut(&render(&templates, "desk", &shell::Frame::desk(&catalogue)?)?);
        let broken = render(&templates, "state", &states::view(&State::Upstream, None, true))?.into();
        Ok(Self { language, catalogue, templates, shell, desk, broken })
    }

    fn of(language: Language) -> Option<Self> {
        Self::new(language)
            .inspect_err(|error| {
                let error: &dyn std::error::Error = error;
                tracing::error!(error, language = language.tag(), "a language cannot be read; its readers get the first one");
            })
            .ok()
    }

    fn render<T: Serialize>(&self, template: &str, data: &T) -> Result<Bytes, PageError> {
        Ok(render(&self.templates, template, data)?.into())
    }

    fn or_broken(&self, what: &str, rendered: Result<Bytes, PageError>) -> Bytes {
        rendered.unwrap_or_else(|error| {
            let error: &dyn std::error::Error = &error;
            tracing::error!(error, what, language = self.language.tag(), "page not rendered");
            self.broken.clone()
        })
    }
}

fn render<T: Serialize>(templates: &Handlebars<'static>, template: &str, data: &T) -> Result<String, PageError> {
    templates.render(template, data).map_err(|error| PageError::Render(Box::new(error)))
}
