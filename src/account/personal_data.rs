//! What a person may ask of an account: all that it keeps about their address, and that it keeps it no more. What Marketo and
//! Salesforce keep is theirs, and what the audit log says stays said.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::Answer;
use super::query::invalid;
use super::signed_in::Admin;
use super::{body, database};
use crate::clock;
use crate::problem::Problem;
use crate::store::members::Filter;
use crate::store::personal_data::fingerprint;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Whose {
    email: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Erasure {
    email: String,
    /// The address a second time: nothing brings back what was erased.
    confirmed: String,
}

fn key_of(email: &str) -> Result<String, Problem> {
    let email = email.trim();
    let known = email.len() <= 254 && email.parse::<lettre::Address>().is_ok();
    if known { Ok(email.to_lowercase()) } else { Err(invalid("email", "It must be an address, such as ann@example.com.")) }
}

// By which the audit log names somebody of whom it must not say more.
fn shortened(account_id: &str, key: &str) -> String {
    fingerprint(account_id, key).chars().take(12).collect()
}

/// `POST /v1/personal-data/exports`: all that is kept about an address.
pub async fn export(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    let wanted: Whose = body::read(&request, payload, body::ORDINARY, "The body must be an object with email.").await?;
    let key = key_of(&wanted.email)?;
    let tables = database::answer(admin.tenant.personal_data(&key)).await?;
    let mut kept = Map::new();
    for table in tables {
        let rows = table.rows.into_iter().map(|row| {
            let named = table.columns.iter().zip(row).filter_map(|(name, value)| Some(((*name).to_owned(), Value::String(value?))));
            Value::Object(named.collect())
        });
        if let Some(list) = kept.entry(table.table).or_insert_with(|| json!([])).as_array_mut() {
            list.extend(rows);
        }
    }
    let forgotten = database::answer(admin.tenant.forgotten_since(&key)).await?;
    let deed = admin.actor.deed("personal_data.exported", shortened(admin.tenant.account_id(), &key));
    database::answer(admin.tenant.note(&deed)).await?;
    let text = json!({ "email": key, "at": clock::now_ms(), "erased_at": forgotten, "kept": kept }).to_string();
    Ok(HttpResponse::Ok()
        .insert_header(("Content-Type", "application/json"))
        .insert_header(("Cache-Control", "no-store"))
        .insert_header(("Content-Disposition", "attachment; filename=\"personal-data.json\""))
        .body(text))
}

/// `POST /v1/personal-data/erasures`: erases all that is kept about an address, which is neither loaded nor written to from then on.
pub async fn erase(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted: Erasure = body::read(&request, payload, body::ORDINARY, "The body must be an object with email and confirmed.").await?;
    let key = key_of(&wanted.email)?;
    if wanted.confirmed.trim().to_lowercase() != key {
        return Err(invalid("confirmed", "Write the same address a second time."));
    }
    let members = database::answer(admin.tenant.members(Filter { search: &key, ..Filter::default() }, "", 50)).await?;
    if members.iter().any(|member| member.email.to_lowercase() == key) {
        return Err(Problem::new(
            409,
            "personal_data.member",
            "A member of the account",
            "This is the address of a member. Remove the member first.",
        ));
    }
    let deed = admin.actor.deed("personal_data.erased", shortened(admin.tenant.account_id(), &key));
    let gone = database::answer(admin.tenant.erase_personal_data(&key, &deed)).await?;
    let mut erased: Map<String, Value> = Map::new();
    for (table, count) in gone {
        let before = erased.get(table).and_then(Value::as_u64).unwrap_or(0);
        erased.insert(table.to_owned(), json!(before + count));
    }
    Ok(Answer::fleeting(json!({ "erased": erased })))
}
