//! Which addresses may be called. An address is read strictly and once; what comes out is an [`Endpoint`], and only
//! endpoints can be called. A name that is allowed still has to resolve to a public address ([`PublicOnly`]).

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use url::{Host, Url};

/// The address is not one of those that may be called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the address is not allowed: {0}")]
pub struct AddressRefused(pub &'static str);

/// An address that may be called: scheme, host, port and a base path, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Endpoint {
    base: String,
    instance: String,
}

impl Endpoint {
    /// The base address; paths that begin with a slash are appended to it.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    /// What names the instance behind it: Marketo's munchkin id, Salesforce's host, or `host:port` of an extra host.
    #[must_use]
    pub fn instance(&self) -> &str {
        &self.instance
    }
}

/// The allow-list: Marketo's and Salesforce's own hosts, and extra ones (`host:port`) for the demo and tests.
#[derive(Debug, Clone, Default)]
pub struct Hosts {
    marketo: Vec<String>,
    salesforce: Vec<String>,
}

impl Hosts {
    /// An allow-list with further hosts as `host:port`; those may be called by plain http and may be local.
    #[must_use]
    pub fn new(marketo: &[String], salesforce: &[String]) -> Self {
        let lower = |hosts: &[String]| hosts.iter().map(|host| host.trim().to_ascii_lowercase()).collect();
        Self { marketo: lower(marketo), salesforce: lower(salesforce) }
    }

    /// Reads the address of a Marketo instance: `https://123-ABC-456.mktorest.com`, with or without `/rest` at the end.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn marketo(&self, raw: &str) -> Result<Endpoint, AddressRefused> {
        let url = strict(raw)?;
        if let Some(endpoint) = extra(&url, &self.marketo) {
            return Ok(endpoint);
        }
        let host = own_host(&url)?;
        if !matches!(url.path(), "/" | "/rest" | "/rest/" | "/identity" | "/identity/") {
            return Err(AddressRefused("a Marketo endpoint has no path but /rest"));
        }
        let munchkin = host.strip_suffix(".mktorest.com").filter(|id| is_munchkin(id));
        let munchkin = munchkin.ok_or(AddressRefused("the host is not NNN-AAA-NNN.mktorest.com"))?.to_ascii_uppercase();
        Ok(Endpoint { base: format!("https://{host}"), instance: munchkin })
    }

    /// Reads the address of a Salesforce org: its My Domain host, such as `https://acme.my.salesforce.com`.
    ///
    /// # Errors
    /// When it is anything else.
    pub fn salesforce(&self, raw: &str) -> Result<Endpoint, AddressRefused> {
        let url = strict(raw)?;
        if let Some(endpoint) = extra(&url, &self.salesforce) {
            return Ok(endpoint);
        }
        let host = own_host(&url)?;
        if url.path() != "/" {
            return Err(AddressRefused("an org's address has no path"));
        }
        if !is_my_domain(&host) {
            return Err(AddressRefused("the host is not a Salesforce My Domain"));
        }
        Ok(Endpoint { base: format!("https://{host}"), instance: host })
    }

    /// Host names that may resolve to local addresses, without ports.
    fn local_names(&self) -> Vec<String> {
        let name = |host: &String| host.rsplit_once(':').map_or(host.as_str(), |(name, _)| name).to_owned();
        self.marketo.iter().chain(&self.salesforce).map(name).collect()
    }

    /// The resolver that refuses addresses which are not public, except for the extra hosts.
    #[must_use]
    pub fn resolver(&self) -> Arc<PublicOnly> {
        Arc::new(PublicOnly { local: self.local_names().into() })
    }
}

// Before any parsing: the parser itself deletes tabs, decodes percent signs and maps other alphabets to ASCII.
fn strict(raw: &str) -> Result<Url, AddressRefused> {
    if raw.len() > 255 {
        return Err(AddressRefused("it is too long"));
    }
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:/[]".contains(&byte);
    if !raw.bytes().all(plain) {
        return Err(AddressRefused("it has a character that no such address has"));
    }
    if raw.contains("..") {
        return Err(AddressRefused("it has two dots in a row"));
    }
    Url::parse(raw).map_err(|_| AddressRefused("it is not an address"))
}

