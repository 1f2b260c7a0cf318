//! What comes back of mails that went out: answers, and what could not be delivered. A mail is known by the seal in its
//! Message-ID, so that nobody can make one up.

use crate::clock;
use crate::problem::Problem;
use crate::remote::mail::incoming::{Incoming, Letter};
use crate::store::Tenant;
use crate::store::sales_activities::{NewActivity, NewDelivery};
use crate::store::sales_emails::MailEvent;

use super::activities::EmailDetail;
use super::database;
use super::tracking_links::{LinkKey, Purpose};

/// The same message is counted once, whenever it is read again.
const FOR_EVER: i64 = i64::MAX / 4;

/// The Message-ID of a mail, the same at every attempt.
#[must_use]
pub fn message_id(links: &LinkKey, mail_id: &str) -> Option<String> {
    let token = links.write(Purpose::Return, mail_id, "")?;
    Some(format!("<{token}@{}>", crate::remote::mail::incoming::OURS))
}

/// Writes down what a message tells of a mail of this account. `true` when it was news.
///
/// # Errors
/// When the database does not answer.
pub async fn take_in(tenant: &Tenant, links: &LinkKey, letter: &Letter) -> Result<bool, Problem> {
    if letter.tells == Incoming::Nothing {
        return Ok(false);
    }
    let known = letter.about.iter().filter_map(|token| links.read(token));
    let mut mails: Vec<String> = known.filter(|(purpose, ..)| *purpose == Purpose::Return).map(|(_, mail, _)| mail).collect();
    mails.dedup();
    // The last one that is named is the one that was answered; earlier ones are what the conversation began with.
    for mail_id in mails {
        if came_back(tenant, &mail_id, &letter.tells, &letter.id).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Writes down that a mail came back, or was answered. `false` when that is known, or the mail is not this account's.
///
/// # Errors
/// When the database does not answer.
pub async fn came_back(tenant: &Tenant, mail_id: &str, tells: &Incoming, message: &str) -> Result<bool, Problem> {
    let Some(activity) = database::answer(tenant.sales_activity(mail_id)).await? else { return Ok(false) };
    let Some(mail) = database::answer(tenant.sales_email(mail_id)).await? else { return Ok(false) };
    let settings = database::answer(tenant.acting_settings()).await?;
    let mut detail: EmailDetail = serde_json::from_str(&activity.detail).map_err(|_| Problem::internal())?;
    let deliver = |target| NewDelivery { id: clock::new_id(), target, verb: "create", state: "waiting", next_at: 0 };
    let mut deliveries = vec![deliver("marketo")];
    let kind = match tells {
        Incoming::Reply => {
            detail.answer = Some(message.chars().take(200).collect());
            if settings.log_replies {
                deliveries.push(deliver("salesforce"));
            }
            "replied"
        }
        Incoming::Bounce { address, detail: words, .. } => {
            detail.answer = Some(words.clone());
            detail.email = address.clone().or(Some(mail.recipient));
            "bounced"
        }
        Incoming::Nothing => return Ok(false),
    };
    let now = clock::now_ms();
    let event = MailEvent {
        activity: NewActivity {
            id: clock::new_id(),
            kind,
            about: Some(mail_id.to_owned()),
            person_id: activity.person_id,
            lead_id: activity.lead_id,
            sfdc_type: activity.sfdc_type,
            sfdc_id: activity.sfdc_id,
            member_id: activity.member_id,
            happened_at: now,
            subject: activity.subject,
            detail: serde_json::to_string(&detail).map_err(|_| Problem::internal())?,
            deliveries,
        },
        column: kind,
        window_ms: FOR_EVER,
    };
    let counted = database::answer(tenant.record_mail_event(mail_id, &event, now)).await?;
    metrics::counter!("mail_events_total", "kind" => kind, "counted" => if counted { "yes" } else { "no" }).increment(1);
    Ok(counted)
}
