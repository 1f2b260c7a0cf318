//! Mails of reps, one at a time: whoever may not be written to is left out, and what may have gone out is not sent again.

use super::Shift;
use super::fate::{self, Fate, Halt, Sent};
use crate::account::composing::hindrance;
use crate::account::mail_channels;
use crate::account::returns;
use crate::account::tracking_links::{LinkKey, Purpose};
use crate::remote::mail::incoming::Incoming;
use crate::remote::mail::sales::SalesMail;
use crate::remote::mail::{MailError, Mailer};
use crate::remote::marketo::Asker;
use crate::remote::marketo::budget::Purpose as Why;
use crate::store::deliveries::Due;
use crate::store::sales_emails::SalesEmail;

/// Sends the mails of a batch.
pub async fn send(shift: &Shift<'_>, due: &[Due]) -> Sent {
    let mut sent = Sent::default();
    for due in due {
        match Box::pin(one(shift, due)).await {
            Ok(fate) => {
                sent.fates.insert(due.delivery_id.clone(), fate);
            }
            Err(halt) => {
                sent.halt = Some(halt);
                break;
            }
        }
    }
    sent
}

// The way out of a member's mails: their own server, the team's, or the gateway's.
async fn way_out(shift: &Shift<'_>, member_id: &str) -> Result<Result<Mailer, Fate>, Halt> {
    let settings = shift.deps.connections.settings();
    match (shift.tenant.channel_of(member_id).await, settings.mail.url.as_ref()) {
        (Ok(Some(channel)), _) => Ok(mail_channels::mailer(&shift.deps.connections, &channel).await.map_err(|error| Fate::Retry {
            code: "UNREACHABLE".to_owned(),
            detail: format!("The sender's mail server can't be used: {error}."),
        })),
        (Ok(None), Some(url)) => Ok(Ok(Mailer::new(url).map_err(|_| no_server())?)),
        (Ok(None), None) => Err(no_server()),
        (Err(_), _) => {
            Ok(Err(Fate::Retry { code: "SERVER_UNAVAILABLE".to_owned(), detail: "The account's database does not answer.".to_owned() }))
        }
    }
}

fn no_server() -> Halt {
    Halt { problem: "No mail server is configured, or its address can't be used.".to_owned(), wait_ms: super::PAUSE_MS }
}

