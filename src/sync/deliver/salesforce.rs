//! To Salesforce: tasks, up to 200 a call, found again by our own id.

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value, json};

use super::fate::{self, Fate, Halt, Sent, Whole};
use super::{Shift, wording};
use crate::account::activities::marker;
use crate::account::salesforce_calls::{self, NoAnswer};
use crate::remote::call::Call;
use crate::remote::marketo::writes::{WriteError, sorted};
use crate::remote::salesforce::tasks::{self, MARKER, Saved};
use crate::store::deliveries::Due;

const SYSTEM: &str = "Salesforce";
/// The kind of activity by which somebody wants no more mail.
const OPT_OUT: &str = "unsubscribed";

async fn call<T>(shift: &Shift<'_>, call: &Call<T>) -> Result<T, NoAnswer> {
    salesforce_calls::send(&shift.deps.connections, &shift.tenant, call, &shift.request_id).await
}

// What may be written, as the org itself says; a field that an org lacks is left out.
async fn writable(shift: &Shift<'_>) -> Result<HashSet<String>, Halt> {
    let account_id = shift.tenant.account_id().to_owned();
    if let Some(known) = shift.deps.task_fields.get(&account_id).await {
        return Ok((*known).clone());
    }
    let describe = tasks::describe(shift.deps.connections.caller());
    let fields: HashSet<String> = call(shift, &describe).await.map_err(|error| unseen(&error))?.into_iter().collect();
    if !fields.contains(MARKER) {
        return Err(Halt {
            problem: format!(
                "The org has no field {MARKER} on Activity, or the connected user may not write it. Install or upgrade the Salesforce \
                 package and assign its permission set."
            ),
            wait_ms: super::PAUSE_MS,
        });
    }
    shift.deps.task_fields.insert(account_id, std::sync::Arc::new(fields.clone())).await;
    Ok(fields)
}

/// Sends a batch.
pub async fn send(shift: &Shift<'_>, due: &[Due]) -> Sent {
    let mut sent = Sent::default();
    let fields = match writable(shift).await {
        Ok(fields) => fields,
        Err(halt) => return Sent { halt: Some(halt), ..sent },
    };
    let Ok(decided) = shift.tenant.acting_settings().await else {
        return Sent { halt: Some(Halt { problem: "The account's database does not answer.".to_owned(), wait_ms: 2_000 }), ..sent };
    };
    opt_out(shift, due, &decided.opt_out_field, &mut sent).await;
    change(shift, due, &fields, &mut sent).await;
    let mut records: Vec<(&Due, Value)> = Vec::new();
    for due in due.iter().filter(|due| due.verb == "create") {
        match wording::for_salesforce(due, &decided.subject_pattern) {
            Some(task) => records.push((due, known(task, &fields))),
            None => {
                sent.fates.insert(due.delivery_id.clone(), Fate::Skipped("Salesforce has no record for this kind of activity."));
            }
        }
    }
    let mut batches: Vec<&[(&Due, Value)]> = vec![&records];
    while let Some(batch) = batches.pop().filter(|batch| !batch.is_empty()) {
        if sent.halt.is_some() || !shift.may_send() {
            break;
        }
        let all: Vec<&Due> = batch.iter().map(|(due, _)| *due).collect();
        let tasks: Vec<Value> = batch.iter().map(|(_, task)| task.clone()).collect();
        let create = tasks::create(shift.deps.connections.caller(), &tasks);
        match call(shift, &create).await {
            Ok(rows) if rows.len() == batch.len() => {
                for (due, row) in all.iter().zip(rows) {
                    sent.fates.insert(due.delivery_id.clone(), saved(row));
                }
            }
            Ok(_) => sent.all(&all, &Fate::Unknown { code: "BAD_ANSWER".to_owned() }),
            Err(NoAnswer::Connection(problem)) => sent.halt = Some(fate::no_connection(&problem)),
            Err(NoAnswer::Call(error)) => match fate::whole(sorted(error), SYSTEM) {
                Whole::Refused { .. } if batch.len() > 1 => {
                    let (first, second) = batch.split_at(batch.len() / 2);
                    batches.push(second);
                    batches.push(first);
                }
                Whole::Unknown(code) => sent.all(&all, &Fate::Unknown { code }),
                Whole::Halt(halt) => sent.halt = Some(halt),
                Whole::Refused { code, detail } => sent.all(&all, &Fate::refused("salesforce", &code, &detail)),
                Whole::Later(code) => sent.all(&all, &Fate::Retry { code, detail: String::new() }),
            },
        }
    }
    sent
}

