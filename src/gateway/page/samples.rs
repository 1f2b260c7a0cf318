//! Answers of the account to render in tests: ordinary ones, bare ones and hostile ones.

use serde_json::{Value, json};

use super::PanelTab;

/// Saturday 21 November 2026, 14:30 UTC.
pub(super) const NOW: i64 = 1_795_271_400_000;
const MINUTE: i64 = 60_000;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;

/// What somebody might call themselves, or write into a subject.
pub(super) const HOSTILE: &str = "</script><img src=x onerror=alert(1)>\"'`{{token}}\u{202e}";

pub(super) fn person() -> Value {
    json!({
        "id": "0199f2d0c0de7000a000000000000001", "marketo_id": 4711, "sfdc_type": "Lead", "sfdc_id": "00QAa00000ABcdeMAD",
        "name": "Ada Lovelace", "first_name": "Ada", "last_name": "Lovelace", "company": "Analytical Ltd", "title": "VP Engineering",
        "email": "ada@example.com", "phone": null, "score": 1087, "score_percentile": 90, "stars": 2, "flames": 3, "priority": 7,
        "last_moment": {"at": NOW - 3 * HOUR, "type": "Milestone", "description": "Requested a demo"},
        "last_activity": {"at": NOW - 2 * HOUR, "kind": "visit", "subject": "/pricing"},
        "history": "complete", "synced_at": NOW,
    })
}

/// A person of whom nothing is known but that they exist.
pub(super) fn bare_person() -> Value {
    json!({
        "id": "1", "marketo_id": 1, "sfdc_type": "Contact", "sfdc_id": "003Aa00000ABcdeMAD", "name": null, "first_name": null, "last_name": null,
        "company": null, "title": null, "email": null, "phone": null, "score": null, "score_percentile": null, "stars": 0, "flames": 0,
        "priority": null, "last_moment": null, "last_activity": null, "history": "loading", "synced_at": NOW,
    })
}

pub(super) fn hostile_person() -> Value {
    let mut person = person();
    for field in ["name", "first_name", "last_name", "company", "title"] {
        person[field] = json!(HOSTILE);
    }
    person["last_activity"] = json!({"at": NOW, "kind": HOSTILE, "subject": HOSTILE});
    person
}

