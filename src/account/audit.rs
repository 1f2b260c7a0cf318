//! The audit log: a list to search, and the whole of it as a file.

use actix_web::{HttpRequest, HttpResponse, web};
use serde::Serialize;

use super::answer::Answer;
use super::listing::{Listing, Wish};
use super::sheet::Sheet;
use super::signed_in::Admin;
use super::{AccountState, database};
use crate::problem::Problem;
use crate::store::audit::AuditRow;

/// Most rows in a file.
const MOST: i64 = 100_000;
const BATCH: i64 = 2_000;

#[derive(Serialize)]
pub struct DeedView {
    id: String,
    at: i64,
    who: String,
    what: String,
    target: String,
    from: Option<String>,
    request_id: Option<String>,
}

impl From<AuditRow> for DeedView {
    fn from(row: AuditRow) -> Self {
        Self { id: row.id, at: row.at, who: row.who, what: row.what, target: row.target, from: row.source, request_id: row.request_id }
    }
}

/// `GET /v1/audit`
pub async fn list(admin: Admin, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Listing<DeedView>>, Problem> {
    let wish = Wish::read(&request, &state, &format!("audit/{}", admin.tenant.account_id()), &["search"])?;
    let rows = database::answer(admin.tenant.audit(wish.get("search"), wish.before(), wish.limit + 1)).await?;
    let total = database::answer(admin.tenant.count_audit(wish.get("search"))).await?;
    Ok(Answer::fleeting(wish.page(&state, rows, total, |row| (row.at, row.id.clone()), DeedView::from)))
}

/// `GET /v1/audit.csv`
pub async fn export(admin: Admin, request: HttpRequest, state: web::Data<AccountState>) -> Result<HttpResponse, Problem> {
    let wish = Wish::read(&request, &state, "audit.csv", &["search"])?;
    let mut sheet = Sheet::new(&["at", "who", "what", "target", "from", "request_id"]);
    let mut place: Option<(i64, String)> = None;
    let mut written = 0;
    loop {
        let before = place.as_ref().map(|(at, id)| (*at, id.as_str()));
        let rows = database::answer(admin.tenant.audit(wish.get("search"), before, BATCH)).await?;
        let Some(last) = rows.last() else { break };
        place = Some((last.at, last.id.clone()));
        written += i64::try_from(rows.len()).unwrap_or(0);
        for row in rows {
            let at = jiff::Timestamp::from_millisecond(row.at).map(|at| at.to_string()).unwrap_or_default();
            sheet.row([
                &at,
                &row.who,
                &row.what,
                &row.target,
                row.source.as_deref().unwrap_or(""),
                row.request_id.as_deref().unwrap_or(""),
            ]);
        }
        if written >= MOST {
            break;
        }
    }
    let deed = admin.actor.deed("audit.exported", format!("{written} rows"));
    database::answer(admin.tenant.note(&deed)).await?;
    Ok(sheet.answer("audit.csv"))
}
