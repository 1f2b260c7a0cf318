//! A form is sent: from a page of ours, by this browser, with the fields of its row; then one call of the
//! account, and on to a page that says what happened.

use actix_web::http::header;
use actix_web::web::{Data, Payload};
use actix_web::{HttpRequest, HttpResponse};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::broker::{Answer, Letter, Verb};
use super::super::cookie::{self, SignedIn};
use super::super::face::Face;
use super::super::origin;
use super::super::reading;
use super::super::refusal;
use super::caller::Caller;
use super::flash::Flash;
use super::form::{self, Form, filled};
use super::row::{Act, ONCE, Page, TOKEN, Then, Who};
use super::show;
use crate::problem::Problem;

/// Where a member lands after signing in.
pub const HOME: &str = "/admin";

/// A form that was let in.
pub struct Sent {
    pub caller: Caller,
    pub form: Form,
}

/// `POST` of a form.
pub async fn perform(page: &'static Page, act: &'static Act, request: HttpRequest, payload: Payload, face: Data<Face>) -> HttpResponse {
    match performed(page, act, &request, payload, &face).await {
        Ok(answer) => answer,
        Err(problem) => show::refuse(&request, &face, &problem).await,
    }
}

/// Lets a form in: the origin first, then the session, then the token that ties the form to the browser.
///
/// # Errors
/// `csrf.rejected`, `session.*`, or what is wrong with the body.
pub async fn admit(request: &HttpRequest, payload: Payload, face: &Face, who: Who, largest: usize) -> Result<Sent, Problem> {
    origin::check(request, &face.house.settings.gateway.public_url)?;
    let caller = Caller::read(request, face, who).await?;
    let form = Form::parse(&reading::form(request, payload, largest).await?);
    let token = form.one(TOKEN)?.ok_or_else(origin::rejected)?;
    face.house.form_tokens.check(&caller.browser, token)?;
    Ok(Sent { caller, form })
}

async fn performed(
    page: &'static Page,
    act: &'static Act,
    request: &HttpRequest,
    payload: Payload,
    face: &Face,
) -> Result<HttpResponse, Problem> {
    let largest = if act.fields.iter().any(|field| field.name == "html") { form::LARGEST_MAIL } else { form::LARGEST };
    let Sent { caller, form } = admit(request, payload, face, page.who, largest).await?;
    form.only(act.fields)?;
    if let Some((pace, subject)) = act.pace {
        let subject = subject.map(|name| form.one(name)).transpose()?.flatten();
        pace.admit(face, caller.from.as_deref(), subject).await?;
    }
    let back = at_its_place(page, filled(page.path, request)?, request);
    match call(act, request, face, &caller, &form).await {
        Ok(answer) => succeed(page, act, request, face, &caller, &answer).await,
        Err(problem) if must_refuse(&problem) => Err(problem),
        Err(problem) if !refusal::wants_html(request) => Err(problem),
        Err(problem) => {
            refusal::note(request, &problem);
            let problem = problem.with_request_id(&caller.request_id);
            Flash::failed(problem, form.entered(act.fields)).keep(&face.memory, &caller.browser).await;
            Ok(show::go(face, &back))
        }
    }
}

async fn call(act: &Act, request: &HttpRequest, face: &Face, caller: &Caller, form: &Form) -> Result<Answer, Problem> {
    let body = form.body(act, request, caller.language)?;
    let address = filled(act.call, request)?;
    let once = form.one(ONCE)?.filter(|once| once.len() == 32 && once.bytes().all(|byte| byte.is_ascii_hexdigit()));
    let body = (act.verb != Verb::Delete).then_some(&body);
    face.house.broker.send(Letter { body, once, ..caller.letter(act.verb, &address) }).await
}

