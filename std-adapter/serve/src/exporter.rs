//! Metrics over HTTP, from a thread of its own.
//!
//! One thread holds every connection in a readiness loop. A client costs a few hundred bytes and no thread, and a slow one does not
//! delay others. A few more threads make pages, each scrape from one run of the collectors, into memory that is used again. Nothing
//! of a program's own runtime is needed or touched.
//!
//! Read from below: `head` understands requests, `stream` hides TLS, `workers` are threads for what takes time. `memory` is that of
//! pages; `page_queue` and `verifying` are what workers have to do. `connection` is the state of one client, `server` the loop.

mod auth;
mod connection;
mod handle;
mod head;
mod kept_pages;
mod limits;
mod listener;
mod memory;
mod options;
mod page_queue;
mod report;
mod self_metrics;
mod server;
mod site;
mod stream;
#[cfg(feature = "tls")]
mod tls;
mod verifying;
mod workers;

use std::any::Any;
use std::io;
use std::net::{SocketAddr, TcpListener, ToSocketAddrs};
#[cfg(unix)]
use std::path::Path;
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

use picometer::Collector;
use picometer_registry::__private::refused_by_default;
use picometer_registry::Registry;

pub use self::auth::BearerToken;
#[cfg(feature = "basic-auth")]
pub use self::auth::{BasicAuth, BasicAuthError};
pub use self::handle::ExporterHandle;
pub use self::limits::Limits;
pub use self::options::OptionsError;
pub use self::report::ShutdownReport;
#[cfg(feature = "tls")]
pub use self::tls::{Tls, TlsError};

use self::auth::Auth;
#[cfg(unix)]
use self::listener::listen_unix;
use self::listener::{Listener, listen};
use self::options::Paths;
use self::self_metrics::SelfMetrics;
use self::server::Server;
use self::site::Site;

/// An HTTP server for metrics: bound to its address, not yet serving.
///
/// | path | answer |
/// |---|---|
/// | `/metrics`, or another by [`path`](Self::path) | the metrics, as [`respond`](crate::respond::respond) says, and those of the exporter |
/// | `/` | a page for people |
/// | `/-/healthy`, or another by [`health_path`](Self::health_path) | `OK`, without credentials |
/// | `/-/ready`, or another by [`ready_path`](Self::ready_path) | `ready`, without credentials |
///
/// Its own metrics, all of them `picometer_exporter_…`:
///
/// | metric | what it says |
/// |---|---|
/// | `requests_total{code}`, `requests_in_flight`, `response_bytes_total` | what is answered |
/// | `canceled_requests_total` | clients that left, or were cut off, before they had their response |
/// | `render_errors_total` | pages that could not be made: 500 |
/// | `late_pages_total`, `overdue_pages` | pages that were not made in time: 503; and those that still are not |
/// | `shared_pages_total`, `page_bytes` | answers by a page that was made for others too; bytes of pages that are being sent |
/// | `connections`, `evicted_connections_total`, `accept_errors_total` | clients |
/// | `restarts_total` | panics of the exporter's thread, behind which it went on |
/// | `certificate_reload_errors_total` | with feature `tls`: changed certificates that could not be used |
///
/// What cannot be served gets 400, 401, 404, 405, 408, 414, 431, 500, 501, 503 or 505, each where RFC 9110 and 9112 say so.
///
/// ```
/// use picometer::{Counter, Desc, Metric};
/// use picometer_std::exporter::Exporter;
///
/// static BOOTS: Metric<Counter> =
///     Metric::new(&Desc::counter("boots_total", "Times the service started."));
/// # fn main() -> std::io::Result<()> {
/// let exporter = Exporter::bind("127.0.0.1:0")?.spawn(&BOOTS)?;
/// println!("http://{}/metrics", exporter.local_addr().unwrap());
/// exporter.shutdown();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[doc(alias("start_http_server", "promhttp", "ListenAndServe"))]
pub struct Exporter {
    listeners: Vec<Listener>,
    paths: Paths,
    title: String,
    limits: Limits,
    share_within: Duration,
    auth: Auth,
    self_metrics: bool,
    #[cfg(feature = "tls")]
    tls: Option<Tls>,
    clock: fn() -> SystemTime,
}

/// Where to serve.
impl Exporter {
    /// Listens at an address: `"0.0.0.0:9100"`, `"[::]:9100"` for IPv6 and IPv4, port 0 for any that is free.
    ///
    /// A name such as `localhost` stands for every address that it resolves to, and a slice for all addresses in it. An address of
    /// a family that the machine does not have is left out, as long as there is another.
    ///
    /// # Errors
    ///
    /// What the system says, with the address; in particular [`AddrInUse`](io::ErrorKind::AddrInUse).
    pub fn bind(address: impl ToSocketAddrs + std::fmt::Debug) -> io::Result<Self> {
        listen(address).map(Self::new)
    }

