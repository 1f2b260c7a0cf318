//! Records as the REST API and the pages show them.

use serde_json::{Value, json};

use crate::sandbox::World;
use crate::sandbox::clock::iso;
use crate::sandbox::dice::{Dice, Stream};
use crate::sandbox::world::ids::{Object, record_id};
use crate::sandbox::world::names::Name;
use crate::sandbox::world::people::{Kind, Person};
use crate::sandbox::world::users::{USERS, User};
use crate::sandbox::world::view::View;

/// Leads from here on are known to Salesforce but not to Marketo.
const STRANGERS: u32 = 170_000_000;
/// So many of them are shown.
pub const STRANGERS_SHOWN: u32 = 2;

/// A lead whom Marketo doesn't know.
pub fn stranger(seed: u64, which: u32) -> Person {
    let mut dice = Dice::of(seed, Stream::Person, u64::from(u32::MAX - which), 1);
    let name = Name::roll(&mut dice);
    Person {
        index: STRANGERS + which,
        kind: Kind::Lead,
        first: Some(name.given.to_owned()),
        last: Some(name.family.to_owned()),
        email: Some(format!("{}@elsewhere.example", name.mailbox())),
        company: Some("Not in Marketo Ltd".to_owned()),
        title: Some("Met at the airport".to_owned()),
        phone: Some(name.phone(&mut dice)),
        source: Some("Cold Call".to_owned()),
        status: Some("Open - Not Contacted".to_owned()),
        owner: Some(0),
        created: 1_780_000_000,
        ..Person::default()
    }
}

/// The person behind a lead's or contact's record.
pub fn person(world: &World, object: Object, index: u32) -> Option<Person> {
    if object == Object::Lead && (STRANGERS..STRANGERS + STRANGERS_SHOWN).contains(&index) {
        return Some(stranger(world.population().seed, index - STRANGERS));
    }
    let kind = if object == Object::Lead { Kind::Lead } else { Kind::Contact };
    world.view().person(index).filter(|person| person.kind == kind)
}

/// A record with all its fields; `None` if there is none.
pub fn record(world: &World, object: Object, index: u32) -> Option<Value> {
    let view = world.view();
    let mut fields = match object {
        Object::Lead | Object::Contact => of_person(world, &view, &person(world, object, index)?, object),
        Object::Account => account(&view, index)?,
        Object::Opportunity => opportunity(&view, index)?,
        Object::User => user(User::at(index)?),
        Object::Organization => organization(world, index)?,
        Object::Role => role(&view, index)?,
        Object::Task => return None,
    };
    let id = record_id(object, index);
    if let Some(all) = fields.as_object_mut() {
        let name = object.name();
        all.insert("attributes".to_owned(), json!({ "type": name, "url": format!("/services/data/v67.0/sobjects/{name}/{id}") }));
        all.insert("Id".to_owned(), json!(id));
    }
    Some(fields)
}

fn owner(index: Option<u32>) -> Value {
    index.and_then(User::at).map_or(
        Value::Null,
        |user| json!({ "attributes": { "type": "User" }, "Id": user.id(), "Name": user.name(), "Email": user.username() }),
    )
}

fn of_person(world: &World, view: &View, person: &Person, object: Object) -> Value {
    let standing = view.standing(person, world.clock.now());
    let owner_id = person.owner.and_then(User::at).map(User::id);
    let mut fields = json!({
        "FirstName": person.first, "LastName": person.last, "Name": person.name(), "Email": person.email, "Phone": person.phone, "Title": person.title,
        "LeadSource": person.source, "OwnerId": owner_id, "Owner": owner(person.owner), "CreatedDate": iso(person.created), "LastModifiedDate": iso(standing.updated),
        "HasOptedOutOfEmail": standing.unsubscribed, "IsDeleted": false,
    });
    let more = if object == Object::Lead {
        json!({
            "Company": person.company, "Status": person.status, "Industry": person.industry, "City": person.city, "Country": person.country, "IsConverted": false,
            "ConvertedContactId": null,
        })
    } else {
        let account = person.account.map(|account| record_id(Object::Account, account));
        json!({
            "AccountId": account, "MailingCity": person.city, "MailingCountry": person.country,
            "Account": person.account.and_then(|index| self::account(view, index)),
        })
    };
    if let (Some(fields), Some(more)) = (fields.as_object_mut(), more.as_object()) {
        fields.extend(more.clone());
        fields.insert("Marketo_Sales_Opt_Out__c".to_owned(), json!(false));
        let id = record_id(object, person.index);
        fields.extend(world.salesforce.opt_outs.with(|all| all.get(id.get(..15)?).cloned()).unwrap_or_default());
    }
    fields
}

fn account(view: &View, index: u32) -> Option<Value> {
    let company = view.population.company(index)?;
    let owner_index = index % u32::try_from(USERS.len()).unwrap_or(1);
    Some(json!({
        "Name": company.name, "Industry": company.industry, "Website": format!("https://www.{}", company.domain), "NumberOfEmployees": company.employees,
        "AnnualRevenue": company.revenue, "OwnerId": User::at(owner_index).map(User::id), "Owner": owner(Some(owner_index)), "IsDeleted": false,
    }))
}

fn opportunity(view: &View, index: u32) -> Option<Value> {
    let deal = view.population.opportunity(index)?;
    Some(json!({
        "Name": deal.name, "StageName": deal.stage, "Probability": deal.probability, "Amount": deal.amount, "CloseDate": deal.close,
        "AccountId": record_id(Object::Account, deal.account), "IsClosed": deal.stage.starts_with("Closed"), "IsWon": deal.stage == "Closed Won", "IsDeleted": false,
    }))
}

fn user(user: User) -> Value {
    json!({
        "Name": user.name(), "FirstName": user.first, "LastName": user.last, "Username": user.username(), "Email": user.username(), "Title": user.title,
        "IsActive": true, "UserType": "Standard", "LanguageLocaleKey": user.language, "LocaleSidKey": user.locale, "TimeZoneSidKey": user.time_zone,
    })
}

fn organization(world: &World, index: u32) -> Option<Value> {
    (record_id(Object::Organization, index) == world.org_id())
        .then(|| json!({ "Name": world.org_name(), "IsSandbox": true, "InstanceName": "SBX1", "OrganizationType": "Developer Edition", "LanguageLocaleKey": "en_US", "NamespacePrefix": null }))
}

/// A contact role has the index of its contact.
fn role(view: &View, index: u32) -> Option<Value> {
    let person = view.person(index).filter(|person| person.kind == Kind::Contact)?;
    let deal = person.opportunity?;
    Some(json!({
        "ContactId": record_id(Object::Contact, index), "OpportunityId": record_id(Object::Opportunity, deal), "Role": view.population.role(index),
        "IsPrimary": view.population.of_opportunity(deal).first() == Some(&index), "Opportunity": opportunity(view, deal), "IsDeleted": false,
    }))
}
