//! What a message in a mailbox tells of mails that were sent: somebody answered, or it could not be delivered. What a program
//! wrote by itself is no answer (RFC 3834); what could not be delivered says a report (RFC 3464).

use mail_parser::{Message, MessageParser, MimeHeaders};

/// The part of our Message-IDs behind the `@`.
pub const OURS: &str = "msi-gateway";
const MOST_IDS: usize = 60;
const LONGEST_DETAIL: usize = 300;

/// What a message tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incoming {
    /// Somebody answered.
    Reply,
    /// It will never be delivered: to whom, the status (`5.1.1`), and the words of the server that said so.
    Bounce { address: Option<String>, status: String, detail: String },
    /// Nothing that concerns us: a program's answer, a delay, a message about something else.
    Nothing,
}

/// A message that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Letter {
    /// The message's own id.
    pub id: String,
    /// What stands before the `@` in the ids of mails of ours that it is about.
    pub about: Vec<String>,
    pub tells: Incoming,
}

/// Reads a message, or the beginning of one.
#[must_use]
pub fn read(raw: &[u8]) -> Option<Letter> {
    let message = MessageParser::default().parse(raw)?;
    let header = |name: &str| message.header_raw(name).unwrap_or_default().trim().to_owned();
    let id = ids(&header("Message-ID")).next().unwrap_or_default().to_owned();
    let kind = message.content_type();
    let is = |main: &str, sub: &str| {
        kind.is_some_and(|kind| {
            kind.ctype().eq_ignore_ascii_case(main) && kind.subtype().is_some_and(|known| known.eq_ignore_ascii_case(sub))
        })
    };
    let report = kind.and_then(|kind| kind.attribute("report-type")).unwrap_or_default();
    if is("multipart", "report") {
        if !report.eq_ignore_ascii_case("delivery-status") {
            return Some(Letter { id, about: Vec::new(), tells: Incoming::Nothing });
        }
        return Some(Letter { id, about: of_report(&message), tells: bounce(&message) });
    }
    let (answered, before) = (header("In-Reply-To"), header("References"));
    let about: Vec<String> = ids(&answered).chain(ids(&before)).filter_map(ours).take(MOST_IDS).collect();
    let tells = if about.is_empty() || is_automatic(&header) { Incoming::Nothing } else { Incoming::Reply };
    Some(Letter { id, about, tells })
}

// Programs that answer say so in one of these ways.
fn is_automatic(header: &impl Fn(&str) -> String) -> bool {
    let submitted = header("Auto-Submitted").to_ascii_lowercase();
    let subject = header("Subject").to_ascii_lowercase();
    (!submitted.is_empty() && submitted != "no")
        || ["X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress", "List-Id"].iter().any(|name| !header(name).is_empty())
        || ["bulk", "auto_reply", "junk", "list"].contains(&header("Precedence").to_ascii_lowercase().as_str())
        || header("Return-Path") == "<>"
        || ["out of office", "automatic reply", "auto-reply", "autoreply", "abwesenheit", "automatische antwort"]
            .iter()
            .any(|words| subject.starts_with(words))
}

fn ids(text: &str) -> impl Iterator<Item = &str> {
    text.split('<').skip(1).filter_map(|rest| rest.split_once('>').map(|(id, _)| id.trim())).take(MOST_IDS)
}

fn ours(id: &str) -> Option<String> {
    let (local, domain) = id.rsplit_once('@')?;
    let plain = !local.is_empty() && local.len() <= 100 && local.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    (plain && domain.eq_ignore_ascii_case(OURS)).then(|| local.to_owned())
}

// The report and, behind it, the headers of what it is about.
fn texts(message: &Message<'_>) -> Vec<String> {
    let beginning = |contents: &[u8]| String::from_utf8_lossy(contents.get(..contents.len().min(16_384)).unwrap_or_default()).into_owned();
    message.parts.iter().skip(1).take(20).map(|part| beginning(part.contents())).collect()
}

