//! Every statement names the account of every table that it reads or changes. A rule over the texts of SQL in `src/store`, beside the
//! tests that try it: what only a second lock holds (an id that no stranger knows), no test from outside could miss.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// By an id that no other account has, which a statement that names the account gave before, or that is joined to such a row.
const ID: &str = "by an id of this account's own";
/// What is due, over or taken in every account at once.
const ALL: &str = "over all accounts";
/// The account itself, by its id.
const SELF: &str = "the account";
/// A piece of a text that names the account elsewhere.
const PIECE: &str = "a piece";
/// The account is part of the key on which two rows meet.
const KEY: &str = "by key";

/// Where a table's account is not named, how often, and why that is right.
const KNOWN: [(&str, &str, usize, &str); 51] = [
    ("accounts.rs", "where", 1, SELF),
    ("api_tokens.rs", "api_tokens", 1, ID),
    ("deliveries.rs", "a", 2, ID),
    ("deliveries.rs", "m", 1, ID),
    ("deliveries.rs", "p", 1, ID),
    ("desk.rs", "s", 1, ID),
    ("entrances.rs", "entrances", 1, ALL),
    ("imports.rs", "excluded", 1, ID),
    ("imports.rs", "imports", 1, ID),
    ("integrations.rs", "m", 1, ID),
    ("invitations.rs", "excluded", 1, ID),
    ("invitations.rs", "i", 1, ID),
    ("invitations.rs", "members", 2, ALL),
    ("mail.rs", "sign_in_links", 1, ID),
    ("members.rs", "i", 1, ID),
    ("opportunities.rs", "where", 1, PIECE),
    ("people_batch.rs", "excluded", 1, KEY),
    ("people_indexes.rs", "where", 1, PIECE),
    ("record_activities.rs", "where", 1, PIECE),
    ("sales_campaigns.rs", "p", 1, ID),
    ("sales_emails.rs", "a", 2, ID),
    ("sales_emails.rs", "d", 1, ID),
    ("sales_emails.rs", "deliveries", 2, ID),
    ("sales_emails.rs", "sales_activities", 1, ID),
    ("sales_emails.rs", "sales_emails", 6, ID),
    ("sales_ends.rs", "c", 4, ID),
    ("sales_ends.rs", "d", 3, ID),
    ("sales_ends.rs", "deliveries", 2, ID),
    ("sales_ends.rs", "e", 5, ID),
    ("sales_ends.rs", "r", 3, ID),
    ("sales_ends.rs", "sales_emails", 1, ID),
    ("sales_ends.rs", "sales_runs", 3, ID),
    ("sales_ends.rs", "where", 4, PIECE),
    ("sales_launches.rs", "e", 1, ID),
    ("sales_runs.rs", "c", 1, ID),
    ("sales_runs.rs", "m", 1, ID),
    ("sales_runs.rs", "p", 2, ID),
    ("sales_runs.rs", "r", 2, ID),
    ("sales_tasks.rs", "a", 1, ID),
    ("sales_tasks.rs", "d", 1, ID),
    ("sales_tasks.rs", "r", 1, ID),
    ("sales_tasks.rs", "sales_runs", 1, ID),
    ("templates.rs", "f", 1, ID),
    ("templates.rs", "y", 2, ID),
    ("times.rs", "deliveries", 2, ALL),
    ("times.rs", "mail_channels", 1, ALL),
    ("times.rs", "mail_outbox", 2, ALL),
    ("times.rs", "memory_epochs", 1, ALL),
    ("times.rs", "sales_runs", 1, ALL),
    ("times.rs", "salesforce_connections", 3, ALL),
    ("times.rs", "sign_in_links", 1, ALL),
];

/// Conditions whose loss this rule doesn't see: by the file and what is asked.
const SECOND: [(&str, &str, usize, &str); 4] = [
    ("integrations.rs", "m.account_id = connections.account_id", 1, ID),
    ("resealing.rs", "account_id = $1", 1, "the sealed bytes themselves are asked for as well, and no two are alike"),
    ("sales_ends.rs", "r.account_id = e.account_id", 2, "those runs are ended by a statement that names the account once more"),
    ("sync_state.rs", "account_id = $1", 3, "told by two tests of leases in `src/store/tests.rs`"),
];

fn room() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store")
}

