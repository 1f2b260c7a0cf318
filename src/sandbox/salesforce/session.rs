//! Who is signed in: access tokens, connections with their refresh tokens, authorization codes.

use std::collections::{HashMap, VecDeque};

use actix_web::HttpRequest;

use crate::sandbox::World;
use crate::sandbox::dice::{BASE62, unforeseen};
use crate::sandbox::world::users::User;

/// An access token lives as long as an idle session: two hours.
const ACCESS_SECONDS: i64 = 7_200;
const CODE_SECONDS: i64 = 600;
/// The oldest go when there are more.
const MOST_TOKENS: usize = 50_000;

/// What an access token stands for.
#[derive(Debug, Clone)]
pub struct Access {
    pub user: User,
    pub until: i64,
    /// The connection that it came from, if it came from one.
    connection: Option<u64>,
}

/// An authorization code before it is redeemed.
#[derive(Debug, Clone)]
pub struct Code {
    pub user: User,
    pub redirect_uri: String,
    pub challenge: Option<String>,
    /// For the ID token, where one was asked for (scope `openid`).
    pub openid: Option<Openid>,
    until: i64,
}

/// What an ID token has to repeat.
#[derive(Debug, Clone, Default)]
pub struct Openid {
    pub nonce: Option<String>,
}

/// A user's lasting approval, with the refresh token in force.
#[derive(Debug)]
struct Connection {
    user: User,
    refresh: String,
}

/// All of them.
#[derive(Debug, Default)]
pub struct Sessions {
    access: HashMap<String, Access>,
    order: VecDeque<String>,
    codes: HashMap<String, Code>,
    connections: HashMap<u64, Connection>,
    /// Which connection a refresh token belongs or belonged to.
    refresh: HashMap<String, u64>,
    next_connection: u64,
}

impl Sessions {
    /// A new access token.
    pub fn sign_in(&mut self, org: &str, user: User, now: i64, connection: Option<u64>) -> String {
        let token = format!("{}!AQ{}", org.get(..15).unwrap_or(org), unforeseen(BASE62, 94));
        while self.order.len() >= MOST_TOKENS {
            self.order.pop_front().and_then(|oldest| self.access.remove(&oldest));
        }
        self.order.push_back(token.clone());
        self.access.insert(token.clone(), Access { user, until: now + ACCESS_SECONDS, connection });
        token
    }

    /// What a token stands for, while it lives.
    pub fn check(&self, token: &str, now: i64) -> Option<Access> {
        self.access.get(token).filter(|access| access.until > now).cloned()
    }

    /// Ends the life of every access token.
    pub fn expire_access(&mut self) {
        self.access.clear();
        self.order.clear();
    }

    /// A new code for a user who agreed.
    pub fn grant(&mut self, user: User, redirect_uri: String, challenge: Option<String>, openid: Option<Openid>, now: i64) -> String {
        self.codes.retain(|_, code| code.until > now);
        let code = format!("aPrx{}", unforeseen(BASE62, 60));
        self.codes.insert(code.clone(), Code { user, redirect_uri, challenge, openid, until: now + CODE_SECONDS });
        code
    }

    /// Takes a code; it can be taken once.
    pub fn redeem(&mut self, code: &str, now: i64) -> Option<Code> {
        self.codes.remove(code).filter(|code| code.until > now)
    }

    /// A new connection and its first refresh token.
    pub fn connect(&mut self, user: User) -> (u64, String) {
        self.next_connection += 1;
        let connection = self.next_connection;
        let refresh = format!("5Aep{}", unforeseen(BASE62, 80));
        self.refresh.insert(refresh.clone(), connection);
        self.connections.insert(connection, Connection { user, refresh: refresh.clone() });
        (connection, refresh)
    }

    /// Rotates a refresh token. One that was used before ends its connection with all that came from it.
    pub fn rotate(&mut self, refresh: &str) -> Option<(u64, User, String)> {
        let connection = *self.refresh.get(refresh)?;
        let known = self.connections.get_mut(&connection)?;
        if known.refresh != refresh {
            self.disconnect(connection);
            return None;
        }
        let next = format!("5Aep{}", unforeseen(BASE62, 80));
        known.refresh.clone_from(&next);
        let user = known.user;
        self.refresh.insert(next.clone(), connection);
        Some((connection, user, next))
    }

    /// Revokes an access token, or a refresh token with everything that came from it.
    pub fn revoke(&mut self, token: &str) -> bool {
        if let Some(&connection) = self.refresh.get(token) {
            self.disconnect(connection);
            return true;
        }
        self.access.remove(token).is_some()
    }

    fn disconnect(&mut self, connection: u64) {
        self.connections.remove(&connection);
        self.access.retain(|_, access| access.connection != Some(connection));
    }
}

/// The user behind a request's `Authorization` header (`Bearer` or `OAuth`).
pub fn signed_in(world: &World, request: &HttpRequest) -> Option<Access> {
    let header = request.headers().get("authorization")?.to_str().ok()?;
    let (scheme, token) = header.split_once(' ')?;
    let known = scheme.eq_ignore_ascii_case("bearer") || scheme.eq_ignore_ascii_case("oauth");
    let now = world.clock.now();
    known.then(|| world.salesforce.sessions.with(|sessions| sessions.check(token.trim(), now))).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refresh_token_used_twice_ends_the_connection() {
        let mut sessions = Sessions::default();
        let (connection, first) = sessions.connect(User::default());
        let access = sessions.sign_in("00D", User::default(), 0, Some(connection));
        let (_, _, second) = sessions.rotate(&first).unwrap();
        assert!(sessions.check(&access, 1).is_some());
        assert!(sessions.rotate(&first).is_none(), "used before");
        assert!(sessions.rotate(&second).is_none(), "the connection is gone");
        assert!(sessions.check(&access, 1).is_none(), "and so is what came from it");
    }

    #[test]
    fn codes_are_for_one_use_and_access_expires() {
        let mut sessions = Sessions::default();
        let code = sessions.grant(User::default(), "x".to_owned(), None, None, 0);
        assert!(sessions.redeem(&code, 1).is_some());
        assert!(sessions.redeem(&code, 1).is_none());
        let token = sessions.sign_in("00D", User::default(), 0, None);
        assert!(sessions.check(&token, ACCESS_SECONDS - 1).is_some());
        assert!(sessions.check(&token, ACCESS_SECONDS).is_none());
        assert!(sessions.revoke(&token) && !sessions.revoke(&token));
    }
}
