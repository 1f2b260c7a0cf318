//! The few things about an answer that a template can't work out by itself.

use serde_json::{Map, Value, json};

/// Longest time left that is worth saying, in seconds.
const LONGEST_LEFT: i64 = 30 * 24 * 60 * 60;
/// Fields of an invitation that a column of a file may hold.
const IMPORT_FIELDS: [&str; 5] = ["email", "first_name", "last_name", "role", "teams"];
/// Where each step of the guide is done.
const STEPS: [&str; 7] = [
    "/admin/marketo/actions-config",
    "/admin/settings/salesforce",
    "/admin/settings/marketo",
    "/admin/marketo/actions-config",
    "/admin/settings/users",
    "/admin/settings/salesforce/package",
    "/admin/settings/salesforce/package",
];

/// Prepares the answers of a page for its template.
pub fn shape(page: &str, data: &mut Map<String, Value>) {
    match page {
        "actions-config" => {
            let sync = data.get("config").and_then(|config| config.get("sync")).cloned().unwrap_or_default();
            data.insert("sync".to_owned(), progress(sync));
        }
        "field-sync" | "field-sync-progress" => {
            let sync = data.get("sync").cloned().unwrap_or_default();
            data.insert("sync".to_owned(), progress(sync));
            if let Some(skipped) = data.get_mut("preview").and_then(|preview| preview.get_mut("skipped")) {
                *skipped = reasons(skipped);
            }
        }
        "marketo" => super::budget::draw(data),
        "campaign" => super::funnel::draw(data),
        "circular" => super::choosing::draw(data),
        "campaign-people" => {
            data.insert("states".to_owned(), json!(["under_way", "blocked", "finished", "succeeded", "ended"]));
        }
        "users" => choices(data),
        "import-map" => columns(data),
        "import-check" | "import-invite" | "import-progress" | "import-report" => counted(data),
        "set-up" => steps(data),
        _ => {}
    }
}

fn items<'a>(data: &'a mut Map<String, Value>, name: &str) -> Option<&'a mut Vec<Value>> {
    data.get_mut(name)?.get_mut("items")?.as_array_mut()
}

fn put(value: &mut Value, name: &str, with: Value) {
    if let Some(object) = value.as_object_mut() {
        object.insert(name.to_owned(), with);
    }
}

fn number(value: &Value, name: &str) -> i64 {
    value.get(name).and_then(Value::as_i64).unwrap_or_default()
}

// What was left out, as a list: the most frequent reason first.
fn reasons(skipped: &Value) -> Value {
    let mut reasons: Vec<(&String, i64)> =
        skipped.as_object().into_iter().flatten().map(|(reason, count)| (reason, count.as_i64().unwrap_or_default())).collect();
    reasons.sort_by(|one, other| other.1.cmp(&one.1).then(one.0.cmp(other.0)));
    reasons.into_iter().filter(|(_, count)| *count > 0).map(|(reason, count)| json!({ "reason": reason, "count": count })).collect()
}

// A job with its share done and the time left, where the account knows how many there are.
fn progress(mut sync: Value) -> Value {
    let state = sync.get("state").and_then(Value::as_str).unwrap_or("idle").to_owned();
    let (read, expected, left) = (number(&sync, "read"), number(&sync, "expected"), number(&sync, "seconds_left"));
    let rate = sync.get("per_second").and_then(Value::as_f64).unwrap_or_default();
    let percent = (expected > 0).then(|| (read.saturating_mul(100) / expected).clamp(0, 100));
    let minutes = (state == "running" && (1..=LONGEST_LEFT).contains(&left)).then(|| (left + 59) / 60);
    let skipped = reasons(sync.get("skipped").unwrap_or(&Value::Null));
    let left_out = reasons(sync.get("left_out").unwrap_or(&Value::Null));
    for (name, value) in [
        ("state", json!(state)),
        ("moving", json!(state == "running")),
        ("cancellable", json!(["running", "paused", "failed"].contains(&state.as_str()))),
        ("percent", json!(percent)),
        ("minutes_left", json!(minutes)),
        ("rate", json!(whole(rate))),
        ("skipped", skipped),
        ("left_out", left_out),
    ] {
        put(&mut sync, name, value);
    }
    sync
}

// A rate to the whole number, without a cast: it is small and printed anyway.
fn whole(rate: f64) -> i64 {
    format!("{:.0}", rate.clamp(0.0, 1e9)).parse().unwrap_or_default()
}

// For each member, every team with whether the member is in it.
fn choices(data: &mut Map<String, Value>) {
    let teams = items(data, "teams").cloned().unwrap_or_default();
    for member in items(data, "members").into_iter().flatten() {
        let own: Vec<Value> =
            member.get("teams").and_then(Value::as_array).into_iter().flatten().filter_map(|team| team.get("id").cloned()).collect();
        let choices: Vec<Value> = teams
            .iter()
            .map(|team| {
                let mut choice = team.clone();
                put(&mut choice, "chosen", json!(team.get("id").is_some_and(|id| own.contains(id))));
                choice
            })
            .collect();
        put(member, "choices", json!(choices));
    }
}

