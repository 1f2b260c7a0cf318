//! A template's words in the steps of sales campaigns. A step keeps the words that its template had when it was chosen; once the
//! template is edited, whoever may change a campaign says whether its steps take the new words over.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::plan::{Plan, Step};
use super::{Known, may_change};
use crate::account::answer::Answer;
use crate::account::me::path_id;
use crate::account::query::invalid;
use crate::account::seller::Seller;
use crate::account::{body, database};
use crate::clock;
use crate::problem::Problem;
use crate::store::sales_campaigns::NewPlan;
use crate::store::templates::Template;

/// Whether a step of this template still has other words than the template.
pub(super) fn is_outdated(step: &Step, template: &Template) -> bool {
    step.template_id.as_deref() == Some(template.id.as_str())
        && step.html.as_deref().is_some_and(|html| html != template.html || step.subject.as_deref() != Some(template.subject.as_str()))
}

async fn template_of(seller: &Seller, request: &HttpRequest) -> Result<Template, Problem> {
    let id = path_id(request, "id")?;
    database::answer(seller.tenant.template(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)
}

/// `GET /v1/templates/{id}/campaigns`: sales campaigns with steps of a template, of those that the seller may change.
pub async fn uses(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let template = template_of(&seller, &request).await?;
    Ok(Answer::fleeting(told(&seller, &template).await?))
}

async fn told(seller: &Seller, template: &Template) -> Result<Value, Problem> {
    let using = database::answer(seller.tenant.campaigns_with_template(&template.id)).await?;
    let mut items = Vec::new();
    for campaign_id in using {
        let Some(known) = read(seller, &campaign_id).await? else { continue };
        let steps = known.plan.steps.iter().filter(|step| step.template_id.as_deref() == Some(template.id.as_str())).count();
        let outdated = known.plan.steps.iter().filter(|step| is_outdated(step, template)).count();
        items.push(json!({ "id": known.campaign.id, "name": known.campaign.name, "steps": steps, "outdated": outdated }));
    }
    let outdated = items.iter().filter(|item| item.get("outdated") != Some(&json!(0))).count();
    Ok(json!({ "items": items, "outdated": outdated }))
}

// A campaign that the seller may change, if it is there.
async fn read(seller: &Seller, id: &str) -> Result<Option<Known>, Problem> {
    match Known::read(seller, id).await {
        Ok(known) => Ok(may_change(seller, &known.campaign).then_some(known)),
        Err(problem) if problem.status >= 500 => Err(problem),
        Err(_) => Ok(None),
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    #[serde(default)]
    campaign_ids: Vec<String>,
}

/// `POST /v1/templates/{id}/campaigns`: the steps of these campaigns take over what the template says now, for new people and for
/// those who follow the present plan.
pub async fn update(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let template = template_of(&seller, &request).await?;
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, "The body must be an object with campaign_ids.").await?;
    if wanted.campaign_ids.is_empty() || wanted.campaign_ids.len() > super::editing::MOST {
        return Err(invalid("campaign_ids", "Choose at least one sales campaign."));
    }
    let mut updated = 0;
    for id in &wanted.campaign_ids {
        let known = Known::to_change(&seller, id).await?;
        updated += usize::from(renewed(&seller, &known, &template).await?);
    }
    let mut answer = told(&seller, &template).await?;
    if let Some(answer) = answer.as_object_mut() {
        answer.insert("updated".to_owned(), json!(updated));
    }
    Ok(Answer::fleeting(answer))
}

async fn renewed(seller: &Seller, known: &Known, template: &Template) -> Result<bool, Problem> {
    let mut steps = known.plan.steps.clone();
    let mut changed = false;
    for step in steps.iter_mut().filter(|step| is_outdated(step, template)) {
        step.subject = Some(template.subject.clone());
        step.html = Some(template.html.clone());
        changed = true;
    }
    if !changed {
        return Ok(false);
    }
    // Every place stays what it is; whoever follows an earlier plan goes on with that one's words.
    let places = [(known.campaign.plan_id.clone(), (0..=steps.len()).collect())];
    let (id, written) = (clock::new_id(), Plan { steps }.written());
    let new = NewPlan {
        campaign_id: &known.campaign.id,
        before: &known.campaign.plan_id,
        id: &id,
        steps: &written,
        places: &places,
        now_ms: clock::now_ms(),
    };
    let deed = seller.actor.deed("campaign.steps_changed", known.campaign.name.clone());
    if database::answer(seller.tenant.put_sales_plan(&new, &deed)).await? { Ok(true) } else { Err(super::editing::edited()) }
}
