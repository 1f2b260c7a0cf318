//! By which servers mails go out and answers come in: the team's, which admins decide, and each member's own. Passwords are
//! taken, sealed, and never shown again.

use actix_web::{HttpRequest, HttpResponse, web};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::{Answer, nothing};
use super::connections::Connections;
use super::query::invalid;
use super::signed_in::SignedIn;
use super::{AccountState, body, database};
use crate::clock;
use crate::problem::Problem;
use crate::remote::mail::imap::{Access, ImapError, Inbox};
use crate::remote::mail::servers::{Security, Server, ServerRefused};
use crate::remote::mail::{MailError, Mailer, Outgoing};
use crate::store::mail_channels::{MailChannel, TEAM};

const SMTP: &str = "mail.smtp";
const IMAP: &str = "mail.imap";

/// Whose channel a call is about: `team` or `mine`.
fn whose(visitor: &SignedIn, request: &HttpRequest) -> Result<String, Problem> {
    match request.match_info().get("whose").unwrap_or_default() {
        "mine" => Ok(visitor.member.id.clone()),
        "team" if visitor.member.role == "admin" => Ok(TEAM.to_owned()),
        "team" => Err(Problem::forbidden("auth.forbidden", "Only an admin of the account may decide on the team's mail server.")),
        _ => Err(Problem::not_found()),
    }
}

fn view(channel: Option<&MailChannel>, standard: bool) -> Value {
    let none = json!({
        "set": false, "smtp_host": "", "smtp_port": 465, "smtp_security": "tls", "smtp_user": "", "smtp_password_set": false, "imap_host": "",
        "imap_port": 993, "imap_security": "tls", "imap_user": "", "imap_password_set": false, "looked_at": null, "problem": null,
        "standard": standard,
    });
    let Some(channel) = channel else { return none };
    json!({
        "set": true, "smtp_host": channel.smtp_host, "smtp_port": channel.smtp_port, "smtp_security": channel.smtp_security,
        "smtp_user": channel.smtp_user, "smtp_password_set": channel.smtp_sealed.is_some(), "imap_host": channel.imap_host,
        "imap_port": channel.imap_port, "imap_security": channel.imap_security, "imap_user": channel.imap_user,
        "imap_password_set": channel.imap_sealed.is_some(), "looked_at": channel.looked_at, "problem": channel.problem, "standard": standard,
    })
}

/// `GET /v1/mail-channels/{whose}`
pub async fn show(visitor: SignedIn, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let member = whose(&visitor, &request)?;
    let channel = database::answer(visitor.tenant.mail_channel(&member)).await?;
    Ok(Answer::fleeting(view(channel.as_ref(), state.settings.mail.url.is_some())))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    smtp_host: String,
    smtp_port: i64,
    smtp_security: String,
    #[serde(default)]
    smtp_user: String,
    smtp_password: Option<SecretString>,
    #[serde(default)]
    imap_host: String,
    imap_port: Option<i64>,
    imap_security: Option<String>,
    #[serde(default)]
    imap_user: String,
    imap_password: Option<SecretString>,
}

fn plain(field: &str, text: &str) -> Result<String, Problem> {
    let text = text.trim();
    if text.len() > 253 || text.chars().any(char::is_control) {
        return Err(invalid(field, "It must be one line of at most 253 characters."));
    }
    Ok(text.to_owned())
}

fn server(host: &str, port: i64, security: &str) -> Option<Server> {
    Some(Server { host: host.to_owned(), port: u16::try_from(port).ok().filter(|port| *port > 0)?, security: Security::of(security)? })
}

