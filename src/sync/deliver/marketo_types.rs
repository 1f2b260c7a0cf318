//! The eight activity types by which Marketo knows what sales did. Attributes have the names that the product documents; the
//! types' own names end in "(Sales App)", since an instance has types of the plain names that nobody else may write.

use crate::remote::marketo::custom_types::WantedType;

const PRIMARY: (&str, &str) = ("Sales Activity ID", "salesActivityId");

const EMAIL: &[(&str, &str, &str)] = &[
    ("Sent By", "sentBy", "string"),
    ("Source", "source", "string"),
    ("Template ID", "templateId", "string"),
    ("Sales Template URL", "salesTemplateUrl", "string"),
    ("Sales Campaign URL", "salesCampaignUrl", "string"),
    ("Sales Template Name", "salesTemplateName", "string"),
    ("Email Subject", "emailSubject", "string"),
    ("Sales Campaign Name", "salesCampaignName", "string"),
    ("Marketo Sales Person ID", "marketoSalesPersonId", "string"),
];
const CLICK: &[(&str, &str, &str)] = &[
    ("Link", "link", "string"),
    ("Sent By", "sentBy", "string"),
    ("Source", "source", "string"),
    ("Template ID", "templateId", "string"),
    ("Sales Template URL", "salesTemplateUrl", "string"),
    ("Sales Campaign URL", "salesCampaignUrl", "string"),
    ("Sales Template Name", "salesTemplateName", "string"),
    ("Email Subject", "emailSubject", "string"),
    ("Sales Campaign Name", "salesCampaignName", "string"),
    ("Marketo Sales Person ID", "marketoSalesPersonId", "string"),
];
const REPLY: &[(&str, &str, &str)] = &[
    ("Received By", "receivedBy", "string"),
    ("Source", "source", "string"),
    ("Marketo Sales Person ID", "marketoSalesPersonId", "string"),
];
const CALL: &[(&str, &str, &str)] = &[
    ("Sales Call Made By", "salesCallMadeBy", "string"),
    ("Sales Call Status", "salesCallStatus", "string"),
    ("Sales Call Subject", "salesCallSubject", "string"),
    ("Sales Campaign Name", "salesCampaignName", "string"),
    ("Sales Campaign URL", "salesCampaignUrl", "string"),
    ("Sales Phone Number Called", "salesPhoneNumberCalled", "string"),
    ("Source", "source", "string"),
    ("Sales Call Duration", "salesCallDuration", "integer"),
    ("Sales Call Recording URL", "salesCallRecordingUrl", "string"),
    ("Sales Call Answered By", "salesCallAnsweredBy", "string"),
    ("Marketo Sales Person ID", "marketoSalesPersonId", "string"),
];
const CAMPAIGN: &[(&str, &str, &str)] = &[
    ("Sales Campaign Name", "salesCampaignName", "string"),
    ("Sales Call Status", "salesCallStatus", "string"),
    ("Sales Campaign URL", "salesCampaignUrl", "string"),
    ("Sent By", "sentBy", "string"),
    ("Source", "source", "string"),
    ("Sales Campaign ID", "salesCampaignId", "string"),
];
const BOUNCE: &[(&str, &str, &str)] = &[
    ("Details", "details", "string"),
    ("Email", "email", "string"),
    ("Sent By", "sentBy", "string"),
    ("Marketo Sales Person ID", "marketoSalesPersonId", "string"),
    ("Template ID", "templateId", "string"),
];

const fn wanted(
    api_name: &'static str,
    name: &'static str,
    trigger: &'static str,
    filter: &'static str,
    attributes: &'static [(&'static str, &'static str, &'static str)],
) -> WantedType {
    WantedType { api_name, name, trigger, filter, description: "Written by the Sales Insight gateway", primary: PRIMARY, attributes }
}

/// The types, in the order in which they are made.
pub const TYPES: [WantedType; 8] = [
    wanted(
        "msiSendSalesEmail",
        "Send Sales Email (Sales App)",
        "Is Sent Sales Email (Sales App)",
        "Was Sent Sales Email (Sales App)",
        EMAIL,
    ),
    wanted("msiOpenSalesEmail", "Open Sales Email (Sales App)", "Opens Sales Email (Sales App)", "Opened Sales Email (Sales App)", EMAIL),
    wanted(
        "msiClickSalesEmail",
        "Click Sales Email (Sales App)",
        "Clicks Sales Email (Sales App)",
        "Clicked Sales Email (Sales App)",
        CLICK,
    ),
    wanted(
        "msiReplyToSalesEmail",
        "Replied to Sales Email (Sales App)",
        "Replies to Sales Email (Sales App)",
        "Replied to Sales Email (Sales App)",
        REPLY,
    ),
    wanted(
        "msiReceiveSalesCall",
        "Received Sales Call (Sales App)",
        "Receives Sales Call (Sales App)",
        "Received Sales Call (Sales App)",
        CALL,
    ),
    wanted(
        "msiAddToSalesCampaign",
        "Add to Sales Campaign (Sales App)",
        "Is Added to Sales Campaign (Sales App)",
        "Was Added to Sales Campaign (Sales App)",
        CAMPAIGN,
    ),
    wanted(
        "msiRemoveFromSalesCampaign",
        "Remove from Sales Campaign (Sales App)",
        "Is Removed from Sales Campaign (Sales App)",
        "Was Removed from Sales Campaign (Sales App)",
        CAMPAIGN,
    ),
    wanted(
        "msiSalesEmailBounce",
        "Sales Email Bounce (Sales App)",
        "Sales Email Bounces (Sales App)",
        "Sales Email Bounced (Sales App)",
        BOUNCE,
    ),
];

/// The API name of the type by which an activity of ours is told.
#[must_use]
pub fn api_name(kind: &str) -> Option<&'static str> {
    Some(match kind {
        "email" => "msiSendSalesEmail",
        "opened" => "msiOpenSalesEmail",
        "clicked" => "msiClickSalesEmail",
        "replied" => "msiReplyToSalesEmail",
        "call" => "msiReceiveSalesCall",
        "bounced" => "msiSalesEmailBounce",
        "sales_added" => "msiAddToSalesCampaign",
        "sales_removed" => "msiRemoveFromSalesCampaign",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_types_keep_within_marketos_limits_and_their_names_differ() {
        for name in [|t: &WantedType| t.api_name, |t: &WantedType| t.name, |t: &WantedType| t.trigger, |t: &WantedType| t.filter] {
            assert_eq!(TYPES.iter().map(name).collect::<HashSet<_>>().len(), 8);
        }
        for wanted in TYPES {
            assert!(wanted.attributes.len() <= 20 && wanted.attributes.iter().all(|(_, api, _)| *api != wanted.primary.1));
        }
        for kind in ["email", "opened", "clicked", "replied", "call", "bounced", "sales_added", "sales_removed"] {
            assert!(TYPES.iter().any(|wanted| Some(wanted.api_name) == api_name(kind)));
        }
        assert_eq!(api_name("task"), None);
    }
}
