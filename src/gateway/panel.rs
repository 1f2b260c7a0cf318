//! The panel's fragments: rendered once from the account's JSON, kept as bytes, served for a few seconds.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Value, json};

use super::admin;
use super::broker::{Letter, Verb, Visitor};
use super::edge;
use super::face::Face;
use super::pace::LINKS;
use super::page::insights::{self, Choice};
use super::page::{Language, Pages, PanelTab, State};
use super::reading;
use super::refusal;
use super::session;
use super::token::{Claims, Use};
use crate::clock;
use crate::problem::Problem;

/// Rows of a tab that are fetched at once.
const ROWS: u32 = 50;
/// Bytes of a choice of people.
const LONGEST_CHOICE: usize = 16 * 1024;
/// Longest cursor that is passed on, in bytes.
const LONGEST_CURSOR: usize = 200;

/// `GET /panel/person`: who the record's person is in Marketo.
pub async fn person(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    serve(&request, &face, Part::Person).await
}

/// `GET /panel/tab/{tab}?cursor=`: one page of one tab; `GET /panel/tab/insights?week=&kind=`: the dashboard.
pub async fn tab(request: HttpRequest, path: Path<String>, face: Data<Face>) -> HttpResponse {
    if *path == insights::KEY {
        return match choice(&request) {
            Ok(choice) => serve(&request, &face, Part::Insights(choice)).await,
            Err(problem) => refusal::fragment(&request, &face.house.pages, Language::default(), &problem),
        };
    }
    let Some(tab) = PanelTab::from_key(&path) else { return refusal::document(&request, &Problem::not_found()) };
    match cursor(&request) {
        Ok(cursor) => serve(&request, &face, Part::Tab(tab, cursor)).await,
        Err(problem) => refusal::fragment(&request, &face.house.pages, Language::default(), &problem),
    }
}

/// The claims of a panel whose session still lives.
///
/// # Errors
/// 400 or 401 for the token.
pub async fn session_of(request: &HttpRequest, face: &Face) -> Result<Claims, Problem> {
    let claims = face.house.tokens.check(reading::bearer(request)?)?;
    if claims.aud != Use::Panel {
        return Err(wrong_type());
    }
    if face.memory.get(&session::key(&claims.acc, &claims.jti)).await.is_none() {
        return Err(ended());
    }
    Ok(claims)
}

/// `POST /panel/settings`: where the settings open, signed in, for the member at this panel.
pub async fn settings(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    let href = async {
        let claims = session_of(&request, &face).await?;
        entrance(&request, &face, &claims, None).await
    };
    answered(&request, href.await)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    /// Ids of leads or contacts of the panel's record; none: all of them.
    #[serde(default)]
    sfdc_ids: Vec<String>,
}

/// `POST /panel/circular`: begins a mail to people of the panel's record, and says where it is written.
pub async fn circular(request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    let href = async {
        let claims = session_of(&request, &face).await?;
        let body = reading::json(&request, payload, LONGEST_CHOICE).await?;
        let chosen: Chosen = serde_json::from_slice(&body)
            .map_err(|_| Problem::bad_request("request.invalid", "The body must be an object with sfdc_ids."))?;
        let record = claims.rec.as_deref().unwrap_or_default();
        let mut wanted = match (chosen.sfdc_ids.is_empty(), claims.obj.as_deref()) {
            (true, Some("Account")) => json!({ "account_id": record }),
            (true, Some("Opportunity")) => json!({ "opportunity_id": record }),
            (true, _) => json!({ "sfdc_ids": [record] }),
            (false, _) => json!({ "sfdc_ids": chosen.sfdc_ids }),
        };
        if let (Some(zone), Some(wanted)) = (claims.tz.as_deref(), wanted.as_object_mut()) {
            wanted.insert("time_zone".to_owned(), json!(Pages::zone(zone)));
        }
        let (visitor, request_id) = (visitor(&claims), edge::request_id(&request));
        let letter = Letter {
            verb: Verb::Post,
            path: "/v1/circulars",
            visitor: &visitor,
            request_id: &request_id,
            body: Some(&wanted),
            once: None,
            from: None,
        };
        let made: Value = serde_json::from_slice(&face.house.broker.send(letter).await?.body).map_err(|_| Problem::internal())?;
        let id = made.get("id").and_then(Value::as_str).ok_or_else(Problem::internal)?;
        entrance(&request, &face, &claims, Some(&format!("/admin/circulars/{id}"))).await
    };
    answered(&request, href.await)
}

