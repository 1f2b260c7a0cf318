//! SMTP, as much as a sender needs: no relaying, no storage, everything is accepted but what asks to bounce.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use crate::sandbox::World;
use crate::sandbox::clock::machine_ms;

const IDLE: Duration = Duration::from_mins(1);
const LONGEST_LINE: u64 = 64 * 1024;
const LARGEST_MAIL: usize = 30 * 1024 * 1024;
const MOST_RECIPIENTS: usize = 200;
const MOST_CONNECTIONS: usize = 64;

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
                tracing::debug!(%error, "a mail connection ended early");
            }
            drop(permit);
        });
    }
}

#[derive(Default)]
struct Envelope {
    from: Option<String>,
    to: Vec<String>,
}

async fn line(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    timeout(IDLE, (&mut *reader).take(LONGEST_LINE).read_until(b'\n', &mut bytes)).await??;
    Ok(bytes.ends_with(b"\n").then_some(bytes))
}

async fn say(reader: &mut BufReader<TcpStream>, words: &str) -> std::io::Result<()> {
    timeout(IDLE, reader.get_mut().write_all(format!("{words}\r\n").as_bytes())).await?
}

async fn talk(world: &World, stream: TcpStream) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream);
    say(&mut reader, "220 mail.sandbox.example ESMTP").await?;
    let mut envelope = Envelope::default();
    while let Some(bytes) = line(&mut reader).await? {
        let text = String::from_utf8_lossy(&bytes).trim_end().to_owned();
        let (verb, rest) = text.split_once([' ', ':']).map_or((text.as_str(), ""), |(verb, rest)| (verb, rest));
        let answer = match verb.to_ascii_uppercase().as_str() {
            "EHLO" => "250-mail.sandbox.example\r\n250-8BITMIME\r\n250-SMTPUTF8\r\n250-AUTH PLAIN LOGIN\r\n250 SIZE 31457280".to_owned(),
            "HELO" => "250 mail.sandbox.example".to_owned(),
            "AUTH" => authenticate(&mut reader, rest).await?,
            "MAIL" => {
                envelope = Envelope { from: Some(address(rest)), to: Vec::new() };
                "250 2.1.0 OK".to_owned()
            }
            "RCPT" if envelope.from.is_none() => "503 5.5.1 MAIL first".to_owned(),
            "RCPT" if envelope.to.len() >= MOST_RECIPIENTS => "452 4.5.3 Too many recipients".to_owned(),
            "RCPT" => receive(&mut envelope, address(rest)),
            "DATA" if envelope.to.is_empty() => "503 5.5.1 RCPT first".to_owned(),
            "DATA" => {
                say(&mut reader, "354 Go on").await?;
                match body(&mut reader).await? {
                    Some(raw) => {
                        let taken = std::mem::take(&mut envelope);
                        let number = world.mail.put(machine_ms(), taken.from.unwrap_or_default(), taken.to, &raw);
                        format!("250 2.0.0 Taken as {number}")
                    }
                    None => "552 5.3.4 Too large".to_owned(),
                }
            }
            "RSET" => {
                envelope = Envelope::default();
                "250 2.0.0 OK".to_owned()
            }
            "NOOP" => "250 2.0.0 OK".to_owned(),
            "QUIT" => {
                say(&mut reader, "221 2.0.0 Bye").await?;
                return Ok(());
            }
            _ => "502 5.5.2 Unknown command".to_owned(),
        };
        say(&mut reader, &answer).await?;
    }
    Ok(())
}

/// Any name and password will do.
async fn authenticate(reader: &mut BufReader<TcpStream>, rest: &str) -> std::io::Result<String> {
    let (method, initial) = rest.split_once(' ').unwrap_or((rest, ""));
    let login = method.eq_ignore_ascii_case("LOGIN");
    let questions: &[&str] = match (login, initial.is_empty()) {
        (true, true) => &["VXNlcm5hbWU6", "UGFzc3dvcmQ6"],
        (true, false) => &["UGFzc3dvcmQ6"],
        (false, true) => &[""],
        (false, false) => &[],
    };
    for question in questions {
        say(reader, &format!("334 {question}")).await?;
        if line(reader).await?.is_none() {
            break;
        }
    }
    Ok("235 2.7.0 Welcome".to_owned())
}

/// Addresses whose local part begins with `bounce` don't exist, those with `defer` have to wait.
fn receive(envelope: &mut Envelope, to: String) -> String {
    if to.starts_with("bounce") {
        return "550 5.1.1 No such user here".to_owned();
    }
    if to.starts_with("defer") {
        return "451 4.2.1 Try again later".to_owned();
    }
    envelope.to.push(to);
    "250 2.1.5 OK".to_owned()
}

fn address(rest: &str) -> String {
    let inside = rest.split_once('<').and_then(|(_, rest)| rest.split_once('>')).map(|(inside, _)| inside);
    inside.unwrap_or_else(|| rest.split_once(':').map_or(rest, |(_, rest)| rest).trim()).to_owned()
}

async fn body(reader: &mut BufReader<TcpStream>) -> std::io::Result<Option<Vec<u8>>> {
    let mut raw = Vec::new();
    let mut too_large = false;
    while let Some(line) = line(reader).await? {
        if line == b".\r\n" || line == b".\n" {
            return Ok((!too_large).then_some(raw));
        }
        // A dot at the beginning was doubled by the sender.
        raw.extend_from_slice(line.strip_prefix(b".").unwrap_or(&line));
        if raw.len() > LARGEST_MAIL {
            too_large = true;
            raw.clear();
        }
    }
    Err(std::io::ErrorKind::UnexpectedEof.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sandbox::WorldOptions;

    #[tokio::test]
    async fn a_mail_that_is_sent_arrives_with_its_dots() {
        let world = Arc::new(World::new(WorldOptions { people: 10, ..WorldOptions::default() }));
        let address = crate::sandbox::mail::listen(Arc::clone(&world), "127.0.0.1:0".parse().unwrap()).await.unwrap();
        let mut stream = BufReader::new(TcpStream::connect(address).await.unwrap());
        let mut answers = Vec::new();
        let commands = [
            "EHLO me",
            "MAIL FROM:<rep@brightwater.example> SIZE=10",
            "RCPT TO:<bounce.me@x.example>",
            "RCPT TO:<ada@x.example>",
            "DATA",
            "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHallo\r\n..dot\r\n.",
            "QUIT",
        ];
        for command in commands {
            let greeting = line(&mut stream).await.unwrap().unwrap();
            answers.push(String::from_utf8(greeting).unwrap());
            while answers.last().is_some_and(|answer| answer.as_bytes().get(3) == Some(&b'-')) {
                answers.push(String::from_utf8(line(&mut stream).await.unwrap().unwrap()).unwrap());
            }
            stream.get_mut().write_all(format!("{command}\r\n").as_bytes()).await.unwrap();
        }
        line(&mut stream).await.unwrap();
        assert!(answers.iter().any(|answer| answer.starts_with("550 ")), "{answers:?}");
        let mails = world.mail.list();
        assert_eq!(mails[0].to, ["ada@x.example"]);
        assert_eq!(mails[0].message.subject, "Grüße");
        assert_eq!(mails[0].message.text.as_deref(), Some("Hallo\r\n.dot\r\n"));
    }
}
