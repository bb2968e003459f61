//! Metrics over HTTP, from a thread of its own.
//!
//! One thread holds every connection in a readiness loop, so a client costs a few hundred bytes and no thread, and one that reads
//! or writes slowly holds nobody up; a few more threads make pages, each scrape from one run of the collectors into memory that
//! is used again. Nothing of a program's own runtime is needed or touched.
//!
//! Read from below: `head` understands requests, `stream` hides TLS, `workers` make pages and check passwords, `connection`
//! is the state of one client, `server` the loop.

mod auth;
mod connection;
mod head;
mod limits;
mod listener;
mod self_metrics;
mod server;
mod site;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod workers;

use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::Duration;

use picometer::Collector;

pub use self::auth::BearerToken;
#[cfg(feature = "basic-auth")]
pub use self::auth::{BasicAuth, BasicAuthError};
pub use self::limits::Limits;
#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsError};

use self::auth::Auth;
use self::listener::Listener;
use self::self_metrics::SelfMetrics;
use self::server::{Server, Switch};
use self::site::Site;

/// An HTTP server for metrics: bound to its address, not yet serving.
///
/// | path | answer |
/// |---|---|
/// | `/metrics`, or another by [`path`](Self::path) | the metrics, as [`respond`](crate::respond::respond) says, and those of the exporter |
/// | `/` | a page for people |
/// | `/-/healthy` | `OK`, without credentials |
///
/// What cannot be served gets 400, 401, 404, 405, 408, 414, 431, 500, 501, 503 or 505, each where RFC 9110 and 9112 say so.
///
/// ```
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::exporter::Exporter;
///
/// static BOOTS: Metric<Counter> = Metric::new(&Desc::counter("boots_total", "Times the service started."));
/// # fn main() -> std::io::Result<()> {
/// let exporter = Exporter::bind("127.0.0.1:0")?.spawn(&BOOTS)?;
/// println!("http://{}/metrics", exporter.local_addr().unwrap());
/// exporter.shutdown();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Exporter {
    listener: Listener,
    path: String,
    title: String,
    limits: Limits,
    auth: Auth,
    self_metrics: bool,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
}

/// Where to serve.
impl Exporter {
    /// Takes an address: `"0.0.0.0:9100"`, `"[::]:9100"` for IPv6 and IPv4, port 0 for any that is free.
    ///
    /// # Errors
    ///
    /// What the system says, with the address; in particular [`AddrInUse`](io::ErrorKind::AddrInUse).
    pub fn bind(address: impl ToSocketAddrs + std::fmt::Debug) -> io::Result<Self> {
        let listener = TcpListener::bind(&address);
        let listener = listener.map_err(|error| io::Error::new(error.kind(), format!("cannot listen at {address:?}: {error}")))?;
        Self::from_listener(listener)
    }

    /// Serves at a socket that listens already, such as one that systemd handed over.
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn from_listener(listener: TcpListener) -> io::Result<Self> {
        Listener::tcp(listener).map(Self::new)
    }

    /// Serves at a Unix socket. A file that a dead process left there is replaced; the file is removed at shutdown.
    ///
    /// # Errors
    ///
    /// What the system says, with the path; [`AddrInUse`](io::ErrorKind::AddrInUse) if somebody serves there or the file is no
    /// socket.
    #[cfg(unix)]
    pub fn bind_unix(path: impl AsRef<Path>) -> io::Result<Self> {
        let path = path.as_ref();
        let listener = Listener::unix(path);
        let named = |error: io::Error| io::Error::new(error.kind(), format!("cannot listen at {}: {error}", path.display()));
        listener.map(Self::new).map_err(named)
    }

    fn new(listener: Listener) -> Self {
        Self {
            listener,
            path: "/metrics".into(),
            title: "Metrics".into(),
            limits: Limits::DEFAULT,
            auth: Auth::default(),
            self_metrics: true,
            #[cfg(feature = "tls")]
            tls: None,
        }
    }
}

/// What to serve, and to whom.
impl Exporter {
    /// Serves the metrics at another path, which starts with `/`; one is put in front where it does not.
    pub fn path(mut self, path: impl Into<String>) -> Self {
        self.path = path.into();
        if !self.path.starts_with('/') {
            self.path.insert(0, '/');
        }
        self
    }

    /// The title of the page at `/`.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// How much clients may ask for, and how long they may take.
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Leaves the exporter's own metrics (`picometer_exporter_…`) out of the page.
    pub fn without_self_metrics(mut self) -> Self {
        self.self_metrics = false;
        self
    }

    /// Serves only who brings this token. May be called again for another one.
    pub fn bearer_token(mut self, token: BearerToken) -> Self {
        self.auth.add_token(&token);
        self
    }

    /// Serves only who brings the name and password of one of these users.
    #[cfg(feature = "basic-auth")]
    pub fn basic_auth(mut self, users: BasicAuth) -> Self {
        self.auth.set_users(users);
        self
    }

    /// Serves by TLS.
    #[cfg(feature = "tls")]
    pub fn tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// The address, with the port that was found; `None` for a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves metrics from a thread of its own, until [`ExporterHandle::shutdown`] or the end of the process.
    ///
    /// # Errors
    ///
    /// What the system says if there can be no thread.
    pub fn spawn(self, metrics: impl Collector + 'static) -> io::Result<ExporterHandle> {
        let address = self.local_addr();
        let site = Arc::new(Site {
            metrics: Box::new(metrics),
            path: self.path,
            title: self.title,
            limits: self.limits,
            auth: self.auth,
            own: SelfMetrics::new(),
            shows_own: self.self_metrics,
        });
        let server = Server::new(
            self.listener,
            site,
            #[cfg(feature = "tls")]
            self.tls,
        )?;
        let switch = server.switch();
        let thread = thread::Builder::new().name("picometer-exporter".into()).spawn(move || server.run())?;
        Ok(ExporterHandle { address, switch, thread })
    }
}

/// A running [`Exporter`]. It goes on when this is dropped.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # use picometer::Registry;
/// static METRICS: Registry = Registry::new(&[]);
/// let exporter = picometer_std::exporter::Exporter::bind("[::1]:0").or_else(|_| picometer_std::exporter::Exporter::bind("127.0.0.1:0"))?;
/// let exporter = exporter.spawn(&METRICS)?;
/// assert_ne!(exporter.local_addr().unwrap().port(), 0);
/// exporter.shutdown();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ExporterHandle {
    address: Option<SocketAddr>,
    switch: Arc<Switch>,
    thread: JoinHandle<()>,
}

impl ExporterHandle {
    /// The address, with the port that was found; `None` for a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.address
    }

    /// [`shutdown_within`](Self::shutdown_within) 5 seconds.
    pub fn shutdown(self) {
        self.shutdown_within(Duration::from_secs(5));
    }

    /// Takes no more requests, waits until those under way are answered, at most as long as given, and ends the thread. Whoever
    /// is not served by then is cut off.
    pub fn shutdown_within(self, deadline: Duration) {
        self.switch.stop(deadline);
        // Its thread does not panic; if it did, it is as gone as it should be.
        let _ = self.thread.join();
    }
}
