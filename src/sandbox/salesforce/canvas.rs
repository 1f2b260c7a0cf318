//! Signed requests: what Salesforce posts into the frame of a canvas app.

use actix_web::http::StatusCode;
use actix_web::web::{Bytes, Data};
use actix_web::{HttpRequest, HttpResponse};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::answer::{rest_error, session_invalid};
use super::session;
use crate::sandbox::World;
use crate::sandbox::world::ids::{Object, record_id};
use crate::sandbox::world::users::User;

/// The canvas app as the org knows it.
pub const DEVELOPER_NAME: &str = "Sales_Insight";
const API_VERSION: &str = "67.0";

/// For whom, about what and where a signed request is made.
#[derive(Debug, Clone)]
pub struct Occasion {
    pub user: User,
    pub language: String,
    pub time_zone: String,
    pub object: Object,
    /// Empty on the package's tab.
    pub record_id: String,
    /// Fields of the record that the app asked for.
    pub record: Value,
    pub height: u32,
    pub instance_id: String,
    /// Another org than this one, whom nobody knows.
    pub unknown_org: bool,
}

/// The name by which page and frame know each other.
pub fn instance_id(record_id: &str) -> String {
    format!("_:{DEVELOPER_NAME}:canvas-{record_id}")
}

/// `sig.envelope`: HMAC-SHA256 over the base64 text of the JSON, keyed with the consumer secret.
pub fn sign(secret: &str, envelope: &Value) -> String {
    let text = STANDARD.encode(envelope.to_string());
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.as_bytes());
    format!("{}.{text}", STANDARD.encode(hmac::sign(&key, text.as_bytes()).as_ref()))
}

/// A fresh signed request with a fresh access token.
pub fn fresh(world: &World, occasion: &Occasion) -> String {
    let now = world.clock.now();
    let org = if occasion.unknown_org { record_id(Object::Organization, 60_000_000) } else { world.org_id() };
    let token = world.salesforce.sessions.with(|sessions| sessions.sign_in(&org, occasion.user, now, None));
    sign(&world.options().consumer_secret, &envelope(world, occasion, &org, &token))
}

/// What the panel's component and the package's lifecycle handler tell the gateway.
pub fn parameters(world: &World, occasion: &Occasion) -> Value {
    let (tabs, actions, upcoming) = world.salesforce.package.with(|package| package.panel());
    if occasion.record_id.is_empty() {
        // The package's tab: no record, but a page of the gateway's own.
        return json!({
            "page": "desk", "actions": actions, "locale": occasion.user.locale, "language": occasion.language,
            "packageVersion": world.salesforce.package.with(|package| package.version()),
        });
    }
    json!({
        "recordId": occasion.record_id, "object": occasion.object.name(), "tabs": tabs, "actions": actions, "upcoming": upcoming,
        "locale": occasion.user.locale, "language": occasion.language, "packageVersion": world.salesforce.package.with(|package| package.version()),
    })
}

