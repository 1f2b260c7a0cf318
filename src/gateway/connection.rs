//! A connection that may not stand still: whoever begins the head of a request has to end it, and whoever asks has to take the answer.
//!
//! The framework watches the head of a connection's first request only; half a head on a kept connection would stay for good, and
//! so would an answer that nobody reads. Bodies have a deadline of their own ([`super::reading`]).

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep, sleep_until};

/// Longest wait for the head of a request, from its first byte.
pub const HEAD: Duration = Duration::from_secs(5);
/// How long an idle connection is kept; longer than a reverse proxy keeps its own.
pub const KEEP_ALIVE: Duration = Duration::from_secs(75);
/// Longest wait for somebody who does not take the next piece of an answer.
const TAKING: Duration = Duration::from_secs(30);

/// Where a connection stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Nothing was asked, or it was answered; the answer may still be on its way.
    Quiet,
    /// The head of a request is arriving.
    Head,
    /// A request is under way; what arrives now is its body.
    Work,
}

/// What the connection and its requests tell each other.
#[derive(Debug)]
pub struct Talk {
    stage: Cell<Stage>,
    until: Cell<Instant>,
}

/// A connection under watch.
pub struct Watched {
    stream: TcpStream,
    talk: Rc<Talk>,
    alarm: Pin<Box<Sleep>>,
    untaken: Option<Pin<Box<Sleep>>>,
}

// === impl Talk ===

impl Talk {
    fn is_quiet_again(&self) {
        self.stage.set(Stage::Quiet);
        self.until.set(Instant::now() + KEEP_ALIVE + HEAD);
    }
}

/// Says that a request is under way, and when it is not any more.
struct Working(Rc<Talk>);

impl Drop for Working {
    fn drop(&mut self) {
        self.0.is_quiet_again();
    }
}

/// Wraps everything that answers.
///
/// # Errors
/// Passes on what was answered.
pub async fn note<B: MessageBody + 'static>(request: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, actix_web::Error> {
    let working = request.conn_data::<Rc<Talk>>().cloned().map(Working);
    if let Some(Working(talk)) = &working {
        talk.stage.set(Stage::Work);
    }
    next.call(request).await
}

// === impl Watched ===

impl Watched {
    /// Watches a connection that was just made.
    #[must_use]
    pub fn new(stream: TcpStream) -> Self {
        // The framework's own watch over the first head comes first: it says 408.
        let until = Instant::now() + HEAD + HEAD / 10;
        let talk = Rc::new(Talk { stage: Cell::new(Stage::Head), until: Cell::new(until) });
        Self { stream, talk, alarm: Box::pin(sleep_until(until)), untaken: None }
    }

    /// For the requests of this connection.
    #[must_use]
    pub fn talk(&self) -> Rc<Talk> {
        Rc::clone(&self.talk)
    }

    // Wakes the task up when the time is over. Each request puts the time off, so the alarm is set anew only where it would come too
    // late, or when it came too early.
    fn is_over(&mut self, context: &mut Context<'_>) -> bool {
        if self.talk.stage.get() == Stage::Work {
            return false;
        }
        let until = self.talk.until.get();
        if self.alarm.deadline() > until {
            self.alarm.as_mut().reset(until);
        }
        while self.alarm.as_mut().poll(context).is_ready() {
            if self.alarm.deadline() >= until {
                return true;
            }
            self.alarm.as_mut().reset(until);
        }
        false
    }

    fn written(&mut self, context: &mut Context<'_>, outcome: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        if outcome.is_pending() {
            let alarm = self.untaken.get_or_insert_with(|| Box::pin(sleep_until(Instant::now() + TAKING)));
            ready!(alarm.as_mut().poll(context));
            return Poll::Ready(Err(cut("answer")));
        }
        self.untaken = None;
        if self.talk.stage.get() == Stage::Quiet {
            // A stream of events lives as long as somebody takes them.
            self.talk.is_quiet_again();
        }
        outcome
    }
}

fn cut(why: &'static str) -> io::Error {
    metrics::counter!("connections_cut_total", "waiting_for" => why).increment(1);
    io::Error::from(io::ErrorKind::TimedOut)
}

impl AsyncRead for Watched {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let outcome = Pin::new(&mut this.stream).poll_read(context, buffer);
        let has_arrived = outcome.is_ready() && buffer.filled().len() > before;
        if has_arrived && this.talk.stage.get() == Stage::Quiet {
            this.talk.stage.set(Stage::Head);
            this.talk.until.set(Instant::now() + HEAD);
        }
        // Byte by byte is no way to win time.
        if (outcome.is_pending() || has_arrived) && this.is_over(context) {
            return Poll::Ready(Err(cut("request")));
        }
        outcome
    }
}

impl AsyncWrite for Watched {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write(context, buffer);
        this.written(context, outcome)
    }

    fn poll_write_vectored(self: Pin<&mut Self>, context: &mut Context<'_>, buffers: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let outcome = Pin::new(&mut this.stream).poll_write_vectored(context, buffers);
        this.written(context, outcome)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_flush(context)
    }

    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().stream).poll_shutdown(context)
    }
}
