//! HTML of mails: taken in cleaned, sent out with links that are counted.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, PoisonError};

use ammonia::{Builder, UrlRelative};

use super::mail_style;
use super::query::invalid;
use crate::problem::Problem;

/// Bytes of a mail's HTML.
pub const LONGEST: usize = 128 * 1024;
/// Bytes of a mail's HTML that is only shown.
const LONGEST_SHOWN: usize = 512 * 1024;
/// Tags of a mail's HTML.
const MOST_TAGS: usize = 4_000;
const LONGEST_LINK: usize = 2_000;
const MOST_CLEANINGS: usize = 6;

// `address` says what becomes of a link's; `None` takes it away.
fn cleaner(address: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> Builder<'static> {
    let mut builder = Builder::default();
    builder
        .url_schemes(HashSet::from(["http", "https", "mailto"]))
        .url_relative(UrlRelative::Deny)
        .link_rel(None)
        .add_tag_attributes("a", &["title", "target"])
        .add_tag_attributes("p", &["style"])
        .add_tag_attributes("span", &["style"])
        .add_tag_attributes("div", &["style"])
        .add_tag_attributes("td", &["style", "width", "valign"])
        .add_tag_attributes("table", &["style", "width", "cellpadding", "cellspacing", "border"])
        .filter_style_properties(HashSet::from([
            "color",
            "background-color",
            "font-family",
            "font-size",
            "font-style",
            "font-weight",
            "line-height",
            "margin",
            "padding",
            "text-align",
            "text-decoration",
        ]))
        .attribute_filter(move |element, attribute, value| match (element, attribute) {
            (_, "style") => Some(mail_style::plain(value).into()),
            ("a", "href") => address(value).map(Into::into),
            _ => Some(value.into()),
        });
    builder
}

/// HTML of somebody else's mail, as it may be shown in a frame of its own; `None` for more than can be looked through.
pub fn to_show(html: &str) -> Option<String> {
    let mut cleaner = cleaner(|link| Some(link.to_owned()));
    cleaner.add_clean_content_tags(&["title"]);
    (html.len() <= LONGEST_SHOWN).then(|| cleaner.clean(html).to_string())
}

/// HTML as it may be stored and shown. Scripts and styles are an error that says so; other things that do something are left out.
///
/// # Errors
/// 413 or 422 that says what has to be removed.
pub fn taken_in(html: &str) -> Result<String, Problem> {
    if html.len() > LONGEST || html.matches('<').count() > MOST_TAGS {
        return Err(Problem::new(413, "template.too_large", "Too large", "The mail has more than 128 KiB or more than 4,000 tags."));
    }
    let lower = html.to_ascii_lowercase();
    if let Some(tag) = ["script", "style"].into_iter().find(|tag| lower.contains(&format!("<{tag}"))) {
        return Err(Problem::new(
            422,
            "template.html",
            "The HTML can't be used",
            format!("Remove the <{tag}> elements: mails can carry neither scripts nor style sheets."),
        ));
    }
    let odd: Arc<Mutex<Option<String>>> = Arc::default();
    let seen = Arc::clone(&odd);
    let mut links = Builder::default();
    links.url_schemes(HashSet::from(["http", "https", "mailto", "javascript", "data", "ftp", "file", "tel", "vbscript", "cid", "blob"]));
    links.url_relative(UrlRelative::PassThrough).attribute_filter(move |element, attribute, value| {
        if element == "a" && attribute == "href" && !usable(value) {
            let mut odd = seen.lock().unwrap_or_else(PoisonError::into_inner);
            odd.get_or_insert_with(|| value.chars().filter(|letter| !letter.is_control()).take(80).collect());
        }
        Some(value.into())
    });
    drop(links.clean(html));
    drop(links);
    let odd = odd.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some(link) = odd {
        return Err(Problem::new(
            422,
            "template.link",
            "A link can't be used",
            "Links must be whole addresses that begin with https://, http:// or mailto:.",
        )
        .with_field("html", format!("This one is not: {link}")));
    }
    settled(html).ok_or_else(|| {
        Problem::new(
            422,
            "template.html",
            "The HTML can't be used",
            "Its tags are nested in a way that no two programs read alike. Simplify it.",
        )
    })
}

