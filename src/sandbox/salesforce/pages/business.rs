//! Record pages of accounts and opportunities: what stands on them besides the panel.

use serde_json::{Value, json};

use super::record::{Content, field, link};
use crate::sandbox::World;
use crate::sandbox::world::ids::{Object, record_id};
use crate::sandbox::world::people::Kind;

/// People listed on an account's page.
const MOST: usize = 8;

/// An account.
pub fn account(world: &World, index: u32) -> Option<Content> {
    let company = world.population().company(index)?;
    let website = format!("www.{}", company.domain);
    let contacts = world.view().of_account(index).into_iter().filter(|person| person.kind == Kind::Contact).take(MOST);
    let deals = [index.saturating_mul(2), index.saturating_mul(2) + 1];
    Some(Content {
        avatar: company.name.chars().take(1).collect(),
        highlights: vec![
            field("Industry", Some(company.industry.to_string())),
            field("Employees", Some(company.employees.to_string())),
            field("Website", Some(website.clone())),
        ],
        details: vec![
            field("Account Name", Some(company.name.clone())),
            field("Industry", Some(company.industry.to_string())),
            field("Employees", Some(company.employees.to_string())),
            field("Annual Revenue", Some(company.revenue.to_string())),
            field("Website", Some(website)),
            field("Record Id", Some(record_id(Object::Account, index))),
        ],
        title: company.name,
        account: None,
        deals: deals.into_iter().filter_map(|deal| row(world, deal, "")).collect(),
        colleagues: contacts
            .map(|person| json!({ "name": person.name(), "title": person.title, "link": super::list::link(world, &person) }))
            .collect(),
    })
}

/// An opportunity.
pub fn opportunity(world: &World, index: u32) -> Option<Content> {
    let deal = world.population().opportunity(index)?;
    let company = world.population().company(deal.account)?;
    let people = world.population().of_opportunity(index).into_iter().filter_map(|person| world.view().person(person));
    Some(Content {
        avatar: deal.name.chars().take(1).collect(),
        highlights: vec![
            field("Account Name", Some(company.name.clone())),
            field("Stage", Some(deal.stage.to_owned())),
            field("Amount", Some(format!("{} EUR", deal.amount))),
            field("Close Date", Some(deal.close.clone())),
        ],
        details: vec![
            field("Opportunity Name", Some(deal.name.clone())),
            field("Account Name", Some(company.name.clone())),
            field("Stage", Some(deal.stage.to_owned())),
            field("Probability", Some(format!("{} %", deal.probability))),
            field("Amount", Some(format!("{} EUR", deal.amount))),
            field("Close Date", Some(deal.close)),
            field("Record Id", Some(record_id(Object::Opportunity, index))),
        ],
        title: deal.name,
        account: Some(json!({
            "name": company.name, "industry": company.industry, "employees": company.employees, "website": company.domain,
            "link": link(world, Object::Account, deal.account),
        })),
        deals: Vec::new(),
        colleagues: people
            .map(|person| {
                let role = world.population().role(person.index);
                json!({ "name": person.name(), "title": role, "link": super::list::link(world, &person) })
            })
            .collect(),
    })
}

fn row(world: &World, index: u32, role: &str) -> Option<Value> {
    let deal = world.population().opportunity(index)?;
    let link = link(world, Object::Opportunity, index);
    Some(json!({ "name": deal.name, "stage": deal.stage, "amount": deal.amount, "close": deal.close, "role": role, "link": link }))
}
