//! What goes wrong, as callers see it: a problem document (RFC 9457) with a stable code and a sentence
//! that a person can act on. Internals are logged once at the edge and never travel in here.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// One field of the input that was refused, and why.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct FieldError {
    /// The field as the caller named it.
    pub field: String,
    /// What is wrong with it, as a sentence.
    pub detail: String,
}

/// A refusal or a failure. `code` is stable for machines (`canvas.rejected`), `detail` is for people.
#[derive(Debug, Clone, Serialize, Deserialize, PartialEq, Eq)]
pub struct Problem {
    /// URI slug made of the code.
    #[serde(rename = "type")]
    pub kind: Cow<'static, str>,
    /// Stable machine code.
    pub code: Cow<'static, str>,
    /// Short summary, the same for every occurrence of the code.
    pub title: Cow<'static, str>,
    /// HTTP status.
    pub status: u16,
    /// What happened, why, and what to do now.
    pub detail: Cow<'static, str>,
    /// Fields at fault, if any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<FieldError>,
    /// Id of the request, to find it in the logs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The same id as an instance URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<String>,
    /// Seconds after which trying again makes sense; also sent as `Retry-After`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// A problem of a stable `code`; `title` and `detail` are sentences for people.
    #[must_use]
    pub fn new(status: u16, code: &'static str, title: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            kind: Cow::Owned(format!("urn:msi-gateway:problem:{code}")),
            code: Cow::Borrowed(code),
            title: Cow::Borrowed(title),
            status,
            detail: detail.into(),
            errors: Vec::new(),
            request_id: None,
            instance: None,
            retry_after: None,
        }
    }

    /// 400: the request could not be understood.
    #[must_use]
    pub fn bad_request(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, code, "The request could not be understood", detail)
    }

    /// 401: the credential was not accepted. One sentence for every cause, so that nobody learns which.
    #[must_use]
    pub fn unauthorized(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(401, code, "The credential was not accepted", detail)
    }

    /// 403: known, but not allowed.
    #[must_use]
    pub fn forbidden(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(403, code, "Not allowed", detail)
    }

    /// 404: absent, or somebody else's, which looks the same.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(404, "not_found", "Not found", "There is nothing at this address, or it is not yours to see.")
    }

    /// 503: something behind us does not answer; trying again in `seconds` makes sense.
    #[must_use]
    pub fn unavailable(code: &'static str, detail: impl Into<Cow<'static, str>>, seconds: u32) -> Self {
        let mut problem = Self::new(503, code, "Temporarily unavailable", detail);
        problem.retry_after = Some(seconds);
        problem
    }

    /// 500: our fault. The cause belongs in the log, not in here.
    #[must_use]
    pub fn internal() -> Self {
        Self::new(500, "internal", "Something went wrong on our side", "The error was recorded under this request id. Please try again.")
    }

    /// The same problem with one more field named.
    #[must_use]
    pub fn with_field(mut self, field: impl Into<String>, detail: impl Into<String>) -> Self {
        self.errors.push(FieldError { field: field.into(), detail: detail.into() });
        self
    }

    /// The same problem, tied to a request.
    #[must_use]
    pub fn with_request_id(mut self, id: &str) -> Self {
        self.request_id = Some(id.to_owned());
        self.instance = Some(format!("urn:msi-gateway:request:{id}"));
        self
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}: {}", self.status, self.code, self.detail)
    }
}

impl std::error::Error for Problem {}

// The one place outside the two route rooms that knows the web framework: a refusal has to look the
// same whichever half says it.
impl actix_web::ResponseError for Problem {
    fn status_code(&self) -> actix_web::http::StatusCode {
        actix_web::http::StatusCode::from_u16(self.status).unwrap_or(actix_web::http::StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> actix_web::HttpResponse {
        let mut answer = actix_web::HttpResponse::build(self.status_code());
        answer.insert_header(("Content-Type", "application/problem+json")).insert_header(("Cache-Control", "no-store"));
        if let Some(seconds) = self.retry_after {
            answer.insert_header(("Retry-After", seconds.to_string()));
        }
        answer.body(serde_json::to_vec(self).unwrap_or_default())
    }
}
