//! A campaign drawn: how many began, and how many reached each step.

use serde_json::{Map, Value, json};

const KINDS: [&str; 4] = ["email", "call", "in_mail", "custom"];
const WIDTH: i64 = 320;
const BAND: i64 = 30;
const NARROWEST: i64 = 2;

/// Adds the drawing to the answer about a campaign, and what a template can't work out by itself.
pub fn draw(data: &mut Map<String, Value>) {
    let templates = data.get("templates").and_then(|templates| templates.get("items")).cloned().unwrap_or_default();
    let Some(campaign) = data.get_mut("campaign") else { return };
    let figures = campaign.get("figures").cloned().unwrap_or_default();
    let started = figures.get("started").and_then(Value::as_i64).unwrap_or_default();
    let steps = figures.get("steps").and_then(Value::as_array).cloned().unwrap_or_default();
    let reached: Vec<i64> =
        std::iter::once(started).chain(steps.iter().map(|step| step.get("done").and_then(Value::as_i64).unwrap_or_default())).collect();
    let shares: Vec<i64> = reached.iter().map(|count| (count * WIDTH / started.max(1)).clamp(NARROWEST, WIDTH)).collect();
    let mut bands = Vec::new();
    for (index, share) in shares.iter().enumerate() {
        let next = shares.get(index + 1).copied().unwrap_or(*share);
        let number = i64::try_from(index).unwrap_or_default();
        let (top, middle) = (number * BAND, WIDTH / 2);
        // A bar, and the slope to the next one.
        let path = format!(
            "M{} {top}h{share}v{}L{} {}H{}L{} {}z",
            middle - share / 2,
            BAND - 8,
            middle + next / 2,
            top + BAND,
            middle - next / 2,
            middle - share / 2,
            top + BAND - 8,
        );
        bands.push(json!({ "path": path, "text_y": top + 16, "count": reached.get(index), "number": index }));
    }
    let last = reached.last().copied().unwrap_or_default();
    let height = i64::try_from(bands.len()).unwrap_or_default() * BAND;
    let under_way = campaign.pointer("/people/under_way").and_then(Value::as_i64).unwrap_or_default();
    let shared = campaign.get("shared").and_then(Value::as_array).cloned().unwrap_or_default();
    let total = campaign.get("steps").and_then(Value::as_array).map_or(0, Vec::len);
    if let Some(campaign) = campaign.as_object_mut() {
        campaign
            .insert("funnel".to_owned(), json!({ "bands": bands, "height": height, "started": started, "last": last, "any": started > 0 }));
        campaign.insert("busy".to_owned(), json!(under_way > 0));
        campaign.insert("next_day".to_owned(), json!(last_day(campaign.get("steps"))));
        campaign.insert("kinds".to_owned(), json!(KINDS.map(|kind| blank(kind, total == 0, &templates))));
        for (index, step) in campaign.get_mut("steps").and_then(Value::as_array_mut).into_iter().flatten().enumerate() {
            ready(step, index == 0, &templates);
        }
        campaign.insert("step_count".to_owned(), json!(total));
    }
    for team in data.get_mut("teams").and_then(|teams| teams.get_mut("items")).and_then(Value::as_array_mut).into_iter().flatten() {
        let chosen = team.get("id").is_some_and(|id| shared.contains(id));
        if let Some(team) = team.as_object_mut() {
            team.insert("chosen".to_owned(), json!(chosen));
        }
    }
}

// A step that is about to be added.
fn blank(kind: &str, first: bool, templates: &Value) -> Value {
    let mut step = json!({
        "id": format!("new-{kind}"), "kind": kind, "template_id": "", "subject": "", "text": "", "send": "", "at": "", "notes": "", "priority": "",
        "follow_up": false,
    });
    ready(&mut step, first, templates);
    step
}

// A step with what its form needs: whether it is an e-mail, whether it is the first, the templates with the chosen one.
fn ready(step: &mut Value, first: bool, templates: &Value) {
    let chosen = step.get("template_id").cloned().unwrap_or_default();
    let choices: Vec<Value> = templates
        .as_array()
        .into_iter()
        .flatten()
        .map(|template| {
            let of = |name: &str| template.get(name).cloned().unwrap_or_default();
            json!({ "id": of("id"), "name": of("name"), "category": of("category"), "chosen": of("id") == chosen })
        })
        .collect();
    let mail = step.get("kind").and_then(Value::as_str) == Some("email");
    if let Some(step) = step.as_object_mut() {
        step.extend([("mail".to_owned(), json!(mail)), ("first".to_owned(), json!(first)), ("choices".to_owned(), json!(choices))]);
    }
}

// The day after the last one that has a step.
fn last_day(steps: Option<&Value>) -> i64 {
    let days = steps.and_then(Value::as_array).into_iter().flatten().filter_map(|step| step.get("day").and_then(Value::as_i64));
    days.max().map_or(1, |day| (day + 1).min(365))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_funnel_gets_narrower_step_by_step() {
        let figures = json!({"started": 40, "steps": [{"done": 40}, {"done": 10}]});
        let campaign = json!({"figures": figures, "steps": [{"day": 1}, {"day": 3}], "people": {"under_way": 2}, "shared": ["t1"]});
        let mut data =
            Map::from_iter([("campaign".to_owned(), campaign), ("teams".to_owned(), json!({"items": [{"id": "everyone"}, {"id": "t1"}]}))]);
        draw(&mut data);
        let funnel = &data["campaign"]["funnel"];
        assert_eq!((&funnel["height"], &funnel["last"], &funnel["any"]), (&json!(90), &json!(10), &json!(true)));
        assert_eq!(funnel["bands"][1]["path"], "M0 30h320v22L200 60H120L0 52z");
        assert_eq!((&data["campaign"]["next_day"], &data["campaign"]["busy"]), (&json!(4), &json!(true)));
        assert_eq!(data["teams"]["items"][1]["chosen"], true);
    }

    #[test]
    fn a_campaign_that_nobody_began_has_none() {
        let mut data = Map::from_iter([("campaign".to_owned(), json!({"figures": {"started": 0, "steps": []}, "steps": []}))]);
        draw(&mut data);
        assert_eq!((&data["campaign"]["funnel"]["any"], &data["campaign"]["next_day"]), (&json!(false), &json!(1)));
    }
}
