//! The file of this process, and who adds to it.

use std::io;
use std::os::fd::{AsFd, RawFd};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicI32, AtomicU64, Ordering};
use std::thread::yield_now;

use rustix::fs::{Mode, OFlags, open};

use super::layout::{self, HEADER_BYTES, KEY_STATE, REMOVED, header};
use super::mapping::{self, Region, Words};
use super::{disk, fork};

/// So long a file begins: some four hundred series.
const FIRST: u64 = 64 * 1024;
/// There is no file: cells are counted in memory.
const NONE: RawFd = -1;

static WORKER: OnceLock<Worker> = OnceLock::new();

/// What this process shares with others.
#[derive(Debug)]
pub(super) struct Worker {
    directory: PathBuf,
    folder: RawFd,
    file: AtomicI32,
    region: Region,
    used: AtomicU64,
    unshared: AtomicU64,
    pub(super) lock: Spin,
}

/// A lock that can be held over a fork. Held for as long as it takes to write an entry, and to make a file longer.
#[derive(Debug, Default)]
pub(super) struct Spin(AtomicBool);

impl Spin {
    pub(super) fn lock(&self) {
        while self.0.compare_exchange_weak(false, true, Ordering::Acquire, Ordering::Relaxed).is_err() {
            yield_now();
        }
    }

    pub(super) fn unlock(&self) {
        self.0.store(false, Ordering::Release);
    }
}

/// The worker of this process, if it is one.
pub(super) fn joined() -> Option<&'static Worker> {
    WORKER.get()
}

/// Makes this process a worker of a directory. Whoever comes second finds the first one's directory.
pub(super) fn join(directory: &Path) -> io::Result<&'static Worker> {
    static JOINING: std::sync::Mutex<()> = std::sync::Mutex::new(());
    let _joining = JOINING.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some(worker) = WORKER.get() {
        return Ok(worker);
    }
    let folder = open(directory, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
    let region = Region::reserve()?;
    let (file, id) = disk::create(folder.as_fd(), FIRST)?;
    region.extend(file.as_fd(), FIRST as usize)?;
    let worker = Worker {
        directory: directory.to_owned(),
        folder: mapping::keep(folder),
        file: AtomicI32::new(mapping::keep(file)),
        region,
        used: AtomicU64::new(HEADER_BYTES),
        unshared: AtomicU64::new(0),
        lock: Spin::default(),
    };
    let header = worker.region.words(0, header::WORDS).ok_or(io::ErrorKind::OutOfMemory)?;
    fork::head(header, id, HEADER_BYTES);
    fork::register()?;
    Ok(WORKER.get_or_init(|| worker))
}

impl Worker {
    pub(super) fn directory(&self) -> &Path {
        &self.directory
    }

    /// How many cells are counted in memory alone.
    pub(super) fn unshared(&self) -> u64 {
        self.unshared.load(Ordering::Relaxed)
    }

    /// Cells at their start; on the heap where the file takes no more.
    pub(super) fn cells(&self, flags: u8, values: &[u64]) -> Words {
        let entry = layout::cells_entry(flags, disk::nanos(), values);
        let shared = self.append(&entry).and_then(|place| {
            let cells = place as usize + layout::CELLS_HEAD * 8;
            Some(Words::mapped(self.region.words(cells, values.len())?, place))
        });
        shared.unwrap_or_else(|| {
            self.unshared.fetch_add(1, Ordering::Relaxed);
            self.tell_unshared();
            Words::on_heap(values)
        })
    }

    /// Names cells, and returns the place of the key.
    pub(super) fn name(&self, tags: layout::Tags, cells: u32, text: &[u8]) -> Option<u32> {
        let place = self.append(&layout::key_entry(tags, 0, cells, text));
        if place.is_none() {
            self.unshared.fetch_add(1, Ordering::Relaxed);
            self.tell_unshared();
        }
        place
    }

    /// Takes the series of a key away from whoever reads.
    pub(super) fn remove(&self, key: u32) {
        if let Some([_, state, ..]) = self.region.words(key as usize, KEY_STATE + 1) {
            state.store(REMOVED, Ordering::Release);
        }
    }

    fn tell_unshared(&self) {
        if let Some(place) = self.region.words(header::UNSHARED * 8, 1).and_then(<[AtomicU64]>::first) {
            place.store(self.unshared(), Ordering::Relaxed);
        }
    }

    fn append(&self, entry: &[u64]) -> Option<u32> {
        self.lock.lock();
        let place = self.append_locked(entry);
        self.lock.unlock();
        place
    }

    fn append_locked(&self, entry: &[u64]) -> Option<u32> {
        let place = self.used.load(Ordering::Relaxed);
        let end = place + entry.len() as u64 * 8;
        if end > self.region.mapped() as u64 {
            self.grow(end).ok()?;
        }
        let words = self.region.words(place as usize, entry.len())?;
        words.iter().zip(entry).for_each(|(word, value)| word.store(*value, Ordering::Relaxed));
        self.used.store(end, Ordering::Relaxed);
        // Whoever sees this sees the entry.
        self.region.words(header::USED * 8, 1)?.first()?.store(end, Ordering::Release);
        u32::try_from(place).ok()
    }

    fn grow(&self, least: u64) -> io::Result<()> {
        let file = self.file.load(Ordering::Acquire);
        let mapped = self.region.mapped() as u64;
        let end = (mapped * 2).max(least.next_multiple_of(FIRST)).min(self.region.reserved() as u64);
        if file == NONE || end < least {
            return Err(io::ErrorKind::StorageFull.into());
        }
        disk::lengthen(mapping::kept(file), mapped, end)?;
        self.region.extend(mapping::kept(file), end as usize)
    }

    /// Whether values are in a file that is still in its directory.
    pub(super) fn is_seen(&self) -> bool {
        let file = self.file.load(Ordering::Acquire);
        file != NONE && rustix::fs::fstat(mapping::kept(file)).is_ok_and(|stat| stat.st_nlink > 0)
    }

    /// In the child of a fork, whose only thread this is: a file of its own in place of its parent's, with the same series from
    /// their start on; memory where there cannot be one. Nothing here allocates or takes a lock.
    pub(super) fn part_from_parent(&self) {
        let file = self.file.load(Ordering::Acquire);
        if file == NONE {
            return;
        }
        let own = fork::renew(&self.region, mapping::kept(self.folder), self.used.load(Ordering::Relaxed));
        self.unshared.store(0, Ordering::Relaxed);
        match own {
            Ok(own) => self.file.store(mapping::keep(own), Ordering::Release),
            Err(_) => {
                let _ = self.region.replace(None);
                self.file.store(NONE, Ordering::Release);
                self.unshared.store(1, Ordering::Relaxed);
            }
        }
        mapping::close(file);
    }
}
