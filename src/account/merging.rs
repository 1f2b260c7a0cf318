//! Dynamic fields of mails: `{{first_name}}`, `{{company | default: "your team"}}`, and prompts `{{! say something }}` that a rep
//! has to replace. One pass: what a value contains is never looked at again.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// What a field becomes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Filling {
    /// A text.
    Text(String),
    /// HTML that is ours or was cleaned, such as a signature.
    Html(String),
    /// Nobody knows, and the mail can go without it.
    Blank,
}

/// The values of one mail, by field.
pub type Values = BTreeMap<Cow<'static, str>, Filling>;

/// A text with its fields filled.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Merged {
    pub text: String,
    /// Fields that nobody could fill, and prompts that are still there.
    pub unfilled: Vec<String>,
}

const LONGEST_FIELD: usize = 200;

/// Fills the fields of a text; `html` says whether it is HTML, in which values have to be escaped.
#[must_use]
pub fn merge(text: &str, values: &Values, html: bool) -> Merged {
    let mut merged = Merged { text: String::with_capacity(text.len() + 64), unfilled: Vec::new() };
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        merged.text.push_str(before);
        let Some((field, after)) = after.split_once("}}").filter(|(field, _)| field.len() <= LONGEST_FIELD && !field.contains("{{")) else {
            merged.text.push_str("{{");
            rest = after;
            continue;
        };
        fill(field, values, html, &mut merged);
        rest = after;
    }
    merged.text.push_str(rest);
    merged
}

/// The names of the fields of a text that begin so.
#[must_use]
pub fn named(text: &str, beginning: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut rest = text;
    while let Some((_, after)) = rest.split_once("{{") {
        rest = after;
        let Some((field, _)) = after.split_once("}}").filter(|(field, _)| field.len() <= LONGEST_FIELD) else { continue };
        let (name, _) = read(field, true);
        if name.starts_with(beginning) {
            found.insert(name);
        }
    }
    found
}

fn fill(field: &str, values: &Values, html: bool, merged: &mut Merged) {
    let (name, default) = read(field, html);
    if let Some(prompt) = name.strip_prefix('!') {
        note(merged, format!("! {}", prompt.trim()));
        return;
    }
    match (values.get(name.as_str()), default) {
        (Some(Filling::Text(value)), _) if html => merged.text.push_str(&escaped(value)),
        (Some(Filling::Text(value)), _) => merged.text.push_str(&one_line(value)),
        (Some(Filling::Html(value)), _) if html => merged.text.push_str(value),
        (_, Some(default)) if html => merged.text.push_str(&escaped(&default)),
        (_, Some(default)) => merged.text.push_str(&one_line(&default)),
        (Some(Filling::Blank | Filling::Html(_)), None) => {}
        (None, None) => note(merged, name),
    }
}

fn note(merged: &mut Merged, name: String) {
    if !merged.unfilled.contains(&name) {
        merged.unfilled.push(name);
    }
}

// `name | default: "text"`; in HTML the quotes may have been escaped by the editor.
fn read(field: &str, html: bool) -> (String, Option<String>) {
    let field = if html { unescaped(field) } else { field.to_owned() };
    let field = field.replace('\u{a0}', " ");
    let Some((name, rest)) = field.split_once('|') else { return (field.trim().to_owned(), None) };
    let value = rest.trim().strip_prefix("default:").map(|value| value.trim().trim_matches(['"', '\u{201c}', '\u{201d}']).to_owned());
    (name.trim().to_owned(), value)
}

fn one_line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}') { ' ' } else { letter }).collect()
}

/// A text as HTML.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            // Braces of a value are no field.
            '{' => safe.push_str("&#123;"),
            '}' => safe.push_str("&#125;"),
            other => safe.push(other),
        }
    }
    safe
}

