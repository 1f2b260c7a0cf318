//! The table of pages: every address of the settings, who may come, what is asked of the account, which
//! template shows it, and where each form leads.

mod campaigns;
mod doors;
mod imports;
mod mailing;
mod marketo;
mod people;
mod settings;

use super::row::Page;

/// Every page, in the order in which somebody who sets the account up meets them.
pub fn all() -> impl Iterator<Item = &'static Page> {
    [doors::PAGES, marketo::PAGES, settings::PAGES, people::PAGES, imports::PAGES, mailing::PAGES, campaigns::PAGES].into_iter().flatten()
}

/// The page of this name; special addresses show theirs.
#[must_use]
pub fn named(name: &str) -> Option<&'static Page> {
    all().find(|page| page.name == name)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::gateway::admin::row::Kind;
    use crate::gateway::page::Pages;

    #[test]
    fn every_row_has_an_address_a_template_and_words_of_its_own() {
        let _ = Pages::new().unwrap();
        let messages: String =
            ["admin", "mailing"].map(|kind| std::fs::read_to_string(format!("templates/languages/en.{kind}.ftl")).unwrap()).concat();
        let said = |key: &str| messages.lines().any(|line| line.starts_with(&format!("{key} =")));
        let mut paths = HashSet::new();
        for page in all() {
            assert!(paths.insert(format!("GET {}", page.path)), "{} twice", page.path);
            assert!(std::path::Path::new(&format!("templates/admin/{}.hbs", page.template)).exists(), "{}", page.template);
            assert!(said(&format!("title-{}", page.name)), "title-{}", page.name);
            for act in page.acts {
                assert!(paths.insert(format!("POST {}", act.path)), "{} twice", act.path);
                assert!(act.said.is_empty() || said(&format!("said-{}", act.said)), "said-{}", act.said);
                for field in act.fields.iter().filter(|field| !matches!(field.kind, Kind::FromAddress)) {
                    assert!(said(&format!("wrong-{}", field.name)), "wrong-{}", field.name);
                }
            }
        }
    }
}