// Where the settings open, signed in, and on which page.
async fn entrance(request: &HttpRequest, face: &Face, claims: &Claims, page: Option<&str>) -> Result<String, Problem> {
    // Once a panel was opened many times over, somebody plays with it.
    LINKS.admit_one(face, &claims.jti).await?;
    let (visitor, request_id, from) = (visitor(claims), edge::request_id(request), admin::address(request, face));
    let letter = Letter {
        verb: Verb::Post,
        path: "/v1/entrances",
        visitor: &visitor,
        request_id: &request_id,
        body: None,
        once: None,
        from: from.as_deref(),
    };
    let answer: Value = serde_json::from_slice(&face.house.broker.send(letter).await?.body).map_err(|_| Problem::internal())?;
    let token = answer.get("token").and_then(Value::as_str).ok_or_else(Problem::internal)?;
    // Behind the `#` it reaches no server and no log.
    let page = page.map(|page| format!("?return_to={page}")).unwrap_or_default();
    Ok(format!("{}/sign-in/enter{page}#{token}", face.house.settings.gateway.public_url.trim_end_matches('/')))
}

fn answered(request: &HttpRequest, href: Result<String, Problem>) -> HttpResponse {
    match href {
        Ok(href) => HttpResponse::Ok().json(json!({ "href": href })),
        Err(problem) => refusal::document(request, &problem),
    }
}

enum Part {
    Person,
    Insights(Choice),
    Tab(PanelTab, Option<String>),
}

impl Part {
    // Everything that tells one rendering from another; what comes from outside was checked or signed.
    fn key(&self, claims: &Claims) -> String {
        let (account, record) = (&claims.acc, claims.rec.as_deref().unwrap_or_default());
        let (language, zone) = (claims.lng.as_deref().unwrap_or_default(), claims.tz.as_deref().unwrap_or_default());
        match self {
            Self::Person => format!("msi:{{{account}}}:f:person:{record}:{language}:{zone}"),
            Self::Insights(choice) => format!("msi:{{{account}}}:f:{}:{record}:{language}:{zone}:{}", insights::KEY, choice.query()),
            Self::Tab(tab, cursor) => {
                format!("msi:{{{account}}}:f:{}:{record}:{language}:{zone}:{}", tab.key(), cursor.as_deref().unwrap_or_default())
            }
        }
    }
}

/// Under which key the first page of a tab is kept for a rep.
#[must_use]
pub fn key_of_tab(claims: &Claims, tab: PanelTab) -> String {
    Part::Tab(tab, None).key(claims)
}

fn cursor(request: &HttpRequest) -> Result<Option<String>, Problem> {
    let mut found = None;
    for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
        let plain = value.len() <= LONGEST_CURSOR && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'));
        match (&*name, plain) {
            ("cursor", true) => found = Some(value.into_owned()),
            ("cursor", false) => {
                return Err(Problem::bad_request("page.cursor", "The cursor is not one of ours. Start from the first page."));
            }
            _ => return Err(Problem::bad_request("request.unknown_field", "The address has a field that this page does not know.")),
        }
    }
    Ok(found)
}

fn choice(request: &HttpRequest) -> Result<Choice, Problem> {
    let (mut week, mut kind) = (None, None);
    for (name, value) in url::form_urlencoded::parse(request.query_string().as_bytes()) {
        match &*name {
            "week" => week = Some(value.into_owned()),
            "kind" => kind = Some(value.into_owned()),
            _ => return Err(Problem::bad_request("request.unknown_field", "The address has a field that this page does not know.")),
        }
    }
    Choice::read(week.as_deref(), kind.as_deref())
        .ok_or_else(|| Problem::bad_request("request.invalid", "The address names a week or a kind that this page does not have."))
}

