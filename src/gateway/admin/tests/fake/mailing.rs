//! What the account says of mails, and of what is owed to other systems (#[cfg(test)]).

use serde_json::{Value, json};

use super::{HOUR, NOW, list};

pub(super) const MAILING: [&str; 6] = [
    "GET /v1/template",
    "GET /v1/circulars",
    "GET /v1/acting-settings",
    "GET /v1/mail-channels/",
    "GET /v1/unsubscribes",
    "GET /v1/marketo-campaigns",
];

// Decisions about mails, and what comes of them.
fn decisions(call: &str) -> Option<Value> {
    Some(match call {
        "GET /v1/marketo-campaigns" => list(&json!([{"id": 7, "name": "Webinar"}])),
        "GET /v1/acting-settings" => {
            json!({"tracking": true, "append_unsubscribe": true, "unsubscribe_message": "", "marketo_check": false, "blocked_domains": ["x.example"],
                "throttle_mails": 25, "throttle_seconds": 45, "subject_pattern": "{{activity_type}}", "log_replies": true, "opt_out_field": "both", "opt_out_nightly": true})
        }
        call if call.starts_with("GET /v1/mail-channels/") => {
            json!({"set": true, "smtp_host": "smtp.x.example", "smtp_port": 465, "smtp_security": "tls", "smtp_user": "u", "smtp_password_set": true,
                "imap_host": "", "imap_port": 993, "imap_security": "starttls", "imap_user": "", "imap_password_set": false, "looked_at": NOW - HOUR,
                "problem": "The server is asleep.", "standard": true})
        }
        "GET /v1/unsubscribes" => list(&json!([
            {"email": "ann@x.example", "what": "all", "why": "no <b>thanks</b>", "source": "Clicked Link", "since": NOW - HOUR, "at": NOW, "details": "Unsubscribe"}])),
        _ => return None,
    })
}

// Templates and mails to many.
pub(super) fn mailing(call: &str) -> Value {
    if let Some(decided) = decisions(call) {
        return decided;
    }
    let id = "0199f2d0c0de7000a000000000000009";
    let teams = json!([{"id": "everyone", "name": "Everyone", "chosen": true}, {"id": "t1", "name": "DACH", "chosen": false}]);
    let mut template = json!({"id": id, "name": "Case <study>", "category": "Follow-up", "subject": "For {{company}}", "favourite": true, "mine": true,
        "shared": true, "commercial": false, "updated_at": NOW - HOUR, "editable": true});
    let preview = json!({"to": "ann@x.example", "name": "Ann", "subject": "For Acme", "html": "<p>Hi</p>", "text": "Hi", "unfilled": ["sfdc_x"],
        "problem": {"code": "mail.unsubscribed", "detail": "Unsubscribed."}});
    match call.rsplit_once('/').map_or("", |(_, last)| last) {
        "templates" => json!({"categories": ["Follow-up"], "items": [template], "next_cursor": "200"}),
        "template-choices" => {
            json!({"name": "", "category": "", "subject": "", "html": "", "commercial": true, "categories": ["Follow-up"], "teams": teams})
        }
        "preview" => preview,
        "campaigns" => {
            let one = |id: &str, outdated: u8| json!({"id": id, "name": "Autumn & <offer>", "steps": 1, "outdated": outdated});
            json!({"items": [one("c1", 1), one("c2", 0)], "outdated": 1})
        }
        "circulars" => json!({"items": [{"id": id, "subject": "", "state": "draft", "people": 2, "saved_at": NOW - HOUR}]}),
        "people" => {
            let one = |id: &str, why: Value| {
                json!({"person_id": id, "sfdc_id": "00Q1", "name": "Ann", "email": null, "company": null, "title": null,
                "left_out": id == "p3", "own": false, "why": why})
            };
            json!({"items": [one("p1", json!(null)), one("p2", json!("mail.unsubscribed")), one("p3", json!(null))], "search": "a&b", "found": 120,
                "total": 260, "taken_in": 200, "most": 200, "page": 2, "pages": 3, "before": 1, "after": 3})
        }
        _ if call.contains("/people/") => {
            json!({"circular": id, "state": "draft", "person_id": "p1", "name": "Ann", "email": "ann@x.example", "own": true, "left_out": false,
                "subject": "S", "html": "<p>Hi</p>", "preview": preview})
        }
        _ if call.starts_with("GET /v1/circulars") => {
            let one = |id: &str, why: Value| json!({"person_id": id, "sfdc_id": "00Q1", "name": "Ann", "email": null, "company": null, "left_out": false, "own": false, "why": why});
            json!({"id": id, "state": "draft", "template_id": id, "subject": "Hello", "html": "<p>Hi</p>", "text": "Hi", "send_on": "", "time_zone": "UTC",
                "people": [one("p1", json!(null)), one("p2", json!("mail.unsubscribed"))], "reached": 1, "left_out": 1, "unknown": ["00Q2"], "more": true,
                "outcome": null, "saved_at": NOW})
        }
        _ => {
            template["html"] = json!("<p>Dear {{first_name}}</p>");
            template["teams"] = teams;
            template
        }
    }
}

// A delivery that failed, and one that waits.
pub(super) fn ledger() -> Value {
    json!({"items": [
            {"id": "d1", "activity_id": "a1", "marker": "SIA-00000001", "kind": "call", "subject": "Hello", "person_id": "p1", "person": "Ann",
             "member": "rep@acme.example", "target": "salesforce", "verb": "create", "state": "failed", "attempts": 2, "next_at": null,
             "last_attempt_at": 2, "code": "ENTITY_IS_LOCKED", "problem": "locked", "documented_code": "ENTITY_IS_LOCKED", "category": "access",
             "cause": "It is locked.", "remedy": "Wait.", "upstream_id": null, "created_at": 1, "settled_at": 2},
            {"id": "d2", "activity_id": "a2", "marker": "SIA-00000002", "kind": "email", "subject": null, "person_id": "p1", "person": null,
             "member": null, "target": "mail", "verb": "create", "state": "waiting", "attempts": 0, "next_at": 5, "last_attempt_at": null,
             "code": null, "problem": null, "documented_code": null, "category": null, "cause": null, "remedy": null, "upstream_id": null,
             "created_at": 1, "settled_at": null}],
            "next_cursor": null, "total": 2, "targets": [
            {"target": "marketo", "paused": true, "problem": "Marketo said no.", "open": 1, "done": 2, "failed": 3, "skipped": 0}]})
}