/// `PUT /v1/mail-channels/{whose}`: tried before it is kept.
pub async fn put(
    visitor: SignedIn,
    request: HttpRequest,
    payload: web::Payload,
    state: web::Data<AccountState>,
) -> Result<Answer<Value>, Problem> {
    let wanted = "The body must be an object with smtp_host, smtp_port, smtp_security, and what else belongs to the servers.";
    let wanted: Wanted = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let member = whose(&visitor, &request)?;
    let connections = &state.connections;
    let known = database::answer(visitor.tenant.mail_channel(&member)).await?;
    let mut channel = MailChannel {
        account_id: visitor.tenant.account_id().to_owned(),
        member_id: member.clone(),
        smtp_host: plain("smtp_host", &wanted.smtp_host)?,
        smtp_port: wanted.smtp_port,
        smtp_security: wanted.smtp_security,
        smtp_user: plain("smtp_user", &wanted.smtp_user)?,
        smtp_sealed: None,
        imap_host: plain("imap_host", &wanted.imap_host)?,
        imap_port: wanted.imap_port.unwrap_or(993),
        imap_security: wanted.imap_security.unwrap_or_else(|| "tls".to_owned()),
        imap_user: plain("imap_user", &wanted.imap_user)?,
        imap_sealed: None,
        sealing_key_id: String::new(),
        imap_validity: None,
        imap_next: None,
        looked_at: None,
        problem: None,
        changed_at: clock::now_ms(),
    };
    if server(&channel.smtp_host, channel.smtp_port, &channel.smtp_security).is_none() || channel.smtp_host.is_empty() {
        return Err(invalid("smtp_host", "It must be the name of a server, with a port and tls or starttls."));
    }
    if server(&channel.imap_host, channel.imap_port, &channel.imap_security).is_none() {
        return Err(invalid("imap_host", "It must be the name of a server, with a port and tls or starttls."));
    }
    // A password that is not entered again stays, but only for the same server and user: nobody can have it sent elsewhere.
    let same_smtp = known.as_ref().filter(|known| {
        (&known.smtp_host, known.smtp_port, &known.smtp_user) == (&channel.smtp_host, channel.smtp_port, &channel.smtp_user)
    });
    let same_imap = known.as_ref().filter(|known| {
        (&known.imap_host, known.imap_port, &known.imap_user) == (&channel.imap_host, channel.imap_port, &channel.imap_user)
    });
    let smtp = kept(connections, wanted.smtp_password, same_smtp, SMTP)?;
    let imap = kept(connections, wanted.imap_password, same_imap, IMAP)?;
    let account_id = visitor.tenant.account_id();
    for (kind, secret, place) in [(SMTP, &smtp, 0), (IMAP, &imap, 1)] {
        if let Some(secret) = secret {
            let (key_id, sealed) = connections.sealer().seal(account_id, &kind_of(kind, &member), secret)?;
            channel.sealing_key_id = key_id;
            if place == 0 { channel.smtp_sealed = Some(sealed) } else { channel.imap_sealed = Some(sealed) }
        }
    }
    if !channel.imap_host.is_empty() {
        let access =
            mailbox(connections, &channel)?.ok_or_else(|| invalid("imap_password", "Enter user name and password of the mailbox."))?;
        let inbox = Inbox::open(&access, &state.settings.mail.extra_hosts).await.map_err(|error| unreadable(&error))?;
        inbox.close().await;
    }
    if !mailer(connections, &channel).await.map_err(unusable)?.answers().await {
        return Err(Problem::new(
            422,
            "mail.server",
            "The mail server can't be used",
            "The mail server does not answer, or does not accept user name and password.",
        )
        .with_field("smtp_host", "It does not answer, or does not accept user name and password."));
    }
    let deed = visitor.actor.deed("mail_channel.changed", if member == TEAM { "team".to_owned() } else { visitor.member.email.clone() });
    database::answer(visitor.tenant.put_mail_channel(&channel, &deed)).await?;
    Ok(Answer::fleeting(view(Some(&channel), state.settings.mail.url.is_some())))
}

/// What the passwords of a channel's mail server and mailbox are sealed for.
pub(super) fn kinds(member: &str) -> (String, String) {
    (kind_of(SMTP, member), kind_of(IMAP, member))
}

fn kind_of(kind: &str, member: &str) -> String {
    format!("{kind}.{member}")
}

fn kept(
    connections: &Connections,
    given: Option<SecretString>,
    known: Option<&MailChannel>,
    kind: &str,
) -> Result<Option<SecretString>, Problem> {
    use secrecy::ExposeSecret;
    if let Some(given) = given.filter(|given| !given.expose_secret().is_empty()) {
        return Ok(Some(given));
    }
    let Some(known) = known else { return Ok(None) };
    opened(connections, known, kind)
}