    /// Listens at another address too.
    ///
    /// ```
    /// use picometer_std::exporter::Exporter;
    ///
    /// let exporter = Exporter::bind("127.0.0.1:0")?.and_bind("127.0.0.1:0")?;
    /// assert_eq!(exporter.local_addrs().len(), 2);
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`bind`](Self::bind).
    pub fn and_bind(mut self, address: impl ToSocketAddrs + std::fmt::Debug) -> io::Result<Self> {
        self.listeners.extend(listen(address)?);
        Ok(self)
    }

    /// Serves at a socket that listens already, such as one that systemd handed over.
    ///
    /// ```
    /// use picometer_std::exporter::Exporter;
    /// use std::net::TcpListener;
    ///
    /// let listener = TcpListener::bind("127.0.0.1:0")?;
    /// let address = listener.local_addr()?;
    /// let exporter = Exporter::from_listener(listener)?;
    /// assert_eq!(exporter.local_addr(), Some(address));
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// What the system says.
    pub fn from_listener(listener: TcpListener) -> io::Result<Self> {
        Listener::tcp(listener).map(|listener| Self::new(vec![listener]))
    }

    /// Serves at a Unix socket. A file that a dead process left there is replaced; the file is removed at shutdown.
    ///
    /// # Errors
    ///
    /// What the system says, with the path; [`AddrInUse`](io::ErrorKind::AddrInUse) if another process serves there or the file is
    /// no socket.
    #[cfg(unix)]
    pub fn bind_unix(path: impl AsRef<Path>) -> io::Result<Self> {
        listen_unix(path.as_ref(), None).map(|listener| Self::new(vec![listener]))
    }

    /// [`bind_unix`](Self::bind_unix) with the mode of the file, such as `0o660` for a group of users. Without it, the process's
    /// umask decides.
    ///
    /// ```
    /// use picometer_std::exporter::Exporter;
    ///
    /// # let path = std::env::temp_dir().join(format!("picometer-mode-{}.sock", std::process::id()));
    /// let exporter = Exporter::bind_unix_with_mode(&path, 0o660)?;
    /// # Ok::<(), std::io::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`bind_unix`](Self::bind_unix).
    #[cfg(unix)]
    pub fn bind_unix_with_mode(path: impl AsRef<Path>, mode: u32) -> io::Result<Self> {
        listen_unix(path.as_ref(), Some(mode)).map(|listener| Self::new(vec![listener]))
    }

    fn new(listeners: Vec<Listener>) -> Self {
        Self {
            listeners,
            paths: Paths::new(),
            title: "Metrics".into(),
            limits: Limits::DEFAULT,
            share_within: Duration::ZERO,
            auth: Auth::default(),
            self_metrics: true,
            #[cfg(feature = "tls")]
            tls: None,
            clock: SystemTime::now,
        }
    }
}

// Here, because documentation has methods in the order of the source.
mod settings;

/// Serving.
impl Exporter {
    /// The first address, with the port that was found; `None` for a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.listeners.first().and_then(Listener::local_addr)
    }

    /// All addresses, with the ports that were found; Unix sockets have none.
    pub fn local_addrs(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(Listener::local_addr).collect()
    }

    /// Serves metrics from a thread of its own, until [`ExporterHandle::shutdown`] or the end of the process.
    ///
    /// # Errors
    ///
    /// * [`OptionsError`] as the cause, if options contradict each other.
    /// * [`RegisterError`](picometer_registry::RegisterError) with both places, if two declared metrics have one name. It is found in
    ///   the default registry and in registries that it is registered in. With a collector of another type, it is found if the
    ///   program asked for the default registry before.
    /// * What the system says if it starts no thread.
    ///
    /// ```standalone_crate
    /// use picometer_std::exporter::Exporter;
    /// use picometer_std::{default_registry, metrics, Counter, Gauge};
    ///
    /// metrics! {
    ///     /// Jobs done.
    ///     static DONE: Counter = "jobs_total";
    /// }
    /// metrics! {
    ///     /// Jobs that wait.
    ///     static WAITING: Gauge<i64> = "jobs_total";
    /// }
    ///
    /// let error =
    ///     Exporter::bind("127.0.0.1:0")?.spawn(default_registry().clone()).unwrap_err();
    /// assert_eq!(error.to_string().matches(".rs:").count(), 2);
    /// # // Also within another registry, and behind a collector of another type.
    /// # let outer = picometer_std::Registry::new();
    /// # outer.register(default_registry().clone()).unwrap();
    /// # let within = picometer_std::Registry::new();
    /// # within.register(outer).unwrap();
    /// # assert!(Exporter::bind("127.0.0.1:0")?.spawn(within).is_err());
    /// # struct Mine;
    /// # impl picometer_std::Collector for Mine {
    /// #     fn collect(&self, out: &mut dyn picometer_std::Encoder) -> Result<(), picometer_std::Stop> {
    /// #         default_registry().collect(out)
    /// #     }
    /// # }
    /// # assert!(Exporter::bind("127.0.0.1:0")?.spawn(Mine).is_err());
    /// # assert!(Exporter::bind("127.0.0.1:0")?.spawn(picometer_std::Registry::new()).is_ok());
    /// # Ok::<(), std::io::Error>(())
    /// ```
    pub fn spawn<C: Collector + 'static>(self, metrics: C) -> io::Result<ExporterHandle> {
        self.paths.check(&self.auth)?;
        // Of other collectors it is not known what is in them.
        let refused = registry_of(&metrics).map_or_else(refused_by_default, Registry::refused_within);
        if let Some(error) = refused.into_iter().next() {
            return Err(io::Error::new(io::ErrorKind::AlreadyExists, error));
        }
        let addresses = self.local_addrs();
        let own = Arc::new(SelfMetrics::new());
        let site = Arc::new(Site {
            metrics: Box::new(metrics),
            name: std::any::type_name::<C>(),
            paths: self.paths,
            title: self.title,
            limits: self.limits,
            share_within: self.share_within,
            auth: self.auth,
            own,
            shows_own: self.self_metrics,
            clock: self.clock,
        });
        let server = Server::new(
            self.listeners,
            site,
            #[cfg(feature = "tls")]
            self.tls,
        )?;
        let switch = server.switch();
        let thread = thread::Builder::new().name("picometer-exporter".into()).spawn(move || server.run())?;
        Ok(ExporterHandle::new(addresses, switch, thread))
    }
}

/// The registry that a collector is.
fn registry_of(metrics: &dyn Any) -> Option<&Registry> {
    metrics.downcast_ref().or_else(|| metrics.downcast_ref::<&'static Registry>().copied())
}

#[cfg(test)]
mod tests;
