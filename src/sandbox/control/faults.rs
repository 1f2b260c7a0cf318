//! Faults that were ordered: slowness, errors, connections that break off.

use std::collections::BTreeMap;
use std::pin::Pin;
use std::task::{Context, Poll};

use actix_web::body::{BodySize, BoxBody, MessageBody};
use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::sandbox::dice::unforeseen_percent;
use crate::sandbox::kept::Kept;

/// A fault for the calls whose path begins so.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Fault {
    /// Path below the sandbox, such as `/marketo/rest/v1/leads.json`; empty for all.
    pub prefix: String,
    /// How the path ends; empty for all.
    pub suffix: String,
    /// For so many calls; absent: until cleared.
    pub times: Option<u32>,
    pub latency_ms: u64,
    /// Answer with this HTTP status.
    pub http: Option<u16>,
    /// Answer with this code of Marketo's.
    pub marketo: Option<String>,
    /// Break the connection off after so many bytes of the body. What the call was for is done by then.
    pub drop_after_bytes: Option<u64>,
    /// For writes: do the work so much later, whether or not anybody still waits for the answer.
    pub commit_after_ms: Option<u64>,
    /// For so many of a hundred calls only, by chance.
    pub percent: Option<u8>,
}

/// How long what was written stays unseen by those who look for it.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lags {
    pub marketo_ms: i64,
    pub salesforce_ms: i64,
}

/// People for whom every write is refused: by Marketo's number, by Salesforce's id, with the code.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Refusals {
    pub marketo: BTreeMap<String, String>,
    pub salesforce: BTreeMap<String, String>,
}

/// What one call suffers.
#[derive(Debug, Default)]
pub struct Effect {
    pub latency_ms: u64,
    pub http: Option<u16>,
    pub marketo: Option<String>,
    pub drop_after: Option<u64>,
    pub commit_after_ms: Option<u64>,
}

/// All faults in force.
#[derive(Debug, Default)]
pub struct Faults(Kept<Vec<Fault>>);

impl Faults {
    /// Adds a fault.
    pub fn add(&self, fault: Fault) {
        self.0.with(|faults| faults.push(fault));
    }

    /// Those in force.
    pub fn list(&self) -> Vec<Fault> {
        self.0.with(|faults| faults.clone())
    }

    /// Ends them all.
    pub fn clear(&self) {
        self.0.with(Vec::clear);
    }

    /// What a call to this path suffers; uses up one time of each fault that applies.
    pub fn effect(&self, path: &str) -> Effect {
        self.0.with(|faults| {
            let mut effect = Effect::default();
            for fault in faults.iter_mut().filter(|fault| path.starts_with(&fault.prefix) && path.ends_with(&fault.suffix)) {
                if fault.percent.is_some_and(|percent| unforeseen_percent() >= percent) {
                    continue;
                }
                effect.latency_ms += fault.latency_ms;
                effect.http = effect.http.or(fault.http);
                effect.marketo = effect.marketo.or_else(|| fault.marketo.clone());
                effect.drop_after = effect.drop_after.or(fault.drop_after_bytes);
                effect.commit_after_ms = effect.commit_after_ms.or(fault.commit_after_ms);
                fault.times = fault.times.map(|times| times.saturating_sub(1));
            }
            faults.retain(|fault| fault.times != Some(0));
            effect
        })
    }
}

/// A body that breaks off.
pub struct Severed {
    inner: BoxBody,
    left: u64,
}

impl Severed {
    /// Breaks this body off after so many bytes.
    pub fn new(inner: BoxBody, after: u64) -> Self {
        Self { inner, left: after }
    }
}

impl MessageBody for Severed {
    type Error = Box<dyn std::error::Error>;

    fn size(&self) -> BodySize {
        match self.inner.size() {
            // A body that is there at once would be sent whole: its length must be kept, its bytes must not.
            BodySize::Sized(length) => BodySize::Sized(length.max(1)),
            other => other,
        }
    }

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let this = self.get_mut();
        if this.left == 0 {
            return Poll::Ready(Some(Err("the sandbox broke the connection off".into())));
        }
        match Pin::new(&mut this.inner).poll_next(context) {
            Poll::Ready(Some(Ok(chunk))) => {
                let length = usize::try_from(this.left).unwrap_or(usize::MAX).min(chunk.len());
                this.left = this.left.saturating_sub(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
                Poll::Ready(Some(Ok(chunk.slice(..length))))
            }
            other => other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_lasts_as_often_as_ordered() {
        let faults = Faults::default();
        faults.add(Fault { prefix: "/marketo".to_owned(), times: Some(2), http: Some(503), ..Fault::default() });
        assert_eq!(faults.effect("/mail").http, None);
        assert_eq!(faults.effect("/marketo/x").http, Some(503));
        assert_eq!(faults.effect("/marketo/y").http, Some(503));
        assert_eq!(faults.effect("/marketo/z").http, None);
        assert!(faults.list().is_empty());
    }
}
