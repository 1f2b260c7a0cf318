//! Writing many people: several rows a statement on SQLite, one array a column on PostgreSQL.
//!
//! A million people pass here in one load, so that what a row costs is the price of the load.

use std::fmt::Write;
use std::sync::{Arc, OnceLock};

use sqlx::sqlite::{SqliteArguments, SqliteConnection};
use sqlx::{Arguments, AssertSqlSafe};

use super::StoreError;
use super::people::NewPerson;
use super::postgres::InTransaction;
use crate::clock::IdSeries;

/// The columns that a load decides, in the order in which they are bound.
const COLUMNS: [&str; 22] = [
    "sfdc_type",
    "sfdc_id",
    "sfdc_lead_id",
    "sfdc_contact_id",
    "sfdc_account_id",
    "sfdc_opportunity_id",
    "owner_id",
    "first_name",
    "last_name",
    "company",
    "title",
    "email",
    "phone",
    "linkedin_url",
    "source",
    "score",
    "relative_score",
    "relative_urgency",
    "priority",
    "created_at",
    "updated_at",
    "synced_at",
];
const BOUND_A_ROW: usize = COLUMNS.len() + 3;

// `synced_at` says when a difference was seen, so it is none itself.
fn compared() -> impl Iterator<Item = &'static str> {
    COLUMNS.into_iter().filter(|column| *column != "synced_at")
}

fn list(columns: impl Iterator<Item = &'static str>, shape: impl Fn(&mut String, &str)) -> String {
    columns.fold(String::new(), |mut text, column| {
        if !text.is_empty() {
            text.push_str(", ");
        }
        shape(&mut text, column);
        text
    })
}

// A String takes whatever is written to it.
macro_rules! add {
    ($text:ident, $($argument:tt)*) => {{ let _ = write!($text, $($argument)*); }};
}

fn statement(values: &str) -> Arc<str> {
    let columns = COLUMNS.join(", ");
    let set = list(COLUMNS.into_iter(), |text, column| add!(text, "{column} = excluded.{column}"));
    let old = list(compared(), |text, column| add!(text, "people.{column}"));
    let new = list(compared(), |text, column| add!(text, "excluded.{column}"));
    format!(
        "insert into people (id, account_id, lead_id, {columns}) {values} \
         on conflict (account_id, lead_id) do update set {set} where ({old}) is distinct from ({new})"
    )
    .into()
}

/// How many rows a statement of SQLite's may have; whatever is left over takes the next smaller one.
const SIZES: [usize; 4] = [128, 32, 8, 1];

fn of_rows(size: usize) -> Arc<str> {
    static TEXTS: [OnceLock<Arc<str>>; SIZES.len()] = [const { OnceLock::new() }; SIZES.len()];
    let write = || {
        let row = format!("({})", vec!["?"; BOUND_A_ROW].join(","));
        statement(&format!("values {}", vec![row.as_str(); size].join(",")))
    };
    match SIZES.iter().position(|known| *known == size).and_then(|place| TEXTS.get(place)) {
        Some(text) => Arc::clone(text.get_or_init(write)),
        None => write(),
    }
}

/// Writes people, each of whom occurs once. Returns how many are new or changed.
pub(super) async fn sqlite(
    connection: &mut SqliteConnection,
    account_id: &str,
    people: Vec<NewPerson>,
    now_ms: i64,
) -> Result<u64, StoreError> {
    let mut ids = IdSeries::begin();
    let mut left = people.len();
    let mut people = people.into_iter();
    let mut next = || {
        let Some(size) = SIZES.into_iter().find(|size| *size <= left) else { return Ok(None) };
        left -= size;
        let mut bound = SqliteArguments::default();
        bound.reserve(size * BOUND_A_ROW, 0);
        for person in people.by_ref().take(size) {
            bind(&mut bound, ids.next_id(), account_id, person, now_ms).map_err(sqlx::Error::Encode)?;
        }
        Ok::<_, StoreError>(Some((size, bound)))
    };
    let mut written = 0;
    let mut ready = next()?;
    while let Some((size, bound)) = ready {
        // While the engine's thread works on these rows, the next ones are made ready here.
        let mut running = std::pin::pin!(sqlx::query_with(AssertSqlSafe(of_rows(size)), bound).execute(&mut *connection));
        let done = futures_util::poll!(&mut running);
        ready = next()?;
        written += match done {
            std::task::Poll::Ready(done) => done,
            std::task::Poll::Pending => running.await,
        }?
        .rows_affected();
    }
    Ok(written)
}

