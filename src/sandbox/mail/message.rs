//! What a message says: headers with their encoded words, the text and the HTML of its parts.

use base64::Engine;
use base64::alphabet::STANDARD as ALPHABET;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::Serialize;

const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &ALPHABET,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent).with_decode_allow_trailing_bits(true),
);
/// Parts within parts, at most.
const DEEPEST: u8 = 8;

/// A header.
#[derive(Debug, Clone, Serialize)]
pub struct Header {
    pub name: String,
    pub value: String,
}

/// A message that was read.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Message {
    pub subject: String,
    pub headers: Vec<Header>,
    pub text: Option<String>,
    pub html: Option<String>,
    /// Names of attached files.
    pub attachments: Vec<String>,
}

impl Message {
    /// Reads a raw message; what can't be understood is left out.
    pub fn read(raw: &[u8]) -> Self {
        let (headers, body) = split(raw);
        let mut message = Self { subject: value(&headers, "subject").unwrap_or_default(), ..Self::default() };
        message.part(&headers, body, DEEPEST);
        message.headers = headers;
        message
    }

    fn part(&mut self, headers: &[Header], body: &[u8], depth: u8) {
        let kind = value(headers, "content-type").unwrap_or_else(|| "text/plain".to_owned());
        let lower = kind.to_ascii_lowercase();
        if lower.starts_with("multipart/") {
            let Some(boundary) = parameter(&kind, "boundary").filter(|_| depth > 0) else { return };
            for part in parts(body, &boundary) {
                let (headers, body) = split(part);
                self.part(&headers, body, depth - 1);
            }
            return;
        }
        let disposition = value(headers, "content-disposition").unwrap_or_default();
        if disposition.to_ascii_lowercase().starts_with("attachment") || !lower.starts_with("text/") {
            self.attachments.push(
                parameter(&disposition, "filename")
                    .or_else(|| parameter(&kind, "name"))
                    .unwrap_or_else(|| lower.split(';').next().unwrap_or("").to_owned()),
            );
            return;
        }
        let encoding = value(headers, "content-transfer-encoding").unwrap_or_default().to_ascii_lowercase();
        let bytes = match encoding.trim() {
            "base64" => from_base64(body),
            "quoted-printable" => from_quoted_printable(body, false),
            _ => body.to_vec(),
        };
        let text = decode(&bytes, &parameter(&kind, "charset").unwrap_or_default());
        let place = if lower.starts_with("text/html") { &mut self.html } else { &mut self.text };
        place.get_or_insert(text);
    }
}

fn split(raw: &[u8]) -> (Vec<Header>, &[u8]) {
    let ends = raw
        .windows(4)
        .position(|four| four == b"\r\n\r\n")
        .map(|at| (at, at + 4))
        .or_else(|| raw.windows(2).position(|two| two == b"\n\n").map(|at| (at, at + 2)));
    let (head, body) = match ends {
        Some((end, start)) => (raw.get(..end).unwrap_or_default(), raw.get(start..).unwrap_or_default()),
        // A part without headers begins with an empty line.
        None => (&b""[..], raw),
    };
    let unfolded = String::from_utf8_lossy(head).replace("\r\n", "\n").replace("\n ", " ").replace("\n\t", " ");
    let headers = unfolded
        .lines()
        .filter_map(|line| line.split_once(':'))
        .map(|(name, value)| Header { name: name.trim().to_owned(), value: words(value.trim()) })
        .collect();
    (headers, body)
}

fn value(headers: &[Header], name: &str) -> Option<String> {
    headers.iter().find(|header| header.name.eq_ignore_ascii_case(name)).map(|header| header.value.clone())
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|part| {
        let (known, value) = part.split_once('=')?;
        known.trim().eq_ignore_ascii_case(name).then(|| value.trim().trim_matches('"').to_owned())
    })
}

fn parts<'a>(body: &'a [u8], boundary: &str) -> Vec<&'a [u8]> {
    let mark = format!("--{boundary}");
    let mark = mark.as_bytes();
    let mut starts = Vec::new();
    let mut at = 0;
    while let Some(found) = body.get(at..).and_then(|rest| rest.windows(mark.len().max(1)).position(|window| window == mark)) {
        starts.push(at + found);
        at += found + mark.len();
    }
    let pairs = starts.windows(2).filter_map(|pair| match pair {
        [start, end] => body.get(start + mark.len()..*end),
        _ => None,
    });
    pairs
        .map(|part| part.strip_prefix(b"\r\n").or_else(|| part.strip_prefix(b"\n")).unwrap_or(part))
        .map(|part| part.strip_suffix(b"\r\n").unwrap_or(part))
        .collect()
}

fn from_base64(body: &[u8]) -> Vec<u8> {
    let letters: Vec<u8> = body.iter().copied().filter(|letter| !letter.is_ascii_whitespace()).collect();
    LENIENT.decode(letters).unwrap_or_default()
}

fn from_quoted_printable(body: &[u8], underscores: bool) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match (first, after) {
            (b'=', [b'\r', b'\n', next @ ..] | [b'\n', next @ ..]) => rest = next,
            (b'=', [high, low, next @ ..]) => {
                let digit = |letter: u8| char::from(letter).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
                if let (Some(high), Some(low)) = (digit(*high), digit(*low)) {
                    out.push(high * 16 + low);
                    rest = next;
                } else {
                    out.push(first);
                }
            }
            (b'_', _) if underscores => out.push(b' '),
            _ => out.push(first),
        }
    }
    out
}

fn decode(bytes: &[u8], charset: &str) -> String {
    if charset.eq_ignore_ascii_case("iso-8859-1") || charset.eq_ignore_ascii_case("latin1") {
        return bytes.iter().copied().map(char::from).collect();
    }
    String::from_utf8_lossy(bytes).into_owned()
}

/// Decodes the encoded words of a header (RFC 2047).
fn words(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("=?") {
        let mut pieces = after.splitn(4, '?');
        let (Some(charset), Some(encoding), Some(content), Some(tail)) = (pieces.next(), pieces.next(), pieces.next(), pieces.next())
        else {
            break;
        };
        let Some(tail) = tail.strip_prefix('=') else { break };
        // White space between two encoded words belongs to neither.
        if out.is_empty() || !before.trim().is_empty() {
            out.push_str(before);
        }
        let bytes = if encoding.eq_ignore_ascii_case("b") {
            from_base64(content.as_bytes())
        } else {
            from_quoted_printable(content.as_bytes(), true)
        };
        out.push_str(&decode(&bytes, charset));
        rest = tail;
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_and_html_are_found_in_the_parts() {
        let raw = b"Subject: =?UTF-8?B?R3LDvMOfZQ==?= =?utf-8?q?_aus_K=C3=B6ln?=\r\nContent-Type: multipart/alternative;\r\n boundary=\"x1\"\r\n\r\nignored\r\n--x1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\nSch=C3=B6n=\r\n hier\r\n--x1\r\nContent-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\nPGI+aGk8L2I+\r\n--x1--\r\n";
        let message = Message::read(raw);
        assert_eq!(message.subject, "Grüße aus Köln");
        assert_eq!(message.text.as_deref(), Some("Schön hier"));
        assert_eq!(message.html.as_deref(), Some("<b>hi</b>"));
    }

    proptest::proptest! {
        #[test]
        fn whatever_arrives_is_read_without_harm(raw in proptest::collection::vec(proptest::num::u8::ANY, 0..600)) {
            Message::read(&raw);
        }

        #[test]
        fn header_words_are_read_without_harm(text in ".{0,80}=\\?.{0,40}") {
            words(&text);
        }
    }
}
