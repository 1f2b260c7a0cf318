//! Templates of mails, in categories, with favourites.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::composing::{Composition, Draft};
use super::me::path_id;
use super::query::{Query, invalid};
use super::seller::{Seller, Whom};
use super::{AccountState, body, database, fields, mail_html};
use crate::clock;
use crate::problem::Problem;
use crate::store::members::Member;
use crate::store::teams::EVERYONE;
use crate::store::templates::{Template, TemplateFilter};

/// Most templates of an account, and most categories that they lie in.
const MOST: i64 = 2_000;
const MOST_CATEGORIES: usize = 500;
/// A template that nobody sent for so long counts as unused.
const UNUSED_MS: i64 = 90 * 86_400_000;
const VIEWS: [&str; 5] = ["", "mine", "shared", "unshared", "unused"];

fn view(template: &Template, member: &Member) -> Value {
    json!({
        "id": template.id, "name": template.name, "category": template.category, "subject": template.subject, "favourite": template.favourite,
        "mine": template.owner_id == member.id, "shared": template.shared, "commercial": template.commercial, "updated_at": template.updated_at,
        "editable": may_change(template, member),
    })
}

fn may_change(template: &Template, member: &Member) -> bool {
    template.owner_id == member.id || member.role == "admin"
}

async fn whole(seller: &Seller, template: &Template) -> Result<Value, Problem> {
    let mut told = view(template, &seller.member);
    let shared_with = database::answer(seller.tenant.teams_of_template(&template.id)).await?;
    let teams: Vec<Value> = sharable(seller)
        .await?
        .into_iter()
        .map(|(id, name)| {
            let chosen = if id == EVERYONE { template.shared } else { shared_with.contains(&id) };
            json!({ "id": id, "name": name, "chosen": chosen })
        })
        .collect();
    if let Some(told) = told.as_object_mut() {
        told.insert("html".to_owned(), json!(template.html));
        told.insert("teams".to_owned(), json!(teams));
    }
    Ok(told)
}

// With whom a member may share: everybody, and their own teams; an admin with every team.
async fn sharable(seller: &Seller) -> Result<Vec<(String, String)>, Problem> {
    let mut teams = vec![(EVERYONE.to_owned(), "Everyone".to_owned())];
    if seller.member.role == "admin" {
        teams.extend(database::answer(seller.tenant.teams()).await?.into_iter().map(|team| (team.id, team.name)));
    } else {
        let own = database::answer(seller.tenant.memberships(std::slice::from_ref(&seller.member.id))).await?;
        teams.extend(own.into_iter().map(|team| (team.id, team.name)));
    }
    Ok(teams)
}

/// `GET /v1/templates?category=&search=&favourites=&view=&limit=&cursor=`
pub async fn list(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let query = Query::read(&request, &["category", "search", "favourites", "view", "limit", "cursor"])?;
    let number = |name: &str, otherwise: i64, most: i64| match query.get(name).filter(|text| !text.is_empty()) {
        None => Ok(otherwise),
        Some(text) => text
            .parse()
            .ok()
            .filter(|number| (0..=most).contains(number))
            .ok_or_else(|| invalid(name, &format!("It must be a number up to {most}."))),
    };
    let (limit, from) = (number("limit", 200, 200)?.max(1), number("cursor", 0, MOST)?);
    let view_wanted = query.get("view").unwrap_or_default();
    if !VIEWS.contains(&view_wanted) {
        return Err(invalid("view", "It must be mine, shared, unshared or unused."));
    }
    let filter = TemplateFilter {
        category: query.get("category").unwrap_or_default(),
        search: query.get("search").unwrap_or_default(),
        favourites: query.get("favourites") == Some("true"),
        view: view_wanted,
        since_ms: clock::now_ms() - UNUSED_MS,
    };
    if filter.search.chars().count() > 200 || filter.category.chars().count() > 100 {
        return Err(invalid("search", "It must have at most 200 characters."));
    }
    let mut templates = database::answer(seller.tenant.templates(&seller.member.id, filter, from, limit + 1)).await?;
    let wanted = usize::try_from(limit).unwrap_or(200);
    let next = (templates.len() > wanted).then(|| (from + limit).to_string());
    templates.truncate(wanted);
    let categories = database::answer(seller.tenant.template_categories(&seller.member.id)).await?;
    let items: Vec<Value> = templates.iter().map(|template| view(template, &seller.member)).collect();
    Ok(Answer::fleeting(json!({ "categories": categories, "items": items, "next_cursor": next })))
}

/// `GET /v1/template-choices`: what a new template begins with, the categories there are, and with whom the member may share.
pub async fn choices(seller: Seller) -> Result<Answer<Value>, Problem> {
    let categories = database::answer(seller.tenant.template_categories(&seller.member.id)).await?;
    let teams: Vec<Value> =
        sharable(&seller).await?.into_iter().map(|(id, name)| json!({ "id": id, "name": name, "chosen": false })).collect();
    Ok(Answer::fleeting(json!({
        "name": "", "category": "", "subject": "", "html": "", "commercial": true, "categories": categories, "teams": teams,
    })))
}

