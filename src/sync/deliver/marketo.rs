//! To Marketo: custom activities, up to 300 a call, and requests of campaigns, up to 100 people a call.

use std::collections::{BTreeMap, HashMap};
use std::time::Duration;

use serde_json::Value;

use super::fate::{self, Fate, Halt, Sent, Whole};
use super::marketo_types::{TYPES, api_name};
use super::{Shift, wording};
use crate::account::activities::{CampaignDetail, marker};
use crate::remote::call::CallError;
use crate::remote::marketo::budget::Purpose;
use crate::remote::marketo::campaigns;
use crate::remote::marketo::custom_activities::Added;
use crate::remote::marketo::custom_types::CustomTypes;
use crate::remote::marketo::writes::{Manner, WriteError};
use crate::remote::marketo::{Asker, Marketo};
use crate::remote::moment;
use crate::store::deliveries::{Due, REQUESTS_APART_MS};

const SYSTEM: &str = "Marketo";
/// The type under which Marketo keeps the requests of campaigns.
const REQUESTED: i64 = 47;
/// Clocks may differ so much, and times of activities are whole seconds.
const BACK_MS: i64 = 15 * 60_000;
const CAMPAIGN_BACK_MS: i64 = REQUESTS_APART_MS / 2;

struct Way<'a> {
    shift: &'a Shift<'a>,
    marketo: std::sync::Arc<Marketo>,
    manner: Manner,
}

impl Way<'_> {
    fn asker(&self) -> Asker<'_> {
        Asker { purpose: Purpose::Background("deliver_marketo"), request_id: &self.shift.request_id }
    }
}

async fn way<'a>(shift: &'a Shift<'a>) -> Result<Way<'a>, Halt> {
    let connections = &shift.deps.connections;
    let marketo = connections.marketo(shift.tenant.account_id()).await.map_err(|problem| fate::no_connection(&problem))?;
    let timeout = Duration::from_secs(u64::from(connections.settings().delivery.call_seconds.max(1)));
    Ok(Way { shift, marketo, manner: Manner { timeout, by: shift.until } })
}

// Nothing is written by asking for the types, or by making them twice: Marketo refuses a second one of the same name.
async fn types(way: &Way<'_>) -> Result<std::sync::Arc<CustomTypes>, Halt> {
    way.marketo.custom_types(&TYPES, way.asker()).await.map_err(|error| match fate::whole(WriteError::Refused(error.clone()), SYSTEM) {
        Whole::Halt(halt) => halt,
        _ => Halt { problem: format!("Marketo's activity types can't be made ready: {error}."), wait_ms: 2_000 },
    })
}

/// Sends a batch.
pub async fn send(shift: &Shift<'_>, due: &[Due]) -> Sent {
    let mut sent = Sent::default();
    let way = match way(shift).await {
        Ok(way) => way,
        Err(halt) => return Sent { halt: Some(halt), ..sent },
    };
    let (requests, activities): (Vec<&Due>, Vec<&Due>) = due.iter().partition(|due| due.activity.kind == "campaign");
    if !activities.is_empty() {
        match types(&way).await {
            Ok(types) => add(&way, &types, activities, &mut sent).await,
            Err(halt) => sent.halt = Some(halt),
        }
    }
    if sent.halt.is_none() {
        request(&way, requests, &mut sent).await;
    }
    sent
}

async fn add(way: &Way<'_>, types: &CustomTypes, due: Vec<&Due>, sent: &mut Sent) {
    let mut told = Vec::new();
    for due in due {
        let type_id = api_name(&due.activity.kind).and_then(|name| types.id(name));
        match type_id.and_then(|id| wording::for_marketo(due, id)) {
            Some(activity) => told.push((due, activity)),
            None => {
                sent.fates.insert(due.delivery_id.clone(), Fate::Skipped("Marketo has no activity of this kind."));
            }
        }
    }
    // What was refused as a whole is sent in halves until the one at fault is alone.
    let mut batches: Vec<&[(&Due, Value)]> = vec![&told];
    while let Some(batch) = batches.pop().filter(|batch| !batch.is_empty()) {
        if sent.halt.is_some() || !way.shift.may_send() {
            return;
        }
        let all: Vec<&Due> = batch.iter().map(|(due, _)| *due).collect();
        let activities: Vec<Value> = batch.iter().map(|(_, activity)| activity.clone()).collect();
        match way.marketo.add_activities(&activities, way.manner, way.asker()).await {
            Ok(rows) => {
                for (due, row) in all.iter().zip(rows) {
                    let fate = match row {
                        Added::Done(id) => Fate::Done(Some(id)),
                        Added::Skipped { code, detail } => Fate::refused("marketo", &code, &detail),
                    };
                    sent.fates.insert(due.delivery_id.clone(), fate);
                }
            }
            Err(error) => match fate::whole(error, SYSTEM) {
                Whole::Refused { .. } if batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.push(second);
                    batches.push(first);
                }
                other => whole(sent, &all, other),
            },
        }
    }
}