async fn one(shift: &Shift<'_>, due: &Due) -> Result<Fate, Halt> {
    let later = |code: &str| Fate::Retry { code: code.to_owned(), detail: "The account's database does not answer.".to_owned() };
    let activity = &due.activity;
    let settings = shift.deps.connections.settings();
    let (mail, member, decided) = match tokio::join!(
        shift.deps.store.sales_email(&activity.id),
        shift.tenant.member(&activity.member_id),
        shift.tenant.acting_settings()
    ) {
        (Ok(Some(mail)), Ok(Some(member)), Ok(decided)) if member.state == "active" => (mail, member, decided),
        (Ok(None), ..) => return Ok(Fate::Skipped("The mail is gone.")),
        (_, Ok(_), Ok(_)) => return Ok(Fate::Skipped("The sender is no longer a member.")),
        _ => return Ok(later("SERVER_UNAVAILABLE")),
    };
    match shift.deps.store.campaign_ended_for(&activity.id).await {
        Ok(false) => {}
        Ok(true) => return Ok(Fate::Skipped("The sales campaign has ended.")),
        Err(_) => return Ok(later("SERVER_UNAVAILABLE")),
    }
    let (cc, bcc) = (list(&mail.cc), list(&mail.bcc));
    for address in std::iter::once(&mail.recipient).chain(&cc).chain(&bcc) {
        match hindrance(&shift.tenant, &decided, mail.commercial, address).await {
            Ok(None) => {}
            Ok(Some(problem)) if problem.code == "mail.blocked_domain" => return Ok(Fate::Skipped("The domain is blocked.")),
            Ok(Some(_)) => return Ok(Fate::Skipped("The recipient has unsubscribed.")),
            Err(_) => return Ok(later("SERVER_UNAVAILABLE")),
        }
    }
    if mail.commercial && decided.marketo_check && unsubscribed_in_marketo(shift, activity.lead_id).await? {
        return Ok(Fate::Skipped("The recipient has unsubscribed in Marketo."));
    }
    let since = crate::clock::now_ms() - decided.throttle_seconds * 1000;
    match shift.tenant.mails_since(&member.id, since).await {
        Ok(count) if count < decided.throttle_mails => {}
        Ok(_) => {
            return Ok(Fate::Retry {
                code: "RATE_LIMITED".to_owned(),
                detail: "So many mails of one sender go out in a while; the rest follow.".to_owned(),
            });
        }
        Err(_) => return Ok(later("SERVER_UNAVAILABLE")),
    }
    let name = [member.first_name.as_deref(), member.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let base = settings.gateway.public_url.trim_end_matches('/');
    let mailer = match way_out(shift, &member.id).await? {
        Ok(mailer) => mailer,
        Err(fate) => return Ok(fate),
    };
    let links = LinkKey::new(&settings.account.key);
    let Some(message_id) = returns::message_id(&links, &activity.id) else { return Ok(Fate::Skipped("The mail is gone.")) };
    let token = links.write(Purpose::Unsubscribe, &activity.id, "");
    let way_out = token.filter(|_| mail.commercial).map(|token| format!("{base}/unsubscribe/{token}"));
    let written = letter(&mail, message_id, &name, &member.email, (&cc, &bcc), way_out.as_deref());
    Ok(match mailer.send_sales(&written).await {
        Ok(()) => Fate::Done(None),
        Err(MailError::Refused(code)) => {
            // Said at once what others say by a report later: the address is none.
            if code.starts_with("55") {
                let words = format!("The mail server said {code}.");
                let bounce = Incoming::Bounce { address: Some(mail.recipient.clone()), status: code.clone(), detail: words };
                if returns::came_back(&shift.tenant, &activity.id, &bounce, "").await.is_err() {
                    return Ok(later("SERVER_UNAVAILABLE"));
                }
            }
            Fate::Failed { code, detail: "The mail server will not take it.".to_owned() }
        }
        Err(MailError::Later(code)) => Fate::Retry { code, detail: "The mail server does not take it just now.".to_owned() },
        Err(MailError::Unreachable) => {
            Fate::Retry { code: "UNREACHABLE".to_owned(), detail: "The mail server can't be reached.".to_owned() }
        }
        Err(MailError::Unwritable) => Fate::Failed { code: "MALFORMED".to_owned(), detail: "It can't be written as a mail.".to_owned() },
        Err(MailError::Unclear) => Fate::Unknown { code: "UNCLEAR".to_owned() },
    })
}

fn letter<'a>(
    mail: &'a SalesEmail,
    message_id: String,
    from_name: &'a str,
    from: &'a str,
    (cc, bcc): (&'a [String], &'a [String]),
    way_out: Option<&'a str>,
) -> SalesMail<'a> {
    SalesMail {
        message_id,
        from_name,
        from,
        to: &mail.recipient,
        cc,
        bcc,
        subject: &mail.subject,
        text: &mail.plain,
        html: &mail.html,
        way_out,
    }
}

fn list(text: &str) -> Vec<String> {
    serde_json::from_str(text).unwrap_or_default()
}

// Without an answer nobody is written to: the mail waits.
async fn unsubscribed_in_marketo(shift: &Shift<'_>, lead_id: i64) -> Result<bool, Halt> {
    let marketo = match shift.deps.connections.marketo(shift.tenant.account_id()).await {
        Ok(marketo) => marketo,
        Err(problem) if problem.code == "marketo.not_connected" => return Ok(false),
        Err(problem) => return Err(fate::no_connection(&problem)),
    };
    let asker = Asker { purpose: Why::Interactive, request_id: &shift.request_id };
    marketo
        .has_unsubscribed(lead_id, asker)
        .await
        .map_err(|error| Halt { problem: format!("Marketo can't be asked whether a recipient has unsubscribed: {error}."), wait_ms: 5_000 })
}

/// No mail server can be asked: somebody has to decide.
pub fn look_up(due: &[Due]) -> Sent {
    let mut sent = Sent::default();
    let fate = Fate::Failed {
        code: "UNCLEAR".to_owned(),
        detail: "The mail may have gone out. To retry sends it again, with the same Message-ID.".to_owned(),
    };
    sent.all(&due.iter().collect::<Vec<_>>(), &fate);
    sent
}
