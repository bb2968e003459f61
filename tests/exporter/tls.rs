//! The exporter behind TLS.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};

use crate::client::{Large, METRICS, PAGE, ask, connect, exchange, exporter, own, read, request, started};
use crate::peers::{Folder, wait_for};
use picometer_std::exporter::{Limits, Tls, TlsError};

/// An authority, whose certificates are for `localhost` and 127.0.0.1.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    pub fn new() -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    pub fn pem(&self) -> String {
        self.0.pem()
    }

    /// A certificate and its key.
    pub fn issue(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".into(), "127.0.0.1".into()]).unwrap();
        (params.signed_by(&key, &self.0).unwrap().pem(), key.serialize_pem())
    }

    /// Both in files, `NAME.crt` and `NAME.key`.
    pub fn write(&self, folder: &Folder, name: &str) {
        let (certificate, key) = self.issue();
        folder.write(&format!("{name}.crt"), certificate);
        folder.write(&format!("{name}.key"), key);
    }
}

pub type Client = StreamOwned<ClientConnection, TcpStream>;

/// A client that trusts an authority and may bring a certificate.
pub fn client(address: SocketAddr, trusts: &Authority, brings: Option<(String, String)>) -> Client {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(trusts.pem().as_bytes()).unwrap()).unwrap();
    let builder = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots);
    let config = match brings {
        None => builder.with_no_client_auth(),
        Some((certificate, key)) => builder
            .with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()],
                PrivateKeyDer::from_pem_slice(key.as_bytes()).unwrap(),
            )
            .unwrap(),
    };
    let name = ServerName::try_from("localhost").unwrap();
    StreamOwned::new(ClientConnection::new(Arc::new(config), name).unwrap(), connect(address))
}

/// A scrape by TLS, if there is one.
pub fn scrape(mut client: Client) -> Option<String> {
    client.write_all(request("/metrics", &[]).as_bytes()).ok()?;
    Some(read(&mut client, true)?.text().to_owned())
}

pub fn from(folder: &Folder) -> Tls {
    Tls::from_files(folder.path().join("server.crt"), folder.path().join("server.key")).unwrap()
}

