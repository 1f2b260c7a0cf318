//! Reading a file: streamed while it is made, from any byte on.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use bytes::Bytes;
use futures_util::stream::{self, Stream, StreamExt};

use super::jobs::Recipe;
use super::measure::{Chunks, Measured, length};
use super::routes;
use crate::sandbox::World;

/// `GET /bulk/v1/{leads|activities}/export/{id}/file.json`.
pub async fn file(world: Data<World>, path: Path<(String, String)>, request: HttpRequest) -> HttpResponse {
    routes::advance(&world);
    let (kind, id) = path.into_inner();
    let now = world.clock.now_ms();
    let found = world.marketo.exports.with(|exports| {
        let job = exports.get(&kind, &id).ok()?;
        Some((job.recipe.clone(), job.file(now)?.clone()))
    });
    let Some((recipe, measured)) = found else {
        return HttpResponse::NotFound().content_type("text/plain;charset=UTF-8").body("File not found");
    };
    let size = measured.bytes;
    let range = request.headers().get("range").and_then(|value| value.to_str().ok());
    let (status, from, to) = match range.map(|range| parse_range(range, size)) {
        None | Some(Asked::All) => (StatusCode::OK, 0, size),
        Some(Asked::Part(from, to)) => (StatusCode::PARTIAL_CONTENT, from, to),
        Some(Asked::Impossible) => {
            return HttpResponse::RangeNotSatisfiable().insert_header(("content-range", format!("bytes */{size}"))).finish();
        }
    };
    let mut response = HttpResponse::build(status);
    response.content_type("text/csv;charset=UTF-8").insert_header(("accept-ranges", "bytes")).no_chunking(to - from);
    if status == StatusCode::PARTIAL_CONTENT {
        response.insert_header(("content-range", format!("bytes {from}-{}/{size}", to.saturating_sub(1))));
    }
    match measured.kept {
        Some(file) => response.streaming(read_kept(file, from, to).map(Ok::<_, actix_web::Error>)),
        None => response.streaming(read(world, Arc::new(recipe), &measured, from, to).map(Ok::<_, actix_web::Error>)),
    }
}

/// Bytes read from a kept file at once.
const PIECE: u64 = 256 * 1024;

/// The bytes of a kept file between two offsets.
fn read_kept(file: Arc<File>, from: u64, to: u64) -> impl Stream<Item = Bytes> {
    stream::unfold(from, move |offset| {
        let file = Arc::clone(&file);
        async move {
            let wanted = usize::try_from(to.saturating_sub(offset).min(PIECE)).unwrap_or(0);
            if wanted == 0 {
                return None;
            }
            let piece = actix_web::web::block(move || {
                let mut piece = vec![0; wanted];
                file.read_exact_at(&mut piece, offset).map(|()| Bytes::from(piece))
            });
            let piece = piece.await.ok()?.ok()?;
            let next = offset + length(&piece);
            Some((piece, next))
        }
    })
}

#[derive(Debug, PartialEq, Eq)]
enum Asked {
    All,
    /// From, and up to but without.
    Part(u64, u64),
    Impossible,
}

fn parse_range(text: &str, size: u64) -> Asked {
    let Some((from, to)) = text.strip_prefix("bytes=").filter(|range| !range.contains(',')).and_then(|range| range.split_once('-')) else {
        return Asked::All;
    };
    match (from.trim().parse::<u64>(), to.trim().parse::<u64>()) {
        (Ok(from), Ok(to)) if from <= to && from < size => Asked::Part(from, to.saturating_add(1).min(size)),
        (Ok(from), Err(_)) if to.trim().is_empty() && from < size => Asked::Part(from, size),
        (Err(_), Ok(last)) if from.trim().is_empty() && last > 0 && size > 0 => Asked::Part(size.saturating_sub(last), size),
        (Ok(_), _) => Asked::Impossible,
        _ => Asked::All,
    }
}

struct Reader {
    world: Data<World>,
    recipe: Arc<Recipe>,
    /// Where the next chunk begins in the file.
    offset: u64,
    cursor: Option<u32>,
    header: bool,
}

