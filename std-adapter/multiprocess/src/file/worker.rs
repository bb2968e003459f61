//! The file of this process, and who adds to it.

use std::collections::BTreeMap;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

use rustix::fs::{Mode, OFlags, open};

use super::entries::{self, Entries};
use super::layout::{self, CELLS_HEAD, HEADER_BYTES, Head, KEY_REST, KEY_STATE, KeyParts, header};
use super::mapping::{Kept, Region};
use super::{disk, protocol};
use picometer_epoch::Mutex;

/// So long a file begins: some four hundred series.
const FIRST: u64 = 64 * 1024;
/// So many requests pass before the file is grown again after that failed.
const PATIENCE: u32 = 1_000;

/// What this process shares with others.
#[derive(Debug)]
pub struct Worker {
    directory: PathBuf,
    folder: Kept,
    file: Kept,
    /// Otherwise cells are counted in memory.
    has_file: AtomicBool,
    region: Region,
    used: AtomicU64,
    patience: AtomicU32,
    /// Entries whose series are gone; who has it writes to the file.
    free: Mutex<Free>,
}

/// Places of entries by their length in words.
#[derive(Debug, Default)]
struct Free {
    cells: BTreeMap<usize, Vec<u32>>,
    keys: BTreeMap<usize, Vec<u32>>,
}

