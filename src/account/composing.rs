//! A mail in the making: what a rep wrote or chose, what it becomes for a person, and what keeps it from being sent.

use std::collections::HashMap;

use lettre::Address;
use serde_json::{Value, json};

use super::activities::EmailDetail;
use super::merging::{Filling, Values, merge};
use super::query::invalid;
use super::seller::Seller;
use super::tracking_links::Purpose;
use super::{AccountState, acting_settings, database, mail_html, salesforce_fields};
use crate::problem::Problem;
use crate::store::acting_settings::ActingSettings;
use crate::store::people::Person;
use crate::store::templates::Template;

/// What a rep gave.
#[derive(Debug, Clone, Copy)]
pub struct Draft<'a> {
    pub template_id: Option<&'a str>,
    pub subject: Option<&'a str>,
    pub html: Option<&'a str>,
    pub text: Option<&'a str>,
    pub cc: &'a [String],
    pub bcc: &'a [String],
}

/// A mail to somebody, before it has an id.
#[derive(Debug, Clone)]
pub struct Composed {
    pub subject: String,
    pub html: String,
    pub unfilled: Vec<String>,
}

/// A mail that can be made out to people.
/// A mail that can be made out to people.
#[derive(Clone)]
pub struct Composition {
    pub template: Option<Template>,
    pub commercial: bool,
    pub tracked: bool,
    pub cc: Vec<String>,
    pub bcc: Vec<String>,
    text: Text,
    sender: Values,
    settings: ActingSettings,
    /// What Salesforce says of people, by the id of their record.
    salesforce: HashMap<String, Values>,
}

/// What a mail says before its fields are filled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    pub subject: String,
    pub html: String,
}

impl Text {
    /// Takes in what somebody wrote.
    ///
    /// # Errors
    /// What of it no mail can carry.
    pub fn read(subject: &str, html: &str) -> Result<Self, Problem> {
        Ok(Self { subject: mail_html::header("subject", subject, 500)?, html: mail_html::taken_in(html)? })
    }
}

/// Stands where the way out will be; no rep can write it, since it is no HTML that is let in.
const WAY_OUT: &str = "msi-way-out-5f1c";
const MOST_COPIES: usize = 10;

impl Composition {
    /// Reads what a rep gave.
    ///
    /// # Errors
    /// What can't be used of it.
    pub async fn read(state: &AccountState, seller: &Seller, draft: &Draft<'_>) -> Result<Self, Problem> {
        if !may_send(state, seller).await? {
            return Err(super::mail_channels::no_channel());
        }
        let template = match draft.template_id.filter(|id| !id.is_empty()) {
            Some(id) => {
                let found = database::answer(seller.tenant.template(&seller.member.id, id)).await?;
                Some(found.ok_or_else(|| invalid("template_id", "There is no such template, or it is not shared with you."))?)
            }
            None => None,
        };
        let subject = draft.subject.or(template.as_ref().map(|template| template.subject.as_str())).unwrap_or_default();
        let subject = mail_html::header("subject", subject, 500)?;
        let html = match (draft.html, draft.text, &template) {
            (Some(html), None, _) => mail_html::taken_in(html)?,
            (None, Some(text), _) => mail_html::taken_in(&mail_html::from_text(text))?,
            (None, None, Some(template)) => template.html.clone(),
            _ => return Err(invalid("html", "Give html or text, or choose a template.")),
        };
        let settings = database::answer(seller.tenant.acting_settings()).await?;
        Ok(Self {
            commercial: template.as_ref().is_none_or(|template| template.commercial),
            tracked: settings.tracking,
            cc: addresses("cc", draft.cc)?,
            bcc: addresses("bcc", draft.bcc)?,
            text: Text { subject, html },
            sender: sender(seller),
            settings,
            salesforce: HashMap::new(),
            template,
        })
    }

    /// Asks Salesforce for what the text, or one of the texts that single people get instead, wants to know of people.
    ///
    /// # Errors
    /// When there is no connection, or Salesforce does not answer.
    pub async fn ask_salesforce(
        &mut self,
        state: &AccountState,
        seller: &Seller,
        people: &[&Person],
        own: &[&Text],
    ) -> Result<(), Problem> {
        let texts = std::iter::once(&self.text).chain(own.iter().copied());
        let wanted = salesforce_fields::wanted(texts.flat_map(|text| [text.subject.as_str(), text.html.as_str()]))?;
        if !wanted.is_empty() {
            let (tenant, request_id) = (&seller.tenant, seller.actor.request_id.as_str());
            self.salesforce = match salesforce_fields::ask(&state.connections, tenant, &wanted, people, request_id).await {
                // Nobody can be asked: the fields stay unfilled, and are named.
                Err(problem) if problem.status == 409 => HashMap::new(),
                other => other?,
            };
        }
        Ok(())
    }

