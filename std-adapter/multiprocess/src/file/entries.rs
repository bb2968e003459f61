//! What a file has without the values of cells, and how another file begins with it.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicU64, Ordering};

use super::disk;
use super::layout::{CELLS_HEAD, Head, KEY, KEY_CREATED, MAGIC, header, header_checksum};
use super::mapping::{Glimpse, Region};

/// The entries of a file at one moment, without the values of cells.
pub(crate) struct Entries {
    /// How many bytes of the file are written.
    used: u64,
    /// How many series are counted in memory alone.
    unshared: u64,
    /// Of each entry its place in words, how many words are kept, and those.
    words: Vec<u64>,
}

impl Entries {
    pub(crate) fn of(region: &Region, used: u64) -> Self {
        let from = region.words(0, region.mapped() / 8).unwrap_or(&[]);
        let word = |at: usize| from.get(at).map_or(0, |word| word.load(Ordering::Relaxed));
        let (mut at, end, mut words) = (header::WORDS, (used / 8) as usize, Vec::new());
        while at < end {
            let head = Head::of(word(at));
            if head.words() == 0 {
                break;
            }
            // The new file is zero, and so are the cells of the child.
            let kept = if head.tag == KEY { head.words() } else { CELLS_HEAD };
            words.extend([at as u64, kept as u64]);
            words.extend((at..at + kept).map(word));
            at += head.words();
        }
        Self { used, unshared: word(header::UNSHARED), words }
    }

    /// Shows every word that is not zero at the start, and its place in words.
    fn each(&self, now: u64, mut see: impl FnMut(usize, u64)) {
        let mut rest = &*self.words;
        while let [at, kept, behind @ ..] = rest {
            let Some((entry, behind)) = behind.split_at_checked(*kept as usize) else { return };
            let is_key = entry.first().is_some_and(|head| Head::of(*head).tag == KEY);
            for (index, word) in entry.iter().enumerate() {
                see(*at as usize + index, if is_key && index == KEY_CREATED { now } else { *word });
            }
            rest = behind;
        }
    }
}

/// A file for this process with these entries, mapped over another's.
pub(crate) fn renew(region: &Region, folder: BorrowedFd<'_>, entries: &Entries) -> io::Result<OwnedFd> {
    let bytes = region.mapped();
    let (file, id) = disk::create(folder, bytes as u64)?;
    let glimpse = Glimpse::of(file.as_fd(), bytes)?;
    let to = glimpse.words();
    let set = |at: usize, value: u64| to.get(at).into_iter().for_each(|word| word.store(value, Ordering::Relaxed));
    entries.each(disk::nanos(), set);
    set(header::UNSHARED, entries.unshared);
    head(to, id, entries.used);
    region.replace(Some(file.as_fd()))?;
    Ok(file)
}

/// Writes a header. A file is one when the first word is there.
pub(crate) fn head(words: &[AtomicU64], id: u64, used: u64) {
    let (pid, started) = disk::process();
    let values = [
        (header::ID, id),
        (header::PID, pid),
        (header::STARTED, started),
        (header::USED, used),
        (header::CHECKSUM, header_checksum(id, pid, started, 0, &[])),
        (header::MAGIC, MAGIC),
    ];
    for (index, value) in values {
        if let Some(word) = words.get(index) {
            // In this order: a reader that finds the magic number, which is last, finds the rest of the header.
            word.store(value, Ordering::Release);
        }
    }
}
