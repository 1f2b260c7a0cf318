//! An emulated Marketo, a database, and workers that can be killed: what the copy should be, and what it is.

use std::collections::BTreeMap;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::StreamExt;
use serde_json::{Value, json};
use sqlx::{AssertSqlSafe, PgPool, Row, SqlitePool};

use crate::world::{SECRET, spawn};

/// A person, by the names of our columns.
pub type Person = BTreeMap<&'static str, String>;

/// Our column and Marketo's field; all are compared as texts.
const COMPARED: [(&str, &str); 17] = [
    ("sfdc_lead_id", "sfdcLeadId"),
    ("sfdc_contact_id", "sfdcContactId"),
    ("sfdc_account_id", "sfdcAccountId"),
    ("sfdc_opportunity_id", "sfdcOpptyId"),
    ("owner_id", "sfdcLeadOwnerId"),
    ("first_name", "firstName"),
    ("last_name", "lastName"),
    ("company", "company"),
    ("title", "title"),
    ("email", "email"),
    ("phone", "phone"),
    ("linkedin_url", "linkedInProfileUrl"),
    ("source", "leadSource"),
    ("score", "leadScore"),
    ("relative_score", "relativeScore"),
    ("relative_urgency", "relativeUrgency"),
    ("priority", "priority"),
];

pub enum Database {
    Sqlite { file: std::path::PathBuf },
    Postgres { url: String },
}

/// The engines at hand: SQLite, and PostgreSQL where a server is named.
pub fn engines() -> Vec<&'static str> {
    let server = std::env::var("MSI_TEST_POSTGRES_URL").is_ok();
    if server { vec!["sqlite", "postgres"] } else { vec!["sqlite"] }
}

