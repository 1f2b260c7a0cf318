//! What a campaign came to, step by step.

use serde_json::{Value, json};

use super::plan::Plan;
use crate::account::database;
use crate::account::seller::Seller;
use crate::problem::Problem;
use crate::store::sales_campaigns::SalesCampaign;

/// For each step: how many reached it, and what became of its e-mails; who left, and why.
///
/// # Errors
/// When the database does not answer.
pub async fn of(seller: &Seller, campaign: &SalesCampaign, plan: &Plan) -> Result<Value, Problem> {
    let done = database::answer(seller.tenant.step_figures(&campaign.id)).await?;
    let ends = database::answer(seller.tenant.ends_of_campaign(&campaign.id)).await?;
    let counts = database::answer(seller.tenant.count_sales_runs(&campaign.id)).await?;
    let started: i64 = counts.iter().map(|(_, _, count)| count).sum();
    let steps: Vec<Value> = plan
        .steps
        .iter()
        .enumerate()
        .map(|(index, step)| {
            let figures = done.iter().find(|figures| figures.step_id == step.id);
            // Whoever left stands before the step that they did not reach.
            let removed: i64 = ends
                .iter()
                .filter(|(at, reason, _)| usize::try_from(*at).is_ok_and(|at| at == index + 1) && reason != "reply")
                .map(|(_, _, count)| count)
                .sum();
            json!({
                "id": step.id, "number": index + 1, "name": step.name, "kind": step.kind.name(), "mail": step.is_mail(),
                "done": figures.map_or(0, |figures| figures.done), "sent": figures.map_or(0, |figures| figures.sent),
                "opened": figures.map_or(0, |figures| figures.opened), "clicked": figures.map_or(0, |figures| figures.clicked),
                "replied": figures.map_or(0, |figures| figures.replied), "bounced": figures.map_or(0, |figures| figures.bounced),
                "removed": removed,
            })
        })
        .collect();
    let mut reasons: Vec<(String, i64)> = Vec::new();
    for (_, reason, count) in &ends {
        let reason = if reason.is_empty() { "unknown" } else { reason.as_str() };
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, sum)) => *sum += count,
            None => reasons.push((reason.to_owned(), *count)),
        }
    }
    reasons.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(&other.0)));
    let reasons: Vec<Value> = reasons.into_iter().map(|(reason, count)| json!({ "reason": reason, "count": count })).collect();
    Ok(json!({ "started": started, "steps": steps, "ends": reasons }))
}
