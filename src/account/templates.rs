//! Templates of mails, in categories, with favourites.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::me::path_id;
use super::query::{Query, invalid};
use super::seller::Seller;
use super::{body, database, fields, mail_html};
use crate::clock;
use crate::problem::Problem;
use crate::store::templates::{Template, TemplateFilter};

/// Most templates of an account.
const MOST: i64 = 2_000;

fn view(template: &Template, member_id: &str) -> Value {
    json!({
        "id": template.id, "name": template.name, "category": template.category, "subject": template.subject, "favourite": template.favourite,
        "mine": template.owner_id == member_id, "shared": template.shared, "commercial": template.commercial, "updated_at": template.updated_at,
    })
}

fn whole(template: &Template, member_id: &str) -> Value {
    let mut told = view(template, member_id);
    if let Some(told) = told.as_object_mut() {
        told.insert("html".to_owned(), json!(template.html));
    }
    told
}

/// `GET /v1/templates?category=&search=&favourites=&limit=`
pub async fn list(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let query = Query::read(&request, &["category", "search", "favourites", "limit"])?;
    let limit = match query.get("limit") {
        None => 200,
        Some(text) => text
            .parse()
            .ok()
            .filter(|limit| (1..=200).contains(limit))
            .ok_or_else(|| invalid("limit", "It must be a number from 1 to 200."))?,
    };
    let filter = TemplateFilter {
        category: query.get("category").unwrap_or_default(),
        search: query.get("search").unwrap_or_default(),
        favourites: query.get("favourites") == Some("true"),
    };
    if filter.search.chars().count() > 200 || filter.category.chars().count() > 100 {
        return Err(invalid("search", "It must have at most 200 characters."));
    }
    let templates = database::answer(seller.tenant.templates(&seller.member.id, filter, limit)).await?;
    let mut categories: Vec<&str> = templates.iter().map(|template| template.category.as_str()).collect();
    categories.dedup();
    let items: Vec<Value> = templates.iter().map(|template| view(template, &seller.member.id)).collect();
    Ok(Answer::fleeting(json!({ "categories": categories, "items": items })))
}

/// `GET /v1/templates/{id}`
pub async fn show(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let template = database::answer(seller.tenant.template(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::fleeting(whole(&template, &seller.member.id)))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    name: String,
    category: Option<String>,
    subject: String,
    html: Option<String>,
    text: Option<String>,
    #[serde(default)]
    shared: bool,
    #[serde(default = "yes")]
    commercial: bool,
}

const fn yes() -> bool {
    true
}

fn made(wanted: &Wanted, seller: &Seller, id: String) -> Result<Template, Problem> {
    let html = match (&wanted.html, &wanted.text) {
        (Some(html), None) => html.clone(),
        (None, Some(text)) => mail_html::from_text(text),
        _ => return Err(invalid("html", "Give html or text.")),
    };
    let now = clock::now_ms();
    Ok(Template {
        id,
        owner_id: seller.member.id.clone(),
        name: fields::name("name", &wanted.name, 200)?,
        category: fields::name("category", wanted.category.as_deref().unwrap_or("General"), 100)?,
        subject: mail_html::header("subject", &wanted.subject, 500)?,
        html: mail_html::taken_in(&html)?,
        shared: wanted.shared,
        commercial: wanted.commercial,
        favourite: false,
        created_at: now,
        updated_at: now,
    })
}

const WANTED: &str = "The body must be an object with name, category, subject, html or text, shared and commercial.";

/// `POST /v1/templates`
pub async fn create(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted: Wanted = body::read(&request, payload, body::LONG, WANTED).await?;
    let template = made(&wanted, &seller, clock::new_id())?;
    if database::answer(seller.tenant.count_templates()).await? >= MOST {
        return Err(Problem::new(409, "template.limit", "Too many templates", "An account can have 2,000 templates. Delete some first."));
    }
    database::answer(seller.tenant.put_template(&template)).await?;
    Ok(Answer::fleeting(whole(&template, &seller.member.id)).created())
}

/// `PUT /v1/templates/{id}`
pub async fn change(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let wanted: Wanted = body::read(&request, payload, body::LONG, WANTED).await?;
    let known = database::answer(seller.tenant.template(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)?;
    let template = Template { created_at: known.created_at, favourite: known.favourite, ..made(&wanted, &seller, id)? };
    if !database::answer(seller.tenant.put_template(&template)).await? {
        return Err(Problem::forbidden("template.not_yours", "Only its owner can change a template. Make a copy of your own."));
    }
    Ok(Answer::fleeting(whole(&template, &seller.member.id)))
}

/// `DELETE /v1/templates/{id}`
pub async fn remove(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path_id(&request, "id")?;
    if database::answer(seller.tenant.remove_template(&seller.member.id, &id)).await? { Ok(nothing()) } else { Err(Problem::not_found()) }
}

/// `PUT /v1/templates/{id}/favourite`
pub async fn favour(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    set_favourite(&seller, &request, true).await
}

/// `DELETE /v1/templates/{id}/favourite`
pub async fn unfavour(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    set_favourite(&seller, &request, false).await
}

async fn set_favourite(seller: &Seller, request: &HttpRequest, favourite: bool) -> Result<HttpResponse, Problem> {
    let id = path_id(request, "id")?;
    database::answer(seller.tenant.template(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)?;
    database::answer(seller.tenant.favour_template(&seller.member.id, &id, favourite)).await?;
    Ok(nothing())
}
