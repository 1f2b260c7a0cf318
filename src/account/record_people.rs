//! The people behind a Salesforce account or opportunity. Marketo says which account a person belongs to; who plays a
//! part in an opportunity only Salesforce knows, so that it is asked, and its answer kept for some minutes.

use super::database;
use super::salesforce_tokens as tokens;
use crate::account::connections::Connections;
use crate::clock;
use crate::problem::Problem;
use crate::remote::call::CallError;
use crate::remote::salesforce::contact_roles::{ContactRole, contact_roles};
use crate::salesforce_id::SalesforceId;
use crate::store::Tenant;
use crate::store::opportunities::Role;
use crate::store::people::Person;

/// People of one record that a question is answered with.
pub const SHOWN: i64 = 100;
/// People of one record that anything is done with: of more than these the product shows nothing, either.
pub const ALL: i64 = 800;
/// How long Salesforce's answer is good for.
const FRESH_MS: i64 = 600_000;

/// What is known of the people of a record.
pub struct Behind {
    pub people: Vec<Person>,
    /// Their parts, for an opportunity.
    pub roles: Vec<Role>,
    /// More people than are shown.
    pub more: bool,
    /// Salesforce could not be asked for the contact roles; those known from Marketo and from before are shown.
    pub incomplete: bool,
}

/// The people of a Salesforce account, `most` of them.
///
/// # Errors
/// When the database does not answer.
pub async fn of_account(tenant: &Tenant, record: &SalesforceId, most: i64) -> Result<Behind, Problem> {
    let people = database::answer(tenant.people_of_account(record.as_str(), most + 1)).await?;
    Ok(shown(people, Vec::new(), false, most))
}

/// The people of an opportunity, `most` of them.
///
/// # Errors
/// When the database does not answer. Where Salesforce does not, the answer is incomplete.
pub async fn of_opportunity(
    connections: &Connections,
    tenant: &Tenant,
    record: &SalesforceId,
    request_id: &str,
    most: i64,
) -> Result<Behind, Problem> {
    let incomplete = look_at_roles(connections, tenant, record, request_id).await?;
    let people = database::answer(tenant.people_of_opportunity(record.as_str(), most + 1)).await?;
    let roles = database::answer(tenant.opportunity_roles(record.as_str())).await?;
    Ok(shown(people, roles, incomplete, most))
}

/// Sees to it that an opportunity's contact roles were asked for lately; whether they are not known at all.
///
/// # Errors
/// When the database does not answer.
pub async fn look_at_roles(connections: &Connections, tenant: &Tenant, record: &SalesforceId, request_id: &str) -> Result<bool, Problem> {
    let looked_at = database::answer(tenant.opportunity_looked_at(record.as_str())).await?;
    let now = clock::now_ms();
    if looked_at.is_some_and(|at| (0..FRESH_MS).contains(&(now - at))) {
        return Ok(false);
    }
    match ask(connections, tenant, record, request_id).await {
        Ok(roles) => {
            let roles: Vec<Role> = roles.into_iter().filter_map(typed).collect();
            database::answer(tenant.put_opportunity_roles(record.as_str(), &roles, now)).await?;
            Ok(false)
        }
        Err(problem) => {
            tracing::info!(account_id = tenant.account_id(), code = %problem.code, "contact roles cannot be asked for");
            Ok(looked_at.is_none())
        }
    }
}

fn shown(mut people: Vec<Person>, roles: Vec<Role>, incomplete: bool, most: i64) -> Behind {
    let most = usize::try_from(most).unwrap_or(usize::MAX);
    let more = people.len() > most;
    people.truncate(most);
    Behind { people, roles, more, incomplete }
}

fn typed(role: ContactRole) -> Option<Role> {
    let contact = SalesforceId::take(role.contact_id).ok().filter(|id| id.is_a("003"))?;
    let name = role.role.map(|name| name.chars().filter(|letter| !letter.is_control()).take(255).collect());
    Some(Role { contact_id: contact.into_string(), role: name, is_primary: role.is_primary })
}

async fn ask(connections: &Connections, tenant: &Tenant, record: &SalesforceId, request_id: &str) -> Result<Vec<ContactRole>, Problem> {
    let token = tokens::current(connections, tenant).await?;
    let ask = async |token: &tokens::AccessToken| {
        contact_roles(connections.caller(), &token.instance_url, &token.value, record, request_id).await
    };
    let outcome = match ask(&token).await {
        Err(CallError::Unauthorized) => ask(&tokens::renewed(connections, tenant, token.generation, request_id).await?).await,
        outcome => outcome,
    };
    outcome.map_err(|error| error.problem("Salesforce"))
}
