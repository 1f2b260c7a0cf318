//! Marketo campaigns that wait to be requested: reps add people to them.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use moka::future::Cache;
use serde::Deserialize;
use serde_json::{Value, json};

use super::activities::{self, CampaignDetail, Once, now_to};
use super::answer::Answer;
use super::query::{Query, invalid};
use super::seller::{Seller, Whom};
use super::{AccountState, body};
use crate::problem::Problem;
use crate::remote::marketo::Asker;
use crate::remote::marketo::budget::Purpose;
use crate::remote::marketo::campaigns::Campaign;

/// Most people of one call.
const MOST: usize = 200;

/// The campaigns of accounts, asked for at most once a minute.
pub(super) struct Campaigns(Cache<String, Arc<Vec<Campaign>>>);

impl Default for Campaigns {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(10_000).time_to_live(Duration::from_mins(1)).build())
    }
}

async fn of(state: &AccountState, seller: &Seller) -> Result<Arc<Vec<Campaign>>, Problem> {
    let account_id = seller.tenant.account_id();
    let ask = async {
        let marketo = state.connections.marketo(account_id).await?;
        let asker = Asker { purpose: Purpose::Interactive, request_id: seller.actor.request_id.as_str() };
        marketo.requestable_campaigns(asker).await.map(Arc::new).map_err(|error| error.problem("Marketo"))
    };
    let found = state.campaigns.0.try_get_with_by_ref(account_id, ask).await;
    found.map_err(|problem: Arc<Problem>| (*problem).clone())
}

/// `GET /v1/marketo-campaigns`
pub async fn list(seller: Seller, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let campaigns = of(&state, &seller).await?;
    Ok(Answer::fleeting(json!({ "items": *campaigns })))
}

/// `GET /v1/campaigns?kind=`: the choices of a list action.
pub async fn choices(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let query = Query::read(&request, &["kind", "limit"])?;
    let items = match query.get("kind").unwrap_or("marketo") {
        "marketo" => {
            of(&state, &seller).await?.iter().map(|campaign| json!({ "id": campaign.id.to_string(), "name": campaign.name })).collect()
        }
        "sales" => super::sales_campaigns::editing::choices(&seller).await?,
        _ => return Err(invalid("kind", "It must be marketo or sales.")),
    };
    Ok(Answer::fleeting(json!({ "items": items })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    sfdc_ids: Vec<String>,
    #[serde(default)]
    person_ids: Vec<String>,
}

/// `POST /v1/marketo-campaigns/{id}/members`: each person has an outcome of their own.
pub async fn add(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with the list sfdc_ids or person_ids.";
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let id: i64 = request.match_info().get("id").and_then(|id| id.parse().ok()).ok_or_else(Problem::not_found)?;
    added(&seller, &request, &state, id, wanted).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Group {
    campaign_id: i64,
    #[serde(default)]
    sfdc_ids: Vec<String>,
    #[serde(default)]
    person_ids: Vec<String>,
}

/// `POST /v1/marketo-campaign-members`: the same, with the campaign in the body, as a form has it.
pub async fn add_group(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with campaign_id and the list sfdc_ids or person_ids.";
    let Group { campaign_id, sfdc_ids, person_ids } = body::read(&request, payload, body::ORDINARY, wanted).await?;
    added(&seller, &request, &state, campaign_id, Wanted { sfdc_ids, person_ids }).await
}

async fn added(seller: &Seller, request: &HttpRequest, state: &AccountState, id: i64, wanted: Wanted) -> Result<Answer<Value>, Problem> {
    let whom: Vec<Whom> = if wanted.sfdc_ids.is_empty() && wanted.person_ids.is_empty() {
        vec![Whom::default()]
    } else {
        let by_record = wanted.sfdc_ids.iter().map(|id| Whom { sfdc_id: Some(id.clone()), person_id: None });
        by_record.chain(wanted.person_ids.iter().map(|id| Whom { sfdc_id: None, person_id: Some(id.clone()) })).collect()
    };
    if whom.len() > MOST {
        return Err(invalid("sfdc_ids", "There must be between 1 and 200 people."));
    }
    let asked = format!("{id}\n{}\n{}", wanted.sfdc_ids.join(","), wanted.person_ids.join(","));
    let once = Once::of(request, "campaign-members", seller, &asked)?;
    if let Some(before) = once.before(seller).await? {
        return Ok(Answer::fleeting(before).accepted());
    }
    let campaigns = of(state, seller).await?;
    let campaign = campaigns.iter().find(|campaign| campaign.id == id).ok_or_else(|| {
        Problem::new(404, "campaign.unknown", "No such campaign", "Marketo has no active campaign of this id that may be requested.")
    })?;
    let (mut added, mut results) = (Vec::new(), Vec::new());
    let mut seen = std::collections::HashSet::new();
    for whom in &whom {
        let name = whom.sfdc_id.as_deref().or(whom.person_id.as_deref());
        match seller.person(whom).await {
            Ok(person) if !seen.insert(person.id.clone()) => results.push(json!({ "id": name, "outcome": "duplicate" })),
            Ok(person) => {
                let detail = CampaignDetail { campaign_id: id, campaign: campaign.name.clone(), sent_by: seller.member.email.clone() };
                added.push(activities::new(seller, &person, "campaign", Some(campaign.name.clone()), &detail, vec![now_to("marketo")])?);
                results.push(json!({ "id": name, "outcome": "accepted" }));
            }
            // One person alone is a question of its own.
            Err(problem) if whom_is_alone(&wanted) || problem.status >= 500 => return Err(problem),
            Err(problem) => results.push(json!({ "id": name, "outcome": "skipped", "detail": problem.detail })),
        }
    }
    let answer = json!({ "accepted": added.len(), "skipped": results.len() - added.len(), "results": results });
    let answer = once.record(seller, &added, answer).await?;
    Ok(Answer::fleeting(answer).accepted())
}

fn whom_is_alone(wanted: &Wanted) -> bool {
    wanted.sfdc_ids.len() + wanted.person_ids.len() <= 1
}
