//! A mailbox by IMAP (RFC 9051), as much of it as reading what is new needs: sign in, look into the inbox without touching
//! anything, take messages by their UIDs. Everything is bounded: lines, literals, answers, time.

use std::sync::Arc;
use std::time::Duration;

use secrecy::{ExposeSecret, SecretString};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::ServerName;
use tokio_rustls::rustls::{ClientConfig, RootCertStore};

use super::servers::{Security, Server, ServerRefused};

/// For connecting, and for each answer.
const PATIENCE: Duration = Duration::from_secs(15);
const LONGEST_LINE: usize = 64 * 1024;
/// Bytes of a message that are fetched: headers and reports stand in front.
pub const MOST_BYTES: usize = 96 * 1024;
const MOST_LINES: usize = 2_000;

/// Why a mailbox can't be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ImapError {
    #[error("{0}")]
    Server(#[from] ServerRefused),
    #[error("the server can't be reached, or takes too long")]
    Unreachable,
    #[error("the server's certificate or its TLS is not accepted")]
    Tls,
    #[error("the server does not accept user name and password")]
    SignIn,
    #[error("the server refuses to show the inbox")]
    Refused,
    #[error("the server says what no mailbox says")]
    Odd,
}

/// Whose mailbox.
#[derive(Debug, Clone)]
pub struct Access {
    pub server: Server,
    pub user: String,
    pub password: SecretString,
}

trait Wire: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Wire for T {}

/// An inbox that is looked into.
pub struct Inbox {
    wire: BufReader<Box<dyn Wire>>,
    tag: u32,
    /// While it is the same, so are the UIDs.
    pub validity: i64,
    /// The UID that the next message will have.
    pub next: i64,
}

/// A line of an answer, with the literals that stand in it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct Line {
    text: String,
    literals: Vec<Vec<u8>>,
}

async fn within<T>(work: impl Future<Output = Result<T, ImapError>>) -> Result<T, ImapError> {
    tokio::time::timeout(PATIENCE, work).await.unwrap_or(Err(ImapError::Unreachable))
}

fn lost(_: std::io::Error) -> ImapError {
    ImapError::Unreachable
}

impl Inbox {
    /// Signs in and opens the inbox for reading only. `local` are servers that may be local.
    ///
    /// # Errors
    /// See [`ImapError`].
    pub async fn open(access: &Access, local: &[String]) -> Result<Self, ImapError> {
        let Server { host, security, .. } = &access.server;
        let address = access.server.address(local).await?;
        let stream = within(async { TcpStream::connect(address).await.map_err(lost) }).await?;
        let mut inbox = match security {
            Security::Tls => Self::over(within(encrypted(stream, host)).await?),
            Security::Plain => Self::over(Box::new(stream)),
            Security::StartTls => {
                let mut plain = BufReader::new(stream);
                within(async {
                    greeted(&line(&mut plain).await?)?;
                    plain.get_mut().write_all(b"s STARTTLS\r\n").await.map_err(lost)?;
                    let said = line(&mut plain).await?;
                    // Nothing that was said in the open may count as said under TLS.
                    let clean = plain.buffer().is_empty() && said.text.starts_with("s OK");
                    if clean { Ok(()) } else { Err(ImapError::Tls) }
                })
                .await?;
                Self::over(within(encrypted(plain.into_inner(), host)).await?)
            }
        };
        if *security != Security::StartTls {
            greeted(&inbox.line().await?)?;
        }
        inbox.sign_in(access).await?;
        let said = inbox.command("EXAMINE INBOX").await?;
        let code = |name: &str| said.iter().find_map(|line| code(&line.text, name));
        inbox.validity = code("UIDVALIDITY").ok_or(ImapError::Odd)?;
        inbox.next = code("UIDNEXT").unwrap_or(1);
        Ok(inbox)
    }

    fn over(wire: Box<dyn Wire>) -> Self {
        Self { wire: BufReader::new(wire), tag: 0, validity: 0, next: 1 }
    }

