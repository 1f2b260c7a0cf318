//! Words that other people wrote (names, subjects, addresses of pages), made fit to stand in a page.

/// The longest text of a row that is shown; the rest helps nobody in a line.
const LONGEST: usize = 300;

/// A value without control characters and direction marks, on one line, trimmed and bounded; `None` when nothing is left.
///
/// Direction overrides would let a name turn the text around it; escaping is the template's work.
pub(super) fn plain(value: Option<&str>) -> Option<String> {
    let mut text = String::new();
    let mut gap = false;
    for (count, character) in value?.chars().filter(|character| !turns(*character)).enumerate() {
        if count >= LONGEST {
            text.push('…');
            break;
        }
        if character.is_whitespace() || character.is_control() {
            gap = !text.is_empty();
            continue;
        }
        if std::mem::take(&mut gap) {
            text.push(' ');
        }
        text.push(character);
    }
    (!text.is_empty()).then_some(text)
}

/// An address that may be a link: `http` or `https`, with a host and without credentials.
pub(super) fn link(value: Option<&str>) -> Option<url::Url> {
    let url = url::Url::parse(value?.trim()).ok()?;
    let web = matches!(url.scheme(), "http" | "https");
    (web && url.has_host() && url.username().is_empty() && url.password().is_none()).then_some(url)
}

/// Direction marks and invisible separators.
const fn turns(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn direction_overrides_and_line_breaks_do_not_survive() {
        assert_eq!(plain(Some(" Ada\u{202e}\r\n\tLovelace \u{2069}")).as_deref(), Some("Ada Lovelace"));
        assert_eq!(plain(Some("\u{202e} \0")), None);
        assert_eq!(plain(None), None);
        assert_eq!(plain(Some("عمر الخيام")).as_deref(), Some("عمر الخيام"));
        assert_eq!(plain(Some(&"x".repeat(5000))).map(|text| text.chars().count()), Some(LONGEST + 1));
    }

    #[test]
    fn only_web_addresses_become_links() {
        assert!(link(Some("https://example.com/pricing")).is_some());
        for refused in [
            "javascript:alert(1)",
            "data:text/html,x",
            "/pricing",
            "//evil.example",
            "https://user:pw@example.com",
            "ftp://a.example",
            "",
            "\u{a0}javascript:1",
        ] {
            assert!(link(Some(refused)).is_none(), "{refused}");
        }
    }
}
