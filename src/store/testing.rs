//! Databases for tests: a fresh SQLite file, and a fresh PostgreSQL schema when `MSI_TEST_POSTGRES_URL` names a server.

use tokio::sync::OnceCell;

use super::people::NewPerson;
use super::timeline::{Activity, Tab};
use super::{Store, on};
use crate::clock;

/// A migrated database that vanishes with this value (a schema stays until the test server is thrown away).
pub(crate) struct TestStore {
    pub(crate) store: Store,
    pub(crate) engine: &'static str,
    _folder: Option<tempfile::TempDir>,
}

impl TestStore {
    /// All that a copy of a PostgreSQL's tables would show; nothing for SQLite, whose file is looked through as it lies there.
    pub(crate) async fn dump(&self) -> Vec<String> {
        let Store::Postgres(server) = &self.store else { return Vec::new() };
        let mut connection = server.pool().acquire().await.unwrap();
        let tables = "select table_name::text from information_schema.tables where table_schema = current_schema()";
        let tables: Vec<String> = sqlx::query_scalar(tables).fetch_all(&mut *connection).await.unwrap();
        let mut rows = Vec::new();
        // Bytes as letters where they are some, and as digits.
        for output in ["escape", "hex"] {
            sqlx::query(sqlx::AssertSqlSafe(format!("set bytea_output = {output}"))).execute(&mut *connection).await.unwrap();
            for table in &tables {
                let text = sqlx::AssertSqlSafe(format!("select one::text from {table} one"));
                rows.extend(sqlx::query_scalar::<_, String>(text).fetch_all(&mut *connection).await.unwrap());
            }
        }
        rows
    }

    /// Makes a PostgreSQL refuse to be written to, as one does that gave way to another one; whether it can.
    pub(crate) async fn read_only(&self, refuses: bool) -> bool {
        let Store::Postgres(server) = &self.store else { return false };
        let mut connections = Vec::new();
        for _ in 0..server.pool().options().get_max_connections() {
            connections.push(server.pool().acquire().await.unwrap());
        }
        let text = if refuses { "set default_transaction_read_only = on" } else { "set default_transaction_read_only = off" };
        for connection in &mut connections {
            sqlx::query(text).execute(&mut **connection).await.unwrap();
        }
        true
    }

    /// Ends all connections to a PostgreSQL from the other side.
    pub(crate) async fn cut_off(&self) {
        let Store::Postgres(server) = &self.store else { return };
        let mut connections = Vec::new();
        for _ in 0..server.pool().options().get_max_connections() {
            connections.push(server.pool().acquire().await.unwrap());
        }
        let mut numbers: Vec<i32> = Vec::new();
        for connection in &mut connections {
            numbers.push(sqlx::query_scalar("select pg_backend_pid()").fetch_one(&mut **connection).await.unwrap());
        }
        let mut last = connections.pop().unwrap();
        drop(connections);
        let own = numbers.pop().unwrap();
        let text = "select pg_terminate_backend(pid) from unnest($1::int[]) as pid";
        sqlx::query(text).bind(&numbers).execute(&mut *last).await.unwrap();
        let _ = sqlx::query("select pg_terminate_backend($1)").bind(own).execute(&mut *last).await;
    }

    /// Takes the twins of accounts away, where something goes through all accounts.
    pub(crate) async fn without_twins(&self) {
        if let Store::Sqlite(file) = &self.store {
            super::twins::leave(&file.pool).await;
        }
    }
}

/// A fresh SQLite database, in which every account has a twin.
pub(crate) async fn sqlite() -> TestStore {
    // The migrations and three triggers for each table take longer than most tests: they are done once for all of them.
    static FIRST: OnceCell<Vec<u8>> = OnceCell::const_new();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    std::fs::write(&path, FIRST.get_or_init(migrated).await).unwrap();
    let store = Store::connect(&format!("sqlite://{}", path.display()), 4).await.unwrap();
    TestStore { store, engine: "sqlite", _folder: Some(folder) }
}

// The file of a migrated database.
async fn migrated() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("test.db");
    let store = Store::connect(&format!("sqlite://{}", path.display()), 1).await.unwrap();
    store.migrate().await.unwrap();
    if let Store::Sqlite(file) = &store {
        super::twins::watch_over(&file.pool).await;
        // Whatever is only in the log comes into the file when the last connection ends.
        file.pool.close().await;
    }
    std::fs::read(&path).unwrap()
}

/// Where a PostgreSQL is, if one is at hand.
pub(crate) fn postgres_url() -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "the one place where tests learn of a PostgreSQL server")]
    std::env::var("MSI_TEST_POSTGRES_URL").ok()
}

/// A fresh database of every engine at hand.
pub(crate) async fn every_engine() -> Vec<TestStore> {
    let mut engines = vec![sqlite().await];
    if let Some(url) = postgres_url() {
        engines.push(postgres(&url).await);
    }
    engines
}

async fn postgres(url: &str) -> TestStore {
    let schema = format!("test_{}", clock::new_id());
    let server = Store::connect(url, 1).await.unwrap();
    let text = sqlx::AssertSqlSafe(format!("create schema {schema}"));
    on!(&server, pool => sqlx::raw_sql(text).execute(pool).await.map(drop)).unwrap();
    let joint = if url.contains('?') { '&' } else { '?' };
    let store = Store::connect(&format!("{url}{joint}options[search_path]={schema}"), 4).await.unwrap();
    store.migrate().await.unwrap();
    TestStore { store, engine: "postgres", _folder: None }
}

/// A lead whose values follow from its id.
pub(crate) fn person(lead_id: i64) -> NewPerson {
    NewPerson {
        lead_id,
        sfdc_type: "Lead",
        sfdc_id: format!("00Q{lead_id:012}EAA"),
        sfdc_lead_id: None,
        sfdc_contact_id: None,
        sfdc_account_id: None,
        sfdc_opportunity_id: None,
        owner_id: "005000000000001AAA".to_owned(),
        first_name: Some(format!("First{lead_id}")),
        last_name: Some("O'Neill \"<>\\ \u{e9}".to_owned()),
        company: Some("Acme".to_owned()),
        title: None,
        email: Some(format!("p{lead_id}@example.com")),
        phone: None,
        linkedin_url: None,
        source: Some("Web".to_owned()),
        score: Some(lead_id % 100),
        relative_score: Some(2),
        relative_urgency: Some(1),
        priority: Some(7),
        created_at: 1_000,
        updated_at: 2_000,
    }
}

/// A web visit.
pub(crate) fn visit(guid: &str, lead_id: i64, happened_at: i64) -> Activity {
    Activity {
        guid: guid.to_owned(),
        lead_id,
        tab: Tab::Web.code(),
        kind: "visit".to_owned(),
        happened_at,
        subject: Some("/pricing".to_owned()),
        asset_id: Some("17".to_owned()),
        detail: r#"{"url":"https://www.example.com/pricing"}"#.to_owned(),
    }
}