fn unescaped(text: &str) -> String {
    text.replace("&quot;", "\"").replace("&#34;", "\"").replace("&nbsp;", " ").replace("&amp;", "&")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn values() -> Values {
        BTreeMap::from([
            ("first_name".into(), Filling::Text("Zoë <b>{{company}}</b>".to_owned())),
            ("company".into(), Filling::Text("A & B".to_owned())),
            ("title".into(), Filling::Blank),
            ("my_signature".into(), Filling::Html("<p>Me</p>".to_owned())),
        ])
    }

    #[test]
    fn eml_03_values_are_taken_literally_and_once() {
        let merged = merge("<p>Hi {{ first_name }} of {{company}}{{title}}</p>{{my_signature}}", &values(), true);
        assert_eq!(merged.text, "<p>Hi Zoë &lt;b&gt;&#123;&#123;company&#125;&#125;&lt;/b&gt; of A &amp; B</p><p>Me</p>");
        assert!(merged.unfilled.is_empty());
        assert_eq!(merge("Hi {{first_name}}", &values(), false).text, "Hi Zoë <b>{{company}}</b>");
        for odd in ["${7*7}", "<%= %>", "{{", "}}", "{ {x} }", "{{{{"] {
            assert_eq!(merge(odd, &values(), false).text, odd);
        }
    }

    #[test]
    fn a_field_has_two_hundred_letters_and_begins_where_it_began_last() {
        assert_eq!(merge("a {{b {{company}} c", &values(), false).text, "a {{b A & B c");
        let long = |length: usize| format!("{{{{{:>length$}}}}}", "company");
        assert_eq!(merge(&long(LONGEST_FIELD), &values(), false).text, "A & B");
        assert_eq!(merge(&long(LONGEST_FIELD + 1), &values(), false).text, long(LONGEST_FIELD + 1));
        assert_eq!(named(&long(LONGEST_FIELD), "company").len(), 1);
        assert!(named(&long(LONGEST_FIELD + 1), "company").is_empty());
    }

    #[test]
    fn a_text_gets_texts_and_html_gets_html() {
        assert_eq!(merge("x{{my_signature}}y{{title}}z", &values(), false), Merged { text: "xyz".to_owned(), unfilled: vec![] });
        assert_eq!(merge("{{my_signature | default: \"a & b\"}}", &values(), false).text, "a & b");
        assert_eq!(merge("{{x | default: \"a & <b>\"}}", &values(), false).text, "a & <b>");
        assert_eq!(merge("{{x | default: \"a & <b>\"}}", &values(), true).text, "a &amp; &lt;b&gt;");
        assert_eq!(merge("{{x|default: one\ntwo}}", &values(), false).text, "one two");
        assert_eq!(escaped("&<>\"'{}a"), "&amp;&lt;&gt;&quot;&#39;&#123;&#125;a");
        assert_eq!(merge("{{x|default:&#34;y&#34;&nbsp;}}{{\u{a0}company}}", &values(), true).text, "yA &amp; B");
        assert_eq!(merge("{{x|else:y}}", &values(), false).unfilled, ["x"]);
        assert_eq!(merge("{{x}}{{y}}{{x}}", &values(), false).unfilled, ["x", "y"]);
    }

    #[test]
    fn the_fields_of_a_text_are_found_by_their_beginning() {
        let found = named("{{sfdc_a}} {{ sfdc_b | default: \"x\" }} {{first_name}} {{! sfdc_c }} {{sfdc_", "sfdc_");
        assert_eq!(found.into_iter().collect::<Vec<_>>(), ["sfdc_a", "sfdc_b"]);
    }

    #[test]
    fn what_cannot_be_filled_is_named() {
        let merged =
            merge("{{sfdc_account_name}} {{! your reason }} {{work_website|default:\"our site\"}} {{sfdc_account_name}}", &values(), false);
        assert_eq!(merged.unfilled, ["sfdc_account_name", "! your reason"]);
        assert!(merged.text.contains("our site"));
        assert_eq!(merge("{{x | default: &quot;y &lt;&quot;}}", &values(), true).text, "y &amp;lt;");
    }

    proptest! {
        #[test]
        fn texts_without_fields_stay_as_they_are(text in "[^{]{0,80}") {
            prop_assert_eq!(merge(&text, &values(), false).text, text);
        }

        #[test]
        fn no_value_adds_markup_or_a_line(value in "\\PC{0,40}|[\\r\\n<>\"'&{}]{0,12}") {
            let values = BTreeMap::from([("x".into(), Filling::Text(value))]);
            let html = merge("{{x}}", &values, true).text;
            let markup = html.contains(['<', '>', '"', '{']);
            prop_assert!(!markup);
            let line = merge("{{x}}", &values, false).text.contains(['\r', '\n', '\u{2028}']);
            prop_assert!(!line);
        }
    }
}
