//! Campaigns are made and changed: their settings, whom they are shared with, their steps.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::plan::{Move, Plan, SendOption, Step, StepKind};
use super::{EVERYONE, Known, counted, figures, may_change, sees, shared, teams_of, wording};
use crate::account::answer::{Answer, nothing};
use crate::account::listing::Wish;
use crate::account::me::path_id;
use crate::account::query::invalid;
use crate::account::seller::Seller;
use crate::account::{AccountState, activities, body, database, fields, mail_html};
use crate::clock;
use crate::problem::Problem;
use crate::store::sales_campaigns::{NewPlan, SalesCampaign};

/// Most campaigns, and most categories of them, of an account.
pub(super) const MOST: usize = 500;

fn view(seller: &Seller, campaign: &SalesCampaign, counts: &[(String, String, i64)]) -> Value {
    json!({
        "id": campaign.id, "name": campaign.name, "category": campaign.category, "owner_id": campaign.owner_id,
        "mine": campaign.owner_id == seller.member.id, "changeable": may_change(seller, campaign), "shared": shared(campaign),
        "skip_weekends": campaign.skip_weekends, "on_reply": campaign.on_reply, "remove_on_bounce": campaign.remove_on_bounce,
        "people": counted(counts, &campaign.id), "updated_at": campaign.updated_at,
    })
}

pub(super) fn step_view(step: &Step, number: usize) -> Value {
    let time = step.at.map(|at| format!("{:02}:{:02}", at / 60, at % 60));
    let own = step.template_id.is_none();
    json!({
        "id": step.id, "number": number, "day": step.day, "kind": step.kind.name(), "name": step.name, "send": step.send, "at": time,
        "follow_up": step.follow_up, "template_id": step.template_id, "subject": step.subject.as_ref().filter(|_| own),
        "text": step.html.as_deref().filter(|_| own).map(mail_html::plain), "notes": step.notes, "priority": if step.high { "High" } else { "Normal" },
        "by_itself": step.is_mail(),
    })
}

/// `GET /v1/sales-campaigns?search=&category=&owner=`: those that the seller may start; with `owner` an admin sees them as somebody
/// else does.
pub async fn list(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let wish = Wish::read(&request, &state, "sales-campaigns", &["search", "category", "owner"])?;
    let (search, category, owner) = (wish.get("search").to_lowercase(), wish.get("category"), wish.get("owner"));
    let teams = teams_of(&seller).await?;
    let all = database::answer(seller.tenant.sales_campaigns()).await?;
    let seen: Vec<&SalesCampaign> = all.iter().filter(|campaign| sees(&seller, &teams, campaign)).collect();
    let mut categories: Vec<&str> = seen.iter().map(|campaign| campaign.category.as_str()).collect();
    categories.dedup();
    if !owner.is_empty() && seller.member.role != "admin" {
        return Err(Problem::forbidden("campaign.admins_only", "Only an admin can see the sales campaigns as somebody else."));
    }
    let counts = database::answer(seller.tenant.count_sales_runs("")).await?;
    let wanted = |campaign: &SalesCampaign| {
        (category.is_empty() || campaign.category == category)
            && (owner.is_empty() || campaign.owner_id == owner)
            && (search.is_empty() || campaign.name.to_lowercase().contains(&search))
    };
    let items: Vec<Value> = seen.iter().filter(|campaign| wanted(campaign)).map(|campaign| view(&seller, campaign, &counts)).collect();
    let owners = if seller.member.role == "admin" { owners(&seller, &all).await? } else { Vec::new() };
    Ok(Answer::fleeting(json!({ "categories": categories, "owners": owners, "total": items.len(), "items": items, "next_cursor": null })))
}

async fn owners(seller: &Seller, all: &[SalesCampaign]) -> Result<Vec<Value>, Problem> {
    let mut ids: Vec<&str> = all.iter().map(|campaign| campaign.owner_id.as_str()).collect();
    ids.sort_unstable();
    ids.dedup();
    let mut owners = Vec::new();
    for id in ids {
        if let Some(member) = database::answer(seller.tenant.member(id)).await? {
            owners.push(json!({ "id": member.id, "email": member.email }));
        }
    }
    Ok(owners)
}