/// Tables with an account, from the migrations.
fn tables() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(room().join("migrations/sqlite")).unwrap() {
        let text = std::fs::read_to_string(entry.unwrap().path()).unwrap();
        for made in text.split("create table ").skip(1) {
            let (name, rest) = made.split_once(" (").unwrap();
            let body = rest.split("\n)").next().unwrap();
            if body.lines().any(|line| line.trim_start().starts_with("account_id ")) {
                found.insert(name.to_owned());
            }
        }
    }
    found
}

/// The program's own texts of a file: comments, tests and what goes through all accounts (`impl Store`) are left out.
fn statements(source: &str) -> Vec<String> {
    let own = source.split("#[cfg(test)]").next().unwrap();
    let mut kept = String::new();
    let mut of_all = false;
    for line in own.lines() {
        of_all = (of_all || line.starts_with("impl Store ")) && line != "}";
        if !of_all && !line.trim_start().starts_with("//") {
            kept.push_str(line);
            kept.push('\n');
        }
    }
    let mut found = Vec::new();
    let mut letters = kept.chars().peekable();
    while let Some(letter) = letters.next() {
        // A letter in quotes is no text.
        if letter == '\'' {
            let ahead: Vec<char> = letters.clone().take(3).collect();
            let length = if ahead.first() == Some(&'\\') { 3 } else { 2 };
            if ahead.get(length - 1) == Some(&'\'') {
                letters.nth(length - 1);
            }
            continue;
        }
        if letter != '"' {
            continue;
        }
        let mut text = String::new();
        while let Some(letter) = letters.next() {
            match letter {
                '"' => break,
                '\\' if letters.peek() == Some(&'\n') => while letters.next_if(|next| next.is_whitespace()).is_some() {},
                '\\' => text.extend(letters.next()),
                other => text.push(other),
            }
        }
        found.push(text);
    }
    found
}

/// What of a statement stands without its account: names of tables or their aliases, `where` for a condition alone.
fn unnamed(text: &str, tables: &BTreeSet<String>) -> Vec<String> {
    let spaced = text.replace('(', " ( ").replace(')', " ) ").replace(',', " , ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let word = |place: usize| words.get(place).copied().unwrap_or_default();
    let is_alias = |name: &str| {
        !name.is_empty()
            && name.chars().all(|letter| letter.is_ascii_lowercase() || letter == '_')
            && !["where", "set", "join", "on", "left", "order", "group", "union", "using", "limit", "and", "returning", "not"]
                .contains(&name)
    };
    let mut mentions: Vec<&str> = Vec::new();
    let mut mentioned_at = words.len();
    for place in 0..words.len() {
        if ["from", "join", "update"].contains(&word(place)) && tables.contains(word(place + 1)) {
            mentions.push(if is_alias(word(place + 2)) { word(place + 2) } else { word(place + 1) });
            mentioned_at = mentioned_at.min(place);
        }
    }
    let (mut named, mut pairs, mut bare, mut of_the_new) = (BTreeSet::from(["excluded"]), Vec::new(), 0_usize, false);
    let mut elsewhere = false;
    for place in 0..words.len() {
        let column = word(place).trim_start_matches('+');
        let Some(owner) = column.strip_suffix("account_id").map(|owner| owner.trim_end_matches('.')) else { continue };
        if column != "account_id" && column != format!("{owner}.account_id") {
            continue;
        }
        let sign = if word(place + 1) == "||" { place + 3 } else { place + 1 };
        if word(sign) != "=" && word(sign) != "<>" {
            continue;
        }
        let other = word(sign + 1);
        if let Some((alias, "account_id" | "id")) = other.split_once('.') {
            of_the_new = of_the_new || alias == "excluded";
            // What another text begins is named there.
            named.extend([alias, owner].into_iter().filter(|name| !name.is_empty() && !mentions.contains(name)));
            if owner.is_empty() {
                bare += 1;
            } else {
                pairs.push((owner, alias));
            }
        } else if other.starts_with('$') {
            if owner.is_empty() {
                bare += 1;
            } else {
                named.insert(owner);
                elsewhere = elsewhere || !mentions.contains(&owner);
            }
        }
    }
    for _ in 0..=pairs.len() {
        for (one, other) in &pairs {
            if named.contains(one) || named.contains(other) {
                named.extend([*one, *other]);
            }
        }
    }
    let mut missing = Vec::new();
    let asks = words.contains(&"where") || words.contains(&"join");
    let first = words.iter().position(|word| ["select", "update", "delete", "insert", "where"].contains(word));
    let goes_on = first.is_some_and(|first| word(first) == "where" && mentioned_at > first);
    // The conditions of what is kept about a person stand alone.
    let is_kept = first.is_none() && (text.contains(" = $2") || text.contains("|| $2 ||"));
    let is_kept = is_kept || (word(1) == "=" && first.is_some_and(|first| word(first) == "select"));
    if goes_on || is_kept {
        if bare > 0 {
            bare -= 1;
        } else if !elsewhere {
            missing.push("where".to_owned());
        }
    }
    for alias in mentions.iter().filter(|alias| asks && !named.contains(*alias)) {
        if bare > 0 {
            bare -= 1;
        } else {
            missing.push((*alias).to_owned());
        }
    }
    let changed = text.split("do update set ").nth(1).is_some_and(|rest| rest.contains(" where "));
    if changed && !of_the_new {
        missing.push("excluded".to_owned());
    }
    missing
}

type Count = BTreeMap<(String, String), usize>;

fn counted(file: &str, source: &str, tables: &BTreeSet<String>) -> Count {
    let mut count = Count::new();
    for name in statements(source).iter().flat_map(|text| unnamed(text, tables)) {
        *count.entry((file.to_owned(), name)).or_default() += 1;
    }
    count
}

fn files() -> Vec<(String, String)> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(room()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if name.strip_suffix(".rs").is_some_and(|stem| !["tests", "testing", "twins"].contains(&stem)) {
            files.push((name, std::fs::read_to_string(path).unwrap()));
        }
    }
    files.sort();
    files
}

