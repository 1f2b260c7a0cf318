//! Invitations by file: its rows lie here from the upload on, so that the wizard survives a reload and a killed process.

use serde::Serialize;

use super::audit::{Deed, note};
use super::{Store, StoreError, Tenant, batch, commit, on};

/// A file and how far it is.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Import {
    pub id: String,
    pub account_id: String,
    /// Member id.
    pub created_by: String,
    /// Who invites, for people.
    pub inviter: String,
    pub file_name: String,
    pub file_hash: String,
    pub encoding: String,
    pub delimiter: String,
    /// JSON list.
    pub header: String,
    /// JSON object: field to column.
    pub mapping: String,
    pub row_count: i64,
    /// `uploading`, `uploaded`, `checking`, `checked`, `inviting`, `done`.
    pub state: String,
    /// Role of those whose row names none.
    pub role: String,
    pub language: String,
    pub problem: Option<String>,
    pub created_at: i64,
    pub updated_at: i64,
}

/// A row of a file.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct ImportRow {
    pub number: i64,
    /// JSON list.
    pub cells: String,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: Option<String>,
    /// JSON list of team ids.
    pub teams: Option<String>,
    pub outcome: String,
    pub detail: Option<String>,
}

/// What a check found in a row by looking at it alone.
#[derive(Debug, Clone, Serialize)]
pub struct Judged {
    pub number: i64,
    pub email: Option<String>,
    pub email_key: Option<String>,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub role: Option<String>,
    pub teams: Option<String>,
    pub outcome: &'static str,
    pub detail: Option<String>,
}

#[derive(Serialize)]
struct NewRow<'a> {
    number: i64,
    cells: &'a [String],
}

macro_rules! columns {
    ($after:literal) => {
        concat!(
            "select id, account_id, created_by, inviter, file_name, file_hash, encoding, delimiter, header, mapping, row_count, state, \
             role, language, problem, created_at, updated_at from imports ",
            $after
        )
    };
}

// Holds the import while its check goes on by this mapping; 1 when it does.
macro_rules! hold_check {
    ($transaction:ident, $account_id:expr, $import:expr) => {
        sqlx::query("update imports set updated_at = updated_at where account_id = $1 and id = $2 and state = 'checking' and mapping = $3")
            .bind($account_id)
            .bind(&$import.id)
            .bind(&$import.mapping)
            .execute(&mut *$transaction)
            .await?
            .rows_affected()
    };
}

impl Tenant {
    /// Begins an upload.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_import(&self, import: &Import) -> Result<(), StoreError> {
        let text = "insert into imports (id, account_id, created_by, inviter, file_name, file_hash, encoding, delimiter, header, mapping, \
                    row_count, state, role, language, created_at, updated_at) \
                    values ($1, $2, $3, $4, $5, '', '', '', '[]', '{}', 0, 'uploading', $6, $7, $8, $8)";
        commit!(&self.store, transaction => {
            // What broke off a day ago will not go on.
            sqlx::query("delete from imports where account_id = $1 and state = 'uploading' and created_at < $2")
                .bind(&self.account_id)
                .bind(import.created_at - 86_400_000)
                .execute(&mut *transaction)
                .await?;
            sqlx::query(text)
                .bind(&import.id)
                .bind(&self.account_id)
                .bind(&import.created_by)
                .bind(&import.inviter)
                .bind(&import.file_name)
                .bind(&import.role)
                .bind(&import.language)
                .bind(import.created_at)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// Adds rows to an upload.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn add_import_rows(&self, import_id: &str, first: i64, rows: &[Vec<String>]) -> Result<(), StoreError> {
        let text = self.store.text(
            "insert into import_rows (import_id, number, cells, outcome) \
             select $1, value ->> 'number', value -> 'cells', 'unchecked' from json_each($2)",
            "insert into import_rows (import_id, number, cells, outcome) \
             select $1, cast(item ->> 'number' as bigint), cast(item -> 'cells' as text), 'unchecked' \
             from jsonb_array_elements(cast($2 as jsonb)) batch (item)",
        );
        let rows = batch::rows(
            rows.iter()
                .enumerate()
                .map(|(place, cells)| NewRow { number: first + i64::try_from(place).unwrap_or(i64::MAX - first), cells }),
        )?;
        commit!(&self.store, transaction => {
            sqlx::query(text).bind(import_id).bind(&rows).execute(&mut *transaction).await?;
        });
        Ok(())
    }

    /// Ends an upload with what was learnt of the file.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_upload(&self, import: &Import, deed: &Deed) -> Result<(), StoreError> {
        let text = "update imports set file_hash = $3, encoding = $4, delimiter = $5, header = $6, mapping = $7, row_count = $8, \
                    state = 'uploaded', updated_at = $9 where account_id = $1 and id = $2";
        commit!(&self.store, transaction => {
            sqlx::query(text)
                .bind(&self.account_id)
                .bind(&import.id)
                .bind(&import.file_hash)
                .bind(&import.encoding)
                .bind(&import.delimiter)
                .bind(&import.header)
                .bind(&import.mapping)
                .bind(import.row_count)
                .bind(deed.at)
                .execute(&mut *transaction)
                .await?;
            note!(transaction, &self.account_id, deed);
        });
        Ok(())
    }