// Cleaned until another cleaning changes nothing: what reads differently the second time could hide something.
fn settled(html: &str) -> Option<String> {
    let cleaner = cleaner(|link| Some(link.to_owned()));
    let mut clean = cleaner.clean(html).to_string();
    for _ in 0..MOST_CLEANINGS {
        let again = cleaner.clean(&clean).to_string();
        if again == clean {
            return Some(clean);
        }
        clean = again;
    }
    None
}

/// Whether a link may stand in a mail: a whole address, without anything that could hide another one.
#[must_use]
pub fn usable(link: &str) -> bool {
    let plain =
        !link.chars().any(|letter| letter.is_control() || letter.is_whitespace() || matches!(letter, '\\' | '\u{2028}' | '\u{2029}'));
    let Ok(url) = url::Url::parse(link) else { return false };
    let lower = link.to_ascii_lowercase();
    let whole = ["https://", "http://", "mailto:"].iter().any(|scheme| lower.starts_with(scheme));
    plain
        && whole
        && link.len() <= LONGEST_LINK
        && (url.scheme() == "mailto" || url.host_str().is_some_and(|host| !host.is_empty()))
        && url.username().is_empty()
        && url.password().is_none()
}

/// HTML as it goes out: cleaned again after its fields were filled, web links replaced by what `counted` gives for them.
pub fn sent_out(html: &str, counted: impl Fn(&str) -> Option<String> + Send + Sync + 'static) -> String {
    let cleaner = cleaner(move |link| {
        if !usable(link) {
            return None;
        }
        let web = link.get(..4).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http"));
        Some(if web { counted(link).unwrap_or_else(|| link.to_owned()) } else { link.to_owned() })
    });
    // Fields that were filled are text, but whoever fills them is not to be relied on for that.
    cleaner.clean(&settled(html).unwrap_or_default()).to_string()
}

