//! What admins decide about mails of reps: counting, the way out, blocked domains, pace.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::query::invalid;
use super::signed_in::Admin;
use super::{activities, body, database, subject_pattern};
use crate::problem::Problem;
use crate::store::acting_settings::ActingSettings;

fn view(settings: &ActingSettings) -> Value {
    json!({
        "tracking": settings.tracking, "append_unsubscribe": settings.append_unsubscribe,
        "unsubscribe_message": settings.unsubscribe_message, "marketo_check": settings.marketo_check,
        "blocked_domains": domains(settings), "throttle_mails": settings.throttle_mails, "throttle_seconds": settings.throttle_seconds,
        "subject_pattern": settings.subject_pattern, "log_replies": settings.log_replies, "opt_out_field": settings.opt_out_field,
        "opt_out_nightly": settings.opt_out_nightly,
    })
}

/// The blocked domains, in lower case.
#[must_use]
pub fn domains(settings: &ActingSettings) -> Vec<String> {
    serde_json::from_str(&settings.blocked_domains).unwrap_or_default()
}

/// `GET /v1/acting-settings`
pub async fn show(admin: Admin) -> Result<Answer<Value>, Problem> {
    Ok(Answer::fleeting(view(&database::answer(admin.tenant.acting_settings()).await?)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "each is a decision of its own")]
struct Wanted {
    tracking: bool,
    append_unsubscribe: bool,
    unsubscribe_message: String,
    marketo_check: bool,
    blocked_domains: Vec<String>,
    throttle_mails: i64,
    throttle_seconds: i64,
    #[serde(default)]
    subject_pattern: String,
    #[serde(default = "yes")]
    log_replies: bool,
    #[serde(default = "standard")]
    opt_out_field: String,
    #[serde(default = "yes")]
    opt_out_nightly: bool,
}

const fn yes() -> bool {
    true
}

fn standard() -> String {
    "standard".to_owned()
}

/// `PUT /v1/acting-settings`
pub async fn change(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with all settings of mails.";
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let message = activities::lines(Some(&wanted.unsubscribe_message)).unwrap_or_default();
    if message.chars().count() > 500 {
        return Err(invalid("unsubscribe_message", "It must have at most 500 characters."));
    }
    if !(1..=1_000).contains(&wanted.throttle_mails) || !(1..=3_600).contains(&wanted.throttle_seconds) {
        return Err(invalid("throttle_mails", "Between 1 and 1000 mails, between 1 and 3600 seconds."));
    }
    // One line: a subject has no breaks. What is too long after filling is cut when it is written.
    let pattern = activities::lines(Some(&wanted.subject_pattern)).unwrap_or_default().replace(['\n', '\t'], " ");
    if pattern.chars().count() > 255 || !subject_pattern::knows(&pattern) {
        return Err(invalid("subject_pattern", "It must have at most 255 characters, and none but the seven fields."));
    }
    if !["standard", "both"].contains(&wanted.opt_out_field.as_str()) {
        return Err(invalid("opt_out_field", "It must be standard or both."));
    }
    let mut blocked = Vec::new();
    for domain in &wanted.blocked_domains {
        let domain = domain.trim().trim_start_matches('@').to_ascii_lowercase();
        let plain = domain.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-')) && domain.contains('.');
        if !plain || domain.len() > 253 || blocked.len() >= 500 {
            return Err(invalid("blocked_domains", "They must be domains, such as example.com; at most 500."));
        }
        if !blocked.contains(&domain) {
            blocked.push(domain);
        }
    }
    let settings = ActingSettings {
        tracking: wanted.tracking,
        append_unsubscribe: wanted.append_unsubscribe,
        unsubscribe_message: message,
        marketo_check: wanted.marketo_check,
        blocked_domains: json!(blocked).to_string(),
        throttle_mails: wanted.throttle_mails,
        throttle_seconds: wanted.throttle_seconds,
        subject_pattern: pattern,
        log_replies: wanted.log_replies,
        opt_out_field: wanted.opt_out_field,
        opt_out_nightly: wanted.opt_out_nightly,
    };
    let deed = admin.actor.deed("mail_settings.changed", String::new());
    database::answer(admin.tenant.put_acting_settings(&settings, &deed)).await?;
    Ok(Answer::fleeting(view(&settings)))
}
