//! Configuration: one file, every key also as `MSI__SECTION__KEY`, unknown keys refused.
//!
//! A secret `key` may be given as `key_file` instead: the file's content, without the line break at its end.

use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use toml::{Table, Value};

mod defaults;

/// Everything that can be configured; each section has usable defaults except secrets.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Settings {
    pub gateway: Gateway,
    pub account: Account,
    pub redis: Redis,
    pub database: Database,
    pub secrets: Secrets,
    pub canvas: Canvas,
    pub marketo: Marketo,
    pub salesforce: Salesforce,
    pub mail: Mail,
    pub delivery: Delivery,
    pub campaigns: Campaigns,
    pub log: Log,
}

/// The face: what browsers and Salesforce reach.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Gateway {
    /// Address and port to listen on; port 0 takes a free one.
    pub listen: String,
    /// The origin under which browsers reach the gateway, such as `https://msi.example.com`.
    pub public_url: String,
    /// Signs session and access tokens (HS256, at least 32 bytes); the same on every gateway process.
    pub token_key: SecretString,
    /// Seconds that a panel's session token lives.
    pub session_seconds: u32,
    /// Seconds that an access token from `/oauth/token` lives.
    pub access_seconds: u32,
    /// Seconds that a rendered fragment may be served again.
    pub fragment_seconds: u32,
    /// Threads that serve requests; 0 means one for each core.
    pub workers: usize,
    /// Requests that a process has under way at most.
    pub max_requests: usize,
    /// How many of them may be of one account.
    pub max_requests_per_account: usize,
    /// Seconds for which a process that was asked to stop goes on answering while it says that it is not ready.
    pub leaving_seconds: u32,
    /// Reverse proxies in front whose `X-Forwarded-For` is believed, as addresses.
    pub trusted_proxies: Vec<std::net::IpAddr>,
}

/// The account's API, and how the face reaches it.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Account {
    /// Address and port of the account's API; port 0 takes a free one (`serve`, `demo`).
    pub listen: String,
    /// Where the face finds the account when the roles run apart.
    pub url: String,
    /// Signs the broker's calls (HS256, at least 32 bytes); the same on face and account.
    pub key: SecretString,
    /// Members that an account can have, invited ones included.
    pub seats: u32,
    /// Requests that a process has under way at most.
    pub max_requests: usize,
    /// How many of them may be of one account.
    pub max_requests_per_account: usize,
    /// Seconds for which a process that was asked to stop goes on answering while it says that it is not ready.
    pub leaving_seconds: u32,
}

/// Redis; without a URL everything is kept in this process's memory.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Redis {
    /// `redis://` or `rediss://`, with a password where there is one.
    pub url: Option<SecretString>,
    /// Whether `url` is one node of a cluster, which tells of the others.
    pub cluster: bool,
    /// Certificates (PEM) of the authority that vouches for a `rediss://` server; empty: those that the machine trusts.
    pub ca: String,
}

/// The account's database.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Database {
    /// `sqlite://path` or `postgres://…`.
    pub url: SecretString,
    /// Connections in the pool.
    pub connections: u32,
}

/// Keys of the house.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Secrets {
    /// Seals stored customer secrets; 64 hexadecimal digits (32 bytes).
    pub sealing_key: SecretString,
    /// Name of the sealing key, stored beside what it sealed.
    pub sealing_key_id: String,
    /// Earlier keys that still open what they sealed, `name=64 hexadecimal digits`, comma-separated.
    pub previous_sealing_keys: SecretString,
}

/// Signed requests.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Canvas {
    /// Active consumer secrets, comma-separated; several during a rotation.
    pub consumer_secrets: SecretString,
    /// What to do with a signed request that was seen before.
    pub replay: Replay,
    /// Oldest `issuedAt` accepted, in seconds, where the envelope carries one.
    pub max_age_seconds: u32,
    /// Seconds for which a signed request counts as seen: the longest life of a Salesforce access token.
    pub seen_seconds: u32,
    /// Largest body accepted on `/canvas`, in bytes.
    pub max_body_bytes: usize,
}

/// How a signed request that was seen before is treated (a repost or reload is legitimate).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Replay {
    /// A session only after the org confirms that the request's access token still lives.
    Verify,
    /// Never again.
    Refuse,
}