/// The text of HTML that was cleaned: paragraphs as lines, links behind their words.
#[must_use]
pub fn plain(html: &str) -> String {
    let mut text = String::with_capacity(html.len());
    let mut link: Option<String> = None;
    let mut rest = html;
    while let Some((before, after)) = rest.split_once('<') {
        text.push_str(&decoded(before));
        let Some((tag, after)) = after.split_once('>') else {
            rest = "";
            break;
        };
        rest = after;
        let name: String =
            tag.trim_start_matches('/').chars().take_while(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
        match (name.as_str(), tag.starts_with('/')) {
            ("br", _) | ("p" | "div" | "tr" | "li" | "h1" | "h2" | "h3" | "h4" | "table" | "ul" | "ol" | "blockquote", true) => {
                text.push('\n');
            }
            ("a", false) => link = tag.split("href=\"").nth(1).and_then(|rest| rest.split('"').next()).map(decoded),
            ("a", true) => {
                if let Some(link) = link.take().filter(|link| !text.ends_with(link.as_str())) {
                    text.push_str(" (");
                    text.push_str(&link);
                    text.push(')');
                }
            }
            _ => {}
        }
    }
    text.push_str(&decoded(rest));
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    lines.join("\n").trim().to_owned()
}

fn decoded(text: &str) -> String {
    text.replace('\n', " ")
        .replace("&nbsp;", " ")
        .replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&#39;", "'")
        .replace("&#123;", "{")
        .replace("&#125;", "}")
        .replace("&amp;", "&")
}

/// A text as the HTML of a mail.
#[must_use]
pub fn from_text(text: &str) -> String {
    let paragraphs =
        text.trim().split("\n\n").map(|paragraph| format!("<p>{}</p>", super::merging::escaped(paragraph).replace('\n', "<br>")));
    // Fields of the text are still to be filled.
    paragraphs.collect::<String>().replace("&#123;", "{").replace("&#125;", "}")
}

/// Whether a subject can stand in a header.
///
/// # Errors
/// 422 `mail.header` that names the field.
pub fn header(field: &str, text: &str, most: usize) -> Result<String, Problem> {
    let odd =
        |letter: char| letter.is_control() || matches!(letter, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    if text.chars().any(odd) {
        return Err(Problem::new(
            422,
            "mail.header",
            "It can't stand in a mail's header",
            "A header is one line without control characters.",
        )
        .with_field(field, "It has a line break or another character that no header may have."));
    }
    let text = text.trim();
    if text.is_empty() || text.chars().count() > most {
        return Err(invalid(field, &format!("It must have between 1 and {most} characters.")));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn htm_01_02_04_nothing_that_does_something_gets_through() {
        for html in [
            "<img src=x onerror=alert(1)>",
            "<svg onload=alert(1)></svg>",
            "<math><mi>x</mi></math>",
            "<iframe srcdoc='x'></iframe>",
            "<form action=https://evil><input></form>",
            "<base href=https://evil/><meta http-equiv=refresh content=0>",
            "<object data=x></object><embed src=x>",
            "<p style=\"position:fixed;background:url(javascript:alert(1));width:expression(1)\">x</p>",
            "<set attributeName=href to=javascript:alert(1)>",
            "<p style=\"color:url(https://x.example/)\">x</p>",
        ] {
            let clean = taken_in(html).unwrap().to_ascii_lowercase();
            for bad in [
                "onerror",
                "onload",
                "<svg",
                "<math",
                "<iframe",
                "<form",
                "<base",
                "<meta",
                "<object",
                "url(",
                "position",
                "expression",
                "<set",
            ] {
                assert!(!clean.contains(bad), "{html} → {clean}");
            }
        }
        assert_eq!(taken_in("<SCRIPT>x</SCRIPT>").unwrap_err().code, "template.html");
        assert_eq!(taken_in("<style>p{}</style>").unwrap_err().code, "template.html");
    }

    #[test]
    fn clk_04_links_that_are_no_whole_web_addresses_are_refused_when_they_are_saved() {
        for link in [
            "javascript:alert(1)",
            "JaVaScRiPt:alert(1)",
            "data:text/html,x",
            "//evil.example",
            "/relative",
            "\u{a0}javascript:x",
            "vbscript:x",
            "https://user@evil.example",
            "https:\\\\evil",
            "http://",
            "{{link}}",
            "java\tscript:x",
        ] {
            assert!(!usable(link), "{link}");
            let code = taken_in(&format!("<a href=\"{link}\">x</a>")).unwrap_or_else(|problem| problem.code.into_owned());
            assert!(code == "template.link" || !code.contains("href"), "{link} {code}");
        }
        for link in ["https://example.com/a?b=c&d", "http://example.com", "mailto:a@example.com"] {
            assert!(usable(link), "{link}");
            assert!(taken_in(&format!("<a href=\"{link}\">x</a>")).unwrap().contains("href"));
        }
    }

    #[test]
    fn htm_06_what_is_too_large_is_refused_at_once() {
        for html in ["x".repeat(5_000_000), "<b>".repeat(100_000)] {
            assert_eq!(taken_in(&html).unwrap_err().code, "template.too_large");
        }
    }

    #[test]
    fn sizes_are_as_they_are_said() {
        let text = |length: usize| "x".repeat(length);
        assert!(taken_in(&text(131_072)).is_ok() && taken_in(&text(131_073)).is_err());
        assert!(taken_in(&"<b>x</b>".repeat(2_000)).is_ok() && taken_in(&format!("{}<i>", "<b>x</b>".repeat(2_000))).is_err());
        assert_eq!(to_show(&text(524_288)).map(|shown| shown.len()), Some(524_288));
        assert_eq!(to_show(&text(524_289)), None);
        assert_eq!(to_show("<title>Not this</title><p onclick=x>This</p>").as_deref(), Some("<p>This</p>"));
        let link = |length: usize| format!("{:x<length$}", "https://x.example/");
        assert!(usable(&link(2_000)) && !usable(&link(2_001)));
        assert_eq!(header("subject", &"é".repeat(10), 10).unwrap(), "é".repeat(10));
        for text in [&*"x".repeat(11), "", " ", "a\u{7}", "a\u{2029}b", "a\u{202a}", "a\u{2066}b", "a\u{2069}"] {
            assert!(header("subject", text, 10).is_err(), "{text:?}");
        }
        assert_eq!(header("subject", " a\u{2030}\u{2065} ", 10).unwrap(), "a\u{2030}\u{2065}");
    }

    #[test]
    fn only_a_links_own_address_is_judged_and_a_bad_one_is_named() {
        assert!(taken_in("<a title=\"javascript:x\" href=\"https://x.example\">x</a><p title=\"/y\">z</p>").is_ok());
        assert!(taken_in("<blockquote cite=\"https://user@y.example/\">x</blockquote>").is_ok());
        let refused = taken_in("<a href=\"/one\">x</a><a href=\"/two\">x</a>").unwrap_err();
        assert_eq!((refused.code.as_ref(), refused.status), ("template.link", 422));
        let said = serde_json::to_string(&refused).unwrap();
        assert!(said.contains("/one") && !said.contains("/two"), "{said}");
        for (link, good) in [
            ("https://:secret@x.example", false),
            ("https://user@x.example", false),
            ("mailto:ann@x.example", true),
            ("HTTPS://X.EXAMPLE", true),
            ("ftp://x.example", false),
            ("https://x.example/a b", false),
            ("https://x.example/\u{2028}", false),
            ("https://x.example\\y", false),
        ] {
            assert_eq!(usable(link), good, "{link}");
        }
    }

    #[test]
    fn a_link_that_a_field_brought_is_judged_again_when_the_mail_goes_out() {
        let counted = |link: &str| link.contains("count").then(|| "https://gw.example/t".to_owned());
        let sent = |link: &str| sent_out(&format!("<a href=\"{link}\">x</a>"), counted);
        assert_eq!(sent("https://x.example/count"), "<a href=\"https://gw.example/t\">x</a>");
        assert_eq!(sent("HTTP://x.example/count"), "<a href=\"https://gw.example/t\">x</a>");
        assert_eq!(sent("https://x.example/"), "<a href=\"https://x.example/\">x</a>");
        assert_eq!(sent("mailto:count@x.example"), "<a href=\"mailto:count@x.example\">x</a>");
        assert_eq!(sent("https://user@x.example/count"), "<a>x</a>");
        assert_eq!(
            sent_out("<p title=\"count\">x</p><a title=\"https://x.example/count\">y</a>", counted),
            "<p title=\"count\">x</p><a title=\"https://x.example/count\">y</a>"
        );
    }

    #[test]
    fn the_text_of_a_mail_has_lines_and_links() {
        for (html, text) in [
            ("<p>a</p>b", "a\nb"),
            ("<div>a</div><ul><li>b</li></ul>c", "a\nb\n\nc"),
            ("a<br>b<br/>c", "a\nb\nc"),
            ("a<span>b</span>c", "abc"),
            ("a <b", "a"),
            ("a\nb", "a b"),
            ("<a href=\"https://x.example/?a=1&amp;b=2\">x</a>", "x (https://x.example/?a=1&b=2)"),
            ("<a href=\"https://x.example\">https://x.example</a>!", "https://x.example!"),
            ("<a title=\"t\">x</a> y</a>", "x y"),
            ("&lt;&gt;&quot;&#39;&#123;&#125;&amp;lt;&nbsp;.", "<>\"'{}&lt; ."),
        ] {
            assert_eq!(plain(html), text, "{html}");
        }
        for closed in ["p", "div", "tr", "li", "h1", "h2", "h3", "h4", "table", "ul", "ol", "blockquote"] {
            assert_eq!(plain(&format!("a</{closed}>b<{closed}>c")), "a\nbc", "{closed}");
        }
    }

    #[test]
    fn links_are_replaced_and_the_text_says_the_same() {
        let html = sent_out(
            "<p>See <a href=\"https://example.com/?a=1&amp;b=2\">this</a> or <a href=\"mailto:a@b.example\">write</a></p>",
            |link| Some(format!("https://gw.example/t/{}", link.len())),
        );
        assert_eq!(html, "<p>See <a href=\"https://gw.example/t/28\">this</a> or <a href=\"mailto:a@b.example\">write</a></p>");
        assert_eq!(
            plain("<p>Hi&nbsp;<b>Ann</b><br>one &amp; two</p><p><a href=\"https://x.example\">site</a></p>"),
            "Hi Ann\none & two\nsite (https://x.example)"
        );
        assert_eq!(from_text("a <b\n\nc\nd {{first_name}}"), "<p>a &lt;b</p><p>c<br>d {{first_name}}</p>");
    }

    #[test]
    fn eml_01_headers_are_one_line() {
        for text in ["a\r\nBcc: b@x", "a\nb", "a\u{2028}b", "a\u{202e}b"] {
            assert_eq!(header("subject", text, 100).unwrap_err().code, "mail.header");
        }
        assert_eq!(header("subject", "%0d%0aBcc: x", 100).unwrap(), "%0d%0aBcc: x");
    }

    proptest! {
        #[test]
        fn htm_03_cleaning_twice_changes_nothing(html in "(<(p|b|a href=\"https://x.example/\"|div|svg|math|table|td|style|i)>|</(p|b|a|div|svg|table|td)>|[a-z<>&\"'/ ]){0,30}") {
            if let Ok(once) = taken_in(&html) {
                prop_assert_eq!(taken_in(&once).unwrap(), once);
            }
        }
    }
}