fn of_report(message: &Message<'_>) -> Vec<String> {
    let texts = texts(message);
    let lines = texts.iter().flat_map(|text| text.lines());
    let named = lines.filter(|line| {
        line.split_once(':').is_some_and(|(name, _)| {
            ["message-id", "original-message-id", "references", "in-reply-to", "x-original-message-id"]
                .contains(&name.trim().to_ascii_lowercase().as_str())
        })
    });
    named.flat_map(ids).filter_map(ours).take(MOST_IDS).collect()
}

fn bounce(message: &Message<'_>) -> Incoming {
    let texts = texts(message);
    let field = |name: &str| {
        texts.iter().flat_map(|text| text.lines()).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.trim().eq_ignore_ascii_case(name).then(|| clean(value))
        })
    };
    let (action, status) = (field("Action").unwrap_or_default(), field("Status").unwrap_or_default());
    if !action.eq_ignore_ascii_case("failed") || !status.starts_with('5') {
        return Incoming::Nothing;
    }
    let behind = |value: String| value.rsplit_once(';').map_or_else(|| value.clone(), |(_, rest)| rest.trim().to_owned());
    let address = field("Final-Recipient").or_else(|| field("Original-Recipient")).map(behind).filter(|address| address.contains('@'));
    let detail = field("Diagnostic-Code").map_or_else(|| format!("Status {status}"), behind);
    Incoming::Bounce { address, status, detail }
}

