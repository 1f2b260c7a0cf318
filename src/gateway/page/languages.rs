//! The languages of the pages, and which of them a Salesforce user reads.

/// A language that every text exists in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Language {
    #[default]
    English,
    German,
    French,
    Swedish,
    Dutch,
    /// Simplified Chinese.
    Chinese,
}

impl Language {
    /// Every language, English first.
    pub const ALL: [Self; 6] = [Self::English, Self::German, Self::French, Self::Swedish, Self::Dutch, Self::Chinese];

    /// The language for a Salesforce language or locale (`de`, `de_DE`, `fr-CA`, `zh_CN`); English for all others.
    ///
    /// Traditional Chinese is another script and reads English.
    #[must_use]
    pub fn from_salesforce(locale: &str) -> Self {
        let mut parts = locale.split(['_', '-']);
        let language = parts.next().unwrap_or_default();
        if language.eq_ignore_ascii_case("zh") {
            let traditional = |part: &str| ["TW", "HK", "MO", "Hant"].iter().any(|name| part.eq_ignore_ascii_case(name));
            return if parts.any(traditional) { Self::English } else { Self::Chinese };
        }
        Self::ALL.into_iter().find(|known| known.tag().eq_ignore_ascii_case(language)).unwrap_or_default()
    }

    /// The best language for an `Accept-Language` header (RFC 9110 §12.5.4); English when none of ours is named.
    #[must_use]
    pub fn from_accept(header: &str) -> Self {
        let mut best = (0.0_f32, Self::default());
        for wish in header.split(',').take(20) {
            let (range, quality) = wish.split_once(';').unwrap_or((wish, ""));
            let quality = quality.trim().strip_prefix("q=").map_or(1.0, |text| text.trim().parse().unwrap_or(0.0));
            let range = range.trim();
            let language = Self::from_salesforce(range);
            let named = language != Self::English || range.split('-').next().is_some_and(|tag| tag.eq_ignore_ascii_case("en"));
            if named && quality > best.0 {
                best = (quality, language);
            }
        }
        best.1
    }

    /// What the language calls itself.
    #[must_use]
    pub const fn own_name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::German => "Deutsch",
            Self::French => "Français",
            Self::Swedish => "Svenska",
            Self::Dutch => "Nederlands",
            Self::Chinese => "简体中文",
        }
    }

    /// The BCP 47 tag, as in the `lang` attribute and in file names.
    #[must_use]
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
            Self::French => "fr",
            Self::Swedish => "sv",
            Self::Dutch => "nl",
            Self::Chinese => "zh-Hans",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Language;

    #[test]
    fn the_best_accepted_language_is_ours_to_have() {
        for (header, language) in [
            ("de-AT,de;q=0.9,en;q=0.8", Language::German),
            ("pt-BR,fr;q=0.5,en;q=0.4", Language::French),
            ("en-GB,de;q=0.9", Language::English),
            ("ja, zh-CN;q=0.3", Language::Chinese),
            ("sv;q=0.2, nl;q=0.7", Language::Dutch),
            ("*", Language::English),
            ("", Language::English),
            (";;;q=,", Language::English),
        ] {
            assert_eq!(Language::from_accept(header), language, "{header}");
        }
    }

    #[test]
    fn salesforce_locales_find_their_language() {
        for (locale, language) in [
            ("de_DE", Language::German),
            ("de", Language::German),
            ("DE_at", Language::German),
            ("zh_CN", Language::Chinese),
            ("zh-Hans", Language::Chinese),
            ("zh_TW", Language::English),
            ("zh-Hant-HK", Language::English),
            ("en_US", Language::English),
            ("fr-CA", Language::French),
            ("nl_NL", Language::Dutch),
            ("sv", Language::Swedish),
            ("pt_BR", Language::English),
            ("", Language::English),
            ("../de", Language::English),
        ] {
            assert_eq!(Language::from_salesforce(locale), language, "{locale}");
        }
    }
}