// Texts are handed over rather than copied.
fn bind(bound: &mut SqliteArguments, id: String, account_id: &str, person: NewPerson, now_ms: i64) -> Result<(), sqlx::error::BoxDynError> {
    bound.add(id)?;
    bound.add(account_id)?;
    bound.add(person.lead_id)?;
    bound.add(person.sfdc_type)?;
    bound.add(person.sfdc_id)?;
    bound.add(person.sfdc_lead_id)?;
    bound.add(person.sfdc_contact_id)?;
    bound.add(person.sfdc_account_id)?;
    bound.add(person.sfdc_opportunity_id)?;
    bound.add(person.owner_id)?;
    bound.add(person.first_name)?;
    bound.add(person.last_name)?;
    bound.add(person.company)?;
    bound.add(person.title)?;
    bound.add(person.email)?;
    bound.add(person.phone)?;
    bound.add(person.linkedin_url)?;
    bound.add(person.source)?;
    bound.add(person.score)?;
    bound.add(person.relative_score)?;
    bound.add(person.relative_urgency)?;
    bound.add(person.priority)?;
    bound.add(person.created_at)?;
    bound.add(person.updated_at)?;
    bound.add(now_ms)
}

fn of_arrays() -> Arc<str> {
    static TEXT: OnceLock<Arc<str>> = OnceLock::new();
    let write = || {
        // Arrays side by side rather than as a table: the engine would write that table down first.
        let mut arrays = "unnest(cast($3 as text[])), $1, unnest(cast($4 as bigint[]))".to_owned();
        for (place, column) in (5..).zip(compared()) {
            let kind = if is_number(column) { "bigint" } else { "text" };
            add!(arrays, ", unnest(cast(${place} as {kind}[]))");
        }
        statement(&format!("select {arrays}, cast($2 as bigint)"))
    };
    Arc::clone(TEXT.get_or_init(write))
}

fn is_number(column: &str) -> bool {
    matches!(column, "score" | "relative_score" | "relative_urgency" | "priority" | "created_at" | "updated_at")
}

/// Writes people, each of whom occurs once. Returns how many are new or changed.
pub(super) async fn postgres(
    transaction: &mut InTransaction,
    account_id: &str,
    people: &[NewPerson],
    now_ms: i64,
) -> Result<u64, StoreError> {
    let mut ids = IdSeries::begin();
    let texts = |read: fn(&NewPerson) -> Option<&str>| people.iter().map(read).collect::<Vec<_>>();
    let maybe = |read: fn(&NewPerson) -> Option<i64>| people.iter().map(read).collect::<Vec<_>>();
    let numbers = |read: fn(&NewPerson) -> i64| people.iter().map(read).collect::<Vec<_>>();
    let text = of_arrays();
    let query = sqlx::query(AssertSqlSafe(text))
        .bind(account_id)
        .bind(now_ms)
        .bind(people.iter().map(|_| ids.next_id()).collect::<Vec<_>>())
        .bind(numbers(|person| person.lead_id))
        .bind(texts(|person| Some(person.sfdc_type)))
        .bind(texts(|person| Some(&person.sfdc_id)))
        .bind(texts(|person| person.sfdc_lead_id.as_deref()))
        .bind(texts(|person| person.sfdc_contact_id.as_deref()))
        .bind(texts(|person| person.sfdc_account_id.as_deref()))
        .bind(texts(|person| person.sfdc_opportunity_id.as_deref()))
        .bind(texts(|person| Some(&person.owner_id)))
        .bind(texts(|person| person.first_name.as_deref()))
        .bind(texts(|person| person.last_name.as_deref()))
        .bind(texts(|person| person.company.as_deref()))
        .bind(texts(|person| person.title.as_deref()))
        .bind(texts(|person| person.email.as_deref()))
        .bind(texts(|person| person.phone.as_deref()))
        .bind(texts(|person| person.linkedin_url.as_deref()))
        .bind(texts(|person| person.source.as_deref()))
        .bind(maybe(|person| person.score))
        .bind(maybe(|person| person.relative_score))
        .bind(maybe(|person| person.relative_urgency))
        .bind(maybe(|person| person.priority))
        .bind(numbers(|person| person.created_at))
        .bind(numbers(|person| person.updated_at));
    Ok(query.execute(transaction).await?.rows_affected())
}
