//! stand-in until the pages room lands
use crate::problem::Problem;
use bytes::Bytes;
use serde_json::Value;
pub struct Pages;
#[derive(Debug, thiserror::Error)]
#[error("page")]
pub struct PageError;
pub struct Shell<'a> {
    pub lang: Option<&'a str>,
    pub token: &'a str,
    pub session_seconds: u32,
    pub record_object: &'a str,
    pub target_origin: Option<&'a str>,
    pub instance_id: Option<&'a str>,
    pub request_id: &'a str,
}
pub enum State {
    UnknownOrg,
    NotInMarketo,
    NotYetInMarketo,
    SessionExpired,
    Upstream,
    Approval { login_url: Option<String> },
    Refused,
    Suspended,
    NoRecord,
    NotFound,
}
impl State {
    pub fn of(_: &Problem) -> Self {
        Self::Refused
    }
}
#[derive(Clone, Copy)]
pub enum Tab {
    Moments,
}
impl Tab {
    pub fn parse(_: &str) -> Option<Self> {
        None
    }
    pub fn name(self) -> &'static str {
        ""
    }
}
pub struct Asset {
    pub bytes: Bytes,
    pub mime: &'static str,
    pub immutable: bool,
}
pub fn asset(_: &str) -> Option<Asset> {
    None
}
impl Pages {
    pub fn new() -> Result<Self, PageError> {
        Ok(Self)
    }
    pub fn shell(&self, _: &Shell<'_>) -> Bytes {
        Bytes::new()
    }
    pub fn state_page(&self, _: Option<&str>, _: &State, _: Option<&Problem>, _: &str) -> Bytes {
        Bytes::new()
    }
    pub fn state_fragment(&self, _: Option<&str>, _: &State, _: Option<&Problem>, _: &str) -> Bytes {
        Bytes::new()
    }
    pub fn person_fragment(&self, _: Option<&str>, _: Option<&str>, _: i64, _: &Value) -> Bytes {
        Bytes::new()
    }
    pub fn tab_fragment(&self, _: Option<&str>, _: Option<&str>, _: i64, _: Tab, _: &Value) -> Bytes {
        Bytes::new()
    }
}
