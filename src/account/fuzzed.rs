//! What people upload and write, against whatever they could write. Each function takes any bytes and panics when a
//! promise of its reader does not hold; `tests/fuzz` drives them, and every test run repeats what is kept there.

use std::collections::BTreeMap;

use super::imports::mapping;
use super::imports::script::Script;
use super::imports::table::Table;
use super::mail_html::{self, plain, sent_out, taken_in, to_show, usable};
use super::merging::{Filling, Values, escaped, merge, named};
use super::{identity_token, org_assertion};
use crate::salesforce_id::SalesforceId;

type Sheet = Option<Vec<Vec<String>>>;

/// A CSV file of people to invite. The first byte says into how large pieces it is cut.
///
/// # Panics
/// When what is read depends on the cut, or a row or a header is larger than those may be.
pub fn csv_import(data: &[u8]) {
    let Some((step, file)) = data.split_first() else { return };
    let rows = sheet(file, usize::from(*step).max(1));
    assert_eq!(rows, sheet(file, file.len().max(1)), "the cut decides");
    let Some(rows) = rows else { return };
    for row in &rows {
        assert!((1..=100).contains(&row.len()) && row.iter().all(|cell| cell.chars().count() <= 10_000 && !cell.contains('\0')));
        assert!(row.iter().any(|cell| !cell.trim().is_empty()), "a row of nothing");
    }
    let Some((first, rest)) = rows.split_first() else { return };
    if !mapping::is_header(first) {
        return;
    }
    let Ok(header) = mapping::header(first) else { return };
    let suggested = mapping::suggested(&header, rest.get(..rest.len().min(20)).unwrap_or_default());
    assert!(suggested.values().flatten().all(|column| *column < header.len()), "a column that there is not");
    let _ = mapping::chosen(suggested, header.len());
}

fn sheet(file: &[u8], step: usize) -> Sheet {
    let (mut script, mut table, mut rows) = (Script::default(), Table::default(), Vec::new());
    for piece in file.chunks(step) {
        let text = script.read(piece, false).ok()?;
        table.read(&text, false, &mut rows).ok()?;
    }
    let text = script.read(&[], true).ok()?;
    table.read(&text, true, &mut rows).ok()?;
    Some(rows)
}

/// A text with fields, and behind the first line break the value that they get.
///
/// # Panics
/// When a value brings markup, a line break or another field into the text.
pub fn merge_fields(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (text, value) = text.split_once('\n').unwrap_or((&text, ""));
    let values: Values = BTreeMap::from([
        ("first_name".into(), Filling::Text(value.to_owned())),
        ("company".into(), Filling::Text("A {{first_name}} & B".to_owned())),
        ("title".into(), Filling::Blank),
    ]);
    let count = |text: &str, sign: char| text.matches(sign).count();
    let html = merge(text, &values, true);
    for sign in ['<', '>', '"'] {
        assert!(count(&html.text, sign) <= count(text, sign), "a value brought {sign:?}");
    }
    assert!(count(&html.text, '{') <= count(text, '{') && count(&html.text, '}') <= count(text, '}'), "a value brought a field");
    let line = merge(text, &values, false);
    assert!(count(&line.text, '\r') + count(&line.text, '\n') <= count(text, '\r') + count(text, '\n'), "a value brought a line");
    assert!(html.unfilled.iter().chain(&line.unfilled).all(|field| !matches!(field.as_str(), "first_name" | "company" | "title")));
    assert!(named(text, "first").iter().all(|name| name.starts_with("first")));
    assert!(!escaped(value).contains(['<', '>', '"', '\'', '{', '}']));
}

/// The HTML of a mail, as a rep or a template has it.
///
/// # Panics
/// When what is kept, shown or sent holds something that does something, or reads differently the next time.
pub fn mail_html(data: &[u8]) {
    let html = String::from_utf8_lossy(data);
    if let Some(shown) = to_show(&html) {
        harmless(&shown);
    }
    harmless(&sent_out(&html, |_| None));
    let Ok(kept) = taken_in(&html) else { return };
    harmless(&kept);
    assert_eq!(taken_in(&kept).ok().as_ref(), Some(&kept), "reads differently the second time");
    let sent = sent_out(&kept, |link| usable(link).then(|| "https://msi.example.com/l/1".to_owned()));
    harmless(&sent);
    let _ = plain(&sent);
    harmless(&mail_html::from_text(&html));
}

// Over what the cleaner wrote: its attributes are always in double quotes.
fn harmless(html: &str) {
    const SCHEMES: [&str; 3] = ["http:", "https:", "mailto:"];
    let mut rest = html;
    while let Some((_, after)) = rest.split_once('<') {
        let Some(end) = end_of_tag(after) else { panic!("a tag without end: {html:?}") };
        let (tag, further) = after.split_at(end);
        rest = further;
        let name: String = tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect();
        let does = ["script", "style", "iframe", "object", "embed", "form", "input", "svg", "math", "base", "meta", "link", "template"];
        assert!(!name.is_empty() && !does.contains(&name.to_ascii_lowercase().as_str()), "<{tag}");
        let mut attributes = tag.get(name.len()..).unwrap_or_default();
        while let Some((before, after)) = attributes.split_once("=\"") {
            let attribute = before.rsplit(char::is_whitespace).next().unwrap_or_default().to_ascii_lowercase();
            let Some((value, further)) = after.split_once('"') else { panic!("<{tag}") };
            attributes = further;
            assert!(!attribute.starts_with("on") && attribute != "srcdoc" && attribute != "formaction", "<{tag}");
            if matches!(attribute.as_str(), "href" | "src" | "cite" | "action" | "background") {
                // Programs that follow addresses pass over these.
                let value = value.to_ascii_lowercase().replace(|letter: char| letter <= ' ', "");
                assert!(SCHEMES.iter().any(|scheme| value.starts_with(scheme)), "<{tag}");
            }
            assert!(attribute != "style" || !value.to_ascii_lowercase().contains("url("), "<{tag}");
        }
    }
}

fn end_of_tag(text: &str) -> Option<usize> {
    let mut quoted = false;
    text.char_indices().find_map(|(at, letter)| {
        quoted ^= letter == '"';
        (letter == '>' && !quoted).then_some(at)
    })
}

/// An assertion with which an org registers its certificate, and the key that came with it; and an ID token.
///
/// # Panics
/// When something is proved although nobody signed it.
pub fn assertions(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (assertion, key) = text.split_once('\n').unwrap_or((&text, ""));
    let Ok(org) = SalesforceId::parse("00Dx0000000BV7zEAG") else { return };
    assert!(org_assertion::proof(assertion, key, &org, "https://msi.example.com").is_none(), "nobody signed this");
    if let Some((_, issuer)) = identity_token::read(&text) {
        assert!(text.matches('.').count() == 2 && issuer.len() <= text.len());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fuzzed::replay;

    #[test]
    fn what_was_found_once_does_no_harm_again() {
        replay("csv_import", csv_import);
        replay("merge_fields", merge_fields);
        replay("mail_html", mail_html);
        replay("jwt_grant", assertions);
    }
}