fn opened(connections: &Connections, channel: &MailChannel, kind: &str) -> Result<Option<SecretString>, Problem> {
    let sealed = if kind == SMTP { &channel.smtp_sealed } else { &channel.imap_sealed };
    let Some(sealed) = sealed else { return Ok(None) };
    let kind = kind_of(kind, &channel.member_id);
    connections.sealer().open(&channel.account_id, &kind, &channel.sealing_key_id, sealed).map(Some)
}

/// The way out through a channel.
///
/// # Errors
/// When its server may not be called, or its password can't be opened.
pub async fn mailer(connections: &Connections, channel: &MailChannel) -> Result<Mailer, ServerRefused> {
    let server = server(&channel.smtp_host, channel.smtp_port, &channel.smtp_security).ok_or(ServerRefused::Name)?;
    let password = opened(connections, channel, SMTP).map_err(|_| ServerRefused::Name)?;
    let credentials = password.as_ref().filter(|_| !channel.smtp_user.is_empty()).map(|password| (channel.smtp_user.as_str(), password));
    Mailer::through(&server, credentials, &connections.settings().mail.extra_hosts).await
}

/// The way into a channel's mailbox; `None` when answers are not looked for.
///
/// # Errors
/// When its password can't be opened.
pub fn mailbox(connections: &Connections, channel: &MailChannel) -> Result<Option<Access>, Problem> {
    let Some(server) = server(&channel.imap_host, channel.imap_port, &channel.imap_security).filter(|server| !server.host.is_empty())
    else {
        return Ok(None);
    };
    let Some(password) = opened(connections, channel, IMAP)? else { return Ok(None) };
    Ok(Some(Access { server, user: channel.imap_user.clone(), password }))
}

fn unusable(error: ServerRefused) -> Problem {
    Problem::new(422, "mail.server", "The mail server can't be used", format!("The mail server can't be used: {error}."))
        .with_field("smtp_host", format!("It can't be used: {error}."))
}

fn unreadable(error: &ImapError) -> Problem {
    Problem::new(422, "mail.mailbox", "The mailbox can't be read", format!("The mailbox can't be read: {error}."))
        .with_field("imap_host", format!("It can't be read: {error}."))
}

/// `DELETE /v1/mail-channels/{whose}`
pub async fn remove(visitor: SignedIn, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let member = whose(&visitor, &request)?;
    let deed = visitor.actor.deed("mail_channel.removed", if member == TEAM { "team".to_owned() } else { visitor.member.email.clone() });
    if database::answer(visitor.tenant.drop_mail_channel(&member, &deed)).await? { Ok(nothing()) } else { Err(Problem::not_found()) }
}

/// `POST /v1/mail-channels/{whose}/test`: a mail to oneself, by the way that one's mails go.
pub async fn test(visitor: SignedIn, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let member = whose(&visitor, &request)?;
    let connections = &state.connections;
    let mailer = match (database::answer(visitor.tenant.mail_channel(&member)).await?, state.settings.mail.url.as_ref()) {
        (Some(channel), _) => mailer(connections, &channel).await.map_err(unusable)?,
        (None, Some(url)) => Mailer::new(url).map_err(|_| unusable(ServerRefused::Name))?,
        (None, None) => return Err(no_channel()),
    };
    let email = &visitor.member.email;
    let mail = Outgoing {
        message_id: format!("<test-{}@{}>", clock::new_id(), crate::remote::mail::incoming::OURS),
        from: email,
        to: email,
        subject: "Marketo Sales Insight",
        text: "This way out works.".to_owned(),
        html: "<p>This way out works.</p>".to_owned(),
        way_out: None,
    };
    mailer.send(&mail).await.map_err(|error| {
        let said = match error {
            MailError::Refused(code) | MailError::Later(code) => format!("The mail server said {code}."),
            _ => "The mail server does not answer, or does not accept user name and password.".to_owned(),
        };
        Problem::new(422, "mail.server", "The test mail did not go out", said)
    })?;
    Ok(Answer::fleeting(json!({ "sent_to": email })))
}

/// Nothing can be sent: neither member nor team nor operator named a server.
#[must_use]
pub fn no_channel() -> Problem {
    Problem::new(409, "mail.no_channel", "No delivery channel", "No mail server is configured, so nothing can be sent yet.")
}