    /// Throws an upload away that could not be read.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn drop_import(&self, id: &str) -> Result<(), StoreError> {
        commit!(&self.store, transaction => {
            sqlx::query("delete from imports where account_id = $1 and id = $2 and state = 'uploading'")
                .bind(&self.account_id)
                .bind(id)
                .execute(&mut *transaction)
                .await?;
        });
        Ok(())
    }

    /// An import by id.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn import(&self, id: &str) -> Result<Option<Import>, StoreError> {
        let text = columns!("where account_id = $1 and id = $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(id).fetch_optional(pool).await)?)
    }

    /// Imports, the newest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn imports(&self, limit: i64) -> Result<Vec<Import>, StoreError> {
        let text = columns!("where account_id = $1 and state <> 'uploading' order by created_at desc, id desc limit $2");
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(limit).fetch_all(pool).await)?)
    }

    /// Moves an import from one of some states to another; `false` when it is in none of them.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn move_import(
        &self,
        id: &str,
        from: &[&str],
        to: &str,
        change: ImportChange<'_>,
        deed: Option<&Deed>,
        now_ms: i64,
    ) -> Result<bool, StoreError> {
        let text = self.store.text(
            "update imports set state = $4, mapping = coalesce($5, mapping), role = coalesce($6, role), language = coalesce($7, language), \
             updated_at = $8 where account_id = $1 and id = $2 and state in (select value from json_each($3))",
            "update imports set state = $4, mapping = coalesce($5, mapping), role = coalesce($6, role), language = coalesce($7, language), \
             updated_at = $8 where account_id = $1 and id = $2 and state in (select jsonb_array_elements_text(cast($3 as jsonb)))",
        );
        let from = batch::rows(from.iter())?;
        Ok(commit!(&self.store, transaction => {
            let touched = sqlx::query(text)
                .bind(&self.account_id)
                .bind(id)
                .bind(&from)
                .bind(to)
                .bind(change.mapping)
                .bind(change.role)
                .bind(change.language)
                .bind(now_ms)
                .execute(&mut *transaction)
                .await?
                .rows_affected();
            if let (1, Some(deed)) = (touched, deed) {
                note!(transaction, &self.account_id, deed);
            }
            touched == 1
        }))
    }

    /// Rows after a number, of one outcome or of all (empty).
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn import_rows(&self, import_id: &str, outcome: &str, after: i64, limit: i64) -> Result<Vec<ImportRow>, StoreError> {
        let text = "select number, cells, email, email_key, first_name, last_name, role, teams, outcome, detail from import_rows \
                    where import_id = $2 and ($3 = '' or outcome = $3) and number > $4 \
                    and exists (select 1 from imports i where i.id = $2 and i.account_id = $1) order by number limit $5";
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(import_id)
            .bind(outcome)
            .bind(after)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// How many rows there are of each outcome.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn import_counts(&self, import_id: &str) -> Result<Vec<(String, i64)>, StoreError> {
        let text = "select outcome, count(*) from import_rows where import_id = $2 \
                    and exists (select 1 from imports i where i.id = $2 and i.account_id = $1) group by outcome order by outcome";
        Ok(on!(&self.store, pool => sqlx::query_as(text).bind(&self.account_id).bind(import_id).fetch_all(pool).await)?)
    }

    /// The first rows of one outcome; by an index, however long the file is.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn first_import_rows(&self, import_id: &str, outcome: &str, limit: i64) -> Result<Vec<ImportRow>, StoreError> {
        let text = "select number, cells, email, email_key, first_name, last_name, role, teams, outcome, detail from import_rows \
                    where import_id = $2 and outcome = $3 \
                    and exists (select 1 from imports i where i.id = $2 and i.account_id = $1) order by number limit $4";
        Ok(on!(&self.store, pool => sqlx::query_as(text)
            .bind(&self.account_id)
            .bind(import_id)
            .bind(outcome)
            .bind(limit)
            .fetch_all(pool)
            .await)?)
    }

    /// Begins a check: no row is judged any more. `false` when the import is in none of the states `from`.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn begin_check(&self, id: &str, from: &[&str], now_ms: i64) -> Result<bool, StoreError> {
        let text = self.store.text(
            "update imports set state = 'checking', updated_at = $4 where account_id = $1 and id = $2 \
             and state in (select value from json_each($3))",
            "update imports set state = 'checking', updated_at = $4 where account_id = $1 and id = $2 \
             and state in (select jsonb_array_elements_text(cast($3 as jsonb)))",
        );
        let from = batch::rows(from.iter())?;
        Ok(commit!(&self.store, transaction => {
            let touched =
                sqlx::query(text).bind(&self.account_id).bind(id).bind(&from).bind(now_ms).execute(&mut *transaction).await?.rows_affected();
            if touched == 1 {
                sqlx::query("update import_rows set outcome = 'unchecked', detail = null where import_id = $1 and outcome <> 'unchecked'")
                    .bind(id)
                    .execute(&mut *transaction)
                    .await?;
            }
            touched == 1
        }))
    }

    /// Stores what was found in rows by looking at each alone. Only rows that are not judged yet, while the check goes on by this
    /// very mapping: whoever was overtaken changes nothing.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn judge_import_rows(&self, import: &Import, judged: &[Judged]) -> Result<(), StoreError> {
        // Every row is there already: what looks like an insertion finds it by its key, on both engines.
        let text = batch::text!(
            self.store,
            "insert into import_rows (import_id, number, cells, email, email_key, first_name, last_name, role, teams, outcome, detail) \
             select $1, cast(item ->> 'number' as bigint), '', item ->> 'email', item ->> 'email_key', item ->> 'first_name', \
             item ->> 'last_name', item ->> 'role', item ->> 'teams', item ->> 'outcome', item ->> 'detail'",
            " on conflict (import_id, number) do update set email = excluded.email, email_key = excluded.email_key, \
             first_name = excluded.first_name, last_name = excluded.last_name, role = excluded.role, teams = excluded.teams, \
             outcome = excluded.outcome, detail = excluded.detail where import_rows.outcome = 'unchecked'"
        );
        let rows = batch::rows(judged.iter())?;
        commit!(&self.store, transaction => {
            if hold_check!(transaction, &self.account_id, import) == 1 {
                sqlx::query(text).bind(&import.id).bind(&rows).execute(&mut *transaction).await?;
            }
        });
        Ok(())
    }

    /// Ends a check all of whose rows are judged: judges them against each other, the members and the seats.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn end_check(&self, import: &Import, seats: i64) -> Result<(), StoreError> {
        let import_id = import.id.as_str();
        commit!(&self.store, transaction => {
            if hold_check!(transaction, &self.account_id, import) != 1 {
                return Ok(());
            }
            let left: i64 = sqlx::query_scalar("select count(*) from import_rows where import_id = $1 and outcome = 'unchecked'")
                .bind(import_id)
                .fetch_one(&mut *transaction)
                .await?;
            if left > 0 {
                return Ok(());
            }
            for text in [
                "update import_rows set outcome = 'duplicate' where import_id = $2 and $1 <> '' and number in (select number from \
                 (select number, row_number() over (partition by email_key order by number) as place from import_rows \
                 where import_id = $2 and outcome = 'will_invite') ranked where place > 1)",
                "update import_rows set outcome = (select case when m.account_id <> $1 then 'elsewhere' \
                 when m.state = 'active' then 'already_member' else 'already_invited' end from members m where m.email_key = import_rows.email_key) \
                 where import_id = $2 and outcome = 'will_invite' and email_key in (select m.email_key from members m)",
            ] {
                sqlx::query(text).bind(&self.account_id).bind(import_id).execute(&mut *transaction).await?;
            }
            let used: i64 = sqlx::query_scalar("select count(*) from members where account_id = $1")
                .bind(&self.account_id)
                .fetch_one(&mut *transaction)
                .await?;
            let first_over: Option<i64> =
                sqlx::query_scalar("select number from import_rows where import_id = $1 and outcome = 'will_invite' order by number limit 1 offset $2")
                    .bind(import_id)
                    .bind((seats - used).max(0))
                    .fetch_optional(&mut *transaction)
                    .await?;
            if let Some(number) = first_over {
                sqlx::query("update import_rows set outcome = 'over_seat_limit' where import_id = $1 and outcome = 'will_invite' and number >= $2")
                    .bind(import_id)
                    .bind(number)
                    .execute(&mut *transaction)
                    .await?;
            }
            sqlx::query("update imports set state = 'checked' where id = $1").bind(import_id).execute(&mut *transaction).await?;
        });
        Ok(())
    }
}

/// What changes with an import's state.
#[derive(Debug, Clone, Copy, Default)]
pub struct ImportChange<'a> {
    pub mapping: Option<&'a str>,
    pub role: Option<&'a str>,
    pub language: Option<&'a str>,
}

impl Store {
    /// Imports whose rows are being checked or invited, the one that waited longest first.
    ///
    /// # Errors
    /// When the database refuses.
    pub async fn imports_at_work(&self) -> Result<Vec<Import>, StoreError> {
        let text = columns!("where state in ('checking', 'inviting') order by updated_at limit 4");
        Ok(on!(self, pool => sqlx::query_as(text).fetch_all(pool).await)?)
    }
}
