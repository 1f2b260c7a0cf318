//! What people may write into fields: names, languages, time zones.

use super::query::invalid;
use crate::problem::Problem;

/// The languages of pages and mails, as BCP 47 tags.
pub const LANGUAGES: [&str; 6] = ["en", "de", "fr", "sv", "nl", "zh-Hans"];

/// A name of 1 to `most` characters, without white space around it.
///
/// # Errors
/// 400 that names the field.
pub fn name(field: &str, text: &str, most: usize) -> Result<String, Problem> {
    let text = text.trim();
    let odd =
        |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.is_empty() || text.chars().count() > most || text.chars().any(odd) {
        return Err(invalid(field, &format!("It must have between 1 and {most} characters, none of them a line break.")));
    }
    Ok(text.to_owned())
}

/// One of the [`LANGUAGES`].
///
/// # Errors
/// 400 that names the field.
pub fn language(field: &str, text: &str) -> Result<String, Problem> {
    if LANGUAGES.contains(&text) {
        Ok(text.to_owned())
    } else {
        Err(invalid(field, &format!("It must be one of {}.", LANGUAGES.join(", "))))
    }
}

/// A time zone by its IANA name.
///
/// # Errors
/// 400 that names the field.
pub fn time_zone(field: &str, text: &str) -> Result<String, Problem> {
    let plain = (1..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/_+-".contains(&byte));
    // A machine without zone data can judge the form only.
    let known = |name: &str| jiff::tz::db().get(name).is_ok();
    if plain && (known(text) || !known("Europe/Berlin")) {
        return Ok(text.to_owned());
    }
    Err(invalid(field, "It must be the name of a time zone, such as Europe/Berlin."))
}

/// `admin` or `user`.
///
/// # Errors
/// 400 that names the field.
pub fn role(field: &str, text: &str) -> Result<String, Problem> {
    if matches!(text, "admin" | "user") { Ok(text.to_owned()) } else { Err(invalid(field, "It must be admin or user.")) }
}
