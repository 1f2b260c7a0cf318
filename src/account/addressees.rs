//! Those whom a mail to many is for: who can be written to, who is taken in, and what one of them gets instead.

use std::collections::HashSet;

use actix_web::{HttpRequest, HttpResponse, web};
use lettre::Address;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::circulars::{composed, of, sent_already, taken};
use super::composing::Text;
use super::emails::MOST;
use super::me::path_id;
use super::query::{Query, invalid};
use super::seller::Seller;
use super::{AccountState, acting_settings, body, database};
use crate::problem::Problem;
use crate::store::circulars::{Addressee, Choice, Circular};
use crate::store::people::Person;

/// People of a page.
const PAGE: usize = 50;
/// Longest text that is searched for, in letters.
const LONGEST_SEARCH: usize = 100;

/// More would be written to than can be at once.
pub(super) fn too_many() -> Problem {
    Problem::new(
        409,
        "circular.full",
        "Too many at once",
        "200 people can be written to at once. Leave somebody out first, or send this mail and begin another one for the rest.",
    )
}

/// How somebody is called.
pub(super) fn name(person: &Person) -> String {
    let name = [person.first_name.as_deref(), person.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    if name.trim().is_empty() { person.email.clone().unwrap_or_default() } else { name }
}

/// What this one gets instead of what all get.
pub(super) fn own(one: &Addressee) -> Option<Text> {
    let (subject, html) = (one.own_subject.clone()?, one.own_html.clone()?);
    Some(Text { subject, html })
}

/// One of them in an answer, with the code of what keeps them from being written to.
pub(super) fn shown(one: &Addressee, why: Option<&str>) -> Value {
    json!({
        "person_id": one.person.id, "sfdc_id": one.person.sfdc_id, "name": name(&one.person), "email": one.person.email,
        "company": one.person.company, "title": one.person.title, "left_out": one.left_out, "own": one.own_html.is_some(), "why": why,
    })
}

/// Why each of them can't be written to, by the code of what would be answered.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn reasons(
    seller: &Seller,
    template_id: Option<&str>,
    people: impl Iterator<Item = &Person>,
) -> Result<Vec<Option<&'static str>>, Problem> {
    let settings = database::answer(seller.tenant.acting_settings()).await?;
    let template = match template_id {
        Some(id) => database::answer(seller.tenant.template(&seller.member.id, id)).await?,
        None => None,
    };
    let commercial = template.is_none_or(|template| template.commercial);
    let key = |person: &Person| person.email.as_deref().map(|email| email.trim().to_lowercase()).unwrap_or_default();
    let keys: Vec<String> = people.map(key).collect();
    let gone = if commercial { database::answer(seller.tenant.unsubscribed_among(&keys)).await? } else { HashSet::default() };
    let domains = acting_settings::domains(&settings);
    Ok(keys
        .iter()
        .map(|key| {
            let domain = key.rsplit('@').next().unwrap_or_default();
            match () {
                () if key.is_empty() => Some("person.no_email"),
                () if key.parse::<Address>().is_err() => Some("mail.header"),
                () if domains.iter().any(|known| domain == known || domain.ends_with(&format!(".{known}"))) => Some("mail.blocked_domain"),
                () if gone.contains(key) => Some("mail.unsubscribed"),
                () => None,
            }
        })
        .collect())
}

/// Who is taken in at the beginning, by id and whether they are left out: all, or of more than fit the first who can be written to.
///
/// # Errors
/// When the database does not answer.
pub(super) async fn chosen(seller: &Seller, template_id: Option<&str>, people: &[Person]) -> Result<Vec<(String, bool)>, Problem> {
    if people.len() <= MOST {
        return Ok(people.iter().map(|person| (person.id.clone(), false)).collect());
    }
    let reasons = reasons(seller, template_id, people.iter()).await?;
    let mut taken_in = 0;
    let choose = |(person, why): (&Person, Option<&str>)| {
        let fits = why.is_none() && taken_in < MOST;
        taken_in += usize::from(fits);
        (person.id.clone(), !fits)
    };
    Ok(people.iter().zip(reasons).map(choose).collect())
}

