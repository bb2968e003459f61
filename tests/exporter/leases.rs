//! A certificate in a regular file whose opening blocks, as one does on a file system that does not answer.
#![allow(unsafe_code, reason = "a lease of the C library's fcntl")]

use std::ffi::c_int;
use std::fs::{File, OpenOptions};
use std::os::fd::{AsRawFd, RawFd};
use std::path::Path;

use crate::client::{METRICS, exchange, exporter, started};
use crate::peers::{Folder, wait_for};
use crate::tls::{Authority, client, from, scrape};

unsafe extern "C" {
    fn fcntl(descriptor: RawFd, command: c_int, argument: c_int) -> c_int;
    fn signal(number: c_int, handler: usize) -> usize;
}

const SET: c_int = 1_024;
const GET: c_int = 1_025;
const WRITE: c_int = 1;
const NONE: c_int = 2;

/// Others who open the file wait until this is dropped, or 45 seconds.
struct Lease(File);

impl Lease {
    /// None where the file system has no leases.
    fn of(path: &Path) -> Option<Self> {
        const SIGIO: c_int = 29;
        let file = OpenOptions::new().read(true).write(true).open(path).unwrap();
        // SAFETY: the signal that the holder of a lease gets is ignored, and the descriptor is open.
        let set = unsafe {
            signal(SIGIO, 1);
            fcntl(file.as_raw_fd(), SET, WRITE)
        };
        (set == 0).then_some(Self(file))
    }

    /// Whether another one waits for it.
    fn is_waited_for(&self) -> bool {
        // SAFETY: the descriptor is open.
        unsafe { fcntl(self.0.as_raw_fd(), GET, 0) != WRITE }
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        // SAFETY: the descriptor is open.
        unsafe { fcntl(self.0.as_raw_fd(), SET, NONE) };
    }
}

/// New files in place of those of the server; whether they can be read is up to the lease.
fn replace(folder: &Folder, by: &Authority) -> Option<Lease> {
    by.write(folder, "next");
    let at = |name: &str| folder.path().join(name);
    let lease = Lease::of(&at("next.crt"))?;
    std::fs::rename(at("next.key"), at("server.key")).unwrap();
    std::fs::rename(at("next.crt"), at("server.crt")).unwrap();
    Some(lease)
}

#[test]
fn certificate_that_cannot_be_opened_yet_stops_nothing() {
    let (folder, first, second) = (Folder::new("lease"), Authority::new(), Authority::new());
    first.write(&folder, "server");
    let (handle, address) = started(exporter().tls(from(&folder)), METRICS);
    let Some(lease) = replace(&folder, &second) else { return println!("SKIP: the file system of {:?} has no leases", folder.path()) };
    wait_for("the file to be opened", || lease.is_waited_for().then_some(()));
    for _ in 0..3 {
        assert!(scrape(client(address, &first, None)).is_some());
        let mut health = client(address, &first, None);
        assert_eq!(exchange(&mut health, "/-/healthy", &[]).status, 200);
    }
    drop(lease);
    wait_for("the new certificate", || scrape(client(address, &second, None)));
    // The end does not wait for it either, and says what it left.
    let Some(lease) = replace(&folder, &first) else { return };
    wait_for("the file to be opened again", || lease.is_waited_for().then_some(()));
    let report = handle.handle().shutdown();
    assert_eq!((report.threads, report.cut_off), (1, 0), "{report:?}");
    drop(lease);
}
