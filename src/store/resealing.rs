//! Sealed values, wherever they lie, so that another key can take over.

use sqlx::AssertSqlSafe;

use super::{Store, StoreError, commit, on};

/// Where sealed values lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shelf {
    /// Connections to Marketo; a row is named by its kind.
    Connections,
    /// The credentials that a Marketo administrator entered.
    Integrations,
    /// The same, before they were changed.
    EarlierIntegrations,
    /// Access and refresh token of Salesforce, which share a key.
    SalesforceTokens,
    /// Passwords of mail server and mailbox, which share a key; a row is named by its member.
    MailChannels,
    /// Tokens of links in mails that are not out yet; a row is named by its mail.
    Letters,
}

struct Columns {
    table: &'static str,
    row: &'static str,
    first: &'static str,
    second: Option<&'static str>,
    key: &'static str,
}

impl Shelf {
    pub const ALL: [Self; 6] =
        [Self::Connections, Self::Integrations, Self::EarlierIntegrations, Self::SalesforceTokens, Self::MailChannels, Self::Letters];

    const fn columns(self) -> Columns {
        let (table, row, first, second, key) = match self {
            Self::Connections => ("connections", "kind", "secret_sealed", None, "sealing_key_id"),
            Self::Integrations => ("integrations", "account_id", "secret_sealed", None, "sealing_key_id"),
            Self::EarlierIntegrations => ("integrations", "account_id", "previous_sealed", None, "previous_key_id"),
            Self::SalesforceTokens => ("salesforce_connections", "account_id", "access_sealed", Some("refresh_sealed"), "sealing_key_id"),
            Self::MailChannels => ("mail_channels", "member_id", "smtp_sealed", Some("imap_sealed"), "sealing_key_id"),
            Self::Letters => ("mail_outbox", "id", "token_sealed", None, "sealing_key_id"),
        };
        Columns { table, row, first, second, key }
    }
}

/// What lies in one row of a shelf.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct SealedRow {
    pub account_id: String,
    pub row_name: String,
    pub key_id: String,
    pub first: Option<Vec<u8>>,
    pub second: Option<Vec<u8>>,
}

impl Store {
    /// The next rows after `after` (account and row) that another key than `key_id` sealed, 100 at most.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn sealed_otherwise(&self, shelf: Shelf, key_id: &str, after: (&str, &str)) -> Result<Vec<SealedRow>, StoreError> {
        let Columns { table, row, first, second, key } = shelf.columns();
        let nothing = if matches!(self, Self::Postgres(_)) { "cast(null as bytea)" } else { "null" };
        let second = second.unwrap_or(nothing);
        let text = format!(
            "select account_id, {row} as row_name, {key} as key_id, {first} as first, {second} as second from {table} \
             where {key} <> $1 and ({first} is not null or {second} is not null) and (account_id, {row}) > ($2, $3) \
             order by account_id, {row} limit 100"
        );
        Ok(on!(self, pool => sqlx::query_as(AssertSqlSafe(text)).bind(key_id).bind(after.0).bind(after.1).fetch_all(pool).await)?)
    }

    /// Puts newly sealed values in the place of those that were read, unless somebody changed them since.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn reseal(&self, shelf: Shelf, before: &SealedRow, after: &SealedRow) -> Result<bool, StoreError> {
        let Columns { table, row, first, second, key } = shelf.columns();
        let (set, same) = match second {
            Some(second) => (format!(", {second} = $7"), format!(" and {second} is not distinct from $8")),
            None => (String::new(), String::new()),
        };
        let text = format!(
            "update {table} set {first} = $5, {key} = $4{set} where account_id = $1 and {row} = $2 and {key} = $3 \
             and {first} is not distinct from $6{same}"
        );
        Ok(commit!(self, transaction => {
            let query = sqlx::query(AssertSqlSafe(text))
                .bind(&before.account_id)
                .bind(&before.row_name)
                .bind(&before.key_id)
                .bind(&after.key_id)
                .bind(&after.first)
                .bind(&before.first);
            let query = if second.is_some() { query.bind(&after.second).bind(&before.second) } else { query };
            query.execute(&mut *transaction).await?.rows_affected() == 1
        }))
    }
}
