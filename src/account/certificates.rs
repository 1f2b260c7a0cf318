//! Certificates with whose keys an org signs its JWTs.

use aws_lc_rs::digest;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use x509_parser::pem::Pem;
use x509_parser::public_key::PublicKey;

use super::database;
use crate::clock;
use crate::problem::Problem;
use crate::salesforce_id::SalesforceId;
use crate::store::orgs::OrgCertificate;
use crate::store::{StoreError, Tenant};

/// Bytes; a certificate has one or two thousand.
const LARGEST: usize = 16 * 1024;
const SMALLEST_KEY: usize = 2048;
const LARGEST_KEY: usize = 8192;

/// Registers an X.509 certificate (PEM) for an org of the account. The same certificate again changes nothing.
///
/// # Errors
/// 400 `certificate.invalid` with what is wrong with it, 404 when the org is not the account's,
/// 409 `certificate.revoked` when it was revoked before.
pub async fn register(tenant: &Tenant, org_id: &str, name: &str, pem: &str) -> Result<OrgCertificate, Problem> {
    let org_id = SalesforceId::parse(org_id).map_err(|_| Problem::not_found())?;
    let now = clock::now_ms();
    let certificate = prepared(&org_id, name, pem, now)?;
    database::answer(async {
        match tenant.put_certificate(&certificate, now).await {
            Err(StoreError::Taken) => Ok(None),
            outcome => outcome.map(Some),
        }
    })
    .await?
    .ok_or_else(Problem::not_found)?;
    let registered = database::answer(tenant.certificates(org_id.as_str())).await?;
    registered.into_iter().find(|known| known.fingerprint == certificate.fingerprint).ok_or_else(revoked)
}

/// A certificate that was revoked does not come back.
pub(super) fn revoked() -> Problem {
    Problem::new(409, "certificate.revoked", "Revoked", "This certificate was revoked for the org. Please make a new one.")
}

/// Reads a certificate that may be registered for an org.
///
/// # Errors
/// 400 `certificate.invalid` with what is wrong with it.
pub(super) fn prepared(org_id: &SalesforceId, name: &str, pem: &str, now_ms: i64) -> Result<OrgCertificate, Problem> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > 80 || name.chars().any(char::is_control) {
        return Err(refused("name", "It must have between 1 and 80 characters."));
    }
    let read = read(pem, now_ms)?;
    Ok(OrgCertificate {
        id: clock::new_id(),
        org_id: org_id.as_str().to_owned(),
        name: name.to_owned(),
        public_key_pem: read.public_key_pem,
        fingerprint: read.fingerprint,
        not_before: read.not_before,
        not_after: read.not_after,
        revoked_at: None,
    })
}

#[derive(Debug)]
struct Read {
    public_key_pem: String,
    fingerprint: String,
    not_before: i64,
    not_after: i64,
}

fn read(pem: &str, now_ms: i64) -> Result<Read, Problem> {
    if pem.len() > LARGEST {
        return Err(refused("certificate", "It is too long to be a certificate."));
    }
    let mut blocks = Pem::iter_from_buffer(pem.as_bytes());
    let block = match (blocks.next(), blocks.next()) {
        (Some(Ok(block)), None) if block.label == "CERTIFICATE" => block,
        (Some(_), Some(_)) => return Err(refused("certificate", "It must be one certificate, not a chain.")),
        _ => return Err(refused("certificate", "It must be an X.509 certificate in PEM form.")),
    };
    let certificate = block.parse_x509().map_err(|_| refused("certificate", "It cannot be read as an X.509 certificate."))?;
    let not_before = certificate.validity().not_before.timestamp().saturating_mul(1000);
    let not_after = certificate.validity().not_after.timestamp().saturating_mul(1000);
    if not_after <= now_ms {
        return Err(refused("certificate", "It has expired."));
    }
    let key = certificate.public_key();
    let Ok(PublicKey::RSA(rsa)) = key.parsed() else {
        return Err(refused("certificate", "Its key must be an RSA key."));
    };
    let bits = bits(rsa.modulus);
    if !(SMALLEST_KEY..=LARGEST_KEY).contains(&bits) {
        return Err(refused("certificate", "Its RSA key must have between 2048 and 8192 bits."));
    }
    if !rsa.try_exponent().is_ok_and(|exponent| exponent >= 3 && exponent % 2 == 1) {
        return Err(refused("certificate", "Its RSA key is not usable."));
    }
    Ok(Read { public_key_pem: pem_of(key.raw), fingerprint: fingerprint(&block.contents), not_before, not_after })
}

fn bits(modulus: &[u8]) -> usize {
    let mut bytes = modulus.iter().skip_while(|byte| **byte == 0);
    let first = bytes.next().map_or(0, |byte| usize::try_from(u8::BITS - byte.leading_zeros()).unwrap_or(0));
    first + 8 * bytes.count()
}

fn fingerprint(der: &[u8]) -> String {
    use std::fmt::Write;
    digest::digest(&digest::SHA256, der).as_ref().iter().fold(String::with_capacity(64), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn pem_of(key: &[u8]) -> String {
    let text = STANDARD.encode(key);
    let mut pem = String::from("-----BEGIN PUBLIC KEY-----\n");
    let mut rest = text.as_str();
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        pem.push_str(line);
        pem.push('\n');
        rest = after;
    }
    pem.push_str("-----END PUBLIC KEY-----\n");
    pem
}

fn refused(field: &str, why: &str) -> Problem {
    Problem::bad_request("certificate.invalid", "The certificate cannot be registered.").with_field(field, why)
}