/// `GET /v1/circulars/{id}/people?search=&page=`: fifty of those whom it is for, by name, address, company or title.
pub async fn list(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let query = Query::read(&request, &["search", "page"])?;
    let search = query.get("search").unwrap_or_default().trim().to_lowercase();
    if search.chars().count() > LONGEST_SEARCH || search.chars().any(char::is_control) {
        return Err(invalid("search", "It must be a text of at most 100 letters."));
    }
    let page: usize = match query.get("page").filter(|page| !page.is_empty()) {
        None => 1,
        Some(page) => {
            page.parse().ok().filter(|page| (1..=100).contains(page)).ok_or_else(|| invalid("page", "It must be the number of a page."))?
        }
    };
    let circular = of(&seller, &request).await?;
    let all = database::answer(seller.tenant.addressees(&circular.id)).await?;
    let fits = |one: &Addressee| {
        let person = &one.person;
        let texts = [Some(name(person)), person.email.clone(), person.company.clone(), person.title.clone()];
        search.is_empty() || texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&search))
    };
    let found: Vec<&Addressee> = all.iter().filter(|one| fits(one)).collect();
    let pages = found.len().div_ceil(PAGE).max(1);
    let here: Vec<&Addressee> = found.iter().copied().skip((page - 1) * PAGE).take(PAGE).collect();
    let reasons = reasons(&seller, circular.template_id.as_deref(), here.iter().map(|one| &one.person)).await?;
    let items: Vec<Value> = here.iter().zip(reasons).map(|(one, why)| shown(one, why)).collect();
    let written_to = all.iter().filter(|one| !one.left_out).count();
    Ok(Answer::fleeting(json!({
        "items": items, "search": search, "found": found.len(), "total": all.len(), "taken_in": written_to, "most": MOST,
        "page": page, "pages": pages, "before": (page > 1).then(|| page - 1), "after": (page < pages).then_some(page + 1),
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    #[serde(default)]
    person_ids: Vec<String>,
    #[serde(default)]
    everyone: bool,
    left_out: bool,
}

/// `PUT /v1/circulars/{id}/people`: leaves several of them out, or takes them in.
pub async fn choose(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    const WANTED: &str = "The body must be an object with person_ids or everyone, and left_out.";
    let wanted: Chosen = body::read(&request, payload, body::ORDINARY, WANTED).await?;
    let circular = of(&seller, &request).await?;
    match (wanted.person_ids.len(), wanted.everyone) {
        (0, true) => part(&seller, &circular, None, wanted.left_out).await,
        (1..=MOST, false) => part(&seller, &circular, Some(&wanted.person_ids), wanted.left_out).await,
        _ => Err(invalid("person_ids", "There must be between 1 and 200 people, or everyone.")),
    }
}

async fn part(seller: &Seller, circular: &Circular, people: Option<&[String]>, left_out: bool) -> Result<HttpResponse, Problem> {
    let most = i64::try_from(MOST).unwrap_or(i64::MAX);
    match database::answer(seller.tenant.choose_addressees(&seller.member.id, &circular.id, people, left_out, most)).await? {
        Choice::Made => Ok(nothing()),
        Choice::TooMany => Err(too_many()),
        Choice::Nobody => Err(absent(circular)),
    }
}

fn absent(circular: &Circular) -> Problem {
    if circular.state == "sent" { sent_already() } else { Problem::not_found() }
}

async fn addressee(seller: &Seller, circular: &Circular, request: &HttpRequest) -> Result<Addressee, Problem> {
    let id = path_id(request, "person")?;
    let people = database::answer(seller.tenant.addressees(&circular.id)).await?;
    people.into_iter().find(|one| one.person.id == id).ok_or_else(Problem::not_found)
}

/// `GET /v1/circulars/{id}/people/{person}`: what this one gets, before and after its fields are filled.
pub async fn show(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let circular = of(&seller, &request).await?;
    let one = addressee(&seller, &circular, &request).await?;
    let own = own(&one);
    let text = own.clone().unwrap_or_else(|| Text { subject: circular.subject.clone(), html: circular.html.clone() });
    let preview = if text.subject.is_empty() || text.html.is_empty() {
        Value::Null
    } else {
        let written = Circular { subject: text.subject.clone(), html: text.html.clone(), ..circular.clone() };
        composed(&state, &seller, &written).await?.shown_to(&state, &seller, &one.person, None).await?
    };
    Ok(Answer::fleeting(json!({
        "circular": circular.id, "state": circular.state, "person_id": one.person.id, "name": name(&one.person), "email": one.person.email,
        "own": own.is_some(), "left_out": one.left_out, "subject": text.subject, "html": text.html, "preview": preview,
    })))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Different {
    subject: Option<String>,
    html: Option<String>,
    text: Option<String>,
    left_out: Option<bool>,
}

/// `PUT /v1/circulars/{id}/people/{person}`: this one gets another text, or nothing at all.
pub async fn change(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<HttpResponse, Problem> {
    const WANTED: &str = "The body must be an object with subject and html or text, or with left_out.";
    let different: Different = body::read(&request, payload, body::LONG, WANTED).await?;
    let circular = of(&seller, &request).await?;
    let id = path_id(&request, "person")?;
    match (&different.subject, different.left_out) {
        (Some(subject), None) => {
            let text = taken(subject, different.html.as_deref(), different.text.as_deref())?;
            reworded(&seller, &circular, &id, Some(&text)).await
        }
        (None, Some(left_out)) => part(&seller, &circular, Some(&[id]), left_out).await,
        _ => Err(Problem::bad_request("request.invalid", WANTED)),
    }
}

/// `DELETE /v1/circulars/{id}/people/{person}`: this one gets what all get.
pub async fn reset(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let circular = of(&seller, &request).await?;
    let id = path_id(&request, "person")?;
    reworded(&seller, &circular, &id, None).await
}

async fn reworded(seller: &Seller, circular: &Circular, person: &str, text: Option<&Text>) -> Result<HttpResponse, Problem> {
    let own = text.map(|text| (text.subject.as_str(), text.html.as_str()));
    let changed = seller.tenant.change_addressee(&seller.member.id, &circular.id, person, own);
    if database::answer(changed).await? { Ok(nothing()) } else { Err(absent(circular)) }
}
