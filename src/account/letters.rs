//! The account's own mails in words: text and HTML from one set of sentences, in every language.

use std::collections::HashMap;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use handlebars::Handlebars;
use serde_json::json;

use super::fields::LANGUAGES;
use super::moment_alerts::Alert;

const CATALOGUES: [&str; 6] = [
    include_str!("../../templates/languages/mail-en.ftl"),
    include_str!("../../templates/languages/mail-de.ftl"),
    include_str!("../../templates/languages/mail-fr.ftl"),
    include_str!("../../templates/languages/mail-sv.ftl"),
    include_str!("../../templates/languages/mail-nl.ftl"),
    include_str!("../../templates/languages/mail-zh-Hans.ftl"),
];

/// What a mail is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Occasion {
    /// The account's first user is invited.
    First,
    Invitation,
    SignIn,
}

impl Occasion {
    #[cfg(test)]
    const ALL: [Self; 3] = [Self::First, Self::Invitation, Self::SignIn];

    const fn keys(self) -> [&'static str; 4] {
        match self {
            Self::First => ["first-subject", "first-body", "first-steps", "invitation-button"],
            Self::Invitation => ["invitation-subject", "invitation-body", "invitation-steps", "invitation-button"],
            Self::SignIn => ["sign-in-subject", "sign-in-body", "sign-in-steps", "sign-in-button"],
        }
    }
}

/// A mail in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The mails cannot be written: a catalogue or a template is broken.
#[derive(Debug, thiserror::Error)]
#[error("the mails cannot be written: {0}")]
pub struct Illegible(String);

/// All mails in all languages.
pub struct Letters {
    catalogues: HashMap<&'static str, FluentBundle<FluentResource>>,
    templates: Handlebars<'static>,
}

impl Letters {
    /// Reads catalogues and templates.
    ///
    /// # Errors
    /// When one of them is broken.
    pub fn new() -> Result<Self, Illegible> {
        let mut catalogues = HashMap::new();
        for (tag, text) in LANGUAGES.into_iter().zip(CATALOGUES) {
            let broken = |why: String| Illegible(format!("{tag}: {why}"));
            let resource = FluentResource::try_new(text.to_owned()).map_err(|(_, errors)| broken(format!("{errors:?}")))?;
            let identifier = tag.parse().map_err(|error| broken(format!("{error}")))?;
            let mut bundle = FluentBundle::new_concurrent(vec![identifier]);
            bundle.set_use_isolating(false);
            bundle.add_resource(resource).map_err(|errors| broken(format!("{errors:?}")))?;
            catalogues.insert(tag, bundle);
        }
        let mut templates = Handlebars::new();
        templates.set_strict_mode(true);
        templates
            .register_template_string("html", include_str!("../../templates/mail/letter.html.hbs"))
            .map_err(|error| Illegible(error.to_string()))?;
        templates
            .register_template_string("alert", include_str!("../../templates/mail/alert.html.hbs"))
            .map_err(|error| Illegible(error.to_string()))?;
        Ok(Self { catalogues, templates })
    }

    /// A mail. `until` is written as a date and time; names are taken as they are, once.
    ///
    /// # Errors
    /// When a sentence is missing.
    pub fn write(
        &self,
        occasion: Occasion,
        language: &str,
        account: &str,
        inviter: &str,
        until_ms: i64,
        link: &str,
    ) -> Result<Letter, Illegible> {
        let (tag, catalogue) = self.catalogue(language)?;
        let until = jiff::Timestamp::from_millisecond(until_ms).map(|at| at.strftime("%Y-%m-%d %H:%M UTC").to_string()).unwrap_or_default();
        let mut values = FluentArgs::new();
        values.set("account", plain(account));
        values.set("inviter", plain(inviter));
        values.set("until", until);
        let say = |key: &str| said(tag, catalogue, key, &values);
        let [subject, body, steps, button] = occasion.keys();
        let (subject, body, steps, button) = (say(subject)?, say(body)?, say(steps)?, say(button)?);
        let (greeting, copy, until, ignore) = (say("greeting")?, say("copy")?, say("until")?, say("ignore")?);
        let text = format!("{greeting}\n\n{body}\n\n{steps}\n\n{button}:\n{link}\n\n{until}\n{ignore}\n");
        let html = self
            .templates
            .render(
                "html",
                &json!({"language": tag, "subject": subject, "greeting": greeting, "body": body, "steps": steps, "button": button,
                        "copy": copy, "until": until, "ignore": ignore, "link": link}),
            )
            .map_err(|error| Illegible(error.to_string()))?;
        Ok(Letter { subject, text, html })
    }