/// `GET /v1/sales-campaigns/{id}`
pub async fn show(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let known = Known::read(&seller, &path_id(&request, "id")?).await?;
    Ok(Answer::fleeting(whole(&seller, &known).await?))
}

async fn whole(seller: &Seller, known: &Known) -> Result<Value, Problem> {
    let Known { campaign, plan } = known;
    let counts = database::answer(seller.tenant.count_sales_runs(&campaign.id)).await?;
    let mut told = view(seller, campaign, &counts);
    let owner = database::answer(seller.tenant.member(&campaign.owner_id)).await?.map(|owner| owner.email);
    let mut steps: Vec<Value> = plan.steps.iter().zip(1..).map(|(step, number)| step_view(step, number)).collect();
    for step in &mut steps {
        // A template that is gone, or no longer shared, is said before somebody runs into it.
        if let Some(id) = step.get("template_id").and_then(Value::as_str).map(str::to_owned) {
            let template = database::answer(seller.tenant.template(&campaign.owner_id, &id)).await?;
            if let Some(step) = step.as_object_mut() {
                step.insert("template".to_owned(), json!(template.as_ref().map(|template| template.name.as_str())));
                step.insert("template_missing".to_owned(), json!(template.is_none()));
                let planned = step.get("id").and_then(Value::as_str).and_then(|id| plan.place_of(id)).and_then(|at| plan.steps.get(at));
                let outdated = planned.zip(template.as_ref()).is_some_and(|(step, template)| wording::is_outdated(step, template));
                step.insert("template_outdated".to_owned(), json!(outdated));
            }
        }
    }
    if let Some(told) = told.as_object_mut() {
        told.insert("owner".to_owned(), json!(owner));
        told.insert("steps".to_owned(), json!(steps));
        told.insert("figures".to_owned(), figures::of(seller, campaign, plan).await?);
    }
    Ok(told)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: Option<String>,
    category: Option<String>,
    shared: Option<Vec<String>>,
    skip_weekends: Option<bool>,
    on_reply: Option<String>,
    remove_on_bounce: Option<bool>,
}

const WANTED: &str = "The body must be an object with name, category, shared, skip_weekends, on_reply and remove_on_bounce.";

async fn applied(seller: &Seller, mut campaign: SalesCampaign, wanted: Wanted) -> Result<SalesCampaign, Problem> {
    if let Some(name) = &wanted.name {
        campaign.name = fields::name("name", name, 200)?;
    }
    if let Some(category) = wanted.category.as_deref().map(str::trim).filter(|category| !category.is_empty()) {
        campaign.category = fields::name("category", category, 100)?;
    }
    if let Some(teams) = wanted.shared {
        let known = database::answer(seller.tenant.teams()).await?;
        if teams.iter().any(|id| id != EVERYONE && known.iter().all(|team| team.id != *id)) {
            return Err(invalid("shared", "It must be a list of teams of the account."));
        }
        campaign.shared = json!(teams).to_string();
    }
    if let Some(skip) = wanted.skip_weekends {
        campaign.skip_weekends = skip;
    }
    if let Some(on_reply) = wanted.on_reply {
        if !["end", "success", "nothing"].contains(&on_reply.as_str()) {
            return Err(invalid("on_reply", "It must be end, success or nothing."));
        }
        campaign.on_reply = on_reply;
    }
    if let Some(remove) = wanted.remove_on_bounce {
        campaign.remove_on_bounce = remove;
    }
    Ok(campaign)
}