async fn request(way: &Way<'_>, due: Vec<&Due>, sent: &mut Sent) {
    let mut by_campaign: BTreeMap<i64, Vec<&Due>> = BTreeMap::new();
    for due in due {
        match serde_json::from_str::<CampaignDetail>(&due.activity.detail) {
            Ok(detail) => by_campaign.entry(detail.campaign_id).or_default().push(due),
            Err(_) => {
                sent.fates.insert(due.delivery_id.clone(), Fate::Skipped("It can't be read any more."));
            }
        }
    }
    for (campaign, due) in by_campaign {
        // A campaign is refused as a whole for one person who is gone, so those who are left are asked for in halves.
        let mut batches: Vec<&[&Due]> = due.chunks(campaigns::MOST).collect();
        while let Some(batch) = batches.pop() {
            if sent.halt.is_some() || !way.shift.may_send() {
                return;
            }
            let leads: Vec<i64> = batch.iter().map(|due| due.activity.lead_id).collect();
            match way.marketo.request_campaign(campaign, &leads, way.manner, way.asker()).await {
                Ok(()) => sent.all(batch, &Fate::Done(None)),
                Err(error) => match fate::whole(error, SYSTEM) {
                    Whole::Refused { .. } if batch.len() > 1 => {
                        let (first, second) = batch.split_at(batch.len() / 2);
                        batches.push(second);
                        batches.push(first);
                    }
                    other => whole(sent, batch, other),
                },
            }
        }
    }
}

fn whole(sent: &mut Sent, due: &[&Due], outcome: Whole) {
    match outcome {
        Whole::Unknown(code) => sent.all(due, &Fate::Unknown { code }),
        Whole::Halt(halt) => sent.halt = Some(halt),
        Whole::Refused { code, detail } => sent.all(due, &Fate::refused("marketo", &code, &detail)),
        Whole::Later(code) => sent.all(due, &Fate::Retry { code, detail: String::new() }),
    }
}

/// Looks whether what may have been written is there.
pub async fn look_up(shift: &Shift<'_>, due: &[Due]) -> Sent {
    match found(shift, due).await {
        Ok(fates) => Sent { fates, halt: None },
        Err(halt) => Sent { fates: HashMap::new(), halt: Some(halt) },
    }
}

async fn found(shift: &Shift<'_>, due: &[Due]) -> Result<HashMap<String, Fate>, Halt> {
    let way = way(shift).await?;
    let types = types(&way).await?;
    let mut ids: Vec<i64> = due.iter().filter_map(|due| types.id(api_name(&due.activity.kind)?)).collect();
    if due.iter().any(|due| due.activity.kind == "campaign") {
        ids.push(REQUESTED);
    }
    ids.sort_unstable();
    ids.dedup();
    let mut leads: Vec<i64> = due.iter().map(|due| due.activity.lead_id).collect();
    leads.sort_unstable();
    leads.dedup();
    let earliest = due.iter().map(|due| due.activity.happened_at.min(due.last_attempt_at.unwrap_or(i64::MAX))).min().unwrap_or(0);
    // What we wrote down by a clock that runs ahead happened earlier.
    let ahead = shift.deps.connections.caller().ahead_ms();
    let since = moment::format(earliest - ahead - BACK_MS);
    let there = way.marketo.written_activities(&ids, &leads, &since, way.asker()).await.map_err(|error| unseen(&error))?;
    let fate = |due: &Due| {
        let activity = &due.activity;
        let of_person = there.iter().filter(|one| one.lead_id == activity.lead_id);
        let hit = if activity.kind == "campaign" {
            let detail: CampaignDetail = serde_json::from_str(&activity.detail).unwrap_or_default();
            let since = due.last_attempt_at.unwrap_or(activity.created_at) - ahead - CAMPAIGN_BACK_MS;
            of_person
                .filter(|one| one.type_id == REQUESTED && one.at >= since)
                .find(|one| one.primary_attribute_value_id == Some(detail.campaign_id))
        } else {
            let marker = marker(activity.number);
            let mut of_person = of_person;
            of_person.find(|one| one.primary_attribute_value.as_deref() == Some(&marker))
        };
        hit.map_or(Fate::Missing, |one| Fate::Done(Some(one.guid.clone())))
    };
    Ok(due.iter().map(|due| (due.delivery_id.clone(), fate(due))).collect())
}

// A lookup changes nothing, so that it can simply be repeated.
fn unseen(error: &CallError) -> Halt {
    match fate::whole(WriteError::Refused(error.clone()), SYSTEM) {
        Whole::Halt(halt) => halt,
        _ => Halt { problem: format!("Marketo can't be asked whether an activity arrived: {error}."), wait_ms: 2_000 },
    }
}