/// Limits that our calls to Marketo keep (facts: 100 calls in 20 s and 10 at once are Marketo's own).
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Marketo {
    /// Calls in any 20 seconds.
    pub calls_per_window: u32,
    /// Calls in flight.
    pub concurrent_calls: u32,
    /// Calls a day, over all our processes.
    pub daily_calls: u32,
    /// Share of the daily calls after which background work stops, in percent.
    pub background_percent: u32,
    /// Hours into Marketo's day after which everybody's stars and flames are read anew; 23 at most.
    pub standings_hour: u32,
    /// Days of activity history fetched at the first load.
    pub history_days: u32,
    /// Seconds between two polls of the activity feed.
    pub poll_seconds: u32,
    /// Calls a day that following the feeds should keep within; types that can wait are looked at less often for it.
    pub follow_calls: u32,
    /// Seconds between two looks at a bulk job's state.
    pub bulk_poll_seconds: u32,
    /// Seconds after which a job of a process that died may be taken over by another one.
    pub lease_seconds: u32,
    /// No call to Marketo may take longer; many have shorter deadlines of their own.
    pub timeout_seconds: u32,
    /// A list of those who matter, `static:NAME` or `smart:NAME`: where the subscription lets extracts ask for it, the
    /// first load is one extract instead of one for each 31 days.
    pub people_list: Option<String>,
    /// Further hosts that may be called, beside `NNN-AAA-NNN.mktorest.com`; for demo and tests.
    pub extra_hosts: Vec<String>,
    /// Where an instance is reached, `{munchkin_id}` standing for its id; for demo and tests another address.
    pub endpoint: String,
}

/// Salesforce.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Salesforce {
    /// Seconds that a call may take.
    pub timeout_seconds: u32,
    /// Further hosts that may be called, beside Salesforce's own; for demo and tests.
    pub extra_hosts: Vec<String>,
    /// Consumer key of the gateway's External Client App, for connecting and signing in.
    pub client_id: String,
    /// Its consumer secret; empty: the first of the canvas consumer secrets.
    pub client_secret: SecretString,
    /// Where users of production orgs sign in.
    pub login_url: String,
    /// Where users of sandboxes sign in.
    pub sandbox_login_url: String,
    /// Private key (PEM) whose certificate the External Client App has: access tokens come by JWT bearer then.
    pub jwt_key: SecretString,
    /// Whom the assertions name; empty: the user who connected.
    pub jwt_username: String,
}

/// Mail.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Mail {
    /// `smtp://host:port` or `smtps://user:password@host:port`.
    pub url: Option<SecretString>,
    /// Sender of the account's own mail.
    pub from: Option<String>,
    /// Seconds between two looks into a mailbox for answers.
    pub poll_seconds: u32,
    /// Mail servers, as `host:port`, that may be local and go without TLS; for demo and tests.
    pub extra_hosts: Vec<String>,
}

/// How what reps did is carried to Marketo and Salesforce.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Delivery {
    /// Seconds after an attempt of unknown outcome until it is looked up whether it succeeded. Must be longer than the other
    /// system may take to write it and to show it: nothing is written twice as long as that holds.
    pub settle_seconds: u32,
    /// Seconds that a process may deliver without saying that it lives.
    pub lease_seconds: u32,
    /// Seconds that Marketo may take to answer a write.
    pub call_seconds: u32,
    /// Seconds until the first retry; doubled each time.
    pub retry_seconds: u32,
}

/// How much of sales campaigns one member may have going on.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Campaigns {
    /// Launches in 24 hours; each is for up to 200 people.
    pub launches_per_day: u32,
    /// Launches with somebody under way.
    pub running_launches: u32,
    /// E-mails of a member in 24 hours; what is over waits.
    pub sends_per_day: u32,
    /// Seconds between two looks whether a task that somebody waits for was done in Salesforce; 0 never looks.
    pub task_look_seconds: u32,
}

/// Logging.
#[derive(Debug, Clone, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Log {
    /// Filter, as `RUST_LOG` understands it.
    pub filter: String,
    /// `json` or `text`.
    pub format: LogFormat,
    /// Where OpenTelemetry traces go: the whole address of a collector's OTLP/HTTP endpoint; empty for none.
    pub traces: String,
    /// How many of a hundred requests are traced.
    pub trace_percent: u32,
    /// Address and port of `/metrics` in every role, beside the face's own; empty for none.
    pub metrics: String,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogFormat {
    Json,
    Text,
}

/// Why the configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// A file that was named cannot be read.
    #[error("cannot read {path}: {cause}")]
    Read { path: String, cause: std::io::Error },
    /// The file is not TOML, or a key is unknown or of the wrong type.
    #[error("configuration: {0}")]
    Parse(String),
    /// A value is present but cannot be used.
    #[error("configuration: {0}")]
    Value(String),
}

impl Settings {
    /// Reads `file` (if given, or `msi-gateway.toml` if it exists here) and lays the environment over it.
    ///
    /// # Errors
    /// When a named file cannot be read, or a key is unknown, mistyped or unusable. No message repeats a value.
    pub fn load(file: Option<&Path>, environment: impl Iterator<Item = (String, String)>) -> Result<Self, SettingsError> {
        let text = match file {
            Some(path) => read(path)?,
            None if Path::new("msi-gateway.toml").exists() => read(Path::new("msi-gateway.toml"))?,
            None => String::new(),
        };
        let mut table: Table = text.parse().map_err(|error: toml::de::Error| SettingsError::Parse(error.message().to_owned()))?;
        for (name, value) in environment {
            lay_over(&mut table, &name, value)?;
        }
        resolve_files(&mut table)?;
        let mut settings: Self =
            Value::Table(table).try_into().map_err(|error: toml::de::Error| SettingsError::Parse(error.message().to_owned()))?;
        // An empty variable is how a shell says "none".
        settings.redis.url = settings.redis.url.filter(|url| !url.expose_secret().is_empty());
        settings.mail.url = settings.mail.url.filter(|url| !url.expose_secret().is_empty());
        Ok(settings)
    }
}

