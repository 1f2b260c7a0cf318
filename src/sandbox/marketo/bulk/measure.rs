//! A file before it is read: how long, how many rows, which checksum, and where its chunks begin.

use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{BufWriter, Write as _};
use std::sync::Arc;

use aws_lc_rs::digest;
use bytes::Bytes;

use super::activity_rows::ActivityRows;
use super::jobs::{Recipe, Rows};
use crate::sandbox::dice::{HEX, unforeseen};
use crate::sandbox::world::feed::Days;

/// What is known of a file.
#[derive(Debug, Clone)]
pub struct Measured {
    pub bytes: u64,
    pub records: u64,
    /// Hexadecimal.
    pub sha256: String,
    /// Chunks to begin with when only a later part of the file is wanted: offset and cursor.
    marks: Vec<(u64, u32)>,
    /// The file itself, where it is large: nameless, so that it goes with the job.
    pub kept: Option<Arc<File>>,
}

/// A mark every so many bytes.
const MARK: u64 = 1 << 20;

/// Writes a file chunk by chunk.
#[derive(Debug)]
pub struct Chunks<'a> {
    recipe: &'a Recipe,
    days: &'a Days,
}

impl<'a> Chunks<'a> {
    /// The chunks of this job's file.
    pub fn of(recipe: &'a Recipe, days: &'a Days) -> Self {
        Self { recipe, days }
    }

    /// The cursor of the first rows.
    pub fn first(&self) -> u32 {
        match &self.recipe.rows {
            Rows::Leads(rows) => rows.first(),
            Rows::Activities(_) => ActivityRows::first(),
        }
    }

    /// Whether so many rows are to be expected that making them twice is a waste.
    fn large(&self) -> bool {
        match &self.recipe.rows {
            Rows::Leads(rows) => rows.most() > 2_000,
            Rows::Activities(_) => false,
        }
    }

    /// The rows at a cursor, the next cursor, and how many rows they are.
    pub fn at(&self, cursor: u32) -> (Bytes, Option<u32>, u64) {
        let mut out = String::new();
        let (next, records) = match &self.recipe.rows {
            Rows::Leads(rows) => rows.write(cursor, self.recipe.format, &mut out),
            Rows::Activities(rows) => rows.write(cursor, self.recipe.format, self.days, &mut out),
        };
        (Bytes::from(out), next, records)
    }
}

impl Measured {
    /// Writes the whole file once; a large one is kept on disk, of others only the figures.
    pub fn of(recipe: &Recipe, days: &Days) -> Self {
        let chunks = Chunks::of(recipe, days);
        let mut digest = digest::Context::new(&digest::SHA256);
        digest.update(recipe.header.as_bytes());
        let mut measured =
            Self { bytes: length(recipe.header.as_bytes()), records: 0, sha256: String::new(), marks: Vec::new(), kept: None };
        let mut file = chunks.large().then(nameless).flatten();
        keep(&mut file, recipe.header.as_bytes());
        let mut cursor = Some(chunks.first());
        while let Some(at) = cursor {
            if measured.marks.last().is_none_or(|(offset, _)| measured.bytes - offset >= MARK) {
                measured.marks.push((measured.bytes, at));
            }
            let (chunk, next, records) = chunks.at(at);
            digest.update(&chunk);
            keep(&mut file, &chunk);
            measured.bytes += length(&chunk);
            measured.records += records;
            cursor = next;
        }
        measured.sha256 = hexadecimal(digest.finish().as_ref());
        measured.kept = file.and_then(|file| file.into_inner().ok()).map(Arc::new);
        measured
    }

    /// The last mark at or before an offset.
    pub fn mark(&self, offset: u64) -> Option<(u64, u32)> {
        self.marks.iter().rev().find(|(known, _)| *known <= offset).copied()
    }
}

// A file that has no name any more: it is gone when nobody holds it.
fn nameless() -> Option<BufWriter<File>> {
    let path = std::env::temp_dir().join(format!("sandbox-export-{}", unforeseen(HEX, 24)));
    let file = OpenOptions::new().read(true).write(true).create_new(true).open(&path).ok()?;
    std::fs::remove_file(&path).ok()?;
    Some(BufWriter::with_capacity(1 << 16, file))
}

// Without room on the disk the rows are made once more when they are read.
fn keep(file: &mut Option<BufWriter<File>>, bytes: &[u8]) {
    if file.as_mut().is_some_and(|file| file.write_all(bytes).is_err()) {
        *file = None;
    }
}

/// Bytes as hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // A String takes whatever is written to it.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The length of some bytes as files count it.
pub fn length(bytes: &[u8]) -> u64 {
    u64::try_from(bytes.len()).unwrap_or(u64::MAX)
}