// Leads and contacts that want no more mail; to say so twice does no harm.
async fn opt_out(shift: &Shift<'_>, due: &[Due], field: &str, sent: &mut Sent) {
    for object in ["Lead", "Contact"] {
        let gone: Vec<&Due> = due.iter().filter(|due| due.activity.kind == OPT_OUT && due.activity.sfdc_type == object).collect();
        if gone.is_empty() || sent.halt.is_some() {
            continue;
        }
        let records: Vec<Value> = gone.iter().map(|due| wording::of_opt_out(due, field)).collect();
        let outcome = call(shift, &tasks::change_people(shift.deps.connections.caller(), &records)).await;
        repeatable(outcome, &gone, sent);
    }
}

// Changes of tasks can be repeated, so that an unknown outcome is simply tried again.
async fn change(shift: &Shift<'_>, due: &[Due], fields: &HashSet<String>, sent: &mut Sent) {
    let mut records: Vec<(&Due, Value)> = Vec::new();
    for due in due.iter().filter(|due| due.verb == "update" && due.activity.kind != OPT_OUT) {
        let (task, mail) =
            tokio::join!(shift.tenant.upstream_id(&due.activity.id, "salesforce"), shift.deps.store.sales_email(&due.activity.id));
        let fate = match (task, mail) {
            (Ok(Some(id)), Ok(mail)) if mail.is_some() || due.activity.kind == "task" => {
                let record = match &mail {
                    Some(mail) => Some(wording::of_mail(mail)),
                    None => wording::of_task(&due.activity.detail),
                };
                let Some(mut record) = record else {
                    sent.fates.insert(due.delivery_id.clone(), Fate::Skipped("It can't be read any more."));
                    continue;
                };
                record.retain(|name, _| fields.contains(name));
                record.insert("Id".to_owned(), json!(id));
                records.push((due, json!(record)));
                continue;
            }
            (Ok(_), Ok(_)) => Fate::Skipped("Salesforce has no task of this."),
            _ => Fate::Retry { code: "SERVER_UNAVAILABLE".to_owned(), detail: "The account's database does not answer.".to_owned() },
        };
        sent.fates.insert(due.delivery_id.clone(), fate);
    }
    if records.is_empty() {
        return;
    }
    let all: Vec<&Due> = records.iter().map(|(due, _)| *due).collect();
    let tasks: Vec<Value> = records.iter().map(|(_, record)| record.clone()).collect();
    let outcome = call(shift, &tasks::change(shift.deps.connections.caller(), &tasks)).await;
    repeatable(outcome, &all, sent);
}

// Of what can be repeated, an unknown outcome is simply tried again.
fn repeatable(outcome: Result<Vec<Saved>, NoAnswer>, all: &[&Due], sent: &mut Sent) {
    match outcome {
        Ok(rows) if rows.len() == all.len() => {
            for (due, row) in all.iter().zip(rows) {
                sent.fates.insert(due.delivery_id.clone(), saved(row));
            }
        }
        Ok(_) => sent.all(all, &Fate::Retry { code: "BAD_ANSWER".to_owned(), detail: String::new() }),
        Err(NoAnswer::Connection(problem)) => sent.halt = Some(fate::no_connection(&problem)),
        Err(NoAnswer::Call(error)) => match fate::whole(WriteError::Refused(error), SYSTEM) {
            Whole::Halt(halt) => sent.halt = Some(halt),
            Whole::Refused { code, detail } => sent.all(all, &Fate::refused("salesforce", &code, &detail)),
            Whole::Unknown(code) | Whole::Later(code) => sent.all(all, &Fate::Retry { code, detail: String::new() }),
        },
    }
}

