//! What the routes need of the systems behind the account, as ports: so that a test can say what Marketo knows.

use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;

use super::arrivals::{Arrival, Arrivals};
use super::connections::Connections;
use crate::problem::Problem;

/// Looks for people whom the store does not know yet.
pub trait Newcomers: Send + Sync {
    /// Asks for the person behind an 18-character record id; `request_id` goes along.
    fn look<'a>(&'a self, account_id: &'a str, sfdc_id: &'a str, request_id: &'a str) -> LocalBoxFuture<'a, Arrival>;
}

/// Knows how much of each Marketo subscription's budget is used.
pub trait Budgets: Send + Sync {
    /// One object for each subscription, as `/v1/budget` shows it.
    fn budgets(&self) -> LocalBoxFuture<'_, Result<serde_json::Value, Problem>>;
}

impl Newcomers for Arc<Arrivals> {
    fn look<'a>(&'a self, account_id: &'a str, sfdc_id: &'a str, request_id: &'a str) -> LocalBoxFuture<'a, Arrival> {
        Arrivals::look(self, account_id, sfdc_id, request_id).boxed_local()
    }
}

impl Budgets for Connections {
    fn budgets(&self) -> LocalBoxFuture<'_, Result<serde_json::Value, Problem>> {
        async {
            let budgets = Self::budgets(self).await?;
            serde_json::to_value(budgets).map_err(|_| Problem::internal())
        }
        .boxed_local()
    }
}
