//! Lists, a page at a time.

use actix_web::HttpRequest;
use serde::Serialize;

use super::AccountState;
use super::query::{Query, invalid};
use crate::problem::Problem;
use crate::store::timeline::Before;

/// A page of a list.
#[derive(Debug, Serialize)]
pub struct Listing<T> {
    pub items: Vec<T>,
    pub next_cursor: Option<String>,
    pub total: i64,
}

/// Which page is wanted.
#[derive(Debug)]
pub struct Wish {
    pub query: Vec<(String, String)>,
    pub limit: i64,
    pub after: Option<Before>,
    scope: String,
}

impl Wish {
    /// Reads `limit`, `cursor` and the `known` further fields of the query; `scope` names the list.
    ///
    /// # Errors
    /// 400 for unknown fields, a limit outside of 1 to 200, or a cursor of another list.
    pub fn read(request: &HttpRequest, state: &AccountState, scope: &str, known: &[&str]) -> Result<Self, Problem> {
        let all: Vec<&str> = known.iter().copied().chain(["limit", "cursor"]).collect();
        let query = Query::read(request, &all)?;
        let limit = match query.get("limit") {
            None => 50,
            Some(text) => text
                .parse()
                .ok()
                .filter(|limit| (1..=200).contains(limit))
                .ok_or_else(|| invalid("limit", "It must be a number from 1 to 200."))?,
        };
        let mut fields = Vec::new();
        for name in known {
            if let Some(value) = query.get(name) {
                if value.chars().count() > 200 || value.chars().any(char::is_control) {
                    return Err(invalid(name, "It must have at most 200 characters."));
                }
                fields.push(((*name).to_owned(), value.to_owned()));
            }
        }
        let after = query.get("cursor").filter(|text| !text.is_empty()).map(|text| state.cursors.read(scope, text)).transpose()?;
        Ok(Self { query: fields, limit, after, scope: scope.to_owned() })
    }

    /// The value of a field; empty when it is absent.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.query.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The place to begin after, as a time and an id.
    #[must_use]
    pub fn before(&self) -> Option<(i64, &str)> {
        self.after.as_ref().map(|place| (place.happened_at, place.guid.as_str()))
    }

    /// The page made of `rows`, of which one more than the limit were asked for.
    pub fn page<R, T>(
        &self,
        state: &AccountState,
        mut rows: Vec<R>,
        total: i64,
        place: impl Fn(&R) -> (i64, String),
        show: impl FnMut(R) -> T,
    ) -> Listing<T> {
        let limit = usize::try_from(self.limit).unwrap_or(usize::MAX);
        let more = rows.len() > limit;
        rows.truncate(limit);
        let next_cursor = rows.last().filter(|_| more).map(|row| {
            let (happened_at, guid) = place(row);
            state.cursors.write(&self.scope, &Before { happened_at, guid })
        });
        Listing { items: rows.into_iter().map(show).collect(), next_cursor, total }
    }
}
