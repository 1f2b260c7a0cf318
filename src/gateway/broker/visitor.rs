//! Who asks, in the words that the account understands.

use serde::Serialize;

/// On whose behalf a call is made; the account decides what that visitor may do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Visitor {
    /// `face`, `rep`, `package`, `member`, `token` or `marketo_admin`.
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub record: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub member: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// SHA-256 of a personal token, in hexadecimal digits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `api` for what comes in below `/api`: the account offers less there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub via: Option<&'static str>,
}

impl Visitor {
    /// The gateway itself, for what no person asks.
    #[must_use]
    pub fn face() -> Self {
        Self { kind: "face".to_owned(), ..Self::default() }
    }
}