fn extra(url: &Url, hosts: &[String]) -> Option<Endpoint> {
    if !matches!(url.scheme(), "http" | "https") {
        return None;
    }
    let authority = format!("{}:{}", url.host_str()?, url.port_or_known_default()?);
    hosts.contains(&authority).then(|| Endpoint { base: url.as_str().trim_end_matches('/').to_owned(), instance: authority })
}

fn own_host(url: &Url) -> Result<String, AddressRefused> {
    if url.scheme() != "https" {
        return Err(AddressRefused("it must begin with https://"));
    }
    if url.port().is_some() {
        return Err(AddressRefused("it must not name a port"));
    }
    match url.host() {
        Some(Host::Domain(host)) => Ok(host.to_ascii_lowercase()),
        _ => Err(AddressRefused("it must name a host, not an address")),
    }
}

fn is_munchkin(id: &str) -> bool {
    let mut parts = id.split('-');
    let digits = |part: Option<&str>| part.is_some_and(|part| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_digit()));
    let letters = |part: Option<&str>| part.is_some_and(|part| part.len() == 3 && part.bytes().all(|byte| byte.is_ascii_alphabetic()));
    digits(parts.next()) && letters(parts.next()) && digits(parts.next()) && parts.next().is_none()
}

const PARTITIONS: [&str; 7] = ["sandbox", "develop", "scratch", "demo", "free", "trailblaze", "patch"];

fn is_my_domain(host: &str) -> bool {
    let Some(rest) = host.strip_suffix(".my.salesforce.com") else { return false };
    let label = match rest.split_once('.') {
        None => rest,
        Some((label, partition)) if PARTITIONS.contains(&partition) => label,
        Some(_) => return false,
    };
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    (1..=63).contains(&label.len()) && label.bytes().all(plain) && !label.starts_with('-') && !label.ends_with('-')
}

/// Whether an address is reachable for everybody, rather than part of somebody's own network.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => is_public_v4(v4),
        IpAddr::V6(v6) => is_public_v6(v6),
    }
}

fn is_public_v4(address: Ipv4Addr) -> bool {
    let [a, b, c, _] = address.octets();
    !(address.is_private()
        || address.is_loopback()
        || address.is_link_local()
        || address.is_broadcast()
        || address.is_documentation()
        || address.is_multicast()
        || a == 0
        || a >= 240
        || (a == 100 && (64..128).contains(&b))
        || (a == 192 && b == 0 && c == 0)
        || (a == 198 && (b == 18 || b == 19)))
}

fn is_public_v6(address: Ipv6Addr) -> bool {
    if let Some(v4) = address.to_ipv4() {
        return is_public_v4(v4);
    }
    // The last four bytes, and those after the first two: where translated addresses keep the old one.
    let last = u128::from(address) & 0xffff_ffff;
    let embedded = |bits: u128| is_public_v4(Ipv4Addr::from(u32::try_from(bits & 0xffff_ffff).unwrap_or(0)));
    match address.segments() {
        [0x64, 0xff9b, 0, 0, 0, 0, ..] => embedded(last),
        [0x2002, ..] => embedded(u128::from(address) >> 80),
        [0x2001, 0 | 0xdb8, ..] => false,
        [first, ..] => first & 0xe000 == 0x2000,
    }
}

/// Resolves names by the operating system and keeps only public addresses.
#[derive(Debug)]
pub struct PublicOnly {
    local: Arc<[String]>,
}

