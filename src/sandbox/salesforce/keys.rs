//! The org's certificate and what is signed with it; and the checking of what others signed.

use std::fmt;

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_2048_8192_SHA256, RSA_PKCS1_SHA256, RsaKeyPair, UnparsedPublicKey};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rcgen::{CertificateParams, DnType, KeyPair, PKCS_RSA_SHA256, RsaKeySize};
use serde_json::{Value, json};

/// A key pair of the org with its self-signed certificate.
pub struct OrgKey {
    /// The certificate's unique name in the org, which is also its `kid`.
    pub name: String,
    pub certificate_pem: String,
    pair: Option<RsaKeyPair>,
}

impl fmt::Debug for OrgKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("OrgKey").field("name", &self.name).finish_non_exhaustive()
    }
}

impl OrgKey {
    /// A new RSA key of 2048 bits and a certificate for it.
    pub fn generate(name: &str) -> Self {
        Self::try_generate(name).unwrap_or_else(|_| Self { name: name.to_owned(), certificate_pem: String::new(), pair: None })
    }

    fn try_generate(name: &str) -> Result<Self, rcgen::Error> {
        let key = KeyPair::generate_rsa_for(&PKCS_RSA_SHA256, RsaKeySize::_2048)?;
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "Brightwater Systems");
        let certificate = params.self_signed(&key)?;
        Ok(Self { name: name.to_owned(), certificate_pem: certificate.pem(), pair: RsaKeyPair::from_pkcs8(&key.serialize_der()).ok() })
    }

    /// A compact JWS over these claims, RS256.
    pub fn sign(&self, header: &Value, claims: &Value) -> Option<String> {
        let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header.to_string()), URL_SAFE_NO_PAD.encode(claims.to_string()));
        let pair = self.pair.as_ref()?;
        let mut signature = vec![0; pair.public_modulus_len()];
        pair.sign(&RSA_PKCS1_SHA256, &SystemRandom::new(), message.as_bytes(), &mut signature).ok()?;
        Some(format!("{message}.{}", URL_SAFE_NO_PAD.encode(signature)))
    }

    /// The public key as a JSON web key.
    pub fn jwk(&self) -> Option<Value> {
        use aws_lc_rs::signature::KeyPair as _;
        let public = self.pair.as_ref()?.public_key();
        let text = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
        let (modulus, exponent) = (public.modulus(), public.exponent());
        Some(json!({
            "kty": "RSA", "use": "sig", "alg": "RS256", "kid": self.name,
            "n": text(modulus.big_endian_without_leading_zero()), "e": text(exponent.big_endian_without_leading_zero()),
        }))
    }
}

/// The public key (DER) of a certificate or of a public key in PEM.
pub fn public_key_of(pem: &str) -> Option<Vec<u8>> {
    let (_, block) = x509_parser::pem::parse_x509_pem(pem.as_bytes()).ok()?;
    match block.label.as_str() {
        "CERTIFICATE" => Some(block.parse_x509().ok()?.public_key().raw.to_vec()),
        "PUBLIC KEY" | "RSA PUBLIC KEY" => Some(block.contents),
        _ => None,
    }
}

/// The claims of a compact JWS, if this key signed it with RS256.
pub fn verified_claims(assertion: &str, public_der: &[u8]) -> Option<Value> {
    let (message, signature) = assertion.rsplit_once('.')?;
    let (header, claims) = message.split_once('.')?;
    let header: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
    if header.get("alg").and_then(Value::as_str) != Some("RS256") {
        return None;
    }
    let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
    UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, public_der).verify(message.as_bytes(), &signature).ok()?;
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_org_signs_its_certificate_confirms() {
        let key = OrgKey::generate("Test");
        let token = key.sign(&json!({ "alg": "RS256" }), &json!({ "iss": "00D" })).unwrap();
        let public = public_key_of(&key.certificate_pem).unwrap();
        assert_eq!(verified_claims(&token, &public), Some(json!({ "iss": "00D" })));
        let other = OrgKey::generate("Other");
        assert_eq!(verified_claims(&token, &public_key_of(&other.certificate_pem).unwrap()), None);
        assert!(key.jwk().unwrap()["n"].as_str().unwrap().len() > 300);
    }
}