    /// A mail about an interesting moment; `way_out` ends the subscription behind it.
    ///
    /// # Errors
    /// When a sentence is missing.
    pub fn alert(&self, language: &str, alert: &Alert, way_out: &str) -> Result<Letter, Illegible> {
        let (tag, catalogue) = self.catalogue(language)?;
        let zone = jiff::tz::TimeZone::get(&alert.zone).unwrap_or(jiff::tz::TimeZone::UTC);
        let at = jiff::Timestamp::from_millisecond(alert.at).map(|at| at.to_zoned(zone).strftime("%Y-%m-%d %H:%M %Z").to_string());
        let mut values = FluentArgs::new();
        values.set("person", plain(&alert.person));
        values.set("label", plain(&alert.label));
        values.set("at", at.unwrap_or_default());
        let say = |key: &str| said(tag, catalogue, key, &values);
        let why = match alert.basis.as_str() {
            "person" => "alert-why-person",
            "account" => "alert-why-account",
            "type" => "alert-why-type",
            _ => "alert-why-description",
        };
        let (subject, when, why, open, leave) =
            (say("alert-subject")?, say("alert-when")?, say(why)?, say("alert-open")?, say("alert-leave")?);
        let parts = [Some(alert.person.as_str()), alert.company.as_deref()];
        let who = parts.into_iter().flatten().map(plain).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ");
        let parts = [alert.kind.as_deref(), alert.description.as_deref()];
        let what = parts.into_iter().flatten().map(plain).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(": ");
        let link = alert.link.as_deref().filter(|link| link.starts_with("https://") || link.starts_with("http://"));
        let record = link.map(|link| format!("{open}:\n{link}\n\n")).unwrap_or_default();
        let text = format!("{who}\n{what}\n{when}\n\n{record}{why}\n{leave}:\n{way_out}\n");
        let html = self
            .templates
            .render(
                "alert",
                &json!({"language": tag, "subject": subject, "who": who, "what": what, "when": when, "open": open, "link": link, "why": why,
                        "leave": leave, "way_out": way_out}),
            )
            .map_err(|error| Illegible(error.to_string()))?;
        Ok(Letter { subject, text, html })
    }

