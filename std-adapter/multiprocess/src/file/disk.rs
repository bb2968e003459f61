//! Files of workers: made, locked, made longer. Allocates nothing and takes no lock, because the child of a fork does it too.
//!
//! A file is made where there is none of its name (`O_EXCL`), so that nothing is written through a link.

use std::ffi::CStr;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::fs::{self, AtFlags, FallocateFlags, FlockOperation, Mode, OFlags};
use rustix::io::Errno;
use rustix::process::{Resource, getpid, getrlimit};
use rustix::time::{ClockId, Timespec, clock_gettime};

use super::layout;

/// The end of the names of workers' files. Not `.db`, which is Python's.
pub(crate) const SUFFIX: &str = ".pico";

/// `PID-IDENTITY.pico`, with a NUL behind it.
struct Name {
    bytes: [u8; 64],
    len: usize,
}

impl Name {
    fn new(pid: u64, id: u64) -> Self {
        let mut name = Self { bytes: [0; 64], len: 0 };
        name.digits(pid, 10);
        name.push(b'-');
        name.digits(id, 16);
        SUFFIX.bytes().for_each(|byte| name.push(byte));
        name
    }

    fn push(&mut self, byte: u8) {
        // Room for both numbers and the rest, with a NUL to spare.
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
            self.len += 1;
        }
    }

    fn digits(&mut self, number: u64, base: u64) {
        if number >= base {
            self.digits(number / base, base);
        }
        self.push(b"0123456789abcdef".get((number % base) as usize).copied().unwrap_or(b'0'));
    }

    fn as_c_str(&self) -> io::Result<&CStr> {
        CStr::from_bytes_until_nul(&self.bytes).map_err(|_| io::ErrorKind::InvalidFilename.into())
    }
}

/// A file of this process, locked and so long, and its identity. Without a valid header: it is not read yet.
pub(crate) fn create(folder: BorrowedFd<'_>, bytes: u64) -> io::Result<(OwnedFd, u64)> {
    let pid = getpid().as_raw_pid().unsigned_abs().into();
    let mut id = identity(nanos(), pid);
    loop {
        let name = Name::new(pid, id);
        let flags = OFlags::CREATE | OFlags::EXCL | OFlags::RDWR | OFlags::CLOEXEC;
        match fs::openat(folder, name.as_c_str()?, flags, Mode::from_raw_mode(0o644)) {
            Ok(file) => {
                // A collector that folds dead workers may have taken it for one of theirs.
                if lock(&file).is_ok() && fs::fstat(&file)?.st_nlink == 0 {
                    id = next(id);
                    continue;
                }
                return match lock(&file).and_then(|()| lengthen(file.as_fd(), 0, bytes)) {
                    Ok(()) => Ok((file, id)),
                    Err(error) => {
                        let _ = fs::unlinkat(folder, name.as_c_str()?, AtFlags::empty());
                        Err(error)
                    }
                };
            }
            // Another container may have a process of this number.
            Err(Errno::EXIST) => id = next(id),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// An identity that two processes do not have which begin at the same nanosecond. 0 is none.
fn identity(nanos: u64, pid: u64) -> u64 {
    let mixed = (nanos ^ pid.rotate_left(42)).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    (mixed ^ mixed >> 29).max(1)
}

fn next(id: u64) -> u64 {
    id.wrapping_add(1).max(1)
}

/// Whether this is the name of the file of a process and an identity; a copy has another.
pub(crate) fn is_name_of(name: &str, pid: u64, id: u64) -> bool {
    Name::new(pid, id).as_c_str().is_ok_and(|own| own.to_bytes() == name.as_bytes())
}

/// Locks the file as long as it is open. A check whether its process lives takes the lock briefly.
fn lock(file: &OwnedFd) -> io::Result<()> {
    for _ in 0..1_000 {
        match fs::flock(file, FlockOperation::NonBlockingLockExclusive) {
            Err(Errno::WOULDBLOCK | Errno::INTR) => {
                let _ = rustix::thread::nanosleep(&Timespec { tv_sec: 0, tv_nsec: 1_000_000 });
            }
            done => return Ok(done?),
        }
    }
    Err(Errno::WOULDBLOCK.into())
}

/// Makes the file longer by blocks that are its own from now on, so that a full disk is an error here and no signal later.
pub(crate) fn lengthen(file: BorrowedFd<'_>, from: u64, end: u64) -> io::Result<()> {
    // Beyond the limit of the process the kernel sends a signal.
    if getrlimit(Resource::Fsize).current.is_some_and(|most| end > most) {
        return Err(Errno::FBIG.into());
    }
    loop {
        match fs::fallocate(file, FallocateFlags::empty(), from, end - from) {
            Err(Errno::INTR) => {}
            // File systems that cannot: the blocks are written.
            Err(Errno::OPNOTSUPP | Errno::NOSYS) => break,
            done => return Ok(done?),
        }
    }
    let mut at = from;
    while at < end {
        let zeros = [0; 4_096];
        let piece = zeros.get(..(end - at).min(4_096) as usize).unwrap_or(&zeros);
        match rustix::io::pwrite(file, piece, at) {
            Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
            Ok(count) => at += count as u64,
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// Nanoseconds since the epoch.
pub fn nanos() -> u64 {
    let now = clock_gettime(ClockId::Realtime);
    (now.tv_sec.unsigned_abs() * 1_000_000_000).saturating_add(now.tv_nsec.unsigned_abs())
}

/// Number and start of this process.
pub(crate) fn process() -> (u64, u64) {
    let pid = getpid().as_raw_pid().unsigned_abs().into();
    let mut stat = [0; 512];
    let read = fs::open(c"/proc/self/stat", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
        .and_then(|file| rustix::io::read(file, &mut stat[..]))
        .unwrap_or(0);
    (pid, stat.get(..read).and_then(layout::start_time).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_of_process_and_identity() {
        assert_eq!(Name::new(4711, 0xfeed).as_c_str().unwrap(), c"4711-feed.pico");
        assert!(Name::new(u64::MAX, u64::MAX).as_c_str().unwrap().to_bytes().ends_with(b".pico"));
        assert!(is_name_of("4711-feed.pico", 4711, 0xfeed) && !is_name_of("copy-4711-feed.pico", 4711, 0xfeed));
    }

    #[test]
    fn identities_of_one_moment_differ() {
        let mut all: Vec<_> = (0..10_000).map(|pid| identity(1_700_000_000_000_000_000, pid)).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 10_000);
        assert_eq!((identity(0, 0), next(u64::MAX)), (1, 1));
    }

    #[test]
    #[cfg_attr(miri, ignore = "files of the system")]
    fn a_process_knows_itself() {
        let (pid, started) = process();
        assert_eq!(pid, u64::from(std::process::id()));
        assert!(started > 0);
    }
}
