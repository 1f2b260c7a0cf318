//! What is said of an activity: to Marketo as attributes, to Salesforce as the fields of a task.

use serde_json::{Map, Value, json};

use crate::account::activities::{CallDetail, EmailDetail, SalesCampaignDetail, TaskDetail, marker};
use crate::account::subject_pattern::{Named, filled, one_line};
use crate::remote::moment;
use crate::remote::salesforce::tasks::MARKER;
use crate::store::deliveries::Due;
use crate::store::sales_emails::SalesEmail;

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
        "bounced" => {
            let mail: EmailDetail = serde_json::from_str(&activity.detail).ok()?;
            vec![
                ("details", json!(mail.answer)),
                ("email", json!(mail.email)),
                ("sentBy", json!(mail.sent_by)),
                ("templateId", json!(mail.template_id)),
            ]
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

// What a subject may say of the campaign.
fn of_campaign(campaign: Option<&SalesCampaignDetail>) -> Named<'_> {
    campaign.map_or_else(Named::default, |campaign| Named {
        sales_campaign_name: &campaign.name,
        sales_campaign_day: &campaign.day,
        sales_campaign_step: &campaign.step,
        ..Named::default()
    })
}

/// The task as Salesforce wants it, called by an admin's pattern; `None` when the activity can't be read.
pub fn for_salesforce(due: &Due, pattern: &str) -> Option<Map<String, Value>> {
    let activity = &due.activity;
    let named = |named: Named<'_>, otherwise: &str| json!(filled(pattern, &named).unwrap_or_else(|| one_line(otherwise)));
    let own = activity.subject.as_deref().unwrap_or_default();
    let day = moment::format(activity.happened_at).get(..10).map(str::to_owned);
    let mut campaign = None;
    let mut fields = match activity.kind.as_str() {
        "call" => {
            let call: CallDetail = serde_json::from_str(&activity.detail).ok()?;
            let call_named = Named {
                activity_type: "Call",
                call_outcome: call.outcome.as_deref().unwrap_or_default(),
                call_reason: call.reason.as_deref().unwrap_or_default(),
                ..Named::default()
            };
            let subject = named(call_named, &format!("Call: {own}"));
            json!({
                "Subject": subject, "Status": "Completed", "Priority": "Normal", "Type": "Call", "TaskSubtype": "Call", "ActivityDate": day,
                "Description": call.notes, "CallDurationInSeconds": call.duration_seconds, "CallDisposition": call.outcome,
                "CallType": "Outbound", "mktosales_call_outcome__c": call.outcome, "mktosales_call_reason__c": call.reason,
                "OwnerId": call.owner_id,
            })
        }
        "task" => {
            let task: TaskDetail = serde_json::from_str(&activity.detail).ok()?;
            let activity_type = match task.kind.as_str() {
                "email" => "Email",
                "call" => "Call",
                "in_mail" => "InMail",
                _ => "Custom",
            };
            campaign.clone_from(&task.sales_campaign);
            let subject = named(Named { activity_type, activity_subject: own, ..of_campaign(campaign.as_ref()) }, own);
            json!({
                "Subject": subject, "Status": if task.done { "Completed" } else { "Not Started" },
                "Priority": task.priority, "ActivityDate": task.due, "Description": task.notes, "OwnerId": task.owner_id,
            })
        }
        "email" => {
            let mail: EmailDetail = serde_json::from_str(&activity.detail).ok()?;
            campaign.clone_from(&mail.sales_campaign);
            let mail_named = Named { activity_type: "Email", activity_subject: &mail.subject, ..of_campaign(campaign.as_ref()) };
            json!({
                "Subject": named(mail_named, &format!("Email: {}", mail.subject)), "Status": "Completed", "Priority": "Normal", "Type": "Email",
                "TaskSubtype": "Email", "ActivityDate": day, "MSE_Email_Status__c": "sent", "MSE_Viewed__c": false, "MSE_Clicked__c": false,
                "MSE_Replied__c": false, "MSE_Template__c": mail.template.as_deref().map(one_line), "OwnerId": mail.owner_id,
            })
        }
        // An answer is called after what it answers, whatever the pattern says.
        "replied" => {
            let mail: EmailDetail = serde_json::from_str(&activity.detail).ok()?;
            json!({
                "Subject": one_line(&format!("Reply: {}", mail.subject)), "Status": "Completed", "Priority": "Normal", "Type": "Reply",
                "ActivityDate": day, "OwnerId": mail.owner_id,
            })
        }
        _ => return None,
    };
    let fields = fields.as_object_mut()?;
    if let Some(campaign) = campaign {
        fields.insert("MSE_Campaign__c".to_owned(), json!(one_line(&campaign.name)));
        fields.insert("MSE_Current_Campaign_Step__c".to_owned(), json!(one_line(&campaign.step)));
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

/// What Salesforce is told of somebody who wants no more mail.
pub fn of_opt_out(due: &Due, field: &str) -> Value {
    let mut record = json!({ "attributes": { "type": due.activity.sfdc_type }, "Id": due.activity.sfdc_id, "HasOptedOutOfEmail": true });
    if let Some(record) = record.as_object_mut().filter(|_| field == "both") {
        record.insert("Marketo_Sales_Opt_Out__c".to_owned(), json!(true));
    }
    record
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::store::sales_activities::SalesActivity;

    /// A delivery of something that a rep did.
    pub(in crate::sync::deliver) fn due(kind: &str, detail: &impl serde::Serialize) -> Due {
        let word = String::new;
        let activity = SalesActivity {
            id: word(),
            account_id: word(),
            number: 7,
            kind: kind.to_owned(),
            about: None,
            person_id: word(),
            lead_id: 1,
            sfdc_type: "Lead".to_owned(),
            sfdc_id: "00QIN000001a2bC2AQ".to_owned(),
            member_id: word(),
            happened_at: 0,
            subject: Some("Ring them up".to_owned()),
            detail: serde_json::to_string(detail).unwrap(),
            created_at: 0,
        };
        Due {
            delivery_id: "d".to_owned(),
            verb: "create".to_owned(),
            state: "waiting".to_owned(),
            attempts: 0,
            last_attempt_at: None,
            promised_at: 0,
            upstream_id: None,
            activity,
        }
    }

    fn campaign() -> SalesCampaignDetail {
        SalesCampaignDetail {
            name: "Autumn".to_owned(),
            url: "https://sales.example/c/1".to_owned(),
            step: "First call".to_owned(),
            day: "3".to_owned(),
            ..SalesCampaignDetail::default()
        }
    }

    #[test]
    fn a_reminder_is_called_after_its_kind_and_its_campaign_by_the_pattern() {
        let pattern =
            "{{activity_type}}: {{activity_subject}} / {{sales_campaign_name}} / {{sales_campaign_day}} / {{sales_campaign_step}}";
        for (kind, called) in [("email", "Email"), ("call", "Call"), ("in_mail", "InMail"), ("custom", "Custom")] {
            let mut task = TaskDetail { kind: kind.to_owned(), sales_campaign: Some(campaign()), ..TaskDetail::default() };
            let told = for_salesforce(&due("task", &task), pattern).unwrap();
            assert_eq!(told["Subject"], json!(format!("{called}: Ring them up / Autumn / 3 / First call")));
            assert_eq!(told["MSE_Campaign__c"], "Autumn");
            assert_eq!(told["MSE_Current_Campaign_Step__c"], "First call");
            assert_eq!(told["MSE_Campaign_Details_Link__c"], "https://sales.example/c/1");
            assert_eq!(for_salesforce(&due("task", &task), "").unwrap()["Subject"], "Ring them up");
            task.sales_campaign = None;
            let told = for_salesforce(&due("task", &task), pattern).unwrap();
            assert_eq!(told["Subject"], json!(format!("{called}: Ring them up /  /  /")));
            assert!(!told.contains_key("MSE_Campaign__c"));
        }
    }

    #[test]
    fn a_mail_is_called_after_its_campaign_by_the_pattern() {
        let mail = EmailDetail { subject: "Hello".to_owned(), sales_campaign: Some(campaign()), ..EmailDetail::default() };
        let told = for_salesforce(&due("email", &mail), "{{activity_type}} {{activity_subject}} {{sales_campaign_name}}").unwrap();
        assert_eq!((&told["Subject"], &told["Status"]), (&json!("Email Hello Autumn"), &json!("Completed")));
        assert_eq!(for_salesforce(&due("email", &mail), "").unwrap()["Subject"], "Email: Hello");
    }

    #[test]
    fn what_cannot_be_read_is_told_to_nobody() {
        for kind in ["call", "email", "replied", "task", "campaign"] {
            assert_eq!(for_salesforce(&due(kind, &"?"), ""), None, "{kind}");
        }
        for kind in ["call", "email", "opened", "clicked", "replied", "bounced", "sales_added", "sales_removed", "task"] {
            assert_eq!(for_marketo(&due(kind, &"?"), 1), None, "{kind}");
        }
    }
}
