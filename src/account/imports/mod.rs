//! Invite Users via CSV: upload, mapping, check, invite, report. Each step is stored, so that the wizard survives a reload.

mod check;
pub(super) mod mapping;
pub mod runner;
pub(super) mod script;
pub(super) mod table;
mod upload;
mod wording;

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::StreamExt;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::answer::Answer;
use super::listing::{Listing, Wish};
use super::me::path_id;
use super::query::invalid;
use super::sheet::{Sheet, headers};
use super::signed_in::Admin;
use super::{AccountState, body, database, fields};
use crate::clock;
use crate::problem::Problem;
use crate::store::Tenant;
use crate::store::imports::{Import, ImportChange, ImportRow};

/// Rows of a file that is checked while its admin waits.
const AT_ONCE: i64 = 2_000;

const OUTCOMES: [&str; 9] =
    ["unchecked", "will_invite", "invited", "already_member", "already_invited", "elsewhere", "malformed", "duplicate", "over_seat_limit"];

async fn view(tenant: &Tenant, import: Import) -> Result<Value, Problem> {
    let counts: BTreeMap<String, i64> = database::answer(tenant.import_counts(&import.id)).await?.into_iter().collect();
    let sample = database::answer(tenant.import_rows(&import.id, "", 0, 5)).await?;
    let sample: Vec<Value> = sample.iter().map(|row| parsed(&row.cells)).collect();
    let left = counts.get("will_invite").copied().unwrap_or(0);
    Ok(json!({
        "id": import.id, "state": import.state, "file_name": import.file_name, "encoding": import.encoding, "delimiter": import.delimiter,
        "header": parsed(&import.header), "mapping": parsed(&import.mapping), "rows": import.row_count, "sample": sample,
        "counts": counts, "left": left, "role": import.role, "language": import.language,
        "created_at": import.created_at, "updated_at": import.updated_at, "created_by": import.inviter,
    }))
}

fn parsed(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or(Value::Null)
}

async fn known(admin: &Admin, request: &HttpRequest) -> Result<Import, Problem> {
    let id = path_id(request, "id")?;
    database::answer(admin.tenant.import(&id)).await?.filter(|import| import.state != "uploading").ok_or_else(Problem::not_found)
}

fn wrong_step() -> Problem {
    Problem::new(409, "import.wrong_step", "Not at this step", "The import is at another step by now. Load it again to see where it is.")
}

/// `GET /v1/invitations/imports`
pub async fn list(admin: Admin) -> Result<Answer<Value>, Problem> {
    let mut items = Vec::new();
    for import in database::answer(admin.tenant.imports(20)).await? {
        items.push(json!({"id": import.id, "state": import.state, "file_name": import.file_name, "rows": import.row_count,
                          "created_by": import.inviter, "created_at": import.created_at}));
    }
    Ok(Answer::fleeting(json!({"total": items.len(), "items": items, "next_cursor": null})))
}

/// `POST /v1/invitations/imports`: the body is the file.
pub async fn create(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let id = upload::take_in(&admin, &request, payload).await?;
    let import = database::answer(admin.tenant.import(&id)).await?.ok_or_else(Problem::internal)?;
    Ok(Answer::fleeting(view(&admin.tenant, import).await?).created())
}

