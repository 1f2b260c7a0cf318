//! Who may know whom in `src/`, as ARCHITECTURE.md draws it.

use std::path::{Path, PathBuf};

/// Rooms that every room may use.
const COMMON: [&str; 6] = ["settings", "problem", "clock", "telemetry", "salesforce_id", "capacity"];

/// A room and the further rooms that it may know.
const ARROWS: [(&str, &[&str]); 7] = [
    ("gateway", &[]),
    ("account", &["remote", "store"]),
    ("sync", &["account", "remote", "store"]),
    ("remote", &[]),
    ("store", &[]),
    ("sandbox", &[]),
    ("commands", &["gateway", "account", "sync", "remote", "store", "sandbox"]),
];

/// A crate and the only places that may use it.
const HOMES: [(&str, &[&str]); 5] = [
    ("actix_web", &["gateway/", "account/", "sandbox/", "commands/", "problem.rs"]),
    ("sqlx", &["store/"]),
    ("reqwest", &["remote/", "gateway/broker.rs"]),
    ("redis", &["redis_link.rs", "gateway/memory/", "remote/marketo/budget"]),
    ("rcgen", &["sandbox/"]),
];

fn sources() -> Vec<(String, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut waiting: Vec<PathBuf> = vec![root.clone()];
    let mut found = Vec::new();
    while let Some(folder) = waiting.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                waiting.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let name = path.strip_prefix(&root).unwrap().display().to_string();
                if name.contains("/tests/") || name.ends_with("/tests.rs") {
                    continue;
                }
                // Tests inside a file may reach further than its code.
                let text = std::fs::read_to_string(&path).unwrap();
                let code = text.split("#[cfg(test)]").next().unwrap().to_owned();
                found.push((name, code));
            }
        }
    }
    found
}

fn rooms_named(code: &str) -> Vec<&str> {
    let lines = code.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|line| line.split("crate::").skip(1))
        .map(|rest| rest.split(|letter: char| !letter.is_alphanumeric() && letter != '_').next().unwrap())
        .collect()
}

#[test]
fn rooms_know_only_whom_they_may() {
    let mut crossings = Vec::new();
    for (name, code) in sources() {
        let room = name.split('/').next().unwrap();
        let Some((_, further)) = ARROWS.iter().find(|(known, _)| *known == room) else { continue };
        for target in rooms_named(&code) {
            let is_room = ARROWS.iter().any(|(known, _)| *known == target);
            let sandbox_alone = room == "sandbox" && COMMON.contains(&target);
            if (is_room && target != room && !further.contains(&target)) || sandbox_alone {
                crossings.push(format!("{name} knows {target}"));
            }
        }
    }
    assert!(crossings.is_empty(), "{crossings:#?}");
}

#[test]
fn crates_stay_in_their_homes() {
    let mut strays = Vec::new();
    for (name, code) in sources() {
        let lines: Vec<&str> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
        for (dependency, homes) in HOMES {
            let used = lines.iter().any(|line| line.contains(&format!("{dependency}::")));
            if used && !homes.iter().any(|home| name.starts_with(home)) {
                strays.push(format!("{name} uses {dependency}"));
            }
        }
    }
    assert!(strays.is_empty(), "{strays:#?}");
}

#[test]
fn no_file_is_too_long_to_read_at_one_sitting() {
    let long: Vec<String> = sources().into_iter().filter(|(_, code)| code.lines().count() > 500).map(|(name, _)| name).collect();
    assert!(long.is_empty(), "{long:#?}");
}
