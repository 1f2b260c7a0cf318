//! People who are looked at before they are in the store: asked for in batches, each once however many look.
//!
//! The first view of somebody starts a batch; whoever comes while it collects travels along. A batch is one call for
//! up to 300 people; what they did is then fetched for thirty at a time while the panel already shows who they are.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use self::history::{Newcomer, fill};
use super::connections::Connections;
use crate::clock;
use crate::problem::Problem;
use crate::remote::marketo::activities::LEADS_PER_CALL;
use crate::remote::marketo::budget::Purpose;
use crate::remote::marketo::leads::{FILTER_VALUES, Lead};
use crate::remote::marketo::{Asker, Marketo};
use crate::store::Store;

pub mod activities;
pub mod history;
pub mod people;

/// What came of looking for somebody.
#[derive(Debug, Clone, PartialEq)]
pub enum Arrival {
    /// They are in the store now; their activities follow.
    Arrived,
    /// Marketo has not answered yet; the work goes on.
    Looking,
    /// Marketo does not know them, or nobody in Salesforce owns them.
    Absent,
    /// Marketo could not be asked.
    Unavailable(Problem),
}

/// How long things are waited for.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// How long a batch collects while little is going on.
    pub collect: Duration,
    /// How long it collects under load.
    pub collect_busy: Duration,
    /// How long whoever looks is kept waiting.
    pub patience: Duration,
    /// How long somebody who was not found is not asked for again, in milliseconds.
    pub remember_ms: i64,
}

impl Default for Pace {
    fn default() -> Self {
        Self {
            collect: Duration::from_millis(250),
            collect_busy: Duration::from_secs(2),
            patience: Duration::from_millis(2_500),
            remember_ms: 60_000,
        }
    }
}

// More than this in one batch is load: batches then collect for longer, and hold one kind of record at a time.
const BUSY: usize = 8;
const MOST_REMEMBERED: usize = 20_000;

type Seen = watch::Receiver<Option<Arrival>>;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Lead,
    Contact,
}

impl Kind {
    fn of(sfdc_id: &str) -> Option<Self> {
        match sfdc_id.get(..3)? {
            "00Q" => Some(Self::Lead),
            "003" => Some(Self::Contact),
            _ => None,
        }
    }

    const fn filter(self) -> &'static str {
        match self {
            Self::Lead => "sfdcLeadId",
            Self::Contact => "sfdcContactId",
        }
    }

    fn of_lead(self, lead: &Lead) -> Option<&str> {
        let direct = match self {
            Self::Lead => lead.sfdc_lead_id.as_deref(),
            Self::Contact => lead.sfdc_contact_id.as_deref(),
        };
        direct.or(lead.sfdc_id.as_deref())
    }
}

#[derive(Debug)]
struct Wanted {
    sfdc_id: String,
    kind: Kind,
    request_id: String,
    tell: watch::Sender<Option<Arrival>>,
}

#[derive(Debug, Default)]
struct Desk {
    waiting: VecDeque<Wanted>,
    under_way: HashMap<String, Seen>,
    absent: HashMap<String, i64>,
    newcomers: VecDeque<Newcomer>,
    collecting: bool,
    filling: bool,
    busy: bool,
}

/// The arrivals of all accounts.
#[derive(Debug)]
pub struct Arrivals {
    store: Store,
    connections: Arc<Connections>,
    history_days: u32,
    pace: Pace,
    desks: Mutex<HashMap<String, Arc<Mutex<Desk>>>>,
}

impl Arrivals {
    /// Arrivals into a store; activities are fetched for at most `history_days` back.
    #[must_use]
    pub fn new(store: Store, connections: Arc<Connections>, history_days: u32, pace: Pace) -> Arc<Self> {
        Arc::new(Self { store, connections, history_days, pace, desks: Mutex::new(HashMap::new()) })
    }

