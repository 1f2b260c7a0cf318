//! Whom a mail to many is for, a page at a time: what the page needs to stay where somebody is choosing.

use serde_json::{Map, Value, json};

/// From so many people on they are searched and ticked rather than read.
const MANY: i64 = 20;

/// Adds to the answer under `people` what its template can't work out by itself.
pub fn draw(data: &mut Map<String, Value>) {
    let Some(people) = data.get_mut("people").and_then(Value::as_object_mut) else { return };
    let number = |people: &Map<String, Value>, name: &str| people.get(name).and_then(Value::as_i64);
    let search = people.get("search").and_then(Value::as_str).unwrap_or_default().to_owned();
    let address = |page: Option<i64>| {
        let mut text = url::form_urlencoded::Serializer::new(String::new());
        if !search.is_empty() {
            text.append_pair("search", &search);
        }
        page.filter(|page| *page > 1 || !search.is_empty()).map(|page| text.append_pair("page", &page.to_string()));
        let text = text.finish();
        if text.is_empty() { String::new() } else { format!("?{text}") }
    };
    let (total, pages) = (number(people, "total").unwrap_or_default(), number(people, "pages").unwrap_or(1));
    let (before, after) = (number(people, "before"), number(people, "after"));
    // A link to nothing would lead here again, so that the first page has an address, too.
    let link = |page: Option<i64>| page.map(|page| if page == 1 && search.is_empty() { "?page=1".to_owned() } else { address(Some(page)) });
    let drawn = [
        ("many", json!(total > MANY)),
        ("crowded", json!(total > number(people, "most").unwrap_or(i64::MAX))),
        ("several", json!(pages > 1)),
        ("here", json!(address(number(people, "page")))),
        ("before", json!(link(before))),
        ("after", json!(link(after))),
    ];
    people.extend(drawn.map(|(name, value)| (name.to_owned(), value)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(page: i64, pages: i64, search: &str) -> Value {
        let before = (page > 1).then(|| page - 1);
        let after = (page < pages).then(|| page + 1);
        let people = json!({"total": 300, "most": 200, "page": page, "pages": pages, "before": before, "after": after, "search": search});
        let mut data = Map::from_iter([("people".to_owned(), people)]);
        draw(&mut data);
        data.remove("people").unwrap()
    }

    #[test]
    fn pages_lead_on_with_what_was_searched() {
        let first = drawn(1, 6, "");
        assert_eq!((&first["here"], &first["before"], &first["after"]), (&json!(""), &Value::Null, &json!("?page=2")));
        let second = drawn(2, 2, "a & b");
        assert_eq!((&second["here"], &second["before"]), (&json!("?search=a+%26+b&page=2"), &json!("?search=a+%26+b&page=1")));
        assert_eq!(drawn(2, 3, "")["before"], "?page=1");
        assert_eq!((&first["many"], &first["crowded"], &first["several"]), (&json!(true), &json!(true), &json!(true)));
    }
}
