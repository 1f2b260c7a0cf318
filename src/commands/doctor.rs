//! `doctor`: checks everything behind the configuration and says what to do about what is wrong.

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Duration;

use anyhow::bail;
use secrecy::ExposeSecret;

use super::halves::AccountHalf;
use super::keys;
use crate::account::resealing;
use crate::gateway::canvas::Secrets;
use crate::gateway::memory::MemorySource;
use crate::remote::marketo::Asker;
use crate::remote::marketo::budget::Purpose;
use crate::remote::salesforce::oauth::Assertion;
use crate::settings::Settings;
use crate::store::Store;

/// Longest wait for any one of the systems behind us.
const PATIENCE: Duration = Duration::from_secs(10);

struct Finding {
    what: String,
    outcome: Outcome,
    detail: String,
}

#[derive(PartialEq, Eq)]
enum Outcome {
    Good,
    Optional,
    Wrong,
}

#[derive(Default)]
struct Report(Vec<Finding>);

impl Report {
    fn good(&mut self, what: &str, detail: impl Into<String>) {
        self.add(what, Outcome::Good, detail);
    }

    fn optional(&mut self, what: &str, detail: impl Into<String>) {
        self.add(what, Outcome::Optional, detail);
    }

    fn wrong(&mut self, what: &str, detail: impl Into<String>) {
        self.add(what, Outcome::Wrong, detail);
    }

    fn add(&mut self, what: &str, outcome: Outcome, detail: impl Into<String>) {
        self.0.push(Finding { what: what.to_owned(), outcome, detail: detail.into() });
    }

    fn table(&self) -> String {
        let width = self.0.iter().map(|finding| finding.what.chars().count()).max().unwrap_or(0);
        let mut table = String::new();
        for Finding { what, outcome, detail } in &self.0 {
            let sign = match outcome {
                Outcome::Good => "ok   ",
                Outcome::Optional => "note ",
                Outcome::Wrong => "WRONG",
            };
            let _ = writeln!(table, "{sign}  {what:width$}  {detail}");
        }
        let wrong = self.0.iter().filter(|finding| finding.outcome == Outcome::Wrong).count();
        let _ = writeln!(table, "checks={} wrong={wrong}", self.0.len());
        table
    }
}

/// Checks and prints; the exit code is 1 when something required is wrong.
///
/// # Errors
/// When something required is wrong.
pub async fn run(mut settings: Settings) -> anyhow::Result<()> {
    let mut report = Report::default();
    match keys::complete(&mut settings) {
        Ok(()) => report.good("Keys", "sealing, token and account key are there"),
        Err(error) => report.wrong("Keys", format!("{error:#}")),
    }
    match Secrets::parse(&settings.canvas.consumer_secrets, false) {
        Ok(secrets) => report.good("Consumer secrets", format!("{secrets:?}")),
        Err(error) => report.wrong("Consumer secrets", error.to_string()),
    }
    if settings.gateway.public_url.starts_with("https://") {
        report.good("Public address", settings.gateway.public_url.clone());
    } else {
        report.optional("Public address", format!("{} is not https: Salesforce frames only https pages", settings.gateway.public_url));
    }
    jwt_key(&settings, &mut report);
    redis(&settings, &mut report).await;
    mail(&settings, &mut report).await;
    if database(&settings, &mut report).await {
        systems(&settings, &mut report).await;
    }
    write!(std::io::stdout(), "{}", report.table())?;
    if report.0.iter().any(|finding| finding.outcome == Outcome::Wrong) {
        bail!("something required is wrong; see the table");
    }
    Ok(())
}

fn jwt_key(settings: &Settings, report: &mut Report) {
    let salesforce = &settings.salesforce;
    if salesforce.jwt_key.expose_secret().is_empty() {
        return report.optional("Salesforce key", "not configured: access tokens come by refresh token; salesforce.jwt_key is for servers");
    }
    let assertion = Assertion { client_id: &salesforce.client_id, username: "x", is_sandbox: false, key: &salesforce.jwt_key };
    match assertion.signed() {
        Some(_) => report.good("Salesforce key", "signs assertions; its certificate belongs into the External Client App"),
        None => report.wrong("Salesforce key", "salesforce.jwt_key is no RSA key in PEM"),
    }
}

async fn redis(settings: &Settings, report: &mut Report) {
    match MemorySource::new(&settings.redis, &settings.gateway.token_key) {
        Err(error) => report.wrong("Redis", error.to_string()),
        Ok(source) => match source.for_worker().reachable().await {
            None => report.optional("Redis", "not configured: sessions live in one process; set redis.url before you run more than one"),
            Some(true) => report.good("Redis", "answers"),
            Some(false) => report.wrong("Redis", "does not answer at redis.url; until it does, each process remembers for itself"),
        },
    }
}

