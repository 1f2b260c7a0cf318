//! Once a night, who wants no more mail is compared with Salesforce, both ways: whoever opted out there gets no more mail from here,
//! and records of those who opted out here that do not say so yet are told. Nobody is signed on again by it.

use std::collections::HashSet;
use std::time::Duration;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tokio_util::sync::CancellationToken;

use super::SyncDeps;
use crate::account::salesforce_calls::{self, NoAnswer};
use crate::clock;
use crate::remote::call::Call;
use crate::remote::salesforce::opt_outs::{MOST, OF_SALES, STANDARD, opted_out};
use crate::remote::salesforce::person_fields;
use crate::salesforce_id::SalesforceId;
use crate::store::opt_outs::OptedOut;
use crate::store::sales_activities::{NewActivity, NewDelivery};
use crate::store::sync_state::Lease;
use crate::store::unsubscribes::Unsubscribe;
use crate::store::{StoreError, Tenant};

/// The job whose lease one has to hold.
pub const JOB: &str = "opt_outs";
/// Whose night it is becomes known within a minute.
const LOOK: Duration = Duration::from_mins(1);
const LEASE_MS: i64 = 10 * 60_000;
const AFTER_TROUBLE_MS: i64 = 15 * 60_000;
/// When the night begins, and where.
const HOUR: i8 = 20;
const PLACE: &str = "America/Los_Angeles";
/// Accounts do not begin all at once: within so many seconds.
const SPREAD_SECONDS: i64 = 1_800;
/// How the history names it.
const SOURCE: &str = "Salesforce Sync";

/// What a night changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Compared {
    /// Who opted out in Salesforce, and gets no more mail from now on.
    pub taken_over: usize,
    /// Records of Salesforce that are being told.
    pub told: usize,
}

