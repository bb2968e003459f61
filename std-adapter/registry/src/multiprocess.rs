//! One page for many processes: pre-fork servers, workers that come and go, Rust and Python side by side.
//!
//! Each worker keeps the numbers of its cells in a file of its own, mapped into its memory, so that an increment costs what it
//! costs without; whoever makes the page reads all files. Where a process is a worker the cells of this crate are shared by
//! themselves, and nothing in a service changes but its page:
//!
//! ```
//! use picometer_std::multiprocess::Page;
//! use picometer_std::{Counter, Family, Format, Registry, render};
//!
//! let registry = Registry::new();
//! let requests = registry.register(Family::<Counter, 1>::new(
//!     "requests_total",
//!     "Requests served.",
//!     ["code"],
//! ))?;
//! requests.with(["200"]).inc();
//!
//! let page = Page::new(&registry)?;
//! let mut text = Vec::new();
//! render(&page, Format::Text004, &mut text);
//! assert!(text.ends_with(b"requests_total{code=\"200\"} 1\n"));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! * A process is a worker where the environment variable `PROMETHEUS_MULTIPROC_DIR` names a directory, or by [`join`]. It has to
//!   be before a cell is made: one from before counts in memory alone, and [`Status`] says how many there are.
//! * [`Page`] is the page of a service; [`Collector`] that of a program which only collects.
//! * After `fork` the child has a file of its own, and all its handles go on working, from zero.
//! * Counters, histograms and summaries are sums of all workers that ever were, gauge histograms of those that live; gauges are
//!   what their [`GaugeMode`] says, info metrics and state sets those of live workers. What dead workers left is folded into one
//!   file, whose size does not depend on how many there were.
//! * The directory is emptied before the first worker starts, if counts of an earlier run are not to be shown. It belongs on a
//!   disk of this machine, best in memory (`/dev/shm`): locks tell who lives.
//! * Who can write to the directory can add counts, and hold locks that keep dead workers from being folded: it belongs to the workers.
//!   Links, FIFOs and devices in it are never opened, and nothing is written through a link; the directory itself may be named by one.
//!   Of files with the same identity one counts. Checksums find damage in headers, names and labels, and anywhere in the file of the
//!   dead; the numbers of a worker have none, because it would have to be made anew with each increment.
//! * Native histograms are merged at the resolution and zero threshold that all workers have; of exemplars each bucket shows the
//!   latest that a live worker has, if its labels take no more than 200 bytes.
//! * Where the disk is full, or the directory went away, cells count on in memory; [`Status`] and the page say so.
//!
//! Series get their names when they are registered, those of families also later; of a collector of your own those have one that
//! it shows when it is registered. What `remove`, `clear` and `unregister` take away stays away. Linux only.
//!
//! Not shared, and on the [`Page`] of the process that makes it as they are there: cells of the core, callbacks, numbers that your
//! own collectors make; exemplars of native histograms; and summaries with quantiles, which cannot be put together.

mod cells;
mod collector;
mod compact;
mod copies;
mod directory;
mod disk;
mod exemplars;
mod files;
mod fork;
mod home;
mod key;
mod layout;
mod mapping;
mod merge;
mod native;
mod page;
mod process;
mod protocol;
pub mod python;
mod reader;
mod worker;

pub(crate) use cells::{Block, FactsName, Name, Words};
pub use collector::Collector;
pub use directory::FileError;
pub(crate) use exemplars::Exemplars;
pub(crate) use fork::Making;
pub(crate) use home::{Home, is_naming, publish, publish_declared, withdraw};
pub use merge::Conflict;
pub(crate) use native::{about as about_native, words as words_of_native};
pub use page::Page;
pub use reader::Corrupt;

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::epoch::once;
use worker::Worker;

/// The environment variable that names the directory; the Python client's.
pub const DIRECTORY: &str = "PROMETHEUS_MULTIPROC_DIR";

/// What a page shows of the values that a gauge has in many processes. `Live…` are those of processes
/// that live.
///
/// A gauge that never got a value has no say in the least, the greatest and the most recent.
///
/// ```
/// use picometer_std::multiprocess::GaugeMode;
/// use picometer_std::{Gauge, Metric};
///
/// let started = Metric::<Gauge>::new(
///     "config_reload_seconds",
///     "When the configuration was read.",
/// )
/// .config(&GaugeMode::MostRecent);
/// started.set(1.7e9);
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum GaugeMode {
    /// Each, with a label `pid`.
    #[default]
    All,
    /// Each, with a label `pid`.
    LiveAll,
    /// The least.
    Min,
    /// The least.
    LiveMin,
    /// The greatest.
    Max,
    /// The greatest.
    LiveMax,
    /// The sum.
    Sum,
    /// The sum.
    LiveSum,
    /// The one that was set last; every update takes a look at the clock.
    MostRecent,
    /// The one that was set last; every update takes a look at the clock.
    LiveMostRecent,
}

impl GaugeMode {
    const EVERY: [Self; 10] = [
        Self::All,
        Self::LiveAll,
        Self::Min,
        Self::LiveMin,
        Self::Max,
        Self::LiveMax,
        Self::Sum,
        Self::LiveSum,
        Self::MostRecent,
        Self::LiveMostRecent,
    ];

