//! Outgoing mail by SMTP.

use std::time::Duration;

use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};

pub mod imap;
pub mod incoming;
pub mod sales;
pub mod servers;

/// From connecting to the server's last word.
const PATIENCE: Duration = Duration::from_secs(40);

/// A mail, ready to be sent.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    /// The same at every attempt, so that a mail that arrived twice is recognised as one.
    pub message_id: String,
    pub from: &'a str,
    pub to: &'a str,
    pub subject: &'a str,
    pub text: String,
    pub html: String,
    /// Address that ends what causes such mails by one POST.
    pub way_out: Option<String>,
}

/// Why a mail did not go out, by what can be done about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MailError {
    /// The server will never take it.
    #[error("refused ({0})")]
    Refused(String),
    /// The server does not take it now.
    #[error("not now ({0})")]
    Later(String),
    /// No connection could be made.
    #[error("unreachable")]
    Unreachable,
    /// The connection broke or took too long: it may have gone out.
    #[error("unclear")]
    Unclear,
    /// It cannot be written as a mail.
    #[error("it cannot be written as a mail")]
    Unwritable,
}

/// The way to a mail server.
#[derive(Debug, Clone)]
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
}

/// `[mail] url` is not `smtp://host:port` or `smtps://user:password@host:port`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("[mail] url must be smtp://host:port or smtps://user:password@host:port")]
pub struct BadMailUrl;

impl Mailer {
    /// The way to the server of this URL; nothing is connected yet.
    ///
    /// # Errors
    /// When the URL is none.
    pub fn new(url: &SecretString) -> Result<Self, BadMailUrl> {
        let builder = AsyncSmtpTransport::<Tokio1Executor>::from_url(url.expose_secret()).map_err(|_| BadMailUrl)?;
        Ok(Self { transport: builder.timeout(Some(Duration::from_secs(20))).build() })
    }

    /// The way to a server that somebody named, at the address where it was found; nothing is connected yet.
    ///
    /// # Errors
    /// When the server may not be called.
    pub async fn through(
        server: &servers::Server,
        credentials: Option<(&str, &SecretString)>,
        local: &[String],
    ) -> Result<Self, servers::ServerRefused> {
        let address = server.address(local).await?;
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(address.ip().to_string()).port(address.port());
        if server.security != servers::Security::Plain {
            let parameters = TlsParameters::new(server.host.clone()).map_err(|_| servers::ServerRefused::Name)?;
            let encrypted = server.security == servers::Security::Tls;
            builder = builder.tls(if encrypted { Tls::Wrapper(parameters) } else { Tls::Required(parameters) });
        }
        if let Some((user, password)) = credentials {
            builder = builder.credentials(Credentials::new(user.to_owned(), password.expose_secret().to_owned()));
        }
        Ok(Self { transport: builder.timeout(Some(Duration::from_secs(20))).build() })
    }

    /// Whether the server answers, and accepts the credentials.
    pub async fn answers(&self) -> bool {
        tokio::time::timeout(PATIENCE, self.transport.test_connection()).await.is_ok_and(|answer| answer.unwrap_or(false))
    }

    /// Sends a mail, once.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn send(&self, mail: &Outgoing<'_>) -> Result<(), MailError> {
        let message = written(mail)?;
        judged(tokio::time::timeout(PATIENCE, self.transport.send(message)).await)
    }
}

type Answered<R> = Result<Result<R, lettre::transport::smtp::Error>, tokio::time::error::Elapsed>;

fn judged<R>(sent: Answered<R>) -> Result<(), MailError> {
    let outcome = match sent {
        Err(_) => Err(MailError::Unclear),
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => {
            let code = error.status().map_or_else(|| "no code".to_owned(), |code| code.to_string());
            Err(match () {
                () if error.is_permanent() => MailError::Refused(code),
                () if error.is_transient() => MailError::Later(code),
                () if error.is_client() => MailError::Unwritable,
                () if refused_connection(&error) => MailError::Unreachable,
                () => MailError::Unclear,
            })
        }
    };
    metrics::counter!("mails_total", "outcome" => match &outcome {
        Ok(()) => "sent",
        Err(MailError::Refused(_)) => "refused",
        Err(MailError::Later(_)) => "later",
        Err(MailError::Unreachable) => "unreachable",
        Err(MailError::Unclear) => "unclear",
        Err(MailError::Unwritable) => "unwritable",
    })
    .increment(1);
    outcome
}

