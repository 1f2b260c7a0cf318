//! Sales campaigns: a sequence of e-mails, calls and tasks over days, and people on their way through it.
//!
//! Rules live here: who may see and change one ([`editing`]), whom one may start ([`launching`]), when a step is due
//! ([`schedule`]), what a turn of a person comes to ([`running`]). What makes somebody stop is in the store's own transactions,
//! so that nothing is sent after the stop has been answered.

use serde_json::{Value, json};

use super::seller::Seller;
use super::{AccountState, database};
use crate::problem::Problem;
use crate::store::sales_campaigns::SalesCampaign;

pub(super) mod editing;
mod figures;
pub(super) mod launches;
pub(super) mod launching;
mod mails;
pub mod plan;
pub mod running;
pub mod schedule;
pub(super) mod watching;
pub(super) mod wording;

use self::plan::Plan;
use self::schedule::Rules;

/// The team that everybody belongs to.
const EVERYONE: &str = crate::store::teams::EVERYONE;

/// A campaign with its steps.
pub(super) struct Known {
    pub campaign: SalesCampaign,
    pub plan: Plan,
}

impl Known {
    /// A campaign that the seller may see.
    ///
    /// # Errors
    /// 404 when there is none.
    pub async fn read(seller: &Seller, id: &str) -> Result<Self, Problem> {
        let campaign = database::answer(seller.tenant.sales_campaign(id)).await?.ok_or_else(Problem::not_found)?;
        if !sees(seller, &teams_of(seller).await?, &campaign) {
            return Err(Problem::not_found());
        }
        let steps = database::answer(seller.tenant.sales_plan(&campaign.plan_id)).await?;
        let plan = steps.as_deref().and_then(Plan::read).ok_or_else(Problem::internal)?;
        Ok(Self { campaign, plan })
    }

    /// The same, to be changed.
    ///
    /// # Errors
    /// 403 when it is shared with the seller, but not theirs.
    pub async fn to_change(seller: &Seller, id: &str) -> Result<Self, Problem> {
        let known = Self::read(seller, id).await?;
        if may_change(seller, &known.campaign) {
            return Ok(known);
        }
        Err(Problem::forbidden("campaign.not_yours", "Only its owner and admins can change a sales campaign. You can start it as it is."))
    }
}

pub(super) const fn rules(campaign: &SalesCampaign) -> Rules {
    Rules { skip_weekends: campaign.skip_weekends }
}

fn may_change(seller: &Seller, campaign: &SalesCampaign) -> bool {
    campaign.owner_id == seller.member.id || seller.member.role == "admin"
}

/// The teams of a seller, Everyone included.
pub(super) async fn teams_of(seller: &Seller) -> Result<Vec<String>, Problem> {
    let teams = database::answer(seller.tenant.memberships(std::slice::from_ref(&seller.member.id))).await?;
    Ok(teams.into_iter().map(|team| team.id).chain(std::iter::once(EVERYONE.to_owned())).collect())
}

fn shared(campaign: &SalesCampaign) -> Vec<String> {
    serde_json::from_str(&campaign.shared).unwrap_or_default()
}

/// Whether a seller sees a campaign: their own, one shared with a team of theirs, an admin all.
pub(super) fn sees(seller: &Seller, teams: &[String], campaign: &SalesCampaign) -> bool {
    may_change(seller, campaign) || shared(campaign).iter().any(|team| teams.contains(team))
}

/// Where a campaign can be looked at.
pub(super) fn address(state: &AccountState, id: &str) -> String {
    format!("{}/admin/campaigns/{id}", state.settings.gateway.public_url.trim_end_matches('/'))
}

/// How many are in which state.
fn counted(counts: &[(String, String, i64)], id: &str) -> Value {
    let of = |states: &[&str]| -> i64 {
        counts.iter().filter(|(campaign, state, _)| campaign == id && states.contains(&state.as_str())).map(|(_, _, count)| count).sum()
    };
    json!({
        "under_way": of(&["running", "waiting", "blocked"]), "waiting": of(&["waiting"]), "blocked": of(&["blocked"]),
        "finished": of(&["finished"]), "succeeded": of(&["succeeded"]), "ended": of(&["ended"]),
    })
}
