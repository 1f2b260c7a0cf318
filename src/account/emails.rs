//! Mails that reps send: to one person, or to up to 200, each with an outcome of their own.

use actix_web::{HttpRequest, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::activities::{self, Once};
use super::answer::Answer;
use super::composing::{Composed, Composition, Draft, Text};
use super::query::invalid;
use super::seller::{Seller, Whom};
use super::{AccountState, body, composing, database};
use crate::clock;
use crate::problem::Problem;
use crate::store::people::Person;
use crate::store::sales_activities::{Asked, NewActivity, NewDelivery, Recorded};
use crate::store::sales_emails::SalesEmail;

/// Most recipients of one call.
pub(super) const MOST: usize = 200;
const LONGEST_WAIT_MS: i64 = 366 * 86_400_000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    person_id: Option<String>,
    sfdc_id: Option<String>,
    #[serde(default)]
    sfdc_ids: Vec<String>,
    template_id: Option<String>,
    subject: Option<String>,
    html: Option<String>,
    text: Option<String>,
    #[serde(default)]
    cc: Vec<String>,
    #[serde(default)]
    bcc: Vec<String>,
    /// Epoch milliseconds; or `send_on`, a local time in `time_zone`.
    send_at: Option<i64>,
    send_on: Option<String>,
    time_zone: Option<String>,
}

impl Wanted {
    fn draft(&self) -> Draft<'_> {
        Draft {
            template_id: self.template_id.as_deref(),
            subject: self.subject.as_deref(),
            html: self.html.as_deref(),
            text: self.text.as_deref(),
            cc: &self.cc,
            bcc: &self.bcc,
        }
    }

    fn whom(&self) -> Vec<Whom> {
        if self.sfdc_ids.is_empty() {
            return vec![Whom { person_id: self.person_id.clone(), sfdc_id: self.sfdc_id.clone() }];
        }
        self.sfdc_ids.iter().map(|id| Whom { person_id: None, sfdc_id: Some(id.clone()) }).collect()
    }

    fn send_at(&self) -> Result<i64, Problem> {
        when(self.send_at, self.send_on.as_deref(), self.time_zone.as_deref())
    }
}

/// When a mail is to go out: 0 for now, a moment, or a local time in a time zone.
///
/// # Errors
/// 400 for a time that is none, or lies in the past or more than a year ahead.
pub(super) fn when(at: Option<i64>, on: Option<&str>, time_zone: Option<&str>) -> Result<i64, Problem> {
    let at = match (at, on.filter(|on| !on.is_empty())) {
        (None, None) => return Ok(0),
        (Some(at), None) => at,
        (None, Some(on)) => {
            let zone = time_zone.unwrap_or("UTC");
            let local: jiff::civil::DateTime =
                on.parse().map_err(|_| invalid("send_on", "It must be a local time, such as 2026-01-31T09:00."))?;
            let zoned =
                local.in_tz(zone).map_err(|_| invalid("time_zone", "It must be the name of a time zone, such as Europe/Berlin."))?;
            zoned.timestamp().as_millisecond()
        }
        (Some(_), Some(_)) => return Err(invalid("send_at", "Give send_at or send_on, not both.")),
    };
    let now = clock::now_ms();
    if at < now - 60_000 || at > now + LONGEST_WAIT_MS {
        return Err(invalid("send_at", "It must be between now and a year from now."));
    }
    Ok(at)
}

const WANTED: &str = "The body must be an object with template_id or subject and html or text, and whom it goes to.";

/// `POST /v1/emails/preview`: what one person would get, and what keeps it from being sent. Sends nothing.
pub async fn preview(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted: Wanted = body::read(&request, payload, body::LONG, WANTED).await?;
    let mut composition = Composition::read(&state, &seller, &wanted.draft()).await?;
    let whom = wanted.whom().into_iter().next().unwrap_or_default();
    let person = seller.person(&whom).await?;
    Ok(Answer::fleeting(composition.shown_to(&state, &seller, &person, None).await?))
}

