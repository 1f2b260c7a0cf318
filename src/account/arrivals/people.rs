//! Who enters: people of Marketo who are a lead or a contact in Salesforce and have a sales owner.
//!
//! Somebody whose id or owner can't be right stays out. Any other value that can't be right stays out alone, the
//! person enters without it, and it is counted: a copy that is silently poorer than the original can't be trusted.

use std::collections::BTreeMap;

use crate::remote::marketo::leads::{Lead, Told};
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
}

impl Skip {
    /// Stable word for figures.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NotInSalesforce => "not_in_salesforce",
            Self::NoOwner => "no_owner",
            Self::BadId => "bad_id",
        }
    }
}

/// How many values were left out, by field and reason, such as `phone.too_long`.
pub type LeftOut = BTreeMap<&'static str, u64>;

/// Adds to the figures of the process.
pub fn count(left_out: &LeftOut) {
    for (reason, values) in left_out {
        metrics::counter!("sync_values_left_out_total", "reason" => *reason).increment(*values);
    }
}

// Marketo's own text fields hold 255 characters, and so do Salesforce's longest; an address is a web address.
const LONGEST: usize = 255;
const LONGEST_ADDRESS: usize = 2_000;

struct Door<'a> {
    left_out: &'a mut LeftOut,
}

impl Door<'_> {
    fn leave_out(&mut self, reason: &'static str) {
        *self.left_out.entry(reason).or_default() += 1;
    }

    fn text(&mut self, value: Option<String>, too_long: &'static str) -> Option<String> {
        let mut value = value?;
        if memchr::memchr(0, value.as_bytes()).is_some() {
            value.retain(|letter| letter != '\0');
        }
        if value.len() > LONGEST && value.chars().count() > LONGEST {
            self.leave_out(too_long);
            return None;
        }
        Some(value).filter(|value| !value.is_empty())
    }

    fn email(&mut self, value: Option<String>) -> Option<String> {
        let email = self.text(value, "email.too_long")?;
        let plain = !email.bytes().any(|byte| byte.is_ascii_control() || byte == b' ');
        let whole = email.rsplit_once('@').is_some_and(|(mailbox, host)| !mailbox.is_empty() && !host.is_empty());
        if plain && whole {
            return Some(email);
        }
        self.leave_out("email.invalid");
        None
    }

    // Whoever shows it makes a link of it, so that nothing but a web address may come in.
    fn web_address(&mut self, value: Option<String>) -> Option<String> {
        let address = value.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())?;
        if address.len() > LONGEST_ADDRESS {
            self.leave_out("linkedin_url.too_long");
            return None;
        }
        let odd = |letter: char| letter.is_control() || letter.is_whitespace();
        let scheme = |scheme: &str| address.get(..scheme.len()).is_some_and(|start| start.eq_ignore_ascii_case(scheme));
        if address.contains(odd) || !(scheme("https://") || scheme("http://")) {
            self.leave_out("linkedin_url.invalid");
            return None;
        }
        Some(address)
    }

    fn record(&mut self, value: Option<String>, prefix: &str, reason: &'static str) -> Option<String> {
        let id = SalesforceId::take(value?).ok().filter(|id| id.is_a(prefix));
        if id.is_none() {
            self.leave_out(reason);
        }
        id.map(SalesforceId::into_string)
    }

    fn number(&mut self, value: Told<i64>, reason: &'static str) -> Option<i64> {
        if value == Told::Invalid {
            self.leave_out(reason);
        }
        value.get()
    }
}

