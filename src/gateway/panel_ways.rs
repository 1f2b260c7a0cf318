//! Ways from a panel into the settings' pages, in a tab of their own and signed in: to where one was, or to something that is begun
//! for the people chosen here.

use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::broker::{Letter, Verb};
use super::face::Face;
use super::pace::LINKS;
use super::page::Pages;
use super::panel::{session_of, visitor};
use super::panel_acting::{is_off, off};
use super::token::Claims;
use super::{admin, edge, reading, refusal};
use crate::problem::Problem;

/// Bytes of a choice of people.
const LONGEST_CHOICE: usize = 16 * 1024;

/// Something that is begun here and finished on a page of its own.
struct Beginning {
    /// The action that an org's admin may switch off.
    action: &'static str,
    call: &'static str,
    page: &'static str,
}

const CIRCULAR: Beginning = Beginning { action: "email", call: "/v1/circulars", page: "/admin/circulars" };
const LAUNCH: Beginning = Beginning { action: "sales", call: "/v1/sales-launches", page: "/admin/launches" };

/// `POST /panel/settings`: where the settings open, signed in, for the member at this panel.
pub async fn settings(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    let href = async {
        let claims = session_of(&request, &face).await?;
        entrance(&request, &face, &claims, None).await
    };
    answered(&request, href.await)
}

/// `POST /panel/circular`: begins a mail to people of the panel's record, or to those chosen, and says where it is written.
pub async fn circular(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    answered(&request, begin(&CIRCULAR, &request, payload, &face).await)
}

/// `POST /panel/launch`: begins the launch of a sales campaign for them, and says where it is prepared.
pub async fn launch(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    answered(&request, begin(&LAUNCH, &request, payload, &face).await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// Ids of leads or contacts; without any all of the panel's record are meant.
    #[serde(default)]
    sfdc_ids: Vec<String>,
    /// Ids of people, at the page without a record.
    #[serde(default)]
    person_ids: Vec<String>,
}

async fn begin(what: &Beginning, request: &HttpRequest, payload: Payload, face: &Face) -> Result<String, Problem> {
    let claims = session_of(request, face).await?;
    if is_off(&claims, what.action) {
        return Err(off());
    }
    let body = reading::json(request, payload, LONGEST_CHOICE).await?;
    let chosen: Chosen = serde_json::from_slice(&body)
        .map_err(|_| Problem::bad_request("request.invalid", "The body must be an object with sfdc_ids or person_ids."))?;
    let record = claims.rec.as_deref().unwrap_or_default();
    let mut wanted = match (chosen.sfdc_ids.is_empty() && chosen.person_ids.is_empty(), claims.obj.as_deref()) {
        (true, Some("Account")) => json!({ "account_id": record }),
        (true, Some("Opportunity")) => json!({ "opportunity_id": record }),
        (true, _) => json!({ "sfdc_ids": [record] }),
        (false, _) => json!({ "sfdc_ids": chosen.sfdc_ids, "person_ids": chosen.person_ids }),
    };
    if let (Some(zone), Some(wanted)) = (claims.tz.as_deref(), wanted.as_object_mut()) {
        wanted.insert("time_zone".to_owned(), json!(Pages::zone(zone)));
    }
    let (visitor, request_id) = (visitor(&claims), edge::request_id(request));
    let letter = Letter {
        verb: Verb::Post,
        path: what.call,
        visitor: &visitor,
        request_id: &request_id,
        body: Some(&wanted),
        once: None,
        from: None,
    };
    let made: Value = serde_json::from_slice(&face.house.broker.send(letter).await?.body).map_err(|_| Problem::internal())?;
    let id = made.get("id").and_then(Value::as_str).ok_or_else(Problem::internal)?;
    entrance(request, face, &claims, Some(&format!("{}/{id}", what.page))).await
}

// Where the settings open, signed in, and on which page.
async fn entrance(request: &HttpRequest, face: &Face, claims: &Claims, page: Option<&str>) -> Result<String, Problem> {
    // Once a panel was opened many times over, somebody plays with it.
    LINKS.admit_one(face, &claims.jti).await?;
    let (visitor, request_id, from) = (visitor(claims), edge::request_id(request), admin::address(request, face));
    let letter = Letter {
        verb: Verb::Post,
        path: "/v1/entrances",
        visitor: &visitor,
        request_id: &request_id,
        body: None,
        once: None,
        from: from.as_deref(),
    };
    let answer: Value = serde_json::from_slice(&face.house.broker.send(letter).await?.body).map_err(|_| Problem::internal())?;
    let token = answer.get("token").and_then(Value::as_str).ok_or_else(Problem::internal)?;
    // Behind the `#` it reaches no server and no log.
    let page = page.map(|page| format!("?return_to={page}")).unwrap_or_default();
    Ok(format!("{}/sign-in/enter{page}#{token}", face.house.settings.gateway.public_url.trim_end_matches('/')))
}

fn answered(request: &HttpRequest, href: Result<String, Problem>) -> HttpResponse {
    match href {
        Ok(href) => HttpResponse::Ok().json(json!({ "href": href })),
        Err(problem) => refusal::document(request, &problem),
    }
}
