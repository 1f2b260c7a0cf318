//! Many rows in one statement: they travel as one JSON array, which both engines read as a table.
//!
//! One bound text a batch costs far less than a bound value a column, and no engine limits how many rows fit.

use std::borrow::Cow;

use serde::Serialize;

use super::StoreError;

/// A statement over the batch bound as `$2`: what comes before and after `from`, a row being called `item`.
macro_rules! text {
    ($store:expr, $before:literal, $after:literal) => {
        $store.text(
            // Parsed once a row, not once a column (`limit` keeps the query from being flattened); `where true`
            // keeps what follows from being read as a join.
            concat!($before, " from (select jsonb(value) as item from json_each($2) limit -1) batch where true", $after),
            concat!($before, " from jsonb_array_elements(cast($2 as jsonb)) batch (item)", $after),
        )
    };
}
pub(super) use text;

/// A statement whose condition is that something is among the numbers bound as `$2`.
macro_rules! among {
    ($store:expr, $before:literal, $after:literal) => {
        $store.text(
            concat!($before, " (select value from json_each($2))", $after),
            concat!($before, " (select cast(value as bigint) from jsonb_array_elements_text(cast($2 as jsonb)))", $after),
        )
    };
}
pub(super) use among;

/// The rows as one JSON array.
pub(super) fn rows<T: Serialize>(rows: impl ExactSizeIterator<Item = T>) -> Result<String, StoreError> {
    let mut text = Vec::with_capacity(rows.len().saturating_mul(64));
    text.push(b'[');
    for (position, row) in rows.enumerate() {
        if position > 0 {
            text.push(b',');
        }
        serde_json::to_writer(&mut text, &row).map_err(|_| StoreError::Unreadable { column: "batch" })?;
    }
    text.push(b']');
    let text = String::from_utf8(text).map_err(|_| StoreError::Unreadable { column: "batch" })?;
    Ok(match without_nul(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(clean) => clean,
    })
}

/// PostgreSQL stores no NUL in a text and would refuse the whole batch for one.
fn without_nul(json: &str) -> Cow<'_, str> {
    const NUL: &str = "\\u0000";
    if !json.contains(NUL) {
        return Cow::Borrowed(json);
    }
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(at) = rest.find('\\') {
        let (before, escape) = rest.split_at(at);
        clean.push_str(before);
        if let Some(after) = escape.strip_prefix(NUL) {
            rest = after;
        } else {
            // A backslash and what it escapes stay together, so that an escaped backslash hides nothing.
            let (kept, after) = escape.split_at_checked(2).unwrap_or((escape, ""));
            clean.push_str(kept);
            rest = after;
        }
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_batch_reads_back_without_its_nuls(texts in proptest::collection::vec("[\\\\\u{0}u0\"a-cé😀]{0,12}", 0..6)) {
            let read: Vec<String> = serde_json::from_str(&rows(texts.iter()).unwrap()).unwrap();
            let wanted: Vec<String> = texts.iter().map(|text| text.replace('\u{0}', "")).collect();
            prop_assert_eq!(read, wanted);
        }
    }
}