/// `GET /v1/invitations/imports/{id}`
pub async fn show(admin: Admin, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let import = known(&admin, &request).await?;
    Ok(Answer::fleeting(view(&admin.tenant, import).await?))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Chosen {
    mapping: BTreeMap<String, Option<usize>>,
    role: Option<String>,
    language: Option<String>,
}

/// `PUT /v1/invitations/imports/{id}/mapping`
pub async fn set_mapping(admin: Admin, request: HttpRequest, payload: web::Payload) -> Result<Answer<Value>, Problem> {
    let import = known(&admin, &request).await?;
    let wanted = "The body must be an object with mapping (field to column number), and optionally role and language.";
    let chosen: Chosen = body::read(&request, payload, body::ORDINARY, wanted).await?;
    let header: Vec<String> = serde_json::from_str(&import.header).map_err(|_| Problem::internal())?;
    let mapping = serde_json::to_string(&mapping::chosen(chosen.mapping, header.len())?).map_err(|_| Problem::internal())?;
    let role = chosen.role.map(|role| fields::role("role", &role)).transpose()?;
    let language = chosen.language.map(|tag| fields::language("language", &tag)).transpose()?;
    let change = ImportChange { mapping: Some(&mapping), role: role.as_deref(), language: language.as_deref() };
    let steps = ["uploaded", "checking", "checked"];
    if !database::answer(admin.tenant.move_import(&import.id, &steps, "uploaded", change, None, clock::now_ms())).await? {
        return Err(wrong_step());
    }
    show(admin, request).await
}

/// `POST /v1/invitations/imports/{id}/check`: a short file is checked at once, a long one by the workers (202).
pub async fn check(admin: Admin, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let import = known(&admin, &request).await?;
    let mapping: mapping::Mapping = serde_json::from_str(&import.mapping).map_err(|_| Problem::internal())?;
    if mapping.get("email").copied().flatten().is_none() {
        return Err(invalid("mapping", "One column must be the e-mail address."));
    }
    let steps = ["uploaded", "checking", "checked"];
    if !database::answer(admin.tenant.begin_check(&import.id, &steps, clock::now_ms())).await? {
        return Err(wrong_step());
    }
    let is_short = import.row_count <= AT_ONCE;
    // A mapping that was changed meanwhile wants another check.
    while is_short && database::answer(check::advance(&state.connections, &import)).await? {}
    let import = known(&admin, &request).await?;
    let answer = Answer::fleeting(view(&admin.tenant, import).await?);
    Ok(if is_short { answer } else { answer.accepted() })
}

/// `POST /v1/invitations/imports/{id}/invite`: begins; a second call changes nothing.
pub async fn invite(admin: Admin, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let import = known(&admin, &request).await?;
    let deed = admin.actor.deed("import.invited", import.file_name.clone());
    let begun =
        database::answer(admin.tenant.move_import(&import.id, &["checked"], "inviting", ImportChange::default(), Some(&deed), deed.at))
            .await?;
    if !begun && !matches!(import.state.as_str(), "inviting" | "done") {
        return Err(wrong_step());
    }
    let import = known(&admin, &request).await?;
    Ok(Answer::fleeting(view(&admin.tenant, import).await?).accepted())
}

#[derive(Serialize)]
pub struct RowView {
    number: i64,
    cells: Value,
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
    role: Option<String>,
    outcome: String,
    detail: Option<String>,
}

impl RowView {
    fn told(row: ImportRow, language: &str) -> Self {
        let detail = wording::told(language, &row.outcome, row.detail.as_deref());
        Self {
            number: row.number,
            cells: parsed(&row.cells),
            email: row.email,
            first_name: row.first_name,
            last_name: row.last_name,
            role: row.role,
            outcome: row.outcome,
            detail,
        }
    }
}

/// `GET /v1/invitations/imports/{id}/rows?outcome=`
pub async fn rows(admin: Admin, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Listing<RowView>>, Problem> {
    let import = known(&admin, &request).await?;
    let wish = Wish::read(&request, &state, &format!("import/{}", import.id), &["outcome"])?;
    let outcome = wish.get("outcome");
    if !outcome.is_empty() && !OUTCOMES.contains(&outcome) {
        return Err(invalid("outcome", "It names none that there is."));
    }
    let after = wish.after.as_ref().map_or(0, |place| place.happened_at);
    let rows = database::answer(admin.tenant.import_rows(&import.id, outcome, after, wish.limit + 1)).await?;
    let counts = database::answer(admin.tenant.import_counts(&import.id)).await?;
    let total = counts.iter().filter(|(word, _)| outcome.is_empty() || word == outcome).map(|(_, count)| count).sum();
    Ok(Answer::fleeting(wish.page(
        &state,
        rows,
        total,
        |row| (row.number, String::new()),
        |row| RowView::told(row, &admin.member.language),
    )))
}

/// `GET /v1/invitations/imports/{id}/report.csv`: every row with what became of it, in pieces.
pub async fn report(admin: Admin, request: HttpRequest) -> Result<HttpResponse, Problem> {
    let import = known(&admin, &request).await?;
    let header: Vec<String> = serde_json::from_str(&import.header).unwrap_or_default();
    let head: Vec<&str> = ["row", "email", "outcome", "detail"].into_iter().chain(header.iter().map(String::as_str)).collect();
    let first = Sheet::new(&head).take();
    let (tenant, language) = (admin.tenant.clone(), admin.member.language.clone());
    let pieces = futures_util::stream::unfold((tenant, import.id, language, 0), |(tenant, id, language, after)| async move {
        let rows = match database::answer(tenant.import_rows(&id, "", after, 1_000)).await {
            Ok(rows) => rows,
            Err(problem) => return Some((Err(std::io::Error::other(problem.detail.into_owned())), (tenant, id, language, i64::MAX))),
        };
        let last = rows.last()?.number;
        let mut sheet = Sheet::empty();
        for row in rows {
            let cells: Vec<String> = serde_json::from_str(&row.cells).unwrap_or_default();
            let number = row.number.to_string();
            let detail = wording::told(&language, &row.outcome, row.detail.as_deref()).unwrap_or_default();
            let told = [number.as_str(), row.email.as_deref().unwrap_or_default(), &row.outcome, detail.as_str()];
            sheet.row(told.into_iter().chain(cells.iter().map(String::as_str)));
        }
        Some((Ok(Bytes::from(sheet.take())), (tenant, id, language, last)))
    });
    let whole = futures_util::stream::once(async { Ok::<_, std::io::Error>(Bytes::from(first)) }).chain(pieces);
    Ok(headers("invitations.csv").streaming(Box::pin(whole)))
}
