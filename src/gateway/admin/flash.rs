//! What a page says once after a form was sent: what was done, or what was wrong and what had been entered.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::super::cookie::BrowserId;
use super::super::memory::Memory;
use crate::problem::Problem;

/// Seconds for which it waits to be said.
const SECONDS: u64 = 300;
/// Largest answer that is kept for the next page, in bytes.
const LARGEST: usize = 64 * 1024;

/// What is said.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Flash {
    /// The message of what was done.
    pub said: Option<String>,
    /// What was wrong.
    pub problem: Option<Problem>,
    /// What had been entered, without secrets.
    #[serde(default)]
    pub fields: Map<String, Value>,
    /// What the account answered.
    #[serde(default)]
    pub answer: Value,
}

impl Flash {
    /// Something was done.
    #[must_use]
    pub fn done(said: &str, answer: &[u8]) -> Self {
        let answer = if answer.len() <= LARGEST { serde_json::from_slice(answer).unwrap_or_default() } else { Value::Null };
        Self { said: Some(said.to_owned()), answer, ..Self::default() }
    }

    /// Something was refused.
    #[must_use]
    pub fn failed(problem: Problem, fields: Map<String, Value>) -> Self {
        Self { problem: Some(problem), fields, ..Self::default() }
    }

    /// Keeps it for the browser's next page.
    pub async fn keep(&self, memory: &Memory, browser: &BrowserId) {
        if let Ok(bytes) = serde_json::to_vec(self) {
            memory.put(&key(browser), Bytes::from(bytes), SECONDS).await;
        }
    }

    /// Takes what is to be said, if there is something.
    pub async fn take(memory: &Memory, browser: &BrowserId) -> Option<Self> {
        let key = key(browser);
        let kept = memory.get(&key).await?;
        memory.forget(&key).await;
        serde_json::from_slice(&kept).ok()
    }
}

fn key(browser: &BrowserId) -> String {
    format!("msi:flash:{}", browser.hash())
}