    /// As Python calls it.
    fn name(self) -> &'static str {
        const NAMES: [&str; 10] = ["all", "liveall", "min", "livemin", "max", "livemax", "sum", "livesum", "mostrecent", "livemostrecent"];
        NAMES.get(usize::from(self.number())).copied().unwrap_or_default()
    }

    pub(crate) fn number(self) -> u8 {
        self as u8
    }

    fn of(number: u8) -> Option<Self> {
        Self::EVERY.get(usize::from(number)).copied()
    }

    fn is_live(self) -> bool {
        self.number() % 2 == 1
    }

    fn is_alone(self) -> bool {
        matches!(self, Self::All | Self::LiveAll)
    }

    fn is_sum(self) -> bool {
        matches!(self, Self::Sum | Self::LiveSum)
    }

    fn is_timed(self) -> bool {
        matches!(self, Self::MostRecent | Self::LiveMostRecent)
    }
}

/// Why a process cannot share.
///
/// ```
/// use picometer_std::multiprocess::join;
///
/// let error = join("/no/such/directory").unwrap_err();
/// assert!(error.to_string().contains("/no/such/directory"));
/// ```
#[non_exhaustive]
pub struct JoinError {
    /// The directory that was given.
    pub directory: PathBuf,
    /// What is wrong with it.
    pub error: io::Error,
}

impl fmt::Display for JoinError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "metrics cannot be shared in {}: {}", self.directory.display(), self.error)?;
        match self.error.kind() {
            io::ErrorKind::NotFound => f.write_str(": make the directory before the first worker starts"),
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => f.write_str(": let the workers write there"),
            io::ErrorKind::StorageFull => f.write_str(": give it more room, or fewer series"),
            _ => Ok(()),
        }
    }
}

picometer::__speaks!(JoinError);
impl std::error::Error for JoinError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.error)
    }
}

/// Makes this process a worker: cells that are made from now on are shared in this directory. The directory is there already.
///
/// Not needed where `PROMETHEUS_MULTIPROC_DIR` names it, but it tells what is wrong.
///
/// # Errors
///
/// [`JoinError`]: the directory is not there or cannot be written to, the disk is full, or the process is a worker of another
/// directory already.
pub fn join(directory: impl AsRef<Path>) -> Result<(), JoinError> {
    let directory = directory.as_ref();
    let failed = |error| JoinError { directory: directory.to_owned(), error };
    let worker = worker::join(directory).map_err(failed)?;
    if worker.directory() == directory {
        publish_declared();
        Ok(())
    } else {
        let other = format!("this process shares in {} already", worker.directory().display());
        Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, other)))
    }
}

/// The worker of this process; where the environment names a directory it is one from now on.
fn current() -> Option<&'static Worker> {
    worker::joined().or_else(|| {
        if may_share() && !FAILED.load(Ordering::Relaxed) {
            FAILED.store(join_by_env().is_err(), Ordering::Relaxed);
        }
        worker::joined()
    })
}

/// Whether the directory that the environment names could not be joined.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Whether this process is a worker; one by the environment from now on.
pub(crate) fn is_worker() -> bool {
    current().is_some()
}

/// Cells for one thread, by the number of its slab.
pub(crate) fn chunk(slab: usize, chunk: u32, cells: usize) -> Option<&'static [AtomicU64]> {
    worker::joined()?.chunk(slab as u64, chunk, cells)
}

/// Makes a change that readers of the file have to see whole.
pub(crate) fn changing(change: impl FnOnce()) {
    match worker::joined() {
        Some(worker) => worker.changing(change),
        None => change(),
    }
}

/// Whether this process is a worker, or will be with its first cell.
fn may_share() -> bool {
    static NAMED: OnceLock<bool> = OnceLock::new();
    worker::joined().is_some() || *once(&NAMED, || std::env::var_os(DIRECTORY).is_some_and(|directory| !directory.is_empty()))
}

/// The directory that this process shares in, if it does.
fn join_by_env() -> Result<Option<PathBuf>, JoinError> {
    if let Some(worker) = worker::joined() {
        return Ok(Some(worker.directory().to_owned()));
    }
    match std::env::var_os(DIRECTORY).filter(|directory| !directory.is_empty()) {
        Some(directory) => {
            join(&directory)?;
            Ok(Some(directory.into()))
        }
        None => Ok(None),
    }
}

/// How this process shares.
///
/// ```
/// use picometer_std::multiprocess::Status;
///
/// let status = Status::now();
/// assert!(status.directory.is_none() && status.unshared == 0);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Status {
    /// Where; none where it does not.
    pub directory: Option<PathBuf>,
    /// Whether its file is in the directory, so that others see what it counts.
    pub is_seen: bool,
    /// Series that are counted in memory alone, because the file took no more, or they were made before the process joined.
    pub unshared: u64,
}

impl Status {
    /// That of this moment.
    pub fn now() -> Self {
        match worker::joined() {
            Some(worker) => {
                Self { directory: Some(worker.directory().to_owned()), is_seen: worker.is_seen(), unshared: worker::unshared() }
            }
            None => Self { directory: None, is_seen: false, unshared: 0 },
        }
    }
}