// Only what surely came before the mail: nobody listened, or there is no way there.
fn refused_connection(error: &lettre::transport::smtp::Error) -> bool {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = std::error::Error::source(error);
    while let Some(inner) = cause {
        if let Some(io) = inner.downcast_ref::<std::io::Error>() {
            use std::io::ErrorKind::{ConnectionRefused, HostUnreachable, NetworkUnreachable};
            return matches!(io.kind(), ConnectionRefused | HostUnreachable | NetworkUnreachable);
        }
        cause = inner.source();
    }
    false
}

fn written(mail: &Outgoing<'_>) -> Result<Message, MailError> {
    let unwritable = |_| MailError::Unwritable;
    let odd = |text: &str| text.chars().any(|letter| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}'));
    if odd(mail.subject) || mail.way_out.as_deref().is_some_and(odd) {
        return Err(MailError::Unwritable);
    }
    let from: Mailbox = mail.from.parse().map_err(unwritable)?;
    let to = Mailbox::new(None, mail.to.parse().map_err(unwritable)?);
    let mut builder = Message::builder();
    if let Some(way_out) = &mail.way_out {
        builder = builder.header(sales::Unsubscribe::at(way_out)).header(sales::OneClick);
    }
    builder
        .from(from)
        .to(to)
        .subject(mail.subject)
        .message_id(Some(mail.message_id.clone()))
        .date(std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(crate::clock::now_ms()).unwrap_or(0)))
        .multipart(MultiPart::alternative_plain_html(mail.text.clone(), mail.html.clone()))
        .map_err(|_| MailError::Unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail<'a>(to: &'a str, subject: &'a str) -> Outgoing<'a> {
        Outgoing {
            message_id: "<1@msi>".to_owned(),
            from: "Marketo Sales <no-reply@example.com>",
            to,
            subject,
            text: ".\nhello".to_owned(),
            html: "<p>hello</p>".to_owned(),
            way_out: None,
        }
    }

    #[test]
    fn a_mail_has_one_of_each_header_and_two_parts() {
        let text = String::from_utf8(written(&mail("a@example.com", "Grüße, 你好")).unwrap().formatted()).unwrap();
        for header in ["From:", "To:", "Subject:", "Message-ID: <1@msi>", "Date:"] {
            assert_eq!(text.matches(header).count(), 1, "{header}");
        }
        assert!(!text.contains("List-Unsubscribe"));
        let way_out = Some("https://x.example/unsubscribe/abc".to_owned());
        let alert = written(&Outgoing { way_out, ..mail("a@example.com", "x") }).unwrap().formatted();
        let alert = String::from_utf8(alert).unwrap();
        assert!(alert.contains("List-Unsubscribe: <https://x.example/unsubscribe/abc>") && alert.contains("List-Unsubscribe=One-Click"));
        assert!(text.contains("text/plain") && text.contains("text/html"));
        assert!(text.lines().all(|line| line.len() <= 998));
    }

    #[test]
    fn nothing_can_be_smuggled_into_a_header() {
        assert_eq!(written(&mail("a@example.com", "x\r\nBcc: b@example.com")).unwrap_err(), MailError::Unwritable);
        assert_eq!(written(&mail("a@example.com", "x\u{2028}y")).unwrap_err(), MailError::Unwritable);
        assert_eq!(written(&mail("a@x.com>,<b@y.com", "x")).unwrap_err(), MailError::Unwritable);
        assert_eq!(written(&mail("a@x.com\r\nRCPT TO:<b@y.com>", "x")).unwrap_err(), MailError::Unwritable);
    }
}
