//! The pipeline from a file to the store alone, and the two floors beneath it: splitting the CSV, and inserting rows
//! into a bare table. Prints `key=value` pairs.
//!
//! Usage: ingest FILE DATABASE_URL

#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    clippy::cast_precision_loss,
    clippy::as_conversions,
    reason = "a measuring tool"
)]

use std::collections::BTreeMap;
use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use msi_gateway::remote::marketo::csv_rows::{Piece, batches};
use msi_gateway::store::Store;
use msi_gateway::store::people::NewPerson;
use msi_gateway::store::sync_state::Checkpoint;
use msi_gateway::sync::candidates::CandidateColumns;
use sqlx::{AssertSqlSafe, Connection};
use tokio::sync::mpsc;

const BATCH: usize = 1_536;

fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("stat");
    let fields: Vec<&str> = stat.rsplit(") ").next().expect("fields").split(' ').collect();
    let ticks: f64 = fields[11].parse::<f64>().expect("utime") + fields[12].parse::<f64>().expect("stime");
    ticks / 100.0
}

fn split_only(path: &str) -> (u64, Duration) {
    let began = Instant::now();
    let mut reader = csv::ReaderBuilder::new().buffer_capacity(1 << 16).from_path(path).expect("file");
    let mut record = csv::ByteRecord::new();
    let mut rows = 0;
    while reader.read_byte_record(&mut record).expect("csv") {
        rows += 1;
    }
    (rows, began.elapsed())
}

fn pieces(path: &str) -> mpsc::Receiver<Piece> {
    let (sender, receiver) = mpsc::channel(8);
    let mut file = std::fs::File::open(path).expect("file");
    std::thread::spawn(move || {
        loop {
            let mut buffer = vec![0; 128 * 1024];
            let length = file.read(&mut buffer).expect("read");
            if length == 0 {
                let _ = sender.blocking_send(Piece::End);
                return;
            }
            buffer.truncate(length);
            if sender.blocking_send(Piece::Data(Bytes::from(buffer))).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn pipeline(path: &str, store: &Store) -> (u64, u64, Duration) {
    let tenant = store.tenant("bench");
    let lease = store.claim_job("bench", "field_sync", "bench", 600_000).await.expect("lease").expect("free");
    let began = Instant::now();
    store.postpone_indexes().await.expect("indexes");
    let mut read = batches::<CandidateColumns>(pieces(path), BATCH);
    let (mut rows, mut kept) = (0, 0);
    let mut skipped: BTreeMap<&'static str, u64> = BTreeMap::new();
    while let Some(batch) = read.recv().await {
        let batch = batch.expect("csv");
        let mut people: Vec<NewPerson> = Vec::with_capacity(batch.rows.len());
        for candidate in batch.rows {
            rows += 1;
            match candidate.outcome {
                Ok(person) => people.push(person),
                Err(skip) => *skipped.entry(skip.word()).or_default() += 1,
            }
        }
        let checkpoint = Checkpoint { job: "field_sync", fence: lease.fence, state: format!("{{\"rows\":{rows}}}") };
        kept += tenant.upsert_people(people, 1, Some(&checkpoint)).await.expect("upsert");
    }
    store.complete_indexes().await.expect("indexes");
    store.release_job(&lease, "waiting", None, 0).await.expect("release");
    (rows, kept, began.elapsed())
}

const TEXTS: usize = 15;

// The same values into a table without an index, without a look at what is there.
async fn bare(path: &str, url: &str) -> (u64, Duration) {
    let columns: Vec<String> = (0..TEXTS).map(|column| format!("c{column} text")).collect();
    let create = format!("create table floor (id bigint primary key, {})", columns.join(", "));
    let mut reader = csv::ReaderBuilder::new().from_path(path).expect("file");
    let mut records = reader.byte_records();
    let mut spent = Duration::ZERO;
    let mut rows = 0;
    let mut batch = || -> Vec<csv::ByteRecord> { records.by_ref().take(BATCH).map(|record| record.expect("csv")).collect() };
    let text = |field: Option<&[u8]>| field.map(|bytes| String::from_utf8_lossy(bytes).into_owned()).filter(|text| text != "null");
    if url.starts_with("sqlite") {
        let mut connection = sqlx::SqliteConnection::connect(url).await.expect("sqlite");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.expect("table");
        let row = format!("({})", vec!["?"; TEXTS + 1].join(","));
        let insert: Arc<str> = format!("insert into floor values {}", vec![row; 50].join(",")).into();
        loop {
            let batch = batch();
            if batch.is_empty() {
                break;
            }
            let began = Instant::now();
            let mut transaction = connection.begin_with("begin immediate").await.expect("begin");
            for chunk in batch.chunks_exact(50) {
                let mut query = sqlx::query(AssertSqlSafe(Arc::clone(&insert)));
                for record in chunk {
                    rows += 1;
                    query = query.bind(rows);
                    for column in 1..=TEXTS {
                        query = query.bind(text(record.get(column)));
                    }
                }
                query.execute(&mut *transaction).await.expect("insert");
            }
            transaction.commit().await.expect("commit");
            spent += began.elapsed();
        }
    } else {
        let mut connection = sqlx::PgConnection::connect(url).await.expect("postgres");
        sqlx::raw_sql(AssertSqlSafe(create)).execute(&mut connection).await.expect("table");
        loop {
            let batch = batch();
            if batch.is_empty() {
                break;
            }
            let began = Instant::now();
            let mut lines = String::new();
            for record in &batch {
                rows += 1;
                lines.push_str(&rows.to_string());
                for column in 1..=TEXTS {
                    lines.push('\t');
                    match text(record.get(column)) {
                        Some(text) => lines.push_str(&text.replace('\\', "\\\\").replace(['\n', '\r', '\t'], " ")),
                        None => lines.push_str("\\N"),
                    }
                }
                lines.push('\n');
            }
            let mut copy = connection.copy_in_raw("copy floor from stdin").await.expect("copy");
            copy.send(lines.into_bytes()).await.expect("rows");
            copy.finish().await.expect("end");
            spent += began.elapsed();
        }
    }
    (u64::try_from(rows).expect("rows"), spent)
}

#[tokio::main]
async fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    let [_, path, url] = &arguments[..] else { panic!("ingest FILE DATABASE_URL") };
    let store = Store::connect(url, 4).await.expect("database");
    store.migrate().await.expect("migrations");
    store.create_account("bench", "Bench", 1).await.expect("account");
    let rate = |rows: u64, took: Duration| rows as f64 / took.as_secs_f64();
    let (rows, took) = split_only(path);
    let csv = rate(rows, took);
    let before = cpu_seconds();
    let (read, kept, took) = pipeline(path, &store).await;
    let cpu = cpu_seconds() - before;
    let first = rate(read, took);
    let (_, changed, took) = pipeline(path, &store).await;
    let again = rate(read, took);
    let (inserted, took) = bare(path, url).await;
    let floor = rate(inserted, took);
    println!(
        "rows={read} kept={kept} pipeline_per_second={first:.0} cpu_seconds_per_million={:.2} again_per_second={again:.0} changed_again={changed} \
         csv_split_per_second={csv:.0} bare_insert_per_second={floor:.0}",
        cpu * 1_000_000.0 / read.max(1) as f64
    );
}
