//! State behind a lock that can only be touched inside a closure, so that no lock is ever held across an await.

use std::sync::{Mutex, PoisonError};

/// A value that many requests share.
#[derive(Debug, Default)]
pub struct Kept<T>(Mutex<T>);

impl<T> Kept<T> {
    /// Puts a value behind the lock.
    pub fn new(value: T) -> Self {
        Self(Mutex::new(value))
    }

    /// Works on the value; nobody else can meanwhile.
    pub fn with<R>(&self, work: impl FnOnce(&mut T) -> R) -> R {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
