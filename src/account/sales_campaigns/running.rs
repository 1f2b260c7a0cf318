//! One turn of somebody who is under way: what their next step comes to, or what keeps them from it. Decides only; the store
//! writes it down together, and nothing of it if somebody stopped the person meanwhile.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::mails::{self, Edit};
use super::plan::{Plan, SendOption, Step, StepKind};
use super::rules;
use super::schedule::{self, Reached, Start};
use crate::account::activities::{self, EmailDetail, SalesCampaignDetail, TaskDetail, now_to};
use crate::account::composing::Composition;
use crate::account::seller::Seller;
use crate::account::{AccountState, database, emails};
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::people::Person;
use crate::store::sales_activities::NewActivity;
use crate::store::sales_campaigns::SalesCampaign;
use crate::store::sales_ends::Ending;
use crate::store::sales_runs::{Advance, Run};

/// What only an administrator can mend is tried again after this.
const TRY_AGAIN_MS: i64 = 5 * 60_000;
const DAY_MS: i64 = 86_400_000;

/// What a turn comes to.
#[derive(Debug)]
pub enum Turn {
    On(Box<Advance>),
    Off(Ending),
}

/// The turns of one account's people, which share what they look up.
pub struct Turns {
    state: Arc<AccountState>,
    tenant: Tenant,
    now_ms: i64,
    campaigns: HashMap<String, Option<SalesCampaign>>,
    plans: HashMap<String, Option<Arc<Plan>>>,
    sellers: HashMap<String, Option<Arc<Seller>>>,
    compositions: HashMap<(String, i64, String), Result<Arc<Composition>, Problem>>,
    mails: HashMap<String, i64>,
}

struct Way<'a> {
    run: &'a Run,
    campaign: SalesCampaign,
    plan: Arc<Plan>,
    seller: Arc<Seller>,
    person: Person,
    start: Start,
    reached: Option<Reached>,
}

impl Turns {
    /// Turns at `now_ms` by the database's clock.
    #[must_use]
    pub fn at(state: Arc<AccountState>, tenant: Tenant, now_ms: i64) -> Self {
        Self {
            state,
            tenant,
            now_ms,
            campaigns: HashMap::new(),
            plans: HashMap::new(),
            sellers: HashMap::new(),
            compositions: HashMap::new(),
            mails: HashMap::new(),
        }
    }

    /// What the next turn of a run comes to.
    ///
    /// # Errors
    /// When the database does not answer; the run is as it was.
    pub async fn of(&mut self, run: &Run) -> Result<Turn, Problem> {
        let Some(campaign) = self.campaign(&run.campaign_id).await? else { return Ok(off("stopped")) };
        let Some(plan) = self.plan(&run.plan_id).await? else { return Ok(off("stopped")) };
        let Some(seller) = self.seller(&run.member_id).await? else { return Ok(off("sender_gone")) };
        if let Some(wait) = self.unsent(run).await? {
            return Ok(wait);
        }
        let at = usize::try_from(run.step).unwrap_or(usize::MAX);
        let Some(step) = plan.steps.get(at).cloned() else { return Ok(on(Advance { state: "finished", ..as_is(run) })) };
        let Some(person) = self.person(run).await? else { return Ok(off("person_gone")) };
        let zone = TimeZone::get(&run.zone).unwrap_or(TimeZone::UTC);
        let start = Start { at: moment(run.start_at), chosen: run.start_chosen, zone };
        let reached = serde_json::from_str(&run.reached).ok();
        let mut way = Way { run, campaign, plan, seller, person, start, reached };
        let due = match run.reason.as_deref() {
            Some("task_done") => way.after_task(),
            Some("replanned") => way.due(&step),
            _ => moment(run.due_at.unwrap_or(self.now_ms)),
        };
        if due.as_millisecond() > self.now_ms {
            return Ok(on(Advance { due_at: Some(due.as_millisecond()), ..way.on_the_spot() }));
        }
        if let Some(later) = schedule::put_off(&step, rules(&way.campaign), &way.start.zone, due, moment(self.now_ms)) {
            return Ok(on(Advance { due_at: Some(later.as_millisecond()), ..way.on_the_spot() }));
        }
        if step.is_mail() { self.mail(&way, &step, at, due).await } else { self.task(&way, &step, at).await }
    }

    async fn campaign(&mut self, id: &str) -> Result<Option<SalesCampaign>, Problem> {
        if !self.campaigns.contains_key(id) {
            let found = database::answer(self.tenant.sales_campaign(id)).await?;
            self.campaigns.insert(id.to_owned(), found);
        }
        Ok(self.campaigns.get(id).cloned().flatten())
    }

    async fn plan(&mut self, id: &str) -> Result<Option<Arc<Plan>>, Problem> {
        if !self.plans.contains_key(id) {
            let found = database::answer(self.tenant.sales_plan(id)).await?;
            self.plans.insert(id.to_owned(), found.as_deref().and_then(Plan::read).map(Arc::new));
        }
        Ok(self.plans.get(id).cloned().flatten())
    }

