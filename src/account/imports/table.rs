//! Text into rows, as it arrives. Strict about quotation marks: one that went astray would swallow rows.

/// Characters of a cell.
const LONGEST_CELL: usize = 10_000;
/// Cells of a row.
const MOST_CELLS: usize = 100;
/// Characters that are waited for to see the first line.
const LONGEST_FIRST_LINE: usize = 64 * 1024;

/// Why text is no table; the number is the line's, counting from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoTable {
    Quote(i64),
    Nul(i64),
    LongCell(i64),
    ManyCells(i64),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Inside {
    /// At the beginning of a cell.
    Nothing,
    Plain,
    Quoted,
    /// After a quotation mark inside of quotes: the end, or half of a doubled one.
    Quote,
}

/// Splits text into rows.
pub struct Table {
    delimiter: Option<char>,
    waiting: String,
    inside: Inside,
    cell: String,
    length: usize,
    row: Vec<String>,
    after_return: bool,
    line: i64,
}

impl Default for Table {
    fn default() -> Self {
        Self {
            delimiter: None,
            waiting: String::new(),
            inside: Inside::Nothing,
            cell: String::new(),
            length: 0,
            row: Vec::new(),
            after_return: false,
            line: 1,
        }
    }
}

impl Table {
    /// What stands between cells, as far as is known.
    #[must_use]
    pub fn delimiter(&self) -> char {
        self.delimiter.unwrap_or(',')
    }

    /// The line that is being read.
    #[must_use]
    pub fn line(&self) -> i64 {
        self.line
    }

    /// Adds the rows of the next piece to `rows`; `last` when nothing follows. Empty lines are no rows.
    ///
    /// # Errors
    /// When it is no table.
    pub fn read(&mut self, text: &str, last: bool, rows: &mut Vec<Vec<String>>) -> Result<(), NoTable> {
        if self.delimiter.is_none() {
            self.waiting.push_str(text);
            let whole = self.waiting.contains(['\n', '\r']) || self.waiting.len() > LONGEST_FIRST_LINE;
            if !whole && !last {
                return Ok(());
            }
            let waiting = std::mem::take(&mut self.waiting);
            let rest = self.recognise(&waiting);
            self.take(rest, rows)?;
        } else {
            self.take(text, rows)?;
        }
        if last {
            if self.inside == Inside::Quoted {
                return Err(NoTable::Quote(self.line));
            }
            self.end_row(rows)?;
        }
        Ok(())
    }