pub(super) fn timeline(tab: PanelTab) -> Value {
    let items = match tab {
        PanelTab::Moments => json!([
            {"at": NOW - 28 * MINUTE, "type": "Milestone", "description": "Requested a demo", "source": "Demo request form"},
            {"at": NOW - 5 * HOUR, "type": "Web", "description": "Visited the pricing page three times in a week", "source": "Website follow-up"},
            {"at": NOW - 26 * HOUR, "type": "Email", "description": "Clicked “Compare plans” in “Q4 offer”", "source": "Q4 offer"},
            {"at": NOW - 4 * DAY, "type": "Milestone", "description": "Attended the webinar “From spreadsheet to engine” and stayed until the end, with two questions about single sign-on", "source": "Webinar November"},
            {"at": NOW - 30 * DAY, "type": "Event", "description": null, "source": null},
        ]),
        PanelTab::Web => json!([
            {"at": NOW - 2 * HOUR, "kind": "visit", "page": "Pricing – Analytical Ltd", "url": "https://www.example.com/pricing?plan=team", "referrer": "https://www.google.com/", "search": "analytical engine price"},
            {"at": NOW - 3 * HOUR, "kind": "form", "page": "Request a demo", "url": "https://www.example.com/demo", "referrer": null, "search": null},
            {"at": NOW - 2 * DAY, "kind": "click", "page": null, "url": "https://docs.example.com/getting-started", "referrer": "https://www.example.com/blog/engine", "search": null},
            {"at": NOW - 9 * DAY, "kind": "visit", "page": "/blog/engine", "url": null, "referrer": "newsletter", "search": null},
            {"at": NOW - 70 * DAY, "kind": "visit", "page": null, "url": null, "referrer": null, "search": null},
        ]),
        PanelTab::Email => json!([
            {"at": NOW - 27 * HOUR, "subject": "Q4 offer", "sent_by": "marketo", "status": "delivered", "opened": 2, "clicked": 1, "opened_at": NOW - 26 * HOUR, "clicked_at": NOW - 26 * HOUR},
            {"at": NOW - 3 * DAY, "subject": "Following up on our call", "sent_by": "sales", "status": "sent", "opened": 0, "clicked": 0, "opened_at": null, "clicked_at": null},
            {"at": NOW - 8 * DAY, "subject": "Invitation: From spreadsheet to engine, a webinar for people who still compute by hand", "sent_by": "marketo", "status": "soft_bounced", "opened": 0, "clicked": 0, "opened_at": null, "clicked_at": null},
            {"at": NOW - 40 * DAY, "subject": null, "sent_by": "marketo", "status": "unsubscribed", "opened": 1, "clicked": 0, "opened_at": NOW - 40 * DAY, "clicked_at": null},
            {"at": NOW - 60 * DAY, "subject": "Welcome", "sent_by": "marketo", "status": "bounced", "opened": 0, "clicked": 0, "opened_at": null, "clicked_at": null},
        ]),
        PanelTab::Score => json!([
            {"at": NOW - 28 * MINUTE, "name": "Lead Score", "old": 1037, "new": 1087, "change": 50, "reason": "Requested a demo"},
            {"at": NOW - 2 * DAY, "name": "Lead Score", "old": 1027, "new": 1037, "change": 10, "reason": "Visited pricing"},
            {"at": NOW - 10 * DAY, "name": "Behavior Score", "old": 12, "new": 12, "change": 0, "reason": null},
            {"at": NOW - 20 * DAY, "name": "Lead Score", "old": 1042, "new": 1027, "change": -15, "reason": "Inactive for 30 days"},
            {"at": NOW - 45 * DAY, "name": "Lead Score", "old": null, "new": 1042, "change": null, "reason": "Filled in a form"},
        ]),
        PanelTab::Calls => json!([
            {"at": NOW - 28 * MINUTE, "outcome": "Interested", "reason": "Renewal", "notes": "Wants a quote", "duration_seconds": 125, "status": "completed", "made_by": "rep@example.com"},
            {"at": NOW - DAY, "outcome": null, "reason": null, "notes": null, "duration_seconds": 0, "status": "no answer", "made_by": "rep@example.com"},
            {"at": NOW - 2 * DAY, "outcome": "Busy", "reason": null, "notes": null, "duration_seconds": 5, "status": "failed", "made_by": "rep@example.com"},
            {"at": NOW - 3 * DAY, "outcome": null, "reason": null, "notes": null, "duration_seconds": 5, "status": "cancelled", "made_by": "rep@example.com"},
            {"at": NOW - 4 * DAY, "outcome": "Left message", "reason": null, "notes": null, "duration_seconds": 65, "status": "completed", "made_by": "rep@example.com"},
        ]),
        PanelTab::Tasks => json!([
            {"at": NOW - MINUTE, "name": "Send the quote", "kind": "email", "due": "2026-12-01", "priority": "High", "notes": "two pages", "assignee": "rep@example.com"},
            {"at": NOW - DAY, "name": "Call back", "kind": "call", "due": null, "priority": "Normal", "notes": null, "assignee": "rep@example.com"},
            {"at": NOW - 2 * DAY, "name": "Say hello", "kind": "in_mail", "due": null, "priority": "Low", "notes": null, "assignee": "rep@example.com"},
            {"at": NOW - 3 * DAY, "name": "Something", "kind": "custom", "due": null, "priority": "Normal", "notes": null, "assignee": "rep@example.com"},
            {"at": NOW - 4 * DAY, "name": "Else", "kind": "custom", "due": null, "priority": "Normal", "notes": null, "assignee": "rep@example.com"},
        ]),
    };
    json!({
        "tab": tab.key(), "items": items, "next_cursor": "MTc5NTI_.x",
        "history": {"complete": true, "since": NOW - 90 * DAY, "fresh_as_of": NOW - 2 * MINUTE},
    })
}

/// A list without entries, whose history is there or on its way.
pub(super) fn empty(tab: PanelTab, complete: bool) -> Value {
    json!({"tab": tab.key(), "items": [], "next_cursor": null, "history": {"complete": complete, "since": null, "fresh_as_of": null}})
}

