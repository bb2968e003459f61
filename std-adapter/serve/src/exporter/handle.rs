//! An exporter that runs, seen from the program.

use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::report::ShutdownReport;
use super::server::Switch;

/// A running [`Exporter`](super::Exporter). It goes on when this is dropped.
///
/// In a child of `fork` its threads are not there: [`is_running`](Self::is_running) is false, and a shutdown says so and does nothing.
///
/// ```
/// # fn main() -> std::io::Result<()> {
/// # use picometer::Registry;
/// static METRICS: Registry = Registry::new(&[]);
/// let exporter = picometer_std::exporter::Exporter::bind("[::1]:0")
///     .or_else(|_| picometer_std::exporter::Exporter::bind("127.0.0.1:0"))?;
/// let exporter = exporter.spawn(&METRICS)?;
/// assert_ne!(exporter.local_addr().unwrap().port(), 0);
/// assert!(exporter.is_running());
/// exporter.shutdown();
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct ExporterHandle {
    addresses: Vec<SocketAddr>,
    switch: Arc<Switch>,
    thread: JoinHandle<ShutdownReport>,
    /// Only there is the thread.
    process: u32,
}

// Through a shared handle nothing of it changes; the thread's result is taken by value.
impl std::panic::UnwindSafe for ExporterHandle {}
impl std::panic::RefUnwindSafe for ExporterHandle {}

/// For the end of a thread that was told to stop, behind its deadline.
const GRACE: Duration = Duration::from_secs(1);

impl ExporterHandle {
    pub(super) fn new(addresses: Vec<SocketAddr>, switch: Arc<Switch>, thread: JoinHandle<ShutdownReport>) -> Self {
        Self { addresses, switch, thread, process: std::process::id() }
    }

    /// The first address, with the port that was found; `None` for a Unix socket.
    pub fn local_addr(&self) -> Option<SocketAddr> {
        self.addresses.first().copied()
    }

    /// All addresses, with the ports that were found; Unix sockets have none.
    pub fn local_addrs(&self) -> &[SocketAddr] {
        &self.addresses
    }

    /// Whether the exporter's thread is there. It goes on behind panics, which `picometer_exporter_restarts_total` counts; in a
    /// child of `fork` there is none.
    pub fn is_running(&self) -> bool {
        self.process == std::process::id() && !self.thread.is_finished()
    }

    /// [`shutdown_within`](Self::shutdown_within) 5 seconds.
    pub fn shutdown(self) -> ShutdownReport {
        self.shutdown_within(Duration::from_secs(5))
    }

    /// Ends the exporter, and says what is left of it. It takes no more requests, and waits until those under way are answered
    /// and its threads are gone, at most as long as given. Clients that are not served by then are cut off.
    ///
    /// In a child of `fork` nothing is done.
    ///
    /// ```
    /// # use picometer_std::{Registry, exporter::Exporter};
    /// # use std::time::Duration;
    /// let exporter = Exporter::bind("127.0.0.1:0").unwrap().spawn(Registry::new()).unwrap();
    /// let report = exporter.shutdown_within(Duration::from_secs(1));
    /// assert!(report.is_clean(), "{report:?}");
    /// ```
    pub fn shutdown_within(self, deadline: Duration) -> ShutdownReport {
        if self.process != std::process::id() {
            // Neither joined nor detached: there is no such thread here.
            std::mem::forget(self.thread);
            return ShutdownReport { other_process: true, ..ShutdownReport::default() };
        }
        self.switch.stop(deadline);
        let end = Instant::now().checked_add(deadline.saturating_add(GRACE));
        while !self.thread.is_finished() {
            // It wakes up at once; this is for a thread that has nothing more to do than to end.
            std::thread::sleep(Duration::from_millis(1));
            if end.is_some_and(|end| end <= Instant::now()) {
                return ShutdownReport { threads: 1, ..ShutdownReport::default() };
            }
        }
        self.thread.join().unwrap_or_else(|panic| {
            crate::page::drop_quietly(panic);
            ShutdownReport { panicked: true, ..ShutdownReport::default() }
        })
    }
}