impl Resolve for PublicOnly {
    fn resolve(&self, name: Name) -> Resolving {
        let local = Arc::clone(&self.local);
        Box::pin(async move {
            let name = name.as_str().to_ascii_lowercase();
            let found: Vec<SocketAddr> = tokio::net::lookup_host((name.as_str(), 0)).await?.collect();
            let allowed: Vec<SocketAddr> =
                if local.contains(&name) { found } else { found.into_iter().filter(|address| is_public(address.ip())).collect() };
            if allowed.is_empty() {
                return Err(AddressRefused("the name leads to an address that is not public").into());
            }
            let addresses: Addrs = Box::new(allowed.into_iter());
            Ok(addresses)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn own_hosts_are_accepted_and_normalised() {
        let hosts = Hosts::default();
        let marketo = hosts.marketo("https://123-abc-456.MKTOREST.com/rest").unwrap();
        assert_eq!((marketo.base(), marketo.instance()), ("https://123-abc-456.mktorest.com", "123-ABC-456"));
        for org in [
            "https://acme.my.salesforce.com",
            "https://ACME.my.salesforce.com/",
            "https://acme--uat.sandbox.my.salesforce.com:443",
            "https://acme-dev-ed.develop.my.salesforce.com",
        ] {
            assert!(hosts.salesforce(org).is_ok(), "{org}");
        }
    }

    #[test]
    fn everything_else_is_refused() {
        let hosts = Hosts::default();
        for raw in [
            "http://acme.my.salesforce.com",
            "gopher://acme.my.salesforce.com",
            "file:///etc/passwd",
            "//acme.my.salesforce.com",
            "https://127.1",
            "https://0x7f.1",
            "https://2130706433",
            "https://①②⑦.0.0.1",
            "https://[::1]",
            "https://[::ffff:169.254.169.254]",
            "https://evil.com#.my.salesforce.com",
            "https://evil.com\\.my.salesforce.com",
            "https://acme.my.salesforce.com@evil.com",
            "https://@acme.my.salesforce.com",
            "https://acme.my.salesforce.com.evil.com",
            "https://acme%2eevil.com",
            "https://evil.com\t.my.salesforce.com",
            " https://acme.my.salesforce.com",
            "https://аcme.my.salesforce.com",
            "https://acme.my.salesforce.com.",
            "https://acme.my.salesforce.com:8443",
            "https://evilmy.salesforce.com",
            "https://my.salesforce.com",
            "https://.my.salesforce.com",
            "https://localhost",
            "https://127.0.0.1.nip.io",
            "https://a.b.my.salesforce.com",
            "https://acme.my.salesforce.com/x",
            "https://acme.my.salesforce.com?x",
        ] {
            assert!(hosts.salesforce(raw).is_err(), "{raw}");
            assert!(hosts.marketo(raw).is_err(), "{raw}");
        }
        for raw in ["https://12-ABC-456.mktorest.com", "https://123-ABC-456.mktorest.com/other", "https://x.123-ABC-456.mktorest.com"] {
            assert!(hosts.marketo(raw).is_err(), "{raw}");
        }
    }

    #[test]
    fn extra_hosts_are_exact() {
        let hosts = Hosts::new(&["127.0.0.1:8080".to_owned()], &[]);
        let endpoint = hosts.marketo("http://127.0.0.1:8080/sandbox/marketo/").unwrap();
        assert_eq!((endpoint.base(), endpoint.instance()), ("http://127.0.0.1:8080/sandbox/marketo", "127.0.0.1:8080"));
        assert!(hosts.marketo("http://127.0.0.1:8081/sandbox/marketo").is_err());
        assert!(hosts.salesforce("http://127.0.0.1:8080/").is_err());
    }

    #[test]
    fn only_public_addresses_count() {
        for local in
            ["127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "::1", "fd00::1", "fe80::1"]
        {
            assert!(!is_public(local.parse().unwrap()), "{local}");
        }
        for local in ["::ffff:10.0.0.1", "64:ff9b::a00:1", "2002:a00:1::", "2001:db8::1", "ff02::1"] {
            assert!(!is_public(local.parse().unwrap()), "{local}");
        }
        for public in ["8.8.8.8", "2a00:1450:4001:80b::200e", "64:ff9b::808:808"] {
            assert!(is_public(public.parse().unwrap()), "{public}");
        }
    }

    #[tokio::test]
    async fn a_name_that_resolves_to_this_machine_is_not_called() {
        let refused = Hosts::default().resolver().resolve("localhost".parse().unwrap()).await;
        assert!(refused.is_err());
        let allowed = Hosts::new(&["localhost:1".to_owned()], &[]).resolver().resolve("localhost".parse().unwrap()).await;
        assert!(allowed.is_ok());
    }
}
