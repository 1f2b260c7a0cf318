//! Accounts and their orgs come into being here: for the demo, and for an operator's command line.

use super::database;
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::orgs::Org;
use crate::store::{Store, StoreError};

/// What an account needs to exist.
#[derive(Debug, Clone)]
pub struct Provision {
    /// Absent: the account that has the org already, or else a new one.
    pub account_id: Option<String>,
    /// Name of the account.
    pub name: String,
    pub org: ProvisionOrg,
}

/// The Salesforce org of an account.
#[derive(Debug, Clone)]
pub struct ProvisionOrg {
    /// 15 or 18 characters.
    pub org_id: String,
    pub name: String,
    /// My Domain address; plain http only on this machine.
    pub instance_url: String,
    /// Origins that may frame the panel.
    pub frame_ancestors: Vec<String>,
    pub is_sandbox: bool,
}

/// Creates the account if it does not exist and registers or updates its org; gives the account's id.
///
/// # Errors
/// 400 when a value cannot be used, 409 `tenant.taken` when the org belongs to another account.
pub async fn provision(store: &Store, wanted: Provision) -> Result<String, Problem> {
    let org = checked(&wanted.org)?;
    let name = label("name", &wanted.name)?;
    if wanted.account_id.as_deref().is_some_and(|id| !is_account_id(id)) {
        return Err(refused("account_id", "It must have 1 to 64 letters, digits, hyphens or underscores."));
    }
    let owner = database::answer(store.org(&org.org_id)).await?.map(|org| org.account_id);
    let account_id = wanted.account_id.or_else(|| owner.clone()).unwrap_or_else(clock::new_id);
    if owner.is_some_and(|owner| owner != account_id) {
        return Err(taken());
    }
    let now = clock::now_ms();
    database::answer(store.create_account(&account_id, &name, now)).await?;
    let org = Org { account_id: account_id.clone(), ..org };
    let put = database::answer(async {
        match store.tenant(&account_id).put_org(&org, now).await {
            Err(StoreError::Taken) => Ok(None),
            outcome => outcome.map(Some),
        }
    });
    put.await?.ok_or_else(taken)?;
    tracing::info!(account_id, org_id = %org.org_id, "provisioned");
    Ok(account_id)
}

fn checked(org: &ProvisionOrg) -> Result<Org, Problem> {
    let org_id = SalesforceId::parse(&org.org_id).ok().filter(|id| id.is_a("00D"));
    let org_id = org_id.ok_or_else(|| refused("org_id", "It must be an org's id with 15 or 18 characters, which begins with 00D."))?;
    let address = address(&org.instance_url)
        .ok_or_else(|| refused("instance_url", "It must be an address such as https://acme.my.salesforce.com."))?;
    if org.frame_ancestors.len() > 20 {
        return Err(refused("frame_ancestors", "There may be at most 20."));
    }
    let ancestors = org.frame_ancestors.iter().map(|text| {
        let origin = address_of_origin(text);
        origin.ok_or_else(|| refused("frame_ancestors", "Each must be an origin such as https://acme.lightning.force.com."))
    });
    Ok(Org {
        org_id: org_id.as_str().to_owned(),
        account_id: String::new(),
        name: label("org.name", &org.name)?,
        instance_url: address.as_str().trim_end_matches('/').to_owned(),
        frame_ancestors: ancestors.collect::<Result<Vec<_>, _>>()?.join(" "),
        is_sandbox: org.is_sandbox,
        status: "active".to_owned(),
    })
}

// Which hosts may be called is decided where they are called; here only the form counts.
fn address(text: &str) -> Option<url::Url> {
    if text.len() > 255 || !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._:/[]".contains(&byte)) {
        return None;
    }
    let url = url::Url::parse(text).ok()?;
    let local = match url.host()? {
        url::Host::Domain(name) => name == "localhost",
        url::Host::Ipv4(address) => address.is_loopback(),
        url::Host::Ipv6(address) => address.is_loopback(),
    };
    let scheme = url.scheme() == "https" || (url.scheme() == "http" && local);
    (scheme && url.username().is_empty() && url.password().is_none()).then_some(url)
}

fn address_of_origin(text: &str) -> Option<String> {
    let url = address(text)?;
    (url.path() == "/").then(|| url.origin().ascii_serialization())
}

fn is_account_id(id: &str) -> bool {
    (1..=64).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn label(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= 200 && !text.chars().any(char::is_control);
    if fits { Ok(text.to_owned()) } else { Err(refused(field, "It must have between 1 and 200 characters.")) }
}

fn refused(field: &str, why: &str) -> Problem {
    Problem::bad_request("tenant.invalid", "The account cannot be set up this way.").with_field(field, why)
}

fn taken() -> Problem {
    Problem::new(409, "tenant.taken", "Taken", "This Salesforce org belongs to another account.")
}
