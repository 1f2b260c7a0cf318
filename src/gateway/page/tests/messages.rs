//! Messages: all of them in every language, and none that nobody says (#[cfg(test)]).

use std::collections::{BTreeMap, BTreeSet};

use super::*;

/// The placeholders of every message, by message, as the text of the file has them.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let files = Catalogue::files(language);
    let source: String = files.iter().map(|path| String::from_utf8(Templates::get(path).unwrap().data.to_vec()).unwrap()).collect();
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut current = String::new();
    for line in source.lines().filter(|line| !line.starts_with('#')) {
        if let Some((key, _)) = line.split_once(" =").filter(|_| !line.starts_with([' ', '}'])) {
            key.clone_into(&mut current);
            assert!(found.insert(current.clone(), BTreeSet::new()).is_none(), "{current} twice in {}", language.tag());
        }
        for part in line.split('$').skip(1) {
            let name = part.chars().take_while(|letter| letter.is_ascii_alphanumeric() || *letter == '_').collect();
            found.get_mut(&current).unwrap().insert(name);
        }
    }
    found
}

#[test]
fn every_message_exists_in_every_language_with_the_same_placeholders() {
    let english = messages(Language::English);
    assert!(english.len() > 150);
    for language in Language::ALL {
        let here = messages(language);
        let missing: Vec<_> = english.keys().filter(|key| !here.contains_key(*key)).collect();
        let surplus: Vec<_> = here.keys().filter(|key| !english.contains_key(*key)).collect();
        assert!(missing.is_empty() && surplus.is_empty(), "{}: missing {missing:?}, surplus {surplus:?}", language.tag());
        let catalogue = Catalogue::of(language).unwrap();
        for (key, names) in &english {
            assert_eq!(&here[key], names, "{key} in {}", language.tag());
            let mut values = fluent_bundle::FluentArgs::new();
            for name in names {
                values.set(name.clone(), 3);
            }
            assert!(catalogue.message(key, Some(&values)).is_some_and(|text| !text.trim().is_empty()), "{key} in {}", language.tag());
        }
    }
}

#[test]
fn no_message_is_left_in_english_by_accident() {
    let english = Catalogue::of(Language::English).unwrap();
    for language in Language::ALL.into_iter().skip(1) {
        let catalogue = Catalogue::of(language).unwrap();
        for key in messages(language).into_keys().filter(|key| key.starts_with("state-") || key.starts_with("empty-")) {
            assert_ne!(catalogue.message(&key, None), english.message(&key, None), "{key} in {}", language.tag());
        }
    }
}

#[test]
fn every_message_is_used() {
    let mut sources = String::new();
    for path in Templates::iter().filter(|path| path.ends_with(".hbs")) {
        sources.push_str(std::str::from_utf8(&Templates::get(&path).unwrap().data).unwrap());
    }
    let files = std::fs::read_dir("src/gateway/page").unwrap().map(|entry| entry.unwrap().path());
    for file in files.filter(|path| path.is_file()) {
        sources.push_str(&std::fs::read_to_string(file).unwrap());
    }
    // Messages whose names are put together.
    let built = [
        "tab-",
        "did-",
        "column-",
        "empty-",
        "state-",
        "month-",
        "weekday-",
        "title-",
        "said-",
        "field-",
        "problem-",
        "remedy-",
        "kind-",
        "wrong-",
        "outcome-",
        "skipped-",
        "sync-",
        "guide-",
        "purpose-",
        "role-",
        "first-state-",
        "connection-",
        "environment-",
        "invitation-",
        "member-state-",
        "delimiter-",
        "audit-",
        "act-",
        "activity-",
        "call-",
        "campaign-",
        "category-",
        "circular-state-",
        "delivery-",
        "do-",
        "done-",
        "target-",
        "task-",
        "subscribe-",
        "why-",
        "what-",
        "code-cause-",
        "code-remedy-",
        "security-",
        "email-",
        "certificate-state-",
        "package-problem-",
        "package-standing-",
    ];
    for key in messages(Language::English).into_keys().filter(|key| !built.iter().any(|start| key.starts_with(start))) {
        assert!(sources.contains(&format!("\"{key}\"")), "{key} is said nowhere");
    }
}
