//! A page is read: ask the account what the row says, fill the template.

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use futures_util::future::join_all;
use serde_json::{Map, Value, json};

use super::super::broker::Verb;
use super::super::cookie;
use super::super::edge;
use super::super::face::Face;
use super::super::origin;
use super::super::page::Language;
use super::super::refusal;
use super::caller::{self, Caller};
use super::flash::Flash;
use super::form::filled;
use super::row::{Ask, Page, Who};
use super::shape;
use crate::clock;
use crate::problem::Problem;

/// Longest query field that is passed on, in bytes.
const LONGEST: usize = 300;

/// `GET` of a page.
pub async fn show(page: &'static Page, request: HttpRequest, face: Data<Face>) -> HttpResponse {
    match shown(page, &request, &face).await {
        Ok(answer) => answer,
        Err(problem) => refuse(&request, &face, &problem).await,
    }
}

async fn shown(page: &'static Page, request: &HttpRequest, face: &Face) -> Result<HttpResponse, Problem> {
    let caller = Caller::read(request, face, page.who).await?;
    let flash = Flash::take(&face.memory, &caller.browser).await;
    render(page, request, face, &caller, flash, None).await
}

/// The page, with what is to be said once and the answer of an act that shows it.
///
/// # Errors
/// What keeps the page from being shown.
pub async fn render(
    page: &'static Page,
    request: &HttpRequest,
    face: &Face,
    caller: &Caller,
    flash: Option<Flash>,
    answer: Option<Value>,
) -> Result<HttpResponse, Problem> {
    let query = query(request)?;
    let (me, answers) =
        futures_util::join!(me(face, caller, page.who), join_all(page.asks.iter().map(|ask| asked(ask, request, face, caller, &query))));
    let me = me?;
    // A member chose a language; a Marketo admin only has the browser's.
    let own = me.get("language").and_then(Value::as_str).filter(|tag| !tag.is_empty() && caller.visitor.kind.as_str() == "member");
    let language = own.map_or(caller.language, Language::from_salesforce);
    let pages = &face.house.pages;
    let mut data = Map::new();
    let mut problems = Map::new();
    let mut more = Map::new();
    for (ask, answer) in page.asks.iter().zip(answers) {
        let (value, problem) = match answer {
            Ok(value) => (value, Value::Null),
            Err(problem) if ask.needed || problem.status == 401 => return Err(problem),
            Err(problem) => (Value::Null, pages.problem_view(language, &problem.with_request_id(&caller.request_id))),
        };
        more.insert(ask.name.to_owned(), next(&value, ask, &query));
        data.insert(ask.name.to_owned(), value);
        problems.insert(ask.name.to_owned(), problem);
    }
    let return_to = value(&query, "return_to").filter(|path| origin::is_own_page(path));
    let fields =
        page.asks.iter().flat_map(|ask| ask.query).map(|name| ((*name).to_owned(), json!(value(&query, name).unwrap_or_default())));
    let filtered = page.asks.iter().flat_map(|ask| ask.query).any(|name| *name != "cursor" && value(&query, name).is_some());
    let flash = flash.map(|flash| {
        let problem = flash.problem.map(|problem| pages.problem_view(language, &problem));
        json!({ "said": flash.said, "problem": problem, "fields": flash.fields, "answer": flash.answer })
    });
    let zone = me.get("time_zone").and_then(Value::as_str).filter(|zone| !zone.is_empty()).unwrap_or("UTC").to_owned();
    let mut context = json!({
        "zone": zone,
        "page": page.name,
        "menu": page.menu,
        "here": request.path(),
        "title": format!("title-{}", page.name),
        "me": me,
        "query": fields.chain([("return_to".to_owned(), json!(return_to))]).collect::<Map<_, _>>(),
        "filtered": filtered,
        "flash": flash,
        "problems": problems,
        "more": more,
        "answer": answer,
        "public_url": face.house.settings.gateway.public_url.trim_end_matches('/'),
    });
    shape::shape(page.name, &mut data);
    let parts = request.match_info().iter().map(|(name, value)| (name.to_owned(), json!(value))).collect::<Map<_, _>>();
    join(&mut context, [("data", Value::Object(data)), ("part", Value::Object(parts))]);
    join(&mut context, shared(face, request, caller, language));
    let bytes = pages.desk_page(language, page.template, context);
    let mut response = dressed(face, HttpResponse::Ok()).body(bytes);
    caller.equip(&mut response, &face.house.settings.gateway.public_url)?;
    Ok(response)
}

fn join<'a>(context: &mut Value, more: impl IntoIterator<Item = (&'a str, Value)>) {
    if let Some(context) = context.as_object_mut() {
        context.extend(more.into_iter().map(|(name, value)| (name.to_owned(), value)));
    }
}

// What every template finds at its root.
fn shared(face: &Face, request: &HttpRequest, caller: &Caller, language: Language) -> Vec<(&'static str, Value)> {
    let languages: Vec<Value> = Language::ALL
        .iter()
        .map(|known| {
            let href = format!("{}?language={}", request.path(), known.tag());
            json!({ "tag": known.tag(), "name": known.own_name(), "current": *known == language, "href": href })
        })
        .collect();
    vec![
        ("now", json!(clock::now_ms())),
        ("csrf", json!(face.house.form_tokens.of(&caller.browser))),
        ("once", json!(clock::new_id())),
        ("languages", json!(languages)),
        ("reading", json!(language.tag())),
    ]
}

