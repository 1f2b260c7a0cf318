//! `tests/attacks.md` is whole and true: each attack of the list has its row, and each test that a row names exists.

use std::collections::BTreeMap;
use std::path::Path;

/// Groups of the list with how many attacks each has.
const GROUPS: [(&str, usize); 20] = [
    ("CSR", 31),
    ("JWT", 27),
    ("OAU", 18),
    ("SES", 13),
    ("CSF", 11),
    ("TEN", 14),
    ("SSR", 13),
    ("CSV", 17),
    ("EML", 11),
    ("HTM", 7),
    ("CLK", 9),
    ("UNS", 10),
    ("WHK", 8),
    ("RAT", 9),
    ("LOG", 7),
    ("SEC", 5),
    ("HTP", 25),
    ("PTH", 6),
    ("CAC", 8),
    ("OUT", 16),
];

struct Row {
    id: String,
    tests: Vec<String>,
    note: String,
}

fn rows() -> Vec<Row> {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/attacks.md")).unwrap();
    let mut rows = Vec::new();
    for line in text.lines().filter(|line| line.starts_with("| ") && line.contains('-')) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        if let [id, title, tests, note] = cells[..]
            && GROUPS.iter().any(|(group, _)| id.strip_prefix(group).is_some_and(|rest| rest.starts_with('-')))
        {
            assert!(!title.is_empty(), "{id} has no title");
            let tests = tests.split(", ").filter(|test| *test != "—").map(|test| test.trim_matches('`').to_owned()).collect();
            rows.push(Row { id: id.to_owned(), tests, note: note.to_owned() });
        }
    }
    rows
}

#[test]
fn every_attack_has_its_row_and_every_row_its_test_or_its_reason() {
    let wanted: Vec<String> =
        GROUPS.iter().flat_map(|(group, count)| (1..=*count).map(move |number| format!("{group}-{number:02}"))).collect();
    assert_eq!(wanted.len(), 265);
    let rows = rows();
    let there: Vec<String> = rows.iter().map(|row| row.id.clone()).collect();
    assert_eq!(there, wanted, "each once, in order");
    for row in &rows {
        let reasons = ["not tested:", "no such", "elsewhere:"];
        assert!(
            !row.tests.is_empty() || reasons.iter().any(|reason| row.note.starts_with(reason)),
            "{} says neither test nor reason",
            row.id
        );
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut texts: BTreeMap<String, String> = BTreeMap::new();
    let mut missing = Vec::new();
    for row in rows() {
        for test in row.tests {
            let (file, name) = test.split_once("::").unwrap_or((&test, ""));
            let text = texts.entry(file.to_owned()).or_insert_with(|| std::fs::read_to_string(root.join(file)).unwrap_or_default());
            let known = if name.is_empty() { !text.is_empty() } else { text.contains(&format!("fn {name}(")) };
            if !known {
                missing.push(format!("{}: {test}", row.id));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:#?}");
}