// Whoever searched or turned pages comes back to where they were: the form's address carries it, as far as the page knows it.
fn at_its_place(page: &Page, address: String, request: &HttpRequest) -> String {
    let known = |name: &str| name != "cursor" && page.asks.iter().any(|ask| ask.query.contains(&name));
    let kept = url::form_urlencoded::parse(request.query_string().as_bytes()).filter(|(name, _)| known(name));
    let text = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    if text.is_empty() { address } else { format!("{address}?{text}") }
}

// A page would only be refused again.
fn must_refuse(problem: &Problem) -> bool {
    problem.status == 401 && problem.code.starts_with("session.") || problem.code == "auth.forbidden"
}

async fn succeed(
    page: &'static Page,
    act: &'static Act,
    request: &HttpRequest,
    face: &Face,
    caller: &Caller,
    answer: &Answer,
) -> Result<HttpResponse, Problem> {
    match act.then {
        // A script that keeps what is being written has nobody to tell.
        Then::To(_) if wants_nothing_shown(request) => Ok(HttpResponse::NoContent().finish()),
        Then::Made(to) => {
            #[derive(Deserialize)]
            struct Made {
                id: String,
            }
            let made: Made = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
            if !made.id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
                return Err(Problem::internal());
            }
            if !act.said.is_empty() {
                Flash::done(act.said, &[]).keep(&face.memory, &caller.browser).await;
            }
            Ok(show::go(face, &to.replace("{id}", &made.id)))
        }
        Then::To(to) => {
            Flash::done(act.said, &answer.body).keep(&face.memory, &caller.browser).await;
            let there = filled(to, request)?;
            let there = if to == page.path { at_its_place(page, there, request) } else { there };
            Ok(show::go(face, &there))
        }
        Then::Show => {
            let value = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
            show::render(page, request, face, caller, None, Some(value)).await
        }
        Then::Member => enter(face, caller, member(answer)?, HOME).await,
        Then::Entrance => match member(answer) {
            Ok(member) => enter(face, caller, member, &wanted_page(request).unwrap_or_else(|| HOME.to_owned())).await,
            Err(_) => enter(face, caller, marketo_admin(answer)?, "/admin/marketo/actions-config").await,
        },
        Then::MarketoAdmin => enter(face, caller, marketo_admin(answer)?, "/admin/marketo/actions-config").await,
    }
}

// The page that somebody was on the way to, if it is one of ours.
fn wanted_page(request: &HttpRequest) -> Option<String> {
    let (_, page) = url::form_urlencoded::parse(request.query_string().as_bytes()).find(|(name, _)| name == "return_to")?;
    origin::is_own_page(&page).then(|| page.into_owned())
}

fn wants_nothing_shown(request: &HttpRequest) -> bool {
    request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()) == Some("application/json")
}

/// The member that an answer names.
///
/// # Errors
/// When the account's answer has another shape.
pub fn member(answer: &Answer) -> Result<SignedIn, Problem> {
    #[derive(Deserialize)]
    struct Known {
        account_id: String,
        member_id: String,
    }
    let known: Known = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
    Ok(SignedIn::Member { account: known.account_id, member: known.member_id })
}

fn marketo_admin(answer: &Answer) -> Result<SignedIn, Problem> {
    #[derive(Deserialize)]
    struct Known {
        account_id: String,
        email: String,
    }
    let known: Known = serde_json::from_slice(&answer.body).map_err(|_| Problem::internal())?;
    Ok(SignedIn::MarketoAdmin { account: known.account_id, email: known.email })
}

/// Signs somebody in under a new cookie and leads on.
///
/// # Errors
/// When the machine gives no randomness.
pub async fn enter(face: &Face, caller: &Caller, who: SignedIn, to: &str) -> Result<HttpResponse, Problem> {
    let id = cookie::open(&face.memory, who, Some(&caller.browser)).await?;
    let mut answer = show::go(face, to);
    cookie::set(&mut answer, &id, &face.house.settings.gateway.public_url)?;
    Ok(answer)
}

/// The body of a call that a special page makes.
#[must_use]
pub fn body(pairs: &[(&str, &str)]) -> Value {
    Value::Object(pairs.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect::<Map<_, _>>())
}