/// `POST /v1/sales-campaigns`
pub async fn create(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, WANTED).await?;
    if wanted.name.is_none() {
        return Err(invalid("name", "It must have between 1 and 200 characters, none of them a line break."));
    }
    let now = clock::now_ms();
    let blank = SalesCampaign {
        id: clock::new_id(),
        owner_id: seller.member.id.clone(),
        name: String::new(),
        category: "General".to_owned(),
        shared: "[]".to_owned(),
        skip_weekends: true,
        on_reply: "success".to_owned(),
        remove_on_bounce: true,
        plan_id: clock::new_id(),
        created_at: now,
        updated_at: now,
    };
    let campaign = applied(&seller, blank, wanted).await?;
    if database::answer(seller.tenant.sales_campaigns()).await?.len() >= MOST {
        return Err(Problem::new(
            409,
            "campaign.limit",
            "Too many campaigns",
            "An account can have 500 sales campaigns. Delete some first.",
        ));
    }
    let deed = seller.actor.deed("campaign.created", campaign.name.clone());
    let known = Known { plan: Plan::default(), campaign };
    database::answer(seller.tenant.create_sales_campaign(&known.campaign, &known.plan.written(), &deed)).await?;
    Ok(Answer::fleeting(whole(&seller, &known).await?).created())
}

/// `PATCH /v1/sales-campaigns/{id}`
pub async fn change(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let Known { campaign, plan } = Known::to_change(&seller, &path_id(&request, "id")?).await?;
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, WANTED).await?;
    let campaign = applied(&seller, campaign, wanted).await?;
    let deed = seller.actor.deed("campaign.changed", campaign.name.clone());
    database::answer(seller.tenant.change_sales_campaign(&campaign, &deed)).await?;
    Ok(Answer::fleeting(whole(&seller, &Known { campaign, plan }).await?))
}