/// `GET /v1/templates/{id}`
pub async fn show(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let template = database::answer(seller.tenant.template(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)?;
    Ok(Answer::fleeting(whole(&seller, &template).await?))
}

/// `GET /v1/templates/{id}/preview?to=`: what somebody would get; without `to`, anybody stands in.
pub async fn preview(seller: Seller, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let query = Query::read(&request, &["to"])?;
    let id = path_id(&request, "id")?;
    let person = match query.get("to").map(str::trim).filter(|to| !to.is_empty()) {
        None => database::answer(seller.tenant.anybody()).await?,
        Some(to) if to.contains('@') => database::answer(seller.tenant.people_by_email(&to.to_lowercase())).await?.into_iter().next(),
        Some(to) => Some(seller.person(&Whom { person_id: None, sfdc_id: Some(to.to_owned()) }).await?),
    };
    let person = person.ok_or_else(nobody)?;
    if !seller.sees(&person).await? {
        return Err(nobody());
    }
    let draft = Draft { template_id: Some(&id), subject: None, html: None, text: None, cc: &[], bcc: &[] };
    let mut composition = Composition::read(&state, &seller, &draft).await?;
    Ok(Answer::fleeting(composition.shown_to(&state, &seller, &person, None).await?))
}

fn nobody() -> Problem {
    Problem::new(404, "person.not_in_marketo", "Nobody found", "There is no person of this address or id. Enter another one.")
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
    /// Ids of teams with which it is shared; `everyone` is one of them.
    #[serde(default)]
    teams: Vec<String>,
    #[serde(default = "yes")]
    commercial: bool,
}

const fn yes() -> bool {
    true
}

impl Wanted {
    fn template(&self, seller: &Seller, id: String) -> Result<Template, Problem> {
        let html = match (&self.html, &self.text) {
            (Some(html), None) => html.clone(),
            (None, Some(text)) => mail_html::from_text(text),
            _ => return Err(invalid("html", "Give html or text.")),
        };
        let html = mail_html::taken_in(&html)?;
        if mail_html::plain(&html).is_empty() {
            return Err(invalid("html", "A mail must say something."));
        }
        let now = clock::now_ms();
        Ok(Template {
            id,
            owner_id: seller.member.id.clone(),
            name: fields::name("name", &self.name, 200)?,
            category: fields::name("category", self.category.as_deref().filter(|name| !name.trim().is_empty()).unwrap_or("General"), 100)?,
            subject: mail_html::header("subject", &self.subject, 500)?,
            html,
            shared: self.shared || self.teams.iter().any(|team| team == EVERYONE),
            commercial: self.commercial,
            favourite: false,
            created_at: now,
            updated_at: now,
        })
    }

    // The stored teams among those that are wanted; what was shared with others before by somebody who may stays so.
    async fn teams(&self, seller: &Seller, before: &[String]) -> Result<Vec<String>, Problem> {
        let known: Vec<String> = sharable(seller).await?.into_iter().map(|(id, _)| id).collect();
        if self.teams.iter().any(|team| !known.contains(team)) {
            return Err(invalid("teams", "Share with everyone, or with teams that you belong to."));
        }
        let kept = before.iter().filter(|team| !known.contains(team));
        Ok(self.teams.iter().filter(|team| *team != EVERYONE).chain(kept).cloned().collect())
    }
}

const WANTED: &str = "The body must be an object with name, category, subject, html or text, teams and commercial.";

async fn make_room(seller: &Seller, category: &str) -> Result<(), Problem> {
    if database::answer(seller.tenant.count_templates()).await? >= MOST {
        return Err(Problem::new(409, "template.limit", "Too many templates", "An account can have 2,000 templates. Delete some first."));
    }
    let categories = database::answer(seller.tenant.template_categories(&seller.member.id)).await?;
    if categories.len() >= MOST_CATEGORIES && !categories.iter().any(|known| known == category) {
        return Err(invalid("category", "There are 500 categories already. Use one of them."));
    }
    Ok(())
}

/// `POST /v1/templates`
pub async fn create(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let wanted: Wanted = body::read(&request, payload, body::LONG, WANTED).await?;
    let template = wanted.template(&seller, clock::new_id())?;
    let teams = wanted.teams(&seller, &[]).await?;
    make_room(&seller, &template.category).await?;
    database::answer(seller.tenant.put_template(&template, &teams)).await?;
    Ok(Answer::fleeting(whole(&seller, &template).await?).created())
}

/// `PUT /v1/templates/{id}`
pub async fn change(seller: Seller, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let wanted: Wanted = body::read(&request, payload, body::LONG, WANTED).await?;
    let known = database::answer(seller.tenant.template(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)?;
    if !may_change(&known, &seller.member) {
        return Err(Problem::forbidden("template.not_yours", "Only its owner can change a template. Make a copy of your own."));
    }
    let before = database::answer(seller.tenant.teams_of_template(&id)).await?;
    let template =
        Template { created_at: known.created_at, favourite: known.favourite, owner_id: known.owner_id, ..wanted.template(&seller, id)? };
    let teams = wanted.teams(&seller, &before).await?;
    if !database::answer(seller.tenant.put_template(&template, &teams)).await? {
        return Err(Problem::not_found());
    }
    Ok(Answer::fleeting(whole(&seller, &template).await?))
}

/// `POST /v1/templates/{id}/copy`: a template of one's own that begins as this one.
pub async fn copy(seller: Seller, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let known = database::answer(seller.tenant.template(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)?;
    make_room(&seller, &known.category).await?;
    let (now, owner_id) = (clock::now_ms(), seller.member.id.clone());
    let copy = Template { id: clock::new_id(), owner_id, shared: false, favourite: false, created_at: now, updated_at: now, ..known };
    database::answer(seller.tenant.put_template(&copy, &[])).await?;
    Ok(Answer::fleeting(whole(&seller, &copy).await?).created())
}

/// `DELETE /v1/templates/{id}`
pub async fn remove(seller: Seller, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let id = path_id(&request, "id")?;
    let known = database::answer(seller.tenant.template(&seller.member.id, &id)).await?.ok_or_else(Problem::not_found)?;
    if !may_change(&known, &seller.member) {
        return Err(Problem::forbidden("template.not_yours", "Only its owner can delete a template."));
    }
    database::answer(seller.tenant.remove_template(&known.owner_id, &id)).await?;
    Ok(nothing())
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
