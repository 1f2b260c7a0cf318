//! Who a token belongs to, and where everything is.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;

use super::{id_token, session};
use crate::sandbox::World;
use crate::sandbox::clock::iso;

/// `GET /services/oauth2/userinfo`.
pub async fn userinfo(world: Data<World>, request: HttpRequest) -> HttpResponse {
    let Some(access) = session::signed_in(&world, &request) else {
        return HttpResponse::Forbidden().content_type("text/html;charset=UTF-8").body("Bad_OAuth_Token");
    };
    let (user, org, base) = (access.user, world.org_id(), world.instance_url());
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(json!({
        "sub": format!("{base}/id/{org}/{}", user.id()), "user_id": user.id(), "organization_id": org,
        "preferred_username": user.username(), "nickname": user.login, "name": user.name(), "email": user.username(), "email_verified": true,
        "given_name": user.first, "family_name": user.last, "zoneinfo": user.time_zone, "language": user.language, "locale": user.locale,
        "photos": { "picture": format!("{base}/_assets/person.svg"), "thumbnail": format!("{base}/_assets/person.svg") },
        "profile": format!("{base}/{}", user.id()), "picture": format!("{base}/_assets/person.svg"),
        "urls": {
            "rest": format!("{base}/services/data/v{{version}}/"), "query": format!("{base}/services/data/v{{version}}/query/"),
            "sobjects": format!("{base}/services/data/v{{version}}/sobjects/"), "custom_domain": base,
        },
        "active": true, "user_type": "STANDARD", "is_app_installed": true, "updated_at": iso(world.population().began),
    }))
}

/// `GET /id/keys`.
pub async fn keys(world: Data<World>) -> HttpResponse {
    let own = world.salesforce.identities.with(id_token::Identities::published);
    HttpResponse::Ok().json(json!({ "keys": world.org_key().jwk().into_iter().chain(own).collect::<Vec<_>>() }))
}

/// `GET /.well-known/openid-configuration`.
pub async fn discovery(world: Data<World>) -> HttpResponse {
    let base = world.instance_url();
    HttpResponse::Ok().json(json!({
        "issuer": base, "authorization_endpoint": format!("{base}/services/oauth2/authorize"), "token_endpoint": format!("{base}/services/oauth2/token"),
        "revocation_endpoint": format!("{base}/services/oauth2/revoke"), "userinfo_endpoint": format!("{base}/services/oauth2/userinfo"), "jwks_uri": format!("{base}/id/keys"),
        "scopes_supported": ["id", "api", "openid", "refresh_token", "offline_access", "web", "full"], "response_types_supported": ["code"],
        "subject_types_supported": ["public"], "id_token_signing_alg_values_supported": ["RS256"], "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic", "private_key_jwt"],
    }))
}
