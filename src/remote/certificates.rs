//! Whoever answers has to show a certificate for the address that was called (#[cfg(test)]).

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair, date_time_ymd};
use secrecy::SecretString;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::rustls::crypto::aws_lc_rs::default_provider;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::call::{Body, Call, CallError, Caller, With};
use crate::settings::Settings;

/// What a server says to whoever begins to speak TLS.
enum Answering {
    /// All that it should, with this certificate.
    Tls(Arc<ServerConfig>),
    /// These bytes.
    Bytes(Vec<u8>),
}

struct Server {
    port: u16,
    /// Requests that reached it.
    read: Arc<AtomicUsize>,
}

async fn server(answering: Answering) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let read = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&read);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut bytes = [0; 4_096];
            match &answering {
                Answering::Bytes(said) => {
                    let _ = stream.read(&mut bytes).await;
                    let _ = stream.write_all(said).await;
                    let _ = stream.read(&mut bytes).await;
                }
                Answering::Tls(config) => {
                    let Ok(mut stream) = TlsAcceptor::from(Arc::clone(config)).accept(stream).await else { continue };
                    if stream.read(&mut bytes).await.is_ok_and(|length| length > 0) {
                        counted.fetch_add(1, Ordering::Relaxed);
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}").await;
                        let _ = stream.shutdown().await;
                    }
                }
            }
        }
    });
    Server { port, read }
}

fn config(chain: Vec<CertificateDer<'static>>, key: &KeyPair) -> Arc<ServerConfig> {
    let builder = ServerConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    Arc::new(builder.with_no_client_auth().with_single_cert(chain, key).unwrap())
}

async fn call(port: u16) -> CallError {
    let mut settings = Settings::default();
    settings.marketo.extra_hosts = vec![format!("localhost:{port}")];
    let caller = Caller::new(&settings).unwrap();
    let endpoint = caller.hosts().marketo(&format!("https://localhost:{port}")).unwrap();
    let call = Call {
        system: "marketo",
        name: "test",
        method: reqwest::Method::POST,
        path: "/rest/v1/x".to_owned(),
        query: Vec::new(),
        body: Body::Json(b"{}".to_vec()),
        timeout: Duration::from_secs(20),
        read: |_| Ok(()),
    };
    let token = SecretString::from("a-token-that-nobody-may-see");
    caller.send(&call, With { endpoint: &endpoint, token: Some(&token), request_id: "r" }).await.unwrap_err()
}

// Whether somebody who knows the authority takes the server for what it says it is.
async fn good_for(port: u16, authority: &CertificateDer<'static>) -> bool {
    let mut roots = RootCertStore::empty();
    roots.add(authority.clone()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(default_provider())).with_safe_default_protocol_versions().unwrap();
    let connector = TlsConnector::from(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()));
    let stream = tokio::net::TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    connector.connect(ServerName::try_from("localhost").unwrap(), stream).await.is_ok()
}

#[tokio::test]
async fn ssr_11_nobody_is_told_anything_who_has_no_certificate_for_the_address() {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let root = authority.der().clone();
    let signed = |name: &str, until: i32| {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(until, 1, 1));
        config(vec![params.signed_by(&key, &authority).unwrap().der().clone()], &key)
    };
    let own = KeyPair::generate().unwrap();
    let alone = CertificateParams::new(["localhost".to_owned()]).unwrap().self_signed(&own).unwrap();
    for (what, answering, good) in [
        ("an authority that nobody knows", Answering::Tls(signed("localhost", 2090)), true),
        ("its own word", Answering::Tls(config(vec![alone.der().clone()], &own)), false),
        ("another name", Answering::Tls(signed("other.example", 2090)), false),
        ("a certificate that is over", Answering::Tls(signed("localhost", 2021)), false),
        // A server's hello of TLS 1.0 with AES-128-CBC, and the alert of one that speaks nothing newer.
        ("TLS 1.0", Answering::Bytes([&[0x16, 3, 1, 0, 42, 2, 0, 0, 38, 3, 1][..], &[7; 32], &[0, 0, 0x2f, 0]].concat()), false),
        ("an old protocol's alert", Answering::Bytes(vec![0x15, 3, 1, 0, 2, 2, 70]), false),
    ] {
        let server = server(answering).await;
        // The test's own authority is known to nobody else; who knows it sees that the first server is in order.
        assert_eq!(good_for(server.port, &root).await, good, "{what}");
        let error = call(server.port).await;
        assert_eq!(error, CallError::Untrusted, "{what}");
        assert_eq!((error.problem("Marketo").status, error.problem("Marketo").code.as_ref()), (502, "upstream.tls"));
        assert_eq!(server.read.load(Ordering::Relaxed), 0, "{what}: not a byte of the request");
    }
}
