//! Memory that is a file: the only `unsafe` of this module's parent.
//!
//! A range of addresses is reserved once, and the file is mapped into it piece by piece: what was mapped never moves, and is
//! never unmapped, so that cells are plain references. After a fork another file takes the place of the first at the same
//! addresses.
#![allow(unsafe_code, reason = "mapped memory, and a handler that the C library calls at a fork")]

use std::io;
use std::mem::ManuallyDrop;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use picometer::__private::{Slot, State, Table};
use rustix::io::DupFlags;
use rustix::mm::{MapFlags, ProtFlags, mmap, mmap_anonymous, munmap};

/// Reserved addresses, of which the first part is mapped.
#[derive(Debug)]
pub(crate) struct Region {
    base: usize,
    reserved: usize,
    mapped: AtomicUsize,
}

impl Region {
    /// Takes the addresses; as many as a million series take, or fewer where the process may not have so many.
    pub(crate) fn reserve() -> io::Result<Self> {
        let mut reserved = 1 << 30;
        loop {
            // SAFETY: new addresses, which no reference reaches.
            match unsafe { mmap_anonymous(ptr::null_mut(), reserved, ProtFlags::empty(), MapFlags::PRIVATE | MapFlags::NORESERVE) } {
                Ok(base) => return Ok(Self { base: base.expose_provenance(), reserved, mapped: AtomicUsize::new(0) }),
                Err(_) if reserved > 1 << 24 => reserved /= 2,
                Err(error) => return Err(error.into()),
            }
        }
    }

    pub(crate) fn mapped(&self) -> usize {
        self.mapped.load(Ordering::Acquire)
    }

    pub(crate) fn reserved(&self) -> usize {
        self.reserved
    }

    /// Maps the file from what is mapped already up to `end`; both are multiples of a page, and the file is as long.
    pub(crate) fn extend(&self, file: BorrowedFd<'_>, end: usize) -> io::Result<()> {
        let from = self.mapped();
        if end <= from || end > self.reserved {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        check_length(file, end)?;
        self.map(Some(file), from, end)?;
        // Pairs with the load in `mapped`: a thread that reads this end finds the addresses below it mapped.
        self.mapped.store(end, Ordering::Release);
        Ok(())
    }

    /// Maps another file in place of all that is mapped; without one, memory of this process. The file is as long.
    pub(crate) fn replace(&self, file: Option<BorrowedFd<'_>>) -> io::Result<()> {
        file.map_or(Ok(()), |file| check_length(file, self.mapped()))?;
        self.map(file, 0, self.mapped())
    }

    fn map(&self, file: Option<BorrowedFd<'_>>, from: usize, end: usize) -> io::Result<()> {
        let at = ptr::with_exposed_provenance_mut::<std::ffi::c_void>(self.base + from);
        let access = ProtFlags::READ | ProtFlags::WRITE;
        let mapped = match file {
            // SAFETY: the range lies within the reserved addresses, which are this region's for ever; what was mapped there is
            // only seen as atomics, of which any value is good.
            Some(file) => unsafe { mmap(at, end - from, access, MapFlags::SHARED | MapFlags::FIXED, file, from as u64) },
            // SAFETY: as above.
            None => unsafe { mmap_anonymous(at, end - from, access, MapFlags::PRIVATE | MapFlags::FIXED) },
        };
        Ok(mapped.map(|at| _ = at.expose_provenance())?)
    }

    /// Words at a place, in bytes from the start; none where it is not mapped.
    pub(crate) fn words(&self, place: usize, count: usize) -> Option<&'static [AtomicU64]> {
        let end = count.checked_mul(8)?.checked_add(place)?;
        if end > self.mapped() || !place.is_multiple_of(8) {
            return None;
        }
        // SAFETY: the range is mapped for ever, readable, writable and aligned; and it is only used as atomics.
        Some(unsafe { std::slice::from_raw_parts(ptr::with_exposed_provenance(self.base + place), count) })
    }
}

