//! Who enters: people of Marketo who are a lead or a contact in Salesforce and have a sales owner.

use crate::remote::marketo::leads::Lead;
use crate::salesforce_id::SalesforceId;
use crate::store::people::NewPerson;

/// Why somebody does not enter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Skip {
    /// Neither a lead nor a contact in Salesforce.
    NotInSalesforce,
    /// Nobody in Salesforce owns the record, or a queue does.
    NoOwner,
    /// An id that Salesforce cannot have given.
    BadId,
    /// A value longer than any that Marketo's own pages accept.
    TooLong,
}

impl Skip {
    /// Stable word for figures.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotInSalesforce => "not_in_salesforce",
            Self::NoOwner => "no_owner",
            Self::BadId => "bad_id",
            Self::TooLong => "too_long",
        }
    }
}

const LONGEST: usize = 1_000;

/// A person to store, or why not.
///
/// # Errors
/// When the person does not qualify.
pub fn admit(lead: Lead) -> Result<NewPerson, Skip> {
    if lead.id <= 0 {
        return Err(Skip::BadId);
    }
    let mut lead_record = id(lead.sfdc_lead_id.as_deref(), "00Q")?;
    let mut contact_record = id(lead.sfdc_contact_id.as_deref(), "003")?;
    if lead_record.is_none() && contact_record.is_none() {
        match lead.sfdc_id.as_deref() {
            Some(record) if record.starts_with("00Q") => lead_record = id(Some(record), "00Q")?,
            Some(record) if record.starts_with("003") => contact_record = id(Some(record), "003")?,
            _ => return Err(Skip::NotInSalesforce),
        }
    }
    // A converted lead has both; Salesforce shows the contact from then on.
    let (sfdc_type, sfdc_id) = match (&contact_record, &lead_record) {
        (Some(contact), _) => ("Contact", contact.clone()),
        (None, Some(lead)) => ("Lead", lead.clone()),
        (None, None) => return Err(Skip::NotInSalesforce),
    };
    let owner_id = match lead.sfdc_lead_owner_id.as_deref() {
        Some(owner) if owner.starts_with("005") => eighteen(owner).ok_or(Skip::BadId)?,
        _ => return Err(Skip::NoOwner),
    };
    let texts = [&lead.first_name, &lead.last_name, &lead.company, &lead.title, &lead.email, &lead.phone];
    if texts.into_iter().flatten().any(|text| text.len() > LONGEST) {
        return Err(Skip::TooLong);
    }
    let updated_at = lead.updated_at.or(lead.created_at).unwrap_or(0);
    Ok(NewPerson {
        lead_id: lead.id,
        sfdc_type,
        sfdc_id,
        sfdc_lead_id: lead_record,
        sfdc_contact_id: contact_record,
        sfdc_account_id: lead.sfdc_account_id.as_deref().and_then(eighteen),
        owner_id,
        first_name: lead.first_name,
        last_name: lead.last_name,
        company: lead.company,
        title: lead.title,
        email: lead.email,
        phone: lead.phone,
        score: lead.lead_score,
        relative_score: lead.relative_score.map(|stars| stars.clamp(0, 3)),
        relative_urgency: lead.relative_urgency.map(|flames| flames.clamp(0, 3)),
        priority: lead.priority,
        created_at: lead.created_at.unwrap_or(updated_at),
        updated_at,
    })
}

fn id(raw: Option<&str>, prefix: &str) -> Result<Option<String>, Skip> {
    match raw {
        None => Ok(None),
        Some(raw) if raw.starts_with(prefix) => eighteen(raw).map(Some).ok_or(Skip::BadId),
        Some(_) => Err(Skip::BadId),
    }
}

/// The 18-character form of a Salesforce id; `None` when it is none, or its check characters are wrong.
#[must_use]
pub fn eighteen(raw: &str) -> Option<String> {
    SalesforceId::parse(raw.trim()).ok().map(|id| id.as_str().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lead() -> Lead {
        Lead {
            id: 7,
            sfdc_lead_id: Some("00QD0000007CIgs".to_owned()),
            sfdc_lead_owner_id: Some("005D0000001TYu9".to_owned()),
            created_at: Some(1),
            relative_score: Some(9),
            ..Lead::default()
        }
    }

    #[test]
    fn a_lead_with_an_owner_enters_under_its_long_id() {
        let person = admit(lead()).unwrap();
        assert_eq!((person.sfdc_type, person.sfdc_id.len(), person.relative_score), ("Lead", 18, Some(3)));
    }

    #[test]
    fn a_converted_lead_is_a_contact_and_keeps_its_lead_id() {
        let person = admit(Lead { sfdc_contact_id: Some("003D000000QSBuF".to_owned()), ..lead() }).unwrap();
        assert_eq!((person.sfdc_type, person.sfdc_id.starts_with("003")), ("Contact", true));
        assert!(person.sfdc_lead_id.unwrap().starts_with("00Q"));
    }

    #[test]
    fn everybody_else_stays_out_for_a_reason() {
        assert_eq!(admit(Lead { sfdc_lead_id: None, ..lead() }), Err(Skip::NotInSalesforce));
        assert_eq!(admit(Lead { sfdc_lead_owner_id: None, ..lead() }), Err(Skip::NoOwner));
        assert_eq!(admit(Lead { sfdc_lead_owner_id: Some("00GD0000001TYu9".to_owned()), ..lead() }), Err(Skip::NoOwner));
        assert_eq!(admit(Lead { sfdc_lead_id: Some("00Q1".to_owned()), ..lead() }), Err(Skip::BadId));
        assert_eq!(admit(Lead { sfdc_lead_id: Some("003D000000QSBuF".to_owned()), ..lead() }), Err(Skip::BadId));
        assert_eq!(admit(Lead { company: Some("x".repeat(1_001)), ..lead() }), Err(Skip::TooLong));
    }
}
