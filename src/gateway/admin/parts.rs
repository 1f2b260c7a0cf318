//! The parts of a form that carries a file, one after the other and piece by piece.
//!
//! The parser behind it waits for more in places where nothing more can come, keeps the head of a part however long it
//! is, and fails on boundaries that no browser writes. So what arrives is counted and timed here, on its way to it.

use std::cell::Cell;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::error::PayloadError;
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest};
use futures_util::{Stream, StreamExt, future};

use crate::problem::Problem;

/// Longest wait for another byte.
pub const PATIENCE: Duration = Duration::from_secs(15);
/// Lengths of a boundary. RFC 2046 has 70 as the most; browsers write at least 16, and the parser needs 4.
const BOUNDARY: std::ops::RangeInclusive<usize> = 4..=70;

/// What came so far.
#[derive(Default)]
struct Arrival {
    bytes: Cell<usize>,
    ended: Cell<bool>,
    too_much: Cell<bool>,
}

/// The parts that are still to come.
pub struct Parts {
    parts: Multipart,
    arrival: Rc<Arrival>,
    patience: Duration,
}

/// One part; the next one comes when this is let go.
pub struct Part<'a> {
    field: Field,
    arrival: &'a Arrival,
    patience: Duration,
    over: bool,
}

impl Parts {
    /// Of a request whose body has at most `largest` bytes and never pauses for longer than `patience`.
    ///
    /// # Errors
    /// `request.media_type` (415) when it is no such form, `request.broken` (400) when its boundary is none.
    pub fn new<S>(request: &HttpRequest, body: S, largest: usize, patience: Duration) -> Result<Self, Problem>
    where
        S: Stream<Item = Result<Bytes, PayloadError>> + 'static,
    {
        let kind = request.mime_type().ok().flatten().filter(|kind| kind.essence_str() == "multipart/form-data");
        let Some(kind) = kind else {
            return Err(Problem::new(415, "request.media_type", "Unsupported media type", "Send the file as multipart/form-data."));
        };
        if !kind.get_param("boundary").is_some_and(|boundary| BOUNDARY.contains(&boundary.as_str().len())) {
            return Err(broken());
        }
        let arrival = Rc::new(Arrival::default());
        let parts = Multipart::new(request.headers(), counted(body, Rc::clone(&arrival), largest));
        Ok(Self { parts, arrival, patience })
    }

    /// The next part; `None` after the last.
    ///
    /// # Errors
    /// `request.broken` (400), `request.timeout` (408) or `request.too_large` (413).
    pub async fn next(&mut self) -> Result<Option<Part<'_>>, Problem> {
        let Self { parts, arrival, patience } = self;
        let field = awaited(arrival, *patience, |context| parts.poll_next_unpin(context)).await?;
        Ok(field.map(|field| Part { field, arrival, patience: *patience, over: false }))
    }
}

impl Part<'_> {
    /// Its name in the form.
    pub fn name(&self) -> &str {
        self.field.name().unwrap_or_default()
    }

    /// The name that its file has where it comes from.
    pub fn file_name(&self) -> &str {
        self.field.content_disposition().and_then(|disposition| disposition.get_filename()).unwrap_or_default()
    }

    /// Its next piece; `None` after the last.
    ///
    /// # Errors
    /// As those of [`Parts::next`].
    pub async fn piece(&mut self) -> Result<Option<Bytes>, Problem> {
        if self.over {
            return Ok(None);
        }
        let field = &mut self.field;
        let piece = awaited(self.arrival, self.patience, |context| field.poll_next_unpin(context)).await;
        self.over = !matches!(piece, Ok(Some(_)));
        piece
    }
}

fn counted<S>(body: S, arrival: Rc<Arrival>, largest: usize) -> impl Stream<Item = Result<Bytes, PayloadError>>
where
    S: Stream<Item = Result<Bytes, PayloadError>> + 'static,
{
    let mut body = Box::pin(body);
    futures_util::stream::poll_fn(move |context| {
        let chunk = body.as_mut().poll_next(context);
        match &chunk {
            Poll::Ready(Some(Ok(bytes))) => {
                arrival.bytes.set(arrival.bytes.get().saturating_add(bytes.len()));
                if arrival.bytes.get() > largest {
                    arrival.too_much.set(true);
                    return Poll::Ready(Some(Err(PayloadError::Overflow)));
                }
            }
            Poll::Ready(Some(Err(_)) | None) => arrival.ended.set(true),
            Poll::Pending => {}
        }
        chunk
    })
}

