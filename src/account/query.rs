//! The query of a request: only fields that the route knows, each at most once.

use actix_web::HttpRequest;

use crate::problem::Problem;

/// The fields of a query.
pub struct Query(Vec<(String, String)>);

impl Query {
    /// Reads the query; `known` names the fields that the route understands.
    ///
    /// # Errors
    /// 400 when a field is unknown or occurs twice.
    pub fn read(request: &HttpRequest, known: &[&str]) -> Result<Self, Problem> {
        let mut fields: Vec<(String, String)> = Vec::new();
        for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
            if !known.contains(&name.as_ref()) {
                let shown: String = name.chars().filter(|letter| !letter.is_control()).take(40).collect();
                return Err(Problem::bad_request("request.unknown_field", "The query has a field that is not known here.")
                    .with_field(shown, format!("Known are: {}.", known.join(", "))));
            }
            if fields.iter().any(|(seen, _)| *seen == name) {
                return Err(invalid(&name, "It may be given only once."));
            }
            fields.push((name.into_owned(), value.into_owned()));
        }
        Ok(Self(fields))
    }

    /// The value of a field, if it is there.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str())
    }
}

/// 400: a field has a value that cannot be used.
#[must_use]
pub fn invalid(field: &str, detail: &str) -> Problem {
    Problem::bad_request("request.invalid", "A field of the request cannot be used.").with_field(field, detail)
}
