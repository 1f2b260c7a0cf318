//! A file comes in: read in pieces, stored row by row, whatever its size in the memory of a few pieces.

use std::time::Duration;

use actix_web::{HttpMessage, HttpRequest, web};
use aws_lc_rs::digest;
use futures_util::StreamExt;

use super::mapping;
use super::script::{NoText, Script};
use super::table::{NoTable, Table};
use crate::account::link::hexadecimal;
use crate::account::signed_in::Admin;
use crate::account::{database, fields};
use crate::clock;
use crate::problem::Problem;
use crate::store::imports::Import;

/// Bytes of a file.
const LARGEST: usize = 32 * 1024 * 1024;
/// Rows of a file.
const MOST_ROWS: i64 = 200_000;
/// For the next piece to come.
const PATIENCE: Duration = Duration::from_secs(15);
const BATCH: usize = 1_000;
const SAMPLE: usize = 20;

fn unreadable(code: &'static str, detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(422, code, "The file cannot be read", detail)
}

fn too_large() -> Problem {
    Problem::new(413, "csv.too_large", "Too large", "A file can have at most 32 MiB and 200,000 rows.")
}

fn no_text(why: NoText, line: i64) -> Problem {
    match why {
        NoText::Binary => Problem::new(415, "csv.type", "Not a CSV file", "This is an archive or a workbook. Save the table as CSV first."),
        NoText::Encoding => unreadable("csv.encoding", format!("Line {line} is not written in UTF-8, UTF-16 or Windows-1252."))
            .with_field("row", line.to_string()),
    }
}

fn no_table(why: NoTable) -> Problem {
    let (code, line, detail) = match why {
        NoTable::Quote(line) => ("csv.quote", line, "has a quotation mark that does not belong there, or one that is never closed"),
        NoTable::Nul(line) => ("csv.nul", line, "has a character that no text has"),
        NoTable::LongCell(line) => ("csv.field", line, "has a cell of more than 10,000 characters"),
        NoTable::ManyCells(line) => ("csv.header", line, "has more than 100 cells"),
    };
    unreadable(code, format!("Line {line} {detail}.")).with_field("row", line.to_string())
}

fn file_name(request: &HttpRequest) -> String {
    let given = request.headers().get("X-File-Name").and_then(|value| value.to_str().ok()).unwrap_or("file.csv");
    let name = percent_encoding::percent_decode_str(given).decode_utf8_lossy().into_owned();
    let name: String =
        name.rsplit(['/', '\\']).next().unwrap_or_default().chars().filter(|letter| !letter.is_control()).take(120).collect();
    fields::name("X-File-Name", &name, 120).unwrap_or_else(|_| "file.csv".to_owned())
}

/// Takes a file in; gives the import's id.
///
/// # Errors
/// 413, 415 or 422, with the line that cannot be read. Nothing of such a file stays.
pub async fn take_in(admin: &Admin, request: &HttpRequest, payload: web::Payload) -> Result<String, Problem> {
    if !matches!(request.content_type(), "text/csv" | "application/octet-stream" | "text/plain" | "application/vnd.ms-excel") {
        return Err(Problem::new(415, "request.media_type", "Not understood", "The body must be the file itself, as text/csv."));
    }
    if request.headers().get("Content-Encoding").is_some_and(|encoding| encoding.as_bytes() != b"identity") {
        return Err(Problem::new(415, "csv.type", "Not a CSV file", "The file must be sent as it is, not compressed."));
    }
    let announced =
        request.headers().get("Content-Length").and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<usize>().ok());
    if announced.is_some_and(|length| length > LARGEST) {
        return Err(too_large());
    }
    let now = clock::now_ms();
    let import = Import {
        id: clock::new_id(),
        account_id: admin.tenant.account_id().to_owned(),
        created_by: admin.member.id.clone(),
        inviter: admin.member.email.clone(),
        file_name: file_name(request),
        file_hash: String::new(),
        encoding: String::new(),
        delimiter: String::new(),
        header: String::new(),
        mapping: String::new(),
        row_count: 0,
        state: "uploading".to_owned(),
        role: "user".to_owned(),
        language: admin.member.language.clone(),
        problem: None,
        created_at: now,
        updated_at: now,
    };
    database::answer(admin.tenant.begin_import(&import)).await?;
    match stored(admin, import.clone(), payload).await {
        Ok(()) => Ok(import.id),
        Err(problem) => {
            database::answer(admin.tenant.drop_import(&import.id)).await?;
            Err(problem)
        }
    }
}