fn clean(value: &str) -> String {
    value.chars().filter(|letter| !letter.is_control()).take(LONGEST_DETAIL).collect::<String>().trim().to_owned()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tells(raw: &str) -> (Vec<String>, Incoming) {
        let letter = read(raw.replace('\n', "\r\n").as_bytes()).unwrap();
        (letter.about, letter.tells)
    }

    #[test]
    fn an_answer_names_the_mail_that_it_answers() {
        let reply = "From: ann@x.example\nMessage-ID: <r1@x.example>\nIn-Reply-To: <abc-_1@msi-gateway>\nReferences: <z@y> <abc-_1@msi-gateway>\nSubject: Re: Hi\n\nYes!\n";
        assert_eq!(tells(reply), (vec!["abc-_1".to_owned(), "abc-_1".to_owned()], Incoming::Reply));
        let folded = "References: <z@y>\n <abc@MSI-gateway>\nSubject: x\n\n.";
        assert_eq!(tells(folded).0, ["abc"]);
        let (about, nothing) = tells("In-Reply-To: <other@x.example>\nSubject: Re\n\n.");
        assert!(about.is_empty() && nothing == Incoming::Nothing);
        for odd in ["<a b@msi-gateway>", "<@msi-gateway>", "<abc@msi-gateway.evil.example>", "abc@msi-gateway"] {
            assert_eq!(tells(&format!("In-Reply-To: {odd}\nSubject: x\n\n.")).0, Vec::<String>::new(), "{odd}");
        }
    }

    #[test]
    fn programs_that_answer_are_no_people() {
        for header in [
            "Auto-Submitted: auto-replied",
            "X-Autoreply: yes",
            "X-Auto-Response-Suppress: All",
            "Precedence: auto_reply",
            "Return-Path: <>",
            "Subject: Out of Office: Re: Hi",
        ] {
            let mail = format!("{header}\nIn-Reply-To: <abc@msi-gateway>\n\n.");
            assert_eq!(tells(&mail).1, Incoming::Nothing, "{header}");
        }
        assert_eq!(tells("Auto-Submitted: no\nIn-Reply-To: <abc@msi-gateway>\n\n.").1, Incoming::Reply);
    }

    #[test]
    fn a_person_may_answer_in_any_form_and_only_programs_are_told_by_their_headers() {
        for kind in ["multipart/alternative; boundary=b", "text/report", "multipart/mixed; report-type=delivery-status; boundary=b"] {
            let mail = format!("MIME-Version: 1.0\nContent-Type: {kind}\nIn-Reply-To: <abc@msi-gateway>\n\n--b\n\nYes\n--b--\n");
            assert_eq!(tells(&mail), (vec!["abc".to_owned()], Incoming::Reply), "{kind}");
        }
        for header in [
            "X-Autorespond: x",
            "List-Id: <x>",
            "Precedence: BULK",
            "Precedence: junk",
            "Precedence: list",
            "Subject: Automatic reply: Hi",
            "Subject: AUTO-REPLY",
            "Subject: autoreply",
            "Subject: Abwesenheit: Hi",
            "Subject: Automatische Antwort: Hi",
        ] {
            assert_eq!(tells(&format!("{header}\nIn-Reply-To: <abc@msi-gateway>\n\n.")).1, Incoming::Nothing, "{header}");
        }
        for header in ["Precedence: first-class", "Return-Path: <ann@x.example>", "Subject: Re: Out of office"] {
            assert_eq!(tells(&format!("{header}\nIn-Reply-To: <abc@msi-gateway>\n\n.")).1, Incoming::Reply, "{header}");
        }
        for (length, known) in [(100, true), (101, false)] {
            let id = "x".repeat(length);
            assert_eq!(tells(&format!("In-Reply-To: <{id}@msi-gateway>\nSubject: x\n\n.")).0.len(), usize::from(known));
        }
    }

    #[test]
    fn of_a_report_only_what_failed_for_good_is_told_with_what_it_says() {
        for (action, status) in [("failed", "4.4.7"), ("delayed", "5.1.1"), ("", "5.1.1"), ("failed", "")] {
            assert_eq!(tells(&report(action, status)).1, Incoming::Nothing, "{action} {status}");
        }
        let bare = report("FAILED", "5.0.0").replace("rfc822; ann@x.example", "rfc822; ann").replace("Diagnostic-Code", "X-Other");
        let told = Incoming::Bounce { address: None, status: "5.0.0".to_owned(), detail: "Status 5.0.0".to_owned() };
        assert_eq!(tells(&bare), (vec!["abc".to_owned()], told));
        let original = report("failed", "5.1.1").replace("Final-Recipient", "Original-Recipient");
        assert!(matches!(tells(&original).1, Incoming::Bounce { address: Some(address), .. } if address == "ann@x.example"));
        // What stands in a part of a part counts once.
        let nested = "--b\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: text/plain\n\nMessage-ID: <in@msi-gateway>\n--c--\n--b\n";
        let deep = report("failed", "5.1.1").replacen("--b\n", nested, 1);
        assert_eq!(tells(&deep).0, ["in", "abc"]);
    }

    fn report(action: &str, status: &str) -> String {
        format!(
            "From: MAILER-DAEMON@x.example\nMessage-ID: <b1@x.example>\nSubject: Undelivered\nMIME-Version: 1.0\n\
             Content-Type: multipart/report; report-type=delivery-status; boundary=\"b\"\n\n--b\nContent-Type: text/plain\n\nIt failed.\n\
             --b\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; mx.x.example\n\nFinal-Recipient: rfc822; ann@x.example\n\
             Action: {action}\nStatus: {status}\nDiagnostic-Code: smtp; 550 5.1.1 No such user\n\n--b\nContent-Type: message/rfc822\n\n\
             Message-ID: <abc@msi-gateway>\nSubject: Hi\n\nHello\n--b--\n"
        )
    }

    #[test]
    fn a_report_says_who_was_not_reached_and_why() {
        let (about, told) = tells(&report("failed", "5.1.1"));
        assert_eq!(about, ["abc"]);
        let bounce = Incoming::Bounce {
            address: Some("ann@x.example".to_owned()),
            status: "5.1.1".to_owned(),
            detail: "550 5.1.1 No such user".to_owned(),
        };
        assert_eq!(told, bounce);
        assert_eq!(tells(&report("delayed", "4.4.1")).1, Incoming::Nothing);
        assert_eq!(tells(&report("delivered", "2.0.0")).1, Incoming::Nothing);
        assert_eq!(tells(&report("failed", "5.1.1").replace("delivery-status;", "disposition-notification;")).1, Incoming::Nothing);
        assert_eq!(tells(&report("failed", "5.1.1").replace("message/rfc822", "text/rfc822-headers")).0, ["abc"]);
    }

    proptest! {
        #[test]
        fn whatever_arrives_is_read_without_harm(raw in proptest::collection::vec(any::<u8>(), 0..600), cut in 0..900_usize) {
            let _ = read(&raw);
            let whole = report("failed", "5.1.1");
            let _ = read(whole.as_bytes().get(..cut.min(whole.len())).unwrap());
        }
    }
}