/// What the file has of this process.
impl Worker {
    /// Makes a file in a directory.
    pub(crate) fn begin(directory: &Path) -> io::Result<Self> {
        let folder = open(directory, OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC, Mode::empty())?;
        let region = Region::reserve()?;
        let (file, id) = disk::create(folder.as_fd(), FIRST)?;
        region.extend(file.as_fd(), FIRST as usize)?;
        let header = region.words(0, header::WORDS).ok_or(io::ErrorKind::OutOfMemory)?;
        entries::head(header, id, HEADER_BYTES);
        Ok(Self {
            directory: directory.to_owned(),
            folder: Kept::new(folder),
            file: Kept::new(file),
            has_file: AtomicBool::new(true),
            region,
            used: AtomicU64::new(HEADER_BYTES),
            patience: AtomicU32::new(0),
            free: Mutex::default(),
        })
    }

    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// Cells of one thread, all zero.
    pub(crate) fn chunk(&self, slab: u64, chunk: u32, cells: usize) -> Option<&'static [AtomicU64]> {
        let head = layout::chunk_head(slab, chunk, cells);
        let place = self.locked(|_| self.append(&head, cells))?;
        self.region.words(place as usize + CELLS_HEAD * 8, cells)
    }

    /// Cells that all threads share, all zero, and the place of their entry.
    pub fn cells(&self, count: usize) -> Option<(u32, &'static [AtomicU64])> {
        let place = self.locked(|free| match free.cells.get_mut(&count).and_then(Vec::pop) {
            Some(place) => Some(place),
            None => self.append(&layout::cells_head(count), count),
        })?;
        Some((place, self.region.words(place as usize + CELLS_HEAD * 8, count)?))
    }

    /// Takes cells back whose key is gone.
    pub fn free_cells(&self, place: u32, count: usize) {
        let Some(cells) = self.region.words(place as usize + CELLS_HEAD * 8, count) else { return };
        cells.iter().for_each(|cell| cell.store(0, Ordering::Relaxed));
        self.locked(|free| free.cells.entry(count).or_default().push(place));
    }

    /// Names cells, and returns the place of the key.
    pub fn name(&self, parts: &KeyParts<'_>) -> Option<u32> {
        let words = layout::key_words(parts.text);
        self.locked(|free| {
            // A longer entry of a series that is gone may do.
            if let Some((&room, places)) = free.keys.range_mut(words..=words * 2).next()
                && let Some(place) = places.pop()
            {
                if places.is_empty() {
                    free.keys.remove(&room);
                }
                let key = self.region.words(place as usize, room)?;
                let state = protocol::next(key.get(KEY_STATE)?.load(Ordering::Relaxed));
                let entry = layout::key_entry(room, state, parts);
                protocol::change(self.header(header::CHANGES)?, || protocol::write(key, &entry));
                return Some(place);
            }
            self.append(&layout::key_entry(words.next_multiple_of(4), protocol::live(0), parts), 0)
        })
    }

    /// Says where the rest of a series is that has a key.
    pub fn set_rest(&self, key: u32, rest: u64) {
        self.locked(|_| {
            let place = self.region.words(key as usize, KEY_REST + 1)?.last()?;
            if place.load(Ordering::Relaxed) != rest {
                protocol::change(self.header(header::CHANGES)?, || place.store(rest, Ordering::Relaxed));
            }
            Some(())
        });
    }

    /// Takes the series of a key away from readers. Behind this its cells may be another's.
    pub fn remove(&self, key: u32) {
        self.locked(|free| {
            let words = self.region.words(key as usize, KEY_STATE + 1)?;
            let room = Head::of(words.first()?.load(Ordering::Relaxed)).words();
            protocol::change(self.header(header::CHANGES)?, || words.iter().skip(KEY_STATE).for_each(protocol::remove));
            free.keys.entry(room).or_default().push(key);
            Some(())
        });
    }

    /// Makes a change that readers have to see whole.
    pub(crate) fn changing(&self, change: impl FnOnce()) {
        self.locked(|_| match self.header(header::CHANGES) {
            Some(changes) => protocol::change(changes, change),
            None => change(),
        });
    }

    /// Says how many series are counted in memory alone.
    pub(crate) fn set_unshared(&self, unshared: u64) {
        if let Some(place) = self.header(header::UNSHARED) {
            place.store(unshared, Ordering::Relaxed);
        }
    }

    fn header(&self, index: usize) -> Option<&'static AtomicU64> {
        self.region.words(index * 8, 1)?.first()
    }

    fn locked<T>(&self, then: impl FnOnce(&mut Free) -> T) -> T {
        then(&mut self.free.lock())
    }

    /// Writes an entry behind the others, with so many zeros behind what is given. Under the lock.
    fn append(&self, entry: &[u64], zeros: usize) -> Option<u32> {
        let place = self.used.load(Ordering::Relaxed);
        let end = place + (entry.len() + zeros) as u64 * 8;
        if end > self.region.mapped() as u64 {
            self.grow(end).ok()?;
        }
        let words = self.region.words(place as usize, entry.len())?;
        words.iter().zip(entry).for_each(|(word, value)| word.store(*value, Ordering::Relaxed));
        self.used.store(end, Ordering::Relaxed);
        protocol::publish(self.header(header::USED)?, end);
        u32::try_from(place).ok()
    }

    fn grow(&self, least: u64) -> io::Result<()> {
        let patience = self.patience.load(Ordering::Relaxed);
        let mapped = self.region.mapped() as u64;
        let end = (mapped * 2).max(least.next_multiple_of(FIRST)).min(self.region.reserved() as u64);
        if !self.has_file.load(Ordering::Acquire) || end < least || patience > 0 {
            self.patience.store(patience.saturating_sub(1), Ordering::Relaxed);
            return Err(io::ErrorKind::StorageFull.into());
        }
        // Until the disk may have room again.
        self.patience.store(PATIENCE, Ordering::Relaxed);
        disk::lengthen(self.file.get(), mapped, end)?;
        self.region.extend(self.file.get(), end as usize)?;
        self.patience.store(0, Ordering::Relaxed);
        Ok(())
    }

    /// Whether values are in a file that is still in its directory.
    pub(crate) fn is_seen(&self) -> bool {
        self.has_file.load(Ordering::Acquire) && rustix::fs::fstat(self.file.get()).is_ok_and(|stat| stat.st_nlink > 0)
    }

    /// What a child of a fork has to know of the file, which goes on changing: its entries, without the values of cells.
    pub(crate) fn entries(&self) -> Entries {
        Entries::of(&self.region, self.used.load(Ordering::Relaxed))
    }

    /// In the child of a fork, whose only thread this is: a file of its own in place of its parent's, with the same series from
    /// their start on; memory where there cannot be one. Nothing here allocates or takes a lock.
    pub(crate) fn part_from_parent(&self, entries: &Entries) {
        if !self.has_file.load(Ordering::Acquire) {
            return;
        }
        let own = entries::renew(&self.region, self.folder.get(), entries);
        if own.and_then(|own| self.file.replace(own.as_fd())).is_err() {
            self.has_file.store(false, Ordering::Release);
            let _ = self.region.replace(None);
            // The lock of the parent is the parent's alone.
            let _ = self.file.replace(self.folder.get());
        }
    }
}
