//! What Marketo sends, against whatever it could send: files and answers read from any bytes.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;
use tokio::sync::mpsc;

use super::activities::RawActivity;
use super::csv_activities::ActivityColumns;
use super::csv_people::PeopleColumns;
use super::csv_rows::{Batch, CsvError, Piece, Rows, read_all};
use super::envelope::read_page;
use super::leads::Lead;
use crate::remote::call::Answer;
use crate::remote::moment;

const BATCH: usize = 3;

/// A bulk file of people or activities. The first byte says into how large pieces it is cut.
///
/// # Panics
/// When what is read depends on the cut, or a row is not what a row has to be.
pub fn files(data: &[u8]) {
    let Some((step, file)) = data.split_first() else { return };
    let step = usize::from(*step).max(1);
    let people = rows::<PeopleColumns>(file, step);
    assert_eq!(format!("{people:?}"), format!("{:?}", rows::<PeopleColumns>(file, file.len().max(1))), "the cut decides");
    let activities = rows::<ActivityColumns>(file, step);
    assert_eq!(format!("{activities:?}"), format!("{:?}", rows::<ActivityColumns>(file, file.len().max(1))), "the cut decides");
    assert!(people.iter().flatten().flat_map(|batch| &batch.rows).all(|lead| lead.id > 0), "nobody has such an id");
}

fn rows<R: Rows>(file: &[u8], step: usize) -> Vec<Result<Batch<R::Row>, CsvError>> {
    let (feed, pieces) = mpsc::channel(file.len() / step + 2);
    let whole = file.chunks(step).map(|piece| Piece::Data(Bytes::copy_from_slice(piece))).chain([Piece::End]);
    whole.for_each(|piece| assert!(feed.try_send(piece).is_ok(), "there is room"));
    drop(feed);
    let (sender, mut receiver) = mpsc::channel(file.len() + 2);
    let end = read_all::<R>(pieces, BATCH, &sender);
    drop(sender);
    let mut batches = Vec::new();
    while let Ok(batch) = receiver.try_recv() {
        batches.push(batch);
    }
    if let Err(error) = end {
        batches.push(Err(error));
    }
    batches
}

/// An answer of the REST API. The first byte is its status.
///
/// # Panics
/// When an answer that says neither success nor refusal counts as one.
pub fn answers(data: &[u8]) {
    const STATUS: [u16; 8] = [200, 200, 200, 200, 401, 403, 429, 503];
    let Some((status, body)) = data.split_first() else { return };
    let Some(status) = STATUS.get(usize::from(status % 8)) else { return };
    let answer = Answer { status: *status, headers: HeaderMap::new(), body: Bytes::copy_from_slice(body) };
    // What nobody asks for is passed over, whether or not it could be read.
    let said = serde_json::from_slice::<Value>(body).ok();
    let success = *status == 200 && said.is_none_or(|said| said.get("success").and_then(Value::as_bool) == Some(true));
    if let Ok(page) = read_page::<Lead>(&answer) {
        // A list of values would be read field by field, as if it were the envelope.
        assert!(success, "no success was said");
        assert!(page.next.is_none_or(|token| !token.is_empty()), "an empty token leads to the beginning");
    }
    let activities = super::activities::read_activities(&answer).map(|page| page.items);
    for activity in activities.iter().flatten() {
        assert!(!activity.guid.is_empty(), "an activity needs a name of its own");
        told(activity);
    }
    let _ = super::activities::read_token(&answer).map(|token| assert!(!token.is_empty()));
    let _ = super::custom_activities::read_activities(&answer).map(|page| page.items.iter().for_each(told));
    let added = super::custom_activities::read_added(&answer);
    assert!(added.is_err() || success);
    let _ = super::custom_types::read(&answer);
    let _ = super::usage::read_usage(&answer);
    let _ = super::users::read_users(&answer);
    let _ = super::users::read_roles(&answer);
    let _ = super::campaigns::read_rows(&answer);
    let _ = super::bulk::read_job(&answer);
    let _ = super::token::read_granted(&answer);
    let _ = moment::parse(&String::from_utf8_lossy(body)).map(moment::format);
}

fn told(activity: &RawActivity) {
    for name in activity.attributes.keys() {
        assert!(activity.attribute(name).is_none_or(|text| !text.is_empty()), "empty is absent");
    }
}