async fn serve(request: &HttpRequest, face: &Face, part: Part) -> HttpResponse {
    let pages = &face.house.pages;
    let claims = match reading::bearer(request).and_then(|token| face.house.tokens.check(token)) {
        Ok(claims) if claims.aud == Use::Panel => claims,
        Ok(_) => return refusal::fragment(request, pages, Language::default(), &wrong_type()),
        Err(problem) => return refusal::fragment(request, pages, Language::default(), &problem),
    };
    let key = part.key(&claims);
    let (session, kept) = face.memory.pair(&session::key(&claims.acc, &claims.jti), &key).await;
    if session.is_none() {
        return refusal::fragment(request, pages, language(&claims), &ended());
    }
    let fragment = match kept {
        Some(fragment) => {
            metrics::counter!("fragments_total", "from" => "cache").increment(1);
            Ok(fragment)
        }
        None => render(face, &part, &key, &claims, &edge::request_id(request)).await,
    };
    match fragment {
        Ok(fragment) => HttpResponse::Ok().insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8")).body(fragment),
        Err(problem) => refusal::fragment(request, pages, language(&claims), &problem),
    }
}

async fn render(face: &Face, part: &Part, key: &str, claims: &Claims, request_id: &str) -> Result<Bytes, Problem> {
    metrics::counter!("fragments_total", "from" => "account").increment(1);
    let house = &face.house;
    let language = language(claims);
    let zone = claims.tz.as_deref().unwrap_or("UTC");
    let visitor = visitor(claims);
    let record = claims.rec.as_deref().unwrap_or_default();
    let found = house.broker.get(&format!("/v1/people?sfdc_id={record}"), &visitor, request_id).await?;
    let answer: Value = serde_json::from_slice(&found.body).map_err(|_| Problem::internal())?;
    let Some(person) = answer.pointer("/people/0") else {
        let state =
            if answer.get("arrival").and_then(Value::as_str) == Some("looking") { State::NotYetInMarketo } else { State::NotInMarketo };
        return Ok(house.pages.state_fragment(language, &state, None));
    };
    let (rendered, max_age) = match part {
        Part::Person => (house.pages.person_fragment(language, zone, clock::now_ms(), person), found.max_age),
        Part::Insights(choice) => {
            let id = person.get("id").and_then(Value::as_str).unwrap_or_default();
            let zone_field: String = url::form_urlencoded::byte_serialize(Pages::zone(zone).as_bytes()).collect();
            let path = format!("/v1/people/{id}/insights?zone={zone_field}&{}", choice.query());
            let answer = house.broker.get(&path, &visitor, request_id).await?;
            let insights: Value = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
            (house.pages.insights_fragment(language, zone, clock::now_ms(), &insights), answer.max_age)
        }
        Part::Tab(tab, cursor) => {
            let id = person.get("id").and_then(Value::as_str).unwrap_or_default();
            let mut path = format!("/v1/people/{id}/timeline?tab={}&limit={ROWS}", tab.key());
            if let Some(cursor) = cursor {
                path.push_str("&cursor=");
                path.push_str(cursor);
            }
            let timeline = house.broker.get(&path, &visitor, request_id).await?;
            let rows: Value = serde_json::from_slice(&timeline.body).map_err(|_| Problem::internal())?;
            (house.pages.tab_fragment(language, zone, clock::now_ms(), *tab, &rows), timeline.max_age)
        }
    };
    let seconds = u64::from(house.settings.gateway.fragment_seconds).min(max_age);
    if seconds > 0 {
        face.memory.put(key, rendered.clone(), seconds).await;
    }
    Ok(rendered)
}

fn language(claims: &Claims) -> Language {
    Language::from_salesforce(claims.lng.as_deref().unwrap_or_default())
}

/// The visitor behind a token of ours.
#[must_use]
pub fn visitor(claims: &Claims) -> Visitor {
    Visitor {
        kind: if claims.aud == Use::Panel { "rep" } else { "package" }.to_owned(),
        account: Some(claims.acc.clone()),
        org: Some(claims.org.clone()),
        user: Some(claims.sub.clone()),
        object: claims.obj.clone(),
        record: claims.rec.clone(),
        ..Visitor::default()
    }
}

/// The session behind a good token is gone.
#[must_use]
pub fn ended() -> Problem {
    Problem::unauthorized("session.expired", "The panel's session has ended. Reload the panel.")
}

fn wrong_type() -> Problem {
    Problem::unauthorized("token.wrong_type", "This token opens the API, not a panel.")
}
