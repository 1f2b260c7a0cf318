//! Inviting: what every way of it has in common, be it one address, a list, a file or the first user.

use secrecy::SecretString;

use super::connections::Connections;
use super::email::Email;
use super::link::{LinkToken, hexadecimal};
use super::postbox::{MailDetail, place};
use super::query::invalid;
use super::{database, fields};
use crate::clock;
use crate::problem::Problem;
use crate::store::accounts::Account;
use crate::store::audit::Deed;
use crate::store::invitations::{Invited, Invitee, Question, Settles, Terms};
use crate::store::{StoreError, Tenant};

/// How long an invitation's link works.
pub(super) const LIFE_MS: i64 = 7 * 86_400_000;

/// Somebody who is to be invited.
#[derive(Debug, Clone)]
pub struct Guest {
    pub email: Email,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: String,
    pub teams: Vec<String>,
}

/// Who invites, and how.
#[derive(Debug, Clone)]
pub struct Manner<'a> {
    pub inviter: &'a str,
    pub language: &'a str,
    pub first: bool,
}

/// A guest with link and mail made out.
///
/// # Errors
/// When there is no randomness, or the token can't be sealed.
pub fn made_out(connections: &Connections, account_id: &str, guest: Guest) -> Result<Invitee, Problem> {
    made_out_with_token(connections, account_id, guest).map(|(invitee, _)| invitee)
}

fn made_out_with_token(connections: &Connections, account_id: &str, guest: Guest) -> Result<(Invitee, SecretString), Problem> {
    let token = LinkToken::fresh()?;
    let mail_id = clock::new_id();
    let (sealing_key_id, sealed) = connections.sealer().seal(account_id, &place(&mail_id), &token.secret)?;
    let invitee = Invitee {
        member_id: clock::new_id(),
        invitation_id: clock::new_id(),
        mail_id,
        email: guest.email.text,
        email_key: guest.email.key,
        first_name: guest.first_name,
        last_name: guest.last_name,
        role: guest.role,
        teams: guest.teams,
        token_hash: token.hash,
        token_sealed: hexadecimal(&sealed),
        sealing_key_id,
    };
    Ok((invitee, token.secret))
}

#[expect(clippy::too_many_arguments, reason = "who, whom, how, and what else goes into the transaction")]
/// Invites them in one transaction; gives what became of each.
///
/// # Errors
/// When the database refuses.
pub async fn invite(
    connections: &Connections,
    tenant: &Tenant,
    account: &Account,
    invitees: &[Invitee],
    manner: Manner<'_>,
    deed: &Deed,
    settles: Option<Settles<'_>>,
    question: Option<Question<'_>>,
) -> Result<Vec<Invited>, StoreError> {
    let expires_at = deed.at + LIFE_MS;
    let mail_detail = detail(account, manner.inviter, manner.first, expires_at)?;
    let terms = Terms {
        now: deed.at,
        expires_at,
        seats: i64::from(connections.settings().account.seats),
        inviter: manner.inviter,
        language: manner.language,
        time_zone: &account.time_zone,
        first: manner.first,
        mail_detail: &mail_detail,
    };
    tenant.invite(invitees, &terms, deed, settles, question).await
}

/// What a mail about an invitation needs to be written.
///
/// # Errors
/// Never in practice.
pub(super) fn detail(account: &Account, inviter: &str, first: bool, expires_at: i64) -> Result<String, StoreError> {
    let detail = MailDetail { account: account.name.clone(), inviter: inviter.to_owned(), first, expires_at };
    serde_json::to_string(&detail).map_err(|_| StoreError::Unreadable { column: "detail" })
}

/// Invites somebody from the command line; gives what became of it, and the link's token where there is one.
///
/// # Errors
/// 400 for what is no address or role, 404 for an account that there is not, or when the database refuses.
pub async fn by_operator(
    connections: &Connections,
    account_id: &str,
    email: &str,
    role: &str,
) -> Result<(&'static str, Option<SecretString>), Problem> {
    let email = Email::parse(email.trim()).map_err(|error| invalid("email", &error.to_string()))?;
    let role = fields::role("role", role)?;
    let tenant = connections.store().tenant(account_id);
    let account = database::answer(tenant.account()).await?.ok_or_else(Problem::not_found)?;
    let deed = super::entrances::by_operator("members.invited", email.text.clone());
    let guest = Guest { email, first_name: None, last_name: None, role, teams: Vec::new() };
    let (invitee, token) = made_out_with_token(connections, account_id, guest)?;
    let manner = Manner { inviter: "operator", language: &account.language, first: false };
    let invitees = [invitee];
    let outcomes = database::answer(invite(connections, &tenant, &account, &invitees, manner, &deed, None, None)).await?;
    let outcome = outcomes.first().ok_or_else(Problem::internal)?;
    Ok((outcome.word(), (*outcome == Invited::Invited).then_some(token)))
}
