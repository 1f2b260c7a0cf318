//! Whether a write comes from a page of ours: by the browser's own headers, and by a token that only a form
//! shown to this very browser carries.

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use aws_lc_rs::{constant_time, hmac};
use secrecy::{ExposeSecret, SecretString};

use super::cookie::{BrowserId, is_loopback};
use crate::problem::Problem;

const SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Makes and checks form tokens.
pub struct FormTokens(hmac::Key);

impl FormTokens {
    /// With the key that all gateway processes share.
    #[must_use]
    pub fn new(key: &SecretString) -> Self {
        let base = hmac::Key::new(hmac::HMAC_SHA256, key.expose_secret().as_bytes());
        // A key of its own, so that no other use of the shared key can be made to sign one of these.
        Self(hmac::Key::new(hmac::HMAC_SHA256, hmac::sign(&base, b"msi form token").as_ref()))
    }

    /// The token of every form that is shown to a browser until it signs in or out.
    #[must_use]
    pub fn of(&self, id: &BrowserId) -> String {
        base64_simd::URL_SAFE_NO_PAD.encode_to_string(hmac::sign(&self.0, id.as_bytes()))
    }

    /// Whether a token was made for this browser.
    ///
    /// # Errors
    /// `csrf.rejected`.
    pub fn check(&self, id: &BrowserId, token: &str) -> Result<(), Problem> {
        constant_time::verify_slices_are_equal(self.of(id).as_bytes(), token.as_bytes()).map_err(|_| rejected())
    }
}

/// Refuses a write that a browser did not send from a page of ours.
///
/// # Errors
/// `csrf.rejected`: no origin, another origin, or a request that the browser calls cross-site.
pub fn check(request: &HttpRequest, public_url: &str) -> Result<(), Problem> {
    let text = |name: HeaderName| -> Result<Option<&str>, Problem> {
        let mut all = request.headers().get_all(name);
        let first = all.next().map(|value| value.to_str().map_err(|_| rejected())).transpose()?;
        if all.next().is_some() { Err(rejected()) } else { Ok(first) }
    };
    if text(SITE)?.is_some_and(|site| site != "same-origin") {
        return Err(rejected());
    }
    let origin = text(header::ORIGIN)?.ok_or_else(rejected)?;
    if is_ours(origin, public_url) { Ok(()) } else { Err(rejected()) }
}

// On this very machine the address may be written as localhost or 127.0.0.1: the port tells programs apart.
fn is_ours(origin: &str, public_url: &str) -> bool {
    let Ok(ours) = url::Url::parse(public_url) else { return false };
    if origin == ours.origin().ascii_serialization() {
        return true;
    }
    is_loopback(public_url) && is_loopback(origin) && url::Url::parse(origin).is_ok_and(|there| there.port() == ours.port())
}

/// A write that did not come from a page of ours.
#[must_use]
pub fn rejected() -> Problem {
    Problem::forbidden("csrf.rejected", "This form was not sent from a current page of ours. Reload the page and try again.")
}

/// Whether an address is one of our own pages that a sign-in may lead back to.
#[must_use]
pub fn is_own_page(path: &str) -> bool {
    let plain = path.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"/-_?=&".contains(&byte));
    plain && path.len() <= 200 && path.starts_with("/admin/") && !path.contains("//")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn only_our_own_origin_may_write() {
        let sent = |headers: &[(&'static str, &'static str)]| {
            let request = headers.iter().fold(TestRequest::post(), |request, pair| request.append_header(*pair)).to_http_request();
            check(&request, "https://msi.example.com/").is_ok()
        };
        assert!(sent(&[("origin", "https://msi.example.com")]));
        assert!(sent(&[("origin", "https://msi.example.com"), ("sec-fetch-site", "same-origin")]));
        for headers in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "http://msi.example.com")],
            &[("origin", "https://msi.example.com.evil.io")],
            &[("origin", "https://msi.example.com:8443")],
            &[("referer", "https://msi.example.com/admin")],
            &[("origin", "https://msi.example.com"), ("origin", "https://evil.example")],
            &[("origin", "https://msi.example.com"), ("sec-fetch-site", "cross-site")],
            &[("origin", "https://msi.example.com"), ("sec-fetch-site", "same-site")],
        ] {
            assert!(!sent(headers), "{headers:?}");
        }
    }

    #[test]
    fn only_own_pages_are_led_back_to() {
        assert!(is_own_page("/admin/settings/users?search=ada&role=admin"));
        for path in [
            "//evil.example",
            "/admin//evil",
            "/\\evil",
            "/admin/\\evil",
            "https://evil.example",
            "/admin/%2f%2fevil",
            "/admin/\t/evil",
            "/sign-out",
            "/admin/../x",
            "javascript:alert(1)",
            "",
            "/admin/@evil",
        ] {
            assert!(!is_own_page(path), "{path}");
        }
    }

    #[test]
    fn a_token_belongs_to_one_browser() {
        let tokens = FormTokens::new(&SecretString::from("k".repeat(32)));
        let (one, other) = (BrowserId::new().unwrap(), BrowserId::new().unwrap());
        let token = tokens.of(&one);
        assert!(tokens.check(&one, &token).is_ok());
        assert!(tokens.check(&other, &token).is_err());
        for wrong in ["", &token[1..], &format!("{token}=")] {
            assert_eq!(tokens.check(&one, wrong).unwrap_err().code, "csrf.rejected");
        }
    }
}