    async fn seller(&mut self, id: &str) -> Result<Option<Arc<Seller>>, Problem> {
        if !self.sellers.contains_key(id) {
            let found = database::answer(self.tenant.member(id)).await?.filter(|member| member.state == "active");
            let seller = found.and_then(|member| Seller::at_work(self.tenant.clone(), member, "sales-campaigns"));
            self.sellers.insert(id.to_owned(), seller.map(Arc::new));
        }
        Ok(self.sellers.get(id).cloned().flatten())
    }

    // Somebody who was converted is found by the lead that they were.
    async fn person(&self, run: &Run) -> Result<Option<Person>, Problem> {
        if let Some(person) = database::answer(self.tenant.person(&run.person_id)).await? {
            return Ok(Some(person));
        }
        database::answer(self.tenant.person_by_sfdc_id(&run.sfdc_id)).await
    }

    // Nobody gets the next e-mail before the last one is out.
    async fn unsent(&self, run: &Run) -> Result<Option<Turn>, Problem> {
        let Some(mail) = &run.waits_for else { return Ok(None) };
        let state = database::answer(self.tenant.mail_state(mail)).await?;
        let open = matches!(state.as_deref(), Some("waiting" | "held" | "sending" | "unsettled"));
        // Whoever writes down how it ended lets the run's time come.
        Ok(open.then(|| on(Advance { due_at: None, waits_for: run.waits_for.clone(), ..as_is(run) })))
    }

    async fn composition(&mut self, way: &Way<'_>, at: usize) -> Result<Arc<Composition>, Problem> {
        let edit: Option<Edit> = way.run.edit.as_deref().filter(|_| at == 0).and_then(|edit| serde_json::from_str(edit).ok());
        if edit.is_some() {
            return mails::composition(&self.state, &way.seller, &way.plan, at, edit.as_ref()).await.map(Arc::new);
        }
        let key = (way.run.plan_id.clone(), way.run.step, way.run.member_id.clone());
        if let Some(known) = self.compositions.get(&key) {
            return known.clone();
        }
        let made = mails::composition(&self.state, &way.seller, &way.plan, at, None).await.map(Arc::new);
        self.compositions.insert(key, made.clone());
        made
    }

    async fn mail(&mut self, way: &Way<'_>, step: &Step, at: usize, due: Timestamp) -> Result<Turn, Problem> {
        let most = i64::from(self.state.settings.campaigns.sends_per_day);
        let member = &way.run.member_id;
        if !self.mails.contains_key(member) {
            let count = database::answer(self.tenant.mails_of_day(member, self.now_ms - DAY_MS)).await?;
            self.mails.insert(member.clone(), count);
        }
        if self.mails.get(member).is_some_and(|count| *count >= most) {
            let later = Some(self.now_ms + TRY_AGAIN_MS);
            return Ok(on(Advance { due_at: later, reason: Some("daily_limit".to_owned()), ..way.on_the_spot() }));
        }
        let made = match self.composition(way, at).await {
            Ok(composition) => {
                // The step's words are shared by all; what Salesforce says is of this person.
                let mut own = Composition::clone(&composition);
                match own.ask_salesforce(&self.state, &way.seller, &[&way.person], &[]).await {
                    Ok(()) => emails::ready(&self.state, &way.seller, &own, &way.person, None, 0).await,
                    Err(problem) => Err(problem),
                }
            }
            Err(problem) => Err(problem),
        };
        let (mut activity, email) = match made {
            Ok(made) => made,
            Err(problem) if problem.status >= 500 => return Err(problem),
            Err(problem) => return Ok(self.hindered(way, &problem)),
        };
        if let Ok(mut detail) = serde_json::from_str::<EmailDetail>(&activity.detail) {
            detail.sales_campaign = Some(way.detail(step));
            activity.detail = serde_json::to_string(&detail).map_err(|_| Problem::internal())?;
        }
        if let Some(count) = self.mails.get_mut(member) {
            *count += 1;
        }
        let reached = Reached::after(step, due, moment(self.now_ms), &way.start.zone, way.reached.as_ref());
        let next =
            way.plan.steps.get(at + 1).map(|next| schedule::due(next, rules(&way.campaign), &way.start, Some(&reached)).as_millisecond());
        Ok(on(Advance {
            step: way.run.step + 1,
            due_at: next,
            waits_for: Some(activity.id.clone()),
            reached: serde_json::to_string(&reached).map_err(|_| Problem::internal())?,
            deed: Some((step.id.clone(), activity, Some(email))),
            ..way.on_the_spot()
        }))
    }

    fn hindered(&self, way: &Way<'_>, problem: &Problem) -> Turn {
        let reason = match &*problem.code {
            "mail.unsubscribed" => return Turn::Off(Ending::UNSUBSCRIBED),
            "mail.blocked_domain" => return off("blocked_domain"),
            "mail.no_channel" => {
                let again = Some(self.now_ms + TRY_AGAIN_MS);
                let (reason, problem) = (Some("no_channel".to_owned()), Some(problem.detail.to_string()));
                return on(Advance { due_at: again, reason, problem, ..way.on_the_spot() });
            }
            "campaign.template_gone" => "template_gone",
            "person.no_email" | "mail.header" => "no_email",
            "mail.unfilled" => "unfilled",
            _ => "unwritable",
        };
        let (reason, problem) = (Some(reason.to_owned()), Some(problem.detail.to_string()));
        on(Advance { state: "blocked", reason, problem, due_at: None, ..way.on_the_spot() })
    }

