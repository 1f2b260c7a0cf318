//! What a rep did to a person, and what follows from it for other systems: written together.

use actix_web::HttpRequest;
use aws_lc_rs::digest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::database;
use super::invitations::idempotency_key;
use super::seller::Seller;
use crate::clock;
use crate::problem::Problem;
use crate::store::people::Person;
use crate::store::sales_activities::{Asked, NewActivity, NewDelivery, Recorded};

/// A call that was made.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CallDetail {
    /// Address of the rep.
    pub made_by: String,
    pub outcome: Option<String>,
    pub reason: Option<String>,
    pub notes: Option<String>,
    pub duration_seconds: Option<i64>,
    /// `completed`, `no answer`, `cancelled` or `failed`.
    pub status: String,
    pub phone: Option<String>,
    pub answered_by: Option<String>,
    /// The rep's user in Salesforce.
    pub owner_id: Option<String>,
}

/// Something to do.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct TaskDetail {
    pub created_by: String,
    /// `email`, `call`, `in_mail` or `custom`.
    pub kind: String,
    /// `2026-01-31`
    pub due: Option<String>,
    /// `High`, `Normal` or `Low`.
    pub priority: String,
    pub notes: Option<String>,
    /// The assignee's user in Salesforce.
    pub owner_id: Option<String>,
    pub assignee: String,
    pub done: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales_campaign: Option<SalesCampaignDetail>,
}

/// A Marketo campaign that was asked to run.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct CampaignDetail {
    pub campaign_id: i64,
    pub campaign: String,
    pub sent_by: String,
}

/// The sales campaign that something was done in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SalesCampaignDetail {
    pub id: String,
    pub name: String,
    /// Where the campaign can be looked at.
    pub url: String,
    /// Whoever runs it for the person.
    pub sent_by: String,
    /// The step's name.
    pub step: String,
    /// The step's day in the sequence.
    pub day: String,
}

/// A mail that was sent, or what its recipient did with it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct EmailDetail {
    pub sent_by: String,
    pub subject: String,
    pub template_id: Option<String>,
    pub template: Option<String>,
    /// What was clicked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub link: Option<String>,
    /// Id of the message that answered, or the words of the server that would not take it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub answer: Option<String>,
    /// The address that could not be reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    pub owner_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sales_campaign: Option<SalesCampaignDetail>,
}

/// How other systems name an activity: unique in the account, and part of every subject.
#[must_use]
pub fn marker(number: i64) -> String {
    format!("SIA-{number:08}")
}

/// A delivery that may go at once.
#[must_use]
pub(super) fn now_to(target: &'static str) -> NewDelivery {
    NewDelivery { id: clock::new_id(), target, verb: "create", state: "waiting", next_at: 0 }
}

/// An activity of a seller with a person, now.
///
/// # Errors
/// When its detail can't be written.
pub(super) fn new<T: Serialize>(
    seller: &Seller,
    person: &Person,
    kind: &'static str,
    subject: Option<String>,
    detail: &T,
    deliveries: Vec<NewDelivery>,
) -> Result<NewActivity, Problem> {
    Ok(NewActivity {
        id: clock::new_id(),
        kind,
        about: None,
        person_id: person.id.clone(),
        lead_id: person.lead_id,
        sfdc_type: person.sfdc_type.clone(),
        sfdc_id: person.sfdc_id.clone(),
        member_id: seller.member.id.clone(),
        happened_at: clock::now_ms(),
        subject,
        detail: serde_json::to_string(detail).map_err(|_| Problem::internal())?,
        deliveries,
    })
}

/// A question that may be asked again without doing anything again.
pub(super) struct Once {
    what: String,
    key: Option<String>,
    asked: String,
}

impl Once {
    /// Of this call; `asked` is everything that makes out the question.
    ///
    /// # Errors
    /// 400 when the key can't be used.
    pub(super) fn of(request: &HttpRequest, what: &str, seller: &Seller, asked: &str) -> Result<Self, Problem> {
        let hash = digest::digest(&digest::SHA256, asked.as_bytes());
        let asked = hash.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(Self { what: format!("{what}/{}", seller.member.id), key: idempotency_key(request)?, asked })
    }

    /// The answer that was given before.
    ///
    /// # Errors
    /// 409 `idempotency.reused` when the key belonged to another question.
    pub(super) async fn before(&self, seller: &Seller) -> Result<Option<Value>, Problem> {
        let Some(key) = &self.key else { return Ok(None) };
        match database::answer(seller.tenant.answered(&self.what, key)).await? {
            Some((asked, answer)) => self.same(&asked, &answer).map(Some),
            None => Ok(None),
        }
    }

    /// What is to be kept with what the question causes.
    pub(super) fn asking<'a>(&'a self, answer: &'a str) -> Option<Asked<'a>> {
        self.key.as_deref().map(|key| Asked { what: &self.what, key, asked: &self.asked, answer })
    }

    /// The earlier answer, if the question was the same.
    ///
    /// # Errors
    /// 409 `idempotency.reused` when it was not.
    pub(super) fn same(&self, asked: &str, answer: &str) -> Result<Value, Problem> {
        if asked != self.asked {
            return Err(Problem::new(
                409,
                "idempotency.reused",
                "The key was used before",
                "This Idempotency-Key was used for another request.",
            ));
        }
        serde_json::from_str(answer).map_err(|_| Problem::internal())
    }

    /// Writes the activities and keeps the answer; gives the earlier answer when there is one.
    ///
    /// # Errors
    /// As [`Once::before`], or when the database does not answer.
    pub(super) async fn record(&self, seller: &Seller, activities: &[NewActivity], answer: Value) -> Result<Value, Problem> {
        let text = answer.to_string();
        let recorded = database::answer(seller.tenant.record(activities, self.asking(&text), clock::now_ms())).await?;
        match recorded {
            Recorded::Done => Ok(answer),
            Recorded::Before(asked, answer) => self.same(&asked, &answer),
        }
    }
}

/// What is answered to whoever recorded an activity.
pub(super) fn told(activity: &NewActivity) -> Value {
    let deliveries: Vec<Value> =
        activity.deliveries.iter().map(|delivery| json!({ "target": delivery.target, "state": delivery.state })).collect();
    json!({ "id": activity.id, "person_id": activity.person_id, "at": activity.happened_at, "deliveries": deliveries })
}

/// A text of several lines, without what no mail or record should carry; `None` when nothing is left.
pub(super) fn lines(text: Option<&str>) -> Option<String> {
    let clean: String =
        text?.replace("\r\n", "\n").chars().filter(|letter| !letter.is_control() || matches!(letter, '\n' | '\t')).collect();
    let clean = clean.trim();
    (!clean.is_empty()).then(|| clean.to_owned())
}
