//! The set-up guide, walked by the demo itself: everything that its people would do by hand goes through the account's API, the
//! emulated Marketo, Salesforce and mailbox, so that a demo that starts with the guide done stands on the same ground as one that
//! is set up from scratch.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, bail};
use serde_json::{Value, json};

use super::halves::AccountHalf;
use crate::account::certificates;
use crate::clock;
use crate::gateway::broker::{Broker, Letter, Verb, Visitor};
use crate::problem::Problem;
use crate::sandbox::World;
use crate::settings::Settings;

/// Whom the emulated Marketo lists as an administrator; the first user.
pub const FIRST: &str = "ops@brightwater.example";
/// Their Salesforce user.
const CONNECTS: &str = "sam.taylor";

/// Somebody else of the emulated org.
struct Guest {
    login: &'static str,
    name: (&'static str, &'static str),
    role: &'static str,
    teams: &'static [&'static str],
    accepts: bool,
}

const fn guest(
    login: &'static str,
    name: (&'static str, &'static str),
    role: &'static str,
    teams: &'static [&'static str],
    accepts: bool,
) -> Guest {
    Guest { login, name, role, teams, accepts }
}

/// Further people, one of whom has not accepted yet.
const PEOPLE: [Guest; 6] = [
    // Whoever opens the emulated Salesforce is Robin, unless the page is asked for somebody else.
    guest(ROBIN, ("Robin", "Alvarez"), "admin", &["Americas"], true),
    guest("katharina.vogel", ("Katharina", "Vogel"), "user", &["Europe"], true),
    guest("linnea.aberg", ("Linnéa", "Åberg"), "user", &["Europe"], true),
    guest("maya.okonkwo", ("Maya", "Okonkwo"), "user", &["Europe", "Development"], true),
    guest("grace.whitlock", ("Grace", "Whitlock"), "admin", &["Americas"], true),
    guest("jeroen.vandijk", ("Jeroen", "van Dijk"), "user", &["Europe"], false),
];
const ROBIN: &str = "robin.alvarez";
const TEAMS: [&str; 3] = ["Americas", "Europe", "Development"];
/// For a mail to arrive.
const PATIENCE: Duration = Duration::from_secs(20);

/// Somebody who does something in the account.
struct Hand<'a> {
    broker: &'a Broker,
    visitor: Visitor,
}