/// Behind the end of a file there is no memory to map.
fn check_length(file: BorrowedFd<'_>, bytes: usize) -> io::Result<()> {
    let length = rustix::fs::fstat(file)?.st_size;
    if u64::try_from(length).is_ok_and(|length| length >= bytes as u64) { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

/// A file that is mapped for a moment.
pub(crate) struct Glimpse {
    base: *mut std::ffi::c_void,
    bytes: usize,
}

impl Glimpse {
    /// The file is as long.
    pub(crate) fn of(file: BorrowedFd<'_>, bytes: usize) -> io::Result<Self> {
        check_length(file, bytes)?;
        // SAFETY: new addresses.
        let base = unsafe { mmap(ptr::null_mut(), bytes, ProtFlags::READ | ProtFlags::WRITE, MapFlags::SHARED, file, 0)? };
        Ok(Self { base, bytes })
    }

    pub(crate) fn words(&self) -> &[AtomicU64] {
        // SAFETY: mapped until this is dropped, aligned to a page, and only used as atomics.
        unsafe { std::slice::from_raw_parts(self.base.cast_const().cast(), self.bytes / 8) }
    }
}

impl Drop for Glimpse {
    fn drop(&mut self) {
        // SAFETY: mapped by `of`, and `words` borrows from this.
        let _ = unsafe { munmap(self.base, self.bytes) };
    }
}

/// Words that the state of a native histogram's table takes.
pub(crate) const STATE: usize = size_of::<State>() / 8;

/// The table of a native histogram in these words: its state, then its places.
pub fn table(words: &[AtomicU64]) -> Option<Table<'_>> {
    const { assert!(size_of::<State>().is_multiple_of(8) && align_of::<State>() <= 8 && size_of::<Slot>() == 8) }
    let (state, slots) = words.split_at_checked(STATE)?;
    // SAFETY: as long and as aligned as was asked above; it is made of integers that are atomic, of which any value is good, and
    // a shared reference to it is used like one to the words.
    let state = unsafe { &*state.as_ptr().cast::<State>() };
    // SAFETY: a place is one atomic word and nothing else.
    let slots = unsafe { std::slice::from_raw_parts(slots.as_ptr().cast::<Slot>(), slots.len()) };
    Some(Table { state, slots })
}

/// A descriptor that a process keeps open as long as it lives.
#[derive(Debug)]
pub(crate) struct Kept(OwnedFd);

impl Kept {
    pub(crate) fn new(file: OwnedFd) -> Self {
        Self(file)
    }

    pub(crate) fn get(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }

    /// Puts another file under the same number, so that who has borrowed it never has a number that is closed. One system call.
    pub(crate) fn replace(&self, by: BorrowedFd<'_>) -> io::Result<()> {
        // SAFETY: the number is open, and stays so: this second owner of it is never dropped.
        let mut same = ManuallyDrop::new(unsafe { OwnedFd::from_raw_fd(self.0.as_raw_fd()) });
        Ok(rustix::io::dup3(by, &mut same, DupFlags::CLOEXEC)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs::File;

    const PAGE: usize = 64 * 1024;

    fn file(bytes: usize) -> File {
        let path = std::env::temp_dir().join(format!("picometer-mapping-{}-{bytes}-{:?}", std::process::id(), std::thread::current().id()));
        let file = File::options().read(true).write(true).create(true).truncate(true).open(&path).unwrap();
        std::fs::remove_file(path).unwrap();
        file.set_len(bytes as u64).unwrap();
        file
    }

    fn store(region: &Region, place: usize, value: u64) {
        region.words(place, 1).unwrap()[0].store(value, Ordering::Relaxed);
    }

    fn load(region: &Region, place: usize) -> u64 {
        region.words(place, 1).unwrap()[0].load(Ordering::Relaxed)
    }

    #[test]
    #[cfg_attr(miri, ignore = "files and memory of the system")]
    fn words_are_within_what_is_mapped() {
        let (region, file) = (Region::reserve().unwrap(), file(2 * PAGE));
        assert!(region.words(0, 1).is_none(), "nothing is mapped");
        region.extend(file.as_fd(), PAGE).unwrap();
        assert_eq!(region.words(PAGE - 16, 2).unwrap().len(), 2);
        for (place, count) in [(PAGE - 8, 2), (PAGE, 1), (4, 1), (0, usize::MAX), (usize::MAX - 7, 1), (8, usize::MAX / 8), (PAGE * 4, 0)] {
            assert!(region.words(place, count).is_none(), "{count} words at {place}");
        }
        // What was mapped stays where it is.
        store(&region, 8, 7);
        let first = region.words(8, 1).unwrap();
        region.extend(file.as_fd(), 2 * PAGE).unwrap();
        assert_eq!((first[0].load(Ordering::Relaxed), first.as_ptr()), (7, region.words(8, 1).unwrap().as_ptr()));
        store(&region, 2 * PAGE - 8, 9);
    }

    #[test]
    #[cfg_attr(miri, ignore = "files and memory of the system")]
    fn mapping_behind_the_end_of_a_file_is_an_error() {
        let (region, short) = (Region::reserve().unwrap(), file(PAGE));
        assert!(region.extend(short.as_fd(), 2 * PAGE).is_err());
        assert!(region.extend(short.as_fd(), region.reserved() + PAGE).is_err());
        assert_eq!(region.mapped(), 0);
        region.extend(file(2 * PAGE).as_fd(), 2 * PAGE).unwrap();
        assert!(region.replace(Some(short.as_fd())).is_err(), "what is mapped is longer than the file");
        assert!(Glimpse::of(short.as_fd(), 2 * PAGE).is_err());
        assert_eq!(load(&region, 2 * PAGE - 8), 0);
    }

    #[test]
    #[cfg_attr(miri, ignore = "files and memory of the system")]
    fn replaced_file_is_seen_by_who_has_words_already() {
        let (region, own, other) = (Region::reserve().unwrap(), file(PAGE), file(PAGE));
        region.extend(own.as_fd(), PAGE).unwrap();
        let words = region.words(0, 2).unwrap();
        words[1].store(7, Ordering::Relaxed);
        region.replace(Some(other.as_fd())).unwrap();
        assert_eq!(words[1].load(Ordering::Relaxed), 0);
        words[1].store(8, Ordering::Relaxed);
        let seen = |file: &File| Glimpse::of(file.as_fd(), PAGE).unwrap().words()[1].load(Ordering::Relaxed);
        assert_eq!((seen(&own), seen(&other)), (7, 8));
        region.replace(None).unwrap();
        words[1].store(9, Ordering::Relaxed);
        assert_eq!((load(&region, 8), seen(&other)), (9, 8));
    }

    #[test]
    fn table_takes_the_words_that_it_needs() {
        let words: Vec<AtomicU64> = (0..STATE + 3).map(|_| AtomicU64::new(0)).collect();
        assert!(table(&words[..STATE - 1]).is_none());
        assert_eq!(table(&words).unwrap().slots.len(), 3);
    }

    #[test]
    #[cfg_attr(miri, ignore = "files and memory of the system")]
    fn kept_descriptor_keeps_its_number() {
        let (own, other) = (file(PAGE), file(3 * PAGE));
        let kept = Kept::new(own.into());
        let number = kept.get().as_raw_fd();
        kept.replace(other.as_fd()).unwrap();
        drop(other);
        assert_eq!(kept.get().as_raw_fd(), number);
        assert_eq!(rustix::fs::fstat(kept.get()).unwrap().st_size, 3 * PAGE as i64);
    }
}
