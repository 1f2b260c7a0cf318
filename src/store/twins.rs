//! A second net below the tests (#[cfg(test)]): in an SQLite database every account has a twin with the same people, records, names and
//! times, whose rows appear by themselves. Whatever forgets the account in a question gets everything twice; whatever forgets it in a
//! change touches a row of the twin, which the database refuses.

use std::collections::{BTreeMap, HashSet};

use sqlx::{AssertSqlSafe, Row, SqlitePool};

/// What no account of a test is called by.
const MARK: &str = "~";
/// Looked through over all accounts, by whoever claims what is due, seals anew or throws away what is over.
const SHARED: [&str; 8] =
    ["mail_outbox", "mail_channels", "sync_jobs", "idempotency", "oauth_flows", "audit", "entrances", "sign_in_links"];

/// Puts the twins into a migrated database.
pub(super) async fn watch_over(pool: &SqlitePool) {
    for (table, account) in tables(pool).await {
        let columns = texts(pool, &format!("select name from pragma_table_info('{table}')")).await;
        let own = own(pool, &table, account).await;
        let value = |column: &String| value(column, own.contains(column));
        // What a thing belongs to may have no twin: it was there when the twin could not be.
        let mut parents: BTreeMap<i64, (String, Vec<String>)> = BTreeMap::new();
        let pointing = format!("select id, \"table\", \"from\", coalesce(\"to\", 'id') from pragma_foreign_key_list('{table}')");
        for row in sqlx::query(AssertSqlSafe(pointing)).fetch_all(pool).await.unwrap() {
            let (from, to): (String, String) = (row.get(2), row.get(3));
            let alike = format!("(parent.{to} = {0} or {0} is null)", value(&from));
            parents.entry(row.get(0)).or_insert_with(|| (row.get(1), Vec::new())).1.push(alike);
        }
        let there: String = parents
            .values()
            .map(|(parent, alike)| format!(" and exists (select 1 from {parent} parent where {})", alike.join(" and ")))
            .collect();
        let values: Vec<String> = columns.iter().map(value).collect();
        let text = format!(
            "create trigger {table}_twin after insert on {table} when new.{account} not like '%{MARK}' begin \
             insert or ignore into {table} ({}) select {} where 1 = 1{there}; end",
            columns.join(", "),
            values.join(", ")
        );
        sqlx::query(AssertSqlSafe(text)).execute(pool).await.unwrap();
        for deed in ["update", "delete"] {
            let text = format!(
                "create trigger {table}_twin_{deed} before {deed} on {table} when old.{account} like '%{MARK}' begin \
                 select raise(abort, 'a row of {table} belongs to another account'); end"
            );
            sqlx::query(AssertSqlSafe(text)).execute(pool).await.unwrap();
        }
    }
}

/// Takes the twins out again, for what goes through all accounts.
pub(super) async fn leave(pool: &SqlitePool) {
    for trigger in texts(pool, "select name from sqlite_master where type = 'trigger' and name like '%\\_twin%' escape '\\'").await {
        sqlx::query(AssertSqlSafe(format!("drop trigger {trigger}"))).execute(pool).await.unwrap();
    }
    let mut transaction = pool.begin().await.unwrap();
    sqlx::query("pragma defer_foreign_keys = on").execute(&mut *transaction).await.unwrap();
    for (table, account) in tables(pool).await {
        let text = format!("delete from {table} where {account} like '%{MARK}'");
        sqlx::query(AssertSqlSafe(text)).execute(&mut *transaction).await.unwrap();
    }
    transaction.commit().await.unwrap();
}

async fn texts(pool: &SqlitePool, text: &str) -> Vec<String> {
    sqlx::query_scalar(AssertSqlSafe(text.to_owned())).fetch_all(pool).await.unwrap()
}

// Tables that belong to accounts, with the column that says so.
async fn tables(pool: &SqlitePool) -> Vec<(String, &'static str)> {
    let mut found = Vec::new();
    for table in texts(pool, "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\'").await {
        let account = if table == "accounts" { "id" } else { "account_id" };
        let belongs = texts(pool, &format!("select name from pragma_table_info('{table}') where name = '{account}'")).await;
        if !belongs.is_empty() && !SHARED.contains(&table.as_str()) {
            found.push((table, account));
        }
    }
    found
}

// What must differ: the account, whatever is unique over all accounts, and what points at such a thing.
async fn own(pool: &SqlitePool, table: &str, account: &str) -> HashSet<String> {
    let mut own = HashSet::from([account.to_owned()]);
    let indexes = format!("select name from pragma_index_list('{table}') where \"unique\" = 1");
    for index in texts(pool, &indexes).await {
        let columns = texts(pool, &format!("select name from pragma_index_info('{index}') where name is not null")).await;
        if !columns.iter().any(|column| column == account) {
            own.extend(columns);
        }
    }
    let pointing = format!("select \"from\", \"table\", \"to\" from pragma_foreign_key_list('{table}')");
    for row in sqlx::query(AssertSqlSafe(pointing)).fetch_all(pool).await.unwrap() {
        if !SHARED.contains(&row.get::<&str, _>(1)) {
            own.insert(row.get(0));
        }
    }
    own
}

// An id of ours names one thing of one account.
fn value(column: &str, own: bool) -> String {
    if own {
        format!("case typeof(new.{column}) when 'text' then new.{column} || '{MARK}' else new.{column} end")
    } else {
        format!(
            "case when typeof(new.{column}) = 'text' and length(new.{column}) = 32 and new.{column} not glob '*[^0-9a-f]*' \
             then new.{column} || '{MARK}' else new.{column} end"
        )
    }
}

#[tokio::test]
async fn ten_09_whatever_forgets_the_account_sees_everything_twice_and_changes_nothing() {
    let test = super::testing::sqlite().await;
    let tenant = super::tests::account(&test.store, "a").await;
    tenant.upsert_people(&[super::testing::person(1), super::testing::person(2)], 10, None).await.unwrap();
    tenant.insert_activities(&[super::testing::visit("g", 1, 5)], None).await.unwrap();
    let super::Store::Sqlite(file) = &test.store else { return };
    for table in ["accounts", "people", "activities"] {
        let counts: (i64, i64) = sqlx::query_as(AssertSqlSafe(format!(
            "select count(*), count(distinct {}) from {table}",
            if table == "accounts" { "id" } else { "account_id" }
        )))
        .fetch_one(&file.pool)
        .await
        .unwrap();
        assert_eq!(counts, (if table == "people" { 4 } else { 2 }, 2), "{table}");
    }
    for text in ["update people set title = 'x'", "delete from activities where lead_id = 1"] {
        let refused = sqlx::query(text).execute(&file.pool).await.unwrap_err();
        assert!(refused.to_string().contains("belongs to another account"), "{refused}");
    }
    let again = sqlx::query("update people set title = 'x' where account_id = 'a'").execute(&file.pool).await.unwrap();
    assert_eq!(again.rows_affected(), 2);

    test.without_twins().await;
    assert_eq!(sqlx::query("update people set title = 'y'").execute(&file.pool).await.unwrap().rows_affected(), 2);
}
