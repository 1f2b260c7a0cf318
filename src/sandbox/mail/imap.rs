//! The mailbox by IMAP: whoever signs in as an address sees the mails that were sent to it. Any password but `wrong` will do.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::Mail;
use crate::sandbox::World;

const IDLE: Duration = Duration::from_mins(1);
const LONGEST_LINE: u64 = 16 * 1024;
const MOST_CONNECTIONS: usize = 64;
/// Whoever signs in so sees all mails.
const EVERYBODY: &str = "everybody@sandbox.example";
/// Never changes: the numbers of mails are not given out twice.
const VALIDITY: u32 = 20_260_101;

/// Serves all who come.
pub async fn serve(world: Arc<World>, listener: TcpListener) {
    let room = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    loop {
        let Ok(permit) = Arc::clone(&room).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let world = Arc::clone(&world);
        tokio::spawn(async move {
            if let Err(error) = talk(&world, stream).await {
                tracing::debug!(%error, "a mailbox connection ended early");
            }
            drop(permit);
        });
    }
}

struct Talk {
    wire: BufReader<TcpStream>,
}

impl Talk {
    async fn say(&mut self, words: &[u8]) -> std::io::Result<()> {
        timeout(IDLE, self.wire.get_mut().write_all(words)).await?
    }

    // A command, its literals in quotes in their places.
    async fn command(&mut self) -> std::io::Result<Option<String>> {
        let mut whole = String::new();
        loop {
            let mut bytes = Vec::new();
            timeout(IDLE, (&mut self.wire).take(LONGEST_LINE).read_until(b'\n', &mut bytes)).await??;
            if !bytes.ends_with(b"\n") {
                return Ok(None);
            }
            let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
            let size = text
                .strip_suffix('}')
                .and_then(|text| text.rsplit_once('{'))
                .and_then(|(before, size)| Some((before.to_owned(), size.parse::<usize>().ok()?)));
            let Some((before, size)) = size.filter(|(_, size)| *size <= 4_096) else {
                whole.push_str(&text);
                return Ok(Some(whole));
            };
            self.say(b"+ go on\r\n").await?;
            let mut literal = vec![0; size];
            timeout(IDLE, self.wire.read_exact(&mut literal)).await??;
            whole.push_str(&before);
            whole.push('"');
            whole.push_str(&String::from_utf8_lossy(&literal));
            whole.push('"');
        }
    }
}

fn is_to(mail: &Mail, user: &str) -> bool {
    user == EVERYBODY || mail.to.iter().any(|to| to.trim_matches(['<', '>']).eq_ignore_ascii_case(user))
}

async fn talk(world: &World, stream: TcpStream) -> std::io::Result<()> {
    let mut talk = Talk { wire: BufReader::new(stream) };
    talk.say(b"* OK sandbox mailbox\r\n").await?;
    let mut user: Option<String> = None;
    while let Some(line) = talk.command().await? {
        let (tag, rest) = line.split_once(' ').unwrap_or((line.as_str(), ""));
        let upper = rest.to_ascii_uppercase();
        let mine = || -> Vec<Mail> {
            let Some(user) = user.as_deref() else { return Vec::new() };
            let mut mails: Vec<Mail> = world.mail.list().into_iter().filter(|mail| is_to(mail, user)).collect();
            mails.reverse();
            mails
        };
        let mut answer: Vec<u8> = Vec::new();
        let mut said = format!("{tag} OK done\r\n");
        match () {
            () if upper.starts_with("LOGIN ") => {
                let words: Vec<&str> = rest.split('"').filter(|word| !word.trim().is_empty()).collect();
                match words.as_slice() {
                    [_, name, password] if *password != "wrong" => user = Some((*name).to_owned()),
                    _ => said = format!("{tag} NO not you\r\n"),
                }
            }
            () if upper.starts_with("LOGOUT") => {
                talk.say(format!("* BYE\r\n{said}").as_bytes()).await?;
                return Ok(());
            }
            () if upper.starts_with("CAPABILITY") => answer.extend_from_slice(b"* CAPABILITY IMAP4rev1\r\n"),
            () if upper.starts_with("NOOP") => {}
            () if user.is_none() => said = format!("{tag} NO sign in first\r\n"),
            () if upper.starts_with("EXAMINE ") || upper.starts_with("SELECT ") => {
                let next = world.mail.next_number();
                answer = format!("* {} EXISTS\r\n* OK [UIDVALIDITY {VALIDITY}] stays\r\n* OK [UIDNEXT {next}] next\r\n", mine().len())
                    .into_bytes();
            }
            () if upper.starts_with("UID SEARCH UID ") => {
                let first: u64 =
                    upper.trim_start_matches("UID SEARCH UID ").split(':').next().and_then(|text| text.parse().ok()).unwrap_or(1);
                let mails = mine();
                // `n:*` always holds the last one.
                let last = mails.last().map(|mail| mail.number);
                let found: Vec<String> = mails
                    .iter()
                    .filter(|mail| mail.number >= first || Some(mail.number) == last)
                    .map(|mail| mail.number.to_string())
                    .collect();
                answer = format!("* SEARCH {}\r\n", found.join(" ")).into_bytes();
            }
            () if upper.starts_with("UID FETCH ") => {
                let number: u64 = upper.split_ascii_whitespace().nth(2).and_then(|text| text.parse().ok()).unwrap_or(0);
                let most = upper.split_once("<0.").and_then(|(_, rest)| rest.split('>').next()?.parse().ok()).unwrap_or(usize::MAX);
                if let Some((index, mail)) = mine().iter().enumerate().find(|(_, mail)| mail.number == number) {
                    let raw = mail.raw.get(..mail.raw.len().min(most)).unwrap_or_default();
                    answer = format!("* {} FETCH (UID {number} BODY[]<0> {{{}}}\r\n", index + 1, raw.len()).into_bytes();
                    answer.extend_from_slice(raw);
                    answer.extend_from_slice(b")\r\n");
                }
            }
            () => said = format!("{tag} BAD unknown\r\n"),
        }
        answer.extend_from_slice(said.as_bytes());
        talk.say(&answer).await?;
    }
    Ok(())
}