/// `POST /v1/emails`
pub async fn create(
    seller: Seller,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let bytes_wanted: Value = body::read(&request, payload, body::LONG, WANTED).await?;
    let asked = bytes_wanted.to_string();
    let wanted: Wanted = serde_json::from_value(bytes_wanted).map_err(|_| Problem::bad_request("request.invalid", WANTED))?;
    let whom = wanted.whom();
    if whom.len() > MOST {
        return Err(invalid("sfdc_ids", "There must be between 1 and 200 people."));
    }
    let once = Once::of(&request, "emails", &seller, &asked)?;
    if let Some(before) = once.before(&seller).await? {
        return Ok(Answer::fleeting(before).accepted());
    }
    let alone = wanted.sfdc_ids.is_empty();
    if !alone && (!wanted.cc.is_empty() || !wanted.bcc.is_empty()) {
        return Err(invalid("cc", "Copies can be sent of a mail to one person only."));
    }
    let send_at = wanted.send_at()?;
    let composition = Composition::read(&state, &seller, &wanted.draft()).await?;
    let mut recipients = Vec::new();
    for whom in whom {
        let person = seller.person(&whom).await;
        recipients.push(Recipient { name: whom.sfdc_id.or(whom.person_id), person, own: None });
    }
    let made = made_out(&state, &seller, composition, recipients, send_at, alone).await?;
    let answer = once.keep(&made.answer, async |asked: Option<Asked<'_>>| {
        database::answer(seller.tenant.record_emails(&made.mails, asked, clock::now_ms())).await
    });
    let answer = answer.await?;
    if alone && let Some((activity, _)) = made.mails.first() {
        database::answer(seller.tenant.put_draft(&seller.member.id, &activity.person_id, None, clock::now_ms())).await?;
    }
    Ok(Answer::fleeting(answer).accepted())
}

/// Somebody to write to, as whoever asks names them.
pub(super) struct Recipient {
    pub name: Option<String>,
    pub person: Result<Person, Problem>,
    /// What this one gets instead of what all get.
    pub own: Option<Text>,
}

/// Mails made out to people, and what is answered about each.
pub(super) struct MadeOut {
    pub mails: Vec<(NewActivity, SalesEmail)>,
    pub answer: Value,
}

/// Makes a mail out to people. Whoever can't be written to is left out and named, unless they are alone.
///
/// # Errors
/// What keeps all from being written to, or the one who is alone.
pub(super) async fn made_out(
    state: &AccountState,
    seller: &Seller,
    mut composition: Composition,
    recipients: Vec<Recipient>,
    send_at: i64,
    alone: bool,
) -> Result<MadeOut, Problem> {
    let day_ago = clock::now_ms() - 86_400_000;
    let before = database::answer(seller.tenant.mails_since(&seller.member.id, day_ago)).await?
        + database::answer(seller.tenant.mails_on_their_way(&seller.member.id)).await?;
    let most = state.settings.campaigns.sends_per_day;
    if before + i64::try_from(recipients.len()).unwrap_or(i64::MAX) > i64::from(most) {
        let said = format!("A member can send {most} mails in 24 hours, and has sent {before}. Send the rest tomorrow.");
        return Err(Problem::new(429, "mail.quota", "Enough for today", said));
    }
    let known: Vec<&Person> = recipients.iter().filter_map(|one| one.person.as_ref().ok()).collect();
    let own: Vec<&Text> = recipients.iter().filter_map(|one| one.own.as_ref()).collect();
    composition.ask_salesforce(state, seller, &known, &own).await?;
    let (mut mails, mut results) = (Vec::new(), Vec::new());
    let mut seen = std::collections::HashSet::new();
    for Recipient { name, person, own } in recipients {
        let outcome = match person {
            Ok(person) => ready(state, seller, &composition, &person, own.as_ref(), send_at).await,
            Err(problem) => Err(problem),
        };
        match outcome {
            Ok((activity, _)) if !seen.insert(activity.person_id.clone()) => {
                results
                    .push(json!({ "id": name, "outcome": "skipped", "code": "duplicate", "detail": "The person is in the list already." }));
            }
            Ok(mail) => {
                results.push(json!({ "id": name, "outcome": "accepted", "email_id": mail.0.id }));
                mails.push(mail);
            }
            Err(problem) if alone || problem.status >= 500 => return Err(problem),
            Err(problem) => results.push(json!({ "id": name, "outcome": "skipped", "code": problem.code, "detail": problem.detail })),
        }
    }
    let answer = json!({ "accepted": mails.len(), "skipped": results.len() - mails.len(), "results": results });
    Ok(MadeOut { mails, answer })
}

