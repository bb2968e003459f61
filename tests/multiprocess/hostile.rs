//! A directory that others can write to: names that are links, FIFOs and devices, copies, and damage.

use std::fs;
use std::os::unix::fs::{FileTypeExt, symlink};
use std::path::Path;
use std::process::Command;

use picometer_std::multiprocess::{Collector, python};
use picometer_std::{Counter, Family, Registry, Snapshot};

use super::Folder;
use super::child::{self, Worker};
use super::peers::skip;
use super::support::beside;

fn worker() {
    let registry = Registry::new();
    let jobs = registry.register(Family::<Counter, 1>::new("jobs_total", "Jobs.", ["kind"])).unwrap();
    child::serve(|command| match command {
        ["inc", kind] => jobs.with([*kind]).inc(),
        other => panic!("{other:?}"),
    });
}

fn jobs(page: &Snapshot, kind: &str) -> Option<f64> {
    page.value("jobs_total", &[("kind", kind)])
}

fn fifo(path: &Path) -> bool {
    Command::new("mkfifo").arg(path).status().is_ok_and(|status| status.success())
}

/// A worker that counted once and died, and one that lives.
fn dead_and_live(name: &str, folder: &Folder) -> Worker {
    let mut dead = Worker::start(name, folder);
    dead.ask("inc dead");
    dead.kill();
    let mut live = Worker::start(name, folder);
    live.ask("inc live");
    live
}

fn is_whole(folder: &Folder) {
    let page = folder.page();
    assert_eq!((jobs(&page, "dead"), jobs(&page, "live")), (Some(1.0), Some(1.0)));
}

#[test]
fn lock_that_is_no_file_is_left_alone() {
    child::role!(role, worker());
    let folder = Folder::new();
    let live = dead_and_live(role, &folder);
    let (lock, outside) = (folder.join("folding.lock"), Folder::new());
    let victim = outside.join("victim");
    let refused = || {
        assert!(Collector::new(&*folder).unwrap().fold().is_err());
        is_whole(&folder);
        assert!(!victim.exists());
    };
    symlink(&victim, &lock).unwrap();
    refused();
    fs::remove_file(&lock).unwrap();
    fs::create_dir(&lock).unwrap();
    refused();
    fs::remove_dir(&lock).unwrap();
    if fifo(&lock) {
        refused();
        assert!(fs::symlink_metadata(&lock).unwrap().file_type().is_fifo());
        fs::remove_file(&lock).unwrap();
    }
    assert_eq!(Collector::new(&*folder).unwrap().fold().unwrap(), Some(1));
    is_whole(&folder);
    live.end();
}

#[test]
fn nothing_is_written_through_a_link() {
    child::role!(role, worker());
    let folder = Folder::new();
    let live = dead_and_live(role, &folder);
    let outside = Folder::new();
    let victim = outside.join("victim");
    fs::write(&victim, "as it was").unwrap();
    let exported = format!("counter_picometer.db.{}.new", std::process::id());
    for name in ["folded.new", &exported] {
        symlink(&victim, folder.join(name)).unwrap();
    }
    python::export(&*folder).unwrap();
    assert_eq!(Collector::new(&*folder).unwrap().fold().unwrap(), Some(1));
    assert_eq!(fs::read_to_string(&victim).unwrap(), "as it was");
    is_whole(&folder);
    assert!(fs::symlink_metadata(folder.join("counter_picometer.db")).unwrap().is_file());
    // The file of the dead by a link: read not, and replaced not by what lies behind it.
    let folded = folder.join("folded.pico");
    fs::rename(&folded, outside.join("folded.pico")).unwrap();
    symlink(outside.join("folded.pico"), &folded).unwrap();
    let page = folder.page();
    assert_eq!((jobs(&page, "dead"), jobs(&page, "live")), (None, Some(1.0)));
    assert!(page.families.iter().any(|family| &*family.name == "picometer_multiprocess_file_error"));
    live.end();
}

#[test]
fn files_of_workers_that_are_none_are_not_opened() {
    child::role!(role, worker());
    let folder = Folder::new();
    let live = dead_and_live(role, &folder);
    let real = folder.files(".pico").remove(0);
    let mut count = 2;
    symlink(&real, folder.join("7-7.pico")).unwrap();
    symlink("/dev/zero", folder.join("counter_7.db")).unwrap();
    for name in ["8-8.pico", "counter_8.db"] {
        count += usize::from(fifo(&folder.join(name)));
    }
    // 1:5 is `/dev/zero`.
    if Command::new("mknod").arg(folder.join("9-9.pico")).args(["c", "1", "5"]).status().is_ok_and(|status| status.success()) {
        count += 1;
    } else {
        skip("no device in the directory: this user cannot make one");
    }
    let errors = Collector::new(&*folder).unwrap().file_errors().unwrap();
    assert_eq!(errors.len(), count, "{errors:?}");
    assert!(errors.iter().all(|error| error.reason.contains("not a regular file")), "{errors:?}");
    is_whole(&folder);
    // The directory itself may be named by a link.
    let outside = Folder::new();
    symlink(&*folder, outside.join("link")).unwrap();
    assert_eq!(jobs(&Snapshot::of(&Collector::new(outside.join("link")).unwrap()), "live"), Some(1.0));
    live.end();
}

