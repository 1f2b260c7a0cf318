//! One mail opened from a list: what was written, and what its recipient did with it and when.
//!
//! Our own mails are in the store. Of a mail that Marketo sent the asset is asked for, as that person got it: only when
//! somebody opens it, and not again for some minutes.

use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpRequest, web};
use moka::future::Cache;
use serde::Serialize;

use super::answer::Answer;
use super::mailings::{self, Mailing};
use super::people::Seen;
use super::query::Query;
use super::timeline::Detail;
use super::{AccountState, database, mail_html};
use crate::problem::Problem;
use crate::remote::marketo::Asker;
use crate::remote::marketo::budget::Purpose;
use crate::store::people::Person;
use crate::store::sales_emails::SalesEmail;
use crate::store::timeline::{Activity, Tab};

/// Newest events of a person among which the mail is looked for.
const MOST_EVENTS: u32 = 10_000;
/// Longest id of an event.
const LONGEST_ID: usize = 100;

/// Contents that Marketo was asked for, by account, asset and person.
pub(super) struct Contents(Cache<String, Arc<Option<String>>>);

impl Default for Contents {
    fn default() -> Self {
        let weigh = |_: &String, content: &Arc<Option<String>>| {
            content.as_ref().as_ref().map_or(64, |content| u32::try_from(content.len()).unwrap_or(u32::MAX))
        };
        Self(Cache::builder().weigher(weigh).max_capacity(16 * 1024 * 1024).time_to_live(Duration::from_mins(10)).build())
    }
}

/// A mail, opened.
#[derive(Serialize)]
pub struct View {
    #[serde(flatten)]
    mailing: Mailing,
    /// Who got it.
    to: Option<String>,
    cc: Vec<String>,
    /// Who wrote it, of a rep's.
    from: Option<String>,
    template: Option<String>,
    html: Option<String>,
    /// Why there is no content: `gone`, `not_permitted`, `unavailable`.
    missing: Option<&'static str>,
    /// The oldest first.
    events: Vec<Event>,
}

#[derive(Serialize)]
struct Event {
    at: i64,
    /// [`Activity::kind`].
    did: String,
    link: Option<String>,
    /// A machine looked, not a person.
    bot: bool,
}

/// `GET /v1/people/{id}/mailings/{mail}`
pub async fn show(Seen { reader, person }: Seen, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<View>, Problem> {
    let query = Query::read(&request, &["of"])?;
    let mail = request.match_info().get("mail").filter(|id| id.len() <= LONGEST_ID).ok_or_else(Problem::not_found)?;
    let tenant = &reader.tenant;
    let recipient = match query.get("of") {
        Some(id) => {
            let colleague = database::answer(tenant.person(id)).await?;
            colleague.filter(|colleague| are_colleagues(&person, colleague)).ok_or_else(Problem::not_found)?
        }
        None => person,
    };
    let events = database::answer(tenant.timeline_of(&[recipient.lead_id], Some((Tab::Email, Tab::Sales)), None, MOST_EVENTS)).await?;
    let (mailing, events) = mailings::trace(events, mail).ok_or_else(Problem::not_found)?;
    let own = match mailing.asset_id.as_deref() {
        Some(id) if mailing.sent_by == "sales" => {
            database::answer(state.store.sales_email(id)).await?.filter(|own| own.account_id == tenant.account_id())
        }
        _ => None,
    };
    let mut view = View {
        to: recipient.email.clone(),
        cc: Vec::new(),
        from: events.iter().find_map(|event| Detail::of(event).text("sent_by")),
        template: None,
        html: None,
        missing: None,
        events: events.iter().map(Event::from).collect(),
        mailing,
    };
    match own {
        Some(own) => written(&mut view, own),
        None => match content(&state, tenant.account_id(), &view.mailing, &recipient, reader.request_id.as_str()).await {
            Ok(Some(html)) => view.html = Some(html),
            Ok(None) => view.missing = Some("gone"),
            Err(problem) if problem.code == "upstream.forbidden" => view.missing = Some("not_permitted"),
            Err(_) => view.missing = Some("unavailable"),
        },
    }
    Ok(Answer::fleeting(view).tag("account", tenant.account_id()).tag("person", &recipient.id))
}

fn are_colleagues(one: &Person, other: &Person) -> bool {
    one.sfdc_type == "Contact" && one.sfdc_account_id.is_some() && one.sfdc_account_id == other.sfdc_account_id
}

fn written(view: &mut View, own: SalesEmail) {
    view.to = Some(own.recipient);
    view.cc = serde_json::from_str(&own.cc).unwrap_or_default();
    view.template = own.template_name;
    view.mailing.subject = Some(own.subject);
    view.html = mail_html::to_show(&own.html);
}

async fn content(
    state: &AccountState,
    account_id: &str,
    mailing: &Mailing,
    recipient: &Person,
    request_id: &str,
) -> Result<Option<String>, Problem> {
    let Some(asset) = mailing.asset_id.as_deref().and_then(|id| id.parse::<i64>().ok()).filter(|_| mailing.sent_by == "marketo") else {
        return Ok(None);
    };
    let ask = async {
        let marketo = state.connections.marketo(account_id).await?;
        let asker = Asker { purpose: Purpose::Interactive, request_id };
        let found = marketo.email_content(asset, recipient.lead_id, asker).await.map_err(|error| error.problem("Marketo"))?;
        Ok::<_, Problem>(Arc::new(found.and_then(|html| mail_html::to_show(&html))))
    };
    let key = format!("{account_id}/{asset}/{}", recipient.lead_id);
    let kept = state.contents.0.try_get_with(key, ask).await.map_err(|problem: Arc<Problem>| (*problem).clone())?;
    Ok((*kept).clone())
}

impl From<&Activity> for Event {
    fn from(activity: &Activity) -> Self {
        let detail = Detail::of(activity);
        Self { at: activity.happened_at, did: activity.kind.clone(), link: detail.address("link"), bot: detail.flag("bot") }
    }
}
