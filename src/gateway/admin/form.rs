//! A form as it arrives: checked against its row, and made the body of a call.

use actix_web::HttpRequest;
use serde_json::{Map, Value, json};

use super::super::page::Language;
use super::row::{Act, Field, Kind, ONCE, TOKEN};
use crate::problem::Problem;

/// Largest form, in bytes: a few hundred e-mail addresses.
pub const LARGEST: usize = 64 * 1024;
/// Largest form with the HTML of a mail, as forms write it.
pub const LARGEST_MAIL: usize = 400 * 1024;
/// Most words in a list of words.
const MOST_WORDS: usize = 1_000;
/// Longest part of an address that is passed on.
const LONGEST_PART: usize = 512;

/// The fields of a form.
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Reads the body of a form post.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        Self(url::form_urlencoded::parse(body).into_owned().collect())
    }

    /// The one value of a field.
    ///
    /// # Errors
    /// `request.ambiguous` when it is there twice.
    pub fn one<'a>(&'a self, name: &'a str) -> Result<Option<&'a str>, Problem> {
        let mut all = self.all(name);
        let first = all.next();
        if all.next().is_some() {
            return Err(Problem::bad_request("request.ambiguous", "The form carries a field twice."));
        }
        Ok(first)
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(found, _)| found == name).map(|(_, value)| value.as_str())
    }

    /// Refuses fields that the form of this row does not have.
    ///
    /// # Errors
    /// `request.unknown_field`.
    pub fn only(&self, fields: &[Field]) -> Result<(), Problem> {
        let known = |name: &str| {
            [TOKEN, ONCE].contains(&name)
                || fields.iter().any(|field| match field.kind {
                    Kind::Object => name.strip_prefix(field.name).is_some_and(|rest| rest.starts_with('.')),
                    Kind::FromAddress => false,
                    _ => name == field.name,
                })
        };
        if self.0.iter().all(|(name, _)| known(name)) {
            return Ok(());
        }
        Err(Problem::bad_request("request.unknown_field", "The form has a field that this address does not know."))
    }

    /// What the person had entered, to be shown again; nothing secret.
    #[must_use]
    pub fn entered(&self, fields: &[Field]) -> Map<String, Value> {
        let shown = fields.iter().filter(|field| matches!(field.kind, Kind::Text | Kind::Optional | Kind::Words | Kind::Language));
        shown.filter_map(|field| Some((field.name.to_owned(), json!(self.all(field.name).next()?)))).collect()
    }

    /// The body of the call; `None` when the row has no fields and the call needs no body.
    ///
    /// # Errors
    /// `request.ambiguous`, or `request.too_many` for an endless list.
    pub fn body(&self, act: &Act, request: &HttpRequest, language: Language) -> Result<Value, Problem> {
        let mut body = Map::new();
        for Field { name, kind } in act.fields {
            let value = match kind {
                Kind::Text | Kind::Secret => Some(json!(self.one(name)?.unwrap_or_default().trim())),
                Kind::Optional | Kind::OptionalSecret => {
                    self.one(name)?.map(str::trim).filter(|text| !text.is_empty()).map(|text| json!(text))
                }
                Kind::Number => {
                    let text = self.one(name)?.unwrap_or_default().trim();
                    Some(text.parse::<i64>().map_or_else(|_| json!(text), |number| json!(number)))
                }
                Kind::Many => Some(json!(self.all(name).filter(|text| !text.is_empty()).collect::<Vec<_>>())),
                Kind::Flag => Some(json!(self.one(name)?.map(str::trim).is_some_and(|told| !matches!(told, "" | "false")))),
                Kind::Words => Some(json!(words(self.one(name)?.unwrap_or_default())?)),
                Kind::Object => Some(self.object(name)),
                Kind::FromAddress => Some(json!(part(request, name)?)),
                Kind::Language => Some(json!(self.one(name)?.unwrap_or(language.tag()))),
            };
            body.extend(value.map(|value| ((*name).to_owned(), value)));
        }
        Ok(Value::Object(body))
    }

    // Columns of a file are numbers; one that is not chosen is left out.
    fn object(&self, name: &str) -> Value {
        let parts = self.0.iter().filter_map(|(found, value)| Some((found.strip_prefix(name)?.strip_prefix('.')?, value)));
        let chosen = parts.filter_map(|(key, value)| Some((key.to_owned(), json!(value.trim().parse::<u32>().ok()?))));
        Value::Object(chosen.collect())
    }
}