/// The same list with every text replaced.
pub(super) fn hostile(tab: PanelTab) -> Value {
    let mut timeline = timeline(tab);
    for item in timeline["items"].as_array_mut().unwrap() {
        for (field, value) in item.as_object_mut().unwrap() {
            let text = value.is_string() || value.is_null() && !field.ends_with("_at") && field != "old" && field != "change";
            if text {
                *value = if field == "url" { json!(format!("https://example.com/{HOSTILE}")) } else { json!(HOSTILE) };
            }
        }
    }
    timeline["next_cursor"] = json!(HOSTILE);
    timeline
}

/// Thirteen weeks, of which the one before the present is told.
pub(super) fn insights() -> Value {
    let week = 7 * DAY;
    let monday = 1_794_783_600_000;
    let weeks: Vec<Value> = (0..13)
        .map(|place| {
            let from = monday - (12 - place) * week;
            json!({"from": from, "until": from + week, "moments": place % 3, "email": place, "web": if place == 11 { 40 } else { 0 }, "sales": 0})
        })
        .collect();
    json!({
        "weeks": weeks, "week": 1, "kind": null, "more": false, "history": {"complete": true, "since": NOW - 90 * DAY},
        "items": [
            {"at": NOW - 8 * DAY, "kind": "email", "did": "opened", "subject": "Q4 offer", "type": null, "url": null, "count": 2},
            {"at": NOW - 9 * DAY, "kind": "web", "did": "visit", "subject": "/pricing", "type": null, "url": "https://www.example.com/pricing", "count": 1},
            {"at": NOW - 9 * DAY, "kind": "moments", "did": "moment", "subject": "Requested a demo", "type": "Milestone", "url": null, "count": 1},
        ],
    })
}

pub(super) fn no_insights(complete: bool) -> Value {
    let mut insights = insights();
    for week in insights["weeks"].as_array_mut().unwrap() {
        for kind in ["moments", "email", "web", "sales"] {
            week[kind] = json!(0);
        }
    }
    insights["items"] = json!([]);
    insights["history"] = json!({"complete": complete, "since": null});
    insights
}

pub(super) fn hostile_insights() -> Value {
    let mut insights = insights();
    for item in insights["items"].as_array_mut().unwrap() {
        for field in ["kind", "did", "subject", "type"] {
            item[field] = json!(HOSTILE);
        }
        item["url"] = json!("javascript:alert(1)");
    }
    insights["kind"] = json!(HOSTILE);
    insights
}

/// Who did it, in a list of several people.
fn somebody() -> Value {
    json!({"id": "0199f2d0c0de7000a000000000000001", "sfdc_id": "003Aa00000ABcdeMAD", "name": "Ada Lovelace"})
}

/// The list of a tab, of several people.
pub(super) fn of_several(tab: PanelTab) -> Value {
    let mut timeline = timeline(tab);
    for item in timeline["items"].as_array_mut().unwrap() {
        item["id"] = json!("1042");
        item["person"] = somebody();
    }
    timeline
}

/// The head of an account.
pub(super) fn record() -> Value {
    let mut ada = somebody();
    ada["title"] = json!("VP Engineering");
    ada["role"] = json!("Decision Maker");
    json!({
        "object": "Account", "record": "001Aa00000ABcdeMAD", "company": "Analytical Ltd", "more": false, "incomplete": false, "history": "complete",
        "people": [ada, {"id": "0199f2d0c0de7000a000000000000002", "sfdc_id": "003Aa00000ABcdfMAD", "name": "Bob", "title": "CFO", "role": null}],
        "last_activity": {"at": NOW - HOUR, "kind": "visit", "subject": "/pricing", "person": somebody()},
    })
}

pub(super) fn hostile_record() -> Value {
    let mut record = record();
    record["company"] = json!(HOSTILE);
    for field in ["id", "sfdc_id", "name", "title", "role"] {
        record["people"][0][field] = json!(HOSTILE);
        record["last_activity"]["person"][field] = json!(HOSTILE);
    }
    for field in ["name", "title", "role"] {
        record["people"][1][field] = json!(HOSTILE);
    }
    record["last_activity"]["subject"] = json!(HOSTILE);
    record["last_activity"]["kind"] = json!(HOSTILE);
    record
}

