//! Checks and invites the rows of files, batch by batch. A batch and what became of its rows are one transaction, so that a process
//! may be killed at any moment: every row is settled once.

use super::check;
use crate::account::connections::Connections;
use crate::account::email::Email;
use crate::account::inviting::{Guest, Manner, invite, made_out};
use crate::clock;
use crate::store::StoreError;
use crate::store::audit::Deed;
use crate::store::imports::{Import, ImportChange, ImportRow};
use crate::store::invitations::{Invitee, Settles};

const BATCH: i64 = 500;

/// Does the next batch of every file that is being checked or invited; whether there is more.
///
/// # Errors
/// When the database refuses.
pub async fn advance(connections: &Connections) -> Result<bool, StoreError> {
    let mut more = false;
    for import in connections.store().imports_at_work().await? {
        more |= match import.state.as_str() {
            "checking" => check::advance(connections, &import).await?,
            _ => batch(connections, &import).await?,
        };
    }
    Ok(more)
}

async fn batch(connections: &Connections, import: &Import) -> Result<bool, StoreError> {
    let tenant = connections.store().tenant(&import.account_id);
    let now = clock::now_ms();
    // Whoever began it must still be allowed to.
    let may = tenant.member(&import.created_by).await?.is_some_and(|member| member.role == "admin" && member.state == "active");
    let account = tenant.account().await?.filter(|account| account.status == "active");
    let (true, Some(account)) = (may, account) else {
        tenant.move_import(&import.id, &["inviting"], "stopped", ImportChange::default(), None, now).await?;
        return Ok(false);
    };
    let rows = tenant.first_import_rows(&import.id, "will_invite", BATCH).await?;
    if rows.is_empty() {
        tenant.move_import(&import.id, &["inviting"], "done", ImportChange::default(), None, now).await?;
        return Ok(false);
    }
    let mut numbers = Vec::with_capacity(rows.len());
    let mut invitees: Vec<Invitee> = Vec::with_capacity(rows.len());
    for row in rows {
        let number = row.number;
        let Some(guest) = guest(row, &import.role) else { continue };
        let Ok(invitee) = made_out(connections, &import.account_id, guest) else {
            return Err(StoreError::Unreadable { column: "token" });
        };
        numbers.push(number);
        invitees.push(invitee);
    }
    let deed = Deed {
        id: clock::new_id(),
        at: now,
        who: import.inviter.clone(),
        what: "members.invited",
        target: format!("{}: rows {} to {}", import.file_name, numbers.first().copied().unwrap_or(0), numbers.last().copied().unwrap_or(0)),
        source: None,
        request_id: None,
    };
    let manner = Manner { inviter: &import.inviter, language: &import.language, first: false };
    let settles = Settles { import_id: &import.id, numbers: &numbers };
    invite(connections, &tenant, &account, &invitees, manner, &deed, Some(settles), None).await?;
    // Another file may wait as well: the one that waited longest comes first.
    tenant.move_import(&import.id, &["inviting"], "inviting", ImportChange::default(), None, clock::now_ms()).await?;
    Ok(true)
}

fn guest(row: ImportRow, role: &str) -> Option<Guest> {
    Some(Guest {
        email: Email::parse(row.email.as_deref()?).ok()?,
        first_name: row.first_name,
        last_name: row.last_name,
        role: row.role.unwrap_or_else(|| role.to_owned()),
        teams: row.teams.and_then(|teams| serde_json::from_str(&teams).ok()).unwrap_or_default(),
    })
}