    async fn line(&mut self) -> Result<Line, ImapError> {
        within(line(&mut self.wire)).await
    }

    async fn say(&mut self, bytes: &[u8]) -> Result<(), ImapError> {
        within(async {
            self.wire.get_mut().write_all(bytes).await.map_err(lost)?;
            self.wire.get_mut().flush().await.map_err(lost)
        })
        .await
    }

    // As literals: whatever stands in a password, it ends nothing.
    async fn sign_in(&mut self, access: &Access) -> Result<(), ImapError> {
        let (user, password) = (access.user.as_bytes(), access.password.expose_secret().as_bytes());
        self.tag += 1;
        let tag = format!("a{}", self.tag);
        self.say(format!("{tag} LOGIN {{{}}}\r\n", user.len()).as_bytes()).await?;
        self.go_on().await?;
        self.say(&[user, format!(" {{{}}}\r\n", password.len()).as_bytes()].concat()).await?;
        self.go_on().await?;
        self.say(&[password, b"\r\n"].concat()).await?;
        match self.until(&tag).await {
            Err(ImapError::Refused) => Err(ImapError::SignIn),
            other => other.map(drop),
        }
    }

    async fn go_on(&mut self) -> Result<(), ImapError> {
        for _ in 0..MOST_LINES {
            let said = self.line().await?;
            if said.text.starts_with('+') {
                return Ok(());
            }
            if !said.text.starts_with("* ") {
                return Err(ImapError::SignIn);
            }
        }
        Err(ImapError::Odd)
    }

    async fn command(&mut self, command: &str) -> Result<Vec<Line>, ImapError> {
        self.tag += 1;
        let tag = format!("a{}", self.tag);
        self.say(format!("{tag} {command}\r\n").as_bytes()).await?;
        self.until(&tag).await
    }

    async fn until(&mut self, tag: &str) -> Result<Vec<Line>, ImapError> {
        let mut said = Vec::new();
        for _ in 0..MOST_LINES {
            let line = self.line().await?;
            match line.text.strip_prefix(tag).and_then(|rest| rest.strip_prefix(' ')) {
                Some(rest) if rest.starts_with("OK") => return Ok(said),
                Some(_) => return Err(ImapError::Refused),
                None => said.push(line),
            }
        }
        Err(ImapError::Odd)
    }

    /// The UIDs of messages from `first` on, oldest first, at most `most`.
    ///
    /// # Errors
    /// See [`ImapError`].
    pub async fn from(&mut self, first: i64, most: usize) -> Result<Vec<i64>, ImapError> {
        let said = self.command(&format!("UID SEARCH UID {}:*", first.max(1))).await?;
        let mut found: Vec<i64> = said.iter().flat_map(|line| numbers(&line.text)).filter(|uid| *uid >= first).collect();
        found.sort_unstable();
        found.dedup();
        found.truncate(most);
        Ok(found)
    }

    /// The beginning of a message; `None` when it is gone.
    ///
    /// # Errors
    /// See [`ImapError`].
    pub async fn message(&mut self, uid: i64) -> Result<Option<Vec<u8>>, ImapError> {
        let said = self.command(&format!("UID FETCH {uid} (UID BODY.PEEK[]<0.{MOST_BYTES}>)")).await?;
        Ok(said.into_iter().find_map(|line| line.literals.into_iter().next()))
    }

    /// Says good-bye; it does not matter whether anybody hears it.
    pub async fn close(mut self) {
        let _ = self.command("LOGOUT").await;
    }
}

fn greeted(line: &Line) -> Result<(), ImapError> {
    if line.text.starts_with("* OK") { Ok(()) } else { Err(ImapError::Refused) }
}

async fn encrypted(stream: TcpStream, host: &str) -> Result<Box<dyn Wire>, ImapError> {
    let roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| ImapError::Tls)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| ImapError::Tls)?;
    let stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.map_err(|_| ImapError::Tls)?;
    Ok(Box::new(stream))
}