/// People at the page of the global tab.
pub(super) fn bets() -> Value {
    json!({"more": true, "member": true, "items": [
        {"id": "0199f2d0c0de7000a000000000000001", "sfdc_id": "003Aa00000ABcdeMAD", "name": "Ada Lovelace", "title": "VP Engineering",
         "company": "Analytical Ltd", "stars": 2, "flames": 3, "moment": {"at": NOW - HOUR, "type": "Milestone", "description": "Requested a demo"}, "watched": true},
        {"id": "0199f2d0c0de7000a000000000000002", "sfdc_id": "00QAa00000ABcdeMAD", "name": "Bob", "title": null, "company": null, "stars": 0,
         "flames": 0, "moment": null, "watched": false},
    ]})
}

/// Mails that the rep sent.
pub(super) fn sent() -> Value {
    json!({"next_cursor": "abc", "items": [
        {"id": "1", "at": NOW - DAY, "subject": "Our call", "status": "sent", "opened": 2, "clicked": 1, "replied": 1, "person_id": "x",
         "sfdc_id": "003Aa00000ABcdeMAD", "name": "Ada Lovelace", "company": "Analytical Ltd"},
        {"id": "2", "at": NOW - DAY, "subject": "", "status": "bounced", "opened": 0, "clicked": 0, "replied": 0, "person_id": "x",
         "sfdc_id": "00QAa00000ABcdeMAD", "name": "bob@example.com", "company": null},
    ]})
}

/// What happened lately.
pub(super) fn feed() -> Value {
    json!({"items": [
        {"id": "m1", "at": NOW - MINUTE, "type": "Milestone", "description": "Requested a demo", "person_id": "x", "sfdc_id": "003Aa00000ABcdeMAD",
         "name": "Ada Lovelace", "company": "Analytical Ltd", "best": true},
        {"id": "m2", "at": NOW - HOUR, "type": null, "description": null, "person_id": "x", "sfdc_id": "00Q", "name": null, "company": null, "best": false},
    ]})
}

/// Every text of an answer, replaced.
pub(super) fn hostile_items(mut answer: Value) -> Value {
    for item in answer["items"].as_array_mut().unwrap() {
        for (name, value) in item.as_object_mut().unwrap() {
            if value.is_string() && name != "id" {
                *value = json!(HOSTILE);
            }
        }
    }
    answer
}

/// A rep's mail, opened.
pub(super) fn mail() -> Value {
    json!({
        "id": "1042", "at": NOW - 3 * DAY, "subject": "Following up on our call", "sent_by": "sales", "to": "ada@example.com", "cc": ["bob@example.com"],
        "from": "rep@example.com", "template": "Follow-up", "missing": null,
        "events": [
            {"at": NOW - 3 * DAY, "did": "sales_sent", "link": null, "bot": false},
            {"at": NOW - 2 * DAY, "did": "sales_clicked", "link": "https://www.example.com/pricing", "bot": true},
        ],
    })
}

pub(super) fn hostile_mail() -> Value {
    let mut mail = mail();
    for field in ["subject", "to", "from", "template", "sent_by", "missing"] {
        mail[field] = json!(HOSTILE);
    }
    mail["cc"] = json!([HOSTILE]);
    mail["events"][1]["did"] = json!(HOSTILE);
    mail["events"][1]["link"] = json!("javascript:alert(1)");
    mail
}

/// A contact's account together, with a task that is late; or a crowd.
pub(super) fn insights_of_several(crowd: bool) -> Value {
    let mut insights = insights();
    for item in insights["items"].as_array_mut().unwrap() {
        item["person"] = somebody();
    }
    insights["around"] = json!("on");
    insights["upcoming"] =
        json!([{"name": "Send the quote", "kind": "call", "due": "2026-11-20", "assignee": "rep@example.com", "person": somebody()}]);
    if crowd {
        insights["too_many"] = json!(800);
        insights["around"] = Value::Null;
    }
    insights
}