impl Hand<'_> {
    async fn send(&self, verb: Verb, path: &str, body: Option<Value>) -> Result<Value, Problem> {
        let request_id = clock::new_id();
        let letter =
            Letter { verb, path, visitor: &self.visitor, request_id: &request_id, body: body.as_ref(), once: None, from: Some("demo") };
        let answer = self.broker.send(letter).await?;
        Ok(serde_json::from_slice(&answer.body).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> Result<Value, Problem> {
        self.send(Verb::Get, path, None).await
    }

    async fn post(&self, path: &str, body: Value) -> Result<Value, Problem> {
        self.send(Verb::Post, path, Some(body)).await
    }
}

fn text(value: &Value, name: &str) -> anyhow::Result<String> {
    value.get(name).and_then(Value::as_str).map(str::to_owned).with_context(|| format!("the account's answer lacks {name}"))
}

/// Walks the guide as far as it is not walked yet; gives the account's id. Mails must be on their way already.
///
/// # Errors
/// When a step is refused, which it would be to people as well.
pub async fn settle(account: &AccountHalf, account_url: &str, settings: &Settings, world: &Arc<World>) -> anyhow::Result<String> {
    let broker = Broker::new(account_url, &settings.account.key)?;
    let face = Hand { broker: &broker, visitor: Visitor::face() };
    let entrance = json!({
        "munchkin_id": world.munchkin_id(), "client_id": world.marketo_client_id(), "client_secret": world.marketo_client_secret(), "email": FIRST,
    });
    let entered = face.post("/v1/marketo-admins", entrance).await.context("entering as Marketo admin")?;
    let account_id = text(&entered, "account_id")?;
    let ops = Visitor {
        kind: "marketo_admin".to_owned(),
        account: Some(account_id.clone()),
        email: Some(FIRST.to_owned()),
        ..Visitor::default()
    };
    let ops = Hand { broker: &broker, visitor: ops };
    let Some(first) = first_member(account, &ops, &face, world).await? else { return Ok(account_id) };
    let member = Visitor { kind: "member".to_owned(), account: Some(account_id.clone()), member: Some(first), ..Visitor::default() };
    let admin = Hand { broker: &broker, visitor: member };
    admin.send(Verb::Patch, "/v1/account", Some(json!({"name": world.org_name()}))).await.context("naming the account")?;
    admin.send(Verb::Put, "/v1/login-settings", Some(json!({"method": "all"}))).await.context("the login methods")?;
    connect(&admin, settings, world).await.context("connecting Salesforce")?;
    certificates::register(&account.state.store.tenant(&account_id), &world.org_id(), "MSI_Gateway", &world.org_certificate_pem()).await?;
    // As the Salesforce admin would: the key from the settings page goes into the org's configuration of the package.
    let key = text(&admin.post("/v1/connections/salesforce/secret-key", json!({})).await.context("making a secret key")?, "secret_key")?;
    world.configure_package("MSI_Gateway", &key);
    let pasted =
        json!({"munchkin_id": world.munchkin_id(), "client_id": world.marketo_client_id(), "client_secret": world.marketo_client_secret()});
    admin.post("/v1/connections/marketo", pasted).await.context("connecting Marketo")?;
    if text(&admin.get("/v1/field-sync").await?, "state")? == "idle" {
        admin.post("/v1/field-sync/start", json!({})).await.context("starting the sync")?;
        account.sync.nudge();
    }
    if let [smtp, imap] = settings.mail.extra_hosts.as_slice() {
        admin.send(Verb::Put, "/v1/mail-channels/team", Some(mailbox(smtp, imap))).await.context("the team's mailbox")?;
    }
    people(&admin, &face, world).await.context("inviting people")?;
    sign_in(&face, settings, world).await.context("Robin's sign-in with Salesforce")?;
    Ok(account_id)
}

// The emulated mailbox, by which answers are found.
fn mailbox(smtp: &str, imap: &str) -> Value {
    let parts = |address: &str| {
        let (host, port) = address.rsplit_once(':').unwrap_or((address, "0"));
        (host.to_owned(), port.parse::<u16>().unwrap_or(0))
    };
    let ((smtp_host, smtp_port), (imap_host, imap_port)) = (parts(smtp), parts(imap));
    json!({
        "smtp_host": smtp_host, "smtp_port": smtp_port, "smtp_security": "plain", "imap_host": imap_host, "imap_port": imap_port,
        "imap_security": "plain", "imap_user": "everybody@sandbox.example", "imap_password": "demo",
    })
}

// The first user: here since an earlier start, or invited and accepted now. `None` when somebody set the account up differently.
async fn first_member(account: &AccountHalf, ops: &Hand<'_>, face: &Hand<'_>, world: &World) -> anyhow::Result<Option<String>> {
    let tenant = account.state.store.tenant(ops.visitor.account.as_deref().unwrap_or_default());
    if let Some(member) = tenant.account().await?.and_then(|account| account.original_member_id) {
        return Ok(Some(member));
    }
    let config = ops.get("/v1/actions-config").await?;
    if config.pointer("/first_user/state").and_then(Value::as_str) != Some("none") {
        return Ok(None);
    }
    ops.post("/v1/actions-config/first-invitation", json!({"email": FIRST, "language": "en"})).await.context("the first invitation")?;
    Ok(Some(accept(face, world, FIRST, "Mona", "Operations").await?))
}

async fn accept(face: &Hand<'_>, world: &World, email: &str, first_name: &str, last_name: &str) -> anyhow::Result<String> {
    let token = link(world, email).await?;
    let names = json!({"first_name": first_name, "last_name": last_name});
    let accepted = face.post(&format!("/v1/invitations/by-token/{token}/accept"), names).await.context("accepting an invitation")?;
    text(&accepted, "member_id")
}

// The token at the end of the link in the newest mail.
async fn link(world: &World, email: &str) -> anyhow::Result<String> {
    let until = clock::instant() + PATIENCE;
    while clock::instant() < until {
        if let Some(mail) = world.newest_mail_to(email) {
            let line = mail.lines().map(str::trim).find(|line| line.contains("/invitations/")).context("the invitation has no link")?;
            return Ok(line.rsplit('/').next().unwrap_or_default().to_owned());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    bail!("the invitation to {email} did not arrive")
}

// Through the authorization page and back, as a browser would go.
async fn connect(admin: &Hand<'_>, settings: &Settings, world: &World) -> anyhow::Result<()> {
    let seen = text(&admin.get("/v1/connections/salesforce").await?, "state")?;
    if seen == "connected" {
        // The emulated Salesforce forgets everything when it stops, and may be at another port now.
        let checked = admin.post("/v1/connections/salesforce/check", json!({})).await.unwrap_or_default();
        if checked.get("state").and_then(Value::as_str) == Some("connected") {
            return Ok(());
        }
    }
    let back = format!("{}/admin/settings/salesforce/callback", settings.gateway.public_url.trim_end_matches('/'));
    let session = clock::new_id();
    let wish = json!({"environment": "sandbox", "redirect_uri": back, "session": session});
    let begun = admin.post("/v1/connections/salesforce/flows", wish).await?;
    let (code, state) = world.allowed(&text(&begun, "authorize_url")?, CONNECTS).context("Salesforce did not allow it")?;
    admin.post("/v1/connections/salesforce/finish", json!({"state": state, "code": code, "session": session})).await?;
    Ok(())
}

// Robin has signed in with Salesforce once, so that the panel knows whose settings to open.
async fn sign_in(face: &Hand<'_>, settings: &Settings, world: &World) -> anyhow::Result<()> {
    let back = format!("{}/sign-in/salesforce/callback", settings.gateway.public_url.trim_end_matches('/'));
    let begun = face.post("/v1/salesforce/sign-ins", json!({"environment": "sandbox", "redirect_uri": back})).await?;
    let (code, state) = world.allowed(&text(&begun, "authorize_url")?, ROBIN).context("Salesforce did not allow it")?;
    let finish = format!("/v1/salesforce/sign-ins/{}/finish", text(&begun, "flow_id")?);
    face.post(&finish, json!({"state": state, "code": code})).await?;
    Ok(())
}

async fn people(admin: &Hand<'_>, face: &Hand<'_>, world: &World) -> anyhow::Result<()> {
    let known = admin.get("/v1/teams").await?;
    let known: Vec<&Value> = known.get("items").and_then(Value::as_array).into_iter().flatten().collect();
    let mut teams = Vec::new();
    for name in TEAMS {
        let id = match known.iter().find(|team| team.get("name").and_then(Value::as_str) == Some(name)) {
            Some(team) => text(team, "id")?,
            None => text(&admin.post("/v1/teams", json!({"name": name})).await?, "id")?,
        };
        teams.push((name, id));
    }
    for Guest { login, name: (first_name, last_name), role, teams: names, accepts } in PEOPLE {
        let email = format!("{login}@brightwater.example");
        let ids: Vec<&str> = teams.iter().filter(|(name, _)| names.contains(name)).map(|(_, id)| id.as_str()).collect();
        let told = admin.post("/v1/invitations", json!({"emails": [email], "role": role, "teams": ids})).await?;
        if accepts && told.pointer("/results/0/outcome").and_then(Value::as_str) == Some("invited") {
            accept(face, world, &email, first_name, last_name).await?;
        }
    }
    Ok(())
}
