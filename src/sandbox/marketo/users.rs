//! Marketo's own users, and what they used of the quota.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde_json::{Value, json};

use super::answer::{reply, result};
use super::limits::central_day;
use crate::sandbox::World;
use crate::sandbox::clock::{DAY, iso, iso_day, machine_ms};

/// The user of the custom service.
pub const API_USER: &str = "gateway-api@brightwater.example";

/// `GET /userservice/management/v1/users/allusers.json`: a bare array, as user management answers.
pub async fn list(world: Data<World>) -> HttpResponse {
    let began = world.population().began;
    let user = |id: u32, login: &str, first: &str, last: &str, api_only: bool| -> Value {
        json!({
            "userid": login, "id": id, "firstName": first, "lastName": last, "emailAddress": login, "apiOnly": api_only,
            "expiresAt": null, "createdAt": iso(began - 300 * DAY), "lastLoginAt": iso(began - DAY),
        })
    };
    HttpResponse::Ok().json([
        user(11, "ops@brightwater.example", "Mona", "Operations", false),
        user(12, "marketing@brightwater.example", "Piet", "de Groot", false),
        user(13, API_USER, "Gateway", "API", true),
        user(14, "editor@brightwater.example", "Edda", "Redaktion", false),
    ])
}

/// `GET /userservice/management/v1/users/{user}/roles.json`: a bare array as well.
pub async fn roles(user: actix_web::web::Path<String>) -> HttpResponse {
    let (id, name) = match user.as_str() {
        "ops@brightwater.example" | "marketing@brightwater.example" => (1, "Admin"),
        "editor@brightwater.example" => (2, "Marketing User"),
        API_USER => (103, "Gateway API"),
        _ => return HttpResponse::NotFound().finish(),
    };
    HttpResponse::Ok().json([json!({ "accessRoleId": id, "accessRoleName": name, "workspaceId": 0, "workspaceName": "AllZones" })])
}

/// `GET /rest/v1/stats/usage.json` and `…/last7days.json`.
pub async fn usage(world: Data<World>) -> HttpResponse {
    let now = world.clock.now();
    let used = world.marketo.limits.with(|limits| limits.used(machine_ms(), now));
    let day = iso_day(central_day(now) * DAY);
    reply(result(vec![json!({ "date": day, "total": used.today, "users": [{ "userId": API_USER, "count": used.today }] })]))
}
