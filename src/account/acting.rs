//! What may be done with a person, and why not: for a panel that shows its actions.

use actix_web::{HttpRequest, web};
use serde_json::{Value, json};

use super::answer::Answer;
use super::me::path_id;
use super::seller::{Seller, Whom};
use super::{AccountState, composing, database};
use crate::problem::Problem;
use crate::store::members::Filter;

/// Colleagues to choose from.
const COLLEAGUES: i64 = 200;

/// `GET /v1/people/{id}/acting`
pub async fn show(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let person = seller.person(&Whom { person_id: Some(id), sfdc_id: None }).await?;
    let settings = database::answer(seller.tenant.acting_settings()).await?;
    let problem = match person.email.as_deref().map(str::trim).filter(|email| !email.is_empty()) {
        None => Some(("person.no_email", "Marketo knows no e-mail address of this person.".to_owned())),
        Some(_) if !composing::may_send(&state, &seller).await? => Some(("mail.no_channel", "No mail server is configured.".to_owned())),
        Some(email) => composing::hindrance(&seller.tenant, &settings, true, email).await?.map(|problem| match &*problem.code {
            "mail.blocked_domain" => ("mail.blocked_domain", problem.detail.into_owned()),
            _ => ("mail.unsubscribed", problem.detail.into_owned()),
        }),
    };
    let members = database::answer(seller.tenant.members(Filter { state: "active", ..Filter::default() }, "", COLLEAGUES)).await?;
    let members: Vec<Value> = members
        .iter()
        .map(|member| {
            let name = [member.first_name.as_deref(), member.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
            json!({ "id": member.id, "name": if name.is_empty() { member.email.clone() } else { name }, "me": member.id == seller.member.id })
        })
        .collect();
    let watched = database::answer(seller.tenant.watches(&seller.member.id, &person.id)).await?;
    Ok(Answer::fleeting(json!({
        "person_id": person.id, "email": person.email, "watched": watched, "members": members,
        "email_problem": problem.map(|(code, detail)| json!({ "code": code, "detail": detail })),
    })))
}
