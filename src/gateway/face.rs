//! What all routes of the face share: one [`House`] for the process, one [`Face`] for each worker thread.

use std::sync::Arc;
use std::time::Duration;

use metrics_exporter_prometheus::PrometheusHandle;
use moka::future::Cache;
use tokio::sync::OnceCell;

use super::admin;
use super::broker::Broker;
use super::canvas::{Secrets, hosts};
use super::memory::{Memory, MemorySource};
use super::origin::FormTokens;
use super::page::Pages;
use super::token::Tokens;
use crate::capacity::Capacity;
use crate::problem::Problem;
use crate::settings::Settings;

/// Shared by all worker threads.
pub struct House {
    pub settings: Settings,
    pub secrets: Secrets,
    pub tokens: Tokens,
    pub form_tokens: FormTokens,
    /// The content security policy of the settings pages.
    pub settings_policy: String,
    pub broker: Broker,
    pub pages: Pages,
    pub memory: MemorySource,
    pub figures: PrometheusHandle,
    /// Requests under way.
    pub capacity: Arc<Capacity>,
    /// What an assertion may name as its audience.
    pub audiences: Vec<String>,
    /// Who may frame a page that says something before the org is known, as origins, space-separated.
    pub any_frame: String,
    /// The API's description, once the account gave it.
    pub description: OnceCell<String>,
    /// When each named memory of seen requests began.
    pub epochs: Cache<String, i64>,
    /// Live checks under way or just done, by digest of the request.
    pub live_checks: Cache<String, bool>,
    /// Links in mails.
    pub tracking: super::tracking::Tracking,
}

/// One worker thread's view of the house.
pub struct Face {
    pub house: Arc<House>,
    pub memory: Memory,
}

impl House {
    /// Builds the house from configuration; reaches for nothing outside yet.
    ///
    /// `account_url` is where the account listens; `short_secrets` is for the demo alone.
    ///
    /// # Errors
    /// When a key or secret is missing or too short, or a template or language is broken.
    pub fn build(settings: &Settings, account_url: &str, figures: PrometheusHandle, short_secrets: bool) -> anyhow::Result<Arc<Self>> {
        let public_url = settings.gateway.public_url.trim_end_matches('/');
        Ok(Arc::new(Self {
            secrets: Secrets::parse(&settings.canvas.consumer_secrets, short_secrets)?,
            tokens: Tokens::new(&settings.gateway.token_key)?,
            form_tokens: FormTokens::new(&settings.gateway.token_key),
            settings_policy: admin::policy(&settings.salesforce.extra_hosts),
            broker: Broker::new(account_url, &settings.account.key)?,
            pages: Pages::new()?,
            memory: MemorySource::new(&settings.redis, &settings.gateway.token_key)?,
            figures,
            capacity: Capacity::new("face", settings.gateway.max_requests, settings.gateway.max_requests_per_account),
            audiences: vec![public_url.to_owned(), format!("{public_url}/"), format!("{public_url}/oauth/token")],
            any_frame: hosts::any_frame(&settings.salesforce.extra_hosts),
            description: OnceCell::new(),
            epochs: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_mins(5)).build(),
            live_checks: Cache::builder().max_capacity(20_000).time_to_live(Duration::from_secs(2)).build(),
            tracking: super::tracking::Tracking::new(settings),
            settings: settings.clone(),
        }))
    }

    /// A worker thread's view.
    #[must_use]
    pub fn for_worker(self: &Arc<Self>) -> Face {
        Face { house: Arc::clone(self), memory: self.memory.for_worker() }
    }
}

/// Undoes what a shared computation wraps around its problem.
#[must_use]
pub fn unshared(problem: Arc<Problem>) -> Problem {
    Arc::unwrap_or_clone(problem)
}
