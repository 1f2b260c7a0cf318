//! What a row of the table of pages is made of. A page is what it asks the account and the template that
//! shows the answers; an act is a form's way to one call of the account and on to a page.

use super::super::broker::Verb;
use super::super::pace::Pace;

/// Who may come to a page. What they may do there is decided by the account at every call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// Anybody, signed in or not; the account is asked as the gateway itself.
    Anyone,
    /// A Marketo admin, or a member.
    SignedIn,
    /// A member.
    Member,
}

/// A page: one address that is read.
#[derive(Debug)]
pub struct Page {
    pub path: &'static str,
    /// Name in figures, and the message of the title: `title-{name}`.
    pub name: &'static str,
    pub who: Who,
    /// Below `templates/admin/`.
    pub template: &'static str,
    /// The entry of the menu that is marked.
    pub menu: &'static str,
    pub asks: &'static [Ask],
    pub acts: &'static [Act],
}

/// Something that a page asks the account, under the name by which the template finds the answer.
#[derive(Debug)]
pub struct Ask {
    pub name: &'static str,
    /// `{…}` stands for a part of the page's own address.
    pub call: &'static str,
    /// Fields of the page's query that are passed on.
    pub query: &'static [&'static str],
    /// Without it there is no page; otherwise the page shows the problem in its place.
    pub needed: bool,
}

/// A form: one address that is written to.
#[derive(Debug)]
pub struct Act {
    pub path: &'static str,
    pub verb: Verb,
    pub call: &'static str,
    pub fields: &'static [Field],
    /// The message after success.
    pub said: &'static str,
    pub then: Then,
    /// How often it may be sent, and the field that names whom it is about.
    pub pace: Option<(&'static Pace, Option<&'static str>)>,
}

/// One field of a form, and what it becomes in the body of the call.
#[derive(Debug)]
pub struct Field {
    pub name: &'static str,
    pub kind: Kind,
}

/// How a field is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A trimmed text.
    Text,
    /// A trimmed text that is left out when empty.
    Optional,
    /// A trimmed text that is never shown again.
    Secret,
    /// As [`Kind::Secret`], left out when empty.
    OptionalSecret,
    /// All values of this name, as a list.
    Many,
    /// A whole number; what is none goes on as text, and is refused with the field's name.
    Number,
    /// A box that is ticked or not, or the word true or false.
    Flag,
    /// A list of words between commas, semicolons, spaces or line breaks.
    Words,
    /// An object made of the fields `name.key`.
    Object,
    /// Not from the form: a part of the address.
    FromAddress,
    /// Not from the form: the language that the page is shown in, unless the form names one.
    Language,
}

/// Where to go after success.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Then {
    /// To a page, which says what was done.
    To(&'static str),
    /// To the page of what was made: `{id}` is the answer's.
    Made(&'static str),
    /// Nowhere: the act's own page shows the answer once, and nobody keeps it.
    Show,
    /// In: the answer names a member.
    Member,
    /// In: the answer names an account whose Marketo instance the person administers.
    MarketoAdmin,
    /// In: the answer names a member, or an account whose Actions Config an operator opened.
    Entrance,
}

/// The names of [`Field`]s that a form has beside those of its row.
pub const TOKEN: &str = "csrf";
/// A value that is the same when one form is sent twice.
pub const ONCE: &str = "once";

// === impl Ask ===

impl Ask {
    /// An answer without which there is no page.
    pub const fn needed(name: &'static str, call: &'static str) -> Self {
        Self { name, call, query: &[], needed: true }
    }

    /// An answer whose absence the page explains in its place.
    pub const fn wanted(name: &'static str, call: &'static str) -> Self {
        Self { name, call, query: &[], needed: false }
    }

    /// The same, with fields of the page's query.
    #[must_use]
    pub const fn with(mut self, query: &'static [&'static str]) -> Self {
        self.query = query;
        self
    }
}

// === impl Act ===

impl Act {
    /// A form that is sent to `path` and calls `call`.
    pub const fn post(path: &'static str, call: &'static str) -> Self {
        Self { path, verb: Verb::Post, call, fields: &[], said: "", then: Then::Show, pace: None }
    }

    #[must_use]
    pub const fn by(mut self, verb: Verb) -> Self {
        self.verb = verb;
        self
    }

    #[must_use]
    pub const fn of(mut self, fields: &'static [Field]) -> Self {
        self.fields = fields;
        self
    }

    /// After success: say this there.
    #[must_use]
    pub const fn then(mut self, said: &'static str, to: &'static str) -> Self {
        self.said = said;
        self.then = Then::To(to);
        self
    }

    /// After success: say this on the page of what was made.
    #[must_use]
    pub const fn made(mut self, said: &'static str, to: &'static str) -> Self {
        self.said = said;
        self.then = Then::Made(to);
        self
    }

    /// No more often than this, counted by place and by the field `subject`.
    #[must_use]
    pub const fn paced(mut self, pace: &'static Pace, subject: Option<&'static str>) -> Self {
        self.pace = Some((pace, subject));
        self
    }

    #[must_use]
    pub const fn and(mut self, then: Then) -> Self {
        self.then = then;
        self
    }
}

// === impl Field ===

/// A trimmed text.
pub const fn text(name: &'static str) -> Field {
    Field { name, kind: Kind::Text }
}

/// A field of another kind.
pub const fn field(name: &'static str, kind: Kind) -> Field {
    Field { name, kind }
}