fn envelope(world: &World, occasion: &Occasion, org: &str, token: &str) -> Value {
    let user = occasion.user;
    let object = occasion.object.name();
    let base = world.base_path();
    let rest = format!("{base}/salesforce/services/data/v{API_VERSION}");
    let photo = format!("{}/_assets/person.svg", world.instance_url());
    let mut record = json!({
        "attributes": { "type": object, "url": format!("{rest}/sobjects/{object}/{}", occasion.record_id) },
        "Id": occasion.record_id,
    });
    if occasion.record_id.is_empty() {
        record = json!({});
    }
    if let (Some(all), Some(fields)) = (record.as_object_mut(), occasion.record.as_object()) {
        all.extend(fields.clone());
    }
    json!({
        "algorithm": "HMACSHA256",
        "issuedAt": null,
        "userId": user.id(),
        "client": {
            "refreshToken": null, "instanceId": occasion.instance_id, "targetOrigin": world.origin(),
            "instanceUrl": world.instance_url(), "oauthToken": token,
        },
        "context": {
            "application": {
                "applicationId": "06PKf00000000Ab", "authType": "SIGNED_REQUEST", "canvasUrl": world.options().canvas_url, "developerName": DEVELOPER_NAME,
                "isInstalledPersonalApp": false, "name": "Marketo Sales Insight", "namespace": "", "options": [], "referenceId": "09HKf00000000Cd",
                "samlInitiationMethod": "None", "version": "1.0.0",
            },
            "user": {
                "userId": user.id(), "userName": user.username(), "firstName": user.first, "lastName": user.last, "fullName": user.name(), "email": user.username(),
                "language": occasion.language, "locale": user.locale, "timeZone": occasion.time_zone, "profileId": "00eKf000000012345A", "roleId": null,
                "profilePhotoUrl": photo, "profileThumbnailUrl": photo, "accessibilityModeEnabled": false, "currencyISOCode": "EUR", "isDefaultNetwork": true,
                "networkId": "0DBKf0000000001AAA", "siteUrl": null, "siteUrlPrefix": null, "userType": "STANDARD",
            },
            "organization": {
                "organizationId": org, "name": if occasion.unknown_org { "Some Other Org" } else { world.org_name() },
                "multicurrencyEnabled": true, "namespacePrefix": null, "currencyIsoCode": "EUR",
            },
            "environment": {
                "locationUrl": format!("{}/lightning/r/{object}/{}/view", world.instance_url(), occasion.record_id),
                "displayLocation": "Aura", "sublocation": null, "uiTheme": "Theme4d", "referer": null,
                "dimensions": {
                    "width": "100%", "height": format!("{}px", occasion.height), "maxWidth": "2000px", "maxHeight": "2000px", "clientWidth": "680px",
                    "clientHeight": format!("{}px", occasion.height),
                },
                "parameters": parameters(world, occasion),
                "record": record,
                "version": { "season": "SUMMER", "api": API_VERSION },
            },
            "links": {
                "loginUrl": world.instance_url(), "enterpriseUrl": format!("{base}/salesforce/services/Soap/c/{API_VERSION}/{org}"),
                "metadataUrl": format!("{base}/salesforce/services/Soap/m/{API_VERSION}/{org}"), "partnerUrl": format!("{base}/salesforce/services/Soap/u/{API_VERSION}/{org}"),
                "restUrl": format!("{rest}/"), "sobjectUrl": format!("{rest}/sobjects/"), "searchUrl": format!("{rest}/search/"), "queryUrl": format!("{rest}/query/"),
                "recentItemsUrl": format!("{rest}/recent/"), "chatterFeedsUrl": format!("{rest}/chatter/feeds"), "chatterGroupsUrl": format!("{rest}/chatter/groups"),
                "chatterUsersUrl": format!("{rest}/chatter/users"), "chatterFeedItemsUrl": format!("{rest}/chatter/feed-items"), "userUrl": format!("{base}/salesforce/{}", user.id()),
            },
        },
    })
}

/// `PUT /services/data/v67.0/platformconnect/signedrequest`: the page fetches a new signed request for its frame.
pub async fn signed_request(world: Data<World>, request: HttpRequest, body: Bytes) -> HttpResponse {
    let Some(access) = session::signed_in(&world, &request) else { return session_invalid() };
    let Ok(order) = serde_json::from_slice::<Value>(&body) else {
        return rest_error(StatusCode::BAD_REQUEST, "JSON_PARSER_ERROR", "The body is not JSON");
    };
    let text = |pointer: &str| order.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
    let record = text("/canvasRequest/context/environment/parameters/recordId").unwrap_or_default();
    let object =
        text("/canvasRequest/context/environment/parameters/object").and_then(|name| Object::of_name(&name)).unwrap_or(Object::Lead);
    let height = order.pointer("/canvasRequest/context/environment/dimensions/height").and_then(Value::as_str);
    let occasion = Occasion {
        user: access.user,
        language: text("/sandbox/language").unwrap_or_else(|| access.user.language.to_owned()),
        time_zone: text("/sandbox/timeZone").unwrap_or_else(|| access.user.time_zone.to_owned()),
        object,
        instance_id: text("/canvasRequest/client/instanceId").unwrap_or_else(|| instance_id(&record)),
        record_id: record,
        record: json!({}),
        height: height.and_then(|height| height.trim_end_matches("px").parse().ok()).unwrap_or(450),
        unknown_org: order.pointer("/sandbox/unknownOrg").and_then(Value::as_bool).unwrap_or(false),
    };
    HttpResponse::Ok().insert_header(("cache-control", "no-store")).json(json!({ "response": fresh(&world, &occasion), "auxiliary": {} }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signature_is_over_the_encoded_text() {
        let signed = sign("test-secret", &json!({ "algorithm": "HMACSHA256", "n": 10 }));
        assert_eq!(signed, "AjH/GeyKolRpSG+KK+ejqghhGYw7ITCJbjadygR/3HQ=.eyJhbGdvcml0aG0iOiJITUFDU0hBMjU2IiwibiI6MTB9");
    }
}
