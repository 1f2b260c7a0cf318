//! Dynamic fields that only Salesforce can fill: `{{sfdc_contact_account_name}}`, `{{sfdc_lead_industry}}`,
//! `{{sfdc_contact_region__c}}`. They are asked for when a mail is composed, all recipients at once.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::connections::Connections;
use super::merging::{self, Filling, Values};
use super::salesforce_calls::{self, NoAnswer};
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::salesforce::person_fields::{MOST, person_fields};
use crate::salesforce_id::SalesforceId;
use crate::store::Tenant;
use crate::store::people::Person;

const BEGINNING: &str = "sfdc_";
/// Most such fields of one mail.
const MOST_FIELDS: usize = 20;
const LONGEST: usize = 60;

/// A field of a mail, and the field of a record that it stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SalesforceField {
    /// As it stands in the mail.
    name: String,
    /// `Lead` or `Contact`; `None`: whichever the person is.
    object: Option<&'static str>,
    /// As SOQL names it: `Account.Name`, `Region__c`.
    path: String,
}

/// The fields that texts want of Salesforce.
///
/// # Errors
/// 422 when they are too many, or one has a name that no field has.
pub fn wanted<'a>(texts: impl Iterator<Item = &'a str>) -> Result<Vec<SalesforceField>, Problem> {
    let names: BTreeSet<String> = texts.flat_map(|text| merging::named(text, BEGINNING)).collect();
    if names.len() > MOST_FIELDS {
        return Err(Problem::new(422, "mail.fields", "Too many fields of Salesforce", "A mail can have at most 20 fields of Salesforce."));
    }
    // A name that is none stays unfilled, and is told as such.
    Ok(names.into_iter().filter_map(|name| field(&name)).collect())
}

fn field(name: &str) -> Option<SalesforceField> {
    let rest = name.strip_prefix(BEGINNING)?;
    let (object, rest) = match (rest.strip_prefix("lead_"), rest.strip_prefix("contact_")) {
        (Some(rest), _) => (Some("Lead"), rest),
        (_, Some(rest)) => (Some("Contact"), rest),
        _ => (None, rest),
    };
    // What lies behind a parent's name is the parent's; a lead has no account.
    let parents = [("account_", "Account"), ("owner_", "Owner")];
    let parent = parents.iter().find_map(|(before, parent)| Some((*parent, rest.strip_prefix(before)?)));
    let (object, path) = match parent {
        Some(("Account", _)) if object == Some("Lead") => return None,
        Some(("Account", rest)) => (Some("Contact"), format!("Account.{}", api_name(rest)?)),
        Some((parent, rest)) => (object, format!("{parent}.{}", api_name(rest)?)),
        None => (object, api_name(rest)?),
    };
    Some(SalesforceField { name: name.to_owned(), object, path })
}

// `first_name` is `FirstName`; a custom field has its own name already.
fn api_name(name: &str) -> Option<String> {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let begins = name.bytes().next().is_some_and(|byte| byte.is_ascii_alphabetic());
    if !plain || !begins || name.len() > LONGEST {
        return None;
    }
    if name.ends_with("__c") {
        return Some(name.to_owned());
    }
    let capital = |word: &str| {
        let (first, rest) = word.split_at_checked(1).unwrap_or((word, ""));
        format!("{}{rest}", first.to_ascii_uppercase())
    };
    Some(name.split('_').map(capital).collect())
}

