//! A Salesforce org: record pages that embed the panel, OAuth, queries and records over REST.

mod answer;
mod apex;
pub mod authorize;
pub mod canvas;
mod collections;
pub mod id_token;
pub mod keys;
mod oauth;
pub(super) mod package;
mod pages;
pub(super) use pages::page;
mod query;
mod records;
mod rest;
mod session;
mod soql;
mod tasks;
mod userinfo;

use actix_web::web::{self, ServiceConfig};

use super::kept::Kept;
use id_token::Identities;
use session::Sessions;
pub(super) use tasks::Task;
use tasks::Tasks;

/// What Salesforce remembers.
#[derive(Debug, Default)]
pub struct Salesforce {
    pub(super) sessions: Kept<Sessions>,
    pub(super) tasks: Kept<Tasks>,
    /// Opt-out fields that others wrote, by the first fifteen characters of the record's id.
    pub(super) opt_outs: Kept<std::collections::BTreeMap<String, serde_json::Map<String, serde_json::Value>>>,
    pub(super) package: Kept<package::Package>,
    pub(super) identities: Kept<Identities>,
    /// The public key of the connected app, as a DER structure.
    registered_key: Kept<Option<Vec<u8>>>,
}

impl Salesforce {
    /// Ends the life of every access token; refresh tokens stay.
    pub fn expire_access(&self) {
        self.sessions.with(Sessions::expire_access);
    }

    /// The key that JWT bearer assertions are checked with from now on.
    pub fn register_key(&self, der: Vec<u8>) {
        self.registered_key.with(|key| *key = Some(der));
    }

    /// The registered key, if there is one.
    pub fn registered_key(&self) -> Option<Vec<u8>> {
        self.registered_key.with(|key| key.clone())
    }
}

/// Mounts Salesforce's paths.
pub(super) fn configure(cfg: &mut ServiceConfig) {
    cfg.route("", web::get().to(pages::list::list))
        .route("/", web::get().to(pages::list::list))
        .route("/new-lead", web::post().to(pages::list::new_lead))
        .route("/_assets/{name}", web::get().to(pages::asset))
        .route("/_components/{path:.*}", web::get().to(pages::component::file))
        .route("/lightning/n/Marketo", web::get().to(pages::record::marketo_tab))
        .route("/lightning/n/{name}", web::get().to(pages::component::tab))
        .route("/lightning/cmp/{name}", web::get().to(pages::component::alone))
        .route("/lightning/r/{object:Lead|Contact|Account|Opportunity}/{id}/view", web::get().to(pages::record::record))
        .route("/services/data/{version}/platformconnect/signedrequest", web::put().to(canvas::signed_request))
        .route("/services/data/{version}/query", web::get().to(query::query))
        .route("/services/data/{version}/query/", web::get().to(query::query))
        .route("/services/data/{version}/queryAll", web::get().to(query::query_all))
        .route("/services/data/{version}/composite/sobjects", web::post().to(collections::create))
        .route("/services/data/{version}/composite/sobjects", web::patch().to(collections::change))
        .route("/services/data/{version}/sobjects/Task/describe", web::get().to(collections::describe))
        .route("/services/data/{version}/sobjects/{object}", web::post().to(rest::create))
        .route("/services/data/{version}/sobjects/{object}/", web::post().to(rest::create))
        .route("/services/data/{version}/sobjects/{object}/{id}", web::get().to(rest::read))
        .route("/services/data/{version}/sobjects/{object}/{id}", web::patch().to(rest::update))
        .route("/services/data/{version}/sobjects/{object}/{id}", web::delete().to(rest::delete))
        .route("/services/oauth2/authorize", web::get().to(authorize::authorize))
        .route("/services/oauth2/authorize", web::post().to(authorize::decide))
        .route("/services/oauth2/token", web::post().to(oauth::token))
        .route("/services/oauth2/revoke", web::post().to(oauth::revoke))
        .route("/services/oauth2/revoke", web::get().to(oauth::revoke))
        .route("/services/oauth2/userinfo", web::get().to(userinfo::userinfo))
        .route("/services/oauth2/userinfo", web::post().to(userinfo::userinfo))
        .route("/id/keys", web::get().to(userinfo::keys))
        .route("/.well-known/openid-configuration", web::get().to(userinfo::discovery))
        .route("/apex/assertion", web::post().to(apex::assertion))
        .route("/apex/certificate", web::get().to(apex::certificate));
}