/// Why a night came to no end; the next try goes on.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    #[error("Salesforce does not answer: {0}")]
    Salesforce(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Compares every account's when its night comes, until cancelled.
pub(super) async fn keep(deps: SyncDeps, cancel: CancellationToken) {
    loop {
        if let Err(error) = look(&deps).await {
            tracing::warn!(cause = %error.cause(), "opt-outs cannot be compared");
        }
        tokio::select! {
            () = cancel.cancelled() => return,
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

async fn look(deps: &SyncDeps) -> Result<(), StoreError> {
    for account_id in deps.store.active_accounts().await? {
        let tenant = deps.store.tenant(&account_id);
        let connected = tenant.salesforce().await?.is_some_and(|connection| connection.state == "connected");
        if !connected || !tenant.acting_settings().await?.opt_out_nightly {
            continue;
        }
        let Some(lease) = deps.store.claim_due_job(&account_id, JOB, &deps.owner, LEASE_MS).await? else { continue };
        let now = deps.store.now_ms().await?;
        // The first time only finds out when its first night is.
        let outcome = if lease.fence > 1 { compare(deps, &tenant, Some(&lease)).await.map(Some) } else { Ok(None) };
        let (problem, next) = match outcome {
            Ok(compared) => {
                if let Some(Compared { taken_over, told }) = compared {
                    tracing::info!(account_id, taken_over, told, "opt-outs were compared with Salesforce");
                }
                (None, next_night(now, &account_id))
            }
            Err(Trouble::Store(StoreError::LeaseLost)) => continue,
            Err(Trouble::Store(error)) => return Err(error),
            Err(trouble) => {
                tracing::warn!(account_id, %trouble, "opt-outs are compared later");
                (Some(trouble.to_string()), now.saturating_add(AFTER_TROUBLE_MS))
            }
        };
        match deps.store.release_job(&lease, "waiting", problem.as_deref(), next).await {
            Ok(()) | Err(StoreError::LeaseLost) => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

// Eight in the evening on the American west coast, and a little later by account.
fn next_night(now_ms: i64, account_id: &str) -> i64 {
    let later = account_id.bytes().fold(0_i64, |sum, byte| (sum * 31 + i64::from(byte)) % SPREAD_SECONDS);
    let night = || {
        let zone = TimeZone::get(PLACE).ok()?;
        let now = Timestamp::from_millisecond(now_ms).ok()?.to_zoned(zone);
        let at = now.with().time(Time::new(HOUR, 0, 0, 0).ok()?).build().ok()?;
        let at = if at > now { at } else { at.checked_add(1.day()).ok()? };
        Some(at.timestamp().as_millisecond())
    };
    // Without a table of time zones a day is a day.
    night().unwrap_or_else(|| now_ms.saturating_add(86_400_000)).saturating_add(later * 1_000)
}

/// Compares one account's, both ways.
///
/// # Errors
/// What kept it from coming to an end; what was written stays.
pub async fn compare(deps: &SyncDeps, tenant: &Tenant, lease: Option<&Lease>) -> Result<Compared, Trouble> {
    let both = tenant.acting_settings().await?.opt_out_field == "both";
    let fields: &[&'static str] = if both { &[STANDARD, OF_SALES] } else { &[STANDARD] };
    let mut compared = Compared::default();
    for object in ["Lead", "Contact"] {
        for field in fields {
            compared.taken_over += take_over(deps, tenant, object, field, lease).await?;
        }
    }
    compared.told = tell(deps, tenant, fields, lease).await?;
    Ok(compared)
}

async fn renew(deps: &SyncDeps, lease: Option<&Lease>) -> Result<(), StoreError> {
    match lease {
        Some(lease) => deps.store.renew_job(lease, &deps.owner, LEASE_MS).await,
        None => Ok(()),
    }
}

async fn ask<T>(deps: &SyncDeps, tenant: &Tenant, call: &Call<T>) -> Result<T, Trouble> {
    salesforce_calls::send(&deps.connections, tenant, call, "opt-outs").await.map_err(|error| match error {
        NoAnswer::Connection(problem) => Trouble::Salesforce(problem.code.to_string()),
        NoAnswer::Call(error) => Trouble::Salesforce(error.to_string()),
    })
}

async fn take_over(
    deps: &SyncDeps,
    tenant: &Tenant,
    object: &'static str,
    field: &'static str,
    lease: Option<&Lease>,
) -> Result<usize, Trouble> {
    let (mut taken_over, mut after): (usize, Option<SalesforceId>) = (0, None);
    loop {
        renew(deps, lease).await?;
        let call = opted_out(deps.connections.caller(), object, field, after.as_ref());
        let ids = ask(deps, tenant, &call).await?;
        let known: Vec<String> = ids.iter().map(|id| id.as_str().to_owned()).collect();
        let addresses = tenant.addresses_of_records(&known).await?;
        let keys: Vec<String> = addresses.iter().map(|email| email.trim().to_lowercase()).filter(|key| !key.is_empty()).collect();
        let before = tenant.unsubscribed_among(&keys).await?;
        for key in keys.into_iter().filter(|key| !before.contains(key)) {
            let what = if field == STANDARD { "all" } else { "sales" };
            let (why, source) = (String::new(), SOURCE.to_owned());
            let entry = Unsubscribe { email_key: key, what: what.to_owned(), why, source, since: deps.store.now_ms().await? };
            // Salesforce knows already; other records of the same address are told below.
            taken_over += usize::from(tenant.unsubscribe(&entry, &clock::new_id(), &[]).await?);
        }
        let whole = ids.len() >= MOST;
        after = ids.into_iter().last();
        if !whole || after.is_none() {
            return Ok(taken_over);
        }
    }
}

async fn tell(deps: &SyncDeps, tenant: &Tenant, fields: &[&'static str], lease: Option<&Lease>) -> Result<usize, Trouble> {
    let limit = i64::try_from(person_fields::MOST).unwrap_or(200);
    let Some(teller) = tenant.account().await?.and_then(|account| account.original_member_id) else { return Ok(0) };
    let (mut told, mut after) = (0, (String::new(), String::new()));
    loop {
        renew(deps, lease).await?;
        let people = tenant.opted_out_records((&after.0, &after.1), limit).await?;
        let Some(last) = people.last() else { return Ok(told) };
        after = (last.email_key.clone(), last.person_id.clone());
        let mut silent: Vec<&OptedOut> = Vec::new();
        for object in ["Lead", "Contact"] {
            silent.extend(unaware(deps, tenant, object, fields, &people).await?);
        }
        let now = deps.store.now_ms().await?;
        let activities: Vec<NewActivity> = silent.iter().map(|one| telling(one, &teller, now)).collect();
        tenant.record(&activities, None, now).await?;
        told += activities.len();
    }
}

// Those whose record is there and does not say so.
async fn unaware<'a>(
    deps: &SyncDeps,
    tenant: &Tenant,
    object: &'static str,
    fields: &[&'static str],
    people: &'a [OptedOut],
) -> Result<Vec<&'a OptedOut>, Trouble> {
    let of: Vec<&OptedOut> = people.iter().filter(|one| one.sfdc_type == object).collect();
    let ids: Vec<SalesforceId> = of.iter().filter_map(|one| SalesforceId::parse(&one.sfdc_id).ok()).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let call = person_fields::person_fields(deps.connections.caller(), object, fields, &ids);
    let records = ask(deps, tenant, &call).await?;
    let lacks = |record: &&person_fields::FieldsOf| fields.iter().any(|field| record.text(field).as_deref() != Some("true"));
    let silent: HashSet<&str> = records.iter().filter(lacks).map(|record| record.id.as_str()).collect();
    Ok(of.into_iter().filter(|one| silent.contains(one.sfdc_id.as_str())).collect())
}

fn telling(one: &OptedOut, member_id: &str, now: i64) -> NewActivity {
    NewActivity {
        id: clock::new_id(),
        kind: "unsubscribed",
        about: None,
        person_id: one.person_id.clone(),
        lead_id: one.lead_id,
        sfdc_type: one.sfdc_type.clone(),
        sfdc_id: one.sfdc_id.clone(),
        member_id: member_id.to_owned(),
        happened_at: now,
        subject: None,
        detail: "{}".to_owned(),
        deliveries: vec![NewDelivery { id: clock::new_id(), target: "salesforce", verb: "update", state: "waiting", next_at: 0 }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_night_begins_at_eight_on_the_west_coast() {
        let at = |text: &str| text.parse::<Timestamp>().unwrap().as_millisecond();
        let spread = |night: i64, from: &str| night >= at(from) && night < at(from) + SPREAD_SECONDS * 1_000;
        assert!(spread(next_night(at("2026-01-10T12:00:00Z"), "a"), "2026-01-11T04:00:00Z"));
        assert!(spread(next_night(at("2026-01-11T04:00:00Z"), "a"), "2026-01-12T04:00:00Z"));
        // In summer the clocks are an hour ahead; the night in which they change is no exception.
        assert!(spread(next_night(at("2026-07-10T12:00:00Z"), "b"), "2026-07-11T03:00:00Z"));
        assert!(spread(next_night(at("2026-03-08T04:00:00Z"), "b"), "2026-03-09T03:00:00Z"));
        assert_ne!(next_night(0, "account-one"), next_night(0, "account-two"));
    }
}
