//! Campaigns: those behind the mailings, and those that sales may request.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::{Value, json};

use super::answer::{reply, result};
use crate::sandbox::World;
use crate::sandbox::clock::{DAY, iso};
use crate::sandbox::world::catalogue::MAILINGS;

const REQUESTABLE: &[(u32, &str)] =
    &[(1_401, "Sales - Add to nurture"), (1_402, "Sales - Send case studies"), (1_403, "Sales - Invite to Summit")];

/// The name of a campaign that may be requested.
pub fn requestable(id: u32) -> Option<&'static str> {
    REQUESTABLE.iter().find(|(known, _)| *known == id).map(|(_, name)| *name)
}

/// Whether there is such a campaign at all.
pub fn exists(id: u32) -> bool {
    requestable(id).is_some() || MAILINGS.iter().any(|(_, _, campaign, _)| *campaign == id)
}

/// `GET /rest/v1/campaigns.json`.
pub async fn list(world: Data<World>) -> HttpResponse {
    let began = world.population().began;
    let (created, updated) = (iso(began - 200 * DAY), iso(began - 20 * DAY));
    let tell = |id: u32, name: &str, kind: &str, program: &str| -> Value {
        json!({
            "id": id, "name": name, "type": kind, "programName": program, "programId": 9_000 + id, "workspaceName": "Default",
            "createdAt": created, "updatedAt": updated, "active": kind == "trigger",
        })
    };
    let mailings = MAILINGS.iter().map(|(_, name, campaign, _)| {
        let (program, asset) = name.split_once('.').unwrap_or((name, name));
        tell(*campaign, asset, "batch", program)
    });
    let requestable = REQUESTABLE.iter().map(|(id, name)| tell(*id, name, "trigger", "Sales Insight"));
    reply(result(mailings.chain(requestable).collect()))
}
