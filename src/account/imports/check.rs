//! What will become of each row, before anything is sent.

use super::mapping::Mapping;
use crate::account::connections::Connections;
use crate::account::email::Email;
use crate::account::inviting::Guest;
use crate::store::StoreError;
use crate::store::imports::{Import, ImportRow, Judged};
use crate::store::teams::{EVERYONE, Team};

const BATCH: i64 = 2_000;

/// Judges the next rows of a file that is being checked; whether there are more. A process may be killed at any moment: what is
/// judged stays so, and the next one goes on behind it.
///
/// # Errors
/// When the database refuses.
pub async fn advance(connections: &Connections, import: &Import) -> Result<bool, StoreError> {
    let tenant = connections.store().tenant(&import.account_id);
    let unreadable = |column| StoreError::Unreadable { column };
    let mapping: Mapping = serde_json::from_str(&import.mapping).map_err(|_| unreadable("mapping"))?;
    let header: Vec<String> = serde_json::from_str(&import.header).map_err(|_| unreadable("header"))?;
    let rows = tenant.first_import_rows(&import.id, "unchecked", BATCH).await?;
    if rows.is_empty() {
        tenant.end_check(import, i64::from(connections.settings().account.seats)).await?;
        return Ok(false);
    }
    let teams = tenant.teams().await?;
    let judged: Vec<Judged> = rows.into_iter().map(|row| judge(&row, &mapping, header.len(), &import.role, &teams)).collect();
    tenant.judge_import_rows(import, &judged).await?;
    Ok(true)
}

fn judge(row: &ImportRow, mapping: &Mapping, columns: usize, role: &str, teams: &[Team]) -> Judged {
    let cells: Vec<String> = serde_json::from_str(&row.cells).unwrap_or_default();
    let cell = |field: &str| {
        let column = mapping.get(field).copied().flatten()?;
        cells.get(column).map(|cell| cell.trim()).filter(|cell| !cell.is_empty())
    };
    let mut judged = Judged {
        number: row.number,
        email: None,
        email_key: None,
        first_name: None,
        last_name: None,
        role: None,
        teams: None,
        outcome: "malformed",
        detail: None,
    };
    let read = || -> Result<Guest, String> {
        let surplus = cells.iter().skip(columns).any(|cell| !cell.trim().is_empty());
        if cells.len() < columns || surplus {
            return Err(format!("The row has {} cells, the header {columns}.", cells.len()));
        }
        let email = Email::parse(cell("email").ok_or("There is no address.")?).map_err(|error| error.to_string())?;
        let name = |field: &str| match cell(field) {
            Some(name) if name.chars().count() > 80 || name.chars().any(char::is_control) => {
                Err(format!("The {} is no name.", field.replace('_', " ")))
            }
            name => Ok(name.map(str::to_owned)),
        };
        Ok(Guest {
            email,
            first_name: name("first_name")?,
            last_name: name("last_name")?,
            role: role_of(cell("role"), role)?,
            teams: teams_of(cell("teams"), teams)?,
        })
    };
    match read() {
        Ok(guest) => Judged {
            email: Some(guest.email.text),
            email_key: Some(guest.email.key),
            first_name: guest.first_name,
            last_name: guest.last_name,
            role: Some(guest.role),
            teams: serde_json::to_string(&guest.teams).ok(),
            outcome: "will_invite",
            ..judged
        },
        Err(why) => {
            judged.email = cell("email").map(|text| text.chars().take(254).collect());
            judged.detail = Some(why);
            judged
        }
    }
}

fn role_of(cell: Option<&str>, otherwise: &str) -> Result<String, String> {
    match cell.map(str::to_lowercase).as_deref() {
        None => Ok(otherwise.to_owned()),
        Some("admin" | "administrator" | "administrateur" | "administratör" | "beheerder" | "管理员") => Ok("admin".to_owned()),
        Some("user" | "member" | "benutzer" | "utilisateur" | "användare" | "gebruiker" | "用户") => Ok("user".to_owned()),
        Some(_) => Err("The role must be admin or user.".to_owned()),
    }
}

fn teams_of(cell: Option<&str>, teams: &[Team]) -> Result<Vec<String>, String> {
    let mut ids = Vec::new();
    for name in cell
        .unwrap_or_default()
        .split([';', '|', ','])
        .map(|name| name.trim().to_lowercase())
        .filter(|name| !name.is_empty() && name != EVERYONE)
    {
        let known = teams.iter().find(|team| team.name.to_lowercase() == name).ok_or("One of the teams does not exist.")?;
        if !ids.contains(&known.id) {
            ids.push(known.id.clone());
        }
    }
    Ok(ids)
}