/// What Salesforce says of people, by the id of their record. A field that it does not have stays unfilled.
///
/// # Errors
/// When there is no connection, or Salesforce does not answer.
pub async fn ask(
    connections: &Connections,
    tenant: &Tenant,
    wanted: &[SalesforceField],
    people: &[&Person],
    request_id: &str,
) -> Result<HashMap<String, Values>, Problem> {
    let mut found: HashMap<String, Values> = HashMap::new();
    for object in ["Lead", "Contact"] {
        let fields: BTreeMap<&str, &str> = wanted
            .iter()
            .filter(|field| field.object.is_none_or(|of| of == object))
            .map(|field| (field.name.as_str(), field.path.as_str()))
            .collect();
        let ids: Vec<SalesforceId> = people
            .iter()
            .filter(|person| person.sfdc_type == object)
            .filter_map(|person| SalesforceId::parse(&person.sfdc_id).ok())
            .collect();
        if fields.is_empty() || ids.is_empty() {
            continue;
        }
        for ids in ids.chunks(MOST) {
            let mut paths: Vec<&str> = fields.values().copied().collect();
            paths.sort_unstable();
            paths.dedup();
            for paths in known(connections, tenant, object, &paths, ids, request_id).await? {
                let call = person_fields(connections.caller(), object, &paths, ids);
                let records = salesforce_calls::send(connections, tenant, &call, request_id).await.map_err(problem)?;
                for record in records {
                    let values = found.entry(record.id.clone()).or_default();
                    for (name, path) in fields.iter().filter(|(_, path)| paths.contains(path)) {
                        if let Some(text) = record.text(path) {
                            values.insert((*name).to_owned().into(), Filling::Text(text));
                        }
                    }
                }
            }
        }
    }
    Ok(found)
}

// One unknown field would have the whole question refused; then each is asked for alone, and those that are refused are left out.
async fn known<'a>(
    connections: &Connections,
    tenant: &Tenant,
    object: &'static str,
    paths: &[&'a str],
    ids: &[SalesforceId],
    request_id: &str,
) -> Result<Vec<Vec<&'a str>>, Problem> {
    let first = ids.get(..1).unwrap_or_default();
    let refused = |error: &NoAnswer| matches!(error, NoAnswer::Call(CallError::Refused { code, .. }) if ["INVALID_FIELD", "INVALID_TYPE", "MALFORMED_QUERY"].contains(&code.as_str()));
    match salesforce_calls::send(connections, tenant, &person_fields(connections.caller(), object, paths, first), request_id).await {
        Ok(_) => return Ok(vec![paths.to_vec()]),
        Err(error) if !refused(&error) => return Err(problem(error)),
        Err(_) => {}
    }
    let mut good = Vec::new();
    for path in paths {
        match salesforce_calls::send(connections, tenant, &person_fields(connections.caller(), object, &[path], first), request_id).await {
            Ok(_) => good.push(*path),
            Err(error) if refused(&error) => {}
            Err(error) => return Err(problem(error)),
        }
    }
    Ok(if good.is_empty() { Vec::new() } else { vec![good] })
}

fn problem(error: NoAnswer) -> Problem {
    match error {
        NoAnswer::Connection(problem) => problem,
        NoAnswer::Call(error) => error.problem("Salesforce"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn one(name: &str) -> Option<(Option<&'static str>, String)> {
        field(name).map(|field| (field.object, field.path))
    }

    #[test]
    fn names_of_fields_become_paths() {
        let is = |object, path: &str| Some((object, path.to_owned()));
        assert_eq!(one("sfdc_contact_account_name"), is(Some("Contact"), "Account.Name"));
        assert_eq!(one("sfdc_account_name"), is(Some("Contact"), "Account.Name"));
        assert_eq!(one("sfdc_lead_industry"), is(Some("Lead"), "Industry"));
        assert_eq!(one("sfdc_mailing_city"), is(None, "MailingCity"));
        assert_eq!(one("sfdc_contact_region__c"), is(Some("Contact"), "region__c"));
        assert_eq!(one("sfdc_owner_name"), is(None, "Owner.Name"));
        for odd in ["sfdc_", "sfdc_lead_", "sfdc_lead_account_name", "sfdc_a b", "sfdc_x'", "sfdc_1", &format!("sfdc_{}", "a".repeat(80))] {
            assert_eq!(one(odd), None, "{odd}");
        }
        assert!(wanted((0..30).map(|n| format!("{{{{sfdc_x{n}}}}}")).collect::<Vec<_>>().iter().map(String::as_str)).is_err());
    }

    proptest! {
        #[test]
        fn nothing_but_a_path_reaches_the_query(name in "sfdc_\\PC{0,70}") {
            if let Some((_, path)) = one(&name) {
                prop_assert!(path.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'.'));
            }
        }
    }
}
