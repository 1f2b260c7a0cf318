//! What is said of an activity: to Marketo as attributes, to Salesforce as the fields of a task.

use serde_json::{Map, Value, json};

use crate::account::activities::{CallDetail, EmailDetail, SalesCampaignDetail, TaskDetail, marker};
use crate::remote::moment;
use crate::remote::salesforce::tasks::MARKER;
use crate::store::deliveries::Due;
use crate::store::sales_emails::SalesEmail;

/// Longest subject of a task in Salesforce, in characters.
const LONGEST_SUBJECT: usize = 255;
const SOURCE: &str = "Sales App";

/// The activity as Marketo wants it; `None` when it can't be read.
pub fn for_marketo(due: &Due, type_id: i64) -> Option<Value> {
    let activity = &due.activity;
    let id = marker(activity.number);
    let mut attributes: Vec<(&str, Value)> = match activity.kind.as_str() {
        "call" => {
            let call: CallDetail = serde_json::from_str(&activity.detail).ok()?;
            vec![
                ("salesCallMadeBy", json!(call.made_by)),
                ("salesCallStatus", json!(call.status)),
                ("salesCallSubject", json!(call.outcome)),
                ("salesPhoneNumberCalled", json!(call.phone)),
                ("salesCallDuration", json!(call.duration_seconds)),
                ("salesCallAnsweredBy", json!(call.answered_by)),
                ("source", json!(SOURCE)),
            ]
        }
        "email" | "opened" | "clicked" => {
            let mail: EmailDetail = serde_json::from_str(&activity.detail).ok()?;
            vec![
                ("link", json!(mail.link)),
                ("sentBy", json!(mail.sent_by)),
                ("source", json!(SOURCE)),
                ("templateId", json!(mail.template_id)),
                ("salesTemplateName", json!(mail.template)),
                ("emailSubject", json!(format!("{} ({id})", mail.subject))),
                ("salesCampaignName", json!(mail.sales_campaign.as_ref().map(|campaign| campaign.name.as_str()))),
                ("salesCampaignUrl", json!(mail.sales_campaign.as_ref().map(|campaign| campaign.url.as_str()))),
            ]
        }
        "replied" => {
            let mail: EmailDetail = serde_json::from_str(&activity.detail).ok()?;
            vec![("receivedBy", json!(mail.sent_by)), ("source", json!(SOURCE))]
        }
        "sales_added" | "sales_removed" => {
            let campaign: SalesCampaignDetail = serde_json::from_str(&activity.detail).ok()?;
            vec![
                ("salesCampaignName", json!(campaign.name)),
                ("salesCampaignUrl", json!(campaign.url)),
                ("sentBy", json!(campaign.sent_by)),
                ("source", json!(SOURCE)),
                ("salesCampaignId", json!(campaign.id)),
            ]
        }
        _ => return None,
    };
    // The types of campaigns have no such attribute.
    if !activity.kind.starts_with("sales_") {
        attributes.push(("marketoSalesPersonId", json!(activity.person_id)));
    }
    let attributes: Vec<Value> = attributes
        .into_iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| json!({ "apiName": name, "value": value }))
        .collect();
    Some(json!({
        "leadId": activity.lead_id, "activityDate": moment::format(activity.happened_at), "activityTypeId": type_id,
        "primaryAttributeValue": id, "attributes": attributes,
    }))
}

/// The task as Salesforce wants it; `None` when the activity can't be read.
pub fn for_salesforce(due: &Due) -> Option<Map<String, Value>> {
    let activity = &due.activity;
    let day = moment::format(activity.happened_at).get(..10).map(str::to_owned);
    let mut campaign = None;
    let mut fields = match activity.kind.as_str() {
        "call" => {
            let call: CallDetail = serde_json::from_str(&activity.detail).ok()?;
            let subject = subject(&format!("Call: {}", activity.subject.as_deref().unwrap_or_default()));
            json!({
                "Subject": subject, "Status": "Completed", "Priority": "Normal", "Type": "Call", "TaskSubtype": "Call", "ActivityDate": day,
                "Description": call.notes, "CallDurationInSeconds": call.duration_seconds, "CallDisposition": call.outcome,
                "CallType": "Outbound", "mktosales_call_outcome__c": call.outcome, "mktosales_call_reason__c": call.reason,
                "OwnerId": call.owner_id,
            })
        }
        "task" => {
            let task: TaskDetail = serde_json::from_str(&activity.detail).ok()?;
            campaign.clone_from(&task.sales_campaign);
            json!({
                "Subject": subject(activity.subject.as_deref().unwrap_or_default()), "Status": if task.done { "Completed" } else { "Not Started" },
                "Priority": task.priority, "ActivityDate": task.due, "Description": task.notes, "OwnerId": task.owner_id,
            })
        }
        "email" => {
            let mail: EmailDetail = serde_json::from_str(&activity.detail).ok()?;
            campaign.clone_from(&mail.sales_campaign);
            json!({
                "Subject": subject(&format!("Email: {}", mail.subject)), "Status": "Completed", "Priority": "Normal", "Type": "Email",
                "TaskSubtype": "Email", "ActivityDate": day, "MSE_Email_Status__c": "sent", "MSE_Viewed__c": false, "MSE_Clicked__c": false,
                "MSE_Replied__c": false, "MSE_Template__c": mail.template.as_deref().map(subject), "OwnerId": mail.owner_id,
            })
        }
        _ => return None,
    };
    let fields = fields.as_object_mut()?;
    if let Some(campaign) = campaign {
        fields.insert("MSE_Campaign__c".to_owned(), json!(subject(&campaign.name)));
        fields.insert("MSE_Current_Campaign_Step__c".to_owned(), json!(subject(&campaign.step)));
        fields.insert("MSE_Campaign_Details_Link__c".to_owned(), json!(campaign.url));
    }
    fields.retain(|_, value| !value.is_null());
    fields.insert("WhoId".to_owned(), json!(activity.sfdc_id));
    fields.insert(MARKER.to_owned(), json!(marker(activity.number)));
    Some(std::mem::take(fields))
}

/// What changes in a reminder that is done; `None` for what is none.
pub fn of_task(detail: &str) -> Option<Map<String, Value>> {
    let task: TaskDetail = serde_json::from_str(detail).ok()?;
    let status = if task.done { "Completed" } else { "Not Started" };
    Some(Map::from_iter([("Status".to_owned(), json!(status))]))
}

/// What changes in a mail's task by what its recipient did.
pub fn of_mail(mail: &SalesEmail) -> Map<String, Value> {
    let fields = [
        ("MSE_Viewed__c", json!(mail.opened > 0)),
        ("MSE_Clicked__c", json!(mail.clicked > 0)),
        ("MSE_Replied__c", json!(mail.replied > 0)),
        ("MSE_Email_Status__c", json!(mail.status)),
    ];
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

// One line, cut where Salesforce would refuse it.
fn subject(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).take(LONGEST_SUBJECT).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::subject;

    #[test]
    fn subjects_are_one_line_of_at_most_255_characters() {
        assert_eq!(subject("a\r\nb"), "a  b");
        assert_eq!(subject(&"é".repeat(300)).chars().count(), 255);
    }
}