/// A mail made out to a person, to be written down.
///
/// # Errors
/// What keeps it from being sent to them.
pub(super) async fn ready(
    state: &AccountState,
    seller: &Seller,
    composition: &Composition,
    person: &Person,
    own: Option<&Text>,
    send_at: i64,
) -> Result<(NewActivity, SalesEmail), Problem> {
    if let Some(problem) = composition.hindrance(seller, person).await? {
        return Err(problem);
    }
    let Composed { subject, html, unfilled } = composition.for_person(person, own);
    if !unfilled.is_empty() {
        return Err(composing::unfilled(&unfilled));
    }
    let recipient = person.email.clone().unwrap_or_default();
    let recipient_key = recipient.trim().to_lowercase();
    let tracked = composition.tracked && !database::answer(seller.tenant.untracked(&recipient_key)).await?;
    let held = |target| NewDelivery { id: clock::new_id(), target, verb: "create", state: "held", next_at: 0 };
    let mail = NewDelivery { id: clock::new_id(), target: "mail", verb: "create", state: "waiting", next_at: send_at };
    let detail = composition.detail(seller, &subject);
    let activity =
        activities::new(seller, person, "email", Some(subject.clone()), &detail, vec![mail, held("marketo"), held("salesforce")])?;
    let html = composition.finished(state, &html, &activity.id, tracked);
    let email = SalesEmail {
        activity_id: activity.id.clone(),
        account_id: seller.tenant.account_id().to_owned(),
        member_id: seller.member.id.clone(),
        recipient: recipient.trim().to_owned(),
        recipient_key,
        cc: json!(composition.cc).to_string(),
        bcc: json!(composition.bcc).to_string(),
        subject,
        plain: super::mail_html::plain(&html),
        html,
        template_id: composition.template.as_ref().map(|template| template.id.clone()),
        template_name: composition.template.as_ref().map(|template| template.name.clone()),
        tracked,
        commercial: composition.commercial,
        status: "in progress".to_owned(),
        sent_at: None,
        opened: 0,
        clicked: 0,
        replied: 0,
        bots: 0,
    };
    Ok((activity, email))
}

impl Once {
    /// Writes something by `write`, which keeps the answer; gives the earlier answer when there is one.
    pub(super) async fn keep(
        &self,
        answer: &Value,
        write: impl AsyncFn(Option<Asked<'_>>) -> Result<Recorded, Problem>,
    ) -> Result<Value, Problem> {
        let text = answer.to_string();
        match write(self.asking(&text)).await? {
            Recorded::Done => Ok(answer.clone()),
            Recorded::Before(asked, earlier) => self.same(&asked, &earlier),
        }
    }
}

#[derive(Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    template_id: Option<String>,
    subject: Option<String>,
    text: Option<String>,
    html: Option<String>,
    #[serde(default)]
    cc: Vec<String>,
    #[serde(default)]
    bcc: Vec<String>,
}

/// `GET /v1/emails/drafts/{person}`
pub async fn show_draft(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let person = drafted(&seller, &request).await?;
    let (body, saved_at) = database::answer(seller.tenant.draft(&seller.member.id, &person)).await?.ok_or_else(Problem::not_found)?;
    let body: Value = serde_json::from_str(&body).map_err(|_| Problem::internal())?;
    Ok(Answer::fleeting(json!({ "draft": body, "saved_at": saved_at })))
}

/// `PUT /v1/emails/drafts/{person}`
pub async fn save_draft(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let kept: Kept = body::read(&request, payload, body::LONG, "The body must be an object with what is written so far.").await?;
    let person = drafted(&seller, &request).await?;
    let now = clock::now_ms();
    let body = json!(kept).to_string();
    database::answer(seller.tenant.put_draft(&seller.member.id, &person, Some(&body), now)).await?;
    Ok(Answer::fleeting(json!({ "saved_at": now })))
}

async fn drafted(seller: &Seller, request: &HttpRequest) -> Result<String, Problem> {
    let id = super::me::path_id(request, "person")?;
    Ok(seller.person(&Whom { person_id: Some(id), sfdc_id: None }).await?.id)
}
