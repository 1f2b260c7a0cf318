//! Which addresses inside a signed request or a query are Salesforce's.
//!
//! Even a verified envelope is not believed here: an org that brings its own secret can write anything into
//! it. Source of the hosts: salesforce-platform facts §5.1.

use url::Url;

const FRAMES: [&str; 5] = [".lightning.force.com", ".vf.force.com", ".my.salesforce.com", ".my.site.com", ".my.salesforce-setup.com"];
const INSTANCES: [&str; 1] = [".my.salesforce.com"];
const LOGINS: [&str; 2] = ["login.salesforce.com", "test.salesforce.com"];

/// Where frames of any org may stand, for pages that say something before the org is known: Salesforce's own
/// hosts and, in demo and tests, the configured ones.
#[must_use]
pub fn any_frame(extra_hosts: &[String]) -> String {
    let mut frames = "https://*.lightning.force.com https://*.vf.force.com https://*.my.salesforce.com".to_owned();
    for host in extra_hosts {
        frames.push_str(" http://");
        frames.push_str(host);
    }
    frames
}

/// An origin of a Salesforce page that can frame us.
#[must_use]
pub fn is_frame(origin: &str) -> bool {
    plain(origin).is_some_and(|url| url.path() == "/" && url.query().is_none() && ends(&url, &FRAMES))
}

/// An org's own address.
#[must_use]
pub fn is_instance(address: &str) -> bool {
    plain(address).is_some_and(|url| url.path() == "/" && url.query().is_none() && ends(&url, &INSTANCES))
}

/// An address at which Salesforce asks a user to sign in or approve.
#[must_use]
pub fn is_login(address: &str) -> bool {
    plain(address).is_some_and(|url| ends(&url, &INSTANCES) || url.host_str().is_some_and(|host| LOGINS.contains(&host)))
}

/// The origin of a plain address: scheme, host and port, without the path.
#[must_use]
pub fn origin(address: &str) -> Option<&str> {
    let host = address.find("://")? + 3;
    let end = address.get(host..)?.find('/').map_or(address.len(), |path| host + path);
    address.get(..end)
}

// The URL parser mends much (tabs vanish, backslashes turn); what needs mending is refused before.
fn plain(address: &str) -> Option<Url> {
    let odd = |byte: u8| !byte.is_ascii_graphic() || matches!(byte, b'\\' | b'@' | b'#');
    if address.len() > 2_048 || address.bytes().any(odd) {
        return None;
    }
    // Nobody's name can stand in it without an `@`, and no number ends as Salesforce's names do.
    Url::parse(address).ok().filter(|url| url.scheme() == "https" && url.port().is_none())
}

fn ends(url: &Url, suffixes: &[&str]) -> bool {
    let Some(host) = url.host_str() else { return false };
    suffixes.iter().any(|suffix| {
        host.strip_suffix(suffix).is_some_and(|name| {
            name.split('.').all(|label| !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn salesforce_hosts_pass() {
        for address in ["https://acme.my.salesforce.com", "https://acme--dev.sandbox.my.salesforce.com/", "https://ACME.my.salesforce.com"]
        {
            assert!(is_instance(address), "{address}");
        }
        assert!(is_frame("https://acme--c.vf.force.com"));
        assert!(is_login("https://login.salesforce.com/services/oauth2/authorize?client_id=1"));
    }

    #[test]
    fn an_orgs_address_and_a_frames_origin_have_nothing_behind_the_host() {
        for behind in ["/x", "/?x=1", "?x=1"] {
            assert!(!is_instance(&format!("https://acme.my.salesforce.com{behind}")), "{behind}");
            assert!(!is_frame(&format!("https://acme.lightning.force.com{behind}")), "{behind}");
            assert!(is_login(&format!("https://acme.my.salesforce.com{behind}")), "{behind}");
        }
        let long = |length: usize| format!("{:x<length$}", "https://test.salesforce.com/?");
        assert!(is_login(&long(2_048)) && !is_login(&long(2_049)));
        assert!(!is_login("https://acme.lightning.force.com") && !is_instance("https://test.salesforce.com"));
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (address, expected) in [
            ("https://acme.my.salesforce.com/a/b", Some("https://acme.my.salesforce.com")),
            ("https://acme.my.salesforce.com", Some("https://acme.my.salesforce.com")),
            ("http://x:80/", Some("http://x:80")),
            ("acme.my.salesforce.com/", None),
        ] {
            assert_eq!(origin(address), expected);
        }
        let frames = "https://*.lightning.force.com https://*.vf.force.com https://*.my.salesforce.com";
        assert_eq!(any_frame(&[]), frames);
        assert_eq!(any_frame(&["a:1".to_owned(), "b:2".to_owned()]), format!("{frames} http://a:1 http://b:2"));
    }

    #[test]
    fn everything_else_does_not() {
        for address in [
            "http://acme.my.salesforce.com",
            "https://my.salesforce.com",
            "https://evilmy.salesforce.com",
            "https://acme.my.salesforce.com.evil.com",
            "https://evil.com#.my.salesforce.com",
            "https://evil.com\\.my.salesforce.com",
            "https://x@acme.my.salesforce.com",
            "https://acme.my.salesforce.com:8443",
            "https://evil.com\t.my.salesforce.com",
            "https://evil.com/.my.salesforce.com",
            "https://acme.my.salesforce.com.",
            "https://127.1",
            "https://[::1]",
            "https://①②⑦.0.0.1",
            "file:///etc/passwd",
            "//acme.my.salesforce.com",
            "https://evil.com%2e.my.salesforce.com%00",
            "https://.my.salesforce.com",
            "https://a..my.salesforce.com",
            "https://a_b.my.salesforce.com",
            "https://acme.my.salesforce.com\\",
            "https://acme.my.salesforce.com/#x",
            "https://acme.my.salesforce.com/\u{e9}",
            "",
        ] {
            assert!(!is_instance(address) && !is_login(address) && !is_frame(address), "{address}");
        }
    }
}
