//! The answer to a signed request: a page that is the same for everybody but for a few values.
//!
//! Each language's shell is rendered once with marks in place of those values and cut at the marks;
//! answering is copying the pieces and escaping the values between them.

use std::collections::BTreeMap;
use std::fmt::Write;

use bytes::Bytes;
use serde::Serialize;

use super::catalogue::Catalogue;
use super::states::{self, StateView};
use super::{DeskList, Language, PageError, PanelTab, assets, escaping, insights};

/// What a shell is filled with. All of it may come from outside; it is escaped here.
#[derive(Debug, Clone, Copy)]
pub struct Shell<'a> {
    /// The language of the Salesforce user.
    pub lang: Language,
    /// The session token for the panel's own calls.
    pub token: &'a str,
    /// Seconds that the token lives.
    pub session_seconds: u32,
    /// `Lead`, `Contact`, `Account` or `Opportunity`.
    pub record_object: &'a str,
    /// The title of the document.
    pub title: &'a str,
    /// Origin of the Salesforce page that frames the panel, from the verified request; the only one that the panel talks to.
    pub target_origin: &'a str,
    /// The canvas instance, from the verified request.
    pub instance_id: &'a str,
    /// The request's id, shown when the panel can't reach its server.
    pub request_id: &'a str,
}

/// A shell, cut at its holes.
pub(super) struct Segments {
    pieces: Vec<Piece>,
    /// Bytes of all fixed pieces.
    fixed: usize,
}

enum Piece {
    Fixed(Box<str>),
    Hole(Hole),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hole {
    Token,
    SessionSeconds,
    RecordObject,
    Title,
    TargetOrigin,
    InstanceId,
    RequestId,
}

/// Marks from the private use area: both ways of escaping leave them alone, and no template has them.
const OPEN: char = '\u{e000}';
const CLOSE: char = '\u{e001}';

// === impl Segments ===

impl Segments {
    /// Cuts a page that was rendered with [`Frame`].
    pub(super) fn cut(page: &str) -> Self {
        let mut pieces = Vec::new();
        let mut fixed = 0;
        for part in page.split(OPEN) {
            let (hole, text) = part.split_once(CLOSE).map_or((None, part), |(name, text)| (Hole::named(name), text));
            pieces.extend(hole.map(Piece::Hole));
            fixed += text.len();
            pieces.push(Piece::Fixed(text.into()));
        }
        Self { pieces, fixed }
    }

    /// The page for one visitor.
    pub(super) fn fill(&self, shell: &Shell<'_>) -> Bytes {
        let values = [shell.token, shell.title, shell.target_origin, shell.instance_id, shell.request_id];
        let room: usize = values.iter().map(|value| value.len()).sum();
        let mut page = String::with_capacity(self.fixed + room + room / 4 + 64);
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(text) => page.push_str(text),
                Piece::Hole(hole) => hole.fill(shell, &mut page),
            }
        }
        page.into()
    }
}

// === impl Hole ===

impl Hole {
    const ALL: [Self; 7] =
        [Self::Token, Self::SessionSeconds, Self::RecordObject, Self::Title, Self::TargetOrigin, Self::InstanceId, Self::RequestId];

    const fn name(self) -> &'static str {
        match self {
            Self::Token => "token",
            Self::SessionSeconds => "session_seconds",
            Self::RecordObject => "record_object",
            Self::Title => "title",
            Self::TargetOrigin => "target_origin",
            Self::InstanceId => "instance_id",
            Self::RequestId => "request_id",
        }
    }

    fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|hole| hole.name() == name)
    }

    fn fill(self, shell: &Shell<'_>, page: &mut String) {
        match self {
            Self::Token => escaping::json_string_into(shell.token, page),
            Self::RecordObject => escaping::json_string_into(shell.record_object, page),
            Self::TargetOrigin => escaping::json_string_into(shell.target_origin, page),
            Self::InstanceId => escaping::json_string_into(shell.instance_id, page),
            Self::RequestId => escaping::json_string_into(shell.request_id, page),
            Self::Title => escaping::html_into(shell.title, page),
            // Writing to a String can't fail.
            Self::SessionSeconds => drop(write!(page, "{}", shell.session_seconds)),
        }
    }
}

/// What the panel's template is rendered with at start.
#[derive(Serialize)]
pub(super) struct Frame {
    lang: &'static str,
    assets: Addresses,
    hole: BTreeMap<&'static str, String>,
    tabs: Vec<&'static str>,
    words: Words,
    ended: StateView,
    failed: StateView,
}

/// A state as a page of its own.
#[derive(Serialize)]
pub(super) struct StatePage {
    lang: &'static str,
    assets: Addresses,
    state: StateView,
    config: Config,
}

#[derive(Serialize)]
struct Config {
    words: Words,
}

#[derive(Serialize)]
struct Addresses {
    css: String,
    js: String,
}

/// What `panel.js` says by itself.
#[derive(Serialize)]
struct Words {
    now: String,
    minutes: String,
    hours: String,
    yesterday: String,
    days: String,
    reloading: String,
    #[serde(rename = "reloadFailed")]
    reload_failed: String,
    request: String,
}

impl Frame {
    pub(super) fn new(words: &Catalogue) -> Result<Self, PageError> {
        Ok(Self {
            lang: words.language.tag(),
            assets: Addresses::current()?,
            hole: Hole::ALL.iter().map(|hole| (hole.name(), format!("{OPEN}{}{CLOSE}", hole.name()))).collect(),
            tabs: std::iter::once(insights::KEY).chain(PanelTab::ALL.map(PanelTab::key)).collect(),
            words: Words::of(words),
            ended: states::view(&states::State::SessionExpired, None, true),
            failed: states::failed(),
        })
    }
}

impl Frame {
    /// The page of the global tab.
    pub(super) fn desk(words: &Catalogue) -> Result<Self, PageError> {
        Ok(Self { tabs: DeskList::ALL.map(DeskList::key).to_vec(), ..Self::new(words)? })
    }
}

impl StatePage {
    pub(super) fn new(words: &Catalogue, state: StateView) -> Result<Self, PageError> {
        Ok(Self { lang: words.language.tag(), assets: Addresses::current()?, state, config: Config { words: Words::of(words) } })
    }
}

impl Addresses {
    fn current() -> Result<Self, PageError> {
        let address = |name: &str| assets::address(name).ok_or_else(|| PageError::Missing(format!("assets/{name}")));
        Ok(Self { css: address("panel.css")?, js: address("panel.js")? })
    }
}

impl Words {
    fn of(words: &Catalogue) -> Self {
        let counted = |key: &str| words.say(key, &[("n", "{n}")]);
        Self {
            now: words.say("time-now", &[]),
            minutes: counted("time-minutes"),
            hours: counted("time-hours"),
            yesterday: words.say("time-yesterday", &[]),
            days: counted("time-days"),
            reloading: words.say("reloading", &[]),
            reload_failed: words.say("reload-failed", &[]),
            request: words.say("request-number", &[("id", "{id}")]),
        }
    }
}
