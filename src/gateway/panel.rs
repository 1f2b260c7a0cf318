//! The panel's fragments: rendered once from the account's JSON, kept as bytes, served for a few seconds.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::{Value, json};

use super::broker::Visitor;
use super::edge;
use super::face::Face;
use super::page::insights::{self, Choice};
use super::page::{DeskList, Language, Pages, PanelTab, State};
use super::reading;
use super::refusal;
use super::session;
use super::token::{Claims, Use};
use crate::clock;
use crate::problem::Problem;

/// Rows of a tab that are fetched at once.
const ROWS: u32 = 50;
/// Whose kinds of people the Best Bets may be narrowed to.
const KINDS: [&str; 2] = ["leads", "contacts"];
/// Longest cursor that is passed on, in bytes.
const LONGEST_CURSOR: usize = 200;

/// `GET /panel/person`: who the record's person is in Marketo.
pub async fn person(request: HttpRequest, face: Data<Face>) -> HttpResponse {
    serve(&request, &face, Part::Person).await
}

/// Stands in place of a record's object at the page of the global tab, where no record is open.
pub const DESK: &str = "Desk";

/// Whether a session is of the page of the global tab.
#[must_use]
pub fn is_desk(claims: &Claims) -> bool {
    claims.rec.is_none() && claims.obj.as_deref() == Some(DESK)
}

/// The tabs that the org's admin wants in their order, with commas between them, as the shell carries them.
#[must_use]
pub fn tab_order(wanted: &[String]) -> String {
    let known = |name: &&String| PanelTab::from_key(name).is_some();
    wanted.iter().filter(known).map(String::as_str).collect::<Vec<_>>().join(",")
}

/// Whether a panel shows this kind of record.
#[must_use]
pub fn shows(object: &str) -> bool {
    matches!(object, "Lead" | "Contact") || is_group(object)
}

// Records with several people behind them.
pub(super) fn is_group(object: &str) -> bool {
    matches!(object, "Account" | "Opportunity")
}

/// Whether a session's panel is about one person.
#[must_use]
pub fn is_of_one(claims: &Claims) -> bool {
    claims.rec.is_some() && !claims.obj.as_deref().is_some_and(is_group)
}