    /// Looks for the person behind a Salesforce record that is not in the store. `sfdc_id` has 18 characters.
    pub async fn look(self: &Arc<Self>, account_id: &str, sfdc_id: &str, request_id: &str) -> Arrival {
        let Some(kind) = Kind::of(sfdc_id) else { return Arrival::Absent };
        let mut seen = match self.join(account_id, sfdc_id, kind, request_id) {
            Ok(seen) => seen,
            Err(known) => return known,
        };
        let told =
            tokio::time::timeout(self.pace.patience, async { seen.wait_for(Option::is_some).await.ok().and_then(|told| told.clone()) });
        told.await.ok().flatten().unwrap_or(Arrival::Looking)
    }

    fn join(self: &Arc<Self>, account_id: &str, sfdc_id: &str, kind: Kind, request_id: &str) -> Result<Seen, Arrival> {
        let desk = Arc::clone(lock(&self.desks).entry(account_id.to_owned()).or_default());
        let mut open = lock(&desk);
        if let Some(until) = open.absent.get(sfdc_id) {
            if *until > clock::steady_ms() {
                return Err(Arrival::Absent);
            }
            open.absent.remove(sfdc_id);
        }
        if let Some(seen) = open.under_way.get(sfdc_id) {
            return Ok(seen.clone());
        }
        let (tell, seen) = watch::channel(None);
        open.under_way.insert(sfdc_id.to_owned(), seen.clone());
        open.waiting.push_back(Wanted { sfdc_id: sfdc_id.to_owned(), kind, request_id: request_id.to_owned(), tell });
        if !open.collecting {
            open.collecting = true;
            tokio::spawn(Arc::clone(self).collect(account_id.to_owned(), Arc::clone(&desk)));
        }
        Ok(seen)
    }

    // Runs while somebody waits.
    async fn collect(self: Arc<Self>, account_id: String, desk: Arc<Mutex<Desk>>) {
        loop {
            let pause = if lock(&desk).busy { self.pace.collect_busy } else { self.pace.collect };
            tokio::time::sleep(pause).await;
            for batch in next_batches(&desk) {
                self.ask(&account_id, &desk, batch).await;
            }
            let mut open = lock(&desk);
            if open.waiting.is_empty() {
                open.collecting = false;
                return;
            }
        }
    }

    async fn ask(self: &Arc<Self>, account_id: &str, desk: &Arc<Mutex<Desk>>, batch: Vec<Wanted>) {
        let found = self.find(account_id, &batch).await;
        let mut open = lock(desk);
        let until = clock::steady_ms() + self.pace.remember_ms;
        if open.absent.len() > MOST_REMEMBERED {
            open.absent.clear();
        }
        let (arrived, newcomers, failure) = match found {
            Ok((arrived, newcomers)) => (arrived, newcomers, None),
            Err(problem) => (HashSet::new(), Vec::new(), Some(problem)),
        };
        for wanted in batch {
            open.under_way.remove(&wanted.sfdc_id);
            let outcome = match &failure {
                Some(problem) => Arrival::Unavailable(problem.clone()),
                None if arrived.contains(&wanted.sfdc_id) => Arrival::Arrived,
                None => {
                    open.absent.insert(wanted.sfdc_id.clone(), until);
                    Arrival::Absent
                }
            };
            wanted.tell.send_replace(Some(outcome));
        }
        open.newcomers.extend(newcomers);
        if !open.filling && !open.newcomers.is_empty() {
            open.filling = true;
            tokio::spawn(Arc::clone(self).fill_in(account_id.to_owned(), Arc::clone(desk)));
        }
    }

