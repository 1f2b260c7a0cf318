//! How Marketo answers: HTTP 200 with an envelope, whatever went wrong; keys that would be empty are absent.

use actix_web::HttpResponse;
use serde_json::{Map, Value, json};

use crate::sandbox::clock::machine_ms;
use crate::sandbox::dice::{HEX, unforeseen};

/// A refusal in the envelope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub code: String,
    pub message: String,
}

impl Refusal {
    /// A refusal with a code of Marketo's and its words.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self { code: code.to_owned(), message: message.into() }
    }
}

/// What a call gives: the envelope's other keys, or a refusal.
pub type Answer = Result<Map<String, Value>, Refusal>;

/// Which code an answer carried; for the journal and for what is not counted.
#[derive(Debug, Clone)]
pub struct MarketoCode(pub String);

#[expect(clippy::unnecessary_wraps, reason = "the last step of calls that can be refused")]
/// An envelope with `result` alone.
pub fn result(items: Vec<Value>) -> Answer {
    Ok(Map::from_iter([("result".to_owned(), Value::Array(items))]))
}

/// The envelope around an answer.
pub fn reply(answer: Answer) -> HttpResponse {
    let mut envelope = Map::new();
    let moment = machine_ms();
    envelope.insert("requestId".to_owned(), json!(format!("{}#{moment:x}", unforeseen(HEX, 4))));
    match answer {
        Ok(keys) => {
            envelope.insert("success".to_owned(), json!(true));
            envelope.extend(keys);
            HttpResponse::Ok().content_type("application/json;charset=UTF-8").json(envelope)
        }
        Err(refusal) => {
            envelope.insert("success".to_owned(), json!(false));
            envelope.insert("errors".to_owned(), json!([{ "code": refusal.code, "message": refusal.message }]));
            let mut response = HttpResponse::Ok().content_type("application/json;charset=UTF-8").json(envelope);
            response.extensions_mut().insert(MarketoCode(refusal.code));
            response
        }
    }
}
