//! The description of what is offered below `/api`, made of the description of the whole table: one source for both.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use serde_json::{Map, Value, json};

use super::routes::{INTERFACE, ROUTES};

/// What the face itself may answer before the account is asked.
const FACE: [&str; 7] = ["400", "401", "403", "404", "405", "429", "503"];

/// OpenAPI 3.1, as text.
pub static OFFERED: LazyLock<String> = LazyLock::new(|| offered().map(|whole| whole.to_string()).unwrap_or_default());

fn offered() -> Option<Value> {
    let whole: Value = serde_json::from_str(INTERFACE).ok()?;
    let mut paths = Map::new();
    for row in ROUTES.iter().filter(|row| row.offered) {
        let mut operation = whole.pointer(&format!("/paths/{}/{}", row.path.replace('/', "~1"), row.method))?.clone();
        let object = operation.as_object_mut()?;
        object.insert("security".to_owned(), json!([{ "bearer": [] }]));
        object.remove("x-visitors");
        let responses = object.get_mut("responses")?.as_object_mut()?;
        for status in FACE {
            responses.entry(status).or_insert_with(|| json!({ "$ref": format!("#/components/responses/{status}") }));
        }
        let path = paths.entry(format!("/api{}", row.path)).or_insert_with(|| json!({}));
        path.as_object_mut()?.insert(row.method.to_owned(), operation);
    }
    let paths = Value::Object(paths);
    let components = reachable(&whole, &paths);
    Some(json!({
        "openapi": whole.get("openapi")?,
        "info": {
            "title": "Marketo Sales Insight gateway", "version": "1", "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
            "description": "What Marketo knows about the leads and contacts of a Salesforce org, and the account behind it. Every answer is \
                            JSON unless it says otherwise; times are milliseconds since the epoch; errors are problem documents (RFC 9457) \
                            with a stable `code`. What a caller may do is the account's to decide: panels and an org's own code see people, \
                            a member's personal token may do what the member may do.",
        },
        "servers": [{ "url": "/" }],
        "security": [{ "bearer": [] }],
        "paths": paths,
        "components": components,
    }))
}

// What is referred to, directly or through another.
fn reachable(whole: &Value, paths: &Value) -> Value {
    let mut found = BTreeSet::new();
    let mut waiting = vec![paths];
    while let Some(value) = waiting.pop() {
        match value {
            Value::Object(object) => {
                if let Some(target) = object.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'))
                    && found.insert(target.to_owned())
                {
                    waiting.extend(whole.pointer(target));
                }
                waiting.extend(object.values());
            }
            Value::Array(items) => waiting.extend(items),
            _ => {}
        }
    }
    // The face's own door, which it describes itself, refers to these.
    found.insert("/components/schemas/Problem".to_owned());
    let mut components = json!({ "securitySchemes": { "bearer": {
        "type": "http", "scheme": "bearer",
        "description": "A personal token that a member made on My Profile (`msi_…`), an access token from `/oauth/token` (RFC 7523), or the \
                        session token of a panel, which sees one record only.",
    } } });
    for target in found {
        let parts: Vec<&str> = target.trim_start_matches('/').split('/').collect();
        if let (["components", kind, name], Some(value)) = (parts.as_slice(), whole.pointer(&target))
            && let Some(components) = components.as_object_mut()
            && let Some(kind) = components.entry((*kind).to_owned()).or_insert_with(|| json!({})).as_object_mut()
        {
            kind.insert((*name).to_owned(), value.clone());
        }
    }
    components
}