/// The bytes of a file between two offsets.
fn read(world: Data<World>, recipe: Arc<Recipe>, measured: &Measured, from: u64, to: u64) -> impl Stream<Item = Bytes> + use<> {
    let start = measured.mark(from);
    let reader = Reader {
        world,
        recipe,
        offset: start.map_or(0, |(offset, _)| offset),
        cursor: start.map(|(_, cursor)| cursor),
        header: start.is_none(),
    };
    stream::unfold(reader, move |mut reader| async move {
        if reader.offset >= to {
            return None;
        }
        let chunk = if reader.header {
            reader.header = false;
            reader.cursor = Some(Chunks::of(&reader.recipe, &reader.world.days).first());
            Bytes::from(reader.recipe.header.clone())
        } else {
            // Another thread makes the rows, for a worker has other callers to serve.
            let cursor = reader.cursor?;
            let (world, recipe) = (reader.world.clone(), Arc::clone(&reader.recipe));
            let (chunk, next, _) = actix_web::web::block(move || Chunks::of(&recipe, &world.days).at(cursor)).await.ok()?;
            reader.cursor = next;
            chunk
        };
        let begins = reader.offset;
        reader.offset += length(&chunk);
        let cut = |offset: u64| usize::try_from(offset.saturating_sub(begins)).unwrap_or(usize::MAX).min(chunk.len());
        Some((chunk.slice(cut(from)..cut(to)), reader))
    })
    .filter(|chunk| std::future::ready(!chunk.is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::WorldOptions;
    use crate::sandbox::marketo::bulk::csv::Format;
    use crate::sandbox::marketo::bulk::jobs::Rows;
    use crate::sandbox::marketo::bulk::lead_rows::LeadRows;
    use crate::sandbox::marketo::fields;

    async fn bytes(world: &Data<World>, recipe: &Arc<Recipe>, measured: &Measured, from: u64, to: u64) -> Vec<u8> {
        read(world.clone(), Arc::clone(recipe), measured, from, to).collect::<Vec<_>>().await.concat()
    }

    #[actix_web::test]
    async fn parts_of_a_file_make_the_whole_and_the_checksum_is_its_own() {
        let world = Data::new(World::new(WorldOptions { people: 20_000, ..WorldOptions::default() }));
        let now = world.clock.now();
        let fields = fields::named(["id", "firstName", "lastName", "company", "title", "leadScore"]).unwrap();
        let rows = Rows::Leads(LeadRows { view: world.view(), fields, window: (0, now), by_update: false, owned_only: false, as_of: now });
        let recipe = Arc::new(Recipe { rows, format: Format::Csv, header: "id,firstName,lastName,company,title,leadScore\n".to_owned() });
        let measured = Measured::of(&recipe, &world.days);
        let whole = bytes(&world, &recipe, &measured, 0, measured.bytes).await;
        assert_eq!(length(&whole), measured.bytes);
        assert_eq!(measured.records, 20_000);
        let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, &whole);
        assert_eq!(crate::sandbox::marketo::bulk::measure::hexadecimal(digest.as_ref()), measured.sha256);
        let mut reader = csv::Reader::from_reader(whole.as_slice());
        assert_eq!(reader.records().map(Result::unwrap).count(), 20_000);
        let kept = measured.kept.clone().unwrap();
        assert!(read_kept(Arc::clone(&kept), 0, measured.bytes).collect::<Vec<_>>().await.concat() == whole);
        assert!(read_kept(kept, 300_001, 300_101).collect::<Vec<_>>().await.concat() == whole[300_001..300_101]);
        let cuts = [0, 7, 45, 46, 300_001, measured.bytes - 1, measured.bytes];
        let mut parts = Vec::new();
        for pair in cuts.windows(2) {
            parts.extend(bytes(&world, &recipe, &measured, pair[0], pair[1]).await);
        }
        assert!(parts == whole);
        if measured.bytes > 1_200_000 {
            assert_eq!(bytes(&world, &recipe, &measured, 1_100_000, 1_100_050).await, whole[1_100_000..1_100_050]);
        }
    }

    #[test]
    fn ranges_are_read_as_http_means_them() {
        assert_eq!(parse_range("bytes=0-0", 10), Asked::Part(0, 1));
        assert_eq!(parse_range("bytes=4-", 10), Asked::Part(4, 10));
        assert_eq!(parse_range("bytes=-3", 10), Asked::Part(7, 10));
        assert_eq!(parse_range("bytes=4-99", 10), Asked::Part(4, 10));
        assert_eq!(parse_range("bytes=10-", 10), Asked::Impossible);
        assert_eq!(parse_range("rows=1-2", 10), Asked::All);
    }
}
