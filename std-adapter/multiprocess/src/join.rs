//! How a process becomes a worker.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use picometer_epoch::once;

use crate::file::joined::{self, joined};
use crate::file::worker::Worker;

/// The environment variable that names the directory; the Python client's.
pub const DIRECTORY: &str = "PROMETHEUS_MULTIPROC_DIR";

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

/// Makes this process a worker: cells that are made from now on are shared in this directory.
///
/// # Errors
///
/// Returns a [`JoinError`] if the directory does not exist or cannot be written to, or the disk is full. So it does if the
/// process is a worker of another directory already.
pub fn join(directory: &Path) -> Result<(), JoinError> {
    let failed = |error| JoinError { directory: directory.to_owned(), error };
    let worker = joined::join(directory).map_err(failed)?;
    if worker.directory() == directory {
        Ok(())
    } else {
        let other = format!("this process shares in {} already", worker.directory().display());
        Err(failed(io::Error::new(io::ErrorKind::AlreadyExists, other)))
    }
}

/// Returns the worker of this process; where the environment names a directory it is one from now on.
pub fn current() -> Option<&'static Worker> {
    joined().or_else(|| {
        if may_share() && !FAILED.load(Ordering::Relaxed) {
            FAILED.store(join_by_environment().is_err(), Ordering::Relaxed);
        }
        joined()
    })
}

/// Whether the directory that the environment names could not be joined.
static FAILED: AtomicBool = AtomicBool::new(false);

/// Returns cells for one thread, all zero, by the number of its slab.
pub fn chunk(slab: usize, chunk: u32, cells: usize) -> Option<&'static [AtomicU64]> {
    joined()?.chunk(slab as u64, chunk, cells)
}

/// Makes a change that readers of the file have to see whole.
pub fn changing(change: impl FnOnce()) {
    match joined() {
        Some(worker) => worker.changing(change),
        None => change(),
    }
}

/// Whether this process is a worker, or will be with its first cell.
fn may_share() -> bool {
    static NAMED: OnceLock<bool> = OnceLock::new();
    joined().is_some() || *once(&NAMED, || std::env::var_os(DIRECTORY).is_some_and(|directory| !directory.is_empty()))
}

/// Returns the directory that this process shares in, if it does: where the environment names one, from now on.
///
/// # Errors
///
/// Returns a [`JoinError`] if that directory cannot be used.
pub(crate) fn join_by_environment() -> Result<Option<PathBuf>, JoinError> {
    if let Some(worker) = joined() {
        return Ok(Some(worker.directory().to_owned()));
    }
    match std::env::var_os(DIRECTORY).filter(|directory| !directory.is_empty()) {
        Some(directory) => {
            join(Path::new(&directory))?;
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
        match joined() {
            Some(worker) => {
                Self { directory: Some(worker.directory().to_owned()), is_seen: worker.is_seen(), unshared: joined::unshared() }
            }
            None => Self { directory: None, is_seen: false, unshared: 0 },
        }
    }
}
