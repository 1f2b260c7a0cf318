//! The two ways in which a value enters a page: as HTML text and as a string of a JSON island.

use std::borrow::Cow;

/// Appends `value` as text of an element or of a quoted attribute.
pub(super) fn html_into(value: &str, page: &mut String) {
    let mut rest = value;
    while let Some(at) = rest.find(['&', '<', '>', '"', '\'', '`', '=']) {
        let (plain, tail) = rest.split_at(at);
        page.push_str(plain);
        let mut characters = tail.chars();
        page.push_str(match characters.next() {
            Some('&') => "&amp;",
            Some('<') => "&lt;",
            Some('>') => "&gt;",
            Some('"') => "&quot;",
            Some('\'') => "&#x27;",
            Some('`') => "&#x60;",
            _ => "&#x3D;",
        });
        rest = characters.as_str();
    }
    page.push_str(rest);
}

/// Appends `value` as the inside of a JSON string that can't end a `<script>` element.
pub(super) fn json_string_into(value: &str, page: &mut String) {
    use std::fmt::Write;
    // Tokens and ids, which is nearly everything that comes here, have nothing to escape.
    if value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'/' | b' ')) {
        page.push_str(value);
        return;
    }
    for character in value.chars() {
        match character {
            '"' => page.push_str("\\\""),
            '\\' => page.push_str("\\\\"),
            '\0'..='\u{1f}' | '<' | '>' | '&' | '\'' | '\u{2028}' | '\u{2029}' => {
                // Writing to a String can't fail.
                let _ = write!(page, "\\u{:04x}", u32::from(character));
            }
            _ => page.push(character),
        }
    }
}

/// JSON whose strings can't end a `<script>` element. Outside strings JSON has none of these characters.
pub(super) fn island(json: &str) -> Cow<'_, str> {
    if !json.contains(['<', '>', '&', '\'', '\u{2028}', '\u{2029}']) {
        return Cow::Borrowed(json);
    }
    let mut safe = String::with_capacity(json.len() + 32);
    for character in json.chars() {
        match character {
            '<' => safe.push_str("\\u003c"),
            '>' => safe.push_str("\\u003e"),
            '&' => safe.push_str("\\u0026"),
            '\'' => safe.push_str("\\u0027"),
            '\u{2028}' => safe.push_str("\\u2028"),
            '\u{2029}' => safe.push_str("\\u2029"),
            _ => safe.push(character),
        }
    }
    Cow::Owned(safe)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_island_reads_back_as_what_was_written_and_cannot_end(value in "\\PC*|[<>&'\"\\\\/!\u{2028}\u{2029}\u{0}-\u{1f}a-z-]*") {
            let json = serde_json::json!({ "name": value, "list": [value.clone()] });
            let text = json.to_string();
            let island = island(&text);
            let dangerous = island.contains(['<', '>', '&', '\'', '\u{2028}', '\u{2029}']);
            prop_assert!(!dangerous);
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&island).unwrap(), json);
        }

        #[test]
        fn a_json_string_reads_back_as_what_was_written(value in any::<String>()) {
            let mut text = String::from("\"");
            json_string_into(&value, &mut text);
            text.push('"');
            prop_assert!(!text.contains(['<', '>', '&', '\'']));
            prop_assert_eq!(serde_json::from_str::<String>(&text).unwrap(), value);
        }

        #[test]
        fn html_text_has_no_markup_left(value in any::<String>()) {
            let mut text = String::new();
            html_into(&value, &mut text);
            prop_assert!(!text.contains(['<', '>', '"', '\'', '`', '=']));
            let back = text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#x27;", "'")
                .replace("&#x60;", "`").replace("&#x3D;", "=").replace("&amp;", "&");
            prop_assert_eq!(back, value);
        }
    }
}