fn words(text: &str) -> Result<Vec<&str>, Problem> {
    let separate = |letter: char| letter.is_whitespace() || matches!(letter, ',' | ';');
    let words: Vec<&str> = text.split(separate).filter(|word| !word.is_empty()).collect();
    if words.len() > MOST_WORDS {
        return Err(Problem::bad_request("request.too_many", "That is a long list. Invite this many people by CSV."));
    }
    Ok(words)
}

/// A part of the page's address, fit to stand in a call's.
///
/// # Errors
/// `not_found` for anything that no id of ours looks like.
pub fn part(request: &HttpRequest, name: &str) -> Result<String, Problem> {
    let value = request.match_info().get(name).unwrap_or_default();
    let plain = !value.is_empty()
        && value.len() <= LONGEST_PART
        && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
    if plain { Ok(value.to_owned()) } else { Err(Problem::not_found()) }
}

/// A pattern such as `/v1/members/{id}` with the parts of the page's address in it.
///
/// # Errors
/// `not_found` for a part that no id of ours looks like.
pub fn filled(pattern: &str, request: &HttpRequest) -> Result<String, Problem> {
    let mut address = String::with_capacity(pattern.len() + 40);
    let mut rest = pattern;
    while let Some((before, tail)) = rest.split_once('{') {
        let (name, after) = tail.split_once('}').ok_or_else(Problem::internal)?;
        address.push_str(before);
        address.push_str(&part(request, name)?);
        rest = after;
    }
    address.push_str(rest);
    Ok(address)
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::super::row::{field, text};
    use super::*;

    #[test]
    fn fields_become_a_body() {
        const FIELDS: &[Field] = &[
            text("role"),
            field("emails", Kind::Words),
            field("teams", Kind::Many),
            field("name", Kind::Optional),
            field("mapping", Kind::Object),
            field("id", Kind::FromAddress),
            field("language", Kind::Language),
        ];
        let form = Form::parse(b"role=+user+&emails=a%40b.c%2C+d%40e.f%0D%0Ag%40h.i&teams=1&teams=2&name=+&mapping.email=3&mapping.role=");
        let act = Act::post("/x", "/v1/x").of(FIELDS);
        let request = TestRequest::default().param("id", "abc").to_http_request();
        form.only(FIELDS).unwrap();
        assert_eq!(
            form.body(&act, &request, Language::German).unwrap(),
            json!({"role": "user", "emails": ["a@b.c", "d@e.f", "g@h.i"], "teams": ["1", "2"], "mapping": {"email": 3}, "id": "abc", "language": "de"})
        );
        assert_eq!(Form::parse(b"role=a&role=b").one("role").unwrap_err().code, "request.ambiguous");
        assert_eq!(Form::parse(b"id=x").only(FIELDS).unwrap_err().code, "request.unknown_field");
        assert_eq!(Form::parse(b"_method=DELETE").only(FIELDS).unwrap_err().code, "request.unknown_field");
    }

    #[test]
    fn parts_of_an_address_cannot_leave_their_place() {
        let request = |id: &str| TestRequest::default().param("id", id.to_owned()).to_http_request();
        assert_eq!(filled("/v1/members/{id}/x", &request("0199-a_B")).unwrap(), "/v1/members/0199-a_B/x");
        for odd in ["", "..", "a/b", "a?b", "a%2fb", "a b", &"a".repeat(600)] {
            assert!(filled("/v1/members/{id}", &request(odd)).is_err(), "{odd}");
        }
    }
}