pub struct Yard {
    pub sandbox: String,
    pub http: reqwest::Client,
    pub database: Database,
    people: u32,
    environment: Vec<(&'static str, String)>,
    emulated: Child,
    workers: Vec<Child>,
    _folder: tempfile::TempDir,
}

impl Yard {
    /// So many people in Marketo, an empty database, an account that is connected.
    pub async fn new(engine: &str, people: u32, environment: &[(&'static str, &str)]) -> Self {
        let (emulated, sandbox) =
            spawn(&["sandbox", "--port", "0", "--people", &people.to_string()], &[("MSI__CANVAS__CONSUMER_SECRETS", SECRET)]);
        let folder = tempfile::tempdir().unwrap();
        let database = Database::new(engine, folder.path()).await;
        let host = sandbox.strip_prefix("http://").unwrap().to_owned();
        let mut pairs = vec![
            ("MSI__DATABASE__URL", database.url()),
            ("MSI__ACCOUNT__KEY", "2".repeat(64)),
            ("MSI__GATEWAY__TOKEN_KEY", "1".repeat(64)),
            ("MSI__SECRETS__SEALING_KEY", "3".repeat(64)),
            ("MSI__REDIS__URL", String::new()),
            ("MSI__MARKETO__EXTRA_HOSTS", host.clone()),
            ("MSI__SALESFORCE__EXTRA_HOSTS", host),
            ("MSI__MARKETO__BULK_POLL_SECONDS", "0".to_owned()),
            ("MSI__MARKETO__POLL_SECONDS", "1".to_owned()),
            ("MSI__MARKETO__LEASE_SECONDS", "1".to_owned()),
            ("MSI__MARKETO__HISTORY_DAYS", "2".to_owned()),
            ("MSI__MARKETO__CALLS_PER_WINDOW", "2000".to_owned()),
            ("MSI__LOG__FILTER", std::env::var("MSI_TEST_LOG").unwrap_or_else(|_| "off".to_owned())),
        ];
        pairs.extend(environment.iter().map(|(name, value)| (*name, (*value).to_owned())));
        let http = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(20)).build().unwrap();
        let yard = Self { sandbox, http, database, people, environment: pairs, emulated, workers: Vec::new(), _folder: folder };
        yard.control("limits", json!({"calls_per_window": 5_000, "in_flight": 50, "job_ms": 100, "list_filter": true})).await;
        yard.connect().await;
        yard
    }

    async fn connect(&self) {
        let world = self.get("world").await;
        let (salesforce, marketo) = (&world["salesforce"], &world["marketo"]);
        let word = |value: &Value| value.as_str().unwrap().to_owned();
        let org = ["admin", "org", "--name", "Yard", "--org-id", &word(&salesforce["org_id"]), "--instance-url"].map(str::to_owned);
        let told = self.run(
            &[&org[..], &[word(&salesforce["instance_url"]), "--frame".to_owned(), "https://a.lightning.force.com".to_owned()]].concat(),
        );
        let account = told.trim().strip_prefix("account=").expect("the account's id is said").to_owned();
        let secret = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(secret.path(), word(&marketo["client_secret"])).unwrap();
        let file = secret.path().display().to_string();
        let words = ["admin", "marketo", "--account", &account, "--endpoint", &word(&marketo["url"]), "--client-id"].map(str::to_owned);
        self.run(&[&words[..], &[word(&marketo["client_id"]), "--client-secret-file".to_owned(), file]].concat());
    }

    fn command(&self, words: &[String]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_msi-gateway"));
        command.args(words).envs(self.environment.iter().map(|(name, value)| (name, value))).stdin(Stdio::null());
        command
    }

    fn run(&self, words: &[String]) -> String {
        let output = self.command(words).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    pub fn start_worker(&mut self) {
        let worker = self.command(&["worker".to_owned()]).stdout(Stdio::null()).spawn().unwrap();
        self.workers.push(worker);
    }

    /// SIGKILL: nothing is finished, nothing is given back.
    pub fn kill_workers(&mut self) {
        for mut worker in self.workers.drain(..) {
            worker.kill().unwrap();
            worker.wait().unwrap();
        }
    }

    pub async fn get(&self, path: &str) -> Value {
        self.http.get(format!("{}/_control/{path}", self.sandbox)).send().await.unwrap().json().await.unwrap()
    }

    pub async fn control(&self, path: &str, body: Value) -> Value {
        let answer = self.http.post(format!("{}/_control/{path}", self.sandbox)).json(&body).send().await.unwrap();
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.json().await.unwrap()
    }

    pub async fn change(&self, id: u32, patch: Value) {
        let answer = self.http.patch(format!("{}/_control/people/{id}", self.sandbox)).json(&patch).send().await.unwrap();
        assert!(answer.status().is_success(), "{id}: {}", answer.status());
    }

    pub async fn delete(&self, id: u32) {
        let answer = self.http.delete(format!("{}/_control/people/{id}", self.sandbox)).send().await.unwrap();
        assert!(answer.status().is_success(), "{id}: {}", answer.status());
    }

    pub async fn fault(&self, fault: Value) {
        self.control("faults", fault).await;
    }

    /// How often paths were called that begin and end so.
    pub async fn calls(&self, begins: &str, ends: &str) -> u64 {
        let journal = self.get("journal").await;
        let counts = journal["counts"].as_object().unwrap();
        counts.iter().filter(|(path, _)| path.starts_with(begins) && path.ends_with(ends)).map(|(_, count)| count.as_u64().unwrap()).sum()
    }

    pub async fn job(&self, name: &str) -> String {
        self.database.text(&format!("select state from sync_jobs where job = '{name}'")).await.unwrap_or_default()
    }

    pub async fn until_loaded(&self, longest: Duration) {
        let began = Instant::now();
        while self.job("field_sync").await != "done" {
            assert!(began.elapsed() < longest, "not loaded: {}", self.job("field_sync").await);
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everybody who ought to be in the copy, by Marketo's number.
    pub async fn truth(&self) -> BTreeMap<i64, Person> {
        let created = 200;
        futures_util::stream::iter(1_001..1_001 + self.people + created)
            .map(|id| async move {
                let answer = self.http.get(format!("{}/_control/people/{id}", self.sandbox)).send().await.unwrap();
                if answer.status() != 200 {
                    return None;
                }
                let told: Value = answer.json().await.unwrap();
                let text = |field: &str| match &told[field] {
                    Value::Null => None,
                    Value::String(text) => Some(text.replace('\0', "")).filter(|text| !text.is_empty()),
                    other => Some(other.to_string()),
                };
                text("sfdcLeadOwnerId")?;
                text("sfdcLeadId").or_else(|| text("sfdcContactId"))?;
                let person = COMPARED.iter().filter_map(|(ours, theirs)| Some((*ours, text(theirs)?))).collect();
                Some((i64::from(id), person))
            })
            .buffer_unordered(8)
            .filter_map(|person| async { person })
            .collect()
            .await
    }

    /// Waits until the copy is what it should be; says what is different when that takes too long.
    pub async fn until_true(&self, longest: Duration) {
        let began = Instant::now();
        loop {
            let (truth, copy) = (self.truth().await, self.database.people().await);
            if truth == copy {
                assert!(!copy.is_empty());
                return;
            }
            if began.elapsed() > longest {
                let missing: Vec<_> = truth.keys().filter(|id| !copy.contains_key(id)).take(5).collect();
                let superfluous: Vec<_> = copy.keys().filter(|id| !truth.contains_key(id)).take(5).collect();
                let different: Vec<_> = truth
                    .iter()
                    .filter(|(id, person)| copy.get(id).is_some_and(|ours| ours != *person))
                    .map(|(id, person)| (id, person, &copy[id]))
                    .take(3)
                    .collect();
                panic!("missing {missing:?}, superfluous {superfluous:?}, different {different:#?}");
            }
            tokio::time::sleep(Duration::from_millis(400)).await;
        }
    }
}

impl Drop for Yard {
    fn drop(&mut self) {
        self.kill_workers();
        let _ = self.emulated.kill();
        let _ = self.emulated.wait();
    }
}

impl Database {
    async fn new(engine: &str, folder: &std::path::Path) -> Self {
        if engine == "sqlite" {
            return Self::Sqlite { file: folder.join("yard.db") };
        }
        let server = std::env::var("MSI_TEST_POSTGRES_URL").unwrap();
        let mut bytes = [0_u8; 8];
        aws_lc_rs::rand::fill(&mut bytes).unwrap();
        let name = format!("yard_{}", u64::from_be_bytes(bytes));
        let pool = PgPool::connect(&server).await.unwrap();
        sqlx::raw_sql(AssertSqlSafe(format!("create database {name}"))).execute(&pool).await.unwrap();
        let (address, _) = server.rsplit_once('/').unwrap();
        Self::Postgres { url: format!("{address}/{name}") }
    }

    fn url(&self) -> String {
        match self {
            Self::Sqlite { file } => format!("sqlite://{}", file.display()),
            Self::Postgres { url } => url.clone(),
        }
    }

    /// The first column of the first row.
    pub async fn text(&self, query: &str) -> Option<String> {
        let query = AssertSqlSafe(query.to_owned());
        match self {
            Self::Sqlite { .. } => {
                let pool = SqlitePool::connect(&self.url()).await.ok()?;
                let row = sqlx::query(query).fetch_optional(&pool).await.ok()?;
                pool.close().await;
                row.map(|row| row.get(0))
            }
            Self::Postgres { url } => {
                let pool = PgPool::connect(url).await.ok()?;
                let row = sqlx::query(query).fetch_optional(&pool).await.ok()?;
                pool.close().await;
                row.map(|row| row.get(0))
            }
        }
    }

    /// The copy, by Marketo's number.
    pub async fn people(&self) -> BTreeMap<i64, Person> {
        let columns: Vec<String> = COMPARED.iter().map(|(ours, _)| format!("cast({ours} as text)")).collect();
        let query = AssertSqlSafe(format!("select lead_id, {} from people", columns.join(", ")));
        macro_rules! read {
            ($rows:expr) => {
                $rows
                    .iter()
                    .map(|row| {
                        let text = |place: usize| row.get::<Option<String>, _>(place + 1);
                        let person = COMPARED.iter().enumerate().filter_map(|(place, (ours, _))| Some((*ours, text(place)?))).collect();
                        (row.get::<i64, _>(0), person)
                    })
                    .collect()
            };
        }
        match self {
            Self::Sqlite { .. } => {
                let pool = SqlitePool::connect(&self.url()).await.unwrap();
                let rows = sqlx::query(query).fetch_all(&pool).await.unwrap();
                pool.close().await;
                read!(rows)
            }
            Self::Postgres { url } => {
                let pool = PgPool::connect(url).await.unwrap();
                let rows = sqlx::query(query).fetch_all(&pool).await.unwrap();
                pool.close().await;
                read!(rows)
            }
        }
    }
}
