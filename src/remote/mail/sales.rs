//! Mails of reps: from a person to a person, with copies and the one-click way out of RFC 8058.

use std::time::Duration;

use lettre::AsyncTransport;
use lettre::message::header::{Header, HeaderName, HeaderValue};
use lettre::message::{Mailbox, Message, MultiPart};

use super::{MailError, Mailer, PATIENCE, judged};

/// A mail, ready to be sent.
#[derive(Debug, Clone)]
pub struct SalesMail<'a> {
    /// The same at every attempt, so that a mail that arrived twice is recognised as one.
    pub message_id: String,
    pub from_name: &'a str,
    pub from: &'a str,
    pub to: &'a str,
    pub cc: &'a [String],
    pub bcc: &'a [String],
    pub subject: &'a str,
    pub text: &'a str,
    pub html: &'a str,
    /// Address that takes the recipient off by one POST; absent for mail that nobody can be taken off.
    pub way_out: Option<&'a str>,
}

/// The way out, for mail programs.
#[derive(Clone)]
pub(super) struct Unsubscribe(String);

impl Unsubscribe {
    /// By a POST to this address.
    pub(super) fn at(address: &str) -> Self {
        Self(format!("<{address}>"))
    }
}

impl Header for Unsubscribe {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe")
    }

    fn parse(text: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self(text.to_owned()))
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), self.0.clone())
    }
}

/// That one POST is enough.
#[derive(Clone)]
pub(super) struct OneClick;

impl Header for OneClick {
    fn name() -> HeaderName {
        HeaderName::new_from_ascii_str("List-Unsubscribe-Post")
    }

    fn parse(_: &str) -> Result<Self, Box<dyn std::error::Error + Send + Sync>> {
        Ok(Self)
    }

    fn display(&self) -> HeaderValue {
        HeaderValue::new(Self::name(), "List-Unsubscribe=One-Click".to_owned())
    }
}

impl Mailer {
    /// Sends a rep's mail, once.
    ///
    /// # Errors
    /// See [`MailError`].
    pub async fn send_sales(&self, mail: &SalesMail<'_>) -> Result<(), MailError> {
        let message = written(mail)?;
        judged(tokio::time::timeout(PATIENCE, self.transport.send(message)).await)
    }
}

fn written(mail: &SalesMail<'_>) -> Result<Message, MailError> {
    let odd = |text: &str| text.chars().any(|letter| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}'));
    if odd(mail.subject) || odd(mail.from_name) || mail.way_out.is_some_and(odd) {
        return Err(MailError::Unwritable);
    }
    let address = |text: &str| text.parse().map_err(|_| MailError::Unwritable);
    let name = Some(mail.from_name.to_owned()).filter(|name| !name.trim().is_empty());
    let mut builder = Message::builder()
        .from(Mailbox::new(name, address(mail.from)?))
        .to(Mailbox::new(None, address(mail.to)?))
        .subject(mail.subject)
        .message_id(Some(mail.message_id.clone()))
        .date(std::time::UNIX_EPOCH + Duration::from_millis(u64::try_from(crate::clock::now_ms()).unwrap_or(0)));
    for copy in mail.cc {
        builder = builder.cc(Mailbox::new(None, address(copy)?));
    }
    for copy in mail.bcc {
        builder = builder.bcc(Mailbox::new(None, address(copy)?));
    }
    if let Some(way_out) = mail.way_out {
        builder = builder.header(Unsubscribe::at(way_out)).header(OneClick);
    }
    builder.multipart(MultiPart::alternative_plain_html(mail.text.to_owned(), mail.html.to_owned())).map_err(|_| MailError::Unwritable)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mail<'a>(from_name: &'a str, subject: &'a str, cc: &'a [String]) -> SalesMail<'a> {
        SalesMail {
            message_id: "<1@msi>".to_owned(),
            from_name,
            from: "rep@example.com",
            to: "ann@example.com",
            cc,
            bcc: &[],
            subject,
            text: ".\nhello",
            html: "<p>hello</p>",
            way_out: Some("https://gw.example/unsubscribe/abc"),
        }
    }

    #[test]
    fn eml_05_06_a_mail_has_one_of_each_header_and_the_way_out() {
        let text = String::from_utf8(written(&mail("Zoë", "Grüße", &[])).unwrap().formatted()).unwrap();
        for header in ["From:", "To:", "Subject:", "Message-ID: <1@msi>", "Date:", "List-Unsubscribe: <https://gw.example/unsubscribe/abc>"]
        {
            assert_eq!(text.matches(header).count(), 1, "{header} {text}");
        }
        assert_eq!(text.matches("List-Unsubscribe-Post: List-Unsubscribe=One-Click").count(), 1);
        assert!(text.lines().all(|line| line.len() <= 998));
        // As somebody else's program reads the way out.
        let header = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap().trim().to_owned();
        let read = list_unsubscribe::parse_with_post(&header("List-Unsubscribe:"), Some(&header("List-Unsubscribe-Post:")));
        assert!(
            matches!(read, list_unsubscribe::UnsubscribeMethod::OneClick { url } if url.as_str() == "https://gw.example/unsubscribe/abc")
        );
    }

    #[test]
    fn eml_01_02_nothing_can_be_smuggled_into_a_header() {
        assert_eq!(written(&mail("x\r\nBcc: b@x.com", "s", &[])).unwrap_err(), MailError::Unwritable);
        assert_eq!(written(&mail("x", "s\r\nBcc: b@x.com", &[])).unwrap_err(), MailError::Unwritable);
        assert_eq!(written(&mail("x", "s", &["a@x.com>,<b@y.com".to_owned()])).unwrap_err(), MailError::Unwritable);
    }
}