fn known(task: Map<String, Value>, fields: &HashSet<String>) -> Value {
    json!(task.into_iter().filter(|(name, _)| fields.contains(name)).collect::<Map<_, _>>())
}

fn saved(row: Saved) -> Fate {
    match row {
        Saved::Done(id) => Fate::Done(Some(id)),
        // Our own id is there already: an earlier attempt arrived after all.
        Saved::Refused { code, .. } if code == "DUPLICATE_VALUE" => Fate::Unknown { code },
        Saved::Refused { code, detail } => Fate::refused("salesforce", &code, &detail),
    }
}

/// Looks whether what may have been written is there.
pub async fn look_up(shift: &Shift<'_>, due: &[Due]) -> Sent {
    // A change that was cut off is made again.
    let markers: Vec<String> = due.iter().map(|due| marker(due.activity.number)).collect();
    let find = tasks::find(shift.deps.connections.caller(), &markers);
    match call(shift, &find).await {
        Ok(there) => {
            let fate = |due: &Due| if due.verb == "update" { Fate::Missing } else { made(&there, due) };
            Sent { fates: due.iter().map(|due| (due.delivery_id.clone(), fate(due))).collect(), halt: None }
        }
        Err(error) => Sent { fates: HashMap::new(), halt: Some(unseen(&error)) },
    }
}

fn made(there: &HashMap<String, String>, due: &Due) -> Fate {
    there.get(&marker(due.activity.number)).map_or(Fate::Missing, |id| Fate::Done(Some(id.clone())))
}

fn unseen(error: &NoAnswer) -> Halt {
    match error {
        NoAnswer::Connection(problem) => fate::no_connection(problem),
        NoAnswer::Call(error) => match fate::whole(WriteError::Refused(error.clone()), SYSTEM) {
            Whole::Halt(halt) => halt,
            _ => Halt { problem: format!("Salesforce can't be asked just now: {error}."), wait_ms: 2_000 },
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::remote::call::CallError;
    use crate::sync::deliver::wording::tests::due;

    #[test]
    fn a_marker_that_is_there_already_is_looked_up() {
        let refused = |code: &str| saved(Saved::Refused { code: code.to_owned(), detail: "why".to_owned() });
        assert_eq!(refused("DUPLICATE_VALUE"), Fate::Unknown { code: "DUPLICATE_VALUE".to_owned() });
        assert_eq!(refused("REQUIRED_FIELD_MISSING"), Fate::Failed { code: "REQUIRED_FIELD_MISSING".to_owned(), detail: "why".to_owned() });
        assert_eq!(saved(Saved::Done("00T".to_owned())), Fate::Done(Some("00T".to_owned())));
    }

    #[test]
    fn a_lookup_that_may_not_be_made_says_why_and_others_are_simply_repeated() {
        let halt = |error: CallError| unseen(&NoAnswer::Call(error));
        assert_eq!(halt(CallError::Forbidden).wait_ms, super::super::PAUSE_MS);
        let passing = halt(CallError::Timeout);
        assert_eq!(passing.wait_ms, 2_000);
        assert!(passing.problem.starts_with("Salesforce can't be asked just now"), "{}", passing.problem);
    }

    #[test]
    fn an_answer_that_leaves_some_out_settles_nobody() {
        let (first, second) = (due("task", &()), due("task", &()));
        let mut sent = Sent::default();
        repeatable(Ok(vec![Saved::Done("00T000000000001AAA".to_owned())]), &[&first, &second], &mut sent);
        assert_eq!(sent.fates[&first.delivery_id], Fate::Retry { code: "BAD_ANSWER".to_owned(), detail: String::new() });
    }
}