fn read(path: &Path) -> Result<String, SettingsError> {
    std::fs::read_to_string(path).map_err(|cause| SettingsError::Read { path: path.display().to_string(), cause })
}

fn lay_over(table: &mut Table, name: &str, value: String) -> Result<(), SettingsError> {
    let Some(path) = name.strip_prefix("MSI__") else { return Ok(()) };
    let Some((section, key)) = path.split_once("__") else {
        return Err(SettingsError::Parse(format!("{name}: expected MSI__SECTION__KEY")));
    };
    let section = table.entry(section.to_ascii_lowercase()).or_insert_with(|| Value::Table(Table::new()));
    let Some(section) = section.as_table_mut() else {
        return Err(SettingsError::Parse(format!("{name}: not a section")));
    };
    let key = key.to_ascii_lowercase();
    section.insert(key.clone(), typed(&key, value)?);
    Ok(())
}

const NUMBERS: [&str; 32] = [
    "trace_percent",
    "session_seconds",
    "access_seconds",
    "fragment_seconds",
    "workers",
    "max_requests",
    "max_requests_per_account",
    "leaving_seconds",
    "connections",
    "max_age_seconds",
    "seen_seconds",
    "max_body_bytes",
    "calls_per_window",
    "concurrent_calls",
    "daily_calls",
    "background_percent",
    "standings_hour",
    "history_days",
    "poll_seconds",
    "follow_calls",
    "bulk_poll_seconds",
    "lease_seconds",
    "timeout_seconds",
    "seats",
    "settle_seconds",
    "lease_seconds",
    "call_seconds",
    "retry_seconds",
    "launches_per_day",
    "running_launches",
    "sends_per_day",
    "task_look_seconds",
];
const LISTS: [&str; 2] = ["trusted_proxies", "extra_hosts"];

// The environment carries text only, so the few keys that are not text are named here.
fn typed(key: &str, value: String) -> Result<Value, SettingsError> {
    if NUMBERS.contains(&key) {
        return value.trim().parse().map(Value::Integer).map_err(|_| SettingsError::Value(format!("{key} must be a whole number")));
    }
    if key == "cluster" {
        return value.trim().parse().map(Value::Boolean).map_err(|_| SettingsError::Value(format!("{key} must be true or false")));
    }
    if LISTS.contains(&key) {
        let items = value.split(',').map(str::trim).filter(|item| !item.is_empty());
        return Ok(Value::Array(items.map(|item| Value::String(item.to_owned())).collect()));
    }
    Ok(Value::String(value))
}

fn resolve_files(table: &mut Table) -> Result<(), SettingsError> {
    for (_, section) in table.iter_mut() {
        let Some(section) = section.as_table_mut() else { continue };
        let named: Vec<String> = section.keys().filter(|key| key.ends_with("_file")).cloned().collect();
        for file_key in named {
            let Some(Value::String(path)) = section.remove(&file_key) else {
                return Err(SettingsError::Value(format!("{file_key} must be a path")));
            };
            let content = read(Path::new(&path))?;
            let key = file_key.trim_end_matches("_file").to_owned();
            section.insert(key, Value::String(content.trim_end_matches(['\n', '\r']).to_owned()));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment(pairs: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<Vec<_>>().into_iter()
    }

    #[test]
    fn the_environment_lies_over_the_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "[gateway]\nlisten = \"0.0.0.0:1\"\nsession_seconds = 60\n").unwrap();
        let settings =
            Settings::load(Some(file.path()), environment(&[("MSI__GATEWAY__SESSION_SECONDS", "90"), ("PATH", "/bin")])).unwrap();
        assert_eq!(settings.gateway.listen, "0.0.0.0:1");
        assert_eq!(settings.gateway.session_seconds, 90);
    }

    #[test]
    fn an_unknown_key_is_an_error_that_does_not_repeat_the_value() {
        let error = Settings::load(None, environment(&[("MSI__CANVAS__CONSUMER_SECRET", "hunter2")])).unwrap_err().to_string();
        assert!(error.contains("consumer_secret"), "{error}");
        assert!(!error.contains("hunter2"), "{error}");
    }

    #[test]
    fn a_secret_can_come_from_a_file() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "from-a-file\n").unwrap();
        let path = file.path().display().to_string();
        let settings = Settings::load(None, environment(&[("MSI__ACCOUNT__KEY_FILE", &path)])).unwrap();
        assert_eq!(settings.account.key.expose_secret(), "from-a-file");
    }
}