#[test]
fn identity_in_several_files_counts_once() {
    child::role!(role, worker());
    let folder = Folder::new();
    let mut live = dead_and_live(role, &folder);
    let originals = folder.files(".pico");
    for (number, path) in originals.iter().enumerate() {
        // Names before and behind those of the originals.
        for name in [format!("!copy-{number}.pico"), format!("zcopy-{number}.pico")] {
            fs::copy(path, folder.join(name)).unwrap();
        }
        fs::hard_link(path, folder.join(format!("0-{number}.pico"))).unwrap();
    }
    let check = |live: f64, workers: f64| {
        for page in [folder.look(), folder.page(), folder.look(), folder.page()] {
            assert_eq!((jobs(&page, "dead"), jobs(&page, "live")), (Some(1.0), Some(live)), "{page:?}");
            assert_eq!(page.value("picometer_multiprocess_workers", &[]), Some(workers));
        }
    };
    check(1.0, 1.0);
    // Copies of one that lives are old, and it goes on counting.
    live.ask("inc live");
    check(2.0, 1.0);
    for _ in 0..3 {
        Collector::new(&*folder).unwrap().fold().unwrap();
        check(2.0, 1.0);
    }
    fs::copy(folder.join("folded.pico"), folder.join("backup.pico")).unwrap();
    check(2.0, 1.0);
    Collector::new(&*folder).unwrap().fold().unwrap();
    check(2.0, 1.0);
    live.kill();
    check(2.0, 0.0);
    // Folded by now.
    live = Worker::start(role, &folder);
    live.ask("inc other");
    check(2.0, 1.0);
    live.end();
}

#[test]
fn renamed_file_counts() {
    child::role!(role, worker());
    let folder = Folder::new();
    let live = dead_and_live(role, &folder);
    for (number, path) in folder.files(".pico").iter().enumerate() {
        fs::rename(path, folder.join(format!("renamed-{number}.pico"))).unwrap();
    }
    is_whole(&folder);
    assert!(Collector::new(&*folder).unwrap().file_errors().unwrap().is_empty());
    is_whole(&folder);
    live.end();
}

#[test]
fn damage_of_what_is_folded_is_found_anywhere() {
    child::role!(role, worker());
    let folder = Folder::new();
    let live = dead_and_live(role, &folder);
    assert_eq!(Collector::new(&*folder).unwrap().fold().unwrap(), Some(1));
    let path = folder.join("folded.pico");
    let whole = fs::read(&path).unwrap();
    let used = u64::from_ne_bytes(*whole[32..].first_chunk().unwrap()) as usize;
    assert_eq!(whole.len(), used);
    // Words of the header that are read: magic, identity, process, start, length, generation, checksum; and all behind it.
    let header = [0, 1, 2, 3, 4, 6, 8].into_iter().map(|word| word * 8);
    for at in header.chain((128..used).step_by(8)) {
        for bit in [0, 7, 13, 31, 40, 63] {
            let mut bytes = whole.clone();
            bytes[at + bit / 8] ^= 1 << (bit % 8);
            fs::write(&path, &bytes).unwrap();
            let collector = Collector::new(&*folder).unwrap();
            let errors = collector.file_errors().unwrap();
            assert!(errors.len() == 1 && &*errors[0].file == "folded.pico", "bit {bit} at {at}: {errors:?}");
            assert!(collector.fold().is_err());
            assert_eq!(jobs(&Snapshot::of(&collector), "live"), Some(1.0));
            assert_eq!(fs::read(&path).unwrap(), bytes);
        }
    }
    fs::write(&path, &whole).unwrap();
    is_whole(&folder);
    // The header of a worker has a checksum too.
    let dead = folder.join("1-1.pico");
    let mut bytes = fs::read(folder.files(".pico").iter().find(|file| **file != path).unwrap()).unwrap();
    for at in [8, 16, 24] {
        bytes[at] ^= 1;
        fs::write(&dead, &bytes).unwrap();
        bytes[at] ^= 1;
        let errors = Collector::new(&*folder).unwrap().file_errors().unwrap();
        assert!(errors.len() == 1 && errors[0].corrupt.is_some(), "{at}: {errors:?}");
    }
    live.end();
}

#[test]
fn file_that_shrinks_while_it_is_read_costs_itself() {
    child::role!(role, worker());
    let folder = Folder::new();
    let live = dead_and_live(role, &folder);
    let python = b"\x10\0\0\0\0\0\0\0";
    let bytes = fs::read(folder.files(".pico").remove(0)).unwrap();
    let cut = |turn: usize| {
        let length = turn.wrapping_mul(7_919) % (bytes.len() + 1);
        for (name, bytes) in [("1-1.pico", &bytes[..]), ("counter_1.db", &python[..])] {
            let path = folder.join(name);
            if fs::write(&path, bytes).is_ok()
                && let Ok(file) = fs::OpenOptions::new().write(true).open(&path)
            {
                let _ = file.set_len(length as u64);
            }
        }
    };
    beside(&[&cut], || {
        let collector = Collector::new(&*folder).unwrap().folds(false);
        for _ in 0..200 {
            let page = Snapshot::of(&collector);
            assert_eq!(jobs(&page, "live").map(|live| live >= 1.0), Some(true));
            collector.file_errors().unwrap();
        }
    });
    live.end();
}