async fn me(face: &Face, caller: &Caller, who: Who) -> Result<Value, Problem> {
    if who == Who::Anyone {
        return Ok(Value::Null);
    }
    let answer = face.house.broker.send(caller.letter(Verb::Get, "/v1/me")).await?;
    let mut me: Value = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
    let kind = caller.visitor.kind.as_str();
    let admin = kind == "member" && me.get("role").and_then(Value::as_str) == Some("admin");
    join(&mut me, [("kind", json!(kind)), ("admin", json!(admin)), ("member", json!(kind == "member"))]);
    Ok(me)
}

async fn asked(ask: &Ask, request: &HttpRequest, face: &Face, caller: &Caller, query: &[(String, String)]) -> Result<Value, Problem> {
    let mut address = filled(ask.call, request)?;
    let passed = query.iter().filter(|(name, text)| ask.query.contains(&name.as_str()) && !text.is_empty());
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(passed).finish();
    if !text.is_empty() {
        address.push(if address.contains('?') { '&' } else { '?' });
        address.push_str(&text);
    }
    let answer = face.house.broker.send(caller.letter(Verb::Get, &address)).await?;
    serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())
}

// Fields that no ask of the page knows are let pass: links from e-mails carry marks of their own.
fn query(request: &HttpRequest) -> Result<Vec<(String, String)>, Problem> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    if pairs.iter().any(|(name, value)| name.len() + value.len() > LONGEST) {
        return Err(Problem::bad_request("request.too_long", "The address has a field that is too long."));
    }
    Ok(pairs)
}

fn value<'a>(query: &'a [(String, String)], name: &str) -> Option<&'a str> {
    query.iter().find(|(found, text)| found == name && !text.is_empty()).map(|(_, text)| text.as_str())
}

// The address of the next page of a list: the same fields, with the cursor.
fn next(answer: &Value, ask: &Ask, query: &[(String, String)]) -> Value {
    let Some(cursor) = answer.get("next_cursor").and_then(Value::as_str) else { return Value::Null };
    let kept = query.iter().filter(|(name, _)| name != "cursor" && ask.query.contains(&name.as_str()));
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).append_pair("cursor", cursor).finish();
    Value::String(format!("?{text}"))
}

/// The headers that every settings page has. A referrer within the site lets browsers name the origin of a form.
pub fn dressed(face: &Face, mut answer: actix_web::HttpResponseBuilder) -> actix_web::HttpResponseBuilder {
    answer
        .insert_header((header::CONTENT_TYPE, "text/html; charset=utf-8"))
        .insert_header((header::CONTENT_SECURITY_POLICY, face.house.settings_policy.as_str()))
        .insert_header((header::X_FRAME_OPTIONS, "DENY"))
        .insert_header((header::REFERRER_POLICY, "same-origin"));
    answer
}

/// A redirection after a form, or to a page that has to come first.
#[must_use]
pub fn go(face: &Face, to: &str) -> HttpResponse {
    dressed(face, HttpResponse::SeeOther()).insert_header((header::LOCATION, to)).finish()
}

/// A refusal as a page of the settings; who is not signed in at all is led to where one can be.
pub async fn refuse(request: &HttpRequest, face: &Face, problem: &Problem) -> HttpResponse {
    if !refusal::wants_html(request) {
        return refusal::document(request, problem);
    }
    let path = request.path();
    let door = if path.starts_with("/admin/marketo") { "/admin/marketo" } else { "/sign-in" };
    if problem.code == "session.missing" {
        return go(face, &door_with_return(door, path));
    }
    if problem.code == "session.revoked"
        && let Ok(cookie::Presented::Id(id)) = cookie::presented(request, &face.house.settings.gateway.public_url)
    {
        cookie::end(&face.memory, &id).await;
    }
    refusal::note(request, problem);
    let (language, _) = caller::language(request);
    let problem = problem.clone().with_request_id(&edge::request_id(request));
    let mut context = json!({
        "title": "title-refused",
        "problem": face.house.pages.problem_view(language, &problem),
        "sign_in": (problem.status == 401).then(|| door_with_return(door, path)),
        "flash": null,
        "languages": [],
        "now": clock::now_ms(),
    });
    join(&mut context, [("me", Value::Null)]);
    let bytes = face.house.pages.desk_page(language, "refused", context);
    let mut answer = dressed(face, HttpResponse::build(problem.status_code()));
    refusal::retry_after(&mut answer, &problem);
    answer.body(bytes)
}

fn door_with_return(door: &str, path: &str) -> String {
    let back = origin::is_own_page(path) && door == "/sign-in";
    if back { format!("{door}?return_to={path}") } else { door.to_owned() }
}

/// The policy of the settings pages; forms may lead on to Salesforce's own pages, where connecting happens.
#[must_use]
pub fn policy(extra_hosts: &[String]) -> String {
    use std::fmt::Write as _;
    let mut policy = String::from(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'none'; \
         form-action 'self' https://login.salesforce.com https://test.salesforce.com https://*.my.salesforce.com",
    );
    let plain = |host: &&String| !host.is_empty() && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-:[]".contains(&byte));
    for host in extra_hosts.iter().filter(plain) {
        // Writing to a String can't fail.
        let _ = write!(policy, " https://{host} http://{host}");
    }
    policy
}