#[test]
fn ten_09_every_statement_names_the_account_of_every_table() {
    let tables = tables();
    assert!(tables.len() > 40, "{tables:?}");
    let mut found = Count::new();
    for (file, source) in files() {
        found.extend(counted(&file, &source, &tables));
    }
    let known: Count = KNOWN.iter().map(|(file, name, times, _)| (((*file).to_owned(), (*name).to_owned()), *times)).collect();
    let strange: Vec<_> = found.iter().filter(|(what, times)| known.get(*what) != Some(*times)).collect();
    assert!(strange.is_empty(), "an account is not named here, or more often than is known: {strange:#?}");
    let gone: Vec<_> = known.keys().filter(|what| !found.contains_key(*what)).collect();
    assert!(gone.is_empty(), "these name their account by now: {gone:?}");
}

/// Where a condition on an account begins and ends.
fn conditions(source: &str) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    for (at, _) in source.match_indices("account_id") {
        let start = source[..at].rfind(|letter: char| !(letter.is_ascii_lowercase() || letter == '_' || letter == '.' || letter == '+'));
        let start = start.map_or(0, |start| start + 1);
        let column = &source[start..at];
        let rest = &source[at + "account_id".len()..];
        let rest_of_it = rest.strip_prefix(" || ''").unwrap_or(rest);
        let Some(value) = rest_of_it.strip_prefix(" = ").or_else(|| rest_of_it.strip_prefix(" <> ")) else { continue };
        let length = value.find(|letter: char| !(letter.is_ascii_alphanumeric() || "._$".contains(letter))).unwrap_or(value.len());
        let value = &value[..length];
        let is_column = column.is_empty() || column == "+" || column.ends_with('.');
        if is_column && (value.starts_with('$') || value.ends_with(".account_id")) {
            found.push((start, source.len() - rest_of_it.len() + " = ".len() + length));
        }
    }
    found
}

#[test]
fn ten_09_no_condition_on_an_account_can_be_lost_unnoticed() {
    let tables = tables();
    let (mut tried, mut lost) = (0, Count::new());
    for (file, source) in files() {
        let own = source.split("#[cfg(test)]").next().unwrap();
        let before = counted(&file, own, &tables);
        for (start, end) in conditions(own) {
            let line = own[..start].rfind('\n').map_or(0, |line| line + 1);
            if own[line..start].trim_start().starts_with("//") {
                continue;
            }
            tried += 1;
            let mutant = format!("{}1 = 1{}", &own[..start], &own[end..]);
            if counted(&file, &mutant, &tables) == before {
                *lost.entry((file.clone(), own[start..end].to_owned())).or_default() += 1;
            }
        }
    }
    assert!(tried > 300, "{tried}");
    let known: Count = SECOND.iter().map(|(file, what, times, _)| (((*file).to_owned(), (*what).to_owned()), *times)).collect();
    assert_eq!(lost, known, "of {tried} conditions these can be lost");
}
