//! Files for spreadsheets. A cell that a spreadsheet would take for a formula gets an apostrophe before it.

use actix_web::HttpResponse;

/// A CSV file in the making.
pub struct Sheet(String);

impl Sheet {
    /// A file with this header; it begins with a byte order mark, by which spreadsheets know UTF-8.
    #[must_use]
    pub fn new(header: &[&str]) -> Self {
        let mut sheet = Self(String::from("\u{feff}"));
        sheet.row(header.iter().copied());
        sheet
    }

    /// A piece without a header.
    #[must_use]
    pub fn empty() -> Self {
        Self(String::new())
    }

    /// Adds a row.
    pub fn row<'a>(&mut self, cells: impl IntoIterator<Item = &'a str>) {
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                self.0.push(',');
            }
            self.cell(cell);
        }
        self.0.push_str("\r\n");
    }

    fn cell(&mut self, text: &str) {
        // Also after white space, and in the full-width forms that some spreadsheets take for the same.
        let formula = text.starts_with(['\t', '\r', '\n'])
            || text.trim_start().starts_with(['=', '+', '-', '@', '\u{ff1d}', '\u{ff0b}', '\u{ff0d}', '\u{ff20}']);
        self.0.push('"');
        if formula {
            self.0.push('\'');
        }
        self.0.push_str(&text.replace('"', "\"\""));
        self.0.push('"');
    }

    /// The file so far; what follows goes into the next piece.
    #[must_use]
    pub fn take(&mut self) -> String {
        std::mem::take(&mut self.0)
    }

    /// The answer to download it.
    #[must_use]
    pub fn answer(self, name: &str) -> HttpResponse {
        headers(name).body(self.0)
    }
}

/// The head of a download.
#[must_use]
pub fn headers(name: &str) -> actix_web::HttpResponseBuilder {
    let mut answer = HttpResponse::Ok();
    answer
        .insert_header(("Content-Type", "text/csv; charset=utf-8"))
        .insert_header(("Content-Disposition", format!("attachment; filename=\"{name}\"")))
        .insert_header(("X-Content-Type-Options", "nosniff"))
        .insert_header(("Cache-Control", "no-store"));
    answer
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Sheet;

    fn cells(sheet: &str) -> Vec<String> {
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(sheet.trim_start_matches('\u{feff}').as_bytes());
        reader.records().next().unwrap().unwrap().iter().map(str::to_owned).collect()
    }

    #[test]
    fn formulas_become_texts() {
        for cell in ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "  =1", "\u{ff1d}1"] {
            let mut sheet = Sheet(String::new());
            sheet.row([cell]);
            assert_eq!(cells(&sheet.0), [format!("'{cell}")]);
        }
    }

    proptest! {
        #[test]
        fn everything_reads_back_but_for_the_apostrophe(row in proptest::collection::vec("\\PC{0,12}", 1..5)) {
            let mut sheet = Sheet(String::new());
            sheet.row(row.iter().map(String::as_str));
            let read = cells(&sheet.0);
            for (cell, read) in row.iter().zip(&read) {
                prop_assert!(read == cell || read.strip_prefix('\'') == Some(cell));
                prop_assert!(!read.trim_start().starts_with(['=', '+', '-', '@']));
            }
        }
    }
}