/// `DELETE /v1/sales-campaigns/{id}`: only when nobody is under way.
pub async fn remove(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let Known { campaign, .. } = Known::to_change(&seller, &path_id(&request, "id")?).await?;
    let deed = seller.actor.deed("campaign.removed", campaign.name.clone());
    if database::answer(seller.tenant.remove_sales_campaign(&campaign.id, &deed)).await? {
        return Ok(nothing());
    }
    Err(Problem::new(
        409,
        "campaign.busy",
        "People are under way",
        "People are on their way through this campaign. Stop it for all of them first.",
    ))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct StepWanted {
    day: Option<u32>,
    #[serde(rename = "type")]
    kind: Option<StepKind>,
    name: Option<String>,
    send: Option<SendOption>,
    /// `09:30`
    at: Option<String>,
    #[serde(default)]
    follow_up: bool,
    template_id: Option<String>,
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    notes: Option<String>,
    priority: Option<String>,
    applies_to: Option<String>,
}

const STEP: &str = "The body must be an object with day, type, name, send, at, follow_up, template_id or subject and text, notes, priority and applies_to.";

fn time(text: &str) -> Option<u16> {
    let (hours, minutes) = text.split_once(':')?;
    let (hours, minutes): (u16, u16) = (hours.parse().ok()?, minutes.get(..2)?.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(hours * 60 + minutes)
}

async fn step(seller: &Seller, id: String, first: bool, wanted: &StepWanted) -> Result<Step, Problem> {
    let filled = |text: &Option<String>| text.as_deref().map(str::trim).filter(|text| !text.is_empty()).map(str::to_owned);
    let kind = wanted.kind.ok_or_else(|| invalid("type", "It must be email, call, in_mail or custom."))?;
    let mail = kind == StepKind::Email;
    let send = match wanted.send {
        _ if !mail => SendOption::Task,
        Some(send) => send,
        None if first => SendOption::Choose,
        None => SendOption::SameTime,
    };
    let template_id = filled(&wanted.template_id).filter(|_| mail);
    let (mut subject, mut html) = (None, None);
    if mail && template_id.is_none() {
        let written = filled(&wanted.subject).unwrap_or_default();
        subject = Some(mail_html::header("subject", &written, 500)?);
        html = Some(match (filled(&wanted.html), filled(&wanted.text)) {
            (Some(html), None) => mail_html::taken_in(&html)?,
            (None, Some(text)) => mail_html::taken_in(&mail_html::from_text(&text))?,
            _ => return Err(invalid("text", "Write the e-mail, or choose a template.")),
        });
    }
    if let Some(id) = &template_id {
        let template = database::answer(seller.tenant.template(&seller.member.id, id)).await?;
        let template = template.ok_or_else(|| invalid("template_id", "There is no such template, or it is not shared with you."))?;
        (subject, html) = (Some(template.subject), Some(template.html));
    }
    let at = match filled(&wanted.at).filter(|_| send == SendOption::At) {
        Some(text) => Some(time(&text).ok_or_else(|| invalid("at", "It must be a time of day, such as 09:30."))?),
        None => None,
    };
    let notes = activities::lines(wanted.notes.as_deref());
    if notes.as_ref().is_some_and(|notes| notes.chars().count() > 4_000) {
        return Err(invalid("notes", "They must have at most 4000 characters."));
    }
    let name = match filled(&wanted.name) {
        Some(name) => fields::name("name", &name, 200)?,
        None => match kind {
            StepKind::Email => subject.clone().unwrap_or_else(|| "E-mail".to_owned()),
            StepKind::Call => "Call".to_owned(),
            StepKind::InMail => "InMail".to_owned(),
            StepKind::Custom => "Task".to_owned(),
        },
    };
    let high = wanted.priority.as_deref() == Some("High");
    Ok(Step {
        id,
        day: wanted.day.unwrap_or(1),
        kind,
        name,
        send,
        at,
        follow_up: wanted.follow_up && mail,
        template_id,
        subject,
        html,
        notes,
        high,
    })
}

// Whether a change takes along those who are under way; it has to be said as soon as there is somebody.
async fn put(seller: &Seller, known: &Known, mut plan: Plan, applies_to: Option<&str>) -> Result<Value, Problem> {
    plan.mend();
    plan.check()?;
    let followed = database::answer(seller.tenant.followed_sales_plans(&known.campaign.id)).await?;
    let along = match applies_to.unwrap_or_default() {
        "everybody" => true,
        "new" => false,
        "" if followed.is_empty() => false,
        "" => {
            return Err(Problem::new(
                409,
                "campaign.people_under_way",
                "People are under way",
                "People are on their way through this campaign. Say with applies_to whether the change is for everybody or only for new people.",
            )
            .with_field("applies_to", "It must be everybody or new."));
        }
        _ => return Err(invalid("applies_to", "It must be everybody or new.")),
    };
    let places = if along {
        followed.iter().map(|(id, steps)| (id.clone(), moved(&Plan::read(steps).unwrap_or_default(), &plan))).collect()
    } else {
        Vec::new()
    };
    let (id, steps) = (clock::new_id(), plan.written());
    let new = NewPlan {
        campaign_id: &known.campaign.id,
        before: &known.campaign.plan_id,
        id: &id,
        steps: &steps,
        places: &places,
        now_ms: clock::now_ms(),
    };
    let deed = seller.actor.deed("campaign.steps_changed", known.campaign.name.clone());
    if !database::answer(seller.tenant.put_sales_plan(&new, &deed)).await? {
        return Err(edited());
    }
    let campaign = SalesCampaign { plan_id: id, ..known.campaign.clone() };
    whole(seller, &Known { campaign, plan }).await
}

pub(super) fn edited() -> Problem {
    Problem::new(409, "campaign.edited", "Edited meanwhile", "Somebody else has changed the steps meanwhile. Look at them again.")
}

// Where somebody goes on in the new plan: with what follows the last step that they have behind them and that is still there.
fn moved(old: &Plan, new: &Plan) -> Vec<usize> {
    let mut places = vec![0];
    let mut place = 0;
    for step in &old.steps {
        if let Some(found) = new.place_of(&step.id) {
            place = found + 1;
        }
        places.push(place);
    }
    places
}

/// `POST /v1/sales-campaigns/{id}/steps`
pub async fn add_step(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let known = Known::to_change(&seller, &path_id(&request, "id")?).await?;
    let wanted: StepWanted = body::read(&request, payload, body::LONG, STEP).await?;
    let mut plan = known.plan.clone();
    plan.add(step(&seller, clock::new_id(), plan.steps.is_empty(), &wanted).await?);
    Ok(Answer::fleeting(put(&seller, &known, plan, wanted.applies_to.as_deref()).await?).created())
}

/// `PUT /v1/sales-campaigns/{id}/steps/{step}`
pub async fn change_step(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let known = Known::to_change(&seller, &path_id(&request, "id")?).await?;
    let id = path_id(&request, "step")?;
    let wanted: StepWanted = body::read(&request, payload, body::LONG, STEP).await?;
    let at = known.plan.place_of(&id).ok_or_else(Problem::not_found)?;
    let mut plan = known.plan.clone();
    let before = plan.steps.remove(at);
    let wanted = StepWanted { day: wanted.day.or(Some(before.day)), kind: wanted.kind.or(Some(before.kind)), ..wanted };
    let step = step(&seller, id, at == 0, &wanted).await?;
    if step.day == before.day {
        plan.steps.insert(at, step);
    } else {
        plan.add(step);
    }
    Ok(Answer::fleeting(put(&seller, &known, plan, wanted.applies_to.as_deref()).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moving {
    to: Option<Move>,
    applies_to: Option<String>,
}

/// `POST /v1/sales-campaigns/{id}/steps/{step}/move`
pub async fn move_step(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let known = Known::to_change(&seller, &path_id(&request, "id")?).await?;
    let wanted: Moving = body::read(&request, payload, body::ORDINARY, "The body must be an object with to and applies_to.").await?;
    let to = wanted.to.ok_or_else(|| invalid("to", "It must be up or down."))?;
    let mut plan = known.plan.clone();
    plan.shift(&path_id(&request, "step")?, to)?;
    Ok(Answer::fleeting(put(&seller, &known, plan, wanted.applies_to.as_deref()).await?))
}

/// `POST /v1/sales-campaigns/{id}/steps/{step}/remove`
pub async fn remove_step(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let known = Known::to_change(&seller, &path_id(&request, "id")?).await?;
    let wanted: Moving = body::read(&request, payload, body::ORDINARY, "The body must be an object with applies_to.").await?;
    let at = known.plan.place_of(&path_id(&request, "step")?).ok_or_else(Problem::not_found)?;
    let mut plan = known.plan.clone();
    plan.steps.remove(at);
    Ok(Answer::fleeting(put(&seller, &known, plan, wanted.applies_to.as_deref()).await?))
}

/// `GET /v1/campaigns?kind=sales`: those that the seller may start, as a list action wants them.
pub(crate) async fn choices(seller: &Seller) -> Result<Vec<Value>, Problem> {
    let teams = teams_of(seller).await?;
    let all = database::answer(seller.tenant.sales_campaigns()).await?;
    Ok(all
        .iter()
        .filter(|campaign| sees(seller, &teams, campaign))
        .map(|campaign| json!({ "id": campaign.id, "name": campaign.name }))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_day_is_read_as_it_is_written() {
        assert_eq!((time("09:30"), time("0:00"), time("23:59"), time("09:30:00")), (Some(570), Some(0), Some(1_439), Some(570)));
        assert!(["24:00", "9", "9:6", "09:60", "-1:00", ""].iter().all(|text| time(text).is_none()));
    }

    #[test]
    fn whoever_is_taken_along_goes_on_after_what_they_have_behind_them() {
        let plan = |ids: &[&str]| {
            let step = |id: &&str| json!({"id": id, "day": 1, "kind": "call", "name": id, "send": "task", "at": null, "template_id": null, "subject": null, "html": null, "notes": null});
            Plan::read(&json!(ids.iter().map(step).collect::<Vec<_>>()).to_string()).unwrap()
        };
        let old = plan(&["a", "b", "c"]);
        assert_eq!(moved(&old, &plan(&["a", "b", "c"])), [0, 1, 2, 3]);
        assert_eq!(moved(&old, &plan(&["x", "a", "c"])), [0, 2, 2, 3]);
        assert_eq!(moved(&old, &plan(&["b", "a"])), [0, 2, 1, 1]);
        assert_eq!(moved(&old, &plan(&[])), [0, 0, 0, 0]);
    }
}