/// A person to store, or why not. Values that were left out are added to `left_out`.
///
/// # Errors
/// When the person does not qualify.
pub fn admit(lead: Lead, left_out: &mut LeftOut) -> Result<NewPerson, Skip> {
    if lead.id <= 0 {
        return Err(Skip::BadId);
    }
    let mut lead_record = id(lead.sfdc_lead_id, "00Q")?;
    let mut contact_record = id(lead.sfdc_contact_id, "003")?;
    if lead_record.is_none() && contact_record.is_none() {
        match lead.sfdc_id {
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
    let owner_id = match lead.sfdc_lead_owner_id {
        Some(owner) if owner.starts_with("005") => SalesforceId::take(owner).map_err(|_| Skip::BadId)?.into_string(),
        _ => return Err(Skip::NoOwner),
    };
    let mut door = Door { left_out };
    let created = door.number(lead.created_at, "created_at.invalid");
    let updated_at = door.number(lead.updated_at, "updated_at.invalid").or(created).unwrap_or(0);
    Ok(NewPerson {
        lead_id: lead.id,
        sfdc_type,
        sfdc_id,
        sfdc_lead_id: lead_record,
        sfdc_contact_id: contact_record,
        sfdc_account_id: door.record(lead.sfdc_account_id, "001", "sfdc_account_id.invalid"),
        sfdc_opportunity_id: door.record(lead.sfdc_opportunity_id, "006", "sfdc_opportunity_id.invalid"),
        owner_id,
        first_name: door.text(lead.first_name, "first_name.too_long"),
        last_name: door.text(lead.last_name, "last_name.too_long"),
        company: door.text(lead.company, "company.too_long"),
        title: door.text(lead.title, "title.too_long"),
        email: door.email(lead.email),
        phone: door.text(lead.phone, "phone.too_long"),
        linkedin_url: door.web_address(lead.linkedin_url),
        source: door.text(lead.source, "source.too_long"),
        score: door.number(lead.lead_score, "score.invalid"),
        relative_score: door.number(lead.relative_score, "relative_score.invalid").map(|stars| stars.clamp(0, 3)),
        relative_urgency: door.number(lead.relative_urgency, "relative_urgency.invalid").map(|flames| flames.clamp(0, 3)),
        priority: door.number(lead.priority, "priority.invalid"),
        created_at: created.unwrap_or(updated_at),
        updated_at,
    })
}

fn id(raw: Option<String>, prefix: &str) -> Result<Option<String>, Skip> {
    match raw {
        None => Ok(None),
        Some(raw) if raw.starts_with(prefix) => SalesforceId::take(raw).map(|id| Some(id.into_string())).map_err(|_| Skip::BadId),
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
            created_at: Told::Is(1),
            relative_score: Told::Is(9),
            ..Lead::default()
        }
    }

    fn admitted(lead: Lead) -> Result<NewPerson, Skip> {
        admit(lead, &mut LeftOut::new())
    }

    #[test]
    fn a_lead_with_an_owner_enters_under_its_long_id() {
        let person = admitted(lead()).unwrap();
        assert_eq!((person.sfdc_type, person.sfdc_id.len(), person.relative_score), ("Lead", 18, Some(3)));
        assert_eq!(person.owner_id.len(), 18);
    }

    #[test]
    fn a_converted_lead_is_a_contact_and_keeps_its_lead_id() {
        let person = admitted(Lead { sfdc_contact_id: Some("003D000000QSBuF".to_owned()), ..lead() }).unwrap();
        assert_eq!((person.sfdc_type, person.sfdc_id.starts_with("003")), ("Contact", true));
        assert!(person.sfdc_lead_id.unwrap().starts_with("00Q"));
    }

    #[test]
    fn everybody_else_stays_out_for_a_reason() {
        assert_eq!(admitted(Lead { sfdc_lead_id: None, ..lead() }), Err(Skip::NotInSalesforce));
        assert_eq!(admitted(Lead { sfdc_lead_owner_id: None, ..lead() }), Err(Skip::NoOwner));
        assert_eq!(admitted(Lead { sfdc_lead_owner_id: Some("00GD0000001TYu9".to_owned()), ..lead() }), Err(Skip::NoOwner));
        assert_eq!(admitted(Lead { sfdc_lead_id: Some("00Q1".to_owned()), ..lead() }), Err(Skip::BadId));
        assert_eq!(admitted(Lead { sfdc_lead_id: Some("003D000000QSBuF".to_owned()), ..lead() }), Err(Skip::BadId));
    }

    #[test]
    fn a_value_that_cannot_be_right_is_left_out_and_counted_and_the_person_enters() {
        let mut left_out = LeftOut::new();
        let odd = Lead {
            company: Some("x".repeat(256)),
            title: Some("é".repeat(255)),
            email: Some("nobody at example".to_owned()),
            phone: Some("+49\u{0} 30".to_owned()),
            linkedin_url: Some("javascript:alert(1)".to_owned()),
            sfdc_account_id: Some("001x".to_owned()),
            sfdc_opportunity_id: Some("003D000000QSBuF".to_owned()),
            lead_score: Told::Invalid,
            updated_at: Told::Invalid,
            ..lead()
        };
        let person = admit(odd, &mut left_out).unwrap();
        assert_eq!((person.company, person.email, person.linkedin_url, person.score), (None, None, None, None));
        assert_eq!((person.title.unwrap().chars().count(), person.phone.as_deref()), (255, Some("+49 30")));
        assert_eq!((person.sfdc_account_id, person.sfdc_opportunity_id, person.updated_at), (None, None, 1));
        let reasons: Vec<&str> = left_out.into_keys().collect();
        assert_eq!(
            reasons,
            [
                "company.too_long",
                "email.invalid",
                "linkedin_url.invalid",
                "score.invalid",
                "sfdc_account_id.invalid",
                "sfdc_opportunity_id.invalid",
                "updated_at.invalid"
            ]
        );
    }
}
