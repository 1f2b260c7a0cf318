//! Sales persons: readable, but never writable where a CRM is in charge of them.

use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::answer::{Answer, Refusal, reply, result};
use super::params::Params;
use crate::sandbox::world::users::USERS;

/// `GET /rest/v1/salespersons.json`.
pub async fn query(request: HttpRequest) -> HttpResponse {
    let params = Params::read(request.query_string());
    let answer = || -> Answer {
        let kind = params.need("filterType")?;
        params.need("filterValues")?;
        let values = params.list("filterValues");
        if !matches!(kind, "id" | "idField" | "externalSalesPersonId" | "dedupeFields" | "email") {
            return Err(Refusal::new("1003", format!("Unsupported filterType '{kind}'")));
        }
        let wanted = |told: &Value| {
            let field = match kind {
                "email" => told.get("email").and_then(Value::as_str).map(str::to_owned),
                "id" | "idField" => told.get("id").map(Value::to_string),
                _ => told.get("externalSalesPersonId").and_then(Value::as_str).map(str::to_owned),
            };
            field.is_some_and(|field| values.contains(&field.as_str()))
        };
        let all = USERS.iter().map(|user| {
            json!({
                "seq": user.index, "id": 700 + user.index, "externalSalesPersonId": user.id(), "email": user.username(),
                "firstName": user.first, "lastName": user.last, "title": user.title,
            })
        });
        result(all.filter(wanted).collect())
    };
    reply(answer())
}

/// `GET /rest/v1/salespersons/describe.json`.
pub async fn describe() -> HttpResponse {
    let field = |name: &str, kind: &str| json!({ "name": name, "displayName": name, "dataType": kind, "updateable": false });
    reply(result(vec![json!({
        "name": "SalesPerson", "idField": "id", "dedupeFields": ["externalSalesPersonId"],
        "searchableFields": [["externalSalesPersonId"], ["id"], ["email"]],
        "fields": [field("id", "integer"), field("externalSalesPersonId", "string"), field("email", "email"), field("firstName", "string"), field("lastName", "string"), field("title", "string")],
    })]))
}

/// Writing sales persons.
pub async fn refuse() -> HttpResponse {
    reply(Err(Refusal::new("1018", "CRM Enabled: operation is not allowed")))
}