#[derive(Default)]
struct Rows {
    header: Option<Vec<String>>,
    sample: Vec<Vec<String>>,
    waiting: Vec<Vec<String>>,
    stored: i64,
}

impl Rows {
    async fn settle(&mut self, admin: &Admin, import_id: &str, all: bool) -> Result<(), Problem> {
        if self.header.is_none() && !self.waiting.is_empty() {
            self.header = Some(if self.waiting.first().is_some_and(|row| mapping::is_header(row)) {
                mapping::header(&self.waiting.remove(0))?
            } else {
                let columns = self.waiting.first().map_or(0, Vec::len);
                (1..=columns).map(|number| format!("Column {number}")).collect()
            });
        }
        while self.waiting.len() >= BATCH || (all && !self.waiting.is_empty()) {
            let rest = self.waiting.split_off(self.waiting.len().min(BATCH));
            let batch = std::mem::replace(&mut self.waiting, rest);
            let missing = SAMPLE.saturating_sub(self.sample.len());
            self.sample.extend(batch.iter().take(missing).cloned());
            let count = i64::try_from(batch.len()).unwrap_or(i64::MAX);
            if self.stored + count > MOST_ROWS {
                return Err(too_large());
            }
            database::answer(admin.tenant.add_import_rows(import_id, self.stored + 1, &batch)).await?;
            self.stored += count;
        }
        Ok(())
    }
}

async fn stored(admin: &Admin, mut import: Import, mut payload: web::Payload) -> Result<(), Problem> {
    let (mut script, mut table, mut rows) = (Script::default(), Table::default(), Rows::default());
    let mut hash = digest::Context::new(&digest::SHA256);
    let mut length = 0_usize;
    loop {
        let piece = tokio::time::timeout(PATIENCE, payload.next())
            .await
            .map_err(|_| Problem::new(408, "request.slow", "Too slow", "The file did not arrive in time."))?;
        let piece = piece.transpose().map_err(|_| Problem::bad_request("request.broken", "The file broke off."))?;
        let last = piece.is_none();
        let piece = piece.unwrap_or_default();
        length += piece.len();
        if length > LARGEST {
            return Err(too_large());
        }
        hash.update(&piece);
        let text = script.read(&piece, last).map_err(|why| no_text(why, table.line()))?;
        table.read(&text, last, &mut rows.waiting).map_err(no_table)?;
        rows.settle(admin, &import.id, last).await?;
        if last {
            break;
        }
    }
    let Some(header) = rows.header else { return Err(unreadable("csv.empty", "The file is empty.")) };
    if rows.stored == 0 {
        return Err(unreadable("csv.empty", "The file has no rows below its header."));
    }
    import.mapping = serde_json::to_string(&mapping::suggested(&header, &rows.sample)).map_err(|_| Problem::internal())?;
    import.header = serde_json::to_string(&header).map_err(|_| Problem::internal())?;
    import.file_hash = hexadecimal(hash.finish().as_ref());
    script.encoding().name().clone_into(&mut import.encoding);
    import.delimiter = table.delimiter().to_string();
    import.row_count = rows.stored;
    let deed = admin.actor.deed("import.uploaded", format!("{} ({} rows)", import.file_name, import.row_count));
    database::answer(admin.tenant.end_upload(&import, &deed)).await
}