async fn awaited<T>(
    arrival: &Arrival,
    patience: Duration,
    mut poll: impl FnMut(&mut Context<'_>) -> Poll<Option<Result<T, MultipartError>>>,
) -> Result<Option<T>, Problem> {
    let mut rest = pin!(tokio::time::sleep(patience));
    let mut seen = arrival.bytes.get();
    future::poll_fn(|context| {
        let polled = poll(context);
        if arrival.too_much.get() {
            return Poll::Ready(Err(too_large()));
        }
        match polled {
            Poll::Ready(read) => return Poll::Ready(read.transpose().map_err(|_| broken())),
            // Nothing more comes, so that whatever is waited for is missing.
            Poll::Pending if arrival.ended.get() => return Poll::Ready(Err(broken())),
            Poll::Pending => {}
        }
        if seen != arrival.bytes.get() {
            seen = arrival.bytes.get();
            rest.set(tokio::time::sleep(patience));
        }
        rest.as_mut().poll(context).map(|()| Err(late()))
    })
    .await
}

/// The form could not be read.
pub fn broken() -> Problem {
    Problem::bad_request("request.broken", "The file could not be read as it was sent. Try again.")
}

fn late() -> Problem {
    Problem::new(408, "request.timeout", "Request timeout", "The file did not arrive in time.")
}

fn too_large() -> Problem {
    Problem::new(
        413,
        "import.too_large",
        "The file is too large",
        "A file may have 20 MB. Split it and upload the parts one after the other.",
    )
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;
    use futures_util::stream;
    use proptest::prelude::*;

    use super::*;

    const HEAD: &str = "--bound\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\n";

    fn parts<S>(boundary: &str, body: S) -> Result<Parts, Problem>
    where
        S: Stream<Item = Result<Bytes, PayloadError>> + 'static,
    {
        let kind = format!("multipart/form-data; boundary={boundary}");
        Parts::new(&TestRequest::post().insert_header(("content-type", kind)).to_http_request(), body, 10_000, Duration::from_millis(60))
    }

    async fn read(mut parts: Parts) -> Result<Vec<(String, Vec<u8>)>, Problem> {
        let mut all = Vec::new();
        while let Some(mut part) = parts.next().await? {
            let mut content = Vec::new();
            while let Some(piece) = part.piece().await? {
                content.extend_from_slice(&piece);
            }
            assert!(part.piece().await?.is_none(), "asked once more, it stays over");
            all.push((part.name().to_owned(), content));
        }
        Ok(all)
    }

    fn chunks(body: &[u8], size: usize) -> impl Stream<Item = Result<Bytes, PayloadError>> + 'static {
        stream::iter(body.chunks(size).map(|chunk| Ok(Bytes::copy_from_slice(chunk))).collect::<Vec<_>>())
    }

    #[actix_web::test]
    async fn htp_17_a_body_that_ends_anywhere_is_refused_at_once() {
        let whole = format!("{HEAD}email\r\na@b.example\r\n\r\n--bound--\r\n");
        let end = whole.len() - "--\r\n".len();
        for cut in 0..whole.len() {
            for size in [1, 7, 10_000] {
                let body = &whole.as_bytes()[..cut];
                let got = tokio::time::timeout(Duration::from_millis(50), read(parts("bound", chunks(body, size)).unwrap())).await;
                let got = got.unwrap_or_else(|_| panic!("waits for what cannot come, at {cut} by {size}"));
                assert!(got.is_err_and(|problem| problem.code == "request.broken") || cut >= end, "{cut} by {size}");
            }
        }
        let read = read(parts("bound", chunks(whole.as_bytes(), 3)).unwrap()).await.unwrap();
        assert_eq!(read, [("file".to_owned(), b"email\r\na@b.example\r\n".to_vec())]);
    }

    #[actix_web::test]
    async fn htp_17_a_body_that_pauses_is_given_up_and_one_that_drips_is_not() {
        for so_far in ["", "--bou", HEAD, &format!("{HEAD}email\r\n"), &format!("{HEAD}email\r\n--bound")] {
            let body = stream::iter([Ok(Bytes::copy_from_slice(so_far.as_bytes()))]).chain(stream::pending());
            let problem = read(parts("bound", body).unwrap()).await.unwrap_err();
            assert_eq!((problem.status, problem.code.as_ref()), (408, "request.timeout"), "{so_far:?}");
        }
        let whole = format!("{HEAD}email\r\n--bound--\r\n");
        let drops: Vec<Bytes> = whole.as_bytes().chunks(20).map(Bytes::copy_from_slice).collect();
        let body = stream::iter(drops).then(|drop| async move {
            tokio::time::sleep(Duration::from_millis(20)).await;
            Ok(drop)
        });
        assert_eq!(read(parts("bound", body).unwrap()).await.unwrap(), [("file".to_owned(), b"email".to_vec())]);
    }

    #[actix_web::test]
    async fn a_head_without_end_is_not_kept() {
        for beginning in ["x", HEAD, "--bound\r\nContent-Disposition: form-data; name=\"a\"; x=\""] {
            let endless = stream::once(future::ready(Ok(Bytes::copy_from_slice(beginning.as_bytes()))))
                .chain(stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 100]))));
            assert_eq!(read(parts("bound", endless).unwrap()).await.unwrap_err().status, 413, "{beginning:?}");
        }
    }

    #[actix_web::test]
    async fn a_boundary_that_no_browser_writes_is_refused() {
        for boundary in ["", "b", "bbb", "\"\"", "\" \"", &"b".repeat(71)] {
            let problem = parts(boundary, chunks(b"\n\n--b\r\n", 1)).err().unwrap();
            assert!(matches!((problem.status, problem.code.as_ref()), (400, "request.broken") | (415, "request.media_type")), "{boundary}");
        }
    }

    proptest! {
        #[test]
        fn no_body_makes_it_panic_or_wait(
            pieces in proptest::collection::vec(
                prop_oneof![
                    Just("--bound".to_owned()), Just("--".to_owned()), Just("\r\n".to_owned()), Just("\r".to_owned()),
                    Just("\n".to_owned()), Just("bound".to_owned()), Just(HEAD.to_owned()), Just("Content-Length: 3\r\n".to_owned()),
                    Just("Content-Disposition: form-data; name=\"a\"\r\n".to_owned()), ".{0,6}",
                ],
                0..12,
            ),
            size in 1..30_usize,
        ) {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
            runtime.block_on(async {
                let body = pieces.concat();
                let read = read(parts("bound", chunks(body.as_bytes(), size)).unwrap());
                let ended = tokio::time::timeout(Duration::from_millis(50), read).await;
                assert!(ended.is_ok(), "{body:?}");
            });
        }
    }
}
