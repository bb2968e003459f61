//! Certificates from files, looked at again when they change.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use rustls::crypto::ring;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig, ServerConnection};

use super::self_metrics::SelfMetrics;
use super::workers::Pool;

/// Certificate and key of an [`Exporter`](super::Exporter), and whose certificates it asks of clients; PEM files.
///
/// TLS 1.2 and 1.3. The files are looked at every second, by a thread of their own. When one changes, connections from then on get
/// what it says now; if it cannot be used, the one before stays and `picometer_exporter_certificate_reload_errors_total` goes up.
///
/// ```no_run
/// use picometer_std::exporter::{Exporter, Tls};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let tls = Tls::from_files("server.crt", "server.key")?.client_ca("clients.crt")?;
/// Exporter::bind("0.0.0.0:9100")?.tls(tls).spawn(picometer::Registry::new(&[]))?;
/// # Ok(())
/// # }
/// ```
pub struct Tls {
    files: Files,
    shared: Arc<Shared>,
}

/// What connections use, and what a thread of its own looks at: reading a file may take as long as a network does.
struct Shared {
    config: Mutex<Arc<ServerConfig>>,
    stamps: Mutex<Vec<Option<Stamp>>>,
    /// Whether a thread does. One that hangs is one at most.
    looking: AtomicBool,
}

#[derive(Clone, Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

/// What changes with a file.
type Stamp = (Option<SystemTime>, u64, u64);

impl Tls {
    /// Reads the chain of certificates, the server's first, and the key.
    ///
    /// # Errors
    ///
    /// [`TlsError`] says which file is missing or wrong; a key that is not the certificate's is an error too.
    pub fn from_files(certificate: impl Into<PathBuf>, key: impl Into<PathBuf>) -> Result<Self, TlsError> {
        Self::load(Files { certificate: certificate.into(), key: key.into(), client_ca: None })
    }

    /// The same from settings that may be left out: `None` if all are, which is a server without TLS.
    ///
    /// ```
    /// # use picometer_std::exporter::Tls;
    /// use std::path::Path;
    ///
    /// assert!(Tls::from_settings(None, None, None).unwrap().is_none());
    /// // A key that was forgotten is an error, and not a server in the clear.
    /// assert!(Tls::from_settings(Some(Path::new("server.crt")), None, None).is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`TlsError::CertificateWithoutKey`] and its like if some are: a server in the clear is not what was meant.
    pub fn from_settings(certificate: Option<&Path>, key: Option<&Path>, client_ca: Option<&Path>) -> Result<Option<Self>, TlsError> {
        match (certificate, key, client_ca) {
            (Some(certificate), Some(key), None) => Self::from_files(certificate, key).map(Some),
            (Some(certificate), Some(key), Some(ca)) => Self::from_files(certificate, key)?.client_ca(ca).map(Some),
            (Some(_), None, _) => Err(TlsError::CertificateWithoutKey),
            (None, Some(_), _) => Err(TlsError::KeyWithoutCertificate),
            (None, None, Some(_)) => Err(TlsError::ClientCaWithoutCertificate),
            (None, None, None) => Ok(None),
        }
    }

    /// Asks clients for certificates, and serves only those that one of these authorities signed.
    ///
    /// # Errors
    ///
    /// [`TlsError`] if the file is missing or wrong.
    pub fn client_ca(self, certificates: impl Into<PathBuf>) -> Result<Self, TlsError> {
        Self::load(Files { client_ca: Some(certificates.into()), ..self.files })
    }

    fn load(files: Files) -> Result<Self, TlsError> {
        // Before they are read: what changes meanwhile is read again.
        let stamps = files.stamps();
        let config = Mutex::new(Arc::new(files.read()?));
        Ok(Self { files, shared: Arc::new(Shared { config, stamps: Mutex::new(stamps), looking: AtomicBool::new(false) }) })
    }

    /// The server's side of a new connection.
    pub(super) fn connection(&self) -> Option<ServerConnection> {
        let config = Arc::clone(&self.shared.config.lock().unwrap_or_else(PoisonError::into_inner));
        ServerConnection::new(config).ok()
    }

    /// Has a thread look at the files, if none does.
    pub(super) fn look(&self, pool: &Pool, own: &Arc<SelfMetrics>) {
        // Acquire and Release: a look begins behind the end of the one before.
        if self.shared.looking.swap(true, Ordering::Acquire) {
            return;
        }
        let (files, shared, own) = (self.files.clone(), Arc::clone(&self.shared), Arc::clone(own));
        let begun = pool.submit(move || {
            if shared.reload_if_changed(&files).is_err() {
                own.reload_errors.inc();
            }
            shared.looking.store(false, Ordering::Release);
        });
        if !begun {
            self.shared.looking.store(false, Ordering::Release);
        }
    }
}

