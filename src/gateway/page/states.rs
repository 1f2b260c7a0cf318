//! What is shown when there is nothing to show: what happened, why, what to do now.

use serde::Serialize;

use super::text;
use crate::problem::Problem;

/// Why there is no data, as far as the person in front of it is concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State<'a> {
    /// The Salesforce org has no account here.
    UnknownOrg,
    /// The org's account is suspended, or the package was uninstalled.
    Suspended,
    /// Salesforce named no lead or contact.
    NoRecord,
    /// Marketo was asked and has no such person.
    NotInMarketo,
    /// Marketo knows nobody of this Salesforce account.
    NobodyOfAccount,
    /// Nobody plays a part in this opportunity, or nobody whom Marketo knows.
    NobodyOfOpportunity,
    /// Salesforce can't be asked who plays a part in this opportunity.
    RolesUnknown,
    /// Marketo is being asked; the panel asks again by itself after `retry_after` seconds (2 when the problem names none).
    NotYetInMarketo,
    /// The panel's session ended.
    SessionExpired,
    /// Something behind us doesn't answer.
    Upstream,
    /// Salesforce wants the user's approval first; `url` is its authorization page, checked by the caller.
    Approval {
        /// Where to approve; only `http(s)` becomes a link.
        url: &'a str,
    },
    /// A signed request that was not accepted, for whatever reason.
    Refused,
    /// Nothing at this address, or not this visitor's to see.
    NotFound,
}

/// A state, ready for its template.
#[derive(Debug, Clone, Serialize)]
pub(super) struct StateView {
    key: &'static str,
    icon: &'static str,
    title: String,
    text: String,
    todo: String,
    actions: bool,
    approve_url: Option<String>,
    reload: bool,
    retry: bool,
    retry_after: Option<u32>,
    detail: Option<String>,
    request_id: Option<String>,
}

/// Seconds after which a panel looks again for a person who is on the way.
const LOOK_AGAIN: u32 = 2;

// === impl State ===

impl State<'_> {
    /// The name of the state in messages and in `data-state`.
    #[must_use]
    pub const fn key(&self) -> &'static str {
        match self {
            Self::UnknownOrg => "unknown-org",
            Self::Suspended => "suspended",
            Self::NoRecord => "no-record",
            Self::NotInMarketo => "not-in-marketo",
            Self::NobodyOfAccount => "nobody-of-account",
            Self::NobodyOfOpportunity => "nobody-of-opportunity",
            Self::RolesUnknown => "roles-unknown",
            Self::NotYetInMarketo => "looking",
            Self::SessionExpired => "session-expired",
            Self::Upstream => "upstream",
            Self::Approval { .. } => "approval",
            Self::Refused => "refused",
            Self::NotFound => "not-found",
        }
    }

    const fn icon(&self) -> &'static str {
        match self {
            Self::UnknownOrg | Self::Suspended | Self::RolesUnknown => "plug",
            Self::NoRecord | Self::NotInMarketo | Self::NobodyOfAccount | Self::NobodyOfOpportunity | Self::NotFound => "person",
            Self::NotYetInMarketo | Self::SessionExpired => "wait",
            Self::Upstream | Self::Refused => "alert",
            Self::Approval { .. } => "key",
        }
    }
}

/// The view of a state; `fragment` when it stands inside a panel, which then can ask again by itself.
pub(super) fn view(state: &State<'_>, problem: Option<&Problem>, fragment: bool) -> StateView {
    let looking = matches!(state, State::NotYetInMarketo);
    let mut view = named(state.key(), state.icon());
    view.approve_url = match state {
        State::Approval { url } => text::link(Some(url)).map(String::from),
        _ => None,
    };
    view.retry = fragment
        && matches!(
            state,
            State::Upstream | State::NotInMarketo | State::NobodyOfAccount | State::NobodyOfOpportunity | State::RolesUnknown
        );
    view.reload = match state {
        State::SessionExpired | State::Approval { .. } => true,
        State::Upstream | State::Refused => !fragment,
        _ => false,
    };
    view.actions = view.retry || view.reload || view.approve_url.is_some();
    view.retry_after = (fragment && looking).then(|| problem.and_then(|problem| problem.retry_after).unwrap_or(LOOK_AGAIN));
    view.detail = problem.map(|problem| format!("{}. {}", problem.title.trim_end_matches('.'), problem.detail));
    view.request_id = problem.and_then(|problem| problem.request_id.clone());
    view
}

/// The state that a panel shows by itself when its server can't be reached.
pub(super) fn failed() -> StateView {
    StateView { retry: true, actions: true, ..named("failed", "alert") }
}

fn named(key: &'static str, icon: &'static str) -> StateView {
    StateView {
        key,
        icon,
        title: format!("state-{key}-title"),
        text: format!("state-{key}-text"),
        todo: format!("state-{key}-todo"),
        actions: false,
        approve_url: None,
        reload: false,
        retry: false,
        retry_after: None,
        detail: None,
        request_id: None,
    }
}