#[test]
fn pages_small_and_large_and_connections_that_are_kept() {
    let (folder, authority) = (Folder::new("tls"), Authority::new());
    authority.write(&folder, "server");
    let (_handle, address) = started(exporter().without_self_metrics().tls(from(&folder)), METRICS);
    let mut stream = client(address, &authority, None);
    for _ in 0..5 {
        assert_eq!(exchange(&mut stream, "/metrics", &[]).text(), PAGE);
    }
    assert_eq!(stream.conn.alpn_protocol(), None);
    stream.write_all(request("/metrics", &["Connection: close"]).as_bytes()).unwrap();
    assert!(read(&mut stream, true).is_some() && read(&mut stream, true).is_none());
    // In the clear there is nothing to be had but the reason.
    let mut answer = String::new();
    ask(address, "/metrics", &[]).read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n") && answer.contains("TLS"), "{answer}");
    assert!(answer.contains("connection: close\r\n") && !answer.contains("boots"), "{answer}");
    // What is neither gets an alert, as ever.
    let mut noise = connect(address);
    noise.write_all(b"\x80\x01\x02\x03\x04\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    let _ = noise.read_to_end(&mut answer);
    assert!(!answer.starts_with(b"HTTP/"));

    // More than sockets and TLS buffers hold.
    let (_handle, address) = started(exporter().without_self_metrics().tls(from(&folder)), Large(15_000));
    let page = scrape(client(address, &authority, None)).unwrap();
    assert_eq!(page.lines().count(), 15_002);
}

#[test]
fn only_clients_with_certificates() {
    let (folder, authority, stranger) = (Folder::new("mtls"), Authority::new(), Authority::new());
    authority.write(&folder, "server");
    let ca = folder.write("ca.crt", authority.pem());
    let tls = from(&folder).client_ca(ca).unwrap();
    let (_handle, address) = started(exporter().without_self_metrics().tls(tls), METRICS);
    assert_eq!(scrape(client(address, &authority, Some(authority.issue()))).as_deref(), Some(PAGE));
    assert_eq!(scrape(client(address, &authority, None)), None);
    assert_eq!(scrape(client(address, &authority, Some(stranger.issue()))), None);
}

#[test]
fn client_that_never_ends_the_handshake_delays_no_other_and_is_closed() {
    let (folder, authority) = (Folder::new("handshake"), Authority::new());
    authority.write(&folder, "server");
    let limits = Limits { head: Duration::from_millis(500), ..Limits::DEFAULT };
    let (_handle, address) = started(exporter().without_self_metrics().limits(limits).tls(from(&folder)), METRICS);
    let mut silent = connect(address);
    let mut halting = connect(address);
    halting.write_all(b"\x16\x03\x01\x02\x00\x01").unwrap();
    assert_eq!(scrape(client(address, &authority, None)).as_deref(), Some(PAGE));
    for stream in [&mut silent, &mut halting] {
        assert!(matches!(stream.read(&mut [0]), Ok(0) | Err(_)));
    }
}

#[test]
fn certificates_that_change_are_used_and_bad_ones_are_not() {
    let (folder, first, second) = (Folder::new("reload"), Authority::new(), Authority::new());
    first.write(&folder, "server");
    let (_handle, address) = started(exporter().tls(from(&folder)), METRICS);
    assert!(scrape(client(address, &first, None)).is_some());
    second.write(&folder, "server");
    wait_for("the new certificate", || scrape(client(address, &second, None)));
    assert!(scrape(client(address, &first, None)).is_none());
    folder.write("server.crt", "nonsense");
    let failed = |page: &String| page.lines().any(|line| line == "picometer_exporter_certificate_reload_errors_total 1");
    wait_for("the error to be counted", || scrape(client(address, &second, None)).filter(failed));
}

/// A path whose opening blocks.
#[cfg(unix)]
#[test]
fn fifo_in_place_of_a_certificate_stops_nothing() {
    let (folder, first, second) = (Folder::new("fifo"), Authority::new(), Authority::new());
    first.write(&folder, "server");
    let (handle, address) = started(exporter().tls(from(&folder)), METRICS);
    let certificate = folder.path().join("server.crt");
    std::fs::remove_file(&certificate).unwrap();
    assert!(std::process::Command::new("mkfifo").arg(&certificate).status().unwrap().success());
    let refused = |page: &String| page.lines().any(|line| line == "picometer_exporter_certificate_reload_errors_total 1");
    wait_for("the error to be counted", || scrape(client(address, &first, None)).filter(refused));
    let mut health = client(address, &first, None);
    assert_eq!(exchange(&mut health, "/-/healthy", &[]).status, 200);
    // And the next good certificate is used.
    std::fs::remove_file(&certificate).unwrap();
    second.write(&folder, "server");
    wait_for("the new certificate", || scrape(client(address, &second, None)));
    assert!(handle.handle().shutdown().is_clean());
}

#[test]
fn files_that_cannot_be_used_are_errors_that_name_them() {
    let (folder, authority) = (Folder::new("bad"), Authority::new());
    authority.write(&folder, "server");
    authority.write(&folder, "other");
    folder.write("empty", "");
    let at = |name: &str| folder.path().join(name);
    let error = |certificate: &str, key: &str| Tls::from_files(at(certificate), at(key)).unwrap_err().to_string();
    assert!(error("none.crt", "server.key").contains("none.crt"));
    assert!(error("server.crt", "none.key").contains("none.key"));
    assert!(error("empty", "server.key").contains("empty"));
    assert!(error("server.crt", "empty").contains("empty"));
    assert!(error("server.crt", "other.key").contains("server.crt"), "the key of another certificate");
    assert!(from(&folder).client_ca(at("empty")).unwrap_err().to_string().contains("empty"));
    let settings = |certificate: Option<&str>, key: Option<&str>, ca: Option<&str>| {
        let [certificate, key, ca] = [certificate, key, ca].map(|name| name.map(at));
        Tls::from_settings(certificate.as_deref(), key.as_deref(), ca.as_deref())
    };
    assert!(matches!(settings(Some("server.crt"), None, None), Err(TlsError::CertificateWithoutKey)));
    assert!(matches!(settings(None, Some("server.key"), None), Err(TlsError::KeyWithoutCertificate)));
    assert!(matches!(settings(None, None, Some("server.crt")), Err(TlsError::ClientCaWithoutCertificate)));
    assert!(settings(None, None, None).unwrap().is_none());
    assert!(settings(Some("server.crt"), Some("server.key"), Some("server.crt")).unwrap().is_some());
    // And the page has no error on it that is none.
    let (_handle, address) = started(exporter(), METRICS);
    assert_eq!(own(address, "picometer_exporter_certificate_reload_errors_total"), 0.0);
}
