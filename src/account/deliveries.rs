//! The ledger of what was carried to other systems: how each delivery stands, why, and what can be done.

use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

use super::answer::Answer;
use super::delivery_codes;
use super::listing::Wish;
use super::me::path_id;
use super::query::invalid;
use super::sheet::Sheet;
use super::signed_in::Admin;
use super::{AccountState, database};
use crate::problem::Problem;
use crate::remote::moment;
use crate::store::deliveries::{LedgerFilter, LedgerRow};

const TARGETS: [&str; 3] = ["mail", "marketo", "salesforce"];
const STATES: [&str; 8] = ["open", "held", "waiting", "sending", "unsettled", "done", "failed", "skipped"];
const EXPORTED: i64 = 10_000;

fn view(row: &LedgerRow) -> Value {
    let meaning = row.code.as_deref().map(|code| delivery_codes::meaning(&row.target, code));
    json!({
        "id": row.id, "activity_id": row.activity_id, "marker": super::activities::marker(row.number), "kind": row.kind, "subject": row.subject,
        "person_id": row.person_id, "person": row.person.as_deref().map(str::trim), "member": row.member, "target": row.target,
        "verb": row.verb, "state": row.state, "attempts": row.attempts, "next_at": (row.settled_at.is_none()).then_some(row.next_at),
        "last_attempt_at": row.last_attempt_at, "code": row.code, "problem": row.problem,
        "documented_code": meaning.map(|meaning| meaning.code), "category": meaning.map(|meaning| meaning.category.word()),
        "cause": meaning.map(|meaning| meaning.cause), "remedy": meaning.map(|meaning| meaning.remedy),
        "upstream_id": row.upstream_id, "created_at": row.created_at, "settled_at": row.settled_at,
    })
}

fn filter(wish: &Wish) -> Result<LedgerFilter<'_>, Problem> {
    let (target, state) = (wish.get("target"), wish.get("state"));
    if !target.is_empty() && !TARGETS.contains(&target) {
        return Err(invalid("target", "It must be mail, marketo or salesforce."));
    }
    if !state.is_empty() && !STATES.contains(&state) {
        return Err(invalid("state", "It must be open, held, waiting, sending, unsettled, done, failed or skipped."));
    }
    Ok(LedgerFilter { target, state })
}

/// `GET /v1/deliveries?target=&state=&limit=&cursor=`
pub async fn list(admin: Admin, request: HttpRequest, state: web::Data<AccountState>) -> Result<Answer<Value>, Problem> {
    let scope = format!("deliveries/{}", admin.tenant.account_id());
    let wish = Wish::read(&request, &state, &scope, &["target", "state"])?;
    let rows = database::answer(admin.tenant.ledger(filter(&wish)?, wish.before(), wish.limit + 1)).await?;
    let counts = database::answer(admin.tenant.count_deliveries()).await?;
    let total = counts.iter().map(|(.., count)| count).sum();
    let page = wish.page(&state, rows, total, |row| (row.created_at, row.id.clone()), |row| view(&row));
    let jobs = database::answer(admin.tenant.jobs()).await?;
    let targets: Vec<Value> = TARGETS
        .iter()
        .map(|target| {
            let job = jobs.iter().find(|job| job.job == format!("deliver_{target}"));
            let paused = job.is_some_and(|job| job.state == "paused");
            let count = |wanted: &[&str]| -> i64 {
                counts.iter().filter(|(of, state, _)| of == target && wanted.contains(&state.as_str())).map(|(.., count)| count).sum()
            };
            json!({
                "target": target, "paused": paused, "problem": job.filter(|_| paused).and_then(|job| job.problem.as_deref()),
                "open": count(&["held", "waiting", "sending", "unsettled"]), "done": count(&["done"]), "failed": count(&["failed"]),
                "skipped": count(&["skipped"]),
            })
        })
        .collect();
    Ok(Answer::fleeting(json!({ "items": page.items, "next_cursor": page.next_cursor, "total": page.total, "targets": targets })))
}

/// `POST /v1/deliveries/{id}/retry`
pub async fn retry(admin: Admin, request: HttpRequest) -> Result<Answer<Value>, Problem> {
    let id = path_id(&request, "id")?;
    let deed = admin.actor.deed("delivery.retried", id.clone());
    match database::answer(admin.tenant.retry_deliveries(Some(&id), &deed)).await? {
        0 => Err(Problem::new(409, "delivery.not_failed", "Nothing to retry", "There is no failed delivery of this id.")),
        count => Ok(Answer::fleeting(json!({ "retried": count }))),
    }
}

/// `POST /v1/deliveries/retry`: all that failed.
pub async fn retry_all(admin: Admin) -> Result<Answer<Value>, Problem> {
    let deed = admin.actor.deed("delivery.retried", "all");
    let count = database::answer(admin.tenant.retry_deliveries(None, &deed)).await?;
    Ok(Answer::fleeting(json!({ "retried": count })))
}

/// `GET /v1/deliveries.csv`: the newest ten thousand.
pub async fn export(admin: Admin) -> Result<HttpResponse, Problem> {
    let rows = database::answer(admin.tenant.ledger(LedgerFilter::default(), None, EXPORTED)).await?;
    let mut sheet = Sheet::new(&[
        "at",
        "activity",
        "kind",
        "subject",
        "person",
        "member",
        "target",
        "verb",
        "state",
        "attempts",
        "last_attempt_at",
        "code",
        "documented_code",
        "category",
        "problem",
        "upstream_id",
    ]);
    for row in rows {
        let meaning = row.code.as_deref().map(|code| delivery_codes::meaning(&row.target, code));
        sheet.row([
            moment::format(row.created_at).as_str(),
            &super::activities::marker(row.number),
            &row.kind,
            row.subject.as_deref().unwrap_or_default(),
            row.person.as_deref().unwrap_or_default(),
            row.member.as_deref().unwrap_or_default(),
            &row.target,
            &row.verb,
            &row.state,
            &row.attempts.to_string(),
            &row.last_attempt_at.map(moment::format).unwrap_or_default(),
            row.code.as_deref().unwrap_or_default(),
            meaning.map_or("", |meaning| meaning.code),
            meaning.map_or("", |meaning| meaning.category.word()),
            row.problem.as_deref().unwrap_or_default(),
            row.upstream_id.as_deref().unwrap_or_default(),
        ]);
    }
    let deed = admin.actor.deed("deliveries.exported", String::new());
    database::answer(admin.tenant.note(&deed)).await?;
    Ok(sheet.answer("deliveries.csv"))
}