async fn line(wire: &mut (impl AsyncBufRead + Unpin)) -> Result<Line, ImapError> {
    let mut whole = Line::default();
    loop {
        let mut bytes = Vec::new();
        let room = u64::try_from(LONGEST_LINE).unwrap_or(u64::MAX);
        (&mut *wire).take(room).read_until(b'\n', &mut bytes).await.map_err(lost)?;
        if !bytes.ends_with(b"\n") {
            return Err(if bytes.is_empty() { ImapError::Unreachable } else { ImapError::Odd });
        }
        let text = String::from_utf8_lossy(&bytes);
        let text = text.trim_end_matches(['\r', '\n']);
        whole.text.push_str(text);
        let Some(size) = literal(text) else { return Ok(whole) };
        if size > MOST_BYTES + LONGEST_LINE || whole.literals.len() >= 8 {
            return Err(ImapError::Odd);
        }
        let mut bytes = vec![0; size];
        wire.read_exact(&mut bytes).await.map_err(lost)?;
        whole.literals.push(bytes);
    }
}

// `… {123}` at the end of a line says that 123 bytes follow.
fn literal(line: &str) -> Option<usize> {
    let (_, size) = line.strip_suffix('}')?.rsplit_once('{')?;
    size.trim_end_matches('+').parse().ok()
}

fn numbers(line: &str) -> impl Iterator<Item = i64> {
    line.strip_prefix("* SEARCH").unwrap_or_default().split_ascii_whitespace().filter_map(|word| word.parse().ok())
}

// `* OK [UIDNEXT 17] …`
fn code(line: &str, name: &str) -> Option<i64> {
    let (_, rest) = line.split_once(&format!("[{name} "))?;
    rest.split(']').next()?.trim().parse().ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(bytes: &[u8]) -> Result<Line, ImapError> {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(line(&mut BufReader::new(bytes)))
    }

    #[test]
    fn lines_are_read_with_their_literals() {
        let line = read(b"* 1 FETCH (UID 7 BODY[]<0> {9}\r\na\r\nb) {3} X)\r\nrest").unwrap();
        assert_eq!(line.literals, [b"a\r\nb) {3}".to_vec()]);
        assert_eq!(line.text, "* 1 FETCH (UID 7 BODY[]<0> {9} X)");
        assert_eq!(numbers("* SEARCH 3 1 x 2").collect::<Vec<_>>(), [3, 1, 2]);
        assert_eq!(numbers("* LIST 3").count(), 0);
        assert_eq!(code("* OK [UIDNEXT 17] Predicted", "UIDNEXT"), Some(17));
        assert_eq!(code("* OK [UIDVALIDITY x]", "UIDVALIDITY"), None);
    }

    #[test]
    fn what_is_too_much_or_breaks_off_is_no_answer() {
        assert_eq!(read(b""), Err(ImapError::Unreachable));
        assert_eq!(read(b"* OK"), Err(ImapError::Odd));
        assert_eq!(read(b"* 1 FETCH {99999999}\r\nx"), Err(ImapError::Odd));
        assert_eq!(read(b"* 1 FETCH {9}\r\nx"), Err(ImapError::Unreachable));
        assert_eq!(read(&[b"* ".as_slice(), &vec![b'x'; LONGEST_LINE], b"\r\n"].concat()), Err(ImapError::Odd));
        assert_eq!(read(&b"{0}\r\n".repeat(50)), Err(ImapError::Odd));
    }

    proptest! {
        #[test]
        fn whatever_a_server_says_is_read_without_harm(bytes in proptest::collection::vec(any::<u8>(), 0..400), size in 0..500_usize) {
            let _ = read(&bytes);
            let _ = read(&[format!("* x {{{size}}}\r\n").as_bytes(), &bytes].concat());
        }

        #[test]
        fn a_literal_comes_back_whole(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let line = read(&[format!("* 1 FETCH ({{{}}}\r\n", body.len()).as_bytes(), &body, b")\r\n"].concat()).unwrap();
            prop_assert_eq!(&line.literals[0], &body);
        }
    }
}
