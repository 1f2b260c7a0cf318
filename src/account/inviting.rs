//! Inviting: what every way of it has in common, be it one address, a list, a file or the first user.

use super::connections::Connections;
use super::email::Email;
use super::link::{LinkToken, hexadecimal};
use super::postbox::{MailDetail, place};
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
    let token = LinkToken::fresh()?;
    let mail_id = clock::new_id();
    let (sealing_key_id, sealed) = connections.sealer().seal(account_id, &place(&mail_id), &token.secret)?;
    Ok(Invitee {
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
    })
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