    /// What somebody would get, and what keeps it from being sent to them.
    ///
    /// # Errors
    /// When the database or Salesforce does not answer.
    pub async fn shown_to(&mut self, state: &AccountState, seller: &Seller, person: &Person, own: Option<&Text>) -> Result<Value, Problem> {
        self.ask_salesforce(state, seller, &[person], own.as_slice()).await?;
        let problem = self.hindrance(seller, person).await?;
        let composed = self.for_person(person, own);
        let name = [person.first_name.as_deref(), person.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
        Ok(json!({
            "to": person.email, "name": name, "subject": composed.subject, "html": composed.html, "text": shown(&composed.html),
            "unfilled": composed.unfilled, "problem": problem.map(|problem| json!({ "code": problem.code, "detail": problem.detail })),
        }))
    }

    /// What keeps this mail from going to a person, if anything does.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn hindrance(&self, seller: &Seller, person: &Person) -> Result<Option<Problem>, Problem> {
        let Some(email) = person.email.as_deref().map(str::trim).filter(|email| !email.is_empty()) else {
            return Ok(Some(Problem::new(422, "person.no_email", "No address", "Marketo knows no e-mail address of this person.")));
        };
        let Ok(address) = email.parse::<Address>() else {
            return Ok(Some(Problem::new(
                422,
                "mail.header",
                "The address can't be used",
                "The person's address is not one that mail can be sent to.",
            )));
        };
        for address in std::iter::once(&address.to_string()).chain(&self.cc).chain(&self.bcc) {
            if let Some(problem) = hindrance(&seller.tenant, &self.settings, self.commercial, address).await? {
                return Ok(Some(problem));
            }
        }
        Ok(None)
    }

    /// The mail for a person, without links that are counted.
    #[must_use]
    pub fn for_person(&self, person: &Person, own: Option<&Text>) -> Composed {
        let values = self.values(person);
        let text = own.unwrap_or(&self.text);
        // Dynamic fields of a text that somebody wrote by hand are filled as well; nobody wants to send braces.
        let subject = merge(&text.subject, &values, false);
        let body = merge(&text.html, &values, true);
        let mut html = mail_html::sent_out(&body.text, |_| None);
        let says_so = text.html.contains("team_unsubscribe") || text.html.contains("friendly_unsubscribe");
        if self.commercial && self.settings.append_unsubscribe && !says_so {
            html.extend(["<p>", &self.way_out(), "</p>"]);
        }
        let mut unfilled = subject.unfilled;
        unfilled.extend(body.unfilled);
        unfilled.dedup();
        Composed { subject: subject.text, html, unfilled }
    }

    fn values(&self, person: &Person) -> Values {
        let text =
            |value: Option<&str>| value.map(str::trim).filter(|value| !value.is_empty()).map(|value| Filling::Text(value.to_owned()));
        let mut values = self.sender.clone();
        values.extend(self.salesforce.get(&person.sfdc_id).cloned().unwrap_or_default());
        let company = text(person.company.as_deref());
        let friendly = person.company.as_deref().map(friendly).and_then(|name| text(Some(&name)));
        let your_company = || Filling::Text("your company".to_owned());
        values.insert("first_name".into(), text(person.first_name.as_deref()).unwrap_or(Filling::Blank));
        values.insert("last_name".into(), text(person.last_name.as_deref()).unwrap_or(Filling::Blank));
        values.insert("title".into(), text(person.title.as_deref()).unwrap_or(Filling::Blank));
        values.insert("company".into(), company.unwrap_or_else(your_company));
        values.insert("company_friendly".into(), friendly.unwrap_or_else(your_company));
        values.insert("team_unsubscribe".into(), Filling::Html(self.way_out()));
        values.insert("friendly_unsubscribe".into(), Filling::Html(self.way_out()));
        for (name, value) in [("personal_email", person.email.as_deref()), ("phone", person.phone.as_deref())] {
            if let Some(value) = text(value) {
                values.insert(name.into(), value);
            }
        }
        values
    }

    fn way_out(&self) -> String {
        let message = self.settings.unsubscribe_message.trim();
        let words = if message.is_empty() { "Unsubscribe" } else { message };
        format!("<a href=\"https://{WAY_OUT}.invalid/\">{}</a>", super::merging::escaped(words))
    }

    /// The mail as it goes out: links counted and a pixel unless that is switched off, and the way out.
    #[must_use]
    pub fn finished(&self, state: &AccountState, html: &str, mail_id: &str, tracked: bool) -> String {
        let base = state.settings.gateway.public_url.trim_end_matches('/').to_owned();
        let out =
            state.links.write(Purpose::Unsubscribe, mail_id, "").map(|token| format!("{base}/unsubscribe/{token}")).unwrap_or_default();
        let links = std::sync::Arc::clone(&state.links);
        let (id, address) = (mail_id.to_owned(), base.clone());
        let mut finished = mail_html::sent_out(html, move |link| {
            if link.contains(WAY_OUT) {
                return Some(out.clone());
            }
            let token = links.write(Purpose::Click, &id, link).filter(|_| tracked)?;
            Some(format!("{address}/t/{token}"))
        });
        if let Some(token) = state.links.write(Purpose::Open, mail_id, "").filter(|_| tracked) {
            finished.extend(["<img src=\"", &base, "/t/", &token, ".gif\" width=\"1\" height=\"1\" alt=\"\">"]);
        }
        finished
    }

