//! The messages of one language.

use std::borrow::Cow;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::FluentNumber;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};

use super::assets::Templates;
use super::{Language, PageError};

/// The messages of one language, with its plurals and its way to write numbers.
pub(super) struct Catalogue {
    pub(super) language: Language,
    messages: FluentBundle<FluentResource>,
}

/// The digits of a number in groups of three.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Grouping {
    Comma,
    Point,
    /// A narrow no-break space.
    Space,
}

impl Catalogue {
    /// Reads the messages of a language.
    ///
    /// # Errors
    /// When the file is missing or can't be parsed.
    pub(super) fn of(language: Language) -> Result<Self, PageError> {
        let tag = language.tag();
        let unreadable = |why: String| PageError::Messages { tag, why };
        let identifier = tag.parse().map_err(|error| unreadable(format!("{error}")))?;
        let mut messages = FluentBundle::new_concurrent(vec![identifier]);
        // Names of people are isolated by <bdi> and stripped of direction marks (`text`), so the marks that
        // Fluent would put around every value are noise.
        messages.set_use_isolating(false);
        messages.set_formatter(Some(match Grouping::of(language) {
            Grouping::Comma => |value, _| formatted(value, Grouping::Comma),
            Grouping::Point => |value, _| formatted(value, Grouping::Point),
            Grouping::Space => |value, _| formatted(value, Grouping::Space),
        }));
        for path in Self::files(language) {
            let file = Templates::get(&path).ok_or_else(|| PageError::Missing(path.clone()))?;
            let text = String::from_utf8(file.data.into_owned()).map_err(|error| unreadable(error.to_string()))?;
            let resource = FluentResource::try_new(text).map_err(|(_, errors)| unreadable(format!("{errors:?}")))?;
            messages.add_resource(resource).map_err(|errors| unreadable(format!("{errors:?}")))?;
        }
        Ok(Self { language, messages })
    }

    /// The files of a language: what the panel says, what the settings pages say, and what is said about mails.
    pub(super) fn files(language: Language) -> [String; 3] {
        let tag = language.tag();
        [format!("languages/{tag}.ftl"), format!("languages/{tag}.admin.ftl"), format!("languages/{tag}.mailing.ftl")]
    }

    /// A message with its values; `None` when the language doesn't have it or a value is missing.
    pub(super) fn message(&self, key: &str, values: Option<&FluentArgs<'_>>) -> Option<String> {
        let pattern = self.messages.get_message(key)?.value()?;
        let mut errors = Vec::new();
        let text = self.messages.format_pattern(pattern, values, &mut errors).into_owned();
        errors.is_empty().then_some(text)
    }

    /// A message with its values as text; the key itself when it is missing, so that a page never fails for a word.
    pub(super) fn say(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut args = FluentArgs::with_capacity(values.len());
        for (name, value) in values {
            args.set(*name, FluentValue::String(Cow::Borrowed(value)));
        }
        self.message(key, Some(&args)).unwrap_or_else(|| key.to_owned())
    }

    /// A whole number as this language writes it.
    pub(super) fn number(&self, value: i64) -> String {
        grouped(value, Grouping::of(self.language))
    }
}

impl Grouping {
    const fn of(language: Language) -> Self {
        match language {
            Language::English | Language::Chinese => Self::Comma,
            Language::German | Language::Dutch => Self::Point,
            Language::French | Language::Swedish => Self::Space,
        }
    }

    const fn mark(self) -> char {
        match self {
            Self::Comma => ',',
            Self::Point => '.',
            Self::Space => '\u{202f}',
        }
    }
}

fn formatted(value: &FluentValue<'_>, grouping: Grouping) -> Option<String> {
    match value {
        FluentValue::Number(FluentNumber { value, .. }) if value.fract() == 0.0 => {
            format!("{value:.0}").parse().ok().map(|whole| grouped(whole, grouping))
        }
        _ => None,
    }
}

fn grouped(value: i64, grouping: Grouping) -> String {
    let digits = value.unsigned_abs().to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 + 1);
    if value < 0 {
        text.push('\u{2212}');
    }
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(grouping.mark());
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_the_language_does() {
        assert_eq!(grouped(0, Grouping::Comma), "0");
        assert_eq!(grouped(999, Grouping::Comma), "999");
        assert_eq!(grouped(1_234_567, Grouping::Comma), "1,234,567");
        assert_eq!(grouped(-1_000, Grouping::Point), "\u{2212}1.000");
        assert_eq!(grouped(i64::MIN, Grouping::Space).chars().filter(char::is_ascii_digit).count(), 19);
    }

    #[test]
    fn plurals_follow_the_language() {
        let english = Catalogue::of(Language::English).unwrap();
        let french = Catalogue::of(Language::French).unwrap();
        let count = |catalogue: &Catalogue, n: i64| {
            let mut args = FluentArgs::new();
            args.set("count", n);
            catalogue.message("list-count", Some(&args)).unwrap()
        };
        assert_eq!(count(&english, 1), "1 entry shown");
        assert_eq!(count(&english, 1200), "1,200 entries shown");
        assert_ne!(count(&french, 0).replace('0', "2"), count(&french, 2), "French counts nought as one");
    }

    #[test]
    fn a_missing_value_is_noticed() {
        let english = Catalogue::of(Language::English).unwrap();
        assert_eq!(english.message("rank-top", None), None);
        assert_eq!(english.message("no-such-message", None), None);
    }
}
