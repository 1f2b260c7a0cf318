//! What Salesforce sends, against whatever it could send: every answer that is read, read from any bytes.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

use super::{contact_roles, keys, oauth, opt_outs, package, person_fields, read_userinfo, tasks};
use crate::remote::call::{Answer, CallError};

/// An answer. The first byte is its status.
///
/// # Panics
/// When an answer with another status counts as good, or a word of it that could break a line is passed on.
pub fn answers(data: &[u8]) {
    const STATUS: [u16; 8] = [200, 200, 200, 400, 401, 403, 429, 503];
    let Some((status, body)) = data.split_first() else { return };
    let Some(status) = STATUS.get(usize::from(status % 8)) else { return };
    let answer = Answer { status: *status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
    let good = *status == 200;
    let saved = tasks::read_saved(&answer);
    for row in saved.iter().flatten() {
        if let tasks::Saved::Refused { detail, .. } = row {
            assert!(detail.chars().count() <= 200 && !detail.contains(char::is_control), "{detail:?}");
        }
    }
    let fields = person_fields::read(&answer);
    for record in fields.iter().flatten() {
        let text = ["Name", "Account.Name", "Owner.Name", "a.b.c", ""].into_iter().filter_map(|path| record.text(path));
        text.for_each(|text| assert!(!text.is_empty() && text.chars().count() <= 1_000));
    }
    let keys = keys::read(&answer);
    for key in keys.iter().flatten() {
        assert!(key.exponent == "AQAB" && (340..=1_366).contains(&key.modulus.len()), "a weak key");
    }
    if let Ok(granted) = oauth::judged(&answer) {
        assert!(!granted.scope.contains(char::is_control) && granted.scope.chars().count() <= 400);
    }
    let goods = [
        saved.is_ok(),
        fields.is_ok(),
        keys.is_ok(),
        opt_outs::read(&answer).is_ok(),
        contact_roles::read_roles(&answer).is_ok(),
        package::read_rows(&answer).is_ok(),
        package::read_count(&answer).is_ok(),
        read_userinfo(&answer).is_ok(),
        oauth::judged(&answer).is_ok(),
    ];
    assert!(good || goods.iter().all(|good| !good), "a refusal counts as an answer");
    if let CallError::Refused { code, .. } = oauth::refusal(&answer) {
        assert!(code.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') && code.len() <= 60, "{code:?}");
    }
    if let Ok(value) = serde_json::from_slice::<Value>(body) {
        let _ = serde_json::from_value::<package::Saved>(value);
    }
}
