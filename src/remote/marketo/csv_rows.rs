//! Rows of a bulk file, read as they arrive. The `csv` crate reads synchronously, so it sits on a thread of its own
//! between two short queues; whatever the size of the file, only a few pieces and a batch are in memory.

use std::borrow::Cow;
use std::cell::Cell;
use std::io::{self, Read};
use std::rc::Rc;

use bytes::{Buf, Bytes};
use tokio::sync::mpsc;

/// What a download delivers.
#[derive(Debug, Clone)]
pub enum Piece {
    Data(Bytes),
    /// The file is whole. A queue that closes without it was torn.
    End,
}

/// Why a file could not be read to its end.
#[derive(Debug, thiserror::Error)]
pub enum CsvError {
    /// The download stopped; what was read so far is good, the rest did not come.
    #[error("the file ended early")]
    Torn,
    /// It is no such file as we asked for.
    #[error("the file cannot be read: {0}")]
    Unreadable(&'static str),
}

/// Rows that were read, and how many could not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<T> {
    pub rows: Vec<T>,
    /// Rows that have no usable key.
    pub bad: u64,
}

// One row of Marketo's is far smaller; a quotation mark gone astray would otherwise collect the whole file.
const LONGEST_ROW: usize = 8 * 1024 * 1024;

const MARK: [u8; 3] = *b"\xef\xbb\xbf";

struct Pieces {
    queue: mpsc::Receiver<Piece>,
    current: Bytes,
    ended: bool,
    since_row: Rc<Cell<usize>>,
}

impl Read for Pieces {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            if self.current.is_empty() && !self.ended {
                match self.queue.blocking_recv() {
                    Some(Piece::Data(bytes)) => self.current = bytes,
                    Some(Piece::End) => self.ended = true,
                    None => return Err(io::ErrorKind::UnexpectedEof.into()),
                }
                continue;
            }
            let length = self.current.len().min(into.len());
            let Some(room) = into.get_mut(..length) else { return Ok(0) };
            self.current.copy_to_slice(room);
            // Some files hold NUL bytes, which mean nothing.
            let kept = without_nul(room);
            if kept == 0 && length > 0 {
                continue;
            }
            self.since_row.set(self.since_row.get() + kept);
            if self.since_row.get() > LONGEST_ROW {
                return Err(io::Error::new(io::ErrorKind::InvalidData, "a row without end"));
            }
            return Ok(kept);
        }
    }
}

// The csv reader passes over a byte order mark, but takes a file for empty whose first piece is the mark alone. Only whole marks are
// taken away; there may be several, as in files that were put together.
fn without_mark(mut pieces: Pieces) -> io::Result<impl Read> {
    loop {
        let mut start = Vec::with_capacity(3);
        pieces.by_ref().take(3).read_to_end(&mut start)?;
        if start != MARK {
            return Ok(Read::chain(io::Cursor::new(start), pieces));
        }
    }
}

fn without_nul(bytes: &mut [u8]) -> usize {
    if memchr::memchr(0, bytes).is_none() {
        return bytes.len();
    }
    let mut kept = 0;
    for place in 0..bytes.len() {
        let Some(byte) = bytes.get(place).copied().filter(|byte| *byte != 0) else { continue };
        if let Some(slot) = bytes.get_mut(kept) {
            *slot = byte;
        }
        kept += 1;
    }
    kept
}

/// Turns one row into a value; given the header's names once, then each row's fields.
pub trait Rows: Send + 'static {
    type Row: Send + 'static;

    /// Reads the header.
    ///
    /// # Errors
    /// When a column is missing without which no row makes sense.
    fn header(names: &[String]) -> Result<Self, CsvError>
    where
        Self: Sized;

    /// Reads a row; `None` when it has no usable key.
    fn row(&self, fields: &Fields<'_>) -> Option<Self::Row>;
}

/// The fields of one row.
#[derive(Debug, Clone, Copy)]
pub struct Fields<'a> {
    record: &'a csv::ByteRecord,
}

impl<'a> Fields<'a> {
    /// A field as text. Marketo writes nothing as the word `null`, in exactly these letters. The csv reader does not
    /// say whether a field was quoted, and Marketo does not say whether it quotes a value that is really this word,
    /// so a name spelled in lower case is the one value lost here (a change of the person brings it back, by JSON);
    /// somebody called Null keeps the name.
    #[must_use]
    pub fn text(&self, column: Option<usize>) -> Option<String> {
        self.borrowed(column).map(Cow::into_owned)
    }

    /// The same, for those who only look.
    #[must_use]
    pub fn borrowed(&self, column: Option<usize>) -> Option<Cow<'a, str>> {
        let bytes = self.record.get(column?)?;
        if bytes.is_empty() || bytes == b"null" {
            return None;
        }
        // Nearly all of them are what they should be, and then one look is enough.
        Some(std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed))
    }

    /// A field as a whole number.
    #[must_use]
    pub fn number(&self, column: Option<usize>) -> Option<i64> {
        super::leads::whole(std::str::from_utf8(self.record.get(column?)?).ok()?)
    }
}

/// Reads a file from a queue of pieces and answers with batches of up to `size` rows. An error is the last answer.
#[must_use]
pub fn batches<R: Rows>(pieces: mpsc::Receiver<Piece>, size: usize) -> mpsc::Receiver<Result<Batch<R::Row>, CsvError>> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        if let Err(error) = read_all::<R>(pieces, size, &sender) {
            // Nobody listening any more is no error of the file.
            let _ = sender.blocking_send(Err(error));
        }
    });
    receiver
}

pub(super) fn read_all<R: Rows>(
    queue: mpsc::Receiver<Piece>,
    size: usize,
    sender: &mpsc::Sender<Result<Batch<R::Row>, CsvError>>,
) -> Result<(), CsvError> {
    let since_row = Rc::new(Cell::new(0));
    let pieces = Pieces { queue, current: Bytes::new(), ended: false, since_row: Rc::clone(&since_row) };
    let pieces = without_mark(pieces).map_err(|error| told(&error.into()))?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).has_headers(false).buffer_capacity(64 * 1024).from_reader(pieces);
    let mut record = csv::ByteRecord::new();
    if !reader.read_byte_record(&mut record).map_err(|error| told(&error))? {
        // An extract that found nothing may be an empty file.
        return Ok(());
    }
    let names: Vec<String> = record.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let rows = R::header(&names)?;
    let mut batch = Batch { rows: Vec::with_capacity(size), bad: 0 };
    loop {
        since_row.set(0);
        let more = reader.read_byte_record(&mut record).map_err(|error| told(&error))?;
        if more {
            match rows.row(&Fields { record: &record }) {
                Some(row) => batch.rows.push(row),
                None => batch.bad += 1,
            }
        }
        if batch.rows.len() >= size || (!more && (!batch.rows.is_empty() || batch.bad > 0)) {
            let full = std::mem::replace(&mut batch, Batch { rows: Vec::with_capacity(size), bad: 0 });
            if sender.blocking_send(Ok(full)).is_err() {
                return Ok(());
            }
        }
        if !more {
            return Ok(());
        }
    }
}

fn told(error: &csv::Error) -> CsvError {
    match error.kind() {
        csv::ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::UnexpectedEof => CsvError::Torn,
        csv::ErrorKind::Io(_) => CsvError::Unreadable("a row without end"),
        _ => CsvError::Unreadable("it is not CSV"),
    }
}

/// The place of a column.
pub(super) fn column(names: &[String], name: &str) -> Option<usize> {
    names.iter().position(|found| found.eq_ignore_ascii_case(name))
}