/// `GET /panel/tab/{tab}?cursor=&person=`: one page of one tab; `GET /panel/tab/insights?week=&kind=&around=&person=`: the dashboard.
pub async fn tab(request: HttpRequest, path: Path<String>, face: Data<Face>) -> HttpResponse {
    let part = if let Some(list) = DeskList::from_key(&path) {
        asked(&request, &["kinds", "cursor"]).and_then(|asked| {
            let kinds = asked
                .get("kinds")
                .filter(|kinds| !kinds.is_empty())
                .map(|kinds| KINDS.into_iter().find(|known| *known == kinds).ok_or_else(odd))
                .transpose()?;
            Ok(Part::Desk(list, kinds, cursor(&asked)?))
        })
    } else if *path == insights::KEY {
        asked(&request, &["week", "kind", "around", "person"]).and_then(|asked| {
            let choice = Choice::read(asked.get("week"), asked.get("kind"), asked.get("around")).ok_or_else(odd)?;
            Ok(Part::Insights(choice, person_of(&asked)?))
        })
    } else {
        let Some(tab) = PanelTab::from_key(&path) else { return refusal::document(&request, &Problem::not_found()) };
        asked(&request, &["cursor", "person"]).and_then(|asked| Ok(Part::Tab(tab, cursor(&asked)?, person_of(&asked)?)))
    };
    match part {
        Ok(part) => serve(&request, &face, part).await,
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
    edge::share(request, face, &claims.acc)?;
    if face.memory.get(&session::key(&claims.acc, &claims.jti)).await.is_none() {
        return Err(ended());
    }
    Ok(claims)
}

enum Part {
    Person,
    Insights(Choice, Option<String>),
    Tab(PanelTab, Option<String>, Option<String>),
    Desk(DeskList, Option<&'static str>, Option<String>),
}

impl Part {
    // Everything that tells one rendering from another; what comes from outside was checked or signed.
    fn key(&self, claims: &Claims) -> String {
        let (account, record) = (&claims.acc, claims.rec.as_deref().unwrap_or_default());
        let (language, zone) = (claims.lng.as_deref().unwrap_or_default(), claims.tz.as_deref().unwrap_or_default());
        match self {
            Self::Person => format!("msi:{{{account}}}:f:person:{record}:{language}:{zone}"),
            // A list of one's own people: kept for nobody else, and not at all, since the account says so.
            Self::Desk(list, kinds, cursor) => {
                let (kinds, cursor) = (kinds.unwrap_or_default(), cursor.as_deref().unwrap_or_default());
                format!("msi:{{{account}}}:f:{}:{}:{language}:{zone}:{kinds}:{cursor}", list.key(), claims.sub)
            }
            Self::Insights(choice, person) => {
                let person = person.as_deref().unwrap_or_default();
                format!("msi:{{{account}}}:f:{}:{record}:{language}:{zone}:{}:{person}", insights::KEY, choice.query())
            }
            Self::Tab(tab, cursor, person) => {
                let (cursor, person) = (cursor.as_deref().unwrap_or_default(), person.as_deref().unwrap_or_default());
                format!("msi:{{{account}}}:f:{}:{record}:{language}:{zone}:{cursor}:{person}", tab.key())
            }
        }
    }
}

/// Under which keys a rep's panel keeps what somebody's deed changes: the head, the dashboard as it opens, and the first page of
/// the deed's tab.
#[must_use]
pub fn keys_after(claims: &Claims, tab: Option<PanelTab>) -> Vec<String> {
    let tab = tab.map(|tab| Part::Tab(tab, None, None));
    let parts = [Part::Person, Part::Insights(insights::Choice::default(), None)].into_iter().chain(tab);
    parts.map(|part| part.key(claims)).collect()
}

/// The fields of an address, each of them one that the page knows.
struct Asked(Vec<(String, String)>);

impl Asked {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

fn asked(request: &HttpRequest, known: &[&str]) -> Result<Asked, Problem> {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(request.query_string().as_bytes()).into_owned().collect();
    if fields.iter().any(|(name, _)| !known.contains(&name.as_str())) {
        return Err(Problem::bad_request("request.unknown_field", "The address has a field that this page does not know."));
    }
    Ok(Asked(fields))
}

fn cursor(asked: &Asked) -> Result<Option<String>, Problem> {
    let plain = |value: &str| {
        value.len() <= LONGEST_CURSOR && value.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    };
    match asked.get("cursor") {
        Some(value) if !plain(value) => {
            Err(Problem::bad_request("page.cursor", "The cursor is not one of ours. Start from the first page."))
        }
        value => Ok(value.map(str::to_owned)),
    }
}

fn person_of(asked: &Asked) -> Result<Option<String>, Problem> {
    match asked.get("person") {
        Some(id) if !is_id(id) => Err(odd()),
        id => Ok(id.map(str::to_owned)),
    }
}

/// Whether a text can be an id of ours.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == 32 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

fn odd() -> Problem {
    Problem::bad_request("request.invalid", "The address names something that this page does not have.")
}

async fn serve(request: &HttpRequest, face: &Face, part: Part) -> HttpResponse {
    let pages = &face.house.pages;
    let claims = match reading::bearer(request).and_then(|token| face.house.tokens.check(token)) {
        Ok(claims) if claims.aud == Use::Panel => claims,
        Ok(_) => return refusal::fragment(request, pages, Language::default(), &wrong_type()),
        Err(problem) => return refusal::fragment(request, pages, Language::default(), &problem),
    };
    if let Err(problem) = edge::share(request, face, &claims.acc) {
        return refusal::fragment(request, pages, language(&claims), &problem);
    }
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
    let looking = Looking { face, claims, visitor: visitor(claims), request_id };
    let drawn = if is_desk(claims) {
        looking.desk(part).await?
    } else if claims.obj.as_deref().is_some_and(is_group) {
        looking.group(part).await?
    } else {
        looking.person(part).await?
    };
    let seconds = u64::from(face.house.settings.gateway.fragment_seconds).min(drawn.1);
    if seconds > 0 {
        face.memory.put(key, drawn.0.clone(), seconds).await;
    }
    Ok(drawn.0)
}

/// A fragment on its way: for whom, and how the account is asked.
struct Looking<'a> {
    face: &'a Face,
    claims: &'a Claims,
    visitor: Visitor,
    request_id: &'a str,
}

impl Looking<'_> {
    async fn ask(&self, path: &str) -> Result<(Value, u64), Problem> {
        let answer = self.face.house.broker.get(path, &self.visitor, self.request_id).await?;
        Ok((serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?, answer.max_age))
    }

    fn state(&self, state: &State<'_>) -> (Bytes, u64) {
        (self.face.house.pages.state_fragment(language(self.claims), state, None), 0)
    }

    fn zone(&self) -> &str {
        self.claims.tz.as_deref().unwrap_or("UTC")
    }

    fn record(&self) -> &str {
        self.claims.rec.as_deref().unwrap_or_default()
    }

    async fn desk(&self, part: &Part) -> Result<(Bytes, u64), Problem> {
        let Part::Desk(list, kinds, cursor) = part else { return Err(Problem::not_found()) };
        let path = match list {
            DeskList::BestBets => kinds.map_or("/v1/best-bets".to_owned(), |kinds| format!("/v1/best-bets?kinds={kinds}")),
            DeskList::WatchList => "/v1/watch-list".to_owned(),
            DeskList::MyEmails => cursor.as_ref().map_or("/v1/my-emails".to_owned(), |cursor| format!("/v1/my-emails?cursor={cursor}")),
        };
        let (rows, max_age) = match self.ask(&path).await {
            // Whoever is no member sent nothing.
            Err(problem) if problem.code == "acting.not_a_member" => (json!({ "items": [], "next_cursor": null }), 0),
            rows => rows?,
        };
        let org = self.face.house.broker.org(&self.claims.org, self.request_id).await?;
        let (pages, lang) = (&self.face.house.pages, language(self.claims));
        Ok((pages.desk_fragment(lang, self.zone(), clock::now_ms(), *list, *kinds, &rows, &org.instance_url), max_age))
    }

    async fn person(&self, part: &Part) -> Result<(Bytes, u64), Problem> {
        let (answer, max_age) = self.ask(&format!("/v1/people?sfdc_id={}", self.record())).await?;
        let Some(person) = answer.pointer("/people/0") else {
            let looking = answer.get("arrival").and_then(Value::as_str) == Some("looking");
            return Ok(self.state(if looking { &State::NotYetInMarketo } else { &State::NotInMarketo }));
        };
        if matches!(part, Part::Person) {
            let (pages, lang) = (&self.face.house.pages, language(self.claims));
            return Ok((pages.person_fragment(lang, self.zone(), clock::now_ms(), person), max_age));
        }
        let id = person.get("id").and_then(Value::as_str).unwrap_or_default();
        self.told(part, &format!("/v1/people/{id}")).await
    }

    async fn group(&self, part: &Part) -> Result<(Bytes, u64), Problem> {
        let path = format!("/v1/records/{}", self.record());
        if !matches!(part, Part::Person) {
            return self.told(part, &path).await;
        }
        let (head, max_age) = self.ask(&path).await?;
        if head.get("people").and_then(Value::as_array).is_none_or(Vec::is_empty) {
            let incomplete = head.get("incomplete") == Some(&Value::Bool(true));
            return Ok(self.state(match head.get("object").and_then(Value::as_str) {
                Some("Account") => &State::NobodyOfAccount,
                _ if incomplete => &State::RolesUnknown,
                _ => &State::NobodyOfOpportunity,
            }));
        }
        let org = self.face.house.broker.org(&self.claims.org, self.request_id).await?;
        let (pages, lang) = (&self.face.house.pages, language(self.claims));
        Ok((pages.record_fragment(lang, self.zone(), clock::now_ms(), &head, &org.instance_url), max_age))
    }

    // A tab or the dashboard, of a person or of a record's people.
    async fn told(&self, part: &Part, of: &str) -> Result<(Bytes, u64), Problem> {
        let (pages, lang, now) = (&self.face.house.pages, language(self.claims), clock::now_ms());
        let only = |person: &Option<String>| person.as_ref().map(|id| format!("&person={id}")).unwrap_or_default();
        match part {
            Part::Person | Part::Desk(..) => Err(Problem::not_found()),
            Part::Insights(choice, person) => {
                let zone: String = url::form_urlencoded::byte_serialize(Pages::zone(self.zone()).as_bytes()).collect();
                let (insights, max_age) = self.ask(&format!("{of}/insights?zone={zone}&{}{}", choice.query(), only(person))).await?;
                Ok((pages.insights_fragment(lang, self.zone(), now, &insights), max_age))
            }
            Part::Tab(tab, cursor, person) => {
                let cursor = cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
                let path = format!("{of}/timeline?tab={}&limit={ROWS}{cursor}{}", tab.key(), only(person));
                let (rows, max_age) = self.ask(&path).await?;
                Ok((pages.tab_fragment(lang, self.zone(), now, *tab, &rows), max_age))
            }
        }
    }
}

fn language(claims: &Claims) -> Language {
    Language::from_salesforce(claims.lng.as_deref().unwrap_or_default())
}

/// The visitor behind a token of ours.
#[must_use]
pub fn visitor(claims: &Claims) -> Visitor {
    Visitor {
        kind: match claims.aud {
            Use::Panel if is_desk(claims) => "desk",
            Use::Panel => "rep",
            Use::Api => "package",
        }
        .to_owned(),
        account: Some(claims.acc.clone()),
        org: Some(claims.org.clone()),
        user: Some(claims.sub.clone()),
        object: claims.obj.clone().filter(|_| !is_desk(claims)),
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