    /// A sentence by itself.
    ///
    /// # Errors
    /// When it is missing.
    pub fn sentence(&self, language: &str, key: &str, numbers: &[(&'static str, i64)]) -> Result<String, Illegible> {
        let (tag, catalogue) = self.catalogue(language)?;
        let mut values = FluentArgs::new();
        for (name, number) in numbers {
            values.set(*name, *number);
        }
        said(tag, catalogue, key, &values)
    }

    fn catalogue(&self, language: &str) -> Result<(&'static str, &FluentBundle<FluentResource>), Illegible> {
        let tag = LANGUAGES.into_iter().find(|known| *known == language).unwrap_or("en");
        Ok((tag, self.catalogues.get(tag).ok_or_else(|| Illegible(tag.to_owned()))?))
    }
}

fn said(tag: &str, catalogue: &FluentBundle<FluentResource>, key: &str, values: &FluentArgs<'_>) -> Result<String, Illegible> {
    let pattern = catalogue.get_message(key).and_then(|message| message.value()).ok_or_else(|| Illegible(format!("{tag}: {key}")))?;
    let mut errors = Vec::new();
    let text = catalogue.format_pattern(pattern, Some(values), &mut errors).into_owned();
    if errors.is_empty() { Ok(text) } else { Err(Illegible(format!("{tag}: {key}"))) }
}

// Names stand on one line and turn nothing round.
fn plain(text: &str) -> String {
    let odd = |letter: &char| {
        letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    text.chars().filter(|letter| !odd(letter)).take(200).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    // Message by message: the values that it takes.
    fn placeholders(text: &str) -> BTreeMap<String, BTreeSet<String>> {
        let lines = text.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.split_once(" = "));
        let values =
            |text: &str| text.split("{ $").skip(1).filter_map(|rest| rest.split_once(" }")).map(|(name, _)| name.to_owned()).collect();
        lines.map(|(key, text)| (key.to_owned(), values(text))).collect()
    }

    #[test]
    fn every_language_has_every_sentence_with_the_same_values() {
        let english = placeholders(CATALOGUES[0]);
        assert!(english.len() >= 15);
        for (tag, text) in LANGUAGES.into_iter().zip(CATALOGUES) {
            assert_eq!(placeholders(text), english, "{tag}");
        }
    }

    #[test]
    fn every_mail_can_be_written_in_every_language_and_says_the_same_twice() {
        let letters = Letters::new().unwrap();
        for tag in LANGUAGES {
            for occasion in Occasion::ALL {
                let letter = letters.write(occasion, tag, "Acme", "ann@example.com", 1_767_607_872_000, "https://x.example/i/abc").unwrap();
                assert!(letter.subject.contains("Acme") && letter.text.contains("2026-01-05 10:11 UTC"), "{letter:?}");
                assert_eq!(letter.html.matches("https://x.example/i/abc").count(), 2);
                for sentence in letter.text.lines().filter(|line| !line.is_empty() && !line.ends_with(':')) {
                    assert!(letter.html.contains(sentence), "{tag}: {sentence}");
                }
            }
        }
    }

    #[test]
    fn a_moment_is_told_in_every_language_with_the_way_out() {
        let letters = Letters::new().unwrap();
        for tag in LANGUAGES {
            for basis in ["person", "account", "type", "description"] {
                let alert = Alert {
                    person: "Ada <b>".to_owned(),
                    company: Some("Analytical Ltd".to_owned()),
                    kind: Some("Milestone".to_owned()),
                    description: Some("Asked for a\r\ndemo".to_owned()),
                    at: 1_767_607_872_000,
                    zone: "Europe/Berlin".to_owned(),
                    basis: basis.to_owned(),
                    label: "Milestone".to_owned(),
                    link: Some("https://acme.example/1".to_owned()),
                };
                let letter = letters.alert(tag, &alert, "https://x.example/unsubscribe/abc").unwrap();
                assert!(letter.subject.contains("Ada <b>") && !letter.subject.contains('\n'), "{letter:?}");
                assert!(letter.text.contains("2026-01-05 11:11 CET") && letter.text.contains("Milestone: Asked for ademo"), "{letter:?}");
                assert!(letter.html.contains("Ada &lt;b&gt;, Analytical Ltd") && letter.html.contains("https://x.example/unsubscribe/abc"));
                let bare = Alert { link: Some("javascript:alert(1)".to_owned()), company: None, description: None, ..alert };
                assert!(!letters.alert(tag, &bare, "https://x.example/u").unwrap().html.contains("javascript"));
            }
        }
    }

    #[test]
    fn names_are_taken_literally() {
        let letters = Letters::new().unwrap();
        let letter = letters.write(Occasion::Invitation, "en", "{{link}} <b>", "a\r\nBcc: x\u{202e}", 0, "https://x.example").unwrap();
        assert!(letter.html.contains("{{link}} &lt;b&gt;"));
        assert_eq!(letter.subject, "aBcc: x invites you to {{link}} <b>");
        assert!(letters.write(Occasion::SignIn, "../de", "A", "", 0, "x").unwrap().text.starts_with("Hello,"));
    }
}
