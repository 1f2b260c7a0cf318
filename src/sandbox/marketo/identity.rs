//! Tokens: the same one until it expires; an expired one is told so once and is unknown from then on.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::params::Params;
use crate::sandbox::World;
use crate::sandbox::dice::{HEX, unforeseen};

const LIFE_SECONDS: i64 = 3_600;

/// The token in force and those that expired.
#[derive(Debug, Default)]
pub struct Tokens {
    current: Option<(String, i64)>,
    /// Expired tokens nobody has been told about yet.
    untold: Vec<String>,
}

/// What a token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    Valid,
    /// Expired, and this is the first use since (602).
    Expired,
    /// Unknown, or known to be expired (601).
    Invalid,
}

impl Tokens {
    /// The token in force and its remaining seconds; a new one if none is.
    pub fn issue(&mut self, now: i64) -> (String, i64) {
        if let Some((token, until)) = &self.current {
            if *until > now {
                return (token.clone(), until - now);
            }
            self.untold.push(token.clone());
            let surplus = self.untold.len().saturating_sub(64);
            self.untold.drain(..surplus);
        }
        let token = format!("{}:sbx", [8, 4, 4, 4, 12].map(|length| unforeseen(HEX, length)).join("-"));
        self.current = Some((token.clone(), now + LIFE_SECONDS));
        (token, LIFE_SECONDS - 1)
    }

    /// What a token is worth now.
    pub fn check(&mut self, token: &str, now: i64) -> Worth {
        if let Some((_, until)) = self.current.as_ref().filter(|(current, _)| current == token) {
            if *until > now {
                return Worth::Valid;
            }
            self.current = None;
            return Worth::Expired;
        }
        let told = self.untold.iter().position(|known| known == token);
        told.map_or(Worth::Invalid, |place| {
            self.untold.remove(place);
            Worth::Expired
        })
    }

    /// Ends the life of the token in force.
    pub fn expire(&mut self) {
        self.untold.extend(self.current.take().map(|(token, _)| token));
    }
}

/// `GET|POST /identity/oauth/token`.
pub async fn token(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let params = Params::read(request.query_string()).and(Params::read(&String::from_utf8_lossy(&body)));
    let refused = |error: &str, description: &str| {
        HttpResponse::build(StatusCode::UNAUTHORIZED)
            .insert_header(("cache-control", "no-store"))
            .json(json!({ "error": error, "error_description": description }))
    };
    if params.get("grant_type") != Some("client_credentials") {
        return refused("unsupported_grant_type", "Unsupported grant type");
    }
    if params.get("client_id") != Some(world.marketo_client_id()) {
        return refused("unauthorized", "No client with requested id");
    }
    if params.get("client_secret") != Some(world.marketo_client_secret()) {
        return refused("invalid_client", "Bad client credentials");
    }
    let now = world.clock.now();
    let (token, remaining) = world.marketo.tokens.with(|tokens| tokens.issue(now));
    HttpResponse::Ok()
        .insert_header(("cache-control", "no-store"))
        .insert_header(("pragma", "no-cache"))
        .content_type("application/json;charset=UTF-8")
        .json(json!({ "access_token": token, "token_type": "bearer", "expires_in": remaining, "scope": super::users::API_USER }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_token_stays_until_it_expires_and_is_told_so_once() {
        let mut tokens = Tokens::default();
        let (first, _) = tokens.issue(1_000);
        let (again, remaining) = tokens.issue(1_000 + 3_000);
        assert_eq!((&again, remaining), (&first, 600), "asking early extends nothing");
        assert_eq!(tokens.check(&first, 4_599), Worth::Valid);
        assert_eq!(tokens.check(&first, 4_600), Worth::Expired);
        assert_eq!(tokens.check(&first, 4_601), Worth::Invalid);
        let (second, _) = tokens.issue(4_602);
        assert_ne!(second, first);
        assert_eq!(tokens.check("nonsense", 4_602), Worth::Invalid);
    }

    #[test]
    fn an_old_token_is_told_even_after_a_new_one_was_issued() {
        let mut tokens = Tokens::default();
        let (first, _) = tokens.issue(0);
        let (second, _) = tokens.issue(3_600);
        assert_eq!(tokens.check(&first, 3_601), Worth::Expired);
        assert_eq!(tokens.check(&first, 3_601), Worth::Invalid);
        assert_eq!(tokens.check(&second, 3_601), Worth::Valid);
    }
}