    // A first line `sep=;` says it; otherwise the sign that occurs most outside of quotes.
    fn recognise<'a>(&mut self, text: &'a str) -> &'a str {
        let line = text.split(['\n', '\r']).next().unwrap_or_default();
        let mut said = line.strip_prefix("sep=").unwrap_or_default().chars();
        if let (Some(sign), None) = (said.next(), said.next()) {
            self.delimiter = Some(sign);
            self.line = 2;
            let rest = text.get(line.len()..).unwrap_or_default();
            return rest.strip_prefix("\r\n").or_else(|| rest.strip_prefix(['\n', '\r'])).unwrap_or(rest);
        }
        let mut quoted = false;
        let mut counts = [(',', 0_usize), (';', 0), ('\t', 0), ('|', 0)];
        for letter in line.chars() {
            quoted ^= letter == '"';
            if !quoted && let Some((_, count)) = counts.iter_mut().find(|(sign, _)| *sign == letter) {
                *count += 1;
            }
        }
        let most = counts.iter().map(|(_, count)| *count).max().unwrap_or(0);
        self.delimiter = counts.iter().find(|(_, count)| *count == most).map(|(sign, _)| *sign);
        text
    }

    fn take(&mut self, text: &str, rows: &mut Vec<Vec<String>>) -> Result<(), NoTable> {
        let delimiter = self.delimiter();
        for letter in text.chars() {
            if letter == '\0' {
                return Err(NoTable::Nul(self.line));
            }
            // The second half of a line's end.
            if std::mem::take(&mut self.after_return) && letter == '\n' {
                continue;
            }
            match self.inside {
                Inside::Quoted if letter == '"' => self.inside = Inside::Quote,
                Inside::Quoted => {
                    self.line += i64::from(letter == '\n');
                    self.push(letter)?;
                }
                Inside::Quote if letter == '"' => {
                    self.inside = Inside::Quoted;
                    self.push('"')?;
                }
                _ if letter == delimiter => self.end_cell()?,
                _ if letter == '\n' || letter == '\r' => {
                    self.after_return = letter == '\r';
                    self.end_row(rows)?;
                    self.line += 1;
                }
                // The mark with which old systems end a file.
                Inside::Nothing if letter == '\u{1a}' && self.row.is_empty() => {}
                Inside::Nothing if letter == '"' => self.inside = Inside::Quoted,
                Inside::Quote => return Err(NoTable::Quote(self.line)),
                Inside::Plain if letter == '"' => return Err(NoTable::Quote(self.line)),
                Inside::Nothing | Inside::Plain => {
                    self.inside = Inside::Plain;
                    self.push(letter)?;
                }
            }
        }
        Ok(())
    }

    fn push(&mut self, letter: char) -> Result<(), NoTable> {
        self.length += 1;
        if self.length > LONGEST_CELL {
            return Err(NoTable::LongCell(self.line));
        }
        self.cell.push(letter);
        Ok(())
    }

    fn end_cell(&mut self) -> Result<(), NoTable> {
        if self.row.len() >= MOST_CELLS {
            return Err(NoTable::ManyCells(self.line));
        }
        self.row.push(std::mem::take(&mut self.cell));
        self.length = 0;
        self.inside = Inside::Nothing;
        Ok(())
    }

    fn end_row(&mut self, rows: &mut Vec<Vec<String>>) -> Result<(), NoTable> {
        self.end_cell()?;
        let row = std::mem::take(&mut self.row);
        if row.iter().any(|cell| !cell.trim().is_empty()) {
            rows.push(row);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str, step: usize) -> Result<(Vec<Vec<String>>, char), NoTable> {
        let mut table = Table::default();
        let mut rows = Vec::new();
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(step.max(1)) {
            table.read(&piece.iter().collect::<String>(), false, &mut rows)?;
        }
        table.read("", true, &mut rows)?;
        Ok((rows, table.delimiter()))
    }

    #[test]
    fn the_sign_between_cells_is_recognised() {
        for (text, sign) in
            [("a,b\n1,2", ','), ("a;b,c;d\n", ';'), ("a\tb\n", '\t'), ("sep=;\r\na;b\n", ';'), ("\"a,a,a\";b\n", ';'), ("email\n", ',')]
        {
            assert_eq!(read(text, 3).unwrap().1, sign, "{text}");
        }
        assert_eq!(read("sep=;\r\na;b\n", 100).unwrap().0, [["a", "b"]]);
    }

    #[test]
    fn a_quotation_mark_astray_is_named_by_its_line() {
        assert_eq!(read("a,b\n1,x\"y\n", 2), Err(NoTable::Quote(2)));
        assert_eq!(read("a,b\n\"x\"y,1\n", 2), Err(NoTable::Quote(2)));
        assert_eq!(read("a,b\n1,\"open\nmore\n", 2), Err(NoTable::Quote(4)));
        assert_eq!(read("a\n\0\n", 2), Err(NoTable::Nul(2)));
        let cell = |length: usize| format!("a\n{}\n", "x".repeat(length));
        assert!(read(&cell(10_000), 999).is_ok());
        assert_eq!(read(&cell(10_001), 999), Err(NoTable::LongCell(2)));
        assert_eq!(read(&",".repeat(200), 999), Err(NoTable::ManyCells(1)));
        assert_eq!(read("a\r\rb\r\n\n\u{1a}", 1).unwrap().0, [["a"], ["b"]]);
    }

    #[test]
    fn the_last_row_needs_no_end_and_lines_are_counted_however_they_end() {
        for (text, rows, line) in [
            ("a,b\n1,2", vec![vec!["a", "b"], vec!["1", "2"]], 2),
            ("a,b\n1,", vec![vec!["a", "b"], vec!["1", ""]], 2),
            ("a\nb", vec![vec!["a"], vec!["b"]], 2),
            ("a\n\"\"", vec![vec!["a"]], 2),
            ("a\rb\r", vec![vec!["a"], vec!["b"]], 3),
            ("a\r\nb\r\n", vec![vec!["a"], vec!["b"]], 3),
            ("a\n\nb\n", vec![vec!["a"], vec!["b"]], 4),
            ("\"a\nb\"\n", vec![vec!["a\nb"]], 3),
        ] {
            let (mut table, mut read) = (Table::default(), Vec::new());
            table.read(text, true, &mut read).unwrap();
            assert_eq!(
                (read, table.line()),
                (rows.into_iter().map(|row| row.into_iter().map(str::to_owned).collect()).collect(), line),
                "{text}"
            );
        }
    }

    #[test]
    fn the_first_line_is_waited_for_within_reason_and_what_comes_then_is_given_at_once() {
        let (mut table, mut rows) = (Table::default(), Vec::new());
        table.read("a,b\n1,2\n", false, &mut rows).unwrap();
        assert_eq!(rows.len(), 2);

        // Whose sign is what occurs most often shows at the end of a long line only.
        let long = format!("x,{};;;\n", "z".repeat(9_000));
        assert_eq!(read(&long, 500).unwrap().1, ';');

        let (mut table, mut rows) = (Table::default(), Vec::new());
        table.read(&"x".repeat(LONGEST_FIRST_LINE), false, &mut rows).unwrap();
        assert_eq!(table.read("x", false, &mut rows), Err(NoTable::LongCell(1)));
    }

    proptest! {
        #[test]
        fn it_reads_what_the_csv_crate_writes(rows in proptest::collection::vec(proptest::collection::vec("[a-z\"\n\r,; é]{0,8}", 3), 1..8), step in 1_usize..40) {
            // A line of blanks alone is no row of ours.
            prop_assume!(rows.iter().all(|row| row.iter().any(|cell| !cell.trim().is_empty())));
            let mut writer = csv::WriterBuilder::new().has_headers(false).quote_style(csv::QuoteStyle::Always).from_writer(Vec::new());
            writer.write_record(["one", "two", "three"]).unwrap();
            for row in &rows {
                writer.write_record(row).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let (read, sign) = read(&text, step).unwrap();
            prop_assert_eq!(sign, ',');
            prop_assert_eq!(&read[1..], &rows[..]);
        }

        #[test]
        fn nothing_makes_it_panic(text in "[\\PC\n\r\"\0,;\t]{0,80}", step in 1_usize..9) {
            let _ = read(&text, step);
        }
    }
}