    /// What other systems are told of it.
    #[must_use]
    pub fn detail(&self, seller: &Seller, subject: &str) -> EmailDetail {
        EmailDetail {
            sent_by: seller.member.email.clone(),
            subject: subject.to_owned(),
            template_id: self.template.as_ref().map(|template| template.id.clone()),
            template: self.template.as_ref().map(|template| template.name.clone()),
            link: None,
            answer: None,
            email: None,
            owner_id: seller.member.salesforce_user_id.clone(),
            sales_campaign: None,
        }
    }
}

/// Whether there is a way out for a seller's mails: their own, the team's, or the gateway's.
///
/// # Errors
/// When the database does not answer.
pub async fn may_send(state: &AccountState, seller: &Seller) -> Result<bool, Problem> {
    Ok(state.settings.mail.url.is_some() || database::answer(seller.tenant.channel_of(&seller.member.id)).await?.is_some())
}

/// What keeps a mail from going to an address: somebody's wish, or an admin's.
///
/// # Errors
/// When the database does not answer.
pub async fn hindrance(
    tenant: &crate::store::Tenant,
    settings: &ActingSettings,
    commercial: bool,
    address: &str,
) -> Result<Option<Problem>, Problem> {
    let key = address.to_lowercase();
    let domain = key.rsplit('@').next().unwrap_or_default();
    let blocked = |known: &String| domain == known || domain.ends_with(&format!(".{known}"));
    if acting_settings::domains(settings).iter().any(blocked) {
        return Ok(Some(Problem::new(422, "mail.blocked_domain", "Blocked domain", "An administrator has blocked mail to this domain.")));
    }
    if commercial && database::answer(tenant.unsubscribed(&key)).await?.is_some() {
        return Ok(Some(Problem::new(
            422,
            "mail.unsubscribed",
            "Unsubscribed",
            "This person has unsubscribed and gets no mail from here.",
        )));
    }
    Ok(None)
}

/// The text of a mail that has no id yet; its way out leads nowhere so far.
#[must_use]
pub fn shown(html: &str) -> String {
    mail_html::plain(html).replace(&format!(" (https://{WAY_OUT}.invalid/)"), "")
}

/// The send stops, and says which fields nobody could fill.
#[must_use]
pub fn unfilled(names: &[String]) -> Problem {
    let mut problem = Problem::new(
        422,
        "mail.unfilled",
        "Dynamic fields are not filled",
        format!("These fields have no value for this person: {}. Give them a default, or write the words yourself.", names.join(", ")),
    );
    for name in names {
        problem = problem.with_field(name.clone(), "It has no value for this person.");
    }
    problem
}

fn sender(seller: &Seller) -> Values {
    let member = &seller.member;
    let name = [member.first_name.as_deref(), member.last_name.as_deref()].into_iter().flatten().collect::<Vec<_>>().join(" ");
    let name = if name.trim().is_empty() { member.email.clone() } else { name };
    let signature = format!("<p>{}<br>{}</p>", super::merging::escaped(&name), super::merging::escaped(&member.email));
    Values::from([
        ("my_name".into(), Filling::Text(name)),
        ("my_email".into(), Filling::Text(member.email.clone())),
        ("my_title".into(), Filling::Blank),
        ("my_signature".into(), Filling::Html(signature)),
    ])
}

// A company without what its kind is called, if that stands behind a comma.
fn friendly(company: &str) -> String {
    let Some((name, kind)) = company.rsplit_once(',') else { return company.to_owned() };
    let kind = kind.trim().trim_end_matches('.').to_lowercase();
    let known = ["inc", "llc", "ltd", "corp", "co", "gmbh", "ag", "ab", "bv", "b.v", "nv", "sa", "s.a", "sarl", "plc", "lp"];
    if known.contains(&kind.as_str()) { name.trim().to_owned() } else { company.to_owned() }
}

fn addresses(field: &'static str, given: &[String]) -> Result<Vec<String>, Problem> {
    if given.len() > MOST_COPIES {
        return Err(invalid(field, "There can be at most ten."));
    }
    let mut addresses = Vec::new();
    for text in given.iter().map(|text| text.trim()).filter(|text| !text.is_empty()) {
        let address: Address = text.parse().map_err(|_| {
            Problem::new(422, "mail.header", "An address can't be used", "One of the addresses is not one that mail can be sent to.")
                .with_field(field, "It must be a list of addresses, such as ann@example.com.")
        })?;
        addresses.push(address.to_string());
    }
    Ok(addresses)
}