async fn mail(settings: &Settings, report: &mut Report) {
    let Some(address) = settings.mail.url.as_ref() else {
        return report.optional("Mail", "not configured: invitations can't be sent; set mail.url");
    };
    let transport = lettre::AsyncSmtpTransport::<lettre::Tokio1Executor>::from_url(address.expose_secret());
    let answer = match transport {
        Err(_) => return report.wrong("Mail", "mail.url is no smtp:// or smtps:// address"),
        Ok(builder) => tokio::time::timeout(PATIENCE, builder.build::<lettre::Tokio1Executor>().test_connection()).await,
    };
    match answer {
        Ok(Ok(true)) => report.good("Mail", "the server answers"),
        _ => report.wrong("Mail", "the server at mail.url does not answer; check address, port and credentials"),
    }
}

async fn database(settings: &Settings, report: &mut Report) -> bool {
    let opened = Store::connect(settings.database.url.expose_secret(), 1).await;
    match opened {
        Err(error) => report.wrong("Database", format!("{error}; check database.url")),
        Ok(store) => match store.migrate().await {
            Ok(()) => {
                report.good("Database", "answers and is up to date");
                return true;
            }
            Err(error) => report.wrong("Database", format!("{error}; was it made by a newer version?")),
        },
    }
    false
}

async fn systems(settings: &Settings, report: &mut Report) {
    let account = match AccountHalf::build(settings).await {
        Ok(account) => account,
        Err(error) => return report.wrong("Account", format!("{error:#}")),
    };
    let accounts = match account.state.store.active_accounts().await {
        Ok(accounts) => accounts,
        Err(error) => return report.wrong("Accounts", error.to_string()),
    };
    match resealing::left(&account.state.store, &settings.secrets.sealing_key_id).await {
        Ok(0) => report.good("Sealed secrets", "all are sealed by the present key"),
        Ok(count) => report.optional("Sealed secrets", format!("{count} are sealed by an earlier key; run `msi-gateway admin reseal`")),
        Err(error) => report.wrong("Sealed secrets", error.to_string()),
    }
    match account.state.store.held_after_copy().await {
        Ok(0) => {}
        Ok(people) => report.optional(
            "Sales campaigns",
            format!(
                "{people} people are held since a copy was put back; look at their campaigns, then run `msi-gateway admin restored --go-on`"
            ),
        ),
        Err(error) => report.wrong("Sales campaigns", error.to_string()),
    }
    if accounts.is_empty() {
        report.optional("Accounts", "there is none yet; begin with `msi-gateway admin org`");
    }
    for id in accounts {
        marketo(&account, &id, report).await;
        jobs(&account, &id, report).await;
    }
}

async fn marketo(account: &AccountHalf, id: &str, report: &mut Report) {
    let what = format!("Marketo of {id}");
    let client = match account.connections.marketo(id).await {
        Ok(client) => client,
        Err(problem) => return report.optional(&what, problem.detail.into_owned()),
    };
    let request_id = crate::clock::new_id();
    let asker = Asker { purpose: Purpose::Interactive, request_id: &request_id };
    match tokio::time::timeout(PATIENCE, client.describe(asker)).await {
        Ok(Ok(fields)) => report.good(&what, format!("answers; {} fields", fields.len())),
        Ok(Err(error)) => report.wrong(&what, error.problem("Marketo").detail.into_owned()),
        Err(_) => report.wrong(&what, "does not answer in time"),
    }
    // Marketo's own count holds for every integration of the instance, and outlives our processes.
    let daily = account.state.settings.marketo.daily_calls;
    let what = format!("Budget of {id}");
    match tokio::time::timeout(PATIENCE, client.usage_today(asker)).await {
        Ok(Ok(usage)) => {
            let used = usage.map_or(0, |usage| usage.total);
            let left = daily.saturating_sub(used);
            let detail = format!("{used} calls made today by all integrations together; {left} of our {daily} are left");
            if left == 0 { report.wrong(&what, detail) } else { report.good(&what, detail) }
        }
        _ => report.optional(&what, "Marketo did not say how many calls were made today"),
    }
}

async fn jobs(account: &AccountHalf, id: &str, report: &mut Report) {
    match account.state.store.tenant(id).jobs().await {
        Err(error) => report.wrong(&format!("Jobs of {id}"), error.to_string()),
        Ok(jobs) => {
            for job in jobs {
                let what = format!("{} of {id}", job.job);
                match job.problem {
                    None => report.good(&what, job.state),
                    Some(problem) => report.wrong(&what, format!("{}: {problem}", job.state)),
                }
            }
        }
    }
}