// For each field of an invitation, every column with whether it is the one.
fn columns(data: &mut Map<String, Value>) {
    let Some(import) = data.get_mut("import") else { return };
    let header: Vec<Value> = import.get("header").and_then(Value::as_array).cloned().unwrap_or_default();
    let mapping = import.get("mapping").cloned().unwrap_or_default();
    let targets: Vec<Value> = IMPORT_FIELDS
        .iter()
        .map(|field| {
            let at = mapping.get(field).and_then(Value::as_u64);
            let columns: Vec<Value> = header
                .iter()
                .zip(0_u64..)
                .map(|(name, index)| json!({ "index": index, "number": index + 1, "name": name, "chosen": at == Some(index) }))
                .collect();
            json!({ "field": field, "needed": *field == "email", "columns": columns, "chosen": at.is_some() })
        })
        .collect();
    put(import, "targets", json!(targets));
    let delimiter = match import.get("delimiter").and_then(Value::as_str).unwrap_or_default() {
        "," => "comma",
        ";" => "semicolon",
        "\t" | "\\t" => "tab",
        other => other,
    };
    let delimiter = json!(delimiter);
    put(import, "delimiter", delimiter);
}

// How many rows of a file came to what, as a list: those that need a look first.
fn counted(data: &mut Map<String, Value>) {
    let Some(import) = data.get_mut("import") else { return };
    let counts = import.get("counts").cloned().unwrap_or_default();
    let good = ["will_invite", "invited"];
    let mut list: Vec<Value> = reasons(&counts).as_array().cloned().unwrap_or_default();
    list.sort_by_key(|entry| entry.get("reason").and_then(Value::as_str).is_some_and(|reason| good.contains(&reason)));
    let to_invite = number(&counts, "will_invite") + number(&counts, "invited");
    let done = number(&counts, "invited");
    let state = import.get("state").and_then(Value::as_str).unwrap_or_default().to_owned();
    let (rows, unchecked) = (number(import, "rows"), number(&counts, "unchecked"));
    let percent = if state == "checking" && rows > 0 {
        (rows - unchecked).saturating_mul(100) / rows
    } else if to_invite > 0 {
        done.saturating_mul(100) / to_invite
    } else {
        100
    };
    for (name, value) in [
        ("outcomes", json!(list)),
        ("will_invite", json!(number(&counts, "will_invite"))),
        ("to_invite", json!(to_invite)),
        ("invited", json!(done)),
        ("percent", json!(percent)),
        ("moving", json!(state == "inviting")),
        ("checking", json!(state == "checking")),
        ("checked", json!(["checked", "inviting", "done", "stopped"].contains(&state.as_str()))),
        ("finished", json!(state == "done")),
        ("started", json!(["inviting", "done", "stopped"].contains(&state.as_str()))),
    ] {
        put(import, name, value);
    }
}

// Each step with where it is done and whether it is the next one; how many are done.
fn steps(data: &mut Map<String, Value>) {
    let Some(set_up) = data.get_mut("set_up") else { return };
    let mut done = 0;
    let mut count = 0;
    for step in set_up.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten() {
        let place = usize::try_from(number(step, "number") - 1).ok().and_then(|index| STEPS.get(index)).copied().unwrap_or_default();
        put(step, "href", json!(place));
        let text = number(step, "number").to_string();
        put(step, "name", json!(text));
        let is_done = step.get("state").and_then(Value::as_str) == Some("done");
        // The first step that is left to do lies open.
        put(step, "next", json!(!is_done && done == count));
        count += 1;
        done += i64::from(is_done);
    }
    put(set_up, "done", json!(done));
    put(set_up, "count", json!(count));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shaped(page: &str, data: &Value) -> Map<String, Value> {
        let mut data = data.as_object().unwrap().clone();
        shape(page, &mut data);
        data
    }

    #[test]
    fn a_running_sync_says_how_far_it_is_and_how_long_it_takes() {
        let sync = json!({"state": "running", "read": 250, "expected": 1000, "seconds_left": 250, "per_second": 2.6, "skipped": {"no_owner": 3, "none": 0, "deleted": 9}});
        let data = shaped("field-sync-progress", &json!({ "sync": sync }));
        assert_eq!(data["sync"]["percent"], 25);
        assert_eq!(data["sync"]["minutes_left"], 5);
        assert_eq!(data["sync"]["skipped"], json!([{"reason": "deleted", "count": 9}, {"reason": "no_owner", "count": 3}]));
        let bare = shaped("field-sync-progress", &json!({ "sync": {"state": "running"} }));
        assert_eq!(bare["sync"]["percent"], Value::Null);
        assert_eq!(bare["sync"]["minutes_left"], Value::Null);
    }

    #[test]
    fn columns_that_were_recognised_are_chosen() {
        let data = shaped("import-map", &json!({ "import": {"header": ["Mail", "Name"], "mapping": {"email": 0}} }));
        assert_eq!(data["import"]["targets"][0]["columns"][0]["chosen"], true);
        assert_eq!(data["import"]["targets"][0]["columns"][1]["chosen"], false);
        assert_eq!(data["import"]["targets"][1]["chosen"], false);
    }

    #[test]
    fn problems_come_before_what_is_well() {
        let counts = json!({"will_invite": 90, "malformed": 2, "duplicate": 5});
        let data = shaped("import-check", &json!({ "import": {"state": "checked", "counts": counts} }));
        let order: Vec<&str> =
            data["import"]["outcomes"].as_array().unwrap().iter().map(|entry| entry["reason"].as_str().unwrap()).collect();
        assert_eq!(order, ["duplicate", "malformed", "will_invite"]);
    }
}
