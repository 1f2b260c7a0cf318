//! Writing rows: comma, tab or semicolon; quotes where RFC 4180 wants them; the word `null` for nothing.

use std::fmt::Write;

use serde_json::Value;

/// How the columns are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Csv,
    Tsv,
    Ssv,
}

impl Format {
    /// The format of Marketo's word for it.
    pub fn of(word: &str) -> Option<Self> {
        match word.to_ascii_uppercase().as_str() {
            "CSV" => Some(Self::Csv),
            "TSV" => Some(Self::Tsv),
            "SSV" => Some(Self::Ssv),
            _ => None,
        }
    }

    /// Marketo's word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Csv => "CSV",
            Self::Tsv => "TSV",
            Self::Ssv => "SSV",
        }
    }

    fn separator(self) -> char {
        match self {
            Self::Csv => ',',
            Self::Tsv => '\t',
            Self::Ssv => ';',
        }
    }

    /// Adds one row with its line break.
    pub fn row<'a>(self, out: &mut String, values: impl IntoIterator<Item = &'a Value>) {
        for (place, value) in values.into_iter().enumerate() {
            if place > 0 {
                out.push(self.separator());
            }
            match value {
                Value::Null => out.push_str("null"),
                Value::String(text) => self.text(out, text),
                other => {
                    // A String takes whatever is written to it.
                    let _ = write!(out, "{other}");
                }
            }
        }
        out.push('\n');
    }

    fn text(self, out: &mut String, text: &str) {
        if text.contains([self.separator(), '"', '\n', '\r']) {
            out.push('"');
            out.push_str(&text.replace('"', "\"\""));
            out.push('"');
        } else {
            out.push_str(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn text_is_quoted_where_it_must_be() {
        let mut out = String::new();
        Format::Csv.row(
            &mut out,
            &[json!("plain"), json!("a,b"), json!("say \"hi\""), json!("two\nlines"), json!(null), json!(7), json!(true), json!("")],
        );
        assert_eq!(out, "plain,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",null,7,true,\n");
        let mut out = String::new();
        Format::Ssv.row(&mut out, &[json!("a,b"), json!("a;b")]);
        assert_eq!(out, "a,b;\"a;b\"\n");
    }

    #[test]
    fn what_is_written_can_be_read_again() {
        let values = ["O'Brien", "Smith, Jr.", "William \"Bill\"", "x\r\ny", " spaces ", "王小明", "null"];
        let mut out = String::new();
        Format::Csv.row(&mut out, values.map(Value::from).iter());
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(out.as_bytes());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), values);
    }
}