    async fn find(&self, account_id: &str, batch: &[Wanted]) -> Result<(HashSet<String>, Vec<Newcomer>), Problem> {
        let Some(first) = batch.first() else { return Ok((HashSet::new(), Vec::new())) };
        let marketo = self.connections.marketo(account_id).await?;
        let asker = Asker { purpose: Purpose::Interactive, request_id: &first.request_id };
        let ids: Vec<String> = batch.iter().map(|wanted| wanted.sfdc_id.clone()).collect();
        let leads = marketo.leads(asker, first.kind.filter(), &ids).await.map_err(|error| error.problem("Marketo"))?;
        let mut arrived = HashSet::new();
        let mut people = Vec::new();
        let mut left_out = people::LeftOut::new();
        for lead in leads {
            let asked_for = first.kind.of_lead(&lead).and_then(people::eighteen);
            if let Ok(person) = people::admit(lead, &mut left_out) {
                arrived.extend(asked_for);
                people.push(person);
            }
        }
        let tenant = self.store.tenant(account_id);
        let known =
            tenant.known_leads(&people.iter().map(|person| person.lead_id).collect::<Vec<_>>()).await.map_err(|error| broken(&error))?;
        if !people.is_empty() {
            people::count(&left_out);
        }
        let new = people.iter().filter(|person| !known.contains(&person.lead_id));
        let newcomers = new.map(|person| Newcomer { lead_id: person.lead_id, created_at: person.created_at }).collect();
        if !people.is_empty() {
            tenant.upsert_people(people, clock::now_ms(), None).await.map_err(|error| broken(&error))?;
        }
        Ok((arrived, newcomers))
    }

    // Runs while somebody's activities are missing. Under load it waits for full batches: a call costs the same for
    // one person as for thirty.
    async fn fill_in(self: Arc<Self>, account_id: String, desk: Arc<Mutex<Desk>>) {
        let mut waited = 0_u32;
        loop {
            let batch: Vec<Newcomer> = {
                let mut open = lock(&desk);
                if open.newcomers.is_empty() {
                    open.filling = false;
                    return;
                }
                let wait_on = open.newcomers.len() < LEADS_PER_CALL && open.busy && waited < 4;
                let take = if wait_on { 0 } else { open.newcomers.len().min(LEADS_PER_CALL) };
                open.newcomers.drain(..take).collect()
            };
            if batch.is_empty() {
                waited += 1;
                tokio::time::sleep(self.pace.collect_busy).await;
                continue;
            }
            waited = 0;
            self.fill_batch(&account_id, &batch).await;
        }
    }

    async fn fill_batch(&self, account_id: &str, batch: &[Newcomer]) {
        let request_id = clock::new_id();
        let asker = Asker { purpose: Purpose::Interactive, request_id: &request_id };
        for attempt in 0..5_u32 {
            match self.marketo_quietly(account_id).await {
                None => return,
                Some(marketo) => match fill(&self.store.tenant(account_id), &marketo, asker, batch, self.history_days).await {
                    Ok(_) => return,
                    Err(error) => {
                        tracing::warn!(account_id, people = batch.len(), attempt, %error, "newcomers' activities are missing still");
                    }
                },
            }
            tokio::time::sleep(Duration::from_secs(5 << attempt)).await;
        }
    }

    async fn marketo_quietly(&self, account_id: &str) -> Option<Arc<Marketo>> {
        self.connections
            .marketo(account_id)
            .await
            .inspect_err(|problem| tracing::warn!(account_id, %problem, "no connection for newcomers"))
            .ok()
    }
}

// One call for each kind of record; under load only the kind that waits longest, so that batches are fuller.
fn next_batches(desk: &Mutex<Desk>) -> Vec<Vec<Wanted>> {
    let mut open = lock(desk);
    open.busy = open.waiting.len() > BUSY;
    let mut first: Vec<Wanted> = Vec::new();
    let mut other: Vec<Wanted> = Vec::new();
    let mut left = VecDeque::new();
    while let Some(wanted) = open.waiting.pop_front() {
        let same = first.first().is_none_or(|leader| leader.kind == wanted.kind);
        if same && first.len() < FILTER_VALUES {
            first.push(wanted);
        } else if !same && !open.busy && other.len() < FILTER_VALUES {
            other.push(wanted);
        } else {
            left.push_back(wanted);
        }
    }
    open.waiting = left;
    [first, other].into_iter().filter(|batch| !batch.is_empty()).collect()
}

fn broken(error: &crate::store::StoreError) -> Problem {
    tracing::error!(%error, "the store did not answer");
    Problem::unavailable("store.unavailable", "The account's database does not answer just now. Please try again shortly.", 5)
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
pub(crate) mod tests;
