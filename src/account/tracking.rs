//! What recipients do with mails, as the face saw it.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::activities::EmailDetail;
use super::answer::Answer;
use super::tracking_links::Purpose;
use super::unsubscribes::unknown;
use super::visitor::Face;
use super::{AccountState, body, database};
use crate::clock;
use crate::problem::Problem;
use crate::store::sales_activities::{NewActivity, NewDelivery};
use crate::store::sales_emails::MailEvent;

/// Opening again, or clicking the same again, within this time is one event.
const OPEN_WINDOW_MS: i64 = 60_000;
const CLICK_WINDOW_MS: i64 = 5_000;
/// A person needs longer than this from the mail's going out to a click.
const TOO_QUICK_MS: i64 = 1_500;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Seen {
    token: String,
    at: i64,
    #[serde(default)]
    bot: bool,
}

/// `POST /v1/mail-events`
pub async fn create(
    _: Face,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let seen: Seen = body::read(&request, payload, body::ORDINARY, "The body must be an object with token, at and bot.").await?;
    let (purpose, mail_id, link) = state.links.read(&seen.token).ok_or_else(unknown)?;
    let mail = database::answer(state.store.sales_email(&mail_id)).await?.ok_or_else(unknown)?;
    let tenant = state.store.tenant(&mail.account_id);
    let now = clock::now_ms();
    let at = seen.at.clamp(now - 7 * 86_400_000, now);
    let quick = mail.sent_at.is_none_or(|sent| at - sent < TOO_QUICK_MS);
    // Somebody's choice not to be counted also counts for mails that are out already.
    let ignored = !mail.tracked || database::answer(tenant.untracked(&mail.recipient_key)).await?;
    if seen.bot || quick || ignored || matches!(purpose, Purpose::Unsubscribe | Purpose::Return) {
        if !ignored {
            database::answer(tenant.count_bot(&mail_id)).await?;
        }
        return Ok(Answer::fleeting(json!({ "counted": false })));
    }
    let activity = database::answer(tenant.sales_activity(&mail_id)).await?.ok_or_else(unknown)?;
    let (kind, window_ms) = if purpose == Purpose::Click { ("clicked", CLICK_WINDOW_MS) } else { ("opened", OPEN_WINDOW_MS) };
    let detail: EmailDetail = serde_json::from_str(&activity.detail).map_err(|_| Problem::internal())?;
    let detail = EmailDetail { link: (kind == "clicked").then_some(link), ..detail };
    let event = MailEvent {
        activity: NewActivity {
            id: clock::new_id(),
            kind,
            about: Some(mail_id.clone()),
            person_id: activity.person_id,
            lead_id: activity.lead_id,
            sfdc_type: activity.sfdc_type,
            sfdc_id: activity.sfdc_id,
            member_id: activity.member_id,
            happened_at: at,
            subject: activity.subject,
            detail: serde_json::to_string(&detail).map_err(|_| Problem::internal())?,
            deliveries: vec![NewDelivery { id: clock::new_id(), target: "marketo", verb: "create", state: "waiting", next_at: 0 }],
        },
        column: kind,
        window_ms,
    };
    let counted = database::answer(tenant.record_mail_event(&mail_id, &event, now)).await?;
    metrics::counter!("mail_events_total", "kind" => kind, "counted" => if counted { "yes" } else { "no" }).increment(1);
    Ok(Answer::fleeting(json!({ "counted": counted })))
}