impl Shared {
    fn reload_if_changed(&self, files: &Files) -> Result<(), TlsError> {
        let stamps = files.stamps();
        let mut before = self.stamps.lock().unwrap_or_else(PoisonError::into_inner);
        if *before != stamps {
            // Also if it fails: the same files would fail again.
            *before = stamps;
            drop(before);
            files.are_regular()?;
            let config = Arc::new(files.read()?);
            *self.config.lock().unwrap_or_else(PoisonError::into_inner) = config;
        }
        Ok(())
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.files.fmt(f)
    }
}

impl Files {
    fn stamps(&self) -> Vec<Option<Stamp>> {
        let stamp = |path: &PathBuf| {
            let metadata = fs::metadata(path).ok()?;
            #[cfg(unix)]
            let number = std::os::unix::fs::MetadataExt::ino(&metadata);
            #[cfg(not(unix))]
            let number = 0;
            Some((metadata.modified().ok(), metadata.len(), number))
        };
        [&self.certificate, &self.key].into_iter().chain(&self.client_ca).map(stamp).collect()
    }

    /// What takes the place of a file, and is a FIFO or a device, might never end: then no certificate would be renewed any more. A
    /// server may begin with one.
    fn are_regular(&self) -> Result<(), TlsError> {
        let irregular = |path: &&PathBuf| fs::metadata(path).is_ok_and(|metadata| !metadata.is_file());
        match [&self.certificate, &self.key].into_iter().chain(&self.client_ca).find(irregular) {
            Some(path) => Err(TlsError::File { path: path.clone(), reason: "it is no regular file".into() }),
            None => Ok(()),
        }
    }

    fn read(&self) -> Result<ServerConfig, TlsError> {
        let chain = certificates(&self.certificate)?;
        let key = PrivateKeyDer::from_pem_file(&self.key).map_err(|error| TlsError::of_file(&self.key, error))?;
        let provider = Arc::new(ring::default_provider());
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider)).with_safe_default_protocol_versions();
        let unusable = |error: &dyn fmt::Display| TlsError::Unusable { path: self.certificate.clone(), reason: error.to_string() };
        let builder = builder.map_err(|error| unusable(&error))?;
        let builder = match &self.client_ca {
            None => builder.with_no_client_auth(),
            Some(path) => {
                let wrong = |error: &dyn fmt::Display| TlsError::Unusable { path: path.clone(), reason: error.to_string() };
                let mut roots = RootCertStore::empty();
                for certificate in certificates(path)? {
                    roots.add(certificate).map_err(|error| wrong(&error))?;
                }
                let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider).build();
                builder.with_client_cert_verifier(verifier.map_err(|error| wrong(&error))?)
            }
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|error| unusable(&error))?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let certificates = read.map_err(|error| TlsError::of_file(path, error))?;
    if certificates.is_empty() { Err(TlsError::of_file(path, pem::Error::NoItemsFound)) } else { Ok(certificates) }
}

/// Error returned by the constructors of [`Tls`].
///
/// ```
/// use picometer_std::exporter::{Tls, TlsError};
///
/// let error = Tls::from_settings(Some("server.crt".as_ref()), None, None).unwrap_err();
/// assert!(matches!(error, TlsError::CertificateWithoutKey));
/// ```
#[non_exhaustive]
pub enum TlsError {
    /// A certificate was set and no key.
    CertificateWithoutKey,
    /// A key was set and no certificate.
    KeyWithoutCertificate,
    /// Authorities of clients were set, and no certificate and key of the server.
    ClientCaWithoutCertificate,
    /// A file cannot be read, or has not in it what it should.
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
    /// What is in a file cannot be used, or not with the key.
    Unusable {
        /// Which.
        path: PathBuf,
        /// Why.
        reason: String,
    },
}

impl TlsError {
    fn of_file(path: &Path, error: pem::Error) -> Self {
        let reason = match error {
            pem::Error::Io(error) => error.to_string(),
            pem::Error::NoItemsFound => "nothing of the kind is in it".into(),
            other => format!("it is not PEM: {other}"),
        };
        Self::File { path: path.into(), reason }
    }
}

impl fmt::Display for TlsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CertificateWithoutKey => f.write_str("TLS has a certificate and no key: set both or neither"),
            Self::KeyWithoutCertificate => f.write_str("TLS has a key and no certificate: set both or neither"),
            Self::ClientCaWithoutCertificate => {
                f.write_str("clients are to bring certificates, but there is no certificate and key of the server")
            }
            Self::File { path, reason } => write!(f, "cannot read {}: {reason}", path.display()),
            Self::Unusable { path, reason } => write!(f, "cannot use {}: {reason}", path.display()),
        }
    }
}

picometer::__speaks!(TlsError);
impl std::error::Error for TlsError {}