    async fn task(&self, way: &Way<'_>, step: &Step, at: usize) -> Result<Turn, Problem> {
        let activity = way.reminder(step, at, self.now_ms, &self.state).await?;
        let now = moment(self.now_ms);
        let reached = Reached::after(step, now, now, &way.start.zone, way.reached.as_ref());
        Ok(on(Advance {
            state: "waiting",
            step: way.run.step + 1,
            due_at: None,
            waits_for: Some(activity.id.clone()),
            reached: serde_json::to_string(&reached).map_err(|_| Problem::internal())?,
            deed: Some((step.id.clone(), activity, None)),
            ..way.on_the_spot()
        }))
    }
}

impl Way<'_> {
    // The person's place and time as they are, without what was said about them before.
    fn on_the_spot(&self) -> Advance {
        let reached = self.reached.as_ref().and_then(|reached| serde_json::to_string(reached).ok());
        Advance {
            reason: None,
            problem: None,
            reached: reached.unwrap_or_default(),
            waits_for: None,
            person_id: self.person.id.clone(),
            lead_id: self.person.lead_id,
            sfdc_type: self.person.sfdc_type.clone(),
            sfdc_id: self.person.sfdc_id.clone(),
            email_key: self.person.email.as_deref().unwrap_or_default().trim().to_lowercase(),
            ..as_is(self.run)
        }
    }

    fn due(&self, step: &Step) -> Timestamp {
        schedule::due(step, rules(&self.campaign), &self.start, self.reached.as_ref())
    }

    // The task is over: the next step's day counts from here.
    fn after_task(&mut self) -> Timestamp {
        let over = moment(self.run.due_at.unwrap_or(self.run.started_at));
        let at = usize::try_from(self.run.step).unwrap_or(usize::MAX);
        if let Some(before) = at.checked_sub(1).and_then(|before| self.plan.steps.get(before)) {
            self.reached = Some(Reached::after(before, over, over, &self.start.zone, self.reached.as_ref()));
        }
        self.plan.steps.get(at).map_or(over, |step| self.due(step))
    }

    fn detail(&self, step: &Step) -> SalesCampaignDetail {
        let known: SalesCampaignDetail = serde_json::from_str(&self.run.detail).unwrap_or_default();
        SalesCampaignDetail { name: self.campaign.name.clone(), step: step.name.clone(), day: step.day.to_string(), ..known }
    }

    async fn reminder(&self, step: &Step, at: usize, now_ms: i64, state: &AccountState) -> Result<NewActivity, Problem> {
        let mut notes = step.notes.clone();
        if step.kind == StepKind::Email && step.send == SendOption::Task {
            // What the rep is to send, with as many fields filled as can be.
            if let Ok(mut composition) = mails::composition(state, &self.seller, &self.plan, at, None).await {
                // A field that Salesforce does not tell stays for the rep to fill.
                let _ = composition.ask_salesforce(state, &self.seller, &[&self.person], &[]).await;
                let mail = composition.for_person(&self.person, None);
                let text = format!("{}\n\n{}", mail.subject, crate::account::composing::shown(&mail.html));
                notes = activities::lines(Some(&text.chars().take(4_000).collect::<String>()));
            }
        }
        let day = moment(now_ms).to_zoned(self.start.zone.clone()).date();
        let detail = TaskDetail {
            created_by: self.seller.member.email.clone(),
            kind: step.kind.name().to_owned(),
            due: Some(day.to_string()),
            priority: if step.high { "High" } else { "Normal" }.to_owned(),
            notes,
            owner_id: self.seller.member.salesforce_user_id.clone(),
            assignee: self.seller.member.email.clone(),
            done: false,
            sales_campaign: Some(self.detail(step)),
        };
        let mut task = activities::new(&self.seller, &self.person, "task", Some(step.name.clone()), &detail, vec![now_to("salesforce")])?;
        task.happened_at = now_ms;
        Ok(task)
    }
}

fn moment(at_ms: i64) -> Timestamp {
    Timestamp::from_millisecond(at_ms).unwrap_or_default()
}

fn on(advance: Advance) -> Turn {
    Turn::On(Box::new(advance))
}

const fn off(reason: &'static str) -> Turn {
    Turn::Off(Ending { state: "ended", reason })
}

fn as_is(run: &Run) -> Advance {
    Advance {
        run_id: run.id.clone(),
        turn: run.turn,
        state: "running",
        reason: run.reason.clone(),
        problem: run.problem.clone(),
        step: run.step,
        reached: run.reached.clone(),
        due_at: run.due_at,
        waits_for: None,
        person_id: run.person_id.clone(),
        lead_id: run.lead_id,
        sfdc_type: run.sfdc_type.clone(),
        sfdc_id: run.sfdc_id.clone(),
        email_key: run.email_key.clone(),
        deed: None,
    }
}
